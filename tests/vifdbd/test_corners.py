# SPDX-License-Identifier: GPL-2.0-or-later
"""Corners of the RFC, and what ovsdb-server does where the RFC says nothing."""

import json
import os
import socket
import subprocess

from client import VIFDBD, Gone
from registry import test
from test_convert import write

STRONG = {"type": {"key": {"type": "uuid", "refTable": "Kid"}, "min": 0, "max": "unlimited"},
          "ephemeral": True}
KEPT = {"name": "Test", "version": "1.0.0", "tables": {
    "Root": {"isRoot": True, "columns": {
        "name": {"type": "string"}, "kids": STRONG,
        "by_name": {"type": {"key": "string", "value": {"type": "uuid", "refTable": "Kid"},
                             "min": 0, "max": "unlimited"}, "ephemeral": True},
        "kid": {"type": {"key": {"type": "uuid", "refTable": "Kid"}}, "ephemeral": True},
        "other": {"type": {"key": {"type": "uuid", "refTable": "Root", "refType": "weak"},
                           "min": 1, "max": 1}, "ephemeral": True},
        "level": {"type": {"key": {"type": "integer", "minInteger": 3}}, "ephemeral": True},
        "roots": {"type": {"key": {"type": "uuid", "refTable": "Root"}, "min": 0, "max": 9},
                  "ephemeral": True},
        "note": {"type": "string", "ephemeral": True}}},
    "Kid": {"columns": {"n": {"type": "integer"}}}}}


@test("3.2 ephemeral: a column that keeps rows of another table alive is durable all the same",
      "3.2 ephemeral: so is one that must have a value which its default is not")
def ephemeral_references(s):
    server = s.server(name="kept", schema=write(s, "kept", KEPT))
    c = server.start()
    kids = [{"op": "insert", "table": "Kid", "uuid-name": f"k{n}", "row": {"n": n}} for n in range(3)]
    c.transact(*kids, {"op": "insert", "table": "Root", "uuid-name": "r", "row": {
        "name": "r", "kids": ["named-uuid", "k0"], "by_name": ["map", [["x", ["named-uuid", "k1"]]]],
        "kid": ["named-uuid", "k2"], "other": ["named-uuid", "r"], "level": 5,
        "roots": ["named-uuid", "r"], "note": "gone"}})
    select = [{"op": "select", "table": "Kid", "where": [], "columns": ["n"], "sort": ["n"]},
              {"op": "select", "table": "Root", "where": []}]
    before = c.transact(*select)
    server.stop()
    c = server.start()
    after = c.transact(*select)
    assert after[0]["rows"] == [{"n": 0}, {"n": 1}, {"n": 2}], after[0]
    old, new = before[1]["rows"][0], after[1]["rows"][0]
    for column in ("kids", "by_name", "kid", "other", "level", "name"):
        assert old[column] == new[column] != ["set", []], column
    assert new["note"] == "" and new["roots"] == ["set", []]
    # As ovsdb-server shows it: what keeps rows is not called ephemeral.
    said = {n for n, d in c.call("get_schema", "Test")["tables"]["Root"]["columns"].items() if d.get("ephemeral")}
    assert said == {"other", "level", "roots", "note"}, said
    assert c.transact({"op": "update", "table": "Root", "where": [], "row": {"name": "x"}}) == [{"count": 1}]


@test("4.1.10 stolen: one that had stolen it does not get it back by itself",
      "4.1.10 stolen: one that had waited for it does")
def stolen(s):
    first, thief, last = s.client(), s.client(), s.client()
    ok = {"op": "assert", "lock": "S"}
    assert first.call("lock", "S") == {"locked": True}
    assert thief.call("steal", "S") == {"locked": True}
    assert last.call("steal", "S") == {"locked": True}
    assert [n["method"] for n in thief.sync()] == ["stolen"]
    assert last.call("unlock", "S") == {}
    assert [n["method"] for n in first.sync()] == ["stolen", "locked"]
    assert thief.sync() == [] and thief.transact(ok)[0]["error"] == "not owner"
    assert first.transact(ok) == [{}]
    # The claim is over with "unlock", as after any other.
    assert thief.error("lock", "S")["error"] == "syntax error"
    assert thief.call("unlock", "S") == {} and thief.error("unlock", "S")["error"] == "syntax error"
    assert thief.call("lock", "S") == {"locked": False}
    assert first.call("unlock", "S") == {} and thief.sync()[0]["method"] == "locked"
    # Nobody has it while only those are left from whom it was stolen.
    a, b, c = s.client(), s.client(), s.client()
    a.call("steal", "T"), b.call("steal", "T")
    b.call("unlock", "T")
    assert a.transact({"op": "assert", "lock": "T"})[0]["error"] == "not owner"
    assert c.call("lock", "T") == {"locked": True}
    a.close(), c.close()
    assert s.client().call("lock", "T") in ({"locked": True}, {"locked": False})


def rows_of(updates, kind):
    return sorted(json.dumps(row[kind]) for row in updates.get("D", {}).values() if kind in row)


