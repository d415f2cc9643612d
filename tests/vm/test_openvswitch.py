# SPDX-License-Identifier: GPL-2.0-or-later
"""The same switch twice: in vifswitch.ko, and as flows of the stock openvswitch.ko.

    [a0]..[a3] in sw0 (vifswitch)       [o0]..[o3] in ovs0 (build/release/vm-flow-switch)

Both are given the same programs and ACLs, and the same frames at the same ports.
"""
import os
import random
import signal
import tempfile

import abi
import acl
import packet
import wait
from acl import Rule
from flowprogram import FlowProgram
from packet import AD, BROADCAST, Q, frame
from registry import check, same, test
from world import Switch, Tap, arrived, carries, index, ip, mac

UPLINK = abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD
PORTS, FRAMES, FLOW_PORT_MAX = 4, 150, 1024
LISTED = 9      # the number of an address that two ports list
LOCKS = ("10.0.0.0/30", "10.0.1.0/24", "2001:db8::/64")
IPS = ("10.0.0.1", "10.0.0.2", "10.0.0.9", "10.0.1.200", "10.0.2.1", "192.0.2.1", "0.0.0.0")
IPS6 = ("2001:db8::1", "2001:db8::2", "2001:db8:1::1", "fe80::216:3eff:fe00:1", "fe80::9", "::")
L4 = (53, 67, 68, 80, 443, 546, 547, 1000, 1023, 1024, 5000, 65535)
SOME = [Rule("from", "allow", proto=6, dport=[80, 443], stateless=True),
        Rule("from", "deny", proto=17, dport=(1000, 2000)),
        Rule("from", "allow", dst=["10.0.0.0/16", "2001:db8::/32"], stateless=True),
        Rule("from", "allow", ethertype=0x806, stateless=True),
        Rule("to", "deny", proto=6, flags=packet.SYN, src="10.0.1.0/24"),
        Rule("to", "allow", stateless=True)]
OTHER = [Rule("from", "deny", src="10.0.1.0/24"), Rule("from", "deny", proto=1, icmp=8),
         Rule("from", "allow", stateless=True), Rule("to", "deny", proto=17, sport=53),
         Rule("to", "allow", proto=[6, 17], stateless=True),
         Rule("to", "allow", ethertype=0x806, stateless=True)]


class FlowSwitch(FlowProgram):
    """A switch as flows."""

    def __init__(self, name="ovs0"):
        self.place = tempfile.TemporaryDirectory()
        super().__init__(name)

    def acl(self, number, blob):
        path = os.path.join(self.place.name, str(number))
        with open(path, "wb") as f:
            f.write(blob)
        self.ask("acl", str(number), path)

    def port(self, name, program=None, cookie="-"):
        ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p up",
           f"link set dev {name} up")
        peer = index(name + "p")
        wait.until(f"{name}p to carry", 10, lambda: carries(peer), 0.002)
        tap = Tap(name + "p")
        tap.number = self.ask("add", name, cookie)[0]
        if program:
            self.program(tap, program)
        return tap

    def program(self, tap, program):
        self.ask("program", tap.number, program.hex() if program else "-")

    def run(self):
        """Decide all that waits; what was counted since the beginning."""
        arrived()
        counts = self.counts()
        arrived()
        return counts

    def deliver(self, sender, data, receivers):
        for tap in receivers:
            tap.drain()
        sender.send(data)
        self.run()
        return {tap.name: tap.received() for tap in receivers}


def plain(data):
    """A frame without what no flow can tell: DEI."""
    return data[:14] + bytes([data[14] & 0xef]) + data[15:] if data[12:14] == b"\x81\x00" else data


def claim_of(program):
    return abi.CLAIM_ACTIVE if abi.header(program)["flags"] & abi.PF_GUARD else None


class Twins:
    """The same ports in both."""

    def __init__(self):
        self.ko, self.flows, self.a, self.o = Switch(), FlowSwitch(), [], []
        for number, rules in ((1, SOME), (2, OTHER)):
            blob = acl.compile(rules, stateless=True)
            self.ko.nl.acl_load(number, blob)
            self.flows.acl(number, blob)

    def port(self, program, cookie):
        n = len(self.a)
        self.a.append(self.ko.port(f"a{n}", program, cookie=cookie.encode(),
                                   claim=claim_of(program)))
        self.o.append(self.flows.port(f"o{n}", program, cookie))

    def program(self, n, program):
        self.a[n].set(program, claim=claim_of(program))
        self.flows.program(self.o[n], program)

    def send(self, sender, data, what):
        """Where it goes in both, which must be the same: {port: frames}."""
        ports = [n for n in range(len(self.a)) if n != sender]
        for n in ports:
            self.a[n].drain()
        self.a[sender].send(data)
        arrived()
        wanted = {n: [plain(f) for f in self.a[n].received()] for n in ports}
        got = self.flows.deliver(self.o[sender], data, [self.o[n] for n in ports])
        same({n: [plain(f) for f in got[self.o[n].name]] for n in ports}, wanted,
             f"{what}: frames in openvswitch.ko, and in vifswitch.ko")
        return wanted


