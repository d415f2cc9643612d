# SPDX-License-Identifier: GPL-2.0-or-later
"""vifovsd: what Debian's ovs-vsctl says, and what XAPI and libvirt say with it, on real traffic."""
import json
import os
import re
import shlex
import subprocess

import confine
import ovspeer
import wait
from dom0 import HOST, RELEASE, TOP, Dom0, uuid
from packet import frame
from registry import check, same, test
from test_vifofd import Vifofd, make_user
from world import BROADCAST, Tap, arrived, carries, exists, index, ip, mac, output, tags_of

VIF_UUID = "0f0f0f0f-0000-4000-8000-000000000001"


class Ovs:
    """The second database, and vifovsd between it and the dom0's."""

    def __init__(self, dom0, start=True):
        self.dom0, self.socket = dom0, os.path.join(dom0.dir, "ovs.sock")
        self.log, self.daemon = os.path.join(dom0.dir, "vifovsd.log"), None
        self.tools = ovspeer.package() + "/usr/bin"
        self.launch("vifdbd", "--schema=" + os.path.join(TOP, "build/openvswitch.ovsschema"),
                    "--remote=punix:" + self.socket, os.path.join(dom0.dir, "ovs.db"))
        wait.until("the Open_vSwitch database", 30, lambda: os.path.exists(self.socket))
        if start:
            self.start()

    def launch(self, name, *options, preexec_fn=None):
        with open(self.log, "ab") as log:
            return subprocess.Popen([os.path.join(RELEASE, name), *options], stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log, preexec_fn=preexec_fn)

    def start(self):
        self.daemon = self.launch("vifovsd", "-f", "--ovs=unix:" + self.socket,
                                  "--db=" + self.dom0.db.remote, "--host=" + HOST, "--socket=" + self.dom0.control,
                                  "--directory=" + self.dom0.dir, f"--openflow={self.dom0.dir}/vifofd",
                                  preexec_fn=confine.under(os.path.join(RELEASE, "vifovsd"), "/tmp/dom0-*/{,*} rwk"))

    def appctl(self, *words):
        return subprocess.run(["ovs-appctl", "-t", f"{self.dom0.dir}/ovs-vswitchd.{self.daemon.pid}.ctl", *words],
                              check=True, text=True, capture_output=True).stdout

    def kill(self):
        self.daemon.kill()
        self.daemon.wait(wait.limit(20))

    def run(self, *argv):
        return subprocess.run([self.tools + "/ovs-vsctl", "--db=unix:" + self.socket, "--timeout=120",
                               "-vtimeval:off", *argv],
                              text=True, capture_output=True)

    def vsctl(self, line):
        done = self.run(*shlex.split(line))
        if done.returncode or done.stderr:
            raise AssertionError(f"ovs-vsctl {line}: {done.returncode} {done.stderr}{self.text()}{self.dom0.log()}")
        return done.stdout.strip()

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-2000:]


def cable(name):
    ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p up")
    return Tap(name + "p")


def payloads(frames, vlan=None):
    """Of our frames that came with that tag, or with none."""
    wanted = [vlan] if vlan else []
    start = 14 + 4 * len(wanted)
    return [f[start:start + 8] for f in frames
            if f[6:12] == bytes.fromhex(mac(77).replace(":", "")) and tags_of(f) == wanted]


def arrives(source, target, vlan_in, vlan_out, n):
    """Does a broadcast get there, with that tag?"""
    source.send(frame(BROADCAST, mac(77), payload=b"%08d" % n, tags=[vlan_in] if vlan_in else []))
    arrived()
    return b"%08d" % n in payloads(target.received(), vlan_out)


