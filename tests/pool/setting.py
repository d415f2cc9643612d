# SPDX-License-Identifier: GPL-2.0-or-later
"""A pool for a test: three members, three hosts, rows to begin with."""

import contextlib
import os
import tempfile

from lab import HERE, Cluster, Host, LinedCluster, content, until

SCHEMA = os.path.join(HERE, "pool.ovsschema")
TABLES = ["L0", "L1", "L2", "Bank0", "Bank1", "Name", "Parent", "Child"]


class Pool:
    """clocks: {host's name: seconds from this machine's clock}"""

    def __init__(self, directory, size=3, lines=False, names="abc", rows=(), clocks=()):
        self.dir = directory
        self.hosts = []
        self.cluster = LinedCluster(directory, size) if lines else Cluster(directory, size)
        try:
            for number, name in enumerate(names):
                host = Host(directory, SCHEMA, self.cluster, name, lines=lines, clock=dict(clocks).get(name, 0))
                self.hosts.append(host)
                client = host.start(["--pool=init"] if not number else [])
                if not number:
                    self.wait_for_pool(client)
                    if rows:
                        insert(client, rows)
                client.close()
            self.same()
        except BaseException:
            self.close()
            raise

    def wait_for_pool(self, client):
        until("the pool is made", lambda: self.cluster.keys("m/pool"))
        until("the first host follows it", lambda: "error" not in write_name(client, "first"))

    def same(self, tables=TABLES):
        """Waits until every copy has the same rows, and returns them."""
        clients = [host.client() for host in self.hosts]
        # Whoever has answered this has everything that was committed before it.
        for number, client in enumerate(clients):
            until("host %d writes" % number, lambda c=client: "error" not in write_name(c, "same"))
        marks = {row["owner"] for row in content(clients[-1], ["Name"])["Name"]}

        def equal():
            got = [content(client, tables) for client in clients]
            return got[0] if all(other == got[0] for other in got[1:]) else None
        rows = until("the copies are the same, %s" % marks, equal)
        for client in clients:
            client.close()
        return rows

    def output(self):
        return "\n".join("%s: %s" % (host.name, host.server.output()) for host in self.hosts)

    def close(self):
        for host in self.hosts:
            host.close()
        self.cluster.close()


def stored(client, *operations):
    """The results; again as long as it was not stored, as may be while etcd is slow."""
    while True:
        out = client.transact(*operations)
        if not error_of(out).startswith("not stored: "):
            return out


def error_of(out):
    return (out[-1] or {}).get("details") or ""


def insert(client, rows):
    table, row = rows[0]
    while True:
        out = stored(client, *[{"op": "insert", "table": t, "row": r} for t, r in rows])
        if not error_of(out).startswith("it is not known"):
            break
        # What is stored after it tells.
        until("it is known", lambda: "error" not in write_name(client, "known"))
        if any(r["name"] == row["name"] for r in content(client, [table])[table]):
            return
    assert not any("error" in (result or {}) for result in out), out


def write_name(client, owner):
    """A write that no other test looks at; the last result."""
    out = client.transact({"op": "delete", "table": "Name", "where": [["name", "==", "mark"]]},
                          {"op": "insert", "table": "Name", "row": {"name": "mark", "owner": owner}})
    return out[-1]


@contextlib.contextmanager
def pool(**kwargs):
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        made = Pool(directory, **kwargs)
        try:
            yield made
        except BaseException:
            print(made.output(), flush=True)
            raise
        finally:
            made.close()
