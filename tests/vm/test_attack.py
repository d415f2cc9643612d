# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hostile guest may try, packet by packet: nothing arrives, and the reason is counted."""
import collections

import abi
import acl
import attacks
import packet
from acl import Rule
from attacks import Party
from packet import ACK, PSH, SYN, icmp, ip4, ip6, nd, tcp, udp
from registry import check, same, test
from test_acl import A, A6, ARP, B, B6, bare, blocked, passes, wrap
from world import BROADCAST, Switch, deliver, frame, mac, refused

ME, OTHER = Party(mac(1), A, A6), Party(mac(2), B, B6)
LINK = attacks.link_local(mac(1))


def locked(switch, **kw):
    """Port a, locked to MAC 1 and its addresses, and port b that would hear everything."""
    flags = abi.PF_GUARD | abi.PF_IP_GUARD
    a = switch.port("a", abi.program(flags, 100, macs=[mac(1)], ips=[f"{A}/32", f"{A6}/128"], **kw),
                    claim=1)
    return a, switch.port("b", abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=1000))


@test(smoke=True)
def spoofing():
    """MAC, ARP, RARP, ND, RA, DHCP server and IP addresses that are not the guest's own"""
    switch = Switch()
    a, b = locked(switch)

    def says(data, kind=None, dst=BROADCAST):
        kind = kind or (0x86dd if data[0] >> 4 == 6 else 0x800)
        return frame(dst, mac(1), kind=kind, payload=data)
    for fine in (says(packet.arp(mac(1), A, tpa=B), ARP), says(udp(A, B, 1, 2)),
                 says(udp(A6, B6, 1, 2)), says(packet.arp(mac(1), "0.0.0.0", tpa=A), ARP),
                 says(nd(135, B6, A6, (1, mac(1)))), says(nd(136, A6, A6, (2, mac(1)))),
                 says(nd(135, A6, "::", dst="ff02::1:ff00:1")),
                 says(udp("0.0.0.0", "255.255.255.255", 68, 67)), says(icmp(LINK, "ff02::1", 128))):
        passes(a, b, fine, f"honest {fine[12:].hex()}")
    for reason, what, data in attacks.spoofing(ME, OTHER):
        refused(a, data, [b, switch], reason, what)


@test(smoke=True)
def vlan_hopping():
    """tags of any kind, single, double, stacked, from an access port reach no VLAN"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("from", "allow")]))
    a = switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)], acl=1), claim=1)
    others = [switch.port(f"v{v}", abi.program(abi.PF_FLOOD, v)) for v in (100, 200)]
    trunk = switch.port("t", abi.program(abi.PF_UPLINK | abi.PF_FLOOD, None, {100, 200}, set()))
    for reason, what, data in attacks.vlan_hopping(ME, 100, 200):
        refused(a, data, [*others, trunk], reason, what)


@test(smoke=True, limit=90)
def mac_flood():
    """5,000 source addresses fill neither the table nor another port's share of it"""
    switch = Switch()
    g = switch.port("g", abi.program(abi.PF_GUARD, 100, macs=[mac(1)]), claim=1)
    a = switch.port("a", abi.program(abi.PF_LEARN, 100, fdb_max=50))
    b = switch.port("b", abi.program(abi.PF_LEARN, 100, fdb_max=50))
    deliver(b, frame(BROADCAST, mac(2)), [])
    for n in range(5000):
        a.send(frame(BROADCAST, mac(10 + n)))
        if n % 10 == 0:
            g.send(frame(BROADCAST, mac(5000 + n)))
    switch.settle()
    same((a.state().fdb_count, b.state().fdb_count), (50, 1), "learned")
    same(g.drops(), {"mac-guard": 500}, "drops at the guarded port")
    passes(a, b, frame(mac(2), mac(10)), "to the address learned before")


SECRET = [Rule("to", "deny", 1, proto=6, dport=22), Rule("to", "allow", 2, proto=6, stateless=True),
          Rule("to", "allow", 3, proto=17, dport=9, stateless=True)]


def target(switch):
    switch.nl.acl_load(1, acl.compile(SECRET))
    b = switch.port("b", abi.program(abi.PF_GUARD, 100, macs=[mac(2)], acl=1), claim=1)
    return switch.port("a", abi.program(abi.PF_LEARN, 100, fdb_max=10)), b


