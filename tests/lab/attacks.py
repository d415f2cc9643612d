# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hostile VM may send: rows (reason it is dropped for, what it is, frame).

The attacker and the one it attacks are Parties. Frames are from the attacker,
whose guard is mac+ip with its own addresses, unless the text says otherwise.
Reasons are those of the attacker's own port; at the other's port, whose ACL
sees the same in its direction, they begin with "to-".
"""
import collections
import struct

import packet
from packet import ARP, BROADCAST, IP4, IP6, Q, RARP, frame, icmp, ip4, ip6, nd, tcp, udp

Party = collections.namedtuple("Party", "mac ip4 ip6")
STRANGER = "66:66:00:00:00:09"
SSH, WEB, ECHO = 22, 80, 9
# The ACL that fragments() and headers() are meant for: SSH is denied, web (TCP)
# and ECHO (UDP) are allowed.


def link_local(mac):
    o = bytearray(packet.octets(mac))
    o[0] ^= 2
    return "fe80::%02x%02x:%02xff:fe%02x:%02x%02x" % tuple(o)


def to(me, other, data, kind=None):
    """data as a frame of me; other: a Party or a MAC."""
    return frame(other.mac if isinstance(other, Party) else other, me.mac,
                 kind=kind or (IP6 if data[0] >> 4 == 6 else IP4), payload=data)


def spoofing(me, other):
    """Addresses that are not the VM's own, and what only routers and servers may say."""
    def says(data, kind=None):
        return to(me, BROADCAST, data, kind)
    arp, link = packet.arp, link_local(me.mac)
    return [
        ("mac-guard", "ARP from another MAC", frame(BROADCAST, STRANGER, kind=ARP,
                                                    payload=arp(STRANGER, me.ip4, tpa=other.ip4))),
        ("source-invalid", "a group address as source", frame(BROADCAST, BROADCAST)),
        ("arp-guard", "ARP for another's IP", says(arp(me.mac, other.ip4), ARP)),
        ("arp-guard", "ARP with another MAC inside", says(arp(STRANGER, me.ip4), ARP)),
        ("arp-guard", "an ARP answer for another's IP",
         says(arp(me.mac, other.ip4, other.mac, me.ip4, 2), ARP)),
        ("arp-guard", "RARP for another MAC",
         says(arp(STRANGER, me.ip4, STRANGER, me.ip4, 3), RARP)),
        ("ip-guard", "another's IPv4 address", says(udp(other.ip4, me.ip4, 1, 2))),
        ("ip-guard", "another's IPv6 address", says(udp(other.ip6, me.ip6, 1, 2))),
        ("ip-guard", "no IPv4 address", says(udp("0.0.0.0", other.ip4, 1, 2))),
        ("ip-guard", "no IPv6 address", says(udp("::", other.ip6, 1, 2))),
        ("ip-guard", "another's address in a later fragment",
         says(packet.fragments(udp(other.ip4, me.ip4, 1, 2, b"x" * 99), 48)[1])),
        ("nd-guard", "an NA for another's address", says(nd(136, other.ip6, me.ip6, (2, me.mac)))),
        ("nd-guard", "an NA with another MAC", says(nd(136, me.ip6, me.ip6, (2, STRANGER)))),
        ("nd-guard", "an NS with another MAC", says(nd(135, other.ip6, me.ip6, (1, STRANGER)))),
        ("nd-guard", "DAD for another's address", says(nd(135, other.ip6, "::"))),
        ("router", "a router advertisement", says(icmp(link, "ff02::1", 134))),
        ("router", "a redirect", says(icmp(link, other.ip6, 137))),
        ("dhcp-server", "a DHCP answer", says(udp(me.ip4, "255.255.255.255", 67, 68))),
        ("dhcp-server", "a DHCPv6 answer", says(udp(me.ip6, other.ip6, 547, 546))),
        ("ethertype", "neither IP nor ARP", says(b"\0", 0x88b5)),
        ("ethertype", "PPPoE", says(b"\0", 0x8863)),
    ]


def vlan_hopping(me, own, foreign):
    """Tags from an access port in VLAN own."""
    return [(reason, f"tags {tags}", frame(BROADCAST, me.mac, tags)) for reason, tags in (
        ("vlan-denied", [foreign]), ("vlan-denied", [own]), ("vlan-stacked", [own, foreign]),
        ("vlan-stacked", [(0x88a8, foreign)]), ("vlan-stacked", [(Q, 0), foreign]))]


