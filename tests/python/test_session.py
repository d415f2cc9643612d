# SPDX-License-Identifier: GPL-2.0-or-later
"""
The protocol core without sockets and clocks: tables of what happens, and what it then
sends and tells.
"""

import json
import unittest
import uuid

import lab  # noqa: F401
from vifdb import errors, limits
from vifdb.replica import Change
from vifdb.session import LockChange, Request, Session, State, StateChange
from vifdb.transaction import Transaction

SCHEMA = {"name": "D", "version": "1.0.0", "tables": {"T": {"columns": {
    "i": {"type": "integer"}, "s": {"type": {"key": "string", "min": 0, "max": "unlimited"}}}}}}
WIDER = {**SCHEMA, "tables": {**SCHEMA["tables"], "N": {"columns": {"x": {"type": "string"}}}}}
A, B = str(uuid.UUID(int=10)), str(uuid.UUID(int=11))
ZERO, ONE, TWO = (str(uuid.UUID(int=n)) for n in (0, 1, 2))
WATCH = {"T": [{"columns": ["i", "s"]}]}
UNKNOWN = {"error": "unknown method", "details": "no method"}


class Machine:
    """A Session, and a line of text for each thing that it sends or tells."""

    def __init__(self, follow=None, **options):
        self.session = Session("D", {"T": ["i", "s"]} if follow is None else follow, **options)
        self.now = 100.0
        self.ids = []

    def did(self):
        said = []
        while self.session.events:
            event = self.session.events.popleft()
            if isinstance(event, StateChange):
                said.append(event.state.value)
            elif isinstance(event, LockChange):
                said.append(f"{event.name} {'held' if event.held else 'not held'}")
            elif isinstance(event, Change):
                said.append(f"{event.kind} {event.row.i} {sorted(event.row.s)}")
            elif isinstance(event, Request):
                said.append("done" if event.error is None else type(event.error).__name__)
        if self.session.has_output:
            decoder, text = json.JSONDecoder(), self.session.take_output().decode()
            while text:
                message, end = decoder.raw_decode(text)
                text = text[end:]
                if "method" in message:
                    if message["id"] is not None:
                        self.ids.append(message["id"])
                    said.append((message["method"], message["params"]))
                else:
                    said.append(("answer", message["id"], message["result"]))
        return said

    def connect(self):
        self.session.connecting(self.now)
        self.session.connected(self.now)
        return self.did()

    def say(self, message):
        self.session.received(json.dumps(message).encode(), self.now)
        return self.did()

    def answer(self, result, error=None):
        return self.say({"id": self.ids.pop(0), "result": result, "error": error})

    def tell(self, method, *params):
        return self.say({"id": None, "method": method, "params": list(params)})

    def later(self, seconds):
        self.now += seconds
        self.session.tick(self.now)
        return self.did()

    def ready(self, rows=None, last=ONE):
        self.connect()
        self.answer(SCHEMA)
        return self.answer([False, last, {"T": rows or {}}])


