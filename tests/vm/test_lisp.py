# SPDX-License-Identifier: GPL-2.0-or-later
"""LISP (RFC 9300): packets without Ethernet, to where a map says that an address is.

Hosts are namespaces on one wire, as in test_network. A foreign host is a UDP socket that is
read and written octet by octet, or openoverlayrouter with a static map:

    VM, locked to 10.1.0.1 --- switch --- vslisp ~~~ UDP 4341 ~~~ wire ~~~ who else speaks it
"""
import socket
import struct
import subprocess

import abi
import ctl
import genl
import network
import packet
import wait
from packet import udp
from registry import check, same, test
from test_carry import refused
from test_network import Far as Elsewhere
from test_network import Host, Wire, refused_to
from test_networks import add, in_state, vm, world
from test_offload import transfer
from test_vlan import access
from world import BROADCAST, Guest, Namespace, arrived, exists, frame, ip, mac, output

ROUTER = "02:76:73:6c:69:73"
INSTANCE, PORT = 0x0abcde, 4341
HEADER = b"\x08\0\0\0" + struct.pack(">I", INSTANCE << 8)
KINDS = {4: packet.IP4, 6: packet.IP6}


def locked(vlan, number, *addresses):
    return abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, vlan, macs=[mac(number)], ips=addresses)


class Far:
    """A foreign host: what it gets as (outer TTL, outer TOS, source port, payload)."""

    def __init__(self, wire, own, port=PORT):
        self.namespace, self.own = Namespace(), own
        wire.host(own, self.namespace)
        family = socket.AF_INET6 if ":" in own else socket.AF_INET
        with self.namespace:
            self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self.raw.bind(("wire", 3))
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            if family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_UDP, 101, 1)  # UDP_NO_CHECK6_TX
                self.socket.setsockopt(socket.IPPROTO_UDP, 102, 1)  # and _RX
            else:
                self.socket.setsockopt(socket.SOL_SOCKET, 11, 1)    # SO_NO_CHECK
            self.socket.bind((own, port))
        self.raw.setblocking(False)

    def say(self, to, data, port=PORT):
        self.socket.sendto(data, (to, port))

    def outer(self, what):
        """The next LISP packet on the wire, from its outer IP header on."""
        found = []

        def one():
            while not found:
                try:
                    data, address = self.raw.recvfrom(70000)
                except BlockingIOError:
                    return False
                head = 20 if data[14] >> 4 == 4 else 40
                proto = data[23] if head == 20 else data[20]
                if address[2] != 4 and proto == packet.UDP and \
                        data[14 + head + 2:14 + head + 4] == struct.pack(">H", PORT):
                    found.append(data[14:])
            return True
        wait.until(f"{what}: a LISP packet", 10, one, 0.01)
        return found[0]

    def got(self, what):
        self.socket.settimeout(10 * wait.SLOW)
        try:
            return self.socket.recv(70000)
        except TimeoutError:
            raise AssertionError(f"{what}: nothing came") from None


def rows(host, vlan, key, there, own=None):
    """{prefix: RLOC}; None: here."""
    remotes = sorted({r for r in there.values() if r}, key=network.octets)
    host.nl.network_set(host.tunnel, vlan, network.blob(key, remotes, own, rows=there), b"blue")


def one_row(wire, own, far, mtu=0):
    """A host with a row that leads to a foreign one, that one, and a VM."""
    host, peer = Host(wire, own, "vslisp", mtu=mtu), Far(wire, far)
    rows(host, 100, INSTANCE, {"10.2.0.0/16": far})
    return host, peer, host.port("a", locked(100, 1, "10.1.0.1"))


def packet_frame(number, data, dst=ROUTER):
    return frame(dst, mac(number), kind=KINDS[data[0] >> 4], payload=data, size=0)


