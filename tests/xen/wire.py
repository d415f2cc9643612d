# SPDX-License-Identifier: GPL-2.0-or-later
"""The wire between the hosts, as qemu recorded it.

  wire = Wire([a.pcap, b.pcap])
  mark = wire.mark()                     where the recordings are now
  for frame in wire.frames(mark): ...    Frame: time, src, dst, vlans, type

Both recordings hold every frame that either host sent, so one of them would do;
with two, frames are seen as well that the other host did not survive to take.
"""
import collections
import os
import struct
import time

Frame = collections.namedtuple("Frame", "time src dst vlans type payload")
TAGS = (0x8100, 0x88a8)
HEADER = 24


def mac(octets):
    return ":".join(f"{o:02x}" for o in octets)


def parse(stamp, data):
    vlans, at = [], 12
    kind = struct.unpack_from(">H", data, at)[0] if len(data) >= 14 else 0
    while kind in TAGS and len(data) >= at + 6:
        vlans.append(struct.unpack_from(">H", data, at + 2)[0] & 0xfff)
        at += 4
        kind = struct.unpack_from(">H", data, at)[0]
    return Frame(stamp, mac(data[6:12]), mac(data[0:6]), tuple(vlans), kind, data[at + 2:])


def read(path, offset):
    """Frames of a recording from offset on, and where its whole frames end."""
    frames = []
    with open(path, "rb") as f:
        f.seek(offset)
        data = f.read()
    at = 0 if offset else HEADER
    while len(data) >= at + 16:
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        if len(data) < at + 16 + length:
            break
        frames.append(parse(seconds + micros / 1e6, data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames, offset + at


class Wire:
    def __init__(self, paths):
        self.paths = list(paths)

    def mark(self):
        """Now, a moment later, so that frames on their way count as earlier."""
        time.sleep(0.2)
        return [os.path.getsize(path) if os.path.exists(path) else 0 for path in self.paths]

    def frames(self, mark=None):
        found = []
        for path, offset in zip(self.paths, mark or [0] * len(self.paths)):
            if os.path.exists(path) and os.path.getsize(path) > HEADER:
                found += read(path, max(0, offset))[0]
        return sorted(found)

    def seen(self, mark=None):
        """{(source MAC, VLANs): frames}"""
        return collections.Counter((f.src, f.vlans) for f in self.frames(mark))

    def outside(self, policy, mark=None):
        """Frames whose source is no host and not in policy, or is in another VLAN.

        policy: {MAC: set of VLANs}; hosts' MACs begin with 52:54:00.
        """
        return [f for f in self.frames(mark) if not f.src.startswith("52:54:00")
                and (len(f.vlans) != 1 or f.vlans[0] not in policy.get(f.src, ()))]
