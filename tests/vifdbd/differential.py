# SPDX-License-Identifier: GPL-2.0-or-later
"""
The same random transactions to vifdbd and to Debian's ovsdb-server: results, rows,
and what monitors see must be the same. Rows get their UUIDs from us, so that they
can be compared; of errors only the tag is, since details are for people.
"""

import json
import random
import uuid

from client import Gone

# ovsdb-server calls a duplicate in a set this, which is not an error string of the RFC.
SAME_ERROR = {"ovsdb error": "constraint violation"}

UUID0 = "00000000-0000-0000-0000-000000000000"


class Gen:
    """Makes random transactions, mostly legal ones, over a schema."""

    def __init__(self, schema, seed):
        self.r = random.Random(seed)
        self.tables = schema["tables"]
        self.known = {name: [] for name in self.tables}
        self.names = {}

    def chance(self, p):
        return self.r.random() < p

    def uuid(self):
        return str(uuid.UUID(int=self.r.getrandbits(128), version=4))

    def ref(self, table):
        r = self.r.random()
        pool = self.known.get(table) or []
        if r < 0.25 and self.names.get(table):
            return ["named-uuid", self.r.choice(self.names[table])]
        if r < 0.94 and pool:
            return ["uuid", self.r.choice(pool[-12:])]
        if r < 0.97:
            return ["uuid", UUID0]
        return ["uuid", self.uuid()]

    def atom(self, base):
        if isinstance(base, str):
            base = {"type": base}
        kind = base["type"]
        if self.chance(0.01):
            return self.r.choice([1, "x", True, 1.5, None, [], ["uuid", "zz"], {"a": 1}])
        if "enum" in base:
            return self.r.choice(base["enum"][1] + (["blue"] if self.chance(0.2) else []))
        if kind == "integer":
            if self.chance(0.03):
                return self.r.choice([2**63 - 1, -2**63, -1, 11, 2.0])
            return self.r.randint(0, 8)
        if kind == "real":
            return self.r.choice([0, 1, -1, 0.5, 2.25, 1e3 if self.chance(0.1) else 7.5, -0.0])
        if kind == "boolean":
            return self.chance(0.5)
        if kind == "string":
            return self.r.choice(["", "a", "b", "é", "abc", "a\"\\\n", "fives", "toolong"
                                  if self.chance(0.1) else "x", "q" * self.r.randint(1, 3)])
        if "refTable" in base:
            return self.ref(base["refTable"])
        return ["uuid", self.r.choice([UUID0, self.uuid()])]

    def value(self, column):
        t = column["type"]
        if isinstance(t, str) or "key" not in t:
            return self.atom(t)
        low, high = t.get("min", 1), t.get("max", 1)
        high = 5 if high == "unlimited" else high
        n = self.r.randint(low, min(high, 3)) if not self.chance(0.03) else self.r.randint(0, 6)
        if "value" in t:
            return ["map", [[self.atom(t["key"]), self.atom(t["value"])] for _ in range(n)]]
        if n == 1 and self.chance(0.6):
            return self.atom(t["key"])
        return ["set", [self.atom(t["key"]) for _ in range(n)]]

    def row(self, table, full=False):
        columns = self.tables[table]["columns"]
        row = {}
        for name, column in columns.items():
            if self.chance(0.35) or (full and isinstance(column["type"], dict)
                                     and column["type"].get("min") == 1):
                row[name] = self.value(column)
        if full and table == "C":
            row["name"] = self.r.choice("abcdefghijkl") + str(self.r.randint(0, 3))
            row["n"] = self.r.randint(0, 50)
        if full and table == "D":
            row["level"] = self.r.randint(3, 9) if self.chance(0.9) else 1
        if self.chance(0.01):
            row["nosuch"] = 1
        return row

    def clause(self, table):
        columns = self.tables[table]["columns"]
        if self.chance(0.45) and self.known[table]:
            value = ["uuid", self.r.choice(self.known[table][-15:])]
            return ["_uuid", self.r.choice(["==", "==", "==", "!=", "includes", "excludes"]), value]
        name = self.r.choice(list(columns))
        t = columns[name]["type"]
        f = self.r.choice(["==", "!=", "includes", "excludes", "<", "<=", ">", ">="])
        if self.chance(0.01):
            f = "=~"
        scalar = isinstance(t, str) or "key" not in t or t.get("max", 1) == 1
        kind = t if isinstance(t, str) else t["key"] if isinstance(t["key"], str) else t["key"]["type"]
        if f in "<=>=" and f not in ("==",) and not (scalar and kind in ("integer", "real")) \
                and not self.chance(0.05):
            f = "=="
        return [name, f, self.value(columns[name])]

    def where(self, table):
        if self.chance(0.01):
            return [True, "=="]
        return [self.clause(table) for _ in range(self.r.choice([0, 1, 1, 1, 1, 2]))]

    def mutation(self, table):
        columns = self.tables[table]["columns"]
        name = self.r.choice(list(columns))
        t = columns[name]["type"]
        key = t if isinstance(t, str) else t["key"]
        kind = key if isinstance(key, str) else key["type"]
        number = kind in ("integer", "real") and "value" not in (t if isinstance(t, dict) else {})
        if number and self.chance(0.8) or self.chance(0.03):
            op = self.r.choice(["+=", "-=", "*=", "/=", "%="])
            if kind == "real" and op == "%=" and self.chance(0.9):
                op = "+="
            # ovsdb-server calls 1 * 2**62 an overflow: the products here are all far from it.
            large = 2**62 if op != "*=" else 2**63 - 1 if self.chance(0.1) else 4
            return [name, op, self.r.choice([0, 1, 2, 3, -1, large, 2.5 if kind == "real" else 5])]
        op = self.r.choice(["insert", "delete"])
        value = self.value(columns[name])
        if op == "delete" and isinstance(t, dict) and "value" in t and self.chance(0.5):
            value = ["set", [self.atom(t["key"]) for _ in range(self.r.randint(0, 2))]]
        return [name, op, value]

    def operation(self):
        table = self.r.choice(list(self.tables))
        op = self.r.choices(["insert", "update", "mutate", "delete", "select", "wait", "comment",
                             "abort", "commit", "assert", "bogus"],
                            [40, 18, 18, 8, 10, 4, 1, .4, 1, .4, .3])[0]
        out = {"op": op}
        if op == "insert":
            out.update(table=table, uuid=self.uuid(), row=self.row(table, True))
            if self.chance(0.5):
                out["uuid-name"] = "row%d" % self.r.randint(0, 9)
                self.names.setdefault(table, []).append(out["uuid-name"])
            self.fresh.append((table, out["uuid"]))
        elif op == "update":
            out.update(table=table, where=self.where(table), row=self.row(table))
            if self.chance(0.9):
                out["row"].pop("imm", None)
        elif op == "mutate":
            out.update(table=table, where=self.where(table),
                       mutations=[self.mutation(table) for _ in range(self.r.choice([0, 1, 1, 2, 3]))])
        elif op == "delete":
            out.update(table=table, where=self.where(table) if self.chance(0.9) else [])
        elif op == "select":
            out.update(table=table, where=self.where(table))
            columns = list(self.tables[table]["columns"])
            out["columns"] = self.r.sample(columns, self.r.randint(0, min(3, len(columns))))
            if self.chance(0.5):
                out["columns"].append("_uuid")
        elif op == "wait":
            columns = self.r.sample(list(self.tables[table]["columns"]), 1)
            out.update(table=table, where=self.where(table), columns=columns, timeout=0,
                       until=self.r.choice(["==", "!="]),
                       rows=[{c: self.value(self.tables[table]["columns"][c]) for c in columns}
                             for _ in range(self.r.randint(0, 2))])
        elif op == "comment":
            out["comment"] = "x"
        elif op == "commit":
            out["durable"] = self.chance(0.5)
        elif op == "assert":
            out["lock"] = "nolock"
        if self.chance(0.005):
            out["extra"] = 1
        if self.chance(0.005):
            out.pop(self.r.choice([k for k in out if k not in ("uuid", "timeout")]))
        return out

    def transaction(self):
        self.names, self.fresh = {}, []
        return [self.operation() for _ in range(self.r.choice([1, 1, 2, 2, 3, 4, 6]))]

    def committed(self):
        for table, ident in self.fresh:
            self.known[table].append(ident)


