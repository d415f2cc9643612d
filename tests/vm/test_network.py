# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks over IP: a switch's VLAN that goes on behind VXLAN, Geneve or GRE.

Each host is a network namespace with an address on one emulated wire, a bridge. A foreign
host has the kernel's own tunnel device in a plain bridge, with a key and a remote of its own;
one of ours has a switch with an external device, to which the module gives both:

    h (raw frames) --- bridge br --- vxlan id 5100 ~~~ wire ~~~ vxlan external --- switch --- VMs
"""
import socket
import struct

import abi
import genl
import network
import packet
import wait
from packet import udp
from registry import check, same, test
from test_offload import transfer
from test_vlan import UPLINK, Mode, access, trunk
from world import (BROADCAST, Guest, Namespace, Switch, Tap, arrived, deliver, frame, index, ip,
                   mac, refused, sysctl)

KEY = 5100
TUNNEL = (abi.PF_LEARN | abi.PF_FLOOD | abi.PF_UPLINK | abi.PF_ISOLATED | abi.PF_STACKED |
          abi.PF_TUNNEL)
OURS = {"vxlan": "type vxlan external dstport 4789 nolearning",
        "geneve": "type geneve external dstport 6081", "gretap": "type gretap external", "ip6gretap": "type ip6gretap external",
        "vslisp": "type vslisp"}


def foreign(kind, own, remote, key=KEY):
    return {"vxlan": f"type vxlan id {key} local {own} remote {remote} dstport 4789 nolearning"
                     + (" udp6zerocsumrx" if ":" in own else ""),
            "geneve": f"type geneve id {key} remote {remote} dstport 6081",
            "gretap": f"type gretap local {own} remote {remote} key {key}",
            "ip6gretap": f"type ip6gretap local {own} remote {remote} key {key} encaplimit none"}[kind]


class Wire:
    """Hosts on one wire; host() gives a namespace an address on it."""

    def __init__(self):
        self.hub, self.count = Namespace(), 0
        with self.hub:
            ip("link add name hub type bridge mcast_snooping 0", "link set dev hub up")

    def host(self, address, namespace, mtu=1500):
        self.count += 1
        near, far = "wire", f"w{self.count}"
        with self.hub:
            ip(f"link add name {far} mtu {mtu} type veth peer name n{self.count} mtu {mtu}",
               f"link set dev {far} master hub up",
               f"link set dev n{self.count} netns {namespace.path}")
        size = 64 if ":" in address else 24
        with namespace:
            sysctl(f"net.ipv6.conf.n{self.count}.disable_ipv6", 0)
            ip(f"link set dev n{self.count} name {near}", f"link set dev {near} up",
               f"addr add {address}/{size} dev {near}" + (" nodad" if size == 64 else ""))

    def dom0(self):
        """Its eth0; w0 in the hub is the other end."""
        ip("link add name eth0 type veth peer name w0", f"link set dev w0 netns {self.hub.path}",
           "link set dev eth0 up")
        with self.hub:
            ip("link set dev w0 master hub up")


class Foreign:
    """A host with the kernel's tunnel and a bridge; as send() and received() who is behind it."""

    def __init__(self, wire, kind, own, remote, key=KEY, mtu=1500):
        self.namespace = Namespace()
        wire.host(own, self.namespace, mtu)
        with self.namespace:
            ip("link add name br type bridge mcast_snooping 0", "link set dev br up",
               f"link add name t {foreign(kind, own, remote, key)}", "link set dev t master br up",
               "link add name h type veth peer name b", "link set dev b master br up",
               "link set dev h up", "link set dev h mtu 9000", "link set dev b mtu 9000")
            self.tap = Tap("h")
            self.t = Tap("t")

    def send(self, data):
        self.tap.send(data)

    def received(self):
        return self.tap.received()


