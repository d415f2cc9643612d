# SPDX-License-Identifier: GPL-2.0-or-later
"""A small netlink client: raw AF_NETLINK, no library.

  nl = Genl()                       the vifswitch family in this namespace
  nl.do(CMD, {A_PORT: u32(3)})      one request; replies as a list of dicts
  nl.dump(CMD, {...})               all messages of a dump
  nl.request(CMD, raw, flags)       the same with raw attribute bytes, so that
                                    malformed ones can be sent
  Error                             .errno and .text (the extack message)
  nl.events(), Events               the multicast group

Replies are dicts of attribute number to bytes. Port, Switch and fdb() below
decode the ones of our family.
"""
import errno
import os
import select
import socket
import struct

import abi
import loop
import mirror
import network
import snoop
import session
import wait

NETLINK_GENERIC, SOL_NETLINK = 16, 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11
NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_DUMP = 1, 2, 4, 0x300
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSG_ERROR, NLMSG_DONE = 2, 3
ERR_MSG, ERR_OFFSET, ERR_POLICY = 1, 2, 4
NLA_F_NESTED = 0x8000
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 0x10, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 1, 2, 7


class Error(OSError):
    def __init__(self, code, text):
        super().__init__(code, f"{errno.errorcode.get(code, code)}: {text or '(no text)'}")
        self.text = text or ""


def u8(n):
    return struct.pack("=B", n)


def u16(n):
    return struct.pack("=H", n)


def u32(n):
    return struct.pack("=I", n)


def as_int(data):
    return int.from_bytes(data, "little")


