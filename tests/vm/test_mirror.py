# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrors: whose frames are copied where, how the copies look, and what they cost others."""
import struct
import threading

import abi
import acl
import mirror
import packet
import wait
from acl import Rule
from genl import Error
from packet import ACK, SYN, tcp, udp
from registry import check, same, test
from test_acl import A, B, program, wrap
from test_offload import Watch, transfer
from test_vlan import UPLINK, access, trunk
from world import (BROADCAST, Guest, Switch, Tap, deliver, frame, index, ip, mac, refused,
                   tags_of)

LLDP = "01:80:c2:00:00:0e"


def sensor(switch, name="s", number=1, cookie=b"m1", **how):
    port = switch.port(name)
    switch.nl.mirror_set(switch.ifindex, number, mirror.blob(port.ifindex, **how), cookie)
    return port


def watched(switch, a_from=0, a_to=0, b_from=0, b_to=0, **kw):
    """Two VMs' ports in VLAN 100, whose frames go to those mirrors."""
    return [switch.port(name, program(n, mirror_from=f, mirror_to=t, **kw), claim=1)
            for name, n, f, t in (("a", 1, a_from, a_to), ("b", 2, b_from, b_to))]


def counts(switch, number=1):
    found = [m for m in switch.nl.mirrors(switch.ifindex) if m.number == number]
    return found[0] if found else None


def copies(sender, data, receivers, what, expected):
    got = deliver(sender, data, receivers, what)
    for name, frames in expected.items():
        same(got[name], frames, f"{what}: at {name}")


@test(smoke=True)
def both_directions():
    """what a port sends and gets reaches the sensor once, in order, as the port sees it"""
    switch = Switch()
    s = sensor(switch)
    a, b = watched(switch, 1, 1)
    there, back = wrap(1, 2, udp(A, B, 1, 2)), wrap(2, 1, udp(B, A, 2, 1))
    copies(a, there, [b, s], "sent", {"bp": [there], "sp": [there]})
    copies(b, back, [a, s], "got", {"ap": [back], "sp": [back]})
    group = frame(BROADCAST, mac(2), kind=0x800, payload=udp(B, "255.255.255.255", 9, 9))
    copies(b, group, [a, s], "a broadcast", {"ap": [group], "sp": [group]})
    own = frame(BROADCAST, mac(1), kind=0x800, payload=udp(A, "255.255.255.255", 9, 9))
    copies(a, own, [b, s], "its own broadcast", {"bp": [own], "sp": [own]})
    a.set(program(1, mirror_from=1))
    copies(b, back, [a, s], "got, from alone", {"ap": [back], "sp": []})
    a.set(program(1, mirror_to=1))
    copies(a, there, [b, s], "sent, to alone", {"bp": [there], "sp": []})
    a.set(program(1))
    copies(a, there, [b, s], "neither", {"bp": [there], "sp": []})
    m = counts(switch)
    same((m.packets, m.over_rate, m.no_output, m.failed, m.cut, m.cookie),
         (4, 0, 0, 0, 0, b"m1"), "counters")
    same(s.state().to_packets, 4, "the sensor port's own count")


@test(smoke=True)
def same_tag_both_ways():
    """a trunk's frames are copied with their tag, an access port's without, both ways"""
    switch = Switch()
    s = sensor(switch)
    t = switch.port("t", trunk(100, 200).program([mac(1)], mirror_from=1, mirror_to=1), claim=1)
    a = switch.port("a", access(100).program([mac(2)]), claim=1)
    there = frame(mac(2), mac(1), [100], 0x800, udp(A, B, 1, 2))
    back = frame(mac(1), mac(2), [], 0x800, udp(B, A, 2, 1))
    got = deliver(t, there, [a, s])
    same([tags_of(f) for f in got["sp"]], [[100]], "tag of what the trunk sent")
    got = deliver(a, back, [t, s])
    same([tags_of(f) for f in got["sp"]], [[100]], "tag of what the trunk got")
    same(got["tp"], got["sp"], "what the trunk got and its copy")


