# SPDX-License-Identifier: GPL-2.0-or-later
"""How often rules decided: at each port, of an ACL in all, and what comes from another host."""
import abi
import acl
import packet
from acl import DEFAULT_FROM, DEFAULT_TO, Rule
from genl import Error
from registry import check, same, test
from test_acl import A, B, Stream, program, wrap
from world import Switch, deliver

MOST = 2 ** 63 - 1


def version(*rules, **kw):
    return acl.compile(rules, stateless=True, default_from="deny", **kw)


def allow(port, cookie, way="from"):
    return Rule(way, "allow", cookie, proto=17, dport=port, stateless=True)


def datagram(port):
    return wrap(1, 2, packet.udp(A, B, 9, port))


def counted(nl, number):
    return {cookie: packets for cookie, packets in nl.acl_hits(number) if packets}


def send(a, b, **ports):
    """So many datagrams to each port; they may be dropped."""
    for port, count in ports.items():
        for _ in range(count):
            deliver(a, datagram(int(port[1:])), [b])


@test(smoke=True)
def of_ports():
    """two ports with one ACL: each its own, in sum the ACL's; what a port had stays the ACL's"""
    switch = Switch()
    nl = switch.nl
    nl.acl_load(1, version(allow(1000, 1), allow(2000, 2), Rule("to", "allow", 3, stateless=True)))
    nl.acl_load(2, version(allow(1000, 1)))
    a, b = (switch.port(name, program(n, 1), claim=1) for name, n in (("a", 1), ("b", 2)))
    send(a, b, p1000=3, p2000=2, p3000=1)
    same((nl.port_hits(a.ifindex), nl.port_hits(b.ifindex)), ({1: 3, 2: 2, DEFAULT_FROM: 1}, {3: 5}),
         "hits of the ports")
    same(counted(nl, 1), {1: 3, 2: 2, 3: 5, DEFAULT_FROM: 1}, "hits of the ACL")
    nl.port_set(a.ifindex, program=program(1, 1, rate=10 ** 9, burst=10 ** 6))
    send(a, b, p1000=1)
    same(nl.port_hits(a.ifindex), {1: 4, 2: 2, DEFAULT_FROM: 1}, "with another program, the same ACL")
    # in another order, with one more and one less
    nl.acl_load(1, version(Rule("to", "allow", 3, stateless=True), allow(4000, 4), allow(1000, 1)))
    send(a, b, p1000=1, p4000=2, p2000=1)
    same(nl.port_hits(a.ifindex), {1: 5, 4: 2, DEFAULT_FROM: 2}, "with another version of it")
    nl.port_set(a.ifindex, program=program(1, 2))
    send(a, b, p1000=1)
    same(nl.port_hits(a.ifindex), {1: 1}, "with another ACL")
    same(counted(nl, 1), {1: 5, 4: 2, 3: 10, DEFAULT_FROM: 2}, "hits of the one that it had")
    same(counted(nl, 2), {1: 1}, "hits of the other")
    nl.port_set(a.ifindex, program=b"")
    same(nl.port_hits(a.ifindex), {}, "hits of a closed port")
    nl.port_del(a.ifindex)
    nl.port_del(b.ifindex)
    same((counted(nl, 1), counted(nl, 2)), ({1: 5, 4: 2, 3: 10, DEFAULT_FROM: 2}, {1: 1}),
         "hits of ACLs that no port has")
    nl.acl_del(1)
    nl.acl_del(2)


@test(smoke=True)
def of_many_rules():
    """an ACL that is too long for counters of each CPU: one more rule than a table may have"""
    switch = Switch()
    nl = switch.nl
    many = [Rule("from", "deny", 10 + n, dst=f"10.9.{n >> 8}.{n & 255}/32") for n in range(4000)]
    nl.acl_load(1, version(*many, allow(1000, 1)))
    a, b = switch.port("a", program(1, 1), claim=1), switch.port("b", program(2), claim=1)
    send(a, b, p1000=3)
    deliver(a, wrap(1, 2, packet.udp(A, "10.9.15.159", 9, 9)), [b])
    same(nl.port_hits(a.ifindex), {1: 3, 4009: 1}, "hits of the port")
    nl.acl_load(1, version(allow(1000, 1), *many[3990:]))
    send(a, b, p1000=1)
    same(nl.port_hits(a.ifindex), {1: 4, 4009: 1}, "when it is short")
    nl.acl_load(1, version(*many, allow(1000, 1)))
    same(nl.port_hits(a.ifindex), {1: 4, 4009: 1}, "when it is long again")


@test(smoke=True)
def carried():
    """added once, for the rules that are here; too much, or out of order, and nothing is"""
    switch = Switch()
    nl = switch.nl
    nl.acl_load(1, version(allow(1000, 1), allow(2000, 2), allow(1000, 7, "to")))
    a, b = switch.port("a", program(1, 1), claim=1), switch.port("b", program(2), claim=1)
    send(a, b, p1000=2)
    same(nl.hits_carry(a.ifindex, [(1, 10), (5, 99), (7, MOST), (DEFAULT_TO, 3), (DEFAULT_FROM, 4)]), 4,
         "rules that took some")
    want = {1: 12, 7: MOST, DEFAULT_TO: 3, DEFAULT_FROM: 4}
    same(nl.port_hits(a.ifindex), want, "hits of the port")
    for hits, errno in (([(1, 1), (7, 1)], 34), ([(1, 1), (2, 2 ** 63)], 34), ([(2, 1), (1, 1)], 22),
                        ([(1, 1), (1, 1)], 22)):
        try:
            nl.hits_carry(a.ifindex, hits)
            raise AssertionError(f"{hits} was accepted")
        except Error as e:
            check(e.errno == errno and "HITS" in e.text, f"{hits}: {e}")
    same(nl.port_hits(a.ifindex), want, "after what was refused")
    send(a, b, p2000=1)
    same(nl.port_hits(a.ifindex), {**want, 2: 1}, "those that go on")
    same(nl.hits_carry(b.ifindex, [(1, 10)]), 0, "rules of a port without ACL")
    same(counted(nl, 1), {**want, 2: 1}, "hits of the ACL")


@test(smoke=True, limit=240, cpus=2)
def exact_under_traffic():
    """a port that changes its ACL, and another that comes and goes, lose no hit of either ACL"""
    switch = Switch()
    nl = switch.nl
    for number in (1, 2):
        nl.acl_load(number, version(allow(1000, 1)))
    a, b = switch.port("a", program(1, 1), claim=1), switch.port("b", program(2), claim=1)
    b.drain()
    stream = Stream(a, [datagram(1000)])
    for n in range(60):
        nl.port_set(a.ifindex, program=program(1, 2 - n % 2))
        nl.acl_load(1 + n % 2, version(allow(1000, 1), allow(1001 + n, 2)))
    sent = stream.end()
    switch.settle()
    same(sum(counted(nl, number)[1] for number in (1, 2)), sent, "hits of both ACLs")
    return f"{sent} frames"
