# SPDX-License-Identifier: GPL-2.0-or-later
"""vifdbd as a service: without privileges, on a socket it was given, over schema upgrades."""

import json
import os
import shutil
import socket
import stat
import subprocess
import time

from client import TOP, VIFDBD, Client, Server
from registry import test
from test_durable import tool

UNPRIVILEGED = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]


def schema_file(path, version, **columns):
    with open(path, "w") as f:
        json.dump({"name": "Test", "version": version, "tables": {"T": {"columns": columns}}}, f)
    return path


def upgrade(s, path, schema, says):
    """One start and stop with --schema: the rows then, and the schema's version."""
    server = Server(s.dir, None, create=False, name="up", options=[f"--schema={schema}"])
    server.file = path
    client = server.start()
    rows = client.transact({"op": "select", "table": "T", "where": []})[0]["rows"]
    version = client.call("get_schema", "Test")["version"]
    client.close()
    server.stop()
    assert says in server.output(), (says, server.output())
    os.unlink(server.log)
    return rows, version


@test("ext. --schema: makes a database, converts an older one and keeps a copy, leaves what does not fit")
def schema_option(s):
    path = os.path.join(s.dir, "kept")
    one = schema_file(os.path.join(s.dir, "one"), "1.9.0", n={"type": "integer"})
    # Left by one that was killed while it made the database.
    for leftover in (".new", ".new-wal", "-wal"):
        with open(path + leftover, "wb") as f:
            f.write(b"x" * 5000)
    assert upgrade(s, path, one, "created") == ([], "1.9.0")
    assert not [name for name in os.listdir(s.dir) if ".new" in name], os.listdir(s.dir)
    server = Server(s.dir, None, create=False, name="up")
    server.file = path
    server.start().transact(*[{"op": "insert", "table": "T", "row": {"n": n}} for n in (4, 40)])
    server.stop()
    rows, _ = upgrade(s, path, one, "")
    assert not os.path.exists(path + ".1.9.0"), "a conversion without need"
    two = schema_file(os.path.join(s.dir, "two"), "1.10.0", n={"type": "integer"},
                      more={"type": {"key": "string", "min": 0, "max": 9}})
    rows, version = upgrade(s, path, two, "converted from schema version 1.9.0 to 1.10.0")
    assert sorted(r["n"] for r in rows) == [4, 40] and version == "1.10.0", rows
    assert json.loads(tool("schema", path + ".1.9.0"))["version"] == "1.9.0"
    assert len(json.loads(tool("dump", path + ".1.9.0"))["tables"]["T"]) == 2
    # Older, and one that the rows do not fit: the database stays as it is, and is served.
    assert upgrade(s, path, one, "newer than 1.9.0")[1] == "1.10.0"
    tight = schema_file(os.path.join(s.dir, "tight"), "2.0.0",
                        n={"type": {"key": {"type": "integer", "maxInteger": 39}}})
    rows, version = upgrade(s, path, tight, "schema version 1.10.0 stays")
    assert len(rows) == 2 and version == "1.10.0"
    # The same version, changed: it is converted as well.
    again = schema_file(os.path.join(s.dir, "again"), "1.10.0", n={"type": "real"})
    rows, _ = upgrade(s, path, again, "converted")
    assert sorted(r["n"] for r in rows) == [4, 40] and "more" not in rows[0], rows
    other = os.path.join(s.dir, "other")
    shutil.copy(s.schema, other)
    with open(other) as f:
        text = f.read().replace('"Test"', '"Other"')
    with open(other, "w") as f:
        f.write(text)
    error = tool(f"--schema={other}", path, code=1)
    assert "expected Other" in error and error.count("\n") == 1, error
    assert "/nonexistent" in tool("--schema=/nonexistent", path, code=1)


@test("4 as a service: without any privilege, on a socket the service manager made, whatever the umask")
def unprivileged(s):
    if os.geteuid():
        return "skipped: needs root"
    os.chmod(s.dir, 0o755)
    state, run = os.path.join(s.dir, "state"), os.path.join(s.dir, "run")
    os.mkdir(state)
    os.mkdir(run)
    shutil.chown(state, "nobody", "nogroup")
    program = os.path.join(s.dir, "vifdbd")
    shutil.copy(VIFDBD, program)
    schema = os.path.join(s.dir, "schema")
    shutil.copy(os.path.join(TOP, "build/vifswitch.ovsschema"), schema)
    path, own = os.path.join(run, "db.sock"), os.path.join(state, "own.sock")
    command = ["systemd-socket-activate", "-l", path, *UNPRIVILEGED, program, f"--schema={schema}",
               f"--remote=punix:{own}", os.path.join(state, "db")]
    with open(os.path.join(s.dir, "log"), "wb") as log:
        process = subprocess.Popen(command, stderr=log, preexec_fn=lambda: os.umask(0o077))
    try:
        for _ in range(3000):
            try:
                os.chmod(path, 0o660)
                client = Client(path)		# waits in the queue while the server starts
                break
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
        assert "vifswitch" in client.call("list_dbs")
        with open(f"/proc/{process.pid}/status") as f:
            status = dict(line.split(":\t", 1) for line in f)
        assert status["Uid"].split()[0] != "0" and int(status["CapEff"], 16) == 0, status
        out = client.transact({"op": "insert", "table": "VM", "row": {
            "uuid": ["uuid", "3b2c5c0e-0000-4000-8000-000000000001"], "name": "web"}}, db="vifswitch")
        assert "uuid" in out[0], out
        assert stat.S_IMODE(os.stat(own).st_mode) == 0o660, oct(os.stat(own).st_mode)
        Client(own).call("echo")
    finally:
        process.terminate()
        process.wait(20)
    assert os.path.exists(path) and not os.path.exists(own)
    # No other kind of socket is taken: it would have no protection.
    s.main.stop()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    process = subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", VIFDBD, s.main.file],
                               stderr=subprocess.PIPE)
    for _ in range(3000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                pass
    _, error = process.communicate(timeout=20)
    assert process.returncode == 1 and b"Unix stream socket" in error, error