def nla(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + b"\0" * (-len(data) % 4)


def pack(attributes):
    return b"".join(nla(k, v) for k, v in attributes.items() if v is not None)


def unpack(data):
    out = {}
    for kind, value in walk(data):
        out[kind] = value
    return out


def walk(data):
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        yield kind & 0x3fff, data[at + 4:at + length]
        at += length + 3 & ~3


class Netlink:
    def __init__(self, protocol=NETLINK_GENERIC):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC,
                                    protocol)
        self.socket.bind((0, 0))
        for option in (NETLINK_CAP_ACK, NETLINK_EXT_ACK):
            self.socket.setsockopt(SOL_NETLINK, option, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.settimeout(wait.limit(20))
        self.sequence = 0
        self.names = getattr(self, "names", {})

    def close(self):
        self.socket.close()

    def transact(self, kind, payload, flags=NLM_F_ACK):
        """Send one message; the payloads of the replies, or Error."""
        self.sequence += 1
        head = struct.pack("=IHHII", 16 + len(payload), kind, flags | NLM_F_REQUEST,
                           self.sequence, 0)
        self.socket.send(head + payload)
        replies = []
        while True:
            data = self.socket.recv(1 << 17)
            at = 0
            while at + 16 <= len(data):
                length, kind, mflags, sequence, _ = struct.unpack_from("=IHHII", data, at)
                body = data[at + 16:at + length]
                at += length + 3 & ~3
                if sequence != self.sequence:
                    continue
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    self.check(kind, mflags, body, head + payload)
                    return replies
                replies.append(body)
                if not flags & (NLM_F_ACK | NLM_F_DUMP):
                    return replies

    def check(self, kind, flags, body, request):
        code = struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
        text = None
        if flags & NLM_F_ACK_TLVS:
            skip = 4
            if kind == NLMSG_ERROR:
                skip += 16 if flags & NLM_F_CAPPED else \
                    struct.unpack_from("=I", body, 4)[0] + 3 & ~3
            told = unpack(body[skip:])
            text = told.get(ERR_MSG, b"").rstrip(b"\0").decode() + self.pointed(told, request)
        if code:
            raise Error(-code, text)


    def pointed(self, told, request):
        """What a refusal of the kernel's own points at, and what its policy accepts."""
        if ERR_POLICY not in told or ERR_OFFSET not in told:
            return ""
        kind = struct.unpack_from("=H", request, as_int(told[ERR_OFFSET]) + 2)[0] & 0x3fff
        policy = {k: as_int(v) for k, v in walk(told[ERR_POLICY])}
        low, high = next(((policy[k], policy.get(k + 1)) for k in (4, 6) if k in policy),
                         (0, policy.get(5, policy.get(7))))
        return f" ({self.names.get(kind, kind)}; accepted: {low} to {high})"


class Genl(Netlink):
    names = {v: k[2:] for k, v in vars(abi).items() if k.startswith("A_") and k != "A_MAX"}

    def __init__(self, name=abi.GENL_NAME):
        super().__init__()
        payload = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0) \
            + nla(CTRL_ATTR_FAMILY_NAME, name.encode() + b"\0")
        family = unpack(self.transact(GENL_ID_CTRL, payload)[0][4:])
        self.id = as_int(family[CTRL_ATTR_FAMILY_ID])
        self.groups = {}
        for _, group in walk(family.get(CTRL_ATTR_MCAST_GROUPS, b"")):
            parts = unpack(group)
            self.groups[parts[1].rstrip(b"\0").decode()] = as_int(parts[2])

    def request(self, command, raw=b"", flags=NLM_F_ACK, version=abi.GENL_VERSION):
        payload = struct.pack("=BBH", command, version, 0) + raw
        return [(body[0], unpack(body[4:])) for body in self.transact(self.id, payload, flags)]

    def do(self, command, attributes=None):
        return [a for _, a in self.request(command, pack(attributes or {}))]

    def dump(self, command, attributes=None):
        return [a for _, a in self.request(command, pack(attributes or {}), NLM_F_DUMP)]

    # The family's commands, by interface index.

    def port_new(self, switch, port, program=None, cookie=None, claim=None):
        self.do(abi.CMD_PORT_NEW, {abi.A_SWITCH: u32(switch), abi.A_PORT: u32(port),
                                   abi.A_PROGRAM: program, abi.A_COOKIE: cookie,
                                   abi.A_CLAIM: None if claim is None else u8(claim)})

    def port_set(self, port, program=None, cookie=None, claim=None):
        self.do(abi.CMD_PORT_SET, {abi.A_PORT: u32(port), abi.A_PROGRAM: program,
                                   abi.A_COOKIE: cookie,
                                   abi.A_CLAIM: None if claim is None else u8(claim)})

    def port_del(self, port):
        self.do(abi.CMD_PORT_DEL, {abi.A_PORT: u32(port)})

    def port(self, port):
        return Port(self.do(abi.CMD_PORT_GET, {abi.A_PORT: u32(port)})[0])

    def ports(self, switch=None):
        chosen = {} if switch is None else {abi.A_SWITCH: u32(switch)}
        return [Port(a) for a in self.dump(abi.CMD_PORT_GET, chosen)]

    def switch(self, switch):
        return Switch(self.do(abi.CMD_SWITCH_GET, {abi.A_SWITCH: u32(switch)})[0])

    def switches(self):
        return [Switch(a) for a in self.dump(abi.CMD_SWITCH_GET)]

    def fdb(self, switch=None, port=None):
        chosen = {abi.A_SWITCH: None if switch is None else u32(switch),
                  abi.A_PORT: None if port is None else u32(port)}
        return [Fdb(a) for a in self.dump(abi.CMD_FDB_GET, chosen)]

    def fdb_add(self, port, mac, vlan, remote=None, flags=None):
        self.do(abi.CMD_FDB_ADD, {abi.A_PORT: u32(port), abi.A_MAC: abi.mac_bytes(mac),
                                  abi.A_VLAN: u16(vlan),
                                  abi.A_REMOTE: network.octets(remote) if remote else None,
                                  abi.A_FDB_FLAGS: None if flags is None else u32(flags)})

    def fdb_del(self, port, mac, vlan):
        self.do(abi.CMD_FDB_DEL, {abi.A_PORT: u32(port), abi.A_MAC: abi.mac_bytes(mac),
                                  abi.A_VLAN: u16(vlan)})

    def state(self, port):
        """(counters, debts, drops) of a port, as it takes them from elsewhere."""
        blob = self.do(abi.CMD_PORT_STATE, {abi.A_PORT: u32(port)})[0][abi.A_STATE]
        numbers = struct.unpack(f"={abi.STATE_LEN // 8}Q", blob)
        return list(numbers[:4]), list(numbers[4:12]), list(numbers[12:])

    def carry(self, port, counters=(), debts=(), drops=()):
        numbers = [list(part) + [0] * (size - len(part))
                   for part, size in ((counters, 4), (debts, 8), (drops, 64))]
        blob = struct.pack(f"={abi.STATE_LEN // 8}Q", *sum(numbers, []))
        self.do(abi.CMD_PORT_CARRY, {abi.A_PORT: u32(port), abi.A_STATE: blob})

    def fdb_carry(self, port, mac, vlan):
        self.do(abi.CMD_FDB_CARRY, {abi.A_PORT: u32(port), abi.A_MAC: abi.mac_bytes(mac),
                                    abi.A_VLAN: u16(vlan)})

    def acl_load(self, acl, blob, cookie=None, commit=True):
        self.do(abi.CMD_ACL_NEW, {abi.A_ACL: u32(acl), abi.A_ACL_LEN: u32(len(blob))})
        for at in range(0, len(blob), abi.ACL_CHUNK_MAX):
            self.do(abi.CMD_ACL_CHUNK, {abi.A_ACL: u32(acl), abi.A_ACL_OFFSET: u32(at),
                                        abi.A_ACL_DATA: blob[at:at + abi.ACL_CHUNK_MAX]})
        if commit:
            self.do(abi.CMD_ACL_COMMIT, {abi.A_ACL: u32(acl), abi.A_COOKIE: cookie})

    def acl_del(self, acl):
        self.do(abi.CMD_ACL_DEL, {abi.A_ACL: u32(acl)})

    def acls(self):
        return [Acl(a) for a in self.dump(abi.CMD_ACL_GET)]

    def acl_read(self, acl):
        blob, length = b"", 1
        while len(blob) < length:
            a = self.do(abi.CMD_ACL_READ, {abi.A_ACL: u32(acl), abi.A_ACL_OFFSET: u32(len(blob))})[0]
            length = number(a, abi.A_ACL_LEN)
            blob += a[abi.A_ACL_DATA]
        return blob

    def acl_hits(self, acl):
        """[(cookie, packets)] in the rules' order, then the two defaults."""
        out = []
        for _, body in self.raw_dump(abi.CMD_ACL_HITS, {abi.A_ACL: u32(acl)}):
            out += [struct.unpack("=QQ", v) for k, v in walk(body) if k == abi.A_ACL_HITS]
        return out

    def port_hits(self, port):
        """{cookie: packets} of the rules of its ACL that decided at the port."""
        out = {}
        for _, body in self.raw_dump(abi.CMD_PORT_HITS, {abi.A_PORT: u32(port)}):
            out.update(struct.unpack("=QQ", v) for k, v in walk(body) if k == abi.A_ACL_HITS)
        return out

    def hits_carry(self, port, hits):
        """Pairs, in the order in which they are to come; how many of the rules are here."""
        blob = b"".join(struct.pack("=QQ", *pair) for pair in hits)
        answer = self.do(abi.CMD_HITS_CARRY, {abi.A_PORT: u32(port), abi.A_HITS: blob})[0]
        return number(answer, abi.A_ACL_RULE_COUNT)

    def sessions(self, port, tracked=False):
        """What a port remembers: session.Session. Of its ACL, or of flow tables."""
        return [s for record in self.session_records(port, tracked) for s in session.unpack(record)]

    @staticmethod
    def of_sessions(port, tracked):
        return {abi.A_PORT: u32(port), **({abi.A_SESSIONS_TRACKED: b"\1"} if tracked else {})}

    def session_records(self, port, tracked=False):
        return [a[abi.A_SESSIONS] for a in
                self.dump(abi.CMD_SESSION_GET, self.of_sessions(port, tracked))]

    def sessions_put(self, port, record, tracked=False):
        """(taken, known, refused, excess) of a record's sessions."""
        a = self.do(abi.CMD_SESSION_PUT, {**self.of_sessions(port, tracked), abi.A_SESSIONS: record})[0]
        return tuple(number(a, kind) for kind in (abi.A_SESSIONS_TAKEN, abi.A_SESSIONS_KNOWN,
                                                  abi.A_SESSIONS_REFUSED, abi.A_SESSIONS_EXCESS))

    def sessions_flush(self, port, tracked=False):
        self.do(abi.CMD_SESSION_FLUSH, self.of_sessions(port, tracked))

    def mirror_set(self, switch, number, blob, cookie=None):
        self.do(abi.CMD_MIRROR_SET, {abi.A_SWITCH: u32(switch), abi.A_MIRROR: u32(number),
                                     abi.A_MIRROR_DATA: blob, abi.A_COOKIE: cookie})

    def mirror_del(self, switch, number):
        self.do(abi.CMD_MIRROR_DEL, {abi.A_SWITCH: u32(switch), abi.A_MIRROR: u32(number)})

    def mirrors(self, switch=None):
        chosen = {} if switch is None else {abi.A_SWITCH: u32(switch)}
        return [Mirror(a) for a in self.dump(abi.CMD_MIRROR_GET, chosen)]

    def network_set(self, port, vlan, blob, cookie=None):
        self.do(abi.CMD_NETWORK_SET, {abi.A_PORT: u32(port), abi.A_VLAN: u16(vlan),
                                      abi.A_NETWORK_DATA: blob, abi.A_COOKIE: cookie})

    def network_del(self, port, vlan):
        self.do(abi.CMD_NETWORK_DEL, {abi.A_PORT: u32(port), abi.A_VLAN: u16(vlan)})

    def networks(self, switch=None):
        """(port, VLAN, blob, cookie) of each"""
        chosen = {} if switch is None else {abi.A_SWITCH: u32(switch)}
        return [(number(a, abi.A_PORT), number(a, abi.A_VLAN), a[abi.A_NETWORK_DATA],
                 a.get(abi.A_COOKIE)) for a in self.dump(abi.CMD_NETWORK_GET, chosen)]

    def snoop_set(self, switch, blob):
        self.do(abi.CMD_SWITCH_SET, {abi.A_SWITCH: u32(switch), abi.A_SNOOP: blob})

    def loop_set(self, switch, blob):
        self.do(abi.CMD_SWITCH_SET, {abi.A_SWITCH: u32(switch), abi.A_LOOP: blob})

    def memberships(self, switch=None):
        chosen = {} if switch is None else {abi.A_SWITCH: u32(switch)}
        return [snoop.member(number(a, abi.A_PORT), number(a, abi.A_VLAN), a[abi.A_GROUP])
                for a in self.dump(abi.CMD_GROUP_GET, chosen)]

    def underlay_set(self, switch, addresses):
        self.do(abi.CMD_UNDERLAY_SET, {abi.A_SWITCH: u32(switch), abi.A_UNDERLAY:
                                       b"".join(map(network.octets, addresses))})

    def raw_dump(self, command, attributes):
        payload = struct.pack("=BBH", command, abi.GENL_VERSION, 0) + pack(attributes)
        return [(body[0], body[4:]) for body in self.transact(self.id, payload, NLM_F_DUMP)]

    def events(self):
        return Events(self)


