# SPDX-License-Identifier: GPL-2.0-or-later
"""A command about one VM asks for its rows alone, one that changes what ports refer to for those ports."""

import contextlib
import json
import os
import socket
import threading

from world import SQL, WEB

OTHERS = 3000


class Counting:
    """A socket in front of the server's: what the server says is counted."""

    def __init__(self, world):
        self.path, self.server, self.octets = os.path.join(world.dir, "counted"), world.server.socket, 0
        self.ear = socket.socket(socket.AF_UNIX)
        self.ear.bind(self.path)
        self.ear.listen()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            near, _ = self.ear.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.server)
            threading.Thread(target=pump, args=(near, far, lambda n: None), daemon=True).start()
            pump(far, near, self.count)

    def count(self, octets):
        self.octets += octets

    def of(self, world, *words, **more):
        """(what the command did, octets that the server said)"""
        before = self.octets
        done = world.run(*words, "--db", "unix:" + self.path, **more)
        return done, self.octets - before


def pump(source, sink, count):
    """Until the source ends, or breaks, or the sink takes no more; then the other way ends as well."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            count(len(data))
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def uuid_of(n):
    return f"00000000-0000-4000-8000-{n:012d}"


def many(world):
    """WEB is "web"; SQL and one of the others are both "sql"; nobody else has a name."""
    world.run("vm", "set", WEB, "name=web", "--no-wait")
    world.run("vm", "set", SQL, "name=sql", "--no-wait")
    world.run("vm", "set", uuid_of(1), "name=sql", "--no-wait")
    world.run("port", "set", WEB, "vlan=7", "--no-wait")
    world.transact(*[{"op": "insert", "table": "Port", "row": {"vm": ["uuid", uuid_of(n)], "devid": 0, "tag": 5}}
                     for n in range(OTHERS)])


def test_rows_of_one_vm(world):
    many(world)
    counted = Counting(world)
    _, whole = counted.of(world, "db", "list", "Port", "--json")
    assert whole > 50 * OTHERS, whole
    for words in (("policy", "web"), ("policy", WEB), ("policy", "uuid:" + WEB + "/0"), ("set", "web", "vlan=8"),
                  ("set", WEB + "/1", "vlan=9"), ("clear", "name:web/1", "vlan"), ("set", SQL, "vlan=3")):
        done, octets = counted.of(world, "port", *words, "--no-wait" if words[0] != "policy" else "--json")
        # The schema is most of it.
        assert 1000 < octets < whole / 3, (words, octets, whole)
    assert "8" in world.run("port", "policy", "web").out
    # A host has it, and is waited for.
    world.host("xen-a", vms=[(WEB, 0)])
    done, octets = counted.of(world, "port", "set", "web", "vlan=11")
    assert "in force on xen-a" in done.out and octets < whole / 3, (done.out, octets)


def test_names_as_ever(world):
    """Names that several VMs have, or none, are answered as where all is known."""
    many(world)
    done = world.run("port", "set", "sql", "vlan=3", code=None)
    assert done.code and SQL in done.err and uuid_of(1) in done.err, done.err
    done = world.run("port", "policy", "wep", code=None)
    assert done.code and "web" in done.err, done.err
    for word in ("", "/0", "x" * 300, "a\"b", "uuid:nothing", "web/x"):
        done = world.run("port", "policy", word, code=None)
        assert done.code and done.err and "does not answer" not in done.err, (word, done.err)
    # Its label is its UUID where another VM has its name.
    world.run("port", "set", SQL, "vlan=3", "--no-wait")
    assert SQL in world.run("port", "policy", SQL).out
    assert world.run("port", "policy", "web/0").out == world.run("port", "policy", WEB).out


def test_ports_of_an_object(world):
    """Who is concerned is known as where all rows are, whichever way a port refers to it."""
    many(world)
    for kind in ("acl", "qos"):
        for name in ("near", "far", "idle"):
            world.run(kind, "create", name, "--no-wait")
    world.run("group", "create", "all", "--no-wait")
    world.run("acl", "rule", "add", "far", "r", "direction=to-vm", "action=allow", "src-group=all", "--no-wait")
    world.run("port", "set", "web", "acl=near,idle,far", "qos=near", "--no-wait")
    world.run("port", "set", SQL, "acl=far", "--no-wait")
    world.host("xen-a", vms=[(WEB, 0)])
    world.host("xen-b", vms=[(SQL, 0)])
    counted = Counting(world)
    _, whole = counted.of(world, "db", "list", "Port", "--json")
    both, first = "in force on xen-a, xen-b", "in force on xen-a\n"
    for words, said in (
            (("acl", "rule", "add", "near", "q", "direction=to-vm", "action=deny"), first),
            (("acl", "set", "idle", "from-vm-default=deny"), first),
            (("acl", "rule", "set", "far", "r", "action=deny"), both),
            (("qos", "set", "near", "rate-from-vm=1Mbit"), first),
            (("qos", "set", "far", "rate-from-vm=1Mbit"), "no VM is concerned"),
            (("group", "add", "all", "vms=web"), both),
            (("group", "add", "all", "addresses=192.0.2.1"), both),
            (("acl", "create", "more"), "no VM is concerned")):
        done, octets = counted.of(world, *words)
        assert said in done.out, (words, done.out)
        assert octets < whole / 3, (words, octets, whole)
    done, octets = counted.of(world, "acl", "list", "--json")
    listed = {acl["name"]: acl["in_force"] for acl in json.loads(done.out)["acls"]}
    assert listed == {"near": {"xen-a": 1}, "far": {"xen-a": 1, "xen-b": 1}, "idle": {"xen-a": 1}, "more": {}}, listed
    assert octets < whole / 3, (octets, whole)
    for kind, name in (("acl", "far"), ("acl", "idle"), ("qos", "near"), ("group", "all")):
        done, octets = counted.of(world, kind, "delete", name, code=None)
        assert done.code and "uses it" in done.err, (name, done.err)
    counted.of(world, "qos", "delete", "idle", "--no-wait")