def some_program(dice, n):
    """Of a random port with MAC n + 1."""
    vlan, macs = dice.choice((0, 5, 5)), [mac(n + 1)]
    number = dice.choice((0, 0, 1, 2))
    kind = dice.choice(("access", "access", "locked", "trunk", "listed", "uplink", "own"))
    if kind == "own":
        return abi.program(abi.PF_GUARD | abi.PF_OWN_TAG, 5, macs=macs, acl=number)
    if kind == "uplink":
        return abi.program(UPLINK, 0, {0, 5, 6}, {0}, fdb_max=100, acl=number)
    if kind == "trunk":
        return abi.program(abi.PF_GUARD | dice.choice((0, abi.PF_STACKED)), 5, {5, 6},
                           dice.choice(({5}, ())), macs=macs, acl=number,
                           pcp=dice.choice((255, 6)))
    flags = abi.PF_GUARD | dice.choice((0, 0, abi.PF_CONTROL, abi.PF_ISOLATED, abi.PF_ROUTER))
    if kind == "listed":
        return abi.program(flags, vlan, macs=macs + [mac(LISTED)], acl=number, mac_listed=1,
                           fdb_max=10)
    if kind == "locked":
        return abi.program(flags | abi.PF_IP_GUARD, vlan, macs=macs, acl=number, ips=LOCKS)
    return abi.program(flags, vlan, macs=macs, acl=number)


def some_packet(dice):
    six = dice.random() < 0.4
    src, dst = dice.choice(IPS6 if six else IPS), dice.choice(IPS6 if six else IPS)
    sport, dport = dice.choice(L4), dice.choice(L4)
    kind = dice.choice(("tcp", "tcp", "udp", "udp", "icmp", "other", "fragment"))
    if kind == "tcp":
        return packet.tcp(src, dst, sport, dport, dice.choice((packet.SYN, packet.ACK)))
    if kind == "udp":
        return packet.udp(src, dst, sport, dport)
    if kind == "icmp":
        return packet.icmp(src, dst, dice.choice((128, 129) if six else (8, 0, 3)))
    if kind == "fragment" and not six:
        return dice.choice(packet.fragments(packet.udp(src, dst, sport, dport, b"y" * 100), 64))
    return packet.ip(src, dst, 47, b"z" * 24)


def some_frame(dice, n):
    """What port n might send."""
    src = dice.choice([n + 1] * 8 + [LISTED, LISTED, 20, dice.randint(1, PORTS)])
    dst = dice.choice([mac(m + 1) for m in range(PORTS)] * 3 +
                      [mac(LISTED), mac(20), mac(77), BROADCAST, "01:00:5e:00:00:01",
                       "01:80:c2:00:00:0e"])
    tags = dice.choice([()] * 5 + [(5,), (5,), (6,), (0,), ((Q, 0, 3),), ((Q, 5, 2),), (7,),
                                   (5, 6), ((AD, 5),)])
    what = dice.random()
    if what < 0.1:
        return frame(dst, mac(src), tags, dice.choice((0x88b5, 0x88cc)), b"w" * 46)
    if what < 0.2:
        return frame(dst, mac(src), tags, 0x806,
                     packet.arp(mac(dice.choice((src, 3))), dice.choice(IPS), tpa="10.0.0.1",
                                op=dice.choice((1, 2))))
    data = some_packet(dice)
    return frame(dst, mac(src), tags, 0x86dd if data[0] >> 4 == 6 else 0x800, data)


def compare(seed):
    dice = random.Random(seed)
    twins = Twins()
    for n in range(PORTS):
        twins.port(some_program(dice, n), f"vm{n // 2 if seed % 2 else n}/{n}")
    delivered = 0
    for i in range(FRAMES):
        n = dice.randrange(PORTS)
        data = some_frame(dice, n)
        for again in range(2):      # the second one finds a flow
            what = f"seed {seed}, frame {i}.{again} from port {n} ({data.hex()})"
            delivered += sum(map(len, twins.send(n, data, what).values()))
        if i % 50 == 49:            # and then it is another policy
            n = dice.randrange(PORTS)
            twins.program(n, some_program(dice, n))
    counts = twins.flows.run()
    check(counts["misses"] < 2 * FRAMES * 0.8, f"few frames found flows: {counts}")
    return delivered, counts