# What happens, in turn (a method of Machine and its arguments), and what comes of it.
SCRIPTS = {
    "first copy, changes": [
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ZERO])]),
        (("answer", [False, ONE, {"T": {A: {"initial": {"i": 1}}}}]), ["insert 1 []", "ready"]),
        (("tell", "update3", "vifdb", TWO, {"T": {A: {"modify": {"s": ["set", ["x", "y"]]}}}}), ["modify 1 ['x', 'y']"]),
        (("tell", "update3", "vifdb", TWO, {"T": {A: {"modify": {"s": "x"}}, B: {"insert": {}}}}),
         ["modify 1 ['y']", "insert 0 []"]),
        (("tell", "update3", "vifdb", TWO, {"T": {A: {"delete": None}}}), ["delete 1 ['y']"]),
    ],
    "goes on where it was": [
        (("ready", {A: {"initial": {"i": 1}}, B: {"initial": {"i": 2}}}), ["insert 1 []", "insert 2 []", "ready"]),
        (("lost", "gone"), ["disconnected"]),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ONE])]),
        (("answer", [True, TWO, {"T": {A: {"delete": None}}}]), ["delete 1 []", "ready"]),
    ],
    "everything again: what differs": [
        (("ready", {A: {"initial": {"i": 1}}, B: {"initial": {"i": 2}}}), ["insert 1 []", "insert 2 []", "ready"]),
        (("lost", "gone"), ["disconnected"]),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ONE])]),
        (("answer", [False, TWO, {"T": {B: {"initial": {"i": 3}}}}]), ["modify 3 []", "delete 1 []", "ready"]),
    ],
    "another schema": [
        (("ready", {A: {"initial": {"i": 1}}}), ["insert 1 []", "ready"]),
        (("lost", "gone"), ["disconnected"]),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", {"name": "D", "tables": {"T": {"columns": {"i": {"type": "integer"}}}}}),
         [("monitor_cond_since", ["D", "vifdb", {"T": [{"columns": ["i"]}]}, ZERO])]),
    ],
    "monitor_cond": [
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ZERO])]),
        (("answer", None, UNKNOWN), [("monitor_cond", ["D", "vifdb", WATCH])]),
        (("answer", {"T": {A: {"initial": {"i": 1}}}}), ["insert 1 []", "ready"]),
        (("tell", "update2", "vifdb", {"T": {A: {"modify": {"i": 4}}}}), ["modify 4 []"]),
    ],
    "monitor": [
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ZERO])]),
        (("answer", None, "unknown method"), [("monitor_cond", ["D", "vifdb", WATCH])]),
        (("answer", None, UNKNOWN), [("monitor", ["D", "vifdb", WATCH])]),
        (("answer", {"T": {A: {"new": {"i": 1, "s": ["set", []]}}}}), ["insert 1 []", "ready"]),
        (("tell", "update", "vifdb", {"T": {A: {"old": {"i": 1}, "new": {"i": 4, "s": "x"}}}}), ["modify 4 ['x']"]),
        (("tell", "update", "vifdb", {"T": {A: {"old": {"i": 1, "s": "x"}}}}), ["delete 4 ['x']"]),
    ],
    "no monitor at all": [
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ZERO])]),
        (("answer", None, {"error": "permission error"}), ["disconnected"]),
    ],
    "echo, both ways": [
        (("ready",), ["ready"]),
        (("say", {"id": "echo", "method": "echo", "params": ["x", 1]}), [("answer", "echo", ["x", 1])]),
        (("say", {"id": 7, "method": "jump", "params": []}), [("answer", 7, None)]),
        (("later", limits.PROBE_S - 0.1), []),
        (("later", 0.1), [("echo", [])]),
        (("later", limits.PROBE_S - 0.1), []),
        (("answer", []), []),
        (("later", limits.PROBE_S), [("echo", [])]),
        (("later", limits.PROBE_S), ["disconnected"]),
    ],
    "silence before it is ready": [
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("later", limits.PROBE_S), [("echo", [])]),
        (("later", limits.PROBE_S), ["disconnected"]),
    ],
    "locks": [
        (("ready",), ["ready"]),
        (("lock", "L", False), [("lock", ["L"])]),
        (("tell", "locked", "L"), []),       # of an earlier request: says nothing about this one
        (("answer", {"locked": False}), []),
        (("tell", "locked", "L"), ["L held"]),
        (("tell", "stolen", "L"), ["L not held"]),
        (("tell", "locked", "L"), ["L held"]),
        (("tell", "locked", "other"), []),
        (("lost", "gone"), ["L not held", "disconnected"]),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ONE])]),
        (("answer", [True, ONE, {}]), ["ready", ("lock", ["L"])]),
        (("answer", {"locked": True}), ["L held"]),
        (("unlock", "L"), ["L not held", ("unlock", ["L"])]),
        (("lock", "L", True), [("steal", ["L"])]),
        (("answer", {}), []),
        (("answer", {"locked": True}), ["L held"]),
    ],
    "a lock is stolen once": [
        (("lock", "L", True), []),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("lost", "gone"), ["disconnected"]),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ZERO])]),
        (("answer", [False, ONE, {}]), ["ready", ("steal", ["L"])]),
        (("lost", "gone"), ["disconnected"]),
        (("connect",), ["connecting", ("get_schema", ["D"])]),
        (("answer", SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ONE])]),
        (("answer", [True, ONE, {}]), ["ready", ("lock", ["L"])]),
    ],
}
# What no server may say when all is well; each ends the connection, and the next one asks
# for everything again.
WRONG = [
    {}, {"id": 99, "result": 1, "error": None}, {"id": True, "result": 1}, {"method": "update3", "id": None},
    {"method": 1, "params": [], "id": None}, {"method": "echo", "params": {}, "id": 1},
    *({"method": method, "params": params, "id": None} for method, params in (
        ("update3", ["vifdb", TWO]), ("update3", ["other", TWO, {}]), ("update2", ["vifdb", {}]),
        ("update3", ["vifdb", 1, {}]), ("update3", ["vifdb", TWO, []]), ("update3", ["vifdb", TWO, {"X": {}}]),
        ("update3", ["vifdb", TWO, {"T": []}]), ("update3", ["vifdb", TWO, {"T": {"x": {"delete": None}}}]),
        ("update3", ["vifdb", TWO, {"T": {A: {"modify": {"i": "1"}}}}]),
        ("update3", ["vifdb", TWO, {"T": {A: {"modify": {"x": 1}}}}]),
        ("update3", ["vifdb", TWO, {"T": {A: {"modify": []}}}]), ("update3", ["vifdb", TWO, {"T": {A: {}}}]),
        ("update3", ["vifdb", TWO, {"T": {A: {"change": {}}}}]), ("update3", ["vifdb", TWO, {"T": {A: 1}}]),
        ("update3", ["vifdb", TWO, {"T": {B: {"modify": {"i": 1}}}}]),
        ("update3", ["vifdb", TWO, {"T": {A: {"delete": None}, B: {"insert": {"i": None}}}}]),
        ("locked", []), ("stolen", [1]), ("monitor_canceled", ["vifdb"]),
    ))]
