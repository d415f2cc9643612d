# SPDX-License-Identifier: GPL-2.0-or-later
"""Another schema for a database that is being served, and space given back meanwhile."""

import json
import os
import subprocess
import time

from client import Gone, Server
from registry import test
from test_clients import end, line, ovsdb_client
from test_durable import tool

OLD = {"name": "Test", "version": "1.0.0", "tables": {
    "T": {"columns": {"n": {"type": "integer"}, "gone": {"type": "string"},
                      "eph": {"type": "string", "ephemeral": True}}},
    "Lost": {"columns": {"x": {"type": "integer"}}}}}
NEW = {"name": "Test", "version": "2.0.0", "tables": {
    "T": {"columns": {"n": {"type": "real"}, "more": {"type": {"key": "integer", "min": 0, "max": 9}},
                      "eph": {"type": "string", "ephemeral": True}}}}}
TIGHT = {"name": "Test", "version": "3.0.0", "tables": {
    "T": {"columns": {"n": {"type": {"key": {"type": "integer", "maxInteger": 3}}}}}}}
ALL = {"op": "select", "table": "T", "where": [], "columns": ["n"]}


def write(s, name, schema):
    path = os.path.join(s.dir, name)
    with open(path, "w") as f:
        json.dump(schema, f)
    return path


def aware(server):
    client = server.client_now()
    assert client.call("set_db_change_aware", True) == {}
    return client


def rest(client):
    """What a client still hears, and whether it is still connected."""
    try:
        client.call("echo")
        return sorted(client.sync(), key=json.dumps), "connected"
    except Gone:
        return client.notes, "gone"


def until_gone(client):
    """What is still in the socket of a client that is disconnected."""
    messages = []
    try:
        while True:
            messages.append(client.read())
    except Gone:
        return messages


def story(server):
    """What each client hears of a conversion, and of some that fail."""
    told = {}
    writer = aware(server)
    writer.transact({"op": "insert", "table": "T", "row": {"n": 5, "gone": "x", "eph": "e"}})
    watch = aware(server)
    watch.call("monitor_cond", "Test", "cond", {"T": {"columns": ["n"]}})
    watch.call("monitor", "Test", ["plain"], {"T": {"columns": ["n"]}})
    watch.call("lock", "L")
    old = server.client_now()
    old.call("monitor", "Test", "m", {"T": {"columns": ["n"]}})
    idle = server.client_now()
    idle.call("echo")
    waiting = aware(server)
    wait = ["Test", {"op": "wait", "timeout": 100000, "table": "T", "columns": ["n"], "until": "==",
                     "rows": [{"n": 9}], "where": []}]
    ident = waiting.send("transact", wait)
    waiting.call("echo")
    unaware = server.client_now()
    unaware.send("transact", wait)
    unaware.call("echo")
    told["misfit"] = writer.error("convert", "Test", TIGHT)["error"]
    told["unknown"] = writer.error("convert", "No", NEW)["error"]
    told["bad"] = writer.error("convert", "Test", {"name": "Test"})["error"]
    told["other"] = writer.error("convert", "Test", dict(NEW, name="Other"))["error"]
    told["few"] = writer.error("convert", "Test")["error"]
    told["before"] = writer.call("get_schema", "Test")["version"], writer.transact(ALL)
    asker = server.client_now()
    told["answer"] = asker.call("convert", "Test", NEW)
    told["asker"] = rest(asker)
    told["waiting"] = waiting.wait(ident)["error"], rest(waiting)
    # Its transaction gets no answer but the end of the connection.
    told["unaware"] = until_gone(unaware)
    for name, client in (("watch", watch), ("old", old), ("idle", idle), ("writer", writer)):
        told[name] = rest(client)
    told["row"] = writer.transact({"op": "select", "table": "T", "where": [],
                                   "columns": ["n", "more", "eph"]})
    told["lost"] = writer.transact({"op": "select", "table": "Lost", "where": []})[0]["error"]
    told["schema"] = writer.call("get_schema", "Test")["version"]
    # Monitors can be made anew under their old names, and the lock is still held.
    told["again"] = watch.call("monitor_cond", "Test", "cond", {"T": {"columns": ["more"]}}).keys()
    told["lock"] = writer.call("lock", "L")
    writer.transact({"op": "update", "table": "T", "where": [], "row": {"more": ["set", [1, 2]]}})
    told["update"] = [[note["method"], note["params"][0]] for note in watch.sync()]
    return told


@test("ext. convert: the database is converted while it is served; clients are told, or disconnected, "
      "as by ovsdb-server")
def online_convert(s):
    schema = write(s, "old", OLD)
    told = []
    for kind in ("vifdbd", "ovsdb-server"):
        server = Server(s.dir, schema, kind, name="conv")
        s.servers.append(server)
        server.start().close()
        told.append(story(server))
    assert told[0].keys() == told[1].keys()
    for key, value in told[0].items():
        assert value == told[1][key], (key, value, told[1][key])
    assert told[0]["misfit"] == "constraint violation" and told[0]["old"][1] == "gone"
    ours = s.servers[1]
    rows = ours.client_now().transact(dict(ALL, columns=["n", "more"]))
    ours.kill()
    assert json.loads(tool("schema", ours.file))["version"] == "2.0.0"
    assert ours.start().transact(dict(ALL, columns=["n", "more"])) == rows


