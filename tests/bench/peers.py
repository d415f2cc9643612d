# SPDX-License-Identifier: GPL-2.0-or-later
"""The switches that are compared, each built around in0 and out0 in a fresh namespace.

A builder makes the switch; what it returns, if anything, is called to take what
it started away again (daemons).
"""
import os
import signal
import struct
import subprocess
import tempfile

import abi
import flowtables
import openflow
import ruleset
import snoop
import wait
import world
from flowprogram import FlowProgram
from genl import Genl, nla, pack, u32, unpack

SOURCE, TARGET = "00:16:3e:00:00:01", "00:16:3e:00:00:02"
OVS = {"in_port": 3, "ethernet": 4, "ethertype": 6, "ipv4": 7}


def run(*argv, text=None):
    done = subprocess.run(argv, input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout.strip()[:300]}")
    return done.stdout


def no_switch():
    """Ends in the IP stack, which finds the frame is for another host."""


def tc_mirred():
    run("tc", *"qdisc add dev in0 clsact".split())
    run("tc", *"filter add dev in0 ingress matchall action mirred egress redirect dev out0".split())


def bridge():
    world.ip("link add name br0 type bridge mcast_snooping 0", "link set dev br0 up",
             "link set dev in0 master br0", "link set dev out0 master br0")
    run("bridge", "fdb", "replace", TARGET, "dev", "out0", "master", "static")
    run("bridge", "fdb", "replace", SOURCE, "dev", "in0", "master", "static")


def bridge_vlan():
    bridge()
    world.ip("link set dev br0 type bridge vlan_filtering 1")
    for line in ("vlan add dev in0 vid 100 pvid untagged", "vlan add dev out0 vid 100 pvid untagged",
                 "vlan del dev in0 vid 1", "vlan del dev out0 vid 1",
                 f"fdb replace {TARGET} dev out0 master static vlan 100",
                 f"fdb replace {SOURCE} dev in0 master static vlan 100"):
        run("bridge", *line.split())


def flower(count, each=False, every=False):
    def build():
        bridge_vlan()
        run("tc", "qdisc", "add", "dev", "in0", "clsact")
        lines = ruleset.flower(ruleset.make(count, every), "in0", each)
        run("tc", "-batch", "-", text="\n".join(lines) + "\n")
    return build


def nftables(count, as_set=False, every=False, stateful=False):
    def build():
        bridge_vlan()
        before = ""
        if stateful:
            before = "ct state established,related accept\nct state invalid drop"
        run("nft", "-f", "-", text=ruleset.nft(ruleset.make(count, every), SOURCE, as_set, before))
    return build


def dpctl_flow():
    """One datapath, two ports, one flow that matches: what ovs-dpctl would set up."""
    datapath = Genl("ovs_datapath")
    datapath.request(1, struct.pack("=I", 0) + pack({1: b"dp0\0", 2: u32(0), 5: u32(2)}),
                     version=2)
    dp = struct.pack("=I", world.index("dp0"))
    vport = Genl("ovs_vport")
    for number, name in ((1, b"in0\0"), (2, b"out0\0")):
        vport.request(1, dp + pack({1: u32(number), 2: u32(1), 3: name, 5: u32(0)}), version=1)
    full, none = b"\xff", b"\0"
    key = pack({OVS["in_port"]: u32(1), OVS["ethernet"]: none * 12,
                OVS["ethertype"]: b"\x08\0", OVS["ipv4"]: none * 12})
    mask = pack({OVS["in_port"]: full * 4, OVS["ethernet"]: none * 12,
                 OVS["ethertype"]: full * 2, OVS["ipv4"]: none * 12})
    Genl("ovs_flow").request(1, dp + nla(1, key) + nla(7, mask) + nla(2, nla(1, u32(2))),
                             version=1)


def underlay():
    """Where packets to a collector of ERSPAN go."""
    world.ip("link add name under0 type dummy", "addr add 192.0.2.1/24 dev under0",
             "link set dev under0 up",
             "neigh replace 192.0.2.2 lladdr 00:16:3e:00:00:77 dev under0 nud permanent")


SPAN = ("--id=@i get port in0 -- --id=@o get port {0} -- --id=@m create mirror name=m "
        "select-src-port=@i output-port=@o -- set bridge br0 mirrors=@m")
