# SPDX-License-Identifier: GPL-2.0-or-later
"""The generic-netlink family against malformed requests, and who may use it."""
import os
import random
import re
import socket

import abi
import acl
import genl
import loop
import network
import openflow
import snoop
from genl import Error, nla, pack, u8, u16, u32
from registry import check, same, test
from test_vlan import access
from world import CLONE_NEWNET, CLONE_NEWUSER, Switch, exists, ip, mac, unshare

NAMES = {getattr(abi, n): n[2:] for n in dir(abi)
         if n.startswith("A_") and n not in ("A_UNSPEC", "A_MAX", "A_PAD")}
SIZES = {abi.A_SWITCH: 4, abi.A_PORT: 4, abi.A_CLAIM: 1, abi.A_AGEING_MS: 4, abi.A_MAC: 6,
         abi.A_VLAN: 2, abi.A_ACL: 4, abi.A_ACL_LEN: 4, abi.A_ACL_OFFSET: 4,
         abi.A_STATE: abi.STATE_LEN, abi.A_RECORD: 8, abi.A_OF_MODE: 4, abi.A_OF_KEEP: 1,
         abi.A_REMOTE: 16, abi.A_SNOOP: snoop.SNOOP.size,
         abi.A_LOOP: loop.LOOP.size}


class Bed:
    """A switch with a free netdev, a port, and a valid request for every command."""

    def __init__(self):
        self.switch = Switch()
        self.nl = self.switch.nl
        self.port = self.switch.port("a", access(100).program([mac(1)]), cookie=b"vm-a/0")
        ip("link add name d type dummy", "link set dev d up", "link add name e type dummy")
        ip("link add name x type vxlan external dstport 4789")
        self.free, self.other, self.tunnel = exists("d"), exists("e"), exists("x")
        self.nl.port_new(self.switch.ifindex, self.tunnel)
        s, p = u32(self.switch.ifindex), u32(self.port.ifindex)
        self.tables = openflow.Tables(self.nl, Switch("swf", self.nl).ifindex)
        f = u32(self.tables.ifindex)
        A = abi
        self.valid = {
            A.CMD_SWITCH_GET: {A.A_SWITCH: s},
            A.CMD_SWITCH_SET: {A.A_SWITCH: s, A.A_AGEING_MS: u32(300000)},
            A.CMD_PORT_GET: {A.A_PORT: p},
            A.CMD_PORT_NEW: {A.A_SWITCH: s, A.A_PORT: u32(self.free)},
            A.CMD_PORT_SET: {A.A_PORT: p, A.A_COOKIE: b"vm-a/0"},
            A.CMD_PORT_DEL: {A.A_PORT: u32(self.free)},
            A.CMD_PORT_ANNOUNCE: {A.A_PORT: p},
            A.CMD_FDB_ADD: {A.A_PORT: p, A.A_MAC: abi.mac_bytes(mac(5)), A.A_VLAN: u16(100)},
            A.CMD_FDB_DEL: {A.A_PORT: p, A.A_MAC: abi.mac_bytes(mac(5)), A.A_VLAN: u16(100)},
            A.CMD_FDB_FLUSH: {A.A_SWITCH: s},
            A.CMD_ACL_NEW: {A.A_ACL: u32(1), A.A_ACL_LEN: u32(1000)},
            A.CMD_ACL_CHUNK: {A.A_ACL: u32(1), A.A_ACL_OFFSET: u32(0), A.A_ACL_DATA: b"x"},
            A.CMD_ACL_COMMIT: {A.A_ACL: u32(1)},
            A.CMD_ACL_DEL: {A.A_ACL: u32(1)},
            A.CMD_ACL_READ: {A.A_ACL: u32(1), A.A_ACL_OFFSET: u32(0)},
            A.CMD_VERSION_GET: {},
            A.CMD_PORT_STATE: {A.A_PORT: p},
            A.CMD_PORT_CARRY: {A.A_PORT: p, A.A_STATE: bytes(abi.STATE_LEN)},
            A.CMD_HITS_CARRY: {A.A_PORT: p, A.A_HITS: bytes(16)},
            A.CMD_RECORD: {A.A_PORT: p, A.A_RECORD: u32(128) + u32(9)},
            A.CMD_NETWORK_SET: {A.A_PORT: u32(self.tunnel), A.A_VLAN: u16(100),
                                A.A_NETWORK_DATA: network.blob(5, ["192.0.2.1"])},
            A.CMD_NETWORK_DEL: {A.A_PORT: u32(self.tunnel), A.A_VLAN: u16(100)},
            A.CMD_UNDERLAY_SET: {A.A_SWITCH: s, A.A_UNDERLAY: network.octets("192.0.2.1")},
            A.CMD_FDB_CARRY: {A.A_PORT: p, A.A_MAC: abi.mac_bytes(mac(5)), A.A_VLAN: u16(100)},
            A.CMD_OF_CHANGE: {A.A_SWITCH: f, A.A_OF_RECORDS: openflow.flow(1)},
            A.CMD_OF_ABORT: {A.A_SWITCH: f},
            A.CMD_OF_GRANT: {A.A_SWITCH: f},
            A.CMD_OF_PACKET_OUT: {A.A_SWITCH: f, A.A_OF_PACKET: bytes(8), A.A_PACKET: bytes(60)},
        }
        self.nl.acl_load(1, acl.compile([]), b"acl")
        self.optional = {
            A.CMD_PORT_NEW: {A.A_PROGRAM: access(100).program([mac(2)]), A.A_COOKIE: b"x",
                             A.A_CLAIM: u8(0)},
            A.CMD_PORT_SET: {A.A_PROGRAM: access(100).program([mac(1)]), A.A_CLAIM: u8(1)},
            A.CMD_FDB_FLUSH: {A.A_PORT: p, A.A_VLAN: u16(100)},
            A.CMD_SWITCH_SET: {A.A_OF_MODE: u32(1), A.A_SNOOP: snoop.OFF, A.A_LOOP: loop.OFF},
            A.CMD_OF_CHANGE: {A.A_OF_KEEP: u8(1)},
            A.CMD_FDB_ADD: {A.A_REMOTE: network.octets("192.0.2.9"), A.A_FDB_FLAGS: u32(32)},
        }

    def state(self):
        port = self.nl.port(self.port.ifindex)
        return ([(p.ifindex, p.program, p.cookie, p.claim, p.flags) for p in self.nl.ports()],
                [(s.name, s.ageing_ms, s.port_count) for s in self.nl.switches()],
                [(x.id, x.cookie, x.length) for x in self.nl.acls()],
                port.program, sorted(map(repr, self.nl.fdb())), self.nl.networks())


