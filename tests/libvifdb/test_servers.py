# SPDX-License-Identifier: GPL-2.0-or-later
"""libvifdb with vifdbd and with Debian's ovsdb-server; each test runs with both."""

import itertools

from driver import changes


count = itertools.count()


def insert(name, n=0, **more):
    """A row of table C, whose names and pairs of n and k are unique."""
    return {"op": "insert", "table": "C", "row": dict({"name": name, "n": n, "k": next(count)},
                                                      **more)}


def needed():
    """Rows of C need one of A each to refer to: inserted with them."""
    return {"op": "insert", "table": "A", "row": {"i": 1}, "uuid-name": "a"}


def put(name, n=0):
    return [needed(), insert(name, n, must=["named-uuid", "a"])]


def where(name):
    return [["name", "==", name]]


def test_follow(s):
    """Changes of others arrive whole, and before the answer to one's own transaction."""
    d = s.driver("C", "B:n")
    other = s.client()
    other.transact(*put("one"), *put_other("two", "b"))
    got = d.until(event="done")
    assert changes(got) == ["inserted one", "inserted two"], got
    answer, before = d.commit({"op": "update", "table": "C", "where": where("one"),
                               "row": {"n": 7}})
    assert answer["status"] == "committed" and answer["results"] == [{"count": 1}], answer
    assert changes(before) == ["modified one"] and before[-1]["event"] == "done", before
    assert {r["name"]: r["n"] for r in d.dump("C")} == {"one": 7, "two": 0}
    answer, before = d.commit({"op": "delete", "table": "C", "where": where("two")})
    assert changes(before) == ["deleted two"], before
    # nothing of it: no change is told
    answer, before = d.commit({"op": "update", "table": "C", "where": where("one"),
                               "row": {"n": 7}})
    assert answer["returned"] == 0 and not changes(before), before
    d.close()


def put_other(name, uuid_name):
    return [{"op": "insert", "table": "A", "row": {"i": 2}, "uuid-name": uuid_name},
            insert(name, 0, must=["named-uuid", uuid_name])]


def test_inserted(s):
    d = s.driver("C")
    answer, _ = d.commit(needed(), {"op": "comment", "comment": "why"}, comment="test")
    assert answer["inserted"] == answer["results"][1]["uuid"][1], answer
    answer, _ = d.commit(*put("x"))
    rows = s.client().transact({"op": "select", "table": "C", "where": []})[0]["rows"]
    assert rows[0]["_uuid"] == answer["results"][1]["uuid"]
    d.close()


def test_every_type(s):
    """Values of every type: what was written is what the copy has, also after changes."""
    d = s.driver("A", "B")
    first = {"i": 3, "big": -2**63, "r": -1.5, "s": "\u00e4\"\n", "e": "red", "b": True,
             "u": ["uuid", s.fresh_uuid()], "oi": 5, "os": "", "si": ["set", [-5, 0, 20]],
             "s1": ["set", [1, 2**63 - 1]], "sr": ["set", [0.5, 2.5]], "ss": ["set", ["", "b"]],
             "m": ["map", [["a", 1], ["b", 2]]], "mi": ["map", [[-1, "x"], [4, "y"]]]}
    second = dict(first, oi=["set", []], si=["set", [0, 1, 20]], s1=3, ss=["set", ["", "a", "b"]],
                  m=["map", [["b", 3], ["c", 4]]], b=False, s="z", sr=["set", []])
    d.commit({"op": "insert", "table": "A", "row": first})
    for row in (first, second):
        if row is second:
            d.commit({"op": "update", "table": "A", "where": [], "row": row})
        got = d.dump("A")[0]
        wrong = [(name, got[name], row[name]) for name in row if got[name] != row[name]]
        assert not wrong, wrong
    d.close()


