# SPDX-License-Identifier: GPL-2.0-or-later
"""ACLs without state: loaded in pieces, shared, replaced under traffic, counted."""
import threading
import time

import abi
import acl
import packet
from acl import Rule
from genl import Error, u32
from registry import LONG, check, same, test
from world import BROADCAST, Switch, deliver, frame, mac, refused

REPLACEMENTS = 1000 if LONG else 200
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
A6, B6 = "fd00::1", "fd00::2"
IP4, IP6, ARP = 0x800, 0x86dd, 0x806


def program(n, acl_id=0, vlan=100, **kw):
    return abi.program(abi.PF_GUARD, vlan, macs=[mac(n)], acl=acl_id, **kw)


def wrap(src, dst, data, tags=()):
    """data from port number src to dst as a frame."""
    kind = IP6 if data[0] >> 4 == 6 else IP4
    return frame(mac(dst) if isinstance(dst, int) else dst, mac(src), tags, kind, data)


def pair(switch, rules_a=None, rules_b=None, **kw):
    """Ports a and b with MACs 1 and 2 and ACLs 1 and 2 (None: without one)."""
    for n, rules in ((1, rules_a), (2, rules_b)):
        if rules is not None:
            switch.nl.acl_load(n, acl.compile(rules, **kw))
    return [switch.port(name, program(n, n if rules is not None else 0), claim=1)
            for name, n, rules in (("a", 1, rules_a), ("b", 2, rules_b))]


def bare(data):
    """An untagged frame without padding: tracking takes it off."""
    if data[12:14] == b"\x08\x00":
        return data[:14 + int.from_bytes(data[16:18], "big")]
    return data[:54 + int.from_bytes(data[18:20], "big")] if data[12:14] == b"\x86\xdd" else data


def passes(sender, receiver, data, what):
    got = deliver(sender, data, [receiver], what)[receiver.name]
    same([bare(d) for d in got], [bare(data)], f"{what}: frames")


def blocked(sender, receiver, data, reason, what, at=None):
    """Not delivered, and counted once, under reason, at its port (at: default the sender)."""
    at = at or sender
    before = at.drops()
    same(deliver(sender, data, [receiver], what)[receiver.name], [], f"{what}: frames")
    new = {w: n - before.get(w, 0) for w, n in at.drops().items() if n != before.get(w, 0)}
    same(new, {reason: 1}, f"{what}: drop reasons at {at.name}")


RULES = [
    Rule("from", "allow", 11, proto=6, dport=80, stateless=True),
    Rule("from", "deny", 12, proto=6),
    Rule("from", "allow", 13, proto=17, src=[f"{A}/32", f"{A6}/128"], dport=[53, (1000, 2000)],
         stateless=True),
    Rule("from", "allow", 14, proto=1, icmp=8, code=0, stateless=True),
    Rule("from", "allow", 15, ethertype=ARP),
    Rule("from", "deny", 16, dst="10.0.0.0/24"),
    Rule("from", "allow", 17, dst=["10.0.0.0/8", "fd00::/16"], vlan=100, stateless=True),
    Rule("to", "allow", 21, proto=6, flags=[packet.SYN, packet.SYN | packet.ACK], stateless=True),
    Rule("to", "allow", 22, proto=17, sport=53, stateless=True),
    Rule("to", "deny", 23),
]


def cases():
    """What passes RULES, from A and to A: (packet, reason or None, rule's cookie)."""
    out = [(packet.tcp(A, B, 5, 80), None, 11), (packet.tcp(A, B, 5, 81), "acl", 12),
           (packet.tcp(A6, B6, 5, 80), None, 11), (packet.tcp(A6, B6, 80, 5), "acl", 12)]
    for port, fine in ((53, 1), (54, 0), (999, 0), (1000, 1), (2000, 1), (2001, 0)):
        out.append((packet.udp(A, B, 7, port), None if fine else "acl", 13 if fine else 16))
        out.append((packet.udp(A6, B6, 7, port), None, 13 if fine else 17))
    out += [(packet.udp(C, B, 7, 53), "acl", 16), (packet.udp(C, "10.1.0.1", 7, 53), None, 17),
            (packet.icmp(A, B), None, 14), (packet.icmp(A, B, 0), "acl", 16),
            (packet.ip4(A, B, 47, b"gre" * 9), "acl", 16),
            (packet.ip4(A, "11.0.0.1", 47, b"gre" * 9), "acl", acl.DEFAULT_FROM),
            (packet.ip6(A6, "fe80::1", 47, b"gre" * 9), "acl", acl.DEFAULT_FROM)]
    return out


