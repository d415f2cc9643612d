# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow tables by netlink (include/vifswitch/openflow-abi.h): records packed, replies unpacked.

flow(7, match={"ETH_TYPE": 0x800}, ops=[output(2)]) is a record; Tables(switch) sends them.
"""
import os
import re
import select
import socket
import struct

import abi
import genl
from genl import u8, u32

HEADER = os.path.join(os.path.dirname(abi.HEADER), "openflow-abi.h")
with open(HEADER) as f:
    _text = f.read()
CONSTANTS, _ = abi.parse(_text)
FIELDS = {name: (int(first), int(words)) for name, first, words in
          re.findall(r"^\tX\((\w+), (\d+), (\d+)\)", _text, re.M)}


def constant(name):
    return CONSTANTS["VIFSWITCH_OF_" + name]


IN, TABLE, NORMAL, FLOOD, ALL, LOCAL = (constant("PORT_" + n)
                                   for n in ("IN", "TABLE", "NORMAL", "FLOOD", "ALL", "LOCAL"))
PRESENT = 0x1000
SO_RCVBUFFORCE = 33


def words_of(name, value, mask=None):
    """(word, value, mask) of a field, the highest first, without those nobody asks for."""
    first, count = FIELDS[name] if not name.startswith("REG") else (10 + 2 * int(name[3:]), 2)
    full = (1 << 16 * count) - 1
    mask = full if mask is None else mask
    for i in range(count):
        shift = 16 * (count - 1 - i)
        m = mask >> shift & 0xffff
        yield first + i, value >> shift & m, m


def op(code, a=0, b=0, data=b""):
    return struct.pack("=BBHI", constant("OP_" + code), 1 + len(data) // 8, a, b) + data


def output(port):
    return op("OUTPUT", b=port)


def controller(data=0, number=1, length=0xffff):
    return op("CONTROLLER", length, 1 << 16 | number, struct.pack("=Q", data))


def goto(table):
    return op("GOTO", table)


def resubmit(table, in_port=0):
    return op("RESUBMIT", table, in_port)


def put(name, value, mask=None):
    all_words = list(words_of(name, value, mask))
    pairs = b"".join(struct.pack("=HH", v, m) for _, v, m in all_words)
    return op("SET", all_words[0][0], len(all_words), pairs + bytes(-len(pairs) % 8))


def write(*ops):
    return op("WRITE", data=b"".join(ops))


def record(kind, body):
    body += bytes(-len(body) % 8)
    return struct.pack("=IHH", 8 + len(body), constant(kind), 0) + body


def flow(number, table=0, priority=100, match=None, ops=(), cookie=0, idle=0, hard=0, flags=0):
    """match: {field: value or (value, mask)}"""
    words = []
    for name, value in (match or {}).items():
        value, mask = value if isinstance(value, tuple) else (value, None)
        words += [w for w in words_of(name, value, mask) if w[2]]
    words.sort()
    packed = b"".join(struct.pack("=HHH", *w) for w in words)
    ops = b"".join(ops)
    return record("FLOW", struct.pack("=QQIHHHHHH", number, cookie, priority, table, flags, idle,
                                      hard, len(words), len(ops)) +
                  packed + bytes(-len(packed) % 8) + ops)


def delete(number, kind="FLOW_DEL"):
    return record(kind, struct.pack("=Q", number))


def group(number, kind, *buckets):
    """buckets: lists of operations, or (watch_port, weight, operations)"""
    body = struct.pack("=IBBH", number, constant("GROUP_" + kind), 0, len(buckets))
    for b in buckets:
        watch, weight, ops = b if isinstance(b, tuple) else (0, 0, b)
        ops = b"".join(ops)
        body += struct.pack("=IHHII", 0, weight, len(ops), watch, 0) + ops
    return record("GROUP", body)


def meter(number, *bands, packets=True):
    """bands: (rate, burst) to drop beyond, or (rate, burst, levels) to remark"""
    body = struct.pack("=IHH", number, constant("METER_PACKETS") if packets else 0, len(bands))
    for b in bands:
        body += struct.pack("=IIHHI", b[0], b[1], int(len(b) > 2), b[2] if len(b) > 2 else 0, 0)
    return record("METER", body)


CLEAR = record("CLEAR", b"")


def split(data):
    """The records of a reply, as (kind, octets behind the head)."""
    while data:
        length, kind, _ = struct.unpack_from("=IHH", data)
        yield kind, data[8:length]
        data = data[length:]


class Told:
    """What the group "openflow" gets, from now on."""

    def __init__(self, nl):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, genl.NETLINK_GENERIC)
        self.socket.bind((0, 0))
        self.socket.setsockopt(genl.SOL_NETLINK, genl.NETLINK_ADD_MEMBERSHIP,
                               nl.groups["openflow"])
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)

    def read(self, timeout=0):
        """(command, attributes) of all that came."""
        out = []
        while select.select([self.socket], [], [], 0 if out else timeout)[0]:
            data = self.socket.recv(1 << 17)
            out.append((data[16], genl.unpack(data[20:])))
        return out

    def packets(self, timeout=0):
        """(head as a dict, frame) of frames."""
        return [(packet_in(a[abi.A_OF_PACKET]), a[abi.A_PACKET])
                for command, a in self.read(timeout) if command == abi.CMD_OF_PACKET_IN]

    def ended(self, timeout=0):
        """{id: (reason, packets)} of flows."""
        out = {}
        for command, a in self.read(timeout):
            if command == abi.CMD_OF_EVENT:
                out.update({s["id"]: (s["reason"], s["packets"]) for kind, body in
                            split(a[abi.A_OF_RECORDS]) for s in [flow_stats(body)]})
        return out


def packet_in(data):
    names = ("cookie", "flow", "data", "in_port", "length", "controller", "table", "reason", "_",
             "max_len", "metadata", "tunnel_id")
    return dict(zip(names, struct.unpack_from("=QQQIIHHBBHQQ", data))) | {
        "reg": struct.unpack_from("=16I", data, 56)}


def flow_stats(body):
    names = ("id", "cookie", "packets", "bytes", "age_ms", "idle_ms", "table", "reason")
    return dict(zip(names, struct.unpack_from("=QQQQQQHB", body)))


class Tables:
    """Of a switch, which goes into flow mode."""

    def __init__(self, nl, ifindex, standalone=False):
        self.nl, self.ifindex = nl, ifindex
        if standalone is not None:      # else it is in flow mode already
            self.mode(3 if standalone else 1)

    def grant(self):
        """What a frame's flow tells comes to the socket of these, and no more to the group."""
        self.nl.do(abi.CMD_OF_GRANT, {abi.A_SWITCH: u32(self.ifindex)})

    def heard(self):
        told = Told.__new__(Told)
        told.socket = self.nl.socket
        return told

    def mode(self, mode):
        self.nl.do(abi.CMD_SWITCH_SET, {abi.A_SWITCH: u32(self.ifindex),
                                        abi.A_OF_MODE: u32(mode)})

    def change(self, *records, keep=False):
        """One transaction; in pieces if it is long."""
        piece = b""
        for r in records:
            if len(piece) + len(r) > 30000:
                self.send(piece, True)
                piece = b""
            piece += r
        self.send(piece, keep)

    def send(self, data, keep):
        self.nl.do(abi.CMD_OF_CHANGE, {abi.A_SWITCH: u32(self.ifindex), abi.A_OF_RECORDS: data,
                                       abi.A_OF_KEEP: u8(1) if keep else None})

    def abort(self):
        self.nl.do(abi.CMD_OF_ABORT, {abi.A_SWITCH: u32(self.ifindex)})

    def get(self, kind):
        for a in self.nl.dump(abi.CMD_OF_GET, {abi.A_SWITCH: u32(self.ifindex),
                                               abi.A_OF_KIND: u32(constant(kind))}):
            yield from split(a.get(abi.A_OF_RECORDS, b""))

    def flows(self):
        return {s["id"]: s for _, body in self.get("FLOW_STATS") for s in [flow_stats(body)]}

    def numbers(self):
        """{ifindex: number} of ports."""
        return {ifindex: number for _, body in self.get("PORT")
                for number, ifindex in [struct.unpack_from("=II", body)]}

    def ports(self):
        """{ifindex: what is said of the port}"""
        out = {}
        for _, body in self.get("PORT"):
            values = struct.unpack_from("=IIQQQQQQQ16s6sH", body)
            keys = ("number", "ifindex", "told", "not_told", "rx_packets", "rx_bytes", "rx_dropped",
                    "tx_packets", "tx_bytes", "name", "mac", "flags")
            port = dict(zip(keys, values))
            port["name"] = port["name"].rstrip(b"\0").decode()
            port["mac"] = port["mac"].hex(":")
            out[port["ifindex"]] = port
        return out

    def told(self):
        """{ifindex: (told, not told)} of ports."""
        return {ifindex: (told, lost) for _, body in self.get("PORT")
                for _, ifindex, told, lost in [struct.unpack_from("=IIQQ", body)]}

    def out(self, frame, ops, in_port=0):
        ops = b"".join(ops)
        self.nl.do(abi.CMD_OF_PACKET_OUT, {
            abi.A_SWITCH: u32(self.ifindex), abi.A_PACKET: frame,
            abi.A_OF_PACKET: struct.pack("=II", in_port, len(ops)) + ops})
