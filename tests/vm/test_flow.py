# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow records and samples: their sums are the port's counters, whatever is sent."""
import os
import random
import re
import signal
import socket

import abi
import acl
import flow
import packet
import wait
from acl import Rule
from genl import Error
from packet import ACK, FIN, SYN, icmp, tcp, udp
from registry import check, same, test
from test_acl import A, A6, B, B6, program, wrap
from test_lifecycle import charged_group, charged_memory
from test_mirror import counts, sensor
from test_offload import transfer
from test_policer import pktgen
from test_vlan import UPLINK, access, trunk
from world import BROADCAST, Guest, Switch, deliver, frame, ip, mac

INSIDE = ("no-destination", "hairpin", "storm-unknown")


def refused_at(port):
    """Drops of frames that were not accepted, as the port counts them."""
    return {w: n for w, n in port.drops.items() if not w.startswith("to-") and w not in INSIDE}


def by_reason(records):
    out = {}
    for r in records:
        if not r.flags & flow.FLOW_ACCEPTED:
            word = abi.DROPS[r.reason]
            out[word] = out.get(word, 0) + r.frames
    return out


def exact(told, port, what):
    """All that was told of the port is all that it counted."""
    records, state = told.flows(port.ifindex), port.state()
    same(flow.total(flow.accepted(records))[:2], (state.from_packets, state.from_bytes),
         f"{what}: packets and octets of the records")
    same(by_reason(records), refused_at(state), f"{what}: drops of the records")
    check(all(0 < r.first_ms <= r.last_ms for r in records), f"{what}: times of the records")
    return records


def two(switch, a=None, **asked):
    asked = asked or flow.asks()
    return (switch.port("a", a or program(1, **asked), cookie=b"vm-a/0", claim=1),
            switch.port("b", program(2), cookie=b"vm-b/0", claim=1))


def one(records, **what):
    found = [r for r in records if all(getattr(r, k) == v for k, v in what.items())]
    check(len(found) == 1, f"{len(found)} records of {what} in {records}")
    return found[0]


