# SPDX-License-Identifier: GPL-2.0-or-later
"""Octets of kernel memory (and the daemon's) for a port and for a rule, by subject."""
import os
import time

import abi
import peers
import ruleset
import world
from genl import Genl

PORTS, RULES = 200, 1000


def kernel():
    """Octets in slabs, per-CPU areas and vmalloc; pages of rcu'd garbage settle first."""
    time.sleep(1)
    with open("/proc/meminfo") as f:
        have = dict(line.split(":") for line in f)
    return sum(int(have[k].split()[0]) for k in ("Slab", "Percpu", "VmallocUsed")) * 1024


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def names():
    return [f"m{n}" for n in range(PORTS)]


def make_devices():
    world.ip(*(f"link add name {n} type dummy" for n in names()))
    world.ip(*(f"link set dev {n} up" for n in names()))


def programs():
    for i in range(PORTS):
        yield abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, 100, macs=[world.mac(1000 + i)], rate=10 ** 9,
                          ips=[f"10.9.{i // 250}.{i % 250 + 1}"])


def join_vifswitch():
    nl, switch = Genl(), world.index("sw0")
    for n, program in zip(names(), programs()):
        nl.port_new(switch, world.index(n), program, f"vm-{n}/0".encode(), 1)


def join_bridge():
    world.ip(*(f"link set dev {n} master br0" for n in names()))
    for n in names():
        peers.run("bridge", "vlan", "add", "dev", n, "vid", "100", "pvid", "untagged")


def join_ovs():
    argv = ["ovs-vsctl", "--timeout=120"]
    for n in names():
        argv += ["--", "add-port", "br0", n, "tag=100"]
    peers.run(*argv)


def join_flows(flows):
    flows.program.counts()
    for n, program in zip(names(), programs()):
        flows.join(n, program, f"vm-{n}/0")


def ports(subject, builder):
    """(kernel octets, daemon octets) of one port."""
    make_devices()
    stop = builder()
    try:
        daemon = builder.daemon() if stop else 0
        before, then = kernel(), resident(daemon) if daemon else 0
        {"vifswitch": join_vifswitch, "bridge": join_bridge, "openvswitch": join_ovs,
         "vifswitch-flows": lambda: join_flows(builder)}[subject]()
        return ((kernel() - before) / PORTS, (resident(daemon) - then) / PORTS if daemon else 0)
    finally:
        if stop:
            stop()


def rules(subject, few, many):
    """(kernel octets, daemon octets) of one rule: @many built after @few is thrown away."""
    if subject == "vifswitch":
        blobs = [len(ruleset.acl(ruleset.make(n))) for n in (1, RULES + 1)]
        return (blobs[1] - blobs[0]) / RULES, 0
    found = []
    for builder in (few, many):
        peers.forget()
        before = kernel()
        stop = builder()
        found.append((kernel() - before, resident(builder.daemon()) if stop else 0))
        if stop:
            stop()
    return tuple((b - a) / RULES for a, b in zip(*found))


def flows(builder, send):
    """Likewise of one flow: send(N) has packets of N of them sent."""
    stop = builder()
    try:
        daemon = builder.daemon()
        send(100)
        few, before, then = builder.flow_count(), kernel(), resident(daemon)
        send(800)
        count = builder.flow_count() - few
        return (kernel() - before) / count, (resident(daemon) - then) / count
    finally:
        stop()
