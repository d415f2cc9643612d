#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Style checks that need no judgement: licence tags, sizes, white space, layers, checkpatch."""
import glob
import os
import re
import subprocess
import sys

import layers

MAX_LINES = 600
MAX_WIDTH = 100
CHECKPATCH_OFF = ("LINUX_VERSION_CODE,FILE_PATH_CHANGES,SPDX_LICENSE_TAG,EMBEDDED_FILENAME,"
                  "CONST_STRUCT,COMPLEX_MACRO,MACRO_ARG_REUSE,NEW_TYPEDEFS,SPLIT_STRING")


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--"] + list(patterns), check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [path for path in out.splitlines() if os.path.exists(path)]


def check_text(path, findings):
    with open(path, encoding="utf-8") as source:
        lines = source.read().split("\n")
    if "SPDX-License-Identifier" not in "\n".join(lines[:3]):
        findings.append("%s:1: no SPDX-License-Identifier" % path)
    if len(lines) - 1 > MAX_LINES:
        findings.append("%s: %d lines, more than %d: split it" % (path, len(lines) - 1, MAX_LINES))
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            findings.append("%s:%d: trailing white space" % (path, number))
        if path.endswith((".c", ".h")) and len(line.expandtabs(8)) > MAX_WIDTH:
            # a message is easier to find when it is not split
            if '"' not in line:
                findings.append("%s:%d: wider than %d columns" % (path, number, MAX_WIDTH))


def checkpatch(findings):
    scripts = [os.environ["CHECKPATCH"]] if "CHECKPATCH" in os.environ else sorted(
        glob.glob("/usr/src/linux-*/scripts/checkpatch.pl"))
    if not scripts:
        print("lint: no checkpatch.pl here (set CHECKPATCH to one), left out")
        return
    done = subprocess.run(["perl", scripts[-1], "--no-tree", "--terse", "--no-summary", "--file",
                           "--max-line-length=%d" % MAX_WIDTH, "--ignore", CHECKPATCH_OFF]
                          + tracked("kmod/*.c", "kmod/*.h"), stdout=subprocess.PIPE, text=True)
    findings.extend(line for line in done.stdout.splitlines()
                    if re.search(r": (ERROR|WARNING):", line))


def main():
    findings = []
    for path in tracked("*.c", "*.h", "*.py", "*.mk", "Makefile", "*.sh"):
        check_text(path, findings)
    layers.check(findings)
    checkpatch(findings)
    print("\n".join(findings))
    print("%d findings" % len(findings))
    sys.exit(1 if findings else 0)


main()
