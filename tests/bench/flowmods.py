#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes of flows: how many a second by ovs-ofctl, with its own work, and what a flow takes.

On one emulated CPU that takes a nanosecond for each instruction, as tests/vm has it.
"""
import report

RATE = "flows/s at 10^9 instructions/s"


def rows(found):
    for subject, values in found.items():
        for how in ("one by one", "in a bundle"):
            yield "flows", f"5,000 flows added {how}", subject, RATE, values[how]
        for where in ("kernel", "daemon"):
            yield "flows", f"a flow, {where}", subject, "octets", values[where]


if __name__ == "__main__":
    report.write("flowmods", list(rows(report.measured_in_vm("flowmods.json", "--kernel", "6.12", "--only",
                                                             "flowmods.rates"))))
