# SPDX-License-Identifier: GPL-2.0-or-later
"""encrypt=ipsec: vifswitchd and strongSwan here, strongSwan set by hand and the kernel's tunnel there.

All that leaves dom0 is watched: nothing of the network is ever to be read there.

    vif1.0 --- xenbr0 --- vsnet-v4789 ~~~ eth0 ~~~ hub (watched) ~~~ vxlan --- br --- h
                charon                                               charon
"""
import os
import re
import socket
import struct

import ctl
import packet
import wait
from charon import Authority, Charon
from dom0 import CONFIG, Dom0
from packet import udp
from registry import check, same, test
from test_daemon import Stream, numbered
from test_network import Foreign, Wire, arrives
from test_networks import in_state, vm
from world import BROADCAST, Tap, arrived, exists, frame, ip, mac, output

OWN, FAR, PSK = "192.0.2.1", "192.0.2.2", "correct horse"
ROTATIONS = 20
MARK = b"in the clear"
CHILDREN = {
    "vxlan": (("tun-out", "dynamic[udp]", "dynamic[udp/4789]"),
              ("tun-in", "dynamic[udp/4789]", "dynamic[udp]")),
    "geneve": (("tun-out", "dynamic[udp]", "dynamic[udp/6081]"),
               ("tun-in", "dynamic[udp/6081]", "dynamic[udp]")),
    "gre": (("tun", "dynamic[gre]", "dynamic[gre]"),)}


def peer_conf(kind="vxlan", auth="psk", psk=PSK, own_id=FAR, proposals="aes256gcm16-prfsha256-modp2048",
              certificate=None, ca=None):
    """As openvswitch-ipsec has it: its names, its proposals, transport mode."""
    children = "".join(
        f"{name} {{ local_ts = {local}\nremote_ts = {remote}\nmode = transport\n"
        "esp_proposals = aes256gcm16\nstart_action = trap\n}\n"
        for name, local, remote in CHILDREN[kind])
    certs = f"certs = {certificate}\n" if certificate else ""
    cacerts = f"cacerts = {ca}\n" if ca else ""
    return (f"connections {{ ovs {{ version = 2\nlocal_addrs = {FAR}\nremote_addrs = {OWN}\n"
            f"proposals = {proposals}\nlocal {{ auth = {auth}\nid = {own_id}\n{certs} }}\n"
            f"remote {{ auth = {auth}\nid = {OWN}\n{cacerts} }}\nchildren {{ {children} }} }} }}\n"
            f'secrets {{ ike-1 {{ id-1 = {OWN}\nid-2 = {own_id}\nsecret = "{psk}"\n }} }}\n')


class Watch:
    def __init__(self, wire):
        with wire.hub:
            self.tap = Tap("w0")
        self.esp, self.clear = 0, []

    def look(self):
        arrived()
        for data in self.tap.received():
            kind, = struct.unpack_from("!H", data, 12)
            if kind != packet.IP4:
                continue
            ports = struct.unpack_from("!HH", data, 34) if data[23] == socket.IPPROTO_UDP else ()
            self.esp += data[23] == socket.IPPROTO_ESP
            if (MARK in data or b"number:" in data or data[23] == socket.IPPROTO_GRE or
                    4789 in ports or 6081 in ports):
                self.clear.append(data.hex())

    def clean(self, what):
        self.look()
        same(self.clear[:2], [], f"clear frames on the wire: {what}")


