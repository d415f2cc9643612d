#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the receiver of xl's migration says to the sender, each word held until it may go.

  hold.py COMMAND...

The receiver says three things: that it is there, that it has all memory, and that the domain
runs. Of the second and the third /run/hold-memory and /run/hold-runs say that they were said;
/run/hold-memory.go and /run/hold-runs.go let them go on.
"""
import os
import subprocess
import sys
import time

CHUNK = 65536


def main():
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
    for word in ("", "memory", "runs"):
        said = os.read(child.stdout.fileno(), CHUNK)
        if word and said:
            open(f"/run/hold-{word}", "w").close()
            while not os.path.exists(f"/run/hold-{word}.go"):
                time.sleep(0.05)
        os.write(1, said)
    while said:
        said = os.read(child.stdout.fileno(), CHUNK)
        os.write(1, said)
    sys.exit(child.wait())


if __name__ == "__main__":
    main()