# Answers to a transaction of one update, and what the commit raises.
RESULTS = [
    ([{"count": 1}], None), ([{"count": 1}, None], None),
    ([{"error": "constraint violation", "details": "d"}], errors.ConstraintViolation),
    ([{"count": 1}, {"error": "referential integrity violation"}], errors.ReferentialIntegrityViolation),
    ([{"error": "timed out"}], errors.WaitTimeout), ([{"error": "aborted"}], errors.Aborted),
    ([{"error": "not owner"}], errors.NotOwner), ([{"count": 1}, {"error": "I/O error"}], errors.StorageError),
    ([{"error": 5, "details": []}], errors.TransactionError),
    ("x", errors.ConnectionLost), ([], errors.ConnectionLost), ([{"count": "1"}], errors.ConnectionLost), ([1], errors.ConnectionLost),
]


class Sessions(unittest.TestCase):
    def play(self, machine, step):
        name, *args = step
        if name in ("lock", "unlock"):
            getattr(machine.session, name)(*args)
            return machine.did()
        if name == "lost":
            machine.session.lost(args[0], machine.now)
            machine.ids.clear()
            return machine.did()
        return getattr(machine, name)(*args)

    def test_scripts(self):
        for title, steps in SCRIPTS.items():
            machine = Machine()
            for number, (step, expected) in enumerate(steps):
                with self.subTest(f"{title}, step {number}: {step}"):
                    self.assertEqual(self.play(machine, step), expected)

    def test_wrong(self):
        for message in WRONG:
            with self.subTest(message):
                machine = Machine()
                machine.ready({A: {"initial": {"i": 1}}})
                before = dict(machine.session.replica.tables["T"])
                self.assertEqual(machine.say(message), ["disconnected"])
                self.assertIn("the server sent something wrong", machine.session.error)
                self.assertLess(len(machine.session.error), 400)
                self.assertEqual(dict(machine.session.replica.tables["T"]), before)
                machine.ids.clear()
                machine.connect()
                self.assertEqual(machine.answer(SCHEMA), [("monitor_cond_since", ["D", "vifdb", WATCH, ZERO])])

    def test_wrong_schema_and_copy(self):
        for schema in (None, {}, {"name": "D", "tables": {"T": 1}}):
            machine = Machine()
            machine.connect()
            self.assertEqual(machine.answer(schema), ["disconnected"])
        for copy in (None, {}, [], [1, ONE, {}], [True, "x", {}], [False, ONE, []], [False, ONE],
                     [False, ONE, {"T": {A: {"modify": {}}}}], [False, ONE, {"N": {}}]):
            machine = Machine()
            machine.connect()
            machine.answer(SCHEMA)
            self.assertEqual(machine.answer(copy), ["disconnected"], copy)

    def test_backoff(self):
        machine, pauses = Machine(), []
        self.assertTrue(machine.session.due(machine.now))
        for _ in range(9):
            machine.session.connecting(machine.now)
            machine.session.lost("refused", machine.now)
            pauses.append(round(machine.session.deadline() - machine.now, 3))
            self.assertFalse(machine.session.due(machine.now))
            machine.now = machine.session.deadline()
            self.assertTrue(machine.session.due(machine.now))
        self.assertEqual(pauses, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 8, 8])
        # One that breaks at once does not make it quick again, one that lasted does.
        for lasted, pause in ((0.1, 8), (limits.BACKOFF_MAX_S, 0.1)):
            machine.ids.clear()
            machine.did()
            machine.connect()
            machine.answer(SCHEMA)
            self.assertIn("ready", machine.answer([False, ONE, {}]))
            machine.now += lasted
            machine.session.lost("gone", machine.now)
            self.assertAlmostEqual(machine.session.deadline() - machine.now, pause)

    def test_connecting_takes_too_long(self):
        machine = Machine()
        machine.session.connecting(machine.now)
        self.assertEqual(machine.session.deadline(), machine.now + limits.CONNECT_S)
        self.assertEqual(machine.later(limits.CONNECT_S), ["connecting", "disconnected"])
        self.assertFalse(machine.session.linked)

    def test_no_probes(self):
        machine = Machine(probe_s=0)
        machine.ready()
        self.assertIsNone(machine.session.deadline())
        self.assertEqual(machine.later(1e6), [])

    def update(self, machine):
        txn = Transaction(machine.session.schema, machine.session.replica.tables)
        txn.update("T", (), i=5)
        return machine.session.commit(txn)

    def test_results(self):
        for result, raised in RESULTS:
            with self.subTest(result):
                machine = Machine()
                machine.ready()
                request = self.update(machine)
                self.assertEqual(machine.did(), [("transact", ["D", {"op": "update", "table": "T", "row": {"i": 5}, "where": []}])])
                said = machine.answer(result)
                self.assertTrue(request.done)
                self.assertEqual(said[0], "done" if raised is None else raised.__name__)
                self.assertEqual(type(request.error), raised or type(None))
                self.assertEqual(machine.session.linked, raised is not errors.ConnectionLost)

    def test_transactions_and_connections(self):
        machine = Machine()
        machine.ready()
        sent = self.update(machine)
        machine.session.lost("gone", machine.now)
        self.assertIsInstance(sent.error, errors.ConnectionLost)
        unsent, given_up = self.update(machine), self.update(machine)
        machine.session.cancel(given_up)
        machine.did()
        machine.ids.clear()
        machine.connect()
        machine.answer(SCHEMA)
        said = machine.answer([True, ONE, {}])
        self.assertEqual([s if isinstance(s, str) else s[0] for s in said], ["ready", "transact"])
        self.assertTrue(unsent.sent)
        machine.session.cancel(unsent)
        self.assertEqual(machine.did(), [("cancel", [machine.ids[-1]])])
        self.assertEqual(machine.answer([{"error": "canceled"}]), [])
        last = self.update(machine)
        machine.session.close()
        self.assertIsInstance(last.error, errors.Closed)
        self.assertEqual(machine.session.state, State.CLOSED)
        with self.assertRaises(errors.Closed):
            self.update(machine)

    def test_bounds(self):
        machine = Machine()
        machine.ready()
        saved = limits.REQUESTS_MAX, limits.OUTPUT_MAX
        try:
            limits.REQUESTS_MAX = 3
            for _ in range(3):
                self.update(machine)
            with self.assertRaises(errors.TooMuch):
                self.update(machine)
            limits.OUTPUT_MAX = 100
            with self.assertRaises(errors.TooMuch):
                machine.session.lock("L", False)
            # It asks, and does not read the answers.
            machine.did()
            for _ in range(3):
                machine.session.received(b'{"id":1,"method":"echo","params":["xxxxxxxxxxxxxxxxxxxxxxxxxxx"]}', machine.now)
            self.assertFalse(machine.session.linked)
        finally:
            limits.REQUESTS_MAX, limits.OUTPUT_MAX = saved
        for n in range(limits.LOCKS_MAX):
            machine.session.lock(f"l{n}", False)
        with self.assertRaises(errors.TooMuch):
            machine.session.lock("more", False)

    def test_every_table(self):
        machine = Machine()
        machine.session = Session("D", None)
        machine.connect()
        (method, params), = machine.answer(WIDER)
        self.assertEqual(params[2], {"T": [{"columns": ["i", "s", "_version"]}], "N": [{"columns": ["x", "_version"]}]})
        self.assertEqual(sorted(machine.session.replica.tables), ["N", "T"])

    def test_late_events_are_ignored(self):
        machine = Machine()
        machine.session.received(b"{}", 1.0)
        machine.session.lost("x", 1.0)
        machine.session.connected(1.0)
        machine.session.tick(1.0)
        self.assertEqual((machine.did(), machine.session.state), ([], State.DISCONNECTED))
