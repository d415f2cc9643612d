# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose a MAC address is: own and listed ones, virtual routers, bonds, halves of a VIF."""
import os
import shutil
import subprocess
import tempfile

import abi
import packet
import wait
from dom0 import Dom0, HOST, uuid
from genl import Error
from packet import frame
from registry import Skip, check, same, test
from test_guard import guarded, learning, where
from test_policy import connected, head
from test_vlan import UPLINK
from test_why import compare
from world import BROADCAST, Guest, Switch, deliver, index, ip, mac, refused, sysctl

VMAC, VRRP = "00:00:5e:00:01:0a", "01:00:5e:00:00:12"
VIP, EEXIST = "10.0.0.100", 17


def lists(own, *listed, vlan=100, allowed=None, fdb_max=64, flags=abi.PF_GUARD, **kw):
    """A program with an own address and listed ones."""
    return abi.program(flags, vlan, allowed, None if allowed is None else set(),
                       macs=[own, *listed], mac_listed=len(listed), fdb_max=fdb_max, **kw)


def advertisement(source, vlan=()):
    """VRRPv2 of router 10 from the virtual router's MAC, as its master sends it."""
    body = bytes([0x21, 10, 100, 1, 0, 1, 0, 0]) + packet.raw(VIP) + bytes(8)
    return frame(VRRP, VMAC, vlan, kind=0x0800,
                 payload=packet.ip4(source, "224.0.0.18", 112, body, ttl=255))


def gratuitous(vlan=()):
    return frame(BROADCAST, VMAC, vlan, kind=0x0806,
                 payload=packet.arp(VMAC, VIP, tpa=VIP))


def to_virtual(sender, source, receivers, vlan=()):
    """Names of the receivers that a frame to the virtual MAC reaches."""
    got = deliver(sender, frame(VMAC, source, vlan), receivers, "traffic to the virtual MAC")
    return sorted(name[:-1] for name, frames in got.items() if frames)


def reach(got):
    return sorted(name[:-1] for name, frames in got.items() if frames)


def refuses(action, *words):
    try:
        action()
    except Error as e:
        same(e.errno, EEXIST, f"errno ({e})")
        missing = [w for w in words if w not in e.text]
        check(not missing, f"{missing} not in: {e.text}")
        return
    raise AssertionError("accepted")


class Pair:
    """Two virtual routers, a VM that lists nothing, an unguarded one, and an uplink."""

    def __init__(self, local=None):
        self.switch = Switch(program=local)
        port = self.switch.port
        self.a = port("a", lists(mac(1), VMAC), cookie=b"vm-a/0", claim=1)
        self.b = port("b", lists(mac(2), VMAC), cookie=b"vm-b/0", claim=1)
        self.c = port("c", guarded(mac(3)), cookie=b"vm-c/0", claim=1)
        self.d = port("d", learning(), cookie=b"vm-d/0")
        self.e = port("e", UPLINK.program(fdb_max=100))
        self.all = [self.a, self.b, self.c, self.d, self.e]

    def others(self, *but):
        return [p for p in self.all if p not in but]