@test(smoke=True)
def every_kind():
    """UDP, TCP, ICMP, IPv6, fragments, ARP and drops: a record each, and sums that are exact"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("from", "deny", 7, proto=17, dport=53)]))
    a, b = two(switch, program(1, 1, **flow.asks()))
    big = packet.fragments(packet.ip4(A, B, 17, udp(A, B, 5, 6, b"y" * 2000)[20:]), 1000)
    frames = [wrap(1, 2, udp(A, B, 1000, 2000))] * 3 + [
        wrap(1, 2, tcp(A, B, 7, 8, SYN)), wrap(1, 2, tcp(A, B, 7, 8, ACK)),
        wrap(1, 2, tcp(A, B, 7, 8, ACK | FIN)), wrap(1, 2, icmp(A, B)),
        wrap(1, 2, udp(A6, B6, 1000, 2000)), wrap(1, 2, tcp(A6, B6, 7, 8)),
        # lengths of 802.3, not protocols
        *(frame(mac(2), mac(1), kind=length, payload=b"\xfe\xfe\x03") for length in (6, 17)),
        *(wrap(1, 2, part) for part in big),
        frame(BROADCAST, mac(1), kind=0x806, payload=packet.arp(mac(1), A, tpa=B)),
        wrap(1, 2, udp(A, B, 9, 53)), wrap(9, 2, udp(A, B, 1, 2)),
        frame(mac(2), mac(1), [300], 0x800, udp(A, B, 1, 2)), wrap(1, 77, udp(A, B, 1, 2))]
    with flow.Listener(switch.nl) as told:
        for data in frames:
            deliver(a, data, [b])
        a.set(program(1, 1))
        records = exact(told, a, "all kinds")
    r = one(records, proto=17, src_port=1000, ethertype=0x800)
    same((r.packets, r.to, r.reason, r.vlan, r.octets_l3, r.octets, r.end, r.src[:4], r.dst[:4],
          r.src_mac), (3, b.ifindex, 0, 100, 3 * 48, 3 * len(frames[0]), flow.FLOW_END_FORCED,
                       packet.raw(A), packet.raw(B), packet.octets(mac(1))), "the UDP flow")
    r = one(records, proto=6, ethertype=0x800)
    same((r.packets, r.tcp_flags), (3, SYN | ACK | FIN), "the TCP flow")
    r = one(records, proto=1)
    same((r.src_port, r.dst_port), (8, 0), "ICMP type and code")
    r = one(records, proto=6, ethertype=0x86dd)
    same((r.src, r.dst), (packet.raw(A6), packet.raw(B6)), "IPv6 addresses")
    same(sum(r.packets for r in records if r.flags & flow.FLOW_FRAGMENT), len(big) - 1,
         "later fragments")
    r = one(records, ethertype=0)
    same((r.packets, r.octets_l3, r.proto, r.flags & flow.FLOW_IP), (2, 2 * 46, 0, 0), "802.3")
    r = one(records, ethertype=0x806)
    same((r.to, r.flags & flow.FLOW_IP), (flow.FLOW_TO_MANY, 0), "ARP")
    r = one(records, reason=abi.REASON["acl"])
    same((r.dst_port, r.to), (53, 0), "what the ACL denied")
    r = one(records, reason=abi.REASON["no-destination"])
    check(r.flags & flow.FLOW_ACCEPTED, "what found no way out was accepted")
    same(one(records, reason=abi.REASON["mac-guard"]).vlan, abi.VID_NONE, "dropped at the door")


@test()
def tagged_and_stacked():
    """a trunk's flows by VLAN, tags in the octets; frames cut short, refused at the receiver"""
    switch = Switch()
    t = switch.port("t", trunk(100, 200).program([mac(1)], **flow.asks()), claim=1)
    b = switch.port("b", access(100).program([mac(2)]), claim=1)
    frames = [frame(mac(2), mac(1), [100], 0x800, udp(A, B, 1, 2)),
              frame(mac(2), mac(1), [200], 0x800, udp(A, B, 1, 2)),
              frame(mac(2), mac(1), [300], 0x800, udp(A, B, 1, 2)),
              frame(mac(2), mac(1), [], 0x800, udp(A, B, 1, 2)),
              frame(mac(2), mac(1), [100, 7], 0x800, udp(A, B, 1, 2))]
    with flow.Listener(switch.nl) as told:
        for data in frames:
            deliver(t, data, [b])
        ip(f"link set dev {b.port_name} down")
        deliver(t, frames[0], [])
        t.set(trunk(100, 200).program([mac(1)]))
        records = exact(told, t, "tagged")
    r = one(records, vlan=100, reason=0)
    same((r.octets, r.octets_l3, r.to), (len(frames[0]), 48, b.ifindex), "VLAN 100")
    same(one(records, vlan=200).reason, abi.REASON["no-destination"], "VLAN 200")
    same(one(records, reason=abi.REASON["to-down"]).to, b.ifindex, "to who is down")


@test(smoke=True, limit=90)
def gso_counts_segments():
    """TCP with TSO both ways: packets and octets of the records are the ports' counters"""
    switch = Switch()
    asked = flow.asks(active=1, idle=1)
    with flow.Listener(switch.nl) as told:
        a = Guest(switch.port("a", access(100).program([mac(1)], **asked)), "10.1.0.1", mac(1))
        b = Guest(switch.port("b", access(100).program([mac(2)], **asked)), "10.1.0.2", mac(2))
        transfer(a, b, 5001, 4 << 20)
        for g, n in ((a, 1), (b, 2)):
            with g.namespace:
                ip(f"link set dev {g.device} down")
        switch.settle()
        for g, n in ((a, 1), (b, 2)):
            g.port.set(access(100).program([mac(n)]))
            records = exact(told, g.port, f"port {n}")
            mine = [r for r in records if r.proto == 6]
            check(mine and all(r.flags & flow.FLOW_IP for r in mine), "TCP")
    return f"{len(told.records)} records"


