# SPDX-License-Identifier: GPL-2.0-or-later
"""A plain compiler of ACL blobs (include/vifswitch/acl.h), written from the header alone.

  blob = acl.compile([Rule("from", "allow", proto=6, dport=80), ...], to="deny")

It is slow and keeps one class for each distinct set; the project's own compiler
is elsewhere, in C. first_match() judges a packet by linear scan.
"""
import ipaddress
import struct

MAGIC, VERSION, ABSENT = 0x76696661, 1, 0x10000
FROM, TO = 0, 1
ALLOW, DENY, REJECT = 0, 1, 2
ACTIONS = {"allow": ALLOW, "deny": DENY, "reject": REJECT}
STATELESS, LOG = 1, 2
DEFAULT_FROM, DEFAULT_TO = 0xffffffffffffffff, 0xfffffffffffffffe
IP4, IP6, OTHER = range(3)
SRC, DST, PROTO, L4_SRC, L4_DST, TCP_FLAGS, VLAN = range(7)
HEAD = struct.Struct("=IHHIII2B2B6I")
PORTED = (6, 17, 136, 33, 132)
TOP = {IP4: 1 << 32, IP6: 1 << 128}


def listed(value):
    if value is None or isinstance(value, list):
        return value
    return [value]


def ranges(value):
    """None, a number, (first, last), or a list of those, as a list of (first, last)."""
    return None if value is None else [v if isinstance(v, tuple) else (v, v)
                                       for v in listed(value)]


class Rule:
    """src, dst: CIDR or list; ports, icmp (type), code, vlan, flags: number, (first, last), list."""

    def __init__(self, direction, action, cookie=None, proto=None, src=None, dst=None, sport=None,
                 dport=None, icmp=None, code=None, flags=None, vlan=None, ethertype=None,
                 stateless=False, log=False):
        self.direction = {"from": FROM, "to": TO}[direction]
        self.action, self.cookie = ACTIONS[action], cookie
        self.flags = (STATELESS if stateless else 0) | (LOG if log else 0)
        nets = [[ipaddress.ip_network(n) for n in listed(x) or []] for x in (src, dst)]
        self.families = {IP4, IP6, OTHER}
        if proto is not None or sport or dport or icmp is not None or flags is not None:
            self.families &= {IP4, IP6}
        for given in nets:
            if given:
                self.families &= {IP4 if n.version == 4 else IP6 for n in given}
        if ethertype is not None:
            self.families &= {{0x800: IP4, 0x86dd: IP6}.get(ethertype, OTHER)}
        self.dims = {PROTO: ranges(proto), L4_SRC: ranges(sport if icmp is None else icmp),
                     L4_DST: ranges(dport if code is None else code), TCP_FLAGS: ranges(flags),
                     VLAN: ranges(vlan)}
        self.ethertype = ethertype
        self.nets = {SRC: nets[0], DST: nets[1]}

    def fits(self, family, dim):
        """The ranges of values it fits in a dimension, or None for any."""
        if dim in self.nets:
            if family == OTHER or not self.nets[dim]:
                return None
            version = 4 if family == IP4 else 6
            return [(int(n[0]), int(n[-1])) for n in self.nets[dim] if n.version == version]
        if dim == PROTO and family == OTHER:
            return None if self.ethertype is None else [(self.ethertype, self.ethertype)]
        return self.dims[dim]


class Writer:
    def __init__(self, later):
        self.body = later

    def section(self, data):
        self.body += b"\0" * (-len(self.body) % 8)
        offset = HEAD.size + len(self.body)
        self.body += data
        return offset


def merged(fit):
    """Ranges sorted and disjoint."""
    out = []
    for first, last in sorted(fit):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out


def intervals(rules, family, dim, end):
    """[(first value, bitset)] over 0..end-1, each value's set of rules."""
    bits, changes = 0, {0: 0}
    for i, r in enumerate(rules):
        fit = r.fits(family, dim)
        if fit is None:
            bits |= 1 << i
            continue
        for first, last in merged(fit):
            for at in (first, last + 1):
                changes[at] = changes.get(at, 0) ^ 1 << i
    out = []
    for at in sorted(c for c in changes if c < end):
        bits ^= changes[at]
        out.append((at, bits))
    return out


def dimension(w, rules, family, dim):
    if (dim in (SRC, DST) and family == OTHER) \
            or all(r.fits(family, dim) is None for r in rules):
        return (0,) * 6
    words = (len(rules) + 63) // 64
    ids = {}

    def class_of(bits):
        return ids.setdefault(bits, len(ids))
    if dim in (SRC, DST):
        found = intervals(rules, family, dim, TOP[family])
        count = len(found)
        index = b"".join(struct.pack("=I", a) if family == IP4 else
                         struct.pack("=QQ", a >> 64, a & (1 << 64) - 1) for a, _ in found)
        classes = [class_of(bits) for _, bits in found]
    else:
        pages = {VLAN: 16, PROTO: 257 if family == OTHER else 1}.get(dim, 257)
        end = 65536 if pages == 257 else pages * 256
        found = intervals(rules, family, dim, end) + [(end, None)]
        flat = []
        for (first, bits), (after, _) in zip(found, found[1:]):
            flat += [class_of(bits)] * (after - first)
        if pages == 257:
            absent = sum(1 << i for i, r in enumerate(rules) if r.fits(family, dim) is None)
            flat += [class_of(absent)] * 256
        shared, order, classes = {}, [], []
        for p in range(pages):
            page = tuple(flat[p * 256:p * 256 + 256])
            if page not in shared:
                shared[page] = len(shared)
                classes += page
            order.append(shared[page])
        count = len(shared)
        index = struct.pack(f"={pages}H", *order)
    sets = b""
    for bits in ids:
        parts = [bits >> 64 * i & (1 << 64) - 1 for i in range(words)]
        sets += struct.pack(f"={words + 1}Q", sum(1 << i for i, p in enumerate(parts) if p), *parts)
    return (len(ids), count, w.section(index),
            w.section(struct.pack(f"={len(classes)}H", *classes)), w.section(sets), 0)


def compile(rules, default_from="allow", default_to="deny", stateless=False, log=0, later=b"",
            **override):
    """stateless: what the defaults allow is not tracked. later: the header's octets that
    this release does not know."""
    w = Writer(later)
    for i, r in enumerate(rules):
        if r.cookie is None:
            r.cookie = i + 1
    rules_offset = w.section(b"".join(struct.pack("=QBB6x", r.cookie, r.action, r.flags)
                                      for r in rules)) if rules else 0
    offsets = []
    for direction in (FROM, TO):
        for family in (IP4, IP6, OTHER):
            chosen = [(i, r) for i, r in enumerate(rules)
                      if r.direction == direction and family in r.families]
            if not chosen:
                offsets.append(0)
                continue
            mine = [r for _, r in chosen]
            numbers = w.section(struct.pack(f"={len(mine)}H", *(i for i, _ in chosen)))
            dims = b"".join(struct.pack("=6I", *dimension(w, mine, family, d)) for d in range(7))
            offsets.append(w.section(struct.pack("=4I", len(mine), (len(mine) + 63) // 64,
                                                 numbers, 0) + dims))
    flags = (STATELESS if stateless else 0) | log
    w.body += b"\0" * (-len(w.body) % 8)
    value = dict(magic=MAGIC, version=VERSION, header_len=HEAD.size + len(later),
                 total_len=HEAD.size + len(w.body), rule_count=len(rules),
                 rules_offset=rules_offset)
    value.update(override)
    return HEAD.pack(*value.values(), ACTIONS[default_from], ACTIONS[default_to], flags, flags,
                     *offsets) + w.body
