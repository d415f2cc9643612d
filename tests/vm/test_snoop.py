# SPDX-License-Identifier: GPL-2.0-or-later
"""Multicast snooping: who gets a group, who hears reports, what a guest may take of the table.

The hosts are the kernel's own IGMP and MLD, each in a namespace behind its port; the peer to
compare with is the kernel's bridge.
"""
import socket
import struct

import abi
import snoop
import wait
from genl import Error
from registry import check, same, test
from test_guard import guarded
from world import (BROADCAST, Guest, Switch, Tap, arrived, deliver, frame, index, ip, mac, output,
                   refused, sysctl)

RECEIVERS, GROUPS, JOINS = 50, 100, 8
SENDER, ROUTER = "10.0.200.1", "10.0.250.1"
GUEST = abi.PF_GUARD | abi.PF_GUEST


def group(n):
    return f"239.1.{n >> 8}.{n & 255}"


def guest_program(n, more=0, vlan=100):
    return abi.program(GUEST | more, vlan, macs=(mac(n),))


def uplink_program(more=0):
    return abi.program(abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD | more, None, {100, 200}, set(), fdb_max=100)


def wanted_by(n):
    """The groups that receiver @n joins: a fixed choice, of which each group has a few."""
    return {(n * 37 + k * 13) % GROUPS for k in range(JOINS)}


class Host:
    """A Guest that joins groups by sockets, and sees what its netdev gets."""

    def __init__(self, port, n):
        self.name, self.port, self.sockets = port.port_name, port, {}
        self.guest = Guest(port, f"10.0.{n >> 8}.{n & 255}", hwaddr=mac(n))
        with self.guest.namespace:
            sysctl("net.ipv4.igmp_max_memberships", 4096)
            self.tap = Tap(port.peer)

    def join(self, address):
        s = self.guest.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     struct.pack("=4s4si", socket.inet_aton(address), bytes(4), self.index()))
        self.sockets[address] = s

    def leave(self, address):
        self.sockets.pop(address).close()

    def join6(self, address):
        s = self.guest.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     socket.inet_pton(socket.AF_INET6, address) + struct.pack("=I", self.index()))
        self.sockets[address] = s

    def index(self):
        with self.guest.namespace:
            return index(self.guest.device)

    def data(self):
        """The groups that it got data of."""
        return [snoop.group_of(f) for f in self.tap.received() if f[12:14] == b"\x08\x00" and f[23] == 17]


def members(switch):
    """{group: ports' names} of all that joined."""
    names = {p.ifindex: p.name for p in switch.nl.ports(switch.ifindex)}
    out = {}
    for m in switch.nl.memberships(switch.ifindex):
        if not m.flags:
            out.setdefault(m.address, set()).add(names[m.port])
    return out


def bed(flags=snoop.ON, **more):
    switch = Switch()
    switch.nl.snoop_set(switch.ifindex, snoop.blob(flags, **more))
    return switch


def router_at(tap, source=ROUTER):
    tap.send(snoop.query2(mac(250), source))


def send_all(sender, hosts):
    """One packet for each group; {host: groups it got}, each once."""
    for h in hosts:
        h.tap.drain()
    for g in range(GROUPS):
        sender.send(snoop.data(mac(1000), SENDER, group(g)))
    arrived()
    got = {}
    for h in hosts:
        data = h.data()
        same(len(data), len(set(data)), f"{h.name}: packets that came twice")
        got[h.name] = set(data)
    return got


@test(limit=240)
def snoop_delivers_exactly():
    """100 groups, 50 receivers: each gets what it joined, and nothing else; as the kernel's bridge has it"""
    switch = bed()
    hosts = [Host(switch.port(f"g{n}", guest_program(n)), n) for n in range(1, RECEIVERS + 1)]
    sender = switch.port("s", guarded(mac(1000)))
    want = {h.name: {group(g) for g in wanted_by(n)} for n, h in enumerate(hosts, 1)}
    for h in hosts:
        for address in sorted(want[h.name]):
            h.join(address)
    by_group = {}
    for name, addresses in want.items():
        for address in addresses:
            by_group.setdefault(address, set()).add(name)
    wait.until("all to be known", 60, lambda: members(switch) == by_group, 1)
    switch.settle()
    same(send_all(sender, hosts), want, "groups that each host got")
    # The same hosts behind the kernel's bridge.
    ip("link add name br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_response_interval 100 "
       "mcast_startup_query_interval 200", "link set dev br0 up")
    for h in (*hosts, sender):
        name = h.name if isinstance(h, Host) else h.port_name
        switch.nl.port_del(index(name))
        ip(f"link set dev {name} master br0", f"link set dev {name} up")
    known = lambda: sum(line.count(" grp 239.") for line in  # noqa: E731
                        output("bridge", "mdb", "show", "dev", "br0").splitlines())
    wait.until("the bridge to know all", 90, lambda: known() >= RECEIVERS * JOINS)
    wait.until("the bridge to trust its querier", 60, lambda: send_all(sender, hosts) == want)


