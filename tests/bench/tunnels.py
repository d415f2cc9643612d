# SPDX-License-Identifier: GPL-2.0-or-later
"""What leaves by a network over IP or by a bond, and what comes by a network.

  out: [pktgen] -> in0 -> the switch -> tunnel or bond -> under0 (a dummy; of a bond mem1, mem2)
  in:  [pktgen] -> under0 -> tunnel -> the switch -> out0

pktgen writes its own words behind the UDP header, so what comes in is made a tunnel's packet by
tc pedit first; the no-switch run does that, too, and drops it.
"""
import struct

import peers
import world
from genl import Genl

OWN, REMOTE, KEY, LISP_MAC = "192.0.2.1", "192.0.2.2", 5100, "02:76:73:6c:69:73"
FAR_MAC, NEAR_MAC = "00:16:3e:00:00:77", "00:16:3e:00:00:78"
VXLAN_OUT, VXLAN_IN = "access VLAN with MAC guard, out by VXLAN", "in by VXLAN, to an access VLAN"
LISP_OUT, LISP_IN = "access VLAN with MAC guard, out by LISP", "in by LISP, to a locked address"
SLB, ONE = "access VLAN with MAC guard, out by balance-slb", "access VLAN with MAC guard, out by active-backup"


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


def packet():
    """IPv4 and UDP of 10.0.0.1 to 10.0.0.2, 46 octets."""
    def head(checksum):
        return struct.pack(">BBHHHBBHII", 0x45, 0, 46, 0, 0, 64, 17, checksum, 0x0a000001, 0x0a000002)
    total = sum(struct.unpack(">10H", head(0)))
    total = (total & 0xffff) + (total >> 16)
    return head(0xffff - total) + struct.pack(">HHHH", 9, 9, 26, 0) + bytes(18)


INSIDE = {"vxlan": struct.pack(">II", 1 << 27, KEY << 8) + octets(peers.TARGET) + octets(peers.SOURCE) +
          b"\x08\0" + packet(), "lisp": struct.pack(">II", 1 << 27, KEY << 8) + packet()}
PORTS = {"vxlan": 4789, "lisp": 4341}


def lines(traffic):
    """pktgen's, beside those of every traffic; None: it is none of ours."""
    kind, _, way = traffic.partition("-")
    if kind not in INSIDE:
        return None
    if way == "out":
        return "in0", [f"dst_mac {LISP_MAC}"]
    port = PORTS[kind]
    return "under0", [f"src_mac {FAR_MAC}", f"dst_mac {NEAR_MAC}", f"src_min {REMOTE}", f"src_max {REMOTE}",
                      f"dst_min {OWN}", f"dst_max {OWN}", f"udp_dst_min {port}", f"udp_dst_max {port}",
                      f"pkt_size {42 + len(INSIDE[kind])}"]


def under(kind=None, action="pass"):
    """The device that tunnels' packets leave by, and come by if they are of @kind."""
    peers.underlay()
    world.ip(f"link set dev under0 address {NEAR_MAC}")
    if not kind:
        return
    inside = INSIDE[kind] + bytes(-len(INSIDE[kind]) % 4)
    munges = [w for n in range(0, len(inside), 4)
              for w in f"munge offset {28 + n} u32 set 0x{inside[n:n + 4].hex()}".split()]
    peers.run("tc", *"qdisc add dev under0 clsact".split())
    peers.run("tc", *"filter add dev under0 ingress matchall action pedit".split(), *munges, "pipe", "action", action)


def no_switch(kind):
    def build():
        under(kind, "drop")
    return build


class Built:
    """A builder, and by which devices packets come out."""

    def __init__(self, build, *out):
        self.build, self.out = build, out or ("out0",)

    def __call__(self):
        return self.build()


def switch():
    world.ip("link add name sw0 type vifswitch", "link set dev sw0 up")
    return Genl(), world.index("sw0")


def vifswitch(kind, way):
    """A tunnel of that kind and a VM: at in0, or at out0."""
    def build():
        import abi
        import network
        under(kind if way == "in" else None)
        nl, sw = switch()
        flags = abi.PF_LEARN | abi.PF_FLOOD | abi.PF_UPLINK | abi.PF_ISOLATED | abi.PF_STACKED | abi.PF_TUNNEL
        world.ip("link add name t0 type " + ("vslisp" if kind == "lisp" else
                                             "vxlan external dstport 4789 nolearning"), "link set dev t0 up")
        tunnel = world.index("t0")
        nl.port_new(sw, tunnel, abi.program(flags, None, {100}, set(), fdb_max=1000))
        locks = {"ips": ["10.0.0.1/32" if way == "out" else "10.0.0.2/32"]} if kind == "lisp" else {}
        mac = peers.SOURCE if way == "out" else peers.TARGET
        guard = abi.PF_GUARD | (abi.PF_IP_GUARD if locks else 0)
        nl.port_new(sw, world.index("in0" if way == "out" else "out0"),
                    abi.program(guard, 100, macs=[mac], **locks), b"vm-a/0", 1)
        there = "10.0.0.2/32" if way == "out" else "10.0.0.1/32"
        nl.network_set(tunnel, 100, network.blob(KEY, [REMOTE], OWN, rows={there: REMOTE} if locks else None))
        if not locks:
            nl.fdb_add(tunnel, peers.TARGET if way == "out" else peers.SOURCE, 100, REMOTE)
    return Built(build, "under0" if way == "out" else "out0")


