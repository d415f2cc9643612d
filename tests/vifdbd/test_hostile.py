# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile and careless clients: bounded memory, and nobody else notices."""

import socket
import time

from client import Gone
from registry import test

MEMORY_MIB = 700


def still_well(s, server):
    client = server.client_now()
    assert "Test" in client.call("list_dbs")
    out = client.transact({"op": "insert", "table": "D", "row": {"level": 4}}, {"op": "abort"})
    assert out[1]["error"] == "aborted"
    client.close()


def expect_gone(client, data):
    try:
        client.write(data)
        client.read()
        raise AssertionError(f"still connected after {data[:60]!r}")
    except Gone:
        client.close()


@test("4 bad input: what is not JSON, too deep or too large ends that connection only")
def bad_input(s):
    server = s.server(name="input", options=["--max-message=1"])
    server.start().close()
    for data in (b"}", b"hello", b"[1]]", b"{]", b'{"a":}', b"[" * 200, b'{"a":' * 200, b"\0\0", b"[]",
                 b'{"id":1,"method":5,"params":[]}', b'{"id":1,"method":"echo"}', b'{"params":[],"id":1}',
                 b'{"id":1,"method":"echo","params":{}}', b'"text"',
                 b'{"id":1,"method":"echo","params":["' + b"x" * (3 << 20),
                 b'{"id":1,"method":"echo","params":[' + b"1," * 300000):
        expect_gone(server.client_now(), data)
    client = server.client_now()
    for params in ([], ["Test", 5], ["Test", []], ["Test", {}], ["Test", {"op": None}],
                   ["Test", {"op": "insert", "table": "A", "row": []}], [None], [["Test"]]):
        client.wait(client.send("transact", params))
        client.wait(client.send("monitor", params))
        client.wait(client.send("monitor_cond_since", params + ["x", {}, "y"]))
        client.wait(client.send("monitor_cond_change", params))
        client.wait(client.send("lock", params))
        client.wait(client.send("get_schema", params))
    # A message in single octets, and many in one write.
    for octet in b'{"id":77,"method":"echo","params":["\\"}{"]}':
        client.write(bytes([octet]))
    assert client.wait(77)["result"] == ['"}{']
    client.write(b"".join(b'{"id":%d,"method":"echo","params":[]}' % n for n in range(100, 300)))
    for n in range(100, 300):
        client.wait(n)
    still_well(s, server)


@test("4 a string of 1 GiB costs a bounded amount of memory")
def huge_string(s):
    client = s.client()
    block = b"x" * (1 << 20)
    sent = 0
    try:
        client.write(b'{"id":1,"method":"echo","params":["')
        for _ in range(1024):
            client.write(block)
            sent += 1
        raise AssertionError("1 GiB was taken")
    except Gone:
        pass
    still_well(s, s.main)
    peak = s.main.status("VmHWM") // 1024
    assert sent < 100 and peak < 200, (sent, peak)
    return f"cut off after {sent} MiB, {peak} MiB at most"


@test("4 slow readers: one that never reads is cut off, memory stays bounded, others get all")
def slow_readers(s):
    server = s.server(name="slow", options=["--max-backlog=4", "--max-memory=64"])
    writer = server.start()
    idle = [server.client_now() for _ in range(20)]
    for c in idle:
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.call("monitor", "Test", "m", {"A": {"columns": ["imm", "i"]}})
    good = server.client_now()
    good.call("monitor", "Test", "m", {"A": {"columns": ["imm", "i"]}})
    out = writer.transact({"op": "insert", "table": "A", "row": {"s1": 1, "imm": "x" * 100000}})
    where = [["_uuid", "==", out[0]["uuid"]]]
    seen = 1
    for n in range(120):
        writer.transact({"op": "update", "table": "A", "where": where, "row": {"i": n % 10 + 1 - n % 10 // 9}})
        seen += len(good.sync())
    assert seen >= 109, seen
    peak = server.status("VmHWM") // 1024
    assert peak < 200, peak
    left = 0
    for c in idle:
        try:
            c.sock.settimeout(5)
            c.call("echo")
            left += 1
        except (Gone, OSError):
            pass
    assert left == 0, f"{left} slow readers were not cut off"
    # One that asks much and never reads the answers is not read either.
    greedy = server.client_now(2)
    question = (b'{"id":1,"method":"transact","params":["Test",{"op":"select","table":"A",'
                b'"where":[]}]}')
    try:
        for _ in range(20000):
            greedy.write(question * 10)
        raise AssertionError("all its questions were taken")
    except (TimeoutError, Gone):
        pass
    still_well(s, server)
    peak = server.status("VmHWM") // 1024
    assert peak < 200, peak
    return f"{peak} MiB at most"


@test("4 1,000 idle clients: little memory each, and others are served as before")
def idle_clients(s):
    before = s.main.status("VmRSS")
    clients = [s.client() for _ in range(1000)]
    for c in clients:
        c.send("echo", [])
    for c in clients:
        c.read()
    each = (s.main.status("VmRSS") - before) / 1000
    still_well(s, s.main)
    for c in clients:
        c.close()
    assert each < 64, each
    few = s.server(name="few", options=["--max-clients=10"])
    kept = [few.start()] + [few.client_now() for _ in range(9)]
    extra = few.client_now()
    try:
        extra.call("echo")
        raise AssertionError("an 11th client got in")
    except (Gone, BrokenPipeError):
        pass
    for c in kept:
        c.call("echo")
    kept.pop().close()
    time.sleep(0.2)
    few.client_now().call("echo")
    return f"{each:.1f} KiB each"


@test("4 inactivity: a TCP client that does not answer a probe is cut off, one that does is not")
def probes(s):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    server = s.server(name="probe", options=[f"--remote=ptcp:{port}:127.0.0.1",
                                             "--inactivity-probe=1000"])
    server.start().close()
    dead = socket.create_connection(("127.0.0.1", port), 10)
    alive = socket.create_connection(("127.0.0.1", port), 10)
    dead_text = b""
    alive.settimeout(0.2)
    deadline = time.monotonic() + 10
    answered = 0
    dead.settimeout(0.2)
    while time.monotonic() < deadline:
        try:
            data = alive.recv(1000)
            assert data, "the one that answers was cut off"
            answered += data.count(b'"method":"echo"')
            alive.sendall(b'{"id":"echo","result":[],"error":null}')
        except TimeoutError:
            pass
        try:
            data = dead.recv(1000)
            if not data:
                break
            dead_text += data
        except TimeoutError:
            pass
    else:
        raise AssertionError("the one that does not answer was not cut off")
    assert b'"echo"' in dead_text and answered