@test("ext. convert: monitors of _Server see the new schema; a monitor_cond_since begins anew; "
      "transactions go on")
def convert_seen(s):
    server = s.server(name="seen", schema=write(s, "old", OLD))
    client = server.start()
    client.call("set_db_change_aware", True)
    client.transact({"op": "insert", "table": "T", "row": {"n": 1}})
    client.call("monitor_cond", "_Server", "srv", {"Database": {
        "columns": ["schema"], "where": [["name", "==", "Test"]]}})
    since = client.call("monitor_cond_since", "Test", "m", {"T": {"columns": ["n"]}},
                        "00000000-0000-0000-0000-000000000000")[1]
    # One that waits for what a conversion brings, by another client's request.
    waiting = aware(server)
    ident = waiting.send("transact", ["_Server", {
        "op": "wait", "timeout": 20000, "table": "Database", "columns": ["schema"], "until": "!=",
        "where": [["name", "==", "Test"]], "rows": [{"schema": json.dumps(OLD)}]}])
    assert waiting.wait(ident)["error"] is None
    client.call("convert", "Test", NEW)
    notes = client.sync()
    assert [n["method"] for n in notes] == ["monitor_canceled", "update2"], notes
    row, = notes[1]["params"][1]["Database"].values()
    assert json.loads(row["modify"]["schema"])["version"] == "2.0.0", row
    found, last, _ = client.call("monitor_cond_since", "Test", "m", {"T": {"columns": ["more"]}}, since)
    assert not found
    for n in range(300):
        client.transact({"op": "insert", "table": "T", "row": {"n": n}})
    server.kill()
    assert len(server.start().transact(ALL)[0]["rows"]) == 300
    for _ in range(3):
        client = aware(server)
        for schema in (OLD, NEW):
            client.call("convert", "Test", schema)
    server.stop()


@test("4 Debian's ovsdb-client: needs-conversion, convert")
def debian_convert(s):
    server = s.server(name="dconv", schema=write(s, "old", OLD))
    client = server.start()
    client.transact({"op": "insert", "table": "T", "row": {"n": 7}})
    remote, new, tight = "unix:" + server.socket, write(s, "new", NEW), write(s, "tight", TIGHT)
    follower = ovsdb_client(s, "monitor", remote, "Test", "T", "n", background=True,
                            options=["--format=csv"])
    line(follower, "initial")
    assert ovsdb_client(s, "needs-conversion", remote, new) == b"yes\n"
    assert b"constraint violation" in ovsdb_client(s, "convert", remote, tight, code=1)
    assert b"no" in ovsdb_client(s, "needs-conversion", remote, write(s, "old", OLD))
    ovsdb_client(s, "convert", remote, new)
    assert ovsdb_client(s, "needs-conversion", remote, new) == b"no\n"
    assert ovsdb_client(s, "get-schema-version", remote, "Test") == b"2.0.0\n"
    end(follower)
    assert server.client_now().transact(ALL)[0]["rows"] == [{"n": 7.0}]


@test("ext. compact: on request, and in small pieces when there is nothing else to do")
def online_compact(s):
    server = s.server(name="space")
    client = server.start()
    big = {"op": "insert", "table": "A", "row": {"s1": 1, "imm": "x" * 100000}}

    def fill():
        for _ in range(8):
            client.transact(*[big] * 10)
        client.transact({"op": "delete", "table": "A", "where": [["s1", "==", 1]]})
    client.transact({"op": "insert", "table": "A", "row": {"s1": 2, "imm": "stays"}})
    fill()
    out = client.call("compact")
    assert out["before"] > 8000000 and out["after"] < 200000, out
    assert client.error("compact", "x")["error"] == "syntax error"
    fill()
    tool("compact", "unix:" + server.socket)
    assert os.path.getsize(server.file) < 200000
    assert "No such file" in tool("compact", "unix:/nonexistent", code=1)
    fill()
    size = os.path.getsize(server.file)
    deadline = time.monotonic() + 200
    while os.path.getsize(server.file) > 2500000:
        assert time.monotonic() < deadline, os.path.getsize(server.file)
        time.sleep(0.2)
    # The log does not stay as large as the largest transaction made it.
    client.transact(*[big] * 200)
    assert os.path.getsize(server.file + "-wal") > 15000000
    client.transact({"op": "delete", "table": "A", "where": [["s1", "==", 1]]})
    while os.path.getsize(server.file + "-wal") > 6000000:
        assert time.monotonic() < deadline, os.path.getsize(server.file + "-wal")
        client.transact({"op": "update", "table": "A", "where": [], "row": {"i": 3}})
        time.sleep(0.2)
    server.kill()
    rows = server.start().transact({"op": "select", "table": "A", "where": [], "columns": ["imm"]})
    assert rows[0]["rows"] == [{"imm": "stays"}], len(rows[0]["rows"])
    return f"{size >> 20} MiB given back while idle"
