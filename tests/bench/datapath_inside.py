# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside the measuring VM: instructions for each 60-byte packet, by subject.

One instruction is one virtual nanosecond here (-icount shift=0), so pktgen's
own time divided by its packets is an instruction count. pktgen injects fresh
skbs into in0's receive path; what comes out is swallowed by the dummy out0.
Every subject gets a namespace of its own with only its own devices in it.

  [pktgen] -> in0 (dummy) -> the switch -> out0 (dummy)

Traffic: "one" is one flow, "one6" one of IPv6; "sport", "sport6" the same with a random source port for
each packet; "random" has random addresses and ports; "new" is "random" with so long a
pause between packets that a daemon can see to each of them, and its CPU time is
added.

With ROUNDS=n in the environment the clock is a real one: everything is measured n times
over, all subjects in turn, and each time the best of TRIES short runs counts, since what
the machine does beside only adds.
"""
import json
import os
import re
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..", "lab")]
import fairness  # noqa: E402
import memory  # noqa: E402
import peers  # noqa: E402
import ruleset  # noqa: E402
import tunnels  # noqa: E402
import world  # noqa: E402

PACKETS, NEW = 40000, 1000
SLOW = 20000		# instructions: a subject that takes more gets fewer packets
MODULES = ("dummy", "pktgen", "bridge", "openvswitch", "sch_ingress", "cls_matchall", "cls_flower",
           "cls_basic", "act_mirred", "act_police", "act_gact", "nf_tables", "nft_limit", "nft_ct",
           "nf_conntrack_bridge", "nf_conntrack", "ip_gre", "act_pedit", "vxlan", "bonding")
RANDOM = {"one": (), "one6": (), "sport": ("UDPSRC_RND",), "sport6": ("UDPSRC_RND",),
          "random": ("UDPSRC_RND", "UDPDST_RND", "IPSRC_RND", "IPDST_RND")}
RANDOM["new"] = RANDOM["random"]
ROUNDS = int(os.environ.get("ROUNDS") or 0)
TRIES = 4 if ROUNDS else 1


def devices():
    world.ip("link add name in0 type dummy", "link add name out0 type dummy",
             f"link set dev out0 address {peers.TARGET}", "link set dev in0 up",
             "link set dev out0 up")


def received(devices=("out0",)):
    total = 0
    for device in devices:
        with open(f"/sys/class/net/{device}/statistics/tx_packets") as f:
            total += int(f.read())
    return total


def lines(packets, traffic, back):
    yield from ("xmit_mode netif_receive", f"count {packets}", "pkt_size 60", "flag !SHARED",
                f"delay {1000000 if traffic == 'new' else 0}")
    macs, ips = (peers.SOURCE, peers.TARGET), ("10.0.0.1", "10.0.0.2")
    if back:
        macs, ips = macs[::-1], ips[::-1]
    yield from (f"src_mac {macs[0]}", f"dst_mac {macs[1]}")
    flags = RANDOM.get(traffic, ())
    if traffic.endswith("6"):
        yield from (f"{end}6 {ruleset.prefix6(ip + '/32').split('/')[0]}1"
                    for end, ip in zip(("src", "dst"), ips))
    elif "IPSRC_RND" in flags:
        yield from ("src_min 10.1.0.0", "src_max 10.255.255.255", "dst_min 10.1.0.0",
                    "dst_max 10.255.255.255")
    else:
        yield from (f"src_min {ips[0]}", f"src_max {ips[0]}", f"dst_min {ips[1]}",
                    f"dst_max {ips[1]}")
    for end in ("src", "dst"):
        wide = f"UDP{end.upper()}_RND" in flags
        yield f"udp_{end}_min {1024 if wide else 9}"
        yield f"udp_{end}_max {65535 if wide else 9}"
    for flag in flags:
        yield f"flag {flag}"
    if tunnels.lines(traffic):
        yield from tunnels.lines(traffic)[1]


def pktgen(packets, traffic="one", back=False):
    """Instructions for each packet, as pktgen sees them, without pauses."""
    device = "out0" if back else (tunnels.lines(traffic) or ("in0",))[0]

    def write(name, line):
        with open(f"/proc/net/pktgen/{name}", "w") as f:
            f.write(line + "\n")
    write("kpktgend_0", "rem_device_all")
    write("kpktgend_0", f"add_device {device}")
    for line in lines(packets, traffic, back):
        write(device, line)
    write("pgctrl", "start")
    with open(f"/proc/net/pktgen/{device}") as f:
        text = f.read()
    found = re.search(r"Result: OK: \d+\(c(\d+)\+d\d+\) \S+, (\d+) ", text)
    if not found or int(found.group(2)) != packets:
        raise RuntimeError("pktgen: " + text[-400:])
    return int(found.group(1)) * 1000 / packets


def measure(builder, traffic, answered):
    """What one packet costs, and how many came out of how many."""
    if answered:
        pktgen(50, "one")
        pktgen(50, "one", back=True)
    new = traffic == "new"
    first = pktgen(10 if new else 200 if traffic == "one" else 500, traffic)
    if traffic != "one" and not new:
        time.sleep(1)
    count = NEW if new else PACKETS if first < SLOW else PACKETS // 20
    tries = 1 if new else TRIES
    count //= tries
    daemon = 0
    if new and hasattr(builder, "cpu_ns") or getattr(builder, "daemon_counts", False):
        daemon = builder.cpu_ns()
    counted = hasattr(builder, "lookups")
    out_by = getattr(builder, "out", ("out0",))
    before, then = received(out_by), builder.lookups() if counted else None
    cost = min(pktgen(count, traffic) for _ in range(tries))
    out = {"packets": count * tries, "arrived": received(out_by) - before}
    if daemon:
        time.sleep(0.2)
        cost += (builder.cpu_ns() - daemon) / (count * tries)
    if counted:
        hits, misses, out["masks"] = builder.lookups()
        out["hits"], out["misses"] = hits - then[0], misses - then[1]
    out["cost"] = cost
    return out


# case, subject, builder, traffic, whether the flow was answered first
V, P, OURS = peers.vifswitch, peers, "vifswitch-flows"
FULL = dict(ip_guard=True, police=True)
ACCESS, POLICE, UPLINK = ("access VLAN with MAC guard", "access VLAN with MAC guard and police",
                          "access VLAN with MAC guard to tagged uplink")
R100, R1000 = "VLAN, guard, 100 rules, police", "VLAN, guard, 1,000 rules, police"
GUARD6 = "access VLAN with MAC and IP guard, IPv6"
NEWPORT = "the same, each packet of a new flow"
FIELDS = "1,000 rules of every field, "
EVERY, ATTACK, MANY = FIELDS + "one flow", FIELDS + "random flows", FIELDS + "many flows"
AFTER = " after 1,000 random flows"
UPCALL = FIELDS + "a new flow"
STATE, FIRST = "stateful, established", "stateful, each packet a new connection"


# Watched: nobody listens, so what makes room for others is summed up.
FLOWS = dict(flow_entries=1024, flow_active=60, flow_idle=15, flow_rate=1000)
SAMPLES = dict(sample_every=1000, sample_rate=1000, sample_octets=128)


METERED, SAMPLED = "flows metered", "one in 1,000 sampled"
MIRRORED = {"span": "mirrored to a port", "erspan": "mirrored to ERSPAN"}


def watched(what, watch):
    yield V(watch=watch), [(ACCESS + ", " + what, "vifswitch", "one", False)]
    yield V(rules=100, watch=watch, **FULL), [
        (R100 + ", " + what, "vifswitch", "one", False),
        (R100 + ", " + what + "; " + NEWPORT, "vifswitch", "sport", False)]
    yield V(rules=100, ip6=True, watch=watch, **FULL), [
        (R100 + ", IPv6, " + what, "vifswitch", "one6", False),
        (R100 + ", IPv6, " + what + "; " + NEWPORT, "vifswitch", "sport6", False)]


def watched_peers():
    for how, what in MIRRORED.items():
        yield V(mirrored=how), [(f"{ACCESS}, {what}", "vifswitch", "one", False)]
    for how, what in (("span", MIRRORED["span"]), ("erspan", MIRRORED["erspan"]),
                      ("sflow", SAMPLED), ("ipfix", SAMPLED + ", IPFIX"),
                      ("ipfix-each", METERED)):
        yield P.Openvswitch(0, watch=how), [(f"{ACCESS}, {what}", "openvswitch", "one", False)]
    yield P.Openvswitch(0), [(ACCESS, "openvswitch", "one", False)]


def plan():
    yield P.no_switch, [("no switch", None, t, False)
                        for t in ("one", "one6", "sport", "sport6", "random", "new")]
    yield P.tc_mirred, [("tc mirred redirect", "tc", "one", False)]
    yield P.bridge, [("bridge", "bridge", "one", False)]
    yield P.bridge_vlan, [("access VLAN", "bridge", "one", False)]
    yield P.dpctl_flow, [("one hit flow", "openvswitch", "one", False)]
    yield V(), [(ACCESS, "vifswitch", "one", False)]
    yield V(snoops=True), [(ACCESS + ", multicast snooping on", "vifswitch", "one", False)]
    yield V(police=True), [(POLICE, "vifswitch", "one", False)]
    yield V(uplink=True), [(UPLINK, "vifswitch", "one", False)]
    yield V(ip_guard=True), [("access VLAN with MAC and IP guard", "vifswitch", "one", False)]
    for count, case in ((100, R100), (1000, R1000)):
        yield V(rules=count, **FULL), [(case, "vifswitch", "one", False),
                                       (case + "; " + NEWPORT, "vifswitch", "sport", False)]
    yield V(ip_guard=True, ip6=True), [(GUARD6, "vifswitch", "one6", False)]
    yield V(rules=100, ip6=True, **FULL), [(R100 + ", IPv6", "vifswitch", "one6", False)]

    yield P.Flows(), [(ACCESS, OURS, "one", False)]
    yield P.Flows(police=True), [(POLICE, OURS, "one", False)]
    yield P.Flows(ip_guard=True), [("access VLAN with MAC and IP guard", OURS, "one", False)]
    for count, case in ((100, R100), (1000, R1000)):
        yield P.Flows(rules=count, **FULL), [(case, OURS, "one", False),
                                             (case + "; " + NEWPORT, OURS, "sport", False)]

    def attack(subject):
        return [(EVERY, subject, "one", False), (MANY, subject, "sport", False),
                (UPCALL, subject, "new", False), (EVERY + AFTER, subject, "one", False),
                (MANY + AFTER, subject, "sport", False), (ATTACK, subject, "random", False)]

    yield from watched(METERED, FLOWS)
    yield from watched(SAMPLED, SAMPLES)
    yield V(rules=100, stateful=True, watch=FLOWS, **FULL), [
        (STATE + ", " + METERED, "vifswitch", "one", True)]
    yield from watched_peers()
    yield from flow_tables()
    yield from tunnels.plan()
    yield V(rules=1000, every=True, **FULL), attack("vifswitch")
    yield V(rules=100, stateful=True, **FULL), [(STATE, "vifswitch", "one", True),
                                                (FIRST, "vifswitch", "random", False)]
    for count, case in ((100, R100), (1000, R1000)):
        yield P.nftables(count), [(case, "nftables", "one", False)]
        # 1,000 of these rules overlap, which a set with intervals cannot hold.
        if count <= 100:
            yield P.nftables(count, as_set=True), [(case + ", as a set", "nftables", "one", False)]
        yield P.flower(count), [(case + ", one priority", "tc", "one", False)]
        yield P.Openvswitch(count), [(case, "openvswitch", "one", False),
                                     (case + "; " + NEWPORT, "openvswitch", "sport", False)]
    yield P.flower(100, each=True), [(R100 + ", a priority each", "tc", "one", False)]
    yield P.nftables(1000, every=True), attack("nftables")
    yield P.Openvswitch(1000, every=True), attack("openvswitch")
    yield P.Flows(rules=1000, every=True, **FULL), attack(OURS)
    yield P.nftables(100, stateful=True), [(STATE, "nftables", "one", True),
                                           (FIRST, "nftables", "random", False)]
    yield P.Openvswitch(100, stateful=True), [(STATE, "openvswitch", "one", True),
                                              (FIRST, "openvswitch", "new", False)]


TABLES = {"one": "1 flow table, 1,000 addresses", "four": "4 flow tables of 1,000 flows",
          10000: "10,000 flows", 100000: "100,000 flows"}


def flow_tables():
    for flows, what in TABLES.items():
        traffic = [(what, "one"), (what + ", random flows", "random")]
        traffic = traffic[:1] if flows == "one" else traffic
        yield V(flows=flows), [(w, "vifswitch", t, False) for w, t in traffic]
        if flows != 100000:  # takes ovs-ofctl minutes here
            yield P.Openvswitch(0, flows=flows), [(w, "openvswitch", t, False) for w, t in traffic]


def apart(what, devices=devices):
    """what() in a child with a namespace of its own; its answer by way of JSON."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            world.isolate()
            devices()
            answer = what()
        except BaseException as e:
            traceback.print_exc()
            answer = [{"error": f"{type(e).__name__}: {e}"}]
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    answer = json.loads(os.read(reader, 65536) or '[{"error": "died"}]')
    os.waitpid(pid, 0)
    os.close(reader)
    return answer


