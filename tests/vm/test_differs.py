# SPDX-License-Identifier: GPL-2.0-or-later
"""One world through all three, and where they may differ (docs/datapaths.md names these tests).

    [a0]..[a3] in sw0 (vifswitch.ko)   [o0]..[o3] in ovs0 (openvswitch.ko)
    [h0]..[h3] in sw1 (vifswitch.ko, with rules of tc flower for what they can tell)
"""
import os
import random
import re
import socket

import abi
import acl
import attacks
import packet
import wait
from acl import Rule
from genl import u32
from packet import frame
from registry import check, same, test
from test_flower import Rules, frame_of
from test_openvswitch import OTHER, PORTS, SOME, UPLINK, FlowSwitch, claim_of, plain, some_program
from world import Switch, arrived, ip, mac

DOC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "datapaths.md")
FRAMES = 120
ROUTE = b"\x83\7\4\1\2\3\4\0"       # a loose source route
LLC = b"\xaa\xaa\3\0\0\0"


class Trio:
    """The same ports in all three."""

    def __init__(self):
        self.ko, self.hw, self.flows = Switch("sw0"), Switch("sw1"), FlowSwitch("ovs0")
        self.rules, self.a, self.h, self.o = Rules("sw1"), [], [], []
        self.nl = self.ko.nl

    def acl(self, number, rules):
        blob = acl.compile(rules, stateless=True)
        self.nl.acl_load(number, blob)
        self.flows.acl(number, blob)
        self.rules.acl(number, blob)

    def port(self, program, cookie=None):
        n = len(self.a)
        cookie = cookie or f"vm{n}/0"
        for sw, ports, letter in ((self.ko, self.a, "a"), (self.hw, self.h, "h")):
            ports.append(sw.port(f"{letter}{n}", program, cookie=cookie.encode(),
                                 claim=claim_of(program)))
        self.o.append(self.flows.port(f"o{n}", program, cookie))

    def program(self, n, program):
        for ports in (self.a, self.h):
            ports[n].set(program, claim=claim_of(program))
        self.flows.program(self.o[n], program)

    def send(self, n, data):
        """What comes out of the others of each: three dicts by port."""
        self.rules.ask("set")
        others = [m for m in range(len(self.a)) if m != n]
        out = []
        for ports in (self.a, self.o, self.h):
            for m in others:
                ports[m].drain()
            ports[n].send(data)
            if ports is self.o:
                self.flows.run()
            arrived()
            out.append({m: ports[m].received() for m in others})
        return out

    def counts(self, n, data, to=1):
        """How many come out of port @to: of vifswitch.ko, openvswitch.ko, tc flower."""
        return tuple(len(got[to]) for got in self.send(n, data))


@test(smoke=True, limit=400)
def three_alike():
    """random programs, ACLs and frames: vifswitch.ko, openvswitch.ko and tc flower do the same"""
    dice, trio = random.Random(7), Trio()
    for number, rules in ((1, SOME), (2, OTHER)):
        trio.acl(number, rules)
    for n in range(PORTS):
        trio.port(some_program(dice, n), f"vm{n // 2}/{n}")
    delivered = 0
    for i in range(FRAMES):
        n = dice.randrange(PORTS)
        data = frame_of(dice, n)
        for again in range(2):
            a, o, h = ({m: [plain(f) for f in frames] for m, frames in got.items()}
                       for got in trio.send(n, data))
            same((o, h), (a, a), f"frame {i}.{again} from port {n} ({data.hex()}): openvswitch.ko "
                 "and tc flower, and vifswitch.ko")
            delivered += sum(map(len, a.values()))
        if i % 30 == 29:
            n = dice.randrange(PORTS)
            trio.program(n, some_program(dice, n))
    counts, rules = trio.flows.run(), trio.rules.ask("count")
    check(delivered > 60 and counts["misses"] < 2 * FRAMES and rules["forwarded"] > 5,
          f"{delivered} deliveries, {counts}, {rules}: nothing proved")
    return f"{delivered} deliveries the same; {counts['misses']} misses of {2 * FRAMES}, " \
        f"{rules['forwarded']} forwarded by rules"


@test()
def listed():
    """each difference that docs/datapaths.md lists names a test that is here, and each of these is named"""
    with open(DOC) as f:
        text = f.read()
    named = set(re.findall(r"`(?:differs)\.(\w+)`", text))
    here = {name for name, thing in globals().items()
            if callable(thing) and getattr(thing, "__module__", "") == __name__ and
            (getattr(thing, "__doc__", None) or "").startswith("differs:")}
    same(named - {"three_alike"}, here, "tests of differences that are named")
    for title in ("Not told by the kernel's key", "What differs from software:"):
        for item in re.split(r"^- ", text.split(title)[1].split("\n\n")[1], flags=re.M)[1:]:
            check(re.search(r"`[\w-]+\.\w+`", item), f"no test is named: {item}")


