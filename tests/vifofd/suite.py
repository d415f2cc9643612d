#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Open vSwitch's own tests of OpenFlow (ofproto.at of Debian's openvswitch-source), unmodified, run
on vifofd: ovs-ofctl is the real one; ovs-vswitchd, ovs-vsctl, ovs-appctl and ovsdb-server are
stood in for by stand_in.py. ofproto.list says of every test what must come out. Last line:
"N passed, N failed".
"""
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
VIFDBD = ""
PROGRAMS = ("ovs-vswitchd", "ovs-vsctl", "ovs-appctl", "ovsdb-server", "ovsdb-tool")

# Unpacking, configuring and reading results are as for the database's suite.
spec = importlib.util.spec_from_file_location("ovsdb_suite", os.path.join(TOP, "tests/ovsdb-suite/run.py"))
suite = importlib.util.module_from_spec(spec)
spec.loader.exec_module(suite)


def place(name, listed, tests):
    """Where it works, below build/, the list of what must come out, and the file of the suite."""
    global WORK, SOURCE, BIN, FAILED, TESTS
    TESTS, suite.LIST = tests, listed
    suite.WORK = WORK = os.path.join(TOP, "build", name)
    suite.SOURCE = SOURCE = os.path.join(WORK, "openvswitch")
    suite.BIN = BIN = os.path.join(WORK, "bin")
    suite.FAILED = FAILED = os.path.join(WORK, "failed")


def unpack():
    if not os.path.exists(os.path.join(SOURCE, "tests/testsuite")):
        shutil.rmtree(WORK, ignore_errors=True)
        os.makedirs(WORK)
        with tarfile.open(suite.TARBALL) as tar:
            tar.extractall(WORK, [m for m in tar.getmembers() if re.match(r"openvswitch/(tests|python|vswitchd)/", m.name)])


def programs():
    shutil.rmtree(BIN, ignore_errors=True)
    os.makedirs(BIN)
    for name in PROGRAMS:
        path = os.path.join(BIN, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\nexec /usr/bin/python3 -SE {HERE}/stand_in.py {name} \"$@\"\n")
        os.chmod(path, 0o755)


def groups():
    out = subprocess.run(["sh", f"{SOURCE}/tests/testsuite", "-l"], stdout=subprocess.PIPE, cwd=WORK, text=True, check=True).stdout
    found, count = {}, {}
    for match in re.finditer(rf"^ *(\d+): {re.escape(TESTS)}:\d+ +(.*)$", out, re.M):
        name = match.group(2)
        count[name] = count.get(name, 0) + 1
        found[name if count[name] == 1 else f"{name} #{count[name]}"] = int(match.group(1))
    return found


def run(numbers):
    directory = tempfile.mkdtemp(prefix="suite-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    suite.configure(directory, VIFDBD)
    results = {}
    with subprocess.Popen(["sh", f"{SOURCE}/tests/testsuite", "-C", directory, "-j4", *map(str, numbers)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=directory) as process:
        for line in process.stdout:
            match = suite.LINE.match(line.rstrip())
            if match:
                results[int(match.group(1))] = match.group(3).split()[0]
                print(line.rstrip(), flush=True) if sys.argv[1:] else None
    shutil.rmtree(FAILED, ignore_errors=True)
    for number, result in results.items():
        if result == "FAILED":
            os.makedirs(FAILED, exist_ok=True)
            for log in glob.glob(f"{directory}/testsuite.dir/*{number}/testsuite.log"):
                shutil.copy(log, os.path.join(FAILED, str(number)))
    shutil.rmtree(directory)
    return results


def main():
    unpack()
    programs()
    known = groups()
    if sys.argv[1:]:        # names, listed or not
        wanted = {n: k for n, k in known.items() if sys.argv[1] == "all" or any(a in n for a in sys.argv[1:])}
        results = run(sorted(wanted.values()))
        for name, number in wanted.items():
            print(results.get(number), number, name)
        return 0
    expected = suite.listed()
    wanted = [number for name, number in known.items() if expected.get(name, ("",))[0] == "passes"]
    return suite.summary(expected, known, run(sorted(wanted)))


if __name__ == "__main__":
    place("ofproto-suite", os.path.join(HERE, "ofproto.list"), "ofproto.at")
    sys.exit(main())
