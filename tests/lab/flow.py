# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow records and samples (include/vifswitch/flow-abi.h), as a listener gets them.

  with Listener(genl) as told: ...      a socket in both groups
  told.flows(), told.samples()          what came so far: records, samples
  asks(...)                             fields of a program that ask for records
"""
import os
import re
import select
import socket
import struct

import abi

with open(os.path.join(os.path.dirname(abi.HEADER), "flow-abi.h")) as f:
    _text = f.read()
_known, _ = abi.parse(_text)
globals().update({k.removeprefix("VIFSWITCH_"): v for k, v in _known.items()})
NETLINK_GENERIC, SOL_NETLINK, ADD_MEMBERSHIP, BROADCAST_ERROR = 16, 270, 1, 4
CODES = {"__u8": "B", "__u16": "H", "__u32": "I", "__u64": "Q"}


def layout(name):
    """A struct as (format, names); arrays of octets are bytes."""
    body = re.search(rf"struct {name} \{{(.*?)\n\}};", re.sub(r"/\*.*?\*/", "", _text, flags=re.S),
                     re.S).group(1)
    names, codes = [], "@"
    for kind, member, size in re.findall(r"(\w+) (\w+)(?:\[(\w+)\])?;", body):
        names.append(member)
        codes += size + "s" if size else CODES[kind]
    return struct.Struct(codes + "0Q"), names


FLOW, SAMPLE = layout("vifswitch_flow"), layout("vifswitch_sample")


class Told:
    def __init__(self, port, how, data):
        form, names = how
        self.port = port
        self.__dict__.update(zip(names, form.unpack_from(data)))

    def __repr__(self):
        return "<" + " ".join(f"{k}={v}" for k, v in self.__dict__.items() if v) + ">"


def asks(entries=1024, active=3600, idle=3600, rate=1000):
    return dict(flow_entries=entries, flow_active=active, flow_idle=idle, flow_rate=rate)


class Listener:
    def __init__(self, genl, groups=("flows", "samples"), room=8 << 20, looks_on=False):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        if not looks_on:
            self.socket.setsockopt(SOL_NETLINK, BROADCAST_ERROR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, room)      # SO_RCVBUFFORCE
        for group in groups:
            self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, genl.groups[group])
        self.records, self.chosen, self.overruns = [], [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, timeout=0):
        while select.select([self.socket], [], [], timeout)[0]:
            timeout = 0
            try:
                data = self.socket.recv(1 << 17)
            except OSError:
                self.overruns += 1
                continue
            self.take(data[16], attributes(data[20:]))

    def take(self, command, a):
        port = struct.unpack("=I", a[abi.A_PORT])[0]
        if command == abi.CMD_FLOWS:
            size = struct.unpack("=I", a[abi.A_FLOW_LEN])[0]
            flows = a[abi.A_FLOWS]
            self.records += [Told(port, FLOW, flows[i:i + size])
                             for i in range(0, len(flows), size)]
        elif command == abi.CMD_SAMPLE:
            sample = Told(port, SAMPLE, a[abi.A_SAMPLE])
            sample.packet = a[abi.A_PACKET]
            self.chosen.append(sample)

    def flows(self, port=None):
        self.read()
        return [r for r in self.records if port is None or r.port == port]

    def samples(self, port=None):
        self.read()
        return [s for s in self.chosen if port is None or s.port == port]


def attributes(data):
    out = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        out[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return out


def total(records):
    """(packets, octets, frames)"""
    return tuple(sum(getattr(r, what) for r in records) for what in ("packets", "octets", "frames"))


def accepted(records):
    return [r for r in records if r.flags & FLOW_ACCEPTED]
