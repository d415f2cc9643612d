# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: live migration, and one that is cut off half-way."""
import threading
import time

import documents
import wait
from host import RELAY
from steps_policy import check_acl, write_on_both
from steps_traffic import check_rate, throughput
from world import check, essence, step

MIGRATE_LIMIT = 300


class Migration:
    """xl migrate of a guest, in the background; the stream goes beside the wire."""

    def __init__(self, guest, source, target):
        self.guest, self.source, self.target = guest, source, target
        self.result = None
        target.spawn("receive", f"exec python3 {RELAY} xl migrate-receive")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.result = self.source.run(
                f'xl migrate -s "" {self.guest.name} "python3 {RELAY}"', MIGRATE_LIMIT, check=False)
        except Exception as e:      # shown by finish()
            self.result = e

    def finish(self, progress, limit=MIGRATE_LIMIT):
        start = time.monotonic()
        while self.thread.is_alive() and time.monotonic() - start < limit * wait.SLOW:
            self.thread.join(10)
            if self.thread.is_alive():
                progress(f"xl migrate has run for {time.monotonic() - start:.0f} s")
        if self.thread.is_alive():
            raise wait.Timeout(f"waited {limit} s for xl migrate {self.guest.name}")
        return self.result


def events(host, name):
    """Events of a VM on a host since "follow" was spawned, as (event, netdev)."""
    _, text = host.collect("follow", 15)
    lines = [line for line in text.splitlines() if line.startswith("{")]
    rows = documents.read(["events"], "\n".join(lines))
    return [r["event"] for r in rows if r.get("vm") and r["vm"]["name"].startswith(name)]


def check_order(seen):
    """The port is open, with its program, before the guest's first frame claims its MAC."""
    check("claimed" in seen, f"the destination saw no frame of the guest: events {seen}")
    opened = [e for e in ("port-opened", "plugged") if e in seen]
    check(opened, f"no event says that the port was opened: {seen}")
    check(min(seen.index(e) for e in opened) < seen.index("claimed"),
          f"the guest's first frame came before its policy: {seen}")


@step("migrate", "live migration with ping and TCP: policy is there first, the stream survives",
      star=True)
def migrate(w):
    source, target = w.mover.host, w.b
    write_on_both(w, "mover", "vlan=native-untagged:100+300")
    before = w.port("mover")
    check(before["vlan"]["tagged"] == ["300"], f"VLANs are {before['vlan']}, not the database's")
    mark = w.wire.mark()
    target.spawn("follow", "exec vifctl events --follow --format json")
    sniff = w.three.start("sniff", "eth0", 600)
    ping = w.two.start("ping", "10.0.0.6", 0, 100, 3000)
    sink = w.two.start("sink", 5003, 600)
    stream = w.mover.start("send", "10.0.0.2", 5003, 600, 50000)
    w.wait_packets("mover", 20)
    done = Migration(w.mover, source, target).finish(w.progress)
    if isinstance(done, Exception):
        raise done
    rc, log = target.collect("receive", 15)
    check(done.rc == 0, f"xl migrate: exit {done.rc}: {done.err[-800:]}\n{log[-800:]}")
    w.mover.follow(target)
    w.wait_packets("mover", 50)
    sent = stream.stop(60)
    got, pings, rows = sink.result(60), ping.stop(60), sniff.stop(60)["rows"]
    check(not sent["broken"] and not got["bad"] and got["closed"] and got["bytes"] == sent["bytes"],
          f"the TCP stream did not survive: sent {sent}, received {got}")
    leaked = [row for row in rows if row[0] == w.mac("mover")]
    check(not leaked, f"the guest in VLAN 200 received frames of mover: {leaked}")
    outside = w.outside(mark)
    w.migration.update(gap_ms=round(pings["max_gap_ms"], 1), lost=pings["sent"] - pings["received"],
                       frames_outside_policy=len(outside))
    check(not outside, f"frames outside policy on the wire: {outside[:3]}")
    seen = w.wire.seen(mark)
    check(seen[(w.mac("mover"), (100,))], "no frame of mover was captured: proves nothing")
    check_order(events(target, "mover"))
    after = w.port("mover")
    for key in ("identity", "vlan", "mac", "guard", "ip", "acl", "rate_from_vm"):
        check(after.get(key) == before.get(key),
              f"{key} was {before.get(key)} on the source, is {after.get(key)}")
    check(not w.ports(source, "mover"), "the source still has a port for mover")
    if after.get("acl"):
        check_acl(w)
    # A PVH guest takes six times as long for each frame here.
    rate = check_rate(w, "mover", 0.5, throughput(w, "trunk", 5002, 10)[0] / 6)
    return (f"{done.seconds:.0f} s in all, silent for {pings['max_gap_ms'] / 1000:.1f} s,"
            f" {w.migration['lost']} pings lost, TCP of {got['bytes']} octets intact,"
            f" {rate:.2f} Mb/s on the destination")


def incoming(host, name):
    return name in host.run("xl list", 30).out


@step("cancel", "the destination dies half-way: the source's port is as it was", star=True,
      needs=("migrate",))
def cancel(w):
    """Back to xen-a, whose whole machine is switched off in the middle: run last."""
    source, target = w.b, w.a
    before = essence(w.show(source))
    mark = w.wire.mark()
    ping = w.two.start("ping", "10.0.0.6", 0, 100, 3000)
    migration = Migration(w.mover, source, target)
    wait.until("the destination to take the stream", 60,
               lambda: incoming(target, "mover--incoming"), 0.5)
    time.sleep(8)
    check(migration.thread.is_alive(), f"over before it could be cut off: {migration.result}")
    target.kill()
    done = migration.finish(w.progress, 120)
    check(not isinstance(done, Exception) and done.rc != 0, f"xl migrate: {done}")
    time.sleep(2)
    pings = ping.stop(60)
    after = essence(w.show(source))
    check(before == after, f"ports changed: {before} is now {after}")
    got = w.mover.ask("reach", 5, 400, "10.0.0.2", "10.0.0.3")
    check(got["10.0.0.2"] and not got["10.0.0.3"], f"mover reaches {got}, not only 10.0.0.2")
    w.check_wire(mark)
    return f"xl migrate failed as it should; mover was silent for at most" \
        f" {pings['max_gap_ms'] / 1000:.1f} s and keeps its port"
