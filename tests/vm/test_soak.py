# SPDX-License-Identifier: GPL-2.0-or-later
"""Churn under traffic, then memory compared with before: CHANGES of each kind; in a long run
(make soak), ten times as many and as many more as SOAK_SECONDS give time for."""
import gc
import os
import random
import subprocess
import threading
import time

import abi
import genl
import wait
from registry import LONG, check, test
from test_lifecycle import Traffic
from test_vlan import UPLINK, access, trunk
from world import BROADCAST, Switch, exists, frame, index, ip, mac

SECONDS = int(os.environ.get("SOAK_SECONDS") or 0)
CHANGES = 1000 if LONG else 100
# A leak is per operation, and there are thousands of them: losing one object in
# fifty operations is caught. What may differ: per-CPU freelists and partial slabs
# (the active count includes them), the shell's own processes, RCU leftovers.
SLACK_OBJECTS = 1500
SLACK_KILOBYTES = 24 << 10


def slabs():
    """Active objects of the caches a switch, a port or an entry can come from."""
    out = {}
    with open("/proc/slabinfo") as f:
        for line in f.readlines()[2:]:
            name, active, _, size = line.split()[:4]
            if name.startswith(("kmalloc-", "vifswitch", "skbuff_")):
                out[name] = int(active)
    return out


def available():
    with open("/proc/meminfo") as f:
        table = {line.split(":")[0]: int(line.split()[1]) for line in f}
    return table["MemAvailable"], table["SUnreclaim"], table["Percpu"]


def settle():
    gc.collect()
    for _ in range(3):
        subprocess.run(["sync"])
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3\n")
        time.sleep(1)
    return slabs(), available()


class Churn(threading.Thread):
    """One kind of change, again and again."""

    def __init__(self, step):
        super().__init__(daemon=True)
        self.step, self.count, self.error, self.stop = step, 0, None, False

    def run(self):
        while not self.stop:
            try:
                self.step(self.count)
                self.count += 1
            except Exception as e:
                self.error = e
                return

    def check(self, least):
        check(self.error is None, f"{self.step.__name__}: {self.error!r}")
        return self.count >= least


def programs(rng, n):
    kind = rng.randrange(5)
    if kind == 0:
        return access(100 + n % 3).program([mac(n)], rate=10 ** 7, burst=65536)
    if kind == 1:
        return trunk(100, 101, 102).program([mac(n), mac(n + 500)])
    if kind == 2:
        return b""
    if kind == 3:
        return abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=200)
    return access(100).program([mac(n)], pps=1000, pps_burst=100)


def churn(least, seconds=0):
    """At least so many changes of each kind, for at least so many seconds."""
    rng = random.Random(7)
    switch = Switch()
    ports = [switch.port(f"p{n}", access(100).program([mac(n)])) for n in range(8)]
    up = switch.port("eth0", UPLINK.program(fdb_max=5000))
    nls = [genl.Genl() for _ in range(3)]
    ip("link add name x type veth peer name xp", "link set dev x up", "link set dev xp up")

    def change_program(n):
        p = ports[rng.randrange(8)]
        nls[0].port_set(p.ifindex, programs(rng, ports.index(p)), cookie=b"vm/%d" % (n % 10))

    def join_and_leave(n):
        nls[1].port_new(switch.ifindex, index("x"), abi.program(abi.PF_LEARN, 100, fdb_max=100),
                        b"x/%d" % n)
        nls[1].fdb_add(index("x"), mac(1000 + n % 100), 100)
        if n % 2:
            nls[1].port_del(index("x"))
        else:
            ip("link del dev x", "link add name x type veth peer name xp", "link set dev x up",
               "link set dev xp up")

    def change_fdb(n):
        address = mac(2000 + n % 500)
        nls[2].fdb_add(up.ifindex, address, 100)
        nls[2].fdb_del(up.ifindex, address, 100)
        if n % 50 == 0:
            nls[2].do(abi.CMD_FDB_FLUSH, {abi.A_SWITCH: genl.u32(switch.ifindex)})
            nls[2].fdb(switch.ifindex)
            nls[2].ports()

    changes = [Churn(c) for c in (change_program, join_and_leave, change_fdb)]
    senders = [Traffic(ports, [frame(rng.choice((BROADCAST, mac(rng.randrange(12)))), mac(n))
                               for n in range(8)]),
               Traffic([up] * 64, [frame(BROADCAST, mac(3000 + n), [100 + n % 4])
                                   for n in range(64)])]
    for t in changes + senders:
        t.start()
    time.sleep(seconds)
    wait.until(f"{least} changes of each kind", 900, lambda: all([c.check(least) for c in changes]))
    wait.until("frames", 60, lambda: all(s.sent > 100 for s in senders))
    for t in changes + senders:
        t.stop = True
    for t in changes + senders:
        t.join(20)
    for c in changes:
        c.check(least)
    for s in (switch, *ports, up):
        s.socket.close()
    for n in [switch.nl, *nls]:
        n.close()
    ip("link del dev sw0", "link del dev eth0", *(f"link del dev p{n}" for n in range(8)))
    if exists("x"):
        ip("link del dev x")
    return sum(c.count for c in changes), sum(s.sent for s in senders)


@test(limit=SECONDS + 1200, cpus=2)
def soak():
    """ports, programs and FDB churn under traffic; slab and free memory as before"""
    churn(50)  # caches and per-CPU lists grow to their size here
    slab, memory = settle()
    operations, frames = churn(CHANGES, SECONDS)
    slab2, memory2 = settle()
    grown = {n: slab2[n] - slab.get(n, 0) for n in slab2 if slab2[n] - slab.get(n, 0) > 200}
    lost = memory[0] - memory2[0]
    text = (f"{operations} changes, {frames} frames; slab growth {grown or 'none'};"
            f" MemAvailable {-lost:+} kB, SUnreclaim {memory2[1] - memory[1]:+} kB,"
            f" Percpu {memory2[2] - memory[2]:+} kB")
    check(all(g <= SLACK_OBJECTS for g in grown.values()), text)
    check(lost <= SLACK_KILOBYTES and memory2[1] - memory[1] <= SLACK_KILOBYTES // 2, text)
    check(memory2[2] - memory[2] <= 1024, text)
    return text
