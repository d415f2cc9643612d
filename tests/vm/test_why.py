# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl why against the kernel: each packet is asked about, then really sent."""
import os
import random

import abi
import acl
import ctl
import documents
import packet
import wait
from acl import Rule
from dom0 import Dom0, uuid
from genl import Error
from packet import ACK, FIN, PSH, RST, SYN, icmp, ip4, ip6, tcp, udp
from registry import check, same, test
from test_acl import ARP, A, B, wrap
from test_vlan import UPLINK
from world import AD, BROADCAST, Q, Switch, deliver, frame, ip, mac

C6 = "fe80::216:3eff:fe00:1"
IPS = [f"{A}/32", "fd00::1/128"]
# What "HTTPS" from a does not fit of the rules to b, of which the last two are for no IP.
HTTPS_MISSES = [("dst-port", "80", "443"), ("proto", "udp", "tcp"), ("proto", "udp", "tcp"),
                ("ethertype", "arp", "ipv4"), ("ethertype", "0x88b5", "ipv4")]
RULES_FROM = [Rule("from", "deny", 0x51, proto=6, dport=22), Rule("from", "allow", 0x52, proto=1)]
RULES_TO = [Rule("to", "allow", 0x61, proto=6, dport=80, stateless=True),
            Rule("to", "deny", 0x62, proto=17, dport=53), Rule("to", "allow", 0x63, proto=17),
            Rule("to", "allow", 0x64, ethertype=ARP), Rule("to", "allow", 0x65, ethertype=0x88b5)]


def why(*words):
    """The exit status is 1 for what is dropped; names come from the kernel alone."""
    done = ctl.run(None, "why", *words, "--json", status=(0, 1))
    document = documents.read(["why"], done.out)
    same(done.status, 0 if document["verdict"] == "delivered" else 1, "exit status")
    return document


def arp(source, sender, sender_ip, target_ip, to=BROADCAST):
    body = bytes.fromhex("0001080006040001") + abi.mac_bytes(sender) + packet.raw(sender_ip) \
        + bytes(6) + packet.raw(target_ip)
    return frame(to, source, kind=ARP, payload=body)


def neighbour(kind, src, target, dst="ff02::1"):
    body = bytes([kind, 0, 0, 0]) + bytes(4) + (packet.raw(target) if target else bytes(8))
    data = packet.transport(src, dst, 58, body, 2)
    return wrap(1, "33:33:00:00:00:01", ip6(src, dst, 58, data, hops=255))


def guarded_cases():
    """(what, frame) from a, which is locked to its MAC and addresses."""
    good = tcp(A, B, 5, 80)
    return [
        ("TCP to a port's address", wrap(1, 2, good)),
        ("another MAC", wrap(9, 2, good)),
        ("a group address as source", wrap(1, 2, good)[:6] + b"\x01" + wrap(1, 2, good)[7:]),
        ("another IP address", wrap(1, 2, tcp("10.0.0.9", B, 5, 80))),
        ("another IPv6 address", wrap(1, 2, tcp("fd00::9", "fd00::2", 5, 80))),
        ("its own ARP", arp(mac(1), mac(1), A, B)),
        ("ARP for somebody else", arp(mac(1), mac(1), "10.0.0.7", B)),
        ("ARP with another MAC", arp(mac(1), mac(7), A, B)),
        ("an advertisement of its own", neighbour(136, C6, "fd00::1")),
        ("an advertisement for somebody else", neighbour(136, C6, "fd00::7")),
        ("a router advertisement", neighbour(134, C6, None)),
        ("a DHCP server's answer", wrap(1, 2, udp(A, B, 67, 68))),
        ("an unknown ethertype", frame(mac(2), mac(1))),
        ("LLDP", frame("01:80:c2:00:00:0e", mac(1), kind=0x88cc)),
        ("a VLAN tag", wrap(1, 2, good, [100])),
        ("two tags", wrap(1, 2, good, [100, 200])),
        ("a service tag", wrap(1, 2, good, [(AD, 100)])),
        ("a priority tag", wrap(1, 2, good, [(Q, 0, 5)])),
        ("a source route", wrap(1, 2, ip4(A, B, 6, good[20:], options=b"\x83\x07\x04" + bytes(5)))),
        ("a TCP header cut short", wrap(1, 2, ip4(A, B, 6, good[20:34]))),
        ("a tiny first fragment", wrap(1, 2, ip4(A, B, 6, good[20:28], more=True))),
        ("a fragment over the header", wrap(1, 2, ip4(A, B, 6, bytes(16), offset=8))),
        ("its own address as destination", wrap(1, 1, good)),
        ("nobody's address", wrap(1, 77, good)),
        ("a closed port's address", wrap(1, 4, good)),
        ("a port that is down", wrap(1, 5, good)),
        ("a port in another VLAN", wrap(1, 6, good)),
        ("too large for the other side", wrap(1, 7, udp(A, B, 1, 2, bytes(1300)))),
        ("broadcast", wrap(1, BROADCAST, udp(A, "10.0.255.255", 1, 2))),
    ]


