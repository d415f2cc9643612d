# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates that are asked for, space that is used up on either side."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import uuid

from lab import Cluster, Host, at_another_time, content, until
from registry import test
from test_setup import SCHEMA as VIFSWITCH_SCHEMA, VIFCTL
from setting import SCHEMA, error_of, insert, pool, stored, write_name


def openssl(*args, directory, prefix=()):
    subprocess.run([*prefix, "openssl", *args], check=True, cwd=directory, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def authority(directory, name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=" + name,
            "-keyout", name + ".key", "-out", name + ".pem", directory=directory)


def certificate(directory, name, ca, prefix=()):
    extension = os.path.join(directory, name + ".ext")
    with open(extension, "w") as f:
        f.write("subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", name + ".key",
            "-out", name + ".csr", directory=directory)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial",
            "-days", "30", "-extfile", extension, "-out", name + ".pem", directory=directory, prefix=prefix)


def shows(directory, ca, name):
    path = os.path.join(directory, "")
    return ["--storage-ca-cert=%s%s.pem" % (path, ca), "--storage-certificate=%s%s.pem" % (path, name),
            "--storage-private-key=%s%s.key" % (path, name)]


@test
def certificates(args):
    """etcd and host each show a certificate of the pool's authority, or nothing goes."""
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        for name in ("good", "evil"):
            authority(directory, name)
        for name, ca in (("member", "good"), ("host", "good"), ("stranger", "evil")):
            certificate(directory, name, ca)
        for name, link in (("good.pem", "ca.pem"), ("member.key", "member-key.pem")):
            os.link(os.path.join(directory, name), os.path.join(directory, link))
        cluster = Cluster(directory, 1, secure=directory)
        host = None
        try:
            host = Host(directory, SCHEMA, cluster, "a")
            client = host.start(["--pool=init"] + shows(directory, "good", "host"))
            until("it is stored", lambda: not error_of(client.transact(
                {"op": "insert", "table": "Parent", "row": {"name": "p"}})))
            for ca, name, word in (("good", "stranger", "certificate"), ("evil", "host", "certificate")):
                host.server.stop()
                client = host.start(shows(directory, ca, name))
                out = client.transact({"op": "insert", "table": "Parent", "row": {"name": "no"}})
                assert "the pool is away" in error_of(out) and word in error_of(out), out
                assert len(content(client, ["Parent"])["Parent"]) == 1
        finally:
            if host:
                host.close()
            cluster.close()


