# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks that go in ESP or not at all, whatever the host's IPsec policies say.

States and policies are set by hand here; who agrees on them is not the module's business.
The watch hears all that leaves the host of ours:

    VM --- switch --- tunnel, external ~~~ (ESP) ~~~ wire ~~~ tunnel --- bridge --- a foreign host
"""
import socket
import struct

import abi
import network
import packet
import wait
from packet import udp
from registry import same, test
from test_network import KEY, Foreign, Host, Wire, arrives
from test_vlan import access
from world import BROADCAST, Tap, arrived, frame, ip, mac, sysctl

MARK = b"in the clear"
KEYS = "0x" + "5a" * 20
SELECTOR = {"vxlan": "proto udp dport 4789", "geneve": "proto udp dport 6081",
            "gretap": "proto gre", "ip6gretap": "proto gre"}
PORTS = {"vxlan": 4789, "geneve": 6081, "gretap": 0, "ip6gretap": 0}


def state(src, dst, spi, mode="transport"):
    ip(f"xfrm state add src {src} dst {dst} proto esp spi {spi} mode {mode} reqid 1 "
       f"aead rfc4106(gcm(aes)) {KEYS} 128")


def states(own, far):
    state(own, far, 0x101)
    state(far, own, 0x102)


def policies(own, far, kind):
    """All of the tunnel's packets between these two: in ESP."""
    for way, src, dst in (("out", own, far), ("in", far, own)):
        ip(f"xfrm policy add dir {way} src {src} dst {dst} {SELECTOR[kind]} "
           f"tmpl src {src} dst {dst} proto esp reqid 1 mode transport")


class Bed:
    def __init__(self, kind="vxlan", own="192.0.2.1", far="192.0.2.2"):
        for where in ("all", "default"):
            sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 0)
        self.wire, self.kind, self.own, self.far = Wire(), kind, own, far
        self.host = Host(self.wire, own, kind)
        with self.wire.hub:
            self.watch = Tap("w1")
        self.esp = 0
        self.peer = Foreign(self.wire, kind, far, own)
        self.set(abi_flags=network.ESP)
        self.vm = self.host.port("a", access(100).program([mac(1)]))
        self.there = frame(mac(9), mac(1), kind=packet.IP4,
                           payload=udp("10.0.0.1", "10.0.0.9", 5, 6, MARK))
        self.back = frame(mac(1), mac(9), kind=packet.IP4,
                          payload=udp("10.0.0.9", "10.0.0.1", 5, 6, MARK))

    def set(self, abi_flags, remotes=None):
        self.host.nl.network_set(self.host.tunnel, 100, network.blob(
            KEY, remotes or [self.far], self.own if self.kind != "geneve" else None,
            flags=abi_flags, udp_port=PORTS[self.kind]), b"blue")

    def drops(self):
        """(out, in)"""
        got = self.host.nl.do(abi.CMD_VERSION_GET)[0][abi.A_SEALED_DROPS]
        return struct.unpack("=QQ", got)

    def clear(self):
        """What has left the host of ours and can be read."""
        arrived()
        found = []
        for data in self.watch.received():
            kind, = struct.unpack_from("!H", data, 12)
            proto = data[23] if kind == packet.IP4 else data[20]
            self.esp += proto == socket.IPPROTO_ESP
            if MARK in data or proto == socket.IPPROTO_GRE:
                found.append(data.hex())
        return found

    def closed_out(self, what):
        before = self.drops()
        for _ in range(5):
            self.vm.send(frame(BROADCAST, mac(1), kind=packet.IP4,
                               payload=udp("10.0.0.1", "10.0.0.9", 5, 6, MARK)))
        arrived()
        same((self.clear(), self.drops()[0] > before[0]), ([], True), f"{what}: clear frames, counted")

    def closed_in(self, what):
        before = self.drops()
        self.vm.received()
        self.peer.send(self.back)
        wait.until(f"{what}: the drop", 10, lambda: self.drops()[1] > before[1])
        arrived()
        same([f for f in self.vm.received() if MARK in f], [], f"{what}: at the VM")

    def open_both(self, what):
        for namespace, own, far in ((self.host.namespace, self.own, self.far),
                                    (self.peer.namespace, self.far, self.own)):
            with namespace:
                policies(own, far, self.kind)
                states(self.own, self.far)
        self.clear()
        before = self.esp
        arrives(self.vm, self.there, self.peer, self.there, f"{what}: from the VM")
        arrives(self.peer, self.back, self.vm, self.back, f"{what}: to the VM")
        same((self.clear(), self.esp > before), ([], True), f"{what}: clear frames, ESP")

    def flush(self, namespace):
        with namespace:
            ip("xfrm policy flush", "xfrm state flush")


def esp_alone(kind, own, far):
    bed = Bed(kind, own, far)
    bed.closed_out("no policy yet")
    bed.closed_in("from a peer without one")
    bed.open_both("with states")
    bed.flush(bed.host.namespace)
    bed.closed_out("flushed")
    bed.flush(bed.peer.namespace)
    bed.closed_in("flushed there, too")
    return bed


@test(limit=120)
def vxlan():
    """VXLAN in ESP: nothing in clear without, with and after states, nor when the network went"""
    bed = esp_alone("vxlan", "192.0.2.1", "192.0.2.2")
    bed.open_both("once more")
    # The network goes, and its netdev; the other end still sends. An answer would quote it.
    bed.host.nl.network_del(bed.host.tunnel, 100)
    before = bed.drops()
    with bed.host.namespace:
        ip("link del dev t")
    bed.peer.send(bed.back)
    wait.until("the answer that nobody gets", 10, lambda: bed.drops()[0] > before[0])
    same(bed.clear(), [], "clear frames after the network went")


@test(limit=120)
def others():
    """an SA with another host opens nothing; a network in clear is what unseals"""
    bed = Bed()
    spare = "192.0.2.3"
    with bed.peer.namespace:
        # The other host's packets have the remote's address, and its own keys.
        state(bed.far, bed.own, 0x102)
        policies(bed.far, bed.own, "vxlan")
    with bed.host.namespace:
        state(spare, bed.own, 0x102)
    bed.closed_in("in another host's SA")
    bed.flush(bed.peer.namespace)
    bed.flush(bed.host.namespace)
    # In tunnel mode it would be somebody's way to a whole net.
    with bed.host.namespace:
        ip(f"xfrm policy add dir out src {bed.own} dst {bed.far} tmpl src {bed.own} dst {bed.far} "
           "proto esp reqid 1 mode tunnel")
        state(bed.own, bed.far, 0x103, "tunnel")
    bed.closed_out("with another's tunnel")
    bed.flush(bed.host.namespace)
    bed.set(0)
    bed.closed_out("a network in clear, which is no reason")
    bed.set(network.UNSEAL)
    arrives(bed.vm, bed.there, bed.peer, bed.there, "unsealed: from the VM")
    arrives(bed.peer, bed.back, bed.vm, bed.back, "unsealed: to the VM")
    bed.clear()
    bed.set(network.ESP)
    bed.closed_out("sealed again")


@test(limit=120)
def geneve_ip6():
    """Geneve over IPv6 in ESP"""
    esp_alone("geneve", "2001:db8::1", "2001:db8::2")


@test(limit=120)
def gre():
    """GRE in ESP"""
    esp_alone("gretap", "192.0.2.1", "192.0.2.2")
