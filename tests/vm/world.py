# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test builds its network from.

Everything lives in the test's own network namespace. A port is one end of a
veth pair enslaved to a switch; the other end plays the VM (or the wire) and is
read and written as raw frames:

    [vif1.0]=====(peer of vif1.0: Port.send, Port.received)
       |
    switch sw0 --- vif2.0 ====(peer)      local port: sw0 itself

Frames are bytes with their VLAN tags inside, whatever way the kernel carries
them. Guest moves a port's peer into a namespace of its own with an address,
for TCP.
"""
import ctypes
import os
import select
import socket
import struct
import subprocess

import genl
import wait
from packet import AD, BROADCAST, Q, frame  # noqa: F401
from registry import same

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWUSER = 0x20000, 0x40000000, 0x10000000
ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 3, 263, 8, 23
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
SO_RCVBUFFORCE = 33
RTM_GETLINK, IFLA_OPERSTATE, IF_OPER_UP = 18, 16, 6


def insert(module=None):
    """Loads a module, else vifswitch.ko, and first what it needs; insmod's words if that fails."""
    module = module or os.environ["MODULE"]
    needed = subprocess.run(["modinfo", "-F", "depends", module], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    for name in filter(None, needed.split(",")):
        subprocess.run(["modprobe", name], check=True)
    done = subprocess.run(["insmod", module], text=True, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f"load: {done.stderr.strip()}")


def unshare(flags):
    if LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w") as f:
        f.write(str(value))


def quiet_namespace():
    """The calling process gets a namespace without IPv6's own chatter."""
    unshare(CLONE_NEWNET)
    for where in ("all", "default"):
        sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 1)
    ip("link set dev lo up")


def isolate():
    unshare(CLONE_NEWNS)
    LIBC.mount(b"none", b"/", None, 0x44000, None)  # MS_REC | MS_PRIVATE
    quiet_namespace()
    LIBC.mount(b"sysfs", b"/sys", b"sysfs", 0, None)


def ip(*lines, fail=True):
    """Run ip commands, one a line, in one process; the error text or ''."""
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode and fail:
        raise RuntimeError(f"ip {'; '.join(lines)[:300]}: {done.stdout.strip()}")
    return done.stdout.strip() if done.returncode else ""


def output(*argv):
    return subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout


def index(name):
    return socket.if_nametoindex(name)


def exists(name):
    try:
        return index(name)
    except OSError:
        return 0


def mac(n):
    return f"00:16:3e:00:{n >> 8 & 255:02x}:{n & 255:02x}"


def tags_of(data):
    """VIDs (or (TPID, VID) for service tags) at the head of a frame."""
    tags, at = [], 12
    while len(data) >= at + 4:
        tpid, tci = struct.unpack_from(">HH", data, at)
        if tpid not in (Q, AD):
            break
        tags.append(tci & 0xfff if tpid == Q else (tpid, tci & 0xfff))
        at += 4
    return tags


def carries(ifindex):
    """Whether the stack has seen that the link is up; until then what is sent there is lost."""
    link = genl.Netlink(socket.NETLINK_ROUTE)
    try:
        head = struct.pack("=BxHiII", 0, 0, ifindex, 0, 0)
        answer = link.transact(RTM_GETLINK, head, flags=0)[0]
        return genl.unpack(answer[len(head):])[IFLA_OPERSTATE] == bytes([IF_OPER_UP])
    finally:
        link.close()


def frames_waiting(cpu):
    """In that CPU's queue before the stack."""
    with open("/proc/net/softnet_stat") as f:
        rows = [line.split() for line in f]
    return sum(int(row[11], 16) for row in rows if int(row[12], 16) == cpu)


def arrived():
    """Wait until all that was sent is where it goes, on whichever CPU it is. A frame stays on its
    CPU, in its queue or in a soft interrupt; where this process runs there is no such interrupt."""
    before = os.sched_getaffinity(0)
    for cpu in range(os.cpu_count()):
        os.sched_setaffinity(0, {cpu})
        wait.until(f"the frames of CPU {cpu}", 10, lambda: not frames_waiting(cpu), 0.005)
    os.sched_setaffinity(0, before)


