# SPDX-License-Identifier: GPL-2.0-or-later
"""What vifctl suggests is done as it is printed, and mends what it was printed for."""
import shlex

import ctl
import wait
from dom0 import HOST, Dom0
from packet import udp
from registry import check, same, test
from test_acl import wrap
from world import mac

CONFIG = """switch xenbr0 {
	uplink eth0 { tagged = {1-99} }
}
"""
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
LINK_LOCAL = "fe80::216:3eff:fe00:1"
# (packet of vm1, the reason why it is dropped, which the fix that is printed takes away)
DROPPED = [
    (("tcp", A, "vm2:80", f"from={mac(9)}"), "mac-guard"),
    (("tcp", "10.0.0.9", "vm2:80"), "ip-guard"),
    (("arp", "10.0.0.7", B), "arp-guard"),
    (("tcp", "fd00::9", "fd00::2", "to=vm2"), "ip-guard"),
    (("na", "fd00::9", "fd00::2", "target=fd00::7", "to=vm2"), "nd-guard"),
    (("udp", A + ":67", "vm2:68"), "dhcp-server"),
    (("ra", LINK_LOCAL, "ff02::1"), "router"),
    (("eth:0x88cc", "to=01:80:c2:00:00:0e"), "control"),
    (("tcp", A, "vm2:22", "vlan=7"), "vlan-denied"),
]


def why(dom0, *words):
    return ctl.document(dom0, "why", *words, status=(0, 1))


def paste(dom0, text):
    """The command at the end of a sentence, as it stands there."""
    words = shlex.split(text[text.index("vifctl "):])
    ctl.run(dom0, *words[1:])
    dom0.db.applied(HOST)


def mends(dom0, vm, packet, reason):
    told = why(dom0, vm, *packet)
    same(told["reason"], reason, f"{packet}: {told}")
    check(told["fix"], f"{packet}: no fix: {told}")
    paste(dom0, told["fix"])
    after = why(dom0, vm, *packet)
    same(after["verdict"], "delivered", f"{packet} after {told['fix']}: {after}")
    return after


@test(limit=240)
def fixes_of_why():
    """each reason that policy can change: the fix that why prints is pasted, and the packet passes"""
    dom0 = Dom0(CONFIG, database=True)
    vifs = [dom0.vif(n, access=vlan, ip=address) for n, vlan, address in
            ((1, 50, A), (2, 50, B), (3, 60, C), (4, 200, "10.0.0.4"))]
    for vif in vifs:
        dom0.plugged(vif)
        vif.key("state", 4)
    wait.until("the ports to be active", 20,
               lambda: all(dom0.entry(v)["state"] == "active" for v in vifs))
    told = why(dom0, "vm1", "tcp", A, "vm2:80")
    same([t["port"] for t in told["to"]], ["vm2/0"], f"by name: {told}")
    for packet, reason in DROPPED:
        mends(dom0, "vm1", packet, reason)
    told = why(dom0, "vm1", "tcp", A, "vm3:80")
    same(([t["port"] for t in told["to"]], told["notes"]), (["eth0"], [
        "the destination is vm3/0, which is in VLAN 60, and the packet in VLAN 50: only a router "
        "brings it there"]), "a VM in another VLAN")
    told = why(dom0, "vm4", "tcp", "10.0.0.4", "10.0.0.99")
    same(told["reason"], "no-destination", f"no way out: {told}")
    check("no uplink carries VLAN 200" in told["fix"] and "eth0" in told["fix"], told)
    check("nobody has" in " ".join(told["notes"]), f"a MAC address was made up: {told}")


@test(limit=120)
def fixes_of_state_and_rules():
    """a port that policy closed and a packet that an ACL denies: named, and mended as printed"""
    dom0 = Dom0(CONFIG, database=True)
    vifs = [dom0.vif(n, access=50, ip=address) for n, address in ((1, A), (2, B))]
    for vif in vifs:
        dom0.plugged(vif)
        vif.key("state", 4)
    ctl.run(dom0, "port", "set", "vm1", "state=down")
    ctl.run(dom0, "port", "set", "vm2", "state=down")
    same(why(dom0, "vm1", "tcp", A, B + ":22")["reason"], "closed", "a closed port")
    found = ctl.document(dom0, "doctor", status=(1,))["findings"]
    closed = {f["subject"]: f for f in found if f["check"] == "closed"}
    same(sorted(closed), ["vm1/0", "vm2/0"], f"what doctor finds: {found}")
    check("state=down" in closed["vm2/0"]["text"], closed)
    paste(dom0, closed["vm2/0"]["command"])
    mends(dom0, "vm1", ("tcp", A, "vm2:22"), "closed")
    ctl.run(dom0, "acl", "create", "strict", "to-vm-default=allow")
    ctl.run(dom0, "port", "set", "vm1", "acl=strict")
    mends(dom0, "vm1", ("tcp", A, "vm2:22"), "acl")
    ctl.run(dom0, "acl", "rule", "add", "strict", "first", "at=1", "direction=from-vm", "action=deny",
            "proto=udp")
    ctl.run(dom0, "acl", "rule", "add", "strict", "late", "direction=from-vm", "action=allow",
            "proto=udp", "dst-port=53")
    mends(dom0, "vm1", ("udp", A, "vm2:53"), "acl")
    ctl.run(dom0, "acl", "rule", "set", "strict", "first", "log=yes")
    said = "rule first of ACL strict: deny: "

    def logged():
        vifs[0].send(wrap(1, 2, udp(A, B, 7, 99)))
        return said in dom0.log(100000)
    wait.until("a match of a rule with log=yes to be in the journal", 20, logged)
    for _ in range(300):
        vifs[0].send(wrap(1, 2, udp(A, B, 7, 99)))
    line = dom0.log(100000).split(said)[1].splitlines()[0]
    check("udp 10.0.0.1:7 > 10.0.0.2:99" in line, line)
    check(dom0.log(100000).count(said) <= 60, "the journal is flooded")


@test(limit=120)
def drops_are_told_until_they_are_over():
    """drops --reset: what was dropped before is told no more, by doctor neither; --all tells it"""
    dom0 = Dom0(CONFIG)
    vif = dom0.vif(1, access=50)
    dom0.plugged(vif)

    def dropped(n, reason):
        before = vif.drops().get(reason, 0)
        for _ in range(n):
            vif.send(wrap(9, 2, udp(A, B, 7, 8)))
        wait.until("the drops to be counted", 20, lambda: vif.drops().get(reason, 0) == before + n)

    def told(*words):
        return [(d["reason"], d["count"]) for d in ctl.document(dom0, "drops", *words)["drops"]]
    dropped(12, "mac-guard")
    same(told(), [("mac-guard", 12)], "before")
    ctl.run(dom0, "drops", "vm1", "--reset")
    same((told(), told("--all")), ([], [("mac-guard", 12)]), "after")
    check(not [f for f in ctl.document(dom0, "doctor", status=(0, 1))["findings"]
               if f["check"] == "drops"], "doctor tells of what is over")
    dropped(3, "mac-guard")
    same((told("vm1"), told("--all")), ([("mac-guard", 3)], [("mac-guard", 15)]), "counted from there")
    dom0.remove(vif)
    again = dom0.vif(1, access=50)
    dom0.plugged(again)
    same(told("--all"), [], "a port that was made anew has no past")