@test(smoke=True)
def vrrp_pair():
    """two VMs list a virtual MAC: it is where the master sent from last, and nobody else's"""
    w = Pair(local=abi.program(0, 100))
    a, b, c, d, e = w.all
    # Nobody has it yet: whoever lists it, and the outside; not who does not.
    same(to_virtual(c, mac(3), [a, b, d, e]), ["a", "b", "d", "e"], "before there is a master")
    for master, backup in ((a, b), (b, a), (a, b)):
        for data in (advertisement("10.0.0.1"), gratuitous()):
            got = deliver(master, data, w.others(master), "the master's word")
            same(reach(got), sorted(p.port_name for p in w.others(master)), "who hears it")
        same(to_virtual(c, mac(3), [a, b, d, e]), [master.port_name], "traffic of a guarded VM")
        same(to_virtual(d, mac(4), [a, b, c, e]), [master.port_name], "traffic of an unguarded VM")
        same(to_virtual(e, mac(90), [a, b, c, d], [100]), [master.port_name], "from the wire")
        same(to_virtual(backup, mac(1 if backup is a else 2), w.others(backup)),
             [master.port_name], "traffic of the backup")
    refused(c, advertisement("10.0.0.3"), w.others(c), "mac-guard", "a VM that lists nothing")
    refused(d, gratuitous(), w.others(d), "mac-claimed", "an unguarded VM")
    refused(w.switch, gratuitous(), w.all, "mac-claimed", "dom0")
    same(to_virtual(c, mac(3), [a, b, d, e]), ["a"], "after others tried")
    # The master is behind the uplink now, and comes back.
    got = deliver(e, advertisement("10.0.0.9", [100]), [a, b, c, d])
    same(reach(got), ["a", "b", "c", "d"], "who hears a master on another host")
    same(to_virtual(c, mac(3), [a, b, d, e]), ["e"], "traffic to a master on another host")
    deliver(b, gratuitous(), [a])
    same(to_virtual(e, mac(90), [a, b, c, d], [100]), ["b"], "after it came back")
    same((b.state().claim, b.state().fdb_count, a.state().fdb_count), (1, 1, 0), "claim, entries")


@test()
def vrrp_own_addresses_stay():
    """a pair's own addresses are each VM's own, whatever happens to the virtual one"""
    w = Pair()
    a, b, c, d, e = w.all
    deliver(a, gratuitous(), [b])
    refused(b, frame(BROADCAST, mac(1)), w.others(b), "mac-guard")
    for thief, vlan in ((d, ()), (e, [100])):
        refused(thief, frame(BROADCAST, mac(1), vlan), w.others(thief), "mac-claimed")
    got = deliver(c, frame(mac(1), mac(3)), [a, b, d, e])
    same(reach(got), ["a"], "traffic to an own address")
    # The list grows, shrinks and goes: each at once.
    before = a.state().from_packets
    a.set(lists(mac(1), VMAC, "00:00:5e:00:01:0b"))
    same(where(w.switch, VMAC, 100), ["a", "a", "b"], "places after the list grew")
    a.set(guarded(mac(1)))
    refused(a, gratuitous(), w.others(a), "mac-guard", "after the list went")
    same(to_virtual(c, mac(3), [a, b, d, e]), ["b", "d", "e"], "after the master may no more")
    same((a.state().claim, a.state().from_packets), (1, before), "claim and counters")
    deliver(b, gratuitous(), [a])
    ip("link set dev b nomaster")
    same(where(w.switch, VMAC), [], "after both are gone")
    deliver(d, gratuitous(), [a])
    same(to_virtual(c, mac(3), [a, d, e]), ["d"], "nobody lists it any more: as any address")
    # Learned there, and listed again by somebody: not for that port any more.
    a.set(lists(mac(1), VMAC))
    refused(d, gratuitous(), w.others(b, d), "mac-claimed", "since somebody lists it")
    same(to_virtual(c, mac(3), [a, d, e]), ["a", "d", "e"], "nobody has it")


@test(smoke=True)
def vrrp_across_two_switches():
    """a pair on two switches with a wire between: the backup hears the master, and takes over"""
    ip("link add name u0 type veth peer name u1", "link set dev u0 up", "link set dev u1 up")
    hosts, vms, clients = [], [], []
    for n in (0, 1):
        switch = Switch(f"sw{n}")
        switch.nl.port_new(switch.ifindex, index(f"u{n}"), UPLINK.program(fdb_max=100))
        hosts.append(switch)
        vms.append(switch.port(f"r{n}", lists(mac(1 + n), VMAC), cookie=b"vm-r%d/0" % n, claim=1))
        clients.append(switch.port(f"c{n}", guarded(mac(11 + n)), cookie=b"vm-c%d/0" % n, claim=1))
    for master in (0, 1, 0):
        backup = 1 - master
        got = deliver(vms[master], advertisement(f"10.0.0.{master + 1}"), [vms[backup], *clients])
        wait.until("the advertisement at the other host", 10,
                   lambda: got[vms[backup].name] or vms[backup].received(0.1))
        same(hosts[backup].drops().get("mac-claimed"), None, "drops at the local port")
        same(hosts[backup].nl.port(index(f"u{backup}")).drops, {}, "drops from the wire")
        for n, client in enumerate(clients):
            for tap in vms:
                tap.drain()
            got = deliver(client, frame(VMAC, mac(11 + n)), [])
            wait.until("the client's frame at the master", 10, lambda: vms[master].received(0.1))
            for switch in hosts:
                switch.settle()
            same(vms[backup].received(), [], "frames at the backup")


