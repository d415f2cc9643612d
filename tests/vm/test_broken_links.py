# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken cables and what is at their ends: doctor and uplink show name each, what is printed mends it.

Peers are the bonding driver, Open vSwitch, lldpd, FRR and BIRD in the namespace "far", where the
other end of eth0 is far0. Some faults are mended there, as nothing here could.
"""
import fcntl
import os
import struct
import subprocess
import sys

import ctl
import wait
from dom0 import TOP, Dom0
from registry import check, same, test
from test_bond import MEMBERS, cables_to_peer, members, plugged
from test_broken import gone
from test_doctor import doctor, mend
from test_lacp import uplink
from test_networks import add, in_state
from test_oam import Oam, lldp
from world import CLONE_NEWNET, LIBC, Tap, ip

sys.path.append(os.path.join(TOP, "tests", "oam"))
import peers  # noqa: E402

TUNSETIFF, TUN_TAP, TUN_NO_PI, TUNSETPERSIST = 0x400454ca, 2, 0x1000, 0x400454cb
MINE, THEIRS = "10.9.0.1", "10.9.0.2"


def found(dom0, check_word, subject, *texts):
    """The finding; uplink show has it, too."""
    seen, troubles, text = {}, [], ""

    def there():
        nonlocal text
        seen.clear()
        seen.update(doctor(dom0))
        if (check_word, subject) not in seen:
            return False
        shown = ctl.document(dom0, "uplink", "show")["uplinks"]
        troubles[:] = [(t["check"], t["subject"]) for u in shown for t in u["troubles"]]
        text = ctl.run(dom0, "uplink", "show").out
        return (check_word, subject) in troubles and seen[check_word, subject]["text"][:30] in text
    try:
        wait.until(f"{check_word} of {subject} to be found", 90, there)
    except wait.Timeout as e:
        raise AssertionError(f"{e}: {list(seen.values())}; uplink show: {troubles} {text}") from None
    finding = seen[check_word, subject]
    for text in texts:
        check(text in finding["text"], f"{text!r} is not in {finding}")
    return finding


def mended(dom0, finding, **meant):
    """Once its command was run, it is not found any more."""
    mend(dom0, finding, **meant)
    gone(dom0, (finding["check"], finding["subject"]))


def lag(name, ports, options=""):
    ip(*(f"link set dev {p} down" for p in ports),
       f"link add {name} type bond mode 802.3ad miimon 100 lacp_rate fast {options}",
       *(f"link set dev {p} master {name}" for p in ports), f"link set dev {name} up")


def plain(*ports):
    """Ports of no group."""
    for name in ("lag", "lag2"):
        ip(f"link del dev {name}", fail=False)
    ip(*(f"link set dev {p} up" for p in ports))


@test(limit=300)
def broken_lacp():
    """a passive end without a partner, a cable in no group, two groups of one switch, no partner"""
    peer, ends = cables_to_peer(), [n + "p" for n in MEMBERS]
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=bond0")
    ctl.run(dom0, "uplink", "add", "bond0", "members=e1,e2", "bond-mode=balance-tcp", "lacp=passive",
            "lacp-time=fast")
    plugged(dom0, "bond0")
    # Nobody speaks LACP there, but that comes first.
    mend(dom0, found(dom0, "lacp", "bond0", "passive"))
    found(dom0, "lacp", "bond0", "one member carries all")
    with peer:
        lag("lag", ends[:1])
    gone(dom0, ("lacp", "bond0"))
    mended(dom0, found(dom0, "member", "e2", "does not speak LACP"))
    wait.until("e2 to be out", 30, lambda: members() == ["e1"])
    with peer:
        plain(*ends)
        for name, port, key in (("lag", "e1p", 5), ("lag2", "e2p", 6)):
            lag(name, [port], f"ad_actor_system 02:00:00:00:00:09 ad_user_port_key {key}")
    ctl.run(dom0, "uplink", "set", "bond0", "members+=e2")
    groups = found(dom0, "partners", "bond0", "LACP groups differ", "02:00:00:00:00:09 at member e1")
    mended(dom0, groups)
    same(uplink(dom0)["bond_mode"], "balance-slb", "the mode for two groups")
    with peer:
        plain(*ends)
    ctl.run(dom0, "uplink", "set", "bond0", "bond-mode=balance-tcp", "lacp-time=fast", "--yes")
    mended(dom0, found(dom0, "lacp", "bond0", "no LACP partner answers"))
    same(uplink(dom0)["bond_mode"], "active-backup", "the mode without a partner")


class Nic:
    """A TAP: it has a speed that can be set, and a carrier while somebody holds it."""

    def __init__(self, name):
        self.name, self.fd = name, None
        self.plug()
        fcntl.ioctl(self.fd, TUNSETPERSIST, 1)

    def plug(self):
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", self.name.encode(), TUN_TAP | TUN_NO_PI))

    def pull(self):
        os.close(self.fd)

    def speed(self, mbps):
        subprocess.run(["ethtool", "-s", self.name, "speed", str(mbps), "duplex", "full"], check=True)


@test(limit=240)
def broken_members():
    """a member of another speed, of another MTU, without carrier; one that the host has not"""
    nics = [Nic(n) for n in MEMBERS]
    for nic, mbps in zip(nics, (1000, 100)):
        nic.speed(mbps)
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=bond0")
    ctl.run(dom0, "uplink", "add", "bond0", "members=e1,e2,e3", "bond-mode=balance-slb")
    plugged(dom0, "bond0")
    mended(dom0, found(dom0, "speed", "e2", "100 Mbit/s, and e1 1000"))
    ip("link set dev e2 mtu 1400")
    mended(dom0, found(dom0, "mtu", "e2", "its MTU is 1400"))
    mended(dom0, found(dom0, "member", "e3", "no such network device"))
    nics[1].pull()
    down = found(dom0, "member", "e2", "its link is down")
    check("ethtool e2" in down["command"], down)
    nics[1].plug()
    gone(dom0, ("member", "e2"))


class Far:
    """The other end of eth0, and of more cables."""

    def __init__(self, cables=1):
        if os.path.exists("/run/netns/far"):
            os.unlink("/run/netns/far")     # of a test before, which had mounts of its own
        subprocess.run(["ip", "netns", "add", "far"], check=True)
        peers.users()
        for n in range(cables):
            ip(f"link add name eth{n} type veth peer name far{n}", f"link set dev far{n} netns far",
               f"link set dev eth{n} up")
            peers.far("ip", "link", "set", "dev", f"far{n}", "up")
        peers.far("ip", "addr", "add", f"{THEIRS}/24", "dev", "far0")
        self.ip = lambda *argv: peers.far("ip", *argv)

    @staticmethod
    def tap(name):
        here, there = (os.open(path, os.O_RDONLY) for path in ("/proc/self/ns/net", "/run/netns/far"))
        LIBC.setns(there, CLONE_NEWNET)
        tap = Tap(name)
        LIBC.setns(here, CLONE_NEWNET)
        return tap


def uplinked(*words, uplinks="eth0"):
    """A dom0 with that uplink of its database, and vifoamd."""
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", f"uplinks={uplinks}")
    ctl.run(dom0, "uplink", "add", "eth0", *words)
    plugged(dom0, "eth0")
    return dom0, Oam(dom0)


@test(limit=300)
def broken_neighbours():
    """lldpd says another VLAN, not that of a VM; somebody a short MTU; the same switch at two cables"""
    far = Far(2)
    far.ip("link", "add", "sw", "type", "bridge", "vlan_filtering", "1")
    for n in range(2):
        far.ip("link", "set", "dev", f"far{n}", "master", "sw")
    far.ip("link", "set", "dev", "sw", "up")
    peers.far("bridge", "vlan", "add", "dev", "far0", "vid", "7", "pvid", "untagged")
    peers.far("bridge", "vlan", "del", "dev", "far0", "vid", "1")
    switch = peers.Lldpd().start("far0,far1")
    dom0, oam = uplinked("vlan=native-untagged:5+50")
    vif = dom0.vif(1, access=50)
    dom0.plugged(vif)
    vlan = found(dom0, "peer-vlan", "eth0", "in VLAN 7, and here they are in 5")
    vlans = found(dom0, "peer-vlans", "eth0", "does not name VLAN 50, in which vm1/0 is")
    check(vlans["severity"] == "hint", vlans)
    mended(dom0, vlan)
    # lldpd says nothing of its MTU; another neighbour does.
    far.tap("far0").send(lldp(max_frame=1418))
    mended(dom0, found(dom0, "peer-mtu", "eth0", "leaf1", "the MTU here is 1500"))
    same(dom0.ask("show")["switches"][0]["mtu"], 1400, "the switch's MTU")
    peers.far("bridge", "vlan", "add", "dev", "far0", "vid", "50")
    switch.cli("update")
    gone(dom0, ("peer-vlans", "eth0"))
    ctl.run(dom0, "switch", "set", "xenbr0", "uplinks=eth0,eth1")
    mended(dom0, found(dom0, "two-cables", "eth1", "in which eth0 does"))
    switch.stop()
    oam.stop()


@test(limit=300)
def broken_continuity():
    """Open vSwitch has another name, level, interval, or our MPID; it hears nothing of us"""
    Far()
    ovs = peers.Ovs().start()
    ovs.set("cfm_mpid=2", "other_config:cfm_interval=1000")
    dom0, oam = uplinked("cfm-mpid=1", "cfm-ma=east")
    mended(dom0, found(dom0, "cfm-maid", "eth0"))
    ovs.set("cfm_mpid=1")
    mended(dom0, found(dom0, "cfm-duplicate", "eth0"))
    ctl.run(dom0, "uplink", "set", "eth0", "cfm-level=3")
    mended(dom0, found(dom0, "cfm-level", "eth0"))
    ctl.run(dom0, "uplink", "set", "eth0", "cfm-interval=10000")
    mended(dom0, found(dom0, "cfm-interval", "eth0"))
    ctl.run(dom0, "uplink", "set", "eth0", "cfm-remotes=7")
    mended(dom0, found(dom0, "cfm-unexpected", "eth0"))
    ctl.run(dom0, "uplink", "set", "eth0", "cfm-remotes=")
    oam.until("all to be well", "eth0", lambda li: li["cfm"]["faults"] == [])
    subprocess.run(["tc", "qdisc", "add", "dev", "eth0", "root", "netem", "loss", "100%"], check=True)
    one_way = found(dom0, "cfm-rdi", "eth0", "frames from here are lost")
    check("ethtool -S eth0" in one_way["command"], one_way)
    subprocess.run(["tc", "qdisc", "del", "dev", "eth0", "root"], check=True)
    gone(dom0, ("cfm-rdi", "eth0"))
    ovs.vsctl("clear", "Interface", "far0", "cfm_mpid")
    found(dom0, "cfm", "eth0", "no continuity messages come")
    ovs.set("cfm_mpid=1")
    gone(dom0, ("cfm", "eth0"))
    ovs.stop()
    oam.stop()


@test(limit=300)
def broken_middle():
    """what is between loses each third frame, which is no fault yet; the other end boots"""
    far = Far()
    ovs = peers.Ovs().start()
    ovs.set("cfm_mpid=2", "other_config:cfm_interval=100")
    dom0, oam = uplinked("cfm-mpid=1", "cfm-interval=100")
    oam.until("all to be well", "eth0", lambda li: li["cfm"] and not li["cfm"]["faults"]
              and li["cfm"]["health"] == 100)
    flaps = oam.link("eth0")["cfm"]["flaps"]
    for words in ("qdisc add dev far0 clsact",
                  "filter add dev far0 egress matchall action pass random determ drop 3"):
        peers.far("tc", *words.split())
    found(dom0, "cfm-loss", "eth0", "% of an end's continuity messages came of late")
    same(oam.link("eth0")["cfm"]["flaps"], flaps, "flaps by what is no fault")
    peers.far("tc", "qdisc", "del", "dev", "far0", "clsact")
    gone(dom0, ("cfm-loss", "eth0"))
    ovs.stop()
    found(dom0, "cfm", "eth0", "no continuity messages come")
    far.ip("link", "set", "dev", "far0", "up")
    ovs = peers.Ovs().start()
    ovs.set("cfm_mpid=2", "other_config:cfm_interval=100")
    gone(dom0, ("cfm", "eth0"), ("cfm-loss", "eth0"))
    ovs.stop()
    oam.stop()


def middle(far, mtu):
    """A switch between eth0 and far0; its port to far0 takes packets of so many octets."""
    far.ip("link", "set", "dev", "far0", "down")
    far.ip("link", "set", "dev", "far0", "name", "edge0", "mtu", "9000")
    far.ip("link", "add", "name", "port0", "mtu", str(mtu), "type", "veth", "peer", "name", "far0", "mtu", "9000")
    far.ip("link", "add", "mid", "type", "bridge")
    for port in ("edge0", "port0"):
        far.ip("link", "set", "dev", port, "master", "mid")
    far.ip("addr", "flush", "dev", "edge0")
    far.ip("addr", "add", f"{THEIRS}/24", "dev", "far0")
    for link in ("edge0", "port0", "far0", "mid"):
        far.ip("link", "set", "dev", link, "up")


def path_mtu(oam, octets):
    wait.until(f"packets of {octets} octets to get there, and no larger ones", 90, lambda: (
        (oam.link("eth0")["bfd"] or {}).get("path_mtu") == octets), 1)


@test(limit=300)
def broken_path():
    """a switch on the way has a smaller MTU than both ends, and is silent about it"""
    far = Far()
    middle(far, 1500)
    frr = peers.Frr().start(THEIRS, MINE)
    ip("link set dev eth0 mtu 9000")
    dom0, oam = uplinked("bfd=true", "bfd-min-rx=300", "bfd-min-tx=300", "bfd-mult=10", f"bfd-src={MINE}",
                         f"bfd-dst={THEIRS}")
    ctl.run(dom0, "switch", "set", "xenbr0", "mtu=9000")
    ip(f"addr add {MINE}/24 dev xenbr0", "link set dev xenbr0 up")
    path_mtu(oam, 1504)
    narrow = found(dom0, "path-mtu", "eth0", "more than 1504 octets are lost", "MTU here is 9000")
    check("up to 1504 octets get there" in ctl.run(dom0, "oam", "show", "eth0").out, "oam show")
    mended(dom0, narrow)
    path_mtu(oam, 1504)
    far.ip("link", "set", "dev", "port0", "mtu", "9000")
    ctl.run(dom0, "switch", "set", "xenbr0", "mtu=9000")
    path_mtu(oam, 9000)
    gone(dom0, ("path-mtu", "eth0"))
    frr.stop()
    oam.stop()


@test(limit=200)
def broken_path_of_a_network():
    """the same between a network's remotes, without BFD: doctor asks the remote itself"""
    far = Far()
    middle(far, 1500)
    ip("link set dev eth0 mtu 9000")
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=eth0", "mtu=9000")
    plugged(dom0, "eth0")
    ip(f"addr add {MINE}/24 dev xenbr0", "link set dev xenbr0 up")
    add(dom0, "blue", f"remotes={THEIRS}")
    in_state(dom0, "blue", "in-force")
    wait.until("the remote to be reached by 9000 octets", 60,
               lambda: ctl.here(dom0, "network", "blue")["remotes"][0]["mtu"] == 8950)
    wait.until("it to be found", 60, lambda: ("network", "blue") in doctor(dom0))
    text = doctor(dom0)["network", "blue"]["text"]
    check(f"packets of 9000 octets to {THEIRS}, or from there, are lost on the way, those of 1500" in text, text)
    far.ip("link", "set", "dev", "port0", "mtu", "9000")
    gone(dom0, ("network", "blue"))


