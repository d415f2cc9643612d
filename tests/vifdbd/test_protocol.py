# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 7047, section 4: the methods and their notifications, with a raw client."""

import time

from registry import test

UUID0 = "00000000-0000-0000-0000-000000000000"


def insert_d(client, level=4, **row):
    return client.transact({"op": "insert", "table": "D", "row": dict(level=level, **row)})[0]["uuid"]


def wait_op(level, timeout=None):
    op = {"op": "wait", "table": "D", "where": [["level", "==", level]], "columns": ["level"],
          "until": "==", "rows": [{"level": level}]}
    return dict(op, timeout=timeout) if timeout is not None else op


@test("4.1.1 list_dbs: names of all databases")
def list_dbs(s):
    assert sorted(s.client().call("list_dbs")) == ["Test", "_Server"]


@test("4.1.2 get_schema: the schema, without what other clients refuse",
      "4.1.2 get_schema: unknown database is an error")
def get_schema(s):
    c = s.client()
    schema = c.call("get_schema", "Test")
    assert schema["name"] == "Test" and set(schema) <= {"name", "version", "cksum", "tables"}
    assert schema["tables"]["A"]["columns"]["i"]["type"]["key"]["maxInteger"] == 10
    assert schema["tables"]["C"]["indexes"] == [["name"], ["n", "k"]]
    assert c.error("get_schema", "Nosuch")["error"] == "unknown database"
    assert c.error("get_schema", 5)["error"] == "syntax error"


@test("4.1.3 transact: unknown database is an error",
      "4.1.3 transact: null for operations after the one that failed",
      "4.1.3 transact: one more result if it could not be committed",
      "4.1.3 transact: no operations, no results",
      "4.1.3 transact: atomic and isolated: nothing of a failed one stays")
def transact(s):
    c = s.client()
    assert c.error("transact", "Nosuch")["error"] == "unknown database"
    assert c.error("transact")["error"] == "syntax error"
    assert c.transact() == []
    before = c.transact({"op": "select", "table": "D", "where": []})[0]["rows"]
    out = c.transact({"op": "insert", "table": "D", "row": {"level": 5}}, {"op": "abort"},
                     {"op": "comment", "comment": "x"})
    assert "uuid" in out[0] and out[1]["error"] == "aborted" and out[2] is None and len(out) == 3
    out = c.transact({"op": "insert", "table": "A", "row": {"s1": 1, "one": ["uuid", s.fresh_uuid()]}})
    assert len(out) == 2 and out[1]["error"] == "referential integrity violation", out
    assert c.transact({"op": "select", "table": "D", "where": []})[0]["rows"] == before


@test("4.1.4 cancel: the transaction ends with the error \"canceled\", and has no effect")
def cancel(s):
    c = s.client()
    ident = c.send("transact", ["Test", wait_op(9), {"op": "insert", "table": "D",
                                                     "row": {"level": 9, "tag": "canceled"}}])
    c.call("echo")
    c.send("cancel", [ident], None)
    answer = c.wait(ident)
    assert answer["error"] == "canceled" and answer["result"] is None
    c.send("cancel", ["nosuch"], None)
    insert_d(c, 9)
    rows = c.transact({"op": "select", "table": "D", "where": [["tag", "==", "canceled"]]})
    assert rows[0]["rows"] == []
    c.transact({"op": "delete", "table": "D", "where": [["level", "==", 9]]})


@test("4.1.5 monitor: the initial rows, with the columns asked for",
      "4.1.5 monitor: without columns, all but _uuid",
      "4.1.5 monitor: select chooses initial, insert, delete, modify by column",
      "4.1.5 monitor: a second one with the same ID, or a column twice, is an error",
      "4.1.6 update: insert has new, delete has old, modify has both",
      "4.1.6 update: comes before the answer to the transaction of the same client",
      "4.1.7 monitor_cancel: no updates any more; unknown monitor is an error")