def spray(port, count, seed):
    """So many frames, each of a flow of its own."""
    dice = random.Random(seed)
    for i in range(count):
        src, dst = (f"10.{dice.randrange(256)}.{dice.randrange(256)}.{i % 250}" for _ in "ab")
        port.send(wrap(1, 2, udp(src, dst, dice.randrange(1, 65535), i & 0xffff)))


@test(smoke=True, limit=90)
def random_flows():
    """more flows than there is room for: the sums are exact, the rest loses only its keys"""
    switch = Switch()
    a, b = two(switch, **flow.asks(64, rate=10))
    c = switch.port("c", program(3, **flow.asks()), claim=1)
    with flow.Listener(switch.nl) as told:
        other = wrap(3, 2, udp("10.0.0.3", B, 5, 6))
        got = 0
        for turn in range(10):
            spray(a, 400, turn)
            got += sum(d == other for d in deliver(c, other, [b])["bp"])
        wait.until("the frames", 30, lambda: a.state().judged >= 4000)
        for port, n in ((a, 1), (c, 3)):
            port.set(program(n))
        records = exact(told, a, "random flows")
        rest = [r for r in records if r.flags & flow.FLOW_REST]
        check(rest and flow.total(rest)[0] > 2000, f"{flow.total(rest)} in the rest")
        same(got, 10, "frames of another VM that arrived")
        same(flow.total(exact(told, c, "the other VM"))[0], 10, "its record")
    return f"{len(records)} records of 4000 flows"


@test()
def told_later():
    """without a listener, and with one that has no room, nothing is lost but keys"""
    switch = Switch()
    a, b = two(switch, **flow.asks(64, active=1, idle=1, rate=1000))
    spray(a, 500, 1)
    wait.until("the frames", 30, lambda: a.state().judged >= 500)
    with flow.Listener(switch.nl, room=2304) as told:
        def all_told():
            told.read(1)
            return flow.total(flow.accepted(told.flows(a.ifindex)))[0] == a.state().from_packets
        wait.until("all to be told", 60, all_told)
        exact(told, a, "told later")
        check(any(r.flags & flow.FLOW_REST for r in told.records), "nothing had no room")


def send_many(a, count):
    data = wrap(1, 2, udp(A, B, 1, 2))
    before = a.state().judged
    for _ in range(count):
        a.send(data)
    wait.until("the frames", 60, lambda: a.state().judged >= before + count)
    return data


@test(smoke=True, limit=90)
def samples():
    """one in so many, the pool exact, the frame's first octets, in and out"""
    switch = Switch()
    a, b = two(switch, sample_every=10, sample_rate=65536, sample_octets=64)
    count = 5000
    with flow.Listener(switch.nl) as told:
        data = send_many(a, count)
        got = told.samples(a.ifindex)
        # skips are uniform: a deviation of 0.577 of the root of how many there are; six of them
        check(abs(len(got) - count / 10) < 6 * 0.577 * (count / 10) ** 0.5,
              f"{len(got)} of {count} packets")
        same([s.sequence for s in got], list(range(1, len(got) + 1)), "sequence")
        check(all(x.pool < y.pool for x, y in zip(got, got[1:])) and got[-1].pool <= count, "pool")
        s = got[0]
        same((s.packet, s.frame_len, s.to, s.reason, s.vlan, s.every, s.count, s.excess),
             (data[:64], len(data), b.ifindex, 0, 100, 10, 1, 0), "a sample")
        a.set(program(1, sample_every=1, sample_rate=65536, sample_octets=64))
        told.chosen.clear()
        send_many(a, 100)
        deliver(a, wrap(9, 2, udp(A, B, 1, 2)), [b])
        got = told.samples(a.ifindex)
        same(([s.pool - count for s in got], got[-1].reason),
             (list(range(1, 102)), abi.REASON["mac-guard"]),
             "every packet")