def asks(vm, number, own, target):
    """The answer that a VM gets to its question for an address, or None."""
    vm.received()
    if ":" in target:
        data = packet.nd(135, target, own, (1, mac(number)), "ff02::1:ff00:9")
        vm.send(frame("33:33:ff:00:00:09", mac(number), kind=packet.IP6, payload=data, size=0))
    else:
        vm.send(frame(BROADCAST, mac(number), kind=packet.ARP,
                      payload=packet.arp(mac(number), own, tpa=target)))
    arrived()
    answers = [f for f in vm.received() if f[6:12] == bytes.fromhex(ROUTER.replace(":", ""))]
    same(len(answers) < 2, True, f"answers for {target}: {[a.hex() for a in answers]}")
    return answers[0] if answers else None


def meets(own, far):
    wire = Wire()
    host = Host(wire, own, "vslisp", vlans=(100, 200))
    peer = Far(wire, far)
    rows(host, 100, INSTANCE, {"10.2.0.0/16": far, "10.2.9.0/24": None, "2001:db8:2::/48": far}, own)
    rows(host, 200, 7, {"0.0.0.0/0": far}, own)
    a = host.port("a", locked(100, 1, "10.1.0.1", "2001:db8:1::1"))
    other = host.port("o", locked(200, 2, "10.1.0.1"))
    for src, dst in (("10.1.0.1", "10.2.0.9"), ("2001:db8:1::1", "2001:db8:2::9")):
        there = udp(src, dst, 5, 6)
        a.send(packet_frame(1, there))
        same(peer.got(f"to {dst}").hex(), (HEADER + there).hex(), "what leaves")
        back = udp(dst, src, 6, 5)
        a.received()
        peer.say(own, HEADER + back)
        wait.until(f"a packet to {src}", 10, lambda: [f for f in a.received()  # noqa: B023
                   if f == frame(mac(1), ROUTER, kind=KINDS[back[0] >> 4],     # noqa: B023
                                 payload=back, size=0)])                       # noqa: B023
    same(other.received(), [], "at the VM of the same address in another network")
    peer.say(own, b"\x08\0\0\0" + struct.pack(">I", 7 << 8) + udp("10.9.0.1", "10.1.0.1", 1, 2))
    wait.until("the other instance's", 10, lambda: other.received())
    same([f for f in a.received() if f[6:12] == bytes.fromhex(ROUTER.replace(":", ""))], [], "at the first")
    return host, peer, a


@test(smoke=True, limit=120)
def meets_over_ip4():
    """IPv4 and IPv6 inside IPv4: header, instance, both ways, to the VM that is locked to it"""
    meets("192.0.2.1", "192.0.2.2")


@test(limit=120)
def meets_over_ip6():
    """the same over IPv6, with and without a UDP checksum"""
    host, peer, a = meets("2001:db8::1", "2001:db8::2")
    a.send(packet_frame(1, udp("10.1.0.1", "10.2.0.9", 5, 6)))
    check(any(peer.outer("its checksum")[46:48]), "no UDP checksum over IPv6")


@test(limit=120)
def outer_header():
    """TTL, DSCP and ECN of the inner packet, a source port by its flow, no checksum over IPv4"""
    host, peer, a = meets("192.0.2.1", "192.0.2.2")
    ports = set()
    for ttl, tos, sport in ((64, 0, 5), (3, 0xb9, 6), (255, 0x02, 7), (64, 0, 5)):
        peer.raw.setblocking(False)
        while True:
            try:
                peer.raw.recv(70000)
            except BlockingIOError:
                break
        inner = packet.ip4("10.1.0.1", "10.2.0.9", 17,
                           packet.transport("10.1.0.1", "10.2.0.9", 17, struct.pack(
                               ">HHHH", sport, 6, 28, 0) + b"x" * 20, 6), ttl=ttl, tos=tos)
        a.send(packet_frame(1, inner))
        outer = peer.outer("TTL and TOS")
        same((outer[8], outer[1], outer[26:28]), (ttl, tos, b"\0\0"), "TTL, TOS, checksum outside")
        ports.add((sport, struct.unpack_from(">H", outer, 20)[0]))
    same((len(ports), all(p >= 32768 for _, p in ports)), (3, True), f"ports by flow: {ports}")
    for outer_ttl, outer_tos, tos, ttl, expected in (
            (10, 0, 0, 64, (10, 0)), (64, 0, 0, 9, (9, 0)), (64, 0x03, 0x02, 64, (64, 0x03)),
            (64, 0xb8, 0, 64, (64, 0xb8)), (64, 0x03, 0, 64, None)):
        a.received()
        peer.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, outer_ttl)
        peer.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, outer_tos)
        peer.say(host.own, HEADER + packet.ip4("10.2.0.9", "10.1.0.1", 99, b"y" * 30, tos=tos, ttl=ttl))
        arrived()
        got = [(f[22], f[15]) for f in a.received() if f[23] == 99]
        same(got, [expected] if expected else [], f"TTL and TOS inside, of {outer_ttl}, {outer_tos}")


