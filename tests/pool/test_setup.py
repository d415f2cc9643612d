# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl pool init, join, status and leave, with a systemctl that only knows vifdbd."""

import json
import os
import signal
import socket
import subprocess
import tempfile

from lab import HERE, Cluster, until
from registry import test

TOP = os.path.dirname(os.path.dirname(HERE))
VIFCTL = os.environ.get("VIFCTL", os.path.join(TOP, "build/release/vifctl"))
VIFDBD = os.environ.get("VIFDBD", os.path.join(TOP, "build/release/vifdbd"))
SCHEMA = os.path.join(TOP, "build/vifswitch.ovsschema")
SYSTEMCTL = """#!/bin/sh
[ "$1" = restart ] || exit 0
if [ -e pid ]; then kill $(cat pid); while kill -0 $(cat pid) 2>/dev/null; do sleep 0.05; done; fi
pool=$(sed -n 's/^Environment="VIFDBD_POOL=\\(.*\\)"$/\\1/p' pool.conf 2>/dev/null)
setsid {vifdbd} --schema={schema} --remote=punix:db.sock $pool db >>log 2>&1 </dev/null &
echo $! >pid
"""


class Host:
    def __init__(self, directory, name):
        self.dir = os.path.join(directory, name)
        os.mkdir(self.dir)
        path = os.path.join(self.dir, "systemctl")
        with open(path, "w") as f:
            f.write(SYSTEMCTL.format(vifdbd=VIFDBD, schema=SCHEMA))
        os.chmod(path, 0o755)
        subprocess.run([path, "restart"], cwd=self.dir, check=True)
        until("the database is there", lambda: self.vifctl("db", "list", "Global").returncode == 0)

    def vifctl(self, *words, **more):
        env = {**os.environ, "PATH": self.dir + ":" + os.environ["PATH"], "VIFSWITCH_UNIT_DIR": self.dir,
               "VIFDB": "unix:db.sock", "VIFSWITCH_CONTROL": os.path.join(self.dir, "control"), "LC_ALL": "C.UTF-8", **more}
        return subprocess.run([VIFCTL, *words], cwd=self.dir, env=env, text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def good(self, *words):
        done = self.vifctl(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr, self.log())
        return done.stdout

    def log(self):
        with open(os.path.join(self.dir, "log")) as f:
            return f.read()

    def groups(self):
        return self.good("export", "groups")

    def kill(self):
        with open(os.path.join(self.dir, "pid")) as f:
            os.kill(int(f.read()), signal.SIGKILL)


@test
def set_up_and_leave(args):
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        cluster = Cluster(directory)
        hosts = []
        try:
            hosts = [Host(directory, name) for name in "ab"]
            a, b = hosts
            urls = ",".join(member.url for member in cluster.members)
            a.good("group", "create", "shared", "addresses=192.0.2.1")
            b.good("group", "create", "own", "addresses=192.0.2.2")
            own = b.groups()
            assert b.vifctl("pool", "status").returncode == 3
            assert b.vifctl("pool", "leave").returncode == 3
            # What can be known to be wrong is told before anything is changed.
            with socket.socket() as nobody:
                nobody.bind(("127.0.0.1", 0))
                done = a.vifctl("pool", "init", "http://127.0.0.1:%d" % nobody.getsockname()[1])
            assert done.returncode == 1 and "0 of 1 members of etcd answer" in done.stderr, done.stderr
            done = a.vifctl("pool", "init", urls.replace("http:", "https:"), "ca=%s/none.pem" % directory)
            assert done.returncode == 1 and "none.pem: authority" in done.stderr, done.stderr
            for word in ("ca=ca.pem", "host=a:1", "prefix=[x]"):
                done = a.vifctl("pool", "init", urls, word)
                assert done.returncode == 2 and '"%s": ' % word in done.stderr, done.stderr
            done = a.vifctl("pool", "init", "https://localhost:2379", "host=a")
            assert done.returncode == 2 and "not a name" in done.stderr, done.stderr
            assert not os.path.exists(os.path.join(a.dir, "pool.conf"))
            text = a.good("pool", "init", urls, "host=a", "--dry-run")
            assert "IPAddressAllow=127.0.0.1" in text and not os.path.exists(os.path.join(a.dir, "pool.conf")), text
            a.good("pool", "init", urls, "host=a")
            assert a.vifctl("pool", "init", urls, "host=a").returncode == 1
            b.good("pool", "join", urls, "host=b")
            assert b.groups() == a.groups() and "shared" in b.groups() and "own" not in b.groups()
            # As it stands, until every member was asked.
            until("both are there", lambda: {s["host"] for s in (asked(a) or {"servers": []})["servers"]} == {"a", "b"})
            status = asked(a)
            assert [m["leader"] for m in status["members"]].count(True) == 1, status
            assert status["state"] == "in-step" and status["newest"] == status["revision"], status
            cluster.members[0].kill()
            until("one is away", lambda: [m["answers"] for m in asked(a)["members"]] == [False, True, True])
            b.good("group", "create", "after", "addresses=192.0.2.3")
            for member in cluster.members:
                member.kill()
            until("it is away", lambda: json.loads(a.vifctl("pool", "status", "--json").stdout)["state"] == "away")
            assert a.vifctl("pool", "status").returncode == 1
            # Out again, with what there was.
            pool = b.groups()
            b.good("pool", "leave")
            assert b.groups() == pool and "after" in pool
            b.good("group", "delete", "after")
            assert not os.path.exists(os.path.join(b.dir, "pool.conf"))
            assert own != pool
        finally:
            for host in hosts:
                host.kill()
            cluster.close()


def asked(host):
    status = json.loads(host.vifctl("pool", "status", "--json").stdout)
    return status if all(m["answers"] is not None for m in status["members"]) else None
