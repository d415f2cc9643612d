# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: hosts and guests come up; reachability, rates, hostile frames."""
import documents
import wait
from world import GUESTS, Failure, check, in_parallel, step

UNITS = "vifswitchd.service"


@step("boot", "two Xen hosts boot; the service is up on both", star=True, fatal=True)
def boot(w):
    w.a.start()
    w.b.start()
    in_parallel(w.a.wait_ready, w.b.wait_ready)

    def service(host):
        host.run(f"for i in $(seq 60); do systemctl -q is-active {UNITS} && exit 0; sleep 0.5; "
                 f"done; systemctl status {UNITS}; journalctl -b -u {UNITS} | tail -20; exit 1", 60)
        shown = w.show(host)
        state = {s["name"]: s["state"] for s in shown["switches"]}
        check(state.get("xenbr0") == "up", f"{host.name}: switches are {state}, not xenbr0 up")
        uplinks = [(p["netdev"], p["state"]) for p in shown["ports"] if p["role"] == "uplink"]
        check(len(uplinks) == 1 and uplinks[0][0] == "eth0" and uplinks[0][1] in
              ("plugged", "active"), f"{host.name}: uplinks are {uplinks}, not eth0 plugged")

    in_parallel(lambda: service(w.a), lambda: service(w.b))
    xen = w.a.run("xl info xen_version").out.strip()
    return (f"Xen {xen}, dom0 and service up after {w.a.boot_seconds:.0f} s and"
            f" {w.b.boot_seconds:.0f} s")


@step("plug", "five guests start, each VIF becomes a port in its VLAN", star=True, fatal=True)
def plug(w):
    def on(host):
        for name, row in GUESTS.items():
            if row[0] == host:
                w.create(name)

    in_parallel(lambda: on("xen-a"), lambda: on("xen-b"))
    for name, row in GUESTS.items():
        port = w.port(name)
        check(port["state"] == "active", f"{name}: state {port['state']}, not active")
        check(port["mac"] == [row[1]], f"{name}: guarded MACs are {port['mac']}, not {row[1]}")
        if name != "trunk":
            vlan = port["vlan"]
            check(vlan["mode"] == "access" and {vlan["pvid"]} == row[4],
                  f"{name}: VLANs are {vlan}, not access {row[4]}")
    check(w.port("trunk")["vlan"] == {"mode": "trunk", "pvid": None, "tagged": ["100", "200"]},
          f"trunk: VLANs are {w.port('trunk')['vlan']}, not a trunk of 100 and 200")
    return "one, trunk, mover on xen-a; two, three on xen-b"


def expected(source, target_vlans):
    return bool(GUESTS[source][4] & target_vlans)


@step("reach", "guests reach exactly those in their VLAN; tags on the wire are right", star=True)
def reach(w):
    mark = w.wire.mark()
    targets = {}
    for name, row in GUESTS.items():
        for index, address in enumerate(row[5]):
            targets[address] = (name, {(100, 200)[index]} if name == "trunk" else row[4])
    requests = {}
    for name in GUESTS:
        others = [a for a, (owner, _) in targets.items() if owner != name]
        requests[name] = w.guests[name].start("reach", 6, 400, *others)
    wrong = []
    pairs = 0
    for name, request in requests.items():
        for address, replies in request.result(60).items():
            owner, vlans = targets[address]
            want = expected(name, vlans)
            pairs += want
            if want != (replies > 0):
                wrong.append(f"{name} -> {owner} ({address}): {replies} replies,"
                             f" {'some' if want else 'none'} expected")
    check(not wrong, "; ".join(wrong))
    w.check_wire(mark)
    seen = w.wire.seen(mark)
    for name, vlan in (("one", 100), ("two", 100), ("three", 200), ("trunk", 100), ("trunk", 200)):
        check(seen[(w.mac(name), (vlan,))], f"no frame of {name} in VLAN {vlan} was captured on"
              f" the wire: the capture proves nothing; seen: {dict(seen)}")
    return f"{pairs} pairs can talk, all others cannot; {sum(seen.values())} frames captured," \
        " every one with its tag"


HEADERS = 66            # of a TCP segment: Ethernet, IPv4, TCP with timestamps
BURST = 300000          # octets, more than any bucket holds
CLOCK = "cut -d' ' -f1 /proc/uptime"
SAMPLE = f"{CLOCK}; vifctl show --json | tr -d '\\n'; echo; {CLOCK}"


class Sample:
    """Octets of TCP that came from a VM, and the host's clock before and after it was asked."""

    def __init__(self, lines, name, devid=0, way="from_vm"):
        port = next(p for p in documents.read(["show"], lines[1])["ports"] if p["vm"]
                    and p["vm"]["name"] == name and p["role"] == "vif" and p["devid"] == devid)
        count = port["counters"][way]
        self.octets = count["bytes"] - HEADERS * count["packets"]
        self.before, self.after = float(lines[0]), float(lines[2])