@test(smoke=True)
def stateless():
    """allow and deny by address, protocol, port, ICMP type, flags, VLAN in both families and ways"""
    switch = Switch()
    a, b = pair(switch, RULES, default_from="deny")
    hits = {}
    for data, reason, cookie in cases():
        what = f"packet for rule {cookie:x}: {data.hex()}"
        if reason:
            blocked(a, b, wrap(1, 2, data), reason, what)
        else:
            passes(a, b, wrap(1, 2, data), what)
        hits[cookie] = hits.get(cookie, 0) + 1
    arp = frame(mac(2), mac(1), kind=ARP, payload=bytes(28))
    arp = arp[:14] + bytes.fromhex("0001080006040002") + abi.mac_bytes(mac(1)) + bytes(30)
    passes(a, b, arp, "ARP")
    blocked(a, b, frame(mac(2), mac(1)), "acl", "an unknown ethertype")
    hits[15], hits[acl.DEFAULT_FROM] = 1, hits[acl.DEFAULT_FROM] + 1
    for data, fine, cookie in ((packet.tcp(B, A, 1, 2), 1, 21),
                               (packet.tcp(B, A, 1, 2, packet.ACK), 0, 23),
                               (packet.tcp(B6, A6, 1, 2, packet.SYN | packet.ACK), 1, 21),
                               (packet.udp(B, A, 53, 9), 1, 22), (packet.udp(B, A, 9, 53), 0, 23)):
        if fine:
            passes(b, a, wrap(2, 1, data), f"to rule {cookie}")
        else:
            blocked(b, a, wrap(2, 1, data), "to-acl", f"to rule {cookie}", at=a)
        hits[cookie] = hits.get(cookie, 0) + 1
    blocked(b, a, frame(mac(1), mac(2)), "to-acl", "unknown ethertype", at=a)
    hits[23] += 1
    got = switch.nl.acl_hits(1)
    same([c for c, _ in got], [r.cookie for r in RULES] + [acl.DEFAULT_FROM, acl.DEFAULT_TO],
         "order of the hits")
    same({c: n for c, n in got if n}, hits, "hits")


@test(smoke=True)
def floods():
    """each flooded copy is asked about at its own port; who refuses is counted, others get it"""
    switch = Switch()
    a, b = pair(switch, None, [Rule("to", "deny", 5, proto=17), Rule("to", "allow", 6)])
    c = switch.port("c", program(3))
    data = wrap(1, BROADCAST, packet.udp(A, "255.255.255.255", 68, 67))
    got = deliver(a, data, [b, c])
    same((got["bp"], got["cp"]), ([], [data]), "copies of a broadcast")
    same(b.drops(), {"to-acl": 1}, "drops at the port that refused")
    same(a.drops(), {}, "drops at the sender")
    data = wrap(1, BROADCAST, packet.icmp(A, "255.255.255.255"))
    got = deliver(a, data, [b, c])
    same((got["bp"], got["cp"]), ([data], [data]), "copies of an allowed broadcast")
    c.set(program(3, 2))
    data = wrap(1, BROADCAST, packet.udp(A, "255.255.255.255", 68, 67))
    got = deliver(a, data, [b, c])
    same((got["bp"], got["cp"]), ([], []), "copies nobody takes")
    same((b.drops(), c.drops()), ({"to-acl": 2}, {"to-acl": 1}), "drops where refused")


