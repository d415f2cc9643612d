# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections belong to the port: what used to lose answers, and what goes with a port."""
import json
import random

import abi
import acl
import ctl
import flow
import session
from acl import Rule
from genl import Error
from packet import ACK, FIN, PSH, RST, SYN, icmp, tcp, udp
from registry import check, same, test
from session import Session
from test_acl import A, A6, B, B6, C, blocked, passes, program, wrap
from test_record import Recorder
from world import BROADCAST, Switch, deliver, mac

ANSWERS = [Rule("to", "allow", 1)]  # from-vm: deny, to-vm: allow


def answering(switch, name="b", n=2, cookie=b"vm-b/0", **kw):
    """A port that may only answer."""
    switch.nl.acl_load(2, acl.compile(ANSWERS, default_from="deny"))
    return switch.port(name, program(n, 2, **kw), cookie=cookie, claim=1)


def exchange(a, b, what, src=A, dst=B):
    """A's UDP, ping and TCP, each from one port to one, and B's answers."""
    echo = 8 if src == A else 128
    passes(a, b, wrap(1, 2, udp(src, dst, 5060, 5060)), f"UDP {what}")
    passes(b, a, wrap(2, 1, udp(dst, src, 5060, 5060)), f"UDP answer {what}")
    passes(a, b, wrap(1, 2, icmp(src, dst, echo, ident=9)), f"echo {what}")
    passes(b, a, wrap(2, 1, icmp(dst, src, 0 if src == A else 129, ident=9)), f"reply {what}")


def handshake(a, b, sport, seq, what):
    passes(a, b, wrap(1, 2, tcp(A, B, sport, 80, SYN, seq)), f"SYN {what}")
    passes(b, a, wrap(2, 1, tcp(B, A, 80, sport, SYN | ACK, 5000, seq + 1)), f"SYN/ACK {what}")
    passes(a, b, wrap(1, 2, tcp(A, B, sport, 80, ACK, seq + 1, 5001)), f"ACK {what}")


@test(smoke=True, limit=120)
def rejoin():
    """a port that leaves and joins again answers as before; its peer's port may have an ACL, too"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([]))
    for acl_id in (0, 1):
        a = switch.port(f"a{acl_id}", program(1, acl_id), claim=1)
        b = answering(switch, f"b{acl_id}")
        for turn in range(3):
            for src, dst in ((A, B), (A6, B6)):
                exchange(a, b, f"at turn {turn}", src, dst)
            handshake(a, b, 40000, 1000 + 0x10000000 * turn, f"at turn {turn}")
            passes(a, b, wrap(1, 2, tcp(A, B, 40000, 80, ACK | PSH,
                                        1001 + 0x10000000 * turn, 5001, b"x")), "data")
            switch.nl.port_del(b.ifindex)
            switch.nl.port_new(switch.ifindex, b.ifindex, program(2, 2), b"vm-b/0", 1)
            # what the rebooted VM says of a connection that it does not know
            passes(a, b, wrap(1, 2, tcp(A, B, 40000, 80, ACK | PSH,
                                        1002 + 0x10000000 * turn, 5001, b"y")), "old data")
            passes(b, a, wrap(2, 1, tcp(B, A, 80, 40000, RST, 5001)), "reset")
        same((a.drops(), b.drops()), ({}, {}), "drops")
        for port in (a, b):
            switch.nl.port_del(port.ifindex)


@test(smoke=True)
def balancer():
    """a balancer passes a client's SYN on, the server answers directly; both have one ACL"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("to", "allow", 1, proto=6, dport=80),
                                       Rule("from", "allow", 2, proto=6, dport=80)],
                                      default_from="deny"))
    client = switch.port("c", program(1), claim=1)
    front, server = (switch.port(name, program(n, 1), claim=1) for name, n in (("l", 2), ("s", 3)))
    for sport in (40000, 40001):
        for step, (flags, seq, ack, data) in enumerate(
                ((SYN, 1000, 0, b""), (ACK, 1001, 5001, b""), (ACK | PSH, 1001, 5001, b"get"))):
            one = tcp(A, B, sport, 80, flags, seq, ack, data)
            passes(client, front, wrap(1, 2, one), f"step {step} to the balancer")
            passes(front, server, wrap(2, 3, one), f"step {step} from it to the server")
            if step != 1:
                answer = tcp(B, A, 80, sport, SYN | ACK, 5000, 1001) if not step else \
                    tcp(B, A, 80, sport, ACK | PSH, 5001, 1004, b"here")
                passes(server, client, wrap(3, 1, answer), f"the server's answer to step {step}")
    same([p.drops() for p in (client, front, server)], [{}, {}, {}], "drops")


