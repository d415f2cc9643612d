#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Datapath bench: instructions per packet over the no-switch baseline, in one VM.

One guest kernel (6.12: its pktgen can send unshared skbs) with one CPU and
-icount, so that the figures do not depend on this machine or on its load. The clock
is the TSC, as on real machines, and one that cannot drift here; reading the emulated
HPET instead takes some 40 instructions more, for whoever polices.

ONLY=none,vifswitch in the environment: the bases and these subjects alone. CASES=sampled,metered:
of those only the cases that have one of the words in their name, and the bases; fair: what another VM
keeps beside one with random flows.
"""
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests", "lab")]
import plainvm  # noqa: E402
import qemu  # noqa: E402
import report  # noqa: E402
import wait  # noqa: E402

UNIT = "instructions/packet over no switch"
RATE = "per second at 10^9 instructions/s"
# What a daemon has to see to, and may not be able to.
FOLLOWS = {"openvswitch": ("random", "new"), "vifswitch-flows": ("random", "new", "sport")}
FIRST = "; the same, each packet of a new flow"


class Results:
    """What the VM found, with the costs of the no-switch runs taken off."""

    def __init__(self, results):
        self.base = {r["traffic"]: r["cost"] for r in results if r["subject"] is None}
        self.good, self.bad = {}, []
        for r in results:
            if r["subject"]:
                self.take(r)

    def take(self, r):
        name = f"{r['subject']}: {r['case']}"
        if "error" in r:
            self.bad.append(f"{name}: {r['error']}")
            return
        # A bridge may add a frame or two of its own; a few random flows meet a rule that denies.
        # A daemon that cannot follow loses packets: that is a result.
        part = r["arrived"] / r["packets"]
        if part > 1.01 or part < 0.98 and r["traffic"] not in FOLLOWS.get(r["subject"], ()):
            self.bad.append(f"{name}: {r['arrived']} of {r['packets']} packets came out")
            return
        self.good[r["case"], r["subject"]] = r

    def over(self, case, subject):
        r = self.good[case, subject]
        return r["cost"] - self.base[r["traffic"]]

    def gross(self, case, subject):
        """With the packet's reception, but without what making random ones costs pktgen."""
        return self.over(case, subject) + self.base["one"]


def first_packets(res):
    for case, subject in res.good:
        if case + FIRST in (c for c, s in res.good if s == subject):
            yield ("newflow", f"first packet / later packet: {case}", subject, "ratio",
                   res.over(case + FIRST, subject) / res.over(case, subject))
        if case.endswith(", a new flow"):
            one = case.replace(", a new flow", ", one flow")
            yield ("newflow", f"first packet / later packet: {case}", subject, "ratio",
                   res.over(case, subject) / res.over(one, subject))
            yield ("newflow", f"new flows: {case}", subject, RATE,
                   1e9 / res.over(case, subject))
        if case.endswith("each packet a new connection"):
            yield "newflow", f"new connections: {case}", subject, RATE, 1e9 / res.over(case, subject)


def under_attack(res):
    for case, subject in res.good:
        if case.endswith(", random flows"):
            one = case.replace(", random flows", ", one flow")
            if (one, subject) not in res.good:
                one = case.removesuffix(", random flows")
            if (one, subject) not in res.good:
                continue
            yield ("attack", f"{case}: throughput kept against one flow", subject, "%",
                   100 * res.gross(one, subject) / res.gross(case, subject))
        if " after " in case:
            before = case.split(" after ")[0]
            yield ("attack", f"{case}: throughput kept", subject, "%",
                   100 * res.gross(before, subject) / res.gross(case, subject))


def followed(res):
    for (case, subject), r in res.good.items():
        if r["traffic"] in FOLLOWS.get(subject, ()):
            yield "attack", f"{case}: delivered", subject, "%", 100 * r["arrived"] / r["packets"]


def need_peers():
    missing = [t for t in ("ovs-vswitchd", "ovsdb-server", "nft", "tc") if not shutil.which(t)]
    if missing:
        sys.exit(f"datapath: {', '.join(missing)} missing: apt-get install openvswitch-switch "
                 "nftables iproute2")


def main():
    workdir = os.path.join(TOP, "build", "bench", "datapath")
    need_peers()
    vm = plainvm.PlainVm("6.12", workdir, cpus=1, name="datapath", memory="2G",
                         clock="tsc=reliable", accel=plainvm.COUNTED)
    module = os.path.join(TOP, "build", "kmod", vm.kernel.release, "vifswitch.ko")
    if not os.path.exists(module):
        print(f"datapath: {module} is missing (make module): vifswitch is left out")
    print(f"# Linux {vm.kernel.release}, one CPU, one instruction = one nanosecond")
    try:
        status = vm.run(f"export MODULE={module} RESULTS={vm.workdir} "
                        f"ONLY={os.environ.get('ONLY', '')} "
                        f"CASES='{os.environ.get('CASES', '')}'; "
                        "python3 tests/bench/datapath_inside.py", 1800, echo=True)
    except (qemu.Ended, wait.Timeout) as e:
        sys.exit(f"datapath: {e}")
    if status:
        sys.exit(f"datapath: exit status {status}\n"
                 + open(os.path.join(workdir, "output")).read()[-2000:])
    with open(os.path.join(workdir, "datapath.json")) as f:
        data = json.load(f)
    res = Results(data["results"])
    rows = [("datapath", case, subject, UNIT, res.over(case, subject))
            for case, subject in res.good]
    rows += [*first_packets(res), *under_attack(res), *followed(res)]
    rows += [("memory", *m) for m in data["memory"]] + data["beside"]
    report.write("datapath", rows)
    return report.finish(rows, res.bad)


if __name__ == "__main__":
    sys.exit(main())