@test(smoke=True)
def vrrp_per_vlan():
    """the same virtual MAC in two VLANs is two routers: each moves, and is kept, in its own"""
    switch = Switch()
    a = switch.port("a", lists(mac(1), VMAC, vlan=100), cookie=b"vm-a/0", claim=1)
    b = switch.port("b", lists(mac(2), VMAC, vlan=200), cookie=b"vm-b/0", claim=1)
    t = switch.port("t", lists(mac(3), VMAC, vlan=None, allowed={100, 200}), cookie=b"vm-t/0", claim=1)
    c, d = (switch.port(n, learning(v)) for n, v in (("c", 100), ("d", 200)))
    u = switch.port("u", learning(300))
    e = switch.port("e", UPLINK.program(fdb_max=100))
    ports = [a, b, t, c, d, e]
    others = lambda *but: [p for p in ports if p not in but]

    def towards():
        return (to_virtual(c, mac(10), others(c)), to_virtual(d, mac(11), others(d)))
    deliver(a, gratuitous(), [c])
    deliver(b, gratuitous(), [d])
    same(towards(), (["a"], ["b"]), "a master for each VLAN")
    deliver(t, gratuitous([100]), [c])
    same(towards(), (["t"], ["b"]), "after one of them moved")
    deliver(e, gratuitous([200]), [d])
    same(towards(), (["t"], ["e"]), "after the other moved out of the host")
    for thief in (c, d):
        refused(thief, gratuitous(), others(thief), "mac-claimed", "unguarded, in a VLAN of theirs")
    # A VLAN in which nobody lists it: an address like any other.
    deliver(u, gratuitous(), [c])
    same(where(switch, VMAC, 300).count("u"), 1, "learned in another VLAN")
    same(towards(), (["t"], ["e"]), "after that")


@test(smoke=True)
def own_address_before_lists():
    """another VM's own address is not for who lists it, whichever came first"""
    switch = Switch()
    a = switch.port("a", guarded(mac(1)), cookie=b"vm-a/0", claim=1)
    c = switch.port("c", guarded(mac(3)), cookie=b"vm-c/0", claim=1)
    refuses(lambda: switch.port("b", lists(mac(2), mac(1)), cookie=b"vm-b/0"), mac(1), "port a")
    ip("link del dev b")
    own = open(f"/sys/class/net/{switch.name}/address").read().strip()
    refuses(lambda: c.set(lists(mac(3), own)), own)
    same(len(deliver(a, frame(mac(3), mac(1)), [c])["cp"]), 1, "the owner goes on")
    # The list came first: the owner is let in all the same, and nobody else uses it.
    l = switch.port("l", lists(mac(5), mac(6)), cookie=b"vm-l/0", claim=1)
    deliver(l, frame(BROADCAST, mac(6)), [c])
    same(reach(deliver(c, frame(mac(6), mac(3)), [a, l])), ["l"], "before the owner came")
    o = switch.port("o", guarded(mac(6)), cookie=b"vm-o/0", claim=0)
    refused(l, frame(BROADCAST, mac(6)), [a, c, o], "mac-claimed", "before the owner spoke")
    deliver(o, frame(BROADCAST, mac(6)), [c])
    refused(l, frame(BROADCAST, mac(6)), [a, c, o], "mac-claimed", "after the owner spoke")
    same(reach(deliver(c, frame(mac(6), mac(3)), [a, l, o])), ["o"], "traffic to the owner")
    same(len(deliver(l, frame(BROADCAST, mac(5)), [c])["cp"]), 1, "the lister's own address")
    refuses(lambda: l.set(lists(mac(5), mac(6), mac(7))), mac(6), "port o")
    ip("link del dev o")
    deliver(l, frame(BROADCAST, mac(6)), [c])
    same(reach(deliver(c, frame(mac(6), mac(3)), [a, l])), ["l"], "after the owner went")
    refuses(lambda: switch.nl.fdb_add(c.ifindex, mac(6), 100), "port l")


