#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of vifswitch.ko and vifswitchd in a VM with a stock Debian kernel.

  tests/vm/run.py                        every test on 6.1, the smoke set on 6.12
  tests/vm/run.py --kernel 6.12          every test on that kernel
  tests/vm/run.py --kernel debug         ... built here, which tells of faults (kernelbuild.py)
  tests/vm/run.py --only NAME[,NAME]     these tests (or all of a file) alone
  tests/vm/run.py --list                 what there is
  tests/vm/run.py --shell "CMD"          run CMD in such a VM instead

Most tests have a VM with one CPU, which takes one nanosecond for each instruction and
skips the time in which it would be idle: timers, rates and limits are the same whatever
else this machine does. Tests about two CPUs, and of the smoke set those that neither
measure nor wait (all but the files in COUNTED), have a VM with two CPUs and this
machine's time. --icount gives every test the one that is not about two CPUs, --smp gives
all tests the other; so has the debug kernel, which looks for races.

The module is taken from build/kmod/RELEASE/vifswitch.ko (make module); in a
--shell its path is in $MODULE. The project is at the same path inside, and is
read-only in effect: writes stay in the VM, except below $RESULTS, which is
build/vm/KERNEL here, or KERNEL-PID while another run has that (for --shell: a
directory that is removed at the end).
Console logs stay in build/vm/KERNEL. A test that brings the kernel down fails,
its console stays as NAME.console.TEST, and the tests after it get a new VM.
"""
import argparse
import collections
import concurrent.futures
import glob
import os
import re
import shlex
import shutil
import signal
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", folder) for folder in ("lab", "vm")]
sys.path.append(os.path.join(TOP, "tests", "oam"))
import inside  # noqa: E402
import kernelbuild  # noqa: E402
import netdevsim  # noqa: E402
import own  # noqa: E402
import ovspeer  # noqa: E402
import peers  # noqa: E402
import plainvm  # noqa: E402
import qemu  # noqa: E402
import qemuguest  # noqa: E402
import testnic  # noqa: E402
import wait  # noqa: E402
import xenstored  # noqa: E402

BUILD = os.path.join(TOP, "build", "vm")
# Files of tests with a VM of their own: about a third of all each, by what they take of a CPU.
SERVICES = ["daemon", "vifctl", "exporter", "doctor", "mend", "uplink", "bond", "lacp", "slb",
            "upgrade", "networks"]
POLICY = ["policy", "policy_acl", "qos", "mirrors", "handover", "why", "mac", "broken",
          "broken_links"]
# On the second kernel, too.
COUNTED = ["acl", "acl_nftables", "answer", "attack", "vlan", "guard", "lifecycle", "netlink",
           "offload", "daemon", "mirror", "policer", "shaping", "storm", "qos", "policy_guard",
           "openvswitch", "datapath", "flower", "differs"]
# It takes the least of several counts, which must not all be wrong by the same slab.
UNCOUNTED = ["leaks"]
COUNTED_SLOW = 10   # waiting costs nothing there, but an answer of the share makes time jump
DEBUG, DEBUG_SLOW = "debug", 4
Part = collections.namedtuple("Part", "family arguments name cpus")
RESULT = re.compile(r"^(ok|not ok|skip)\b", re.M)
# What tests leave for the benches.
MEASURED = ("plug1000.json", "large.json", "flowmods.json", "failover.json", "plugs.json")
DEATH = re.compile(r"BUG: .*|Kernel panic.*")


def environment(vm, slow):
    module = os.path.join(TOP, "build", "kmod", vm.kernel.release, "vifswitch.ko")
    seconds = os.environ.get("SOAK_SECONDS")
    return f"export MODULE={shlex.quote(module)} RESULTS={shlex.quote(vm.workdir)}" \
        f" LAB_SLOW={slow}" + (f" SOAK_SECONDS={int(seconds)}" if seconds else "") + "; "


def shell(family, command):
    workdir = os.path.join(BUILD, f"shell-{os.getpid()}")
    vm = plainvm.PlainVm(family, workdir, memory="2G")
    try:
        return vm.run(environment(vm, wait.SLOW) + command, timeout=3600, echo=True)
    except (qemu.Ended, wait.Timeout) as e:
        print(e, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def read(vm, name):
    try:
        with open(os.path.join(vm.workdir, name), errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def attempt(vm, command, timeout, again=True):
    """Boot and run: (status, name of the test that brought the kernel down or "").

    Emulated with several CPUs a stock kernel dies now and then while it boots, long
    before the module is there; such a machine is started once more.
    """
    for name in ("running", "output"):
        if os.path.exists(os.path.join(vm.workdir, name)):
            os.unlink(os.path.join(vm.workdir, name))
    try:
        return vm.run(command, timeout, echo=True), ""
    except wait.Timeout as e:
        print(f"not ok {read(vm, 'running') or vm.name}: {e}")
        return 1, ""
    except qemu.Ended as e:
        test, console = read(vm, "running"), os.path.join(vm.workdir, vm.name + ".console")
        reasons = DEATH.findall(read(vm, vm.name + ".console"))
        if again and not test and not read(vm, "output"):
            print(f"# {vm.name} died before its first test ({e}); once more", flush=True)
            return attempt(vm, command, timeout, again=False)
        if not test or not reasons:
            print(f"not ok {vm.name}: {e}")
            return 1, ""
        os.replace(console, f"{console}.{test}")
        print(f"not ok {test}: {' | '.join(reasons)}; see {console}.{test}", flush=True)
        return 1, test


def resident():
    """What tests start and read again and again."""
    ovspeer.package()       # there is no network in the VM
    qemuguest.rom()
    peers.packages()
    found = [xenstored.build_shim(), xenstored.build_shim("hypervisor-shim"),
             xenstored.daemon_path()]
    for pattern in ("build/release/*", "build/*.ovsschema", "build/schema/*", "docs/schema/*"):
        found += glob.glob(os.path.join(TOP, pattern))
    return [path for path in found if os.path.isfile(path) and not path.endswith(".a")]


def run_tests(part, timeout):
    """Boot one kernel and run the tests inside: (passed, failed, skipped)."""
    workdir = own.directory(os.path.join(BUILD, part.family + part.name))
    slow, kernel = wait.SLOW, part.family
    how = {"memory": "2G", "resident": resident()}
    if part.family == DEBUG:
        kernel, how["memory"] = kernelbuild.kernel(DEBUG), "3G"
        kernelbuild.module(kernel)
        slow *= DEBUG_SLOW
    if part.cpus == 1:
        how.update(cpus=1, accel=plainvm.COUNTED)
        slow *= COUNTED_SLOW
    vm = plainvm.PlainVm(kernel, workdir, **how)
    print(f"# Linux {vm.kernel.release}{part.name}", flush=True)
    if not os.path.exists(os.path.join(TOP, "build", "kmod", vm.kernel.release, "vifswitch.ko")):
        print(f"not ok boot: no module for {vm.kernel.release}: make module, with its headers")
        return 0, 1, 0
    if any("vf" in (t.module[5:], t.full) for t in inside.chosen(part.arguments)):
        netdevsim.build(vm.kernel.release)
    if any(t.full == "flower.rules_in_a_nic" for t in inside.chosen(part.arguments)):
        testnic.build(vm.kernel.release)
    command = environment(vm, slow) + "python3 tests/vm/inside.py " + shlex.join(part.arguments)
    count, after = collections.Counter(), ""
    while True:
        start = time.monotonic()
        status, died = attempt(vm, command + after, timeout)
        print(f"# {vm.kernel.release}{part.name}: {time.monotonic() - start:.0f} s,"
              f" {vm.cpu_seconds:.0f} s of CPU", flush=True)
        count.update(RESULT.findall(read(vm, "output")))
        if not died:
            break
        count["not ok"] += 1
        after = f" --after={died}"
    for name in MEASURED:
        measured = os.path.join(vm.workdir, name)
        if os.path.exists(measured):
            os.replace(measured, os.path.join(BUILD, name))
    if status and not count["not ok"]:
        count["not ok"] = 1
    return count["ok"], count["not ok"], count["skip"]


def is_counted(t, family, smoke, options):
    """Whether a test has the VM whose time is counted."""
    if options.smp or t.cpus > 1 or family == DEBUG and not options.icount:
        return False
    file = t.module[5:]
    return options.icount or (file in COUNTED if smoke else file not in UNCOUNTED)


def parts(family, arguments, name, options):
    """The VMs for these tests: with time that is counted, with two CPUs, or one of each."""
    chosen = inside.chosen(arguments)
    smoke = "--smoke" in arguments
    counted = [t.full for t in chosen if is_counted(t, family, smoke, options)]
    others = [t.full for t in chosen if t.full not in counted]
    out = [Part(family, counted, name + "-counted", 1)] if counted else []
    return out + ([Part(family, others or arguments, name, 2)] if others or not out else [])


def names_of(only):
    """What --only names, each of it a test."""
    names = only.split(",") if only else []
    unknown, files = inside.unknown(names)
    if unknown:
        raise SystemExit(f"--only: no test or file of tests is named {', '.join(map(repr, unknown))}"
                         f"; files are {', '.join(files)}; --list shows their tests")
    return names


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("--kernel", help="6.1, 6.12, a release or debug")
    parser.add_argument("--only", help="comma-separated tests or test files")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--shell", metavar="CMD")
    parser.add_argument("--timeout", type=int, default=2800, help="seconds for each VM")
    parser.add_argument("--icount", action="store_true",
                        help="counted time for every test that is not about two CPUs")
    parser.add_argument("--smp", action="store_true",
                        help="two CPUs and this machine's time for every test")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))  # the VMs die with us
    if options.list:
        return inside.show()
    if options.shell:
        return shell(options.kernel or "6.1", options.shell)
    chosen = names_of(options.only)
    xenstored.build_shim("hypervisor-shim")
    xenstored.build_shim()      # here once, not by each test in the emulated machine
    if options.kernel == DEBUG:     # for which neither an older module nor a NIC is built
        chosen = [*chosen, "--without=upgrade,vf,flower"]
    workers, rows = 1, [(options.kernel or "6.1", chosen, "")]
    if not options.kernel and not chosen:   # two VMs side by side; what takes longest begins
        rest = "--without=" + ",".join(SERVICES + POLICY)
        workers, rows = 2, [("6.1", [rest], ""), ("6.1", SERVICES, "-services"),
                            ("6.1", POLICY, "-policy"), ("6.12", ["--smoke"], "")]
    every = [part for row in rows for part in parts(*row, options)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        counts = list(pool.map(lambda part: run_tests(part, options.timeout), every))
    total = [sum(column) for column in zip(*counts)]
    print("{} passed, {} failed".format(*total)
          + (f", {total[2]} skipped" if total[2] else ""), flush=True)
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
