# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hostile guest may try, packet by packet: nothing arrives, and the reason is counted."""
import struct

import abi
import acl
import packet
from acl import Rule
from packet import ACK, SYN, icmp, ip4, ip6, tcp, udp
from registry import check, same, test
from test_acl import A, A6, ARP, B, B6, blocked, passes, wrap
from world import BROADCAST, Q, Switch, deliver, frame, mac, refused

LINK = "fe80::216:3eff:fe00:1"  # of mac(1)


def locked(switch, **kw):
    """Port a, locked to MAC 1 and its addresses, and port b that would hear everything."""
    flags = abi.PF_GUARD | abi.PF_IP_GUARD
    a = switch.port("a", abi.program(flags, 100, macs=[mac(1)], ips=[f"{A}/32", f"{A6}/128"], **kw),
                    claim=1)
    return a, switch.port("b", abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=1000))


def arp(sha, spa, tha="00:00:00:00:00:00", tpa=B, op=1):
    return struct.pack(">HHBBH", 1, 0x800, 6, 4, op) + abi.mac_bytes(sha) + packet.raw(spa) \
        + abi.mac_bytes(tha) + packet.raw(tpa)


def nd(kind, target, option=None, src=A6, dst="ff02::1"):
    """A neighbour discovery message; option: (type, MAC)."""
    body = struct.pack(">BBHI", kind, 0, 0, 0) + packet.raw(target)
    if option:
        body += bytes([option[0], 1]) + abi.mac_bytes(option[1])
    return ip6(src, dst, 58, packet.transport(src, dst, 58, body, 2), hops=255)


@test(smoke=True)
def spoofing():
    """MAC, ARP, RARP, ND, RA, DHCP server and IP addresses that are not the guest's own"""
    switch = Switch()
    a, b = locked(switch)

    def says(data, kind=None, dst=BROADCAST):
        kind = kind or (0x86dd if data[0] >> 4 == 6 else 0x800)
        return frame(dst, mac(1), kind=kind, payload=data)
    for fine in (says(arp(mac(1), A), ARP), says(udp(A, B, 1, 2)), says(udp(A6, B6, 1, 2)),
                 says(arp(mac(1), "0.0.0.0", tpa=A), ARP), says(nd(135, B6, (1, mac(1)))),
                 says(nd(136, A6, (2, mac(1)))), says(nd(135, A6, src="::", dst="ff02::1:ff00:1")),
                 says(udp("0.0.0.0", "255.255.255.255", 68, 67)), says(icmp(LINK, "ff02::1", 128))):
        passes(a, b, fine, f"honest {fine[12:].hex()}")
    for reason, data in (
            ("mac-guard", frame(BROADCAST, mac(9), kind=ARP, payload=arp(mac(9), A))),
            ("source-invalid", frame(BROADCAST, BROADCAST)),
            ("arp-guard", says(arp(mac(1), B), ARP)), ("arp-guard", says(arp(mac(9), A), ARP)),
            ("arp-guard", says(arp(mac(1), B, mac(2), A, 2), ARP)),
            ("arp-guard", says(arp(mac(9), A, mac(9), A, 3), 0x8035)),
            ("ip-guard", says(udp(B, A, 1, 2))), ("ip-guard", says(udp(B6, A6, 1, 2))),
            ("ip-guard", says(udp("0.0.0.0", B, 1, 2))), ("ip-guard", says(udp("::", B6, 1, 2))),
            ("ip-guard", says(packet.fragments(udp(B, A, 1, 2, b"x" * 99), 48)[1])),
            ("nd-guard", says(nd(136, B6, (2, mac(1))))), ("nd-guard", says(nd(136, A6, (2, mac(9))))),
            ("nd-guard", says(nd(135, B6, (1, mac(9))))), ("nd-guard", says(nd(135, B6, src="::"))),
            ("router", says(icmp(LINK, "ff02::1", 134))), ("router", says(icmp(LINK, B6, 137))),
            ("dhcp-server", says(udp(A, "255.255.255.255", 67, 68))),
            ("dhcp-server", says(udp(A6, B6, 547, 546))),
            ("ethertype", frame(BROADCAST, mac(1), kind=0x88b5)),
            ("ethertype", frame(BROADCAST, mac(1), kind=0x8863))):
        refused(a, data, [b, switch], reason, f"{reason} {data[12:].hex()}")


