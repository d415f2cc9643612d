# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a virtual router's MAC, listed for a VM on each host.

one (xen-a) and two (xen-b) take turns as its master, with frames as keepalived sends
them (RFC 9568); mover (xen-a) sends to it.
"""
import packet
import wait
from steps_policy import vifctl
from steps_traffic import BROADCAST
from world import GUESTS, check, step

VMAC, VIP, GROUP = "00:00:5e:00:01:0a", "10.0.0.100", "01:00:5e:00:00:12"
TIMES = 5


def words_of(address):
    """An advertisement of router 10 and a gratuitous ARP."""
    body = bytes([0x21, 10, 100, 1, 0, 1, 0, 0]) + packet.raw(VIP) + bytes(8)
    return [packet.frame(GROUP, VMAC, kind=packet.IP4, payload=packet.ip4(
                address, "224.0.0.18", 112, body, ttl=255)),
            packet.frame(BROADCAST, VMAC, kind=packet.ARP, payload=packet.arp(VMAC, VIP, tpa=VIP))]


def listen(guest):
    """Its sniffer, once that hears."""
    ear = guest.start("sniff", "eth0", 300)
    wait.until(f"{guest.name} to listen", 60, lambda: int(guest.sh("wc -l < /proc/net/packet")) > 1)
    return ear


def heard(w, sender, frames, source, listeners):
    """How many of the frames, each sent TIMES times from a MAC, each listener heard."""
    kinds = {int.from_bytes(data[12:14], "big") for data in frames}
    ears = {name: listen(w.guests[name]) for name in listeners}
    sent = w.guests[sender].ask("raw", "eth0", TIMES, 20, *(data.hex() for data in frames))
    check(sent["sent"] == TIMES * len(frames), f"{sender} sent {sent}")
    # Its answer to a listener's ping comes after all that.
    address = GUESTS[sender][5][0]
    for name in listeners:
        wait.until(f"{sender} to answer {name}", 60,
                   lambda guest=w.guests[name]: guest.ask("reach", 2, 500, address)[address])
    return {name: sum(count for mac, _, kind, count in ear.stop(60)["rows"]
                      if mac == source and kind in kinds) for name, ear in ears.items()}


@step("router", "a virtual router's MAC on two hosts: the backup hears, fail-over moves")
def router(w):
    w.policy[VMAC] = {100}
    hosts = {"one": w.a, "two": w.b}
    for name, host in hosts.items():
        vifctl(host, f"port set {name} mac-lock={w.mac(name)},{VMAC}")
    try:
        for master, backup in (("one", "two"), ("two", "one")):
            got = heard(w, master, words_of(GUESTS[master][5][0]), VMAC, [backup, "mover"])
            check(got == {backup: 2 * TIMES, "mover": 2 * TIMES}, f"{master} is heard by {got}")
            towards = [packet.frame(VMAC, w.mac("mover"))]
            got = heard(w, "mover", towards, w.mac("mover"), [master, backup])
            check(got == {master: TIMES, backup: 0},
                  f"traffic to the virtual router, whose master is {master}, reaches {got}")
        check(not any(w.port(name)["counters"]["drops"].get("mac-claimed") for name in hosts),
              "drops of the pair")
    finally:
        for name, host in hosts.items():
            vifctl(host, f"port clear {name} mac-lock")
    return f"{4 * TIMES} advertisements and gratuitous ARPs, {2 * TIMES} frames to the master alone"
