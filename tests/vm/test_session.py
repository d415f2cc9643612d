# SPDX-License-Identifier: GPL-2.0-or-later
"""Stateful rules, fragments and answers to what is rejected, packet by packet."""
import struct
import threading

import abi
import acl
import genl
import packet
import wait
from acl import Rule
from packet import ACK, FIN, PSH, RST, SYN, icmp, tcp, udp
from registry import check, same, test
from test_acl import A, A6, B, B6, C, blocked, pair, passes, program, wrap
from world import BROADCAST, Guest, Namespace, Switch, deliver, frame, ip, mac

OUT = []  # from-vm: allowed and tracked by default; to-vm: denied by default


def handshake(a, b, src, dst, sport=40000, dport=80, what="TCP"):
    """a at src connects to b at dst; the sequence numbers after it."""
    passes(a, b, wrap(1, 2, tcp(src, dst, sport, dport, SYN, 1000)), f"{what} SYN")
    passes(b, a, wrap(2, 1, tcp(dst, src, dport, sport, SYN | ACK, 5000, 1001)), f"{what} SYN/ACK")
    passes(a, b, wrap(1, 2, tcp(src, dst, sport, dport, ACK, 1001, 5001)), f"{what} ACK")


def about(inner, src, dst):
    """The ICMP error "port unreachable" about a packet."""
    four = inner[0] >> 4 == 4
    return icmp(src, dst, 3 if four else 1, 3 if four else 4, 0, 0, inner[:128])


@test(smoke=True)
def replies_pass():
    """what a stateful rule let out is answered; unsolicited packets are not let in; both families"""
    switch = Switch()
    a, b = pair(switch, OUT)
    for src, dst in ((A, B), (A6, B6)):
        blocked(b, a, wrap(2, 1, tcp(dst, src, 80, 40000, SYN)), "to-acl", "unsolicited SYN", a)
        blocked(b, a, wrap(2, 1, udp(dst, src, 53, 7000)), "to-acl", "unsolicited UDP", a)
        blocked(b, a, wrap(2, 1, icmp(dst, src, 0 if src == A else 129)), "to-acl",
                "unsolicited echo reply", a)
        handshake(a, b, src, dst)
        passes(b, a, wrap(2, 1, tcp(dst, src, 80, 40000, ACK | PSH, 5001, 1001, b"data")), "data")
        blocked(b, a, wrap(2, 1, tcp(dst, src, 81, 40000, ACK, 5005, 1001)), "to-acl",
                "from another port", a)
        passes(a, b, wrap(1, 2, udp(src, dst, 7000, 53)), "UDP out")
        passes(b, a, wrap(2, 1, udp(dst, src, 53, 7000)), "UDP answer")
        blocked(b, a, wrap(2, 1, udp(dst, src, 54, 7000)), "to-acl", "other UDP", a)
        passes(a, b, wrap(1, 2, icmp(src, dst, 8 if src == A else 128, ident=9)), "echo")
        passes(b, a, wrap(2, 1, icmp(dst, src, 0 if src == A else 129, ident=9)), "echo reply")
        inner = udp(src, dst, 7000, 53)
        passes(b, a, wrap(2, 1, about(inner, dst, src)), "related ICMP error")
        blocked(b, a, wrap(2, 1, about(udp(src, dst, 7001, 53), dst, src)), "to-acl",
                "ICMP error about nothing", a)
    same(switch.nl.port(b.ifindex).connections, 0, "connections a port without an ACL pays for")
    same(a.state().connections, 6, "connections")
    # what arrives has the padding of a short frame still
    short = udp(A, B, 7000, 53, b"")
    data = wrap(1, 2, short)
    got = deliver(a, data, [b])["bp"]
    same([g[:14 + len(short)] for g in got], [data[:14 + len(short)]], "a short packet")