def throughput(w, name, port, seconds):
    """TCP from a VM to two in Mb/s, after the burst, as its own host counts it and by its clock:
    (at least, at most), for the host may be slow to answer."""
    host, before = w.guests[name].host, w.from_vm(name)["bytes"]
    sink = w.two.start("sink", port, 3600)
    stream = w.guests[name].start("send", GUESTS["two"][5][0], port, 3600)
    wait.until(f"the burst of {name} to be over", 60,
               lambda: w.from_vm(name)["bytes"] > before + BURST, 0.3)
    lines = host.run(f"{SAMPLE}; sleep {seconds}; {SAMPLE}", 5 * seconds).out.splitlines()
    sent, got = stream.stop(60), sink.result(60)
    if got["bad"] or sent["bytes"] != got["bytes"]:
        raise Failure(f"TCP from {name} to two went wrong: sent {sent}, received {got}")
    first, last = Sample(lines[:3], name), Sample(lines[3:], name)
    megabits = (last.octets - first.octets) * 8 / 1e6
    return megabits / (last.after - first.before), megabits / (last.before - first.after)


def check_rate(w, name, limit, free, seconds=20):
    """limit in Mb/s; the bounds are those of the requirement for 1 Mb/s, but that nobody gets more
    than free, which is what this machine could do."""
    least, most = throughput(w, name, 5001, seconds)
    floor = min(0.9 * limit, free)
    check(most >= floor and least <= 1.05 * limit,
          f"{name} gets {least:.3f} to {most:.3f} Mb/s, not {floor:.3f} to {1.05 * limit:.3f}")
    return (least + most) / 2


@step("rate", "a guest with rate=1Mb/s gets that, one without gets more", star=True)
def rate(w):
    free, _ = throughput(w, "trunk", 5002, 10)
    limited = check_rate(w, "one", 1, free / 2)
    check(free > 1.1 * limited, f"trunk (no rate) gets {free:.3f} Mb/s, one {limited:.3f}")
    dropped = w.drops("trunk").get("rate", 0)
    check(not dropped, f"{dropped} packets of trunk (no rate) dropped by a rate")
    return f"TCP from the VM: {limited:.3f} Mb/s with rate=1Mb/s, {free:.1f} Mb/s without"


def frame(dst, src, rest):
    text = (dst + src).replace(":", "") + rest
    return text + "00" * max(0, 60 - len(text) // 2)


BROADCAST = "ff:ff:ff:ff:ff:ff"
PROBE = 0x88b5          # an EtherType for experiments: nothing else on the wire has it


def hostile_frames(own):
    """Frames of a guest in VLAN 100 that must not leave, by drop reason."""
    return {
        "mac-guard": [frame(BROADCAST, "00:16:3e:66:66:66", "88b5")],
        "source-invalid": [frame(BROADCAST, "01:00:5e:00:00:01", "88b5")],
        "vlan-denied": [frame(BROADCAST, own, "810000c888b5")],
        "vlan-stacked": [frame(BROADCAST, own, "88a8006488b5")],
        "control": [frame("01:80:c2:00:00:00", own, "0026424203000000"),
                    frame("01:80:c2:00:00:0e", own, "88cc0207040016")],
    }


def probes(rows, mac=None):
    return sum(n for m, _, kind, n in rows if kind == PROBE and mac in (None, m))


@step("guard", "foreign MACs, tags, STP and LLDP do not leave a guest's port")
def guard(w):
    rounds, own = 10, w.mac("one")
    hostile = hostile_frames(own)
    mark = w.wire.mark()
    before = w.drops("one")
    listeners = {n: w.guests[n].start("sniff", "eth0", 300) for n in ("two", "three", "trunk")}
    frames = [f for group in hostile.values() for f in group]
    sent = w.one.ask("raw", "eth0", rounds, 20, *frames)
    good = w.one.ask("raw", "eth0", rounds, 20, frame(BROADCAST, own, "88b5"))
    check(not sent["refused"] and not good["refused"], f"the guest could not send: {sent}, {good}")
    # Behind them on the same way: who answers these has what came before.
    fence = w.one.ask("reach", 6, 400, "10.0.0.2", "10.0.0.4")
    check(all(fence.values()), f"one reaches {fence}, not both")
    want = {r: rounds * len(group) for r, group in hostile.items()}
    rows = {name: listener.stop()["rows"] for name, listener in listeners.items()}
    after = w.drops("one")
    for name, count in (("two", rounds), ("trunk", rounds), ("three", 0)):
        check(probes(rows[name]) == count, f"{name} received {probes(rows[name])} probe frames,"
              f" not {count}: {rows[name]}")
    w.check_wire(mark)
    leaked = [f for f in w.wire.frames(mark) if f.dst.startswith("01:80:c2")]
    check(not leaked, f"{len(leaked)} link-local frames on the wire")
    more = {r: after.get(r, 0) - before.get(r, 0) for r in hostile}
    check(more == want, f"drop counters rose by {more}, not {want}")
    return "dropped and counted: " + ", ".join(f"{n} {r}" for r, n in more.items())