@test()
def unheard_and_metered_anew():
    """what nobody listened to is told later, whatever meters came between; a pool goes on"""
    switch = Switch()
    a, b = two(switch, **flow.asks())
    sampled = {"sample_every": 1, "sample_rate": 1000, "sample_octets": 64}
    for entries in (128, 64, 256):
        deliver(a, wrap(1, 2, udp(A, B, entries, 2)), [b])
        a.set(program(1, **flow.asks(entries)))
    with flow.Listener(switch.nl) as told:
        a.set(program(1, **sampled, **flow.asks()))
        same(flow.total(flow.accepted(told.flows(a.ifindex)))[0], a.state().from_packets, "told late")
        for drops in (1, 2, 3):
            deliver(a, wrap(1, 2, udp(A, B, drops, 2)), [b])
            a.set(program(1, **sampled, sample_drops=drops, **flow.asks()))
        same([(s.pool, s.sequence) for s in told.samples(a.ifindex)], [(1, 1), (2, 2), (3, 3)], "pool")


@test(limit=90)
def samples_are_limited():
    """more than a port's samples are counted, not told; so are dropped frames"""
    switch = Switch()
    a, b = two(switch, sample_every=1, sample_rate=5, sample_octets=64, sample_drops=3)
    with flow.Listener(switch.nl) as told:
        send_many(a, 300)
        for _ in range(20):
            a.send(wrap(9, 2, udp(A, B, 1, 2)))
        wait.until("the drops", 30, lambda: a.drops().get("mac-guard") == 20)

        def last(bit, own, excess):
            found = [s for s in told.samples(a.ifindex) if s.flags & bit]
            return found and (getattr(found[-1], own), getattr(found[-1], excess), len(found))
        first = last(flow.SAMPLE_CHOSEN, "sequence", "excess")
        check(first and first[2] < 300, f"samples: {first}")

        def complete():
            deliver(a, wrap(9, 2, udp(A, B, 1, 2)), [b])
            own, excess, told_so_far = last(flow.SAMPLE_DROPPED, "drop_sequence", "drop_excess")
            return own + excess == a.drops()["mac-guard"] and own == told_so_far
        wait.until("each drop to be told or counted", 30, complete)


@test()
def dropped_frames():
    """dropped frames are told with their reason, on the short way and the long one"""
    switch = Switch()
    a, b = two(switch, program(1, sample_drops=100, sample_octets=128, pps=1, pps_burst=1))
    with flow.Listener(switch.nl) as told:
        data = wrap(1, 2, udp(A, B, 1, 2))
        send_many(a, 5)
        deliver(a, wrap(9, 2, udp(A, B, 1, 2)), [b])
        got = told.samples(a.ifindex)
    words = [abi.DROPS[s.reason] for s in got]
    same((words[-1], set(words)), ("mac-guard", {"packet-rate", "mac-guard"}), "reasons")
    same(words.count("packet-rate"), a.drops()["packet-rate"], "how many")
    same((got[0].packet, got[0].flags), (data, flow.SAMPLE_DROPPED), "what was dropped")


@test()
def read_without_capability():
    """who is handed the socket reads, and can ask for nothing"""
    switch = Switch()
    a, b = two(switch, sample_every=1, sample_rate=1000, sample_octets=64)
    with flow.Listener(switch.nl) as told:
        pid = os.fork()
        if not pid:
            answer = 1
            try:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
                told.read(30)
                if told.chosen:
                    answer = 0
                try:
                    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16).setsockopt(
                        270, 1, switch.nl.groups["samples"])
                    answer = 2
                except PermissionError:
                    pass
            finally:
                os._exit(answer)
        deliver(a, wrap(1, 2, udp(A, B, 1, 2)), [b])
        same(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "what the child found")