@test(smoke=True)
def bond_in_a_vm():
    """two VIFs of a VM that list one address, or the first one's own: it is where it sends"""
    switch = Switch()
    x = switch.port("x", lists(mac(1), mac(50)), cookie=b"vm/0", claim=1)
    y = switch.port("y", lists(mac(2), mac(50), mac(1)), cookie=b"vm/1", claim=1)
    c = switch.port("c", guarded(mac(3)), cookie=b"vm-c/0", claim=1)
    d = switch.port("d", learning(), cookie=b"vm-d/0")
    e = switch.port("e", UPLINK.program(fdb_max=100))
    all_ports = [x, y, c, d, e]
    for address in (mac(50), mac(1)):
        for leg in (x, y, x, y):
            for _ in range(2):
                got = deliver(leg, frame(BROADCAST, address), [c, d, e])
                same(reach(got), ["c", "d", "e"], "what the bond says")
            got = deliver(c, frame(address, mac(3)), [x, y, d, e])
            same(reach(got), [leg.port_name], f"traffic to {address}")
            for thief, vlan in ((d, ()), (e, [100])):
                if address == mac(1) or thief is d:
                    refused(thief, frame(BROADCAST, address, vlan),
                            [p for p in all_ports if p is not thief], "mac-claimed")
    # The second leg has it: what the first one's own is, and who is told of changes.
    same((x.state().claim, y.state().claim), (1, 1), "claims")
    same([n for n in where(switch, mac(1)) if n == "x"], [], "places at the first leg")
    for change in (dict(claim=1), dict(program=lists(mac(1), mac(50), fdb_max=65))):
        x.set(**change)
        same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["y"], f"after {change}")
    y.set(lists(mac(2), mac(50), mac(1), fdb_max=65))
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["y"], "after its own change")
    y.set(claim=0)
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["x"], "the leg is suspended")
    deliver(y, frame(BROADCAST, mac(1)), [c])
    y.set(lists(mac(2), mac(50)))
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["x"], "the leg may no more")
    y.set(lists(mac(2), mac(50), mac(1)))
    deliver(y, frame(BROADCAST, mac(1)), [c])
    ip("link del dev y")
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, d, e])), ["x"], "the leg is gone")
    # The second leg first; and another VM's does not become one.
    ip("link del dev x")
    y = switch.port("y", lists(mac(2), mac(1)), cookie=b"vm/1", claim=1)
    deliver(y, frame(BROADCAST, mac(1)), [c])
    same(reach(deliver(c, frame(mac(1), mac(3)), [y, d, e])), ["y"], "the second leg alone")
    x = switch.port("x", lists(mac(1), mac(50)), cookie=b"vm/0", claim=1)
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["x"], "the first leg came")
    deliver(y, frame(BROADCAST, mac(1)), [c])
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["y"], "the second leg spoke")
    y.set(cookie=b"vm-y/1", program=lists(mac(2)))
    same(reach(deliver(c, frame(mac(1), mac(3)), [x, y, d, e])), ["x"], "it is another VM's")
    refuses(lambda: y.set(lists(mac(2), mac(1))), mac(1), "port x")
    refuses(lambda: switch.port("z", guarded(mac(1)), cookie=b"vm/2"), mac(1), "port x")