WATCHES = {
    "span": (lambda: world.ip("link add name out1 type dummy", "link set dev out1 up"),
             "add-port br0 out1 -- " + SPAN.format("out1")),
    "erspan": (underlay, "add-port br0 er0 -- set interface er0 type=erspan "
               "options:remote_ip=192.0.2.2 options:key=1 options:erspan_ver=1 "
               "options:erspan_idx=1 -- " + SPAN.format("er0")),
    "sflow": (None, "--id=@s create sflow agent=lo target=\"127.0.0.1:6343\" header=128 "
              "sampling=1000 polling=0 -- set bridge br0 sflow=@s"),
    "ipfix": (None, "--id=@x create ipfix targets=\"127.0.0.1:4739\" sampling=1000 "
              "-- set bridge br0 ipfix=@x"),
    "ipfix-each": (None, "--id=@x create ipfix targets=\"127.0.0.1:4739\" sampling=1 "
                   "cache_active_timeout=60 cache_max_flows=1024 -- set bridge br0 ipfix=@x"),
}


class Openvswitch:
    """
    A real ovsdb-server and ovs-vswitchd, in this namespace. Where something watches (of
    WATCHES), what the daemon does for it is a part of each packet's cost.
    """

    def __init__(self, count, every=False, stateful=False, watch=None, flows=None):
        self.flows = flows
        self.rules, self.stateful = ruleset.make(count, every) if count else None, stateful
        self.watch, self.daemon_counts = watch, watch is not None

    def __call__(self):
        os.makedirs("/run/openvswitch", exist_ok=True)
        os.makedirs("/var/log/openvswitch", exist_ok=True)
        if os.path.exists("/run/openvswitch/bench.db"):
            os.unlink("/run/openvswitch/bench.db")
        run("ovsdb-tool", "create", "/run/openvswitch/bench.db",
            "/usr/share/openvswitch/vswitch.ovsschema")
        self.daemons = [subprocess.Popen(
            ["ovsdb-server", "/run/openvswitch/bench.db", "-vconsole:err",
             "--remote=punix:/run/openvswitch/db.sock", "--unixctl=/run/openvswitch/db.ctl"])]
        wait.until("ovsdb-server", 60, lambda: os.path.exists("/run/openvswitch/db.sock"), 0.05)
        run("ovs-vsctl", "--no-wait", "init")
        self.daemons.append(subprocess.Popen(
            ["ovs-vswitchd", "-vconsole:err", "--unixctl=/run/openvswitch/vs.ctl",
             "unix:/run/openvswitch/db.sock"]))
        run("ovs-vsctl", "--timeout=60", "add-br", "br0", "--", "add-port", "br0", "in0", "tag=100",
            "--", "add-port", "br0", "out0", "tag=100", "--", "set", "interface", "in0",
            "ingress_policing_rate=100000000", "ingress_policing_burst=1000000")
        if self.rules:
            lines = ruleset.openflow(self.rules, SOURCE, self.stateful)
            run("ovs-ofctl", "--bundle", "add-flows", "br0", "-", text="\n".join(lines) + "\n")
        if self.flows:
            run("ovs-ofctl", "-OOpenFlow13", "del-flows", "br0")
            made = map(flowtables.line, flowtables.make(self.flows, SOURCE, TARGET))
            run("ovs-ofctl", "-OOpenFlow13", "--bundle", "add-flows", "br0", "-",
                text="\n".join(made) + "\n")
        if self.watch:
            prepare, words = WATCHES[self.watch]
            if prepare:
                prepare()
            run("ovs-vsctl", "--timeout=60", "--", *words.split())
        for port, mac in (("in0", SOURCE), ("out0", TARGET)):
            run("ovs-appctl", "-t", "/run/openvswitch/vs.ctl", "fdb/add", "br0", port, "100", mac)
        return self.stop

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)
        subprocess.run(["ovs-dpctl", "del-dp", "ovs-system"], stderr=subprocess.DEVNULL)

    def daemon(self):
        return self.daemons[1].pid

    def lookups(self):
        """(hits, misses, masks) of the kernel's datapath."""
        return datapath_stats("ovs-system")[:3]

    def flow_count(self):
        return datapath_stats("ovs-system")[3]

    def cpu_ns(self):
        return cpu_ns(self.daemon())


def datapath_stats(name):
    """(hits, misses, masks, flows) of a datapath of openvswitch.ko; ovs-dpctl would change it."""
    family = Genl("ovs_datapath")
    request = struct.pack("=BBHI", 3, 2, 0, 0) + pack({1: name.encode() + b"\0"})
    attributes = unpack(family.transact(family.id, request)[0][8:])
    hits, misses, _, flows = struct.unpack("=4Q", attributes[3][:32])
    return hits, misses, struct.unpack("=QI", attributes[4][:12])[1], flows