def findings(host, *checks):
    """Of vifctl doctor, as it sees that host's database server: those of these kinds."""
    done = subprocess.run([VIFCTL, "doctor", "--json", "--db=unix:" + host.server.socket], text=True, timeout=120,
                          env={**os.environ, "VIFSWITCH_CONTROL": "/nonexistent"}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return [f for f in json.loads(done.stdout)["findings"] if f["check"] in checks]


@test
def doctor_and_certificates(args):
    """One that has expired, and a clock that is off: doctor says so, and what mends it."""
    kinds = ("pool", "pool-certificate", "pool-clock")
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        authority(directory, "good")
        for name in ("member", "host"):
            certificate(directory, name, "good")
        certificate(directory, "old", "good", at_another_time(-60 * 86400))
        for name, link in (("good.pem", "ca.pem"), ("member.key", "member-key.pem")):
            os.link(os.path.join(directory, name), os.path.join(directory, link))
        cluster = Cluster(directory, 1, secure=directory)
        host = off = None
        try:
            host = Host(directory, VIFSWITCH_SCHEMA, cluster, "a")
            host.start(["--pool=init"] + shows(directory, "good", "host")).close()
            until("the pool to be there", lambda: findings(host, *kinds) == [])
            host.server.stop()
            host.start(shows(directory, "good", "old")).close()
            until("it to be told", lambda: [f["check"] for f in findings(host, *kinds)] == ["pool-certificate"])
            assert "systemctl restart vifdbd" in findings(host, *kinds)[0]["command"]
            host.server.stop()
            host.start(shows(directory, "good", "host")).close()
            until("it to be mended", lambda: findings(host, *kinds) == [])
            host.close()
            off = Host(directory, VIFSWITCH_SCHEMA, cluster, "b", clock=-90 * 86400)
            off.start(shows(directory, "good", "host")).close()
            until("the clock to be told of", lambda: [f["check"] for f in findings(off, *kinds)] == ["pool-clock"])
        finally:
            for one in (host, off):
                if one:
                    one.close()
            cluster.close()


@test
def etcd_full(args):
    """etcd has no space left: one clear error, reading goes on; writing again when there is some."""
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        cluster = Cluster(directory, 1, ["--quota-backend-bytes=%d" % (4 << 20)])
        host = Host(directory, SCHEMA, cluster, "a")
        try:
            client = host.start(["--pool=init"])
            insert(client, [("Parent", {"name": "0"})])
            possible, error = {"0"}, ""
            for n in range(100):
                name = "%d" % n + "x" * 200000
                out = client.transact({"op": "update", "table": "Parent", "where": [], "row": {"name": name}})
                error = error_of(out)
                if "space exceeded" in error:
                    break
                # a slow etcd may leave one open
                possible = possible | {name} if error else {name}
            assert error.startswith("not stored: etcd: "), error
            there = client.transact({"op": "select", "table": "Parent", "where": [], "columns": ["name"]})
            assert there[0]["rows"][0]["name"] in possible, (error, [row["name"][:5] for row in there[0]["rows"]])
            until("rows are deleted", lambda: make_room(cluster, client))
            insert(client, [("Parent", {"name": "again"})])
        finally:
            host.close()
            cluster.close()


def refusal(client):
    return error_of(client.transact({"op": "insert", "table": "Name", "row": {"name": "refused"}}))


@test
def stuck(args):
    """A large transaction that cannot be put in place: others are refused, not kept waiting."""
    with pool(size=1, names="a") as made:
        client, cluster, name = made.hosts[0].client(), made.cluster, str(uuid.uuid4())
        head = json.dumps({"id": name, "host": "a", "chunks": 1})
        rows = [["Name", str(uuid.uuid4()), None] for _ in range(200)]
        cluster.put("s/%s/00000000" % name, json.dumps(rows))
        cluster.put("m/pending", head)
        until("etcd's words", lambda: "not stored: etcd: etcdserver: too many operations" in refusal(client))
        cluster.delete("m/pending")
        cluster.delete("s/%s/00000000" % name)
        until("it is stored", lambda: "error" not in write_name(client, "again"))
        cluster.put("m/pending", head)
        until("it says so", lambda: "not stored: part 0 of a large commit is not there" in refusal(client))
        cluster.put("s/%s/00000000" % name, json.dumps([["Name", name, {"name": "late", "owner": ""}]]))
        until("it is stored", lambda: "error" not in write_name(client, "after"))
        names = {row["name"] for row in content(client, ["Name"])["Name"]}
        assert "late" in names and not cluster.keys("m/pending") and not cluster.keys("s/"), names


@test
def part_missing(args):
    """Who reads all anew while a part of a large transaction is missing does not take the rest for all."""
    with pool(size=1, names="a") as made:
        cluster, name = made.cluster, str(uuid.uuid4())
        rows = [["Name", str(uuid.uuid4()), {"name": "part%d" % n, "owner": ""}] for n in range(2)]
        cluster.put("s/%s/00000000" % name, json.dumps(rows[:1]))
        cluster.put("m/pending", json.dumps({"id": name, "host": "gone", "chunks": 2}))
        host = Host(made.dir, SCHEMA, cluster, "b")
        made.hosts.append(host)
        b = host.start()
        until("it says so", lambda: "a large commit has 2 parts, but 1 are there" in host.server.output())
        assert content(b, ["Name"])["Name"] == []
        cluster.put("s/%s/00000001" % name, json.dumps(rows[1:]))
        until("b has both", lambda: {"part0", "part1"} <= {row["name"] for row in content(b, ["Name"])["Name"]})
        until("it is in place", lambda: not cluster.keys("m/pending"))
        made.same()


@test
def answer_lost_and_full(args):
    """A commit whose answer was lost, and then etcd is full: the client is told, not kept waiting."""
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        cluster = Cluster(directory, 1)
        host = Host(directory, SCHEMA, cluster, "a")
        try:
            client, member = host.start(["--pool=init"]), cluster.members[0]
            until("it is stored", lambda: "error" not in write_name(client, "first"))
            member.signal(signal.SIGSTOP)
            sent = client.send("transact", ["Test", {"op": "insert", "table": "Name", "row": {"name": "lost"}}])
            until("it is sent", lambda: "does not" in host.server.output() or "imed out" in host.server.output())
            member.signal(signal.SIGKILL)   # while it stands still
            member.process.wait()
            member.command.append("--quota-backend-bytes=1")
            member.start()
            out = client.wait(sent)["result"]
            assert error_of(out).startswith("it is not known whether this was stored: "), out
            assert "space exceeded" in error_of(out), out
        finally:
            host.close()
            cluster.close()


@test
def large_rows(args):
    """Rows too large for one answer: a host that joins reads fewer at a time."""
    with pool(size=1, names="a") as made:
        made.hosts[0].server.stop()
        for n in range(56):
            made.cluster.put("r/Parent/%s" % uuid.uuid4(), json.dumps({"name": "x" * 1000000}))
        host = Host(made.dir, SCHEMA, made.cluster, "b")
        made.hosts.append(host)
        host.start()
        b = host.client()
        count = {"op": "select", "table": "Parent", "where": [], "columns": ["_uuid"]}
        until("b has all", lambda: len(b.transact(count)[0]["rows"]) == 56)
        assert "rows may be too large" in host.server.output()


def make_room(cluster, client):
    member = int(cluster.post("/v3/maintenance/status", {})["header"]["member_id"])
    cluster.post("/v3/maintenance/alarm", {"action": "DEACTIVATE", "memberID": str(member), "alarm": "NOSPACE"})
    out = client.transact({"op": "delete", "table": "Parent", "where": []})
    cluster.compact()
    cluster.post("/v3/maintenance/defragment", {})
    return not error_of(out)


@test
def host_full(args):
    """A host's disk is full: its copy stays behind and is served; it goes on when there is space."""
    with pool(names="a") as made:
        small = os.path.join(made.dir, "small")
        os.mkdir(small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=7m", "tmpfs", small],
                          stderr=subprocess.DEVNULL).returncode:
            return "cannot mount a tmpfs here"
        host = Host(small, SCHEMA, made.cluster, "b")
        try:
            b = host.start()
            insert(made.hosts[0].client(), [("Parent", {"name": "before"})])
            until("it follows", lambda: content(b, ["Parent"])["Parent"])
            a = made.hosts[0].client()
            for n in range(40):
                stored(a, {"op": "insert", "table": "Parent", "row": {"name": "%d" % n + "x" * 200000}})
            until("it says so", lambda: "cannot be stored" in host.server.output())
            assert any(row["name"] == "before" for row in content(b, ["Parent"])["Parent"])
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            until("it caught up", lambda: len(content(b, ["Parent"])["Parent"]) == 41)
            assert content(a, ["Parent"]) == content(b, ["Parent"])
        finally:
            host.close()
            subprocess.run(["umount", small], check=True)