@test(smoke=True)
def usual_frames():
    """TCP between VMs, which has a short way through the switch, moves addresses like all else"""
    switch = Switch()
    only = [switch.port(n, abi.program(abi.PF_GUARD, 100, macs=[address], mac_listed=1, fdb_max=8),
                        cookie=b"vm-%s/0" % n.encode(), claim=1)
            for n, address in (("l", VMAC), ("m", VMAC), ("n", mac(6)))]
    x = switch.port("x", lists(mac(1), mac(50)), cookie=b"vm/0", claim=1)
    y = switch.port("y", lists(mac(2), mac(1)), cookie=b"vm/1", claim=1)
    c, o = (switch.port(n, guarded(address), cookie=b"vm-%s/0" % n.encode(), claim=1)
            for n, address in (("c", mac(3)), ("o", mac(6))))

    def segment(dst, src):
        return frame(dst, src, kind=0x0800,
                     payload=packet.tcp("10.0.0.1", "10.0.0.3", 40000, 80, data=b"x" * 20))
    for address, ports in ((mac(1), (x, y, x, x, y)), (VMAC, (*only[:2], *only[:2]))):
        for sender in ports:
            same(reach(deliver(sender, segment(mac(3), address), [c, o])), ["c"], "what it sends")
            same(reach(deliver(c, segment(address, mac(3)), [*only, x, y, o])),
                 [sender.port_name], f"traffic to {address}")
    refused(only[2], segment(mac(3), mac(6)), [c, o], "mac-claimed", "another VM's own")
    refused(x, segment(mac(3), mac(2)), [c, o], "mac-guard", "an address of its VM's other VIF")
    same({p.port_name: p.drops() for p in (*only[:2], y, c)}, dict.fromkeys("lmyc", {}), "drops")


@test(smoke=True)
def halves_do_not_hear_each_other():
    """what one half of a VIF says to many does not come back to the VM by the other half"""
    switch = Switch()
    v = switch.port("v", lists(mac(1), VMAC), cookie=b"vm/0", claim=1)
    t = switch.port("t", lists(mac(1), VMAC), cookie=b"vm/0", claim=0)
    s = switch.port("s", guarded(mac(2)), cookie=b"vm/1", claim=1)
    o = switch.port("o", guarded(mac(3)), cookie=b"vm-o/0", claim=1)
    n, m = (switch.port(name, learning()) for name in "nm")
    e = switch.port("e", UPLINK.program(fdb_max=100))
    tentative = "fe80::216:3eff:fe00:1"
    dad = frame("33:33:ff:00:00:01", mac(1), kind=0x86dd,
                payload=packet.nd(135, tentative, "::", dst="ff02::1:ff00:1"))
    said = {"duplicate address detection": dad,
            "an ARP probe": frame(BROADCAST, mac(1), kind=0x0806,
                                  payload=packet.arp(mac(1), "0.0.0.0", tpa="10.0.0.1")),
            "multicast": frame("01:00:5e:00:00:05", mac(1)), "broadcast": frame(BROADCAST, mac(1)),
            "the virtual router": gratuitous()}
    for half, other in ((v, t), (t, v), (v, t)):
        for what, data in said.items():
            got = deliver(half, data, [other, s, o, n, m, e], what)
            same(reach(got), ["e", "m", "n", "o", "s"], f"{what} from {half.port_name}")
        got = deliver(half, frame(mac(77), mac(1)), [other, s, o, n, m, e], "unknown unicast")
        same(reach(got), ["e", "m", "n"], f"unknown unicast from {half.port_name}")
        got = deliver(o, frame(mac(1), mac(3)), [v, t])
        same(reach(got), [half.port_name], "traffic to the VM")
        got = deliver(o, dad[:6] + abi.mac_bytes(mac(3)) + dad[12:], [v, t], "another VM's")
        same(reach(got), ["t", "v"], "another VM's solicitation")
    # Another VIF of the VM is not a half: it may be on another network of the VM's.
    same(reach(deliver(s, frame(BROADCAST, mac(2)), [v, t])), ["t", "v"], "from its other VIF")
    # A dying domain beside its successor is the same VM with the same cookie.
    deliver(t, gratuitous(), [o])
    same(to_virtual(o, mac(3), [v, t, n, m, e]), ["t"], "the virtual router at the successor")
    ip("link del dev v")
    same(to_virtual(o, mac(3), [t, n, m, e]), ["t"], "after the predecessor went")


