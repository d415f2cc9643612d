#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
vifdbd beside Debian's ovsdb-server: same machine, same schema, same durability
(every transaction is on disk before it is acknowledged), and beside a loop that does
nothing but fdatasync, which is what a single client cannot be faster than; and beside
a process that does so for each message of a socket, which is what any server can reach:
where a disk takes 0.1 ms, the way to another process and back is a third of the time.
Beside monitors there is a process that only sends, again and again the same message to as
many sockets: what it takes, kernel and reader take of any server's.

A change waits for the disk before it goes to monitors, of either server. What the
servers themselves take for it shows where that costs nothing: hence these rows once
more in memory.
"""

import argparse
import hashlib
import json
import os
import select
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from client import TOP, Server

sys.path.insert(0, os.path.join(TOP, "tests", "bench"))
import report  # noqa: E402

MEMORY = "/dev/shm"
SYNC_FILE = 4 << 20
PAGE = 4096
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
SUBJECTS = {"vifdbd": "vifswitch"}


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


def on_cpu(server):
    """Seconds of CPU of a server that has one thread, to the nanosecond."""
    with open(f"/proc/{server.process.pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0]) / 1e9


def writes(server, clients, seconds):
    """Transactions per second, the latency in ms that 99 % do not exceed, and server CPU ms of each."""
    sel = selectors.DefaultSelector()
    latency, began = [], {}
    count = 0
    requests = [[change(n, i) for i in range(50)] for n in range(clients)]
    socks = [connect(server) for _ in range(clients)]
    cpu = on_cpu(server)
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
    cpu = on_cpu(server) - cpu
    for sock in socks:
        sock.close()
    latency.sort()
    return count / (now - start), latency[int(len(latency) * .99)] * 1000, cpu * 1000 / count


def syncs(directory, seconds):
    """How often a second a page of a file that has its size already gets to the disk."""
    with tempfile.TemporaryFile(dir=directory, buffering=0) as f:
        f.write(bytes(SYNC_FILE))
        os.fdatasync(f.fileno())
        count, start = 0, time.monotonic()
        while time.monotonic() < start + seconds:
            os.pwrite(f.fileno(), os.urandom(PAGE), count * PAGE % SYNC_FILE)
            os.fdatasync(f.fileno())
            count += 1
        return count / (time.monotonic() - start)


def answer_and_sync(listener, directory):
    """A server that does nothing but what a commit cannot do without, in a process of its own."""
    sock = listener.accept()[0]
    with tempfile.TemporaryFile(dir=directory, buffering=0) as f:
        f.write(bytes(SYNC_FILE))
        count = 0
        while sock.recv(65536):
            os.pwrite(f.fileno(), os.urandom(PAGE), count * PAGE % SYNC_FILE)
            os.fdatasync(f.fileno())
            sock.sendall(b'{"id":1,"result":[{"count":1},{}],"error":null}')
            count += 1
    os._exit(0)


def syncs_by_socket(directory, seconds):
    """How often a second a client has its answer of one fdatasync."""
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as sock:
        listener.bind("")
        listener.listen()
        if not os.fork():
            sock.close()
            answer_and_sync(listener, directory)
        sock.connect(listener.getsockname())
        count, start = 0, time.monotonic()
        while time.monotonic() < start + seconds:
            sock.sendall(change(0, count % 50))
            read_answer(sock)
            count += 1
        rate = count / (time.monotonic() - start)
    os.wait()
    return rate


class Readers:
    """Sockets on which one message each is awaited."""

    def __init__(self, socks):
        # As little as can be for a message: this process must not be what is measured.
        self.poll = select.epoll()
        self.recv = {sock.fileno(): sock.recv for sock in socks}
        for sock in socks:
            self.poll.register(sock, select.EPOLLIN)

    def all_told(self):
        left = len(self.recv)
        while left:
            for fd, _ in self.poll.poll(10):
                left -= self.recv[fd](4096).count(b"update2")


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
    readers = Readers(socks)
    times = []
    cpu = on_cpu(server)
    for i in range(changes):
        data = change(3, i + 1)
        start = time.monotonic()
        writer.sendall(data)
        readers.all_told()
        times.append(time.monotonic() - start)
        read_answer(writer)
    cpu = on_cpu(server) - cpu
    for sock in socks + [writer]:
        sock.close()
    return median(times) * 1000, cpu * 1000 / changes


UPDATE = (b'{"id":null,"method":"update2","params":["m",{"Port":{"%s":{"modify":{"tag":1234}}}}]}'
          % ident("row", 0).encode())


def only_send(trigger, socks):
    """For each octet that comes, UPDATE to every socket; in a process of its own."""
    sends = [sock.send for sock in socks]
    while trigger.recv(1):
        for send in sends:
            send(UPDATE)
    os._exit(0)


def sends(clients, changes):
    """What fan_out() measures, of a process that knows beforehand what it will send."""
    pairs = [socket.socketpair() for _ in range(clients)]
    trigger, other = socket.socketpair()
    if not os.fork():
        trigger.close()
        only_send(other, [pair[1] for pair in pairs])
    other.close()
    readers = Readers([pair[0] for pair in pairs])
    times = []
    for _ in range(changes):
        start = time.monotonic()
        trigger.send(b"x")
        readers.all_told()
        times.append(time.monotonic() - start)
    for sock in [trigger] + [sock for pair in pairs for sock in pair]:
        sock.close()
    os.wait()
    return median(times) * 1000


def median(values):
    return sorted(values)[len(values) // 2]


class Results:
    """What was measured in each round, by case and who."""

    def __init__(self):
        self.units, self.values = {}, {}

    def add(self, case, who, unit, value):
        self.units[case] = unit
        self.values.setdefault(case, {}).setdefault(who, []).append(value)

    def value(self, case, who):
        values = self.values[case].get(who)
        return median(values) if values else None

    def rows(self):
        return [("database", case, SUBJECTS.get(who, who), self.units[case], self.value(case, who))
                for case in self.values for who in self.values[case]]

    def table(self):
        yield f"{'case':48}{'vifdbd':>12}{'ovsdb-server':>14}  unit     better by"
        for case, unit in self.units.items():
            a, b = (self.value(case, who) for who in KINDS)
            ratio = a / b if unit == "tx/s" else b / a
            yield f"{case:48}{a:12.3f}{b:14.3f}  {unit:8} {ratio:.1f} x"


def each_kind(directory, schema):
    """Both servers, with a hundred rows: {server: UUIDs of its rows}."""
    servers = {}
    for kind in KINDS:
        server = Server(directory, schema, kind)
        server.start().close()
        fill(server, 100)
        servers[server] = dict(n_uuid)
    return servers


FAN_OUT = "one change to 100 monitors, median"
BARE = "a loop that only sends"


def fan_out_rates(server, results, changes, suffix):
    ms, cpu = fan_out(server, 100, changes)
    results.add(FAN_OUT + suffix, server.kind, "ms", ms)
    results.add("one change to 100 monitors, server CPU" + suffix, server.kind, "ms", cpu)


def rates(directory, schema, args, results):
    """Both servers in turn, again and again, so that a busy machine is so for both."""
    servers = each_kind(directory, schema)
    try:
        for _ in range(args.rounds):
            for server, known in servers.items():
                n_uuid.update(known)
                for clients in (1, 10):
                    case = f"small writes, {clients} client{'s' * (clients > 1)}"
                    rate, p99, cpu = writes(server, clients, args.seconds)
                    results.add(case, server.kind, "tx/s", rate)
                    results.add(case + ", p99", server.kind, "ms", p99)
                    results.add(case + ", server CPU", server.kind, "ms", cpu)
                fan_out_rates(server, results, args.changes, "")
            for who, function in (("fdatasync", syncs), ("a socket and fdatasync", syncs_by_socket)):
                results.add("small writes, 1 client", who, "tx/s", function(directory, args.seconds))
    finally:
        for server in servers:
            server.kill()


def rates_in_memory(schema, args, results):
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
        servers = each_kind(directory, schema)
        try:
            for _ in range(args.rounds):
                for server, known in servers.items():
                    n_uuid.update(known)
                    fan_out_rates(server, results, args.changes, ", no disk")
                results.add(FAN_OUT + ", no disk", BARE, "ms", sends(100, args.changes))
        finally:
            for server in servers:
                server.kill()


def sizes(kind, directory, schema, args, results):
    server = Server(directory, schema, kind, name="big")
    if kind == "vifdbd":
        server.start().close()
        fill(server, args.rows)
        server.stop()
    else:
        write_log(server.file, args.rows)
    try:
        for _ in range(args.starts):
            start = time.monotonic()
            client = server.start(120)
            client.call("transact", "vifswitch", {"op": "select", "table": "Port", "columns": ["tag"],
                                                  "where": [["_uuid", "==", ["uuid", ident("none", 0)]]]})
            results.add(f"start-up with {args.rows} rows", kind, "ms", (time.monotonic() - start) * 1000)
            client.close()
            results.add(f"memory with {args.rows} rows", kind, "MiB", server.status("VmRSS") / 1024)
            server.stop()
    finally:
        server.kill()
    results.add(f"file with {args.rows} rows", kind, "MiB", os.path.getsize(server.file) / 2**20)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=.4, help="for each rate, each time")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--changes", type=int, default=40, help="to fan out, each time")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--dir", default="/var/tmp", help="where the databases go (a disk, not a tmpfs)")
    args = parser.parse_args()
    results = Results()
    with tempfile.TemporaryDirectory(dir=args.dir) as directory:
        schema = plain_schema(directory)
        rates(directory, schema, args, results)
        if os.access(MEMORY, os.W_OK):
            rates_in_memory(schema, args, results)
        for kind in KINDS:
            sizes(kind, directory, schema, args, results)
    print("\n".join(results.table()))
    case = "small writes, 1 client"
    for who in ("fdatasync", "a socket and fdatasync"):
        bare = results.value(case, who)
        print(f"{case}: {results.value(case, 'vifdbd') / bare:.0%} of the {bare:.0f} a second "
              f"that {who} for each allows")
    bare = results.value(FAN_OUT + ", no disk", BARE)
    if bare:
        print(f"{FAN_OUT}, no disk: {bare:.3f} ms of it {BARE} takes, too")
    report.write("vifdbd", results.rows())
    report.merge()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as e:
        sys.exit(str(e))
