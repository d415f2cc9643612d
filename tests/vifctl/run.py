#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl's database commands against a real vifdbd. Last line: "N passed, N failed"."""

import sys
import time
import traceback

import test_batch
import test_db
import test_doctor
import test_edit
import test_examples
import test_exporter
import test_file
import test_force
import test_from_ovs
import test_graph
import test_history
import test_mirror
import test_network
import test_mistakes
import test_move
import test_named
import test_policy
import test_readers
import test_terminal
import test_unsafe
import test_uplink
import test_wait
import test_walks
from world import World


def tests():
    for module in (test_policy, test_file, test_edit, test_graph, test_history, test_mirror, test_network,
                   test_exporter, test_mistakes, test_move, test_uplink, test_wait, test_db, test_doctor, test_unsafe,
                   test_readers, test_examples, test_batch,
                   test_force, test_from_ovs, test_terminal, test_walks, test_named):
        for name, function in sorted(vars(module).items()):
            if name.startswith("test_"):
                yield name, function


def main():
    passed = failed = 0
    for name, function in tests():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        start = time.monotonic()
        world = World()
        try:
            function(world)
            passed += 1
            print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception:  # a test may fail in any way
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}{world.server.output()}", flush=True)
        finally:
            world.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