@test()
def refused_wishes():
    """wishes out of bounds, each with a text that names field and bounds"""
    switch = Switch()
    a = switch.port("a", program(1), claim=1)
    for fields in (dict(flow_entries=63), dict(flow_entries=96), dict(flow_entries=1 << 17),
                   dict(flow_active=0), dict(flow_idle=86401), dict(flow_rate=65537)):
        refuse(a, dict(flow.asks(), **fields), next(iter(fields)))
    refuse(a, dict(flow_active=1), "flow_active")
    fine = dict(sample_every=10, sample_rate=1, sample_octets=64)
    for fields in (dict(sample_every=1 << 30), dict(sample_rate=0), dict(sample_octets=17),
                   dict(sample_octets=257), dict(sample_drops=65537)):
        refuse(a, dict(fine, **fields), next(iter(fields)))
    refuse(a, dict(sample_octets=64), "sample_octets")
    a.set(program(1, **fine, **flow.asks()))
    same(abi.header(a.state().program)["sample_every"], 10, "as it was set")


def refuse(port, fields, name):
    try:
        port.set(program(1, **fields))
        check(False, f"{fields} were accepted")
    except Error as e:
        check(name in e.text and "accepted:" in e.text, f"{fields}: {e.text}")


@test()
def comes_and_goes():
    """metered anew, closed and gone under traffic: told to the end, and nothing twice"""
    switch = Switch()
    with flow.Listener(switch.nl) as told:
        a, b = two(switch, **flow.asks())
        for n in range(30):
            deliver(a, wrap(1, 2, udp(A, B, n, 2)), [b])
            a.set(program(1, **flow.asks(64 << n % 3)))
        exact_after(told, a)
        a.set(program(1))
        state = a.state()
        same(flow.total(flow.accepted(told.flows(a.ifindex)))[0], state.from_packets, "all told")
        a.set(program(1, **flow.asks()))
        deliver(a, wrap(1, 2, udp(A, B, 99, 2)), [b])
        switch.nl.port_del(a.ifindex)
        same(one(told.flows(a.ifindex), src_port=99).end, flow.FLOW_END_FORCED, "the port left")
    uplink = switch.port("u", UPLINK.program(**flow.asks()))
    deliver(uplink, frame(mac(2), mac(5), [100], 0x800, udp(A, B, 1, 2)), [b])


def exact_after(told, port):
    told.read()
    check(all(r.end == flow.FLOW_END_FORCED for r in told.records), "why records ended")


def flood(count):
    """Starts so many frames from vif a to vif b, each from an address of its own."""
    return pktgen("ap", count=count, pkt_size=60, clone_skb=0, delay=0, src_mac=mac(1),
                  dst_mac=mac(2), src_min="10.1.0.0", src_max="10.200.0.0", flag="IPSRC_RND",
                  dst="10.0.0.2")


def all_sent():
    """Has pktgen done what flood() asked for? A queue on the way may have had no room for some."""
    with open("/proc/net/pktgen/ap") as f:
        return re.search(r"Result: OK: \d+\(", f.read()) is not None


def beside_a_flood(**more):
    """vif a floods, asked for as much as there is; the switch, vif a, and what is to be told."""
    count, switch = 20000, Switch()
    a, b = two(switch, **flow.asks(64, rate=10), sample_every=10, sample_rate=5,
               sample_octets=64, **more)
    if more:
        sensor(switch, packet_rate=50).socket.close()
    c = switch.port("c", program(3, **flow.asks()), claim=1)
    b.socket.close()
    d = switch.port("d", program(4), claim=1)
    with flow.Listener(switch.nl) as told:
        stop = flood(count)
        other = wrap(3, 4, udp("10.0.0.3", B, 5, 6))
        while not all_sent():
            c.send(other)
            told.read(0.01)
        stop()
        switch.settle()
        sent = c.state().from_packets
        same((c.drops(), d.state().to_packets), ({}, sent), "frames of another VM")
        check(a.state().judged > 1000 and sent, f"{a.state().judged} and {sent} frames")
        for port, n in ((a, 1), (c, 3)):
            port.set(program(n))
        records = exact(told, a, "random flows")
        same(flow.total(flow.accepted(exact(told, c, "the other VM")))[0], sent, "its record")
        same(len(told.flows(c.ifindex)), 1, "its flows")
        check(told.overruns == 0, "the reader had no room")
    return switch, a, f"{len(records)} records of {count} flows, {sent} frames beside them"


