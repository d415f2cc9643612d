#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The tests of the Python package. Names of tests (or parts of them) choose some. Last
line: "N passed, N failed[, N skipped]".
"""

import faulthandler
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
MODULES = ("test_schema", "test_framing", "test_session", "test_mutations", "test_docs",
           "test_database", "test_reconnect", "test_aio")
LIMIT_S = 900       # for all of it; a test that hangs is named by the traceback


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main(names):
    faulthandler.dump_traceback_later(LIMIT_S, exit=True)
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    loader = unittest.defaultTestLoader
    found = [list(flatten(loader.loadTestsFromName(module))) for module in MODULES]
    if not all(found):
        sys.exit("a module has no tests: is another one of its name in the way?")
    for test in (test for tests in found for test in tests):
        name = test.id()
        if names and not any(part in name for part in names):
            continue
        result = unittest.TestResult()
        start = time.monotonic()
        test.run(result)
        wrong = result.errors + result.failures
        verdict = "FAILED" if wrong else "skipped" if result.skipped else "ok"
        counts[verdict] += 1
        print(f"{verdict:7} {name} ({time.monotonic() - start:.2f} s)", flush=True)
        for _, text in wrong + result.skipped:
            print(text, flush=True)
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['ok']} passed, {counts['FAILED']} failed{skipped}")
    return 1 if counts["FAILED"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
