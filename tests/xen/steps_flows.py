# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a switch that is made of flows of openvswitch.ko does what one of vifswitch.ko does. The
migration of its VM is in steps_travel.py."""
import rider
import wait
from steps_policy import check_lossless, kill, vifctl
from steps_service import SERVICE, main_pid
from steps_traffic import BROADCAST, SAMPLE, Sample, frame, hostile_frames, probes
from world import check, document, essence, step

SWITCH, UPLINK = "flow0", "eth2"
RATE = 0.3              # Mb/s
BURST = 100000          # octets, more than any bucket holds
ROUNDS = 5
POLICY = {rider.mac("flows", name): {vlan} for name, vlan in
          (("one", 100), ("two", 100), ("three", 200), ("rider", 100))}


def switch_is_up(host):
    found = {s["name"]: s for s in document(host, "show")["switches"]}.get(SWITCH)
    return found and found["state"] == "up" and found["datapath"] == "openvswitch"


def make_switch(w):
    """One row of the pool's database, a switch on each host."""
    for host in (w.a, w.b):
        host.run("modprobe openvswitch")
    vifctl(w.a, f"switch add {SWITCH} uplinks={UPLINK} datapath=openvswitch")
    for host in (w.a, w.b):
        wait.until(f"{SWITCH} on {host.name}", 60, lambda h=host: switch_is_up(h), 0.5)


def outside(w, mark):
    bad = rider.wire(w, "flows").outside(POLICY, mark)
    check(not bad, f"{len(bad)} frames outside policy on the wire, the first: {bad[0][1:5] if bad else ''}")


def plug(w):
    """Policy is written before there is a VM; each of its frames has that VLAN."""
    vifctl(w.a, f"port set {rider.UUID} vlan=100")
    mark = rider.wire(w, "flows").mark()
    port = rider.create(w)
    for name, vlan in (("one", 100), ("two", 100), ("three", 200)):
        rider.attach(w, "flows", name, vlan)
    check((port["datapath"], port["identity"], port["vlan"]["pvid"])
          == ("openvswitch", f"{rider.UUID}/0", 100), f"its port is {port}")
    rider.check_reach(w, "flows", ["one", "two"], ["three"])
    outside(w, mark)
    seen = rider.wire(w, "flows").seen(mark)[(rider.mac("flows", "rider"), (100,))]
    check(seen, "no frame of rider on the wire: proves nothing")
    return seen


def guard(w):
    """What of another's MAC, tags and control protocols is dropped and counted, by reason."""
    own, before = rider.mac("flows", "rider"), w.drops("rider")
    hostile = hostile_frames(own)
    mark = rider.wire(w, "flows").mark()
    ears = {name: w.guests[name].start("sniff", f"eth{rider.devid('flows', name)}", 300)
            for name in ("one", "two", "three")}
    w.rider.ask("raw", "eth0", ROUNDS, 20, *[f for group in hostile.values() for f in group])
    w.rider.ask("raw", "eth0", ROUNDS, 20, frame(BROADCAST, own, "88b5"))
    rider.check_reach(w, "flows", ["one", "two"])       # behind them on the same way
    heard = {name: probes(ear.stop()["rows"]) for name, ear in ears.items()}
    check(heard == {"one": ROUNDS, "two": ROUNDS, "three": 0}, f"probe frames that were heard: {heard}")
    outside(w, mark)
    want = {reason: ROUNDS * len(group) for reason, group in hostile.items()}
    after = w.drops("rider")
    more = {reason: after.get(reason, 0) - before.get(reason, 0) for reason in want}
    check(more == want, f"drop counters rose by {more}, not {want}")
    return sum(want.values())


def rate(w, seconds=10):
    """What two gets of a stream that may have RATE: Mb/s by its host's clock."""
    vifctl(w.a, f"port set {rider.UUID} rate-from-vm={int(RATE * 1000)}Kbit")
    to = rider.devid("flows", "two")
    got = lambda: w.port("two", to)["counters"]["to_vm"]["bytes"]  # noqa: E731
    before = got()
    sink = w.two.start("sink", 5005, 3600)
    stream = w.rider.start("send", rider.address("flows", "two"), 5005, 3600)
    wait.until("the burst of rider to be over", 60, lambda: got() > before + BURST, 0.3)
    lines = w.b.run(f"{SAMPLE}; sleep {seconds}; {SAMPLE}", 5 * seconds).out.splitlines()
    stream.stop(60), sink.result(60)
    vifctl(w.a, f"port clear {rider.UUID} rate-from-vm")
    first, last = (Sample(part, "two", to, "to_vm") for part in (lines[:3], lines[3:]))
    least = (last.octets - first.octets) * 8 / 1e6 / (last.after - first.before)
    dropped = w.drops("rider").get("rate", 0)
    check(0.3 * RATE < least < 1.05 * RATE and dropped, f"two gets {least:.3f} Mb/s, {dropped} frames dropped")
    return least


def killed(w):
    """What has a flow passes while there is no service; the next one finds ports and flows."""
    before = essence(w.show(w.a))
    ping = w.rider.start("ping", rider.address("flows", "two"), 0, 20, 5000)
    w.wait_packets("rider", 50)
    kill(w.a, SERVICE, main_pid(w.a))
    w.wait_packets("rider", 100)
    count = check_lossless(ping, 150, "rider")
    after = essence(w.show(w.a))
    check(before == after, f"ports were {before}, are {after}")
    return count


@step("flows", "datapath=openvswitch: a VM's VLAN, guard and rate in openvswitch.ko; kill -9 loses"
      " nothing", star=True, needs=("pool",))
def flows(w):
    make_switch(w)
    frames, dropped, count = plug(w), guard(w), killed(w)
    return f"{frames} frames of it on the wire in the VLAN that was written before it was there;" \
        f" {dropped} hostile frames dropped and counted; {rate(w):.2f} Mb/s of {RATE} allowed;" \
        f" {count} pings over a kill -9, 0 lost"


def end(w):
    vifctl(w.a, f"port clear {rider.UUID} vlan; vifctl switch del {SWITCH}")
    for host in (w.a, w.b):
        rider.wait_gone(host, SWITCH)
