# SPDX-License-Identifier: GPL-2.0-or-later
"""ACLs from the database: a real vifdbd, vifctl, vifswitchd, netdevs and the kernel's verdicts."""
import json
import signal
import socket
import time

import abi
import ctl
import documents
import wait
from dom0 import Dom0, HOST, uuid
from packet import ACK, SYN, tcp, udp
from registry import check, same, test
from test_daemon import Stream
from test_policy import connected, operations
from world import deliver, frame

IP4 = 0x0800
ADDRESS = "192.0.2.{}"


def vifctl(dom0, line):
    """Run a command line; policy commands wait until it is in force."""
    return ctl.run(dom0, *line.split()).out


def address(vif):
    return ADDRESS.format(vif.domid)


def packet(a, b, kind, *args, **more):
    """Without padding, which connection tracking cuts off."""
    return frame(b.mac, a.mac, kind=IP4, size=0,
                 payload=kind(address(a), address(b), *args, **more))


def numbered(a, b):
    """For a Stream, which puts its numbers behind the packet."""
    data = packet(a, b, udp, 6000, 7000, b"number:" + b"0" * 8)
    return data[:40] + b"\0\0" + data[42:-8]  # no checksum: every number will do


class Follower:
    """Events of the daemon, one object a line."""

    def __init__(self, dom0):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(0.2)
        self.socket.connect(dom0.control)
        self.socket.sendall(b'{"id": 1, "method": "follow", "params": []}\n')
        self.data = b""

    def read(self):
        try:
            self.data += self.socket.recv(1 << 16)
        except TimeoutError:
            pass
        *lines, self.data = self.data.split(b"\n")
        messages = [json.loads(line) for line in lines]
        return [documents.check("event.json", m["params"][0]) for m in messages
                if m.get("method") == "event"]


def arrives(a, b, data, what):
    got = deliver(a, data, [b])[b.name]
    check(any(g.startswith(data) for g in got), f"{what}: did not arrive")


def stopped(a, b, data, reason, what, where=None):
    at = where or (b if reason.startswith("to-") else a)
    before = at.drops().get(reason, 0)
    got = deliver(a, data, [b])[b.name]
    check(not any(g.startswith(data) for g in got), f"{what}: arrived")
    same(at.drops().get(reason, 0) - before, 1, f"{what}: drops for {reason}")


def acl(dom0, name):
    found = [a for a in dom0.ask("acls")["acls"] if a["name"] == name]
    return found[0] if found else None


def hits(dom0, name):
    a = acl(dom0, name)
    counts = {}
    for r in a["rules"]:
        counts[r["name"]] = counts.get(r["name"], 0) + r["hits"]
    return {**counts, "from": a["defaults"]["from_vm"]["hits"], "to": a["defaults"]["to_vm"]["hits"]}


def head(vif):
    return abi.header(vif.state().program)


@test(smoke=True, limit=200)
def in_force_before_the_plug():
    """stateful from the first frame; rules by name in hits and drops; connections bounded"""
    dom0 = Dom0(database=True)
    db = dom0.db
    vifctl(dom0, "acl create web")
    vifctl(dom0, "acl rule add web dns direction=from-vm action=allow proto=udp dst-port=53")
    vifctl(dom0, "acl rule add web http direction=to-vm action=allow proto=tcp dst-port=80")
    vifctl(dom0, "acl rule add web no-ssh direction=to-vm action=deny proto=tcp dst-port=22")
    vifctl(dom0, f"port set {uuid(1)} acl=web connections-max=77")
    same(dom0.ask("acls")["acls"], [], "ACLs in the kernel before a port uses them")
    a, b = dom0.vif(1), dom0.vif(2)
    connected(dom0, a, b)
    same(head(a)["connections_max"], 77, "connections_max")
    arrives(b, a, packet(b, a, tcp, 40000, 80, SYN, 100), "what a rule allows")
    arrives(a, b, packet(a, b, tcp, 80, 40000, SYN | ACK, 200, 101), "its answer")
    stopped(b, a, packet(b, a, tcp, 40000, 22, SYN, 100), "to-acl", "what a rule denies")
    stopped(a, b, packet(a, b, tcp, 40000, 80, SYN, 100), "acl", "what no rule allows")
    arrives(a, b, packet(a, b, udp, 5000, 53), "a request")
    arrives(b, a, packet(b, a, udp, 53, 5000), "its reply")
    counts = hits(dom0, "web")
    same((counts["http"], counts["no-ssh"], counts["dns"]), (1, 1, 1), "hits of the rules")
    check(counts["from"] >= 1 and "implicit-arp" in counts, f"hits: {counts}")
    shown = ctl.document(dom0, "acl", "show", "web", "--hits")["acls"][0]
    same([r["hits"] for r in shown["rules"] if r["name"] == "http"], [1], "hits by vifctl")
    check("default-from-vm" in vifctl(dom0, "acl show web --hits"), "no defaults in the table")
    check(f"{HOST}: 1 port" in vifctl(dom0, "acl list"), "acl list does not name the host")
    entry = dom0.entry(a)
    same((entry["acl"], entry["connections"]), ("web", 2), "show")
    same(acl(dom0, "web")["ports"], 1, "ports of the ACL")
    same((db.host(HOST)["last_error"], db.location(uuid(1))["last_error"]), (None, None), "errors")