def one(builder, cases):
    """A result for each case."""
    def all_of_them():
        answer, stop = [], builder()
        try:
            for _, _, traffic, answered in cases:
                answer.append(measure(builder, traffic, answered))
        except Exception as e:
            traceback.print_exc()
            answer += [{"error": f"{type(e).__name__}: {e}"}]
        if stop:
            stop()
        return answer
    answer = apart(all_of_them)
    return answer + [{"error": "not reached"}] * (len(cases) - len(answer))


BESIDE = "another VM beside one with random flows: "


def fair(subjects):
    """Rows of (group, case, subject, unit, value)."""
    for subject, builder, join in fairness.SUBJECTS:
        if subject not in subjects:
            continue
        found = apart(lambda: fairness.measure(builder, join), fairness.devices)
        print(f"# {subject} {BESIDE}{found}", flush=True)
        if isinstance(found[0], dict):
            continue
        for group, case, unit, value in zip(("attack", "attack", "newflow", "newflow"), (
                BESIDE + "latency of a first packet, kept", BESIDE + "rate of new flows, kept",
                "latency of a first packet, 1,000 rules of every field",
                "each of 20 first packets at once, 1,000 rules of every field"), ("%", "%", "us", "us"), found):
            yield group, case, subject, unit, value


def memories():
    """Rows of (case, subject, unit, value)."""
    def row(case, subject, what):
        found = apart(what)
        print(f"# {subject} memory of a {case}: {found}", flush=True)
        if not isinstance(found[0], dict):
            for where, value in zip(("kernel", "daemon"), found):
                if value or where == "kernel":
                    yield f"a {case}, {where}", subject, "octets", value
    for subject, builder in (("vifswitch", V()), ("bridge", P.bridge_vlan),
                             ("openvswitch", P.Openvswitch(1)), (OURS, P.Flows())):
        yield from row("port", subject, lambda: memory.ports(subject, builder))
    for subject, builder in (("openvswitch", P.Openvswitch(1000, every=True)),
                             (OURS, P.Flows(rules=1000, every=True))):
        yield from row("flow of openvswitch.ko", subject,
                       lambda: memory.flows(builder, lambda n: pktgen(n, "new")))
    many = memory.RULES + 1
    for subject, few, more in (("vifswitch", None, None),
                               ("nftables", P.nftables(1), P.nftables(many)),
                               ("tc", P.flower(1), P.flower(many)),
                               ("openvswitch", P.Openvswitch(1), P.Openvswitch(many))):
        yield from row("rule", subject, lambda: memory.rules(subject, few, more))


