# SPDX-License-Identifier: GPL-2.0-or-later
"""The policy database beside a Dom0: vifdbd on a file, and what an operator does.

  db = Database(directory); db.start()
  db.set_port(vm_uuid, 0, tag=100)    insert or change a row; None empties a column
  db.applied("host")                  count next_cfg up, wait until the host has it
"""
import os
import signal
import subprocess
import sys

import wait

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(TOP, "tests", "vifdbd"))
from client import Client, Gone  # noqa: E402

SCHEMA = os.path.join(TOP, "build", "vifswitch.ovsschema")


def cell(value):
    if value is None:
        return ["set", []]
    if isinstance(value, list) and value[:1] == ["uuid"]:
        return value
    if isinstance(value, dict):
        return ["map", [[k, v] for k, v in value.items()]]
    if isinstance(value, (list, tuple, set)):
        return ["set", list(value)]
    return value


def plain(value):
    """A column as Python has it: None, a value, a list."""
    if isinstance(value, list) and value[0] == "set":
        return None if not value[1] else [plain(v) for v in value[1]]
    return value[1] if isinstance(value, list) and value[0] == "uuid" else value


class Database:
    def __init__(self, directory, socket=None):
        self.dir = directory
        self.socket = socket or os.path.join(directory, "db.sock")
        self.remote = "unix:" + self.socket
        self.process = self.client = None

    def start(self):
        binary = os.path.join(TOP, "build", "release", "vifdbd")
        with open(os.path.join(self.dir, "vifdbd.log"), "ab") as log:
            self.process = subprocess.Popen(
                [binary, "--schema=" + SCHEMA, "--remote=punix:" + self.socket,
                 os.path.join(self.dir, "vifswitch.db")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait.until("vifdbd to answer", 30, self.answers)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"vifdbd ended with {self.process.returncode}")
        try:
            self.client = Client(self.socket)
            return self.client.call("list_dbs")
        except (OSError, Gone):
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(wait.limit(20))
        self.client.close()

    def transact(self, *operations):
        results = self.client.transact(*operations, db="vifswitch")
        for result in results:
            if result and "error" in result:
                raise AssertionError(f"transaction: {result}")
        return results

    def rows(self, table, **where):
        clauses = [[c, "==", cell(v)] for c, v in where.items()]
        result = self.transact({"op": "select", "table": table, "where": clauses})[0]["rows"]
        return [{c: plain(v) for c, v in row.items()} for row in result]

    def set_port(self, vm, devid, **columns):
        row = {c: cell(v) for c, v in columns.items()}
        identity = [["vm", "==", ["uuid", vm]], ["devid", "==", devid]]
        done = self.transact({"op": "update", "table": "Port", "where": identity, "row": row})
        if not done[0]["count"]:
            self.transact({"op": "insert", "table": "Port",
                           "row": {"vm": ["uuid", vm], "devid": devid, **row}})

    def replace_port(self, vm, devid, **columns):
        """Another row in its place, in one transaction."""
        self.transact({"op": "delete", "table": "Port",
                       "where": [["vm", "==", ["uuid", vm]], ["devid", "==", devid]]},
                      {"op": "insert", "table": "Port",
                       "row": {"vm": ["uuid", vm], "devid": devid,
                               **{c: cell(v) for c, v in columns.items()}}})

    def clear_port(self, vm, devid):
        self.transact({"op": "delete", "table": "Port",
                       "where": [["vm", "==", ["uuid", vm]], ["devid", "==", devid]]})

    def insert(self, table, **columns):
        self.transact({"op": "insert", "table": table,
                       "row": {c: cell(v) for c, v in columns.items()}})

    def update(self, table, where, **columns):
        self.transact({"op": "update", "table": table,
                       "where": [[c, "==", cell(v)] for c, v in where.items()],
                       "row": {c: cell(v) for c, v in columns.items()}})

    def delete(self, table, **where):
        self.transact({"op": "delete", "table": table,
                       "where": [[c, "==", cell(v)] for c, v in where.items()]})

    def applied(self, host, timeout=20):
        """Count next_cfg up; wait until the host has applied all up to here."""
        if not self.rows("Global"):
            self.insert("Global", next_cfg=0)
        self.transact({"op": "mutate", "table": "Global", "where": [],
                       "mutations": [["next_cfg", "+=", 1]]})
        wanted = self.rows("Global")[0]["next_cfg"]
        wait.until(f"{host} to have applied configuration {wanted}", timeout,
                   lambda: (self.host(host).get("cur_cfg") or 0) >= wanted, 0.03)

    def host(self, name):
        rows = self.rows("Host", name=name)
        return rows[0] if rows else {}

    def location(self, vm, devid=0, **wanted):
        """The identity's Location row; with columns given, wait for these."""
        def look():
            rows = self.rows("Location", vm=["uuid", vm], devid=devid)
            return (rows or [{}])[0]
        try:
            wait.until(f"Location of {vm}/{devid} to say {wanted}", 20,
                       lambda: all(look().get(c) == v for c, v in wanted.items()), 0.05)
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {look()}") from None
        return look()
