# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test gets: a real vifdbd with the real schema, vifctl, and hosts that are played."""

import os
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests/vifdbd"))
sys.path.insert(0, os.path.join(TOP, "tests/lab"))
import documents  # noqa: E402
from client import VIFDBD, Client, Gone, Server  # noqa: E402,F401

VIFCTL = os.environ.get("VIFCTL", os.path.join(TOP, "build/asan/vifctl"))
SCHEMA = os.path.join(TOP, "build/vifswitch.ovsschema")
DB = "vifswitch"
WEB = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
SQL = "11111111-2222-3333-4444-555555555555"


class Done:
    """What a command printed as JSON is read, and with that checked, whoever looks at it."""

    def __init__(self, words, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        # A leak or an overflow is a failure whatever a test looks at.
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err

        if self.out and documents.wants_json(words):
            self.document = documents.read(words, self.out)

    def json(self):
        return self.document


class Host:
    """Plays a host's daemon: reports each next_cfg as applied, or with errors, or not at all."""

    def __init__(self, world, name, vms=(), error=None, port_errors=None, mute=False):
        self.client = Client(world.server.socket, timeout=60)
        self.name, self.error, self.port_errors, self.mute = name, error, port_errors or {}, mute
        self.vms = list(vms)
        self.reported = 0
        rows = [{"op": "insert", "table": "Host", "row": {"name": name, "cur_cfg": 0}}]
        rows += [{"op": "insert", "table": "Location",
                  "row": {"host": name, "vm": ["uuid", vm], "devid": devid, "state": "active"}}
                 for vm, devid in self.vms]
        check(self.client.transact(*rows, db=DB))
        state = self.client.call("monitor", DB, None, {"Global": [{"columns": ["next_cfg"]}]})
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.pending = state
        self.thread.start()

    def run(self):
        try:
            self.report(self.pending)
            while True:
                self.client.sock.settimeout(None)
                note = self.client.notes.pop(0) if self.client.notes else self.client.read()
                if note.get("method") == "update":
                    self.report(note["params"][1])
        except (Gone, OSError):
            pass

    def report(self, tables):
        for change in tables.get("Global", {}).values():
            if self.mute or "new" not in change:
                continue
            number = change["new"]["next_cfg"]
            operations = [{"op": "update", "table": "Host", "where": [["name", "==", self.name]],
                           "row": {"cur_cfg": number, "last_error": self.error or ["set", []]}}]
            operations += [{"op": "update", "table": "Location",
                            "where": [["vm", "==", ["uuid", vm]], ["devid", "==", devid]],
                            "row": {"last_error": text}}
                           for (vm, devid), text in self.port_errors.items()]
            check(self.client.transact(*operations, db=DB))
            self.reported = number

    def close(self):
        self.client.sock.close()
        self.thread.join(10)


def check(results):
    for result in results:
        assert "error" not in (result or {}), results
    return results


class World:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="vifctl-")
        self.dir = self.directory.name
        self.server = Server(self.dir, SCHEMA)
        self.server.start().close()
        self.hosts = []

    def environment(self, **more):
        return {**os.environ, "VIFDB": "unix:" + self.server.socket, "LC_ALL": "C.UTF-8", "VISUAL": "true",
                "VIFSWITCH_CONTROL": os.path.join(self.dir, "control"), **more}

    def run(self, *words, code=0, stdin=None, **environment):
        process = subprocess.run([VIFCTL, *words], env=self.environment(**environment), input=stdin, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        done = Done(words, process)
        assert code is None or done.code == code, (words, done.code, done.out, done.err)
        return done

    def start(self, *words):
        return subprocess.Popen([VIFCTL, *words], env=self.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def host(self, name, **kwargs):
        self.hosts.append(Host(self, name, **kwargs))
        return self.hosts[-1]

    def client(self):
        return self.server.client_now()

    def transact(self, *operations):
        client = self.client()
        try:
            return check(client.transact(*operations, db=DB))
        finally:
            client.close()

    def rows(self, table, *columns, where=()):
        return self.transact({"op": "select", "table": table, "where": list(where),
                              "columns": list(columns)})[0]["rows"]

    def next_cfg(self):
        rows = self.rows("Global", "next_cfg")
        return rows[0]["next_cfg"] if rows else 0

    def file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def close(self):
        for host in self.hosts:
            host.close()
        self.server.kill()
        self.directory.cleanup()