def pair(ips=(), number=0):
    """Ports of VMs in VLAN 5; the first is locked to @ips, if there are any, and has ACL @number."""
    trio, more = Trio(), abi.PF_IP_GUARD if ips else 0
    if number:
        trio.acl(1, [Rule("from", "allow", proto=[6, 17], dport=80, stateless=True),
                     Rule("to", "allow", stateless=True)])
    trio.port(abi.program(abi.PF_GUARD | more, 5, macs=[mac(1)], acl=number, ips=ips))
    trio.port(abi.program(abi.PF_GUARD, 5, macs=[mac(2)]))
    trio.send(1, frame(mac(1), mac(2), (), 0x800, packet.udp("10.0.0.2", "10.0.0.1", 9, 9)))
    return trio


def from_a(data, kind=0x800, src=1):
    return frame(mac(2), mac(src), (), kind, data)


@test(limit=120)
def hygiene():
    """differs: headers that vifswitch.ko refuses take the flow, or the rule, of sound ones; guards hold"""
    trio = pair(ips=("10.0.0.1/32",))
    web = packet.tcp("10.0.0.1", "10.0.0.2", 5000, 80)
    bad = [("a source route", packet.ip4("10.0.0.1", "10.0.0.2", 6, web[20:], options=ROUTE)),
           ("more octets than there are", web[:2] + b"\x0f\xff" + web[4:]),
           ("a TCP header that is too short", web[:32] + b"\x40" + web[33:])]
    for what, data in bad:
        same(trio.counts(0, from_a(data))[:2], (0, 0), f"{what}, without a flow")
    same(trio.counts(0, from_a(web)), (1, 1, 1), "a sound one")
    for what, data in bad:
        got = trio.counts(0, from_a(data))
        same((what, got[:2]), (what, (0, 1)), "with the flow of a sound one")
        same(trio.counts(0, from_a(data, src=7)), (0, 0, 0), f"{what}, of another's address")
    same(trio.counts(0, from_a(bad[0][1]))[2], 1, "a source route, by a rule")


@test(limit=120)
def snap():
    """differs: an ethertype inside SNAP counts as that ethertype"""
    trio, web = pair(number=1), packet.udp("10.0.0.1", "10.0.0.2", 5000, 80)
    data = LLC + b"\x08\0" + web
    hidden = from_a(data, len(data))
    same(trio.counts(0, hidden), (0, 0, 0), "SNAP, without a flow")
    same(trio.counts(0, from_a(web)), (1, 1, 1), "the packet itself")
    same(trio.counts(0, hidden), (0, 1, 0), "SNAP, with its flow")


@test(limit=120)
def extensions():
    """differs: IPv6 headers that vifswitch.ko does not skip hide nothing from the kernel's key"""
    trio = pair(number=1)
    web = packet.udp("2001:db8::1", "2001:db8::2", 5000, 80)
    hidden = packet.ip6("2001:db8::1", "2001:db8::2", 17, web[40:], extensions=[attacks.DEST] * 20)
    same(trio.counts(0, from_a(hidden, 0x86dd)), (0, 0, 0), "behind 20 headers, without a flow")
    same(trio.counts(0, from_a(web, 0x86dd)), (1, 1, 1), "the packet itself")
    same(trio.counts(0, from_a(hidden, 0x86dd)), (0, 1, 0), "behind 20 headers, with its flow")


@test(limit=120)
def dei():
    """differs: DEI stays while the tag does, and is cleared where a tag is set"""
    trio = Trio()
    for n in (1, 2):
        trio.port(abi.program(abi.PF_GUARD, 5, {5, 6}, (), macs=[mac(n)]))
    trio.send(1, frame(mac(1), mac(2), (6,), 0x88b5, b"x" * 46))
    marked = frame(mac(2), mac(1), (6,), 0x88b5, b"x" * 46)
    marked = marked[:14] + bytes([marked[14] | 0x10]) + marked[15:]
    a, o, h = (got[1] for got in trio.send(0, marked))
    same([len(a), len(o), len(h)], [1, 1, 1], "deliveries")
    same([f[14] & 0x10 for f in o], [0x10], "DEI where the tag stays")
    same([f[0:14] + f[15:] for f in a + h], [marked[0:14] + marked[15:]] * 2, "all but the tag's octet")


