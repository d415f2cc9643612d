#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A cable of a bond fails under traffic: what is lost, and until when, beside other bonds.

On one emulated CPU that takes a nanosecond for each instruction, as tests/vm has it. What did
not go on within the time that tests/vm/test_failover.py waits has that time.
"""
import report


def rows(found):
    for one in found:
        for fault, ways in one["faults"].items():
            for way, r in ways.items():
                case = f"{one['mode']}, {fault}: {way}"
                for unit, value in (("frames lost, of one each 5 ms", r["lost"]), ("ms until all go on", r["ms"]),
                                    ("frames that came twice", r["twice"])):
                    yield "failover", case, one["subject"], unit, value


if __name__ == "__main__":
    report.write("failover", list(rows(report.measured_in_vm("failover.json", "--kernel", "6.1", "--only",
                                                             "failover"))))
