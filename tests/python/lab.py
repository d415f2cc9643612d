# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of dom0/python share: the package, servers, waiting."""

import atexit
import json
import os
import shutil
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path += [os.path.join(TOP, "tests", "vifdbd"), os.path.join(TOP, "tests", "lab")]    # last: some names are there too
sys.path.insert(0, os.environ.get("VIFDB_PACKAGE", os.path.join(TOP, "dom0", "python")))

import vifdb  # noqa: E402
from client import Server  # noqa: E402

SCHEMA = os.path.join(HERE, "example.ovsschema")
KINDS = ("vifdbd", "ovsdb-server")
# For things that take milliseconds: on a busy machine they take longer.
PATIENCE = 30


def schema_json():
    with open(SCHEMA) as f:
        return json.load(f)


def write_schema(directory, schema):
    path = os.path.join(directory, "changed.ovsschema")
    with open(path, "w") as f:
        json.dump(schema, f)
    return path


def until(condition, what, limit=PATIENCE):
    """Wait for what other processes do."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {limit} s"
        time.sleep(0.005)


class Servers:
    """The two servers, started when they are first needed; every test finds them empty."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="vifdb-python-")
        self.by_kind = {}
        atexit.register(self.close)

    def __getitem__(self, kind):
        server = self.by_kind.get(kind)
        if server is None:
            server = self.by_kind[kind] = Server(self.dir, SCHEMA, kind)
        if server.process is None or server.process.poll() is not None:
            server.start().close()
        client = server.client_now()
        client.transact({"op": "delete", "table": "Port", "where": []},
                        {"op": "delete", "table": "VM", "where": []}, db="Example")
        client.close()
        return server

    def close(self):
        for server in self.by_kind.values():
            server.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


SERVERS = Servers()


class LiveTest(unittest.TestCase):
    """A test that is run with each server: self.server, self.remote."""

    kind = "vifdbd"

    def setUp(self):
        self.server = SERVERS[self.kind]
        self.remote = "unix:" + self.server.socket
        self.opened = []

    def tearDown(self):
        for db in self.opened:
            db.close()

    def database(self, ready=True, **options):
        options.setdefault("tables", vifdb.ALL)
        db = vifdb.Database(options.pop("remote", self.remote), database="Example", **options)
        self.opened.append(db)
        if ready:
            db.wait_ready(PATIENCE)
        return db

    def wait(self, db, condition, what="a change"):
        end = time.monotonic() + PATIENCE
        while not condition():
            db.wait(0.5)
            assert time.monotonic() < end, f"{what}: not within {PATIENCE} s; {db.state} {db.error}"


def each_server(base):
    """The classes of one class of tests, one for each server."""
    return [type(f"{base.__name__}_{kind.replace('-', '_')}", (base,),
                 {"kind": kind, "__module__": base.__module__}) for kind in KINDS]