def command_name(command):
    return next(n for n in dir(abi) if n.startswith("CMD_") and getattr(abi, n) == command
                and n != "CMD_MAX")


def names_attribute(text, attribute):
    """Does the text name the attribute, as PORT, port, A_PORT, ageing-ms ...?"""
    word = re.sub("_", "[ _-]?", NAMES[attribute])
    return re.search(word, text, re.I) is not None


class Judge:
    """Collects what was accepted or badly explained, to report all of it at once."""

    def __init__(self, bed):
        self.bed, self.bad, self.count = bed, [], 0

    def refuse(self, command, raw, what, attribute=None, codes=None, flags=genl.NLM_F_ACK):
        self.count += 1
        what = f"{command_name(command)} {what}"
        try:
            self.bed.nl.request(command, raw, flags)
        except Error as e:
            if not e.text:
                self.bad.append(f"{what}: {e}")
            elif attribute is not None and not names_attribute(e.text, attribute):
                self.bad.append(f"{what}: the text does not name {NAMES[attribute]}: {e}")
            elif codes and e.errno not in codes:
                self.bad.append(f"{what}: {e}")
            return
        self.bad.append(f"{what}: accepted")

    def verdict(self):
        check(not self.bad, f"{len(self.bad)} of {self.count}: " + "; ".join(self.bad[:12]))
        return f"{self.count} requests refused, each with a text"


