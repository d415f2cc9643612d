# SPDX-License-Identifier: GPL-2.0-or-later
"""vifoamd on uplinks: what it hears where the switch, or a bond, takes the frames; VMs hear nothing."""
import os
import signal
import struct
import subprocess

import ctl
import wait
from dom0 import RELEASE, Dom0
from packet import frame
from registry import check, same, test
from test_bond import bonded, config, numbered, numbers, option
from test_doctor import doctor
from world import Tap, mac

CCM, LLDP, BFD = 0x8902, 0x88cc, 0x0800
PEER = "02:00:00:00:00:99"
ASKED = "cfm_mpid = 1 cfm_interval = 100 bfd = true lldp = on"


# What its unit leaves it: real time, locked memory, one capability.
HELD = ("chrt", "-r", "10", "prlimit", "--memlock=67108864", "--rttime=200000", "--nofile=1024",
        "setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all", "--")


class Oam:
    """vifoamd beside a dom0."""

    def __init__(self, dom0):
        self.dom0, self.log = dom0, os.path.join(dom0.dir, "vifoamd.log")
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*HELD, os.path.join(RELEASE, "vifoamd"), "-f", "-s", self.dom0.control],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def link(self, netdev):
        links = ctl.document(self.dom0, "oam", "show", netdev)["links"]
        same(len(links), 1, f"links of {netdev}")
        return links[0]

    def until(self, what, netdev, probe):
        try:
            return wait.until(f"{netdev}: {what}", 60, lambda: probe(self.link(netdev)))
        except wait.Timeout as e:
            with open(self.log) as f:
                raise AssertionError(f"{e}: {self.link(netdev)}; {f.read()[-1500:]}") from None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        same(self.process.wait(wait.limit(20)), 0, "exit status")


def ccm(mpid=22, tags=(), interval=3, level=0, name=b"ovs", rdi=False, source=PEER):
    maid = (bytes([4, len(name)]) + name + bytes([2, len(name)]) + name).ljust(48, b"\0")
    return frame(f"01:80:c2:00:00:{0x30 + level:02x}", source, list(tags), CCM,
                 struct.pack(">BBBBIH", level << 5, 1, interval | rdi << 7, 70, 1, mpid) + maid + bytes(17))


def lldp(name=b"leaf1", max_frame=600, pvid=None):
    def tlv(kind, value):
        return struct.pack(">H", kind << 9 | len(value)) + value
    return frame("01:80:c2:00:00:0e", PEER, [], LLDP,
                 tlv(1, b"\x04\x02\0\0\0\0\x99") + tlv(2, b"\x05swp7") + tlv(3, b"\0\x78")
                 + tlv(5, name) + tlv(127, b"\0\x12\x0f\x04" + struct.pack(">H", max_frame))
                 + (tlv(127, b"\0\x80\xc2\x01" + struct.pack(">H", pvid)) if pvid else b"") + tlv(0, b""))


def bfd(me, state=1, diagnostic=0):
    control = struct.pack(">BBBBIIIII", 1 << 5 | diagnostic, state << 6, 3, 24, 9, 0, 1000000, 1000000, 0)
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0xc0, 20 + 8 + len(control), 0, 0x4000, 255, 17, 0,
                       bytes([169, 254, 1, 0]), bytes([169, 254, 1, 1]))
    total = sum(struct.unpack(">10H", head))
    total = ~((total & 0xffff) + (total >> 16)) & 0xffff
    head = head[:10] + struct.pack(">H", total) + head[12:]
    return frame(me, PEER, [], BFD,
                 head + struct.pack(">HHHH", 50000, 3784, 8 + len(control), 0) + control)


def kinds(frames):
    """Of all frames that were sent by cable: LLDP, CCM, BFD."""
    return {(name, f[12:14]) for f in frames for name, kind in
            (("ccm", CCM), ("lldp", LLDP), ("bfd", BFD)) if f[12:14] == struct.pack(">H", kind)
            and (kind != BFD or f[36:38] == struct.pack(">H", 3784))}


def hears_all(oam, netdev, cable):
    """All three, both ways."""
    with open(f"/sys/class/net/{netdev}/address") as f:
        me = f.read().strip()
    seen = []
    wait.until(f"frames of all three from {netdev}", 60,
               lambda: seen.extend(cable.received()) or len(kinds(seen)) == 3)

    def all_heard(link):
        cable.send(ccm())
        cable.send(lldp())
        cable.send(bfd(me))
        return link["cfm"] and any(r["alive"] for r in link["cfm"]["remotes"]) \
            and [n["system"] for n in link["lldp"]["neighbours"]] == ["leaf1"] \
            and link["bfd"]["state"] == "init" and link["bfd"]["mac"] == PEER
    oam.until("CFM, LLDP and BFD to be heard", netdev, all_heard)


