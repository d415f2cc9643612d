#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
vifovsd as Debian's ovs-vsctl sees it. Each test_* function of the test_*.py beside this gets a
bed of its own (bed.py), with two cables a0-b0 and a1-b1. Last line: "N passed, N failed".
"""
import ctypes
import glob
import importlib
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from bed import Bed, ip  # noqa: E402

NEWNS, NEWNET, PRIVATE = 0x20000, 0x40000000, 0x44000


def isolate():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNS | NEWNET):
        raise SystemExit(f"check-vifovsd needs root: {os.strerror(ctypes.get_errno())}")
    libc.mount(b"none", b"/", None, PRIVATE, None)
    libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None)


def run(name, test):
    """In a child: whatever it leaves behind goes with its namespaces."""
    child = os.fork()
    if child == 0:
        isolate()
        os._exit(0 if run_here(name, test) else 1)
    return os.waitpid(child, 0)[1] == 0


def run_here(name, test):
    start = time.monotonic()
    bed = None
    try:
        ip("link", "set", "lo", "up")
        for n in "01":
            ip("link", "add", "a" + n, "type", "veth", "peer", "name", "b" + n)
        bed = Bed()
        test(bed)
        bed.stop()
    except Exception:  # a test may fail in any way
        print(f"not ok {name}\n{traceback.format_exc()}", flush=True)
        if bed:
            bed.end()
        return False
    print(f"ok {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return True


def main():
    results = []
    for path in sorted(glob.glob(os.path.join(HERE, "test_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name, test in list(vars(module).items()):
            if name.startswith("test_") and (not sys.argv[1:] or name in sys.argv[1:]):
                results.append(run(name, test))
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not results else 0)


main()
