# SPDX-License-Identifier: GPL-2.0-or-later
"""A pool without etcd: one host's vifdbd serves another by TLS, which goes on alone when it is away."""

import json
import os
import subprocess
import sys
import tempfile
import time

from follower import KNOWN, SCHEMA, Follower, committed, number, port, vm_of
from lab import HERE, LIMIT, Server, free_ports, until
from registry import test
from test_setup import Host

sys.path.insert(0, os.path.join(HERE, "../lab"))
from played import Daemon  # noqa: E402


def certificates(directory, *names):
    """An authority, and a certificate for each; all for 127.0.0.1."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=directory, stderr=subprocess.DEVNULL)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=authority")
    with open(os.path.join(directory, "ext"), "w") as f:
        f.write("subjectAltName=IP:127.0.0.1\n")
    for name in names:
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + "-key.pem", "-out", "req.pem",
                "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", "req.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
                "-out", name + "-cert.pem", "-days", "2", "-extfile", "ext")


def files(directory, name):
    return {"key": os.path.join(directory, name + "-key.pem"), "cert": os.path.join(directory, name + "-cert.pem"),
            "ca": os.path.join(directory, "ca.pem")}


def tags(copy):
    if not os.path.exists(copy):
        return []
    with open(copy) as f:
        return [row["tag"] for row in json.load(f)["Port"]]


@test
def second_host_goes_on_alone(args):
    """It has all policy, also of VMs that it never had, and knows how old that is."""
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        certificates(directory, "a", "here")
        of_a = files(directory, "a")
        at, = free_ports(1)
        server = Server(directory, SCHEMA, options=[
            "--remote=pssl:%d:127.0.0.1" % at, "--private-key=" + of_a["key"], "--certificate=" + of_a["cert"],
            "--ca-cert=" + of_a["ca"], "--rights=*:host"])
        copy, remote = os.path.join(directory, "policy.json"), "ssl:127.0.0.1:%d" % at
        try:
            client = server.start(wait=LIMIT)
            committed(client, {"op": "insert", "table": "Global", "row": {"next_cfg": 1}},
                      *[port(n) for n in range(20)])
            follows = Follower(remote, copy, 8192, **files(directory, "here"))
            follows.here(vm_of(1))
            until("policy is there", lambda: follows.what()["vms"] == {vm_of(1): [2, -1]})
            assert follows.what()["heard"] == 0
            committed(client, {"op": "update", "table": "Port", "where": [["vm", "==", ["uuid", vm_of(1)]]],
                               "row": {"tag": 99}}, number())
            until("a change is there", lambda: follows.what()["vms"] == {vm_of(1): [99, -1]})
            # Policy did not change for long: its copy is not older for that.
            until("it is saved", lambda: 99 in tags(copy))
            os.utime(copy, (1000, 1000))
            before = int(time.time())
            server.kill()
            until("it is missed", lambda: before <= follows.what()["heard"] <= time.time())
            heard = follows.what()["heard"]
            assert follows.close() == 0
            # It boots while the other is away; VMs come that were at the other.
            follows = Follower(remote, copy, 8192, **files(directory, "here"))
            follows.here(vm_of(1), vm_of(7), vm_of(500))
            assert [follows.known(vm_of(n)) for n in (1, 7, 500)] == [KNOWN] * 3
            what = follows.what()
            assert what["vms"] == {vm_of(1): [99, -1], vm_of(7): [8, -1], vm_of(500): [-2, -1]}, what
            assert what["heard"] == heard == int(os.stat(copy).st_mtime), (what, heard)
            client = server.start(wait=LIMIT)
            committed(client, {"op": "update", "table": "Port", "where": [["vm", "==", ["uuid", vm_of(7)]]],
                               "row": {"tag": 55}}, number())
            until("it is back", lambda: follows.what()["vms"][vm_of(7)] == [55, -1])
            until("it is saved", lambda: 55 in tags(copy))
            os.utime(copy, (1000, 1000))
            before = int(time.time())
            assert follows.close() == 0
            assert os.stat(copy).st_mtime >= before
            # A key that is not there yet is looked for at each try.
            late = files(directory, "here")
            os.rename(late["key"], late["key"] + ".away")
            follows = Follower(remote, os.path.join(directory, "late.json"), 8192, **late)
            follows.here(vm_of(1))
            follows.known(vm_of(1))
            assert follows.what()["Port"] == 0
            os.rename(late["key"] + ".away", late["key"])
            until("it is found", lambda: follows.what()["Port"] == 20)
            assert follows.close() == 0
            # Who shows no certificate of the authority gets nothing.
            os.mkdir(os.path.join(directory, "other"))
            certificates(os.path.join(directory, "other"), "here")
            stranger = files(os.path.join(directory, "other"), "here")
            stranger["ca"] = of_a["ca"]
            follows = Follower(remote, os.path.join(directory, "none.json"), 8192, **stranger)
            follows.here(vm_of(1))
            follows.known(vm_of(1))
            assert follows.what()["Port"] == 0 and follows.close() == 0
        finally:
            server.kill()


@test
def set_up_without_etcd(args):
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        certificates(directory, "a", "b")
        at, = free_ports(1)
        remote = "ssl:127.0.0.1:%d" % at
        a, b = hosts = [Host(directory, name) for name in "ab"]
        try:
            def words(name):
                return ["%s=%s" % item for item in files(directory, name).items()]
            # What can be known to be wrong is told before anything is changed.
            for wrong, text in ((["init", "ssl:localhost:1", "hosts=127.0.0.1"], "an IP address"),
                                (["init", remote], "hosts="), (["init", remote, "hosts=b"], "IP addresses"),
                                (["join", remote, "hosts=127.0.0.1"], "hosts="),
                                (["init", remote, "hosts=127.0.0.1", "prefix=x"], "prefix"),
                                (["init", remote, "hosts=127.0.0.1", "host=b"], "host=b: is of pool join"),
                                (["init", "https://127.0.0.1:1", "hosts=127.0.0.1"], "hosts")):
                done = b.vifctl("pool", *wrong, *words("b"))
                assert done.returncode == 2 and text in done.stderr, (wrong, done.stderr)
            done = b.vifctl("pool", "join", remote, *words("b"), "host=b")
            assert done.returncode == 1 and "nothing was changed" in done.stderr, done.stderr
            # The server would not let it say anything of itself.
            done = b.vifctl("pool", "join", remote, *words("a"), "host=b")
            assert done.returncode == 1 and 'common name is "a", and this host\'s name is "b"' in done.stderr, done.stderr
            done = a.vifctl("pool", "init", remote, "hosts=127.0.0.1", "ca=%s/none.pem" % directory)
            assert done.returncode == 1 and "none.pem" in done.stderr, done.stderr
            a.good("group", "create", "shared", "addresses=192.0.2.1")
            own = a.groups()
            text = a.good("pool", "init", remote, "hosts=127.0.0.1,::1", *words("a"), "--dry-run")
            assert "IPAddressAllow=127.0.0.1 ::1\n" in text and "--rights=*:host" in text, text
            assert not os.path.exists(os.path.join(a.dir, "pool.conf"))
            # The fake unit has no credentials.
            with open(os.path.join(a.dir, "systemctl")) as f:
                script = f.read().replace('pool.conf 2>/dev/null)', 'pool.conf 2>/dev/null | sed "s|%%d/host-key|%s/a-key|; '
                                          's|%%d/host-cert|%s/a-cert|; s|%%d/host-ca|%s/ca|")' % ((directory,) * 3))
            with open(os.path.join(a.dir, "systemctl"), "w") as f:
                f.write(script)
            a.good("pool", "init", remote, "hosts=127.0.0.1", *words("a"))
            assert a.groups() == own
            assert a.vifctl("pool", "init", remote, "hosts=127.0.0.1", *words("a")).returncode == 1
            done = a.vifctl("pool", "status")
            assert done.returncode == 3 and "serves others" in done.stderr, done.stderr
            # The second host follows it, and may not change policy.
            vifswitchd = Daemon(os.path.join(b.dir, "control"),
                                {"database": {"state": "connected", "error": None, "heard": None}})
            done = b.vifctl("pool", "join", remote, *words("b"), "host=b")
            assert done.returncode == 0 and "this host's own vifdbd runs" in done.stderr, done.stderr
            with open(os.path.join(b.dir, "pool-client.conf")) as f:
                text = f.read()
            assert "IPAddressAllow=127.0.0.1\n" in text and "--host-name=b" in text and remote in text, text
            done = b.vifctl("pool", "status")
            assert done.returncode == 3 and "follows another" in done.stderr, done.stderr
            mine = files(directory, "b")
            tls = ["--db", remote, "--private-key", mine["key"], "--certificate", mine["cert"], "--ca-cert", mine["ca"]]
            assert "shared" in b.good("group", "list", *tls)
            done = b.vifctl("group", "delete", "shared", *tls)
            assert done.returncode != 0 and "may change what host b says" in done.stderr, done.stderr
            assert b.vifctl("pool", "join", remote, *words("b")).returncode == 1
            # Its own database has nothing of the policy that is in force.
            copy = os.path.join(b.dir, "policy.json")
            with open(copy, "w") as f:
                json.dump({"Port": [{}, {}]}, f)
            done = b.vifctl("pool", "leave")
            assert done.returncode == 1 and "the policy of 2 that" in done.stderr, done.stderr
            done = b.vifctl("pool", "leave", "--yes", "--dry-run")
            assert done.returncode == 0 and "removed" in done.stdout, done
            b.good("port", "set", vm_of(1), "vlan=5", "--no-wait")
            assert "own database again" in b.good("pool", "leave")
            # A vifswitchd that cannot connect says why, and goes on trying.
            vifswitchd.show = {"database": {"state": "disconnected", "error": "b-key.pem: Permission denied"}}
            done = b.vifctl("pool", "join", remote, *words("b"), "host=b")
            assert done.returncode == 1 and "b-key.pem: Permission denied; it goes on trying" in done.stderr, done.stderr
            assert os.path.exists(os.path.join(b.dir, "pool-client.conf"))
            b.good("pool", "leave")
            a.good("pool", "leave")
            assert a.groups() == own and not os.path.exists(os.path.join(a.dir, "pool.conf"))
            done = b.vifctl("group", "list", *tls)
            assert done.returncode != 0, done.stdout
        finally:
            for host in hosts:
                host.kill()
