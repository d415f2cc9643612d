# SPDX-License-Identifier: GPL-2.0-or-later
"""balance-slb against a kernel bridge with two ports: no loop, nothing twice, nothing comes back.

    VMs - sw0 - bond0 - e1 ==== e1p - outbr - outp ==== out
                      - e2 ==== e2p -
"""
import struct

import abi
import ctl
import wait
from abi import mac_bytes
from dom0 import Dom0
from packet import frame
from registry import check, same, test
from test_bond import (MEMBERS, OUTSIDE, announced, flaps, members, numbers, option, passes, plain_bond,
                       plugged, pulled_under_traffic, read, sends_over_a_restart)
from test_guard import guarded, learning, where
from world import BROADCAST, Switch, Tap, carries, deliver, index, ip, mac, output

SLB = abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD | abi.PF_SLB


def outside():
    """The cables, the bridge with their far ends, and a station behind it."""
    for name in (*MEMBERS, "out"):
        ip(f"link add name {name} mtu 9000 type veth peer name {name}p mtu 9000")
    ip("link add name outbr type bridge mcast_snooping 0", "link set dev outbr up")
    for name in (*MEMBERS, "out"):
        ip(f"link set dev {name}p master outbr", f"link set dev {name}p up")
    ip("link set dev out up")
    wait.until("the bridge's ports to forward", 60, lambda: all(
        read(f"{n}p/brport/state") == "3" for n in ("out",)))
    return Tap("out")


def bridge_port(address):
    """Behind which of its ports the bridge has an address."""
    for line in output("bridge", "fdb", "show", "br", "outbr").splitlines():
        if line.startswith(address + " ") and "permanent" not in line:
            return line.split(" dev ")[1].split()[0]
    return None


class Uplink:
    """The port that balances."""

    def __init__(self, switch):
        ip("link add bond0 type bond mode active-backup miimon 50 all_slaves_active 1",
           *(f"link set dev {n} master bond0" for n in MEMBERS),
           *(f"link set dev {n} type bond_slave queue_id {i}" for i, n in enumerate(MEMBERS, 1)),
           "link set dev bond0 type bond primary e1", "link set dev bond0 mtu 9000 up")
        self.name, self.nl, self.ifindex = "bond0", switch.nl, index("bond0")
        wait.until("its active member", 20, lambda: option("active_slave") == "e1" and carries(self.ifindex) and
                   all(read(f"{n}/bonding_slave/mii_status") == "up" for n in MEMBERS))
        self.nl.port_new(switch.ifindex, self.ifindex, abi.program(SLB, 100, fdb_max=99), None, None)

    def state(self):
        return self.nl.port(self.ifindex)

    def drops(self, reason):
        return self.state().drops.get(reason, 0)


def bed(count):
    """(switch, uplink, VMs, the station outside, taps at the bridge's ends of the cables)"""
    out = outside()
    switch = Switch()
    uplink = Uplink(switch)
    vms = [switch.port(f"g{n}", guarded(mac(n)), options="mtu 9000") for n in range(1, count + 1)]
    wait.until("the bridge's ports to forward", 60, lambda: all(read(f"{n}p/brport/state") == "3" for n in MEMBERS))
    for n, vm in enumerate(vms, 1):
        deliver(vm, frame(BROADCAST, mac(n)), [])
    out.send(frame(BROADCAST, OUTSIDE))
    wait.until("the station to be known", 20, lambda: where(switch, OUTSIDE) == ["bond0"])
    switch.settle()
    return switch, uplink, vms, out, [Tap(n + "p") for n in MEMBERS]


def sources(taps):
    return [{f[6:12] for f in t.received() if f[12:14] == b"\x88\xb5"} for t in taps]


def by_members(vms, out, taps):
    """Whose frames each member carries."""
    for n, vm in enumerate(vms, 1):
        deliver(vm, numbered_by(n, 0), [])
    seen = 0
    while seen < len(vms):
        seen += len(numbers(out.received(1)))
    return sources(taps)


def numbered_by(n, number, more=b""):
    return frame(OUTSIDE, mac(n), payload=b"%08d" % number + more)