@test(smoke=True, limit=120, cpus=2)
def flooded():
    """random flows as fast as they come: sums exact, other VMs' frames and records whole"""
    return beside_a_flood()[2]


@test(limit=120, cpus=2)
def flooded_and_mirrored():
    """the same of a port that is mirrored, too: each frame is copied, or counted as not"""
    switch, a, text = beside_a_flood(mirror_from=1)
    m = counts(switch)
    same(m.packets + m.over_rate + m.no_output + m.failed, a.state().from_packets, "copies and losses")
    check(m.over_rate, "the mirror's budget was never used up")
    return text + f", {m.packets} copies"


@test(limit=120, cpus=2)
def metered_anew_under_traffic():
    """each change of what is metered, amid frames: none is told twice, none is missing"""
    count, switch = 20000, Switch()
    a, b = two(switch, **flow.asks(active=1, idle=1))
    b.socket.close()
    with flow.Listener(switch.nl) as told:
        stop, turn = flood(count), 0
        while not all_sent():
            turn += 1
            a.set(program(1, **flow.asks(64 << turn % 3, 1, 1, turn % 2 * 1000),
                          **(dict(sample_every=2, sample_rate=1, sample_octets=64)
                             if turn % 3 else {})))
            told.read()
        stop()

        def all_told():     # what waits in a queue still comes, and is told when it is old
            told.read(1)
            return flow.total(flow.accepted(told.flows(a.ifindex)))[0] == a.state().from_packets
        wait.until("all to be told", 60, all_told)
        exact(told, a, f"{turn} changes")
    a.set(program(1, **flow.asks()))
    before = a.state().judged
    stop = flood(0)
    wait.until("frames", 30, lambda: a.state().judged > before + 100)
    switch.nl.port_del(a.ifindex)
    stop()
    return f"{turn} changes"


@test(limit=90)
def several_readers():
    """who has to be exact is, whoever else looks on, has no room, or dies"""
    switch = Switch()
    a, b = two(switch, **flow.asks(64, active=1, idle=1, rate=1000))
    with flow.Listener(switch.nl) as told, flow.Listener(switch.nl, looks_on=True) as other, \
            flow.Listener(switch.nl, room=2304, looks_on=True):
        ready, writer = os.pipe()
        pid = os.fork()
        if not pid:
            flow.Listener(switch.nl)
            os.write(writer, b"1")
            signal.pause()
        os.read(ready, 1)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        spray(a, 500, 1)
        wait.until("the frames", 30, lambda: a.state().judged >= 500)
        a.set(program(1))
        exact(told, a, "one that is exact")
        exact(other, a, "one that looks on, with room")


@test(limit=90, cpus=2)
def meters_are_charged():
    """a table is charged to who asked for it, and random flows make it no larger"""
    group, entries, switch = charged_group(), 65536, Switch()
    a, b = two(switch, program(1))
    b.socket.close()
    before = charged_memory(group)
    a.set(program(1, **flow.asks(entries, rate=1000)))
    took = charged_memory(group) - before
    check(took >= entries * 100, f"{took} octets are charged for {entries} places")
    # what the port's other memory grows by is not charged here; a place costs 104 and more
    stop = flood(20000)
    wait.until("the frames", 60, all_sent)
    stop()
    more = charged_memory(group) - before - took
    check(more < 20000 * 50, f"{more} octets more after 20000 flows")
    return f"{took / entries:.0f} octets a place"