class Host:
    """A host of ours: a switch with an external device of that kind."""

    def __init__(self, wire, own, kind="vxlan", vlans=(100,), mtu=0):
        self.namespace, self.own, self.wire = Namespace(), own, wire
        wire.host(own, self.namespace)
        with self.namespace:
            self.switch = Switch()
            self.nl = self.switch.nl
            ip(f"link add name t {OURS[kind]}", *([f"link set dev t mtu {mtu}"] if mtu else []),
               "link set dev t up")
            self.tunnel = index("t")
        self.nl.port_new(self.switch.ifindex, self.tunnel, abi.program(
            TUNNEL, None, set(vlans), set(), fdb_max=1000))

    def network(self, vlan, key, remotes, own=None, cookie=None, silent=()):
        self.nl.network_set(self.tunnel, vlan, network.blob(key, remotes, own, silent=silent), cookie)

    def port(self, name, program):
        with self.namespace:
            return self.switch.port(name, program, claim=1)

    def drops(self):
        return self.nl.port(self.tunnel).drops

    def seen(self, address, vlan=100):
        """(port is the tunnel, remote) of an address."""
        return [(e.port == self.tunnel, e.remote) for e in self.nl.fdb(self.switch.ifindex)
                if e.mac == address and e.vlan == vlan]


def arrives(sender, data, receiver, expected, what):
    """What the sender sends, the receiver gets: that, once. Bridges say things of their own."""
    receiver.received()
    sender.send(data)
    got = []

    def of_it():
        got.extend(f for f in receiver.received() if f[6:12] == expected[6:12])
        return got
    wait.until(f"{what}: a frame", 10, of_it, 0.01)
    arrived()
    of_it()
    same([g.hex() for g in got], [expected.hex()], what)