def test_refused(s):
    """Sentences: the operation, the table, the column and the value."""
    d = s.driver("A")
    answer, _ = d.commit(needed(), {"op": "insert", "table": "A", "row": {"i": 30, "s": "x"}})
    assert answer["status"] == "refused" and answer["operation"] == 1, answer
    assert answer["returned"] == -22
    for word in ("A", "i", "30", "0 to 10"):
        assert word in answer["error"], answer["error"]
    answer, _ = d.commit(*put("same"), *put_other("same", "b"))
    assert answer["status"] == "refused" and answer["operation"] == -1, answer
    answer, _ = d.commit({"op": "insert", "table": "Nothing", "row": {}})
    assert answer["status"] == "refused" and "Nothing" in answer["error"], answer
    answer, _ = d.commit({"op": "abort"})
    assert answer["status"] == "refused" and "abort" in answer["error"], answer
    assert d.dump("A") == []
    d.close()


def test_conflict(s):
    """A row that changed since it was read makes a transaction that verifies it fail."""
    s.client().transact(*put("one"))
    # With _version, and with a session that does not have it: then all it has is compared.
    for n, tables in enumerate((["C"], ["C:name,n"])):
        d = s.driver(*tables)
        uuid = d.dump("C")[0]["_uuid"]
        update = {"op": "update", "table": "C", "where": where("one"), "row": {"n": 8}}
        answer, _ = d.commit(update, verify=["C", uuid])
        assert answer["status"] == "committed", answer
        d.hold(True)
        s.client().transact({"op": "update", "table": "C", "where": where("one"),
                             "row": {"n": 5 + n}})
        d.do("commit_wait", tag="late", operations=[update], verify=["C", uuid])
        answer = d.until(event="txn", tag="late")[-1]
        assert answer["status"] == "conflict" and answer["returned"] == -11, answer
        assert answer["operation"] == 0, answer
        d.hold(False)
        assert d.dump("C")[0]["n"] == 5 + n
        # Built anew from the copy it goes through.
        answer, _ = d.commit(update, verify=["C", uuid])
        assert answer["status"] == "committed", answer
        d.close()


def test_reconnect(s):
    """kill -9, and changes meanwhile: only what differs is told."""
    d = s.driver("C")
    d.commit(*put("stays"), *put_other("goes", "b"))
    d.commit(*put("changes"))
    s.server.kill()
    got = d.until(event="state", state="disconnected")
    assert "closed" in got[-1]["error"] or "reset" in got[-1]["error"].lower(), got
    assert len(d.dump("C")) == 3
    # Committed while away: sent when the server is back.
    d.do("commit", tag="queued", operations=put("queued"))
    s.server.start().close()
    before = d.until(event="state", state="ready")
    assert not changes(before), before
    assert d.until(event="txn", tag="queued")[-1]["status"] == "committed"
    s.server.kill()
    d.until(event="state", state="disconnected")
    # The server's data changes while the session is away.
    d.hold(True)
    s.server.start().close()
    s.client().transact({"op": "update", "table": "C", "where": where("changes"), "row": {"n": 3}},
                        {"op": "delete", "table": "C", "where": where("goes")}, *put("new"))
    d.hold(False)
    before = d.until(event="state", state="ready")
    assert changes(before) == ["deleted goes", "inserted new", "modified changes"], before
    assert sorted(r["name"] for r in d.dump("C")) == ["changes", "new", "queued", "stays"]
    d.close()


def test_lost(s):
    """A transaction without answer when the server dies is lost; the next one works."""
    d = s.driver("C")
    d.do("commit", tag="waits", operations=[
        {"op": "wait", "table": "C", "where": where("never"), "columns": ["n"], "until": "==",
         "rows": [{"n": 1}], "timeout": 60000}])
    d.commit(*put("one"))
    s.server.kill()
    got = d.until(event="txn", tag="waits")[-1]
    assert got["status"] == "lost" and got["error"], got
    s.server.start().close()
    d.until(event="state", state="ready")
    assert d.commit(*put("two"))[0]["status"] == "committed"
    d.close()


