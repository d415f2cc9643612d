# SPDX-License-Identifier: GPL-2.0-or-later
"""Two ways into one database: order, monitors, large transactions, a copy that was left behind."""

import json
import os
import shutil

from lab import LIMIT, content, until
from registry import test
from setting import TABLES, error_of, insert, pool, stored, write_name


def names(client):
    return {row["name"] for row in content(client, ["Name"])["Name"]}


@test
def both_ways(args):
    """What one host wrote the others see, ephemeral columns too, and in the same order."""
    with pool() as made:
        clients = [host.client() for host in made.hosts]
        for client in clients:
            client.call("monitor", "Test", "m", {"Name": {"columns": ["name"]}})
        for n in range(30):
            insert(clients[n % 3], [("Name", {"name": "n%d" % n, "status": "here"})])
        expected = ["n%d" % n for n in range(30)]
        until("everybody has all", lambda: all(len(names(c)) == 31 for c in clients))
        orders = []
        for client in clients:
            seen = []
            for note in client.sync():
                rows = note["params"][1]["Name"].values()
                seen.extend(row["new"]["name"] for row in rows if "new" in row)
            orders.append(seen)
        assert all(order == orders[0] for order in orders), orders
        assert sorted(orders[0]) == sorted(expected)
        status = {row["status"] for row in made.same()["Name"] if row["name"] != "mark"}
        assert status == {"here"}, status


@test
def since(args):
    """A client that knows a transaction from one host goes on at another from there."""
    with pool() as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        what = {"Name": [{"columns": ["name"]}]}
        insert(a, [("Name", {"name": "before"})])
        zero = "00000000-0000-0000-0000-000000000000"
        a.call("monitor_cond_since", "Test", "m", what, zero)
        insert(a, [("Name", {"name": "known"})])
        notes = a.sync()
        last = notes[-1]["params"][1]
        insert(b, [("Name", {"name": "after"})])
        found, newest, rows = b.call("monitor_cond_since", "Test", "m", what, last)
        assert found and newest != last, (found, newest)
        changed = [row["insert"]["name"] for row in rows["Name"].values()]
        assert changed == ["after"], rows
        # Over a restart as well.
        made.hosts[1].server.kill()
        b = made.hosts[1].start([])
        found, _, rows = b.call("monitor_cond_since", "Test", "m", what, last)
        assert found and len(rows["Name"]) == 1, (found, rows)


@test
def large(args):
    """A transaction larger than etcd takes: all or nothing, and nothing is left lying about."""
    with pool() as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        count = 1500
        b.call("monitor", "Test", "m", {"Name": {"columns": ["name"]}})
        rows = [("Name", {"name": "big%d" % n, "owner": "x" * 300}) for n in range(count)]
        insert(a, rows)
        until("the other host has it", lambda: len(names(b)) > 1)
        assert len(names(b)) == count + 1
        sizes = {len(note["params"][1]["Name"]) for note in b.sync()}
        assert count in sizes, sizes
        # And back, by the other: rows of it changed and deleted.
        out = stored(b, {"op": "delete", "table": "Name", "where": [["owner", "==", "x" * 300]]})
        assert out[0]["count"] == count, out
        until("it is gone everywhere", lambda: len(names(a)) == 1)
        made.same()
        until("nothing is left of it", lambda: not made.cluster.keys("s/") and not made.cluster.keys("m/pending"))
        assert len(made.cluster.keys("r/Name/")) == 1


@test
def large_orphaned(args):
    """The host of a large transaction dies when it was committed: another puts it in place."""
    with pool() as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        operations = [{"op": "insert", "table": "Name", "row": {"name": "big%d" % n, "owner": "y" * 400}}
                      for n in range(1000)]
        a.send("transact", ["Test"] + operations)
        until("it is committed", lambda: made.cluster.keys("m/pending") or len(names(b)) > 1)
        made.hosts[0].server.kill()
        until("another host writes again", lambda: "error" not in write_name(b, "b"))
        assert len(names(b)) == 1001
        assert not made.cluster.keys("s/") and len(made.cluster.keys("r/Name/")) == 1001
        made.hosts[0].start([])
        made.same()


@test
def away(args):
    """etcd is gone: reading and starting go on, writing is refused; nothing is touched after."""
    with pool(names="ab") as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        insert(a, [("Name", {"name": "kept"})])
        made.same()
        for member in made.cluster.members:
            member.kill()
        out = a.transact({"op": "insert", "table": "Name", "row": {"name": "no"}})
        assert out[-1]["error"] == "I/O error" and "the pool is away" in out[-1]["details"], out
        assert out[-1]["details"].count("\n") == 0
        made.hosts[1].server.kill()
        b = made.hosts[1].start([])
        assert "kept" in names(b)
        # What changes nothing, or is wrong in itself, has its usual answer.
        assert b.transact({"op": "delete", "table": "Name", "where": [["name", "==", "none"]]})[0] == {"count": 0}
        b.call("monitor", "Test", "m", {table: {} for table in TABLES})
        for member in made.cluster.members:
            member.start()
        made.cluster.healthy()
        until("a writes again", lambda: "error" not in write_name(a, "back"))
        until("b has it", lambda: any(row["owner"] == "back" for row in content(b, ["Name"])["Name"]))
        touched = [row for note in b.sync() for rows in note["params"][1].values() for row in rows.values()]
        # The mark went and came; "kept" was not touched.
        assert all("kept" not in json.dumps(row) for row in touched), touched