def acl_cases():
    return [
        ("SSH", wrap(1, 2, tcp(A, B, 5, 22))),
        ("a ping", wrap(1, 2, icmp(A, B))),
        ("HTTP", wrap(1, 2, tcp(A, B, 5, 80))),
        ("HTTPS", wrap(1, 2, tcp(A, B, 5, 443))),
        ("DNS", wrap(1, 2, udp(A, B, 5, 53))),
        ("other UDP", wrap(1, 2, udp(A, B, 5, 54))),
        ("ARP", arp(mac(1), mac(1), A, B, mac(2))),
        ("an unknown ethertype", frame(mac(2), mac(1))),
        ("another unknown ethertype", frame(mac(2), mac(1), kind=0x88b6)),
        ("an impossible header", wrap(1, 2, ip4(A, B, 17, b"x" * 4))),
        ("a later fragment alone", wrap(1, 2, ip4(A, B, 6, bytes(40), offset=64))),
    ]


def moved(switch, before, after):
    """Counters of drops that moved: {(port, reason): n}."""
    return {(name, reason): n - before.get(name, {}).get(reason, 0)
            for name, drops in after.items() for reason, n in drops.items()
            if n != before.get(name, {}).get(reason, 0)}


def all_drops(switch):
    return {p.name: dict(p.drops) for p in switch.nl.ports(switch.ifindex)}


def compare(switch, sender, receivers, what, data):
    """What was foretold, after checking that it came true."""
    told = why(sender.port_name, "hex", data.hex())
    before = all_drops(switch)
    got = deliver(sender, data, receivers, what)
    switch.settle()
    drops = moved(switch, before, all_drops(switch))
    reached = sorted(name[:-1] for name, frames in got.items() if frames)
    story = f"{what}: told {told['verdict']} {told['reason']}, {told['stages']}"
    if told["verdict"] == "delivered":
        same(reached, sorted(to["netdev"] for to in told["to"]), f"{story}: receivers")
        same(drops, {}, f"{story}: drops")
    else:
        same(reached, [], f"{story}: receivers")
        dropped_at = [s["port"] for s in told["stages"] if s["result"] == "drop"]
        same(drops, {(dropped_at[0], told["reason"]): 1}, f"{story}: drops")
    return told


