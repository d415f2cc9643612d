# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's own clients, and vifdbd beside Debian's ovsdb-server."""

import json
import os
import socket
import subprocess
import sys
import time

import differential
from client import HERE, VIFDBD, Client
from registry import test

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import fetch  # noqa: E402


def ovsdb_client(s, *args, code=0, background=False, options=()):
    command = ["ovsdb-client", "--timeout=20", *options, *args]
    if background:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=30)
    assert out.returncode == code, (args, out.returncode, out.stdout)
    return out.stdout


def line(process, want):
    while True:
        text = process.stdout.readline()
        assert text, f"ended before it said {want}"
        if want in text:
            return text


def end(process):
    process.terminate()
    process.wait(20)
    process.stdout.close()


@test("4 Debian's ovsdb-client: list-dbs, get-schema, get-schema-version, list-tables, "
      "list-columns, transact, query, dump, monitor, monitor-cond, monitor-cond-since, wait, "
      "lock, steal, backup, restore")
def debian_ovsdb_client(s):
    remote = "unix:" + s.main.socket
    assert set(ovsdb_client(s, "list-dbs", remote).decode().split()) == {"Test", "_Server"}
    assert json.loads(ovsdb_client(s, "get-schema", remote, "Test"))["name"] == "Test"
    assert ovsdb_client(s, "get-schema-version", remote, "Test") == b"1.0.0\n"
    ovsdb_client(s, "get-schema-cksum", remote, "Test")
    tables = ovsdb_client(s, "list-tables", remote, "Test").decode().split()[2:]
    assert sorted(tables) == ["A", "B", "C", "D"], tables
    assert b"maxInteger" in ovsdb_client(s, "list-columns", remote, "Test", "A")
    watch = [ovsdb_client(s, "monitor", remote, "Test", "D", "level,tag", background=True,
                          options=["--format=csv"]),
             ovsdb_client(s, "monitor-cond", remote, "Test", '[["level",">",4]]', "D", "level,tag",
                          background=True, options=["--format=csv"]),
             ovsdb_client(s, "monitor-cond-since", remote, "Test",
                          "00000000-0000-0000-0000-000000000000", '[true]', "D", "level,tag",
                          background=True, options=["--format=csv"])]
    time.sleep(0.3)
    insert = ["Test", {"op": "insert", "table": "D", "row": {"level": 5, "tag": "one"}}]
    assert "uuid" in json.loads(ovsdb_client(s, "transact", remote, json.dumps(insert)))[0]
    for process in watch:
        assert "insert" in line(process, "one")
        end(process)
    query = ["Test", {"op": "select", "table": "D", "where": [], "columns": ["level"]}]
    assert json.loads(ovsdb_client(s, "query", remote, json.dumps(query))) == [{"rows": [{"level": 5}]}]
    assert b"one" in ovsdb_client(s, "dump", remote, "Test", "D", "level", "tag")
    ovsdb_client(s, "wait", remote, "Test", "connected")
    saved = ovsdb_client(s, "backup", remote, "Test")
    assert b"one" in saved
    s.client().transact({"op": "delete", "table": "D", "where": []})
    with open(os.path.join(s.dir, "saved"), "wb") as f:
        f.write(saved)
    with open(os.path.join(s.dir, "saved"), "rb") as f:
        subprocess.run(["ovsdb-client", "--timeout=20", "restore", remote, "Test"], stdin=f, check=True,
                       timeout=30)
    rows = s.client().transact({"op": "select", "table": "D", "where": [], "columns": ["tag"]})
    assert rows[0]["rows"] == [{"tag": "one"}], rows
    owner = ovsdb_client(s, "lock", remote, "L", background=True)
    line(owner, "true")
    other = ovsdb_client(s, "lock", remote, "L", background=True)
    line(other, "false")
    thief = ovsdb_client(s, "steal", remote, "L", background=True)
    line(owner, "stolen")
    end(thief)
    line(owner, "locked")
    end(owner)
    line(other, "locked")
    end(other)


@test("4 Debian's python3-openvswitch: ovs.db.idl reads, writes, follows, locks, changes "
      "conditions, and sees a verify that fails")