def meets(kind, own, far, foreign_host=None):
    wire = Wire()
    host = Host(wire, own, kind, vlans=(100, 200))
    host.network(100, KEY, [far], own if kind != "geneve" else None, b"blue")
    host.network(200, KEY + 1, [far])
    peer = (foreign_host or Foreign)(wire, kind, far, own)
    a = host.port("a", access(100).program([mac(1)]))
    t = host.port("b", trunk(100, 300).program([mac(2)]))
    s = host.port("s", Stacked.program([mac(3)]))
    other = host.port("c", access(200).program([mac(4)]))
    before = host.drops()  # the foreign bridge says something of its own when it comes up
    back = frame(mac(1), mac(9), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6))
    there = frame(mac(9), mac(1), kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
    arrives(a, there, peer, there, "from an access port")
    arrives(peer, back, a, back, "to an access port")
    same(host.seen(mac(9)), [(True, far)], "where the address was seen")
    tagged = frame(mac(9), mac(2), [100], packet.IP4, udp("10.0.0.2", "10.0.0.9", 5, 6))
    arrives(t, tagged, peer, frame(mac(9), mac(2), [], packet.IP4,
                                   udp("10.0.0.2", "10.0.0.9", 5, 6)), "from a trunk")
    back = udp("10.0.0.9", "10.0.0.2", 5, 6)
    arrives(peer, frame(mac(2), mac(9), [], packet.IP4, back), t,
            frame(mac(2), mac(9), [100], packet.IP4, back), "to a trunk")
    arrives(s, frame(mac(9), mac(3), [100, 7], packet.IP4, back), peer,
            frame(mac(9), mac(3), [7], packet.IP4, back), "a stacked frame, its inner tag kept")
    arrives(peer, frame(mac(3), mac(9), [7], packet.IP4, back), s,
            frame(mac(3), mac(9), [100, 7], packet.IP4, back), "the same back")
    same((other.received(), host.drops()), ([], before), "at another network; drops")


class Stacked:
    """A trunk whose frames may have a further tag."""
    program = staticmethod(lambda macs: trunk(100).__class__(
        None, {100}, set(), flags=abi.PF_STACKED).program(macs))


@test(smoke=True, limit=120)
def meets_vxlan():
    """the kernel's vxlan, IPv4: access, trunk, stacked, both ways; where addresses were seen"""
    meets("vxlan", "192.0.2.1", "192.0.2.2")


@test(limit=120)
def meets_gre_over_ip6():
    """the kernel's ip6gretap with a key"""
    meets("ip6gretap", "2001:db8::1", "2001:db8::2")


@test(limit=120)
def meets_vxlan_over_ip6():
    """the same over IPv6"""
    meets("vxlan", "2001:db8::1", "2001:db8::2")


@test(limit=120)
def meets_geneve():
    """the same with the kernel's geneve"""
    meets("geneve", "192.0.2.1", "192.0.2.2")


@test(limit=120)
def meets_geneve_over_ip6():
    """the same over IPv6"""
    meets("geneve", "2001:db8::1", "2001:db8::2")


@test(limit=120)
def meets_gre():
    """the same with the kernel's gretap"""
    meets("gretap", "192.0.2.1", "192.0.2.2")


@test(smoke=True, limit=120)
def strangers():
    """a key of no network and a host that is no remote: dropped, each under its reason"""
    wire = Wire()
    host = Host(wire, "192.0.2.1")
    key = Foreign(wire, "vxlan", "192.0.2.2", "192.0.2.1", KEY + 7)
    peer = Foreign(wire, "vxlan", "192.0.2.3", "192.0.2.1")
    before = host.drops()
    host.network(100, KEY, ["192.0.2.2"])
    a = host.port("a", access(100).program([mac(1)]))
    for who, reason in ((key, "tunnel-key"), (peer, "tunnel-peer")):
        for n in range(3):
            who.send(frame(BROADCAST, mac(50 + n)))
        wait.until(f"three drops for {reason}", 10, lambda: host.drops().get(reason, 0) ==
                   before.get(reason, 0) + 3)
    same((a.received(), sorted(host.drops()), host.seen(mac(50))),
         ([], ["tunnel-key", "tunnel-peer"], []), "at the VM; drops; addresses")


def mesh(count=3, kind="vxlan"):
    wire = Wire()
    owns = [f"192.0.2.{n + 1}" for n in range(count)]
    hosts = [Host(wire, own, kind) for own in owns]
    for host in hosts:
        host.network(100, KEY, [o for o in owns if o != host.own], host.own)
        host.vm = host.port("a", access(100).program([mac(hosts.index(host) + 1)]))
    return hosts


def got(hosts, sender, data, expected, what):
    """At each host's VM: how often it came."""
    for host in hosts:
        host.vm.received()
    before = sum(h.nl.port(h.tunnel).judged for h in hosts)
    sender.vm.send(data)
    wait.until(f"{what}: frames by tunnels", 10, lambda: sum(
        h.nl.port(h.tunnel).judged for h in hosts) >= before + sum(expected), 0.01)
    arrived()
    same([len(h.vm.received()) for h in hosts], expected, what)


@test(smoke=True, limit=120)
def three_hosts():
    """a full mesh: what is for all comes once to each, what is for one to that alone; no loop"""
    hosts = mesh()
    a, b, c = hosts
    got(hosts, a, frame(BROADCAST, mac(1)), [0, 1, 1], "a broadcast")
    got(hosts, b, frame(BROADCAST, mac(2)), [1, 0, 1], "another")
    got(hosts, c, frame(mac(1), mac(3)), [1, 0, 0], "for an address that was seen")
    same(c.nl.port(c.tunnel).to_packets, 1, "packets for one host")
    got(hosts, a, frame(mac(2), mac(1)), [0, 1, 0], "the same from the first")
    c.nl.fdb_add(c.tunnel, mac(2), 100, "192.0.2.2")
    same(c.seen(mac(2)), [(True, "192.0.2.2")], "an address that was put there")
    got(hosts, c, frame(mac(2), mac(3)), [0, 1, 0], "for an address that was put there")
    c.nl.fdb_add(c.tunnel, mac(40), 100, "192.0.2.1")
    hosts[1].vm.set(access(100).program([mac(2), mac(40)]))
    b.vm.send(frame(BROADCAST, mac(40)))
    wait.until("it to move to the host that sends from it", 10,
               lambda: c.seen(mac(40)) == [(True, "192.0.2.2")])
    same([sum(h.nl.port(h.tunnel).drops.values()) for h in hosts], [0, 0, 0], "drops")


@test(smoke=True, limit=120)
def told_addresses():
    """where addresses are said to be: no flood, no ageing, no learning, frames and flushes; what is refused"""
    a, b, c = hosts = mesh()

    def told(host, address):
        return [(e.port == host.tunnel, e.remote, e.flags) for e in host.nl.fdb() if e.mac == address]
    a.nl.fdb_add(a.tunnel, mac(2), 100, "192.0.2.2", abi.FDB_TOLD)
    same(told(a, mac(2)), [(True, "192.0.2.2", abi.FDB_TOLD)], "what is shown")
    got(hosts, a, frame(mac(2), mac(1)), [0, 1, 0], "for an address that was told")
    same(a.nl.port(a.tunnel).fdb_count, 0, "it is not counted as learned")
    a.nl.do(abi.CMD_SWITCH_SET, {abi.A_SWITCH: genl.u32(a.switch.ifindex), abi.A_AGEING_MS: genl.u32(1000)})
    b.vm.set(access(100).program())
    b.vm.send(frame(mac(1), mac(9)))
    wait.until("another to be learned", 10, lambda: a.seen(mac(9)))
    wait.until("that to age", 30, lambda: not a.seen(mac(9)))
    a.nl.do(abi.CMD_FDB_FLUSH, {abi.A_SWITCH: genl.u32(a.switch.ifindex)})
    same(told(a, mac(2)), [(True, "192.0.2.2", abi.FDB_TOLD)], "when others have aged, and after a flush")
    # The VM goes from b to c: said, or by what it sends.
    c.vm.set(access(100).program([mac(3), mac(2)]))
    a.nl.fdb_add(a.tunnel, mac(2), 100, "192.0.2.3", abi.FDB_TOLD)
    got(hosts, a, frame(mac(2), mac(1)), [0, 0, 1], "once it is said to be elsewhere")
    b.vm.send(frame(BROADCAST, mac(2)))
    wait.until("it to move with what it sends", 10, lambda: told(a, mac(2)) == [
        (True, "192.0.2.2", abi.FDB_TOLD)])
    # And from b to a, whose port may use any address.
    a.vm.set(Mode(100, {100}, {100}, access=True, flags=abi.PF_LEARN).program(fdb_max=5))
    a.vm.send(frame(BROADCAST, mac(2)))
    wait.until("it to be here", 10, lambda: told(a, mac(2)) == [(False, None, 0)])
    a.nl.fdb_add(a.tunnel, mac(2), 100, "192.0.2.2", abi.FDB_TOLD)
    same(told(a, mac(2)), [(True, "192.0.2.2", abi.FDB_TOLD)], "said to be away again")
    a.nl.fdb_del(a.tunnel, mac(2), 100)
    same(told(a, mac(2)), [], "taken back")
    # Static and guarded addresses stay what they are.
    a.nl.fdb_add(a.tunnel, mac(7), 100, "192.0.2.2")
    a.vm.set(access(100).program([mac(1)]))
    for address, flags, words in ((mac(7), abi.FDB_TOLD, "static"), (mac(1), abi.FDB_TOLD, "guarded"),
                                  (mac(8), abi.FDB_STATIC, "FDB_FLAGS")):
        try:
            a.nl.fdb_add(a.tunnel, address, 100, "192.0.2.3", flags)
            raise AssertionError(f"{address} was accepted")
        except genl.Error as e:
            check(words in e.text, str(e))
    same(told(a, mac(7)), [(True, "192.0.2.2", abi.FDB_STATIC)], "the static one")
    # A remote that goes takes what is at it along, and no other.
    for n, host in ((11, "192.0.2.2"), (12, "192.0.2.3")):
        a.nl.fdb_add(a.tunnel, mac(n), 100, host, abi.FDB_TOLD)
    a.network(100, KEY, ["192.0.2.3"], a.own)
    same((told(a, mac(11)), told(a, mac(12))), ([], [(True, "192.0.2.3", abi.FDB_TOLD)]), "one remote is gone")


@test(limit=120)
def a_remote_is_silent():
    """a remote that is sent nothing is heard still; BFD inside the tunnel is no VM's"""
    a, b, c = hosts = mesh()
    both = ["192.0.2.2", "192.0.2.3"]
    got(hosts, a, frame(BROADCAST, mac(1)), [0, 1, 1], "to both")
    got(hosts, b, frame(BROADCAST, mac(2)), [1, 0, 1], "from the one")
    a.network(100, KEY, both, a.own, silent=both[:1])
    same(a.seen(mac(2)), [(True, "192.0.2.2")], "what was seen there")
    got(hosts, a, frame(BROADCAST, mac(1)), [0, 0, 1], "to the other alone")
    refused_to(a, frame(mac(2), mac(1)), "to-remote")
    got(hosts, b, frame(BROADCAST, mac(2)), [1, 0, 1], "it is heard still")
    a.network(100, KEY, both, a.own, silent=both)
    refused_to(a, frame(BROADCAST, mac(1)), "to-remote")
    a.network(100, KEY, both, a.own)
    got(hosts, a, frame(BROADCAST, mac(1)), [0, 1, 1], "to both again")
    got(hosts, a, frame(mac(2), mac(1)), [0, 1, 0], "and to where it was seen")
    # What hosts say to each other inside the tunnel: VMs neither say nor hear it.
    bfd = "00:23:20:00:00:01"
    refused_to(a, frame(bfd, mac(1)), "control")
    host = Foreign(a.wire, "vxlan", "192.0.2.9", a.own)
    a.network(100, KEY, both + ["192.0.2.9"], a.own)
    a.vm.received()
    before = a.drops().get("control", 0)
    host.send(frame(bfd, mac(50)))
    wait.until("the frame to be dropped", 10, lambda: a.drops().get("control", 0) > before)
    same([f for f in a.vm.received() if f[:6] == bytes.fromhex(bfd.replace(":", ""))], [], "at the VM")


@test(limit=120)
def a_remote_goes():
    """a remote removed: nothing goes there any more, others get all, its addresses are forgotten"""
    hosts = mesh()
    a, b, c = hosts
    for n, host in enumerate(hosts):
        got(hosts, host, frame(BROADCAST, mac(n + 1)), [int(h is not host) for h in hosts], "all")
    same(a.seen(mac(2)) + a.seen(mac(3)), [(True, "192.0.2.2"), (True, "192.0.2.3")], "seen")
    a.network(100, KEY, ["192.0.2.3"], a.own)
    same(a.seen(mac(2)) + a.seen(mac(3)), [(True, "192.0.2.3")], "seen when one remote is gone")
    got(hosts, a, frame(mac(3), mac(1)), [0, 0, 1], "for the one that stays")
    got(hosts, a, frame(BROADCAST, mac(1)), [0, 0, 1], "for all")
    b.vm.send(frame(BROADCAST, mac(2)))
    wait.until("a drop", 10, lambda: a.drops().get("tunnel-peer") == 1)
    try:
        a.nl.fdb_add(a.tunnel, mac(2), 100, "192.0.2.2")
        raise AssertionError("an entry with a remote that is none was accepted")
    except genl.Error as e:
        check("REMOTE" in e.text, str(e))
    a.network(100, KEY, [], a.own)
    refused_to(a, frame(BROADCAST, mac(1)), "to-remote")
    same([(v, k) for _, v, k, _ in a.nl.networks()], [(100, network.blob(KEY, [], a.own))],
         "what is there")
    a.nl.network_del(a.tunnel, 100)
    same(a.nl.networks(), [], "when it was taken away")
    for host in hosts:
        host.nl.port_del(host.tunnel)


def refused_to(host, data, reason):
    before = host.drops().get(reason, 0)
    host.vm.send(data)
    wait.until(f"a drop {reason}", 10, lambda: host.drops().get(reason, 0) == before + 1)


@test(limit=120)
def keys_are_of_one_network():
    """a key twice, VLAN 0, a key of 25 bits, IPv6 for GRE, no tunnel: refused, each with a text"""
    wire = Wire()
    host, gre = Host(wire, "192.0.2.1"), Host(wire, "192.0.2.2", "gretap")
    a = host.port("a", access(100).program([mac(1)]))
    host.network(100, KEY, [])
    for nl, port, vlan, blob, code, word in (
            (host.nl, host.tunnel, 200, network.blob(KEY), 17, "key"),
            (host.nl, host.tunnel, 0, network.blob(7), 34, "VLAN"),
            (host.nl, host.tunnel, 200, network.blob(1 << 24), 34, "key"),
            (host.nl, host.tunnel, 200, network.blob(0), 34, "key"),
            (host.nl, host.tunnel, 200, network.blob(7, flags=1 << 31), 22, "flags"),
            (host.nl, host.tunnel, 200, network.blob(7, ["224.0.0.1"]), 22, "remote"),
            (host.nl, host.tunnel, 200, network.blob(7, ["192.0.2.9", "192.0.2.9"]), 22, "remote"),
            (host.nl, host.tunnel, 200, network.blob(7, ["192.0.2.9"], remote_count=2), 22,
             "remote_offset"),
            (host.nl, a.ifindex, 200, network.blob(7), 95, "PORT"),
            (gre.nl, gre.tunnel, 200, network.blob(7, ["2001:db8::1"]), 22, "IPv6")):
        try:
            nl.network_set(port, vlan, blob)
        except genl.Error as e:
            same((e.errno, word in e.text), (code, True), f"{word}: {e}")
            continue
        raise AssertionError(f"accepted: VLAN {vlan}, {word}")
    gre.network(200, 0xffffffff, ["192.0.2.1"])
    same([v for _, v, _, _ in host.nl.networks() + gre.nl.networks()], [100, 200], "networks")


@test(limit=120)
def split_horizon():
    """what came by a tunnel goes to no other tunnel and no uplink, but to VMs"""
    wire = Wire()
    host = Host(wire, "192.0.2.1")
    peer = Foreign(wire, "vxlan", "192.0.2.2", "192.0.2.1")
    other = Foreign(wire, "geneve", "192.0.2.3", "192.0.2.1")
    with host.namespace:
        ip(f"link add name g {OURS['geneve']}", "link set dev g up")
        second = index("g")
    host.nl.port_new(host.switch.ifindex, second, abi.program(TUNNEL, None, {100}, set(),
                                                              fdb_max=100))
    host.network(100, KEY, ["192.0.2.2"])
    host.nl.network_set(second, 100, network.blob(KEY, ["192.0.2.3"]))
    with host.namespace:
        uplink = host.switch.port("u", abi.program(abi.PF_LEARN | abi.PF_FLOOD | abi.PF_UPLINK |
                                                   abi.PF_ISOLATED, None, {100}, set(), fdb_max=100))
    a = host.port("a", access(100).program([mac(1)]))
    uplink.received()
    hello = frame(BROADCAST, mac(9))
    arrives(peer, hello, a, hello, "by a tunnel to a VM")
    arrived()
    same((other.received(), uplink.received(), peer.received()), ([], [], []), "to the others")
    both = frame(BROADCAST, mac(1))
    other.received()
    arrives(a, both, peer, both, "from a VM by one tunnel")
    wait.until("and by the other", 10, lambda: both in other.received())


def forging(host, vm, data, receivers, expected, what):
    before = vm.drops().get("tunnel-forged", 0)
    vm_got = deliver(vm, data, receivers, what)
    same((vm.drops().get("tunnel-forged", 0) - before,
          sum(len(f) for f in vm_got.values())), expected, what)


@test(limit=120)
def guests_that_forge():
    """a VM cannot pass for a host: no tunnel's packet to this one, nor from a host's address"""
    switch = Switch(program=abi.program(abi.PF_LEARN, 0, fdb_max=10))
    own, far = "192.0.2.1", "192.0.2.2"
    vm = switch.port("a", abi.program(abi.PF_GUARD | abi.PF_GUEST, 0, macs=[mac(1)]), claim=1)
    uplink = switch.port("u", UPLINK.program(fdb_max=10))
    dom0 = switch.nl.port(switch.ifindex)
    with open("/sys/class/net/sw0/address") as f:
        local = f.read().strip()
    uplink.send(frame(mac(1), mac(9)))
    arrived()
    ip("link set dev sw0 promisc off")

    def to(dst, src_ip, dst_ip, port=4789, proto=None):
        body = udp(src_ip, dst_ip, 5, port) if proto is None else \
            packet.ip(src_ip, dst_ip, proto, b"\0" * 20)
        kind = packet.IP4 if "." in src_ip else 0x86dd
        return frame(dst, mac(1), kind=kind, payload=body)
    passes, drops = (0, 1), (1, 0)
    forging(dom0, vm, to(local, far, own), [switch], passes, "before anybody said so")
    switch.nl.underlay_set(switch.ifindex, [own, far, "2001:db8::1"])
    for data, receiver, expected, what in (
            (to(local, "10.0.0.9", own), switch, drops, "VXLAN to this host"),
            (to(local, "10.0.0.9", own, 6081), switch, drops, "Geneve to this host"),
            (to(local, "10.0.0.9", own, 4341), switch, drops, "LISP to this host"),
            (to(local, "10.0.0.9", own, proto=47), switch, drops, "GRE to this host"),
            (to(local, "2001:db8::9", "2001:db8::1"), switch, drops, "the same in IPv6"),
            (to(BROADCAST, "10.0.0.9", "255.255.255.255"), switch, drops, "to whoever hears it"),
            (to(local, "10.0.0.9", own, 53), switch, passes, "another service of this host's"),
            (to(local, "10.0.0.9", "10.0.0.7"), switch, passes, "to somebody behind this host"),
            (to(mac(9), own, far), uplink, drops, "in this host's name"),
            (to(mac(9), far, "192.0.2.3", proto=47), uplink, drops, "in another host's name"),
            (to(mac(9), "10.0.0.9", far), uplink, passes, "a VM's own tunnel"),
            (to(mac(9), own, far, 53), uplink, passes, "something else")):
        forging(dom0, vm, data, [receiver], expected, what)
    same(network.text(switch.nl.do(abi.CMD_SWITCH_GET, {abi.A_SWITCH: genl.u32(
        switch.ifindex)})[0][abi.A_UNDERLAY][:16]), own, "what is in force")
    switch.nl.underlay_set(switch.ifindex, [])
    forging(dom0, vm, to(local, far, own), [switch], passes, "when it was taken back")


@test(smoke=True, limit=120)
def too_large():
    """what does not fit into the tunnel is answered with its MTU, in IPv4 and IPv6; TCP goes on"""
    wire = Wire()
    host = Host(wire, "192.0.2.1", mtu=1450)
    peer = Foreign(wire, "vxlan", "192.0.2.2", "192.0.2.1")
    host.network(100, KEY, ["192.0.2.2"])
    a = host.port("a", access(100).program([mac(1)]))
    fits = frame(mac(9), mac(1), kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6,
                                                              b"x" * (1450 - 28)))
    arrives(a, fits, peer, fits, "the largest that fits")
    for src, dst, kind, size in (("10.0.0.1", "10.0.0.9", packet.IP4, 1451 - 28),
                                 ("fd00::1", "fd00::9", 0x86dd, 1451 - 48)):
        a.received()
        a.send(frame(mac(9), mac(1), kind=kind, payload=udp(src, dst, 5, 6, b"x" * size)))
        answers = []
        wait.until(f"an answer to {src}", 10, lambda: answers.extend(a.received()) or answers)
        same(len(answers), 1, "answers")
        head = answers[0]
        same((head[:6].hex(":"), head[6:12].hex(":")), (mac(1), mac(9)), "whose it is")
        if kind == packet.IP4:
            at = 14 + 20
            same(struct.unpack_from(">BBxxxxH", head, at), (3, 4, 1450), "type, code, MTU")
            same(packet.checksum(head[at:]), 0, "checksum")
        else:
            at = 14 + 40
            same(struct.unpack_from(">BBxxI", head, at), (2, 0, 1450), "type, code, MTU")
            pseudo = head[22:54] + struct.pack(">II", len(head) - at, 58)
            same(packet.checksum(pseudo + head[at:]), 0, "checksum")
    same(host.drops()["to-mtu"], 2, "drops")


@test(limit=180)
def bulk_traffic():
    """TCP with segments for the network card goes both ways through VXLAN and is whole"""
    wire = Wire()
    host = Host(wire, "192.0.2.1", mtu=1450)
    peer = Foreign(wire, "vxlan", "192.0.2.2", "192.0.2.1")
    host.network(100, KEY, ["192.0.2.2"])
    with host.namespace:
        a = host.switch.port("a", access(100).program([mac(1)]), claim=1)
        guest = Guest(a, "10.9.0.1", mac(1))
    with peer.namespace:
        ip("addr add 10.9.0.2/16 dev br", "link set dev br mtu 1450")
    far = Far(peer.namespace, "10.9.0.2")
    transfer(guest, far, 5001, 2 << 20)
    transfer(far, guest, 5002, 2 << 20)


class Far:
    def __init__(self, namespace, address):
        self.namespace, self.address = namespace, address

    def socket(self, *args):
        with self.namespace:
            return socket.socket(*args)