@test(smoke=True, limit=120)
def what_is_refused():
    """each header that is wrong, unknown peers, instances and addresses: dropped, by reason"""
    host, peer, a = meets("192.0.2.1", "192.0.2.2")
    unlocked = host.port("u", access(100).program([mac(5)]))
    good = udp("10.2.0.9", "10.1.0.1", 6, 5)
    short = good[:2] + struct.pack(">H", len(good) + 1) + good[4:]
    six = udp("2001:db8:2::9", "2001:db8:1::1", 6, 5)
    before = host.drops()
    for data, reason in (
            (b"\x0b" + HEADER[1:] + good, "lisp-header"), (b"\x98" + HEADER[1:] + good, "lisp-header"),
            (HEADER[:7], "lisp-header"), (HEADER, "lisp-header"), (HEADER + b"\x45" * 19, "lisp-header"),
            (HEADER + short, "lisp-header"), (HEADER + b"\x55" + good[1:], "lisp-header"),
            (HEADER + b"\x44" + good[1:], "lisp-header"), (HEADER + six[:39], "lisp-header"),
            (HEADER + six[:-1], "lisp-header"), (b"\0" * 8 + good, "tunnel-key"),
            (b"\x08\0\0\0\0\0\x01\0" + good, "tunnel-key"),
            (HEADER + udp("10.2.0.9", "10.1.0.2", 6, 5), "lisp-eid"),
            (HEADER + udp("2001:db8:2::9", "2001:db8:1::2", 6, 5), "lisp-eid")):
        a.received()
        peer.say(host.own, data)
        wait.until(f"a drop {reason} of {data[:12].hex()}", 10,
                   lambda: host.drops().get(reason, 0) > before.get(reason, 0))  # noqa: B023
        arrived()
        now = host.drops()
        same(sum(now.values()) - sum(before.values()), 1, f"drops: {now}")
        before = now
        same([f for f in a.received() + unlocked.received() if f[6:12].hex(":") == ROUTER], [], reason)
    for flags in (b"\x88", b"\x48", b"\xe8", b"\x18", b"\x0c"):   # nonce, locators, echo, version, reserved
        a.received()
        peer.say(host.own, flags + b"abc" + HEADER[4:7] + b"\x07" + good + b"padding")
        wait.until(f"a packet with {flags.hex()}", 10, lambda: [
            f for f in a.received() if f[14:] == good])
    with peer.namespace:
        ip("addr add 192.0.2.77/24 dev wire")
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stranger.bind(("192.0.2.77", 0))
    before = host.drops()
    stranger.sendto(HEADER + good, (host.own, PORT))
    wait.until("a drop", 10, lambda: host.drops() != before)
    same({w: n - before.get(w, 0) for w, n in host.drops().items() if n != before.get(w, 0)},
         {"tunnel-peer": 1}, "of a host that no row names")


