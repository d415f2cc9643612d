# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks over IP (include/vifswitch/network-abi.h): blob() packs one."""
import ipaddress
import os
import struct

import abi

HEADER = os.path.join(os.path.dirname(abi.HEADER), "network-abi.h")
HEAD = struct.Struct("=IHHIIIIII16sII32s")
EID = struct.Struct("=16sB3xI")
HERE = 0xffffffff
MAGIC, VERSION = 0x7669666e, 1
ESP, UNSEAL = 1, 2
FIELDS = ("magic", "version", "header_len", "total_len", "flags", "key", "remote_count",
          "remote_offset", "udp_port", "own", "eid_count", "eid_offset", "silent")


def octets(address):
    """16 of them, of an address in text."""
    raw = ipaddress.ip_address(address).packed
    return raw if len(raw) == 16 else b"\0" * 10 + b"\xff\xff" + raw


def text(raw):
    address = ipaddress.IPv6Address(raw)
    return str(address.ipv4_mapped or address)


def eids(rows, remotes):
    """The section of {prefix: remote, or None: here}, remotes as they are sorted."""
    out = []
    for prefix, remote in rows.items():
        net = ipaddress.ip_network(prefix)
        bits = net.prefixlen + (96 if net.version == 4 else 0)
        out.append((octets(str(net.network_address)), bits,
                    HERE if remote is None else remotes.index(octets(remote))))
    return b"".join(EID.pack(*row) for row in sorted(out))


def blob(key, remotes=(), own=None, later=b"", rows=None, silent=(), **override):
    there = sorted(map(octets, remotes))
    section, behind = b"".join(there), eids(rows or {}, there)
    start = HEAD.size + len(later)
    value = dict(zip(FIELDS, (MAGIC, VERSION, start, start + len(section) + len(behind), 0, key,
                              len(remotes), start if section else 0, 0,
                              octets(own) if own else b"\0" * 16, len(rows or {}),
                              start + len(section) if behind else 0,
                              sum(1 << there.index(octets(s)) for s in silent).to_bytes(32, "little"))))
    value.update(override)
    return HEAD.pack(*value.values()) + later + section + behind