def number(attributes, kind):
    return as_int(attributes[kind]) if kind in attributes else None


def text(attributes, kind):
    return attributes[kind].rstrip(b"\0").decode() if kind in attributes else None


# Drops of frames that were accepted (and counted) from the port before.
INSIDE = ("no-destination", "hairpin", "no-memory", "storm-unknown", "isolated", "group-query", "flow-miss",
          "flow-drop", "flow-meter", "flow-limit")


class Port:
    def __init__(self, a):
        self.switch, self.switch_name = number(a, abi.A_SWITCH), text(a, abi.A_SWITCH_NAME)
        self.ifindex, self.name = number(a, abi.A_PORT), text(a, abi.A_PORT_NAME)
        self.program, self.cookie = a.get(abi.A_PROGRAM), a.get(abi.A_COOKIE)
        self.claim, self.flags = number(a, abi.A_CLAIM), number(a, abi.A_PORT_FLAGS) or 0
        self.fdb_count = number(a, abi.A_FDB_COUNT)
        self.connections = number(a, abi.A_CONNECTIONS)
        self.loop = loop.port(a[abi.A_LOOP_PORT]) if abi.A_LOOP_PORT in a else None
        counters = unpack(a.get(abi.A_COUNTERS, b""))
        self.from_packets, self.from_bytes, self.to_packets, self.to_bytes = (
            as_int(counters.get(i, b"")) for i in range(1, 5))
        self.drops = {abi.DROPS.get(k, f"reason-{k}"): as_int(v)
                      for k, v in unpack(a.get(abi.A_DROPS, b"")).items()}

    @property
    def closed(self):
        return bool(self.flags & abi.PORT_CLOSED)

    @property
    def judged(self):
        """Packets from the port that got a verdict: accepted, or refused at the door."""
        return self.from_packets + sum(n for word, n in self.drops.items()
                                       if not word.startswith("to-") and word not in INSIDE)


