# SPDX-License-Identifier: GPL-2.0-or-later
"""Shaping of what leaves by a netdev: ratios over the VM's own clock, never how
fast the emulator is."""
import os
import re
import socket
import subprocess
import threading
import time

import abi
import wait
from registry import check, same, test
from world import Guest, Port, Switch, ip, mac, output

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHAPE = os.path.join(TOP, "build", "release", "vm-shape")
SECONDS = 8


class Wire(Port):
    """A veth pair outside any switch: name here, its other end a Guest's."""

    def __init__(self, name):
        self.switch, self.port_name, self.peer = None, name, name + "p"
        ip(f"link add name {name} type veth peer name {self.peer}",
           f"link set dev {name} up", f"link set dev {self.peer} up")
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


def shape(netdev, rate, burst=0, *classes):
    done = subprocess.run([SHAPE, netdev, str(rate), str(burst), *classes], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 0, f"shape {netdev} {rate}: {done.stdout.strip()}")


def classes(netdev):
    """Octets sent by each HTB class, by its handle."""
    text = output("tc", "-s", "class", "show", "dev", netdev)
    return {m[1]: int(m[2]) for m in re.finditer(r"class htb (\S+) .*\n Sent (\d+) bytes", text)}


def sent(netdev, minor):
    return classes(netdev)[f"7666:{minor:x}"]


class Flood:
    """TCP from here to a guest, in one shaping class."""

    def __init__(self, guest, port, minor=None):
        listener = guest.socket()
        listener.bind((guest.address, port))
        listener.listen(1)
        self.out = socket.socket()
        if minor:
            self.out.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 0x7666 << 16 | minor)
        self.out.settimeout(wait.limit(20))
        self.out.connect((guest.address, port))
        self.inn, _ = listener.accept()
        for job in (self.send, self.receive):
            threading.Thread(target=job, daemon=True).start()

    def send(self):
        while True:
            self.out.sendall(b"x" * 65536)

    def receive(self):
        while self.inn.recv(1 << 20):
            pass


def rates(netdev, minors):
    """Bits per second of each class over SECONDS, after two to settle. The time is that around
    both readings: what a busy machine adds between clock and counter makes no rate too high."""
    time.sleep(2)
    start, begin = time.monotonic(), {m: sent(netdev, m) for m in minors}
    time.sleep(SECONDS)
    end, seconds = {m: sent(netdev, m) for m in minors}, time.monotonic() - start
    return {m: (end[m] - begin[m]) * 8 / seconds for m in minors}


def steady(netdev, minors, enough):
    """The rates, in the best of three tries: a machine busy with other things can starve the
    sender, but cannot make shaping generous."""
    for _ in range(3):
        got = rates(netdev, minors)
        if enough(got):
            break
    return got


def peer(name, address, own):
    wire = Wire(name)
    ip(f"addr add {own}/16 dev {name}")
    return Guest(wire, address)


@test(smoke=True, limit=150)
def to_vm():
    """a rate to the VM holds, a new one takes its place without a new queue, none takes it away"""
    guest = peer("vif1.0", "10.1.0.2", "10.1.0.1")
    shape("vif1.0", 5_000_000)
    Flood(guest, 5001)
    first = steady("vif1.0", [1], lambda got: got[1] >= 0.9 * 5e6)[1] / 5e6
    check(0.9 <= first <= 1.05, f"{first:.3f} of 5 Mb/s")
    before = sent("vif1.0", 1)
    shape("vif1.0", 10_000_000)
    check(sent("vif1.0", 1) >= before, "the class was made anew")
    second = steady("vif1.0", [1], lambda got: got[1] >= 0.9 * 10e6)[1] / 10e6
    check(0.9 <= second <= 1.05, f"{second:.3f} of 10 Mb/s")
    shape("vif1.0", 0)
    check("htb" not in output("tc", "qdisc", "show", "dev", "vif1.0"), "still shaped")
    return f"{first:.3f} of 5 Mb/s, {second:.3f} of 10 Mb/s"


@test(limit=180)
def uplink_shares():
    """an uplink's guarantees hold, the rest is shared by weight, a class that goes takes nothing"""
    guest = peer("eth9", "10.2.0.2", "10.2.0.1")
    shape("eth9", 8_000_000, 0, "2:5000000:0:100", "3:0:0:100", "4:0:0:300")
    floods = [Flood(guest, 5000 + m, m) for m in (2, 3, 4)]
    got = steady("eth9", [2, 3, 4], lambda g: sum(g.values()) >= 0.9 * 8e6 and g[2] >= 0.95 * 5e6)
    text = f"{', '.join(f'{m}: {r / 1e6:.2f}' for m, r in got.items())} of 8 Mb/s"
    check(0.9 * 8e6 <= sum(got.values()) <= 1.05 * 8e6, text)
    check(got[4] >= 2 * got[3], f"weights 300 and 100: {text}")
    check(got[2] >= 0.95 * 5e6, f"guaranteed 5 Mb/s: {text}")
    shape("eth9", 8_000_000, 0, "2:1000000:2000000:100", "4:0:0:300")
    same(sorted(classes("eth9")), ["7666:1", "7666:2", "7666:4", "7666:ffff"], "classes")
    capped = rates("eth9", [2])[2]
    check(capped <= 1.05 * 2e6, f"at most 2 Mb/s, got {capped / 1e6:.2f}")
    del floods
    return text


@test()
def foreign_root():
    """somebody else's qdisc stays when there is nothing to shape"""
    peer("eth8", "10.3.0.2", "10.3.0.1")
    subprocess.run(["tc", "qdisc", "add", "dev", "eth8", "root", "pfifo", "limit", "7"],
                   check=True)
    shape("eth8", 0)
    check("pfifo" in output("tc", "qdisc", "show", "dev", "eth8"), "pfifo is gone")


@test(smoke=True, limit=90)
def queue_of_a_vm():
    """what a VM sends finds its class on the uplink by the queue of its program, no filter"""
    switch = Switch()
    wire = switch.port("eth7", abi.program(abi.PF_UPLINK | abi.PF_LEARN, 0, fdb_max=64))
    sink = Guest(wire, "10.4.0.9")
    vms = []
    for i, queue in ((1, 2), (2, 0)):
        port = switch.port(f"vif{i}.0", abi.program(abi.PF_GUARD, 0, macs=[mac(i)], queue=queue))
        vms.append(Guest(port, f"10.4.0.{i}", mac(i)))
    shape("eth7", 50_000_000, 0, "2:10000000:0:100")
    for i, vm in enumerate(vms):
        before = {m: sent("eth7", m) for m in (1, 2)}
        vm.run("ping", "-c", "5", "-i", "0.2", "-s", "1000", sink.address, timeout=wait.limit(30))
        more = {m: sent("eth7", m) - before[m] for m in (1, 2)}
        own, other = (2, 1) if i == 0 else (1, 2)
        check(more[own] >= 5000 and more[other] < 1000,
              f"VM {i + 1}: octets in the classes rose by {more}, not by 5,000 in {own}")