@test(smoke=True)
def made_up():
    """what an unguarded third VM makes up changes nothing for two others, locked or not"""
    switch = Switch()
    c = switch.port("c", abi.program(abi.PF_LEARN, 100, fdb_max=10))
    for ips in (None, [f"{B}/32"]):
        flags = abi.PF_GUARD | (abi.PF_IP_GUARD if ips else 0)
        a = switch.port("a1" if ips else "a", program(1), claim=1)
        switch.nl.acl_load(2, acl.compile(ANSWERS, default_from="deny"))
        b = switch.port("b1" if ips else "b", abi.program(flags, 100, macs=[mac(2)], acl=2,
                                                          **({"ips": ips} if ips else {})), claim=1)
        passes(a, b, wrap(1, 2, udp(A, B, 5060, 5060)), "A to B")
        passes(c, a, wrap(9, 1, udp(B, A, 5060, 5060)), "what looks like B's answer")
        passes(b, a, wrap(2, 1, udp(B, A, 5060, 5060)), "B's answer")
        handshake(a, b, 40000, 1000, "of a connection")
        for seq in range(1, 16):
            blocked(c, b, wrap(9, 2, tcp(A, B, 40000, 80, RST, 1001 + seq * 0x10000000)),
                    "to-connection-invalid", "a reset made up", b)
            passes(c, b, wrap(9, 2, tcp(A, B, 40000, 80, SYN, seq * 0x10000000)), "a SYN made up")
            passes(c, a, wrap(9, 1, tcp(B, A, 80, 40000, SYN | ACK, 7, seq * 0x10000000 + 1)),
                   "an answer made up")
        passes(b, a, wrap(2, 1, tcp(B, A, 80, 40000, ACK | PSH, 5001, 1001, b"x")), "B's data")
        passes(a, b, wrap(1, 2, tcp(A, B, 40000, 80, ACK | PSH, 1001, 5002, b"y")), "A's data")
        same(a.drops(), {}, "drops of A")
        for port in (a, b):
            switch.nl.port_del(port.ifindex)


@test(smoke=True)
def migrated():
    """a server's port of which nothing is remembered: its data goes on, and nothing else begins"""
    switch = Switch()
    a = switch.port("a", program(1), claim=1)
    switch.nl.acl_load(2, acl.compile([Rule("to", "allow", 1, proto=6, dport=80)],
                                      default_from="deny"))
    b = switch.port("b", program(2, 2), claim=1)
    data = tcp(B, A, 80, 40000, ACK | PSH, 5001, 1001, b"x" * 100)
    passes(b, a, wrap(2, 1, data), "the server's next data")
    passes(a, b, wrap(1, 2, tcp(A, B, 40000, 80, ACK, 1001, 5101)), "its acknowledgement")
    same([(s.begun, s.vm_port) for s in switch.nl.sessions(b.ifindex)], [("to", 80)], "sessions")
    for what, one in (("a SYN", tcp(B, A, 80, 41000, SYN)),
                      ("a SYN/ACK", tcp(B, A, 80, 41000, SYN | ACK, 1, 1)),
                      ("a reset", tcp(B, A, 80, 41000, RST, 1)),
                      ("UDP", udp(B, A, 80, 41000)),
                      ("data to whom it may not answer", tcp(B, A, 81, 41000, ACK, 1, 1))):
        blocked(b, a, wrap(2, 1, one), "acl", what)