@test(smoke=True)
def events_name_the_rule():
    """DROP and RULE_LOG events carry the cookie of the rule that decided"""
    switch = Switch()
    a, b = pair(switch, [Rule("from", "deny", 7001, proto=17),
                         Rule("from", "allow", 7002, proto=6, log=True, stateless=True)], [])
    ear = switch.nl.events()
    for data in (packet.udp(A, B, 1, 2), packet.tcp(A, B, 1, 2), packet.icmp(A, B)):
        deliver(a, wrap(1, 2, data), [b])
    got = [(e["event"], e["port_name"], e["reason"], e["rule"]) for e in ear.read(1)
           if e["event"] in ("drop", "rule-log")]
    same(got, [("drop", "a", "acl", 7001), ("rule-log", "a", None, 7002),
               ("drop", "b", "to-acl", acl.DEFAULT_TO), ("drop", "b", "to-acl", acl.DEFAULT_TO)],
         "events")


@test(smoke=True)
def loading():
    """NEW, CHUNK, COMMIT, READ, GET, DEL: pieces in order, complete, checked, in use or not"""
    switch = Switch()
    nl = switch.nl
    blob = acl.compile([Rule("from", "allow", n + 1, proto=6, dport=n) for n in range(2000)])

    def fails(code, text, command, **attributes):
        try:
            nl.do(command, {getattr(abi, "A_" + k): v for k, v in attributes.items()})
        except Error as e:
            same((e.errno, text in e.text), (code, True), f"{text}: {e}")
            return
        raise AssertionError(f"accepted: {text}")
    new, chunk, commit = abi.CMD_ACL_NEW, abi.CMD_ACL_CHUNK, abi.CMD_ACL_COMMIT
    one, size = u32(1), u32(len(blob))
    fails(34, "(ACL; accepted: 1 to ", new, ACL=u32(0), ACL_LEN=size)
    fails(34, "(ACL_LEN; accepted: 48 to ", new, ACL=one, ACL_LEN=u32(47))
    fails(34, "ACL_LEN", new, ACL=one, ACL_LEN=u32(abi.ACL_CHUNK_MAX * 1024 + 1))
    fails(2, "ACL", chunk, ACL=one, ACL_OFFSET=u32(0), ACL_DATA=b"x")
    fails(2, "ACL", commit, ACL=one)
    nl.do(new, {abi.A_ACL: one, abi.A_ACL_LEN: size})
    fails(22, "ACL_OFFSET is 8", chunk, ACL=one, ACL_OFFSET=u32(8), ACL_DATA=blob[8:16])
    fails(34, "ACL_DATA", chunk, ACL=one, ACL_OFFSET=u32(0), ACL_DATA=b"")
    fails(34, "ACL_DATA", chunk, ACL=one, ACL_OFFSET=u32(0), ACL_DATA=b"\0" * 32769)
    nl.do(chunk, {abi.A_ACL: one, abi.A_ACL_OFFSET: u32(0), abi.A_ACL_DATA: blob[:32768]})
    fails(22, "octets came", commit, ACL=one)
    fails(2, "acl is 1", abi.CMD_PORT_SET, PORT=u32(switch.ifindex), PROGRAM=program(9, 1))
    same(nl.acls(), [], "ACLs before the first commit")
    nl.acl_load(1, blob, b"web/1")
    same(nl.acl_read(1), blob, "the blob read back")
    got = nl.acls()
    same([(x.id, x.length, x.rules, x.cookie, x.ports) for x in got],
         [(1, len(blob), 2000, b"web/1", 0)], "ACLs")
    same(len(nl.acl_hits(1)), 2002, "hits of all rules and the defaults")
    bad = bytearray(blob)
    bad[len(bad) // 2] ^= 0xff
    nl.acl_load(1, bytes(bad[:8]) + b"\xff" + bytes(bad[9:]), commit=False)
    fails(22, "total_len", commit, ACL=one)
    same(nl.acl_read(1), blob, "the blob after a refused commit")
    fails(2, "acl is 2", abi.CMD_PORT_SET, PORT=u32(switch.ifindex), PROGRAM=program(9, 2))
    a = switch.port("a", program(1, 1))
    b = switch.port("b", program(2, 1))
    same([x.ports for x in nl.acls()], [2], "ports that share it")
    fails(16, "2 ports", abi.CMD_ACL_DEL, ACL=one)
    a.set(program(1))
    nl.port_del(b.ifindex)
    nl.acl_del(1)
    same(nl.acls(), [], "ACLs after the deletion")
    fails(2, "ACL", abi.CMD_ACL_DEL, ACL=one)
    big = u32(32 << 20)
    nl.do(new, {abi.A_ACL: u32(5), abi.A_ACL_LEN: big})
    nl.do(new, {abi.A_ACL: u32(6), abi.A_ACL_LEN: big})
    fails(28, "would wait", new, ACL=u32(7), ACL_LEN=u32(4096))
    nl.acl_del(5)
    nl.do(new, {abi.A_ACL: u32(7), abi.A_ACL_LEN: u32(4096)})


@test(limit=90)
def many_dumped():
    """4,096 ACLs are all dumped; one more is refused"""
    switch = Switch()
    blob = acl.compile([])
    for n in range(1, abi.ACLS_MAX + 1):
        switch.nl.acl_load(n, blob)
    same([x.id for x in switch.nl.acls()], list(range(1, abi.ACLS_MAX + 1)), "ACLs dumped")
    try:
        switch.nl.acl_load(9999, blob)
        raise AssertionError("one ACL too many was accepted")
    except Error as e:
        same(e.errno, 28, str(e))


class Stream:
    """Numbered UDP packets of two kinds, as fast as they go, until stopped."""

    def __init__(self, sender, sequence):
        self.sender, self.sequence, self.sent, self.stop = sender, sequence, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stop:
            for data in self.sequence:
                self.sender.send(data)
            self.sent += 1
            time.sleep(0.0005)

    def end(self):
        self.stop = True
        self.thread.join(10)
        return self.sent


@test(smoke=True, limit=240, cpus=2)
def replaced_under_traffic():
    """REPLACEMENTS of a live ACL: what both versions allow loses nothing, what both deny
    never passes, hits of rules with the same cookie go on"""
    switch = Switch()

    def version(n):
        extra = [Rule("from", "deny", 100 + i, dst=f"10.9.{i}.0/24") for i in range(n % 70)]
        keep = [Rule("from", "allow", 1, proto=17, dport=1000, stateless=True),
                Rule("from", "deny", 2, proto=17, dport=2000),
                Rule("from", ("allow", "deny")[n % 2], 3, proto=17, dport=3000, stateless=True)]
        rules = extra + keep if n % 3 else keep[::-1] + extra
        return acl.compile(rules, default_from=("allow", "deny")[n // 2 % 2], stateless=True)
    blobs = [version(n) for n in range(min(210, REPLACEMENTS))]
    switch.nl.acl_load(1, blobs[0])
    a = switch.port("a", program(1, 1), claim=1)
    b = switch.port("b", program(2), claim=1)
    kinds = [wrap(1, 2, packet.udp(A, B, 9, port)) for port in (1000, 2000, 3000)]
    b.drain()
    counts = {k: 0 for k in kinds}
    stream = Stream(a, kinds)
    for n in range(1, REPLACEMENTS + 1):
        switch.nl.acl_load(1, blobs[n % len(blobs)])
        for data in b.received():
            counts[data] += 1
    sent = stream.end()
    switch.settle()
    for data in b.received(0.2):
        counts[data] += 1
    always, never, sometimes = (counts[k] for k in kinds)
    text = f"{sent} of each kind sent; {always} allowed, {sometimes} of the one that changes"
    same((always, never), (sent, 0), text)
    check(0 < sometimes < sent, text)
    hits = dict(switch.nl.acl_hits(1))
    same((hits[1], hits[2], hits[3]), (sent, sent, sent), f"hits ({text})")
    same(a.drops(), {"acl": 2 * sent - sometimes}, "drops")
    return text
