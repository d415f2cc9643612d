# SPDX-License-Identifier: GPL-2.0-or-later
"""Encrypted networks: what the hosts of a pool send each other, seen on the wire.

The other host is the kernel's WireGuard and VXLAN, set with wg as the database's rows say:

    vif1.0 --- xenbr0 --- vsnet-v4789 --- vsnet-wg0, 1 ~~~ hub ~~~ wg0, 1 --- vxlan --- br --- h
                                                      (watched)
"""
import os
import socket
import struct
import subprocess
import time

import ctl
import packet
import wait
from dom0 import CONFIG, Dom0
from packet import udp
from registry import check, same, test
from test_daemon import Stream, numbered
from test_network import Wire, arrives, foreign
from test_networks import in_state, vm
from world import BROADCAST, Namespace, Tap, exists, frame, ip, mac, output, sysctl

OWN, FAR = "192.0.2.1", "192.0.2.2"
PREFIX = "fd5b:9e37:c61a:8f02"
PORTS = (51790, 51791)
ROTATIONS = 20


def inner(name):
    """The address that the mesh gives a host of that name."""
    value = 0xcbf29ce484222325
    for octet in name.encode():
        value = (value ^ octet) * 0x100000001b3 % 2 ** 64
    return PREFIX + "".join(f":{value >> shift & 0xffff:x}" for shift in (48, 32, 16, 0))


def wg(*words, key=None):
    return subprocess.run(["wg", *words], input=key, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()


def said(dom0, host):
    """{plane: (key, port)} of a Host row."""
    rows = dom0.db.rows("Host", name=host)
    pairs = rows[0]["wireguard"][1] if rows else []
    return {int(p): (text.split()[0], int(text.split()[1])) for p, text in pairs}


class Member:
    """Another host of the pool, of nothing but iproute2 and wg."""

    def __init__(self, wire, dom0, name, own, kind="vxlan"):
        self.dom0, self.name, self.own, self.way, self.peers = dom0, name, own, 0, {}
        self.namespace = Namespace()
        wire.host(own, self.namespace)
        self.private = [wg("genkey"), wg("genkey")]
        self.keys = [wg("pubkey", key=k) for k in self.private]
        with self.namespace:
            for where in ("all", "default"):
                sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 0)
            ip(f"route add blackhole {PREFIX}::/64")
            for plane, port in enumerate(PORTS):
                path = os.path.join(dom0.dir, f"{name}.{plane}")
                with open(path, "w") as f:
                    f.write(self.private[plane])
                ip(f"link add name wg{plane} type wireguard")
                wg("set", f"wg{plane}", "private-key", path, "listen-port", str(port))
                ip(f"addr add {inner(name)}/128 dev wg{plane} nodad",
                   f"link set dev wg{plane} mtu 1440 up")
            ip("link add name br type bridge mcast_snooping 0", "link set dev br up",
               f"link add name t " + foreign(kind, inner(name), inner("host1")),
               "link set dev t master br up",
               "link add name h type veth peer name b", "link set dev b master br up",
               "link set dev h up")
            self.tap = Tap("h")
        dom0.db.insert("Host", name=name, address=own, wireguard={
            str(p): f"{self.keys[p]} {PORTS[p]}" for p in (0, 1)})

    def send(self, data):
        self.tap.send(data)

    def received(self):
        return self.tap.received()

    def follow(self):
        """What the mesh asks of a host when another's row changes: first the way, then the peer."""
        told = said(self.dom0, "host1")
        if told == self.peers:
            return
        with self.namespace:
            for plane in (0, 1):
                if self.peers.get(plane) != told.get(plane) and self.peers.get(plane):
                    if self.way == plane:
                        self.way = 1 - plane
                        ip(f"route replace {inner('host1')}/128 dev wg{self.way}")
                    wg("set", f"wg{plane}", "peer", self.peers.pop(plane)[0], "remove")
                if plane in told and plane not in self.peers:
                    wg("set", f"wg{plane}", "peer", told[plane][0], "endpoint",
                       f"{OWN}:{told[plane][1]}", "allowed-ips", inner("host1") + "/128",
                       "persistent-keepalive", "5")
                    self.peers[plane] = told[plane]
            ip(f"route replace {inner('host1')}/128 dev wg{self.way}")

    def live(self, plane):
        """Was a session agreed on with the key that is told now?"""
        with self.namespace:
            lines = wg("show", f"wg{plane}", "latest-handshakes").split("\n")
        return [k for k, when in (line.split() for line in lines if line) if int(when)] == \
            [self.peers[plane][0]]


