# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of tc flower that do some of a switch's work.

    [a0]..[a3] in sw0, and [o0]..[o3] in sw1, which has rules (build/release/vm-flower-rules)

Both are given the same programs and ACLs, and the same frames at the same ports; tc carries the
rules out itself, so what they mean is seen. With vifswitchd they are its own.
"""
import json
import os
import random
import subprocess
import tempfile

import abi
import acl
import ctl
import packet
import testnic
import wait
from dom0 import Dom0, RELEASE
from packet import Q, frame
from registry import check, same, test
from test_openvswitch import OTHER, PORTS, SOME, claim_of, some_frame, some_packet, some_program
from world import Switch, Tap, arrived, index, insert, ip, mac

FRAMES = 400
CONFIG = """offload = software
switch xenbr0 {
	uplink eth0 { }
}
"""


class Rules:
    """What a switch forwards, as rules of tc."""

    def __init__(self, name):
        self.process = subprocess.Popen([os.path.join(RELEASE, "vm-flower-rules"), name], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answer()

    def answer(self):
        words = self.process.stdout.readline().split()
        check(words and words[0] == "ok", f"vm-flower-rules: {' '.join(words)}")
        return {k: int(v) for k, v in (word.split("=") for word in words[1:])}

    def acl(self, number, blob):
        """ACL @number in the module is made of @blob."""
        with tempfile.NamedTemporaryFile() as f:
            f.write(blob)
            f.flush()
            self.ask(f"acl {number} {f.name}")

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.answer()


class Twins:
    """The same ports in both."""

    def __init__(self):
        self.switches = [Switch("sw0"), Switch("sw1")]
        self.ports = ([], [])
        self.rules, self.most = Rules("sw1"), 0
        for number, rules in ((1, SOME), (2, OTHER)):
            blob = acl.compile(rules, stateless=True)
            self.switches[0].nl.acl_load(number, blob)
            self.rules.acl(number, blob)

    def port(self, program, cookie):
        for sw, ports, letter in zip(self.switches, self.ports, "ao"):
            ports.append(sw.port(f"{letter}{len(ports)}", program, cookie=cookie.encode(),
                                 claim=claim_of(program)))

    def program(self, n, program):
        for ports in self.ports:
            ports[n].set(program, claim=claim_of(program))

    def send(self, sender, data, what):
        """Where it goes in both, which must be the same."""
        self.most = max(self.most, self.rules.ask("set")["rules"])
        others = [n for n in range(len(self.ports[0])) if n != sender]
        got = []
        for ports in self.ports:
            for n in others:
                ports[n].drain()
            ports[sender].send(data)
            arrived()
            got.append({n: ports[n].received() for n in others})
        same(got[1], got[0], f"{what}: frames with rules, and without")
        return sum(map(len, got[0].values()))


def frame_of(dice, n):
    """What port n might send; half of it between addresses of ports."""
    if dice.random() < 0.5:
        return some_frame(dice, n)
    data = some_packet(dice)
    to = dice.choice([m for m in range(PORTS) if m != n])
    return frame(mac(to + 1), mac(n + 1), dice.choice(((), (), (5,), ((Q, 5, 2),))),
                 0x86dd if data[0] >> 4 == 6 else 0x800, data)


def compare(seed):
    dice = random.Random(seed)
    twins = Twins()
    for n in range(PORTS):
        twins.port(some_program(dice, n), f"vm{n // 2 if seed % 2 else n}/{n}")
    delivered = 0
    for i in range(FRAMES):
        n = dice.randrange(PORTS)
        data = frame_of(dice, n)
        delivered += twins.send(n, data, f"seed {seed}, frame {i} from port {n} ({data.hex()})")
        if i % 25 == 24:            # and then it is another policy
            n = dice.randrange(PORTS)
            twins.program(n, some_program(dice, n))
    counts = twins.rules.ask("count")
    check(counts["forwarded"] > 5 and counts["listed"], f"few frames found rules: {counts}")
    return f"{delivered} deliveries the same, {counts['forwarded']} by rules, at most {twins.most} of " \
        f"them, {counts['refused']} refused, {counts['listed']} by rules of ACLs"


@test(smoke=True, limit=300)
def same_with_rules_1():
    """random programs, ACLs and frames: the same deliveries and tags with rules of tc as without"""
    return compare(1)


@test(limit=300)
def same_with_rules_2():
    """the same of other switches"""
    return compare(2)


@test(smoke=True, limit=120)
def same_marks():
    """dscp of a port: the same octets with rules as without, ECN and the checksum among them"""
    twins = Twins()
    for n in range(2):
        twins.port(abi.program(abi.PF_GUARD, 5, {5, 6}, {5}, macs=[mac(n + 1)], dscp=46 if n else 10),
                   f"vm{n}/0")
    for n in range(2):
        twins.send(n, frame(mac(9), mac(n + 1), (), 0x800, packet.udp("10.0.0.1", "10.0.0.2", 9, 9)),
                   "the first frame")
    delivered = 0
    for six in (False, True):
        a, b = ("2001:db8::1", "2001:db8::2") if six else ("10.0.0.1", "10.0.0.2")
        data = packet.udp(a, b, 1000, 2000)[40 if six else 20:]
        for traffic in (0, 3, 0x29, 0xff):
            whole = packet.ip6(a, b, 17, data, traffic=traffic) if six else \
                packet.ip4(a, b, 17, data, tos=traffic)
            for tags in ((), ((Q, 6, 0),)):
                delivered += twins.send(0, frame(mac(2), mac(1), tags, 0x86dd if six else 0x800, whole),
                                        f"traffic class {traffic}, IPv6: {six}, {tags}")
    same(delivered, 16, "frames that were delivered")
    counts = twins.rules.ask("count")
    same(counts["forwarded"], 16, f"of them by rules: {counts}")


# ---- vifswitchd ----

def filters(netdev):
    """Those of tc where @netdev receives: {(priority, handle): filter}."""
    text = subprocess.run(["tc", "-j", "filter", "show", "dev", netdev, "ingress"], text=True,
                          stdout=subprocess.PIPE).stdout
    return {(f["pref"], f["options"]["handle"]): f["options"] for f in json.loads(text or "[]")
            if "options" in f and "handle" in f["options"]}


def shown(dom0, netdev):
    return next((p for p in dom0.ask("show")["ports"] if p["netdev"] == netdev), None)


def offload(dom0, netdev):
    port = shown(dom0, netdev)
    return port and port["offload"]


def await_offload(dom0, netdev, where, why=""):
    try:
        wait.until(f"{netdev} to be offloaded: {where} {why}", 40, lambda:
                   (o := offload(dom0, netdev)) and o["where"] == where and why in (o["why"] or ""),
                   0.05)
    except wait.Timeout as e:
        raise AssertionError(f"{e}: {offload(dom0, netdev)}; log: {dom0.log()}") from None


def udp(src, dst, dport=9, sport=1000):
    return frame(mac(dst), mac(src), (), 0x800,
                 packet.udp(f"10.0.0.{src}", f"10.0.0.{dst}", sport, dport))


def delivered(sender, data, receiver):
    receiver.drain()
    sender.send(data)
    arrived()
    return receiver.received()


def taps(dom0, *netdevs):
    """Ports behind which VMs are: number n has mac(n)."""
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=" + ",".join(["eth0", *netdevs]))
    for n, netdev in enumerate(netdevs):
        ctl.run(dom0, "uplink", "add", netdev, "vlan=0", f"vm-macs={mac(n + 1)}")
    for netdev in netdevs:
        wait.until(f"{netdev} to be a port", 30, lambda n=netdev: shown(dom0, n))


@test(limit=240)
def rules_of_the_service():
    """offload=software: counted, changed, kept over kill -9, given up for others' filters, ended"""
    dom0 = Dom0(CONFIG, database=True)
    for name in ("p1", "p2"):
        ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p up",
           f"link set dev {name} up")
    one, two = Tap("p1p"), Tap("p2p")
    taps(dom0, "p1", "p2")
    await_offload(dom0, "p1", "switch", "addresses")
    for tap, n in ((one, 1), (two, 2)):     # its first frame says where a VM's address is
        tap.send(udp(n, 77))
    await_offload(dom0, "p1", "tc")
    await_offload(dom0, "p2", "tc")
    # Counted by rules alone, and shown with the rest.
    before, ifindex = shown(dom0, "p1")["counters"]["from_vm"], index("p1")
    switched, data = dom0.nl.port(ifindex).from_packets, udp(1, 2)
    for _ in range(5):
        same(delivered(one, data, two), [data], "delivered by a rule")
    after = shown(dom0, "p1")["counters"]["from_vm"]
    same(dom0.nl.port(ifindex).from_packets, switched, "frames that the switch saw")
    same((after["packets"] - before["packets"], after["bytes"] - before["bytes"]),
         (5, 5 * len(data)), "counted at the sender")
    same(shown(dom0, "p2")["offload"]["to_vm_packets"], 5, "at the receiver")
    same(delivered(one, udp(1, 2, 68), two), [], "what only DHCP servers send")
    same(shown(dom0, "p1")["counters"]["drops"].get("dhcp-server"), 1, "its drop")
    # To and from an address outside, once it was seen.
    dom0.wire.send(udp(9, 1))
    wait.until("a rule for what is outside", 30, lambda: any(
        f["keys"].get("dst_mac") == mac(9) for f in filters("p1").values() if "keys" in f))
    data = udp(1, 9)
    same(delivered(one, data, dom0.wire), [data], "to the uplink")
    # The same rules over a restart, in force meanwhile.
    rules = filters("p1")
    dom0.kill()
    same(delivered(one, udp(1, 2), two), [udp(1, 2)], "without vifswitchd")
    dom0.start()
    await_offload(dom0, "p1", "tc")
    same(sorted(filters("p1")), sorted(rules), "rules after kill -9")
    # Another VLAN: what is not to arrive does not.
    ctl.run(dom0, "uplink", "set", "p2", "vlan=7", "--yes")
    wait.until("rules to p2 to be gone", 30, lambda: not any(
        f.get("keys", {}).get("dst_mac") == mac(2) for f in filters("p1").values()))
    same(delivered(one, udp(1, 2), two), [], "to another VLAN")
    ctl.run(dom0, "uplink", "set", "p2", "vlan=0", "--yes")
    await_offload(dom0, "p2", "tc")
    others_filters(dom0)
    ctl.run(dom0, "switch", "set", "xenbr0", "offload=off")
    wait.until("all rules to be gone", 30, lambda: not filters("p1") and not filters("p2") and
               not filters("eth0"))
    same(offload(dom0, "p1"), None, "offload that is off")
    same(delivered(one, udp(1, 2), two), [udp(1, 2)], "by the switch")


