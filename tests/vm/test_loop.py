# SPDX-License-Identifier: GPL-2.0-or-later
"""Loop protection: a loop through uplinks is found and cut, and nothing else is taken for one.

    VM - g ) sw0 ( u1 ==== u1p - outbr - outp ==== out
                 ( u2 ==== u2p -
"""
import time

import abi
import ctl
import loop
import wait
from dom0 import HOST, Dom0
from packet import frame
from registry import check, same, test
from test_doctor import doctor
from test_guard import guarded
from world import BROADCAST, Switch, Tap, arrived, index, ip, mac

UPLINK = abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD
FLOOD = 300     # frames in a moment: more than anybody sent


def uplink(vlan=100, flags=UPLINK, more=()):
    vlans = {vlan, *more}
    return abi.program(flags, vlan, vlans, {vlan}, fdb_max=100)


def bridge(name, *ports):
    ip(f"link add name {name} type bridge mcast_snooping 0", f"link set dev {name} up",
       *(f"link set dev {p} master {name}" for p in ports))


def outside(name="out", at="outbr"):
    """A station behind the bridge."""
    ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p master {at} up",
       f"link set dev {name} up")
    return Tap(name)


class Bed:
    def __init__(self, flags=UPLINK, protected=True, vlans=(100, 100)):
        self.sw = Switch()
        self.nl = self.sw.nl
        if protected:
            self.nl.loop_set(self.sw.ifindex, loop.ON)
        self.guest = self.sw.port("g", guarded(mac(1)))
        self.uplinks = [self.sw.port(f"u{i}", uplink(vlan, flags)) for i, vlan in enumerate(vlans, 1)]
        bridge("outbr", *(u.peer for u in self.uplinks))
        self.out = outside()

    def counts(self):
        return self.nl.switch(self.sw.ifindex).loop

    def closed(self):
        """Names of the ports that are closed for a loop."""
        return [p.name for p in self.nl.ports(self.sw.ifindex) if p.flags & abi.PORT_LOOPED]

    def moved(self):
        """Frames that came by the first uplink, while as many milliseconds go by."""
        before = self.uplinks[0].state().from_packets
        time.sleep(0.1)
        return self.uplinks[0].state().from_packets - before

    def cut(self, *names):
        wait.until(f"{names} to be closed, of {self.closed()}", 60, lambda: self.closed() == list(names))

    def rounds(self, count):
        """Wait until so many more probes were sent, and heard if anybody hears them."""
        until = self.counts()["sent"] + 2 * count
        wait.until("probes", 120, lambda: self.counts()["sent"] >= until)
        arrived()


def payload(tap):
    """What a tap got that is no probe."""
    return [f for f in tap.received() if not loop.is_probe(f)]


def carries_once(bed):
    """A frame of the VM is outside once, and one from outside at the VM."""
    for tap, sender, n in ((bed.out, bed.guest, 1), (bed.guest, bed.out, 50)):
        bed.out.drain()
        bed.guest.drain()
        sender.send(frame(BROADCAST, mac(n), payload=b"once" * 20))
        arrived()
        same(len(payload(tap)), 1, f"copies of a frame at {tap.name}")


@test(limit=240)
def loop_is_cut():
    """without protection one frame goes round for ever; with it the younger uplink is closed, and opened later"""
    bed = Bed(protected=False)
    bed.out.send(frame(BROADCAST, mac(50)))     # a VM's own would be dropped where it comes back
    came = bed.uplinks[0].state
    wait.until("a storm on the first uplink", 20, lambda: came().from_packets > FLOOD)
    bed.nl.loop_set(bed.sw.ifindex, loop.ON)
    bed.cut("u2")
    bed.sw.settle()
    check(bed.moved() < 5, "the storm goes on")
    carries_once(bed)
    port = bed.uplinks[1].state()
    same((port.loop["flags"], port.loop["other"], port.loop["count"], port.loop["hold_s"]),
         (loop.CLOSED, bed.uplinks[0].ifindex, 1, 10), "what is told of the port")
    check(port.closed and port.program == uplink(), "its program is there, and not in force")
    counts = bed.counts()
    same((counts["closed"], counts["found"]), (1, 1), "what is told of the switch")
    check(counts["heard"] > 0, counts)
    # Another program, an impossible one, none: it stays closed, with what it was given last.
    bed.uplinks[1].set(uplink(more={200}))
    same((bed.uplinks[1].state().program, bed.closed()), (uplink(more={200}), ["u2"]), "a new program")
    bed.rounds(15)
    same(bed.closed(), ["u2"], "closed while the loop is there, however long")
    carries_once(bed)
    ip(f"link set dev {bed.uplinks[1].peer} nomaster")
    wait.until("u2 to be opened", 120, lambda: not bed.closed())
    same(bed.uplinks[1].state().loop, None, "what is told of the port")
    bed.uplinks[1].drain()
    bed.guest.send(frame(BROADCAST, mac(1), payload=b"open" * 20))
    arrived()
    same(len(payload(bed.uplinks[1])), 1, "frames by the uplink that is open again")
    # The second time of late it is closed for longer.
    ip(f"link set dev {bed.uplinks[1].peer} master outbr")
    bed.cut("u2")
    same(bed.uplinks[1].state().loop["hold_s"], 20, "seconds the second time")
    bed.nl.loop_set(bed.sw.ifindex, loop.OFF)
    same(bed.closed(), [], "closed ports of a switch that is not protected")
    ip(f"link set dev {bed.uplinks[1].peer} down")