@test(limit=200)
def changes_under_traffic():
    """rules come and go by one load each; allowed traffic loses nothing; the program stays"""
    dom0 = Dom0(database=True)
    for rule in ("data direction=from-vm action=allow proto=udp dst-port=7000",
                 "back direction=to-vm action=allow proto=udp dst-port=7000"):
        if not dom0.db.rows("ACL"):
            vifctl(dom0, "acl create web")
        vifctl(dom0, f"acl rule add web {rule}")
    for n in (1, 2):
        vifctl(dom0, f"port set {uuid(n)} acl=web")
    a, b = dom0.vif(1), dom0.vif(2)
    connected(dom0, a, b)
    time.sleep(0.5)
    stream = Stream(a, b, numbered(a, b))
    stream.start()
    programs, before = (a.state().program, b.state().program), operations(dom0)
    for n in range(10):
        vifctl(dom0, f"acl rule add web r{n} at=1 direction=from-vm action=allow proto=tcp"
                     f" dst-port={100 + n}")
    vifctl(dom0, "acl rule move web data at=1")
    same(operations(dom0) - before, 11, "operations for 11 changes of an ACL of two ports")
    vifctl(dom0, "acl rule add web log at=1 direction=from-vm action=allow proto=tcp")
    vifctl(dom0, "acl rule del web log")
    same((a.state().program, b.state().program), programs, "programs of the ports")
    lost = stream.end()
    same(lost, 0, f"packets lost of {stream.sent}")
    check(hits(dom0, "web")["data"] >= stream.sent, "the hits of a rule that stayed went")
    return f"{stream.sent} packets, 0 lost over 13 changes"


@test(limit=200)
def groups_follow_their_members():
    """addresses of a group of VMs: from Port rows anywhere and from ip= of VIFs here"""
    dom0 = Dom0(database=True)
    vifctl(dom0, f"group create friends vms={uuid(2)},{uuid(9)}")
    vifctl(dom0, "acl create web")
    vifctl(dom0, "acl rule add web friends direction=to-vm action=allow src-group=friends"
                 " proto=udp")
    vifctl(dom0, f"port set {uuid(1)} acl=web")
    a, b = dom0.vif(1), dom0.vif(2, ip=ADDRESS.format(2))
    c = dom0.vif(3)
    connected(dom0, a, b, c)
    wait.until("the group to have the address of ip=", 20, lambda: any(
        g.startswith(packet(b, a, udp, 1, 2)) for g in deliver(b, packet(b, a, udp, 1, 2),
                                                                [a])[a.name]))
    stopped(c, a, packet(c, a, udp, 1, 2), "to-acl", "no member", a)
    before = operations(dom0)
    vifctl(dom0, f"port set {uuid(9)} lock-ip={address(c)}")
    same(operations(dom0) - before, 1, "operations for a lock of a VM that is elsewhere")
    arrives(c, a, packet(c, a, udp, 1, 2), "the address of a member that is elsewhere")
    vifctl(dom0, f"port set {uuid(9)} lock-ip=198.51.100.9")
    stopped(c, a, packet(c, a, udp, 1, 2), "to-acl", "an address that is a member's no more", a)
    vifctl(dom0, f"group add friends addresses={address(c)}")
    arrives(c, a, packet(c, a, udp, 1, 2), "an address of the group itself")
    before = operations(dom0)
    vifctl(dom0, f"port set {uuid(9)} lock-ip={address(c)}")
    vifctl(dom0, f"port clear {uuid(9)} lock-ip")
    vifctl(dom0, f"port set {uuid(8)} lock-ip=198.51.100.8")
    check(operations(dom0) - before <= 2, "operations for locks of no consequence")
    vifctl(dom0, f"group remove friends vms={uuid(2)}")
    stopped(b, a, packet(b, a, udp, 1, 2), "to-acl", "a VM that left the group", a)