@test(smoke=True, limit=120)
def asked_for():
    """ARP and neighbour discovery: answered for what is elsewhere, and for nothing else"""
    host, peer, a = meets("192.0.2.1", "192.0.2.2")
    host.port("b", locked(100, 3, "10.2.0.77"))
    answer = asks(a, 1, "10.1.0.1", "10.2.0.9")
    same(answer and answer[:42].hex(), frame(mac(1), ROUTER, kind=packet.ARP, size=0, payload=packet.arp(
        ROUTER, "10.2.0.9", mac(1), "10.1.0.1", 2)).hex(), "the answer")
    answer = asks(a, 1, "2001:db8:1::1", "2001:db8:2::9")
    expected = bytearray(packet.nd(136, "2001:db8:2::9", "2001:db8:2::9", (2, ROUTER), "2001:db8:1::1"))
    expected[44] = 0x60
    expected[42:44] = b"\0\0"
    body = packet.transport("2001:db8:2::9", "2001:db8:1::1", 58, bytes(expected[40:]), 2)
    same(answer and answer[14:].hex(), (bytes(expected[:40]) + body).hex(), "the answer in IPv6")
    for own, target, what in (("10.1.0.1", "10.3.0.1", "no row"), ("10.1.0.1", "10.2.9.1", "a row that says here"),
                              ("10.1.0.1", "10.2.0.77", "another VM's here"), ("10.1.0.1", "10.1.0.1", "its own"),
                              ("0.0.0.0", "10.1.0.1", "a probe"), ("2001:db8:1::1", "2001:db8:9::1", "no row")):
        same(asks(a, 1, own, target), None, what)
    for target, reason in (("10.3.0.1", "to-eid"), ("10.2.9.1", "to-eid"), ("2001:db8:9::1", "to-eid")):
        host.vm = a
        refused_to(host, packet_frame(1, udp("10.1.0.1" if "." in target else "2001:db8:1::1",
                                             target, 1, 2)), reason)
    same(host.seen(ROUTER), [(True, None)], "where the router's address is")
    host.nl.network_del(host.tunnel, 100)
    same(host.seen(ROUTER), [], "when the network is gone")


@test(limit=120)
def longest_prefix():
    """of nested prefixes the longest says where; a row that says here goes nowhere"""
    wire = Wire()
    host = Host(wire, "192.0.2.1", "vslisp")
    far = {n: Far(wire, f"192.0.2.{n}") for n in (2, 3, 4)}
    rows(host, 100, INSTANCE, {
        "0.0.0.0/0": "192.0.2.2", "10.0.0.0/8": "192.0.2.3", "10.2.0.0/16": "192.0.2.4",
        "10.2.3.0/24": None, "10.2.3.4/32": "192.0.2.2", "::/0": "192.0.2.3"})
    a = host.port("a", locked(100, 1, "10.1.0.1", "2001:db8:1::1"))
    for dst, to in (("8.8.8.8", 2), ("10.200.0.1", 3), ("10.2.255.255", 4), ("10.2.3.4", 2),
                    ("10.2.4.0", 4), ("11.0.0.0", 2), ("2001:db8::1", 3)):
        data = udp("10.1.0.1" if "." in dst else "2001:db8:1::1", dst, 1, 2)
        a.send(packet_frame(1, data))
        same(far[to].got(dst)[8:].hex(), data.hex(), f"at the host for {dst}")
    host.vm = a
    for dst in ("10.2.3.5", "224.0.0.5", "169.254.1.1", "255.255.255.255"):
        refused_to(host, packet_frame(1, udp("10.1.0.1", dst, 1, 2)), "to-eid")
    refused_to(host, frame(BROADCAST, mac(1), kind=packet.ARP, payload=packet.arp(
        mac(1), "10.1.0.1", tpa="10.2.3.9")), "to-eid")


@test(limit=120)
def vms_move():
    """a lock that comes, changes and goes: where packets of LISP end; a whole prefix of a VM's"""
    host, peer, a = meets("192.0.2.1", "192.0.2.2")
    t = host.port("w", abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, None, {100, 300}, set(), macs=[mac(6)],
                                   ips=["10.5.0.0/20", "10.5.16.0/24"]))

    def ends(dst, vm, tags=()):
        vm.received()
        peer.say(host.own, HEADER + udp("10.2.0.9", dst, 6, 5))
        wait.until(f"{dst} at {vm.name}", 10, lambda: [
            f for f in vm.received() if f[6:12].hex(":") == ROUTER])
    for dst in ("10.5.0.0", "10.5.15.255", "10.5.16.255", "10.5.7.7"):
        ends(dst, t)
    b = host.port("b", locked(100, 7, "10.5.7.7"))
    ends("10.5.7.7", b)
    b.set(locked(100, 7, "10.5.7.8"))
    ends("10.5.7.7", t)
    ends("10.5.7.8", b)
    host.nl.port_del(b.ifindex)
    ends("10.5.7.8", t)
    before = host.drops().get("lisp-eid", 0)
    host.nl.port_del(t.ifindex)
    peer.say(host.own, HEADER + udp("10.2.0.9", "10.5.7.8", 6, 5))
    wait.until("a drop", 10, lambda: host.drops().get("lisp-eid", 0) == before + 1)


