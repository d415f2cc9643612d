# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames and packets as bytes, with right checksums, and wrong ones where asked for."""
import ipaddress
import struct

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
BROADCAST = "ff:ff:ff:ff:ff:ff"
Q, AD = 0x8100, 0x88a8
IP4, ARP, RARP, IP6 = 0x800, 0x806, 0x8035, 0x86dd


def octets(mac):
    return bytes.fromhex(mac.replace(":", "")) if isinstance(mac, str) else mac


def frame(dst, src, tags=(), kind=0x88b5, payload=None, size=60):
    """An Ethernet frame; a tag is a VID or (TPID, VID[, PCP])."""
    out = octets(dst) + octets(src)
    for tag in tags:
        tpid, vid, pcp = (tuple(tag) + (0,))[:3] if isinstance(tag, tuple) else (Q, tag, 0)
        out += struct.pack(">HH", tpid, pcp << 13 | vid)
    out += struct.pack(">H", kind) + (payload or b"")
    return out + b"\0" * (size - len(out))


def raw(address):
    return ipaddress.ip_address(address).packed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport(src, dst, proto, data, at, zero_is=0):
    """data with its checksum put in at an offset."""
    a, b = raw(src), raw(dst)
    head = a + b + (struct.pack(">BBH", 0, proto, len(data)) if len(a) == 4
                    else struct.pack(">II", len(data), proto))
    value = checksum(head + data) or zero_is
    return data[:at] + struct.pack(">H", value) + data[at + 2:]


def tcp(src, dst, sport, dport, flags=SYN, seq=1000, ack=0, data=b"", window=60000):
    head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, window, 0, 0)
    return ip(src, dst, TCP, transport(src, dst, TCP, head + data, 16))


def udp(src, dst, sport, dport, data=b"x" * 20):
    head = struct.pack(">HHHH", sport, dport, 8 + len(data), 0)
    return ip(src, dst, UDP, transport(src, dst, UDP, head + data, 6, 0xffff))


def icmp(src, dst, kind=8, code=0, ident=1, seq=1, data=b"x" * 20):
    body = struct.pack(">BBHHH", kind, code, 0, ident, seq) + data
    if len(raw(src)) == 16:
        return ip(src, dst, ICMP6, transport(src, dst, ICMP6, body, 2))
    return ip(src, dst, ICMP, body[:2] + struct.pack(">H", checksum(body)) + body[4:])


def arp(sha, spa, tha="00:00:00:00:00:00", tpa="0.0.0.0", op=1):
    return struct.pack(">HHBBH", 1, IP4, 6, 4, op) + octets(sha) + raw(spa) + octets(tha) + raw(tpa)


def nd(kind, target, src, option=None, dst="ff02::1"):
    """A neighbour discovery message; option: (type, MAC)."""
    body = struct.pack(">BBHI", kind, 0, 0, 0) + raw(target)
    if option:
        body += bytes([option[0], 1]) + octets(option[1])
    return ip6(src, dst, ICMP6, transport(src, dst, ICMP6, body, 2), hops=255)


def ip4(src, dst, proto, data, ident=1, offset=0, more=False, ttl=64, tos=0, options=b""):
    """offset in octets."""
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 4 << 4 | words, tos, words * 4 + len(data), ident,
                       (0x2000 if more else 0) | offset // 8, ttl, proto, 0)
    head += raw(src) + raw(dst) + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + data


def ip6(src, dst, proto, data, hops=64, traffic=0, extensions=()):
    """extensions: (number, body after the next-header octet)."""
    chain = b""
    numbers = [n for n, _ in extensions] + [proto]
    for (_, body), following in zip(extensions, numbers[1:]):
        chain += bytes([following]) + body
    return struct.pack(">IHBB", 6 << 28 | traffic << 20, len(chain) + len(data), numbers[0], hops) \
        + raw(src) + raw(dst) + chain + data


def ip(src, dst, proto, data, **kw):
    return (ip4 if len(raw(src)) == 4 else ip6)(src, dst, proto, data, **kw)


def fragments(packet, size, ident=77):
    """An IPv4 or IPv6 packet (without extension headers) in fragments of size octets."""
    six = packet[0] >> 4 == 6
    data = packet[40 if six else 20:]
    out = []
    for at in range(0, len(data), size):
        part, more = data[at:at + size], at + size < len(data)
        if six:
            body = b"\0" + struct.pack(">HI", at | more, ident)
            out.append(ip6(packet[8:24], packet[24:40], packet[6], part, extensions=[(44, body)]))
        else:
            out.append(ip4(packet[12:16], packet[16:20], packet[9], part, ident, at, more))
    return out