class Acl:
    def __init__(self, a):
        self.id, self.length = number(a, abi.A_ACL), number(a, abi.A_ACL_LEN)
        self.cookie, self.rules = a.get(abi.A_COOKIE), number(a, abi.A_ACL_RULE_COUNT)
        self.ports = number(a, abi.A_PORT_COUNT)


class Switch:
    def __init__(self, a):
        self.ifindex, self.name = number(a, abi.A_SWITCH), text(a, abi.A_SWITCH_NAME)
        self.ageing_ms = number(a, abi.A_AGEING_MS)
        self.fdb_count, self.port_count = number(a, abi.A_FDB_COUNT), number(a, abi.A_PORT_COUNT)
        self.snoop = snoop.told(a[abi.A_SNOOP]) if abi.A_SNOOP in a else None
        self.loop = loop.told(a[abi.A_LOOP]) if abi.A_LOOP in a else None


class Mirror:
    def __init__(self, a):
        self.switch, self.number = number(a, abi.A_SWITCH), number(a, abi.A_MIRROR)
        self.cookie, self.blob = a.get(abi.A_COOKIE), a[abi.A_MIRROR_DATA]
        self.__dict__.update(mirror.stats(a[abi.A_MIRROR_STATS]))


class Fdb:
    def __init__(self, a):
        self.switch, self.port = number(a, abi.A_SWITCH), number(a, abi.A_PORT)
        self.mac, self.vlan = abi.mac_text(a[abi.A_MAC]), number(a, abi.A_VLAN)
        self.flags, self.age_ms = number(a, abi.A_FDB_FLAGS) or 0, number(a, abi.A_AGE_MS)
        self.remote = network.text(a[abi.A_REMOTE]) if abi.A_REMOTE in a else None

    def __repr__(self):
        return f"{self.mac}/{self.vlan}@{self.port}:{self.flags:x}"