@test(limit=120)
def foretold_guard():
    """29 packets through guard, VLANs and lookup: verdict, reason and port are as foretold"""
    switch = Switch()
    guard = abi.PF_GUARD | abi.PF_IP_GUARD
    a = switch.port("a", abi.program(guard, 100, macs=[mac(1)], ips=IPS), claim=1)
    b = switch.port("b", abi.program(abi.PF_GUARD, 100, macs=[mac(2)]), claim=1)
    closed = switch.port("d", abi.program(abi.PF_GUARD, 100, macs=[mac(4)]), claim=1)
    down = switch.port("e", abi.program(abi.PF_GUARD, 100, macs=[mac(5)]), claim=1)
    other = switch.port("f", abi.program(0, 200), claim=None)
    small = switch.port("g", abi.program(abi.PF_GUARD, 100, macs=[mac(7)]), claim=1)
    switch.nl.fdb_add(other.ifindex, mac(6), 200)
    switch.nl.fdb_add(closed.ifindex, mac(4), 100)
    closed.set(b"")
    ip("link set dev e down", "link set dev g mtu 1000")
    reasons = set()
    for what, data in guarded_cases():
        told = compare(switch, a, [b, closed, other, small], what, data)
        reasons.add(told["reason"])
        check(not told["reason"] or told["sentence"], f"{what}: no sentence")
    check(down.port_name and len(reasons) >= 17, f"few reasons were met: {reasons}")
    told = compare(switch, closed, [a, b], "from a closed port", wrap(4, 2, tcp(A, B, 1, 2)))
    same(told["reason"], "closed", "reason at a closed port")
    thief = switch.port("t", abi.program(abi.PF_LEARN, 100, fdb_max=9))
    told = compare(switch, thief, [a, b], "a stolen address", wrap(1, 2, tcp(A, B, 1, 2)))
    same(told["reason"], "mac-claimed", "reason for a stolen address")
    wire = switch.port("u", UPLINK.program(fdb_max=9))
    told = compare(switch, wire, [a, b], "no VLAN of the VM's", wrap(20, 2, tcp(B, A, 1, 2)))
    same(told["reason"], "no-destination", "reason from the wire")
    trunk = switch.port("v", abi.program(0, None, {100}, set()))
    told = compare(switch, trunk, [a, b], "untagged at a trunk", wrap(21, 2, tcp(B, A, 1, 2)))
    same(told["reason"], "vlan-untagged", "reason at a trunk")


WORLDS, FRAMES = 6, 25
MODES = ((100, None, None), (200, None, None), (0, None, None), (None, {100, 200}, set()),
         (None, {0, 100, 200}, {0}), (100, {100, 200}, {100}), (100, {100, 200}, set()))


def random_port(rng, switch, name, address):
    """A port of any kind; its own address is used by no other."""
    pvid, allowed, untagged = rng.choice(MODES)
    guarded = rng.random() < 0.5
    flags = abi.PF_GUARD if guarded else rng.choice((0, abi.PF_LEARN, abi.PF_LEARN | abi.PF_FLOOD))
    if not guarded and rng.random() < 0.4:
        flags |= abi.PF_UPLINK | abi.PF_FLOOD
    if rng.random() < 0.2:
        flags |= abi.PF_CONTROL
    port = switch.port(name, abi.program(flags, pvid, allowed, untagged,
                                         macs=[address] if guarded else (),
                                         fdb_max=9 if flags & abi.PF_LEARN else 0),
                       cookie=name.encode(), claim=rng.randrange(2) if guarded else None)
    for n in range(11, 15):
        if rng.random() < 0.2:
            try:
                switch.nl.fdb_add(port.ifindex, mac(n), rng.choice((0, 100, 200)))
            except Error:
                pass        # another port's already
    if rng.random() < 0.1:
        port.set(b"")
    port.up, port.uplink = rng.random() > 0.15, bool(flags & abi.PF_UPLINK)
    if not port.up:
        ip(f"link set dev {name} down")
    return port


def random_frame(rng, own, uplink):
    """From an uplink no control frames: what is for the host is not counted at the port."""
    source = own if rng.random() < 0.9 else mac(rng.randrange(1, 15))
    groups = [BROADCAST, BROADCAST, "01:00:5e:00:00:05"]
    control = [] if uplink else ["01:80:c2:00:00:0e", "01:80:c2:00:00:30"]
    to = rng.choice([mac(rng.randrange(1, 6))] * 9 + [mac(rng.randrange(11, 15))] + groups * 2 +
                    control)
    tags = rng.choice([[]] * 6 + [[100], [200]] * 3 + [[300], [(Q, 0, 5)], [100, 200], [(AD, 100)]])
    kinds = [0x0800, 0x88b5] * 4 + ([] if uplink else [0x8902])
    return frame(to, source, tags, kind=rng.choice(kinds))