def atoms(value):
    """A value in one form, whatever the order of its set or map."""
    if isinstance(value, list) and len(value) == 2 and value[0] in ("set", "map"):
        return [value[0], sorted((atoms(v) for v in value[1]), key=canon)]
    if isinstance(value, list):
        return [atoms(v) for v in value]
    if isinstance(value, dict):
        return {k: atoms(v) for k, v in value.items()}
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 1e15:
        return float(f"{value:.12g}") if isinstance(value, float) else value
    if isinstance(value, float) and value == int(value):
        return int(value)
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return value


def canon(value):
    return json.dumps(value, sort_keys=True)


def result(r):
    """An operation's result without what may differ."""
    if isinstance(r, dict) and "error" in r:
        return {"error": SAME_ERROR.get(r["error"], r["error"])}
    if isinstance(r, dict) and "rows" in r:
        # As a set: for ovsdb-server rows that differ in 0 and -0 only are distinct.
        return {"rows": sorted({canon(atoms({k: v for k, v in row.items() if k != "_version"}))
                                for row in r["rows"]})}
    return r


FORM_ERRORS = {"syntax error", "constraint violation", "unknown column", "ovsdb error"}
MUTATE_ERRORS = {"constraint violation", "domain error", "range error"}


def same(a, b, op):
    """
    Of two wrong columns in one row, or of two rows that cannot be mutated, either may
    be reported, since their order means nothing. All else must be the same.
    """
    if result(a) == result(b):
        return True
    tags = {a.get("error"), b.get("error")} if isinstance(a, dict) and isinstance(b, dict) else set()
    if op.get("op") == "mutate" and tags <= MUTATE_ERRORS:
        return True
    rows = [op.get("row", {})] + list(op.get("rows") or [])
    return (any(len(row) > 1 for row in rows) and
            isinstance(a, dict) and isinstance(b, dict) and
            a.get("error") in FORM_ERRORS and b.get("error") in FORM_ERRORS)