class Tap:
    """Raw frames of one netdev in this namespace; opened before the traffic."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((name, ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        except PermissionError:
            pass  # root of a user namespace
        self.drain()

    def send(self, data):
        self.socket.send(data)

    def read_one(self):
        data, ancillary, _, _ = self.socket.recvmsg(70000, 256)
        for level, kind, aux in ancillary:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", aux[:20])
                if status & TP_STATUS_VLAN_VALID:
                    tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else Q
                    data = data[:12] + struct.pack(">HH", tpid, tci) + data[12:]
        return data

    def received(self, timeout=0):
        out = []
        while select.select([self.socket], [], [], 0 if out else timeout)[0]:
            try:
                out.append(self.read_one())
            except OSError:
                break  # the netdev went down or away
        return out

    def drain(self):
        return len(self.received())


class Switch(Tap):
    """A switch; as a Tap, dom0's stack on its local port."""

    def __init__(self, name="sw0", nl=None, program=None):
        ip(f"link add name {name} type vifswitch", f"link set dev {name} up")
        self.nl = nl or genl.Genl()
        self.ifindex = index(name)
        super().__init__(name)
        self.ports = []
        if program:
            self.nl.port_set(self.ifindex, program)

    def port(self, name, program=None, up=True, cookie=None, claim=None, options=""):
        p = Port(self, name, options)
        if up:
            ip(f"link set dev {name} up")
            peer = index(p.peer)
            wait.until(f"{p.peer} to carry", 10, lambda: carries(peer), 0.002)
        self.nl.port_new(self.ifindex, p.ifindex, program, cookie, claim)
        self.ports.append(p)
        return p

    def state(self):
        return self.nl.port(self.ifindex)

    def drops(self):
        return self.state().drops

    def settle(self):
        """Wait until no port's counters move any more."""
        last = None

        def quiet():
            nonlocal last
            now = [(p.from_packets, p.to_packets, tuple(p.drops.items()))
                   for p in self.nl.ports(self.ifindex)]
            before, last = last, now
            return before == now
        arrived()
        wait.until("the switch's counters to stand still", 10, quiet, 0.03)


class Port(Tap):
    """A veth pair: name in the switch, name + "p" the other end."""

    def __init__(self, switch, name, options=""):
        self.switch, self.nl, self.port_name = switch, switch.nl, name
        self.peer = name + "p"
        ip(f"link add name {name} {options} type veth peer name {self.peer} {options}",
           f"link set dev {self.peer} up")
        self.ifindex = index(name)
        super().__init__(self.peer)

    def set(self, program=None, **kw):
        self.nl.port_set(self.ifindex, program, **kw)

    def state(self):
        return self.nl.port(self.ifindex)

    def drops(self):
        return self.state().drops


def deliver(sender, data, receivers, what=None, count=1):
    """Send data; who of receivers (Taps) got it, as {name: [frames]}."""
    for r in receivers:
        r.drain()
    state = sender.state()
    before = state.judged
    for _ in range(count):
        sender.send(data)
    wait.until(f"a verdict on {what or 'the frame'} from {sender.name}", 10,
               lambda: sender.state().judged >= before + count, 0.005)
    arrived()
    return {r.name: r.received() for r in receivers}


def refused(sender, data, receivers, reason, what=None):
    """The frame goes nowhere and is counted once, under that reason."""
    before = sender.drops()
    got = deliver(sender, data, receivers, what)
    for name, frames in got.items():
        same(frames, [], f"{what or reason}: frames at {name}")
    after = sender.drops()
    new = {w: n - before.get(w, 0) for w, n in after.items() if n != before.get(w, 0)}
    same(new, {reason: 1}, f"{what or 'frame'}: drop reasons at {sender.name}")


class Namespace:
    """Another network namespace, held by a descriptor."""

    def __init__(self):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        quiet_namespace()
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        LIBC.setns(here, CLONE_NEWNET)
        os.close(here)
        self.path = f"/proc/{os.getpid()}/fd/{self.fd}"

    def __enter__(self):
        self.here = os.open("/proc/self/ns/net", os.O_RDONLY)
        LIBC.setns(self.fd, CLONE_NEWNET)
        return self

    def __exit__(self, *exc):
        LIBC.setns(self.here, CLONE_NEWNET)
        os.close(self.here)

    def close(self):
        os.close(self.fd)


class Guest:
    """A port's other end in its own namespace with an IPv4 address (a /16)."""

    def __init__(self, port, address, hwaddr=None, vlan=None, mtu=None):
        self.port, self.address = port, address
        port.socket.close()
        self.namespace = Namespace()
        ip(f"link set dev {port.peer} netns {self.namespace.path}")
        self.device = port.peer
        lines = []
        if hwaddr:
            lines.append(f"link set dev {port.peer} address {hwaddr}")
        if mtu:
            lines.append(f"link set dev {port.peer} mtu {mtu}")
        lines.append(f"link set dev {port.peer} up")
        if vlan:
            self.device = f"v{vlan}"
            lines += [f"link add link {port.peer} name {self.device} type vlan id {vlan}",
                      f"link set dev {self.device} up"]
        with self.namespace:
            ip(*lines, f"addr add {address}/16 dev {self.device}")

    def socket(self, *args):
        with self.namespace:
            return socket.socket(*args)

    def run(self, *argv, **kw):
        with self.namespace:
            return subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, **kw)