@test(smoke=True)
def one_copy_an_output():
    """ports and mirrors that choose the same frame give each output one copy of it"""
    switch = Switch()
    s = sensor(switch)
    other = sensor(switch, "s2", 2, b"m2")
    switch.nl.mirror_set(switch.ifindex, 3, mirror.blob(s.ifindex), b"m3")
    a, b = watched(switch, 5, 5, 7, 7)
    data = wrap(1, 2, udp(A, B, 1, 2))
    copies(a, data, [b, s, other], "chosen five times",
           {"bp": [data], "sp": [data], "s2p": [data]})
    same([counts(switch, n).packets for n in (1, 2, 3)], [1, 1, 0], "copies of each mirror")
    switch.nl.mirror_del(switch.ifindex, 1)
    copies(a, data, [b, s, other], "after the first went",
           {"bp": [data], "sp": [data], "s2p": [data]})
    same([m.number for m in switch.nl.mirrors()], [2, 3], "mirrors")


@test(smoke=True)
def a_sensor_is_outside():
    """nothing but copies reaches a sensor, nothing that it sends comes in, and it gets no program"""
    switch = Switch()
    s = sensor(switch)
    a, b = watched(switch)
    group = frame(BROADCAST, mac(1), kind=0x800, payload=udp(A, "255.255.255.255", 9, 9))
    copies(a, group, [b, s], "a broadcast", {"bp": [group], "sp": []})
    refused(s, frame(mac(1), mac(9), kind=0x800, payload=udp(B, A, 1, 2)), [a, b], "closed")
    for what, doing in (
            ("a program for a sensor", lambda: s.set(program(3))),
            ("an open port as sensor", lambda: switch.nl.mirror_set(
                switch.ifindex, 2, mirror.blob(a.ifindex))),
            ("the local port as sensor", lambda: switch.nl.mirror_set(
                switch.ifindex, 2, mirror.blob(switch.ifindex))),
            ("another switch's port", lambda: switch.nl.mirror_set(
                switch.ifindex, 2, mirror.blob(Switch("sw1").port("x").ifindex))),
            ("no such netdev", lambda: switch.nl.mirror_set(
                switch.ifindex, 2, mirror.blob(9999)))):
        try:
            doing()
            check(False, f"{what} was accepted")
        except Error as e:
            check("accepted:" in e.text, f"{what}: {e.text}")
    switch.nl.mirror_del(switch.ifindex, 1)
    s.set(program(3), claim=1)
    copies(a, group, [b, s], "no sensor any more", {"bp": [group], "sp": [group]})


@test(smoke=True)
def refused_frames():
    """what a port's own policy refuses is copied only if the mirror says so"""
    switch = Switch()
    s = sensor(switch)
    switch.nl.acl_load(1, acl.compile([Rule("from", "deny", 7, proto=17, dport=53),
                                       Rule("to", "deny", 8, proto=17, dport=54)]))
    a = switch.port("a", program(1, 1, mirror_from=1, mirror_to=1), claim=1)
    b = switch.port("b", program(2), claim=1)
    forged = frame(mac(2), mac(77), kind=0x800, payload=udp(A, B, 1, 2))
    denied, kept_out = wrap(1, 2, udp(A, B, 1, 53)), wrap(2, 1, udp(B, A, 1, 54))
    tagged = frame(mac(2), mac(1), [300], 0x800, udp(A, B, 1, 2))
    for dropped in (False, True):
        switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(s.ifindex, dropped=dropped), b"m1")
        for sender, data, what in ((a, forged, "forged"), (a, denied, "denied"),
                                   (a, tagged, "another VLAN"), (b, kept_out, "kept out")):
            copies(sender, data, [s], what, {"sp": [data] if dropped else []})
    # into a VLAN: with that one's tag, whatever was found of the frame before it was refused
    up = uplink(switch, "eth0")
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(vlan=900, dropped=True))
    for data, what in ((forged, "forged"), (tagged, "another VLAN"), (denied, "denied")):
        got = deliver(a, data, [up], what)["eth0p"]
        same([f[12:16] for f in got], [b"\x81\x00\x03\x84"], f"{what}: the copy's tag")
    # a VLAN's mirror has nothing to do with frames that have none
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(s.ifindex, dropped=True, vlans=[100]))
    copies(a, denied, [s], "denied in its VLAN", {"sp": [denied]})
    copies(a, tagged, [s], "of no VLAN", {"sp": []})