@test(smoke=True, limit=90)
def over_replacement():
    """connections go on over a new version; a rule taken away ends what it allowed"""
    switch = Switch()
    web = Rule("to", "allow", 1, proto=6, dport=80)
    a, b = pair(switch, None, [web])
    handshake(a, b, A, B)
    data = wrap(1, 2, tcp(A, B, 40000, 80, ACK | PSH, 1001, 5001, b"x"))
    back = wrap(2, 1, tcp(B, A, 80, 40000, ACK, 5001, 1002))
    for n in range(20):
        switch.nl.acl_load(2, acl.compile([Rule("to", "deny", 9, proto=17)] * (n % 2) + [web],
                                          default_from="deny"))
        passes(a, b, data, f"data after replacement {n}")
        passes(b, a, back, f"answer after replacement {n}, against a default of deny")
    other = Rule("to", "allow", 2, proto=17)
    switch.nl.acl_load(2, acl.compile([other], default_from="deny"))
    blocked(a, b, data, "to-acl", "data after the rule went", b)
    passes(b, a, back, "the answer to what came before")
    switch.nl.acl_load(2, acl.compile([], default_from="deny"))
    blocked(b, a, back, "acl", "an answer when no rule is stateful any more")
    blocked(b, a, wrap(2, 1, tcp(B, A, 80, 41000, SYN)), "acl", "a connection from there")
    switch.nl.acl_load(2, acl.compile([web], default_from="deny"))
    passes(a, b, data, "data after the rule came back")


@test(smoke=True)
def zones():
    """equal addresses and ports in two VLANs never meet, nor on two switches"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile(OUT))
    ports = {}
    for vlan in (100, 200):
        for n in (1, 2):
            ports[vlan, n] = switch.port(f"v{vlan}.{n}", abi.program(
                abi.PF_GUARD, vlan, macs=[mac(vlan + n)], acl=1 if n == 1 else 0), claim=1)
    other = Switch("sw1")
    for n in (1, 2):
        ports[300, n] = other.port(f"w.{n}", abi.program(
            abi.PF_GUARD, 100, macs=[mac(300 + n)], acl=1 if n == 1 else 0), claim=1)

    def send(vlan, way, data):
        src, dst = (1, 2) if way == "out" else (2, 1)
        sender, receiver = ports[vlan, src], ports[vlan, dst]
        whole = frame(mac(vlan + dst), mac(vlan + src), kind=0x800, payload=data)
        return bool(deliver(sender, whole, [receiver])[receiver.name])
    there, back = udp(A, B, 1, 2), udp(B, A, 2, 1)
    check(send(100, "out", there), "out in VLAN 100")
    same([send(v, "back", back) for v in (200, 300, 100)], [False, False, True],
         "answers in VLAN 200, on the other switch, in VLAN 100")
    check(send(200, "out", there) and send(300, "out", there), "out in the others")
    same([send(v, "back", back) for v in (200, 300)], [True, True], "answers there now")


@test(smoke=True)
def invalid():
    """what fits no connection and cannot begin one is connection-invalid, either way"""
    switch = Switch()
    a, b = pair(switch, OUT, [Rule("to", "allow")])
    c = switch.port("c", program(3), claim=1)
    blocked(a, b, wrap(1, 2, tcp(A, B, 1, 2, SYN | FIN)), "connection-invalid", "SYN and FIN")
    blocked(c, b, wrap(3, 2, tcp(C, B, 1, 2, SYN | RST)), "to-connection-invalid", "SYN and RST", b)
    handshake(a, b, A, B)
    far = tcp(A, B, 40000, 80, RST, 0x70000000, 5001)
    blocked(a, b, wrap(1, 2, far), "connection-invalid", "a reset far outside the window")


@test(smoke=True, limit=90)
def limits():
    """connections_max holds for new connections only, of the port and to it"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("to", "allow", 1, proto=17, dport=9)]))
    a = switch.port("a", program(1, 1, connections_max=10), claim=1)
    b = switch.port("b", program(2, 1, connections_max=5), claim=1)
    c = switch.port("c", program(3), claim=1)
    for n in range(10):
        passes(a, c, wrap(1, 3, udp(A, C, 100 + n, 9)), f"connection {n}")
    for n in range(10, 15):
        blocked(a, c, wrap(1, 3, udp(A, C, 100 + n, 9)), "connection-limit", f"connection {n}")
    passes(a, c, wrap(1, 3, udp(A, C, 103, 9)), "more of an old connection")
    same((a.state().connections, b.state().connections), (10, 0), "connections")
    for n in range(5):
        passes(c, b, wrap(3, 2, udp(C, B, 100 + n, 9)), f"connection {n} from a port without ACL")
    blocked(c, b, wrap(3, 2, udp(C, B, 120, 9)), "to-connection-limit", "one more of those", b)
    passes(c, b, wrap(3, 2, udp(C, B, 103, 9)), "more of an old one of those")
    same((a.state().connections, b.state().connections), (10, 5), "connections")
    b.set(program(2, 1, connections_max=6))
    passes(c, b, wrap(3, 2, udp(C, B, 120, 9)), "one more after the limit was raised")
    same(b.state().connections, 6, "connections then")