@test(smoke=True)
def stick_and_flood():
    """a router on a stick, and a frame flooded to several ports: each port has its own memory"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("to", "allow", 1, proto=17, dport=53)]))
    a, c = (switch.port(name, program(n), claim=1) for name, n in (("a", 1), ("c", 3)))
    router = switch.port("r", program(2, 1), claim=1)
    for n in range(3):
        there, back = udp(A, C, 7000 + n, 53), udp(C, A, 53, 7000 + n)
        passes(a, router, wrap(1, 2, there), "to the router")
        passes(router, c, wrap(2, 3, there), "from the router")
        passes(c, router, wrap(3, 2, back), "the answer to the router")
        passes(router, a, wrap(2, 1, back), "the answer from the router")
    same(router.state().connections, 6, "sessions of the router")
    # an address nobody knows: every port with flooding gets it, and answers for itself
    switch.nl.acl_load(2, acl.compile(ANSWERS, default_from="deny"))
    several = [switch.port(f"f{n}", abi.program(abi.PF_FLOOD, 100, acl=2)) for n in range(3)]
    got = deliver(a, wrap(1, 77, udp(A, "10.0.0.77", 9, 9)), several)
    same(sorted(len(frames) for frames in got.values()), [1, 1, 1], "who got it")
    for port in several:
        passes(port, a, wrap(77, 1, udp("10.0.0.77", A, 9, 9)), f"the answer of {port.name}")
    same([p.state().connections for p in several], [1, 1, 1], "sessions of those")
    deliver(a, wrap(1, BROADCAST, udp(A, "10.0.0.255", 9, 9)), several)
    same([p.state().connections for p in several], [1, 1, 1], "sessions after a broadcast")


@test(smoke=True)
def moved():
    """what a port remembers is read, given to another and goes on there; counted as it was"""
    switch = Switch()
    a = switch.port("a", program(1), claim=1)
    b = answering(switch)
    exchange(a, b, "here")
    exchange(a, b, "here", A6, B6)
    handshake(a, b, 40000, 1000, "here")
    passes(a, b, wrap(1, 2, udp(A, B, 5060, 5060)), "one more")
    before = switch.nl.sessions(b.ifindex)
    found = {(s.proto, s.vm): s for s in before}
    same(sorted((s.proto, s.state, s.begun) for s in before),
         [(1, "echo", "to"), (6, "established", "to"), (17, "answered", "to"),
          (17, "answered", "to"), (58, "echo", "to")], "sessions")
    same((found[17, B].packets, found[17, B].octets[1] > found[17, B].octets[0] > 0,
          found[17, B].peer_port), ((1, 2), True, 5060), "what is counted")
    records = switch.nl.session_records(b.ifindex)
    switch.nl.port_del(b.ifindex)
    switch.nl.port_new(switch.ifindex, b.ifindex, program(2, 2), b"vm-b/0", 1)
    blocked(b, a, wrap(2, 1, udp(B, A, 5060, 5060)), "acl", "an answer before")
    same([switch.nl.sessions_put(b.ifindex, r) for r in records], [(5, 0, 0, 0)], "taken")
    same([switch.nl.sessions_put(b.ifindex, r) for r in records], [(0, 5, 0, 0)], "known")
    passes(b, a, wrap(2, 1, udp(B, A, 5060, 5060)), "UDP's answer")
    passes(b, a, wrap(2, 1, udp(B6, A6, 5060, 5060)), "UDP's answer, IPv6")
    passes(b, a, wrap(2, 1, icmp(B, A, 0, ident=9)), "the echo reply")
    passes(b, a, wrap(2, 1, tcp(B, A, 80, 40000, ACK | PSH, 5001, 1001, b"x")), "TCP's data")
    blocked(b, a, wrap(2, 1, tcp(B, A, 80, 40000, ACK, 0x50000000, 1001)), "acl", "out of window")
    after = {(s.proto, s.vm): s for s in switch.nl.sessions(b.ifindex)}
    same(after[17, B].packets, (2, 2), "packets go on being counted")
    check(after[17, B].age_ms >= found[17, B].age_ms, "it is no younger")
    switch.nl.sessions_flush(b.ifindex)
    same((switch.nl.sessions(b.ifindex), b.state().connections), ([], 0), "after a flush")


def listed(*words):
    return ctl.document(None, "session", "list", *words)["sessions"]


@test(limit=120)
def listed_and_flushed():
    """vifctl session list says what the kernel says, as filters want it; flush forgets those"""
    switch = Switch()
    a = switch.port("a", program(1), claim=1)
    b = answering(switch, cookie=b"11111111-2222-3333-4444-555555555555/0")
    exchange(a, b, "here")
    exchange(a, b, "here", A6, B6)
    handshake(a, b, 40000, 1000, "here")
    want = {(s.proto, s.vm, s.peer, s.state, s.packets, s.octets)
            for s in switch.nl.sessions(b.ifindex)}
    same({(s["protocol"], s["vm_address"], s["peer_address"], s["state"],
           *(tuple(s[way][unit] for way in ("from_vm", "to_vm")) for unit in ("packets", "bytes")))
          for s in listed()}, want, "sessions of all ports")
    same(sorted(((s["netdev"], s["vm_port"], s["peer_port"], s["identifier"], s["begun_by"])
                 for s in listed("b", "addr=10.0.0.0/8")), key=lambda s: s[1] or 9999),
         [("b", 80, 40000, None, "peer"), ("b", 5060, 5060, None, "peer"),
          ("b", None, None, 9, "peer")], "those of IPv4")
    same([len(listed("b", *words)) for words in (
        ("proto=udp",), ("proto=tcp", "state=established"), ("port=80-90",), ("state=new",),
        ("vlan=100",), ("vlan=7",), ("addr=fd00::/16",))], [2, 1, 1, 0, 5, 0, 2], "what fits")
    same(listed("a"), [], "of a port without an ACL")
    table = ctl.run(None, "session", "list", "b", "proto=tcp").out
    check("5 of 65536 sessions" in table and "10.0.0.2:80  <  10.0.0.1:40000  established" in table,
          table)
    same(ctl.run(None, "session", "list", "nobody", status=(3,)).out, "", "of no port")
    ctl.run(None, "session", "list", "b", "state=open", status=(2,))
    ctl.run(None, "session", "flush", "proto=tcp", status=(2,))
    same([p["forgotten"] for p in ctl.document(None, "session", "flush", "b", "proto=udp",
                                               "addr=10.0.0.0/8")["ports"]], [1], "forgotten")
    blocked(b, a, wrap(2, 1, udp(B, A, 5060, 5060)), "acl", "an answer to what was forgotten")
    passes(b, a, wrap(2, 1, udp(B6, A6, 5060, 5060)), "an answer to what was not")
    passes(b, a, wrap(2, 1, tcp(B, A, 80, 40000, ACK | PSH, 5001, 1001, b"x")), "TCP's data")
    check("): 4 forgotten" in ctl.run(None, "session", "flush", "b").out, "the number forgotten")
    same(switch.nl.sessions(b.ifindex), [], "after a flush")


MANY = 8192     # many messages of the kernel's, and pages of a table


@test(limit=300)
def many_listed():
    """each of thousands of sessions is listed once, as JSON and as a table, and forgotten by a filter"""
    switch = Switch()
    switch.nl.acl_load(2, acl.compile([Rule("to", "allow", 1, proto=17)]))
    b = switch.port("b", program(2, 2), claim=1)
    one = lambda n: Session(17, B, 53, f"10.{n // 2048}.{n // 128 % 16}.9", n % 128, "to",
                            flags=session.SEEN_TO)
    for at in range(0, MANY, 128):
        same(switch.nl.sessions_put(b.ifindex, session.pack([one(n) for n in range(at, at + 128)])),
             (128, 0, 0, 0), f"taken at {at}")
    found = json.loads(ctl.run(None, "session", "list", "b", "--json").out)["sessions"]
    same((len(found), len({(s["peer_address"], s["peer_port"]) for s in found})), (MANY, MANY),
         "sessions and different ones")
    rows = [line for line in ctl.run(None, "session", "list", "b").out.splitlines()
            if line.startswith("udp")]
    same(len(rows), MANY, "rows")
    same(ctl.document(None, "session", "flush", "b", "addr=10.3.0.0/16")["ports"][0]["forgotten"],
         2048, "forgotten")
    same(b.state().connections, MANY - 2048, "sessions left")


@test(smoke=True)
def hostile_records():
    """a record is refused by name and value, or what a port may not have is left out of it"""
    switch = Switch()
    switch.nl.acl_load(2, acl.compile([Rule("to", "allow", 1, proto=17, dport=53)],
                                      default_from="deny"))
    b = switch.port("b", abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, 100, macs=[mac(2)], acl=2,
                                     ips=[f"{B}/32"], connections_max=3), claim=1)
    fine = Session(17, B, 53, A, 7000, "to", flags=session.SEEN_TO)

    def refused(record, *words):
        try:
            switch.nl.sessions_put(b.ifindex, record)
        except Error as e:
            check(all(w in e.text for w in words), f"{words}: {e.text}")
        else:
            check(False, f"{words}: taken")
    refused(session.pack([fine], magic=1), "magic", "1", "0x76696673")
    refused(session.pack([fine], version=2), "version is 2", "accepted: 1")
    refused(session.pack([fine], entry_len=64), "entry_len is 64")
    refused(session.pack([fine], entry_count=2), "entry_count is 2")
    refused(session.pack([fine, Session(17, B, 53, A, 1, state="half")]), "state of entry is 1")
    refused(session.pack([Session(17, "224.0.0.1", 53, A, 1)]), "address of entry is 0")
    refused(session.pack([Session(17, B, 53, A, 1, vlan=4095)]), "vlan of entry")
    refused(session.pack([Session(17, B, 53, A, 1, age_ms=1, idle_ms=2)]), "idle_ms")
    same(switch.nl.sessions(b.ifindex), [], "sessions after those")
    many = [Session(17, B, 53, A, 7000 + n, "to", flags=session.SEEN_TO) for n in range(5)]
    others = [Session(17, C, 53, A, 7000, "to", flags=session.SEEN_TO),      # another's address
              Session(17, B, 53, A, 7000, "to", vlan=7, flags=session.SEEN_TO),
              Session(17, B, 54, A, 7000, "to", flags=session.SEEN_TO),      # no rule
              Session(17, B, 53, A, 7000, "from")]                           # the VM begins nothing
    same(switch.nl.sessions_put(b.ifindex, session.pack(others)), (0, 0, 4, 0), "none of these")
    same(switch.nl.sessions_put(b.ifindex, session.pack(many)), (3, 0, 0, 2), "three of these")
    switch.nl.port_set(b.ifindex, b"")
    refused(session.pack([fine]), "has no program")


MIXED = [Rule("from", "allow", 1, proto=6), Rule("from", "deny", 2, proto=17, dport=53),
         Rule("from", "allow", 3, stateless=True, proto=17, dport=9), Rule("to", "allow", 4)]


def talk(dice):
    """(who sends, frame) of few talks, so that most have a session."""
    src, dst = dice.choice([(A, B), (A6, B6)])
    ports = [40000 + dice.randrange(4), dice.choice([9, 53, 80])]
    ends = [(1, src), (2, dst)]
    if dice.random() < 0.4:
        ends.reverse()
        ports.reverse()
    (n, src), (m, dst) = ends
    if dice.random() < 0.4:
        return n, wrap(n, m, udp(src, dst, *ports, b"x" * dice.randrange(40)))
    flags = dice.choice([ACK] * 6 + [SYN, SYN | ACK, RST, RST | ACK, ACK | PSH, FIN | ACK, 0])
    return n, wrap(n, m, tcp(src, dst, *ports, flags, 1000 + dice.randrange(3000),
                             1000 + dice.randrange(3000), b"y" * dice.randrange(30)))


def remembered(nl, port):
    """Sessions without their times, which are no frame's doing."""
    rows = []
    for s in nl.sessions(port.ifindex):
        s.age_ms = s.idle_ms = 0
        rows.append(s.pack())
    return sorted(rows)


