# SPDX-License-Identifier: GPL-2.0-or-later
"""The history: what it costs, and what of table Trial is the server's."""

import json
import os

from client import VIFDBD
from registry import test
from test_scale import LARGE, RATIO_MAX, SMALL, Counted

SCHEMA = os.path.join(os.path.dirname(VIFDBD), "../vifswitch.ovsschema")
WAITING = 32
# "Said" is not of the tables whose changes are kept.
COUNTED = {"name": "Scale", "version": "1.0.0", "tables": {
    "Said": {"isRoot": True, "columns": {"n": {"type": "integer"}}},
    "Policy": {"isRoot": True, "columns": {"n": {"type": "integer"}}},
    "History": {"isRoot": True, "columns": {
        "id": {"type": "integer"}, "at": {"type": "integer"}, "who": {"type": "string"}, "host": {"type": "string"},
        "client": {"type": {"key": "string", "min": 0, "max": 1}},
        "command": {"type": {"key": "string", "min": 0, "max": 1}},
        "tables": {"type": {"key": {"type": "string", "enum": "Policy"}, "min": 0, "max": "unlimited"}},
        "changes": {"type": {"key": "string", "min": 0, "max": 1}}}},
    "Trial": {"isRoot": True, "columns": {
        "seconds": {"type": "integer"}, "entry": {"type": "integer"}, "host": {"type": "string"},
        "until": {"type": "integer"}}}}}


def on_trial(**row):
    return {"op": "insert", "table": "Trial", "row": {"seconds": 80000, **row}}


def group(name):
    return {"op": "insert", "table": "Group", "row": {"name": name}}


@test("ext. a change that goes back by itself: the server says which and when, of one a transaction, and 32 wait at most")
def trials(s):
    client = s.server(name="trials", schema=SCHEMA).start()

    def ask(*operations):
        return client.transact(*operations, db="vifswitch")

    def refused(*operations):
        done = [r for r in ask(*operations) if r][-1]
        assert done.get("error") in ("constraint violation", "duplicate uuid"), done
        return done["details"]

    def rows(table):
        return ask({"op": "select", "table": table, "where": []})[0]["rows"]

    ask(group("first"))
    # A second one would name what it likes, like the entry of somebody else.
    refused(group("g"), on_trial(), on_trial(entry=1, host="other", until=1))
    refused(group("g"), on_trial(entry=1), on_trial(entry=7))
    assert rows("Trial") == [] and len(rows("Group")) == 1
    made = ask(group("g"), on_trial(entry=1, host="other", until=1))
    assert "error" not in made[-1], made
    entry = max(rows("History"), key=lambda row: row["id"])

    def intact():
        row, = rows("Trial")
        return (row["entry"], row["host"], row["until"]) == (entry["id"], entry["host"], entry["at"] + 80000)
    assert intact(), (rows("Trial"), entry)
    for column, value in (("entry", 1), ("host", "other"), ("until", 1), ("seconds", 1)):
        refused({"op": "update", "table": "Trial", "where": [], "row": {column: value}}, group("h"))
    refused({"op": "mutate", "table": "Trial", "where": [], "mutations": [["until", "+=", 9]]}, group("h"))
    # One that takes its place is no way around that.
    again = dict(on_trial(entry=1, host="other", until=1), uuid=made[1]["uuid"][1])
    refused({"op": "delete", "table": "Trial", "where": []}, again, group("h"))
    refused({"op": "delete", "table": "Trial", "where": []}, again)
    assert intact()

    for i in range(WAITING - 1):
        assert "error" not in ask(group(f"w{i}"), on_trial())[-1], i
    assert "allowed are 32" in refused(group("x"), on_trial())
    assert "error" not in ask({"op": "delete", "table": "Trial", "where": [["entry", "==", entry["id"]]]})[-1]
    assert "error" not in ask(group("x"), on_trial())[-1]
    assert len({row["entry"] for row in rows("Trial")}) == WAITING


