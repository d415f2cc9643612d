# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks over IP (include/vifswitch/network-abi.h): blob() packs one."""
import ipaddress
import os
import struct

import abi

HEADER = os.path.join(os.path.dirname(abi.HEADER), "network-abi.h")
HEAD = struct.Struct("=IHHIIIIII16s")
MAGIC, VERSION = 0x7669666e, 1
ESP, UNSEAL = 1, 2
FIELDS = ("magic", "version", "header_len", "total_len", "flags", "key", "remote_count",
          "remote_offset", "udp_port", "own")


def octets(address):
    """16 of them, of an address in text."""
    raw = ipaddress.ip_address(address).packed
    return raw if len(raw) == 16 else b"\0" * 10 + b"\xff\xff" + raw


def text(raw):
    address = ipaddress.IPv6Address(raw)
    return str(address.ipv4_mapped or address)


def blob(key, remotes=(), own=None, later=b"", **override):
    section = b"".join(sorted(map(octets, remotes)))
    start = HEAD.size + len(later)
    value = dict(zip(FIELDS, (MAGIC, VERSION, start, start + len(section), 0, key,
                              len(remotes), start if section else 0, 0,
                              octets(own) if own else b"\0" * 16)))
    value.update(override)
    return HEAD.pack(*value.values()) + later + section