@test(smoke=True, limit=120)
def slb_sends_and_receives():
    """each address by one member, all members used; frames for many come once, one's own never"""
    switch, uplink, vms, out, taps = bed(4)
    events = switch.nl.events()
    for t in (out, *taps, *vms):
        t.drain()
    for n, vm in enumerate(vms, 1):
        for k in range(3):
            deliver(vm, numbered_by(n, k), [])
    got = []
    wait.until("all of them outside", 20, lambda: got.extend(numbers(out.received(0.1))) or len(got) >= 12)
    same(sorted(got), [0] * 4 + [1] * 4 + [2] * 4, "frames outside")
    by = sources(taps)
    check(by[0] and by[1] and not by[0] & by[1], f"sources by members: {by}")
    same(by[0] | by[1], {mac_bytes(mac(n)) for n in range(1, 5)}, "sources")
    # For many, from outside: by both members, heard once.
    before = uplink.drops("other-member")
    for vm in vms:
        vm.drain()
    out.send(frame(BROADCAST, OUTSIDE, payload=b"for many"))
    wait.until("both copies to be judged", 20, lambda: uplink.drops("other-member") == before + 1)
    switch.settle()
    same([len(vm.received()) for vm in vms], [1] * 4, "copies at VMs")
    # And from each VM: its neighbours and the outside get one, what comes back goes nowhere.
    own = lambda: uplink.drops("reflected") + uplink.drops("other-member")  # noqa: E731
    for n, vm in enumerate(vms, 1):
        for t in (out, *vms):
            t.drain()
        at, before = bridge_port(mac(n)), own()
        vm.send(frame(BROADCAST, mac(n), payload=b"from one"))
        wait.until("it to come back", 20, lambda before=before: own() == before + 1)
        switch.settle()
        same([len(t.received()) for t in (out, *vms)], [1] + [int(x is not vm) for x in vms], f"copies, from VM {n}")
        same(bridge_port(mac(n)), at, "the bridge's port")
    check(uplink.drops("reflected"), "nothing came back by the active member")
    same([e for e in events.read(0.2) if e["event"] == "mac-moved"], [], "moves")
    # From outside to one VM: by the member that it sends by.
    for n, vm in enumerate(vms, 1):
        vm.drain()
        out.send(frame(mac(n), OUTSIDE, payload=b"to one"))
        wait.until("it", 20, lambda vm=vm: vm.received(0.1))
        switch.settle()
        same(vm.received(), [], "copies")


def arp(address):
    """Gratuitous: who has mine? is at mine."""
    return mac_bytes(BROADCAST) + mac_bytes(address) + b"\x08\x06" + struct.pack(
        ">HHBBH", 1, 0x800, 6, 4, 1) + mac_bytes(address) + b"\xc0\0\2\7" + bytes(6) + b"\xc0\0\2\7" + bytes(18)


@test(limit=120)
def slb_addresses_that_leave():
    """a gratuitous ARP from outside takes an address along, but not what this host said itself"""
    switch, uplink, _, out, _ = bed(1)
    local = switch.port("l", learning())
    moving = mac(50)
    deliver(local, frame(BROADCAST, moving), [])
    switch.settle()
    same(where(switch, moving), ["l"], "the address at first")
    before = uplink.drops("reflected")
    out.send(frame(BROADCAST, moving))
    wait.until("that to be refused", 20, lambda: uplink.drops("reflected") > before)
    same(where(switch, moving), ["l"], "the address, after a frame from outside")
    out.send(arp(moving))
    wait.until("the address outside", 20, lambda: where(switch, moving) == ["bond0"])
    # It comes back and says so: what is heard of that from outside is the same ARP.
    deliver(local, arp(moving), [])
    same(where(switch, moving), ["l"], "the address that is back")
    before = uplink.drops("reflected")
    out.send(arp(moving))
    wait.until("that to be refused", 20, lambda: uplink.drops("reflected") > before)
    same(where(switch, moving), ["l"], "the address, locked")
    wait.until("it to be believed again", 60, lambda: out.send(arp(moving)) or where(switch, moving) == ["bond0"], 0.5)
    # A guarded one is nobody else's.
    out.send(arp(mac(1)))
    switch.settle()
    same(where(switch, mac(1)), ["g1"], "a VM's own")


