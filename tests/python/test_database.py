# SPDX-License-Identifier: GPL-2.0-or-later
"""vifdb.Database with vifdbd and with Debian's ovsdb-server: the same scenarios."""

import json
import os
import select
import subprocess
import sys
import time
import uuid

import lab
import vifdb
from vifdb.session import _MONITORS


class Scenarios(lab.LiveTest):
    def ports(self, db):
        return {row.name: row for row in db.tables["Port"].values()}

    # ---- reading ----

    def test_typed_values(self):
        db, other = self.database(), self.database()
        labels = {"a": "1", "ä\"\\\n": "…"}
        with db.transaction() as txn:
            vm = txn.insert("VM", name="one", uuid=uuid.UUID(int=7))
            first = txn.insert("Port", {"class": "x"}, name="p1", tag=5, trunks={1, 2, 3}, vm=vm,
                               rate=1, up=True, labels=labels, mode="access", count=-2**63)
            txn.insert("Port", name="p2", peers=[first])
        for copy in (db, other):
            self.wait(copy, lambda: len(copy.tables["Port"]) == 2)
            p1, p2 = self.ports(copy)["p1"], self.ports(copy)["p2"]
            self.assertEqual((p1.tag, p1.trunks, p1.rate, p1.up, p1.labels, p1.mode, p1.count),
                             (5, {1, 2, 3}, 1.0, True, labels, "access", -2**63))
            self.assertIsInstance(p1.rate, float)
            self.assertIsInstance(p1.trunks, frozenset)
            self.assertEqual((p1["class"], p1.vm, p1._uuid), ("x", vm._uuid, first._uuid))
            self.assertEqual(copy.tables["VM"][p1.vm].uuid, uuid.UUID(int=7))
            self.assertEqual((p2.tag, p2.trunks, p2.rate, p2.up, p2.labels, p2.mode, p2.count, p2.vm),
                             (None, set(), 0.0, False, {}, None, 0, None))
            self.assertEqual(p2.peers, {first._uuid})
            self.assertIsInstance(p1._version, uuid.UUID)
            with self.assertRaises(TypeError):
                p1.labels["b"] = "2"
            with self.assertRaisesRegex(AttributeError, "edit"):
                p1.tag = 6
            with self.assertRaisesRegex(AttributeError, "no column 'nothing'"):
                p1.nothing

    def test_changes_of_sets_and_maps(self):
        db, other = self.database(), self.database()
        with db.transaction() as txn:
            row = txn.insert("Port", name="p", trunks=range(0) or {1, 2, 3}, labels={"a": "1", "b": "2"})
        ident = row._uuid
        for step, trunks, labels in (
                ({"trunks": {2, 3, 4}}, {2, 3, 4}, {"a": "1", "b": "2"}),
                ({"labels": {"b": "3", "c": "4"}}, {2, 3, 4}, {"b": "3", "c": "4"}),
                ({"trunks": [], "labels": {}}, set(), {}),
                ({"trunks": 9, "labels": {"b": "2"}}, {9}, {"b": "2"})):
            with db.transaction() as txn:
                txn.update("Port", ident, step)
            self.assertEqual((db.tables["Port"][ident].trunks, db.tables["Port"][ident].labels),
                             (trunks, labels))
            self.wait(other, lambda: ident in other.tables["Port"]
                      and other.tables["Port"][ident] == db.tables["Port"][ident])

    def test_callbacks(self):
        db, seen = self.database(ready=False), []
        db.on_state(lambda state: seen.append(state))
        db.on_change(lambda c: seen.append((c.kind, c.row.name, c.last)), "Port")
        with self.database().transaction() as txn:
            txn.insert("Port", name="early")
        db.wait_ready(lab.PATIENCE)
        self.assertEqual(seen, [vifdb.State.CONNECTING, ("insert", "early", True), vifdb.State.READY])
        del seen[:]
        with db.transaction() as txn:
            txn.update("Port", [("name", "==", "early")], tag=1, up=True)
            txn.insert("Port", name="late")
        self.assertEqual(sorted(seen), [("insert", "late", seen[0][2] < seen[1][2] and seen[1][1] == "late"),
                                        ("modify", "early", seen[1][1] == "early")])
        del seen[:]
        with db.transaction() as txn:
            txn.delete("Port", ())
        self.assertEqual({entry[:2] for entry in seen}, {("delete", "early"), ("delete", "late")})
        self.assertEqual([entry[2] for entry in seen], [False, True])

    def test_a_callback_that_fails(self):
        db = self.database()

        def fails(change):
            raise ZeroDivisionError

        db.on_change(fails)
        with self.assertRaises(ZeroDivisionError):
            with db.transaction() as txn:
                txn.insert("Port", name="p")
        self.wait(db, lambda: self.ports(db))

    def test_commit_in_a_callback(self):
        db = self.database()

        def tag(change):
            if change.kind == "insert":
                with db.transaction() as txn:
                    txn.edit(change.new).tag = 77

        db.on_change(tag, "Port")
        with db.transaction() as txn:
            txn.insert("Port", name="p")
        self.assertEqual(self.ports(db)["p"].tag, 77)

    def test_chosen_columns(self):
        db = self.database(tables={"Port": ["name", "nothing"], "Nowhere": None})
        self.assertEqual(sorted(db.missing), ["Nowhere", "Port.nothing"])
        with db.transaction() as txn:
            txn.insert("Port", name="p", tag=4)
        row = self.ports(db)["p"]
        self.assertEqual(row._asdict(), {"name": "p"})
        self.assertNotIn("VM", db.tables)
        self.assertEqual(len(db.tables["Nowhere"]), 0)
        generation = db.generation
        with db.transaction() as txn:
            txn.update("Port", row, tag=5)
        self.assertEqual(db.generation, generation)
        with self.assertRaises(AttributeError):
            db.transaction().edit(row).tag

    def test_nothing_followed(self):
        db = self.database(tables=())
        with db.transaction() as txn:
            txn.insert("Port", name="p", trunks=[3])
            found = txn.select("Port", [("name", "==", "p")], ["trunks", "tag", "_uuid"])
        self.assertEqual((found.rows[0]["trunks"], found.rows[0]["tag"]), ({3}, None))
        self.assertIsInstance(found.rows[0]["_uuid"], uuid.UUID)

    def test_older_monitors(self):
        for method in (1, 2):
            db = self.database(ready=False)
            session = db._session
            asked, ask = [], session._ask_copy

            def instead():
                session._monitor = max(session._monitor, method)
                asked.append(_MONITORS[session._monitor][0])
                ask()

            session._ask_copy = instead
            db.wait_ready(lab.PATIENCE)
            self.assertEqual(asked, [_MONITORS[method][0]])
            with db.transaction() as txn:
                row = txn.insert("Port", name=f"p{method}", trunks={1, 2}, labels={"a": "b"})
            with db.transaction() as txn:
                txn.update("Port", row._uuid, trunks={2, 3}, labels={"a": "c"}, tag=7)
            found = db.tables["Port"][row._uuid]
            self.assertEqual((found.trunks, found.labels, found.tag), ({2, 3}, {"a": "c"}, 7))
            with db.transaction() as txn:
                txn.delete("Port", found)
            self.assertNotIn(row._uuid, db.tables["Port"])

    # ---- writing ----

    def test_mutate(self):
        db = self.database()
        with db.transaction() as txn:
            txn.insert("Port", name="p", trunks={1, 2}, labels={"a": "1", "b": "2", "c": "3"}, count=10)
        with db.transaction() as txn:
            done = txn.mutate("Port", [("name", "==", "p")], ("trunks", "insert", {3, 4}),
                              ("trunks", "delete", 1), ("labels", "delete", ["a"]),
                              ("labels", "delete", {"b": "2", "c": "other"}),
                              ("labels", "insert", {"d": "4"}), ("count", "*=", 3), ("rate", "+=", 0.5))
        row = self.ports(db)["p"]
        self.assertEqual((done.count, row.trunks, row.labels, row.count, row.rate),
                         (1, {2, 3, 4}, {"c": "3", "d": "4"}, 30, 0.5))

    def test_conditions(self):
        db = self.database()
        with db.transaction() as txn:
            for n in range(6):
                txn.insert("Port", name=f"p{n}", count=n, trunks={n, n + 1}, tag=n or None)

        def count(*where):
            with db.transaction() as txn:
                found = txn.select("Port", where, ["name"])
            return "".join(sorted(row["name"][1:] for row in found.rows))

        self.assertEqual(count(("count", "<", 2)), "01")
        self.assertEqual(count(("count", ">=", 4), ("name", "!=", "p5")), "4")
        self.assertEqual(count(("trunks", "includes", {3})), "23")
        self.assertEqual(count(("trunks", "excludes", [3, 5])), "01")
        self.assertEqual(count(("tag", "==", None)), "0")
        self.assertEqual(count(("trunks", "==", (4, 5))), "4")

    def test_constraint_violation_names_its_cause(self):
        db = self.database()
        with self.assertRaises(vifdb.ConstraintViolation) as caught:
            with db.transaction() as txn:
                txn.comment("a bad one")
                txn.insert("Port", name="p", mode="access", tag=4095)
        e = caught.exception
        self.assertEqual((e.table, e.column, e.value, e.operation), ("Port", "tag", 4095, 1))
        self.assertIn("Port.tag: 4095: constraint violation", str(e))
        self.assertIn("0 to 4094", str(e))
        for column, value, accepted in (("mode", "turbo", "'access', 'trunk'"),
                                        ("trunks", {1, 5000}, "each an integer from 0 to 4094"),
                                        ("name", "x" * 16, "1 to 15 characters")):
            with self.assertRaises(vifdb.ConstraintViolation) as caught:
                with db.transaction() as txn:
                    txn.insert("Port", {"name": "q", column: value})
            self.assertEqual((caught.exception.column, caught.exception.value), (column, value))
            self.assertIn(accepted, str(caught.exception))
        self.assertEqual(len(db.tables["Port"]), 0)

    def test_refused_as_a_whole(self):
        db = self.database()
        with db.transaction() as txn:
            vm = txn.insert("VM", name="vm")
            txn.insert("Port", name="p", vm=vm)
        with self.assertRaises(vifdb.ConstraintViolation) as caught:
            with db.transaction() as txn:
                txn.insert("Port", name="p")
        self.assertIsNone(caught.exception.operation)
        with self.assertRaises(vifdb.ReferentialIntegrityViolation):
            with db.transaction() as txn:
                txn.delete("VM", vm._uuid)
        with self.assertRaises(vifdb.ReferentialIntegrityViolation):
            with db.transaction() as txn:
                txn.update("Port", [], vm=uuid.uuid4())
        with self.assertRaises(vifdb.ConstraintViolation) as caught:
            with db.transaction() as txn:
                txn.update("Port", [], name="immutable")
        with self.assertRaises(vifdb.Aborted):
            with db.transaction() as txn:
                txn.insert("Port", name="q")
                txn.abort()
        self.assertEqual(set(self.ports(db)), {"p"})

    def test_strings_no_server_takes(self):
        db = self.database()
        for text in ("a\0b", "\ud800"):
            with self.assertRaises(vifdb.BadValue):
                db.transaction().insert("Port", name=text)
        for text in ("\U0001f600", "\x7f\x01", "\u2028"):
            with db.transaction() as txn:
                row = txn.insert("Port", name=text)
            self.assertEqual(db.tables["Port"][row._uuid].name, text)

    def test_transaction_is_used_once(self):
        db = self.database()
        txn = db.transaction()
        txn.commit()
        with self.assertRaisesRegex(vifdb.Error, "already"):
            txn.commit()
        with self.assertRaisesRegex(vifdb.Error, "already"):
            txn.insert("Port", name="p")
        with self.assertRaises(ZeroDivisionError):
            with db.transaction() as txn:
                txn.insert("Port", name="never")
                raise ZeroDivisionError
        self.assertEqual(self.ports(db), {})

    # ---- optimistic locking ----

    def test_conflict(self):
        db, other = self.database(), self.database()
        with db.transaction() as txn:
            txn.insert("Port", name="p", tag=1, count=5)
        self.wait(other, lambda: self.ports(other))
        old = self.ports(other)["p"]
        with db.transaction() as txn:
            txn.edit(self.ports(db)["p"]).tag = 2
        txn = other.transaction()
        draft = txn.edit(old)
        self.assertEqual((draft.tag, draft._uuid), (1, old._uuid))
        draft.tag = 3
        self.assertEqual(draft.tag, 3)
        with self.assertRaises(vifdb.Conflict):
            txn.commit()
        self.assertEqual(self.ports(db)["p"].tag, 2)
        # What was not read does not matter, and who does not read does not care.
        for change in (lambda txn: txn.verify(old, "count"), lambda txn: None):
            txn = other.transaction()
            change(txn)
            txn.edit(old).up = True
            txn.commit()
        for change in (lambda t: t.verify(old, "tag", "count"), lambda t: t.verify(old, "_version")):
            txn = other.transaction()
            change(txn)
            txn.update("Port", old, up=False)
            with self.assertRaises(vifdb.Conflict):
                txn.commit()

    def test_conflict_with_a_deletion(self):
        db, other = self.database(), self.database()
        with db.transaction() as txn:
            txn.insert("Port", name="p")
        self.wait(other, lambda: self.ports(other))
        old = self.ports(other)["p"]
        with db.transaction() as txn:
            txn.delete("Port", self.ports(db)["p"])
        for build in (lambda t: setattr(t.edit(old), "tag", 1), lambda t: t.update("Port", old, tag=1),
                      lambda t: t.mutate("Port", old, ("count", "+=", 1))):
            txn = other.transaction()
            build(txn)
            with self.assertRaises(vifdb.Conflict):
                txn.commit()
        with other.transaction() as txn:
            gone = txn.delete("Port", old)
        self.assertEqual(gone.count, 0)

    def test_execute_tries_again(self):
        """Two processes count to 50 each, in one column: nothing is lost."""
        program = ("import sys; sys.path[:0] = sys.argv[2:]; import lab, vifdb\n"
                   "db = vifdb.Database(sys.argv[1], database='Example', tables=['Port'])\n"
                   "db.wait_ready(30)\n"
                   "def more(txn):\n"
                   "    row = txn.edit(txn.tables['Port'].one(name='p'))\n"
                   "    row.count += 1\n"
                   "for _ in range(50): db.execute(more, 30)\n")
        db = self.database()
        with db.transaction() as txn:
            row = txn.insert("Port", name="p")
        counters = [subprocess.Popen([sys.executable, "-c", program, self.remote, lab.HERE])
                    for _ in range(2)]
        self.assertEqual([process.wait(60) for process in counters], [0, 0])
        self.wait(db, lambda: db.tables["Port"][row._uuid].count == 100)

    def test_execute_gives_up(self):
        db = self.database()
        with db.transaction() as txn:
            row = txn.insert("Port", name="p")
        stale = db.tables["Port"][row._uuid]
        with db.transaction() as txn:
            txn.update("Port", stale, tag=3)
        with self.assertRaises(vifdb.Conflict):
            db.execute(lambda txn: txn.verify(stale, "tag") or txn.comment("x"), 1)

    # ---- waiting, locks, loops ----

    def test_wait_operation(self):
        db, other = self.database(), self.database()
        with self.assertRaises(vifdb.WaitTimeout):
            with db.transaction() as txn:
                txn.wait("Port", [("name", "==", "p")], [{"tag": 4}], ["tag"], timeout_ms=20)
        with db.transaction() as txn:
            txn.insert("Port", name="p")
        txn = db.transaction()
        txn.wait("Port", [("name", "==", "p")], [{"tag": 4}], ["tag"], timeout_ms=30_000)
        txn.insert("Port", name="after")
        request = db._session.commit(txn)
        db.wait(0.1)
        self.assertFalse(request.done)
        with other.transaction() as txn:
            txn.update("Port", [], tag=4)
        self.wait(db, lambda: request.done)
        self.assertIsNone(request.error)

    def test_commit_timeout(self):
        db = self.database()
        txn = db.transaction()
        txn.wait("Port", [("name", "==", "p")], [{"tag": 4}], ["tag"], timeout_ms=30_000)
        txn.insert("Port", name="never")
        with self.assertRaises(vifdb.Timeout) as caught:
            txn.commit(0.1)
        self.assertTrue(caught.exception.sent)
        with db.transaction() as txn:       # the server took the cancel, and goes on
            txn.insert("Port", name="p", tag=4)
        self.assertEqual(set(self.ports(db)), {"p"})

    def test_locks(self):
        db, other, told = self.database(), self.database(), []
        db.on_lock(lambda name, held: told.append((name, held)))
        db.lock("L")
        self.wait(db, lambda: db.has_lock("L"))
        other.lock("L")
        other.wait(0.1)
        self.assertFalse(other.has_lock("L"))
        with db.transaction() as txn:
            txn.assert_lock("L")
            txn.insert("Port", name="mine")
        with self.assertRaises(vifdb.NotOwner):
            with other.transaction() as txn:
                txn.assert_lock("L")
                txn.insert("Port", name="yours")
        other.unlock("L")
        other.steal("L")
        self.wait(other, lambda: other.has_lock("L"))
        self.wait(db, lambda: not db.has_lock("L"))
        other.unlock("L")
        self.wait(db, lambda: db.has_lock("L"))
        self.assertEqual(told, [("L", True), ("L", False), ("L", True)])
        with self.assertRaisesRegex(vifdb.Error, "already"):
            db.lock("L")
        db.unlock("L")
        with self.assertRaisesRegex(vifdb.Error, "not asked"):
            db.unlock("L")

    def test_own_loop(self):
        db = self.database(ready=False, tables=["Port"])
        end = time.monotonic() + lab.PATIENCE
        while not db.run() or db.state is not vifdb.State.READY:
            self.assertLess(time.monotonic(), end)
            if db.fileno() >= 0 and db.state is not vifdb.State.READY:
                poll = select.poll()
                poll.register(db.fileno(), db.events())
                poll.poll(max(0, int(1000 * (db.deadline() - time.monotonic()))))
        self.assertFalse(db.run())

    def test_a_large_copy(self):
        db = self.database()
        for start in range(0, 5000, 1000):
            with db.transaction() as txn:
                for n in range(start, start + 1000):
                    txn.insert("Port", name=f"p{n}", trunks=set(range(20)), labels={"n": str(n)})
        other = self.database()
        self.assertEqual(len(other.tables["Port"]), 5000)
        self.assertEqual({row.name: row for row in other.tables["Port"].values()}, self.ports(db))

    def test_environment(self):
        os.environ["VIFDB"] = self.remote
        try:
            db = vifdb.Database(database="Example")
        finally:
            del os.environ["VIFDB"]
        self.opened.append(db)
        db.wait_ready(lab.PATIENCE)

    def test_unknown_database(self):
        db = vifdb.Database(self.remote, database="Nothing")
        self.opened.append(db)
        self.wait(db, lambda: db.error)
        with self.assertRaisesRegex(vifdb.Timeout, "database Nothing: unknown database"):
            db.wait_ready(0.05)
        with self.assertRaises(vifdb.NotReady):
            db.transaction()

    def test_closed(self):
        db = self.database()
        db.close()
        for use in (db.wait_ready, db.wait, db.transaction().commit):
            with self.assertRaises(vifdb.Closed):
                use()

    def test_schema_object(self):
        db = self.database()
        port = db.schema.tables["Port"]
        self.assertEqual((port.indexes, port.is_root, port.columns["name"].mutable), ((("name",),), True, False))
        self.assertEqual(port.columns["vm"].type.key.ref_table, "VM")
        self.assertEqual(port.columns["peers"].type.key.ref_type, "weak")
        self.assertEqual(json.dumps(db.schema.json)[:1], "{")


def load_tests(loader, tests, pattern):
    return loader.suiteClass([loader.loadTestsFromTestCase(case) for case in lab.each_server(Scenarios)])