def bridge(way):
    def build():
        under("vxlan" if way == "in" else None)
        world.ip("link add name br0 type bridge mcast_snooping 0 vlan_filtering 1", "link set dev br0 up",
                 f"link add name t0 type vxlan id {KEY} local {OWN} remote {REMOTE} dstport 4789 nolearning",
                 "link set dev t0 up")
        vm, mac, other = ("in0", peers.SOURCE, peers.TARGET) if way == "out" else ("out0", peers.TARGET, peers.SOURCE)
        for name in (vm, "t0"):
            world.ip(f"link set dev {name} master br0")
            peers.run("bridge", *f"vlan add dev {name} vid 100 pvid untagged".split())
            peers.run("bridge", *f"vlan del dev {name} vid 1".split())
        peers.run("bridge", *f"fdb replace {other} dev t0 master static vlan 100".split())
        peers.run("bridge", *f"fdb replace {mac} dev {vm} master static vlan 100".split())
    return Built(build, "under0" if way == "out" else "out0")


class Openvswitch(peers.Openvswitch):
    def __init__(self, way):
        super().__init__(0)
        self.way, self.out = way, ("under0",) if way == "out" else ("out0",)

    def __call__(self):
        under("vxlan" if self.way == "in" else None)
        stop = super().__call__()
        peers.run("ovs-vsctl", "--timeout=60", "add-port", "br0", "t0", "tag=100", "--", "set", "interface", "t0",
                  "type=vxlan", f"options:remote_ip={REMOTE}", f"options:local_ip={OWN}", f"options:key={KEY}")
        if self.way == "out":
            peers.run("ovs-vsctl", "--timeout=60", "del-port", "br0", "out0")
        peers.run("ovs-appctl", "-t", "/run/openvswitch/vs.ctl", "fdb/add", "br0", "t0", "100",
                  peers.TARGET if self.way == "out" else peers.SOURCE)
        return stop


def bond(slb):
    """An uplink of two members; the VM's VLAN leaves tagged."""
    def build():
        import abi
        world.ip("link add name mem1 type dummy", "link add name mem2 type dummy",
                 "link add bond0 type bond mode active-backup miimon 50 all_slaves_active 1",
                 *(f"link set dev mem{n} master bond0" for n in (1, 2)),
                 *(f"link set dev mem{n} type bond_slave queue_id {n}" for n in (1, 2)), "link set dev bond0 up")
        nl, sw = switch()
        nl.port_new(sw, world.index("in0"), abi.program(abi.PF_GUARD, 100, macs=[peers.SOURCE]), b"vm-a/0", 1)
        nl.port_new(sw, world.index("bond0"), abi.program(
            abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD | (abi.PF_SLB if slb else 0), 0, range(4095), {0},
            fdb_max=100))
        nl.fdb_add(world.index("bond0"), peers.TARGET, 100)
    return Built(build, "mem1", "mem2")


def plan():
    """As datapath_inside.plan()."""
    for traffic, builder in (("vxlan-in", no_switch("vxlan")), ("lisp-in", no_switch("lisp")),
                             ("lisp-out", peers.no_switch)):
        yield builder, [("no switch", None, traffic, False)]
    yield vifswitch("vxlan", "out"), [(VXLAN_OUT, "vifswitch", "one", False)]
    yield vifswitch("vxlan", "in"), [(VXLAN_IN, "vifswitch", "vxlan-in", False)]
    for subject, build in (("bridge", bridge), ("openvswitch", Openvswitch)):
        yield build("out"), [(VXLAN_OUT, subject, "one", False)]
        yield build("in"), [(VXLAN_IN, subject, "vxlan-in", False)]
    yield vifswitch("lisp", "out"), [(LISP_OUT, "vifswitch", "lisp-out", False)]
    yield vifswitch("lisp", "in"), [(LISP_IN, "vifswitch", "lisp-in", False)]
    yield bond(True), [(SLB, "vifswitch", "one", False)]
    yield bond(False), [(ONE, "vifswitch", "one", False)]