@test(smoke=True, limit=90)
def missing_and_wrong_attributes():
    """each command without each attribute, and with each of every wrong length"""
    bed = Bed()
    judge = Judge(bed)
    before = bed.state()
    for command, valid in bed.valid.items():
        for attribute in valid:
            rest = {k: v for k, v in valid.items() if k != attribute}
            if command == abi.CMD_FDB_FLUSH:
                judge.refuse(command, pack(rest), "with neither switch nor port")
                continue
            if command == abi.CMD_PORT_SET and attribute == abi.A_COOKIE:
                judge.refuse(command, pack(rest), "with nothing to set")
                continue
            judge.refuse(command, pack(rest), f"without {NAMES[attribute]}", attribute, {22})
        for attribute in {**valid, **bed.optional.get(command, {})}:
            size = SIZES.get(attribute)
            for wrong in (0, 1, 2, 3, 5, 7, 8, 1000):
                if size is None or wrong == size:
                    continue
                judge.refuse(command, pack({**valid, attribute: b"\0" * wrong}),
                             f"with {NAMES[attribute]} of {wrong} octets", attribute, {22, 34})
    for command in (abi.CMD_PORT_NEW, abi.CMD_PORT_SET):
        base = bed.valid[command]
        for cookie in (b"", b"x" * 65, b"x" * 4000):
            judge.refuse(command, pack({**base, abi.A_COOKIE: cookie}),
                         f"with a cookie of {len(cookie)} octets", abi.A_COOKIE, {22, 34})
        for size in (1, 71, 4097, 20000):
            judge.refuse(command, pack({**base, abi.A_PROGRAM: b"\1" * size}),
                         f"with a program of {size} octets", abi.A_PROGRAM, {22, 34})
    same(bed.state(), before, "state after the refusals")
    return judge.verdict()


@test(smoke=True)
def values_out_of_range():
    """impossible values: unknown ifindex, VLAN 4095, group MACs, claims, ageing, netdev kinds"""
    bed = Bed()
    judge = Judge(bed)
    A = abi
    ip("link add name br0 type bridge", "link add name vx type vrf table 7", "link add name b type dummy",
       "link set dev b master br0", "link add name sw1 type vifswitch", "link add name sw2 type vifswitch",
       "link add name f type dummy", "link set dev f master sw2")
    before = bed.state()
    for command, valid in bed.valid.items():
        for attribute in valid:
            if attribute in (A.A_SWITCH, A.A_PORT):
                for value in (0, 0x7fffffff, 0xffffffff):
                    judge.refuse(command, pack({**valid, attribute: u32(value)}),
                                 f"with {NAMES[attribute]} {value}", attribute)
    for vlan in (4095, 4096, 0xfffe, 0xffff):
        for command in (A.CMD_FDB_ADD, A.CMD_FDB_DEL):
            judge.refuse(command, pack({**bed.valid[command], A.A_VLAN: u16(vlan)}),
                         f"with VLAN {vlan}", A.A_VLAN, {34, 22})
    for address in (b"\xff" * 6, b"\0" * 6, b"\1\0\x5e\0\0\1"):
        judge.refuse(A.CMD_FDB_ADD, pack({**bed.valid[A.CMD_FDB_ADD], A.A_MAC: address}),
                     f"with MAC {address.hex(':')}", A.A_MAC)
    for claim in (2, 255):
        judge.refuse(A.CMD_PORT_SET, pack({A.A_PORT: u32(bed.port.ifindex), A.A_CLAIM: u8(claim)}),
                     f"with claim {claim}", A.A_CLAIM)
    for ageing in (0, 999, 86400001, 0xffffffff):
        judge.refuse(A.CMD_SWITCH_SET, pack({A.A_SWITCH: u32(bed.switch.ifindex),
                                             A.A_AGEING_MS: u32(ageing)}),
                     f"with ageing {ageing}", A.A_AGEING_MS, {34})
    join = lambda dev, sw="sw0": pack({A.A_SWITCH: u32(exists(sw)), A.A_PORT: u32(exists(dev))})
    for dev, codes in (("lo", {95}), ("sw0", {95}), ("sw1", {95}), ("vx", {95}), ("b", {16}),
                       ("a", {16}), ("f", {16})):
        judge.refuse(A.CMD_PORT_NEW, join(dev), f"of {dev}", A.A_PORT, codes)
    judge.refuse(A.CMD_PORT_NEW, join("e", "d"), "into a dummy", A.A_SWITCH)
    same(bed.state()[0], before[0], "ports after the refusals")
    for dev in ("lo", "sw1", "sw0", "vx"):
        check(ip(f"link set dev {dev} master sw0", fail=False), f"ip link set {dev} master: accepted")
    return judge.verdict()


def overridden(**fields):
    """A guarded access program with some header fields set to other values."""
    good = abi.program(abi.PF_GUARD, 100, macs=[mac(1)])
    value = dict(abi.header(good), **fields)
    return abi.HEAD.pack(*(value[f] for f in abi.FIELDS)) + good[abi.HEAD.size:]