def others_filters(dom0):
    theirs = "dev p1 ingress pref 99 protocol ip flower ip_proto udp dst_port 5555".split()
    subprocess.run(["tc", "filter", "add", *theirs, "action", "drop"], check=True)
    ip("link set dev p1 mtu 1400")      # something that rules depend on
    await_offload(dom0, "p1", "switch", "somebody else's")
    same([pref for pref, _ in filters("p1")], [99], "filters beside theirs")
    subprocess.run(["tc", "filter", "del", "dev", "p1", "ingress", "pref", "99"], check=True)
    ip("link set dev p1 mtu 1500")
    await_offload(dom0, "p1", "tc")


# ---- a NIC ----

def parameter(name, value=None):
    path = f"{testnic.PARAMETERS}/{name}"
    if value is not None:
        with open(path, "w") as f:
            f.write(str(value))
    with open(path) as f:
        return int(f.read())


@test(limit=240)
def rules_in_a_nic():
    """offload=auto: skip_sw, counted by the driver, and none at all where it refuses one"""
    insert(testnic.path(os.uname().release))
    dom0 = Dom0(CONFIG.replace("software", "auto"), database=True)
    for name in ("hw1", "hw2"):
        ip(f"link add name {name} type vstestnic", f"link set dev {name} up")
    taps(dom0, "hw1", "hw2")
    for n in (1, 2):        # as if the VM behind sent it
        Tap(f"hw{n}").send(udp(n, 77))
    for n in (1, 2):
        await_offload(dom0, f"hw{n}", "nic")
    await_offload(dom0, "eth0", "switch", "netdev")
    count = offload(dom0, "hw1")["rules"]
    same(parameter("rules"), 2 * count, "rules that the driver has")
    check(all(f["skip_sw"] and f["in_hw"] for f in filters("hw1").values()), f"{filters('hw1')}")
    parameter("packets", 3)
    before = shown(dom0, "hw1")["counters"]["from_vm"]
    after = shown(dom0, "hw1")["counters"]["from_vm"]
    parameter("packets", 0)
    forwarding = sum("redirect" in json.dumps(f) for f in filters("hw1").values())
    same(after["packets"] - before["packets"], 3 * forwarding, "packets that the driver counted")
    same(after["bytes"] - before["bytes"], 300 * forwarding, "their octets")
    # No room for all rules: then none is in the NIC.
    parameter("room", 5)
    ctl.run(dom0, "uplink", "set", "hw2", f"vm-macs={mac(2)},{mac(3)}", "--yes")
    await_offload(dom0, "hw1", "switch", "the table is full")
    same(filters("hw1"), {}, "rules of the one that was refused")
    said = ctl.run(dom0, "doctor", status=(0, 1, 2)).out
    check("hw1" in said and "the table is full" in said, f"doctor: {said}")
    parameter("room", 100000)
    await_offload(dom0, "hw1", "nic")
    dom0.kill()
    kept = filters("hw1")
    dom0.start()
    await_offload(dom0, "hw1", "nic")
    same(sorted(filters("hw1")), sorted(kept), "rules after kill -9")
    ip("link del dev hw2")
    wait.until("what led there to go", 30, lambda: not filters("hw1"))
    ip("link del dev hw1")
    same(parameter("rules"), 0, "rules at the end")