@test(smoke=True, limit=90)
def snoop_ways():
    """link-local groups and no IP to all; unregistered ones as told; reports to routers and uplinks alone"""
    switch = bed(snoop.ON | snoop.FLOOD)
    a, b = (switch.port(f"g{n}", guest_program(n)) for n in (1, 2))
    r = switch.port("r", guest_program(3, abi.PF_GROUP_ROUTER))
    e = switch.port("e", uplink_program())
    everyone = [b, r, e]

    def who(data):
        return sorted(name for name, frames in deliver(a, data, everyone).items() if frames)

    data = snoop.data(mac(1), "10.0.0.1", group(5))
    same(who(data), ["ep", "g2p", "rp"], "flooded: who gets a group that nobody wants")
    switch.nl.snoop_set(switch.ifindex, snoop.blob(snoop.ON))
    same(who(data), ["rp"], "who gets it if it is not flooded")
    for dst in ("224.0.0.251", "224.0.0.5"):
        same(who(snoop.data(mac(1), "10.0.0.1", dst)), ["ep", "g2p", "rp"], f"who gets {dst}")
    same(who(frame("01:00:5e:01:02:03", mac(1))), ["ep", "g2p", "rp"], "who gets what is no IP")
    same(who(frame(BROADCAST, mac(1))), ["ep", "g2p", "rp"], "who gets broadcast")
    report = snoop.report3(mac(1), "10.0.0.1", [(snoop.TO_EXCLUDE, group(7))])
    same(who(report), ["ep", "rp"], "who hears a report")
    same(members(switch), {group(7): {"g1"}}, "members")
    deliver(b, snoop.report2(mac(2), "10.0.0.2", group(5)), [])
    same(who(data), ["g2p", "rp"], "who gets a group that one wants")
    # A router is heard at the uplink, and gets all from then on.
    e.send(frame(snoop.mac("224.0.0.1"), mac(250), [100], 0x800,
                 snoop.query2(mac(250), ROUTER)[14:]))
    wait.until("the router to be known", 10, lambda: [m for m in switch.nl.memberships() if m.flags == snoop.ROUTER])
    same(who(data), ["ep", "g2p", "rp"], "who gets it with a router at the uplink")
    e.set(uplink_program(abi.PF_GROUP_HOSTS))
    e.send(frame(snoop.mac("224.0.0.1"), mac(250), [100], 0x800, snoop.query2(mac(250), ROUTER)[14:]))
    # Queries of a guest without a router are nobody's.
    refused(a, snoop.query2(mac(1), "10.0.0.1"), [b, r, e], "group-query", "a guest's query")
    same(sorted(name for name, frames in deliver(r, snoop.query2(mac(3), "10.0.0.3"), [a, b, e]).items() if frames),
         ["ep", "g1p", "g2p"], "a router's query")
    # It is off: everything as before.
    switch.nl.snoop_set(switch.ifindex, snoop.OFF)
    same(switch.nl.memberships(), [], "members of a switch that does not snoop")
    same(who(data), ["ep", "g2p", "rp"], "who gets a group when nobody snoops")
    same(who(report), ["ep", "g2p", "rp"], "who hears a report then")
    same(switch.nl.switch(switch.ifindex).snoop, None, "what the switch says")


@test(smoke=True, limit=90)
def snoop_leaves():
    """who leaves is asked, unless the port is to be fast; who still wants the group stays"""
    switch = bed()
    slow = switch.port("a", guest_program(1))
    fast = switch.port("f", guest_program(2, abi.PF_GROUP_FAST))
    for n, port in ((1, slow), (2, fast)):
        deliver(port, snoop.report2(mac(n), f"10.0.0.{n}", group(1)), [])
        deliver(port, snoop.report2(mac(n), f"10.0.0.{n}", group(2)), [])
    same(members(switch), {group(1): {"a", "f"}, group(2): {"a", "f"}}, "members")
    got = deliver(fast, snoop.leave2(mac(2), "10.0.0.2", group(1)), [fast])["fp"]
    same(got, [], "what a fast port is asked")
    same(members(switch), {group(1): {"a"}, group(2): {"a", "f"}}, "members after a fast leave")
    for g in (1, 2):
        got = deliver(slow, snoop.leave2(mac(1), "10.0.0.1", group(g)), [slow])["ap"]
        same([(snoop.is_query(f), snoop.group_of(f)) for f in got], [(True, group(g))], "what the port is asked")
    deliver(slow, snoop.report2(mac(1), "10.0.0.1", group(2)), [])
    wait.until("the other group to lapse", 20, lambda: members(switch) == {group(2): {"a", "f"}})
    # The kernel's own host: it leaves by IGMPv3, and does not answer.
    host = Host(switch.port("h", guest_program(3)), 3)
    host.join(group(9))
    wait.until("it to be known", 20, lambda: members(switch).get(group(9)) == {"h"})
    host.leave(group(9))
    wait.until("it to be gone", 20, lambda: group(9) not in members(switch))


