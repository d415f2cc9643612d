# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiled ACLs against nftables: the same random rules as a blob in the module and as
a ruleset of the bridge family, the same random frames through both.

    [a]===(ap: sends)            [x]===(xp: sends)
     |  ACL on a, from-vm         |  nft: hook forward
    switch sw0                   bridge br0
     |                            |
    [b]===(bp: receives)         [y]===(yp: receives)
"""
import os
import struct
import subprocess
import tempfile
import time

import abi
import wait
from registry import check, same, test
from world import Switch, Tap, ip

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "release",
                     "vm-acl-cases")
RULES = (0, 1, 3, 10, 30, 64, 65, 100, 200, 300)
FRAMES = 400


class Case:
    def __init__(self, seed, rules, count):
        with tempfile.TemporaryDirectory() as place:
            subprocess.run([CASES, str(seed), str(rules), str(count), place], check=True)

            def read(name):
                with open(os.path.join(place, name), "rb") as f:
                    return f.read()
            self.blob, self.ruleset, data = read("blob"), read("ruleset"), read("frames")
        self.frames, self.wanted = [], set()
        while data:
            passes, length = struct.unpack_from(">BH", data)
            if passes:
                self.wanted.add(len(self.frames))
            self.frames.append(data[3:3 + length])
            data = data[3 + length:]

    def passed(self, sender, receiver):
        """The numbers of the frames that got from one to the other."""
        got = set()
        receiver.drain()
        for n, data in enumerate(self.frames):
            sender.send(data)
            if n % 50 == 49:
                got |= numbers(receiver.received())
        end = time.monotonic() + 1 * wait.SLOW
        while time.monotonic() < end and not got >= self.wanted:
            got |= numbers(receiver.received(0.2))
        return got | numbers(receiver.received(0.3))


def numbers(frames):
    """Frames of ours alone, by the number in their source."""
    return {int.from_bytes(f[10:12], "big") for f in frames if f[6:10] == b"\x02\0\0\0"}


def bridge():
    ip("link add name br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
       "link set dev br0 up")
    taps = []
    for name in ("x", "y"):
        ip(f"link add name {name} type veth peer name {name}p",
           f"link set dev {name} master br0 up", f"link set dev {name}p up")
        taps.append(Tap(name + "p"))
    forwarding = "/sys/class/net/y/brport/state"
    wait.until("the bridge to forward", 10, lambda: open(forwarding).read().strip() == "3", 0.1)
    return taps


def rules_of(text):
    done = subprocess.run(["nft", "-f", "-"], input=b"flush ruleset\n" + text,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(not done.returncode, "nft: " + done.stdout.decode(errors="replace")[:500])


@test(smoke=True, limit=240)
def same_verdicts_as_nftables():
    """random rule sets as ACLs and as nftables' bridge family: the same frames pass"""
    switch = Switch()
    # Of the random frames some are LLDP's: the ACL alone is to judge them, too.
    a = switch.port("a", abi.program(abi.PF_CONTROL, 0))
    b = switch.port("b", abi.program(abi.PF_FLOOD, 0))
    x, y = bridge()
    passed = 0
    for seed, rules in enumerate(RULES, 1):
        case = Case(seed, rules, FRAMES)
        what = f"seed {seed}, {rules} rules: frames that pass"
        rules_of(case.ruleset)
        same(sorted(case.passed(x, y) ^ case.wanted), [], f"{what} by the scan or nftables alone")
        switch.nl.acl_load(seed, case.blob)
        a.set(abi.program(abi.PF_CONTROL, 0, acl=seed))
        same(sorted(case.passed(a, b) ^ case.wanted), [], f"{what} by the scan or the ACL alone")
        passed += len(case.wanted)
    total = len(RULES) * FRAMES
    check(total / 10 < passed < total * 9 / 10, f"only {passed} of {total} frames pass")
    return f"{len(RULES)} rule sets, {total} frames, {passed} pass"