@test(smoke=True)
def hostile_programs():
    """every field of a program out of its range is refused, and names the field"""
    bed = Bed()
    bad = []
    before = bed.state()
    good = access(100).program([mac(1)])
    cases = [("magic", dict(magic=1)), ("version", dict(version=1)), ("version", dict(version=3)), ("version", dict(version=0)),
             ("header_len", dict(header_len=71)), ("header_len", dict(header_len=0xffff)),
             ("header_len", dict(header_len=96)), ("header_len", dict(header_len=108)),
             ("unknown bit of flags is 31", dict(flags=1 << 31)),
             ("total_len", dict(total_len=0)), ("total_len", dict(total_len=0xffffffff)),
             ("flags", dict(flags=0x80)), ("flags", dict(flags=abi.PF_GUARD | abi.PF_TUNNEL)), ("flags", dict(flags=0x80000000)),
             ("flags", dict(flags=abi.PF_GUARD | abi.PF_LEARN)),
             ("fdb_max", dict(fdb_max=65537)), ("pvid", dict(pvid=4095)),
             ("pvid", dict(pvid=0xfffe)), ("mac_count", dict(mac_count=17)),
             ("mac_count", dict(mac_count=0, flags=abi.PF_GUARD, mac_offset=0)),
             ("mac_offset", dict(mac_offset=8)), ("mac_offset", dict(mac_offset=73)),
             ("mac_offset", dict(mac_offset=0xfffffff8)), ("mac_offset", dict(mac_offset=4096)),
             ("vlan_allowed_offset", dict(vlan_allowed_offset=72)),
             ("vlan_allowed_offset", dict(vlan_allowed_offset=0xfffffff8)),
             ("vlan_untagged_offset", dict(vlan_untagged_offset=80)),
             ("rate_bps", dict(rate_bps=7999, rate_burst=65536)),
             ("rate_bps", dict(rate_bps=2 ** 63, rate_burst=65536)),
             ("rate_burst", dict(rate_bps=10 ** 6, rate_burst=0)),
             ("rate_burst", dict(rate_bps=10 ** 6, rate_burst=1513)),
             ("rate_burst", dict(rate_bps=10 ** 6, rate_burst=2 ** 32)),
             ("rate_burst", dict(rate_bps=0, rate_burst=2000)),
             ("packet_rate", dict(packet_rate=10 ** 9 + 1, packet_burst=5)),
             ("packet_burst", dict(packet_rate=5, packet_burst=0)),
             ("packet_burst", dict(packet_rate=0, packet_burst=5)),
             ("prefix4_count", dict(prefix4_count=1, prefix4_offset=104)),
             ("prefix6_count", dict(prefix6_count=65)), ("prefix6_offset", dict(prefix6_offset=8)),
             ("connections_max", dict(connections_max=1)),
             ("connections_max", dict(acl=1, connections_max=0)),
             ("storm_broadcast", dict(storm_broadcast=10 ** 9 + 1)),
             ("storm_multicast", dict(storm_multicast=2 ** 32 - 1)),
             ("storm_unknown", dict(storm_unknown=2 ** 32 - 1)),
             ("storm_burst", dict(storm_burst=1)),
             ("storm_burst", dict(storm_burst=10 ** 9 + 1)),
             ("packet_rate_to", dict(packet_rate_to=10 ** 9 + 1)),
             ("mac_listed", dict(mac_listed=17)), ("reserved", dict(reserved=1)),
             ("dscp", dict(dscp=64)), ("pcp", dict(pcp=8))]
    blobs = [(f, overridden(**o), str(o)) for f, o in cases]
    blobs += [("vlan", abi.program(0, 100, {200}, set()), "pvid not allowed"),
              ("untagged", abi.program(0, 100, {100}, {200}), "untagged not allowed"),
              ("vlan", abi.program(0, None, {4095}, set()), "VLAN 4095"),
              ("vlan", abi.program(0, None, set(), set()), "no VLAN at all"),
              ("vlan", abi.program(0, None), "no VLAN, no PVID"),
              ("untagged", abi.program(0, None, {0, 5}, set()), "VLAN 0 tagged"),
              ("address", abi.program(abi.PF_GUARD, 100, macs=[mac(1), mac(1)]), "MAC twice"),
              ("address", abi.program(abi.PF_GUARD, 100, macs=["ff:ff:ff:ff:ff:ff"]), "group MAC"),
              ("address", abi.program(abi.PF_GUARD, 100, macs=["00:00:00:00:00:00"]), "zero MAC"),
              ("total_len", good + b"\0" * 8, "trailing octets"),
              ("", abi.program(0, 100, macs=[mac(1)])[:-1], "a truncated section")]
    for field, blob, what in blobs:
        for command, base in ((abi.CMD_PORT_SET, {abi.A_PORT: u32(bed.port.ifindex)}),
                              (abi.CMD_PORT_NEW, {abi.A_PORT: u32(bed.free),
                                                  abi.A_SWITCH: u32(bed.switch.ifindex)})):
            try:
                bed.nl.do(command, {**base, abi.A_PROGRAM: blob})
                bad.append(f"{what}: accepted")
            except Error as e:
                if e.errno not in (22, 34) or not e.text:
                    bad.append(f"{what}: {e}")
                elif field and field not in e.text.lower():
                    bad.append(f"{what}: the text does not name {field}: {e}")
    same(bed.state(), before, "state after the refusals")
    check(not bad, f"{len(bad)}: " + "; ".join(bad[:12]))
    return f"{len(blobs)} programs refused"


