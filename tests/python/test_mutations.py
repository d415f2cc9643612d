# SPDX-License-Identifier: GPL-2.0-or-later
"""
A server gone mad: conversations with random changes, in their octets and in their
JSON. Whatever it says, the Session raises nothing, and when a sane server answers the
next time, the copy is as that one says. MUTATION_SECONDS (3) bounds each test,
MUTATION_SEED chooses another beginning.
"""

import copy
import json
import os
import random
import time
import unittest
import uuid

import lab
from vifdb import framing
from vifdb.errors import ProtocolError
from vifdb.schema import ColumnType
from vifdb.session import Session, State
from vifdb.transaction import Transaction

SECONDS = float(os.environ.get("MUTATION_SECONDS", "3"))
SEED = int(os.environ.get("MUTATION_SEED", "1"))
ROWS = [str(uuid.UUID(int=n, version=4)) for n in range(1, 5)]
LAST = [str(uuid.UUID(int=n, version=4)) for n in range(100, 110)]
FIRST = {"Port": {
    ROWS[0]: {"initial": {"name": "a", "tag": 5, "trunks": ["set", [1, 2]], "labels": ["map", [["x", "y"]]]}},
    ROWS[1]: {"initial": {"name": "b", "rate": 2.5, "up": True, "vm": ["uuid", ROWS[2]]}}},
    "VM": {ROWS[2]: {"initial": {"name": "vm", "uuid": ["uuid", ROWS[3]]}}}}
STRANGE = [None, True, False, 0, -1, 2**63, 2**64, 1.5, 1e308, "", "x", "\ud800", "a\0b", [], {}, ["set", []], ["set", [1, 1]],
           ["map", []], ["map", [[1]]], ["uuid", "x"], ["uuid", ROWS[0]], ["named-uuid", "x"], {"error": "timed out"},
           {"delete": None}, {"insert": {}}, {"modify": {}}, "update2", "echo", "locked", [[[[]]]], {"": {"": {}}}]


def conversation():
    """What a server says, to requests 0, 1, 2 ... in turn."""
    return [
        {"id": 0, "result": lab.schema_json(), "error": None},
        {"id": 1, "result": [False, LAST[0], copy.deepcopy(FIRST)], "error": None},
        {"id": 2, "result": {"locked": True}, "error": None},
        {"id": "probe", "method": "echo", "params": []},
        {"id": None, "method": "update3", "params": ["vifdb", LAST[1], {"Port": {
            ROWS[0]: {"modify": {"trunks": ["set", [2, 3]], "labels": ["map", [["x", "z"], ["n", "m"]]], "tag": ["set", []]}},
            ROWS[3]: {"insert": {"name": "c", "class": "k"}}}}]},
        {"id": 3, "result": [{"count": 1}, {"uuid": ["uuid", ROWS[3]]}, {"rows": [{"name": "a", "tag": 5}]}], "error": None},
        {"id": None, "method": "stolen", "params": ["L"]},
        {"id": None, "method": "locked", "params": ["L"]},
        {"id": None, "method": "update3", "params": ["vifdb", LAST[2], {"Port": {ROWS[1]: {"delete": None}}}]},
    ]


