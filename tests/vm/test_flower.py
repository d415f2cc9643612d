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

import abi
import acl
import ctl
import packet
import wait
from dom0 import Dom0, RELEASE
from packet import Q, frame
from registry import check, same, test
from test_openvswitch import OTHER, PORTS, SOME, claim_of, some_frame, some_packet, some_program
from world import Switch, Tap, arrived, index, ip, mac

FRAMES = 100
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
            self.switches[0].nl.acl_load(number, acl.compile(rules, stateless=True))

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


def program_of(dice, n):
    """Of a random port, seldom with an ACL: that keeps it in software."""
    while True:
        program = some_program(dice, n)
        if not abi.header(program)["acl"] or dice.random() < 0.1:
            return program


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
        twins.port(program_of(dice, n), f"vm{n // 2 if seed % 2 else n}/{n}")
    delivered = 0
    for i in range(FRAMES):
        n = dice.randrange(PORTS)
        data = frame_of(dice, n)
        delivered += twins.send(n, data, f"seed {seed}, frame {i} from port {n} ({data.hex()})")
        if i % 25 == 24:            # and then it is another policy
            n = dice.randrange(PORTS)
            twins.program(n, program_of(dice, n))
    counts = twins.rules.ask("count")
    check(counts["forwarded"] > 5, f"few frames found rules: {counts}")
    return f"{delivered} deliveries the same, {counts['forwarded']} by rules, at most {twins.most} of " \
        f"them, {counts['refused']} refused"


@test(smoke=True, limit=300)
def same_with_rules_1():
    """random programs, ACLs and frames: the same deliveries and tags with rules of tc as without"""
    return compare(1)


@test(limit=300)
def same_with_rules_2():
    """the same of other switches"""
    return compare(2)
