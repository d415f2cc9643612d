# SPDX-License-Identifier: GPL-2.0-or-later
"""What was acknowledged is there: kill -9, full and read-only disks, damaged files; tools."""

import json
import os
import shutil
import subprocess
import threading
import time

from client import VIFDBD, Gone
from registry import test


def tool(*args, code=0, stdin=None):
    out = subprocess.run([VIFDBD, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                         input=stdin)
    assert out.returncode == code, (args, out)
    return (out.stdout if code == 0 else out.stderr).decode()


def row(client_id, n):
    """A pair of rows that must come together, in two tables."""
    return [{"op": "insert", "table": "D", "row": {"level": 5, "tag": f"{client_id:02}-{n}"}},
            {"op": "insert", "table": "A", "row": {"s1": n, "imm": f"{client_id:02}-{n}"}}]


class Writer(threading.Thread):
    def __init__(self, server, number, start, limit):
        super().__init__()
        self.server, self.number, self.n, self.limit = server, number, start, limit
        self.acknowledged = []

    def run(self):
        try:
            client = self.server.client_now()
            for n in range(self.n, self.n + self.limit):
                out = client.transact(*row(self.number, n))
                if len(out) == 2:
                    self.acknowledged.append(f"{self.number:02}-{n}")
        except (Gone, OSError):
            pass


@test("4.1.3 durability: over kill -9, all that was acknowledged is there, nothing is there by half")
def kill_9(s):
    server = s.server(name="crash")
    server.start().close()
    acknowledged, slowest, cpu = set(), 0, 0
    each = max(1, s.args.transactions // s.args.rounds // 4)
    for number in range(s.args.rounds):
        writers = [Writer(server, number * 4 + i, 0, each * 3) for i in range(4)]
        for w in writers:
            w.start()
        deadline = time.monotonic() + 60
        target = s.random.randint(each * 4, each * 6)
        while sum(len(w.acknowledged) for w in writers) < target and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(s.random.random() * 0.003)
        server.kill()
        for w in writers:
            w.join(30)
            acknowledged.update(w.acknowledged)
        began = time.monotonic()
        client = server.start()
        slowest = max(slowest, time.monotonic() - began)
        cpu = max(cpu, server.cpu_seconds())
        out = client.transact({"op": "select", "table": "D", "where": [], "columns": ["tag"]},
                              {"op": "select", "table": "A", "where": [], "columns": ["imm"]})
        tags = [r["tag"] for r in out[0]["rows"]]
        there = {r["imm"] for r in out[1]["rows"]}
        assert set(tags) == there, "half of a transaction is there"
        missing = acknowledged - there
        assert not missing, f"round {number}: {len(missing)} acknowledged transactions are gone"
        client.close()
    return f"{s.args.rounds} rounds, {len(acknowledged)} acknowledged, slowest start {slowest:.2f} s " \
        f"({cpu:.2f} s of CPU)"


# Writes down of which file each sync is.
SYNCS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int noted(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	int out = open(getenv("SYNCS"), O_WRONLY | O_APPEND | O_CREAT, 0600);
	char link[64], path[4096] = "";
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) > 0)
		dprintf(out, "%s\n", path);
	close(out);
	return real(fd);
}
int fdatasync(int fd) { return noted("fdatasync", fd); }
int fsync(int fd) { return noted("fsync", fd); }
"""


@test("4.1.3 durability: a commit costs one fdatasync, a transaction without changes none")
def one_sync(s):
    library, log = os.path.join(s.dir, "syncs.so"), os.path.join(s.dir, "syncs.log")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-xc", "-", "-ldl"], input=SYNCS.encode(), check=True)
    server = s.server(name="syncs", prefix=["env", f"LD_PRELOAD={library}", f"SYNCS={log}"])
    client = server.start()
    client.transact({"op": "insert", "table": "D", "row": {"level": 9}})

    def syncs():
        with open(log) as f:
            lines = f.read().splitlines()
        return lines.count(server.file + "-wal"), lines.count(server.file)

    def expect(count, operation):
        """As many of the log, and two more each time that it was folded into the file."""
        before = syncs()
        for n in range(50):
            assert "error" not in client.transact(operation(n))[0]
        of_log, of_file = (now - then for now, then in zip(syncs(), before))
        assert count <= of_log <= count + 2 * of_file, (of_log, of_file)

    expect(50, lambda n: {"op": "update", "table": "D", "where": [], "row": {"level": 3 + n % 7}})
    expect(0, lambda n: {"op": "select", "table": "D", "where": []})


def mount_tmpfs(path, size):
    os.makedirs(path, exist_ok=True)
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path],
                          stderr=subprocess.DEVNULL).returncode == 0


@test("4.1.3 disk full: one clear error, what is there stays, writing goes on when there is space",
      "4.1.3 disk read-only: one clear error, reading goes on")
def disk_full(s):
    path = os.path.join(s.dir, "small")
    if not mount_tmpfs(path, "1500k"):
        return "skipped: cannot mount a tmpfs here"
    try:
        shutil.copy(s.schema, path)
        server = s.server(name="small/db")
        client = server.start()
        big = {"op": "insert", "table": "A", "row": {"s1": 1, "imm": "x" * 50000}}
        watch = server.client_now()
        watch.call("monitor", "Test", "m", {"A": {"columns": ["i"]}})
        stored = 0
        for _ in range(100):
            out = client.transact(big)
            if len(out) == 2:
                break
            stored += 1
        assert len(out) == 2 and out[1]["error"] == "I/O error", out
        assert "no space" in out[1]["details"] and server.file in out[1]["details"], out
        assert len(watch.sync()) == stored

        def count(c):
            rows = c.transact({"op": "select", "table": "A", "where": [], "columns": ["_uuid"]})
            return len(rows[0]["rows"])
        assert count(client) == stored
        subprocess.run(["mount", "-o", "remount,size=8m", path], check=True)
        assert len(client.transact(big)) == 1 and count(client) == stored + 1
        server.kill()
        client = server.start()
        assert count(client) == stored + 1
        server.kill()
        subprocess.run(["mount", "-o", "remount,ro", path], check=True)
        error = tool(f"--remote=punix:{s.dir}/x.sock", server.file, code=1)
        assert error.count("\n") == 1 and "Read-only" in error, error
    finally:
        for full in s.servers[1:]:
            full.kill()
        subprocess.run(["umount", path], check=True)


@test("4.1.3 a damaged file is found out, with one clear error, and not served")
def damaged(s):
    server = s.server(name="damaged")
    client = server.start()
    for n in range(50):
        client.transact(*row(1, n))
    client.close()
    server.stop()
    with open(server.file, "rb") as f:
        good = f.read()
    found = 0
    # One letter of a string in a row: still a row, but not the one that was stored.
    inside = [good.rindex(b"01-%d" % n) for n in (3, 20, 40)]
    places = [0, 10, 60] + inside + \
        [s.random.randrange(100, len(good)) for _ in range(10)]
    for place in places:
        bad = bytearray(good)
        bad[place] ^= 0x41
        with open(server.file, "wb") as f:
            f.write(bad)
        out = subprocess.run([VIFDBD, "dump", server.file], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=20)
        if out.returncode:
            error = out.stderr.decode()
            assert out.returncode == 1 and error.count("\n") == 1 and server.file in error, error
            found += 1
        else:
            assert place not in inside, "a changed row was taken for good"
    # An octet that is used by nothing may be damaged without harm; those of rows are all used.
    assert found >= 5, found
    for text in (b"", b"not a database at all", b"{}" * 4000):
        with open(server.file, "wb") as f:
            f.write(text)
        error = tool(server.file, code=1)
        assert server.file in error and error.count("\n") == 1, error
    tool("/nonexistent/db", code=1)
    with open(server.file, "wb") as f:
        f.write(good)
    client = server.start()
    error = tool(server.file, code=1)
    assert "in use" in error, error
    return f"{found} of {len(places)} damages found, the others were harmless"


@test("ext. dump, load, backup, restore, compact, convert, schema")
def tools(s):
    server = s.server(name="tools")
    client = server.start()
    for n in range(20):
        client.transact(*row(1, n))
    out = client.transact(
        {"op": "insert", "table": "A", "uuid-name": "a", "row": {"s1": 7, "strong": ["named-uuid", "b"]}},
        {"op": "insert", "table": "B", "uuid-name": "b", "row": {"n": 5, "w": ["named-uuid", "a"]}})
    assert len(out) == 2
    copy = os.path.join(s.dir, "copy")
    tool("backup", server.file, copy)		# beside the running server
    tool("backup", server.file, copy, code=1)	# never over something
    client.transact({"op": "delete", "table": "D", "where": []})
    server.stop()

    def content(path):
        return json.loads(tool("dump", path))["tables"]
    saved = content(copy)
    assert len(saved["D"]) == 20 and content(server.file)["D"] == {}
    restored = os.path.join(s.dir, "restored")
    # A file of that name was there once, and its server was killed.
    shutil.copy(server.file, restored)
    killed = s.server(name="killed", create=False)
    killed.file = restored
    killed.start().transact({"op": "insert", "table": "D", "row": {"level": 9}})
    killed.kill()
    os.unlink(restored)
    tool("restore", copy, restored)
    assert content(restored) == saved
    loaded = os.path.join(s.dir, "loaded")
    tool("load", loaded, "-", stdin=tool("dump", copy).encode())
    assert content(loaded) == saved
    tool("compact", loaded)
    assert content(loaded) == saved
    with open(s.schema) as f:
        schema = json.load(f)
    schema["version"] = "2.0.0"
    schema["doc"] = "With documentation."
    columns = schema["tables"]["A"]["columns"]
    del columns["imm"]
    columns["more"] = {"type": {"key": "integer", "min": 0, "max": 2}, "doc": "New."}
    columns["s1"]["type"]["max"] = 5
    new = os.path.join(s.dir, "new.ovsschema")
    with open(new, "w") as f:
        json.dump(schema, f)
    tool("check-schema", new)
    tool("convert", loaded, new)
    assert json.loads(tool("schema", loaded))["doc"] == "With documentation."
    for rows in saved.values():
        for columns in rows.values():
            columns.pop("imm", None)
    assert content(loaded) == saved
    # What does not fit the new schema is refused, and the file stays as it was.
    schema["tables"]["A"]["columns"]["s1"]["type"]["key"] = {"type": "integer", "maxInteger": 5}
    with open(new, "w") as f:
        json.dump(schema, f)
    assert "constraint violation" in tool("convert", loaded, new, code=1)
    assert content(loaded) == saved
    again = s.server(name="loaded2", create=False)
    shutil.copy(loaded, again.file)
    assert again.start().call("get_schema", "Test")["version"] == "2.0.0"


@test("3.2 the schema: what is wrong with one is said")
def bad_schemas(s):
    path = os.path.join(s.dir, "bad.ovsschema")
    good = {"name": "X", "version": "1.0.0", "tables": {"T": {"columns": {"c": {"type": "string"}}}}}

    def column(t):
        return dict(good, tables={"T": {"columns": {"c": {"type": t}}}})
    for bad, word in (
            (dict(good, version="1.0"), "version"), (dict(good, name="a-b"), "name"),
            ({"name": "X", "version": "1.0.0"}, "tables"), (dict(good, extra=1), "not allowed"),
            (dict(good, tables={"_T": good["tables"]["T"]}), "reserved"),
            (dict(good, tables={"T": {"columns": {}}}), "at least one"),
            (column("text"), "atomic"), (column({"key": "string", "min": 2}), "min"),
            (column({"key": "string", "max": 0}), "max"),
            (column({"key": {"type": "integer", "minInteger": 5, "maxInteger": 4}}), "minimum"),
            (column({"key": {"type": "uuid", "refTable": "U"}}), "does not exist"),
            (column({"key": {"type": "uuid", "refTable": "T", "refType": "x"}}), "refType"),
            (column({"key": {"type": "string", "enum": ["set", ["a", "a"]]}}), "duplicate"),
            (column({"key": {"type": "string", "enum": ["set", ["a"]], "maxLength": 3}}), "enum"),
            (dict(good, tables={"T": dict(good["tables"]["T"], indexes=[["d"]])}), "index"),
            (dict(good, tables={"T": dict(good["tables"]["T"], maxRows=0)}), "maxRows")):
        with open(path, "w") as f:
            json.dump(bad, f)
        error = tool("check-schema", path, code=1)
        assert word in error and error.count("\n") == 1, (bad, error)
    with open(path, "w") as f:
        json.dump(good, f)
    tool("check-schema", path)