@test(smoke=True, limit=300)
def same_as_vifswitch_1():
    """random programs, ACLs and frames: the same deliveries and tags through both modules"""
    delivered, counts = compare(1)
    return f"{delivered} deliveries the same, {counts['misses']} misses of {2 * FRAMES} frames, " \
        f"{counts['masks']} masks"


@test(limit=300)
def same_as_vifswitch_2():
    """the same of other switches"""
    out = [compare(seed) for seed in (2,)]
    return f"{sum(d for d, _ in out)} deliveries the same"


@test(limit=300)
def same_as_vifswitch_3():
    """and of others"""
    return f"{compare(3)[0]} deliveries the same"


def pair(flows):
    programs = [abi.program(abi.PF_GUARD, 5, macs=[mac(n)]) for n in (1, 2)]
    return [flows.port(f"o{n}", p, f"vm{n}/0") for n, p in enumerate(programs)], programs


def udp(sport, dport=9):
    return frame(mac(2), mac(1), (), 0x800, packet.udp("10.0.0.1", "10.0.0.2", sport, dport))


@test(smoke=True)
def closed_and_changed():
    """a port is closed from its first moment, and a tighter policy meets the next frame"""
    flows = FlowSwitch()
    a, b = flows.port("o0"), flows.port("o1")
    same(flows.deliver(a, udp(1), [b]), {"o1p": []}, "frames of a closed port")
    same(flows.run()["misses"], 0, "misses of a closed port")
    for tap, n in ((a, 1), (b, 2)):
        flows.program(tap, abi.program(abi.PF_GUARD, 5, macs=[mac(n)]))
    for sport in (1, 2, 5000):
        same(len(flows.deliver(a, udp(sport), [b])["o1p"]), 1, f"from port {sport}")
    before = flows.run()
    same(len(flows.deliver(a, udp(5001), [b])["o1p"]), 1, "another of the same kind")
    same(flows.run()["misses"], before["misses"], "misses: it had a flow")
    flows.program(b, abi.program(abi.PF_GUARD, 6, macs=[mac(2)]))
    same(flows.deliver(a, udp(5000), [b]), {"o1p": []}, "frames to another VLAN")
    counts = flows.run()
    check(counts["revoked"] >= 1, f"no flow was revoked: {counts}")
    same(counts["last"], "no-destination", "why")
    flows.program(a, None)
    before = flows.run()
    same(flows.deliver(a, udp(5000), [b]), {"o1p": []}, "frames of a port that was closed")
    same(flows.run()["flows"], 0, "its flows")


@test(smoke=True)
def flows_stay_when_killed():
    """nothing is lost of what has a flow while who made it is dead"""
    flows = FlowSwitch()
    (a, b), _ = pair(flows)
    same(len(flows.deliver(a, udp(5000), [b])["o1p"]), 1, "before")
    flows.process.send_signal(signal.SIGKILL)
    flows.process.wait(10)
    b.drain()
    for sport in range(5000, 5100):
        a.send(udp(sport))
    arrived()
    same(len(b.received()), 100, "frames that passed without it")


@test(limit=120)
def bounded_and_fair():
    """one port's random packets make flows and misses of its own alone; masks are bounded"""
    flows = FlowSwitch()
    blob = acl.compile([Rule("from", "deny", dport=list(range(2000, 60000, 7))),
                        Rule("from", "allow", stateless=True), Rule("to", "allow", stateless=True)],
                       stateless=True)
    flows.acl(1, blob)
    (a, b), _ = pair(flows)
    c = flows.port("o2", abi.program(abi.PF_GUARD, 5, macs=[mac(3)], acl=1), "vm3/0")
    same(len(flows.deliver(a, udp(5000), [b])["o1p"]), 1, "before")
    before = flows.run()
    for n in range(3000):
        c.send(frame(mac(2), mac(3), (), 0x800, packet.udp("10.0.0.3", "10.0.0.2", 9, 2000 + n)))
        if n % 100 == 99:
            flows.run()
    counts = flows.run()
    check(counts["installed"] - before["installed"] > FLOW_PORT_MAX, f"too few: {counts}")
    same(counts["flows"], before["flows"] + FLOW_PORT_MAX, "flows at most")
    check(counts["masks"] <= 24, f"masks: {counts}")
    same(len(flows.deliver(a, udp(5000), [b])["o1p"]), 1, "after")
    same(flows.run()["misses"], counts["misses"], "misses of the others")
