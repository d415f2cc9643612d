# SPDX-License-Identifier: GPL-2.0-or-later
"""
Stands in for test-ovsdb, which calls functions of Open vSwitch's server library:
each command is put to vifdbd as requests that need the same function. Types are
those of a column in a schema, values are inserted and selected again.
"""

import json
import os
import sys
import tempfile

import vifdbd

REAL = os.environ.get("REAL_TEST_OVSDB")


def unbox(text):
    value = json.loads(text)
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def columns(**types):
    return {name: {"type": t} for name, t in types.items()}


class World:
    """A served database that has the tables of a schema."""

    def __init__(self, tables, name="mydb"):
        self.dir = tempfile.TemporaryDirectory(prefix="w-")
        path = os.path.join(self.dir.name, "schema")
        self.name = name
        with open(path, "w", encoding="utf-8") as f:
            json.dump(tables if "tables" in tables else {"name": name, "tables": tables}, f)
        vifdbd.run("create", self.dir.name + "/db", path)
        self.served = vifdbd.Served(self.dir.name + "/db")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.served.__exit__()
        self.dir.cleanup()

    def transact(self, *operations):
        answer = self.served.client.call("transact", self.name, *operations)
        if answer["error"]:
            raise vifdbd.Failed(vifdbd.text(answer["error"]))
        return answer["result"]

    def schema(self):
        return self.served.client.call("get_schema", self.name)["result"]

    def good(self, *operations):
        """Results none of which is an error."""
        results = self.transact(*operations)
        for result in results:
            if result and "error" in result:
                raise vifdbd.Failed(f'{result["error"]}: {result.get("details")}')
        return results


ATOMS = ("void", "integer", "real", "boolean", "string", "uuid")
ZERO_UUID = ["uuid", "00000000-0000-0000-0000-000000000000"]
ZEROS = {"integer": 0, "real": 0, "boolean": False, "string": "", "uuid": ZERO_UUID}


def referred_tables(value):
    if isinstance(value, dict):
        here = {v for k, v in value.items() if k == "refTable" and isinstance(v, str)}
        return here.union(*map(referred_tables, value.values()))
    return set()


def with_referred(tables):
    """The tables, in the root set, and stand-ins for those that they refer to."""
    missing = referred_tables({n: t.get("columns") for n, t in tables.items()}) - set(tables)
    return {**{name: {"columns": columns(x="integer"), "isRoot": True} for name in missing}, **tables}


def one_table(type_, **more):
    return with_referred({"T": {"columns": columns(c=type_, **more), "isRoot": True}})


def table_of(text):
    return with_referred({"T": dict(unbox(text), isRoot=True)})


def short(base):
    """A base type without constraints is its name; an enum of one value is that value."""
    if isinstance(base, dict) and "enum" in base and len(base["enum"][1]) == 1:
        base = dict(base, enum=base["enum"][1][0])
    return base["type"] if isinstance(base, dict) and set(base) == {"type"} else base


def full(type_):
    """As ovsdb-server prints it: the short form wherever it is enough."""
    if not isinstance(type_, dict):
        return type_
    return {k: short(v) if k in ("key", "value") else v for k, v in type_.items()}


def pretty(table):
    return dict(table, columns={n: dict(c, type=full(c["type"])) for n, c in table["columns"].items()})


def canonical(type_):
    """A type as the schema of a served database has it."""
    with World(one_table(type_)) as world:
        return full(world.schema()["tables"]["T"]["columns"]["c"]["type"])


def parse_atomic_type(text):
    value = unbox(text)
    if not isinstance(value, str):
        raise vifdbd.Failed("syntax error")
    vifdbd.show(canonical(value))


def parse_base_type(text):
    got = canonical({"key": unbox(text)})
    vifdbd.show(got["key"] if isinstance(got, dict) else got)


def parse_type(text):
    vifdbd.show(canonical(unbox(text)))


