# SPDX-License-Identifier: GPL-2.0-or-later
"""What one VM keeps while another one sends random flows.

  [in0p] in0 --+-- the switch -- out0 [out0p]        in0: who sends them; v0: who is beside it
  [v0p]  v0 ---+

In each round in0 sends BURST packets, then v0 the first packets of FLOWS new flows; when they come
out is what the kernel notes. That in0's packets have all one flow is what it is compared with: they
take the same of the one CPU, but nothing has to be decided.
"""
import random
import select
import socket
import statistics
import struct
import time

import abi
import packet
import peers
import ruleset
import world
from genl import Genl

VICTIM = "00:16:3e:00:00:03"
ROUNDS, BURST, FLOWS = 40, 400, 20
PAUSE = 0.03
SO_ATTACH_FILTER, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 26, 35, 33
# ldh [10]; jeq #3: the end of v0's MAC
FILTER = struct.pack("HBBI" * 4, 0x28, 0, 0, 10, 0x15, 0, 1, 3, 6, 0, 0, 65535, 6, 0, 0, 0)


class Ear:
    """When frames of v0 come out of out0."""

    def __init__(self):
        import ctypes
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        code = ctypes.create_string_buffer(FILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                               struct.pack("HL", 4, ctypes.addressof(code)))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.socket.bind(("out0p", 3))

    def stamps(self, count, wait):
        out = []
        while len(out) < count and select.select([self.socket], [], [], wait)[0]:
            _, ancillary, _, _ = self.socket.recvmsg(2048, 256)
            out += [s * 10 ** 9 + ns for s, ns in (struct.unpack("=qq", data[:16])
                                                   for _, kind, data in ancillary if kind == SO_TIMESTAMPNS)]
        return out


def devices():
    for name in ("in0", "v0", "out0"):
        world.ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name} up",
                 f"link set dev {name}p up")


def flow(dice, source):
    def address():
        return f"10.{dice.randint(1, 254)}.{dice.randint(0, 255)}.{dice.randint(0, 255)}"
    return packet.frame(peers.TARGET, source, (), 0x800, packet.udp(
        address(), address(), dice.randint(1024, 65535), dice.randint(1024, 65535)))


def join_vifswitch():
    Genl().port_new(world.index("sw0"), world.index("v0"), guarded(), b"vm-c/0", 1)


def guarded():
    return abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, 100, macs=[VICTIM], acl=1, ips=["10.0.0.0/8"])


def join_flows(flows):
    flows.program.counts()
    flows.join("v0", guarded(), "vm-c/0")
    flows.program.ask("serve")


def join_ovs():
    peers.run("ovs-vsctl", "--timeout=60", "add-port", "br0", "v0", "tag=100")
    peers.run("ovs-ofctl", "add-flow", "br0", f"table=0,priority=2,in_port=v0,dl_src={VICTIM},ip,"
              "nw_src=10.0.0.0/8,actions=resubmit(,1)")


SUBJECTS = (
    ("vifswitch", peers.vifswitch(rules=1000, every=True, ip_guard=True), lambda b: join_vifswitch()),
    ("vifswitch-flows", peers.Flows(rules=1000, every=True, ip_guard=True), join_flows),
    ("openvswitch", peers.Openvswitch(1000, every=True), lambda b: join_ovs()))


def rounds(ear, attacker, victim, others, seed):
    """(ns from sending to the first one that comes out, ns a flow) of each round."""
    dice, out = random.Random(seed), []
    for _ in range(ROUNDS):
        mine = [flow(dice, VICTIM) for _ in range(FLOWS)]
        for data in others():
            attacker.send(data)
        begun = time.clock_gettime_ns(time.CLOCK_REALTIME)
        for data in mine:
            victim.send(data)
        stamps = ear.stamps(FLOWS, 2)
        if stamps:
            out.append((stamps[0] - begun, (stamps[-1] - begun) / len(stamps)))
        time.sleep(PAUSE)
    return [statistics.median(values) for values in zip(*out)]


def measure(builder, join):
    """Runs in a namespace of its own: what is kept of both, in per cent, and both alone, in us."""
    stop = builder()
    try:
        join(builder)
        ear, attacker, victim = Ear(), world.Tap("in0p"), world.Tap("v0p")
        # where the receiver is
        world.Tap("out0p").send(packet.frame(peers.SOURCE, peers.TARGET, (), 0x800,
                                             packet.udp("10.0.0.2", "10.0.0.1", 9, 9)))
        dice = random.Random(1)
        same = [flow(dice, peers.SOURCE)] * BURST
        rounds(ear, attacker, victim, lambda: same[:10], 1)
        quiet = rounds(ear, attacker, victim, lambda: same, 2)
        beside = rounds(ear, attacker, victim,
                        lambda: [flow(dice, peers.SOURCE) for _ in range(BURST)], 3)
        return [100 * a / b for a, b in zip(quiet, beside)] + [v / 1000 for v in quiet]
    finally:
        if stop:
            stop()
