#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of a packet go: one case of the datapath's bench, by function.

CASE="1 flow table" python3 tests/bench/profile.py runs the cases of vifswitch that have that word
in their name (one, if the figures are to mean something), with a plugin of QEMU that counts each
instruction of the kernel (profile/counted.c), and prints what a frame costs in each function of
the module and in what it calls. Instructions that were inlined count for whom they are in.
"""
import bisect
import collections
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests", "lab")]
import plainvm  # noqa: E402

ENTRY = os.environ.get("ENTRY", "vs_port_rx")
LEAST = 0.5     # of a function's instructions a packet, to be shown


def plugin(workdir):
    out = os.path.join(workdir, "counted.so")
    subprocess.run(["gcc", "-O2", "-Wall", "-fvisibility=hidden", "-shared", "-fPIC", "-o", out,
                    os.path.join(HERE, "profile", "counted.c")], check=True)
    return out


def symbols(path):
    with open(path) as f:
        rows = [line.split() for line in f]
    return sorted((int(r[0], 16), r[2], r[3:] == ["[vifswitch]"]) for r in rows
                  if r[1] in "tTwW")


def by_function(counts, table):
    starts, found = [s[0] for s in table], collections.Counter()
    first = {}
    for line in counts:
        address, count = line.split()
        at = bisect.bisect_right(starts, int(address, 16)) - 1
        if at < 0:
            continue
        found[table[at][1:]] += int(count)
        if starts[at] == int(address, 16):
            first[table[at][1:]] = int(count)
    return found, first


def main():
    workdir = os.path.join(TOP, "build", "bench", "profile")
    os.makedirs(workdir, exist_ok=True)
    counts = os.path.join(workdir, "counts")
    vm = plainvm.PlainVm("6.12", workdir, cpus=1, name="profile", memory="2G",
                         clock="tsc=reliable nokaslr", accel=plainvm.COUNTED,
                         extra=["-plugin", f"{plugin(workdir)},out={counts}"])
    module = os.path.join(TOP, "build", "kmod", vm.kernel.release, "vifswitch.ko")
    status = vm.run(f"export MODULE={module} RESULTS={workdir} ONLY=none,vifswitch "
                    f"CASES='{os.environ['CASE']}'; echo 0 > /proc/sys/kernel/kptr_restrict; "
                    "python3 tests/bench/datapath_inside.py; "
                    f"cat /proc/kallsyms > {workdir}/kallsyms", 1800, echo=True)
    with open(counts) as f:
        found, first = by_function(f, symbols(os.path.join(workdir, "kallsyms")))
    packets = first.get((ENTRY, True))
    if status or not packets:
        sys.exit(f"profile: {ENTRY} was never called")
    print(f"# instructions for each of {packets} calls of {ENTRY}; * is the module's; calls a packet")
    for (name, ours), count in found.most_common():
        calls = first.get((name, ours), 0) / packets
        if count / packets >= LEAST and (ours or calls > 0.9) and not re.match("asm_|__pfx", name):
            print(f"{'*' if ours else ' '} {name:40} {count / packets:8.1f} {calls:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