def put_and_get(world, value):
    world.transact({"op": "delete", "table": "T", "where": []})
    world.good({"op": "insert", "table": "T", "row": {"c": value}})
    return world.good({"op": "select", "table": "T", "where": [], "columns": ["c"]})[0]["rows"][0]["c"]


def parse_atoms(type_, *texts):
    with World(one_table({"key": unbox(type_)})) as world:
        for text in texts:
            try:
                vifdbd.show(put_and_get(world, unbox(text)))
            except vifdbd.Failed as e:
                print(e.tag)


def parse_data(type_, *texts):
    with World(one_table(unbox(type_))) as world:
        for text in texts:
            vifdbd.show(put_and_get(world, unbox(text)))


def sort_atoms(type_, text):
    with World(one_table({"key": unbox(type_)}, n="integer")) as world:
        world.good(*[{"op": "insert", "table": "T", "row": {"c": atom, "n": n}}
                     for n, atom in enumerate(unbox(text))])
        rows = world.good({"op": "select", "table": "T", "where": [], "columns": ["c", "n"], "sort": ["c"]})
    vifdbd.show([row["c"] for row in rows[0]["rows"]])


def default_row(types):
    with World({"T": {"columns": columns(**types)}}) as world:
        world.good({"op": "insert", "table": "T", "row": {}})
        return world.good({"op": "select", "table": "T", "where": []})[0]["rows"][0]


def default_atoms():
    row = default_row({f"c_{name}": name for name in ATOMS[1:]})
    for name in ATOMS[1:]:
        print(f"{name}: {'OK' if row['c_' + name] == ZEROS[name] else 'wrong'}")


def default_datum(key, value, min_):
    if value == "void":
        return ZEROS[key] if min_ else ["set", []]
    return ["map", [[ZEROS[key], ZEROS[value]]] if min_ else []]


def default_data():
    kinds = [(key, value, min_) for min_ in (0, 1) for key in ATOMS[1:] for value in ATOMS]
    types = {f"c_{key}_{value}_{min_}": dict({"key": key, "min": min_, "max": 1},
                                             **({} if value == "void" else {"value": value}))
             for key, value, min_ in kinds}
    row = default_row(types)
    for kind in kinds:
        right = row["c_{}_{}_{}".format(*kind)] == default_datum(*kind)
        print("key {}, value {}, n_min {}: ".format(*kind) + ("OK" if right else "wrong"))


def parse_column(name, text):
    with World(with_referred({"T": {"columns": {name: unbox(text)}, "isRoot": True}})) as world:
        vifdbd.show(pretty(world.schema()["tables"]["T"])["columns"][name])


def parse_table(name, text, default_root="false"):
    # With another table in the root set, this one is not in it for want of any.
    root = {} if default_root == "true" else {"Root": {"columns": columns(x="integer"), "isRoot": True}}
    with World(with_referred({name: unbox(text), **root})) as world:
        got = pretty(world.schema()["tables"][name])
    if default_root == "true":
        got.pop("isRoot", None)
    vifdbd.show(got)


def parse_schema(text):
    schema = unbox(text)
    with World(schema, schema.get("name")) as world:
        got = world.schema()
    got["tables"] = {n: pretty(t) for n, t in got["tables"].items()}
    if "isRoot" not in text:
        for table in got["tables"].values():
            table.pop("isRoot", None)
    vifdbd.show(got)


def parse_rows(table, *texts):
    with World(table_of(table)) as world:
        names = list(world.schema()["tables"]["T"]["columns"])
        for text in texts:
            row = unbox(text)
            world.transact({"op": "delete", "table": "T", "where": []})
            world.good({"op": "insert", "table": "T", "row": row})
            got = world.good({"op": "select", "table": "T", "where": [], "columns": names})[0]["rows"][0]
            vifdbd.show(dict(got, _uuid=ZERO_UUID, _version=ZERO_UUID))
            print(", ".join(sorted(row)) if row else "<none>")


