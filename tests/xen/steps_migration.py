# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: live migration, and one that is cut off half-way."""
import threading
import time

import documents
import wait
from host import RELAY
from steps_policy import apply, check_reach, policy_of_its_own, uuid, vifctl
from steps_pool import members_of, present
from steps_session import sessions
from steps_traffic import check_rate, frame, throughput
from world import check, essence, step

MIGRATE_LIMIT = 300
SINK, SERVICE, FROM = 5003, 5060, 5061
# mover may answer, and begin nothing, and send BURST multicast frames at once, then one a second;
# the rule comes while it migrates.
BURST = 200
POLICY = """acls:
- name: answers
  from-vm-default: deny
  to-vm-default: allow
qos:
- {{name: quiet, storm-multicast: 1pps, storm-burst: {burst}}}
ports:
- {{vm: {identity}, vlan: "native-untagged:100+300", lock-ip: 10.0.0.6, acl: answers, qos: quiet}}
"""
GROUP = "01:00:5e:00:00:09"
RULE = "acl rule add answers no-one direction=to-vm action=deny proto=icmp src=10.0.0.1"


class Migration:
    """xl migrate of a guest, in the background; the stream goes beside the wire. words: of xl
    migrate; receiver: what takes it at the other end."""

    def __init__(self, guest, source, target, words="", receiver="xl migrate-receive"):
        self.guest, self.source, self.target, self.words = guest, source, target, words
        self.result = None
        target.spawn("receive", f"exec python3 {RELAY} {receiver}")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.result = self.source.run(f'xl migrate {self.words} -s "" {self.guest.name}'
                                          f' "python3 {RELAY}"', MIGRATE_LIMIT, check=False)
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

    def arrive(self, progress):
        """It is over: the guest is followed, and how long that took."""
        done = self.finish(progress)
        if isinstance(done, Exception):
            raise done
        _, log = self.target.collect("receive", 15)
        check(done.rc == 0, f"xl migrate: exit {done.rc}: {done.err[-800:]}\n{log[-800:]}")
        self.guest.follow(self.target)
        return done.seconds


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


def move(w, target, meanwhile=lambda: None):
    """mover migrates, and is followed: what meanwhile() returned, how long it took."""
    migration = Migration(w.mover, w.mover.host, target)
    result = meanwhile()
    return result, migration.arrive(w.progress)


def incoming(host, name):
    return f"{name}--incoming" in host.run("xl list", 30).out


class Peers:
    """What others do with mover meanwhile: two sends a stream into it, asks a service that
    may only answer, and pings it; three, in another VLAN, listens."""

    def __init__(self, w):
        self.w = w
        self.sniff = w.three.start("sniff", "eth0", 600)
        self.sink = w.mover.start("sink", SINK, 600)
        self.stream = w.two.start("send", "10.0.0.6", SINK, 600, 20000)
        self.server = w.mover.serve(SERVICE)
        self.talk = w.two.start("talk", "10.0.0.6", SERVICE, 0, 200, 4000, FROM)
        self.ping = w.two.start("ping", "10.0.0.6", 0, 100, 3000)
        self.old = wait.until("the stream's connection", 60, self.connection, 0.5)
        check(not w.mover.ask("reach", 1, 400, "10.0.0.2")["10.0.0.2"], "it may begin something")

    def connection(self):
        found = sessions(self.w.mover.host, "mover", f"port={SINK}")
        return next((s for s in found if s["protocol"] == 6), None)

    def finish(self):
        """(silence and loss of pings, octets of the stream)"""
        new = self.connection()
        check(new and new["age_ms"] >= self.old["age_ms"], f"its connection was {self.old}, is {new}")
        sent, got = self.stream.stop(60), self.sink.result(60)
        pings, asked, rows = self.ping.stop(60), self.talk.stop(60), self.sniff.stop(60)["rows"]
        self.server.stop()
        check(not sent["broken"] and not got["bad"] and got["closed"] and got["bytes"] == sent["bytes"],
              f"the TCP stream into it did not survive: sent {sent}, received {got}")
        check(pings["received"] and asked["udp"] and asked["tcp_new"], f"answers: {pings}, {asked}")
        leaked = [row for row in rows if row[0] == self.w.mac("mover")]
        check(not leaked, f"the guest in VLAN 200 received frames of mover: {leaked}")
        return pings, got["bytes"]