@test(smoke=True, limit=240)
def ovs_vsctl_and_traffic():
    """bridges, ports, tags and trunks do what they say; nothing is lost when vifovsd is killed"""
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    a, b, c = (cable(n) for n in ("pa", "pb", "pc"))
    ovs.vsctl("add-br br0")
    check(exists("br0"), "br0 is no netdev")
    ovs.vsctl("add-port br0 pa tag=10 -- add-port br0 pb -- add-port br0 pc trunks=20,30")
    same(ovs.vsctl("--bare --columns=ofport,error list interface pa pb pc").split(), ["1", "2", "3"], "numbers")
    same((ovs.vsctl("get interface pa link_state"), ovs.vsctl("get interface br0 ofport")), ("up", "65534"), "state")
    check(arrives(a, b, None, 10, 1), "access to trunk")
    check(arrives(b, a, 10, None, 2), "trunk to access")
    shown = ovs.appctl("fdb/show", "br0")
    check(re.search(rf"^    2    10  {mac(77)}    [0-9]+$", shown, re.M), shown)
    check("pa 1/" in ovs.appctl("dpif/show"), "dpif/show")
    check(not arrives(b, a, 20, None, 3) and not payloads(a.received(), 20), "another VLAN came to an access port")
    check(arrives(b, c, 20, 20, 4), "trunk to trunk")
    check(not arrives(b, c, 10, 10, 5), "a VLAN that is not listed")
    check(not arrives(b, c, None, None, 6), "untagged to a trunk")
    ovs.vsctl("set port pa tag=20")
    check(arrives(a, c, None, 20, 7), "another tag")
    ovs.kill()
    check(arrives(a, c, None, 20, 8), "without vifovsd")
    ovs.start()
    ovs.vsctl("set port pc tag=20 -- clear port pc trunks")
    check(arrives(a, c, None, None, 9), "after its restart")
    ovs.vsctl("del-port pc")
    check(not arrives(a, c, None, None, 10), "a port that is gone")
    same(confine.denied("vifovsd"), [], "what AppArmor denied")
    check("refuse" not in ovs.text() and "error" not in ovs.text(), ovs.text())
    done = ovs.run("add-port", "br0", "pc", "vlan_mode=dot1q-tunnel")
    check("vlan_mode" in done.stderr and not arrives(a, c, None, None, 11), "what is refused is closed")
    ovs.vsctl("del-br br0")
    wait.until("its device to go", 20, lambda: not exists("br0"))
    ovs.vsctl("add-br br0")
    ip("addr add 198.51.100.1/24 dev br0")
    ovs.vsctl("del-br br0")
    wait.until("it to say why it stays", 20, lambda: "it bears 198.51.100.1/24" in dom0.log(1 << 20))
    check(exists("br0"), "it went with the host's address")


def attribute(netdev, name):
    with open(f"/sys/class/net/{netdev}/{name}") as f:
        return f.read().strip()


@test(limit=240)
def internal_ports():
    """type=internal: a device of dom0's on the bridge, in its VLAN; it goes with its port, and with the bridge"""
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    b = cable("pb")
    ip("link set dev pb mtu 9000")
    ovs.vsctl("add-br br0 -- add-port br0 pb -- add-port br0 int0 tag=10 -- set interface int0 type=internal")
    made = index("int0")
    same(ovs.vsctl("--bare --columns=ofport,error list interface int0").split(), ["1"], "number")
    same(ovs.vsctl("get interface int0 mac_in_use"), f'"{attribute("int0", "address")}"', "address")
    same(ovs.vsctl("get interface int0 admin_state"), "down", "state of what dom0 did not bring up")
    ip("link set dev int0 up")
    dom0s = Tap("int0")
    wait.until("the cable to carry", 20, lambda: carries(made) and carries(index("int0-sw")))
    check(arrives(dom0s, b, None, 10, 1), "from dom0")
    check(arrives(b, dom0s, 10, None, 2), "to dom0")
    check(not arrives(b, dom0s, 20, None, 3), "from another VLAN")
    ovs.vsctl("set interface int0 mac='\"52:54:00:00:00:0a\"' mtu_request=1400")
    same((attribute("int0", "address"), attribute("int0", "mtu"), ovs.vsctl("get interface int0 mtu")),
         ("52:54:00:00:00:0a", "1400", "1400"), "address and MTU")
    # It is no way out of the host, so no VM is held to its MTU.
    same(json.loads(dict(dom0.db.host(HOST)["switches"][1])["br0"])["mtu"], 9000, "what VMs may have here")
    ovs.vsctl("set port int0 tag=20")
    check(arrives(dom0s, b, None, 20, 4), "another tag")
    ovs.kill()
    ovs.start()
    dom0.kill()
    dom0.start()
    ovs.vsctl("add-port br0 int1 -- set interface int1 type=internal mac='\"52:54:00:00:00:0b\"' mtu_request=1300")
    same(index("int0"), made, "the device, after restarts")
    same((attribute("int1", "address"), attribute("int1", "mtu")), ("52:54:00:00:00:0b", "1300"), "another one")
    ovs.vsctl("del-port int0")
    wait.until("it to go", 20, lambda: not exists("int0") and not exists("int0-sw"))
    ovs.vsctl("del-br br0")
    wait.until("all to go", 20, lambda: not any(exists(n) for n in ("int1", "int1-sw")))