def compare_rows(table, *texts):
    """Which rows are equal: those that a select of their columns takes for one."""
    rows = [json.loads(text) for text in texts]
    for i, (name, row) in enumerate(rows):
        for other_name, other in rows[i + 1:]:
            with World(table_of(table)) as world:
                names = list(world.schema()["tables"]["T"]["columns"])
                insert_rows(world, [row, other])
                got = world.good({"op": "select", "table": "T", "where": [], "columns": names})[0]["rows"]
            if len(got) == 1:
                print(f"{name} == {other_name}")


def insert_rows(world, rows):
    results = world.good(*[{"op": "insert", "table": "T", "row": row} for row in rows])
    return [result["uuid"][1] for result in results]


def in_fives(marks):
    return "".join((" " if i % 5 == 0 else "") + mark for i, mark in enumerate(marks))


def parse_conditions(table, *texts):
    """Whether they are conditions; what the server understood cannot be asked."""
    return each_good(table, texts, lambda where: {"op": "select", "table": "T", "where": where, "columns": []})


def each_good(table, texts, operation):
    code = 0
    with World(table_of(table)) as world:
        for text in texts:
            try:
                world.good(operation(json.loads(text)))
                vifdbd.show(json.loads(text))
            except vifdbd.Failed as e:
                sys.stderr.write(f"test-ovsdb: {e.tag}\n")
                code = 1
    return code


def selected(world, condition):
    got = world.good({"op": "select", "table": "T", "where": condition, "columns": ["_uuid"]})
    return [row["_uuid"][1] for row in got[0]["rows"]]


def evaluate_conditions(table, conditions, rows):
    with World(table_of(table)) as world:
        ids = insert_rows(world, json.loads(rows))
        for i, condition in enumerate(json.loads(conditions)):
            found = selected(world, condition)
            print(f"condition {i:2}:" + in_fives("T" if ident in found else "-" for ident in ids))


def evaluate_conditions_any(table, conditions, rows):
    """As monitors have them."""
    with World(table_of(table)) as world:
        ids = insert_rows(world, json.loads(rows))
        for i, condition in enumerate(json.loads(conditions)):
            answer = world.served.client.call("monitor_cond", world.name, i,
                                              {"T": [{"columns": [], "where": condition}]})
            found = answer["result"].get("T", {})
            print(f"condition {i:2}:" + in_fives("T" if ident in found else "-" for ident in ids))


def query(table, rows, conditions):
    with World(table_of(table)) as world:
        ids = insert_rows(world, json.loads(rows))
        for i, condition in enumerate(json.loads(conditions)):
            found = selected(world, condition)
            print(f"query {i:2}:" + in_fives(str(found.count(ident)) if ident in found else "-" for ident in ids))


def query_distinct(table, rows, conditions, names):
    names = json.loads(names)
    with World(table_of(table)) as world:
        ids = insert_rows(world, json.loads(rows))
        every = world.good(*[{"op": "select", "table": "T", "where": [["_uuid", "==", ["uuid", ident]]],
                              "columns": names} for ident in ids])
        values = [vifdbd.text(result["rows"][0]) for result in every]
        classes = list(dict.fromkeys(values))
        for i, condition in enumerate(json.loads(conditions)):
            got = world.good({"op": "select", "table": "T", "where": condition, "columns": names})[0]["rows"]
            found = [vifdbd.text(row) for row in got]
            marks = ("-" if value not in found else str(found.count(value)) if found.count(value) > 1
                     else chr(ord("a") + classes.index(value)) for value in values)
            print(f"query {i:2}:" + in_fives(marks))


def parse_mutations(table, *texts):
    return each_good(table, texts, lambda m: {"op": "mutate", "table": "T", "where": [], "mutations": m})


def mutated(world, row, mutations):
    names = sorted(world.schema()["tables"]["T"]["columns"])
    select = {"op": "select", "table": "T", "where": [], "columns": names}
    world.transact({"op": "delete", "table": "T", "where": []})
    insert_rows(world, [row])
    before = world.good(select)[0]["rows"][0]
    result = world.transact({"op": "mutate", "table": "T", "where": [], "mutations": mutations})[0]
    if "error" in result:
        return result["error"]
    after = world.good(select)[0]["rows"][0]
    changed = {name: after[name] for name in names if after[name] != before[name]}
    return vifdbd.text(changed) if changed else "no change"


