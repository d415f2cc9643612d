# SPDX-License-Identifier: GPL-2.0-or-later
"""Storm control and marking."""
import time

import abi
import packet
from registry import check, same, test
from test_acl import A, A6, B, B6, bare, program, wrap
from test_guard import GROUP
from test_vlan import UPLINK
from world import BROADCAST, Switch, deliver, frame, mac


@test(smoke=True, limit=90)
def three_limits():
    """broadcast, multicast and unknown unicast are held to their own rates; the rest is not"""
    switch = Switch()
    kinds = {"broadcast": BROADCAST, "multicast": GROUP, "unknown": mac(99)}
    b = switch.port("b", abi.program(abi.PF_FLOOD, 100))
    known = switch.port("c", program(2), claim=1)
    for n, (kind, dst) in enumerate(kinds.items()):
        a = switch.port(f"a{n}", abi.program(abi.PF_GUARD, 100, macs=[mac(10 + n)],
                                             **{"storm_" + kind: 200}), claim=1)
        for other in kinds.values():
            b.drain()
            start = time.monotonic()
            for _ in range(1000):
                a.send(frame(other, mac(10 + n)))
            switch.settle()
            seconds = time.monotonic() - start
            got = len(b.received(0.2))
            if other != dst:
                same(got, 1000, f"{other} with a limit on {kind}")
                continue
            check(20 <= got <= 21 + 200 * seconds, f"{got} {kind} frames in {seconds:.2f} s")
            same(a.drops(), {"storm-" + kind: 1000 - got}, f"drops of the {kind} storm")
        state = a.state()
        for _ in range(300):
            a.send(frame(mac(2), mac(10 + n)))
        switch.settle()
        same(a.state().drops, state.drops, "drops of known unicast")
    same(known.state().to_packets >= 900, True, "known unicast")


@test(smoke=True)
def burst():
    """as many frames as the burst says pass at once, above a rate of one a second"""
    switch = Switch()
    b = switch.port("b", abi.program(abi.PF_FLOOD, 100))
    a = switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)], storm_broadcast=1,
                                     storm_burst=300), claim=1)
    start = time.monotonic()
    for _ in range(600):
        a.send(frame(BROADCAST, mac(1)))
    switch.settle()
    got, seconds = len(b.received(0.2)), time.monotonic() - start
    # A bucket holds up to a 32nd less.
    check(290 <= got <= 302 + seconds, f"{got} frames in {seconds:.2f} s")
    same(a.drops(), {"storm-broadcast": 600 - got}, "drops of the storm")


@test(smoke=True)
def storm_of_one_leaves_others():
    """a storm at one port does not use up another's allowance"""
    switch = Switch()
    a, c = (switch.port(n, abi.program(abi.PF_GUARD, 100, macs=[mac(i)], storm_broadcast=100),
                        claim=1) for i, n in ((1, "a"), (3, "c")))
    b = switch.port("b", program(2), claim=1)
    for _ in range(2000):
        a.send(frame(BROADCAST, mac(1)))
    switch.settle()
    check(a.drops()["storm-broadcast"] > 1000, f"{a.drops()}")
    for n in range(5):
        same(len(deliver(c, frame(BROADCAST, mac(3)), [b])["bp"]), 1, f"broadcast {n} of another")
    same(c.drops(), {}, "drops of the other")


@test(smoke=True)
def packets_to_a_port():
    """a limit of what goes to a port holds for one address and for all, and for that port alone"""
    switch = Switch()
    a, c = (switch.port(n, program(i), claim=1) for i, n in ((1, "a"), (3, "c")))
    b = switch.port("b", abi.program(abi.PF_GUARD, 100, macs=[mac(2)], packet_rate_to=1), claim=1)
    start = time.monotonic()
    for _ in range(300):
        a.send(frame(mac(2), mac(1)))
        a.send(frame(mac(3), mac(1)))
    switch.settle()
    got, seconds = len(b.received(0.2)), time.monotonic() - start
    # A bucket holds up to a 32nd less.
    check(124 <= got <= 130 + seconds, f"{got} frames in {seconds:.2f} s")
    same(b.drops(), {"to-packet-rate": 300 - got}, "drops at the port that has the limit")
    same(len(c.received(0.2)), 300, "frames to the port without one")
    for _ in range(20):
        a.send(frame(BROADCAST, mac(1)))
    switch.settle()
    same(len(c.received(0.2)), 20, "broadcast to the port without one")
    late = b.drops()["to-packet-rate"] - (300 - got)
    check(20 - 2 - (time.monotonic() - start) <= late <= 20, f"{late} of 20 broadcasts dropped")
    same(len(b.received(0.2)), 20 - late, "broadcast to the port that has one")
    same((a.drops(), c.drops()), ({}, {}), "drops of the others")
    b.set(program(2))
    a.send(frame(mac(2), mac(1)))
    switch.settle()
    same(len(b.received(0.2)), 1, "frames without a limit")


@test(smoke=True)
def marking():
    """DSCP is set in IPv4 (with its checksum) and IPv6, ECN kept; PCP where a tag leaves"""
    switch = Switch()
    a = switch.port("a", program(1, dscp=46, pcp=5), claim=1)
    b = switch.port("b", program(2), claim=1)
    e = switch.port("e", UPLINK.program(fdb_max=10))
    for tos in (0, 3, 0xff):
        data = packet.ip4(A, B, 17, b"\0" * 30, tos=tos)
        wanted = packet.ip4(A, B, 17, b"\0" * 30, tos=46 << 2 | tos & 3)
        same([bare(d) for d in deliver(a, wrap(1, 2, data), [b])["bp"]], [bare(wrap(1, 2, wanted))],
             f"IPv4 with TOS {tos:x}")
        data = packet.ip6(A6, B6, 17, b"\0" * 30, traffic=tos)
        wanted = packet.ip6(A6, B6, 17, b"\0" * 30, traffic=46 << 2 | tos & 3)
        same(deliver(a, wrap(1, 2, data), [b])["bp"], [wrap(1, 2, wanted)],
             f"IPv6 with traffic class {tos:x}")
    plain = frame(mac(2), mac(1))
    same(deliver(a, plain, [b])["bp"], [plain], "what is not IP")
    got = deliver(a, frame(BROADCAST, mac(1)), [e])["ep"]
    same([g[12:16].hex() for g in got], [f"8100{5 << 13 | 100:04x}"], "tag on the uplink")
    d = switch.port("d", abi.program(0, 100, dscp=10))
    for kind in (0x800, 0x86dd):
        short = frame(mac(2), mac(4), kind=kind, payload=b"\x45", size=0)
        same(deliver(d, short, [b])["bp"], [short], "an IP packet of one octet")
    back = wrap(2, 1, packet.udp(B, A, 1, 2))
    same(deliver(b, back, [a])["ap"], [back], "what is sent to the port")