def places(value, path=()):
    """Paths to every value inside."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, path + (key,))


class Mutator:
    def __init__(self, pick):
        self.pick = pick

    def json(self, messages):
        """Another value somewhere, or something left out, doubled, or in another order."""
        pick = self.pick
        for _ in range(pick.choice((1, 1, 1, 2, 5))):
            if pick.random() < 0.2:
                index = pick.randrange(len(messages))
                messages.insert(pick.randrange(len(messages)), copy.deepcopy(messages[index]))
                if pick.random() < 0.5:
                    del messages[pick.randrange(len(messages))]
                continue
            path = pick.choice(list(places(messages)))
            if not path:
                continue
            target = messages
            for key in path[:-1]:
                target = target[key]
            if pick.random() < 0.2:
                del target[path[-1]]
            elif pick.random() < 0.2 and isinstance(target, dict):
                target[pick.choice(("", "Port", "x", ROWS[0], ROWS[0].upper(), "_uuid", "error"))] = target.pop(path[-1])
            else:
                target[path[-1]] = copy.deepcopy(pick.choice(STRANGE))
            if not messages:
                return

    def octets(self, data):
        """Octets changed, left out, put in or doubled."""
        pick, data = self.pick, bytearray(data)
        for _ in range(pick.choice((1, 1, 2, 10))):
            at = pick.randrange(len(data))
            kind = pick.randrange(4)
            if kind == 0:
                data[at] = pick.randrange(256)
            elif kind == 1:
                del data[at:at + pick.randrange(1, 20)]
            elif kind == 2:
                data[at:at] = pick.choice((b'"', b"\\", b"{", b"}", b"[", b"]", b"[" * 70, b"9" * 400, b"\xff", b"null", b","))
            else:
                data[at:at] = data[at:at + pick.randrange(1, 200)]
            if not data:
                return b" "
        return bytes(data)


def hear(session, data, now, pick=None):
    """Hands a session what a server says, in pieces, and asks for what a user would."""
    session.connecting(now)
    session.connected(now)
    at, asked = 0, False
    while at < len(data):
        size = pick.randint(1, 400) if pick else len(data)
        session.received(data[at:at + size], now)
        at += size
        if session.state is State.READY and not asked:
            asked = True
            txn = Transaction(session.schema, session.replica.tables)
            txn.insert("Port", name="c") if "Port" in session.schema.tables and \
                "name" in session.schema.tables["Port"].columns else txn.comment("x")
            session.commit(txn)
        while session.events:
            session.events.popleft()
        session.take_output()


class Mad(unittest.TestCase):
    def rounds(self):
        end, number = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            number += 1
            yield number, random.Random(SEED * 1_000_003 + number)
        self.assertGreater(number, 20)

    def check(self, session, number):
        """Whatever was, the next connection puts it right."""
        if session.linked:
            session.lost("enough", 50.0)
        session.has_lock("L")
        sane = conversation()
        sane[1]["result"][0] = False
        hear(session, b"".join(map(framing.encode, sane[:2])), 100.0)
        self.assertEqual((session.state, session.error), (State.READY, ""), number)
        port = session.replica.tables["Port"]
        self.assertEqual(sorted((row.name, row.tag, sorted(row.trunks), dict(row.labels)) for row in port.values()),
                         [("a", 5, [1, 2], {"x": "y"}), ("b", None, [], {})], number)
        self.assertEqual([row.uuid for row in session.replica.tables["VM"].values()], [uuid.UUID(ROWS[3])])

    def one(self, data, pick, number):
        session = Session("Example", None)
        session.lock("L", steal=False)
        try:
            hear(session, data, 1.0, pick)
        except Exception as e:
            raise AssertionError(f"round {number} of seed {SEED}: {data!r}") from e
        # The requests of the next connection have other numbers.
        session.lost("enough", 50.0)
        session._next_id = 0
        session._locks.clear()
        self.check(session, number)

    def test_sane(self):
        session = Session("Example", None)
        session.lock("L", steal=False)
        hear(session, b"".join(map(framing.encode, conversation()[:5])), 1.0)
        self.assertEqual(session.error, "")
        self.assertTrue(session.has_lock("L"))

    def test_json(self):
        for number, pick in self.rounds():
            messages = conversation()
            Mutator(pick).json(messages)
            self.one(b"".join(map(framing.encode, messages)), pick, number)

    def test_octets(self):
        sane = b"".join(json.dumps(m, ensure_ascii=False).encode() for m in conversation())
        for number, pick in self.rounds():
            self.one(Mutator(pick).octets(sane), pick, number)

    def test_types(self):
        """Types and values made of odd pieces: ProtocolError, or a value that can be written."""
        def odd(pick, depth=0):
            if depth < 3 and pick.random() < 0.4:
                return [pick.choice(("set", "map", "uuid", odd(pick, depth + 1))), *(odd(pick, depth + 1) for _ in range(pick.randrange(3)))]
            return copy.deepcopy(pick.choice(STRANGE))

        read = 0
        for number, pick in self.rounds():
            kinds = ["integer", "real", "boolean", "string", "uuid"]
            json_type = {"key": pick.choice(kinds), "min": pick.choice((0, 1)), "max": pick.choice((1, 2, "unlimited"))}
            if pick.random() < 0.3:
                json_type["value"] = pick.choice(kinds)
            if pick.random() < 0.1:
                json_type[pick.choice(list(json_type))] = odd(pick)
            try:
                kind = ColumnType(json_type)
                for _ in range(20):
                    try:
                        value = kind.decode(odd(pick))
                        kind.apply_diff(value, odd(pick))
                    except ProtocolError:
                        continue
                    kind.accepts(value)
                    read += 1
            except ProtocolError:
                continue
        self.assertGreater(read, 20)
