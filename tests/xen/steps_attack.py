# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: what a hostile VM can send, sent by a guest, beside two others that go on talking.

one attacks. It is locked to its addresses and has an ACL, a limit on tracked
connections and storm control. All the while trunk, on the same host and with a
stateful ACL of its own, talks with two, on the other host, over old connections
and new ones. Sniffers in all other guests and the recording of the wire count
what of one arrives.
"""
import collections
import time

import attacks
import packet
import wait
from attacks import ECHO, WEB, Party
from steps_policy import apply, hits, policy_of_its_own, uuid
from steps_traffic import BROADCAST
from world import check, document, in_parallel, step

# one's own neighbour discovery would be counted, too.
SILENT = "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; ip link set eth0 arp off"
LINE = 7000             # characters of a request, below what a guest reads
ROUNDS = 3              # times each single frame is sent
FLOOD = 300             # frames of a flood
CONNECTIONS = 150       # what one may have tracked
PORT = 7007
STRANGERS = "66:66:"    # how MACs of the flood begin
POLICY = """qos:
- {{name: quiet, storm-broadcast: 2pps}}
acls:
- name: attacker
  rules:
  - {{name: ssh, direction: from-vm, action: deny, proto: tcp, dst-port: 22}}
  - {{name: web, direction: from-vm, action: allow, proto: tcp, dst-port: 80, dst: 10.0.0.0/24}}
  - {{name: echo, direction: from-vm, action: allow, proto: udp, dst-port: 9}}
{more}
- name: bystander
  from-vm-default: allow
ports:
- vm: {one}
  guard: mac+ip
  lock-ip: [10.0.0.1, "fd00::1"]
  acl: attacker
  qos: quiet
  connections-max: {connections}
- {{vm: {trunk}, acl: bystander}}
"""
MORE = "  - {{name: more{n}, direction: from-vm, action: allow, proto: tcp, dst: 10.{n}.0.0/16, " \
    "dst-port: {n}-{m}}}"


def drops(w, name):
    """Drops at a guest's port by reason, as vifctl drops tells them."""
    shown = document(w.guests[name].host, f"drops {name}")["drops"]
    return collections.Counter({row["reason"]: row["count"] for row in shown})


def judged(w):
    """Frames of one that passed or were dropped so far."""
    rows = document(w.a, "drops one")["drops"]
    return w.from_vm("one")["packets"] + sum(r["count"] for r in rows if r["side"] == "from")


class Attacker:
    """one, and what was sent and has to be counted as dropped so far."""

    def __init__(self, w):
        self.w, self.wanted, self.first = w, collections.Counter(), 0
        self.judged, self.all = judged(w), 0
        self.me = Party(w.mac("one"), "10.0.0.1", "fd00::1")
        self.other = Party(w.mac("two"), "10.0.0.2", "fd00::2")
        self.nobody = self.other._replace(ip4="10.0.0.99")    # two's MAC, to which two is silent

    def sent(self, answer, count):
        check((answer["sent"], answer["refused"]) == (count, 0), f"one could not send: {answer}")
        self.all += count

    def settle(self):
        """Until each frame that was sent has passed or was dropped."""
        wait.until("a verdict on all that one sent", 60,
                   lambda: judged(self.w) - self.judged >= self.all, 0.3)

    def rows(self, rows):
        """Each frame of rows (reason or None, what, frame), in order, ROUNDS times."""
        lines, length = [[]], 0
        for reason, _, data in rows:
            if reason:
                self.wanted[reason] += ROUNDS
            length += 2 * len(data) + 1
            if length > LINE:
                lines.append([])
                length = 2 * len(data) + 1
            lines[-1].append(data.hex())
        for line in lines:
            self.sent(self.w.one.ask("raw", "eth0", ROUNDS, 5, *line), ROUNDS * len(line))

    def flood(self, data, *where, count=FLOOD, reason=None):
        self.first += count
        self.sent(self.w.one.ask("flood", "eth0", self.first, count, 1000, data.hex(), *where,
                                 timeout=60), count)
        if reason:
            self.wanted[reason] += count

    def blocked(self):
        """All that must not pass at all: how many frames."""
        me, other = self.me, self.other
        before = sum(self.wanted.values())
        for table in (attacks.spoofing(me, other), attacks.vlan_hopping(me, 100, 200),
                      attacks.fragments(me, other),
                      attacks.hidden(me, other) + attacks.headers(me, other)):
            self.rows(table)
        self.flood(packet.frame(BROADCAST, STRANGERS + "00:00:00:00", kind=packet.IP4), "8:4",
                   reason="mac-guard")
        random = packet.tcp(me.ip4, "172.16.0.1", 1, 1, packet.ACK)
        self.flood(attacks.to(me, other, random), "31:3", "34:4", reason="acl")
        return sum(self.wanted.values()) - before

    def rewrite(self):
        """Honest fragments, and a later one of another packet that follows them."""
        honest, sneaky = attacks.rewriting(self.me, self.other)
        self.rows([(None, "honest", data) for data in honest] + [("fragment", "sneaky", sneaky)])
        return ROUNDS * len(honest)

    def storm(self):
        self.flood(attacks.to(self.me, BROADCAST, packet.udp(self.me.ip4, "10.0.0.255", 5, ECHO)),
                   "18:2")

    def exhaust(self, count=FLOOD):
        """As many connections by TCP, then by UDP."""
        for data in (packet.tcp(self.me.ip4, self.nobody.ip4, 5, WEB),
                     packet.udp(self.me.ip4, self.nobody.ip4, 5, ECHO)):
            self.flood(attacks.to(self.me, self.nobody, data), "34:2", count=count)