@test(limit=120)
def control():
    """differs: a control frame of an uplink reaches dom0's daemons through vifswitch.ko alone"""
    trio = Trio()
    trio.port(abi.program(UPLINK, 0, {0, 5}, {0}, fdb_max=10))
    told = []
    for name in ("a0", "o0", "h0"):
        told.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88cc)))
        told[-1].bind((name, 0x88cc))
        told[-1].setblocking(False)
    trio.send(0, frame("01:80:c2:00:00:0e", mac(7), (), 0x88cc, b"x" * 46))
    heard = []
    for s in told:
        try:
            heard.append(bool(s.recv(100)))
        except BlockingIOError:
            heard.append(False)
    same(heard, [True, False, True], "who heard of it")


@test(limit=120)
def fragments():
    """differs: a later fragment does not hang on its first one where rules look at ports"""
    trio = pair(number=1)
    parts = packet.fragments(packet.udp("10.0.0.1", "10.0.0.2", 5000, 80, b"y" * 100), 64)
    same([trio.counts(0, from_a(data))[:2] for data in parts], [(1, 1), (1, 0)], "the two of one packet")


@test(limit=120)
def answers():
    """differs: who is rejected gets no answer, and the packet is dropped alike"""
    trio = Trio()
    trio.acl(1, [Rule("from", "reject", proto=17, dport=80), Rule("from", "allow", stateless=True),
                 Rule("to", "allow", stateless=True)])
    trio.port(abi.program(abi.PF_GUARD, 5, macs=[mac(1)], acl=1))
    trio.port(abi.program(abi.PF_GUARD, 5, macs=[mac(2)]))
    for tap in (trio.a[0], trio.o[0]):
        tap.drain()
    got = trio.counts(0, from_a(packet.udp("10.0.0.1", "10.0.0.2", 5000, 80)))
    arrived()
    same((got[:2], len(trio.a[0].received()), len(trio.o[0].received())), ((0, 0), 1, 0),
         "deliveries, and answers")


@test(limit=120)
def too_large():
    """differs: a frame that is too large for the receiver is no drop that is counted by reason"""
    trio = pair()
    for ports in "ao":
        ip(f"link set dev {ports}0p mtu 9000", f"link set dev {ports}0 mtu 9000")
    data = from_a(packet.udp("10.0.0.1", "10.0.0.2", 5, 9, b"x" * 3000))
    for tap in (trio.a[1], trio.o[1]):
        tap.drain()
    trio.a[0].send(data)
    trio.o[0].send(data)
    counts = trio.flows.run()
    same((len(trio.a[1].received()), len(trio.o[1].received())), (0, 0), "deliveries")
    same((trio.a[1].drops(), counts["last"]), ({"to-mtu": 1}, "(null)"), "reasons")


@test(limit=120)
def receivers_mtu():
    """differs: a NIC forwards what is too large for the receiver, whose MTU rules were not made by"""
    trio = pair()
    data = from_a(packet.udp("10.0.0.1", "10.0.0.2", 5, 9, b"x" * 1400))
    same(trio.counts(0, data), (1, 1, 1), "before")
    for name in "ah":
        ip(f"link set dev {name}1 mtu 1000")
    got = trio.counts(0, data)
    same((got[0], got[2]), (0, 1), "with a smaller MTU")


@test(limit=120)
def ages():
    """differs: an address ages although rules forward for it; then frames take the switch again"""
    trio = Trio()
    for n in (1, 2):
        trio.port(abi.program(abi.PF_LEARN | abi.PF_FLOOD | abi.PF_UPLINK, 0, {0, 5}, {0}, fdb_max=10))
    for n, m in ((1, 2), (2, 1)):
        trio.send(n - 1, frame(mac(m), mac(n), (), 0x800, packet.udp("10.0.0.1", "10.0.0.2", 5, 9)))
    trio.nl.do(abi.CMD_SWITCH_SET, {abi.A_SWITCH: u32(trio.hw.ifindex), abi.A_AGEING_MS: u32(1000)})
    check(trio.rules.ask("set")["rules"] > 0, "no rules: nothing proved")
    before = trio.rules.ask("count")["forwarded"]
    trio.h[0].send(frame(mac(2), mac(1), (), 0x800, packet.udp("10.0.0.1", "10.0.0.2", 5, 9)))
    arrived()
    same(trio.rules.ask("count")["forwarded"] - before, 1, "forwarded by a rule")
    wait.until("the addresses to be forgotten", 30, lambda: trio.rules.ask("set")["rules"] == 0, 0.5)