@test(limit=600)
def foretold_random():
    """150 random frames in random worlds: verdict, reason, port and receivers are as foretold"""
    rng = random.Random(20261128)
    seen = {}
    for world in range(WORLDS):
        switch = Switch(f"w{world}")
        names = [f"{c}{world}" for c in "abcde"]
        ports = [random_port(rng, switch, name, mac(n)) for n, name in enumerate(names, 1)]
        for n in range(FRAMES):
            at = rng.choice([i for i, port in enumerate(ports) if port.up])
            data = random_frame(rng, mac(at + 1), ports[at].uplink)
            told = compare(switch, ports[at], [p for p in ports if p is not ports[at]],
                           f"world {world}, frame {n}, {data[:18].hex()} from {names[at]}", data)
            seen[told["reason"]] = seen.get(told["reason"], 0) + 1
        ip(*(f"link del {name}" for name in names), f"link del w{world}")
    check(len(seen) >= 7 and seen.get(None, 0) >= 10, f"few verdicts were met: {seen}")
    return str(seen)


@test(limit=120)
def foretold_acl():
    """ACLs of both sides: verdict, reason and the rule that decided are as foretold"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile(RULES_FROM))
    switch.nl.acl_load(2, acl.compile(RULES_TO, default_to="deny"))
    a = switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)], acl=1), claim=1)
    b = switch.port("b", abi.program(abi.PF_GUARD, 100, macs=[mac(2)], acl=2), claim=1)
    events = switch.nl.events()
    for what, data in acl_cases():
        events.read()
        told = compare(switch, a, [b], what, data)
        if told["reason"] in ("acl", "to-acl"):
            rule = [e["rule"] for e in events.read(1) if e["event"] == "drop"][0]
            where = "the default" if rule >= acl.DEFAULT_TO else f"({rule:016x})"
            check(where in told["rule"], f"{what}: {told['rule']}, but the kernel says {rule:x}")
            check("vifctl acl rule add" in told["fix"], f"{what}: {told['fix']}")
        for one in told["stages"]:
            rules, cookies = (RULES_FROM, (0x51, 0x52)) if one["stage"] == "acl-from" \
                else (RULES_TO, (0x61, 0x62, 0x63, 0x64, 0x65))
            if "rules" not in one:
                continue
            decided = [n for n, c in enumerate(cookies) if f"({c:016x})" in one["text"]]
            same([r["number"] for r in one["rules"]],
                 list(range(1, (decided[0] if decided else len(rules)) + 1)),
                 f"{what}: rules before the one that decided: {one}")
            check(all(r["misses"] for r in one["rules"]), f"{what}: one that fits: {one}")
            if what == "HTTPS" and one["stage"] == "acl-to":
                same([tuple(r["misses"][0][k] for k in ("field", "wants", "has"))
                      for r in one["rules"]], HTTPS_MISSES, "what HTTPS does not fit")


def about(inner, src, dst):
    """The ICMP error "port unreachable" about a packet."""
    return icmp(src, dst, 3, 3, 0, 0, inner[:64])


def stateful_cases(a, b, c):
    """(what, sender, frame, state of what its table has at the port that decides), in order."""
    def there(data):
        return a, wrap(1, 2, data)

    def back(data, to=1):
        return b, wrap(2, to, data)
    ask, answer = udp(A, B, 7000, 53), udp(B, A, 53, 7000)
    return [
        ("an answer to nothing", *back(answer), None),
        ("UDP", *there(ask), None),
        ("its answer", *back(answer), "new"),
        ("an answer to another port", *back(udp(B, A, 53, 7001)), None),
        ("UDP again", *there(ask), "answered"),
        ("an error about it", *back(about(ask, B, A)), None),
        ("an error about nothing", *back(about(udp(A, B, 7001, 53), B, A)), None),
        ("a ping", *there(icmp(A, B, ident=9)), None),
        ("its answer", *back(icmp(B, A, 0, ident=9)), "echo"),
        ("another's answer", *back(icmp(B, A, 0, ident=8)), None),
        ("SYN", *there(tcp(A, B, 40000, 80, SYN, 1000)), None),
        ("a SYN/ACK that answers something else", *back(tcp(B, A, 80, 40000, SYN | ACK, 5000, 999)),
         "opening"),
        ("SYN/ACK", *back(tcp(B, A, 80, 40000, SYN | ACK, 5000, 1001)), "opening"),
        ("ACK", *there(tcp(A, B, 40000, 80, ACK, 1001, 5001)), "opening"),
        ("data", *back(tcp(B, A, 80, 40000, ACK | PSH, 5001, 1001, b"x")), "established"),
        ("data out of the window", *back(tcp(B, A, 80, 40000, ACK, 0x50000000, 1001)),
         "established"),
        ("a reset out of the window", *there(tcp(A, B, 40000, 80, RST, 0x70000000)), "established"),
        ("impossible flags", *there(tcp(A, B, 40001, 80, SYN | FIN)), None),
        ("a server's data that A does not know", *back(tcp(B, A, 80, 41000, ACK, 1, 1)), None),
        ("the same for C", *back(tcp(B, "10.0.0.3", 80, 41000, ACK, 1, 1), 3), None),
        ("the same with SYN", *back(tcp(B, "10.0.0.3", 80, 41001, SYN | ACK, 1, 1), 3), None),
        ("C to A", c, wrap(3, 1, tcp("10.0.0.3", A, 5, 80, SYN)), None),
        ("FIN", *there(tcp(A, B, 40000, 80, FIN | ACK, 1001, 5002)), "established"),
        ("the other FIN", *back(tcp(B, A, 80, 40000, FIN | ACK, 5002, 1002)), "closing"),
        ("too late", *back(tcp(B, A, 80, 40000, ACK, 0x50000000, 1002)), "closed"),
    ]


@test(limit=240)
def foretold_stateful():
    """25 packets of connections, with the ports' own tables: verdict and reason are as foretold"""
    switch = Switch()
    switch.nl.acl_load(1, acl.compile([], default_to="deny"))
    switch.nl.acl_load(2, acl.compile([Rule("to", "allow", 1, proto=[1, 6, 17])],
                                      default_from="deny"))
    a = switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)], acl=1), claim=1)
    b = switch.port("b", abi.program(abi.PF_GUARD, 100, macs=[mac(2)], acl=2), claim=1)
    c = switch.port("c", abi.program(abi.PF_GUARD, 100, macs=[mac(3)]), claim=1)
    reasons = {}
    for what, sender, data, state in stateful_cases(a, b, c):
        told = compare(switch, sender, [p for p in (a, b, c) if p is not sender], what, data)
        reasons[told["reason"]] = reasons.get(told["reason"], 0) + 1
        asked = [s["session"] for s in told["stages"] if "session" in s]
        same({s["asked"] for s in asked}, {"table"}, f"{what}: who was asked: {told['stages']}")
        same(asked[0]["state"], state, f"{what}: the session: {told['stages']}")
    same(reasons, {None: 13, "acl": 8, "to-acl": 2, "connection-invalid": 2}, "verdicts")