class Witness:
    """What of one arrives: at the other guests, and on the wire."""

    def __init__(self, w, attacker):
        self.w, self.attacker, self.mark = w, attacker, w.wire.mark()
        self.listeners = {n: w.guests[n].start("sniff", "eth0", 300)
                          for n in ("two", "three", "trunk", "mover")}

    def on_wire(self):
        """Frames of one, or of its made-up MACs, on the wire since the last time."""
        self.attacker.settle()
        mark, last = self.mark, None
        while True:
            self.mark = self.w.wire.mark()
            seen = [f for f in self.w.wire.frames(mark) if self.is_of_one(f.src)]
            if len(seen) == last and len(seen) % 2 == 0:
                return len(seen) // 2       # there are two recordings
            last = len(seen)
            time.sleep(1)

    def is_of_one(self, mac):
        return mac == self.w.mac("one") or mac.startswith(STRANGERS)

    def heard(self):
        """Frames of one by the guest that heard them; there must be no other than IPv4."""
        out = {}
        for name, listener in self.listeners.items():
            got = listener.stop()
            rows = [row for row in got["rows"] if self.is_of_one(row[0])]
            strange = [row for row in rows if row[2] != packet.IP4 or row[0] != self.w.mac("one")]
            check(not strange and not got["more"], f"{name} heard of one: {strange}, and more MACs"
                  f" than fit: {got['more']}")
            check(not got["missed"], f"{name}'s sniffer missed {got['missed']} frames")
            out[name] = sum(row[3] for row in rows)
        return out


class Bystander:
    """trunk, talking with two."""

    def __init__(self, w):
        self.w = w
        self.server = w.two.serve(PORT)
        self.talk = w.trunk.start("talk", "10.0.0.2", PORT, 0, 100)
        self.ping = w.trunk.start("ping", "10.0.0.2", 0, 100, 5000)

    @staticmethod
    def check(got, least):
        rounds = got["rounds"]
        check(rounds >= least, f"only {rounds} exchanges: proves nothing")
        check(got["udp"] == got["udp_new"] == got["tcp_new"] == rounds,
              f"the bystander lost something: {got}")

    def new_connections(self):
        """20 more, while one has all it may."""
        self.check(self.w.trunk.ask("talk", "10.0.0.2", PORT, 10, 0, timeout=120), 10)
        return 10

    def finish(self, more):
        got, pings = self.talk.stop(60), self.ping.stop(60)
        self.check(got, 20)
        check(pings["sent"] >= 20 and pings["received"] == pings["sent"],
              f"pings of the bystander: {pings}")
        rounds = got["rounds"] + more
        served = self.server.stop()
        wanted = {"datagrams": 2 * rounds, "connections": rounds}
        check(served == wanted, f"two served {served}, not {wanted}")
        return f"{pings['sent']} pings, {2 * rounds} datagrams and {rounds} TCP connections of a" \
            f" bystander, 0 lost, {2 * rounds} connections opened, {got['resent']} segments resent"


