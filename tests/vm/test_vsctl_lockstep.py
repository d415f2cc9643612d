# SPDX-License-Identifier: GPL-2.0-or-later
"""
The same ovs-vsctl commands on vifovsd with vifswitch.ko and on Debian's own ovs-vswitchd with
openvswitch.ko: after each group of them the same frames come out of the same ports, octet for
octet. What is said on the terminal is compared by tests/vifovsd/test_lockstep.py.

    [pa] [pb] [pc] [pd] on br0, here (vifswitch.ko), and in a namespace of its own (openvswitch.ko)
"""
import itertools
import random
import subprocess

import ovspeer
import wait
from dom0 import Dom0
from packet import Q, frame
from registry import check, same, test
from test_vifovsd import Ovs, cable
from world import BROADCAST, Namespace, arrived, ip

PORTS = ["pa", "pb", "pc", "pd"]
GROUPS, COMMANDS = 20, 10
# None, a priority alone, VLANs of ports and with a priority, one that is nobody's.
TAGS = [None, (Q, 0, 5), (Q, 10, 0), (Q, 20, 3), (Q, 30, 0), (Q, 40, 0)]
MODES = ["access", "trunk", "native-tagged", "native-untagged"]


class Talk:
    """What an operator may say next of a port, and what the ports are then: to know what to avoid."""

    def __init__(self, seed):
        self.random, self.ports = random.Random(seed), {p: {} for p in PORTS}

    def pick(self, *of):
        return self.random.choice(of)

    def vlans(self):
        return sorted(self.random.sample([0, 10, 20, 30], self.random.randrange(1, 4)))

    @staticmethod
    def carries_none(port):
        """Open vSwitch takes untagged frames there, and sends none: its native VLAN, 0, is not in its list."""
        return port.get("vlan_mode", "").startswith("native") and not port.get("tag") and \
            "trunks" in port and 0 not in port["trunks"]

    def change(self):
        name = self.pick(*PORTS)
        port, words = dict(self.ports[name]), ["set", "port", name]
        kind = self.pick("tag", "tag", "trunks", "trunks", "mode", "mode", "mode", "alone", "clear", "again", "protected")
        if kind == "tag":
            port["tag"] = self.pick(0, 10, 20, 30)
            words.append(f"tag={port['tag']}")
        elif kind == "trunks":
            port["trunks"] = self.vlans()
            words.append(f"trunks={','.join(map(str, port['trunks']))}")
        elif kind == "mode":
            port["vlan_mode"] = self.pick(*MODES)
            words.append(f"vlan_mode={port['vlan_mode']}")
        elif kind == "alone":
            tag = self.pick(10, 20)
            port |= {"tag": tag, "trunks": [tag], "vlan_mode": self.pick("native-tagged", "native-untagged")}
            words += [f"tag={tag}", f"trunks={tag}", f"vlan_mode={port['vlan_mode']}"]
        elif kind == "protected":
            words.append(f"protected={self.pick('true', 'false', 'false')}")
        elif kind == "again":
            bridge, tag = self.pick(("br0", None), ("br0", 10), ("br20", 20))
            port = {} if tag is None else {"tag": tag}
            words = ["del-port", name, "--", "add-port", bridge, name] + ["tag=10"] * (tag == 10)
        else:
            column = self.pick("tag", "trunks", "vlan_mode")
            port.pop(column, None)
            words = ["clear", "port", name, column]
        if self.carries_none(port):
            return self.change()
        self.ports[name] = port
        return words

    def group(self):
        words = []
        for _ in range(COMMANDS):
            words += ["--", *self.change()]
        return words[1:]


class Side:
    """One of both: its ovs-vsctl, its four ports, and a wait until what was sent is where it goes."""

    def __init__(self, vsctl, settled=arrived):
        self.vsctl, self.settled = vsctl, settled
        self.taps = {p: cable(p) for p in PORTS}
        for p in PORTS:
            ip(f"link set dev {p} up")      # Open vSwitch leaves them as they are

    def say(self, *words):
        done = self.vsctl(*words)
        check(not done.returncode and not done.stderr, f"ovs-vsctl {' '.join(words)}: {done}")
        return done.stdout

    def send(self, frames):
        """Frames by port; what comes out, by port."""
        for tap in self.taps.values():
            tap.drain()
        for name, data in frames:
            self.taps[name].send(data)
        self.settled()
        return {p: sorted(t.received()) for p, t in self.taps.items()}


def ours():
    ovs = Ovs(Dom0(database=True))
    return Side(ovs.run)


def theirs():
    """
    A miss goes to ovs-vswitchd's one thread and comes back. So does a frame between two ports of
    another bridge, behind it: when that has come, what was sent before it is where it goes.
    """
    with Namespace():
        real = ovspeer.Ovs().start()
        source, target, numbers = cable("sa"), cable("sb"), itertools.count(1)
        ip("link set dev sa up", "link set dev sb up")

        def vsctl(*words):
            return subprocess.run([real.root + "/usr/bin/ovs-vsctl", "--db=unix:" + real.db, "--timeout=120",
                                   "-vtimeval:off", *words], text=True, capture_output=True, env=real.environment)

        def settled():
            arrived()
            data = frame(BROADCAST, mac(next(numbers), 3), payload=b"behind the others")
            source.send(data)
            wait.until("a frame behind the others", 60, lambda: data in target.received(0.02), 0)
            arrived()
        side = Side(vsctl, settled)
        side.say("add-br", "behind", "--", "add-port", "behind", "sa", "--", "add-port", "behind", "sb")
    return side


def mac(n, kind=1):
    return "02:00:00:%02x:%02x:%02x" % (kind, n >> 8, n & 255)


def without_priority(data):
    """As vifswitch has it (docs/openvswitch.md, priority-tags): a frame of VLAN 0 has no tag."""
    return data[:12] + data[16:] if data[12:14] == b"\x81\0" and not int.from_bytes(data[14:16], "big") & 0xfff else data


def answers(got, numbers):
    """What each receiver of a frame says to its sender, with the tag that it came with."""
    out = []
    for name, frames in got.items():
        for data in frames:
            out.append((name, data[6:12] + bytes.fromhex(mac(next(numbers), 2).replace(":", "")) + data[12:]))
    return out


@test(limit=600)
def lockstep_on_traffic():
    """200 ovs-vsctl commands on tags, trunks and modes: each ten of them, and frames go as they go with Open vSwitch"""
    sides, talk, numbers, counts = [ours(), theirs()], Talk(16), itertools.count(1), [0, 0]
    first = ["add-br", "br0", "--", "add-br", "br20", "br0", "20"]
    for name in PORTS:
        first += ["--", "add-port", "br0", name]
    for side in sides:
        side.say(*first)
    for group in range(GROUPS):
        words = talk.group()
        said = [side.say(*words) for side in sides]
        same(said[0], said[1], f"what ovs-vsctl {words} says")
        frames = [(p, frame(BROADCAST, mac(next(numbers)), () if tag is None else (tag,), payload=f"{p} {tag}".encode()))
                  for p in PORTS for tag in TAGS]
        for what in ("broadcasts", "answers"):
            here, there = (side.send(frames) for side in sides)
            for name in PORTS:
                same([f.hex() for f in here[name]], sorted(without_priority(f).hex() for f in there[name]),
                     f"group {group}, {what} to {name}, with {talk.ports}, after {' '.join(words)}")
            counts[what == "answers"] += sum(map(len, here.values()))
            frames = answers(here, numbers)
    check(min(counts) > 10 * GROUPS, f"{counts} deliveries: nothing proved")
    return f"{counts[0]} broadcasts and {counts[1]} answers delivered alike"
