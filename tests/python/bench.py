#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the Python client costs beside Debian's python3-openvswitch (ovs.db.idl): CPU time
of the client, with the same vifdbd, the same columns and the same transactions, in turn.

A small transaction reads a column of a row, relies on that, and changes it: a wait and
an update for both. The copy is that of a table with many rows, until it can be used.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

import lab
from client import Server

sys.path.insert(0, os.path.join(lab.TOP, "tests", "bench"))
import report  # noqa: E402

COLUMNS = ["name", "tag", "trunks", "labels", "up"]
CLIENTS = {"vifdb": "vifswitch", "vifdb.aio": "vifswitch", "ovs.db.idl": "python3-openvswitch"}


# ---- in a process of its own: prints CPU seconds, of the copy and of the transactions ----

def with_vifdb(remote, count):
    import vifdb
    begin = time.process_time()
    with vifdb.Database(remote, database="Example", tables={"Port": COLUMNS}) as db:
        db.wait_ready(60)
        copied = time.process_time()
        ident = db.tables["Port"].one(name="p0")._uuid

        def change(txn):
            port = txn.edit(db.tables["Port"][ident])
            port.tag = ((port.tag or 0) + 1) % 4095

        for _ in range(count):
            db.execute(change)
    return copied - begin, time.process_time() - copied


def with_aio(remote, count):
    import asyncio

    import vifdb.aio

    async def main():
        begin = time.process_time()
        async with vifdb.aio.Database(remote, database="Example", tables={"Port": COLUMNS}) as db:
            await db.wait_ready(60)
            copied = time.process_time()
            ident = db.tables["Port"].one(name="p0")._uuid

            def change(txn):
                port = txn.edit(db.tables["Port"][ident])
                port.tag = ((port.tag or 0) + 1) % 4095

            for _ in range(count):
                await db.execute(change)
        return copied - begin, time.process_time() - copied

    return asyncio.run(main())


def with_idl(remote, count):
    import ovs.db.idl
    import ovs.poller
    begin = time.process_time()
    helper = ovs.db.idl.SchemaHelper(location=lab.SCHEMA)
    helper.register_columns("Port", COLUMNS)
    idl = ovs.db.idl.Idl(remote, helper)
    while not idl.has_ever_connected():
        idl.run()
        poller = ovs.poller.Poller()
        idl.wait(poller)
        poller.timer_wait(1000)
        poller.block()
    copied = time.process_time()
    ident, = [ident for ident, row in idl.tables["Port"].rows.items() if row.name == "p0"]
    for _ in range(count):
        while True:
            txn = ovs.db.idl.Transaction(idl)
            row = idl.tables["Port"].rows[ident]
            row.verify("tag")
            row.tag = [((row.tag[0] if row.tag else 0) + 1) % 4095]
            status = txn.commit_block()
            if status == txn.SUCCESS:
                break
            if status != txn.TRY_AGAIN:
                sys.exit(f"ovs.db.idl: {status}")
    return copied - begin, time.process_time() - copied


RUN = {"vifdb": with_vifdb, "vifdb.aio": with_aio, "ovs.db.idl": with_idl}


# ---- all of them, in turn ----

def fill(server, rows):
    client = server.client_now(60)
    client.transact({"op": "delete", "table": "Port", "where": []}, db="Example")
    for start in range(0, rows, 1000):
        client.transact(*[{"op": "insert", "table": "Port", "row": {
            "name": f"p{n}", "tag": n % 4095, "trunks": ["set", [1, 2, 3]], "up": True,
            "labels": ["map", [["rack", str(n % 40)]]]}}
            for n in range(start, min(start + 1000, rows))], db="Example")
    client.close()


def measure(remote, kind, count):
    command = [sys.executable, os.path.abspath(__file__), "--client", kind, "--remote", remote,
               "--transactions", str(count)]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300, text=True).stdout
    return tuple(map(float, out.split()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1000, help="each time")
    parser.add_argument("--rows", type=int, default=20000, help="of the large table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", choices=RUN, help=argparse.SUPPRESS)
    parser.add_argument("--remote", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        print(*RUN[args.client](args.remote, args.transactions))
        return 0
    small = "Python client: CPU of a small transaction"
    large = f"Python client: CPU to copy {args.rows} rows"
    got = {}
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None   # a disk's time is not the client's
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        server = Server(directory, lab.SCHEMA)
        server.start().close()
        remote = "unix:" + server.socket
        try:
            for rows, case in ((100, small), (args.rows, large)):
                fill(server, rows)
                for _ in range(args.rounds):
                    for kind in RUN:
                        count = args.transactions if case == small else 1
                        copy, each = measure(remote, kind, count)
                        value = each * 1e6 / args.transactions if case == small else copy * 1e3
                        got.setdefault((case, kind), []).append(value)
        finally:
            server.kill()
    rows = []
    for (case, kind), values in got.items():
        name = case + (", asyncio" if kind == "vifdb.aio" else "")
        rows.append(("database", name, CLIENTS[kind], "us" if case == small else "ms",
                     sorted(values)[len(values) // 2]))
    report.write("python", rows)
    report.merge()
    print("\n".join(report.table([report.row(*row) for row in rows])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