@test(limit=240)
def patch_ports():
    """two bridges in one: frames go over, each end with VLANs of its own; one end goes with the other"""
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    a, b = cable("pa"), cable("pb")
    ovs.vsctl("add-br br0 -- add-br br1 -- add-port br0 pa tag=10 -- add-port br1 pb -- add-port br0 to1 trunks=10 "
              "-- set interface to1 type=patch options:peer=to0 "
              "-- add-port br1 to0 -- set interface to0 type=patch options:peer=to1")
    same(ovs.vsctl("--bare --columns=error list interface to0 to1"), "", "errors")
    wait.until("the cable to carry", 20, lambda: carries(index("to0")) and carries(index("to1")))
    check(arrives(a, b, None, 10, 1) and arrives(b, a, 10, None, 2), "over the cable")
    check(not arrives(b, a, 20, None, 3), "a VLAN that its end does not carry")
    ovs.vsctl("set port to0 tag=30")
    check(not arrives(a, b, None, 10, 4), "with another VLAN at the other end")
    ovs.vsctl("set port to1 tag=10 -- clear port to1 trunks")
    check(arrives(a, b, None, 30, 5), "from VLAN to VLAN")
    made = index("to0"), index("to1")
    ovs.kill()
    dom0.kill()
    dom0.start()
    ovs.start()
    check(arrives(a, b, None, 30, 6), "after a restart")
    same((index("to0"), index("to1")), made, "the cable, after a restart")
    ovs.vsctl("del-port to1")
    wait.until("the cable to go", 20, lambda: not exists("to0") and not exists("to1"))
    check("no patch port of that name" in ovs.vsctl("get interface to0 error"), "what is said of the other end")
    ovs.vsctl("add-port br0 to1 tag=10 -- set interface to1 type=patch options:peer=to0")
    wait.until("it to carry again", 20, lambda: arrives(a, b, None, 30, 7))


# What XAPI's network daemon says to make a network on a PIF, and one in a VLAN of it.
NETWORKD = """
--timeout=20 -- --may-exist add-br xapibr -- set bridge xapibr other-config:mac-table-size=10000
--timeout=20 set Open_vSwitch . other_config:max-idle=5000
--timeout=20 br-set-external-id xapibr xs-network-uuids 11111111-0000-4000-8000-000000000001
--timeout=20 -- --may-exist add-port xapibr pnic
--timeout=20 list-ports xapibr
--timeout=20 get bridge xapibr mcast_snooping_enable
--timeout=20 --bare -f table -- --columns=name find port fake_bridge=true
--timeout=20 br-to-parent xapibr
--timeout=20 get-fail-mode xapibr
"""
# And its script when a VIF appears.
SETUP_VIF = """
--timeout=30 -- --if-exists del-port {netdev}
--timeout=30 add-port {bridge} {netdev} -- set interface {netdev} external-ids:"xs-vm-uuid"="{vm}" -- set interface {netdev} external-ids:"xs-vif-uuid"="{vif}" -- set interface {netdev} external-ids:"xs-network-uuid"="11111111-0000-4000-8000-000000000001" -- set interface {netdev} external-ids:"attached-mac"="{mac}"
--timeout=30 get interface {netdev} ofport
--timeout=30 iface-to-br {netdev}
"""