@test(limit=240)
def restart_loads_nothing():
    """kill -9: the next daemon knows its ACLs, also when vifdbd is gone, and changes nothing"""
    dom0 = Dom0(database=True)
    db = dom0.db
    vifctl(dom0, f"group create friends vms={uuid(2)}")
    vifctl(dom0, "acl create web")
    vifctl(dom0, "acl rule add web data direction=from-vm action=allow dst-group=friends")
    vifctl(dom0, "acl create second from-vm-default=allow to-vm-default=allow")
    for n, name in ((1, "web"), (3, "second"), (4, "web")):
        vifctl(dom0, f"port set {uuid(n)} acl={name}")
    a, b, c = dom0.vif(1), dom0.vif(2, ip=ADDRESS.format(2)), dom0.vif(3)
    connected(dom0, a, b, c)
    wait.until("the rule to have the member's address", 20, lambda: any(
        g.startswith(packet(a, b, udp, 1, 2)) for g in deliver(a, packet(a, b, udp, 1, 2),
                                                                [b])[b.name]))
    time.sleep(1)
    kernel = [(k.id, k.cookie) for k in dom0.nl.acls()]
    programs = [(p.ifindex, p.program) for p in dom0.nl.ports()]
    counted = hits(dom0, "web")["data"]
    stream = Stream(a, b, numbered(a, b))
    stream.start()
    dom0.kill(signal.SIGKILL)
    dom0.start()
    db.applied(HOST, 40)
    same(operations(dom0), 0, "operations of a new daemon")
    db.kill()
    dom0.kill(signal.SIGKILL)
    dom0.start()
    wait.until("it to take the copy", 20, lambda: (dom0.entry(a) or {}).get("policy") == {
        "source": "copy"})
    same(operations(dom0), 0, "operations of a new daemon without a database")
    same([(k.id, k.cookie) for k in dom0.nl.acls()], kernel, "ACLs in the kernel")
    same([(p.ifindex, p.program) for p in dom0.nl.ports()], programs, "programs")
    d = dom0.vif(4)
    dom0.plugged(d)
    same(head(d)["acl"], head(a)["acl"], "the ACL of a VIF that came without the database")
    same(stream.end(), 0, f"packets lost of {stream.sent}")
    check(hits(dom0, "web")["data"] > counted, "hits went")
    db.start()
    vifctl(dom0, "acl rule del web data")
    stopped(a, b, packet(a, b, udp, 1, 2), "acl", "a rule taken away while the daemon knew it")
    return f"{stream.sent} packets, 0 lost"


