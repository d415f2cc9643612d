# SPDX-License-Identifier: GPL-2.0-or-later
"""What is not as it should be: no pool yet, another pool, another schema, answers of no etcd."""

import http.server
import json
import os
import tempfile
import threading

from lab import HERE, Cluster, Host, Server, content, until
from registry import test
from setting import SCHEMA, insert, pool


@test
def strangers(args):
    """A database that is not of the pool is neither overwritten nor mixed in; join keeps a copy."""
    with pool(names="a") as made:
        other = Server(made.dir, SCHEMA, name="other")
        insert(other.start(), [("Name", {"name": "mine"})])
        other.stop()
        host = Host(made.dir, SCHEMA, made.cluster, "b")
        os.rename(other.file, host.server.file)
        made.hosts.append(host)
        client = host.start()
        until("it says so", lambda: "not empty, and of no pool" in host.server.output())
        rows = content(client, ["Name"])["Name"]
        assert [row["name"] for row in rows] == ["mine"], rows
        assert not any("mine" in value for value in made.cluster.keys("r/").values())
        host.server.stop()
        host.start(["--pool=join"])
        names = {row["name"] for row in made.same()["Name"]}
        assert "mine" not in names
        aside = Server(made.dir, SCHEMA, name="aside", create=False)
        os.rename(host.server.file + ".before-pool", aside.file)
        rows = content(aside.start(), ["Name"])["Name"]
        aside.kill()
        assert [row["name"] for row in rows] == ["mine"], rows


@test
def went_alone(args):
    """Who was served without its pool comes back as a stranger, whatever it wrote meanwhile."""
    with pool(size=1, names="ab") as made:
        host = made.hosts[1]
        host.server.stop()
        options, host.server.options = host.server.options, []
        insert(host.server.start(), [("Name", {"name": "alone"})])
        host.server.stop()
        host.server.options = options
        client = host.start()
        until("it says so", lambda: "not empty, and of no pool" in host.server.output())
        assert "alone" in {row["name"] for row in content(client, ["Name"])["Name"]}
        host.server.stop()
        host.start(["--pool=join"])
        assert "alone" not in {row["name"] for row in made.same()["Name"]}
        # And once more: no copy is written over, and none made of what is the pool's already.
        host.server.stop()
        options, host.server.options = host.server.options, []
        insert(host.server.start(), [("Name", {"name": "again"})])
        host.server.stop()
        host.server.options = options
        for _ in range(2):
            host.server.start()
            assert "again" not in {row["name"] for row in made.same()["Name"]}
            host.server.stop()
        for suffix, name in (("", "alone"), (".2", "again")):
            aside = Server(made.dir, SCHEMA, name="aside" + suffix, create=False)
            os.rename(host.server.file + ".before-pool" + suffix, aside.file)
            assert name in {row["name"] for row in content(aside.start(), ["Name"])["Name"]}
            aside.kill()
        assert not os.path.exists(host.server.file + ".before-pool.3")


@test
def no_pool(args):
    """Without --pool=init nobody makes a pool, and a copy of one that is gone stays as it is."""
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        cluster = Cluster(directory, 1)
        host = Host(directory, SCHEMA, cluster, "a")
        try:
            host.start()
            until("it says so", lambda: "no pool yet" in host.server.output())
            assert not cluster.keys("m/")
            host.server.stop()
            client = host.start(["--pool=init"])
            until("it is made", lambda: cluster.keys("m/pool"))
            until("a row is stored", lambda: "error" not in client.transact(
                {"op": "insert", "table": "Parent", "row": {"name": "p"}})[-1])
            cluster.post("/v3/kv/deleterange", {"key": "AA==", "range_end": "AA=="})
            host.server.kill()
            client = host.start(["--pool=init"])
            until("it says so", lambda: "no pool any more" in host.server.output())
            assert len(content(client, ["Parent"])["Parent"]) == 1 and not cluster.keys("m/")
        finally:
            host.close()
            cluster.close()


@test
def other_schema(args):
    """A host with another version of the schema reads, and stores nothing."""
    with pool(names="a") as made:
        with open(SCHEMA) as f:
            schema = json.load(f)
        schema["version"] = "1.1.0"
        schema["tables"]["Name"]["columns"]["more"] = {"type": "string"}
        path = os.path.join(made.dir, "newer.ovsschema")
        with open(path, "w") as f:
            json.dump(schema, f)
        host = Host(made.dir, path, made.cluster, "b")
        made.hosts.append(host)
        client = host.start()
        insert(made.hosts[0].client(), [("Name", {"name": "seen"})])
        until("it follows", lambda: any(r["name"] == "seen" for r in content(client, ["Name"])["Name"]))
        out = client.transact({"op": "insert", "table": "Name", "row": {"name": "no"}})
        assert "schema version 1.0.0, this host 1.1.0" in out[-1]["details"], out


def hostile_answers():
    with open(os.path.join(HERE, "answers.json")) as f:
        return json.load(f)


@test
def hostile(args):
    """Whatever answers in etcd's place: the copy stays as it is, and is served."""
    answers = hostile_answers()
    state = {"n": 0}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = answers[state["n"] % len(answers)].encode()
            state["n"] += 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *unused):
            pass

    class Fake:
        def __init__(self, url):
            self.url = url
    with pool(names="a") as made:
        insert(made.hosts[0].client(), [("Name", {"name": "kept"})])
        made.hosts[0].server.stop()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

        class Cast:
            members = [Fake("http://127.0.0.1:%d" % server.server_port)] * 2
        host = Host(made.dir, SCHEMA, Cast, "a2")
        os.rename(made.hosts[0].server.file, host.server.file)
        made.hosts.append(host)
        client = host.start()
        # Faster than its patience would allow: each start asks anew.
        for _ in range(3 * len(answers)):
            if state["n"] > len(answers):
                break
            until("it asks again", lambda n=state["n"]: state["n"] > n)
            assert "kept" in {row["name"] for row in content(client, ["Name"])["Name"]}
            host.server.kill()
            client = host.start()
        assert state["n"] > len(answers)
        server.shutdown()
        return "%d answers" % state["n"]
