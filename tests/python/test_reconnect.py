# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that break, servers that die, schemas that change, silence, TLS."""

import copy
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import ear
import lab
import vifdb
from client import Server
from test_clients import free_port, make_certificates


class Reconnect(lab.LiveTest):
    """Each with a server of its own."""

    def setUp(self):
        self.opened, self.servers = [], []
        self.directory = tempfile.TemporaryDirectory(prefix="vifdb-python-")
        self.server = self.new_server("own")
        self.remote = "unix:" + self.server.socket

    def tearDown(self):
        super().tearDown()
        for server in self.servers:
            server.kill()
        self.directory.cleanup()

    def new_server(self, name, options=(), kind=None):
        server = Server(self.directory.name, lab.SCHEMA, kind or self.kind, name=name, options=options)
        self.servers.append(server)
        server.start().close()
        return server

    def names(self, db):
        return {row.name for row in db.tables["Port"].values()}

    def insert(self, db, *names):
        with db.transaction() as txn:
            for name in names:
                txn.insert("Port", name=name)

    def test_kill(self):
        db, told = self.database(), []
        self.insert(db, "stays", "goes", "changes")
        db.lock("L")
        self.wait(db, lambda: db.has_lock("L"))
        db.run()
        # Of a server that was restarted all rows have another _version.
        db.on_change(lambda c: c.columns() and told.append((c.kind, c.row.name)), "Port")
        db.on_lock(lambda name, held: told.append(held))
        db.on_state(lambda state: told.append(state.value))
        self.server.kill()
        self.wait(db, lambda: db.state is vifdb.State.DISCONNECTED)
        self.assertFalse(db.has_lock("L"))
        self.assertEqual(self.names(db), {"stays", "goes", "changes"})
        self.assertIn(self.server.socket, db.error)
        client = self.server.start()
        client.transact({"op": "delete", "table": "Port", "where": [["name", "==", "goes"]]},
                        {"op": "update", "table": "Port", "where": [["name", "==", "changes"]], "row": {"tag": 5}},
                        {"op": "insert", "table": "Port", "row": {"name": "comes"}}, db="Example")
        self.wait(db, lambda: db.has_lock("L"), "the lock")
        self.assertEqual(told[:2], [False, "disconnected"])
        self.assertEqual(sorted(t for t in told if isinstance(t, tuple)),
                         [("delete", "goes"), ("insert", "comes"), ("modify", "changes")])
        self.assertEqual((told[-2:], db.error), (["ready", True], ""))
        self.assertEqual(self.names(db), {"stays", "changes", "comes"})

    def test_kill_at_any_time(self):
        """Rows whose commit returned are there; of the others nobody knows."""
        db = self.database()
        stop, sure, unsure = threading.Event(), [], []

        def write():
            writer = vifdb.Database(self.remote, database="Example")
            writer.wait_ready(lab.PATIENCE)
            number = 0
            while not stop.is_set():
                number += 1
                txn = writer.transaction()
                txn.insert("Port", name=f"n{number}")
                try:
                    txn.commit(lab.PATIENCE)
                    sure.append(f"n{number}")
                except vifdb.ConnectionLost:
                    unsure.append(f"n{number}")
            writer.close()

        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(5):
            target = len(sure) + 20
            lab.until(lambda: len(sure) >= target, "twenty commits")
            self.server.kill()
            self.server.start().close()
        stop.set()
        thread.join(lab.PATIENCE)
        self.assertFalse(thread.is_alive())
        client = self.server.client_now()
        rows, = client.transact({"op": "select", "table": "Port", "where": [], "columns": ["name"]}, db="Example")
        there = {row["name"] for row in rows["rows"]}
        self.assertLessEqual(set(sure), there)
        self.assertLessEqual(there, {*sure, *unsure})
        self.wait(db, lambda: self.names(db) == there, "the copy to be as the server")

    def test_unsent_is_sent_later(self):
        db = self.database()
        self.server.kill()
        self.wait(db, lambda: db.state is vifdb.State.DISCONNECTED)
        txn = db.transaction()
        txn.insert("Port", name="never")
        with self.assertRaises(vifdb.Timeout) as caught:
            txn.commit(0.2)
        self.assertFalse(caught.exception.sent)
        threading.Timer(0.3, lambda: self.server.start().close()).start()
        txn = db.transaction()
        txn.insert("Port", name="later")
        txn.commit(lab.PATIENCE)
        self.assertEqual(self.names(db), {"later"})

    def test_started_before_the_server(self):
        self.server.stop()
        db = self.database(ready=False)
        with self.assertRaisesRegex(vifdb.Timeout, self.server.socket):
            db.wait_ready(0.2)
        with self.assertRaises(vifdb.NotReady):
            db.transaction()
        self.server.start().close()
        db.wait_ready(lab.PATIENCE)

    def test_schema_changes(self):
        db, told = self.database(), []
        chosen = self.database(tables={"Port": ["name", "tag", "note"]})
        self.assertEqual(chosen.missing, ["Port.note"])
        self.insert(db, "p")
        db.on_change(lambda c: told.append((c.table, c.kind)))
        schema = copy.deepcopy(lab.schema_json())
        schema["version"] = "2.0.0"
        port = schema["tables"]["Port"]["columns"]
        del port["class"]
        port["note"] = {"type": {"key": "string", "min": 0, "max": 1}}
        port["tag"] = {"type": {"key": {"type": "integer", "minInteger": 0, "maxInteger": 4094}, "min": 0, "max": "unlimited"}}
        schema["tables"]["More"] = {"isRoot": True, "columns": {"x": {"type": "string"}}}
        self.server.client_now().call("convert", "Example", schema)
        self.wait(db, lambda: db.schema.version == "2.0.0" and db.state is vifdb.State.READY, "the new schema")
        row, = db.tables["Port"].values()
        self.assertEqual((row.name, row.note, row.tag), ("p", None, frozenset()))
        self.assertFalse(hasattr(row, "class"))
        with db.transaction() as txn:
            txn.insert("More", x="new")
            txn.edit(row).note = "noted"
        self.assertEqual(db.tables["More"].one().x, "new")
        self.assertIn(("More", "insert"), told)
        self.wait(chosen, lambda: chosen.state is vifdb.State.READY and chosen.missing == []
                  and chosen.tables["Port"].one(note="noted"))
        # And a table goes.
        del schema["tables"]["More"]
        schema["version"] = "3.0.0"
        self.server.client_now().call("convert", "Example", schema)
        self.wait(db, lambda: db.schema.version == "3.0.0" and db.state is vifdb.State.READY, "the new schema")
        self.assertEqual(len(db.tables["More"]), 0)
        self.assertIn(("More", "delete"), told)
        with self.assertRaisesRegex(vifdb.Error, "no table 'More'"):
            db.transaction().insert("More")

    def test_tcp_and_tls(self):
        make_certificates(self.directory.name)

        def files(name):
            base = os.path.join(self.directory.name, name)
            return {"private_key": base + ".key", "certificate": base + ".pem",
                    "ca_certificate": os.path.join(self.directory.name, "ca.pem")}

        tcp, tls = free_port(), free_port()
        own = files("server")
        server = self.new_server("tls", [
            f"--remote=ptcp:{tcp}:127.0.0.1", f"--remote=pssl:{tls}:127.0.0.1", "--private-key=" + own["private_key"],
            "--certificate=" + own["certificate"], "--ca-cert=" + own["ca_certificate"]])
        remotes = [(f"tcp:127.0.0.1:{tcp}", {}), (f"tcp:localhost:{tcp}", {}), (f"ssl:127.0.0.1:{tls}", files("client"))]
        for remote, options in remotes:
            db = self.database(remote=remote, **options)
            with db.transaction() as txn:
                row = txn.insert("Port", name="p", labels={str(n): "x" * 1000 for n in range(3000)})
            self.assertEqual(len(db.tables["Port"][row._uuid].labels), 3000)
            with db.transaction() as txn:
                txn.delete("Port", ())
        server.kill()
        self.wait(db, lambda: db.state is vifdb.State.DISCONNECTED)
        server.start().close()
        db.wait_ready(lab.PATIENCE)
        for options in (files("stranger"), {**files("client"), "ca_certificate": files("stranger")["certificate"]}):
            stranger = self.database(ready=False, remote=f"ssl:127.0.0.1:{tls}", **options)
            self.wait(stranger, lambda: stranger.error)
            with self.assertRaises(vifdb.Timeout) as caught:
                stranger.wait_ready(0.05)
            self.assertRegex(str(caught.exception).lower(), "certificate|unknown ca|closed|reset|eof")