def main():
    for module in MODULES:
        subprocess.run(["modprobe", module], check=True)
    for name, value in (("nf_conntrack_max", 1 << 20), ("nf_conntrack_buckets", 1 << 17)):
        world.sysctl("net.netfilter." + name, value)
    have = os.path.exists(os.environ["MODULE"])
    if have:
        world.insert()
    with open("/sys/devices/system/clocksource/clocksource0/current_clocksource") as f:
        print("# clock source " + f.read().strip())
    only = os.environ.get("ONLY", "").split(",")
    words = os.environ.get("CASES", "").split(",")
    out = []
    for turn in range(ROUNDS or 1):
        for builder, cases in plan():
            cases = [c for c in cases if (have or c[1] != "vifswitch") and
                     (only == [""] or str(c[1] or "none") in only) and
                     (not c[1] or any(w in c[0] for w in words))]
            if not cases:
                continue
            start = time.time()
            for (case, subject, traffic, _), result in zip(cases, one(builder, cases)):
                out.append(dict(result, case=case, subject=subject, traffic=traffic, round=turn))
                print(f"# {subject or '-'} {case}: {json.dumps(result)} "
                      f"{time.time() - start:.0f} s", flush=True)
    some = [s for s, _, _ in fairness.SUBJECTS if only in ([""], [s]) or s in only]
    beside = list(fair(some)) if not ROUNDS and any(w in "fair" for w in words) else []
    memory_rows = list(memories()) if only == [""] and words == [""] and not ROUNDS else []
    with open(os.path.join(os.environ["RESULTS"], "datapath.json"), "w") as f:
        json.dump({"results": out, "memory": memory_rows, "beside": beside}, f)


if __name__ == "__main__":
    main()