class Flood:
    """mover sends more to a group than it may: its budget is spent before it goes, and is not
    there again when it has come."""

    def __init__(self, w):
        self.w, self.begin = w, time.monotonic()
        own = w.mac("mover")
        plain = own.replace(":", "")
        said = frame(GROUP, own, "0806" "0001080006040001" + plain + "0a000006" "000000000000" "0a000009")
        self.first = w.mover.ask("raw", "eth0", BURST + 50, 5, said, timeout=120)["sent"]
        self.more = w.mover.start("raw", "eth0", 100000, 50, said)
        wait.until("the budget to be spent", 120, lambda: self.dropped() > 10, 0.5)

    def dropped(self):
        return self.w.drops("mover").get("storm-multicast", 0)

    def finish(self):
        """Frames that got through in all."""
        before = self.dropped()
        wait.until("more than a burst of frames", 240, lambda: self.dropped() > before + BURST // 2, 0.5)
        sent = self.first + self.more.stop(60)["sent"]
        # What was sent when it stopped is counted a moment later.
        wait.until("the last frames to be counted", 60, self.settled, 0.5)
        passed, seconds = sent - self.dropped(), time.monotonic() - self.begin
        check(passed >= BURST, f"of {sent} frames {passed} got through: less than its burst")
        check(passed < BURST + seconds + BURST / 2, f"of {sent} frames {passed} got through in"
              f" {seconds:.0f} s: a burst of {BURST} and one a second are allowed")
        return passed

    def settled(self):
        was = self.dropped()
        time.sleep(0.5)
        return self.dropped() == was


def rule_comes(w, target):
    """While the memory is on its way, and after the member of etcd died that led the others; from
    then on one hears nothing of mover, whichever host it is on. Pings that show it, and the
    member."""
    wait.until("the destination to take the stream", 60, lambda: incoming(target, "mover"), 0.5)
    member = w.lab.members.kill_leader()
    # How long the others take to agree on a leader depends on how fast this machine is.
    wait.until("the pool to take the rule", 240,
               lambda: not w.a.run(f"vifctl {RULE}", 120, check=False).rc, 0.5)
    ping = w.one.start("ping", "10.0.0.6", 0, 100, 3000)
    check(incoming(target, "mover"), "it was there before the rule: proves nothing")
    return ping, member


def check_story(w, before):
    """Counters, hits of rules and connections went on at the destination."""
    story = wait.until("what came with it", 60, lambda: w.port("mover").get("handover"), 0.5)
    after = w.port("mover")
    check(story["from"] == "xen-a" and story["taken"] and story["counters"]
          and story["connections"]["taken"] >= 2 and story["rules"]["taken"] and not story["problem"],
          f"what came: {story}")
    for way in ("from_vm", "to_vm"):
        was, now = before["counters"][way]["packets"], after["counters"][way]["packets"]
        check(now >= was, f"{way} went back from {was} to {now}")
    for key in ("identity", "vlan", "mac", "guard", "ip", "acl", "rate_from_vm"):
        check(after.get(key) == before.get(key),
              f"{key} was {before.get(key)} on the source, is {after.get(key)}")
    return story["connections"]["taken"]


@step("migrate", "live migration in a pool: policy, connections and counters are there first",
      star=True, needs=("pool",))
def migrate(w):
    source, target = w.mover.host, w.b
    with policy_of_its_own(w):
        apply(w, "answers", POLICY.format(identity=uuid(w, "mover"), burst=BURST))
        mark = w.wire.mark()
        target.spawn("follow", "exec vifctl events --follow --format json")
        peers = Peers(w)
        check_reach(w, "one", ["10.0.0.6"], [])
        flood = Flood(w)
        before = w.port("mover")
        check(before["vlan"]["tagged"] == ["300"], f"VLANs are {before['vlan']}, not the database's")
        (stopped, member), seconds = move(w, target, lambda: rule_comes(w, target))
        w.wait_packets("mover", 50)
        connections = check_story(w, before)
        late = stopped.stop(60)
        passed = flood.finish()
        pings, octets = peers.finish()
    check(members_of(target) == 2, "all members of etcd answer: none was killed")
    member.start()
    check(late["sent"] and not late["received"],
          f"what a rule denied during the migration was answered after it: {late}")
    outside = w.outside(mark)
    w.migration.update(gap_ms=round(pings["max_gap_ms"], 1), lost=pings["sent"] - pings["received"],
                       frames_outside_policy=len(outside))
    check(not outside, f"frames outside policy on the wire: {outside[:3]}")
    check(w.wire.seen(mark)[(w.mac("mover"), (100,))], "no frame of mover was captured: proves nothing")
    check_order(events(target, "mover"))
    check(not w.ports(source, "mover"), "the source still has a port for mover")
    # A PVH guest takes six times as long for each frame here.
    rate = check_rate(w, "mover", 0.5, throughput(w, "trunk", 5002, 10)[0] / 6)
    return (f"{seconds:.0f} s in all, silent for {pings['max_gap_ms'] / 1000:.1f} s,"
            f" {w.migration['lost']} pings lost; {connections} connections went along, TCP of"
            f" {octets} octets into it intact, counters went on, no second burst ({passed} frames);"
            f" etcd's leader died, and a rule that came then was there first; {rate:.2f} Mb/s on the destination")


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
               lambda: incoming(target, "mover"), 0.5)
    time.sleep(8)
    check(migration.thread.is_alive(), f"over before it could be cut off: {migration.result}")
    target.kill()
    done = migration.finish(w.progress, 120)
    check(not isinstance(done, Exception) and done.rc != 0, f"xl migrate: {done}")
    wait.until("the dead host to be missed", 120, lambda: present(source) == {source.name}, 1)
    vifctl(source, f"port set {uuid(w, 'two')} guard=off")
    check(w.port("two")["guard"] == "off", "policy of the host that is left is not in force")
    vifctl(source, f"port clear {uuid(w, 'two')} guard")
    pings = ping.stop(60)
    after = essence(w.show(source))
    check(before == after, f"ports changed: {before} is now {after}")
    got = w.mover.ask("reach", 5, 400, "10.0.0.2", "10.0.0.3")
    check(got["10.0.0.2"] and not got["10.0.0.3"], f"mover reaches {got}, not only 10.0.0.2")
    w.check_wire(mark)
    return f"xl migrate failed as it should; mover was silent for at most" \
        f" {pings['max_gap_ms'] / 1000:.1f} s and keeps its port"