@test(smoke=True)
def fragment_tricks():
    """tiny first fragments, split headers, overlaps, impossible offsets, nested fragment headers"""
    switch = Switch()
    a, b = target(switch)
    for reason, what, data in attacks.fragments(ME, OTHER):
        blocked(a, b, data, "to-" + reason, what, b)
    honest, sneaky = attacks.rewriting(ME, OTHER)
    for data in honest:
        passes(a, b, data, "an honest fragment")
    blocked(a, b, sneaky, "to-fragment", "a later one of another packet", b)


@test(smoke=True)
def header_tricks():
    """extension-header chains, options, source routes, lengths that lie: refused, or seen through"""
    switch = Switch()
    a, b = target(switch)
    for reason, what, data in attacks.hidden(ME, OTHER) + attacks.headers(ME, OTHER):
        blocked(a, b, data, "to-" + reason, what, b)
    web6 = tcp(A6, B6, 5, 80)[40:]
    for n in range(1, 7):
        passes(a, b, wrap(1, 2, ip6(A6, B6, 6, web6, extensions=[attacks.DEST] * n)),
               f"web behind {n}")
    passes(a, b, wrap(1, 2, ip4(A, B, 6, tcp(A, B, 5, 80)[20:], options=b"\1" * 8)), "no-op options")


@test(smoke=True, limit=120)
def another_is_unharmed():
    """under a flood of denied packets with random fields another guest's connections lose nothing"""
    switch = Switch()
    rules = [Rule("to", "allow", 1 + n, proto=6, src=f"10.{n}.0.0/16", dport=(n, n + 100))
             for n in range(200)] + [Rule("to", "allow", 900, proto=17, dport=9)]
    switch.nl.acl_load(1, acl.compile(rules))
    ports = [switch.port(f"p{n}", abi.program(abi.PF_GUARD, 100, macs=[mac(n)], acl=1), claim=1)
             for n in (1, 2, 3)]
    a, b, c = ports
    before = switch.nl.acls()
    lost = 0
    for n in range(100):
        for i in range(20):
            a.send(wrap(1, 2, tcp(f"10.{n + 100}.{i}.1", f"10.0.{n}.{i}", n * 600 + i, n * i, ACK)))
        data = wrap(3, 2, udp("10.0.0.3", B, 1000 + n, 9))
        back = wrap(2, 3, udp(B, "10.0.0.3", 9, 1000 + n))
        lost += data not in deliver(c, data, [b])["p2p"]
        lost += back not in deliver(b, back, [c])["p3p"]
    same(lost, 0, "packets of the others lost")
    switch.settle()
    same(b.drops().get("to-acl", 0) + b.state().to_packets, 2000 + 100, "verdicts on the flood")
    check(b.drops()["to-acl"] > 1000, f"{b.drops()}")
    same(a.state().connections <= 2000, True, "connections of the attacker")
    same([x.ports for x in before], [3], "ports")


C, D = "10.0.0.3", "10.0.0.4"


class Bystanders:
    """Two VMs with stateful ACLs of their own; what they say must arrive, packet by packet."""

    def __init__(self, switch):
        switch.nl.acl_load(9, acl.compile([Rule("to", "allow", 1, proto=17, dport=9),
                                           Rule("to", "allow", 2, proto=6, dport=80)]))
        self.ports = [switch.port(name, abi.program(abi.PF_GUARD, 100, macs=[mac(n)], acl=9),
                                  claim=1) for name, n in (("c", 3), ("d", 4))]
        self.sent = self.arrived = self.opened = 0

    def say(self, way, data):
        """Whether a packet of c to d (way 0), or of d to c, arrives as it is."""
        data = wrap(3 + way, 4 - way, data)
        self.sent += 1
        self.ports[way].send(data)
        found = False
        while not found:
            got = self.ports[1 - way].received(2)
            if not got:
                return False
            found = bare(data) in [bare(one) for one in got]
        self.arrived += 1
        return True

    def exchange(self, n):
        """On a lasting connection there and back; then a new one by UDP, and one by TCP."""
        self.say(0, udp(C, D, 999, 9))
        self.say(1, udp(D, C, 9, 999))
        there = self.say(0, udp(C, D, 1000 + n, 9))
        self.opened += self.say(1, udp(D, C, 9, 1000 + n)) and there
        steps = (0, tcp(C, D, 1000 + n, 80, SYN, 1000)), \
            (1, tcp(D, C, 80, 1000 + n, SYN | ACK, 5000, 1001)), \
            (0, tcp(C, D, 1000 + n, 80, ACK | PSH, 1001, 5001, b"x"))
        self.opened += all([self.say(*step) for step in steps])