@test("ext. monitor_cond_change: its own update comes before the answer, under the new ID",
      "ext. monitor_cond_change: \"columns\" and unknown members are refused",
      "ext. monitor_cond_change: of several conditions for a table the last counts; of several requests "
      "in monitor_cond, the first has it")
def cond_change(s):
    c = s.client()
    c.transact({"op": "delete", "table": "D", "where": []},
               *[{"op": "insert", "table": "D", "row": {"level": n}} for n in range(3, 10)])
    out = c.call("monitor_cond", "Test", "m", {"D": [
        {"columns": ["level"], "where": [["level", ">", 8]]}, {"columns": ["tag"], "where": [True]}]})
    assert rows_of(out, "initial") == ['{"level": 9}'], out
    out = c.call("monitor_cond", "Test", "all", {"D": [
        {"columns": ["level"]}, {"columns": ["tag"], "where": [["level", ">", 8]]}]})
    assert len(out["D"]) == 7
    assert c.call("monitor_cond_change", "m", "m2", {"D": [{"where": [["level", "==", 3]]},
                                                           {"where": [["level", "==", 5], ["level", "==", 6]]}]}) == {}
    note, = c.notes
    assert note["method"] == "update2" and note["params"][0] == "m2", note
    assert rows_of(note["params"][1], "insert") == ['{"level": 5}', '{"level": 6}'], note
    assert rows_of(note["params"][1], "delete") == ["null"], note
    c.notes = []
    for bad in ([{"columns": ["level"]}], [{"columns": ["level"], "where": []}], [{"x": 1}], [5],
                [{"where": [["nosuch", "==", 1]]}, {"where": []}], [{"where": 7}]):
        assert "error" in c.error("monitor_cond_change", "m2", "m3", {"D": bad}), bad
    assert c.error("monitor_cond_change", "m2", "m3", {"A": [{"where": []}]})["error"] == "syntax error"
    assert c.error("monitor_cond_change", "m2", "all", {})["error"] == "syntax error"
    # What was refused changed nothing, neither condition nor ID.
    assert c.call("monitor_cond_change", "m2", "m2", {"D": []}) == {} and c.sync() == []
    assert c.call("monitor_cond_change", "m2", "m2", {"D": [{}]}) == {}
    assert len(c.sync()[0]["params"][1]["D"]) == 5
    c.transact({"op": "delete", "table": "D", "where": []})


NO_TEXT = (b"\\ud800", b"\\udc00\\ud800", b"\\ud800\\u0041", b"\xff", b"\xc0\x80", b"\xed\xa0\x80",
           b"\xf4\x90\x80\x80", b"\xe2\x82", b"\\u0000", b"a\x01b", b"\x00")
INSERT = b'{"id":1,"method":"transact","params":["Test",{"op":"insert","table":"%s","row":{%s}},' \
    b'{"op":"select","table":"%s","columns":["%s"],"where":[]},{"op":"abort"}]}'


@test("3.1 strings: what is no text (half a surrogate pair, invalid UTF-8, U+0000) is refused, and the "
      "connection stays", "3.1 numbers: an integer outside 64 bits is stored by a real column, and "
      "refused by an integer column; one outside a real is refused")
def odd_json(s):
    schema = {"name": "Test", "version": "1.0.0", "tables": {
        "T": {"columns": {"r": {"type": "real"}, "n": {"type": "integer"}}}}}
    server = s.server(name="json", schema=write(s, "json", schema))
    c = server.start()
    for text in NO_TEXT:
        c.write(b'{"id":1,"method":"echo","params":["' + text + b'"]}')
        answer = c.wait(1)
        assert answer["result"] is None and answer["error"]["error"] == "syntax error", (text, answer)
    c.write(b'{"id":2,"method":"echo","params":["\xf0\x9f\x98\x80\\ud83d\\ude00"]}')
    assert c.wait(2)["result"] == ["\U0001f600" * 2]
    for number in (b"10000000000000000000", b"-10000000000000000000", b"9223372036854775808", b"1e19"):
        c.write(INSERT % (b"T", b'"r":' + number, b"T", b"r"))
        assert c.wait(1)["result"][1] == {"rows": [{"r": float(number)}]}, number
    for number in (b"10000000000000000000", b"9223372036854775808", b"-9223372036854775809", b"1e19"):
        c.write(INSERT % (b"T", b'"n":' + number, b"T", b"n"))
        assert c.wait(1)["result"][0]["error"] == "syntax error", number
    for number in (2**63 - 1, -2**63):
        c.write(INSERT % (b"T", b'"n":%d' % number, b"T", b"n"))
        assert c.wait(1)["result"][1] == {"rows": [{"n": number}]}, number
    for number in (b"1e400", b"-1e400", b"1" + b"0" * 400):
        c.write(INSERT % (b"T", b'"r":' + number, b"T", b"r"))
        assert c.wait(1)["error"]["error"] == "syntax error", number
    c.write(b'{"id":18446744073709551616,"method":"echo","params":[]}')
    assert c.wait(18446744073709551616)["result"] == []
    # What is not JSON at all still ends it.
    c.write(b'{"id":1,"method":"echo","params":["\\x"]}')
    try:
        c.wait(1)
        raise AssertionError("still connected")
    except Gone:
        pass