def monitor(s):
    c = s.client()
    ident = insert_d(c, 6, tag="first")
    out = c.call("monitor", "Test", None, {"D": {"columns": ["level", "tag"]}})
    assert out["D"][ident[1]] == {"new": {"level": 6, "tag": "first"}}, out
    out = c.call("monitor", "Test", "all", {"D": [{}]})
    assert set(out["D"][ident[1]]["new"]) == {"level", "tag", "_version"}
    out = c.call("monitor", "Test", "some", {"D": [
        {"columns": ["level"], "select": {"initial": False, "modify": False}},
        {"columns": ["tag"], "select": {"initial": False, "insert": False, "delete": False}}]})
    assert out == {}
    assert c.error("monitor", "Test", "all", {"D": {}})["error"] == "syntax error"
    assert c.error("monitor", "Test", "x", {"D": {"columns": ["tag", "tag"]}})["error"] == "syntax error"
    assert c.error("monitor", "Test", "x", {"Nosuch": {}})["error"] == "syntax error"
    c.sync()
    c.transact({"op": "update", "table": "D", "where": [["_uuid", "==", ident]], "row": {"tag": "second"}})
    # Not sync(): they must have come already, before the answer.
    notes = {str(n["params"][0]): n["params"][1]["D"][ident[1]] for n in c.notes}
    assert all(n["method"] == "update" and n["id"] is None for n in c.notes)
    assert notes["None"] == {"old": {"tag": "first"}, "new": {"level": 6, "tag": "second"}}
    assert notes["some"] == {"old": {"tag": "first"}, "new": {"tag": "second"}}
    assert set(notes["all"]["old"]) == {"tag", "_version"}
    c.notes = []
    c.transact({"op": "update", "table": "D", "where": [["_uuid", "==", ident]], "row": {"level": 7}})
    assert sorted(str(n["params"][0]) for n in c.notes) == ["None", "all"]
    c.notes = []
    c.transact({"op": "delete", "table": "D", "where": [["_uuid", "==", ident]]})
    notes = {str(n["params"][0]): n["params"][1]["D"][ident[1]] for n in c.notes}
    assert notes["None"] == {"old": {"level": 7, "tag": "second"}}
    assert notes["some"] == {"old": {"level": 7}}
    c.notes = []
    assert c.call("monitor_cancel", None) == {}
    assert c.error("monitor_cancel", None)["error"] == "unknown monitor"
    insert_d(c, 8)
    assert sorted(str(n["params"][0]) for n in c.notes) == ["all", "some"]
    # Changes of other clients come too, and nothing comes for what changed nothing.
    c.notes = []
    other = s.client()
    other.transact({"op": "update", "table": "D", "where": [], "row": {"level": 8}})
    c.sync()
    other.transact({"op": "update", "table": "D", "where": [], "row": {"level": 8}})
    assert c.sync() == []


@test("ext. monitor_cond: rows that match any clause; update2; monitor_cond_change",
      "ext. monitor_cond_since: only what changed since, also over a restart")
def monitor_cond(s):
    c = s.client()
    c.transact({"op": "delete", "table": "D", "where": []})
    low, high = insert_d(c, 4, tag="low"), insert_d(c, 8, tag="high")
    out = c.call("monitor_cond", "Test", "m", {"D": [{"columns": ["level", "tag"],
                                                      "where": [["level", ">", 6]]}]})
    assert out == {"D": {high[1]: {"initial": {"level": 8, "tag": "high"}}}}, out
    c.transact({"op": "update", "table": "D", "where": [["_uuid", "==", low]], "row": {"level": 7}})
    assert c.sync()[0]["params"][1]["D"] == {low[1]: {"insert": {"level": 7, "tag": "low"}}}
    c.transact({"op": "update", "table": "D", "where": [["_uuid", "==", high]], "row": {"level": 3}})
    assert c.sync()[0]["params"][1]["D"] == {high[1]: {"delete": None}}
    c.transact({"op": "mutate", "table": "D", "where": [["_uuid", "==", low]],
                "mutations": [["tag", "delete", "low"]]})
    assert c.sync()[0]["params"][1]["D"] == {low[1]: {"modify": {"tag": ["set", []]}}}
    assert c.call("monitor_cond_change", "m", "m2", {"D": [{"where": [["level", "<", 5]]}]}) == {}
    note = c.sync()[0]
    assert note["method"] == "update2" and note["params"][0] == "m2"
    assert note["params"][1]["D"] == {low[1]: {"delete": None},
                                      high[1]: {"insert": {"level": 3, "tag": "high"}}}
    assert c.error("monitor_cond_change", "m", "m", {})["error"] == "unknown monitor"

    found, last, out = c.call("monitor_cond_since", "Test", "s", {"D": [{}]}, UUID0)
    assert not found and set(out["D"]) == {low[1], high[1]}
    c.transact({"op": "update", "table": "D", "where": [["_uuid", "==", low]], "row": {"level": 9}})
    new = insert_d(c, 5)
    c.transact({"op": "delete", "table": "D", "where": [["_uuid", "==", high]]})
    notes = [n for n in c.sync() if n["method"] == "update3"]
    assert len(notes) == 3 and notes[0]["params"][0] == "s" and notes[0]["params"][1] != last
    other = s.client()
    found, newest, out = other.call("monitor_cond_since", "Test", "s", {"D": [{"columns": ["level"]}]}, last)
    assert found and newest == notes[-1]["params"][1]
    assert out["D"] == {low[1]: {"modify": {"level": 9}}, high[1]: {"delete": None},
                        new[1]: {"insert": {"level": 5}}}, out
    s.restart()
    found, same, out = s.client().call("monitor_cond_since", "Test", "s", {"D": [{}]}, newest)
    assert found and same == newest and out == {}
    found, _, out = s.client().call("monitor_cond_since", "Test", "s", {"D": [{"columns": ["level"]}]}, last)
    assert found and out["D"] == {low[1]: {"modify": {"level": 9}}, high[1]: {"delete": None},
                                  new[1]: {"insert": {"level": 5}}}, out