@test(smoke=True, limit=90)
def snoop_asks_who_arrives():
    """a port that becomes active is asked at once, and what its VM joined elsewhere is known"""
    switch = bed()
    host = Host(switch.port("g1", guest_program(1), cookie=b"vm-a/0"), 1)
    sender = switch.port("s", guarded(mac(1000)))
    for g in range(5):
        host.join(group(g))
    want = {group(g): {"g1"} for g in range(5)}
    wait.until("them to be known", 30, lambda: members(switch) == want)
    # It comes anew, as on another host: dormant, then active.
    ifindex = index("g1")
    switch.nl.port_del(ifindex)
    same(members(switch), {}, "members when the port is gone")
    switch.nl.port_new(switch.ifindex, ifindex, guest_program(1), b"vm-a/0", abi.CLAIM_DORMANT)
    ip("link set dev g1 up")
    host.tap.drain()
    switch.nl.port_set(ifindex, claim=abi.CLAIM_ACTIVE)
    queries = [f for f in host.tap.received(5) if snoop.is_query(f)]
    check(queries, "nothing was asked")
    wait.until("them to be known again", 30, lambda: members(switch) == want)
    arrived()
    host.tap.drain()
    sender.send(snoop.data(mac(1000), SENDER, group(3)))
    arrived()
    same(host.data(), [group(3)], "what it gets")


@test(limit=120)
def snoop_survives_migration():
    """two hosts: a receiver that goes to the other gets its groups there, from the first query on, and back"""
    here, there = bed(), Switch("sw1")
    there.nl.snoop_set(there.ifindex, snoop.blob(snoop.ON))
    wire = here.port("w0", uplink_program())
    ip("link set dev w0p up")
    there.nl.port_new(there.ifindex, index("w0p"), uplink_program())
    host = Host(here.port("g1", guest_program(1), cookie=b"vm-a/0"), 1)
    stays = Host(here.port("g2", guest_program(2)), 2)
    sender = here.port("s", guarded(mac(1000)))
    for g in range(5):
        host.join(group(g))
    stays.join(group(9))
    ifindex = index("g1")

    def go(source, target, name):
        source.nl.port_del(ifindex)
        target.nl.port_new(target.ifindex, ifindex, guest_program(1), b"vm-a/0", abi.CLAIM_DORMANT)
        ip("link set dev g1 up")
        target.nl.port_set(ifindex, claim=abi.CLAIM_ACTIVE)
        wait.until(f"its groups to be known, {name}", 30, lambda: all(
            "g1" in members(target).get(group(g), ()) for g in range(5)))

    def gets(name):
        arrived()
        got = send_all(sender, [host, stays])
        same(got["g1"], {group(g) for g in range(5)}, f"what it gets, {name}")
        same(got["g2"], {group(9)}, f"what who stays gets, {name}")

    wait.until("all to be known", 30, lambda: len(members(here)) == 6)
    gets("before")
    wire.drain()
    go(here, there, "at the other host")
    wait.until("the way to it to be known", 30, lambda: all(
        members(here).get(group(g)) == {"w0"} for g in range(5)))
    gets("at the other host")
    go(there, here, "back")
    gets("back")


