# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of a port's sessions (include/vifswitch/session-abi.h).

unpack(record) gives Sessions; pack(sessions, **header) a record, with any field
of the header overridden for hostile ones. states() is the table of states.
"""
import ipaddress
import os
import re
import struct

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "include", "vifswitch", "session-abi.h")
HEAD = struct.Struct("=IHHIIII")
ENTRY = struct.Struct("=BBBBHH16s16sHHBBxxQQ2Q2Q2I2I2I2I")
MAGIC, VERSION = 0x76696673, 1
SEEN_FROM, SEEN_TO, FIN_FROM, FIN_TO, CONFIRMED, LOOSE = (1 << i for i in range(6))


def states():
    """[(word, seconds, seconds under pressure)] from number 1 on."""
    with open(HEADER) as f:
        return [(word, int(usual), int(pressed)) for word, usual, pressed in
                re.findall(r'X\(\w+, "([a-z-]+)", (\d+), (\d+), "', f.read())]


STATES = {i + 1: row[0] for i, row in enumerate(states())}
NUMBERS = {word: i for i, word in STATES.items()}


def address(data, family):
    return str(ipaddress.ip_address(data if family else data[:4]))


def octets(text):
    return ipaddress.ip_address(text).packed.ljust(16, b"\0")


class Session:
    """One entry; any field may be given."""

    def __init__(self, proto, vm, vm_port, peer, peer_port, begun="from", state="new", vlan=100,
                 flags=SEEN_FROM, age_ms=0, idle_ms=0, packets=(0, 0), octets=(0, 0), **tcp):
        self.proto, self.vlan, self.state, self.begun = proto, vlan, state, begun
        self.vm, self.vm_port, self.peer, self.peer_port = vm, vm_port, peer, peer_port
        self.flags, self.age_ms, self.idle_ms = flags, age_ms, idle_ms
        self.packets, self.octets = tuple(packets), tuple(octets)
        self.scale, self.seq_end, self.seq_max, self.window, self.tag = (
            tuple(tcp.get(name, (0, 0))) for name in ("scale", "seq_end", "seq_max", "window",
                                                      "tag"))

    def __repr__(self):
        return f"{self.proto} {self.vm}:{self.vm_port} {self.peer}:{self.peer_port} " \
            f"{self.begun} {self.state}"

    def pack(self):
        return ENTRY.pack(":" in self.vm, self.proto, ("from", "to").index(self.begun),
                          NUMBERS[self.state] if isinstance(self.state, str) else self.state,
                          self.vlan, self.flags, octets(self.vm), octets(self.peer),
                          self.vm_port, self.peer_port, *self.scale, self.age_ms, self.idle_ms,
                          *self.packets, *self.octets, *self.seq_end, *self.seq_max,
                          *self.window, *self.tag)


def unpack_one(data):
    (family, proto, begun, state, vlan, flags, vm, peer, vm_port, peer_port, scale0, scale1,
     age, idle, *rest) = ENTRY.unpack(data)
    return Session(proto, address(vm, family), vm_port, address(peer, family), peer_port,
                   ("from", "to")[begun], STATES[state], vlan, flags, age, idle, rest[:2],
                   rest[2:4], scale=(scale0, scale1), seq_end=rest[4:6], seq_max=rest[6:8],
                   window=rest[8:10], tag=rest[10:12])


def unpack(record):
    _, _, header_len, _, entry_len, count, _ = HEAD.unpack_from(record)
    return [unpack_one(record[at:at + ENTRY.size])
            for at in range(header_len, header_len + count * entry_len, entry_len)]


def pack(sessions, **header):
    body = b"".join(s.pack() for s in sessions)
    fields = {"magic": MAGIC, "version": VERSION, "header_len": HEAD.size,
              "total_len": HEAD.size + len(body), "entry_len": ENTRY.size,
              "entry_count": len(sessions), "reserved": 0}
    fields.update(header)
    return HEAD.pack(*fields.values()) + body
