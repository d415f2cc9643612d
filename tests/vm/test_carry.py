# SPDX-License-Identifier: GPL-2.0-or-later
"""What a port gets of what its VM's port had on another host, beside sessions."""
import abi
from genl import Error
from registry import check, same, test
from world import BROADCAST, Switch, deliver, frame, mac

SLOW = 8000     # bit/s: in the time of a test a bucket stays as it is


def refused(errno, function, *argv, **named):
    try:
        function(*argv, **named)
    except Error as e:
        same(e.errno, errno, f"errno of {e}")
        check(e.text, "no text")
        return e.text
    raise AssertionError("accepted")


def send(port, count, size=1000):
    for _ in range(count):
        port.send(frame(BROADCAST, mac(1), size=size))


@test(smoke=True)
def state_carried():
    """counters go on from what they were, once, and a spent budget stays spent"""
    switch = Switch()
    program = abi.program(abi.PF_GUARD, 100, macs=[mac(1)], rate=SLOW, burst=20000)
    a = switch.port("a", program, cookie=b"vm/0")
    out = switch.port("b", abi.program(abi.PF_FLOOD | abi.PF_LEARN, 100, fdb_max=100))
    deliver(a, frame(BROADCAST, mac(9)), [out])
    while not a.state().drops.get("rate"):
        send(a, 10)
    before, (counters, debts, drops) = a.state(), switch.nl.state(a.ifindex)
    same(counters, [before.from_packets, before.from_bytes, before.to_packets, before.to_bytes],
         "counters told")
    same({abi.DROPS[n]: count for n, count in enumerate(drops) if count}, before.drops, "drops told")
    # 20000 octets at 1000 octets/s, spent but for the last frame's room
    check(10 ** 10 < debts[0] < 25 * 10 ** 9 and not any(debts[1:]), f"debts: {debts}")
    switch.nl.port_del(a.ifindex)
    switch.nl.port_new(switch.ifindex, a.ifindex, program, b"vm/0")
    switch.nl.carry(a.ifindex, counters, debts, drops)
    after = a.state()
    same((after.from_packets, after.from_bytes, after.drops),
         (before.from_packets, before.from_bytes, before.drops), "counters carried")
    sent = after.judged
    while not a.state().drops.get("rate", 0) > before.drops["rate"] and a.state().judged < sent + 30:
        send(a, 1)
    passed = a.state().from_packets - after.from_packets
    check(passed <= 12, f"{passed} frames of a second burst passed")
    # a debt is of an empty bucket at most, and what it is for may have no limit here
    switch.nl.carry(a.ifindex, debts=[2 ** 63 - 1] * 6)
    same([d > 30 * 10 ** 9 for d in switch.nl.state(a.ifindex)[1]][1:], [False] * 7, "debts of no limit")
    owed = switch.nl.state(a.ifindex)[1][0]
    check(owed < 60 * 10 ** 9, f"owes {owed} ns")


@test(smoke=True)
def state_refused():
    """numbers that would go round, or that mean nothing, change nothing"""
    switch = Switch()
    nl, a = switch.nl, switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)]), cookie=b"vm/0")
    most = abi.STATE_COUNT_MAX
    nl.carry(a.ifindex, counters=[1, 2, 3, 4], drops=[0, 5])
    before = nl.state(a.ifindex)
    for part, numbers in (("counters", [most, 0, 0, 0]), ("counters", [0, 0, 0, 2 ** 64 - 1]),
                          ("drops", [0, most]), ("drops", [1]), ("drops", [0] * 63 + [1]),
                          ("debts", [0] * 7 + [1])):
        text = refused(34, nl.carry, a.ifindex, **{part: numbers})
        check(part in text, f"the text does not name {part}: {text}")
    same(nl.state(a.ifindex), before, "after what was refused")
    nl.carry(a.ifindex, counters=[most - 1, 0, 0, 0])
    refused(34, nl.carry, a.ifindex, counters=[1, 0, 0, 0])
    same(nl.state(a.ifindex)[0][0], most, "the highest")
    # closed, it has counters all the same
    nl.port_set(a.ifindex, program=b"")
    nl.carry(a.ifindex, counters=[0, 1, 0, 0], debts=[5] * 6)
    same(nl.state(a.ifindex), ([most, 3, 3, 4], [0] * 8, [0, 5] + [0] * 62), "of a closed port")


@test(smoke=True)
def addresses_carried():
    """learned addresses come along as far as the port might send from them; newer ones stay"""
    switch = Switch()
    nl = switch.nl
    nested = switch.port("a", abi.program(abi.PF_LEARN, 100, fdb_max=2), cookie=b"vm/0")
    guarded = switch.port("g", abi.program(abi.PF_GUARD, 100, macs=[mac(2), mac(20)], fdb_max=16,
                                           mac_listed=1), claim=1)
    wire = switch.port("w", abi.program(abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=99))
    other = switch.port("o", abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=99))
    at = lambda address: [e.port for e in nl.fdb() if e.mac == address and e.vlan == 100]
    deliver(wire, frame(BROADCAST, mac(7)), [other])
    deliver(other, frame(BROADCAST, mac(8)), [wire])
    same((at(mac(7)), at(mac(8))), ([wire.ifindex], [other.ifindex]), "where they were seen")
    nl.fdb_carry(nested.ifindex, mac(7), 100)
    same(at(mac(7)), [nested.ifindex], "what was seen outside")
    refused(17, nl.fdb_carry, nested.ifindex, mac(8), 100)
    refused(17, nl.fdb_carry, nested.ifindex, mac(2), 100)
    refused(1, nl.fdb_carry, nested.ifindex, mac(9), 200)
    refused(1, nl.fdb_carry, guarded.ifindex, mac(9), 100)
    same(at(mac(8)), [other.ifindex], "what was seen at another VM's port")
    nl.fdb_carry(guarded.ifindex, mac(20), 100)
    same(at(mac(20)), [guarded.ifindex], "what it lists")
    refused(17, nl.fdb_carry, nested.ifindex, mac(20), 100)
    nl.fdb_carry(nested.ifindex, mac(10), 100)
    nl.fdb_carry(nested.ifindex, mac(10), 100)
    refused(28, nl.fdb_carry, nested.ifindex, mac(11), 100)
    same(nested.state().fdb_count, 2, "as many as it may have")
    got = deliver(wire, frame(mac(10), mac(57)), [nested, other])
    same([len(frames) for frames in got.values()], [1, 0], "a frame to it")
    nl.port_set(nested.ifindex, program=b"")
    refused(1, nl.fdb_carry, nested.ifindex, mac(10), 100)