@test(smoke=True, limit=120)
def loop_of_leaves():
    """uplinks that do not forward to each other in one network: no storm, but everything twice; one is closed, too"""
    bed = Bed(flags=UPLINK | abi.PF_ISOLATED)
    bed.cut("u2")
    carries_once(bed)
    # The older one leaves: the younger takes over when the loop is over.
    bed.nl.port_del(bed.uplinks[0].ifindex)
    wait.until("u2 to be opened", 120, lambda: not bed.closed())
    bed.uplinks[1].set(uplink())
    carries_once(bed)


@test(limit=180)
def loop_through_others():
    """a loop through a switch that is not protected, and one of two that are: one port in all is closed in the end"""
    bed = Bed()
    ip(f"link set dev {bed.uplinks[1].peer} nomaster")
    other = Switch("sw1")
    v1, v2 = (other.port(f"v{i}", uplink()) for i in (1, 2))
    ip(f"link set dev {v1.peer} master outbr")
    bridge("br2", v2.peer, bed.uplinks[1].peer)
    bed.cut("u2")
    carries_once(bed)
    other.nl.loop_set(other.ifindex, loop.ON)

    def closed():
        return [p.name for p in bed.nl.ports() if p.flags & abi.PORT_LOOPED]
    bed.rounds(60)
    wait.until(f"one closed port, not {closed()}", 120, lambda: len(closed()) == 1)
    before = closed()
    bed.rounds(30)
    same(closed(), before, "it stays so")
    carries_once(bed)


@test(limit=240)
def loop_that_is_none():
    """networks apart, other VLANs, a mirror to an uplink, a bond of two cables, an echo: nothing is closed"""
    bed = Bed(vlans=(100, 200))
    bed.rounds(8)
    same((bed.closed(), bed.counts()["heard"]), ([], 0), "two VLANs that are one network outside")
    bed.uplinks[1].set(uplink(100))
    ip(f"link set dev {bed.uplinks[1].peer} nomaster")
    bridge("br2", bed.uplinks[1].peer)
    bed.rounds(8)
    same((bed.closed(), bed.counts()["heard"]), ([], 0), "two networks")
    ip(f"link set dev {bed.uplinks[0].peer} type bridge_slave hairpin on")
    wait.until("the echo", 60, lambda: (bed.uplinks[0].state().loop or {}).get("flags") == loop.ECHO)
    bed.rounds(8)
    same(bed.closed(), [], "an uplink that hears itself")
    ip(f"link set dev {bed.uplinks[0].peer} type bridge_slave hairpin off")
    wait.until("no echo", 60, lambda: bed.uplinks[0].state().loop is None)
    # Two cables of a bond, all of whose members hear.
    for name in ("e1", "e2"):
        ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p master br2 up")
    ip("link add bond0 type bond mode active-backup miimon 50 all_slaves_active 1",
       "link set dev e1 master bond0", "link set dev e2 master bond0", "link set dev bond0 up",
       f"link set dev {bed.uplinks[1].peer} nomaster")
    bed.nl.port_new(bed.sw.ifindex, index("bond0"), uplink(), None, None)
    bed.rounds(12)
    same(bed.closed(), [], "a bond with two cables in one network")
    same(bed.nl.port(index("bond0")).loop, None, "what is told of the bond")
    same(bed.counts()["found"], 0, "loops found")