def fragments(me, other):
    """IPv4 and IPv6 fragments that hide, split or rewrite a header."""
    a, b, a6, b6 = me.ip4, other.ip4, me.ip6, other.ip6
    syn = tcp(a, b, 5, SSH)[20:]
    split = (44, struct.pack(">xHI", 1, 5))
    twice = [(44, struct.pack(">xHI", 0, 5)), (44, struct.pack(">xHI", 0, 6))]
    return [(reason, what, to(me, other, data)) for reason, what, data in (
        ("fragment", "a first fragment of 8 octets", ip4(a, b, 6, syn[:8], 7, 0, True)),
        ("fragment", "the flags in the second", ip4(a, b, 6, syn[8:], 7, 8)),
        ("fragment", "an overlap of the TCP header", ip4(a, b, 6, b"\0" * 40, 7, 16)),
        ("fragment", "an empty fragment", ip4(a, b, 17, b"", 7, 8, True)),
        ("fragment", "not a multiple of 8", ip4(a, b, 17, b"x" * 13, 7, 64, True)),
        ("fragment", "beyond 65,535 octets", ip4(a, b, 17, b"x" * 64, 7, 65528)),
        ("fragment", "no first one", packet.fragments(udp(a, b, 5, ECHO, b"u" * 200), 64, 8)[2]),
        ("fragment", "IPv6, headers in the second", ip6(a6, b6, 60, b"", extensions=[split])),
        ("fragment", "IPv6, a tiny first fragment", ip6(a6, b6, 6, syn[:8], extensions=[split])),
        ("headers", "two fragment headers", ip6(a6, b6, 6, syn, extensions=twice)))]


def rewriting(me, other):
    """(an honest first fragment and a later one, the same later one as of another packet)"""
    first, later = packet.fragments(udp(me.ip4, other.ip4, 5, ECHO, b"u" * 200), 64)[:2]
    sneaky = bytearray(later)
    sneaky[4:6] = b"\x12\x34"
    sneaky[10:12] = b"\0\0"
    sneaky[10:12] = struct.pack(">H", packet.checksum(bytes(sneaky[:20])))
    return [to(me, other, data) for data in (first, later)], to(me, other, bytes(sneaky))


DEST, HOP = (60, b"\0" + b"\1\4\0\0\0\0"), (0, b"\0" + b"\1\4\0\0\0\0")
ROUTE0 = (43, b"\2\0\1" + b"\0" * 20)
LONG = (60, bytes([30]) + b"\1\xf4" + b"\0" * 244)


def hidden(me, other):
    """TCP to SSH behind what the ACL has to look through: dropped by its rule."""
    a, b, a6, b6 = me.ip4, other.ip4, me.ip6, other.ip6
    ssh6 = tcp(a6, b6, 5, SSH)[40:]
    rows = [("acl", f"SSH behind {n} headers",
             to(me, other, ip6(a6, b6, 6, ssh6, extensions=[DEST] * n))) for n in range(1, 7)]
    return rows + [("acl", "SSH behind options",
                    to(me, other, ip4(a, b, 6, tcp(a, b, 5, SSH)[20:], options=b"\1" * 8)))]


def headers(me, other):
    """IPv6 extension-header chains, options and lengths that lie."""
    a, b, a6, b6 = me.ip4, other.ip4, me.ip6, other.ip6
    web4 = tcp(a, b, 5, WEB)
    ssh6, web6 = tcp(a6, b6, 5, SSH)[40:], tcp(a6, b6, 5, WEB)[40:]
    route = b"\x83\7\4\1\2\3\4\0"
    six = [(what, ip6(a6, b6, 6, data, extensions=extensions)) for what, extensions, data in (
        ("20 extension headers", [DEST] * 20, web6),
        ("hop-by-hop that is not first", [DEST, HOP], web6),
        ("a routing header of type 0", [ROUTE0], web6),
        ("headers beyond the first 256 octets", [LONG], ssh6))]
    six.append(("an extension header cut short", ip6(a6, b6, 60, b"\6\xff\0\0")))
    four = [
        ("a loose source route", ip4(a, b, 6, web4[20:], options=route)),
        ("TCP cut short", ip4(a, b, 6, web4[20:30])),
        ("UDP cut short", ip4(a, b, 17, b"\0\5\0\x09")),
        ("an IHL of 4", b"\x44" + web4[1:]),
        ("IPv5", b"\x55" + web4[1:]),
        ("more octets than there are", web4[:2] + b"\x0f\xff" + web4[4:])]
    return [("headers", what, to(me, other, data, IP6)) for what, data in six] + \
        [("headers", what, to(me, other, data, IP4)) for what, data in four]