class Bed:
    def __init__(self, kind="vxlan", lines=(f"peer {FAR} psk {PSK}",)):
        self.wire, self.kind = Wire(), kind
        self.wire.dom0()
        self.watch = Watch(self.wire)
        self.charon = Charon()
        self.dom0 = Dom0(f'address = "{OWN}"\n' + CONFIG, uplink=False, database=True)
        self.conf(lines)
        ip(f"addr add {OWN}/24 dev xenbr0", "link set dev xenbr0 up")
        self.vif = vm(self.dom0, 1, access=100)
        ctl.run(self.dom0, "network", "add", "blue", "switch=xenbr0", "vlan=100", "key=5100",
                "encrypt=ipsec", f"kind={kind}", f"remotes={FAR}", status=(0, 1))
        in_state(self.dom0, "blue", "in-force")
        self.peer = Foreign(self.wire, "gretap" if kind == "gre" else kind, FAR, OWN)
        self.far = Charon(self.peer.namespace)
        self.there = frame(mac(99), self.vif.mac, kind=packet.IP4,
                           payload=udp("10.0.0.1", "10.0.0.9", 5, 6, MARK))
        self.back = frame(self.vif.mac, mac(99), kind=packet.IP4,
                          payload=udp("10.0.0.9", "10.0.0.1", 5, 6, MARK))

    def conf(self, lines):
        path = os.path.join(self.dom0.dir, "ipsec.conf")
        with open(path, "w") as f:
            f.write("\n".join((f"charon {self.charon.socket}",) + tuple(lines)) + "\n")
        os.chmod(path, 0o600)

    def remote(self):
        return ctl.here(self.dom0, "network", "blue")["remotes"][0]["ipsec"]

    def until(self, state, words=""):
        def there():
            now = self.remote()
            return now["state"] == state and words in (now["reason"] or "") and now
        try:
            return wait.until(f"ipsec to be {state} {words}", 120, there, 1)
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {self.remote()}; here: {self.charon.log()}; there: "
                                 f"{self.far.log()}; {self.dom0.log()}") from None

    def talk(self, what):
        # Who begins to send loses his first packet where keys are agreed on when he does.
        def heard():
            self.peer.send(self.back)
            return any(MARK in f for f in self.vif.received())
        wait.until(f"{what}: anything from the peer", 60, heard, 1)
        arrives(self.vif, self.there, self.peer, self.there, f"{what}: from the VM")
        arrives(self.peer, self.back, self.vif, self.back, f"{what}: to the VM")
        self.watch.clean(what)

    def shout(self, what):
        """The VM sends, and nothing of it is to be read on the wire."""
        for _ in range(5):
            self.vif.send(frame(BROADCAST, self.vif.mac, kind=packet.IP4,
                                payload=udp("10.0.0.1", "10.0.0.9", 5, 6, MARK)))
        self.watch.clean(what)


def spis():
    """Of the SAs that the kernel has here."""
    return set(re.findall(r"spi (0x[0-9a-f]+)", output("ip", "xfrm", "state")))


def rotate(bed, n):
    """New keys of every SA; the SPIs that went."""
    before = spis()
    for what in ({"child": "udp4789-out"}, {"child": "udp4789-in"}):
        wait.until(f"{what} to be renewed", 30, lambda: bed.charon.vici("rekey", **what).get("success") == "yes", 0.2)
    wait.until(f"other SAs, {n}", 60, lambda: len(spis()) >= 4 and before.isdisjoint(spis()), 0.2)
    wait.until("the IKE SA to be renewed", 30, lambda: bed.charon.vici(
        "rekey", ike=f"vifswitch-{FAR}").get("success") == "yes", 0.2)
    wait.until(f"another IKE SA, {n}", 60, lambda: bed.charon.log(1 << 20).count("rekeyed between") > n, 0.2)
    return before


@test(limit=600)
def all_its_life():
    """set-up, 20 new keys of each SA, kill -9 of charon and vifswitchd, removal: nothing in clear, none lost"""
    bed = Bed()
    dom0 = bed.dom0
    bed.shout("no peer yet")
    bed.far.load(peer_conf())
    shown = bed.until("up")
    bed.shout("set up")
    same(ctl.here(dom0, "network", "blue")["mtu"], 1416, "MTU")
    same((shown["cipher"], shown["nat"], shown["rekey_in"] > 60), ("AES_GCM_16-256", False, True),
         "how it is up")
    bed.talk("up")
    check(bed.watch.esp, "no ESP was seen")
    # The largest packet that a VM may send fits, and none is cut.
    large = frame(mac(99), bed.vif.mac, kind=packet.IP4,
                  payload=udp("10.0.0.1", "10.0.0.9", 5, 6, b"x" * (1416 - 28)))
    arrives(bed.vif, large, bed.peer, large, "the largest packet")
    streams = [Stream(bed.vif, bed.peer.tap, numbered(mac(99), bed.vif.mac), per_second=5),
               Stream(bed.peer.tap, bed.vif, numbered(bed.vif.mac, mac(99)), per_second=5)]
    for s in streams:
        s.start()
    seen = set()
    for n in range(ROTATIONS):
        seen |= rotate(bed, n)
        bed.watch.clean(f"new keys {n}")
        if n == ROTATIONS // 2:
            dom0.kill()
            dom0.start()
            in_state(dom0, "blue", "in-force")
    check(len(seen) >= 4 * ROTATIONS, f"only {len(seen)} different SPIs")
    bed.until("up")
    same([s.end() for s in streams], [0, 0], "frames lost over new keys and kill -9 of vifswitchd")
    # charon dies: what it left in the kernel goes on, and nothing leaves otherwise.
    bed.charon.kill()
    bed.until("blocked", "charon")
    bed.shout("charon is dead")
    ip("xfrm policy flush", "xfrm state flush")
    bed.shout("and the kernel was emptied")
    check("systemctl start strongswan" in ctl.run(dom0, "doctor", status=(1,)).out, "doctor")
    bed.charon.start()
    bed.until("up")
    bed.talk("charon is back")
    # Both daemons at once.
    dom0.kill()
    bed.charon.kill()
    ip("xfrm policy flush", "xfrm state flush")
    bed.shout("both dead")
    bed.charon.start()
    bed.shout("charon alone is back")
    dom0.start()
    bed.until("up")
    bed.talk("both are back")
    replayed(bed)
    ctl.run(dom0, "network", "del", "blue")
    wait.until("the netdev to go", 30, lambda: not exists("vsnet-v4789"))
    bed.shout("removed")
    bed.peer.send(bed.back)
    wait.until("charon to forget it", 30, lambda: "vifswitch-" not in
               bed.charon.ctl("--list-conns") + bed.charon.ctl("--list-sas"))
    bed.shout("and forgotten")


