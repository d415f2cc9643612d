# SPDX-License-Identifier: GPL-2.0-or-later
"""ACLs that tc carries out: vifswitchd with offload=software, two VIFs, and rules that change."""
import json

import ctl
import packet
import wait
from dom0 import Dom0, uuid
from packet import SYN, frame
from registry import check, same, test
from test_flower import CONFIG, await_offload, delivered, filters, offload, shown
from test_policy import connected

RULES = (("no-smtp", "direction=from-vm action=deny proto=tcp dst-port=25"),
         ("all", "direction=from-vm action=allow stateless=true"),
         ("in", "direction=to-vm action=allow stateless=true proto=tcp dst-port=0-1023"))


def rule(dom0, acl, name, words, verb="add"):
    ctl.run(dom0, "acl", "rule", verb, acl, name, *words.split())


def tcp(a, b, dport, sport=4000):
    return frame(b.mac, a.mac, (), 0x800, packet.tcp("10.0.0.1", "10.0.0.2", sport, dport, SYN))


def drops(dom0, vif):
    return shown(dom0, vif.netdev)["counters"]["drops"]


@test(limit=240)
def acls_of_the_service():
    """stateless ACLs of sender and receiver in tc: what passes, drops by reason, changes, reasons why not"""
    dom0 = Dom0(CONFIG, database=True)
    for name in ("one", "two"):
        ctl.run(dom0, "acl", "create", name)
        for row in RULES:
            rule(dom0, name, *row)
    for n, name in ((1, "one"), (2, "two")):
        ctl.run(dom0, "port", "set", uuid(n), f"acl={name}")
    a, b = dom0.vif(1), dom0.vif(2)
    connected(dom0, a, b)
    for vif in (a, b):
        await_offload(dom0, vif.netdev, "tc")
        same(offload(dom0, vif.netdev)["why_to_vm"], None, "why nothing leads to it")
    before = dom0.nl.port(a.ifindex).from_packets
    same(delivered(a, tcp(a, b, 80), b), [tcp(a, b, 80)], "what both allow")
    for dport, at, reason in ((25, a, "acl"), (8080, b, "to-acl")):
        was = drops(dom0, at).get(reason, 0)
        same(delivered(a, tcp(a, b, dport), b), [], f"to port {dport}")
        same(drops(dom0, at)[reason], was + 1, f"drops of {at.netdev} for {reason}")
    same(dom0.nl.port(a.ifindex).from_packets, before, "frames that the switch saw")
    hits = {r["name"]: r["hits"] for r in ctl.document(dom0, "acl", "show", "one", "--hits")
            ["acls"][0]["rules"]}
    same((hits["no-smtp"], hits["all"]), (1, 2), "hits of rules that tc carried out")
    # A rule changes, and a restart finds the same.
    rule(dom0, "one", "no-smtp", "dst-port=26", "set")
    wait.until("rules of the new ACL", 30, lambda: any(
        f.get("keys", {}).get("dst_port") == 26 for f in filters(a.netdev).values()))
    same(delivered(a, tcp(a, b, 25), b), [tcp(a, b, 25)], "what is allowed now")
    same(delivered(a, tcp(a, b, 26), b), [], "what is denied now")
    kept = sorted(filters(a.netdev))
    dom0.kill()
    same(delivered(a, tcp(a, b, 26), b), [], "what is denied, without vifswitchd")
    dom0.start()
    await_offload(dom0, a.netdev, "tc")
    same(sorted(filters(a.netdev)), kept, "rules after kill -9")
    # What tc cannot be told, in one direction and in the other.
    rule(dom0, "two", "in", "log=true", "set")
    wait.until("the receiver to be software's", 30, lambda: (
        "log=true" in (offload(dom0, b.netdev)["why_to_vm"] or "")))
    await_offload(dom0, a.netdev, "switch", "addresses")
    await_offload(dom0, b.netdev, "tc")
    same(delivered(a, tcp(a, b, 8080), b), [], "by the switch")
    rule(dom0, "one", "all", "stateless=false", "set")
    await_offload(dom0, a.netdev, "switch", "stateless=false")
    check("stateless=false" in json.dumps(offload(dom0, a.netdev)["why_to_vm"]), "the other direction")
    same(filters(a.netdev), {}, "rules of a port that is software's")