@test("4.1.8 lock: granted at once or later, with \"locked\"",
      "4.1.8 steal: granted at once; the owner is told \"stolen\"",
      "4.1.8 unlock: the next in line gets it",
      "4.1.8 lock: twice without unlock is an error",
      "4.1.9 locked: sent when it is granted later",
      "4.1.10 stolen: sent to who had it",
      "5.2.10 assert: not owner")
def lock(s):
    a, b, c = s.client(), s.client(), s.client()
    assert a.call("lock", "L") == {"locked": True}
    assert b.call("lock", "L") == {"locked": False}
    assert a.error("lock", "L")["error"] == "syntax error"
    ok = {"op": "assert", "lock": "L"}
    assert a.transact(ok) == [{}]
    assert b.transact(ok)[0]["error"] == "not owner"
    assert c.call("steal", "L") == {"locked": True}
    assert [(n["method"], n["params"]) for n in a.sync()] == [("stolen", ["L"])]
    assert a.transact(ok)[0]["error"] == "not owner"
    assert c.call("unlock", "L") == {}
    assert [(n["method"], n["params"]) for n in a.sync()] == [("locked", ["L"])]
    a.close()
    assert b.note()["method"] == "locked"
    assert b.transact(ok) == [{}]
    assert b.call("unlock", "L") == {}
    assert b.error("unlock", "L")["error"] == "syntax error"


@test("4.1.11 echo: the same parameters come back",
      "4 unknown method is an error", "ext. set_db_change_aware and get_server_id",
      "ext. the _Server database lists the databases, and is read-only")
def echo(s):
    c = s.client()
    params = [1, "é\n", {"a": [None, True, -1.5]}]
    assert c.call("echo", *params) == params
    assert c.error("nosuch")["error"] == "unknown method"
    assert c.call("set_db_change_aware", True) == {}
    assert len(c.call("get_server_id")) == 36
    rows = c.transact({"op": "select", "table": "Database", "where": []}, db="_Server")[0]["rows"]
    assert {r["name"] for r in rows} == {"Test", "_Server"}
    assert all(r["model"] == "standalone" and r["connected"] and r["leader"] for r in rows)
    out = c.transact({"op": "delete", "table": "Database", "where": []}, db="_Server")
    assert out[0]["error"] == "not allowed"


@test("5.2.6 wait: timed out, with the error \"timed out\"",
      "5.2.6 wait: blocks until another client's change, then goes on",
      "5.2.6 wait: until != and until ==")
