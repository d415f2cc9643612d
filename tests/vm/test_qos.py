# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of table QoS through a real vifdbd: limits, marks, shares of an uplink."""
import subprocess
import threading

import ctl
import packet
import wait
from dom0 import Dom0, HOST, uuid
from registry import check, same, test
from test_guard import GROUP
from test_policy import connected, head, operations
from test_shaping import SECONDS, classes, rates
from world import BROADCAST, Guest, deliver, frame, mac, output, tags_of

ECN = 1  # survives every mark
GSO = 65536  # octets a class may be ahead with, when the measuring begins and when it ends


def qos(db, name, **columns):
    """Insert a row; a reference to it."""
    db.insert("QoS", name=name, **columns)
    return ["uuid", db.rows("QoS", name=name)[0]["_uuid"]]


def marks(vif, wire, sent):
    """(PCP, DSCP) on the wire of a packet that the VM sends with DSCP sent."""
    data = packet.ip4("10.0.0.1", "10.0.0.2", packet.UDP, b"\0" * 30, tos=sent << 2 | ECN)
    got = deliver(vif, frame(BROADCAST, vif.mac, kind=0x800, payload=data), [wire])[wire.name]
    got = [f for f in got if f[6:12].hex(":") == vif.mac]
    same([tags_of(f) for f in got], [[100]], "tags on the wire")
    tos = got[0][19]
    same(tos & 3, ECN, "ECN")
    same(packet.checksum(got[0][18:38]), 0, "the IPv4 checksum")
    return got[0][14] >> 5, tos >> 2


@test(smoke=True, limit=150)
def row_on_the_wire():
    """marks and storm limits of a row are in force, a live change is one operation a port"""
    dom0 = Dom0(database=True)
    db = dom0.db
    gold = qos(db, "gold", dscp=46, pcp=5, rate_from_vm=80_000_000, packets_from_vm=50_000)
    db.set_port(uuid(1), 0, tag=100, qos=gold)
    db.set_port(uuid(2), 0, tag=100, qos=gold, rate_from_vm=90_000_000)
    vif, other, plain = dom0.vif(1), dom0.vif(2), dom0.vif(3, access=100)
    connected(dom0, vif, other, plain)
    db.applied(HOST)
    same(marks(vif, dom0.wire, 10), (5, 46), "PCP and DSCP of the row")
    same(marks(plain, dom0.wire, 10), (0, 10), "PCP and DSCP without QoS")
    same([(head(v)["rate_bps"], head(v)["packet_rate"]) for v in (vif, other)],
         [(80_000_000, 50_000), (90_000_000, 50_000)], "rates: a port's own wins")
    same([dom0.entry(v)["qos"] for v in (vif, other, plain)], ["gold", "gold", None], "show")
    before = operations(dom0)
    db.update("QoS", {"name": "gold"}, dscp=None, pcp=None, trust="dscp")
    db.applied(HOST)
    same(operations(dom0) - before, 2, "operations for a row of two ports")
    same(marks(vif, dom0.wire, 10), (0, 10), "PCP and DSCP with trust in one")
    db.update("QoS", {"name": "gold"}, trust=None)
    db.applied(HOST)
    same(marks(vif, dom0.wire, 10), (0, 0), "PCP and DSCP without trust")
    db.update("QoS", {"name": "gold"}, storm_broadcast=20, storm_multicast=30, storm_unknown=40)
    db.applied(HOST)
    for kind, dst in (("broadcast", BROADCAST), ("multicast", GROUP), ("unknown", mac(99))):
        drops = vif.drops()
        for _ in range(1000):
            vif.send(frame(dst, vif.mac))
        wait.until(f"a {kind} storm to be counted", 20, lambda: vif.drops() != drops)
        new = {w: n - drops.get(w, 0) for w, n in vif.drops().items() if n != drops.get(w, 0)}
        same(list(new), ["storm-" + kind], "reasons of the drops")
    db.update("QoS", {"name": "gold"}, storm_burst=600)
    db.applied(HOST)
    same(head(vif)["storm_burst"], 600, "the burst of storm control")
    db.update("QoS", {"name": "gold"}, packets_to_vm=50_000)
    db.applied(HOST)
    same(head(vif)["packet_rate_to"], 50_000, "most packets to the VM")
    same(dom0.entry(vif)["packets_to_vm"], 50_000, "most packets to the VM, in show")
    # What nobody could obey holds the ports as they are, and says so.
    held = head(vif)
    db.update("QoS", {"name": "gold"}, uplink_min=9_000_000, uplink_max=8_000_000)
    db.applied(HOST)
    row = db.location(uuid(1), 0, state="active")
    check("qos gold: uplink_min=9000000: more than uplink_max" in (row["last_error"] or ""),
          f"last_error: {row['last_error']}")
    same(head(vif), held, "the program of a held port")
    # A new daemon that finds no database knows the row from its copy.
    db.update("QoS", {"name": "gold"}, uplink_min=None, uplink_max=None, dscp=7)
    db.applied(HOST)
    wait.until("the copy to have the row", 20,
               lambda: '"dscp":7' in open(dom0.copy).read())
    dom0.kill()
    db.kill()
    dom0.start()
    wait.until("the copy to be in force", 20,
               lambda: (dom0.entry(vif) or {}).get("policy") == {"source": "copy"})
    same((dom0.entry(vif)["qos"], operations(dom0)), ("gold", 0), "after a restart on the copy")
    same(marks(vif, dom0.wire, 10), (0, 7), "marks by the copy")


