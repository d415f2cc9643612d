#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Datapath bench: instructions per packet over the no-switch baseline, in one VM.

One guest kernel (6.12: its pktgen can send unshared skbs) with one CPU and
-icount, so that the figures do not depend on this machine or on its load.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests", "lab")]
import plainvm  # noqa: E402
import qemu  # noqa: E402
import report  # noqa: E402
import wait  # noqa: E402

UNIT = "instructions/packet over no switch"


def main():
    workdir = os.path.join(TOP, "build", "bench", "datapath")
    vm = plainvm.PlainVm("6.12", workdir, cpus=1, name="datapath",
                         accel=["-accel", "tcg", "-icount", "shift=0,sleep=off"])
    module = os.path.join(TOP, "build", "kmod", vm.kernel.release, "vifswitch.ko")
    if not os.path.exists(module):
        print(f"datapath: {module} is missing (make module): vifswitch is left out")
    print(f"# Linux {vm.kernel.release}, one CPU, one instruction = one nanosecond")
    try:
        status = vm.run(f"export MODULE={module} RESULTS={vm.workdir}; "
                        "python3 tests/bench/datapath_inside.py", 900, echo=True)
    except (qemu.Ended, wait.Timeout) as e:
        sys.exit(f"datapath: {e}")
    if status:
        sys.exit(f"datapath: exit status {status}\n"
                 + open(os.path.join(workdir, "output")).read()[-2000:])
    with open(os.path.join(workdir, "datapath.json")) as f:
        data = json.load(f)
    base = next(r["cost"] for r in data["results"] if r["subject"] is None)
    rows, bad = [], []
    for r in data["results"]:
        if r["subject"] is None:
            continue
        # A bridge may add a frame or two of its own (IGMP).
        late = r["arrived"] - data["packets"]
        if not isinstance(r["cost"], (int, float)) or not 0 <= late <= 5:
            bad.append(f"{r['subject']} {r['case']}: {r['cost']}, {r['arrived']} packets came out")
            continue
        rows.append(("datapath", r["case"], r["subject"], UNIT, r["cost"] - base))
    report.write("datapath", rows)
    for text in bad:
        print("not ok " + text)
    print(f"{len(rows)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
