#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The silence of a live migration, and whose part of it is whose, beside vif-bridge.

  bench_blackout.py [ROUNDS]

A PVH guest with a stateful ACL migrates between two hosts that are a pool, there and
back, ROUNDS times, while guests on both ping it; then the same with bridges and
vif-bridge. On the host that it comes to, dom0/blackout.c tells by that host's clock
when the domain ran, when its last frame before and the first after that came to the pinging
guest's VIF, and when the hotplug script began and ended (it stands in that script's place). Ours
is the script's time, and what our processes run until the first frame is there; the rest is the
toolstack's, netback's, the guest's, and udev's for the new netdev: who ran meanwhile on
dom0's one CPU is told by the kernel's trace of switches. Hosts are in counted time, a
nanosecond an instruction: other work on this machine does not count.
"""
import collections
import gzip
import json
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("LAB_SLOW", "16")    # counted time is slower than this machine's
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "bench"))
import report  # noqa: E402
import run  # noqa: E402
import guest as guests  # noqa: E402
import wait  # noqa: E402
from host import Lab  # noqa: E402
from steps_migration import Migration  # noqa: E402
from steps_policy import uuid, vifctl  # noqa: E402
from steps_pool import join_pair  # noqa: E402
from steps_session import ANSWERS  # noqa: E402
from world import World, in_parallel  # noqa: E402

WORKDIR = os.path.join(run.TOP, "build/bench/xen-blackout")
BLACKOUT, LOG = "/usr/lib/vifswitch-lab/blackout", "/run/vif-timed"
SCRIPTS = "/etc/xen/scripts"
BOOT_LIMIT, MIGRATE_LIMIT = 1800, 1800
MAC = "00:16:3e:00:02:01"
STOCK = """systemctl stop vifswitchd; ip link del xenbr0; rmmod vifswitch; : > /etc/xen/xl.conf
ip link add xenbr0 type bridge; ip link set eth0 master xenbr0; ip link set eth0 up
ip link set xenbr0 up"""
TRACING = "/sys/kernel/tracing"
TRACE = f"""mount -t tracefs none {TRACING} 2>/dev/null; cd {TRACING} && echo 0 >tracing_on && : >trace &&
echo mono >trace_clock && echo 16384 >buffer_size_kb && echo 1 >events/sched/sched_switch/enable &&
echo 1 >tracing_on"""
TRACED = f"cd {TRACING} && echo 0 >tracing_on && gzip <trace >/run/trace.gz"
OURS = ("vifswitchd", "vifdbd", "vif-vifswitch")
UDEV = ("systemd-udevd", "(udev-worker)", "systemd-sysctl", "systemd", "systemd-journal")
PARTS = ("silent", "hotplug", "after", "ours", "udev", "toolstack")
WORDS = {"silent": "silence of a live migration", "hotplug": "of it: hotplug helper or script",
         "after": "of it: unpaused until the first frame is there",
         "ours": "of that: vifswitch's processes", "udev": "of that: udev and systemd",
         "toolstack": "of it: the toolstack's"}


def stand_in(host, script):
    at = f"{SCRIPTS}/{script}"
    host.run(f"mv {at} {at}.real && ln -s {BLACKOUT} {at}")


def ran(trace, begin, end):
    """{name: microseconds} of the processes that had dom0's CPU, by its clock, in microseconds."""
    times, since = collections.Counter(), begin
    for at, name in re.findall(r" (\d+\.\d+): sched_switch: prev_comm=(.+?) prev_pid=", trace):
        now = min(max(int(float(at) * 1e6), begin), end)
        times[name] += now - since
        since = now
    return times


