#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes of flows: how many a second by ovs-ofctl, with its own work, and what a flow takes.

On one emulated CPU that takes a nanosecond for each instruction, as tests/vm has it.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import report  # noqa: E402

RATE = "flows/s at 10^9 instructions/s"


def rows(found):
    for subject, values in found.items():
        for how in ("one by one", "in a bundle"):
            yield "flows", f"5,000 flows added {how}", subject, RATE, values[how]
        for where in ("kernel", "daemon"):
            yield "flows", f"a flow, {where}", subject, "octets", values[where]


def main():
    path = os.path.join(TOP, "build", "vm", "flowmods.json")
    if os.path.exists(path):
        os.unlink(path)
    done = subprocess.run([sys.executable, os.path.join(TOP, "tests", "vm", "run.py"), "--icount",
                           "--kernel", "6.12", "--only", "flowmods.rates"])
    if done.returncode or not os.path.exists(path):
        return done.returncode or 1
    with open(path) as f:
        report.write("flowmods", list(rows(json.load(f))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