def snapshot(client, schema):
    out = {}
    for table, t in schema["tables"].items():
        columns = list(t["columns"]) + ["_uuid"]
        rows = client.transact({"op": "select", "table": table, "where": [], "columns": columns})
        out[table] = {r["_uuid"][1]: atoms(r) for r in rows[0]["rows"]}
    return out


def dangling(state, schema):
    """References to rows that are not there."""
    found = []
    for table, rows in state.items():
        for name, column in schema["tables"][table]["columns"].items():
            t = column["type"] if isinstance(column["type"], dict) else {"key": column["type"]}
            for part, base in (("key", t.get("key")), ("value", t.get("value"))):
                if not isinstance(base, dict) or "refTable" not in base:
                    continue
                for ident, row in rows.items():
                    v = row[name]
                    items = v[1] if v[0] in ("set", "map") else [v]
                    if v[0] == "map":
                        items = [pair[0 if part == "key" else 1] for pair in items]
                    found += [f"{table} {ident} {name}: {i[1]}" for i in items
                              if i[1] not in state[base["refTable"]]]
    return found


def is_empty(row):
    """
    An update that says nothing changed: ovsdb-server sends them for changes of
    columns that are monitored, but not with "modify".
    """
    return row.get("old") == {} and "new" in row or row.get("modify") == {}


def updates(notes):
    """What a client was told, by monitor."""
    out = {}
    for note in notes:
        if note["method"] not in ("update", "update2", "update3"):
            continue
        ident, tables = note["params"][0], note["params"][-1]
        tables = {t: {u: row for u, row in rows.items() if not is_empty(row)}
                  for t, rows in atoms(tables).items()}
        tables = {t: rows for t, rows in tables.items() if rows}
        if tables:
            out.setdefault(canon(ident), []).append(tables)
    return out


