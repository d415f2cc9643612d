#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
vifofd with switches in memory, judged by those who did not write it: Debian's ovs-ofctl, os-ken's
codec and an application on os-ken, ovs-testcontroller; and by what a bad peer does. Each test_*
function of the test_*.py beside this gets a daemon of its own. Last line: "N passed, N failed".
"""
import glob
import importlib
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import conformance  # noqa: E402
from trial import Trial  # noqa: E402


def run(name, test):
    start = time.monotonic()
    trial = Trial()
    try:
        test(trial)
        trial.stop()
    except Exception:
        trial.kill()
        print(f"not ok {name}\n{traceback.format_exc()}{trial.log()}", flush=True)
        return False
    print(f"ok {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return True


def main():
    passed = failed = 0
    names = set()
    for path in sorted(glob.glob(os.path.join(HERE, "test_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name, test in list(vars(module).items()):
            if name.startswith("test_"):
                names.add(name)
            if not name.startswith("test_") or (sys.argv[1:] and name not in sys.argv[1:]):
                continue
            if run(name, test):
                passed += 1
            else:
                failed += 1
    for line in conformance.problems(names):
        print(f"not ok {line}")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
