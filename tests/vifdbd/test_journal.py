# SPDX-License-Identifier: GPL-2.0-or-later
"""The history: what it costs, and what of table Trial is the server's."""

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
