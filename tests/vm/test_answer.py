# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers to what dom0's own sockets send must reach them, and must not stop a CPU.

TCP sends from timers and softirqs with the socket's lock held: an answer that
reaches the socket on the same stack waits for that lock for ever. Only the
soft-lockup watchdog sees that. Here it ends the VM; run.py tells whose fault it was.
"""
import contextlib
import errno
import select
import socket
import struct

import abi
import acl
import wait
from acl import Rule
from packet import ACK, FIN, PSH, SYN, tcp
from registry import check, same, test
from test_acl import program
from world import Switch, frame, index, ip, mac, sysctl

DOM0, VM, DOM0_6, VM_6 = "10.0.0.254", "10.0.0.1", "fd00::fe", "fd00::1"
REFUSED_BY_ICMP = {VM: errno.EHOSTUNREACH, VM_6: errno.EACCES}
MANY = 300  # more than are answered at once: the rest is sent again by a timer


@contextlib.contextmanager
def watched():
    """A CPU that is stuck for 40 seconds ends the VM."""
    sysctl("kernel.softlockup_panic", 1)
    sysctl("kernel.watchdog_thresh", 20)
    try:
        yield
    finally:
        sysctl("kernel.watchdog_thresh", 60)
        sysctl("kernel.softlockup_panic", 0)


def dom0_at(device, *neighbours):
    """Gives dom0 its addresses on device; the neighbours' are VM's and VM_6's."""
    sysctl(f"net.ipv6.conf.{device}.disable_ipv6", 0)
    ip(f"link set dev {device} up", f"addr add {DOM0}/24 dev {device}",
       f"addr add {DOM0_6}/64 dev {device} nodad",
       *[f"neigh replace {a} lladdr {mac(1)} dev {device} nud permanent" for a in (VM, VM_6)])


def switch_with_vm(name="sw0", blob=acl.compile([], default_to="reject")):
    """A switch and the port of a VM with this ACL."""
    switch = Switch(name, program=abi.program(0, 100))
    switch.nl.acl_load(1, blob)
    return switch, switch.port("vm" + name, program(1, 1), claim=1)


def socket_to(address, kind=socket.SOCK_STREAM):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, kind | socket.SOCK_NONBLOCK)


def error_of(sock):
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def all_connects_refused(address):
    waiting, errors = [], []
    for _ in range(MANY):
        sock = socket_to(address)
        now = sock.connect_ex((address, 80))
        if now == errno.EINPROGRESS:
            waiting.append(sock)
        else:
            errors.append(now)

    def ended():
        for sock in list(waiting):
            error = error_of(sock)
            if error:
                errors.append(error)
                waiting.remove(sock)
        return not waiting
    wait.until(f"the end of {MANY} connections to {address}", 60, ended)
    same(errors, [errno.ECONNREFUSED] * MANY, f"how connections to {address} ended")


def datagram_refused(address):
    sock = socket_to(address, socket.SOCK_DGRAM)
    sock.connect((address, 80))

    def refused():
        with contextlib.suppress(OSError):
            sock.send(b"x")
        return error_of(sock)
    same(wait.until(f"an ICMP error from {address}", 20, refused, 0.2), REFUSED_BY_ICMP[address],
         f"error of a datagram to {address}")


def all_refused():
    with watched():
        for address in (VM, VM_6):
            all_connects_refused(address)
            datagram_refused(address)


@test(smoke=True, limit=150)
def vm_rejects():
    """300 connections of dom0 to a VM that rejects them are refused; datagrams get an ICMP error"""
    switch, port = switch_with_vm()
    dom0_at("sw0")
    all_refused()
    check(port.drops()["to-acl"] > 2 * MANY, f"drops at the VM: {port.drops()}")
    same([f for f in port.received() if f[12:14] in (b"\x08\x00", b"\x86\xdd")
          and f[0] & 1 == 0], [], "packets at the VM")


@test(smoke=True, limit=150)
def own_port_rejects():
    """the same when it is dom0's own port that rejects what dom0 sends"""
    switch, _ = switch_with_vm(blob=acl.compile([], default_to="allow"))
    switch.nl.acl_load(2, acl.compile([Rule("from", "reject", 1, dport=80, proto=[6, 17])],
                                      default_to="allow"))
    switch.nl.port_set(switch.ifindex, abi.program(0, 100, acl=2))
    dom0_at("sw0")
    all_refused()
    check(switch.drops()["acl"] > 2 * MANY, f"drops at dom0's port: {switch.drops()}")


