#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""XAPI beside vifswitch. Run by tests/lab/xenstored.py. Last line: "N passed, N failed"."""
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "lab")]

import test_orders  # noqa: E402
import test_package  # noqa: E402
import test_plugin  # noqa: E402
import test_sync  # noqa: E402


def main(names):
    passed = failed = 0
    for module in (test_orders, test_package, test_plugin, test_sync):
        for name, function in sorted(vars(module).items()):
            if not name.startswith("test_") or (names and name not in names):
                continue
            start = time.monotonic()
            try:
                function()
                passed += 1
                print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception:  # a test may fail in any way
                failed += 1
                print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