GUARDED = abi.PF_GUARD | abi.PF_IP_GUARD
OWN_RULES = [Rule("from", "deny", 1, proto=6, dport=22), Rule("from", "allow", 2, proto=6, dport=80),
             Rule("from", "allow", 3, proto=17, dport=9)] + \
    [Rule("from", "allow", 10 + n, proto=6, dst=f"10.{n}.0.0/16", dport=(n, n + 100))
     for n in range(1, 201)]


def rows(table):
    return lambda n: table[n % len(table)][::2]


def one_by_one():
    """By name: what the attacker sends as its n-th frame, and the reason it is dropped for."""
    def strange(n):
        return f"66:66:00:00:{n >> 8 & 255:02x}:{n & 255:02x}"
    return {
        "spoofing": rows(attacks.spoofing(ME, OTHER)),
        "VLAN hopping": rows(attacks.vlan_hopping(ME, 100, 200)),
        "fragments": rows(attacks.fragments(ME, OTHER)),
        "header chains": rows(attacks.hidden(ME, OTHER) + attacks.headers(ME, OTHER)),
        "MAC flood": lambda n: ("mac-guard", frame(BROADCAST, strange(n))),
        "broadcast storm": lambda n: ("storm-broadcast", wrap(1, BROADCAST, udp(A, "10.0.0.255",
                                                                                5, 9))),
        "connections": lambda n: ("connection-limit", wrap(1, 2, udp(A, B, 1000 + n, 9) if n % 2 else
                                                           tcp(A, B, 1000 + n, 80))),
        "tuples": lambda n: ("acl", wrap(1, 2, tcp(A, f"172.{n % 200}.{n * 7 % 256}.{n * 13 % 256}",
                                                   n * 77 % 65536, n * 177 % 65536, ACK))),
    }


@test(smoke=True, limit=180)
def bystanders():
    """beside each attack, 20 of its frames to 1 exchange, two others' packets all arrive and all
    their new connections open; what the attacker sends is dropped and counted, or let through"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile(OWN_RULES, default_from="deny"))
    a = switch.port("a", abi.program(GUARDED, 100, macs=[mac(1)], ips=[f"{A}/32", f"{A6}/128"], acl=1,
                                     connections_max=100, storm_broadcast=2), claim=1)
    b = switch.port("b", abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=10))
    others = Bystanders(switch)
    text, sofar = [], 0
    for name, attack in one_by_one().items():
        before, passed, wanted = a.state(), 0, collections.Counter()
        others.sent = others.arrived = others.opened = 0
        b.drain()
        for n in range(20):
            for i in range(20):
                reason, data = attack(20 * n + i)
                wanted[reason] += 1
                a.send(data)
            others.exchange(sofar)
            sofar += 1
        switch.settle()
        same((others.arrived, others.opened), (others.sent, 40), f"arrived and opened: {name}")
        drops = collections.Counter(a.drops())
        drops.subtract(before.drops)
        passed = len([1 for data in b.received(0.2) if data[6:12] == abi.mac_bytes(mac(1))])
        if name in ("broadcast storm", "connections"):
            reason, = wanted
            check(0 < passed <= 200, f"{name}: {passed} frames passed")
            wanted[reason] -= passed
        else:
            same(passed, 0, f"{name}: frames that passed")
        same(+drops, wanted, f"{name}: drops of the attacker")
        text.append(f"{name} {sum(wanted.values())}")
    same(a.state().connections, 100, "connections of the attacker")
    same([p.drops() for p in others.ports], [{}, {}], "drops of the others")
    return f"dropped: {', '.join(text)}; {sofar} exchanges of 7 packets, 0 lost, " \
        f"{2 * sofar} connections opened"


@test(smoke=True, limit=120)
def bystanders_of_an_open_port():
    """beside a MAC flood from a port without a guard two others' packets all arrive,
    and no third port hears them"""
    switch = Switch()
    a = switch.port("a", abi.program(abi.PF_LEARN, 100, fdb_max=50))
    b = switch.port("b", abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=10))
    others = Bystanders(switch)
    for n in range(50):
        for i in range(20):
            a.send(frame(BROADCAST, f"66:66:00:00:{n:02x}:{i:02x}"))
        others.exchange(n)
    switch.settle()
    same((others.arrived, others.opened), (350, 100), "arrived and opened")
    same((a.state().fdb_count, [p.drops() for p in others.ports]), (50, [{"to-acl": 1000}] * 2),
         "learned, and what the ACLs of the others refused")
    got = b.received(0.2)
    same((len(got), {data[6:8].hex() for data in got}), (1000, {"6666"}), "what a third port heard")