@test(limit=300)
def shared_by_fifty():
    """50 ports, one ACL: one load each change; without ports it leaves the kernel"""
    dom0 = Dom0(database=True)
    db = dom0.db
    vifctl(dom0, "acl create web")
    vifctl(dom0, "acl rule add web data direction=from-vm action=allow proto=udp")
    row = db.rows("ACL")[0]["_uuid"]
    db.transact(*[{"op": "insert", "table": "Port", "row": {
        "vm": ["uuid", uuid(n)], "devid": 0, "acl": ["uuid", row]}} for n in range(1, 51)])
    vifs = [dom0.vif(n) for n in range(1, 51)]
    for v in vifs:
        dom0.plugged(v, 60)
    db.applied(HOST, 60)
    same((acl(dom0, "web")["ports"], len(dom0.nl.acls())), (50, 1), "ports, ACLs in the kernel")
    before = operations(dom0)
    vifctl(dom0, "acl rule add web more direction=from-vm action=allow proto=tcp")
    same(operations(dom0) - before, 1, "operations for a rule of 50 ports")
    for n in range(1, 51):
        db.set_port(uuid(n), 0, acl=None)
    db.applied(HOST, 60)
    same((dom0.nl.acls(), dom0.ask("acls")["acls"]), ([], []), "ACLs that nobody uses")
    db.set_port(uuid(1), 0, acl=["uuid", row])
    db.applied(HOST, 60)
    same(acl(dom0, "web")["ports"], 1, "used again")
    dom0.remove(vifs[0])
    wait.until("the ACL to go with its last port", 20, lambda: not dom0.nl.acls())


@test(limit=240)
def impossible_acls():
    """a new port stays closed and says why; one in place keeps its last good rules and says why"""
    dom0 = Dom0(database=True)
    db = dom0.db
    vifctl(dom0, "acl create web")
    vifctl(dom0, "acl rule add web data direction=from-vm action=allow proto=udp")
    vifctl(dom0, f"port set {uuid(1)} acl=web")
    vifctl(dom0, f"port set {uuid(2)} acl=web")
    a = dom0.vif(1)
    b = dom0.vif(5)
    connected(dom0, a, b)
    program, kernel = a.state().program, [(k.id, k.cookie) for k in dom0.nl.acls()]
    for columns, words in (({"dst_ports": ["map", [[5, 4]]]}, ("rule data", "dst_ports 5-4")),
                           ({"protocol": None, "dst_ports": ["map", [[80, 80]]]},
                            ("rule data", "dst_ports 80-80 needs a protocol")),
                           ({"src": ["10.0.0.5/8"]}, ("rule data", 'src="10.0.0.5/8"')),
                           ({"protocol": 6, "tcp_flags_set": ["syn"], "tcp_flags_clear": ["syn"]},
                            ("rule data", "syn is in both"))):
        clean = {"protocol": 17, "dst_ports": ["map", []], "src": None, "tcp_flags_set": None,
                 "tcp_flags_clear": None}
        db.transact({"op": "update", "table": "Rule", "where": [], "row": {
            c: v if isinstance(v, list) and v[:1] == ["map"] else
            ["set", v or []] if not isinstance(v, int) else v
            for c, v in {**clean, **columns}.items()}})
        db.applied(HOST)
        for said in (db.location(uuid(1))["last_error"], db.host(HOST)["last_error"],
                     acl(dom0, "web")["error"], dom0.entry(a)["error"]):
            check(said and "ACL web" in said and all(w in said for w in words),
                  f"{columns}: said {said}")
        db.location(uuid(1), state="active")
        same((a.state().program, [(k.id, k.cookie) for k in dom0.nl.acls()]),
             (program, kernel), f"program and ACL with {columns}")
    arrives(a, b, packet(a, b, udp, 1, 2), "what the last good version allows")
    c = dom0.vif(2)
    dom0.refused(c, "ACL web", "rule data", "syn is in both")
    # A new daemon does not know the good version, but leaves it in place.
    dom0.kill(signal.SIGKILL)
    dom0.start()
    db.applied(HOST, 40)
    same((a.state().program, [(k.id, k.cookie) for k in dom0.nl.acls()], operations(dom0)),
         (program, kernel, 0), "program and ACL after a restart")
    check("syn is in both" in db.location(uuid(1), state="active")["last_error"], "last_error")
    db.transact({"op": "update", "table": "Rule", "where": [], "row": {
        "protocol": 17, "tcp_flags_set": ["set", []], "tcp_flags_clear": ["set", []]}})
    db.applied(HOST)
    dom0.plugged(c)
    db.location(uuid(1), state="active", last_error=None)
    same(db.host(HOST)["last_error"], None, "last_error of the host at the end")