class Silent(lab.LiveTest):
    """Servers that do not answer, and one that does not read."""

    def listen(self, serve):
        path = os.path.join(tempfile.mkdtemp(prefix="vifdb-python-"), "sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        self.peers = []

        def talk(peer):
            self.peers.append(peer)
            serve(peer)

        self.addCleanup(ear.serve(listener, talk))
        return "unix:" + path

    def test_no_answer(self):
        db = self.database(ready=False, remote=self.listen(lambda peer: None), probe_s=0.1)
        with self.assertRaises(vifdb.Timeout):
            db.wait_ready(0.05)
        self.wait(db, lambda: len(self.peers) > 1)
        self.assertIn("no answer within 0.1 s", db.error)

    def test_closes_at_once(self):
        db = self.database(ready=False, remote=self.listen(lambda peer: peer.close()))
        with self.assertRaises(vifdb.Timeout):
            db.wait_ready(0.7)
        self.assertLess(len(self.peers), 8)     # 0.1, 0.2, 0.4 ...
        self.wait(db, lambda: len(self.peers) > 1)

    def test_answers_probes(self):
        """A server with short probes keeps a client that is waited for."""
        port = free_port()
        with tempfile.TemporaryDirectory() as directory:
            server = Server(directory, lab.SCHEMA, "vifdbd", options=[f"--remote=ptcp:{port}:127.0.0.1", "--inactivity-probe=1000"])
            server.start().close()
            try:
                db, told = self.database(remote=f"tcp:127.0.0.1:{port}"), []
                db.on_state(told.append)
                end = time.monotonic() + 2.6
                while time.monotonic() < end:
                    db.wait(end - time.monotonic())
                self.assertEqual(told, [])
            finally:
                server.kill()

    def test_remote_never_there(self):
        db = self.database(ready=False, remote="unix:/nowhere/" + str(uuid.uuid4()))
        start = os.times()
        with self.assertRaisesRegex(vifdb.Timeout, "No such file"):
            db.wait_ready(0.5)
        spent = os.times()
        self.assertLess(spent.user + spent.system - start.user - start.system, 0.25)  # it slept
        db = self.database(ready=False, remote="tcp:name.invalid:1")
        with self.assertRaises(vifdb.Timeout):
            db.wait_ready(0.1)


class Import(lab.LiveTest):
    def test_asyncio_is_not_loaded(self):
        code = ("import sys; sys.path.insert(0, sys.argv[1]); import vifdb; assert 'asyncio' not in sys.modules; "
                "vifdb.aio.Database; assert 'asyncio' in sys.modules")
        subprocess.run([sys.executable, "-c", code, os.path.dirname(os.path.dirname(vifdb.__file__))], check=True)


def load_tests(loader, tests, pattern):
    cases = [*lab.each_server(Reconnect), Silent, Import]
    return loader.suiteClass([loader.loadTestsFromTestCase(case) for case in cases])