@test(smoke=True)
def later_release():
    """a header of a later release is taken if it says nothing new; VERSION_GET has the features"""
    bed = Bed()
    got = bed.nl.do(abi.CMD_VERSION_GET)[0]
    same(genl.as_int(got[abi.A_FEATURES]), abi.FEATURE_ALL, "features")
    check(re.fullmatch(rb"[0-9.]+\0", got[abi.A_VERSION]), f"version {got[abi.A_VERSION]}")
    first = access(100).program([mac(1)])
    make = lambda later: abi.program(abi.PF_GUARD, 100, macs=[mac(1)], later=later)
    for size in (8, 64):
        longer = make(b"\0" * size)
        bed.port.set(longer)
        same(bed.nl.port(bed.port.ifindex).program, longer, "the program read back")
        bed.nl.acl_load(2, acl.compile([acl.Rule("from", "deny", 5)], later=b"\0" * size))
    bed.port.set(first)
    judge = Judge(bed)
    port = u32(bed.port.ifindex)
    judge.refuse(abi.CMD_PORT_SET, pack({abi.A_PORT: port, abi.A_PROGRAM: make(b"\0" * 15 + b"\1")}),
                 "with a field of a later release", abi.A_PROGRAM, {22})
    bed.nl.acl_load(3, acl.compile([], later=b"\1" + b"\0" * 7), commit=False)
    judge.refuse(abi.CMD_ACL_COMMIT, pack({abi.A_ACL: u32(3)}),
                 "with a field of a later release", abi.A_ACL, {22})
    same(bed.nl.port(bed.port.ifindex).program, first, "the program after the refusal")
    return judge.verdict()


@test(smoke=True, limit=120)
def garbage():
    """random attributes, lying lengths, nests in nests, unknown commands: refused, nothing changes"""
    bed = Bed()
    rng = random.Random(20260102)
    before = bed.state()
    judge = Judge(bed)
    top = pack(bed.valid[abi.CMD_PORT_GET])
    nest = b"\xff" * 8
    for _ in range(200):
        nest = nla(abi.A_COUNTERS | genl.NLA_F_NESTED, nest)
    for command in bed.valid:
        base = pack(bed.valid[command])
        judge.refuse(command, base + nla(abi.A_MAX + 1, b"1234"), "with an unknown attribute")
        judge.refuse(command, base + nla(0x3fff, b"1234"), "with attribute 16383")
        judge.refuse(command, base + b"\xff\x7f\x04\x00", "with a length beyond the message")
        judge.refuse(command, base + nest, "with 200 nests")
        judge.refuse(command, base + nla(abi.A_EVENT, u32(1)), "with EVENT, for replies only")
    for command in (0, abi.CMD_EVENT, abi.CMD_MAX + 1, 200, 255):
        try:
            bed.nl.request(command, top)
            judge.bad.append(f"command {command}: accepted")
        except Error:
            pass
    accepted = 0
    for _ in range(3000):
        raw = b""
        for _ in range(rng.randrange(6)):
            kind = rng.choice((rng.randrange(abi.A_MAX + 3), abi.A_PORT, abi.A_SWITCH,
                               abi.A_PROGRAM, rng.randrange(65536)))
            size = rng.choice((0, 1, 2, 4, 4, 6, 8, rng.randrange(200), 5000))
            data = nla(kind, rng.randbytes(size))
            if not rng.randrange(4):
                data = bytes([rng.randrange(256)]) + data[1:]
            raw += data
        flags = rng.choice((genl.NLM_F_ACK, genl.NLM_F_ACK, genl.NLM_F_DUMP))
        try:
            bed.nl.request(rng.randrange(abi.CMD_MAX + 2), raw[:8000], flags)
            accepted += 1
        except Error:
            pass
        except (socket.timeout, TimeoutError):
            bed.nl.close()
            bed.nl = genl.Genl()
    same(bed.state(), before, "state after the garbage")
    judge.verdict()
    return f"3000 random requests, {accepted} harmless ones accepted"


