# SPDX-License-Identifier: GPL-2.0-or-later
"""What requests cost as they grow: instructions, counted by valgrind, so on any machine the same.

With SCALE_ROWS=10000 (make bench-scale) microseconds of CPU of so many rows and of four times
as many: what valgrind would take minutes for. They tell of caches, too, and decide nothing.
"""

import glob
import json
import os
import re
import signal
import subprocess

from registry import test

TIMED = "SCALE_ROWS" in os.environ
SMALL = int(os.environ.get("SCALE_ROWS", "1500"))
LARGE = 4 * SMALL
MEMORY = ["--max-memory=4096"] if TIMED else []
PER_CLIENT = 1000  # locks or monitors
# Four times as much costs 4 times as much, 4.7 with a logarithm, up to 16 if quadratic.
RATIO_MAX = 5.0

SCHEMA = {"name": "Scale", "version": "1.0.0", "tables": {
    "T": {"isRoot": True, "indexes": [["name"]], "columns": {
        "name": {"type": "string"},
        "n": {"type": "integer"},
        "set": {"type": {"key": "integer", "min": 0, "max": "unlimited"}},
        "map": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}},
        "strong": {"type": {"key": {"type": "uuid", "refTable": "Kid"}, "min": 0, "max": "unlimited"}},
        "weak": {"type": {"key": {"type": "uuid", "refTable": "T", "refType": "weak"},
                          "min": 0, "max": "unlimited"}}}},
    "Kid": {"columns": {
        "n": {"type": "integer"},
        "next": {"type": {"key": {"type": "uuid", "refTable": "Kid"}, "min": 0, "max": 1}}}}}}


def uuid_of(kind, n):
    return ["uuid", f"{kind:08x}-0000-4000-8000-{n:012x}"]