@test(limit=120)
def dom0_is_locked():
    """dom0's own port, whose lock was there before the network"""
    wire = Wire()
    host, peer = Host(wire, "192.0.2.1", "vslisp"), Far(wire, "192.0.2.2")
    host.nl.port_set(host.switch.ifindex, abi.program(
        abi.PF_GUARD | abi.PF_IP_GUARD, 100, macs=[mac(8)], ips=["10.1.0.1"]), claim=1)
    rows(host, 100, INSTANCE, {"10.2.0.0/16": "192.0.2.2"})
    data = udp("10.2.0.9", "10.1.0.1", 6, 5)
    peer.say(host.own, HEADER + data)
    wait.until("it at dom0", 10, lambda: [f for f in host.switch.received() if f[14:] == data])


@test(limit=120)
def too_large():
    """what does not fit is answered with the netdev's MTU; what fits arrives whole"""
    host, peer, a = one_row(Wire(), "192.0.2.1", "192.0.2.2", 1464)
    fits = udp("10.1.0.1", "10.2.0.9", 1, 2, b"z" * (1464 - 28))
    a.send(packet_frame(1, fits))
    same(peer.got("the largest")[8:], fits, "the largest")
    a.received()
    a.send(packet_frame(1, udp("10.1.0.1", "10.2.0.9", 1, 2, b"z" * (1465 - 28))))
    answers = []
    wait.until("an answer", 10, lambda: answers.extend(a.received()) or answers)
    same(struct.unpack_from(">BBxxxxH", answers[0], 34), (3, 4, 1464), "type, code, MTU")
    same(host.drops().get("to-mtu"), 1, "drops")


@test(limit=180)
def two_hosts():
    """TCP between VMs of two hosts of ours, with segments for the card, over IPv4; a ping6"""
    wire = Wire()
    hosts = [Host(wire, f"192.0.2.{n}", "vslisp", mtu=1464) for n in (1, 2)]
    rows(hosts[0], 100, INSTANCE, {"10.9.0.2/32": "192.0.2.2"})
    rows(hosts[1], 100, INSTANCE, {"10.9.0.1/32": "192.0.2.1"})
    guests = []
    for n, host in enumerate(hosts, 1):
        with host.namespace:
            vm = host.switch.port("a", locked(100, n, f"10.9.0.{n}"), claim=1)
            guests.append(Guest(vm, f"10.9.0.{n}", mac(n), mtu=1464))
    transfer(*guests, 5001, 2 << 20)
    transfer(*reversed(guests), 5002, 2 << 20)
    same([h.drops().get("lisp-eid") for h in hosts], [None, None], "drops")


@test(limit=120)
def refused_settings():
    """rows that are none, of a tunnel that is none of LISP, and a port that is taken: refused"""
    wire = Wire()
    host, other = Host(wire, "192.0.2.1", "vslisp"), Host(wire, "192.0.2.2")
    far = ["192.0.2.9"]

    good = network.blob(5, far, rows={"10.0.0.0/8": far[0]})
    at = len(good) - network.EID.size

    def with_row(prefix, length, remote=0):
        return good[:at] + network.EID.pack(prefix, length, remote)
    ten = network.octets("10.0.0.0")
    for nl, port, data, word in (
            (other.nl, other.tunnel, good, "eid_count"),
            (host.nl, host.tunnel, with_row(ten, 129), "eid"),
            (host.nl, host.tunnel, with_row(network.octets("10.0.0.1"), 104), "eid"),
            (host.nl, host.tunnel, with_row(ten, 104, 1), "eid"),
            (host.nl, host.tunnel, network.blob(5, far, rows={"10.0.0.0/8": far[0]}, eid_count=513), "eid_count"),
            (host.nl, host.tunnel, network.blob(5, far, rows={"10.0.0.0/8": far[0]}, eid_count=2), "eid_offset")):
        try:
            nl.network_set(port, 100, data)
        except genl.Error as e:
            check(word in e.text, f"{word}: {e}")
            continue
        raise AssertionError(f"accepted: {word}")
    most = {f"10.{n >> 8}.{n & 255}.0/24": far[0] for n in range(512)}
    rows(host, 100, 5, most)
    same([len(b) for _, _, b, _ in host.nl.networks()], [network.HEAD.size + 16 + 512 * 24], "the largest there is")
    with host.namespace:
        ip("link add name second type vslisp")
        check("in use" in ip("link set dev second up", fail=False), "two netdevs have one UDP port")
        ip("link del dev second")
        check(exists("t") == host.tunnel and "vslisp" in output("ip", "-d", "link", "show", "t"), "kind")


