# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks over IP of the database, with vifswitchd, vifdbd and vifctl.

dom0's own address is on its switch, so tunnels' packets go by the uplink that VMs use, too:

    vif1.0 --- xenbr0 (192.0.2.1) --- eth0 ~~~ hub ~~~ a foreign host with the kernel's vxlan
"""
import ctl
import packet
import wait
from dom0 import Dom0
from packet import udp
from registry import check, same, test
from test_daemon import Stream, numbered
from test_network import Foreign, Wire, arrives
from world import BROADCAST, exists, frame, ip, mac, sysctl

OWN, FAR, NETDEV = "192.0.2.1", "192.0.2.2", "vsnet-v4789"


def in_state(dom0, name, state):
    return ctl.in_state(dom0, "network", name, state)


def remotes(dom0, name):
    return sorted(r["address"] for r in ctl.here(dom0, "network", name)["remotes"])


def world(*options):
    wire = Wire()
    wire.dom0()
    dom0 = Dom0(uplink=False, database=True, start=False)
    dom0.options += options
    dom0.start()
    ip(f"addr add {OWN}/24 dev xenbr0", "link set dev xenbr0 up")
    return wire, dom0


def vm(dom0, domid, **options):
    vif = dom0.vif(domid, **options)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the claim to be active", 20, lambda: vif.state().claim)
    return vif


def add(dom0, name, *words, vlan=100, key=5100, status=(0,)):
    ctl.run(dom0, "network", "add", name, "switch=xenbr0", f"vlan={vlan}", f"key={key}", *words,
            status=status)


@test(limit=300)
def from_the_database():
    """a row makes tunnel, MTU and remotes; kill -9 loses nothing; what is gone leaves nothing"""
    wire, dom0 = world()
    vif = vm(dom0, 1, access=100)
    add(dom0, "blue", f"remotes={FAR}")
    shown = in_state(dom0, "blue", "in-force")
    same((shown["netdev"], shown["mtu"], [r["address"] for r in shown["remotes"]], shown["error"]),
         (NETDEV, 1450, [FAR], None), "how it is in force")
    with open("/sys/class/net/xenbr0/mtu") as f:
        same(int(f.read()), 1500, "the switch's own MTU")
    peer = Foreign(wire, "vxlan", FAR, OWN)
    there = frame(mac(99), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
    back = frame(vif.mac, mac(99), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6))
    arrives(vif, there, peer, there, "from the VM")
    arrives(peer, back, vif, back, "to the VM")
    for to, text in ((mac(99), f"network blue, key 5100: to {FAR}, where the address was seen or put"),
                     (mac(98), "network blue, key 5100: to each of its 1 remotes")):
        why = ctl.document(dom0, "why", vif.netdev, "udp", "10.0.0.1:5", "10.0.0.9:6", "to=" + to)
        same([s["text"] for s in why["stages"] if s["stage"] == "tunnel"], [text], f"why, to {to}")
    same([e["remote"] for e in ctl.document(dom0, "fdb", "list")["entries"] if e["mac"] == mac(99)], [FAR],
         "the host that fdb list has")
    # The daemon dies: not one frame is lost, and nothing is set anew.
    stream = Stream(vif, peer.tap, numbered(mac(99), vif.mac))
    stream.start()
    dom0.kill()
    dom0.start()
    in_state(dom0, "blue", "in-force")
    same(dom0.ask("show")["operations"], 0, "operations of the new daemon")
    same(stream.end(), 0, "frames lost over kill -9")
    # A second network uses the same netdev; a remote comes and goes.
    add(dom0, "red", vlan=200, key=5200)
    in_state(dom0, "red", "no-remote")
    ctl.run(dom0, "network", "set", "blue", "remotes+=192.0.2.3")
    wait.until("two remotes", 20, lambda: remotes(dom0, "blue") == [FAR, "192.0.2.3"])
    ctl.run(dom0, "network", "set", "blue", f"remotes-={FAR}")
    wait.until("the other alone", 20, lambda: remotes(dom0, "blue") == ["192.0.2.3"])
    in_state(dom0, "blue", "in-force")
    vif.send(frame(BROADCAST, vif.mac))
    same([f for f in peer.received() if f[6:12].hex(":") == vif.mac], [],
         "at the remote that is none any more")
    # What the pool's hosts tell of themselves.
    dom0.db.insert("Host", name="host2", address="192.0.2.4")
    wait.until("host2 as a remote", 20, lambda: remotes(dom0, "red") == ["192.0.2.4"])
    in_state(dom0, "red", "in-force")
    dom0.db.update("Host", {"name": "host2"}, address="192.0.2.5")
    wait.until("host2 at another address", 20, lambda: remotes(dom0, "red") == ["192.0.2.5"])
    ctl.run(dom0, "network", "del", "red")
    wait.until("one network in the kernel", 20, lambda: len(dom0.nl.networks()) == 1)
    ctl.run(dom0, "network", "del", "blue")
    wait.until("the netdev to go", 20, lambda: not exists(NETDEV))
    same(dom0.nl.networks(), [], "networks in the kernel")


@test(limit=300)
def known_by_rows():
    """VMs elsewhere are where the pool's rows say: no flood, none of it lost by kill -9, with a migration"""
    wire, dom0 = world()
    vif = vm(dom0, 1, access=100)
    add(dom0, "blue", "hosts=pool")
    peers, addresses, guest = {}, {"host2": FAR, "host3": "192.0.2.3"}, "f47ac10b-58cc-4372-a567-0e02b2c3d479"
    for host, address in addresses.items():
        dom0.db.insert("Host", name=host, address=address)
        peers[host] = Foreign(wire, "vxlan", address, OWN)
    wait.until("both remotes", 20, lambda: remotes(dom0, "blue") == sorted(addresses.values()))
    in_state(dom0, "blue", "in-force")

    # What this host tells of its own VM.
    def own():
        rows = dom0.db.rows("Location", host="host1")
        return rows and [rows[0][column] for column in ("networks", "macs")]
    wait.until("the VM's row", 20, lambda: own() == ["blue", vif.mac])

    def at(host, state="active", since=10, **columns):
        dom0.db.insert("Location", host=host, vm=["uuid", guest], devid=0, state=state, since=since,
                       networks="blue", macs=mac(99), **columns)

    def told():
        return [(e["remote"], e["told"]) for e in ctl.document(dom0, "fdb", "list")["entries"]
                if e["mac"] == mac(99)]

    def goes_to(host, what):
        wait.until(f"{what}: an entry", 20, lambda: told() == [(addresses[host], True)])
        there = frame(mac(99), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
        for peer in peers.values():
            peer.received()
        arrives(vif, there, peers[host], there, what)
        same([f for other, p in peers.items() if other != host for f in p.received()
              if f[6:12] == there[6:12]], [], f"{what}: at the other")
    at("host2")
    goes_to("host2", "said to be at host2")
    same(ctl.here(dom0, "network", "blue")["told"], 1, "how many are told")
    check("1 addresses of VMs" in ctl.run(dom0, "network", "show", "blue").out, "network show")
    check("told" in ctl.run(dom0, "fdb", "list").out, "fdb list")
    # It is about to come to host3, and then it is there.
    at("host3", state="plugged", since=20)
    dom0.kill()
    dom0.start()
    in_state(dom0, "blue", "in-force")
    wait.until("rows to be known", 20, lambda: ctl.here(dom0, "network", "blue")["told"] == 1)
    same(dom0.ask("show")["operations"], 0, "operations of the new daemon")
    goes_to("host2", "while it is about to come to host3")
    dom0.db.update("Location", {"host": "host3"}, state="active")
    goes_to("host3", "active at host3")
    # A frame says otherwise, before any row does.
    moved = frame(vif.mac, mac(99), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6))
    arrives(peers["host2"], moved, vif, moved, "from host2")
    wait.until("it to be where it sent from", 20, lambda: told() == [(FAR, True)])
    dom0.db.update("Location", {"host": "host2"}, since=30)
    goes_to("host2", "and rows say so, too")
    # Rows of a release that says nothing of networks, and a host that is no remote.
    dom0.db.update("Location", {"host": "host2"}, networks=())
    goes_to("host3", "host2 says nothing any more")
    ctl.run(dom0, "network", "set", "blue", f"remotes={FAR}", "hosts=none")
    wait.until("nothing to be told", 20, lambda: not told() and
               ctl.here(dom0, "network", "blue")["told"] == 0)
    ctl.run(dom0, "network", "set", "blue", "hosts=pool")
    goes_to("host3", "host3 is a remote again")
    dom0.db.update("Host", {"name": "host3"}, address="192.0.2.4")
    wait.until("it to be at the new address", 20, lambda: told() == [("192.0.2.4", True)])
    ctl.run(dom0, "network", "del", "blue")
    wait.until("what the VM's row says to go", 20, lambda: own() == [None, None] and not told())


