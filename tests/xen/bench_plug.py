#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Plug latency, beside the stock scripts in the same dom0 (bench_blackout.py: a migration's silence).

dom0/plug.c plays libxl: writes the keys of a VIF of a paused guest, waits for
netback's state 2, runs the script as libxl does, and takes the time from that
watch event to the one of hotplug-status=connected. Rows go to tests/bench/report.py.
The emulation stretches everything alike; compare rows.

It is that of a host in counted time, a nanosecond an instruction: other work on
this machine makes it take longer and measures the same. It boots in some minutes.
"""
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "bench"))
import report  # noqa: E402
import run  # noqa: E402
import guest as guests  # noqa: E402
from host import Lab  # noqa: E402
from world import World  # noqa: E402

WORKDIR = os.path.join(run.TOP, "build/bench/xen")
PLUG = "/usr/lib/vifswitch-lab/plug"
BOOT_LIMIT = 1800
PLUG_LIMIT = 180        # of this machine's seconds for each, with a script that is slow
# subject, how often, its switch, commands before
SUBJECTS = (
    ("vifswitch", 40, "xenbr0.100", "systemctl is-active vifswitchd"),
    ("vif-bridge", 12, "xenbr1",
     "systemctl stop vifswitchd; ip link add xenbr1 type bridge; ip link set xenbr1 up"),
    ("vif-openvswitch", 12, "xenbr2.100",
     "systemctl unmask openvswitch-switch; modprobe openvswitch; systemctl start"
     " openvswitch-switch; ovs-vsctl --timeout=60 add-br xenbr2; ip link set xenbr2 up"),
)


def percentile(values, part):
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * part))]


def latency(host, domid):
    rows = []
    for subject, count, bridge, prepare in SUBJECTS:
        host.run(prepare, 600)
        command = (f"{PLUG} bench {domid} 3 00:16:3e:00:00:41 {bridge}"
                   f" /etc/xen/scripts/vif-{subject.removeprefix('vif-')} ")
        host.run(command + "2", 3 * PLUG_LIMIT)
        out = host.run(command + str(count), (1 + count) * PLUG_LIMIT).out
        times = [int(line.split()[0]) / 1000 for line in out.splitlines()]
        print(f"{subject}: {count} plugs, median {statistics.median(times):.1f} ms,"
              f" p99 {percentile(times, 0.99):.1f} ms", flush=True)
        rows += [("plug", "state 2 to hotplug-status, median", subject, "ms",
                  statistics.median(times)),
                 ("plug", "state 2 to hotplug-status, p99", subject, "ms",
                  percentile(times, 0.99))]
    return rows


def latencies(host):
    still = guests.Guest(host, "still", []).create()
    host.run("xl pause still")
    rows = latency(host, still.domid)
    still.destroy()
    host.run("systemctl stop openvswitch-switch; modprobe -r openvswitch || true;"
             " systemctl start vifswitchd", 600)
    return rows


def measure_latencies(disk):
    with Lab(disk, WORKDIR, counted=True) as lab:
        host = World(lab).a
        host.start()
        host.wait_ready(BOOT_LIMIT)
        report.write("plug-latency", latencies(host))


def main():
    measure_latencies(run.image.build(run.packages(os.path.join(run.TOP, "build/deb"))))
    print("rows are in build/bench/rows/")


if __name__ == "__main__":
    main()