@test(limit=300)
def as_xapi_says_it():
    """a network, one in a VLAN of it, a VIF that has no bridge of its own; unplugged as XAPI does"""
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    nic = cable("pnic")
    for line in NETWORKD.split("\n"):
        if line.strip():
            ovs.vsctl(line)
    ovs.vsctl("--timeout=20 -- --may-exist add-br xapi5 xapibr 5")
    check(exists("xapi5"), "a fake bridge has no device")
    vif = dom0.vif(3, bridge=None)
    words = {"netdev": "vif3.0", "bridge": "xapi5", "vm": uuid(3), "vif": VIF_UUID, "mac": vif.mac}
    for line in SETUP_VIF.strip().split("\n"):
        ovs.vsctl(line.format(**words))
    dom0.plugged(vif)
    vif.key("state", 4)
    row = dom0.db.rows("Port", vm=["uuid", uuid(3)])[0]
    same((row["switch"], row["tag"], row["vif_uuid"]), ("xapibr", 5, VIF_UUID), "the port's row")
    same(ovs.vsctl("get interface vif3.0 ofport").isdigit(), True, "number")

    def reaches():
        vif.send(frame(BROADCAST, vif.mac, payload=b"00000001"))
        return any(f[6:12] == bytes.fromhex(vif.mac.replace(":", "")) and tags_of(f) == [5] for f in nic.received())
    wait.until("the VM's frames in the VLAN", 20, reaches)
    # Live trunks, then VIF.move to the network without a VLAN.
    ovs.vsctl("set Port vif3.0 trunks=7,8")
    for line in SETUP_VIF.strip().split("\n"):
        ovs.vsctl(line.format(**{**words, "bridge": "xapibr"}))
    same(dom0.db.rows("Port", vm=["uuid", uuid(3)])[0]["vlan_mode"], "native-untagged", "after the move")
    dom0.remove(vif)
    ovs.vsctl("--timeout=30 -- --with-iface --if-exists del-port vif3.0")
    same(dom0.db.rows("Port", vm=["uuid", uuid(3)]), [], "rows of the VIF")
    ovs.vsctl("--timeout=20 -- --if-exists del-br xapi5 -- --if-exists del-br xapibr")
    # The device stays, as dom0's addresses may be on it.
    same([p.name for p in dom0.nl.ports() if p.switch_name == "xapibr" and p.name != "xapibr"], [], "ports that are left")


def xens_script(dom0, ovs, vif, action):
    """vif-openvswitch of Debian's Xen, as libxl runs it."""
    run = os.path.join(dom0.dir, "openvswitch")     # where Open vSwitch's tools look for db.sock
    if not os.path.exists(run):
        os.mkdir(run)
        os.symlink(ovs.socket, run + "/db.sock")
        os.makedirs("/var/log/xen", exist_ok=True)
    return subprocess.run(["/etc/xen/scripts/vif-openvswitch", action, "type_if=vif"], text=True, capture_output=True,
                          timeout=wait.limit(120), env={
                              **os.environ, "OVS_RUNDIR": run, "XENBUS_TYPE": "vif", "vif": vif.netdev,
                              "XENBUS_PATH": f"backend/vif/{vif.domid}/{vif.devid}",
                              "XENBUS_BASE_PATH": "backend", "script": "/etc/xen/scripts/vif-openvswitch"}).returncode


