# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings: what a port sent and got, and what became of each frame, as the kernel says."""
import collections
import os
import signal
import struct
import subprocess
import tempfile

import abi
import acl
import ctl
import wait
from acl import Rule
from dom0 import RELEASE, Dom0
from genl import Error, Genl, pack, u32, unpack
from packet import udp
from registry import check, same, test
from test_acl import A, B, program, wrap
from test_vlan import UPLINK
from world import BROADCAST, Switch, deliver, frame, mac, refused

RECORDED = struct.Struct("=QQQIIII")
TO, DELIVERED, RULE = 1, 2, 4
MANY = 0xffffffff
Frame = collections.namedtuple("Frame", "port data time number rule flags reason other length")


class Recorder:
    def __init__(self):
        self.nl = Genl()

    def add(self, port, octets=16384, frames=1000):
        self.nl.request(abi.CMD_RECORD, pack({abi.A_PORT: u32(port.ifindex),
                                              abi.A_RECORD: u32(octets) + u32(frames)}))

    def read(self, count):
        """So many frames, or all that are there within a second."""
        out = []
        self.nl.socket.settimeout(wait.limit(20) if count else 1)
        while not count or len(out) < count:
            try:
                data = self.nl.socket.recv(1 << 17)
            except TimeoutError:
                break
            a = unpack(data[20:])
            out.append(Frame(int.from_bytes(a[abi.A_PORT], "little"), a[abi.A_PACKET],
                             *RECORDED.unpack(a[abi.A_RECORDED])))
        return out

    def told(self, count):
        """(direction, reason or what it was instead, other end) of each."""
        return [("to" if f.flags & TO else "from",
                 abi.DROPS[f.reason] if f.reason else
                 "delivered" if f.flags & DELIVERED else "host", f.other)
                for f in self.read(count)]


def two(switch, **kw):
    return [switch.port(name, program(n, **kw.get(name, {})), claim=1)
            for name, n in (("a", 1), ("b", 2))]


@test(smoke=True)
def verdicts():
    """each frame once, with its direction, what became of it, where it went and whence it came"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([Rule("to", "deny", 77, proto=17, dport=9),
                                       Rule("from", "deny", 78, proto=17, dport=8)],
                                      default_from="allow", default_to="allow"))
    a, b = two(switch, b={"acl_id": 1, "connections_max": 100})
    r = Recorder()
    r.add(a)
    r.add(b)
    there, back = wrap(1, 2, udp(A, B, 1, 2)), wrap(2, 1, udp(B, A, 2, 1))
    deliver(a, there, [b], "there")
    same(r.told(2), [("to", "delivered", a.ifindex), ("from", "delivered", b.ifindex)], "there")
    deliver(b, back, [a], "back")
    first, second = r.read(2)
    same((first.data, second.data, first.length), (back, back, len(back)), "octets")
    same((first.port, second.port), (a.ifindex, b.ifindex), "ports")
    refused(a, frame(mac(2), mac(9)), [b], "mac-guard")
    same(r.told(1), [("from", "mac-guard", 0)], "a forged source")
    deliver(a, wrap(1, 2, udp(A, B, 1, 9)), [b], "to port 9")
    got = r.read(2)
    same([(f.flags, abi.DROPS[f.reason], f.rule, f.other) for f in got],
         [(TO | RULE, "to-acl", 77, a.ifindex), (RULE, "to-acl", 77, b.ifindex)],
         "what the other's rule denies")
    refused(b, wrap(2, 1, udp(B, A, 9, 8)), [a], "acl")
    got = r.read(1)[0]
    same((got.flags, abi.DROPS[got.reason], got.rule), (RULE, "acl", 78), "its own rule")
    c = switch.port("c", program(3), claim=1)
    deliver(a, frame(BROADCAST, mac(1)), [b, c], "a broadcast")
    found = r.told(2)
    check(("from", "delivered", MANY) in found and ("to", "delivered", a.ifindex) in found, found)
    same(a.state().to_packets + b.state().to_packets, 3, "deliveries in all")
    same(r.told(0), [], "more than that")


@test()
def control_of_the_host():
    """a control frame of dom0's own that may go nowhere was dropped, not taken by dom0"""
    switch = Switch(program=UPLINK.program())
    a, b = two(switch)
    r = Recorder()
    r.add(switch)
    refused(switch, frame("01:80:c2:00:00:0e", mac(9), kind=0x88cc), [a, b], "control")
    same(r.told(1), [("from", "control", 0)], "LLDP from dom0")


