#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU of a client of vifdbd: libvifdb beside python3-openvswitch's idl, in one run.

A small transaction changes one column of one row and waits until it is in the
client's copy. Rows followed are changed by somebody else, one in a transaction or
1,000. Clients take turns, so that a busy machine is so for all; the median counts.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[0:0] = [HERE, os.path.join(TESTS, "vifdbd"), os.path.join(TESTS, "bench")]
import client  # noqa: E402
import report  # noqa: E402
from driver import TOP, Driver  # noqa: E402

SCHEMA = os.path.join(TOP, "build/vifswitch.ovsschema")
ROWS, ROUNDS, COMMITS = 1000, 5, 200
CASES = ("client CPU of a small transaction", "client CPU of 1,000 row updates, one by one",
         "client CPU of 1,000 row updates at once")


def plain_schema(directory):
    """Without documentation, which python3-openvswitch does not know."""
    with open(SCHEMA) as f:
        schema = json.load(f)
    for table in schema["tables"].values():
        table.pop("doc", None)
        for column in table["columns"].values():
            column.pop("doc", None)
    schema.pop("doc", None)
    path = os.path.join(directory, "plain.ovsschema")
    with open(path, "w") as f:
        json.dump(schema, f)
    return path


def fill(writer):
    rows = [{"op": "insert", "table": "Port", "row": {
        "vm": ["uuid", f"00000000-0000-4000-8000-{n:012x}"], "devid": 0, "vlan_mode": "access",
        "tag": 0, "mac_lock": "00:16:3e:00:%02x:%02x" % (n >> 8, n & 255),
        "external_ids": ["map", [["n", str(n)], ["tenant", "a"]]]}} for n in range(ROWS)]
    results = writer.transact(*rows, db="vifswitch")
    bad = [result for result in results if result and "error" in result]
    if bad:
        sys.exit(f"bench: the rows were refused: {bad}")
    return [result["uuid"][1] for result in results]


def change(uuid, tag):
    return {"op": "update", "table": "Port", "row": {"tag": tag},
            "where": [["_uuid", "==", ["uuid", uuid]]]}


def followed(session, uuid, tag, work):
    """CPU seconds of the session from now until it has seen the last of the work."""
    session.do("expect", table="Port", uuid=uuid, column="tag", value=tag)
    before = session.until(event="expecting")[-1]["cpu"]
    work()
    return session.until(event="expected")[-1]["cpu"] - before


def measure(session, writer, uuids, tag):
    session.do("many", table="Port", uuid=uuids[0], column="tag", count=COMMITS)
    small = session.until(event="many")[-1]["cpu"] * 1e6 / COMMITS

    def one_by_one():
        for uuid in uuids:
            writer.transact(change(uuid, tag), db="vifswitch")

    def at_once():
        writer.transact(*[change(uuid, tag + 1) for uuid in uuids], db="vifswitch")

    return (small, followed(session, uuids[-1], tag, one_by_one) * 1e3,
            followed(session, uuids[-1], tag + 1, at_once) * 1e3)


def main():
    with tempfile.TemporaryDirectory() as directory:
        schema = plain_schema(directory)
        server = client.Server(directory, schema)
        writer = server.start()
        uuids = fill(writer)
        remote = "unix:" + server.socket
        idl = os.path.join(HERE, "idl.py")
        sessions = {
            "libvifdb": Driver(remote, "--quiet", "Port", database="vifswitch"),
            "python3-openvswitch": Driver(remote, schema, "Port", database=None, program=idl),
        }
        got = {name: [] for name in sessions}
        try:
            for n in range(ROUNDS):
                for k, (name, session) in enumerate(sessions.items()):
                    got[name].append(measure(session, writer, uuids, 10 + 4 * n + 2 * k))
        finally:
            for session in sessions.values():
                session.kill()
            writer.close()
            server.kill()
    rows = []
    for name, values in got.items():
        for case, unit, column in zip(CASES, ("us", "ms", "ms"), zip(*values)):
            rows.append(("database", case, name, unit, sorted(column)[len(column) // 2]))
    report.write("libvifdb", rows)
    print("\n".join(report.table([row for row in report.merge() if row["case"] in CASES])))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as e:
        sys.exit(str(e))