@test(limit=300)
def as_xens_own_script_says_it():
    """vif-openvswitch, unchanged: an access port, a trunk, a bridge that is not there; unplugged by it"""
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    nic = cable("pnic")
    ovs.vsctl("add-br br0 -- add-port br0 pnic")
    access, trunk, lost = (dom0.vif(n, bridge=bridge, script="/etc/xen/scripts/vif-openvswitch")
                           for n, bridge in ((3, "br0.5"), (4, "br0:7:8"), (5, "br9")))
    for vif in (access, trunk):
        same(xens_script(dom0, ovs, vif, "online"), 0, f"the script of {vif.netdev}: {ovs.text()}")
        same(dom0.xs.read(vif.path + "/hotplug-status"), "connected", "hotplug-status")
        dom0.plugged(vif)
        vif.key("state", 4)
    rows = [dom0.db.rows("Port", vm=["uuid", uuid(n)])[0] for n in (3, 4)]
    same([(r["switch"], r["vlan_mode"], r["tag"], r["trunks"]) for r in rows],
         [("br0", "access", 5, None), ("br0", "trunk", None, [7, 8])], "their rows")
    same(ovs.vsctl("get interface vif3.0 external_ids:attached-mac"), f'"{access.mac}"', "external ids")
    for vif, vlan_in, vlan in ((access, None, 5), (trunk, 7, 7)):
        nic.drain()
        for source in (vif.mac, mac(88)):
            vif.send(frame(BROADCAST, source, payload=b"of a VM", tags=[vlan_in] if vlan_in else []))
        arrived()
        same([(f[6:12].hex(":"), tags_of(f)) for f in nic.received() if b"of a VM" in f], [(vif.mac, [vlan])],
             f"what {vif.netdev} sends, and not with another's address")
    check(xens_script(dom0, ovs, lost, "online"), "a bridge that is not there")
    check("ovs-vsctl" in dom0.xs.read(lost.path + "/hotplug-error"), "hotplug-error")
    for vif in (access, trunk):
        same(xens_script(dom0, ovs, vif, "offline"), 0, "the script of a VIF that goes")
    same((dom0.db.rows("Port"), ovs.vsctl("list-ports br0")), ([], "pnic"), "what is left")


# libvirt: a domain starts with a port of a network, is looked at, gets a bandwidth and other ones.
LIBVIRT = """
--timeout=5 -- --if-exists del-port vnet0 -- add-port br0 vnet0 tag=42 -- set Interface vnet0 external-ids:attached-mac=\\"{mac}\\" -- set Interface vnet0 external-ids:iface-id=\\"22222222-0000-4000-8000-000000000001\\" -- set Interface vnet0 external-ids:vm-id=\\"33333333-0000-4000-8000-000000000001\\" -- set Interface vnet0 external-ids:iface-status=active
--timeout=5 --if-exists get Interface vnet0 name
--timeout=5 --if-exists get Interface vnet0 statistics:rx_bytes
--timeout=5 --if-exists --format=list --data=json --no-headings --columns=statistics list Interface vnet0
--timeout=5 iface-to-br vnet0
"""
OF_VNET = """external-ids:vm-id=\\"33333333-0000-4000-8000-000000000001\\" external-ids:ifname=\\"vnet0\\\""""
BANDWIDTH = f"""
--timeout=5 set port vnet0 qos=@qos1 -- --id=@qos1 create qos type=linux-htb other_config:min-rate=1000000 other_config:burst=1000000 other_config:max-rate=2000000 {OF_VNET} queues:0=@queue0 -- --id=@queue0 create queue other_config:min-rate=1000000 other_config:burst=1000000 other_config:max-rate=2000000 {OF_VNET}
--timeout=5 set Interface vnet0 ingress_policing_rate=4000 ingress_policing_burst=2000
"""
FIND = "--timeout=5 --no-headings --columns=_uuid find {} " + OF_VNET


