#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run.py [--runs N] SECONDS TARGET...: runs libFuzzer targets, each for SECONDS.

With --runs each ends after so many inputs, which are the same in each such run: it begins
with the seeds alone, and keeps nothing that it discovers.

Seeds are tests/fuzz/corpus/NAME/*; what a run discovers goes to
build/fuzz/corpus/NAME, findings to build/fuzz/findings/NAME.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

SEEDS = "tests/fuzz/corpus"
PROGRESS = re.compile(r"#\d+\s|stat::")


def report(text, findings):
    """What tells of a failure in a log that may be all that is left of the machine."""
    lines = [line for line in text.splitlines() if not PROGRESS.match(line)]
    print("\n".join(lines)[-3000:])
    for name in sorted(os.listdir(findings)):
        with open(os.path.join(findings, name), "rb") as finding:
            print("%s%s: %s" % (findings, name, finding.read(1000).hex()))


def run(program, seconds, runs):
    name = os.path.basename(program)[len("fuzz-"):]
    found = os.path.join("build/fuzz/corpus", name)
    findings = os.path.join("build/fuzz/findings", name, "")
    os.makedirs(found, exist_ok=True)
    os.makedirs(findings, exist_ok=True)
    seeds = os.path.join(SEEDS, name)
    if not os.path.isdir(seeds) or not os.listdir(seeds):
        print("not ok %s: no seed corpus in %s" % (name, seeds))
        return False
    with tempfile.TemporaryDirectory() as nothing:
        done = subprocess.run([program, "-max_total_time=%d" % seconds, "-timeout=10",
                               *(["-runs=%d" % runs, "-seed=1"] if runs else []),
                               "-rss_limit_mb=1024", "-print_final_stats=1",
                               "-artifact_prefix=" + findings, nothing if runs else found, seeds],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL)
    text = done.stdout.decode(errors="replace")
    executed = re.search(r"number_of_executed_units:\s*(\d+)", text)
    count = int(executed.group(1)) if executed else 0
    ok = done.returncode == 0 and count > 0
    print("%s %s: %d executions" % ("ok" if ok else "not ok", name, count), flush=True)
    if not ok:
        report(text, findings)
    return ok


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("--runs", type=int)
    parser.add_argument("seconds", type=int)
    parser.add_argument("targets", nargs="+")
    args = parser.parse_args()
    results = [run(target, args.seconds, args.runs) for target in args.targets]
    print("%d passed, %d failed" % (results.count(True), results.count(False)))
    sys.exit(0 if all(results) and results else 1)


main()
