#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration: what the tests check on real Xen, step by step, to watch.

Two emulated Xen hosts, five guests, the starred requirements. Shows each step
as it does it, ends with a table and build/demo/report.json; exits with 0 only
if every step held.
"""
import json
import os
import sys
import textwrap
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import run  # noqa: E402
import own  # noqa: E402

INTRO = """
Two machines with real Xen, emulated side by side and joined by one wire:

   xen-a   one  (VLAN 100, 1 Mb/s)     xen-b   two    (VLAN 100)
           trunk (VLANs 100 and 200)           three  (VLAN 200)
           mover (VLAN 100, 500 Kb/s)
              |                                   |
           xenbr0 ------------ eth0 -- eth0 -- xenbr0

Before mover migrates the hosts become a pool, of which three members of etcd keep
the policy; they run beside the two machines, on a wire of their own. Then rider, a sixth
guest, has a VIF in a switch that is made of flows of openvswitch.ko, one in a VLAN that goes
on behind encrypted VXLAN, one in a switch under a controller, and migrates with all of them.

dom0 is Debian 12 with the packages vifswitch and vifswitch-dkms; nothing else
knows about VLANs. All guests are in one subnet: only their VLANs separate them.
"""


class Screen:
    """One line a step, with a clock that moves while the step runs."""

    def __init__(self):
        self.begin = time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.lock = threading.Lock()
        self.current = None
        self.since = 0
        self.shown = 0
        threading.Thread(target=self.tick, daemon=True).start()

    def clock(self):
        seconds = int(time.monotonic() - self.begin)
        return f"{seconds // 60:2d}:{seconds % 60:02d}"

    def line(self, text):
        with self.lock:
            print(("\r\033[K" if self.terminal else "") + f"{self.clock()}  {text}", flush=True)

    def tick(self):
        while True:
            time.sleep(1 if self.terminal else 5)
            current, spent = self.current, time.monotonic() - self.since
            if not current or spent < 2:
                continue
            if self.terminal:
                with self.lock:
                    print(f"\r\033[K{self.clock()}    ... {current} ({spent:.0f} s)", end="",
                          flush=True)
            elif spent - self.shown >= 15:
                self.shown = spent
                self.line(f"  ... {current} ({spent:.0f} s)")

    def start(self, title):
        self.line(title)
        self.current, self.since, self.shown = title, time.monotonic(), 0

    def end(self):
        self.current = None


def table(results):
    width = max(len(r["name"]) for r in results)
    print("\n" + "-" * 78)
    for r in results:
        first, *rest = textwrap.wrap(r["detail"], 78 - width - 14) or [""]
        word = "held" if r["ok"] else "-" if r["detail"].startswith("not run") else "FAILED"
        print(f"{word:6} {r['name']:{width}} {r['seconds']:4.0f} s  {first}")
        for more in rest[:4]:
            print(" " * (width + 15) + more)
    print("-" * 78)


def main():
    workdir = own.directory(os.path.join(run.TOP, "build/demo"))
    steps = [s for s in run.plan(run.STARRED)]
    screen, results = Screen(), []
    print(INTRO)
    screen.start("preparing dom0's disk (cached after the first time)")

    def started(one):
        screen.end()
        screen.start(one.title)

    def ended(one, ok, detail, seconds):
        screen.end()
        results.append({"name": one.name, "ok": ok, "seconds": round(seconds, 1),
                        "detail": detail})
        for part in textwrap.wrap(("ok: " if ok else "FAILED: ") + detail, 68)[:12]:
            screen.line("    " + part)

    world = run.run(steps, run.packages(os.path.join(run.TOP, "build/deb")), workdir, started,
                    ended, lambda text: screen.line("    " + text))
    ok = all(r["ok"] for r in results)
    report = {"ok": ok, "seconds": round(time.monotonic() - screen.begin, 1), "steps": results,
              "migration": world.migration}
    with open(os.path.join(workdir, "report.json"), "w") as f:
        json.dump(report, f, indent=1)
        f.write("\n")
    table(results)
    print(f"{'Every step held' if ok else 'NOT every step held'} in {report['seconds']:.0f} s;"
          f" report: {os.path.relpath(workdir, run.TOP)}/report.json")
    if not ok:
        print(f"consoles and details of failures: {os.path.relpath(workdir, run.TOP)}/")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