class Events:
    """The multicast group, from now on."""

    def __init__(self, genl):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                               genl.groups[abi.MCGRP_EVENTS])
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    def read(self, timeout=0):
        """Events that have come, as dicts; waits up to timeout for the first."""
        out = []
        while select.select([self.socket], [], [], 0 if out else timeout)[0]:
            try:
                data = self.socket.recv(1 << 16)
            except OSError as e:
                out.append({"event": "overrun", "error": os.strerror(e.errno)})
                continue
            a = unpack(data[20:])
            out.append({"event": abi.EVENTS.get(number(a, abi.A_EVENT)),
                        "switch": number(a, abi.A_SWITCH), "port": number(a, abi.A_PORT),
                        "port_name": text(a, abi.A_PORT_NAME), "cookie": a.get(abi.A_COOKIE),
                        "mac": abi.mac_text(a[abi.A_MAC]) if abi.A_MAC in a else None,
                        "vlan": number(a, abi.A_VLAN), "old_port": number(a, abi.A_OLD_PORT),
                        "reason": abi.DROPS.get(number(a, abi.A_REASON)),
                        "packet": a.get(abi.A_PACKET), "length": number(a, abi.A_PACKET_LEN),
                        "suppressed": number(a, abi.A_SUPPRESSED),
                        "rule": number(a, abi.A_RULE)})
        return out

    def close(self):
        self.socket.close()
