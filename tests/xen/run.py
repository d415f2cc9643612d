#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests on real Xen: two emulated hosts side by side, one run.

  tests/xen/run.py [--debs DIR] [--only STEP,STEP...]

Steps (steps_*.py) share the hosts and the guests, in the order below; "boot" and
"plug" are always run. After a step that failed the world is brought back to what
"plug" made; a step that begins with what a failed one should have left, or a world
that cannot be brought back, is "not run because of" that. Consoles and wire
recordings are in build/xen/. Last line: "N passed, N failed".
"""
import argparse
import glob
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
sys.path.insert(0, HERE)
import image  # noqa: E402
import own  # noqa: E402
import restore  # noqa: E402
import rider  # noqa: E402
import steps_attack  # noqa: E402,F401
import steps_churn  # noqa: E402,F401
import steps_driver  # noqa: E402,F401
import steps_export  # noqa: E402,F401
import steps_flows  # noqa: E402,F401
import steps_handover  # noqa: E402,F401
import steps_hour  # noqa: E402,F401
import steps_hvm  # noqa: E402,F401
import steps_life  # noqa: E402,F401
import steps_migration  # noqa: E402,F401
import steps_mirror  # noqa: E402,F401
import steps_model  # noqa: E402,F401
import steps_oam  # noqa: E402,F401
import steps_overlay  # noqa: E402,F401
import steps_package  # noqa: E402,F401
import steps_policy  # noqa: E402,F401
import steps_pool  # noqa: E402,F401
import steps_router  # noqa: E402,F401
import steps_service  # noqa: E402,F401
import steps_session  # noqa: E402,F401
import steps_tables  # noqa: E402,F401
import steps_traffic  # noqa: E402,F401
import steps_travel  # noqa: E402,F401
import steps_xapi  # noqa: E402,F401
from host import Lab  # noqa: E402
from world import STEPS, Failure, World  # noqa: E402

# From pair or pool on both hosts are in one pool. hostile leaves one without a VIF, which all before
# it need.
ALL = """boot hour plug reach rate guard attack restart policy router model dbkill down attach offline
reboot answers balancer refuse acl queues pause rename save hvm driver pair pool mirror export
flows oam overlay tables travel xapi migrate back localhost restored follow hostile store confined cancel
remove""".split()
LIFE = "queues pause rename save hvm driver pair oam back localhost restored follow store".split()
ORDER = [name for name in ALL if name not in LIFE]     # of make check-xen
# What a dom0 gets; libvifdb-dev and python3-vifdb need more than its root has.
PACKAGES = ("libvifdb0", "vifdbd", "vifswitch", "vifexportd", "vifofd", "vifswitch-xapi", "vifswitch-dkms")
# Ours and Debian's, of which check-xen would have no use.
OURS = {"oam": ("vifoamd",)}
MORE = {"hvm": ("qemu-system-xen",)}
STARRED = [s.name for s in STEPS if s.star]


def plan(names):
    steps = {s.name: s for s in STEPS}
    unknown = [n for n in names if n not in steps]
    if unknown:
        sys.exit(f"no step {unknown[0]}: one of {', '.join(ALL)}")
    return [steps[n] for n in ALL if n in names or steps[n].fatal]


def packages(directory, steps=()):
    wanted = {*PACKAGES, *(p for one in steps for p in OURS.get(one.name, ()))}
    debs = sorted(deb for deb in glob.glob(os.path.join(directory, "*.deb"))
                  if os.path.basename(deb).split("_")[0] in wanted)
    if not debs:
        sys.exit(f"xen lab: no packages in {directory}: run make deb")
    return debs


def run_step(world, one):
    """(ok, detail) of one step; never raises but for being interrupted."""
    try:
        return True, one.run(world)
    except Failure as e:
        return False, str(e)
    except Exception as e:      # a step that breaks is a step that failed
        traceback.print_exc()
        return False, f"{type(e).__name__}: {e}"


def brought_back(world):
    try:
        restore.world(world)
        return True
    except Exception:
        traceback.print_exc()
        return False


def services(world):
    """What the service says on hosts that still answer, for a failure's log."""
    text = []
    for host in (world.a, world.b):
        if host.vm and host.vm.alive() and host.agent and host.agent.ready.is_set():
            try:
                text.append(host.run("echo --- $(hostname); journalctl -b -o short-monotonic -u"
                                     " vifswitchd -u vifdbd | tail -30; vifctl show; dmesg |"
                                     " tail -15", 40, check=False).out)
            except Exception as e:
                text.append(f"--- {host.name}: {e}")
    return "\n".join(text)


def run(steps, debs, workdir, started, ended, progress=None):
    """Run steps on a new lab. started(step), ended(step, ok, detail, seconds); the world."""
    disk = image.build(debs, [package for one in steps for package in MORE.get(one.name, ())])
    names = {one.name for one in steps}
    with Lab(disk, workdir, driver="driver" in names, pool="pool" in names,
             wires=rider.wires(names)) as lab:
        world = World(lab)
        world.progress = progress or world.progress
        # What nothing more can be run after; and steps whose work is not there any more, with the one
        # that failed: to bring the world back undoes a pool, too.
        lost, undone = None, {}
        for i, one in enumerate(steps):
            started(one)
            begin = time.monotonic()
            cause = lost or next((undone[n] for n in one.needs if n in undone), None)
            if cause:
                ok, detail = False, f"not run because of {cause}"
            else:
                ok, detail = run_step(world, one)
            if not ok:
                undone[one.name] = cause or one.name
            if not ok and not cause:
                undone.update({before.name: one.name for before in steps[:i]})
                with open(os.path.join(workdir, f"{one.name}.failed"), "w") as f:
                    f.write(f"{detail}\n{services(world)}\n{lab.tails()}\n")
                lost = one.name if one.fatal or not brought_back(world) else None
            ended(one, ok, detail, time.monotonic() - begin)
        return world


def main():
    parser = argparse.ArgumentParser(description="tests on real Xen")
    parser.add_argument("--debs", default=os.path.join(TOP, "build/deb"))
    parser.add_argument("--only", default=",".join(ORDER))
    parser.add_argument("--disk", action="store_true", help="make dom0's disk, if need be, no more")
    args = parser.parse_args()
    if args.disk:
        return print(f"{image.build(packages(args.debs)).disk}\n0 passed, 0 failed")
    workdir = own.directory(os.path.join(TOP, "build/xen"))
    steps = plan(args.only.split(","))
    counts = {True: 0, False: 0}
    begin = time.monotonic()

    def started(one):
        print(f"[{time.monotonic() - begin:5.0f} s] {one.name}: {one.title}", flush=True)

    def ended(one, ok, detail, seconds):
        counts[ok] += 1
        print(f"          {'ok' if ok else 'FAILED'} after {seconds:.0f} s: {detail}", flush=True)
        log = os.path.join(workdir, f"{one.name}.failed")
        if not ok and os.path.exists(log):
            with open(log) as f:
                print(f.read(), flush=True)

    run(steps, packages(args.debs, steps), workdir, started, ended)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(1 if counts[False] else 0)


if __name__ == "__main__":
    main()