@test(limit=400)
def as_libvirt_says_it():
    """a tap of another hypervisor's is plugged, counted and unplugged as libvirt does"""
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    nic, vnet = cable("pnic"), cable("vnet0")
    ovs.vsctl("add-br br0 -- add-port br0 pnic")
    for line in LIBVIRT.strip().split("\n"):
        ovs.vsctl(line.replace("--timeout=5", "--timeout=100").format(mac=mac(77)))
    check(arrives(vnet, nic, None, 42, 1), "what the VM sends, in its VLAN")
    # It is a VM: nobody else's address, no control frames, no answers of a DHCP server.
    ipv4 = b"\x45\0\0\x20\0\0\0\0\x40\x11\0\0\x0a\0\0\1\xff\xff\xff\xff" + b"\0\x43\0\x44\0\x0c\0\0" + b"dhcp"
    for what, sent in (("another's address", frame(BROADCAST, mac(78), payload=b"other078")),
                       ("STP", frame("01:80:c2:00:00:00", mac(77), payload=b"bpdu0077")),
                       ("a DHCP answer", frame(BROADCAST, mac(77), payload=ipv4, kind=0x0800))):
        nic.received()
        vnet.send(sent)
        check(arrives(vnet, nic, None, 42, 5) and not [f for f in nic.received() if sent[14:] in f], what)
    ports = {p["netdev"]: p for p in dom0.ask("show")["ports"]}
    same((ports["vnet0"]["guard"], ports["vnet0"]["mac"]), ("mac", [mac(77)]), "show")
    # <bandwidth>: what the VM sends, and is sent; taken away again.
    for line in BANDWIDTH.strip().split("\n"):
        ovs.vsctl(line.replace("--timeout=5", "--timeout=100"))
    row = dom0.db.rows("Uplink", name="vnet0")[0]
    same([row[c] for c in ("rate_from_vm", "burst_from_vm", "rate_to_vm")], [4000000, 2000000, 2000000], "its row")
    check("rate 2Mbit" in output("tc", "class", "show", "dev", "vnet0") +
          output("tc", "qdisc", "show", "dev", "vnet0"), "what it is sent is not shaped")
    arrived()
    nic.received()
    for n in range(400):
        vnet.send(frame(BROADCAST, mac(77), payload=b"%08d" % n + bytes(1400)))
    arrived()
    passed = len(payloads(nic.received(), 42))
    check(100 <= passed < 300, f"{passed} of 400 frames passed, and 250 kB may at once")
    ovs.vsctl("--timeout=100 set Interface vnet0 ingress_policing_rate=0 ingress_policing_burst=0")
    for table in ("queue", "qos"):
        found = ovs.vsctl(FIND.format(table).replace("--timeout=5", "--timeout=100"))
        if table == "qos":
            ovs.vsctl(f"--timeout=100 clear port vnet0 qos -- --if-exists destroy qos {found}")
        else:
            ovs.vsctl(f"--timeout=100 remove qos {ovs.vsctl('get port vnet0 qos')} queues 0 -- --if-exists destroy queue {found}")
    row = dom0.db.rows("Uplink", name="vnet0")[0]
    same([row[c] for c in ("rate_from_vm", "burst_from_vm", "rate_to_vm")], [None, None, None], "its row")
    # A reboot: QEMU ends and starts, its tap goes and comes.
    ip("link del dev vnet0")
    wait.until("it to be gone", 20, lambda: "No such device" in ovs.vsctl("get interface vnet0 error"))
    again = cable("vnet0")
    for line in LIBVIRT.strip().split("\n"):
        ovs.vsctl(line.replace("--timeout=5", "--timeout=100").format(mac=mac(77)))
    check(arrives(again, nic, None, 42, 3), "after a reboot")
    # A migration: what the source's port has is read here, and set at the target; then it goes.
    same(ovs.vsctl("--timeout=100 --if-exists get Interface vnet0 external_ids:PortData"), "", "port data")
    ovs.vsctl("--timeout=100 set Interface vnet0 external_ids:PortData=some")
    same(ovs.vsctl("--timeout=100 --if-exists get Interface vnet0 external_ids:PortData"), "some", "port data")
    check(arrives(again, nic, None, 42, 4), "with port data")
    ovs.vsctl("--timeout=100 -- --if-exists del-port vnet0")
    check(not arrives(again, nic, None, 42, 2), "a tap that is unplugged")
    same(dom0.db.rows("Uplink", name="vnet0"), [], "its row")