def in_child(function):
    """Run function in a process of its own; its text ('' is success)."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            text = function() or ""
        except BaseException as e:
            text = f"{type(e).__name__}: {e}"
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    text = os.read(reader, 65536).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    return text


@test(smoke=True)
def permissions():
    """no command without CAP_NET_ADMIN over the namespace; in one's own if the module allows it"""
    bed = Bed()
    before = bed.state()

    def every_command_refused():
        nl = genl.Genl()
        for command, valid in bed.valid.items():
            for flags in (genl.NLM_F_ACK, genl.NLM_F_DUMP):
                try:
                    nl.request(command, pack(valid), flags)
                    return f"{command_name(command)} flags {flags:x}: accepted"
                except Error as e:
                    if e.errno != 1 and flags == genl.NLM_F_ACK:
                        return f"{command_name(command)}: {e}"
        return ""

    def other_user():
        os.setresuid(65534, 65534, 65534)
        return every_command_refused()

    def other_userns():
        unshare(CLONE_NEWUSER)
        return every_command_refused()

    allowed = False

    def refused_in_own():
        if not ip("link add name mine type vifswitch", fail=False):
            return "made a switch"
        return every_command_refused()

    def own_namespace():
        unshare(CLONE_NEWUSER | CLONE_NEWNET)
        with open("/proc/self/uid_map", "w") as f:
            f.write("0 0 1")
        ip("link set dev lo up")
        if not allowed:
            return refused_in_own()
        switch = Switch("mine")
        port = switch.port("p", access(5).program([mac(1)]))
        if [s.name for s in switch.nl.switches()] != ["mine"]:
            return "sees switches of another namespace"
        switch.nl.fdb_add(port.ifindex, mac(2), 5)
        try:
            switch.nl.port(bed.port.ifindex + 1000)
        except Error as e:
            if e.errno not in (2, 19):
                return str(e)
        return ""

    same(in_child(other_user), "", "user nobody")
    same(in_child(other_userns), "", "root of a user namespace, over our namespace")
    same(in_child(own_namespace), "", "root of a user namespace, over its own, not allowed")
    parameter = "/sys/module/vifswitch/parameters/user_namespaces"
    same(open(parameter).read(), "N\n", "the module's default")
    try:
        with open(parameter, "w") as f:
            f.write("1")
        allowed = True
        same(in_child(own_namespace), "", "root of a user namespace, over its own")
    finally:
        with open(parameter, "w") as f:
            f.write("0")
    same(bed.state(), before, "state of our namespace")


@test()
def dumps_of_many():
    """dumps of 500 ports and 5,000 entries are complete and hold no entry twice"""
    switch = Switch()
    ip(*(f"link add name d{n} type dummy" for n in range(500)))
    for n in range(500):
        switch.nl.port_new(switch.ifindex, exists(f"d{n}"),
                           abi.program(abi.PF_LEARN, 100, fdb_max=10), b"c%d" % n)
    ports = switch.nl.ports(switch.ifindex)
    same(len({p.ifindex for p in ports if not p.flags & abi.PORT_LOCAL}), 500, "ports dumped")
    same(len(ports), len({p.ifindex for p in ports}), "ports dumped twice")
    for n in range(5000):
        switch.nl.fdb_add(exists(f"d{n % 500}"), mac(n), 100)
    entries = [e.mac for e in switch.nl.fdb(switch.ifindex) if e.mac.startswith("00:16:3e:00")]
    same((len(entries), len(set(entries))), (5000, 5000), "entries dumped")
    same(len(switch.nl.fdb(port=exists("d7"))), 10, "entries of one port")