@test(smoke=True)
def filters():
    """by VLAN, and in the words of an ACL, each direction by its own rules"""
    switch = Switch()
    s = sensor(switch, vlans=[200])
    t = switch.port("t", trunk(100, 200).program([mac(5)], mirror_from=1, mirror_to=1), claim=1)
    for vlan in (100, 200):
        data = frame(BROADCAST, mac(5), [vlan], 0x800, udp(A, B, 1, 2))
        copies(t, data, [s], f"VLAN {vlan}", {"sp": [data] if vlan == 200 else []})
    switch.nl.acl_load(9, acl.compile([Rule("from", "allow", 1, proto=6, dport=80),
                                       Rule("to", "allow", 2, proto=6, sport=80)],
                                      default_from="deny", default_to="deny"))
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(s.ifindex, acl=9))
    a, b = watched(switch, 1, 1)
    ask, answer = (wrap(1, 2, tcp(A, B, 40000, 80, SYN)),
                   wrap(2, 1, tcp(B, A, 80, 40000, SYN | ACK)))
    other = wrap(1, 2, tcp(A, B, 40000, 81, SYN))
    for sender, data, shown in ((a, ask, True), (b, answer, True), (a, other, False),
                                (b, wrap(2, 1, tcp(B, A, 80, 80, SYN)), True),
                                (a, frame(mac(2), mac(1), kind=0x88b5, payload=b"x" * 50), False)):
        copies(sender, data, [s], "filtered", {"sp": [data] if shown else []})
    try:
        switch.nl.acl_del(9)
        check(False, "an ACL went that a mirror names")
    except Error:
        pass
    switch.nl.mirror_del(switch.ifindex, 1)
    switch.nl.acl_del(9)


class Sums(Watch):
    """Also whether each IPv4 TCP segment is whole and its checksum right."""

    bad, payload = 0, 0

    def run(self):
        while not self.stop:
            for data in self.tap.received(0.2):
                self.largest = max(self.largest, len(data))
                self.look(data[14:])

    def look(self, data):
        if data[:1] != b"\x45" or data[9] != 6:
            return
        length = struct.unpack_from(">H", data, 2)[0]
        segment = data[20:length]
        pseudo = data[12:20] + struct.pack(">HH", 6, len(segment))
        self.bad += packet.checksum(pseudo + segment) != 0 or packet.checksum(data[:20]) != 0
        self.payload += len(segment) - (segment[12] >> 4) * 4


@test(smoke=True, limit=90)
def as_on_a_cable():
    """of GSO frames the sensor sees each packet, with its checksum; the counters agree"""
    switch = Switch()
    s = sensor(switch)
    a = Guest(switch.port("a", access(100).program([mac(1)], mirror_from=1, mirror_to=1)),
              "10.1.0.1", mac(1))
    b = Guest(switch.port("b", access(100).program([mac(2)])), "10.1.0.2", mac(2))
    watch = Sums(Tap("sp"))
    watch.start()
    transfer(a, b, 5001, 1 << 20)
    wait.until("the copies", 20, lambda: watch.payload >= 1 << 20)
    watch.stop = True
    watch.join()
    state, m = a.port.state(), counts(switch)
    same(watch.bad, 0, "bad checksums")
    check(watch.largest <= 1514, f"the largest copy has {watch.largest} octets")
    check(watch.payload >= 1 << 20, f"{watch.payload} octets of payload seen")
    same(m.packets, state.from_packets + state.to_packets, "copies, and packets of the port")
    same(m.octets, state.from_bytes + state.to_bytes, "octets of both")
    same((m.failed, m.cut, m.over_rate), (0, 0, 0), "others")


@test(smoke=True)
def shortened():
    """snaplen cuts copies, the frames go on whole; so does the sensor's MTU, which is counted"""
    switch = Switch()
    s = sensor(switch, snaplen=64)
    a, b = watched(switch, 1)
    data = wrap(1, 2, udp(A, B, 1, 2, b"x" * 400))
    copies(a, data, [b, s], "snaplen", {"bp": [data], "sp": [data[:64]]})
    ip("link set dev s mtu 300", "link set dev sp mtu 300")
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(s.ifindex), b"m1")
    copies(a, data, [b, s], "MTU", {"bp": [data], "sp": [data[:314]]})
    m = counts(switch)
    same((m.packets, m.octets, m.cut), (2, 64 + 314, 1), "counters")