def execute_mutations(table, sets, rows):
    with World(table_of(table)) as world:
        for i, mutations in enumerate(json.loads(sets)):
            print(f"mutation {i:2}:")
            for j, row in enumerate(json.loads(rows)):
                print(f"row {j}: " + mutated(world, row, mutations))
            print()


def number_uuid(number):
    return f"00000000-0000-0000-0000-{int(number):012x}"


def transact(*commands):
    """One transaction after another, which may be looked at before its end."""
    pending = []
    select = {"op": "select", "table": "T", "where": []}
    with World({"T": {"columns": columns(i="integer", j="integer"), "isRoot": True}}) as world:
        for text in commands:
            name, *arguments = json.loads(text)
            print(" ".join([name, *arguments]) + ":", end="")
            where = [["_uuid", "==", ["uuid", number_uuid(arguments[0])]]] if arguments else []
            row = {c: int(v) for c, v in zip("ij", arguments[1:]) if v != "-1"}
            if name == "insert":
                pending.append({"op": "insert", "table": "T", "uuid": where[0][2][1], "row": row})
            elif name == "delete":
                pending.append({"op": "delete", "table": "T", "where": where})
            elif name == "modify":
                pending.append({"op": "update", "table": "T", "where": where, "row": row})
            elif name == "commit":
                world.good(*pending)
            elif name == "print":
                rows = world.transact(*pending, select, {"op": "abort"})[len(pending)]["rows"]
                for got in sorted(rows, key=lambda r: r["_uuid"]):
                    print(f"\n{int(got['_uuid'][1][-12:], 16)}: i={got['i']}, j={got['j']}", end="")
            if name in ("commit", "abort"):
                pending = []
            print()


def execute(schema, *requests):
    parsed = json.loads(schema)
    with World(parsed, parsed["name"]) as world:
        for request in requests:
            answer = world.served.client.call("transact", *json.loads(request))
            vifdbd.show(answer["error"] if answer["error"] else answer["result"])


def trigger(schema, *requests):
    parsed = json.loads(schema)
    with World(parsed, parsed["name"]) as world:
        client, shown = world.served.client, set()
        for n, text in enumerate(requests):
            client.send("transact", json.loads(text), n)
            # Is answered after all that can be.
            client.call("unlock", "nosuch", ident="after")
            if n not in client.answers:
                print(f"t=0: new trigger {n}")
            for ident in sorted((k for k in client.answers if k not in shown), key=lambda k: k != n):
                shown.add(ident)
                print(f"t=0: trigger {ident} ({'immediate' if ident == n else 'delayed'}): "
                      + vifdbd.text(client.answers[ident]["result"]))


COMMANDS = {f.__name__.replace("_", "-"): f for f in (
    default_atoms, default_data, parse_atomic_type, parse_base_type, parse_type, parse_atoms, parse_data, sort_atoms,
    parse_column, parse_table, parse_schema, parse_rows, compare_rows, parse_conditions, evaluate_conditions,
    evaluate_conditions_any, query, query_distinct, parse_mutations, execute_mutations, transact, execute, trigger)}


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("-v")]
    name = next((a for a in arguments if not a.startswith("-")), "help")
    if REAL and (name.startswith("idl") or name == "help"):
        os.execv(REAL, ["test-ovsdb", *sys.argv[1:]])
    if name not in COMMANDS:
        sys.stderr.write(f"test-ovsdb: nothing to ask vifdbd for {name}\n")
        return 1
    try:
        return COMMANDS[name](*arguments[arguments.index(name) + 1:]) or 0
    except vifdbd.Failed as e:
        sys.stdout.flush()
        sys.stderr.write(f"test-ovsdb: {e}\n")
        return 1