@test(limit=300)
def broken_sessions():
    """FRR at another address, deaf, or not there; BIRD that authenticates"""
    Far()
    dom0, oam = uplinked("bfd=true", "bfd-min-rx=300", "bfd-min-tx=300", "bfd-mult=10", f"bfd-src={MINE}",
                         "bfd-dst=10.9.0.3")
    ip(f"addr add {MINE}/24 dev xenbr0", "link set dev xenbr0 up")
    silent = found(dom0, "bfd", "eth0", "nothing of BFD was ever heard from 10.9.0.3")
    check("is BFD on at the other end" in silent["command"], silent)
    frr = peers.Frr().start(THEIRS, MINE)
    mended(dom0, found(dom0, "bfd-address", "eth0"))
    oam.until("the session", "eth0", lambda li: li["bfd"]["state"] == "up")
    subprocess.run(["tc", "qdisc", "add", "dev", "eth0", "root", "netem", "loss", "100%"], check=True)
    found(dom0, "bfd-one-way", "eth0", "which hears it")
    subprocess.run(["tc", "qdisc", "del", "dev", "eth0", "root"], check=True)
    gone(dom0, ("bfd-one-way", "eth0"))
    frr.stop()
    found(dom0, "bfd", "eth0")
    bird = peers.Bird().start(THEIRS, MINE, 'authentication simple; password "x";')
    secret = found(dom0, "bfd-authentication", "eth0")
    check("take authentication out" in secret["command"], secret)
    bird.configure(THEIRS, MINE)
    bird.ask("configure")
    gone(dom0, ("bfd-authentication", "eth0"), ("bfd", "eth0"))
    bird.stop()
    oam.stop()