@test(limit=120)
def refused_leaves_nothing():
    """a network that is refused last of all, for too many remotes go in ESP: no address of the router"""
    host = Host(Wire(), "192.0.2.1", "vslisp")

    def in_esp(vlan, numbers):
        host.nl.network_set(host.tunnel, vlan, network.blob(
            vlan, [f"10.{n >> 8}.{n & 255}.1" for n in numbers], flags=network.ESP, udp_port=PORT))
    for n in range(32):
        in_esp(200 + n, range(256 * n, 256 * n + 256))
    check("8192 remotes" in refused(28, in_esp, 100, [8192]), "why it is refused")
    same((host.seen(ROUTER), host.seen(ROUTER, 200)), ([], [(True, None)]), "where the router's address is")


OOR = """
debug = 0
map-request-retries = 0
operating-mode = xTR
encapsulation = LISP
control-iface = wire
rloc-probing {
    rloc-probe-interval = 0
    rloc-probe-retries = 0
    rloc-probe-retries-interval = 5
}
database-mapping {
    eid-prefix = 10.2.0.9/32
    iid = 7
    rloc-iface {
        interface = wire
        ip_version = 4
        priority = 1
        weight = 100
    }
}
static-map-cache {
    eid-prefix = 10.9.0.0/16
    iid = 7
    rloc-address {
        address = 192.0.2.1
        priority = 1
        weight = 100
    }
}
"""


