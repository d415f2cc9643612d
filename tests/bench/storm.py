#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Storm bench: 1,000 VIFs plugged at once, and one after the other on both kinds of switch, as tests/vm does it.

On one emulated CPU that takes a nanosecond for each instruction, so the times are
instruction counts: seconds of a machine that runs 10^9 instructions a second. The
time to plug includes the XenStore daemon and the kernel on that same CPU.
"""
import report

UNITS = {"seconds": ("time", "s"), "cpu_seconds": ("daemon CPU", "s"),
         "rss_mb": ("daemon resident memory", "MB")}


if __name__ == "__main__":
    measured = report.measured_in_vm("plug1000.json", "--only", "daemon.plug_1000")
    plugs = report.measured_in_vm("plugs.json", "--only", "datapath.plug_latency")
    report.write("plug-kinds", [("plug", f"state 2 to a port that is up, {which}", subject, "ms", ms)
                                for subject, values in plugs.items() for which, ms in values.items()])
    report.write("storm", [("storm", "1,000 VIFs at once: " + what, "vifswitch", unit, measured[key])
                           for key, (what, unit) in UNITS.items()])