def guest(dom0, vif, address):
    vif.peer = vif.netdev + "p"
    return Guest(vif, address, vif.mac)


def flood(sender, sink, port):
    """TCP from a VM to what is behind the uplink, until the test ends."""
    listener = sink.socket()
    listener.bind((sink.address, port))
    listener.listen(1)
    out = sender.socket()
    out.settimeout(wait.limit(30))
    out.connect((sink.address, port))
    inn, _ = listener.accept()

    def send():
        while True:
            out.sendall(b"x" * 65536)

    def receive():
        while inn.recv(1 << 20):
            pass
    for job in (send, receive):
        threading.Thread(target=job, daemon=True).start()


def measured(dom0):
    """What "vifctl port rates" says, by netdev."""
    return {r["netdev"]: r for r in ctl.document(dom0, "port", "rates")["rates"]}


@test(limit=240)
def uplink_shares():
    """guarantee, maximum and weight of two VMs on a slow uplink; restart and removal"""
    dom0 = Dom0(database=True)
    db = dom0.db
    same("htb" in output("tc", "qdisc", "show", "dev", "eth0"), False, "shaped without QoS")
    db.insert("Switch", name="xenbr0", uplink_rate=8_000_000)
    gold, bronze = qos(db, "gold", uplink_min=5_600_000), qos(db, "bronze", uplink_weight=300)
    db.set_port(uuid(1), 0, qos=gold)
    db.set_port(uuid(2), 0, qos=bronze)
    vifs = [dom0.vif(1), dom0.vif(2)]
    connected(dom0, *vifs)
    db.applied(HOST)
    queues = [head(v)["queue"] for v in vifs]
    same(sorted(queues), [2, 3], "queues")
    same(sorted(classes("eth0")), ["7666:1", "7666:2", "7666:3", "7666:ffff"], "classes")
    dom0.wire.peer = "eth0p"
    sink = Guest(dom0.wire, "10.5.0.9")
    for i, vif in enumerate(vifs):
        flood(guest(dom0, vif, f"10.5.0.{i + 1}"), sink, 5001 + i)
    first, second = rates("eth0", queues).values()
    # A machine that is busy sends less than it may: what is below a limit says nothing alone.
    shares = f"{first / 1e6:.2f} and {second / 1e6:.2f} of 8 Mb/s"
    check(first + second <= 1.05 * 8e6, shares)
    check(first >= 0.6 * (first + second), f"by weight it is a quarter, guaranteed 70 %: {shares}")
    seen = measured(dom0)
    same([seen[v.netdev]["qos"] for v in vifs], ["gold", "bronze"], "QoS in port rates")
    check(seen["eth0"]["to_vm"]["bits_per_second"] > 1e6, f"vifctl port rates: {seen}")
    # A new daemon finds classes and queues, and loses no packet that waits in them.
    sent = classes("eth0")
    programs = [v.state().program for v in vifs]
    dom0.kill()
    dom0.start()
    db.applied(HOST)
    same([v.state().program for v in vifs], programs, "programs after a restart")
    now = classes("eth0")
    same(sorted(now), sorted(sent), "classes after a restart")
    check(all(now[c] >= sent[c] for c in sent), f"a class was made anew: {sent}, {now}")
    db.update("QoS", {"name": "bronze"}, uplink_weight=50)
    db.applied(HOST)
    before = operations(dom0)
    db.update("QoS", {"name": "gold"}, uplink_min=None, uplink_max=1_600_000)
    db.applied(HOST)
    same(operations(dom0) - before, 1, "operations for a change of shares")
    capped, rest = rates("eth0", queues).values()
    check(capped <= 1.05 * 1.6e6 + GSO * 8 * 2 / SECONDS, f"at most 1.6 Mb/s, got {capped / 1e6:.2f}")
    check(rest > capped, f"by weight it is a third, 6.4 Mb/s were left: {rest / 1e6:.2f}")
    same(db.host(HOST)["last_error"], None, "last_error of the host")
    # Somebody takes the qdisc away: with the next change all classes are there again.
    subprocess.run(["tc", "qdisc", "del", "dev", "eth0", "root"], check=True)
    db.update("QoS", {"name": "gold"}, uplink_min=30_000_000, uplink_max=None)
    db.applied(HOST)
    same(sorted(classes("eth0")), ["7666:1", "7666:2", "7666:3", "7666:ffff"], "classes")
    error = db.host(HOST)["last_error"] or ""
    check("eth0: uplink_min of its VMs come to 30000000" in error, f"last_error: {error}")
    db.set_port(uuid(1), 0, qos=None)
    db.applied(HOST)
    same(sorted(classes("eth0")), sorted({"7666:1", "7666:ffff", f"7666:{queues[1]:x}"}),
         "classes without gold")
    same(db.host(HOST)["last_error"], None, "last_error without gold")
    # Without a rate of the switch's own, what the device says: a veth says 10 Gb/s.
    db.update("Switch", {"name": "xenbr0"}, uplink_rate=None)
    db.applied(HOST)
    shown = output("tc", "class", "show", "dev", "eth0")
    check("class htb 7666:ffff root rate 10Gbit" in shown, shown)
    # A class goes with its VM, the last one takes the qdisc along.
    dom0.xs.remove(vifs[1].path)
    wait.until("the qdisc to go", 20,
               lambda: "htb" not in output("tc", "qdisc", "show", "dev", "eth0"))
    return f"5.6 guaranteed: {first / 1e6:.2f}, the other {second / 1e6:.2f}; " \
           f"1.6 at most: {capped / 1e6:.2f}, the other {rest / 1e6:.2f} of 8 Mb/s"
