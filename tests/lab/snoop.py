# SPDX-License-Identifier: GPL-2.0-or-later
"""Multicast snooping (include/vifswitch/snoop-abi.h), and messages of IGMP as hosts send them."""
import collections
import ipaddress
import os
import struct

import abi
import packet

HEADER = os.path.join(os.path.dirname(abi.HEADER), "snoop-abi.h")
SNOOP = struct.Struct("=IIIIIIQQ")
GROUP = struct.Struct("=16sII")
FIELDS = ("flags", "querier", "port_max", "ageing_s", "members", "reserved", "refused",
          "passed_over")
ON, FLOOD = 1, 2
ROUTER, FIXED, REPORTS = 1, 2, 4
Member = collections.namedtuple("Member", "port vlan address flags left_ms")

ALL_HOSTS, ALL_ROUTERS, REPORTS3 = "224.0.0.1", "224.0.0.2", "224.0.0.22"
ALERT = b"\x94\x04\0\0"
EXCLUDE, TO_INCLUDE, TO_EXCLUDE = 2, 3, 4


def blob(flags=ON | FLOOD, querier=0, port_max=256, ageing_s=300, **more):
    value = dict.fromkeys(FIELDS, 0)
    value.update(flags=flags, querier=querier, port_max=port_max, ageing_s=ageing_s, **more)
    return SNOOP.pack(*value.values())


OFF = bytes(SNOOP.size)


def told(raw):
    return dict(zip(FIELDS, SNOOP.unpack(raw)))


def member(port, vlan, raw):
    octets, flags, left_ms = GROUP.unpack(raw[:GROUP.size])
    address = ipaddress.IPv6Address(octets)
    return Member(port, vlan, str(address.ipv4_mapped or address), flags, left_ms)


def mac(group):
    """The Ethernet group of an IPv4 group."""
    low = int(ipaddress.IPv4Address(group)) & 0x7fffff
    return "01:00:5e:%02x:%02x:%02x" % (low >> 16, low >> 8 & 255, low & 255)


def _message(src_mac, src, dst, igmp, ttl=1):
    igmp = igmp[:2] + struct.pack(">H", packet.checksum(igmp)) + igmp[4:]
    return packet.frame(mac(dst), src_mac, kind=0x800,
                        payload=packet.ip4(src, dst, 2, igmp, ttl=ttl, options=ALERT))


def _about(kind, code, group):
    return struct.pack(">BBH4s", kind, code, 0, ipaddress.IPv4Address(group).packed)


def report3(src_mac, src, records):
    """records: (kind, group) of each."""
    body = struct.pack(">BBHHH", 0x22, 0, 0, 0, len(records))
    body += b"".join(struct.pack(">BBH4s", kind, 0, 0, ipaddress.IPv4Address(group).packed)
                     for kind, group in records)
    return _message(src_mac, src, REPORTS3, body)


def report2(src_mac, src, group):
    return _message(src_mac, src, group, _about(0x16, 0, group))


def leave2(src_mac, src, group):
    return _message(src_mac, src, ALL_ROUTERS, _about(0x17, 0, group))


def query2(src_mac, src, group="0.0.0.0", tenths=100):
    return _message(src_mac, src, ALL_HOSTS if group == "0.0.0.0" else group,
                    _about(0x11, tenths, group))


def data(src_mac, src, group, payload=b"x" * 20):
    return packet.frame(mac(group), src_mac, kind=0x800,
                        payload=packet.udp(src, group, 5000, 5000, payload))


def is_query(octets):
    """Of the octets of a frame without tag: an IGMP query?"""
    return octets[12:14] == b"\x08\x00" and octets[23] == 2 and \
        octets[14 + (octets[14] & 15) * 4] == 0x11


def group_of(octets):
    """Where a frame with IPv4 goes."""
    return str(ipaddress.IPv4Address(octets[30:34])) if octets[12:14] == b"\x08\x00" else None