@test(limit=180)
def slb_rebalances():
    """of two addresses that one member carries alone, one moves to the other; nothing is lost or twice"""
    _, _, vms, out, taps = bed(4)
    for t in (out, *taps):
        t.drain()
    by = by_members(vms, out, taps)
    crowded = max(range(2), key=lambda i: len(by[i]))
    busy = [n for n in range(1, 5) if mac_bytes(mac(n)) in by[crowded]][:2]
    same(len(busy), 2, f"two VMs behind one member: {by}")
    sent, got = 0, []

    def moved():
        nonlocal sent
        for _ in range(100):
            for n in busy:
                vms[n - 1].send(numbered_by(n, sent, bytes(8000)))
                sent += 1
        got.extend(numbers(out.received()))
        there, = sources([taps[1 - crowded]])
        return any(mac_bytes(mac(n)) in there for n in busy)
    wait.until("one of them to move", 90, moved, 0.001)
    wait.until("the last frame", 20, lambda: got.extend(numbers(out.received(0.1))) or sent - 1 in got)
    same(sorted(got), list(range(sent)), "frames outside")


@test(limit=180)
def slb_cable_pulled():
    """the cable of a VM is pulled under traffic: it goes on by the other, announced there, nothing twice"""
    _, uplink, vms, out, taps = bed(4)
    plain, ends = plain_bond()
    for t in (out, *taps):
        t.drain()
    by = by_members(vms, out, taps)
    vm = next(n for n in range(1, 5) if mac_bytes(mac(n)) in by[1])
    out.drain()

    def sends(tap, by_vm):
        def send(n):
            try:
                tap.send(numbered_by(by_vm, n))
            except OSError:
                pass    # lost: a bond without a member takes none
        return send
    # The bridge learns from whoever goes on; to its other port the member is just gone.
    pulled_under_traffic({"balance-slb": (sends(vms[vm - 1], vm), [out]),
                          "bonding alone": (sends(plain, 1), ends)}, ["e2p", "f1p"])
    same(bridge_port(mac(vm)), "e1p", "where the bridge has the VM")
    # A VM that is silent is announced there, too.
    silent = next(n for n in range(1, 5) if mac_bytes(mac(n)) in by[1] and n != vm)
    wait.until("the silent VM to be announced", 20, lambda: bridge_port(mac(silent)) == "e1p")
    ip("link set dev e2p up")
    wait.until("both members again", 30, lambda: all(read(f"{n}/bonding_slave/mii_status") == "up" for n in MEMBERS))
    check(uplink.state(), "the port")


@test(limit=240)
def slb_of_the_service():
    """vifctl uplink add bond-mode=balance-slb; kill -9 loses nothing; to active-backup and back without a flap"""
    out = outside()
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=bond0")
    ctl.run(dom0, "uplink", "add", "bond0", "members=e1,e2", "bond-mode=balance-slb", "primary=e1")
    plugged(dom0)
    wait.until("both members to be heard, with numbers of their own", 30, lambda: option("all_slaves_active") == "1" and
               sorted(read(f"{n}/bonding_slave/queue_id") or "" for n in MEMBERS) == ["1", "2"])
    vif = dom0.vif(1)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the VM to have its address", 20, lambda: dom0.nl.port(vif.ifindex).claim == 1)
    sends_over_a_restart(dom0, vif, out)
    shown, = ctl.document(dom0, "uplink", "show")["uplinks"]
    same((shown["bond_mode"], shown["active"], sorted(m["state"] for m in shown["members"])),
         ("balance-slb", "e1", ["active", "active"]), "what is shown")
    before = flaps((*MEMBERS, "bond0"))
    for mode, heard in (("active-backup", "0"), ("balance-slb", "1")):
        ctl.run(dom0, "uplink", "set", "bond0", "bond-mode=" + mode)
        wait.until(f"{mode} to be in force", 30, lambda heard=heard: option("all_slaves_active") == heard)
        wait.until("frames to pass", 30, lambda: passes(vif, [out], 500))
        same((flaps((*MEMBERS, "bond0")), members()), (before, sorted(MEMBERS)), f"links over {mode}")
    # The active member fails without a service: its VMs are told of by the next one.
    dom0.kill()
    tap = Tap("e2p")
    ip("link set dev e1p down")
    seen = []
    wait.until("the VM to be announced there", 30, lambda: seen.extend(tap.received()) or announced(seen))
    wait.until("its frames", 30, lambda: passes(vif, [out], 600))
