#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A pool of vifdbd on this machine's etcd members. Last line: "N passed, N failed"."""

import argparse
import concurrent.futures
import sys
import time
import traceback

import test_checker  # noqa: F401
import test_direct  # noqa: F401
import test_faults  # noqa: F401
import test_follow  # noqa: F401
import test_history  # noqa: F401
import test_pool  # noqa: F401
import test_presence  # noqa: F401
import test_rules  # noqa: F401
import test_setup  # noqa: F401
import test_strangers  # noqa: F401
import test_walls  # noqa: F401
from registry import TESTS


def run(function, args):
    start = time.monotonic()
    try:
        detail = function(args) or ""
        print("ok   %s (%.1f s) %s" % (function.__name__, time.monotonic() - start, detail), flush=True)
        return True
    except Exception:  # a test may fail in any way
        print("FAIL %s\n%s" % (function.__name__, traceback.format_exc()), flush=True)
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these tests")
    parser.add_argument("--transactions", type=int, default=1200, help="of the test with faults")
    parser.add_argument("--faults", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chosen = [test for test in TESTS if not args.names or test.__name__ in args.names]
    # They mostly wait, each for a pool of its own.
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as threads:
        results = list(threads.map(lambda test: run(test, args), chosen))
    print("%d passed, %d failed" % (results.count(True), results.count(False)))
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