@test(smoke=True, limit=90)
def snoop_join_flood():
    """a guest that joins without end has its own share alone, and others still join"""
    switch = bed(port_max=64)
    bad, good = (switch.port(f"g{n}", guest_program(n)) for n in (1, 2))
    sender = switch.port("s", guarded(mac(1000)))
    deliver(good, snoop.report2(mac(2), "10.0.0.2", group(1)), [])
    for k in range(60):
        records = [(snoop.TO_EXCLUDE, f"239.{100 + k}.0.{i}") for i in range(100)]
        bad.send(snoop.report3(mac(1), "10.0.0.1", records))
    arrived()
    told = switch.nl.switch(switch.ifindex).snoop
    held = [m for m in switch.nl.memberships() if m.port == bad.ifindex]
    same(len(held), 64, "groups of the flooder")
    check(told["refused"] >= 60 * 100 - 64, f"refused: {told}")
    deliver(good, snoop.report2(mac(2), "10.0.0.2", group(2)), [])
    same({g for g, ports in members(switch).items() if "g2" in ports}, {group(1), group(2)}, "groups of the other")
    for g in (1, 2):
        got = deliver(sender, snoop.data(mac(1000), SENDER, group(g)), [bad, good])
        same({name: len(frames) for name, frames in got.items()}, {"g1p": 0, "g2p": 1}, "who gets its group")
    # More messages than may be, of known groups: the rest is passed over.
    for _ in range(600):
        bad.send(snoop.report2(mac(1), "10.0.0.1", "239.100.0.1"))
    arrived()
    check(switch.nl.switch(switch.ifindex).snoop["passed_over"], "every report was read")
    # A port that goes takes its members along.
    switch.nl.port_del(bad.ifindex)
    same(members(switch), {group(1): {"g2"}, group(2): {"g2"}}, "members then")


@test(smoke=True, limit=120)
def snoop_querier():
    """a querier keeps members alive by IGMP and MLD, and is silent where a router asks"""
    switch = bed(ageing_s=12, querier=3)
    host = Host(switch.port("g1", guest_program(1)), 1)
    e = switch.port("e", uplink_program())
    with host.guest.namespace:
        sysctl(f"net.ipv6.conf.{host.guest.device}.disable_ipv6", 0)
    host.join(group(1))
    host.join6("ff15::7")
    both = {group(1), "ff15::7"}
    wait.until("both to be known", 60, lambda: both <= set(members(switch)))
    lapses = lambda g: max((m.left_ms for m in switch.nl.memberships() if m.address == g), default=0)  # noqa: E731
    for g in sorted(both):
        before = lapses(g)
        wait.until(f"{g} to have less time", 30, lambda: 0 < lapses(g) < before - 1000)
        low = lapses(g)
        wait.until(f"{g} to be told again", 60, lambda: lapses(g) > low + 1000)
    # At the uplink queries have the tag of the VLAN.
    e.drain()
    tagged = lambda: [f for f in e.received(1) if f[12:16] == b"\x81\0\0\x64" and f[18:20]]  # noqa: E731
    wait.until("a query at the uplink", 60, lambda: any(snoop.is_query(f[:12] + f[16:]) for f in tagged()))
    # Another one asks there, and in this VLAN it is the querier.
    query = frame(snoop.mac("224.0.0.1"), mac(250), [100], 0x800, snoop.query2(mac(250), ROUTER)[14:])
    e.send(query)
    wait.until("the router to be known", 10, lambda: [m for m in switch.nl.memberships() if m.flags == snoop.ROUTER and
                                                       m.vlan == 100 and m.address == "0.0.0.0"])
    e.drain()
    seen = []
    for _ in range(3):
        e.send(query)
        seen += [f for f in e.received(4) if snoop.is_query(f[:12] + f[16:])]
    same(seen, [], "queries of ours beside the router's")


@test(smoke=True)
def snoop_refusals():
    """options beyond their bounds are refused by name, and change nothing"""
    switch = bed(port_max=77)
    for blob, word in ((snoop.blob(querier=1), "querier"), (snoop.blob(port_max=0), "port_max"),
                       (snoop.blob(port_max=5000), "port_max"), (snoop.blob(ageing_s=2), "ageing_s"),
                       (snoop.blob(ageing_s=3601), "ageing_s"), (snoop.blob(flags=4), "flags"),
                       (snoop.blob(flags=0), "off"), (snoop.blob(members=1), "counters")):
        try:
            switch.nl.snoop_set(switch.ifindex, blob)
            check(False, f"{word} was accepted")
        except Error as e:
            check("SNOOP" in str(e) and word in str(e), f"{word}: {e}")
    same(switch.nl.switch(switch.ifindex).snoop["port_max"], 77, "what is in force")
    try:
        switch.port("a", abi.program(abi.PF_GROUP_ROUTER | abi.PF_GROUP_HOSTS, 100))
        check(False, "GROUP_ROUTER with GROUP_HOSTS was accepted")
    except Error as e:
        check("GROUP_ROUTER or GROUP_HOSTS" in str(e), str(e))
    ip("link del sw0")
    ip("link add name sw0 type vifswitch")
