#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints vifswitch-acl.7 with the states of connections and their times.

  vifswitch-acl.py man/vifswitch-acl.7.in include/vifswitch/session-abi.h

The page has a line .\\" @states@ where the rows of the table go.
"""
import re
import sys
import textwrap

MARK = '.\\" @states@\n'
RESUME = "@resume@"
RESUME_SECONDS = re.compile(r"#define VIFSWITCH_SESSIONS_RESUME\s+(\d+)")
STATE = re.compile(r'X\(\w+, "([a-z-]+)", (\d+), (\d+), "([^"]+)"\)')
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
MEANING_WIDTH = 36


def duration(seconds):
    """The largest one or two units that say it exactly."""
    parts = []
    for size, unit in UNITS:
        if seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(parts)


def rows(header):
    found = STATE.findall(header)
    assert found, "no states in the header"
    for word, seconds, pressed, meaning in found:
        first, *rest = textwrap.wrap(meaning, MEANING_WIDTH)
        yield f"{word}\t{duration(int(seconds))}\t{duration(int(pressed))}\t{first}\n"
        yield from (f"\t\t\t{line}\n" for line in rest)


def main(page, header):
    with open(page, encoding="utf-8") as f:
        text = f.read()
    with open(header, encoding="utf-8") as f:
        states = f.read()
    for mark in (MARK, RESUME):
        assert text.count(mark) == 1, f"{page}: one {mark!r} is needed"
    text = text.replace(RESUME, duration(int(RESUME_SECONDS.search(states).group(1))))
    print(text.replace(MARK, "".join(rows(states))), end="")


main(*sys.argv[1:])