@test(smoke=True, limit=240)
def oam_on_a_port_of_the_switch():
    """an uplink in the switch: CFM, LLDP, BFD both ways; no VM hears or sends any of it"""
    dom0 = Dom0("switch xenbr0 {\n\tuplink eth0 { %s }\n}\n" % ASKED)
    vif = dom0.vif(1)
    dom0.plugged(vif)
    vif.key("state", 4)
    found = doctor(dom0)
    check("does not run" in found["oam", "eth0"]["text"], f"doctor without vifoamd: {found}")
    oam = Oam(dom0)
    vif.drain()
    hears_all(oam, "eth0", dom0.wire)
    same(kinds(vif.received()), set(), "what the VM heard of it")
    # Another VLAN's is another's.
    dom0.wire.send(ccm(7, [100]))
    dom0.wire.send(ccm(3))
    oam.until("the next message", "eth0", lambda li: 3 in [r["mpid"] for r in li["cfm"]["remotes"]])
    check(7 not in [r["mpid"] for r in oam.link("eth0")["cfm"]["remotes"]], "a tagged message was heard")
    dom0.wire.drain()
    before = vif.drops().get("control", 0)
    for data in (ccm(9), lldp(b"forged")):
        vif.send(data[:6] + bytes.fromhex(mac(1).replace(":", "")) + data[12:])
    wait.until("the VM's to be dropped", 20, lambda: vif.drops().get("control", 0) == before + 2)
    # Nobody speaks any more: that is said, and what could be done.
    oam.until("silence", "eth0", lambda li: "recv" in li["cfm"]["faults"])
    found = doctor(dom0)
    check("no continuity messages come" in found["cfm", "eth0"]["text"], found)
    text = found["peer-mtu", "eth0"]["text"]
    check("600 octets" in text and "leaf1" in text, found)
    # vifswitchd goes and comes; what it wants is the same.
    sent = oam.link("eth0")["cfm"]["sent"]
    dom0.kill()
    dom0.start()
    oam.until("messages to go on", "eth0", lambda li: li["cfm"] and li["cfm"]["sent"] > sent + 20)
    oam.stop()


def members_hear(words):
    dom0, _ = bonded(config(ASKED + words))
    taps = [Tap(n + "p") for n in ("e1", "e2")]
    oam = Oam(dom0)
    for netdev, tap in zip(("e1", "e2"), taps):
        hears_all(oam, netdev, tap)
    oam.stop()


@test(limit=240)
def oam_on_members_of_a_bond():
    """each member by itself, the one that waits as well; what is said goes to its own cable"""
    members_hear(" primary = e1")


@test(limit=240)
def oam_on_members_that_balance():
    """the same of balance-slb, where groups' frames are taken by one member alone, but not these"""
    members_hear(' bond_mode = "balance-slb" primary = e1')


@test(smoke=True, limit=240)
def a_member_that_does_not_carry():
    """its link is up, but CFM says that nothing comes: the other one carries; it comes back later"""
    dom0, vif = bonded(config("primary = e1 cfm_mpid = 1 cfm_interval = 1000"))
    taps = dict(zip(("e1", "e2"), (Tap(n + "p") for n in ("e1", "e2"))))
    oam = Oam(dom0)

    def carries(netdev, *heard):
        """While messages come by those."""
        def probe():
            for n in heard:
                taps[n].send(ccm(interval=4))
            return option("active_slave") == netdev
        try:
            wait.until(f"{netdev} to carry", 60, probe, 0.2)
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {[oam.link(n)['cfm'] for n in taps]}, {option('primary')}, "
                                 f"{dom0.log(800)}") from None

    carries("e1", "e1", "e2")
    for netdev in taps:
        oam.until("messages", netdev, lambda li: [taps[n].send(ccm(interval=4)) for n in taps]
                  and li["cfm"] and li["cfm"]["faults"] == [] and li["cfm"]["remotes"])
    carries("e2", "e2")
    for tap in taps.values():
        tap.drain()
    vif.send(numbered(1))
    wait.until("its frames there", 20, lambda: numbers(taps["e2"].received()) == [1])
    check("cfm" in {f for f, name in doctor(dom0) if name == "e1"}, "doctor says nothing")
    shown = ctl.document(dom0, "uplink", "show", "bond0")["uplinks"][0]["members"]
    same([m["error"] for m in shown], ["its link does not carry: CFM recv", None], "uplink show")
    # Who said so is gone: after a while that holds no more.
    oam.process.kill()
    oam.process.wait()
    wait.until("the primary one to carry", 60, lambda: option("active_slave") == "e1", 0.2)
    check("vifoamd does not run" in dom0.log(2000), dom0.log(2000))
    oam.start()
    carries("e2", "e2")
    carries("e1", "e1", "e2")
    same(option("primary"), "e1", "the primary afterwards")
    # Silence on both is no reason to change.
    for netdev in taps:
        oam.until("silence", netdev, lambda li: "recv" in li["cfm"]["faults"])
    same(option("active_slave"), "e1", "who carries when nobody does")
    oam.stop()
