# SPDX-License-Identifier: GPL-2.0-or-later
"""vifdb.aio.Database with vifdbd and with Debian's ovsdb-server."""

import asyncio
import gc
import os
import tempfile
import unittest
import warnings

import lab
import vifdb
import vifdb.aio
from client import Server
from test_clients import free_port, make_certificates


def run(body):
    """A test that is a coroutine; it gets a list for exceptions that nobody caught."""

    def test(self):
        caught = []

        async def main():
            asyncio.get_running_loop().set_exception_handler(
                lambda loop, context: caught.append(context.get("exception") or context["message"]))
            async with asyncio.timeout(lab.PATIENCE * 2):
                await body(self, caught)

        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)      # never awaited
            asyncio.run(main())
            gc.collect()
        self.assertEqual(caught, [])

    return test


class Scenarios(lab.LiveTest):
    def open(self, **options):
        options.setdefault("tables", vifdb.ALL)
        return vifdb.aio.Database(options.pop("remote", self.remote), database="Example", **options)

    @run
    async def test_read_and_write(self, caught):
        async with self.open() as db, self.open() as other:
            await asyncio.gather(db.wait_ready(lab.PATIENCE), other.wait_ready(lab.PATIENCE))
            changes = other.changes("Port")
            async with db.transaction() as txn:
                vm = txn.insert("VM", name="vm")
                row = txn.insert("Port", name="p", tag=4, vm=vm)
            self.assertEqual(db.tables["Port"][row._uuid].vm, vm._uuid)
            change = await anext(changes)
            self.assertEqual((change.kind, change.row.tag), ("insert", 4))
            txn = other.transaction()
            txn.edit(change.new).tag += 1
            await txn.commit()
            change = await anext(changes)
            self.assertEqual((change.kind, change.columns(), change.old.tag, change.new.tag), ("modify", {"tag"}, 4, 5))
            with self.assertRaises(vifdb.ConstraintViolation) as e:
                async with db.transaction() as txn:
                    txn.update("Port", (), tag=5000)
            self.assertEqual(e.exception.column, "tag")
            with self.assertRaises(ZeroDivisionError):
                async with db.transaction() as txn:
                    txn.delete("Port", ())
                    raise ZeroDivisionError
            self.assertEqual(len(db.tables["Port"]), 1)

    @run
    async def test_changes(self, caught):
        async with self.open() as db:
            seen = []

            async def follow():
                async for change in db.changes("Port"):
                    seen.append((change.kind, change.row.name))

            task = asyncio.create_task(follow())
            await db.wait_ready(lab.PATIENCE)
            for name in ("a", "b"):
                async with db.transaction() as txn:
                    txn.insert("VM", name=name)
                    txn.insert("Port", name=name)
            async with db.transaction() as txn:
                txn.delete("Port", [("name", "==", "a")])
        await task                  # it ended with the Database
        self.assertEqual(seen, [("insert", "a"), ("insert", "b"), ("delete", "a")])

    @run
    async def test_a_slow_reader_of_changes(self, caught):
        saved, vifdb.limits.CHANGES_MAX = vifdb.limits.CHANGES_MAX, 3
        try:
            async with self.open() as db:
                await db.wait_ready(lab.PATIENCE)
                async with db.changes() as slow, db.changes("VM") as other:
                    async with db.transaction() as txn:
                        for n in range(4):
                            txn.insert("Port", name=f"p{n}")
                    with self.assertRaises(vifdb.Overflow):
                        await anext(slow)
                    async with db.transaction() as txn:
                        txn.insert("VM", name="vm")
                    self.assertEqual((await anext(other)).table, "VM")
                self.assertEqual(db._iterators, set())
        finally:
            vifdb.limits.CHANGES_MAX = saved

    @run
    async def test_many_at_once(self, caught):
        async with self.open() as db:
            await db.wait_ready(lab.PATIENCE)
            async with db.transaction() as txn:
                row = txn.insert("Port", name="p")

            def more(txn):
                txn.edit(db.tables["Port"][row._uuid]).count += 1

            await asyncio.gather(*(db.execute(more, lab.PATIENCE) for _ in range(20)))
            self.assertEqual(db.tables["Port"][row._uuid].count, 20)

    @run
    async def test_timeout_and_cancel(self, caught):
        async with self.open() as db:
            await db.wait_ready(lab.PATIENCE)

            def blocked():
                txn = db.transaction()
                txn.wait("Port", [("name", "==", "p")], [{"tag": 4}], ["tag"], timeout_ms=30_000)
                txn.insert("Port", name="never")
                return txn

            with self.assertRaises(vifdb.Timeout) as e:
                await blocked().commit(0.05)
            self.assertTrue(e.exception.sent)
            task = asyncio.create_task(blocked().commit(None))
            await asyncio.sleep(0.05)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            async with db.transaction() as txn:
                txn.insert("Port", name="p", tag=4)
            async with db.transaction() as txn:
                found = txn.select("Port", (), ["name"])
            self.assertEqual(found.rows, [{"name": "p"}])
            self.assertEqual((db._waiters, db._changed), ({}, set()))

    @run
    async def test_callbacks(self, caught):
        async with self.open() as db:
            told = []

            def fails(change):
                raise ZeroDivisionError

            db.on_change(fails)
            db.on_change(lambda change: told.append(change.kind))
            db.on_state(lambda state: told.append(state.value))
            db.on_lock(lambda name, held: told.append((name, held)))
            await db.wait_ready(lab.PATIENCE)
            db.lock("L")
            async with db.transaction() as txn:
                txn.assert_lock("L")
                txn.insert("Port", name="p")
            db.unlock("L")
        self.assertEqual(told, ["ready", ("L", True), "insert", ("L", False), "closed"])
        self.assertEqual([type(e) for e in caught], [ZeroDivisionError])
        caught.clear()

    @run
    async def test_closed(self, caught):
        db = self.open()
        with self.assertRaises(vifdb.NotReady):
            db.transaction()
        await db.wait_ready(lab.PATIENCE)
        txn = db.transaction()
        txn.wait("Port", (), [{"tag": 4}], ["tag"], timeout_ms=30_000)
        commit = asyncio.create_task(txn.commit(None))
        ready = asyncio.create_task(db._until(lambda: False, None))
        await asyncio.sleep(0)
        await db.close()
        for task in (commit, ready):
            with self.assertRaises(vifdb.Closed):
                await task
        await db.close()
        with self.assertRaises(vifdb.Closed):
            await db.wait_ready()

    @run
    async def test_kill(self, caught):
        with tempfile.TemporaryDirectory() as directory:
            server = Server(directory, lab.SCHEMA, self.kind)
            server.start().close()
            try:
                async with self.open(remote="unix:" + server.socket) as db:
                    await db.wait_ready(lab.PATIENCE)
                    for n in range(4):
                        blocked = db.transaction()
                        blocked.wait("Port", [("name", "==", "x")], [{"tag": 4}], ["tag"], timeout_ms=60_000)
                        commit = asyncio.create_task(blocked.commit(None))
                        async with db.transaction() as txn:
                            txn.insert("Port", name=f"p{n}")
                        server.kill()
                        with self.assertRaises(vifdb.ConnectionLost):
                            await commit
                        later = db.transaction()
                        later.insert("Port", name=f"later{n}")
                        task = asyncio.create_task(later.commit(lab.PATIENCE))
                        await asyncio.sleep(0.05)
                        server.start().close()
                        await task
                    self.assertEqual(len(db.tables["Port"]), 8)
            finally:
                server.kill()

    @run
    async def test_never_there(self, caught):
        async with self.open(remote="unix:/nowhere/sock") as db:
            with self.assertRaisesRegex(vifdb.Timeout, "No such file"):
                await db.wait_ready(0.3)

    @run
    async def test_tcp_and_tls(self, caught):
        with tempfile.TemporaryDirectory() as directory:
            make_certificates(directory)
            tcp, tls = free_port(), free_port()

            def files(name):
                return {"private_key": f"{directory}/{name}.key", "certificate": f"{directory}/{name}.pem",
                        "ca_certificate": f"{directory}/ca.pem"}

            own = files("server")
            options = ["--private-key=" + own["private_key"], "--certificate=" + own["certificate"],
                       "--ca-cert=" + own["ca_certificate"]]
            server = Server(directory, lab.SCHEMA, self.kind, options=[
                f"--remote=ptcp:{tcp}:127.0.0.1", f"--remote=pssl:{tls}:127.0.0.1", *options])
            server.start().close()
            try:
                for remote, own in ((f"tcp:127.0.0.1:{tcp}", {}), (f"ssl:127.0.0.1:{tls}", files("client"))):
                    async with self.open(remote=remote, **own) as db:
                        await db.wait_ready(lab.PATIENCE)
                        async with db.transaction() as txn:
                            txn.insert("Port", name="p", labels={str(n): "x" * 1000 for n in range(3000)})
                        async with db.transaction() as txn:
                            txn.delete("Port", ())
                async with self.open(remote=f"ssl:127.0.0.1:{tls}", **files("stranger")) as db:
                    with self.assertRaises(vifdb.Timeout):
                        await db.wait_ready(0.5)
            finally:
                server.kill()


class Silent(unittest.TestCase):
    @run
    async def test_no_answer(self, caught):
        peers = []
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "sock")
            server = await asyncio.start_unix_server(lambda reader, writer: peers.append(writer), path)
            async with vifdb.aio.Database("unix:" + path, probe_s=0.05) as db:
                with self.assertRaisesRegex(vifdb.Timeout, "no answer within 0.05 s"):
                    await db.wait_ready(1)
                while len(peers) < 2:
                    await asyncio.sleep(0.01)
            for writer in peers:
                writer.close()
            server.close()


def load_tests(loader, tests, pattern):
    cases = [*lab.each_server(Scenarios), Silent]
    return loader.suiteClass([loader.loadTestsFromTestCase(case) for case in cases])
