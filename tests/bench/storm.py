#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Storm bench: 1,000 VIFs plugged at once, as tests/vm does it.

On one emulated CPU that takes a nanosecond for each instruction, so the times are
instruction counts: seconds of a machine that runs 10^9 instructions a second. The
time to plug includes the XenStore daemon and the kernel on that same CPU.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import report  # noqa: E402

UNITS = {"seconds": ("time", "s"), "cpu_seconds": ("daemon CPU", "s"),
         "rss_mb": ("daemon resident memory", "MB")}


def main():
    path = os.path.join(TOP, "build", "vm", "plug1000.json")
    if os.path.exists(path):
        os.unlink(path)
    done = subprocess.run([sys.executable, os.path.join(TOP, "tests", "vm", "run.py"),
                           "--icount", "--only", "daemon.plug_1000"])
    if done.returncode or not os.path.exists(path):
        return done.returncode or 1
    with open(path) as f:
        measured = json.load(f)
    report.write("storm", [("storm", "1,000 VIFs at once: " + UNITS[key][0], "vifswitch",
                            UNITS[key][1], measured[key]) for key in UNITS])
    return 0


if __name__ == "__main__":
    sys.exit(main())
