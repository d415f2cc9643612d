# SPDX-License-Identifier: GPL-2.0-or-later
"""monitor_cond_since over restarts: what it says must be the truth, and is bounded."""

import json
import sqlite3

from registry import test
from test_convert import write
from test_protocol import UUID0

SCHEMA = {"name": "Test", "version": "1.0.0", "tables": {
    "T": {"isRoot": True, "columns": {
        "name": {"type": "string"},
        "tags": {"type": {"key": "string", "min": 0, "max": "unlimited"}},
        "map": {"type": {"key": "string", "value": "integer", "min": 0, "max": "unlimited"}},
        "kid": {"type": {"key": {"type": "uuid", "refTable": "Kid"}, "min": 0, "max": 1}},
        "eph": {"type": "integer", "ephemeral": True}}},
    "Kid": {"columns": {"n": {"type": "integer"}}}}}
PLAIN = {"T": [{"columns": ["name", "tags", "map", "kid"]}], "Kid": [{"columns": ["n"]}]}
SETS = ("tags", "map")


def since(client, last, watch=PLAIN, name="m"):
    return client.call("monitor_cond_since", "Test", name, watch, last)


def elements(value):
    """An optional, a set or a map, as a set of JSON texts."""
    if isinstance(value, list) and value[0] in ("set", "map"):
        return {json.dumps(v) for v in value[1]}
    return {json.dumps(value)}


def apply(rows, updates):
    """What a client makes of <table-updates2>."""
    for table, changes in updates.items():
        for ident, change in changes.items():
            (kind, columns), = change.items()
            if kind == "delete":
                assert ident in rows
                del rows[ident]
                continue
            assert (ident in rows) == (kind == "modify"), (kind, ident)
            row = rows.setdefault(ident, {"table": table})
            for column, value in columns.items():
                if column == "map":
                    old, diff = ({json.loads(p)[0]: json.loads(p)[1] for p in part}
                                 for part in (row.get(column, set()), elements(value)))
                    new = {k: diff.get(k, v) for k, v in (old | diff).items()
                           if not (k in old and k in diff and old[k] == diff[k])}
                    row[column] = {json.dumps([k, v]) for k, v in new.items()}
                elif column == "tags":
                    row[column] = row.get(column, set()) ^ elements(value)
                else:
                    row[column] = value
    return {k: {c: v for c, v in row.items() if v not in (set(), "", ["set", []])} for k, row in rows.items()}


def change(s, client):
    """A random transaction; it may also change nothing."""
    r = s.random
    where = [["name", "==", f"n{r.randint(0, 5)}"]]
    ops = [{"op": "insert", "table": "T", "row": {"name": f"n{r.randint(0, 5)}", "kid": ["named-uuid", "k"]}},
           {"op": "insert", "table": "Kid", "uuid-name": "k", "row": {"n": r.randint(0, 9)}}]
    kind = r.randint(0, 5)
    if kind == 1:
        ops = [{"op": "delete", "table": "T", "where": where}]
    elif kind == 2:
        ops = [{"op": "mutate", "table": "T", "where": where, "mutations": [
            ["tags", r.choice(["insert", "delete"]), f"t{r.randint(0, 4)}"]]}]
    elif kind == 3:
        ops = [{"op": "update", "table": "T", "where": where, "row": {
            "map": ["map", [[f"k{n}", r.randint(0, 2)] for n in range(r.randint(0, 3))]]}}]
    elif kind == 4:
        ops = [{"op": "update", "table": "T", "where": where, "row": {"kid": ["set", []], "eph": r.randint(0, 9)}}]
    elif kind == 5:
        ops = [{"op": "update", "table": "T", "where": [], "row": {"eph": r.randint(0, 9)}}]
    client.transact(*ops)


@test("ext. monitor_cond_since: only what changed since, over restarts with transactions before and after, "
      "for the last 100 transactions")