@test
def compacted(args):
    """Changes that etcd forgot while a host was down: only what differs changes there."""
    with pool(names="ab") as made:
        a = made.hosts[0].client()
        insert(a, [("Name", {"name": "old%d" % n}) for n in range(20)])
        made.same()
        made.hosts[1].server.kill()
        insert(a, [("Name", {"name": "new"})])
        a.transact({"op": "delete", "table": "Name", "where": [["name", "==", "old3"]]})
        a.transact({"op": "update", "table": "Name", "where": [["name", "==", "old4"]], "row": {"owner": "z"}})
        made.cluster.compact()
        b = made.hosts[1].start([])
        before = b.call("monitor", "Test", "m", {"Name": {"columns": ["name", "owner"]}})["Name"]
        until("b caught up", lambda: "new" in names(b))
        touched = {(row.get("new") or row.get("old")).get("name")
                   for note in b.sync() for row in note["params"][1]["Name"].values()}
        if any(row["new"]["name"] == "new" for row in before.values()):
            return "it caught up before it was asked"
        assert touched == {"new", "old3", "old4"}, touched
        made.same()
        assert "compacted" in made.hosts[1].server.output()


@test
def left_behind(args):
    """A host that is cut off, then compaction, then the line is whole again."""
    with pool(names="ab", lines=True) as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        made.hosts[1].cut()
        for n in range(10):
            insert(a, [("Name", {"name": "n%d" % n})])
        made.cluster.compact()
        b.sock.settimeout(LIMIT)
        out = b.transact({"op": "insert", "table": "Name", "row": {"name": "cut off"}})
        assert "error" in out[-1], out
        assert "n5" not in names(b)
        made.hosts[1].mend()
        until("b caught up", lambda: "n9" in names(b))
        made.same()


@test
def set_back(args):
    """etcd gets an old backup and goes on to where it was by other ways: copies follow it."""
    with pool(size=1, names="ab") as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        insert(a, [("Name", {"name": "in the backup"})])
        made.same()
        member = made.cluster.members[0]
        member.kill()
        shutil.copytree(member.dir, member.dir + ".backup")
        member.start()
        for n in range(5):
            insert(a, [("Name", {"name": "lost%d" % n})])
        made.same()
        made.hosts[1].server.kill()
        member.kill()
        shutil.rmtree(member.dir)
        os.rename(member.dir + ".backup", member.dir)
        member.start()
        for n in range(40):
            insert(a, [("Name", {"name": "new%d" % n})])
        made.hosts[1].start([])
        rows = {row["name"] for row in made.same()["Name"]}
        assert "in the backup" in rows and "new39" in rows, rows
        stored_names = {json.loads(value)["name"] for value in made.cluster.keys("r/Name/").values()}
        assert rows == stored_names, rows ^ stored_names


@test
def upgrade(args):
    """Old beside new: the pool gets a new schema, hosts one after the other, no column is lost."""
    with pool(names="ab") as made:
        with open(made.hosts[0].server.schema) as f:
            schema = json.load(f)
        schema["version"] = "1.1.0"
        schema["tables"]["Name"]["columns"]["more"] = {"type": "string"}
        path = os.path.join(made.dir, "newer.ovsschema")
        with open(path, "w") as f:
            json.dump(schema, f)
        a, b = (host.client() for host in made.hosts)
        insert(a, [("Name", {"name": "before"})])
        made.same()
        made.hosts[0].server.stop()
        a = made.hosts[0].start(["--schema=" + path])
        assert "schema version" in error_of(a.transact({"op": "delete", "table": "Name", "where": []}))
        insert(b, [("Name", {"name": "by the old one"})])
        until("the new one reads on", lambda: "by the old one" in names(a))
        made.cluster.put("m/schema", json.dumps(schema))
        until("the new one writes", lambda: not error_of(a.transact(
            {"op": "insert", "table": "Name", "row": {"name": "by the new one", "more": "kept"}})))
        until("the old one reads on", lambda: "by the new one" in names(b))
        assert "schema version" in error_of(b.transact({"op": "delete", "table": "Name", "where": []}))
        made.hosts[1].server.stop()
        b = made.hosts[1].start(["--schema=" + path])
        until("nothing was lost", lambda: [row["more"] for row in content(b, ["Name"])["Name"]
                                           if row["name"] == "by the new one"] == ["kept"])
        made.same()
