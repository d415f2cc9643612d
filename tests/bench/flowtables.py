# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow tables for the datapath's bench, as records of vifswitch and as lines of ovs-ofctl.

A flow is (table, priority, match, next): match as openflow.flow() takes it, next the table
it goes on to, or None: out.
"""
import random

import openflow as of

FORMS = {"ETH_SRC": ("dl_src", "mac"), "ETH_DST": ("dl_dst", "mac"), "IP4_SRC": ("nw_src", "ip"),
         "IP4_DST": ("nw_dst", "ip"), "L4_DST": ("tp_dst", "number")}
UDP = {"ETH_TYPE": 0x800, "IP_PROTO": 17}


def number(mac):
    return int(mac.replace(":", ""), 16)


def addresses(table, field, mac, following):
    """1,000 exact addresses, of which the frame's is one."""
    yield table, 10, {field: number(mac)}, following
    for i in range(999):
        yield table, 10, {field: 0x02aa00000000 + i}, following


def prefixes(table, count, following):
    """Networks of many lengths inside of one that the frame is in."""
    dice = random.Random(1)
    yield table, 1, {"ETH_TYPE": 0x800}, following
    for i in range(count - 1):
        length = dice.randrange(12, 33)
        mask = (1 << 32) - (1 << 32 - length)
        yield table, 10 + length, {"ETH_TYPE": 0x800, "IP4_DST": (
            (0xc0000000 | dice.getrandbits(28)) & mask, mask)}, following


def rules(table, count, following):
    """Of five fields and many masks; the frame meets the last of them."""
    dice = random.Random(2)
    yield table, 1, {}, following
    for i in range(count - 1):
        src, dst = (dice.randrange(16, 33) for _ in range(2))
        yield table, 10 + i, UDP | {
            "IP4_SRC": (0xac100000 | dice.getrandbits(20) & -(1 << 32 - src),
                        (1 << 32) - (1 << 32 - src)),
            "IP4_DST": (0x0a000000 | dice.getrandbits(24) & -(1 << 32 - dst),
                        (1 << 32) - (1 << 32 - dst)),
            "L4_DST": (dice.getrandbits(16) & 0xfff0, 0xfff0)}, following


def hosts(count):
    """Exact destinations, and what is none of them goes the same way."""
    yield 0, 1, {}, None
    for i in range(count - 1):
        yield 0, 10, {"ETH_TYPE": 0x800, "IP4_DST": 0x0a000002 + i}, None


def make(what, source, target):
    if what == "one":
        return list(addresses(0, "ETH_DST", target, None))
    if what == "four":
        return [*addresses(0, "ETH_SRC", source, 1), *prefixes(1, 1000, 2), *rules(2, 1000, 3),
                *addresses(3, "ETH_DST", target, None)]
    return list(hosts(what))


def legal(match):
    """Values are bits of their masks."""
    return {name: (v[0] & v[1], v[1]) if isinstance(v, tuple) else v for name, v in match.items()}


def records(flows, port):
    for n, (table, priority, match, following) in enumerate(flows, 1):
        yield of.flow(n, table, priority, legal(match),
                      [of.output(port) if following is None else of.goto(following)])


def text(kind, value):
    if kind == "mac":
        return ":".join(f"{value >> shift & 255:02x}" for shift in range(40, -1, -8))
    if kind == "ip":
        return ".".join(str(value >> shift & 255) for shift in range(24, -1, -8))
    return str(value)


def line(flow):
    table, priority, match, following = flow
    words = [f"table={table}", f"priority={priority}"]
    match = legal(match)
    if "IP_PROTO" in match:
        words.append("udp")
    elif "ETH_TYPE" in match:
        words.append("ip")
    for name, value in match.items():
        if name not in FORMS:
            continue
        word, kind = FORMS[name]
        value, mask = value if isinstance(value, tuple) else (value, None)
        mask = "" if mask is None else "/" + (f"{mask:#x}" if kind == "number" else text(kind, mask))
        words.append(f"{word}={text(kind, value)}{mask}")
    words.append("actions=" + ("output:out0" if following is None else f"goto_table:{following}"))
    return ",".join(words)