@test()
def lists_are_bounded():
    """a port makes the switch remember fdb_max places and move some a second, no more"""
    switch = Switch()
    many = [f"00:00:5e:00:01:{n:02x}" for n in range(15)]
    vlans = set(range(1, 41))
    t = switch.port("t", lists(mac(1), *many, vlan=None, allowed=vlans, fdb_max=100),
                    cookie=b"vm-t/0", claim=1)
    b = switch.port("b", lists(mac(2), *many, vlan=None, allowed=vlans, fdb_max=3),
                    cookie=b"vm-b/0", claim=1)
    c = switch.port("c", learning(1), cookie=b"vm-c/0")
    before = switch.nl.switch(switch.ifindex).fdb_count
    for vlan in sorted(vlans):
        for address in many:
            t.send(frame(BROADCAST, address, [vlan]))
    wait.until("all verdicts", 20, lambda: t.state().judged >= len(vlans) * len(many))
    same((t.state().fdb_count, switch.nl.switch(switch.ifindex).fdb_count - before, t.drops()),
         (100, 100, {}), "places at the port and in the switch, drops")
    # Beyond its own limit a port takes an address from where it was, but has it nowhere.
    for n, address in enumerate(many[:5]):
        deliver(b, frame(BROADCAST, address, [1]), [c])
        got = deliver(c, frame(address, mac(9)), [t, b])
        same(reach(got), ["b"] if n < 3 else ["b", "t"], f"traffic to listed address {n}")
    same((t.state().fdb_count, b.state().fdb_count), (95, 3), "places")
    # Two that take turns: each frame passes, and what moves is counted, not all of it.
    events = switch.nl.events()
    count, start = 3000, (t.state().judged, b.state().judged)
    for _ in range(count):
        t.send(frame(mac(2), many[0], [1]))
        b.send(frame(mac(1), many[0], [1]))
    wait.until("all verdicts", 60, lambda: (t.state().judged - start[0], b.state().judged - start[1])
               == (count, count))
    same((t.drops(), b.drops()), ({}, {}), "drops")
    moved = [e for e in events.read(0.2) if e["event"] == "mac-moved"]
    check(moved and len(moved) < count, f"{len(moved)} events of {2 * count} frames")
    for sender, name in ((t, "t"), (b, "b")):
        wait.until("the next second", 10, lambda: deliver(sender, frame(BROADCAST, many[0], [1]), [])
                   is not None and reach(deliver(c, frame(many[0], mac(9)), [t, b])) == [name], 0.3)


@test()
def announced_where_it_is():
    """the switch announces a listed address only where its user is this port"""
    w = Pair()
    a, b, e = w.a, w.b, w.e

    def announced(port):
        e.drain()
        w.switch.nl.do(abi.CMD_PORT_ANNOUNCE, {abi.A_PORT: port.ifindex.to_bytes(4, "little")})
        w.switch.settle()
        return sorted(f[6:12].hex(":") for f in e.received(2) + e.received(0.05))
    same((announced(a), announced(b)), ([mac(1)], [mac(2)]), "before there is a master")
    deliver(a, gratuitous(), [b])
    same((announced(a), announced(b)), ([VMAC, mac(1)], [mac(2)]), "with a master")
    deliver(e, gratuitous([100]), [b])
    same((announced(a), announced(b)), ([mac(1)], [mac(2)]), "with a master elsewhere")