@test(limit=240)
def meets_openoverlayrouter():
    """openoverlayrouter with a static map: pings, and TCP both ways, between its host and a VM"""
    wire = Wire()
    host = Host(wire, "192.0.2.1", "vslisp", mtu=1464)
    far = Namespace()
    wire.host("192.0.2.2", far)
    rows(host, 100, 7, {"10.2.0.0/16": "192.0.2.2"})
    with host.namespace:
        guest = Guest(host.switch.port("a", locked(100, 1, "10.9.0.1"), claim=1), "10.9.0.1", mac(1), mtu=1400)
    with guest.namespace:
        ip(f"route add 10.2.0.0/16 via 10.9.0.254 dev {guest.device} onlink",
           f"neigh add 10.9.0.254 lladdr {ROUTER} dev {guest.device}")
    with open("/tmp/oor.conf", "w") as f:
        f.write(OOR)
    with far:
        ip("addr add 10.2.0.9/32 dev lo", "route add default via 192.0.2.1 dev wire",
           "route add 10.9.0.0/16 via 192.0.2.1 dev wire src 10.2.0.9")
        process = subprocess.Popen(["oor", "-f", "/tmp/oor.conf"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    try:
        wait.until("a ping of openoverlayrouter's host", 30, lambda: "1 received" in guest.run(
            "ping", "-c", "1", "-W", "1", "10.2.0.9").stdout, 0.2)
        there = Elsewhere(far, "10.2.0.9")
        transfer(guest, there, 5001, 1 << 20)
        transfer(there, guest, 5002, 1 << 20)
    finally:
        process.kill()
        process.wait()


@test(limit=120)
def decoded():
    """tshark reads what leaves, over IPv4 and IPv6: instance, flags, both packets"""
    wire = Wire()
    for own, far in (("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")):
        _, peer, a = one_row(wire, own, far)
        a.send(packet_frame(1, udp("10.1.0.1", "10.2.0.9", 5, 6)))
        outer = peer.outer("LISP")
        with open("/tmp/lisp.pcap", "wb") as f:
            f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
            f.write(struct.pack("=IIII", 0, 0, len(outer), len(outer)) + outer)
        fields = ("lisp-data.iid", "lisp-data.flags.iid", "lisp-data.flags.nonce", "ip.dst", "ipv6.dst",
                  "udp.dstport", "udp.checksum.status")
        said = output("tshark", "-o", "udp.check_checksum:TRUE", "-r", "/tmp/lisp.pcap", "-T", "fields",
                      *(w for field in fields for w in ("-e", field))).splitlines()[-1].split("\t")
        four = ":" not in own
        same(said[:6], [str(INSTANCE), "1", "0", f"{far},10.2.0.9" if four else "10.2.0.9",
                        "" if four else far, "4341,6"], "as tshark reads it")
        if four:  # over IPv6 a veth's packets have theirs left to the network card
            same(said[6], "3,1", "UDP checksums: none, and a good one")


@test(limit=300)
def of_the_database():
    """a row makes netdev, MTU and map; a VM by its ip key; kill -9 sets nothing anew; doctor"""
    wire, dom0 = world()
    vif = vm(dom0, 1, access=100, ip="10.1.0.1")
    add(dom0, "blue", "kind=lisp", "map=10.2.0.0/16=192.0.2.2,10.1.0.0/16=192.0.2.1,2001:db8::/32=192.0.2.3", key=7)
    shown = in_state(dom0, "blue", "in-force")
    same((shown["netdev"], shown["mtu"], [(r["prefix"], r["host"]) for r in shown["map"]]),
         ("vsnet-l4341", 1464, [("10.1.0.0/16", None), ("10.2.0.0/16", "192.0.2.2"),
                                ("2001:db8::/32", "192.0.2.3")]), "how it is in force")
    check("map" in ctl.run(dom0, "network", "show", "blue").out, "network show has the map")
    peer = Far(wire, "192.0.2.2")
    header = b"\x08\0\0\0" + struct.pack(">I", 7 << 8)
    there, back = udp("10.1.0.1", "10.2.0.9", 5, 6), udp("10.2.0.9", "10.1.0.1", 6, 5)
    vif.send(frame(ROUTER, vif.mac, kind=packet.IP4, payload=there, size=0))
    same(peer.got("from the VM").hex(), (header + there).hex(), "from the VM")
    for dst, verdict, text in (("10.2.0.9", "delivered", "network blue, key 7: to 192.0.2.2, as the map says"),
                               ("10.1.0.9", "dropped", "to-eid: ")):
        why = ctl.document(dom0, "why", vif.netdev, "udp", "10.1.0.1:5", f"{dst}:6", "to=" + ROUTER, status=(0, 1))
        said = [s["text"] for s in why["stages"] if s["stage"] == "tunnel"]
        same((why["verdict"], [t[:len(text)] for t in said]), (verdict, [text]), f"why, to {dst}")
    peer.say("192.0.2.1", header + back)
    wait.until("a packet to the VM", 10, lambda: [f for f in vif.received() if f[14:] == back])
    dom0.kill()
    dom0.start()
    in_state(dom0, "blue", "in-force")
    same(dom0.ask("show")["operations"], 0, "operations of the new daemon")
    peer.say("192.0.2.1", header + udp("10.2.0.9", "10.1.0.9", 6, 5))
    wait.until("a drop", 10, lambda: in_state(dom0, "blue", "in-force")["netdev_drops"].get("lisp-eid"))
    check("no VM here is locked to" in ctl.run(dom0, "doctor", status=(0, 1, 2)).out, "doctor says so")
    ctl.run(dom0, "network", "set", "blue", "map-=10.2.0.0/16")
    wait.until("the row to go", 20, lambda: len(in_state(dom0, "blue", "in-force")["map"]) == 2)
    ctl.run(dom0, "network", "del", "blue")
    wait.until("the netdev to go", 20, lambda: not exists("vsnet-l4341"))