class Watch:
    """All that crosses the wire near dom0: nothing of a sealed network is ever to be read there."""

    def __init__(self, wire):
        with wire.hub:
            self.tap = Tap("w0")
        self.encrypted = 0
        self.clear = []

    def look(self):
        for data in self.tap.received():
            if b"number:" in data or PREFIX.encode() in data:
                self.clear.append(data.hex())
            kind, = struct.unpack_from("!H", data, 12)
            if kind == packet.IP4 and data[23] == socket.IPPROTO_UDP:
                ports = struct.unpack_from("!HH", data, 34)
                if 4789 in ports or 6081 in ports:
                    self.clear.append(data.hex())
                self.encrypted += ports[1] in PORTS
            elif kind == packet.IP4 and data[23] == socket.IPPROTO_GRE:
                self.clear.append(data.hex())
            elif kind == packet.IP6 and packed(PREFIX + "::")[:8] in data[22:54]:
                self.clear.append(data.hex())

    def clean(self, what):
        self.look()
        same(self.clear[:2], [], f"clear frames on the wire: {what}")


def packed(address):
    return socket.inet_pton(socket.AF_INET6, address)


def session(dom0, host="host2", name="blue"):
    for remote in ctl.here(dom0, "network", name)["remotes"]:
        if remote["host"] == host:
            return remote["session"]
    return None


def world(options=()):
    for where in ("all", "default"):
        sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 0)
    wire = Wire()
    wire.dom0()
    watch = Watch(wire)
    dom0 = Dom0(f'address = "{OWN}"\n' + CONFIG, uplink=False, database=True, start=False)
    dom0.options += options
    dom0.start()
    ip(f"addr add {OWN}/24 dev xenbr0", "link set dev xenbr0 up")
    return wire, dom0, watch


def add(dom0, name="blue", *words, vlan=100, key=5100, status=(0, 1)):
    return ctl.run(dom0, "network", "add", name, "switch=xenbr0", f"vlan={vlan}", f"key={key}",
                   "encrypt=wireguard", *words, status=status)


def joined(wire, dom0, kind="vxlan"):
    member = Member(wire, dom0, "host2", FAR, kind)
    wait.until("host1's keys", 30, lambda: len(said(dom0, "host1")) == 2)
    member.follow()
    wait.until("both sessions", 60, lambda: member.live(0) and member.live(1))
    wait.until("the session to be known", 60, lambda: session(dom0) == "up")
    return member


def frames(vif):
    return (frame(mac(99), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6)),
            frame(vif.mac, mac(99), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6)))


@test(limit=900)
def rotations_lose_nothing():
    """set-up, 20 new keys, kill -9 and removal: nothing in clear on the wire, no frame lost"""
    wire, dom0, watch = world()
    vif = vm(dom0, 1, access=100)
    add(dom0)
    in_state(dom0, "blue", "no-remote")
    vif.send(numbered(BROADCAST, vif.mac) + b"99999999")
    member = joined(wire, dom0)
    shown = in_state(dom0, "blue", "in-force")
    remote = shown["remotes"][0]
    same((shown["encrypt"], shown["mtu"], remote["host"], remote["outer"], len(shown["keys"])),
         ("wireguard", 1370, "host2", FAR, 2), "how it is in force")
    there, back = frames(vif)
    arrives(vif, there, member, there, "from the VM")
    arrives(member, back, vif, back, "to the VM")
    path = os.path.join(dom0.dir, "wireguard.json")
    same(os.stat(path).st_mode & 0o777, 0o600, "mode of the keys")
    watch.clean("after set-up")
    check(watch.encrypted, "nothing encrypted was seen")
    streams = [Stream(vif, member.tap, numbered(mac(99), vif.mac), per_second=5),
               Stream(member.tap, vif, numbered(vif.mac, mac(99)), per_second=5)]
    for s in streams:
        s.start()
    keys = set()
    for n in range(ROTATIONS):
        before = said(dom0, "host1")
        keys.update(k for k, _ in before.values())
        wait.until(f"key {n} to be renewed", 60, lambda: ctl.run(
            dom0, "network", "rekey", status=(0, 1, 2)).status == 0, 3)

        def renewed():
            member.follow()
            watch.look()
            now = said(dom0, "host1")
            return len(now) == 2 and now != before
        wait.until(f"new key {n}", 120, renewed, 1)
        wait.until(f"session {n}", 60, lambda: member.live(0) and member.live(1), 3)
        if n == ROTATIONS // 2:
            dom0.kill()
            dom0.start()
            in_state(dom0, "blue", "in-force")
            same(said(dom0, "host1"), member.peers, "keys after kill -9")
    same(len(keys | {k for k, _ in said(dom0, "host1").values()}), ROTATIONS + 2, "different keys")
    same([s.end() for s in streams], [0, 0], "frames lost")
    watch.clean("rotations and restart")
    ctl.run(dom0, "network", "set", "blue", "state=down", status=(0, 1))
    wait.until("the netdevs to go", 30, lambda: not exists("vsnet-wg0") and not exists("vsnet-wg1"))
    vif.send(numbered(BROADCAST, vif.mac) + b"99999999")
    wait.until("the keys to go", 20, lambda: not said(dom0, "host1"))
    check(not os.path.exists(path), "keys are still on disk")
    watch.clean("removal")
    ctl.run(dom0, "network", "del", "blue")
    wait.until("networks to go", 30, lambda: not dom0.nl.networks())