def debian_python_idl(s):
    out = subprocess.run(["/usr/bin/python3", os.path.join(HERE, "idl.py"), "unix:" + s.main.socket,
                          s.schema], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert out.returncode == 0, out.stdout.decode()


@test("4 Debian's ovs-vsctl works against a vifdbd with the Open_vSwitch schema")
def debian_ovs_vsctl(s):
    # unpacked, not installed: its services have no business on this machine
    switch = fetch.package("openvswitch-switch")
    schema = switch + "/usr/share/openvswitch/vswitch.ovsschema"
    server = s.server(schema=schema, name="ovs")
    server.start().close()

    def vsctl(*args):
        return subprocess.run([switch + "/usr/bin/ovs-vsctl", "--no-wait", "--timeout=20",
                               "--db=unix:" + server.socket, *args], check=True, stdout=subprocess.PIPE, timeout=30).stdout.decode()
    vsctl("add-br", "br0", "--", "add-port", "br0", "eth0", "tag=7", "--", "set", "bridge", "br0",
          "other_config:x=y")
    assert vsctl("list-ports", "br0") == "eth0\n" and vsctl("get", "port", "eth0", "tag") == "7\n"
    vsctl("del-port", "eth0")
    # Its interface went with it: nothing refers to it any more.
    assert vsctl("--columns=name", "list", "interface").split() == ["name", ":", "br0"]
    vsctl("del-br", "br0")
    assert vsctl("list", "port") == ""


@test("3.2 constraints of columns: ranges, lengths, enum, number of elements, immutable",
      "3.2 maxRows", "3.2 indexes", "3.2 isRoot: rows that nothing refers to go",
      "3.2 strong references: no row that is referred to can go",
      "3.2 weak references: those to a row that goes disappear, unless a column would be empty",
      "5.1 values: sets, maps, defaults, real and integer", "5.1 conditions: all functions",
      "5.1 mutations: all mutators", "5.2.1 insert", "5.2.2 select", "5.2.3 update", "5.2.4 mutate",
      "5.2.5 delete", "5.2.6 wait", "5.2.7 commit", "5.2.8 abort", "5.2.9 comment",
      "4.1.6 update: the same as ovsdb-server's, of monitor, monitor_cond, monitor_cond_change")
def same_as_ovsdb_server(s):
    with open(s.schema) as f:
        schema = json.load(f)
    committed = compared = 0
    for seed in range(s.args.seed, s.args.seed + s.args.seeds):
        pair = [s.server(kind=kind, name=f"diff{seed}") for kind in ("vifdbd", "ovsdb-server")]
        for server in pair:
            server.start().close()
        n = differential.run(*pair, schema, seed, 300)
        committed, compared = committed + n[0], compared + n[1]
        for server in pair:
            server.kill()
    assert committed > 20 * s.args.seeds
    return f"{compared} results compared, {committed} transactions committed"


def make_certificates(directory):
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=directory, stderr=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
    for ca in ("ca", "otherca"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca + ".key", "-out",
                ca + ".pem", "-subj", "/CN=" + ca, "-days", "2")
    for name, ca in (("server", "ca"), ("client", "ca"), ("stranger", "otherca")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out",
                name + ".csr", "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key",
                "-CAcreateserial", "-out", name + ".pem", "-days", "2")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@test("4 transport: TCP, and TLS only with a certificate of our authority")
def tls(s):
    make_certificates(s.dir)
    tcp, ssl = free_port(), free_port()

    def files(name):
        return [f"--private-key={s.dir}/{name}.key", f"--certificate={s.dir}/{name}.pem",
                f"--ca-cert={s.dir}/ca.pem"]
    server = s.server(name="tls", options=[f"--remote=ptcp:{tcp}:127.0.0.1",
                                           f"--remote=pssl:{ssl}:127.0.0.1"] + files("server"))
    server.start().close()
    client = Client(("127.0.0.1", tcp))
    assert "Test" in client.call("list_dbs")
    big = {"op": "insert", "table": "A", "row": {"s1": 1, "ss": ["set", [f"{i:0100}" for i in range(20000)]]}}
    client.transact(big)
    out = ovsdb_client(s, "dump", f"ssl:127.0.0.1:{ssl}", "Test", "A", "ss", options=files("client"))
    assert out.count(b"0" * 95) == 20000
    ovsdb_client(s, "list-dbs", f"ssl:127.0.0.1:{ssl}", options=files("stranger"), code=1)
    plain = Client(("127.0.0.1", ssl))
    try:
        plain.call("list_dbs")
        raise AssertionError("plain text got through")
    except Exception as e:
        assert type(e).__name__ == "Gone", e


@test("4 transport: connects to a peer, and again after it went away",
      "4 transport: remotes that a column of the database names")
def active_remotes(s):
    path = os.path.join(s.dir, "peer.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    listener.settimeout(20)
    server = s.server(name="active", options=["--remote=unix:" + path, "--remote=db:Test,A,ss"])
    client = server.start()
    for _ in range(2):
        peer, _ = listener.accept()
        peer.sendall(b'{"id":1,"method":"list_dbs","params":[]}')
        assert b"Test" in peer.recv(1000)
        peer.close()
    more = os.path.join(s.dir, "more.sock")
    ident = client.transact({"op": "insert", "table": "A", "row": {"s1": 1, "ss": "punix:" + more}})
    client.call("echo")
    assert "Test" in Client(more).call("list_dbs")
    assert os.stat(more).st_mode & 0o777 == 0o660
    client.transact({"op": "delete", "table": "A", "where": [["_uuid", "==", ident[0]["uuid"]]]})
    assert not os.path.exists(more)


@test("3.2 the schema of vifswitch is valid, for ovsdb-client too, and refuses what it says it does")
def vifswitch_schema(s):
    schema = os.path.join(os.path.dirname(VIFDBD), "../vifswitch.ovsschema")
    schema = os.environ.get("SCHEMA", schema)
    server = s.server(schema=schema, name="vifswitch")
    client = server.start()
    ovsdb_client(s, "list-columns", "unix:" + server.socket, "vifswitch")
    row = {"vm": ["uuid", s.fresh_uuid()], "devid": 0}

    def insert(**columns):
        return client.transact({"op": "insert", "table": "Port", "row": dict(row, **columns)},
                               db="vifswitch")[-1]
    for bad in ({"tag": 4095}, {"tag": -1}, {"vlan_mode": "both"}, {"mtu": 67}, {"devid": 65536},
                {"trunks": ["set", [1, 4095]]}, {"mac_lock": "short"}, {"rate_from_vm": 0}):
        assert insert(**bad)["error"] == "constraint violation", bad
    assert "uuid" in insert(tag=100, vlan_mode="access", rate_from_vm=10**8)
    error = insert(tag=200)
    assert error["error"] == "constraint violation" and "vm=" in error["details"], error
    out = client.transact({"op": "update", "table": "Port", "where": [], "row": {"devid": 3}},
                          db="vifswitch")
    assert out[0]["error"] == "constraint violation"
