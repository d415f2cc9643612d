#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs cmocka programs, prints what failed, and sums their test counts."""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import documents  # noqa: E402
import wait  # noqa: E402

PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)\.", re.M)
FAILED = re.compile(r"^\[  FAILED  \] \S*: (\d+) test\(s\)|^\[  FAILED  \] (\d+) test\(s\)", re.M)
SKIPPED = re.compile(r"^\[  SKIPPED \] \S*: (\d+) test\(s\)|^\[  SKIPPED \] (\d+) test\(s\)", re.M)
ENV = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_leaks=1")


def number(pattern, text):
    return sum(int(next(group for group in found if group))
               for found in (match.groups() for match in pattern.finditer(text)))


def bad_documents(path):
    """What is wrong with the documents the program met (documents.h)."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            seen = json.loads(line)
            try:
                documents.check(documents.schema_of(seen["command"].split()), seen["document"])
            except AssertionError as wrong:
                yield f"{wrong}\n{json.dumps(seen['document'])}"


def run(program):
    with tempfile.NamedTemporaryFile(prefix="documents-") as seen:
        return run_with(program, seen.name)


def run_with(program, seen):
    try:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=300 * wait.SLOW,
                              env=dict(ENV, VIFSWITCH_TEST_DOCUMENTS=seen))
        text, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as expired:
        text, code = (expired.stdout or b"").decode(errors="replace") + "\ntimed out", -1
    passed, failed, skipped = (number(p, text) for p in (PASSED, FAILED, SKIPPED))
    wrong = list(bad_documents(seen))
    if code and not failed or not passed + failed + skipped or wrong:
        failed += 1
        text += "\n".join(wrong)
    name = os.path.basename(program)
    print("%s %s: %d passed, %d failed" % ("not ok" if failed else "ok", name, passed, failed))
    if failed or skipped:
        print(text)
    return passed, failed, skipped


def main():
    totals = [sum(column) for column in zip(*map(run, sys.argv[1:]))] or [0, 1, 0]
    print("%d passed, %d failed%s" % (totals[0], totals[1],
                                      ", %d skipped" % totals[2] if totals[2] else ""))
    sys.exit(1 if totals[1] else 0)


main()