def cpu_ns(pid):
    """What its threads ran so far."""
    total, base = 0, f"/proc/{pid}/task"
    for task in os.listdir(base):
        with open(f"{base}/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total


class Flows:
    """A switch of flows (dom0/datapath/ovs) in a process of its own, served as vifswitchd does."""

    def __init__(self, rules=0, every=False, ip_guard=False, police=False):
        self.rules, self.every, self.guard, self.police = rules, every, ip_guard, police

    def __call__(self):
        self.program = FlowProgram("fl0")
        more, flags = {}, abi.PF_GUARD
        if self.rules:
            with tempfile.NamedTemporaryFile() as f:
                f.write(ruleset.acl(ruleset.make(self.rules, self.every), True))
                f.flush()
                self.program.ask("acl", "1", f.name)
            more.update(acl=1)
        if self.police:
            more.update(rate=4 * 10 ** 9, burst=10 ** 9)    # more a meter does not count
        if self.guard:
            flags |= abi.PF_IP_GUARD
            more.update(ips=["10.0.0.0/8"])
        self.join("in0", abi.program(flags, 100, macs=[SOURCE], **more), "vm-a/0")
        self.join("out0", abi.program(abi.PF_GUARD, 100, macs=[TARGET]), "vm-b/0")
        self.program.ask("serve")
        return self.stop

    def join(self, netdev, program, cookie):
        number, = self.program.ask("add", netdev, cookie)
        self.program.ask("program", number, program.hex())

    def stop(self):
        self.program.process.stdin.close()
        self.program.process.wait(30)

    def daemon(self):
        return self.program.process.pid

    def lookups(self):
        return datapath_stats("fl0")[:3]

    def flow_count(self):
        return datapath_stats("fl0")[3]

    def cpu_ns(self):
        return cpu_ns(self.daemon())


def vifswitch(ip_guard=False, rules=0, every=False, stateful=False, police=False, uplink=False,
              ip6=False, watch=None, mirrored=None, flows=None, snoops=False):
    def sensor(nl, switch):
        import mirror
        if mirrored == "erspan":
            underlay()
            world.ip("link add name er0 type erspan seq key 1 local 192.0.2.1 remote 192.0.2.2 "
                     "erspan_ver 1 erspan 1", "link set dev er0 up")
        else:
            world.ip("link add name er0 type dummy", "link set dev er0 up")
        nl.port_new(switch, world.index("er0"))
        nl.mirror_set(switch, 1, mirror.blob(world.index("er0")))

    def build():
        world.ip("link add name sw0 type vifswitch", "link set dev sw0 up")
        nl = Genl()
        switch = world.index("sw0")
        more, flags = dict(watch or {}), abi.PF_GUARD
        if snoops:
            nl.snoop_set(switch, snoop.blob())
        if mirrored:
            sensor(nl, switch)
            more.update(mirror_from=1)
        if rules:
            made = ruleset.make(rules, every)
            nl.acl_load(1, ruleset.acl(ruleset.as_ip6(made) if ip6 else made, not stateful))
            more.update(acl=1, connections_max=abi.CONNECTIONS_MAX)
        if police:
            more.update(rate=10 ** 11, burst=10 ** 9)
        if ip_guard:
            flags |= abi.PF_IP_GUARD
            more.update(ips=[ruleset.prefix6("10.0.0.0/8") if ip6 else "10.0.0.0/8"])
        nl.port_new(switch, world.index("in0"), abi.program(flags, 100, macs=[SOURCE], **more),
                    b"vm-a/0", 1)
        if uplink:
            nl.port_new(switch, world.index("out0"), abi.program(
                abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD, 0, range(4095), {0}, fdb_max=100))
            nl.fdb_add(world.index("out0"), TARGET, 100)
            return
        nl.port_new(switch, world.index("out0"),
                    abi.program(abi.PF_GUARD, 100, macs=[TARGET]), b"vm-b/0", 1)
        if flows:
            tables = openflow.Tables(nl, switch)
            made = flowtables.make(flows, SOURCE, TARGET)
            tables.change(*flowtables.records(made, tables.numbers()[world.index("out0")]))
    return build


def forget():
    """Takes the bridge, its rules and its filters away."""
    run("nft", "flush", "ruleset")
    subprocess.run(["tc", "qdisc", "del", "dev", "in0", "clsact"], stderr=subprocess.DEVNULL)
    world.ip("link del dev br0", fail=False)