@test(smoke=True)
def within_its_budget():
    """what the budget has no room for is counted, and delivered all the same"""
    switch = Switch()
    s = sensor(switch, packet_rate=1)
    a, b = watched(switch, 1)
    data = wrap(1, 2, udp(A, B, 1, 2))
    got = deliver(a, data, [b, s], "many", 1000)
    m = counts(switch)
    same(len(got["bp"]), 1000, "frames delivered")
    same(len(got["sp"]), m.packets, "copies")
    same(m.packets + m.over_rate, 1000, "copies and frames over the rate")
    check(250 <= m.packets <= 300, f"{m.packets} copies of a burst of 256, less two cells")
    # another mirror with room gives the same output what this one does not
    switch.nl.mirror_set(switch.ifindex, 2, mirror.blob(s.ifindex), b"m2")
    a.set(program(1, mirror_from=3))
    got = deliver(a, data, [b, s], "two mirrors", 100)
    same(len(got["sp"]), 100, "copies by either")
    first, m = m, counts(switch)
    same(m.packets + m.over_rate, 1100, "of the first")
    same(counts(switch, 2).packets, m.over_rate - first.over_rate, "of the second")
    a.set(program(1, mirror_from=1))
    # setting it anew does not fill its bucket again, and its counters go on
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(s.ifindex, packet_rate=1), b"m1")
    deliver(a, data, [b, s], "again", 200)
    now = counts(switch)
    check(now.packets <= m.packets + 60, f"{now.packets - m.packets} copies after it was set anew")
    same(now.packets + now.over_rate, 1300, "all of them")


def uplink(switch, name, **kw):
    return switch.port(name, UPLINK.program(fdb_max=100, **kw))


@test(smoke=True)
def into_a_vlan():
    """RSPAN: out of every other uplink, with that tag alone; control frames stay out"""
    switch = Switch()
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(vlan=900), b"r")
    a, b = watched(switch, 1, 1)
    up, down = uplink(switch, "eth0", mirror_from=1), uplink(switch, "eth1")
    data = wrap(1, 2, udp(A, B, 1, 2))
    got = deliver(a, data, [b, up, down], "between VMs")
    same([tags_of(f) for f in got["eth0p"]], [[900]], "tags at eth0")
    same([f[:12] + f[16:] for f in got["eth1p"]], [data], "the copy at eth1")
    same(got["bp"], [data], "the frame")
    urgent = data[:12] + b"\x81\x00\xa0\x00" + data[12:]
    got = deliver(a, urgent, [up], "with a priority")
    same([f[12:16] for f in got["eth0p"]], [b"\x81\x00\xa3\x84"], "its copy's tag at eth0")
    outside = frame(mac(1), mac(0x99), [100], 0x800, udp(B, A, 1, 2))
    got = deliver(up, outside, [a, up, down], "from an uplink")
    same(got["eth0p"], [], "nothing goes back where it came from")
    same([tags_of(f) for f in got["eth1p"]], [[900]], "tags at eth1")
    up.set(UPLINK.program(fdb_max=100))
    got = deliver(up, outside, [a, up, down], "to a VM whose mirror has what it gets")
    same((len(got["ap"]), got["eth0p"]), (1, []), "at the VM, and where it came in")
    same([tags_of(f) for f in got["eth1p"]], [[900]], "tags at the other uplink")
    got = deliver(a, frame(mac(2), mac(1), kind=0x88b5, payload=b"y" * 50), [up], "another type")
    same(len(got["eth0p"]), 1, "copies")
    a.set(abi.program(abi.PF_GUARD | abi.PF_CONTROL, 100, macs=[mac(1)], mirror_from=1))
    got = deliver(a, frame(LLDP, mac(1), kind=0x88cc, payload=b"z" * 50), [up, down], "LLDP")
    check(all(tags_of(f) != [900] for f in got["eth0p"] + got["eth1p"]), "LLDP was copied")