@test(limit=300)
def foretold():
    """vifctl why: who may send from a listed address, and where it goes, is as foretold"""
    w = Pair()
    a, b, c, d, e = w.all
    x = w.switch.port("x", guarded(mac(6)), cookie=b"bond/0", claim=1)
    y = w.switch.port("y", lists(mac(7), mac(6)), cookie=b"bond/1", claim=1)
    l = w.switch.port("l", lists(mac(8), mac(9)), cookie=b"vm-l/0", claim=1)
    o = w.switch.port("o", guarded(mac(9)), cookie=b"vm-o/0", claim=1)
    t = w.switch.port("t", guarded(mac(1)), cookie=b"vm-a/0", claim=0)
    w.all += [x, y, l, o, t]
    seen = set()
    steps = [(c, frame(VMAC, mac(3))), (a, gratuitous()), (c, frame(VMAC, mac(3))),
             (c, gratuitous()), (d, gratuitous()), (b, frame(VMAC, mac(2))),
             (e, gratuitous([100])), (c, frame(VMAC, mac(3))), (b, advertisement("10.0.0.2")),
             (e, frame(VMAC, mac(60), [100])), (y, frame(BROADCAST, mac(6))),
             (c, frame(mac(6), mac(3))), (x, frame(BROADCAST, mac(6))), (c, frame(mac(6), mac(3))),
             (e, frame(BROADCAST, mac(6), [100])), (d, frame(BROADCAST, mac(6))),
             (l, frame(BROADCAST, mac(9))), (o, frame(BROADCAST, mac(9))),
             (c, frame(mac(9), mac(3))), (a, frame(BROADCAST, mac(1))), (t, frame(BROADCAST, mac(1)))]
    for n, (sender, data) in enumerate(steps):
        told = compare(w.switch, sender, w.others(sender),
                       f"step {n}, {data[:12].hex()} from {sender.port_name}", data)
        seen.add(told["reason"])
        check(told["reason"] != "mac-claimed" or "vifctl fdb list" in told["fix"], f"fix: {told}")
    same(seen, {None, "mac-guard", "mac-claimed"}, "verdicts met")


@test(smoke=True, limit=200)
def lists_in_the_database():
    """mac_lock: the config's address is the VM's own, the others several VMs may list"""
    dom0 = Dom0(database=True)
    db = dom0.db
    for n in (1, 2):
        db.set_port(uuid(n), 0, tag=100, mac_lock=[VMAC, mac(n)])
    db.set_port(uuid(3), 0, tag=100)
    db.applied(HOST)
    a, b, c = vifs = [dom0.vif(n) for n in (1, 2, 3)]
    connected(dom0, *vifs)
    for n, v in enumerate((a, b), 1):
        same((head(v)["mac_count"], head(v)["mac_listed"]), (2, 1), "addresses of the program")
        same(db.location(uuid(n), 0, state="active")["last_error"], None, "last_error")
        same(dom0.entry(v)["mac"], [mac(n), VMAC], "show")
    for master, backup in ((a, b), (b, a)):
        got = deliver(master, advertisement("10.0.0.1"), [backup, c, dom0.wire])
        check(got[backup.name] and got[c.name] and got["eth0p"], f"who hears the master: {got}")
        got = deliver(c, frame(VMAC, mac(3)), [a, b, dom0.wire])
        same(reach(got), [master.netdev], "traffic to the virtual MAC")
    refused(c, advertisement("10.0.0.3"), [a, b, dom0.wire], "mac-guard")
    program = a.state().program
    dom0.kill()
    dom0.start()
    db.location(uuid(1), 0, state="active")
    same(a.state().program, program, "the program after a restart of the daemon")
    # Another VM's own address, listed: refused with the owner named, whichever was first.
    db.set_port(uuid(3), 0, tag=100, mac_lock=[mac(3), mac(2)])
    db.applied(HOST)
    told = db.location(uuid(3), 0, state="active")["last_error"]
    check(told and mac(2) in told and "vm2" in told and "own" in told, f"last_error: {told}")
    same(head(c)["mac_count"], 1, "addresses of the VM that asked for another's")
    db.set_port(uuid(3), 0, tag=100, mac_lock=[mac(3), mac(40)])
    db.applied(HOST)
    db.location(uuid(3), 0, state="active", last_error=None)
    owner = dom0.vif(40, access=100)
    connected(dom0, owner)
    told = wait.until("the lister to be told", 20,
                      lambda: db.location(uuid(3), 0, state="active")["last_error"])
    check("vm40" in told and mac(40) in told, f"last_error: {told}")
    deliver(owner, frame(BROADCAST, mac(40)), [a])
    refused(c, frame(BROADCAST, mac(40)), [a, b, owner, dom0.wire], "mac-claimed")