@test(limit=120)
def short_way_and_long():
    """a recorded port's frames take the long way: verdicts, sessions, hits are those of others"""
    asked = ({}, flow.asks(), dict(sample_every=3, sample_rate=1, sample_octets=64))
    for turn, more in enumerate(asked):
        sides, recorder = [], Recorder()
        for way in ("short", "long"):
            switch, number = Switch(f"{way}{turn}"), len(sides) + 1
            switch.nl.acl_load(number, acl.compile(MIXED, default_from="deny"))
            a = switch.port(f"{way}{turn}a", program(1, number, connections_max=1000, **more),
                            claim=1)
            b = switch.port(f"{way}{turn}b", program(2), claim=1)
            sides.append((switch, number, a, b))
        recorder.add(sides[1][2])
        dice = random.Random(turn)
        for i in range(80):
            n, data = talk(dice)
            got = [deliver(*((a, data, [b]) if n == 1 else (b, data, [a]))) for _, _, a, b in sides]
            came = [list(g.values()) for g in got]
            same(came[0], came[1], f"{more}, frame {i}: what came by the short way and the long")
        short, long = ([remembered(switch.nl, a), a.state().drops, switch.nl.acl_hits(number),
                        (a.state().from_packets, a.state().from_bytes, a.state().connections)]
                       for switch, number, a, _ in sides)
        for what, x, y in zip(("sessions", "drops", "hits", "counters"), short, long):
            same(x, y, f"{more}: {what} by the short way and the long")
        check(len(short[0]) > 5 and short[1], f"too little: {short}")