class Bench:
    """A guest that migrates, and one on each host that pings it."""

    def __init__(self, world, script, vif):
        self.hosts = {host.name: host for host in (world.a, world.b)}
        for host in self.hosts.values():
            stand_in(host, script)
        self.mover = guests.Guest(world.a, "m", [f"mac={MAC},{vif}"], kind="pvh").create(900)
        self.mover.sh("ip addr add 10.2.0.1/24 dev eth0; ip link set eth0 up")
        self.watchers = {}
        for n, (name, host) in enumerate(self.hosts.items(), 2):
            one = guests.Guest(host, f"w{n}", [f"mac=00:16:3e:00:02:0{n},{vif}"]).create(900)
            one.sh(f"ip addr add 10.2.0.{n}/24 dev eth0; ip link set eth0 up")
            self.watchers[name] = one
        for one in self.watchers.values():
            one.ask("reach", 3, 500, "10.2.0.1", timeout=300)

    def migrate(self):
        """One more, to the other host: {part: milliseconds}."""
        source = self.mover.host
        target = next(h for h in self.hosts.values() if h is not source)
        watcher = self.watchers[target.name]
        ping = watcher.start("ping", "10.2.0.1", 0, 20, 3000)
        last = max(int(word) for word in target.run("xl list | awk 'NR > 1 { print $2 }'", 300).out.split())
        target.run(f": > {LOG}; {TRACE}", 300)
        target.spawn("blackout", f"exec {BLACKOUT} watch vif{watcher.domid}.0 {MAC} {last + 1}")
        done = Migration(self.mover, source, target, MIGRATE_LIMIT).finish(
            lambda text: print(text, flush=True), MIGRATE_LIMIT)
        if isinstance(done, Exception) or done.rc:
            raise SystemExit(f"bench-blackout: the migration to {target.name}: {done}")
        target.collect("receive", 15)
        self.mover.follow(target)
        wait.until("the guest to answer", 600, lambda: watcher.ask(
            "reach", 2, 500, "10.2.0.1", timeout=300)["10.2.0.1"], 1)
        ping.stop(300)
        target.run(TRACED, 600)
        trace = gzip.decompress(target.get("/run/trace.gz")).decode(errors="replace")
        seen = json.loads(target.collect("blackout", 15)[1])
        line = next(row.split() for row in target.run(f"cat {LOG}").out.splitlines()
                    if row.startswith("online "))
        return parts(seen, int(line[2]) - int(line[1]), trace)

    def end(self):
        for one in (self.mover, *self.watchers.values()):
            one.destroy(600)


def parts(seen, hotplug, trace):
    after, silent = seen["first"] - seen["unpaused"], seen["first"] - seen["last"]
    if not seen["last"] or not 0 < after < silent:
        raise SystemExit(f"bench-blackout: no silence around the unpausing: {seen}")
    who = ran(trace, seen["unpaused"], seen["first"])
    times = {"silent": silent, "hotplug": hotplug, "after": after, "ours": sum(who[n] for n in OURS),
             "udev": sum(who[n] for n in UDEV), "toolstack": silent - hotplug - after}
    return {part: us / 1000 for part, us in times.items()}


def measure(world, subject, vif, count, policy=lambda guest: None):
    bench, rows = Bench(world, "vif-vifswitch" if subject == "vifswitch" else subject, vif), []
    policy(bench.mover)
    for _ in range(count):
        rows.append(bench.migrate())
        print(f"{subject}: " + ", ".join(f"{part} {rows[-1][part]:.1f} ms" for part in PARTS), flush=True)
    bench.end()
    return {part: statistics.median(row[part] for row in rows) for part in PARTS}


def with_policy(world):
    def policy(guest):
        world.guests[guest.name] = guest
        world.a.put("/run/answers.yaml", ANSWERS.format(one=uuid(world, guest.name)))
        vifctl(world.a, "apply /run/answers.yaml", timeout=600)
    return policy


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    disk = run.image.build(run.packages(os.path.join(run.TOP, "build/deb")))
    with Lab(disk, WORKDIR, counted=True) as lab:
        world = World(lab)
        for host in (world.a, world.b):
            host.start()
        in_parallel(lambda: world.a.wait_ready(BOOT_LIMIT), lambda: world.b.wait_ready(BOOT_LIMIT))
        join_pair(world, 900)
        medians = {"vifswitch": measure(world, "vifswitch", "bridge=xenbr0.100", count, with_policy(world))}
        for host in (world.a, world.b):
            host.run(STOCK, 300)
        medians["vif-bridge"] = measure(world, "vif-bridge", "bridge=xenbr0", count)
    rows = [("plug", WORDS[part], subject, "ms", median[part])
            for subject, median in medians.items() for part in PARTS]
    report.write("plug-blackout", rows)
    for _, case, subject, unit, value in rows:
        print(f"{subject:12} {case:50} {value:9.1f} {unit}")
    ours, bridge = medians["vifswitch"], medians["vif-bridge"]
    print(f"ours is 1/{ours['silent'] / (ours['hotplug'] + ours['ours']):.0f} of the silence; what follows the"
          f" unpausing takes {ours['after'] - bridge['after']:+.1f} ms beside the bridge's, udev and systemd"
          f" there {ours['udev'] - bridge['udev']:+.1f} ms")


if __name__ == "__main__":
    main()