def wait(s):
    a, b = s.client(), s.client()
    a.transact({"op": "delete", "table": "D", "where": []})
    assert a.transact(wait_op(4, 0))[0]["error"] == "timed out"
    began = time.monotonic()
    assert a.transact(wait_op(4, 150))[0]["error"] == "timed out"
    assert time.monotonic() - began >= 0.15
    ident = a.send("transact", ["Test", wait_op(4), {"op": "update", "table": "D", "where": [],
                                                     "row": {"tag": "waited"}}])
    a.call("echo")
    insert_d(b, 5)
    a.call("echo")
    assert ident not in a.answers
    insert_d(b, 4)
    assert a.wait(ident)["result"] == [{}, {"count": 2}]
    op = dict(wait_op(4, 0), until="!=")
    assert a.transact(op)[0]["error"] == "timed out"
    assert a.transact(dict(op, rows=[]))[0] == {}
    # One that waits goes with its client, and harms nobody.
    a.send("transact", ["Test", wait_op(7)])
    a.close()
    insert_d(b, 7)
    b.transact({"op": "delete", "table": "D", "where": []})


@test("5.2.9 comment and 5.2.7 commit: no effect but to succeed",
      "5.2.8 abort: the error \"aborted\"",
      "5.1 named-uuid: refers to a row of the same transaction, before or after its insert",
      "5.2.1 insert: duplicate uuid-name",
      "5.2.2 select: rows that are equal in the columns asked for come once",
      "5.2.4 mutate: domain error, range error, constraint violation")
def operations(s):
    c = s.client()
    assert c.transact({"op": "comment", "comment": "é"}, {"op": "commit", "durable": True}) == [{}, {}]
    out = c.transact({"op": "insert", "table": "A", "uuid-name": "a",
                      "row": {"s1": 1, "strong": ["named-uuid", "b"]}},
                     {"op": "insert", "table": "B", "row": {"w": ["named-uuid", "a"]}, "uuid-name": "b"})
    assert len(out) == 2
    row = c.transact({"op": "select", "table": "A", "where": [["_uuid", "==", out[0]["uuid"]]]})[0]["rows"][0]
    assert row["strong"] == out[1]["uuid"]
    out2 = c.transact({"op": "insert", "table": "D", "row": {"level": 3}, "uuid-name": "x"},
                      {"op": "insert", "table": "D", "row": {"level": 3}, "uuid-name": "x"})
    assert out2[1]["error"] == "duplicate uuid-name"
    insert_d(c, 5), insert_d(c, 5)
    out2 = c.transact({"op": "select", "table": "D", "where": [], "columns": ["level"]})
    assert out2[0]["rows"] == [{"level": 5}]
    where = [["_uuid", "==", out[0]["uuid"]]]
    for mutation, error in ((["big", "/=", 0], "domain error"), (["i", "+=", 11], "constraint violation"),
                            (["big", "nosuch", 1], "unknown mutator"), (["b", "+=", 1], "syntax error")):
        got = c.transact({"op": "mutate", "table": "A", "where": where, "mutations": [mutation]})
        assert got[0]["error"] == error, got
    got = c.transact({"op": "update", "table": "A", "where": where, "row": {"big": 2**63 - 1}},
                     {"op": "mutate", "table": "A", "where": where, "mutations": [["big", "+=", 1]]})
    assert got[1]["error"] == "range error"
    c.transact({"op": "delete", "table": "A", "where": where}, {"op": "delete", "table": "D", "where": []})
    assert c.transact({"op": "select", "table": "B", "where": []})[0]["rows"] == []


@test("3.2 ephemeral: columns are empty after a restart", "3.2 durability: all else is there")
def ephemeral(s):
    c = s.client()
    ident = c.transact({"op": "insert", "table": "A", "row": {
        "s1": ["set", [3, 1, 2]], "eph": 7, "big": -2**63, "r": 0.1, "ss": ["set", ["é", "", "\x01\n"]],
        "m": ["map", [["k", 1]]], "u": ["uuid", s.fresh_uuid()]}})[0]["uuid"]
    select = {"op": "select", "table": "A", "where": [["_uuid", "==", ident]]}
    before = c.transact(select)[0]["rows"][0]
    c.transact({"op": "update", "table": "A", "where": [["_uuid", "==", ident]], "row": {"eph": 8}})
    s.restart()
    after = s.client().transact(select)[0]["rows"][0]
    assert before.pop("eph") == 7 and after.pop("eph") == 0
    before.pop("_version"), after.pop("_version")
    assert before == after, (before, after)
    s.client().transact({"op": "delete", "table": "A", "where": []})
