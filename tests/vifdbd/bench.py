#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
vifdbd beside Debian's ovsdb-server: same machine, same schema, same durability
(every transaction is on disk before it is acknowledged). Prints a table; --report
FILE adds the results, {"results": [{"group", "case", "subject", "unit", "value"}]}.
"""

import argparse
import hashlib
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from client import TOP, Server

SCHEMA = os.path.join(TOP, "build/vifswitch.ovsschema")


def ident(what, n):
    """A UUID that looks random: ovsdb-server hashes by the first four octets only."""
    return str(uuid.UUID(bytes=hashlib.md5(f"{what}{n}".encode()).digest(), version=4))


def plain_schema(directory):
    """The schema without documentation, which ovsdb-server refuses."""
    with open(SCHEMA) as f:
        schema = json.load(f)
    schema.pop("doc", None)
    for table in schema["tables"].values():
        table.pop("doc", None)
        for column in table["columns"].values():
            column.pop("doc", None)
    path = os.path.join(directory, "plain.ovsschema")
    with open(path, "w") as f:
        json.dump(schema, f)
    return path


def port(n):
    return {"op": "insert", "table": "Port", "row": {
        "vm": ["uuid", ident("vm", n // 4)], "devid": n % 4, "vlan_mode": "access", "tag": n % 4095,
        "mac_lock": "00:16:3e:%02x:%02x:%02x" % (n >> 16 & 255, n >> 8 & 255, n & 255),
        "rate_from_vm": 100000000, "switch": "xenbr0"}}


def request(*ops):
    return json.dumps({"id": 1, "method": "transact", "params": [
        "vifswitch", *ops, {"op": "commit", "durable": True}]}).encode()


def change(n, i):
    return request({"op": "update", "table": "Port", "row": {"tag": (i * 7 + n) % 4095},
                    "where": [["_uuid", "==", ["uuid", n_uuid[n]]]]})


n_uuid = {}
KINDS = ("vifdbd", "ovsdb-server")


def fill(server, count, batch=1000):
    client = server.client_now(120)
    for start in range(0, count, batch):
        out = client.transact(*[port(n) for n in range(start, min(count, start + batch))],
                              db="vifswitch")
        for n, row in enumerate(out):
            n_uuid[start + n] = row["uuid"][1]
    client.transact({"op": "commit", "durable": True}, db="vifswitch")
    client.close()


def write_log(path, count):
    """Rows for ovsdb-server, straight into its log, which is quicker than to insert them."""
    rows = {}
    for n in range(count):
        rows[ident("row", n)] = port(n)["row"]
    data = json.dumps({"Port": rows, "_date": 1}, separators=(",", ":")).encode() + b"\n"
    with open(path, "ab") as f:
        f.write(b"OVSDB JSON %d %s\n" % (len(data), hashlib.sha1(data).hexdigest().encode()) + data)


def read_answer(sock):
    data = sock.recv(65536)
    while not data.endswith(b"}") or data.count(b"{") != data.count(b"}"):
        data += sock.recv(65536)
    if b'"details"' in data:
        sys.exit(f"a transaction failed: {data[:400]!r}")
    return data


def connect(server):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(server.socket)
    return sock


def writes(server, clients, seconds):
    """Transactions per second, and the latency in ms that 99 % do not exceed."""
    sel = selectors.DefaultSelector()
    latency, began = [], {}
    count = 0
    requests = [[change(n, i) for i in range(50)] for n in range(clients)]
    socks = [connect(server) for _ in range(clients)]
    start = time.monotonic()
    for n, sock in enumerate(socks):
        sel.register(sock, selectors.EVENT_READ, n)
        began[n] = time.monotonic()
        sock.sendall(requests[n][0])
    while True:
        for key, _ in sel.select(10):
            n = key.data
            read_answer(key.fileobj)
            now = time.monotonic()
            latency.append(now - began[n])
            count += 1
            began[n] = now
            key.fileobj.sendall(requests[n][(count * 13 + n) % 50])
        if now - start > seconds:
            break
    for sock in socks:
        sock.close()
    latency.sort()
    return count / (now - start), latency[int(len(latency) * .99)] * 1000


def fan_out(server, clients, changes):
    """ms from a change to when the last of many monitors knows, and server CPU ms a change."""
    watch = json.dumps({"id": 1, "method": "monitor_cond", "params": [
        "vifswitch", "m", {"Port": [{"columns": ["vm", "devid", "tag"],
                                     "select": {"initial": False}}]}]}).encode()
    socks = [connect(server) for _ in range(clients)]
    for sock in socks:
        sock.sendall(watch)
    for sock in socks:
        read_answer(sock)
    writer = connect(server)
    sel = selectors.DefaultSelector()
    for sock in socks:
        sel.register(sock, selectors.EVENT_READ)
    times = []
    cpu = server.cpu_seconds()
    for i in range(changes):
        start = time.monotonic()
        writer.sendall(change(3, i + 1))
        left = clients
        while left:
            for key, _ in sel.select(10):
                left -= key.fileobj.recv(65536).count(b"update2")
        times.append(time.monotonic() - start)
        read_answer(writer)
    cpu = server.cpu_seconds() - cpu
    for sock in socks + [writer]:
        sock.close()
    times.sort()
    return times[len(times) // 2] * 1000, cpu * 1000 / changes


def row(case, kind, unit, value):
    return {"group": "database", "case": case, "subject": kind, "unit": unit,
            "value": round(value, 3)}


def median(values):
    return sorted(values)[len(values) // 2]


def rates(directory, schema, args):
    """Both servers in turn, again and again, so that a busy machine is so for both."""
    servers = [Server(directory, schema, kind) for kind in KINDS]
    got = {}
    uuids = []
    for server in servers:
        server.start().close()
        fill(server, 100)
        uuids.append(dict(n_uuid))
    try:
        for _ in range(args.rounds):
            for server, known in zip(servers, uuids):
                n_uuid.update(known)
                for clients in (1, 10):
                    case = f"small writes, {clients} client{'s' * (clients > 1)}"
                    rate, p99 = writes(server, clients, args.seconds)
                    got.setdefault((case, "tx/s"), {}).setdefault(server.kind, []).append(rate)
                    got.setdefault((case + ", p99", "ms"), {}).setdefault(server.kind, []).append(p99)
                ms, cpu = fan_out(server, 100, args.changes)
                case = "one change to 100 monitors, median"
                got.setdefault((case, "ms"), {}).setdefault(server.kind, []).append(ms)
                case = "one change to 100 monitors, server CPU"
                got.setdefault((case, "ms"), {}).setdefault(server.kind, []).append(cpu)
    finally:
        for server in servers:
            server.kill()
    return [row(case, kind, unit, median(got[case, unit][kind]))
            for kind in KINDS for case, unit in got]


def sizes(kind, directory, schema, args):
    server = Server(directory, schema, kind, name="big")
    if kind == "vifdbd":
        server.start().close()
        fill(server, args.rows)
        server.stop()
    else:
        write_log(server.file, args.rows)
    times = []
    try:
        for _ in range(args.rounds):
            start = time.monotonic()
            client = server.start(120)
            client.call("transact", "vifswitch", {"op": "select", "table": "Port", "columns": ["tag"],
                                                  "where": [["_uuid", "==", ["uuid", ident("none", 0)]]]})
            times.append(time.monotonic() - start)
            client.close()
            rss = server.status("VmRSS")
            server.stop()
    finally:
        server.kill()
    return [row(f"start-up with {args.rows} rows", kind, "ms", median(times) * 1000),
            row(f"memory with {args.rows} rows", kind, "MiB", rss / 1024),
            row(f"file with {args.rows} rows", kind, "MiB", os.path.getsize(server.file) / 2**20)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", help="add the results to this JSON file")
    parser.add_argument("--seconds", type=float, default=1, help="for each rate, each time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--changes", type=int, default=100, help="to fan out, each time")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--dir", help="where the databases go (a disk, not a tmpfs)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.dir) as directory:
        schema = plain_schema(directory)
        rate = rates(directory, schema, args)
        half = len(rate) // 2
        results = rate[:half] + sizes("vifdbd", directory, schema, args) + \
            rate[half:] + sizes("ovsdb-server", directory, schema, args)
    print(f"{'case':44}{'vifdbd':>12}{'ovsdb-server':>14}  unit     better by")
    half = len(results) // 2
    for a, b in zip(results[:half], results[half:]):
        ratio = a["value"] / b["value"] if a["unit"] == "tx/s" else b["value"] / max(a["value"], 1e-3)
        print(f"{a['case']:44}{a['value']:12}{b['value']:14}  {a['unit']:8} {ratio:.1f} x")
    if args.report:
        os.makedirs(os.path.dirname(os.path.abspath(args.report)), exist_ok=True)
        report = {"results": []}
        if os.path.exists(args.report):
            with open(args.report) as f:
                report = json.load(f)
        report["results"] = [r for r in report["results"] if r["group"] != "database"] + results
        with open(args.report, "w") as f:
            json.dump(report, f, indent=1)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as e:
        sys.exit(str(e))