@test(smoke=True)
def out_of_a_vlan():
    """copies of another host: nothing is learned, they go to the uplink's mirrors alone"""
    switch = Switch()
    s = sensor(switch, vlans=[900])
    up = uplink(switch, "eth0", mirror_from=1, copy_vlan0=900)
    a = switch.port("a", program(1), claim=1)
    t = switch.port("t", trunk(100, 900).program([mac(5)]), claim=1)
    # both ends of what was copied may have their VM here
    for src, dst in ((1, 0x77), (0x77, 1), (0x78, 0x77)):
        data = frame(mac(dst), mac(src), [900], 0x800, udp(A, B, 1, 2))
        got = deliver(up, data, [a, t, s, switch], f"a copy from {src} to {dst}")
        same((got["ap"], got["tp"], got["sw0"]), ([], [], []), "elsewhere")
        same(got["sp"], [data], "at the sensor")
    same([e.mac for e in switch.nl.fdb(switch.ifindex, up.ifindex)], [], "learned")
    plain = frame(mac(1), mac(0x99), [100], 0x800, udp(B, A, 1, 2))
    copies(up, plain, [a, s], "no copy", {"ap": [plain[:12] + plain[16:]], "sp": []})
    switch.nl.mirror_del(switch.ifindex, 1)
    same(deliver(up, data, [a, t], "without a mirror"), {"ap": [], "tp": []}, "frames")


@test(smoke=True)
def nothing_but_copies():
    """a port that brings other hosts' copies: all of them reach the sensor, whatever they are"""
    switch = Switch()
    s = sensor(switch, dropped=True)
    t = switch.port("t", abi.program(pvid=None, mirror_from=1, copy_vlan0=0xffff))
    a = switch.port("a", program(1), claim=1)
    for data in (frame(mac(1), mac(2)), frame(BROADCAST, mac(1), [100, 7]),
                 frame("01:80:c2:00:00:00", mac(3), kind=0x88cc),
                 frame(mac(1), "ff:ff:ff:ff:ff:ff", [4094])):
        got = deliver(t, data, [a, s, switch], "a copy")
        same((got["ap"], got["sw0"], got["sp"]), ([], [], [data]), "where it went")
    same(dict(t.state().drops), {}, "drops")
    same(deliver(a, frame(BROADCAST, mac(1)), [t], "a broadcast")["tp"], [], "out of that port")


@test(smoke=True)
def copies_are_not_copied():
    """a tunnel's packets leave by mirrored ports: each frame makes one copy, and that is all"""
    both = {"mirror_from": 1, "mirror_to": 1}
    switch = Switch(program=access(100).program(**both))
    up = uplink(switch, "eth0", **both)
    a, b = watched(switch, 1, 1, 1, 1)
    ip("addr add 10.9.0.1/24 dev sw0", f"neigh add 10.9.0.2 lladdr {mac(0x99)} dev sw0",
       "link add er0 type erspan seq key 1 local 10.9.0.1 remote 10.9.0.2 erspan_ver 1 erspan 5",
       "link set dev er0 up")
    tunnel = index("er0")
    switch.nl.port_new(switch.ifindex, tunnel)
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(tunnel), b"m1")
    data = wrap(1, 2, udp(A, B, 1, 2))
    got = deliver(a, data, [b, up], "many", 200)
    same(len(got["bp"]), 200, "frames")
    wait.until("the copies", 10, lambda: counts(switch).packets >= 200)
    switch.settle()
    m = counts(switch)
    same((m.packets, m.failed, m.no_output), (200, 0, 0), "copies")
    same(switch.nl.port(switch.ifindex).from_packets, 200, "packets of the tunnel")


@test(smoke=True)
def copies_that_come_are_not_copied():
    """a tunnel's packets that an uplink brings for dom0: else two hosts with each other's sensor make
    a loop, in which each packet grows and never ends"""
    both = {"mirror_from": 1, "mirror_to": 1}
    switch = Switch(program=access(100).program(**both))
    s = sensor(switch)
    up = uplink(switch, "eth0", **both)
    with open("/sys/class/net/sw0/address") as f:
        own = f.read().strip()
    gre = struct.pack(">HHI", 0x2000, 0x6558, 1) + wrap(1, 2, udp(A, B, 1, 2, b"x" * 400))
    whole = packet.ip4("10.9.0.2", "10.9.0.1", 47, gre)
    for data in (whole, *packet.fragments(whole, 200)):
        got = deliver(up, frame(own, mac(0x99), [100], 0x800, data), [s, switch], "a copy")
        same((len(got["sw0"]), got["sp"]), (1, []), "at dom0, and the sensor")
    # Nothing else is left out: what is not for dom0, and what is no tunnel's.
    for to, data in ((BROADCAST, whole), (own, udp("10.9.0.2", "10.9.0.1", 1, 2))):
        got = deliver(up, frame(to, mac(0x99), [100], 0x800, data), [s, switch], "another")
        same(len(got["sp"]), 1, "copies")


