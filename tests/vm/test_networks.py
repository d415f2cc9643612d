# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks over IP of the database, with vifswitchd, vifdbd and vifctl.

dom0's own address is on its switch, so tunnels' packets go by the uplink that VMs use, too:

    vif1.0 --- xenbr0 (192.0.2.1) --- eth0 ~~~ hub ~~~ a foreign host with the kernel's vxlan
"""
import ctl
import packet
import wait
from dom0 import Dom0
from packet import udp
from registry import check, same, test
from test_daemon import Stream, numbered
from test_network import Foreign, Wire, arrives
from world import BROADCAST, exists, frame, ip, mac, sysctl

OWN, FAR, NETDEV = "192.0.2.1", "192.0.2.2", "vsnet-v4789"


def in_state(dom0, name, state):
    return ctl.in_state(dom0, "network", name, state)


def remotes(dom0, name):
    return sorted(r["address"] for r in ctl.here(dom0, "network", name)["remotes"])


def world():
    wire = Wire()
    wire.dom0()
    dom0 = Dom0(uplink=False, database=True)
    ip(f"addr add {OWN}/24 dev xenbr0", "link set dev xenbr0 up")
    return wire, dom0


def vm(dom0, domid, **options):
    vif = dom0.vif(domid, **options)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the claim to be active", 20, lambda: vif.state().claim)
    return vif


def add(dom0, name, *words, vlan=100, key=5100, status=(0,)):
    ctl.run(dom0, "network", "add", name, "switch=xenbr0", f"vlan={vlan}", f"key={key}", *words,
            status=status)


@test(limit=300)
def from_the_database():
    """a row makes tunnel, MTU and remotes; kill -9 loses nothing; what is gone leaves nothing"""
    wire, dom0 = world()
    vif = vm(dom0, 1, access=100)
    add(dom0, "blue", f"remotes={FAR}")
    shown = in_state(dom0, "blue", "in-force")
    same((shown["netdev"], shown["mtu"], [r["address"] for r in shown["remotes"]], shown["error"]),
         (NETDEV, 1450, [FAR], None), "how it is in force")
    with open("/sys/class/net/xenbr0/mtu") as f:
        same(int(f.read()), 1500, "the switch's own MTU")
    peer = Foreign(wire, "vxlan", FAR, OWN)
    there = frame(mac(99), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
    back = frame(vif.mac, mac(99), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6))
    arrives(vif, there, peer, there, "from the VM")
    arrives(peer, back, vif, back, "to the VM")
    for to, text in ((mac(99), f"network blue, key 5100: to {FAR}, where the address was seen or put"),
                     (mac(98), "network blue, key 5100: to each of its 1 remotes")):
        why = ctl.document(dom0, "why", vif.netdev, "udp", "10.0.0.1:5", "10.0.0.9:6", "to=" + to)
        same([s["text"] for s in why["stages"] if s["stage"] == "tunnel"], [text], f"why, to {to}")
    same([e["remote"] for e in ctl.document(dom0, "fdb", "list")["entries"] if e["mac"] == mac(99)], [FAR],
         "the host that fdb list has")
    # The daemon dies: not one frame is lost, and nothing is set anew.
    stream = Stream(vif, peer.tap, numbered(mac(99), vif.mac))
    stream.start()
    dom0.kill()
    dom0.start()
    in_state(dom0, "blue", "in-force")
    same(dom0.ask("show")["operations"], 0, "operations of the new daemon")
    same(stream.end(), 0, "frames lost over kill -9")
    # A second network uses the same netdev; a remote comes and goes.
    add(dom0, "red", vlan=200, key=5200)
    in_state(dom0, "red", "no-remote")
    ctl.run(dom0, "network", "set", "blue", "remotes+=192.0.2.3")
    wait.until("two remotes", 20, lambda: remotes(dom0, "blue") == [FAR, "192.0.2.3"])
    ctl.run(dom0, "network", "set", "blue", f"remotes-={FAR}")
    wait.until("the other alone", 20, lambda: remotes(dom0, "blue") == ["192.0.2.3"])
    in_state(dom0, "blue", "in-force")
    vif.send(frame(BROADCAST, vif.mac))
    same([f for f in peer.received() if f[6:12].hex(":") == vif.mac], [],
         "at the remote that is none any more")
    # What the pool's hosts tell of themselves.
    dom0.db.insert("Host", name="host2", address="192.0.2.4")
    wait.until("host2 as a remote", 20, lambda: remotes(dom0, "red") == ["192.0.2.4"])
    in_state(dom0, "red", "in-force")
    dom0.db.update("Host", {"name": "host2"}, address="192.0.2.5")
    wait.until("host2 at another address", 20, lambda: remotes(dom0, "red") == ["192.0.2.5"])
    ctl.run(dom0, "network", "del", "red")
    wait.until("one network in the kernel", 20, lambda: len(dom0.nl.networks()) == 1)
    ctl.run(dom0, "network", "del", "blue")
    wait.until("the netdev to go", 20, lambda: not exists(NETDEV))
    same(dom0.nl.networks(), [], "networks in the kernel")


@test(limit=300)
def what_is_wrong():
    """conflicts, a clash with Open vSwitch, strangers and forgers: named, with what mends them"""
    wire, dom0 = world()
    forger = vm(dom0, 2)
    add(dom0, "blue", f"remotes={FAR}")
    in_state(dom0, "blue", "in-force")
    add(dom0, "clear", vlan=100, key=7)
    check("network blue already" in in_state(dom0, "clear", "conflict")["error"], "VLAN twice")
    ctl.run(dom0, "network", "set", "clear", "vlan=300", "key=5100")
    wait.until("the key to be the conflict", 20, lambda: "key 5100" in
               ctl.here(dom0, "network", "clear")["error"])
    ctl.run(dom0, "network", "del", "clear")
    ip("link add name genev_sys_6081 type geneve external dstport 6081")
    add(dom0, "green", "kind=geneve", f"remotes={FAR}", vlan=400, key=9, status=(1,))
    shown = in_state(dom0, "green", "failed")
    check("genev_sys_6081, Open vSwitch's," in shown["error"], shown["error"])
    ip("link del dev genev_sys_6081")
    in_state(dom0, "green", "in-force")
    # A host that is no remote, and a VM that would be one.
    stranger = Foreign(wire, "vxlan", "192.0.2.9", OWN)
    stranger.send(frame(BROADCAST, mac(50)))
    with open("/sys/class/net/xenbr0/address") as f:
        local = f.read().strip()
    forger.send(frame(local, forger.mac, kind=packet.IP4, payload=udp(FAR, OWN, 5, 4789)))
    wait.until("the forger's drop", 20, lambda: forger.drops().get("tunnel-forged"))
    wait.until("the stranger's drop", 20, lambda: (ctl.here(dom0, "network", "blue")[
        "netdev_drops"] or {}).get("tunnel-peer"))
    ctl.run(dom0, "network", "set", "green", "remotes=")
    in_state(dom0, "green", "no-remote")
    text = ctl.run(dom0, "doctor", status=(1,)).out
    for words in ("no remotes of their network", "it has no remote", "vifctl network set green"):
        check(words in text, f"doctor does not say {words!r}: {text}")
    check("tunnel-peer" in ctl.run(dom0, "network", "show", "blue").out, "network show")


@test(limit=300)
def gre_over_ip6():
    """remotes of IPv6 and kind=gre: a netdev of its own, frames both ways; not both families"""
    for where in ("all", "default"):
        sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 0)
    wire, dom0 = world()
    ip("addr add 2001:db8::1/64 dev xenbr0 nodad")
    vif = vm(dom0, 1, access=100)
    add(dom0, "blue", "kind=gre", "remotes=2001:db8::2")
    shown = in_state(dom0, "blue", "in-force")
    same((shown["netdev"], shown["mtu"]), ("vsnet-gre6", 1438), "how it is in force")
    peer = Foreign(wire, "ip6gretap", "2001:db8::2", "2001:db8::1")
    there = frame(mac(99), vif.mac, kind=packet.IP4, payload=udp("10.0.0.1", "10.0.0.9", 5, 6))
    back = frame(vif.mac, mac(99), kind=packet.IP4, payload=udp("10.0.0.9", "10.0.0.1", 5, 6))
    arrives(vif, there, peer, there, "from the VM")
    arrives(peer, back, vif, back, "to the VM")
    ctl.run(dom0, "network", "set", "blue", "remotes+=192.0.2.2", status=(0, 1, 2))
    check("kind gre goes over IPv4 or IPv6" in in_state(dom0, "blue", "refused")["error"], "both")


@test(limit=300)
def gre_inside_wireguard():
    """an encrypted network of kind gre, both ways, and nothing of it in clear"""
    from test_sealed import carries
    carries("gre", "ip6gretap")