def test_lock(s):
    """Handed over between two sessions, stolen, and needed by transactions."""
    a, b = s.driver("C"), s.driver("C")
    a.do("lock", name="L")
    a.until(event="lock", held=True)
    b.do("lock", name="L")
    answer, _ = b.commit(needed(), need_lock=True)
    assert answer["status"] == "not locked" and answer["returned"] == -1, answer
    assert a.commit(needed(), need_lock=True)[0]["status"] == "committed"
    a.do("lock", name=None)
    b.until(event="lock", held=True)
    assert b.commit(needed(), need_lock=True)[0]["status"] == "committed"
    a.do("lock", name="L", steal=True)
    b.until(event="lock", held=False)
    a.until(event="lock", held=True)
    assert a.close() is not None
    b.until(event="lock", held=True)
    s.server.kill()
    b.until(event="lock", held=False)
    s.server.start().close()
    b.until(event="lock", held=True)
    b.close()


def test_many_rows(s):
    """10,000 rows: copied, changed and deleted."""
    client = s.client()
    for start in range(0, 10000, 1000):
        client.transact(*[{"op": "insert", "table": "A", "row": {"big": n, "s": str(n)}}
                          for n in range(start, start + 1000)])
    d = s.driver("--quiet", "A", "C")
    rows = d.dump("A")
    assert sorted(r["big"] for r in rows) == list(range(10000))
    client.transact({"op": "update", "table": "A", "where": [], "row": {"i": 4}})
    d.do("expect", table="A", uuid=rows[0]["_uuid"], column="i", value=4)
    d.until(event="expected")
    assert all(r["i"] == 4 for r in d.dump("A"))
    client.transact({"op": "delete", "table": "A", "where": [["big", ">=", 10]]})
    d.commit({"op": "comment", "comment": "after it"})
    assert sorted(r["big"] for r in d.dump("A")) == list(range(10))
    d.close()


def test_order(s):
    """Each update: its changes, then done, then answers; and the lock and the state in turn."""
    d = s.driver("C")
    client = s.client()
    for n in range(50):
        client.transact(*[{"op": "insert", "table": "A", "row": {"i": 1}, "uuid-name": "a"},
                          insert(f"o{n % 8}", n, must=["named-uuid", "a"])])
        client.transact({"op": "delete", "table": "C", "where": where(f"o{n % 8}")})
    told, seen = [], set()
    while "last" not in seen:
        if not told:
            client.transact(*put("last"))
        told = d.until(event="done")
        assert [event["event"] for event in told[:-1]] == ["change"] * (len(told) - 1), told
        assert len(told) > 1, told
        # What was deleted can be told only after it was inserted, and the other way round.
        for event in told[:-1]:
            name = event["row"]["name"]
            assert (event["change"] == "inserted") == (name not in seen), event
            seen ^= {name}
    answer, before = d.commit(*put("more"))
    assert [event["event"] for event in before] == ["change", "done"], before
    d.close()


def test_left_out(s):
    """Tables and columns that the server does not have."""
    d = s.driver("C:name,colour", "Z")
    d.commit(*put("one"))
    assert d.dump("C")[0].keys() == {"_uuid", "name"}
    assert d.dump("Z") == []
    d.do("dump", table="Z")
    error = d.until(event="dump")[-1]["error"]
    assert '"C.colour"' in error and '"Z"' in error, error
    d.close()


def test_forgotten(s):
    """A transaction freed while it is under way goes on."""
    d = s.driver("C")
    d.do("forget", operations=put("one"))
    got = d.until(event="done")
    assert changes(got) == ["inserted one"]
    d.close()


TESTS = [test_follow, test_inserted, test_every_type, test_refused, test_conflict, test_reconnect,
         test_lost, test_lock, test_many_rows, test_order, test_left_out, test_forgotten]
