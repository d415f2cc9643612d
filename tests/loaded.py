#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""loaded.py COUNT COMMAND...: runs the command with so many busy loops beside it; its status."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab"))
import qemu  # noqa: E402


def main():
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"],
                              preexec_fn=qemu.die_with_parent) for _ in range(int(sys.argv[1]))]
    try:
        return subprocess.run(sys.argv[2:]).returncode
    finally:
        for loop in loops:
            loop.kill()


sys.exit(main())