@test("5.2.2 select: a column twice is an error", "5.2.6 wait: a column twice is an error",
      "ext. select: \"sort\" sorts the rows, by several columns")
def columns_and_sort(s):
    c = s.client()
    select = {"op": "select", "table": "D", "where": []}
    assert c.transact(dict(select, columns=["level", "level"]))[0]["error"] == "syntax error"
    assert c.transact({"op": "wait", "table": "D", "where": [], "columns": ["tag", "tag"], "until": "==",
                       "rows": [], "timeout": 0})[0]["error"] == "syntax error"
    rows = [(5, "bb"), (3, "cc"), (9, None), (5, "aa"), (3, None), (9, "aa")]
    for level, tag in rows:
        c.transact({"op": "insert", "table": "D", "row": dict({"tag": tag} if tag else {}, level=level)})
    key = [(level, tag or "") for level, tag in rows]
    for sort, order in ((["level", "tag"], sorted(key)), (["tag", "level"], sorted(key, key=lambda r: r[::-1]))):
        got = c.transact(dict(select, columns=["level", "tag"], sort=sort))[0]["rows"]
        assert [(r["level"], r["tag"] if isinstance(r["tag"], str) else "") for r in got] == order, got
    # It may be a column that is not asked for.
    got = c.transact(dict(select, columns=["tag", "level"], where=[["level", "==", 5]], sort=["tag"]))
    assert [r["tag"] for r in got[0]["rows"]] == ["aa", "bb"]
    for bad in (["nosuch"], ["level", "level"], 5):
        assert c.transact(dict(select, sort=bad))[0]["error"] == "syntax error"
    c.transact({"op": "delete", "table": "D", "where": []})


@test("ext. a schema without a version, and a table's \"mutable\", are taken as by ovsdb-server")
def loose_schema(s):
    schema = {"name": "Test", "tables": {"T": {"mutable": False, "columns": {"n": {"type": "integer"}}}}}
    path = write(s, "loose", schema)
    server = s.server(name="loose", schema=path)
    c = server.start()
    got = c.call("get_schema", "Test")
    assert "version" not in got and got["tables"]["T"]["mutable"] is False, got
    assert c.transact({"op": "insert", "table": "T", "row": {"n": 1}})[0]["uuid"]
    assert c.call("convert", "Test", dict(schema, version="1.0.0")) == {}
    assert server.client_now().call("get_schema", "Test")["version"] == "1.0.0"
    server.stop()
    # --schema keeps a copy of what had no version, too.
    other = s.server(name="upgrade", schema=path)
    newer = write(s, "newer", dict(schema, version="2.0.0"))
    other.options = [f"--schema={newer}"]
    assert other.start().call("get_schema", "Test")["version"] == "2.0.0"
    other.stop()
    assert os.path.exists(other.file + ".unversioned")


@test("ext. a database file may be named like a command")
def file_like_command(s):
    for name in ("compact", "dump"):
        subprocess.run([VIFDBD, "create", os.path.join(s.dir, name), s.schema], check=True)
        path = os.path.join(s.dir, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(60)
            process = subprocess.Popen([VIFDBD, name], cwd=s.dir, env=dict(os.environ, NOTIFY_SOCKET=path))
            try:
                assert notify.recv(64).startswith(b"READY=1")
            finally:
                process.terminate()
                process.wait()
        os.unlink(path)
    out = subprocess.run([VIFDBD, "schema"], cwd=s.dir, stderr=subprocess.PIPE, timeout=60)
    assert out.returncode == 1 and b"usage: vifdbd schema DBFILE" in out.stderr


@test("4.1.5 monitor: a client may have 1,024, as vifdbd(8) says", "4.1.8 lock: a client may have 1,024",
      "5.2.6 wait: a client may have 256 that wait")
def limits(s):
    c = s.client()
    for n in range(1024):
        c.send("monitor", ["Test", n, {"D": {"columns": ["level"], "select": {"initial": False}}}])
        c.send("lock", [f"L{n}"])
    c.call("echo")
    assert all(answer["error"] is None for answer in c.answers.values())
    c.answers.clear()
    wait = {"op": "wait", "table": "D", "where": [["level", "==", 3]], "columns": ["level"],
            "until": "==", "rows": [{"level": 3}]}
    for n in range(256):
        c.send("transact", ["Test", wait])
    c.call("echo")
    assert not c.answers
    for request in (("monitor", "Test", "more", {"D": {}}), ("monitor_cond", "Test", "more", {"D": {}}),
                    ("lock", "more"), ("steal", "more"), ("transact", "Test", wait)):
        assert c.error(*request)["error"] == "resources exhausted", request
    assert c.call("monitor_cancel", 5) == {} and c.call("unlock", "L5") == {}
    assert c.call("monitor", "Test", "more", {"D": {}}) == {} and c.call("lock", "more")["locked"]