def since_restart(s):
    server = s.server(name="since", schema=write(s, "since.ovsschema", SCHEMA))
    client = server.start()
    found, ident, out = since(client, UUID0)
    assert not found and out == {}
    # What a client that left after each transaction knew.
    known = [(ident, {})]
    now = {}
    for number in range(400):
        change(s, client)
        for note in client.sync():
            assert note["params"][1] != known[-1][0]
            now = apply(json_copy(now), note["params"][2])
            known.append((note["params"][1], json_copy(now)))
        if number % 100 == 99:
            server.kill() if number % 200 == 99 else server.stop()
            client = server.start()
            found, ident, out = since(client, known[-1][0])
            assert found and out == {}, (number, found, out, known[-3:])
    client.close()
    unknown = 0
    for number, (ident, rows) in enumerate(known):
        client = server.client_now()
        found, last, out = since(client, ident)
        assert last == known[-1][0]
        # A transaction that changed nothing that is watched has an ID, too, hence "at most".
        unknown += not found
        assert found or number < len(known) - 40, (number, len(known))
        assert apply(json_copy(rows) if found else {}, rename(out, found)) == now, number
        client.close()
    return f"{len(known) - unknown} of {len(known)} found"


def json_copy(rows):
    return {k: {c: set(v) if isinstance(v, set) else v for c, v in row.items()} for k, row in rows.items()}


def rename(updates, found):
    """Initial rows are new to who begins anew."""
    return {t: {i: {("insert" if k == "initial" and not found else k): v for k, v in c.items()}
                for i, c in rows.items()} for t, rows in updates.items()}


def older_wrote(path, last, *statements):
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.execute("INSERT INTO meta VALUES('last_id', ?)", (bytes.fromhex(last.replace("-", "")),))
    db.commit()
    db.close()


@test("ext. monitor_cond_since: who watches ephemeral columns gets everything after a restart",
      "ext. monitor_cond_since: a transaction that is too large to be remembered is where history begins",
      "ext. monitor_cond_since: a file of an older version, or written by one since, is understood")
def since_bounds(s):
    server = s.server(name="bounds", schema=write(s, "bounds.ovsschema", SCHEMA))
    client = server.start()
    client.transact({"op": "insert", "table": "T", "row": {"name": "a", "eph": 7}})
    eph, where = {"T": [{"columns": ["eph"]}]}, {"T": [{"columns": ["name"], "where": [["eph", "==", 7]]}]}
    last = since(client, UUID0)[1]
    for watch in (eph, where, PLAIN):
        assert since(client, last, watch, json.dumps(watch)) == [True, last, {}]
    server.stop()
    client = server.start()
    assert [since(client, last, w, n)[0] for n, w in enumerate((eph, where, PLAIN))] == [False, False, True]
    client.transact({"op": "update", "table": "T", "where": [], "row": {"eph": 8}})
    newer = client.sync()[-1]["params"][1]
    assert [since(client, newer, w, 10 + n)[0] for n, w in enumerate((eph, where, PLAIN))] == [True] * 3
    assert [since(client, last, w, 20 + n)[0] for n, w in enumerate((eph, PLAIN))] == [False, True]

    client.transact({"op": "update", "table": "T", "where": [], "row": {"name": "x" * 100000}})
    client.transact({"op": "update", "table": "T", "where": [], "row": {"name": "y"}})
    large = client.sync()[-1]["params"][1]
    client.transact({"op": "update", "table": "T", "where": [], "row": {"name": "z"}})
    server.kill()
    client = server.start()
    assert not since(client, last)[0]
    found, last, out = since(client, large, name=1)
    assert found and [list(c) for c in out["T"].values()] == [["modify"]], out
    server.stop()

    older_wrote(server.file, last, "DROP TABLE history")
    client = server.start()
    assert since(client, last)[:2] == [True, last] and not since(client, large, name=1)[0]
    client.transact({"op": "update", "table": "T", "where": [], "row": {"name": "b"}})
    newest = client.sync()[-1]["params"][1]
    server.kill()
    client = server.start()
    assert since(client, newest) == [True, newest, {}] and not since(client, last, name=1)[0]
    server.stop()
    # An older version wrote a transaction that the ring knows nothing of.
    other = s.fresh_uuid()
    older_wrote(server.file, other)
    client = server.start()
    assert not since(client, newest)[0] and since(client, other, name=1) == [True, other, {}]
    client.transact({"op": "update", "table": "T", "where": [], "row": {"name": "c"}})
    server.stop()
    client = server.start()
    assert not since(client, newest)[0] and not since(client, UUID0, name=1)[0]
