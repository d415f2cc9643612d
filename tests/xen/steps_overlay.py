# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a network over IP between the hosts, encrypted, whose frames are never on the wire in
clear. The migration of its VM is in steps_travel.py."""
import socket
import struct

import rider
import wait
from steps_policy import vifctl
from steps_pool import certificates, give_address, give_files
from steps_pool import ADDRESSES as UNDERLAY
from world import check, document, step

NETWORK, VLAN, KEY = "blue", 150, 5100
SINK = 5007
SECRET = "/etc/vifswitch/ipsec.conf"
WIREGUARD, ESP = {51790, 51791}, 50
IP4, UDP = 0x800, 17
MEMBERS = ("one", "two", "rider")


def signs():
    """What a frame of the network, or one with such a frame inside, has: a MAC, or two addresses."""
    addresses = [socket.inet_aton(rider.address("overlay", name)) for name in MEMBERS]
    return [bytes.fromhex(rider.mac("overlay", name).replace(":", "")) for name in MEMBERS] + \
        [a + b for a in addresses for b in addresses if a != b]


def clear(w, mark):
    """Frames on the wire that show anything of the network."""
    macs = {rider.mac("overlay", name) for name in MEMBERS}
    return [f for f in rider.wire(w, "overlay").frames(mark)
            if {f.src, f.dst} & macs or any(sign in f.payload for sign in signs())]


def check_clear(w, mark, encrypted):
    """None was in clear, and some were of this kind, so many; encrypted: says of a packet of IPv4."""
    bad = clear(w, mark)
    check(not bad, f"{len(bad)} frames in clear, the first: {bad[0][1:5] if bad else ''}")
    count = sum(f.type == IP4 and encrypted(f.payload)
                for f in rider.wire(w, "overlay").frames(mark))
    check(count, "no encrypted frame on the wire: proves nothing")
    return count


def wireguard(packet):
    return packet[9] == UDP and struct.unpack_from(">H", packet, (packet[0] & 15) * 4 + 2)[0] in WIREGUARD


def esp(packet):
    return packet[9] == ESP


def here(host):
    return document(host, f"network show {NETWORK}")["networks"][0]["here"]


def is_up(host):
    """Its one remote can be sent to, encrypted."""
    network = here(host)
    return network and network["state"] == "in-force" and len(network["remotes"]) == 1 and (
        network["remotes"][0]["session"] == "up"
        or (network["remotes"][0]["ipsec"] or {}).get("state") == "up")


def wait_up(w):
    for host in (w.a, w.b):
        wait.until(f"network {NETWORK} on {host.name}", 120, lambda h=host: is_up(h), 0.5)


def give_underlay(w):
    """dom0's addresses, and certificates with which hosts sign their keys."""
    files = certificates({name: [at] for name, at in UNDERLAY.items()})
    for host in (w.a, w.b):
        # WireGuard's netdevs have IPv6 inside, which this lab's hosts are without.
        host.run("modprobe wireguard; modprobe vxlan; sysctl -qw net.ipv6.conf.default.disable_ipv6=0")
        give_files(host, "host", files[host.name])
        give_address(host)


@step("overlay", "encrypt=wireguard: a VLAN goes on behind VXLAN, and no frame of it is in clear",
      star=True, needs=("pool", "flows"))
def overlay(w):
    give_underlay(w)
    mark = rider.wire(w, "overlay").mark()
    vifctl(w.a, f"network add {NETWORK} switch=xenbr0 vlan={VLAN} key={KEY} encrypt=wireguard")
    for name in MEMBERS:
        rider.attach(w, "overlay", name, VLAN)
    wait_up(w)
    for host in (w.a, w.b):
        host.run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1")
    rider.check_reach(w, "overlay", ["one", "two"])
    sink = w.two.start("sink", SINK, 600)
    sent = w.rider.ask("send", rider.address("overlay", "two"), SINK, 3, 20000, timeout=120)
    got = sink.result(60)
    check(not sent["broken"] and got["bytes"] == sent["bytes"], f"sent {sent}, received {got}")
    count = check_clear(w, mark, wireguard)
    mtu = here(w.a)["mtu"]
    return f"{count} frames in WireGuard since the network was made, none in clear; TCP of" \
        f" {got['bytes']} octets, packets of at most {mtu}"


def change_to_ipsec(w):
    """The same network by the other kind of encryption, with strongSwan: frames in ESP."""
    for host in (w.a, w.b):
        others = [at for name, at in UNDERLAY.items() if name != host.name]
        host.put(SECRET, f"peer {others[0]} psk swordfish\n", 0o600)
        host.run("systemctl -q unmask strongswan; systemctl start strongswan", 60)
    mark = rider.wire(w, "overlay").mark()
    vifctl(w.a, f"network set {NETWORK} encrypt=ipsec")
    wait_up(w)
    rider.check_reach(w, "overlay", ["one", "two"])
    return check_clear(w, mark, esp)


def end(w):
    vifctl(w.a, f"network del {NETWORK}")