@test(limit=200)
def bond_in_the_database():
    """two VIFs of one VM, the second of which lists the first one's address"""
    dom0 = Dom0(database=True)
    db = dom0.db
    db.set_port(uuid(1), 0, tag=100)
    db.set_port(uuid(1), 1, tag=100, mac_lock=[mac(1), mac(11)])
    db.set_port(uuid(3), 0, tag=100)
    db.applied(HOST)
    x, c = dom0.vif(1), dom0.vif(3)
    y = dom0.vif(1, mac(11), devid=1)
    connected(dom0, x, y, c)
    for leg in (x, y, x, y):
        deliver(leg, frame(BROADCAST, mac(1)), [c])
        got = deliver(c, frame(mac(1), mac(3)), [x, y])
        same(reach(got), [leg.netdev], "traffic to the bond")
        same((x.state().claim, y.state().claim), (1, 1), "claims")


class Keepalived:
    """keepalived in a VM's place: a router of group 10, with the virtual MAC."""
    CONFIG = """global_defs {{ vrrp_garp_master_repeat 2 }}
vrrp_instance router {{
	state BACKUP
	interface {interface}
	virtual_router_id 10
	priority {priority}
	advert_int 1
	use_vmac
	virtual_ipaddress {{ {address}/16 }}
}}
"""

    def __init__(self, guest, priority):
        self.guest, self.dir = guest, tempfile.mkdtemp(prefix="keepalived-")
        config = os.path.join(self.dir, "conf")
        with open(config, "w") as f:
            f.write(self.CONFIG.format(interface=guest.device, priority=priority, address=VIP))
        os.chmod(config, 0o600)
        with guest.namespace:
            with open(os.path.join(self.dir, "log"), "w") as log:
                self.process = subprocess.Popen(
                    ["keepalived", "-n", "-l", "-D", "-f", config, "-p", self.dir + "/pid", "-r",
                     self.dir + "/vrrp", "-c", self.dir + "/checkers"], stdout=log, stderr=log)

    def log(self):
        with open(os.path.join(self.dir, "log"), errors="replace") as f:
            return f.read()[-2000:]

    def stop(self):
        self.process.terminate()
        self.process.wait(wait.limit(60))


@test(limit=300)
def keepalived():
    """two real VRRP routers on one switch: one is master, a client reaches it, fail-over moves"""
    if not shutil.which("keepalived"):
        raise Skip("no keepalived here")
    switch = Switch(program=abi.program(0, 100))
    a = switch.port("a", lists(mac(1), VMAC), cookie=b"vm-a/0", claim=1)
    b = switch.port("b", lists(mac(2), VMAC), cookie=b"vm-b/0", claim=1)
    c = switch.port("c", guarded(mac(3)), cookie=b"vm-c/0", claim=1)
    guests = [Guest(p, f"10.0.0.{n}", mac(n)) for n, p in ((1, a), (2, b), (3, c))]
    client = guests[2]
    for guest in guests[:2]:
        with guest.namespace:   # as its manual says: the own device does not answer for it
            sysctl("net.ipv4.conf.all.arp_ignore", 1)
            # ... and does not ask in the virtual address's name, which its peer would learn
            sysctl("net.ipv4.conf.all.arp_announce", 2)
    routers = [Keepalived(guests[0], 150), Keepalived(guests[1], 100)]
    try:
        for master in (0, 1):
            name = "ab"[master]
            wait.until(f"the virtual MAC at {name}", 60, lambda: where(switch, VMAC, 100).count(name) == 2
                       or any(r.process.poll() is not None for r in routers[master:]))
            wait.until("the client to reach the virtual router", 60, lambda: client.run(
                "ping", "-c", "1", "-W", "2", VIP).returncode == 0)
            seen = client.run("ip", "neigh", "show", VIP).stdout
            check(VMAC in seen, f"the client's neighbour: {seen}; {routers[master].log()}")
            holders = [g.run("ip", "-br", "addr", "show").stdout.count(VIP) for g in guests[:2]]
            same(holders, [1 - master, master], "who has the virtual address")
            if master == 0:
                routers[0].stop()
        drops = {p.port_name: p.drops().get("mac-claimed", 0) + p.drops().get("mac-guard", 0)
                 for p in (a, b, c)}
        same(drops, {"a": 0, "b": 0, "c": 0}, "refused for their MAC")
    except (AssertionError, wait.Timeout) as e:
        raise AssertionError(f"{e}; {[r.log() for r in routers]}") from None
    finally:
        routers[1].stop()
