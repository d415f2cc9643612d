# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts whose daemon is gone are marked, and nobody else is."""

import os
import tempfile

from lab import LIMIT, Server, content, until
from registry import test
from setting import SCHEMA, pool, stored


def come(client, name):
    """As vifswitchd does when it connects."""
    assert client.call("lock", "host_" + name.encode().hex()) == {"locked": True}
    stored(client, {"op": "delete", "table": "Host", "where": [["name", "==", name]]},
           {"op": "insert", "table": "Host", "row": {"name": name, "presence": "present"}})


def presence(client):
    return {row["name"]: row["presence"] for row in content(client, ["Host"])["Host"]}


@test
def dead_host_is_absent(args):
    """In a pool: by the lease of its server, and by its daemon's connection; clocks are hours apart."""
    with pool(clocks={"a": -3600, "b": 3600}) as made:
        clients = [host.client() for host in made.hosts]
        for client, name in zip(clients, ("xen-a", "xen-b", "xen c")):
            come(client, name)
        stored(clients[1], {"op": "insert", "table": "Host", "row": {"name": "older", "presence": ["set", []]}})
        keys = until("each has a key", lambda: len(made.cluster.keys("p/")) == 3 and made.cluster.keys("p/"))
        assert {key.split("/")[1] for key in keys} == {"a", "b", "c"}, keys
        # One loses its server, one its daemon only.
        made.hosts[0].server.kill()
        clients[2].close()
        until("both are marked", lambda: presence(clients[1]) == {
            "xen-a": "absent", "xen-b": "present", "xen c": "absent", "older": ["set", []]}, 2 * LIMIT)
        since = {row["name"]: row["absent_since"] for row in content(clients[1], ["Host"])["Host"]}
        assert since["xen-a"] > 0 and since["xen-b"] == ["set", []], since
        # It is back, and says so.
        a = made.hosts[0].start([])
        come(a, "xen-a")
        until("it is present", lambda: presence(clients[1])["xen-a"] == "present")
        made.same(["Host"])


@test
def dead_host_without_a_pool(args):
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        server = Server(directory, SCHEMA, name="alone")
        try:
            stays, goes = server.start(wait=LIMIT), server.client_now(LIMIT)
            come(stays, "stays")
            come(goes, "goes")
            goes.close()
            until("it is marked", lambda: presence(stays) == {"stays": "present", "goes": "absent"}, 2 * LIMIT)
        finally:
            server.kill()
        assert os.path.exists(server.file)