@test()
def bounds():
    """octets and frames that were asked for; one recording a port; it ends with its socket"""
    switch = Switch()
    a, b = two(switch)
    r, other = Recorder(), Recorder()
    for octets, frames in ((13, 1), (16385, 1), (14, 0), (14, 100000001)):
        try:
            r.add(a, octets, frames)
            check(False, f"{octets}, {frames}: accepted")
        except Error as e:
            check("RECORD" in e.text and "accepted" in e.text, e)
    r.add(a, octets=20, frames=3)
    try:
        other.add(a)
        check(False, "recorded twice")
    except Error as e:
        check("recorded already" in e.text, e)
    data = wrap(1, 2, udp(A, B, 1, 2))
    for _ in range(5):
        deliver(a, data, [b], "a frame")
    got = r.read(0)
    same([f.number for f in got], [1, 2, 3], "frames")
    same([(f.data, f.length) for f in got], [(data[:20], len(data))] * 3, "octets")
    # A tag is put back in as far as there is room: nothing else of the kernel's comes along.
    other.add(a, octets=15, frames=1)
    tagged = data[:12] + b"\x81\x00\x01\x23" + data[12:]
    deliver(a, tagged, [b], "a frame with a tag")
    same([(f.data, f.length) for f in other.read(1)], [(tagged[:15], len(tagged))], "octets")
    other.add(a)
    deliver(a, data, [b], "a frame")
    same(len(other.read(1)), 1, "after the first one was over")
    other.nl.close()
    r.add(a)
    r.add(b)
    switch.nl.port_del(b.ifindex)
    switch.nl.port_new(switch.ifindex, b.ifindex, program(2), claim=1)
    deliver(a, data, [b], "a frame")
    same(r.told(1), [("from", "delivered", b.ifindex)], "of the port that stayed")


@test(limit=120)
def frames_do_not_displace_answers():
    """what a busy port sends before the others are added costs no answer, and is not told"""
    switch = Switch()
    a, b = two(switch)
    process = subprocess.Popen([os.path.join(RELEASE, "vm-record-ports"), "a", "b"], text=True, bufsize=1,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def next_line(wanted):
        same(process.stdout.readline().strip(), wanted, "what it did next")
    next_line("a")
    data = wrap(1, 2, udp(A, B, 1, 2, b"x" * 1400))
    count = 12000       # more than a socket has room for
    for _ in range(count):
        a.send(data)
    switch.settle()
    same(a.state().from_packets, count, "frames before")
    process.stdin.write("\n")
    next_line("b")
    process.stdin.write("\n")
    next_line("listening")
    deliver(a, data, [b])
    process.stdin.write("\n")
    next_line("2")
    same(process.wait(wait.limit(20)), 0, "its status")


def captured(path):
    """tshark's fields of each packet."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.interface_name",
                           "-e", "frame.interface_description", "-e", "frame.packet_flags_direction",
                           "-e", "frame.len", "-e", "frame.comment"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    same(done.returncode, 0, done.stderr)
    packets = [line.split("\t") for line in done.stdout.splitlines()]
    return [p[:2] + [str(int(p[2], 0))] + p[3:] for p in packets]


def recording(dom0, *words):
    process = ctl.start(dom0, "record", *words)
    check("recording" in process.stderr.readline(), "it does not begin")
    return process


@test(limit=120)
def vifctl_records():
    """vifctl record: tshark shows each packet's direction, verdict and reason; nothing is left"""
    dom0 = Dom0()
    a = dom0.vif(1, access=100, name="web")
    b = dom0.vif(2, access=100, name="db")
    for v in (a, b):
        dom0.plugged(v)
    there, back = frame(b.mac, a.mac), frame(a.mac, b.mac)
    for v in (a, b):		# so that claims are settled
        v.send(frame(BROADCAST, v.mac))
        wait.until(f"{v.netdev} to be active", 20, lambda: v.state().claim)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "web.pcapng")
        process = recording(dom0, "web", "-w", path, "--count", "4")
        a.send(there)
        b.send(back)
        a.send(frame(b.mac, mac(9)))
        a.send(there)
        said = process.communicate(timeout=wait.limit(60))[1]
        same(process.returncode, 0, said)
        check("4 frames recorded, 0 for which" in said, said)
        same(captured(path), [
            ["vif1.0", "web/0", "1", str(len(there)), "from VM, delivered, to db/0"],
            ["vif1.0", "web/0", "2", str(len(back)), "to VM, delivered, from db/0"],
            ["vif1.0", "web/0", "1", str(len(there)),
             "from VM, dropped: mac-guard (the source MAC is not one this port may use)"],
            ["vif1.0", "web/0", "1", str(len(there)), "from VM, delivered, to db/0"]], "the capture")
        process = recording(dom0, "web", "-w", path, "--filter", f"ether src {b.mac}", "--count=1")
        a.send(there)
        b.send(back)
        process.communicate(timeout=wait.limit(60))
        same([p[2] for p in captured(path)], ["2"], "what the filter let pass")
        said = ctl.run(dom0, "record", "web", "--filter", "tcp and (", status=(2,)).said
        check("accepted: see pcap-filter(7)" in said, said)
        process = recording(dom0, "web", "-w", path)
        a.send(there)
        wait.until("the frame", 20, lambda: len(captured(path)) == 1)
        process.send_signal(signal.SIGINT)
        same(process.wait(wait.limit(20)), 0, "interrupted")
        process = recording(dom0, "web")
        a.send(there)
        check("from VM, delivered, to db/0" in process.stdout.readline(), "a line of text")
        process.kill()
        process.wait(wait.limit(20))
    Recorder().add(a)		# nothing is in its way
