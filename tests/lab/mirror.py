# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrors (include/vifswitch/mirror-abi.h): blob() packs one, stats() reads its counters."""
import os
import struct

import abi

HEADER = os.path.join(os.path.dirname(abi.HEADER), "mirror-abi.h")
with open(HEADER) as f:
    _text = f.read()
_members = abi.members(_text, "vifswitch_mirror")
HEAD = struct.Struct("=" + "".join(code for _, code in _members))
STATS = [name for name, _ in abi.members(_text, "vifswitch_mirror_stats")]
MAGIC, VERSION, DROPPED = 0x7669666d, 1, 1


def blob(port=0, vlan=0, vlans=None, dropped=False, later=b"", **override):
    """To a port (its ifindex) or into a VLAN; vlans: of these alone."""
    section = abi.bitmap(vlans) if vlans is not None else b""
    start = HEAD.size + len(later)
    value = dict.fromkeys((name for name, _ in _members), 0) | {
        "magic": MAGIC, "version": VERSION, "header_len": start,
        "total_len": start + len(section), "flags": DROPPED if dropped else 0,
        "output_port": port, "output_vlan": vlan, "vlan_offset": start if section else 0}
    value.update(override)
    return HEAD.pack(*value.values()) + later + section


def header(data):
    return dict(zip((name for name, _ in _members), HEAD.unpack(data[:HEAD.size])))


def stats(data):
    return dict(zip(STATS, struct.unpack(f"={len(STATS)}Q", data)))
