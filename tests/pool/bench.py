#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a large pool costs one host: start, memory, and the time until all hosts have a change."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

from follower import SCHEMA, TOP, Follower
from lab import LIMIT, Cluster, Host, content, until

TAG = 7         # tests/vm/test_large.py looks for it as well


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        fields = dict(line.split(":", 1) for line in f)
    return int(fields["VmRSS"].split()[0]) // 1024


def checked(results):
    assert not any("error" in (result or {}) for result in results), results[-1]
    return results


def fill(client, ports, hosts):
    """Policy of so many ports, and what so many hosts say: one location each."""
    rows = [("Port", {"vm": ["uuid", str(uuid.uuid4())], "devid": 0, "tag": n % max(8, ports // 50) + 1, "rate_from_vm": 10 ** 8})
            for n in range(ports)]
    rows += [("Host", {"name": "host%d" % n, "version": "0.1.0"}) for n in range(hosts)]
    rows += [("Location", {"host": "host%d" % n, "vm": ["uuid", str(uuid.uuid4())], "devid": 0, "domid": 1,
                           "netdev": "vif1.0", "switch": "xenbr0", "state": "active"}) for n in range(hosts)]
    checked(client.transact({"op": "insert", "table": "Global", "row": {"next_cfg": 1}}, db="vifswitch"))
    for at in range(0, len(rows), 20000):
        checked(client.transact(*[{"op": "insert", "table": table, "row": row} for table, row in rows[at:at + 20000]],
                                db="vifswitch"))


def stands(host):
    status = host.server.client_now(LIMIT)
    try:
        rows = status.transact({"op": "select", "table": "Pool", "where": []}, db="_Server")[0]["rows"]
    finally:
        status.close()
    return rows and '"state":"in-step"' in rows[0]["status"]


def follow(directory, host, whole_max, vms):
    """What vifswitchd follows takes so many MiB, and one VM more is known after so many seconds."""
    follows = Follower(host.server.socket, os.path.join(directory, "policy%d.json" % whole_max), whole_max, "release")
    follows.here(*vms)
    most = whole_max if whole_max > 10 ** 6 else len(vms)
    until("the database is followed", lambda: 0 < follows.what()["Port"] <= most)
    until("its word is heard", lambda: follows.what()["vms"][vms[-1]][0] > 0)
    took = []
    for _ in range(10):
        vms = vms + [str(uuid.uuid4())]
        begin = time.monotonic()
        follows.here(*vms)
        follows.known(vms[-1])
        took.append(time.monotonic() - begin)
    what = follows.what()
    assert follows.close() == 0
    return what["kib"] // 1024, what["Port"], sorted(took)[len(took) // 2]


def start_of_a_host(directory, cluster):
    host = Host(directory, SCHEMA, cluster, "joins")
    begin = time.monotonic()
    host.start([])
    until("the first copy is there", lambda: stands(host), 1800)
    first = time.monotonic() - begin
    host.server.stop()
    begin = time.monotonic()
    host.start([])
    until("it is in step again", lambda: stands(host), 1800)
    again = time.monotonic() - begin
    print("a host joins: %.1f s; starts with its copy: %.1f s; vifdbd takes %d MiB" %
          (first, again, memory(host.server.process.pid)), flush=True)
    client = host.client()
    rows = client.transact({"op": "select", "table": "Port", "where": [["tag", "==", TAG]], "columns": ["vm"]},
                           db="vifswitch")[0]["rows"]
    vms = [row["vm"][1] for row in rows][:50]
    client.close()
    # Its first start finds a large database, later ones know that.
    for name, whole_max in (("all rows", 10 ** 9), ("rows of %d VMs, first" % len(vms), 8192),
                            ("rows of %d VMs" % len(vms), 8192)):
        mib, ports, took = follow(directory, host, whole_max, vms)
        print("vifswitchd's following of %s: %d MiB, %d Port rows; one VM more is known after %.1f ms" %
              (name, mib, ports, took * 1000), flush=True)
    commands(host, vms[0])
    host.server.stop()
    whole_daemon(host.server.file)


def commands(host, vm):
    """What vifctl's commands cost in such a pool."""
    env = {**os.environ, "VIFDB": "unix:" + host.server.socket, "VIFSWITCH_CONTROL": "/nowhere"}
    for words in (("port", "show", vm), ("port", "set", vm, "guard=off", "--no-wait"), ("acl", "list"),
                  ("group", "list"), ("qos", "list"),
                  ("group", "create", "more", "addresses=192.0.2.1", "--no-wait")):
        begin = os.times()
        now = time.monotonic()
        done = subprocess.run([os.path.join(TOP, "build/release/vifctl"), *words], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        end = os.times()
        print("vifctl %s: %.2f s, %.2f s of CPU (exit %d)" % (
            " ".join(words[:2]), time.monotonic() - now,
            end.children_user + end.children_system - begin.children_user - begin.children_system,
            done.returncode), flush=True)


def whole_daemon(file):
    """The whole of vifswitchd, in the plain VM, whose database is the copy of a host of the pool."""
    path = os.path.join(TOP, "build/bench/large.db")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copy(file, path)
    out = os.path.join(TOP, "build/vm/large.json")
    if os.path.exists(out):
        os.unlink(out)
    done = subprocess.run([sys.executable, os.path.join(TOP, "tests/vm/run.py"), "--icount", "--only",
                           "large.host_of_a_pool"])
    os.unlink(path)
    if done.returncode:
        raise RuntimeError("large.host_of_a_pool failed")
    with open(out) as f:
        measured = json.load(f)
    print("vifswitchd as a whole, with 50 VMs: %.1f MiB, at most %.1f; at its first start %.1f, at most %.1f" % (
        *measured["again"].values(), *measured["first"].values()), flush=True)


def fan_out(directory, cluster, count, rounds):
    hosts = [Host(directory, SCHEMA, cluster, "f%d" % n) for n in range(count)]
    try:
        for host in hosts:
            host.start([])
        for host in hosts:
            until("all are in step", lambda h=host: stands(h), 3600)
        clients = [host.client() for host in hosts]
        for client in clients:
            client.call("monitor", "vifswitch", "m", {"Global": {"columns": ["next_cfg"]}})
        times = []
        for _ in range(rounds):
            begin = time.monotonic()
            checked(clients[0].transact({"op": "mutate", "table": "Global", "where": [],
                                         "mutations": [["next_cfg", "+=", 1]]}, db="vifswitch"))
            answered = time.monotonic() - begin
            for client in clients:
                client.note()
            times.append((time.monotonic() - begin, answered))
        times.sort()
        whole, answered = times[len(times) // 2]
        print("%d hosts: a commit is answered after %.0f ms, and the last host's clients have it after %.0f ms "
              "(medians of %d)" % (count, answered * 1000, whole * 1000, rounds), flush=True)
    finally:
        for host in hosts:
            host.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", type=int, default=100000)
    parser.add_argument("--locations", type=int, default=1000, help="hosts that say where a VM is")
    parser.add_argument("--hosts", type=int, default=50, help="vifdbd at once, each with a copy of --fan-out-ports")
    parser.add_argument("--fan-out-ports", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=("start", "fan-out"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pool-bench-") as directory:
        parts = ((args.ports, start_of_a_host), (args.fan_out_ports, None))
        for ports, part in parts[args.only == "fan-out":1 + (args.only != "start")]:
            inner = os.path.join(directory, str(ports))
            os.mkdir(inner)
            cluster = Cluster(inner)
            first = Host(inner, SCHEMA, cluster, "first")
            try:
                client = first.start(["--pool=init"])
                until("the pool is made", lambda c=client: stands(first))
                begin = time.monotonic()
                fill(client, ports, args.locations)
                print("%d Port rows and %d hosts put in: %.1f s; vifdbd takes %d MiB" % (
                    ports, args.locations, time.monotonic() - begin, memory(first.server.process.pid)), flush=True)
                assert len(content(client, ["Host"], db="vifswitch")["Host"]) == args.locations
                if part:
                    part(inner, cluster)
                else:
                    fan_out(inner, cluster, args.hosts, args.rounds)
            finally:
                first.close()
                cluster.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