@test(smoke=True, limit=150)
def through_devices_on_the_switch():
    """the same from a VLAN device and a macvlan on the switch, which somebody listens to"""
    for kind in ("vlan id 100", "macvlan mode bridge"):
        switch, port = switch_with_vm()
        if kind.startswith("vlan"):
            switch.nl.port_set(switch.ifindex, abi.program(0, None, {100}, set()))
        ip("link set dev sw0 promisc on", f"link add link sw0 name up0 type {kind}")
        dom0_at("up0")
        all_refused()
        switch.socket.close()
        port.socket.close()
        ip("link del dev sw0", f"link del dev {port.port_name}")


@test(smoke=True, limit=150)
def through_another_switch():
    """the same when the VM is on a second switch, a device on which is a port of dom0's"""
    switch_with_vm("sw1")
    ip("link add link sw1 name trunk type macvlan mode passthru", "link set dev trunk up")
    near = Switch(program=abi.program(0, 100))
    near.nl.port_new(near.ifindex, index("trunk"), abi.program(abi.PF_FLOOD, 100))
    dom0_at("sw0")
    all_refused()


class TcpVm:
    """A VM that speaks TCP by hand, and no longer than a test wants."""

    def __init__(self, port, dom0_mac, sport, dport):
        self.port, self.dom0_mac, self.sport, self.dport = port, dom0_mac, sport, dport
        self.seq, self.ack = 1000, 0

    def send(self, flags):
        data = tcp(VM, DOM0, self.sport, self.dport, flags, self.seq, self.ack)
        self.port.send(frame(self.dom0_mac, mac(1), kind=0x800, payload=data))
        self.seq += bool(flags & (SYN | FIN))

    def segment(self):
        """The next TCP segment of dom0 as (source port, sequence number, flags), or None."""
        for data in self.port.received(1):
            if data[12:14] == b"\x08\x00" and data[23] == 6:
                sport, dport, seq, _, _, flags = struct.unpack_from(">HHIIBB", data, 34)
                if sport == self.dport or dport == self.sport:
                    return sport, seq, flags
        return None

    def hear(self, flags):
        def heard():
            got = self.segment()
            return got if got and got[2] & flags == flags else None
        self.dport, seq, _ = wait.until(f"a segment of dom0 with flags {flags:#x}", 20, heard)
        self.ack = seq + bool(flags & SYN)


def reset(sock, wanted):
    """dom0's socket hears of the reset that answers its next retransmission."""
    same(wait.until("the reset", 60, lambda: error_of(sock)), wanted, "error of dom0's socket")


def address_of(device):
    with open(f"/sys/class/net/{device}/address") as f:
        return f.read().strip()


@test(smoke=True, limit=120)
def vm_falls_silent():
    """dom0 sends again to a VM that shut down and was forgotten, whose ACL then rejects it"""
    switch, port = switch_with_vm()
    dom0_at("sw0")
    listener = socket.create_server((DOM0, 80))
    listener.settimeout(wait.limit(20))
    vm = TcpVm(port, address_of("sw0"), 40000, 80)
    with watched():
        vm.send(SYN)
        vm.hear(SYN | ACK)
        vm.send(ACK)
        served, _ = listener.accept()
        vm.send(FIN | ACK)
        served.send(b"never acknowledged")
        vm.hear(PSH)
        switch.nl.sessions_flush(port.ifindex)
        reset(served, errno.EPIPE)


@test(smoke=True, limit=120)
def acl_turns_to_reject():
    """an ACL rejects from now on what dom0 sent and the VM has not acknowledged"""
    allow = Rule("to", "allow", 1, proto=6, dport=80)
    switch, port = switch_with_vm(blob=acl.compile([allow]))
    dom0_at("sw0")
    client = socket_to(VM)
    vm = TcpVm(port, address_of("sw0"), 80, 0)
    with watched():
        same(client.connect_ex((VM, 80)), errno.EINPROGRESS, "connect")
        vm.hear(SYN)
        vm.send(SYN | ACK)
        check(select.select([], [client], [], 20)[1], "the connection is there")
        client.send(b"never acknowledged")
        vm.hear(PSH)
        switch.nl.acl_load(1, acl.compile([], default_to="reject"))
        reset(client, errno.ECONNRESET)


@test()
def no_switch_below_itself():
    """nothing that stands on a switch becomes its port, nor a port of one that stands on it"""
    for name in ("sw0", "sw1"):
        ip(f"link add name {name} type vifswitch")
    for kind in ("vlan id 5", "macvlan mode bridge"):
        ip(f"link add link sw0 name on0 type {kind}", f"link add link sw1 name on1 type {kind}")
        check(ip("link set dev on0 master sw0", fail=False), f"{kind} on a switch became its port")
        ip("link set dev on0 master sw1")
        check(ip("link set dev on1 master sw0", fail=False), "two switches stand on each other")
        ip("link del dev on0", "link del dev on1")
