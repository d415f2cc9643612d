# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that read slowly: they miss states, never the last one."""

import json
import os
import time

from client import Client
from registry import test

SCHEMA = {"name": "Test", "version": "1.0.0", "tables": {
    "T": {"columns": {"n": {"type": "integer"}, "tag": {"type": "string"},
                      "other": {"type": "integer"},
                      "set": {"type": {"key": "integer", "min": 0, "max": "unlimited"}}}},
    "U": {"columns": {"t": {"type": "string"}}}}}
NEVER = "00000000-0000-0000-0000-000000000000"
PAD = "x" * 3000


def elements(value):
    return value[1] if isinstance(value, list) else [value]


class Replica:
    """What a client of monitor_cond_since makes of its updates."""

    def __init__(self, client, name, where, columns=("n", "tag", "set")):
        self.client, self.name, self.columns = client, name, columns
        self.rows, self.updates, self.last = {}, 0, None
        _, self.last, initial = client.call("monitor_cond_since", "Test", name,
                                            {"T": {"columns": list(columns), "where": where}}, NEVER)
        self.apply(initial)

    def apply(self, updates):
        for uuid, change in updates.get("T", {}).items():
            (kind, values), = change.items()
            if kind in ("initial", "insert"):
                assert uuid not in self.rows, "inserted twice"
                row = {"n": 0, "tag": "", "set": set()}
                self.rows[uuid] = row
                row.update({k: set(elements(v)) if k == "set" else v for k, v in values.items()})
            elif kind == "delete":
                del self.rows[uuid]
            else:
                for key, value in values.items():
                    assert key != "n" or self.rows[uuid]["n"] != value, "a change that is none"
                    if key == "set":
                        self.rows[uuid]["set"] ^= set(elements(value))
                    else:
                        self.rows[uuid][key] = value

    def take(self, note):
        assert note["method"] == "update3", note
        name, self.last, updates = note["params"]
        assert name == self.name
        self.updates += 1
        self.apply(updates)

    def catch_up(self):
        for note in self.client.sync():
            self.take(note)


def truth(client, low):
    out = client.transact({"op": "select", "table": "T", "where": [["n", ">=", low]]})
    return {r["_uuid"][1]: {"n": r["n"], "tag": r["tag"], "set": set(elements(r["set"]))}
            for r in out[0]["rows"]}


def change(random, uuids, number):
    """One random operation; rows come, go, come back into and out of sight."""
    kind = random.random()
    if not uuids or kind < .15:
        return {"op": "insert", "table": "T", "row": {
            "n": random.randrange(20), "tag": f"{number}{PAD}", "set": ["set", [1, number]]}}
    where = [["_uuid", "==", ["uuid", random.choice(uuids)]]]
    if kind < .25:
        return {"op": "delete", "table": "T", "where": where}
    row = {"n": random.randrange(20)} if kind < .6 else {"other": number} if kind < .7 else \
        {"tag": f"{number}{PAD}", "set": ["set", [number % 5, number % 7]]
         if number % 5 != number % 7 else number % 5}
    return {"op": "update", "table": "T", "where": where, "row": row}


@test("ext. monitor_cond_since: a slow reader gets several changes as one, and the last state in any "
      "case; before the answer to its own transaction")
def slow_monitors(s):
    schema = os.path.join(s.dir, "slow.ovsschema")
    with open(schema, "w") as f:
        json.dump(SCHEMA, f)
    server = s.server(name="lag", schema=schema, options=["--max-backlog=4"])
    writer = server.start()
    prompt = Replica(server.client_now(), "p", [["n", ">=", 5]])
    slow = [Replica(server.client_now(), "p", [["n", ">=", low]]) for low in (0, 5, 5, 12)]
    merged, uuids = 0, []
    for number in range(3000):
        out = writer.transact(change(s.random, uuids, number))
        assert "error" not in out[0], out
        if "uuid" in out[0]:
            uuids.append(out[0]["uuid"][1])
            if len(uuids) > 60:
                uuids.pop(0)
        if number % 20 == 0:
            prompt.catch_up()
        # Each now and then, some between two changes, some by way of their own transaction.
        if s.random.random() < .005:
            lagging = s.random.choice(slow)
            if s.random.random() < .5:
                lagging.catch_up()
            else:
                out = lagging.client.transact({"op": "insert", "table": "T", "row": {"n": 19, "tag": "own"}})
                for note in lagging.client.notes:
                    lagging.take(note)
                lagging.client.notes.clear()
                assert out[0]["uuid"][1] in lagging.rows, "the answer came before the update"
            low = (0, 5, 5, 12)[slow.index(lagging)]
            assert lagging.rows == truth(writer, low)
    prompt.catch_up()
    assert prompt.rows == truth(writer, 5)
    for replica, low in zip(slow, (0, 5, 5, 12)):
        replica.catch_up()
        assert replica.rows == truth(writer, low), low
        merged += prompt.updates - replica.updates
        assert replica.updates < prompt.updates, (replica.updates, prompt.updates)
    # The ID that came with the last update is where the client may go on.
    again = server.client_now().call("monitor_cond_since", "Test", "m", {"T": {"columns": ["n"]}},
                                     slow[0].last)
    assert again[0] and not again[2], again
    return f"{prompt.updates} updates, {[r.updates for r in slow]} for the slow"


@test("ext. monitor_cond_since: what is not told to a slow reader grows with the rows, not with time",
      "ext. monitor_cond_change: a slow reader is told first what it missed")
def slow_bounded(s):
    schema = os.path.join(s.dir, "slow.ovsschema")
    with open(schema, "w") as f:
        json.dump(SCHEMA, f)
    server = s.server(name="lag", schema=schema, options=["--max-backlog=2", "--max-memory=64"])
    writer = server.start()
    slow = [Replica(server.client_now(), "m", [["n", ">=", 1]]) for _ in range(10)]
    uuid = writer.transact({"op": "insert", "table": "T", "row": {"n": 1}})[0]["uuid"]
    where = [["_uuid", "==", uuid]]
    # 25 MB, and not so many that a slow disk makes it longer than a client may take nothing (30 s).
    for n in range(500):
        writer.transact({"op": "update", "table": "T", "where": where,
                         "row": {"n": n % 100 + 1, "tag": f"{n}" + "y" * 50000}})
    # One that changes what it watches while it is behind: rows out of sight, and into it.
    odd = slow.pop()
    writer.transact({"op": "insert", "table": "T", "row": {"n": -4, "tag": "low"}})
    assert odd.client.call("monitor_cond_change", "m", "m", {"T": [{"where": [["n", "<", 0]]}]}) == {}
    odd.catch_up()
    assert [r["tag"] for r in odd.rows.values()] == ["low"], odd.rows.keys()
    for replica in slow:
        replica.catch_up()
        assert replica.rows == truth(writer, 1) and replica.updates < 50, replica.updates
    # It is bounded all the same: more rows than the backlog allows.
    stuck = Replica(server.client_now(), "m", [])
    for n in range(200):
        writer.transact({"op": "insert", "table": "T", "row": {"n": n, "tag": "z" * 50000}})
    deadline = time.monotonic() + 60
    while "does not read its updates" not in server.output():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    del stuck
    peak = server.status("VmHWM") // 1024
    assert peak < 150, peak
    assert Client(server.socket).call("echo") == []
    return f"{peak} MiB at most"