def differences(a, b, where=""):
    """Where two values differ, for people."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [d for k in sorted(set(a) | set(b), key=str)
                for d in differences(a.get(k, "(nothing)"), b.get(k, "(nothing)"), f"{where}/{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{where}/{i}")]
    return [] if a == b else [f"{where}: vifdbd {json.dumps(a)}, ovsdb-server {json.dumps(b)}"]


def monitors(client, gen):
    """Begin one monitor of each kind; their initial states are compared as well."""
    requests = {t: [{"columns": sorted(d["columns"])}] for t, d in gen.tables.items()}
    some = {"A": [{"columns": ["i", "si"], "select": {"initial": False, "modify": False}},
                  {"columns": ["m", "ss", "oi"], "select": {"delete": False}}],
            "B": [{"columns": ["n"]}]}
    cond = {"A": [{"columns": sorted(gen.tables["A"]["columns"]),
                   "where": [["i", "<", 4], ["b", "==", True]]}],
            "B": [{"columns": ["n", "wm"], "where": [["n", "!=", 3]]}],
            "C": [{"columns": ["name", "must"], "where": [False]}]}
    out = [client.call("monitor", "Test", "all", requests),
           client.call("monitor", "Test", ["some", 1], some),
           client.call("monitor_cond", "Test", "all2", requests),
           client.call("monitor_cond", "Test", "cond", cond)]
    return [atoms(o) for o in out]


def change_conditions(clients, gen):
    where = [[gen.clause("A") for _ in range(gen.r.randint(0, 2))] + gen.r.choice([[], [], [True]])]
    # Rows that are looked up: by what is unique, and by their UUIDs.
    named = [["name", "==", gen.r.choice("abcdefghijkl") + str(gen.r.randint(0, 3))] for _ in range(gen.r.randint(0, 6))]
    known = [["_uuid", "==", ["uuid", u]] for u in gen.known["C"][-20:] if gen.chance(0.2)]
    # One table at a time: of a change that it refuses in part, ovsdb-server carries out the rest.
    changes = [{"A": [{"where": where[0]}]},
               {"C": [{"where": named + known + gen.r.choice([[], [False], [["n", "<", 9]]])}]}]
    answers = []
    for c in clients:
        answers.append([])
        for change in changes:
            answer = c.wait(c.send("monitor_cond_change", ["cond", "cond", change]))
            error = (answer["error"] or {}).get("error", "ok")
            answers[-1].append(SAME_ERROR.get(error, error))
    return answers, changes


class Mismatch(Exception):
    pass


def compare(ours, theirs, schema, seed, count):
    """Returns how many transactions committed and how many results were compared."""
    gen = Gen(schema, seed)
    clients = [ours.client_now(), theirs.client_now()]
    watchers = [ours.client_now(), theirs.client_now()]
    first = [monitors(w, gen) for w in watchers]
    if first[0] != first[1]:
        raise Mismatch(f"initial monitor state: {first}")
    committed = compared = 0
    for n in range(count):
        ops = gen.transaction()
        got = [clients[0].transact(*ops)]
        try:
            got.append(clients[1].transact(*ops))
        except Gone:
            # Debian's 3.1.0 dies of some transactions; there is nothing to compare with then.
            theirs.process.wait(10)
            break
        if len(got[0]) != len(got[1]) or not all(
                same(a, b, op) for a, b, op in zip(*got, ops + [{}])):
            raise Mismatch(f"seed {seed} transaction {n}: {json.dumps(ops)}\n"
                           + "\n".join(differences(*[[result(r) for r in g] for g in got])))
        compared += len(ops)
        if all(r is None or "error" not in r for r in got[0]) and len(got[0]) == len(ops):
            committed += 1
            gen.committed()
        notes = [updates(w.sync()) for w in watchers]
        if notes[0] != notes[1]:
            raise Mismatch(f"seed {seed} transaction {n}: {json.dumps(ops)}\n"
                           + "\n".join(differences(*notes)))
        if n % 10 == 9:
            answers, change = change_conditions(watchers, gen)
            notes = [updates(w.sync()) for w in watchers]
            if answers[0] != answers[1] or notes[0] != notes[1]:
                raise Mismatch(f"seed {seed} after {n}, condition {json.dumps(change)}: {answers}\n"
                               + "\n".join(differences(*notes)))
        if n % 25 == 24:
            states = [snapshot(c, schema) for c in clients]
            if states[0] != states[1]:
                raise Mismatch(f"seed {seed} after transaction {n}: rows differ\n"
                               + "\n".join(differences(*states)))
    for c in clients + watchers:
        c.close()
    return committed, compared


def run(ours, theirs, schema, seed, count):
    """
    As compare(), but a difference counts only if ovsdb-server's own rows are sound:
    3.1.0 sometimes forgets weak references, and then leaves ones that dangle.
    """
    try:
        counts = compare(ours, theirs, schema, seed, count)
    except Mismatch:
        if dangling(snapshot(theirs.client_now(), schema), schema):
            counts = (0, 0)
        else:
            raise
    bad = dangling(snapshot(ours.client_now(), schema), schema)
    if bad:
        raise Mismatch(f"seed {seed}: vifdbd has references that dangle: {bad}")
    return counts
