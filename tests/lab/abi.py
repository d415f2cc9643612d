# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel ABI's numbers, read from include/vifswitch/abi.h itself.

Every VIFSWITCH_X of the header is here as X: CMD_PORT_NEW, A_PORT, PF_GUARD,
EV_DROP ... DROPS maps reason numbers to words, REASON words to numbers.
program() packs a port program, with any field overridden for hostile ones.
"""
import ipaddress
import os
import re
import struct

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "include", "vifswitch", "abi.h")


def number(text, known):
    text = re.sub(r"(?<=[0-9a-fA-F])[uUlL]+\b", "", text)
    text = re.sub(r"\b[A-Z_][A-Z0-9_]*\b", lambda m: str(known[m.group(0)]), text)
    if not re.fullmatch(r"[0-9a-fA-Fx()<>|+\- ]+", text):
        raise ValueError(text)
    return eval(text)  # only digits and operators are left


def parse(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    known = {}
    for name, value in re.findall(r"^#define\s+(VIFSWITCH_\w+)[ \t]+(\S.*)$", text, re.M):
        if value.startswith('"'):
            known[name] = value.strip().strip('"')
            continue
        try:
            known[name] = number(value.strip(), known)
        except (ValueError, KeyError, SyntaxError):
            continue
    for body in re.findall(r"enum \w+ \{(.*?)\}", text, re.S):
        if "#define" in body:
            continue
        for i, name in enumerate(n.strip() for n in body.split(",")):
            if re.fullmatch(r"VIFSWITCH_\w+", name):
                known[name] = i
    reasons = re.findall(r'X\((\w+), "([a-z-]+)", "[a-z-]+", "([^"]+)"\)', text)
    return known, reasons


with open(HEADER) as f, open(os.path.join(os.path.dirname(HEADER), "state-abi.h")) as g:
    _known, _reasons = parse(f.read() + g.read())
for _enum in ("A", "CMD", "CTR", "EV"):
    _known[f"VIFSWITCH_{_enum}_MAX"] = max(
        v for k, v in _known.items() if re.match(f"VIFSWITCH_{_enum}_(?!MAX)", k)
        and not k.endswith("_MS"))
globals().update({k.removeprefix("VIFSWITCH_"): v for k, v in _known.items()})
DROPS = {i + 1: word for i, (_, word, _) in enumerate(_reasons)}
REASON = {word: i for i, word in DROPS.items()}
CLAIM_DORMANT, CLAIM_ACTIVE = 0, 1
EVENTS = {v: k.removeprefix("VIFSWITCH_EV_").lower().replace("_", "-")
          for k, v in _known.items() if k.startswith("VIFSWITCH_EV_") and not k.endswith("_MAX")}


def members(text, name):
    """The members of a struct of integers: ((name, its code in module struct), ...).

    Of an array each element is one: vlan0, vlan1, ...
    """
    body = re.search(rf"struct {name} \{{(.*?)\n\}};", re.sub(r"/\*.*?\*/", "", text, flags=re.S),
                     re.S).group(1)
    codes = {"__u8": "B", "__u16": "H", "__u32": "I", "__u64": "Q"}
    out = []
    for kind, member, size in re.findall(r"(\w+) (\w+)(?:\[(\w+)\])?;", body):
        names = [f"{member}{i}" for i in range(_known[size])] if size else [member]
        out += [(each, codes[kind]) for each in names]
    return out


with open(HEADER) as f:
    _program = members(f.read(), "vifswitch_program")
FIELDS = tuple(name for name, _ in _program)
HEAD = struct.Struct("=" + "".join(code for _, code in _program))


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", "")) if isinstance(mac, str) else mac


def mac_text(mac):
    return mac.hex(":")


def bitmap(vlans):
    bits = bytearray(_known["VIFSWITCH_VLAN_BITMAP_LEN"])
    for v in vlans:
        bits[v // 8] |= 1 << v % 8
    return bytes(bits)


def prefix(text):
    """A struct vifswitch_prefix4 or vifswitch_prefix6."""
    net = ipaddress.ip_network(text)
    return net.network_address.packed + bytes([net.prefixlen]) + bytes(3 if net.version == 4 else 7)


def program(flags=0, pvid=None, allowed=None, untagged=None, macs=(), fdb_max=0, rate=0,
            burst=None, pps=0, pps_burst=None, ips=(), acl=0, later=b"", tail=b"",
            **override):
    """A program. allowed None means access (or no VLAN list at all); ips are the
    prefixes of IP_GUARD, of both families; later is the header's octets that this
    release does not know."""
    ip4, ip6 = ([prefix(n) for n in ipaddress.collapse_addresses(
        n for n in map(ipaddress.ip_network, ips) if n.version == v)] for v in (4, 6))
    body = later

    def section(data):
        nonlocal body
        body += b"\0" * (-len(body) % 8)
        offset = HEAD.size + len(body)
        body += data
        return offset

    value = dict.fromkeys(FIELDS, 0) | {
             "magic": _known["VIFSWITCH_PROGRAM_MAGIC"],
             "version": _known["VIFSWITCH_PROGRAM_VERSION"], "header_len": HEAD.size + len(later),
             "flags": flags, "pvid": _known["VIFSWITCH_VID_NONE"] if pvid is None else pvid,
             "mac_count": len(macs), "fdb_max": fdb_max, "acl": acl,
             "vlan_allowed_offset": section(bitmap(allowed)) if allowed is not None else 0,
             "vlan_untagged_offset": section(bitmap(untagged)) if untagged is not None else 0,
             "mac_offset": section(b"".join(map(mac_bytes, macs))) if macs else 0,
             "rate_bps": rate, "rate_burst": burst or (max(65536, rate // 40) if rate else 0),
             "packet_rate": pps, "packet_burst": pps_burst or (pps and max(16, pps // 5)),
             "prefix4_count": len(ip4), "prefix4_offset": section(b"".join(ip4)) if ip4 else 0,
             "prefix6_count": len(ip6), "prefix6_offset": section(b"".join(ip6)) if ip6 else 0,
             "connections_max": _known["VIFSWITCH_CONNECTIONS_DEFAULT"] if acl else 0,
             "dscp": _known["VIFSWITCH_MARK_KEEP"], "pcp": _known["VIFSWITCH_MARK_KEEP"]}
    value["total_len"] = HEAD.size + len(body)
    value.update(override)
    return HEAD.pack(*(value[f] for f in FIELDS)) + body + tail


def header(blob):
    """The fields of a program's header; of a shorter one the rest is 0."""
    length = struct.unpack_from("=6xH", blob)[0]
    return dict(zip(FIELDS, HEAD.unpack(blob[:length].ljust(HEAD.size, b"\0")[:HEAD.size])))


if __name__ == "__main__":
    for name, value in sorted(_known.items()):
        print(name, value)