@test(limit=120)
def loop_cannot_be_forged():
    """no VM gets a probe or sends one, whatever it may; who makes one or keeps one closes nothing"""
    bed = Bed(vlans=(100,))
    bed.sw.port("trusted", guarded(mac(2)))
    trusted = bed.sw.ports[-1]
    trusted.set(abi.program(abi.PF_GUARD | abi.PF_CONTROL, 100, macs=(mac(2),)))
    u2 = bed.sw.port("u2", uplink())        # its wire is the test's own
    bed.out.drain()
    bed.rounds(6)
    probes = [f for f in bed.out.received() if loop.is_probe(f)]
    check(len(probes) >= 5, f"{len(probes)} probes outside")
    same([f for tap in (bed.guest, trusted, bed.sw) for f in tap.received() if loop.is_probe(f)], [],
         "probes at a VM or dom0")
    for tap, port in ((bed.guest, bed.guest), (trusted, trusted)):
        before = port.drops().get("control", 0)
        tap.send(probes[-1][:6] + abi.mac_bytes(mac(1 if tap is bed.guest else 2)) + probes[-1][12:])
        arrived()
        same(port.drops().get("control", 0), before + 1, f"a probe from {tap.name}")
    # Old ones; changed ones: whose it is, port, round, VLAN, seal.
    for octet in range(14, 46):
        changed = bytearray(probes[-1])
        changed[octet] ^= 1
        u2.send(bytes(changed))
    wait.until("a round that is later", 60, lambda: bed.counts()["sent"] >= 2 * len(probes))
    u2.send(probes[0])
    arrived()
    bed.rounds(3)
    same((bed.closed(), bed.counts()["found"], bed.counts()["heard"]), ([], 0, 0), "forged probes")
    # Those of others are passed on, to uplinks alone, and only so many.
    foreign = probes[-1][:20] + bytes(8) + probes[-1][28:]
    for tap in (bed.out, bed.guest, trusted):
        tap.drain()
    for _ in range(200):
        u2.send(foreign)
    arrived()
    passed = sum(f == foreign for f in bed.out.received())
    check(1 <= passed <= 130, f"{passed} of 200 were passed on")
    check(not any(loop.is_probe(f) for tap in (bed.guest, trusted) for f in tap.received()), "at a VM")


CONFIG = """switch xenbr0 {
	uplink eth0 { transit = true }
	uplink eth1 { transit = true }
}
"""


@test(limit=240)
def loop_is_told():
    """vifctl switch set loop-protection=true: show, uplink show, doctor and the journal say what was closed and why"""
    dom0 = Dom0(CONFIG, database=True, start=False)
    ip("link add name eth1 type veth peer name eth1p", "link set dev eth1p up", "link set dev eth1 up")
    dom0.start()
    dom0.db.applied(HOST)
    bridge("outbr", "eth0p", "eth1p")

    def shown():
        return {u["uplink"]: u for u in ctl.document(dom0, "uplink", "show")["uplinks"]}
    same(ctl.document(dom0, "show")["switches"][0]["loops"], None, "loops of one that is not protected")
    ctl.run(dom0, "switch", "add", "xenbr0", "loop-protection=true")
    wait.until(f"one to be closed: {shown()}", 60, lambda: any(u["state"] == "closed" for u in shown().values()))
    its = shown()
    name = next(n for n, u in its.items() if u["state"] == "closed")
    other = "eth0" if name == "eth1" else "eth1"
    same((its[name]["loop"]["closed"], its[name]["loop"]["other"], its[other]["loop"]), (True, other, None), its)
    check(f"by uplink {other} comes back" in its[name]["error"], its[name]["error"])
    check("closed for a loop" in ctl.run(dom0, "show").out, "vifctl show")
    finding = doctor(dom0)["uplink", name]
    check("closed for a loop" in finding["text"] and "bond" in finding["command"], finding)
    check(f"uplink {name}: closed for a loop" in dom0.log(100000), "the journal")
    loops = ctl.document(dom0, "show")["switches"][0]["loops"]
    same((loops["closed"], loops["found"]), (1, 1), loops)
    # A restart of the daemon changes nothing of it.
    before = dom0.nl.port(index(name)).program
    dom0.kill()
    dom0.start()
    dom0.db.applied(HOST)
    same((dom0.nl.port(index(name)).program, shown()[name]["state"]), (before, "closed"), "after a restart")
    ip(f"link set dev {name}p nomaster")
    wait.until("it to be opened", 120, lambda: shown()[name]["state"] == "up")
    same(shown()[name]["error"], None, "its error")
    wait.until("the journal", 20, lambda: f"uplink {name}: no loop any more" in dom0.log(100000))
    ctl.run(dom0, "switch", "set", "xenbr0", "loop-protection=false")
    wait.until("no protection", 20, lambda: ctl.document(dom0, "show")["switches"][0]["loops"] is None)