@test(smoke=True, limit=90)
def comings_and_goings():
    """outputs leave, mirrors and switches go under traffic: nothing is lost but copies"""
    switch = Switch()
    a, b = watched(switch, 1, 0, 0, 1)
    data = wrap(1, 2, udp(A, B, 1, 2))
    stop, sent = threading.Event(), [0]

    def send():
        while not stop.is_set():
            a.send(data)
            sent[0] += 1
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    for n in range(19):
        s = sensor(switch, f"s{n}")
        if n % 3 == 0:
            switch.nl.port_del(s.ifindex)
        elif n % 3 == 1:
            switch.nl.mirror_del(switch.ifindex, 1)
        ip(f"link del dev s{n}")
    stop.set()
    sender.join()
    switch.settle()
    same(a.state().from_packets, sent[0], "frames taken")
    m = counts(switch)
    same(mirror.header(m.blob)["output_port"], 0, "an output that is gone")
    before = m.no_output
    deliver(a, data, [b], "no sensor", 3)
    same(counts(switch).no_output, before + 3, "frames without an output")
    sensor(switch, "s")
    other = Switch("sw1")
    other.nl.mirror_set(other.ifindex, 32, mirror.blob(vlan=5), b"x" * 64)
    same({(m.switch, m.number) for m in switch.nl.mirrors()},
         {(switch.ifindex, 1), (other.ifindex, 32)}, "mirrors of all switches")
    ip("link del dev sw1", "link del dev sw0")
    same(switch.nl.mirrors(), [], "mirrors left")


@test(smoke=True)
def hostile_mirrors():
    """malformed mirrors, numbers and requests are refused, with what is accepted"""
    switch = Switch()
    s = switch.port("s")
    good = mirror.blob(s.ifindex, vlans=[1])
    bad = [mirror.blob(), mirror.blob(vlan=4095), mirror.blob(s.ifindex, 5), good + b"\0" * 8,
           mirror.blob(s.ifindex, flags=2), mirror.blob(s.ifindex, snaplen=63),
           mirror.blob(s.ifindex, snaplen=65536), mirror.blob(vlan=5, snaplen=100),
           mirror.blob(s.ifindex, rate_bps=7999), mirror.blob(s.ifindex, packet_rate=1000000001),
           mirror.blob(s.ifindex, acl=77), mirror.blob(s.ifindex, vlan_offset=40),
           mirror.blob(s.ifindex, vlan_offset=48), mirror.blob(s.ifindex, vlans=[4095]),
           mirror.blob(s.ifindex, reserved=1), mirror.blob(s.ifindex, later=b"\1" * 8)]
    for n, data in enumerate(bad):
        try:
            switch.nl.mirror_set(switch.ifindex, 1, data)
            check(False, f"mirror {n} was accepted")
        except Error as e:
            check("accepted:" in e.text, f"mirror {n}: {e.text}")
    for number in (0, 33):
        try:
            switch.nl.mirror_set(switch.ifindex, number, good)
            check(False, f"number {number} was accepted")
        except Error:
            pass
    try:
        switch.nl.mirror_del(switch.ifindex, 1)
        check(False, "a mirror went that is not there")
    except Error as e:
        check("accepted:" in e.text, e.text)
    switch.nl.mirror_set(switch.ifindex, 1, mirror.blob(s.ifindex, later=b"\0" * 64))
    for fields in ({"copy_vlan0": 4095}, {"copy_vlan1": 100}, {"copy_vlan0": 5, "acl": 1}):
        try:
            switch.port(f"p{len(str(fields))}", abi.program(abi.PF_GUARD, 5, macs=[mac(1)],
                                                            **fields))
            check(False, f"{fields} was accepted")
        except Error as e:
            check("copy_vlan" in e.text or "acl" in e.text, e.text)