@test(limit=200)
def rows_of_a_large_pool():
    """a host that follows the rows of its VMs alone follows those of VMs in its networks, and all hosts"""
    wire, dom0 = world("--whole-database=0")
    vif = vm(dom0, 1, access=100)
    others = [f"f47ac10b-58cc-4372-a567-0e02b2c3d4{n}" for n in (71, 72)]
    dom0.db.insert("Port", vm=["uuid", others[0]], devid=0)
    add(dom0, "blue")
    for host, address, guest, networks in (("host2", FAR, others[0], "blue"), ("host3", "192.0.2.3", others[1], ())):
        dom0.db.insert("Host", name=host, address=address)
        dom0.db.insert("Location", host=host, vm=["uuid", guest], devid=0, state="active", since=10,
                       networks=networks, macs=mac(90 + int(host[-1])))
    wait.until("both hosts as remotes", 30, lambda: remotes(dom0, "blue") == [FAR, "192.0.2.3"])
    wait.until("the VM in the network to be known", 30, lambda: [
        (e["mac"], e["remote"]) for e in ctl.document(dom0, "fdb", "list")["entries"] if e["told"]] == [(mac(92), FAR)])
    there = frame(mac(92), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
    peer = Foreign(wire, "vxlan", FAR, OWN)
    arrives(vif, there, peer, there, "what is for it")
    ctl.run(dom0, "network", "del", "blue")
    wait.until("the netdev to go", 20, lambda: not exists(NETDEV))


@test(limit=300)
def what_is_wrong():
    """conflicts, a clash with Open vSwitch, strangers and forgers: named, with what mends them"""
    wire, dom0 = world()
    forger = vm(dom0, 2)
    add(dom0, "blue", f"remotes={FAR}")
    in_state(dom0, "blue", "in-force")
    add(dom0, "clear", vlan=100, key=7)
    check("network blue already" in in_state(dom0, "clear", "conflict")["error"], "VLAN twice")
    ctl.run(dom0, "network", "set", "clear", "vlan=300", "key=5100")
    wait.until("the key to be the conflict", 20, lambda: "key 5100" in
               ctl.here(dom0, "network", "clear")["error"])
    ctl.run(dom0, "network", "del", "clear")
    ip("link add name genev_sys_6081 type geneve external dstport 6081")
    add(dom0, "green", "kind=geneve", f"remotes={FAR}", vlan=400, key=9, status=(1,))
    shown = in_state(dom0, "green", "failed")
    check("genev_sys_6081, Open vSwitch's," in shown["error"], shown["error"])
    ip("link del dev genev_sys_6081")
    in_state(dom0, "green", "in-force")
    # A host that is no remote, and a VM that would be one.
    stranger = Foreign(wire, "vxlan", "192.0.2.9", OWN)
    stranger.send(frame(BROADCAST, mac(50)))
    with open("/sys/class/net/xenbr0/address") as f:
        local = f.read().strip()
    forger.send(frame(local, forger.mac, kind=packet.IP4, payload=udp(FAR, OWN, 5, 4789)))
    wait.until("the forger's drop", 20, lambda: forger.drops().get("tunnel-forged"))
    wait.until("the stranger's drop", 20, lambda: (ctl.here(dom0, "network", "blue")[
        "netdev_drops"] or {}).get("tunnel-peer"))
    ctl.run(dom0, "network", "set", "green", "remotes=")
    in_state(dom0, "green", "no-remote")
    text = ctl.run(dom0, "doctor", status=(1,)).out
    for words in ("no remotes of their network", "it has no remote", "vifctl network set green"):
        check(words in text, f"doctor does not say {words!r}: {text}")
    check("tunnel-peer" in ctl.run(dom0, "network", "show", "blue").out, "network show")


@test(limit=300)
def gre_over_ip6():
    """remotes of IPv6 and kind=gre: a netdev of its own, frames both ways; not both families"""
    for where in ("all", "default"):
        sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 0)
    wire, dom0 = world()
    ip("addr add 2001:db8::1/64 dev xenbr0 nodad")
    vif = vm(dom0, 1, access=100)
    add(dom0, "blue", "kind=gre", "remotes=2001:db8::2")
    shown = in_state(dom0, "blue", "in-force")
    same((shown["netdev"], shown["mtu"]), ("vsnet-gre6", 1438), "how it is in force")
    peer = Foreign(wire, "ip6gretap", "2001:db8::2", "2001:db8::1")
    there = frame(mac(99), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
    back = frame(vif.mac, mac(99), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6))
    arrives(vif, there, peer, there, "from the VM")
    arrives(peer, back, vif, back, "to the VM")
    ctl.run(dom0, "network", "set", "blue", "remotes+=192.0.2.2", status=(0, 1, 2))
    check("kind gre goes over IPv4 or IPv6" in in_state(dom0, "blue", "refused")["error"], "both")


@test(limit=300)
def gre_inside_wireguard():
    """an encrypted network of kind gre, both ways, and nothing of it in clear"""
    from test_sealed import carries
    carries("gre", "ip6gretap")