@test(smoke=True, limit=120)
def exhaustion():
    """a port that wants all it can get, or is flooded, costs others nothing, nor itself what it has"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("to", "allow")]))
    a = switch.port("a", program(1, 1, connections_max=500), claim=1)
    b, c = (switch.port(n, program(i, 1), claim=1) for i, n in ((2, "b"), (3, "c")))
    for n in range(3000):
        a.send(wrap(1, 2, udp(A, B, 1000 + n, 9)))
    switch.settle()
    state = a.state()
    # on a slow machine those that nobody answered make room meanwhile
    refused = state.drops.pop("connection-limit", 0)
    check(state.connections <= 500 and refused and not state.drops,
          f"{state.connections} connections, {refused} refused, other drops: {state.drops}")
    for n in range(100):
        passes(c, b, wrap(3, 2, udp(C, B, 100 + n, 9)), f"another's connection {n}")
        passes(b, c, wrap(2, 3, udp(B, C, 9, 100 + n)), f"answer {n}")
    # b gets a limit that c's confirmed connections fit in, and a flood from many addresses
    for n in range(100):
        passes(c, b, wrap(3, 2, udp(C, B, 100 + n, 9)), f"the connection goes on {n}")
    b.set(program(2, 1, connections_max=700))
    free = switch.port("f", abi.program(abi.PF_LEARN, 100, fdb_max=10))
    for n in range(5000):
        free.send(wrap(4, 2, udp(f"10.9.{n >> 8}.{n & 255}", B, 5, 9)))
    switch.settle()
    same(b.state().connections, 700, "connections under the flood")
    for n in range(100):
        passes(b, c, wrap(2, 3, udp(B, C, 9, 100 + n)), f"answer {n} under the flood")
    for n in range(20):
        passes(c, b, wrap(3, 2, udp(C, B, 5000 + n, 9)), f"a new connection {n} under the flood")
        passes(b, c, wrap(2, 3, udp(B, C, 9, 5000 + n)), f"its answer {n}")


@test(smoke=True)
def not_by_made_up_connections():
    """a connection made up by others reaches no third port, nor frees one of its rules"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("from", "deny", 5, proto=17)], default_from="allow"))
    a = switch.port("a", program(1, 1), claim=1)
    switch.nl.acl_load(2, acl.compile([Rule("to", "allow")]))
    c, d = switch.port("c", program(3, 2), claim=1), switch.port("d", program(4, 2), claim=1)
    # c, in the name of a's address, talks to d, so that d's answers would be for a
    passes(c, d, wrap(3, 4, udp(A, B, 1, 2)), "c to d")
    blocked(d, a, wrap(4, 1, udp(B, A, 2, 1)), "to-acl", "d's answer, sent to a", a)
    passes(d, c, wrap(4, 3, udp(B, A, 2, 1)), "d's answer, sent to c")
    # d, in the name of a stranger, talks to a's address at c: a's answers would pass its rule
    passes(d, c, wrap(4, 3, udp(B, A, 7, 8)), "d to c, for a's address")
    blocked(a, d, wrap(1, 4, udp(A, B, 8, 7)), "acl", "a's answer to what never came to a")