def set_up(w):
    more = "\n".join(MORE.format(n=n, m=n + 100) for n in range(1, 101))
    apply(w, "attack", POLICY.format(one=uuid(w, "one"), trunk=uuid(w, "trunk"), more=more,
                                     connections=CONNECTIONS))
    check(w.port("one")["acl"] == "attacker" and w.port("trunk")["acl"] == "bystander",
          "the ACLs are not in force")


def run(w):
    attacker = Attacker(w)
    witness = Witness(w, attacker)
    before = {name: drops(w, name) for name in ("one", "trunk", "two")}
    bystander = Bystander(w)
    blocked = attacker.blocked()
    check(witness.on_wire() == 0, "frames that must not pass were on the wire")
    honest = attacker.rewrite()
    check(witness.on_wire() == honest, "honest fragments did not pass: proves nothing")
    attacker.storm()
    storm = witness.on_wire()
    check(0 < storm < FLOOD / 2, f"{storm} broadcast frames of {FLOOD} passed")
    attacker.wanted["storm-broadcast"] += FLOOD - storm
    attacker.exhaust()
    flows = witness.on_wire()
    full = w.port("one")["connections"]
    # Of a full table what got no answer goes after 10 s: others may follow, at no time more.
    check(0 < full <= CONNECTIONS and CONNECTIONS / 2 < flows < 2 * FLOOD,
          f"{flows} connections passed, {full} are tracked")
    new = bystander.new_connections()
    attacker.exhaust(10)
    flows += witness.on_wire()
    check(w.port("one")["connections"] <= CONNECTIONS, "one has more than it may")
    attacker.wanted["connection-limit"] += 2 * FLOOD + 20 - flows
    heard, wanted = witness.heard(), {"two": honest + storm + flows, "three": 0, "trunk": 0,
                                      "mover": storm}     # trunk's ACL lets nobody begin
    check(heard == wanted, f"frames of one that were heard: {heard}, not {wanted}")
    text = bystander.finish(new)
    check(blocked > 2 * FLOOD and honest and storm and flows, "nothing was sent")
    check_counted(w, before, attacker, {"trunk": ("to-acl", storm), "two": (None, 0)})
    return f"{dict(attacker.wanted)} dropped and counted; {text}"


def check_counted(w, before, attacker, others):
    got = drops(w, "one")
    got.subtract(before["one"])
    # What others sent to it, a late segment say, is not what it sent.
    sent = {reason: n for reason, n in (+got).items() if not reason.startswith("to-")}
    check(sent == dict(+attacker.wanted),
          f"one's drops are {sent}, not {dict(attacker.wanted)}")
    for name, (reason, count) in others.items():
        more = drops(w, name) - before[name]
        more.pop("vlan-untagged", 0)    # trunk's own neighbour discovery
        # A segment of the bystander that was sent twice may come when its session is over.
        check(set(more) <= {reason or "to-acl"} and more[reason] >= count,
              f"drops of {name}: {dict(more)}, not {count} {reason}")
    rule, frames = hits(w, "attacker")["ssh"], ROUNDS * len(attacks.hidden(attacker.me,
                                                                           attacker.other))
    check(rule == frames, f"rule ssh decided {rule} times, not {frames}")


@step("attack", "a guest tries all that is known; each is dropped and counted, others lose nothing",
      star=True)
def attack(w):
    with policy_of_its_own(w):
        in_parallel(lambda: set_up(w), lambda: w.one.sh(SILENT))
        try:
            return run(w)
        finally:
            w.one.sh("ip link set eth0 arp on")