@test(limit=300)
def ovs_ofctl_by_the_name_of_a_bridge():
    """fail_mode=secure forwards by flows alone, and ovs-ofctl finds the bridge as Open vSwitch's"""
    make_user()
    dom0 = Dom0(database=True)
    ovs = Ovs(dom0)
    a, b = cable("pa"), cable("pb")
    ovs.vsctl("add-br br0 -- add-port br0 pa -- add-port br0 pb")
    check(arrives(a, b, None, None, 1), "a plain bridge")
    environment = {**os.environ, "OVS_RUNDIR": dom0.dir}

    def ofctl(*words, status=0):
        done = subprocess.run(["ovs-ofctl", *words], env=environment, text=True, capture_output=True, timeout=wait.limit(60))
        same(done.returncode, status, f"{words}: {done.stderr}{ovs.text()}")
        return done.stdout + done.stderr
    check("not a bridge" in ofctl("show", "br0", status=1), "a bridge without tables")
    ovs.vsctl("set-fail-mode br0 secure")
    check(not arrives(a, b, None, None, 2), "without vifofd flows alone decide, of which there are none")
    vifofd = Vifofd(dom0, "br0")
    check(re.search(r"^ 1\(pa\).*^ 2\(pb\)", ofctl("show", "br0"), re.M | re.S), ofctl("show", "br0"))
    same(ovs.vsctl("--bare --columns=ofport list interface pa pb").split(), ["1", "2"], "the same numbers")
    ofctl("add-flow", "br0", "in_port=1,actions=output:2")
    check(arrives(a, b, None, None, 3) and not arrives(b, a, None, None, 4), "as the flow says")
    check("n_packets=1," in ofctl("dump-flows", "br0"), ofctl("dump-flows", "br0"))
    ofctl("add-flow", "br0", "actions=NORMAL")
    check(arrives(b, a, None, None, 5), "NORMAL")
    ovs.vsctl("set-controller br0 tcp:127.0.0.1:6699")
    wait.until("what its controller does", 20, lambda: "state=" in ovs.vsctl("get controller br0 status"))
    same(ovs.vsctl("get controller br0 is_connected"), "false", "nobody is there")
    controller = subprocess.Popen(["ovs-testcontroller", "--unixctl=none", "ptcp:6699:127.0.0.1"])
    wait.until("it to be connected", 60, lambda: ovs.vsctl("get controller br0 is_connected") == "true")
    controller.kill()
    controller.wait()
    ovs.vsctl("del-controller br0 -- del-fail-mode br0")
    wait.until("a plain bridge again", 20, lambda: arrives(b, a, None, None, 6))
    vifofd.stop()


@test(limit=300)
def moved_from_open_vswitch():
    """as docs/openvswitch.md tells: what ovs-vswitchd and openvswitch.ko carried is carried here"""
    dom0 = Dom0(database=True)
    real = ovspeer.Ovs().start()
    a, b = cable("pa"), cable("pb")
    # Open vSwitch leaves devices as they are; vifswitchd brings its ports up.
    ip("link set dev pa up", "link set dev pb up")
    real.vsctl("add-br", "br0", "--", "add-port", "br0", "pa", "tag=10", "--", "add-port", "br0", "pb")
    wait.until("Open vSwitch to carry", 20, lambda: arrives(a, b, None, 10, 1))
    said = subprocess.run([os.path.join(RELEASE, "vifovsd"), "--check", "--ovs=unix:" + real.db], text=True, capture_output=True)
    check(said.returncode == 0 and "Nothing is refused" in said.stdout, said)
    backup = os.path.join(dom0.dir, "backup")
    with open(backup, "wb") as f:
        subprocess.run(["ovsdb-client", "backup", "unix:" + real.db], check=True, stdout=f)
    ovs = Ovs(dom0, start=False)
    real.appctl("exit", "--cleanup")
    real.daemons.pop().wait(wait.limit(20))
    check(not exists("br0"), "Open vSwitch's device is still there")
    with open(backup, "rb") as f:
        subprocess.run(["ovsdb-client", "--force", "-vconsole:err", "restore", "unix:" + ovs.socket], stdin=f, check=True)
    ovs.start()
    wait.until("vifswitch to carry", 20, lambda: arrives(a, b, None, 10, 2))
    check(not arrives(b, a, 20, None, 3) and arrives(b, a, 10, None, 4), "VLANs")
    real.stop()