@test(smoke=True, limit=90)
def fragments():
    """fragments pass if their first one did; tracked, both families, both ways; else fragment"""
    switch = Switch()
    a, b = pair(switch, [Rule("from", "allow", 1, proto=17, dport=9),
                         Rule("from", "allow", 2, proto=[1, 58])],
                [Rule("to", "allow", 3, proto=17, dport=[9, 10]), Rule("to", "allow", 4, proto=[1, 58])],
                default_from="deny")
    for ident, (src, dst) in enumerate(((A, B), (A6, B6)), 50):
        echo = 8 if src == A else 128
        for what, there, back in (
                ("UDP", udp(src, dst, 5, 9, b"u" * 3000), udp(dst, src, 9, 5, b"v" * 3000)),
                ("ICMP", icmp(src, dst, echo, data=b"p" * 2000),
                 icmp(dst, src, 0 if src == A else 129, data=b"q" * 2000))):
            for data in packet.fragments(there, 1000, ident):
                passes(a, b, wrap(1, 2, data), f"{what} fragment from {src}")
            for data in packet.fragments(back, 1000, ident):
                passes(b, a, wrap(2, 1, data), f"{what} fragment of the answer to {src}")
        parts = packet.fragments(udp(src, dst, 5, 9, b"u" * 3000), 1000, ident + 20)
        blocked(a, b, wrap(1, 2, parts[1]), "fragment", "a later fragment that comes first")
        passes(a, b, wrap(1, 2, parts[0]), "the first one")
        passes(a, b, wrap(1, 2, parts[1]), "the later one, after it")
        other = packet.fragments(udp(src, dst, 5, 11, b"u" * 3000), 1000, ident + 30)
        blocked(a, b, wrap(1, 2, other[0]), "acl", "a first fragment that is denied")
        blocked(a, b, wrap(1, 2, other[1]), "fragment", "a later one of those")
    # many others' fragments do not make room for those that did not pass
    for n in range(2000):
        a.send(wrap(1, 2, packet.fragments(udp(A, B, 5, 9, b"u" * 100), 64, 1000 + n)[0]))
    switch.settle()
    same(sum(not deliver(a, wrap(1, 2, packet.fragments(udp(A, B, 5, 9, b"u" * 100), 64, 9000 + n)[1]),
                         [b])["bp"] for n in range(20)), 20, "strange later fragments refused")


@test(smoke=True)
def rejects():
    """REJECT answers with a reset or an ICMP error to the sender alone; never to errors or groups"""
    switch = Switch()
    a, b = pair(switch, [Rule("from", "reject", 1, proto=6, dport=80),
                         Rule("from", "reject", 2, proto=17, dport=80),
                         Rule("from", "reject", 3, proto=[1, 58]), Rule("from", "allow", 4)],
                [Rule("to", "reject", 5)])
    c = switch.port("c", program(3), claim=1)
    t = switch.port("t", abi.program(abi.PF_GUARD, None, {100, 200}, set(), macs=[mac(4)]), claim=1)

    def answer(sender, n, data, reason, at, what, tags=()):
        for tap in (a, b, c, t):
            tap.drain()
        before = at.drops().get(reason, 0)
        sender.send(wrap(n, 2, data, tags))
        wait.until(f"the drop: {what}", 5, lambda: at.drops().get(reason, 0) == before + 1, 0.01)
        got = sender.received(0.3)
        same([r.received() for r in (a, b, c, t) if r is not sender], [[], [], []],
             f"{what}: frames elsewhere")
        return got
    for src, dst in ((A, B), (A6, B6)):
        for sender, n, port, reason, at in ((a, 1, 80, "acl", a), (c, 3, 81, "to-acl", b)):
            got = answer(sender, n, tcp(src, dst, 5, port, SYN, 1000), reason, at, "TCP")
            same(len(got), 1, f"answers to a SYN from {src} by {reason}")
            head = got[0][34:] if src == A else got[0][54:]
            same((got[0][:12], struct.unpack(">HHIIBB", head[:14])),
                 (abi.mac_bytes(mac(n)) + abi.mac_bytes(mac(2)), (port, 5, 0, 1001, 0x50, RST | ACK)),
                 "the reset")
            got = answer(sender, n, udp(src, dst, 5, port), reason, at, "UDP")
            same([g[34:36] if src == A else g[54:56] for g in got],
                 [b"\x03\x0d" if src == A else b"\x01\x01"], "the ICMP error")
        same(answer(a, 1, tcp(src, dst, 5, 80, RST, 1000), "acl", a, "RST"), [], "answers to RST")
        same(answer(a, 1, about(udp(dst, src, 1, 2), src, dst), "acl", a, "error"), [],
             "answers to an ICMP error")
    got = answer(t, 4, udp(C, B, 5, 6), "to-acl", b, "from a trunk", [100])
    same([g[12:16].hex() for g in got], ["81000064"], "tag of the answer")
    a.drain()
    a.send(wrap(1, BROADCAST, udp(A, "255.255.255.255", 5, 80)))
    same(a.received(0.3), [], "answers to a broadcast")
    for _ in range(400):
        a.send(wrap(1, 2, udp(A, B, 5, 80)))
    switch.settle()
    got = len(a.received(0.3))
    check(50 <= got <= 300, f"{got} answers to 400 packets at once")