def carries(kind, far):
    wire, dom0, watch = world()
    vif = vm(dom0, 1, access=100)
    add(dom0, "blue", f"kind={kind}")
    member = joined(wire, dom0, far)
    there, back = frames(vif)
    arrives(vif, there, member, there, "from the VM")
    arrives(member, back, vif, back, "to the VM")
    watch.clean(kind)


@test(limit=300)
def carries_geneve():
    """Geneve inside WireGuard, both ways"""
    carries("geneve", "geneve")


@test(limit=300)
def carries_gre():
    """GRE over IPv6 inside WireGuard, both ways"""
    carries("gre", "ip6gretap")


@test(limit=300)
def nothing_in_clear():
    """netdevs and routes deleted under it, frames forged in clear: dropped; strangers are refused"""
    wire, dom0, watch = world()
    vif = vm(dom0, 1, access=100)
    add(dom0)
    member = joined(wire, dom0)
    there, back = frames(vif)
    arrives(member, back, vif, back, "to the VM")
    # Routes lead out of the wrong netdev, and then the tunnels are gone altogether.
    dom0.kill()
    ip(f"route replace {inner('host2')}/128 dev xenbr0 proto 118",
       f"neigh replace {inner('host2')} lladdr {mac(77)} dev xenbr0")
    for n in range(20):
        vif.send(numbered(BROADCAST, vif.mac) + b"%08d" % n)
    ip(f"route del {inner('host2')}/128", "link del dev vsnet-wg0", "link del dev vsnet-wg1",
       f"route del {PREFIX}::/64", f"route add {PREFIX}::/64 dev xenbr0")
    for n in range(20):
        vif.send(numbered(BROADCAST, vif.mac) + b"%08d" % n)
    watch.clean("routes and netdevs gone")
    ip(f"route del {PREFIX}::/64 dev xenbr0")
    # In clear, as if it came from host2.
    with open("/sys/class/net/xenbr0/address") as f:
        local = f.read().strip()
    inside = struct.pack("!II", 0x08000000, 5100 << 8) + back
    ip(f"addr add {inner('host1')}/128 dev xenbr0 nodad")
    vif.received()
    with member.namespace:
        wire_tap = Tap("wire")
        wire_tap.send(frame(local, mac(66), kind=packet.IP6, payload=udp(
            inner("host2"), inner("host1"), 5, 4789, inside)))
    time.sleep(1)
    same([f for f in vif.received() if f[6:12] == back[6:12]], [], "forged in clear")
    ip(f"addr del {inner('host1')}/128 dev xenbr0")
    watch.tap.received()
    # The daemon mends all of it; the keys are those of before.
    dom0.start()
    wait.until("the session", 60, lambda: session(dom0) == "up")
    arrives(vif, there, member, there, "after all was made anew")
    # A host with another's key, one with none, one that is no key.
    key = said(dom0, "host2")
    dom0.db.insert("Host", name="host3", address="192.0.2.3",
                   wireguard={"0": f"{key[0][0]} {key[0][1]}"})
    wait.until("two hosts to be refused", 30, lambda: len(
        ctl.here(dom0, "network", "blue")["refused"]) == 2)
    text = ctl.run(dom0, "network", "show", "blue").out
    check("hosts host2 and host3 tell one key" in text, text)
    check("hosts host2 and host3 tell one key" in ctl.run(dom0, "doctor", status=(1,)).out, "doctor")
    in_state(dom0, "blue", "no-remote")
    same(output("wg", "show", "vsnet-wg0", "peers").strip(), "", "peers of a doubted key")
    dom0.db.update("Host", {"name": "host3"}, wireguard={"0": "A" * 43 + "! 51790"})
    wait.until("one host to be refused", 30, lambda: ctl.here(dom0, "network", "blue")[
        "refused"] == ["what host host3 tells as its key of plane 0 is none"])
    wait.until("the session again", 90, lambda: session(dom0) == "up")
    watch.clean("strangers")
    for words in (("remotes=192.0.2.9",), ("hosts=none",), ("own=192.0.2.1",)):
        said_ = ctl.run(dom0, "network", "set", "blue", *words, status=(1, 2)).said
        check("encrypt=wireguard" in said_, said_)
