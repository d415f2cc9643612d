#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU bench: what a second CPU adds, with ports of its own, beside the peers.

Two emulated CPUs on two of this machine's, so the figure is a ratio inside one run and
means something only where nothing else runs: it is the median of some rounds, with the
lowest and the highest beside it. Two would be perfect; what CPUs share (a
lock, a line that both write) makes it less.
"""
import json
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests", "lab")]
import plainvm  # noqa: E402
import report  # noqa: E402

CASE = "two CPUs, ports of their own, over one CPU"


def main():
    if os.cpu_count() < 2:
        sys.exit("cpus: this machine has one CPU; two are wanted")
    vm = plainvm.PlainVm("6.12", os.path.join(TOP, "build", "bench", "cpus"), cpus=2, name="cpus")
    module = os.path.join(TOP, "build", "kmod", vm.kernel.release, "vifswitch.ko")
    status = vm.run(f"export MODULE={module} RESULTS={vm.workdir} "
                    f"ROUNDS={os.environ.get('ROUNDS', '')}; "
                    "python3 tests/bench/cpus_inside.py", 1200, echo=True)
    if status:
        sys.exit(f"cpus: exit status {status}")
    with open(os.path.join(vm.workdir, "cpus.json")) as f:
        found = json.load(f)
    rows = [("datapath", CASE, subject, "ratio", statistics.median(ratios))
            for subject, ratios in found.items()]
    report.write("cpus", rows)
    for subject, ratios in found.items():
        print(f"{subject}: {CASE}: {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f})")
    return report.finish(rows, [])


if __name__ == "__main__":
    sys.exit(main())
