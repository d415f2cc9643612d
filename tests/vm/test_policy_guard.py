# SPDX-License-Identifier: GPL-2.0-or-later
"""Address locks, allowances and rates to the VM, from ip= and the database to the port."""
import ipaddress
import re
import struct

from dom0 import Dom0, HOST, uuid
from registry import check, same, test
from test_policy import connected, operations
from world import BROADCAST, deliver, frame, mac, output, refused


def ipv4(src, dst, proto=17, payload=bytes(28)):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0,
                       ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed)
    return head + payload


def arp(own, sender, target):
    return struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, bytes.fromhex(own.replace(":", "")),
                       ipaddress.ip_address(sender).packed, bytes(6),
                       ipaddress.ip_address(target).packed)


def udp(own, src, sport=4000, dport=53):
    return frame(BROADCAST, own, kind=0x800, payload=ipv4(
        src, "255.255.255.255", payload=struct.pack(">HHHH", sport, dport, 8, 0)))


def classes(netdev):
    text = output("tc", "class", "show", "dev", netdev)
    return re.findall(r"class htb (\S+) .*?ceil (\S+)", text)


@test(smoke=True, limit=120)
def locked_addresses():
    """ip= of the config is a lock; the database's takes its place at once; allow lifts the rest"""
    dom0 = Dom0(database=True)
    db = dom0.db
    vif = dom0.vif(1, access=100, ip="10.0.0.1 2001:db8::1")
    connected(dom0, vif)
    entry = dom0.entry(vif)
    same((entry["guard"], entry["ip"]), ("mac+ip", ["10.0.0.1", "2001:db8::1"]), "show")
    wire = [dom0.wire]
    check(deliver(vif, udp(vif.mac, "10.0.0.1"), wire)["eth0p"], "its own address does not pass")
    refused(vif, udp(vif.mac, "10.0.0.2"), wire, "ip-guard")
    refused(vif, frame(BROADCAST, vif.mac, kind=0x806,
                       payload=arp(vif.mac, "10.0.0.2", "10.0.0.1")), wire, "arp-guard")
    refused(vif, udp(vif.mac, "10.0.0.1", 67, 68), wire, "dhcp-server")
    refused(vif, frame(BROADCAST, vif.mac, kind=0x88b5), wire, "ethertype")
    db.set_port(uuid(1), 0, ip_lock=["10.0.0.2"], allow=["dhcp-server"])
    db.applied(HOST)
    refused(vif, udp(vif.mac, "10.0.0.1"), wire, "ip-guard")
    check(deliver(vif, udp(vif.mac, "10.0.0.2", 67, 68), wire)["eth0p"], "not allowed")
    db.set_port(uuid(1), 0, guard="mac")
    db.applied(HOST)
    check(deliver(vif, udp(vif.mac, "10.0.0.9"), wire)["eth0p"], "still locked")
    same((dom0.entry(vif)["guard"], dom0.entry(vif)["ip"]), ("mac", []), "show of guard=mac")


@test(limit=120)
def rate_to_vm():
    """a rate to the VM is there before its netdev is up, changes live, survives a new daemon"""
    dom0 = Dom0(database=True)
    db = dom0.db
    db.set_port(uuid(1), 0, rate_to_vm=5_000_000)
    db.applied(HOST)
    vif = dom0.vif(1, access=100)
    connected(dom0, vif)
    same(dict(classes("vif1.0")).get("7666:1"), "5Mbit", f"classes {classes('vif1.0')}")
    same(dom0.entry(vif)["rate_to_vm"], {"bits_per_second": 5_000_000}, "show")
    db.set_port(uuid(1), 0, rate_to_vm=7_000_000)
    db.applied(HOST)
    same(dict(classes("vif1.0")).get("7666:1"), "7Mbit", f"classes {classes('vif1.0')}")
    dom0.kill()
    dom0.start()
    dom0.plugged(vif)
    same(dict(classes("vif1.0")).get("7666:1"), "7Mbit", "after a restart of the daemon")
    before = operations(dom0)
    dom0.kill()
    db.set_port(uuid(1), 0, rate_to_vm=None)
    dom0.start()
    dom0.plugged(vif)
    db.applied(HOST)
    same(classes("vif1.0"), [], "a rate taken away while the daemon was not there")
    check(before <= 1, f"{before} operations of a daemon that found all in place")