def replayed(bed):
    """What the peer sent once, sent again by somebody on the wire."""
    with bed.wire.hub:
        far, near = Tap("w1"), Tap("w0")
    arrives(bed.peer, bed.back, bed.vif, bed.back, "once")
    sent = [f for f in far.received() if len(f) > 34 and f[23] == socket.IPPROTO_ESP]
    check(sent, "no ESP of the peer's was seen")
    for data in sent:
        near.send(data)
    arrived()
    same([f for f in bed.vif.received() if MARK in f], [], "replayed frames at the VM")


@test(limit=600)
def who_is_refused():
    """wrong PSK, expired and foreign certificates, no proposal, silence, bad files: said in words"""
    bed = Bed()
    bed.far.kill()
    bed.until("failed", "does not answer")
    bed.far.start()
    bed.far.load(peer_conf(psk="wrong"))
    bed.charon.ctl("--terminate", "--ike", f"vifswitch-{FAR}", "--force", fail=False)
    bed.until("failed", "PSK")
    bed.shout("wrong PSK")
    text = ctl.run(bed.dom0, "network", "show", "blue").out
    check("failed" in text and "PSK" in text, text)
    check("PSK" in ctl.run(bed.dom0, "doctor", status=(1,)).out, "doctor")
    why = ctl.run(bed.dom0, "why", bed.vif.netdev, "udp", "10.0.0.1:5", "10.0.0.9:6", "to=" + mac(99),
                  status=(0, 1)).out
    check("ESP is failed" in why and "PSK" in why, why)
    bed.far.load(peer_conf(proposals="aes128-sha256-modp2048"))
    bed.until("failed", "proposal")
    bed.conf((f"peer {FAR} nonsense",))
    bed.far.load(peer_conf())
    bed.until("up")     # what was said before stays in force
    ca = Authority()
    own, key = ca.issue("host1", OWN)
    there, there_key = ca.issue("host2", FAR)
    lines = (f"certificate {own}", f"key {key}", f"ca {ca.certificate}")

    def with_certificate(certificate, private, own_id=FAR):
        bed.far.load(peer_conf(auth="pubkey", certificate=certificate, ca=ca.certificate, own_id=own_id),
                     private)
    bed.conf(lines)
    with_certificate(there, there_key)
    bed.until("up")
    bed.talk("certificates")
    with_certificate(*ca.issue("late", FAR, "20160101000000Z"))
    bed.far.ctl("--terminate", "--ike", "ovs", "--force", fail=False)
    bed.until("failed", "expired")
    bed.shout("expired")
    other, other_key = ca.issue("host3", "192.0.2.3")
    with_certificate(other, other_key, "192.0.2.3")
    bed.until("failed", "identity")
    bed.shout("a foreign identity")
    with_certificate(there, there_key)
    bed.until("up")
    os.chmod(os.path.join(bed.dom0.dir, "ipsec.conf"), 0o644)
    bed.dom0.kill()
    bed.dom0.start()
    bed.until("blocked", "chmod 600")


def carries(kind):
    bed = Bed(kind)
    bed.far.load(peer_conf(kind))
    bed.until("up")
    bed.talk(kind)
    return ctl.here(bed.dom0, "network", "blue")["mtu"]


@test(limit=300)
def carries_geneve():
    """Geneve in ESP, both ways"""
    same(carries("geneve"), 1416, "MTU")


@test(limit=300)
def carries_gre():
    """GRE in ESP, both ways"""
    same(carries("gre"), 1424, "MTU")