@test(smoke=True)
def vlan_hopping():
    """tags of any kind, single, double, stacked, from an access port reach no VLAN"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("from", "allow")]))
    a = switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)], acl=1), claim=1)
    others = [switch.port(f"v{v}", abi.program(abi.PF_FLOOD, v)) for v in (100, 200)]
    trunk = switch.port("t", abi.program(abi.PF_UPLINK | abi.PF_FLOOD, None, {100, 200}, set()))
    for tags, reason in (([200], "vlan-denied"), ([100], "vlan-denied"), ([100, 200], "vlan-stacked"),
                         ([(0x88a8, 200)], "vlan-stacked"), ([(Q, 0), 200], "vlan-stacked")):
        refused(a, frame(BROADCAST, mac(1), tags), [*others, trunk], reason, f"tags {tags}")


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
    syn = tcp(A, B, 5, 22, SYN)[20:]
    good = udp(A, B, 5, 9, b"u" * 200)
    for what, data in (
            ("a first fragment of 8 octets", ip4(A, B, 6, syn[:8], 7, 0, True)),
            ("the flags in the second", ip4(A, B, 6, syn[8:], 7, 8)),
            ("an overlap of the TCP header", ip4(A, B, 6, b"\0" * 40, 7, 16)),
            ("an empty fragment", ip4(A, B, 17, b"", 7, 8, True)),
            ("not a multiple of 8", ip4(A, B, 17, b"x" * 13, 7, 64, True)),
            ("beyond 65,535 octets", ip4(A, B, 17, b"x" * 64, 7, 65528)),
            ("no first one", packet.fragments(good, 64)[2])):
        blocked(a, b, wrap(1, 2, data), "to-fragment", what, b)
    for what, data in (
            ("IPv6, headers in the second", ip6(A6, B6, 60, b"", extensions=[(44, struct.pack(">xHI", 1, 5))])),
            ("IPv6, a tiny first fragment", ip6(A6, B6, 6, syn[:8], extensions=[(44, struct.pack(">xHI", 1, 5))]))):
        blocked(a, b, wrap(1, 2, data), "to-fragment", what, b)
    twice = ip6(A6, B6, 6, syn, extensions=[(44, struct.pack(">xHI", 0, 5)), (44, struct.pack(">xHI", 0, 6))])
    blocked(a, b, wrap(1, 2, twice), "to-headers", "two fragment headers", b)
    parts = packet.fragments(good, 64)
    passes(a, b, wrap(1, 2, parts[0]), "an honest first fragment")
    passes(a, b, wrap(1, 2, parts[1]), "an honest later one")
    sneaky = bytearray(parts[1])
    sneaky[4:6] = b"\x12\x34"
    sneaky[10:12] = b"\0\0"
    sneaky[10:12] = struct.pack(">H", packet.checksum(bytes(sneaky[:20])))
    blocked(a, b, wrap(1, 2, bytes(sneaky)), "to-fragment", "a later one of another packet", b)


@test(smoke=True)
def header_tricks():
    """extension-header chains, options, source routes, lengths that lie: refused, or seen through"""
    switch = Switch()
    a, b = target(switch)
    hop, dest = (0, b"\0" + b"\1\4\0\0\0\0"), (60, b"\0" + b"\1\4\0\0\0\0")
    route0 = (43, b"\2\0\1" + b"\0" * 20)
    ssh6, web6 = tcp(A6, B6, 5, 22)[40:], tcp(A6, B6, 5, 80)[40:]
    for n in range(1, 7):
        blocked(a, b, wrap(1, 2, ip6(A6, B6, 6, ssh6, extensions=[dest] * n)), "to-acl",
                f"SSH behind {n} headers", b)
        passes(a, b, wrap(1, 2, ip6(A6, B6, 6, web6, extensions=[dest] * n)), f"web behind {n}")
    for what, data in (
            ("20 extension headers", ip6(A6, B6, 6, web6, extensions=[dest] * 20)),
            ("hop-by-hop that is not first", ip6(A6, B6, 6, web6, extensions=[dest, hop])),
            ("a routing header of type 0", ip6(A6, B6, 6, web6, extensions=[route0])),
            ("an extension header cut short", ip6(A6, B6, 60, b"\6\xff\0\0")),
            ("a loose source route", ip4(A, B, 6, tcp(A, B, 5, 80)[20:], options=b"\x83\7\4\1\2\3\4\0")),
            ("TCP cut short", ip4(A, B, 6, tcp(A, B, 5, 80)[20:30])),
            ("UDP cut short", ip4(A, B, 17, b"\0\5\0\x09")),
            ("an IHL of 4", b"\x44" + tcp(A, B, 5, 80)[1:]),
            ("IPv5", b"\x55" + tcp(A, B, 5, 80)[1:]),
            ("more octets than there are", tcp(A, B, 5, 80)[:2] + b"\x0f\xff" + tcp(A, B, 5, 80)[4:])):
        blocked(a, b, frame(mac(2), mac(1), kind=0x86dd if what.startswith(("20", "hop", "a rout", "an ext"))
                            else 0x800, payload=data), "to-headers", what, b)
    passes(a, b, wrap(1, 2, ip4(A, B, 6, tcp(A, B, 5, 80)[20:], options=b"\1" * 8)), "no-op options")
    blocked(a, b, wrap(1, 2, ip4(A, B, 6, tcp(A, B, 5, 22)[20:], options=b"\1" * 8)), "to-acl",
            "SSH behind options", b)
    long = wrap(1, 2, ip6(A6, B6, 6, ssh6, extensions=[(60, bytes([30]) + b"\1\xf4" + b"\0" * 244)]))
    blocked(a, b, long, "to-headers", "headers beyond the first 256 octets", b)


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
