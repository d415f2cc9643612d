# SPDX-License-Identifier: GPL-2.0-or-later
"""Loop protection (include/vifswitch/loop-abi.h, kmod/core/loop-probe.h)."""
import struct

LOOP = struct.Struct("=IIQQQ")
LOOP_PORT = struct.Struct("=IIII")
CLOSED, ECHO = 1, 2
GROUP = "03:76:73:77:6c:70"
ON, OFF = LOOP.pack(1, 0, 0, 0, 0), bytes(LOOP.size)


def told(raw):
    return dict(zip(("flags", "closed", "sent", "heard", "found"), LOOP.unpack(raw)))


def port(raw):
    return dict(zip(("flags", "other", "count", "hold_s"), LOOP_PORT.unpack(raw)))


def is_probe(frame):
    return frame[:6] == bytes.fromhex(GROUP.replace(":", ""))