@test(limit=120)
def stateful_in_words():
    """words have no numbers: they fit what the table has; state= asks for either in its place"""
    switch = Switch()
    switch.nl.acl_load(2, acl.compile([Rule("to", "allow", 1, proto=[1, 6, 17])],
                                      default_from="deny"))
    a = switch.port("a", abi.program(abi.PF_GUARD, 100, macs=[mac(1)]), claim=1)
    b = switch.port("b", abi.program(abi.PF_GUARD, 100, macs=[mac(2)], acl=2), claim=1)
    answer = ["b", "tcp", f"{B}:80", f"{A}:40000", "flags=ack", f"to={mac(1)}"]
    ping = ["b", "icmp", B, A, "type=0", f"to={mac(1)}"]
    for words, first, new in ((answer[:4] + ["flags=syn,ack"] + answer[5:],
                               tcp(A, B, 40000, 80, SYN, 1000), "acl"),
                              (ping, icmp(A, B, ident=1234), "acl")):
        same(why(*words)["reason"], "acl", f"{words} before")
        deliver(a, wrap(1, 2, first), [b])
        same([why(*words, *more)["reason"] for more in ((), ("state=new",), ("state=established",))],
             [None, new, None], f"{words} then, and with state=")
    deliver(b, wrap(2, 1, tcp(B, A, 80, 40000, SYN | ACK, 5000, 1001)), [a])
    same([s["session"] for s in why(*answer)["stages"] if "session" in s],
         [{"asked": "table", "state": "opening"}], "the session")
    # data of a server passes without one (vifswitch-acl(7)), even if it is to be new
    same(why(*answer, "state=new")["reason"], None, "a server's data")
    said = ctl.run(None, "why", *answer, "state=old", status=(2,)).said
    check("state=new or state=established" in said, said)
    text = ctl.run(None, "why", *ping[:4], "type=0", f"to={mac(1)}").out
    check("the port has its connection (echo)" in text, text)


