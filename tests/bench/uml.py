#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Datapath bench at native speed: nanoseconds per packet over no switch, in user-mode Linux.

The set-ups, the peers and the rows are those of datapath.py. Everything is measured
ROUNDS times, all subjects in turn, each time as the best of some short runs; a round's
no-switch run is taken off what that round found, and the rows tell the median of the
rounds, the lowest and the highest.

Left out is what user-mode Linux cannot say: it traces its processes, so whatever waits
for a daemon (an upcall of openvswitch) would look slower than it is.
"""
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests", "lab")]
import datapath  # noqa: E402
import kernelbuild  # noqa: E402
import qemu  # noqa: E402
import report  # noqa: E402
import uml_vm  # noqa: E402
import wait  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS") or 5)
WORKDIR = os.path.join(TOP, "build", "bench", "uml")
UPCALLS = 0.01		# of the packets: from here on a daemon is measured


def in_kernel(result):
    return result["traffic"] != "new" and \
        result.get("misses", 0) <= UPCALLS * result.get("packets", 0)


class Rounds:
    """What every round found of a case and a subject, over its own no-switch run."""

    def __init__(self, results):
        self.bad, self.found, self.left_out, self.base = [], {}, set(), []
        for turn in sorted({r["round"] for r in results}):
            mine = [r for r in results if r["round"] == turn]
            part = datapath.Results([r for r in mine if in_kernel(r)])
            self.base.append(part.base["one"])
            self.bad += [f"round {turn + 1}: {text}" for text in part.bad]
            for case, subject in part.good:
                self.found.setdefault((case, subject), []).append(part.over(case, subject))
            self.left_out |= {(r["case"], r["subject"]) for r in mine
                              if r["subject"] and not in_kernel(r)}

    def rows(self):
        for (case, subject), values in self.found.items():
            if (case, subject) not in self.left_out:
                yield dict(report.row("datapath", case, subject, report.NANOSECONDS,
                                      statistics.median(values)),
                           low=round(min(values), 3), high=round(max(values), 3))


def measure(kernel, path):
    vm = uml_vm.UmlVm(kernel, WORKDIR, cpu=max(os.sched_getaffinity(0)))
    print(f"# Linux {kernel.release}, natively on CPU {vm.cpu}, {ROUNDS} rounds", flush=True)
    status = vm.run(f"export MODULE={path} RESULTS={vm.workdir} ROUNDS={ROUNDS}; "
                    "python3 tests/bench/datapath_inside.py", 400 * ROUNDS, echo=True)
    if status:
        with open(os.path.join(WORKDIR, "output")) as f:
            raise SystemExit(f"uml: exit status {status}\n" + f.read()[-2000:])
    with open(os.path.join(WORKDIR, "datapath.json")) as f:
        return Rounds(json.load(f)["results"])


def main():
    uml_vm.need_host()
    datapath.need_peers()
    kernel = kernelbuild.kernel("uml")
    start = time.monotonic()
    try:
        found = measure(kernel, kernelbuild.module(kernel))
    except (qemu.Ended, wait.Timeout) as e:
        sys.exit(f"uml: {e}")
    rows = list(found.rows())
    report.write("uml", rows)
    print("\n".join(report.table(report.fold(rows))))
    for case, subject in sorted(found.left_out):
        print(f"# left out, a daemon takes part: {case}, {subject}")
    print(f"# no switch: {statistics.median(found.base):.0f} ns ({min(found.base):.0f} to "
          f"{max(found.base):.0f}); {time.monotonic() - start:.0f} s")
    return report.finish(rows, found.bad)


if __name__ == "__main__":
    sys.exit(main())
