# SPDX-License-Identifier: GPL-2.0-or-later
"""A program in Python, and one in C, waits until hosts have applied what it changed."""

import contextlib
import os
import re
import subprocess
import sys
import uuid

from world import DB, SQL, TOP, WEB

sys.path.append(os.path.join(TOP, "dom0/python"))
import vifdb  # noqa: E402
from vifdb import force  # noqa: E402

VMS = [uuid.UUID(WEB)]


@contextlib.contextmanager
def following(w):
    with vifdb.Database("unix:" + w.server.socket, database=DB, tables=["Port", *force.FOLLOWED]) as db:
        db.wait_ready(60)
        yield db


def change(db, tag):
    def build(txn):
        if txn.update("Port", [("devid", "==", 0)], tag=tag) is None or not txn.tables["Port"]:
            txn.insert("Port", vm=VMS[0], devid=0, tag=tag)
        force.number(txn)
    db.execute(build, 60)


def test_force(w):
    """Hosts of the VM alone are waited for; what one could not do is told; a mute one by name."""
    with following(w) as db:
        change(db, 7)
        assert force.wait(db, VMS, 60) == {}, "nobody has the VM"
        w.host("one", vms=[(WEB, 0)])
        bad = w.host("two", vms=[(WEB, 0), (SQL, 0)], port_errors={(SQL, 0): "no such VLAN"})
        change(db, 8)
        while len(db.tables["Location"]) < 3:
            db.wait(60)
        got = force.wait(db, [*VMS, uuid.UUID(SQL)], 60)
        assert got == {"one": None, "two": "no such VLAN"}, got
        mute = w.host("three", vms=[(SQL, 0)], mute=True)
        while len(db.tables["Location"]) < 4:
            db.wait(60)
        bad.port_errors = {(SQL, 0): ["set", []]}
        change(db, 9)
        assert force.wait(db, VMS, 60) == {"one": None, "two": None}
        assert force.missing(db) == ["three"], force.missing(db)
        try:
            force.wait(db, timeout=0.2)
        except vifdb.Timeout as e:
            assert "on three" in str(e), e
        else:
            raise AssertionError("not waited for")
        mute.mute = False
        change(db, 10)
        assert force.wait(db, None, 60) == {"one": None, "two": None, "three": None}
        # Nobody waits for a host that is gone.
        mute.mute = True
        w.run("db", "set", "Host", "three", "presence=absent")
        change(db, 11)
        assert force.wait(db, None, 60) == {"one": None, "two": None}


MAIN = """
int main(int argc, char **argv)
{
	static const char *const tables[] = { "Port", "Global", "Host", "Location" };
	struct vifdb *db;
	uint8_t vm[16];

	if (argc != 4 || !vifdb_uuid_parse(argv[2], vm) || vifdb_new(argv[1], "vifswitch", &db) < 0)
		return 9;
	for (int i = 0; i < 4; i++)
		vifdb_follow(db, tables[i], NULL);
	if (vifdb_wait_ready(db, 60000) < 0)
		return 8;
	printf("%d\\n", set_tag(db, vm, 7));
	puts(vifdb_wait_in_force(db, NULL, atoi(argv[3])) < 0 ? vifdb_error(db) : "in force");
	vifdb_free(db);
	return 0;
}
"""


def program(w):
    """The example of vifdb(3) with a main()."""
    with open(os.path.join(TOP, "man/vifdb.3"), encoding="utf-8") as f:
        example = re.search(r"^\.EX\n(int set_tag.*?)^\.EE$", f.read(), re.M | re.S)[1]
    source = "".join(f"#include <{name}>\n" for name in ("err.h", "jansson.h", "stdio.h", "stdlib.h",
                                                          "vifdb/vifdb.h"))
    path, lib = os.path.join(w.dir, "set-tag"), os.path.join(TOP, "build/asan/libvifdb.a")
    done = subprocess.run(["gcc", "-x", "c", "-std=gnu11", "-g", "-fsanitize=address,undefined", "-I",
                           os.path.join(TOP, "include"), "-", "-x", "none", lib, "-ljansson", "-lssl", "-lcrypto",
                           "-o", path], input=source + example.replace("\\e", "\\").replace("\\-", "-") + MAIN,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert done.returncode == 0, done.stdout
    return path


def test_force_in_c(w):
    """The same: the VM's hosts are waited for, and those that are late are named."""
    path = program(w)
    w.host("one", vms=[(WEB, 0)])
    late = w.host("two", vms=[(SQL, 0)], mute=True)

    def run(vm, milliseconds):
        done = subprocess.run([path, "unix:" + w.server.socket, vm, milliseconds], text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0 and not done.stderr, (done.returncode, done.stdout, done.stderr)
        return done.stdout.splitlines()
    assert run(WEB, "100") == ["0", "host two has not applied the change within 100 ms"]
    late.mute = False
    assert run(SQL, "60000") == ["0", "in force"]