class Counted:
    """A server under callgrind; cost() is what it executed since the last time."""

    def __init__(self, s, name, content=SCHEMA):
        self.dir = s.dir
        schema = os.path.join(s.dir, "scale.ovsschema")
        with open(schema, "w") as f:
            json.dump(content, f)
        self.out = os.path.join(s.dir, f"{name}.callgrind")
        self.server = s.server(name=name, schema=schema, options=MEMORY, prefix=[] if TIMED else [
            "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={self.out}",
            "--vgdb=yes", f"--vgdb-prefix={s.dir}/vgdb"])
        self.client = self.server.start(wait=120)
        self.client.sock.settimeout(600)
        self.dumps = self.spent = 0

    def microseconds(self):
        with open(f"/proc/{self.server.process.pid}/schedstat", encoding="ascii") as f:
            before, self.spent = self.spent, int(f.read().split()[0]) // 1000
        return self.spent - before

    def cost(self):
        if TIMED:
            return self.microseconds()
        subprocess.run(["vgdb", f"--vgdb-prefix={self.dir}/vgdb", f"--pid={self.server.process.pid}", "dump"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.dumps += 1
        with open(f"{self.out}.{self.dumps}") as f:
            total = int(re.search(r"^totals: (\d+)", f.read(), re.M)[1])
        for path in glob.glob(self.out + ".*"):
            os.unlink(path)
        return total


def everything(s, n):
    """Each kind of request with n of what it is about: {name: instructions}."""
    counted = Counted(s, f"scale{n}")
    client = counted.client
    costs = {}

    def transact(*operations):
        out = client.transact(*operations, db="Scale")
        assert len(out) == len(operations) and not any(o is None or "error" in o for o in out), \
            [o for o in out if o is None or "error" in o][:2]

    def measure(name, function, *args):
        counted.cost()
        function(*args)
        client.call("echo")
        costs[name] = counted.cost()

    def rows(kind, name="row", count=n):
        return [{"op": "insert", "table": "T", "uuid": uuid_of(kind, i)[1],
                 "row": {"name": f"{name} {kind} {i}", "n": i}} for i in range(count)]

    def where(kind, i):
        return [["_uuid", "==", uuid_of(kind, i)]]

    one = {"op": "insert", "table": "T", "uuid": uuid_of(9, 0)[1], "row": {"name": "one"}}
    client.call("set_db_change_aware", True)
    transact(one)
    hub = [["_uuid", "==", uuid_of(9, 0)]]
    everyone = [uuid_of(1, i) for i in range(n)]

    def each(op, count=n, **members):
        return [dict({"op": op, "table": "T", "where": where(1, i)}, **members) for i in range(count)]

    def mutate(column, mutator, value):
        transact({"op": "mutate", "table": "T", "where": hub, "mutations": [[column, mutator, value]]})

    measure("insert", lambda: transact(*[{"op": "insert", "table": "T", "row": {"name": f"plain {i}"}}
                                         for i in range(n)]))
    measure("delete by a condition", lambda: transact(
        {"op": "delete", "table": "T", "where": [["_uuid", "!=", uuid_of(9, 0)]]}))
    measure("insert with given uuids", lambda: transact(*rows(1)))
    measure("insert with names", lambda: transact(
        *[{"op": "insert", "table": "Kid", "uuid-name": f"k{i}",
           "row": {"next": ["set", []] if i == n - 1 else ["named-uuid", f"k{i + 1}"]}} for i in range(n)],
        {"op": "update", "table": "T", "where": hub, "row": {"strong": ["named-uuid", "k0"]}}))
    measure("collect a chain", lambda: transact(
        {"op": "update", "table": "T", "where": hub, "row": {"strong": ["set", []]}}))
    measure("update each", lambda: transact(*each("update", row={"n": 5})))
    measure("update by a condition", lambda: transact(
        {"op": "update", "table": "T", "where": [["n", "==", 5]], "row": {"n": 6}}))
    measure("mutate each", lambda: transact(*each("mutate", mutations=[["n", "+=", 1]])))
    measure("swap what is indexed", lambda: transact(
        *[{"op": "update", "table": "T", "where": where(1, i), "row": {"name": f"row 1 {n - 1 - i}"}}
          for i in range(n)]))
    measure("set, insert", mutate, "set", "insert", ["set", list(range(n))])
    measure("set, insert in other order", mutate, "set", "insert", ["set", list(range(2 * n, 0, -2))])
    measure("set, delete", mutate, "set", "delete", ["set", list(range(0, 2 * n, 2))])
    measure("map, insert", mutate, "map", "insert", ["map", [[str(i), "x"] for i in range(n)]])
    measure("map, delete keys", mutate, "map", "delete", ["set", [str(i) for i in range(n)]])
    measure("select each", lambda: transact(*each("select")))
    measure("select all", lambda: transact({"op": "select", "table": "T", "where": []}))
    measure("select distinct", lambda: transact({"op": "select", "table": "T", "where": [], "columns": ["n"]}))
    measure("includes a large set", lambda: transact(
        {"op": "select", "table": "T", "where": [["set", "includes", ["set", list(range(n))]]]}))
    measure("wait for all rows", lambda: transact(
        {"op": "wait", "table": "T", "timeout": 0, "columns": ["name"], "until": "==", "where": [],
         "rows": [{"name": f"row 1 {i}"} for i in range(n)] + [{"name": "one"}]}))
    measure("refer weakly", lambda: transact(
        {"op": "update", "table": "T", "where": hub, "row": {"weak": ["set", everyone]}}))
    measure("delete half of what is referred to", lambda: transact(*each("delete", count=n // 2)))
    measure("insert the half again", lambda: transact(*rows(1, "again", n // 2)))
    measure("be referred to by all", lambda: transact(
        {"op": "update", "table": "T", "where": [["_uuid", "!=", uuid_of(9, 0)]], "row": {"weak": uuid_of(9, 0)}}))
    measure("delete what all refer to", lambda: transact({"op": "delete", "table": "T", "where": hub}))
    transact(one)

    def refused(*operations):
        assert "error" in client.transact(*operations, db="Scale")[-1]
    measure("a failed transaction", refused, *rows(2), {"op": "abort"})
    measure("an index that does not hold", refused, *rows(3), dict(one, uuid=uuid_of(3, n)[1]))
    measure("monitor", client.call, "monitor", "Scale", "m1", {"T": {}})
    measure("monitor_cond", client.call, "monitor_cond", "Scale", "m2",
            {"T": {"where": [["n", "!=", 3]], "columns": ["n"]}})
    measure("monitor_cond_change", client.call, "monitor_cond_change", "m2", "m2",
            {"T": [{"where": [["n", "==", 3]]}]})
    measure("updates of monitors", lambda: transact({"op": "update", "table": "T", "where": [], "row": {"n": 3}}))
    measure("monitor_cond_since", client.call, "monitor_cond_since", "Scale", "m3",
            {"T": {}}, "00000000-0000-0000-0000-000000000000")
    crowd = [counted.server.client_now(600) for _ in range(n // PER_CLIENT + 1)]
    for other in crowd:
        other.call("set_db_change_aware", True)

    def shared_out(method, params_of):
        """n requests, as many as may be from a client; all are sent before the first answer is read."""
        for k, other in enumerate(crowd):
            for ident in [other.send(method, params_of(i)) for i in range(k * PER_CLIENT, min(n, (k + 1) * PER_CLIENT))]:
                assert other.wait(ident)["error"] is None

    def different(i):
        where, none = [["name", "==", f"{i}"]], {"initial": False}
        return ["_Server", i, {"Database": {"where": where, "select": none}}] if i % 2 else \
            ["Scale", i, {"T": {"where": where, "columns": ["n"], "select": none}}]

    measure("locks", shared_out, "lock", lambda i: [f"lock{i}"])
    measure("unlock", shared_out, "unlock", lambda i: [f"lock{i}"])
    measure("monitors of different things", shared_out, "monitor_cond", different)
    measure("a row that all of them look at", lambda: transact(dict(one, row={"name": "new"}, uuid=uuid_of(4, 0)[1])))
    measure("convert", client.call, "convert", "Scale", dict(SCHEMA, version="1.0.1"))
    counted.server.stop()
    return costs


@test("ext. no request costs more than in proportion to what it is about, counted in instructions")
def scale(s):
    small, large = everything(s, SMALL), everything(s, LARGE)
    ratios = {name: large[name] / small[name] for name in small}
    worst = max(ratios, key=ratios.get)
    if TIMED:
        print("".join(f"{name:44}{small[name]:12}{large[name]:12}{ratios[name]:6.1f}\n" for name in small))
        return None
    bad = {name: f"{ratio:.1f}" for name, ratio in ratios.items() if ratio > RATIO_MAX}
    assert not bad, f"{LARGE} cost this many times what {SMALL} cost: {bad}"
    return f"{len(ratios)} kinds, at most {ratios[worst]:.1f} times for four times as much ({worst})"


def cost_of_other_names(s, rows):
    """What it costs to watch one row after the other by its name, among so many."""
    counted = Counted(s, f"names{rows}")
    client = counted.client
    client.transact(*[{"op": "insert", "table": "T", "row": {"name": f"row {i}", "n": i}} for i in range(rows)],
                    db="Scale")
    first = client.call("monitor_cond", "Scale", "m", {"T": {"where": [["name", "==", "row 0"]], "columns": ["n"]}})
    assert len(first["T"]) == 1
    client.call("echo")
    counted.cost()
    for i in range(1, 101):
        client.call("monitor_cond_change", "m", "m", {"T": [{"where": [["name", "==", f"row {i}"]]}]})
        rows_told = client.note()["params"][1]["T"]
        assert sorted(map(str, rows_told.values())) == ["{'delete': None}", "{'insert': {'n': %d}}" % i], rows_told
    cost = counted.cost()
    counted.server.stop()
    return cost


@test("ext. a monitor's rows that are asked for by equality are found without a walk, counted in instructions")
def watched_names(s):
    small, large = cost_of_other_names(s, 500), cost_of_other_names(s, 5000)
    assert large < 1.5 * small, f"ten times the rows cost {large / small:.1f} times as much"
    return f"ten times the rows cost {large / small:.2f} times as much"


def heavy(rows, clauses):
    """A request that takes rows * clauses steps and answers little."""
    return {"op": "select", "table": "D", "columns": ["level"], "where": [True] * clauses + [["level", "==", 9]]}


@test("ext. a client that sends many costly requests at once leaves turns to others")
def turns(s):
    greedy, other = s.client(), s.client()
    greedy.transact(*[{"op": "insert", "table": "D", "row": {"level": 4}} for _ in range(5000)])
    # Both have sent all before the server reads any of it.
    s.main.process.send_signal(signal.SIGSTOP)
    requests = [json.dumps({"id": f"h{i}", "method": "transact", "params": ["Test", heavy(5000, 1000)]})
                for i in range(8)]
    greedy.write("".join(requests).encode() + b'{"id":"end","method":"lock","params":["mine"]}')
    mine = other.send("lock", ["mine"])
    s.main.process.send_signal(signal.SIGCONT)
    assert other.wait(mine)["result"] == {"locked": True}
    assert greedy.wait("end")["result"] == {"locked": False}
    assert all("error" not in greedy.wait(f"h{i}")["result"][0] for i in range(8))


@test("ext. a request that takes too many steps is refused, with the limit, and the next one is served")
def too_much_work(s):
    client = s.client()
    client.transact(*[{"op": "insert", "table": "D", "row": {"level": 4}} for _ in range(2000)])
    before = s.main.cpu_seconds()
    error = client.transact(*[heavy(2000, 10000)] * 20)
    took = s.main.cpu_seconds() - before
    assert {"rows": []} in error and error[-1] is None, error[-1]
    failed = [e for e in error if e and "error" in e]
    assert len(failed) == 1 and failed[0]["error"] == "resources exhausted" and "steps" in failed[0]["details"], failed
    # Values that pile up within one operation.
    ident = client.transact({"op": "insert", "table": "A", "row": {"s1": 1}})[0]["uuid"]
    error = client.transact({"op": "mutate", "table": "A", "where": [["_uuid", "==", ident]], "mutations": [
        ["ss", "insert", ["set", [str(i) for i in range(k, 40000, 40)]]] for k in range(40)] + [
        ["ss", "insert", "x"]] * 400})[-1]
    assert error["error"] == "resources exhausted" and "MiB" in error["details"], error
    assert client.transact({"op": "select", "table": "A", "where": [], "columns": ["s1"]})[0]["rows"] == [{"s1": 1}]
    return f"after {took:.1f} s of CPU"


@test("ext. a request is not refused for steps that it does not take")
def large_includes(s):
    client = s.client()
    client.transact(*[{"op": "insert", "table": "A", "row": {"s1": ["set", [1, 2]]}} for _ in range(2000)])

    def select(*where):
        return client.transact({"op": "select", "table": "A", "columns": ["_uuid"], "where": list(where)})[0]

    # A row with two values is not compared with one of 150,000.
    many = ["set", list(range(150000))]
    assert select(["s1", "includes", many]) == {"rows": []}
    assert len(select(["s1", "includes", ["set", [2, 1]]])["rows"]) == 2000
    # Each of them may be the one that has to be missing.
    assert select(["s1", "excludes", many])["error"] == "resources exhausted"