@test(limit=240)
def several_in_an_order():
    """one object for ports with the same list; the order decides; hits, why and drops name the ACL"""
    dom0 = Dom0(database=True)
    vifctl(dom0, "acl create base from-vm-default=allow to-vm-default=allow")
    vifctl(dom0, "acl rule add base no-7001 direction=to-vm action=deny proto=udp dst-port=7001")
    vifctl(dom0, "acl create web from-vm-default=allow")
    vifctl(dom0, "acl rule add web all direction=to-vm action=allow proto=udp dst-port=7000-7001")
    for n in (1, 2):
        vifctl(dom0, f"port set {uuid(n)} acl=base,web")
    a, b = dom0.vif(1), dom0.vif(2)
    connected(dom0, a, b)
    same([(x["name"], x["acls"], x["ports"]) for x in dom0.ask("acls")["acls"]],
         [("base,web", ["base", "web"], 2)], "objects of two ports with one list")
    good, bad, other = (packet(a, b, udp, 6000, port) for port in (7000, 7001, 7002))
    arrives(a, b, good, "what the second allows")
    stopped(a, b, bad, "to-acl", "what the first denies")
    stopped(a, b, other, "to-acl", "what neither says: the second's default")
    rules = {(r["acl"], r["name"]): r["hits"] for r in acl(dom0, "base,web")["rules"]}
    same((rules["base", "no-7001"], rules["web", "all"]), (1, 1), "hits by ACL and rule")
    same(acl(dom0, "base,web")["defaults"]["to_vm"]["acl"], "web", "whose default it is")
    text = vifctl(dom0, "acl show base --hits")
    check("base/no-7001" in text and "web/all" in text and "web/default-to-vm" in text, text)
    same(dom0.entry(b)["acl"], "base,web", "show")
    why = ctl.run(dom0, "why", "vif1.0", "udp", address(a), address(b) + ":7001", f"to={b.mac}",
                  status=(1,)).out
    check("rule no-7001 of ACL base" in why, why)
    operations_before = operations(dom0)
    vifctl(dom0, f"port set {uuid(2)} acl=web,base")
    arrives(a, b, bad, "what the first allows now")
    same(operations(dom0) - operations_before, 2, "operations: one load, one program")
    programs = a.state().program, b.state().program
    dom0.kill(signal.SIGKILL)
    dom0.start()
    dom0.db.applied(HOST, 40)
    same((a.state().program, b.state().program), programs, "programs after a restart")
    same(sorted(x["name"] for x in dom0.ask("acls")["acls"]), ["base,web", "web,base"], "after a restart")
    vifctl(dom0, "acl rule set web all dst-port=7002")
    arrives(a, b, other, "a rule of one of them, changed")


@test(limit=150)
def events_name_the_rule():
    """drops and logged matches of a follower carry the names of ACL and rule"""
    dom0 = Dom0(database=True)
    vifctl(dom0, "acl create web")
    vifctl(dom0, "acl rule add web telnet direction=from-vm action=deny proto=tcp dst-port=23")
    vifctl(dom0, "acl rule add web seen direction=from-vm action=allow proto=udp log=true")
    vifctl(dom0, f"port set {uuid(1)} acl=web")
    a, b = dom0.vif(1), dom0.vif(2)
    connected(dom0, a, b)
    ear = Follower(dom0)
    ear.read()
    a.send(packet(a, b, tcp, 1, 23, SYN))
    a.send(packet(a, b, udp, 1, 2))
    a.send(packet(a, b, tcp, 1, 80, SYN))
    got = {}

    def all_three():
        for e in ear.read():
            if e["event"] in ("drop", "rule-log") and e.get("rule"):
                got[e["rule"]] = e
        return {"telnet", "seen", "default-from-vm"} <= set(got)
    wait.until("the three events", 20, all_three)
    same({n: (e["event"], e["acl"], e.get("reason")) for n, e in got.items()
          if not n.startswith("implicit")},
         {"telnet": ("drop", "web", "acl"), "seen": ("rule-log", "web", None),
          "default-from-vm": ("drop", "web", "acl")}, "events")
