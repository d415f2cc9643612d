# SPDX-License-Identifier: GPL-2.0-or-later
"""db ... and monitor."""

import json
import os
import select
import signal
import subprocess
import threading

from world import SQL, VIFDBD, WEB, documents


def test_db_commands(w):
    uuid = w.run("db", "create", "VM", f"uuid={WEB}", "name=a \"quoted\" name",
                 "labels={role=web,\"a b\"=\"c,d\"}").out.split()[0]
    assert w.rows("VM", "labels", "name") == [
        {"labels": ["map", [["a b", "c,d"], ["role", "web"]]], "name": "a \"quoted\" name"}]
    w.run("db", "set", "VM", WEB, "name=web", "labels:role=db")
    assert w.run("db", "get", "VM", uuid, "name", "labels:role").out == "web\ndb\n"
    w.run("db", "remove", "VM", WEB, "labels", "a b")
    w.run("db", "add", "VM", WEB, "labels", "x=1")
    assert w.run("db", "get", "VM", WEB, "labels", "--json").json() == {
        "labels": {"role": "db", "x": "1"}}
    w.run("db", "clear", "VM", WEB, "labels")
    assert w.run("db", "get", "VM", WEB, "--json").json()["name"] == "web"
    assert w.run("db", "get", "VM", WEB, "labels").out == "{}\n"
    w.run("db", "create", "Port", f"vm={WEB}", "devid=1", "trunks=[1,2]", "mtu=1500")
    w.run("db", "add", "Port", WEB + "/1", "trunks", "3", "4")
    w.run("db", "remove", "Port", WEB + "/1", "trunks", "1")
    assert w.run("db", "get", "Port", WEB + "/1", "trunks", "mtu").out == "[2, 3, 4]\n1500\n"
    w.run("db", "clear", "Port", WEB + "/1", "mtu")
    rows = w.run("db", "list", "Port", "--json").json()["rows"]
    assert len(rows) == 1 and rows[0]["trunks"] == [2, 3, 4] and rows[0]["mtu"] is None, rows
    assert "trunks          : [2, 3, 4]\n" in w.run("db", "list", "Port").out
    assert WEB in w.run("db", "find", "Port", "trunks=[4,3,2]", "devid=1").out
    assert w.run("db", "find", "Port", "trunks=[4,3]").out == ""
    w.run("db", "destroy", "Port", WEB + "/1")
    assert w.rows("Port", "devid") == []
    # What a host said goes with it.
    for host in ("a", "b"):
        w.run("db", "create", "Host", "name=" + host)
        w.run("db", "create", "Location", "host=" + host, f"vm={WEB}", "devid=0")
    w.run("db", "destroy", "Host", "b")
    assert [r["host"] for r in w.rows("Location", "host")] == ["a"]


def test_db_refused(w):
    w.run("db", "create", "VM", f"uuid={WEB}")
    for words, code, part in (
            (["list", "Nothing"], 3, "none of the tables ACL, Exporter, Global"),
            (["get", "VM", SQL], 3, "no record"),
            (["get", "VM", WEB, "colour"], 3, "none of VM's columns external_ids"),
            (["set", "VM", WEB, "labels"], 2, "COLUMN=VALUE"),
            (["set", "VM", WEB, "name:x=y"], 2, "no map"),
            (["add", "VM", WEB, "name", "x"], 2, "no set"),
            (["clear", "VM", WEB, "name"], 2, "cannot be empty"),
            (["set", "VM", WEB, f"uuid={SQL}"], 1, "refused"),
            (["create", "VM", f"uuid={WEB}"], 1, "refused"),
            (["create", "Port", f"vm={WEB}", "devid=x"], 2, "an integer is needed"),
            (["create", "Port", f"vm={WEB}", "tag=4095"], 1, "tag"),
            (["find", "VM", "name"], 2, "COLUMN=VALUE")):
        done = w.run("db", *words, code=code)
        assert part in done.err, (words, done.err)


def test_backup(w):
    w.run("vm", "set", WEB, "name=web")
    w.run("acl", "create", "a")
    w.run("acl", "rule", "add", "a", "r", "direction=to-vm", "action=allow")
    w.run("port", "set", "web", "acl=a", "vlan=7")
    w.host("one", vms=[(WEB, 0)])
    before, number = w.run("export").out, w.next_cfg()
    path = os.path.join(w.dir, "backup")
    w.run("db", "backup", path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    w.run("db", "backup", path, code=1)
    w.run("vm", "set", SQL, "name=sql")
    w.run("port", "set", "web", "acl=", "vlan=8")
    w.run("acl", "delete", "a")
    assert w.run("export").out != before
    assert "in force on one" in w.run("db", "restore", path).out
    assert w.run("export").out == before
    assert w.next_cfg() > number + 3
    assert len(w.rows("Location", "vm")) == 1
    # The server's own tool takes it as well, and its dump can be restored.
    subprocess.run([VIFDBD, "load", os.path.join(w.dir, "copy"), path], check=True)
    dump = subprocess.run([VIFDBD, "dump", os.path.join(w.dir, "copy")], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    w.run("port", "clear", "web")
    w.run("db", "restore", "-", stdin=dump)
    assert w.run("export").out == before
    for text, code in (("{", 2), ("{}", 2), ('{"tables": {"X": {}}}', 1),
                       ('{"tables": {"VM": {"x": {}}}}', 2),
                       (json.dumps({"tables": {"VM": {WEB: {"colour": 1}}}}), 1)):
        w.run("db", "restore", "-", stdin=text, code=code)
    assert w.run("export").out == before


def test_monitor(w):
    w.run("port", "set", WEB, "vlan=7")
    process = w.start("monitor", "Port", "--count=3")
    watch = w.start("monitor", "--json", "--follow")
    # Each says what it sees only once it follows: change until both have.
    for n in range(100):
        w.run("port", "set", WEB, f"mtu={1000 + n}", "--no-wait")
        if process.poll() is not None and select.select([watch.stdout], [], [], 0)[0]:
            break
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and len(out.splitlines()) == 3, (out, err)
    assert all(f"  ~ Port {WEB}/0  mtu: " in line for line in out.splitlines()), out
    w.run("port", "clear", WEB, "--no-wait")
    seen = []
    while not seen or seen[-1]["change"] != "delete":
        seen += documents.read(["monitor"], watch.stdout.readline())
    assert seen[-1]["table"] == "Port" and seen[-1]["old"]["tag"] == 7, seen[-1]
    watch.send_signal(signal.SIGTERM)
    out, err = watch.communicate(timeout=30)
    assert watch.returncode == 0 and "Sanitizer" not in err, err
    assert w.run("monitor", "--seconds=1").out == ""
    w.run("monitor", "Nothing", code=3)
    w.run("monitor", "Port", "colour", code=3)


def test_monitor_outlives_the_server(w):
    w.run("port", "set", WEB, "vlan=7")
    process = w.start("monitor", "Port", "tag")
    lines = []

    def read():
        for line in iter(process.stdout.readline, ""):
            lines.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()

    def change_until_told(first):
        for n in range(200):
            w.run("port", "set", WEB, f"vlan={first + n}", "--no-wait")
            if any("  ~ Port" in line and f"-> {first // 1000}" in line for line in lines):
                return
        raise AssertionError((lines, process.poll()))

    change_until_told(1000)     # it has met the server
    for n in range(3):
        w.server.stop()
        w.server.start().close()
    change_until_told(2000)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, process.stderr.read()
    reader.join(30)
    process.stdout.close()
    process.stderr.close()
