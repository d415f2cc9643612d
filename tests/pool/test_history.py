# SPDX-License-Identifier: GPL-2.0-or-later
"""Who changed what, and changes that go back by themselves, in a pool."""

import threading

from lab import content, until
from registry import test
from setting import pool, stored


def history(client):
    return sorted(content(client, ["History"])["History"], key=lambda row: row["id"])


def put(name, value):
    return {"op": "insert", "table": "Policy", "row": {"name": name, "value": value}}


@test
def changes_are_numbered(args):
    """Two hosts at once: each change has one entry of its own, in the order of all."""
    with pool(names="ab") as made:
        clients = [host.client() for host in made.hosts]
        assert not any("error" in (r or {}) for r in stored(clients[0], put("shared", 0)))
        # What its host has not seen yet nobody changes there.
        made.same(["Policy"])

        def change(client, name):
            for _ in range(15):
                out = stored(client, {"op": "mutate", "table": "Policy", "where": [],
                                      "mutations": [["value", "+=", 1]]},
                             {"op": "comment", "comment": name})
                assert out[0] == {"count": 1}, out
        threads = [threading.Thread(target=change, args=pair) for pair in zip(clients, "ab")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made.same(["Policy", "History"])
        entries = history(clients[1])
        assert [e["id"] for e in entries] == list(range(1, 32)), [e["id"] for e in entries]
        assert all(e["host"] == e["command"] for e in entries[1:]), entries
        value = 0
        for entry in entries[1:]:
            assert '"old":{"value":%d},"new":{"value":%d}' % (value, value + 1) in entry["changes"], entry
            value += 1
        out = clients[0].transact({"op": "delete", "table": "History", "where": []})
        assert out[-1]["error"] == "not allowed", out


@test
def promise_of_a_dead_host(args):
    """The host that was to take a change back dies: another does, once, whose clock is an hour ahead."""
    with pool(names="ab", clocks={"b": 3600}) as made:
        a, b = made.hosts[0].client(), made.hosts[1].client()
        stored(a, put("stays", 1))
        out = stored(a, put("goes", 2), {"op": "update", "table": "Policy", "where": [["name", "==", "stays"]],
                                         "row": {"value": 7}},
                     {"op": "insert", "table": "Trial", "row": {"seconds": 1}})
        assert not any("error" in (r or {}) for r in out), out
        made.hosts[0].server.kill()
        until("b has it", lambda: len(history(b)) >= 2)
        until("b took it back", lambda: not content(b, ["Trial"])["Trial"])
        a = made.hosts[0].start([])
        rows = made.same(["Policy", "History", "Trial"])
        assert [(r["name"], r["value"]) for r in rows["Policy"]] == [("stays", 1)], rows
        entries = history(a)
        assert [e["who"] for e in entries[2:]] == ["vifdbd"], entries


@test
def promise_that_all_keep(args):
    """Nobody dies: it goes back once, though every host would."""
    with pool(names="abc") as made:
        a = made.hosts[0].client()
        stored(a, put("goes", 2), {"op": "insert", "table": "Trial", "row": {"seconds": 1}})
        until("it is taken back", lambda: not content(a, ["Trial"])["Trial"])
        rows = made.same(["Policy", "History", "Trial"])
        assert rows["Policy"] == [] and len(rows["History"]) == 2, rows