@test("ext. an entry in the history costs no more than in proportion to the change, counted in instructions")
def entry_cost(s):
    costs = []
    for n in (SMALL, LARGE):
        counted = Counted(s, f"entry{n}", COUNTED)
        counted.client.call("echo")
        counted.cost()
        done = counted.client.transact(*[{"op": "insert", "table": table, "row": {"n": i}}
                                         for table in ("Said", "Policy") for i in range(n)], db="Scale")
        costs.append(counted.cost())
        assert len(done) == 2 * n and "error" not in done[-1], done[-1]
        entry, = counted.client.transact({"op": "select", "table": "History", "where": []}, db="Scale")[0]["rows"]
        assert entry["tables"] == "Policy", entry["tables"]
        counted.server.stop()
    assert costs[1] <= RATIO_MAX * costs[0], f"{LARGE} cost {costs[1]}, {SMALL} cost {costs[0]}"
    return f"{costs[1] / costs[0]:.1f} times for four times as much"


ENTRIES_MAX = 1000
PAIR = {"name": "Pair", "version": "1.0.0", "tables": {
    **COUNTED["tables"], "Policy": {"isRoot": True, "columns": {"n": {"type": "integer"}}, "indexes": [["n"]]}}}


def entries(client, db):
    rows = client.transact({"op": "select", "table": "History", "where": []}, db=db)[0]["rows"]
    return sorted(rows, key=lambda row: row["id"])


@test("ext. the history keeps 1,000 entries and those on trial, numbered on whatever failed, over a restart")
def entries_kept(s):
    path = os.path.join(s.dir, "pair.ovsschema")
    with open(path, "w", encoding="ascii") as f:
        json.dump(PAIR, f)
    server = s.server(name="pair", schema=path)
    client = server.start()

    def insert(n, *more):
        return client.transact({"op": "insert", "table": "Policy", "row": {"n": n}}, *more, db="Pair")[-1]

    def ids():
        return [row["id"] for row in entries(client, "Pair")]

    insert(0)
    assert "error" not in insert(1, on_trial())
    # The entry of one that fails when it is applied goes with it, and so its number.
    assert insert(0)["error"] == "constraint violation" and ids() == [1, 2], ids()
    for n in range(2, ENTRIES_MAX):
        insert(n)
    assert ids() == list(range(1, ENTRIES_MAX + 1))
    for n in range(3):
        insert(ENTRIES_MAX + n)
        assert insert(0)["error"] == "constraint violation"
    kept = [2, *range(5, ENTRIES_MAX + 4)]
    assert ids() == kept, (ids()[:5], ids()[-2:])
    client.close()
    server.stop()
    client = server.start()
    assert ids() == kept
    insert(ENTRIES_MAX + 3)
    assert ids() == [2, *range(6, ENTRIES_MAX + 5)], (ids()[:5], ids()[-2:])
    client.transact({"op": "delete", "table": "Trial", "where": []}, db="Pair")
    insert(ENTRIES_MAX + 4)
    assert ids() == list(range(6, ENTRIES_MAX + 6)), (ids()[:5], ids()[-2:])


@test("ext. an entry costs as much beside 1,000 others as beside few, counted in instructions")
def entry_beside_others(s):
    counted = Counted(s, "beside", COUNTED)

    def change(times):
        counted.cost()
        for i in range(times):
            counted.client.transact({"op": "insert", "table": "Policy", "row": {"n": i}}, db="Scale")
        return counted.cost() / times

    change(10)
    few = change(20)
    change(ENTRIES_MAX)
    many = change(20)
    assert len(entries(counted.client, "Scale")) == ENTRIES_MAX
    counted.server.stop()
    # At the limit an old row goes with each new one.
    assert many <= 2 * few, f"beside {ENTRIES_MAX} an entry cost {many}, beside few {few}"
    return f"{many / few:.2f} times"