@test(limit=60)
def words_and_captures():
    """a packet in words, addresses filled in, and one from a capture say the same as its octets"""
    switch = Switch()
    guard = abi.PF_GUARD | abi.PF_IP_GUARD
    switch.port("a", abi.program(guard, 100, macs=[mac(1)], ips=[f"{A}/32"]), claim=1)
    switch.port("b", abi.program(guard, 100, macs=[mac(2)], ips=[f"{B}/32"]), claim=1)
    told = why("a", "tcp", A, B + ":80")
    same((told["verdict"], [t["netdev"] for t in told["to"]]), ("delivered", ["b"]), "in words")
    same(why("a", "udp", "10.0.0.9", B)["reason"], "ip-guard", "another address in words")
    data = wrap(9, 2, tcp(A, B, 1, 2))
    with open("/tmp/one.pcap", "wb") as f:
        f.write(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
        for one in (wrap(1, 2, tcp(A, B, 1, 2)), data):
            f.write(bytes(8) + len(one).to_bytes(4, "little") * 2 + one)
    same([why("a", "pcap", "/tmp/one.pcap", n)["reason"] for n in ("1", "2")],
         [None, "mac-guard"], "packets of a capture")
    said = ctl.run(None, "why", "a", "tpc", A, B, status=(2,)).said
    check("tcp, udp" in said and "kernel" not in said, said)


def follow(dom0, *words):
    return ctl.start(dom0, "drops", "--follow", *words)


@test(limit=90)
def drops_as_they_happen():
    """drops --follow tells VM, reason and packet, with the daemon and without; and saves frames"""
    dom0 = Dom0()
    vif, other = (dom0.vif(n, access=100, name=f"vm{n}") for n in (1, 2))
    for v in (vif, other):
        dom0.plugged(v)
    bad = wrap(9, 2, udp("10.0.0.9", B, 7, 8))
    for daemon in (True, False):
        if not daemon:
            dom0.kill()
        word = "vm1" if daemon else uuid(1)
        saved = os.path.join(dom0.dir, "drops.pcap")
        text = follow(dom0, word, "--count=1", "--pcap", saved)
        data = follow(dom0, word, "--count=1", "--json")

        def both_end():
            other.send(wrap(8, 1, udp("10.0.0.8", B, 7, 8)))
            vif.send(bad)
            return text.poll() is not None and data.poll() is not None
        wait.until(f"a drop to be told of ({'daemon' if daemon else 'kernel'})", 20, both_end, 0.3)
        out, said = text.communicate(timeout=wait.limit(20))
        same(text.returncode, 0, f"exit status: {out}{said}")
        for part in (f"{word}/0 (vif1.0)", "mac-guard: the source MAC is not one",
                     f"{mac(9)} > {mac(2)} udp 10.0.0.9:7 > 10.0.0.2:8, {len(bad)} octets"):
            check(part in out, f"{part!r} is not in: {out}{said}")
        same(len(out.splitlines()), 1, f"lines of {out}")
        event, = documents.read(["events"], data.communicate(timeout=wait.limit(20))[0])
        same((event["reason"], event["packet"], event["length"], event["vm"]["uuid"]),
             ("mac-guard", bad.hex(), len(bad), uuid(1)), "the event")
        with open(saved, "rb") as f:
            kept = f.read()
        same(kept[40:], bad, "the frame that was saved")
        same(int.from_bytes(kept[36:40], "little"), len(bad), "its length")
    flood = follow(dom0, "vif1.0", "--count=40")

    def ends():
        for _ in range(30):
            vif.send(bad)
        return flood.poll() is not None
    wait.until("40 drops to be told of", 40, ends, 0.3)
    out = flood.communicate(timeout=wait.limit(20))[0]
    check("more that are not shown" in out, f"nothing of those that were suppressed: {out}")
    check("and the same" in out and out.count("mac-guard") == 1, f"the same frame again and again: {out}")