@test(smoke=True, limit=120)
def gone_with_their_port():
    """sessions of a port that left do not stay, nor those that were flushed; their memory does not"""
    switch = Switch()
    a, b = pair(switch, OUT)
    for _ in range(3):
        for n in range(200):
            a.send(wrap(1, 2, udp(A, B, 1000 + n, 9)))
        switch.settle()
        same((a.state().connections, len(switch.nl.sessions(a.ifindex))), (200, 200), "sessions")
        switch.nl.port_del(a.ifindex)
        switch.nl.port_new(switch.ifindex, a.ifindex, program(1, 1), claim=1)
        same((a.state().connections, switch.nl.sessions(a.ifindex)), (0, []), "after it came again")
        blocked(b, a, wrap(2, 1, udp(B, A, 9, 1000)), "to-acl", "an answer to what it forgot", a)
    for n in range(200):
        a.send(wrap(1, 2, udp(A, B, 1000 + n, 9)))
    switch.settle()
    switch.nl.sessions_flush(a.ifindex)
    same((a.state().connections, switch.nl.sessions(a.ifindex)), (0, []), "after a flush")
    blocked(b, a, wrap(2, 1, udp(B, A, 9, 1001)), "to-acl", "an answer to what was flushed", a)
    for space in range(3):
        inner = Namespace()
        with inner:
            other = Switch("sw0", genl.Genl())
            a, b = pair(other, OUT)
            for n in range(100):
                a.send(wrap(1, 2, udp(A, B, 1000 + n, 9)))
            other.settle()
            same(a.state().connections, 100, "sessions in the other namespace")
            if space:
                ip("link del dev sw0")
        for s in (other, a, b):
            s.socket.close()
        other.nl.close()
        inner.close()


@test(smoke=True, limit=120)
def real_tcp():
    """a TCP stream between guests goes on over 200 replacements, and nothing of it is refused"""
    switch = Switch()
    rules = [Rule("to", "allow", 1, proto=6, dport=5001), Rule("to", "allow", 2, ethertype=0x806)]
    blobs = [acl.compile([Rule("from", "deny", 50 + i, proto=6, dport=6000 + i) for i in range(n)]
                         + rules) for n in range(8)]
    switch.nl.acl_load(1, blobs[0])
    guests = [Guest(switch.port(f"vif{n}.0", program(n, 1), claim=1), f"10.0.0.{n}", mac(n))
              for n in (1, 2)]
    listener = guests[1].socket()
    listener.bind(("10.0.0.2", 5001))
    listener.listen(1)
    out = guests[0].socket()
    out.settimeout(wait.limit(20))
    out.connect(("10.0.0.2", 5001))
    inn, _ = listener.accept()
    inn.settimeout(wait.limit(20))
    total, stop = [0, 0], False

    def send():
        while not stop:
            total[0] += out.send(b"x" * 65536)
        out.close()
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    for n in range(200):
        switch.nl.acl_load(1, blobs[n % 8])
        total[1] += len(inn.recv(1 << 20))
    stop = True
    while True:
        part = inn.recv(1 << 20)
        if not part:
            break
        total[1] += len(part)
    sender.join(10)
    same(total[1], total[0], "octets")
    drops = {g.port.port_name: g.port.drops() for g in guests}
    same(drops, {"vif1.0": {}, "vif2.0": {}}, "drops")
    return f"{total[0] >> 20} MiB"
