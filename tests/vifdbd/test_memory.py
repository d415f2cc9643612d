# SPDX-License-Identifier: GPL-2.0-or-later
"""What clients make the server keep counts against --max-memory, and against a client's share."""

import os
import re
import subprocess

from client import TOP, VIFDBD, Gone
from registry import test

LIMIT_MIB = 16
# What is there besides: the program, a request while it is read and worked on, what malloc
# does not give back. Without limits each of these tests takes several times as much.
PEAK_MIB = 110


def limited(s, name, *options):
    server = s.server(name=name, options=[f"--max-memory={LIMIT_MIB}", *options])
    server.start().close()
    return server


def peak(server):
    """MiB; and the server must still serve."""
    client = server.client_now()
    assert client.transact({"op": "select", "table": "D", "where": []}) == [{"rows": []}]
    client.close()
    return server.status("VmHWM") // 1024


def refused(client, method, params):
    """Whether a request is refused for the lack of resources, or the client is cut off."""
    ident = "x"
    try:
        client.send(method, params, ident)
        client.call("echo")
        answer = client.answers.pop(ident, {"error": None})
    except Gone:
        return True
    error = answer["error"] or {}
    return error.get("error") == "resources exhausted"


@test("4 memory: transactions that wait count, and are refused beyond a client's share")
def waiting_transactions(s):
    server = limited(s, "waiting")
    # The server waits for this row; there is none.
    blocked = {"op": "wait", "table": "D", "until": "==", "timeout": 600000, "columns": ["level"], "where": [],
               "rows": [{"level": 9}]}
    clients, verdicts = [], []
    for size in (5 << 20, 1 << 20, 100 << 10):
        for _ in range(6):
            clients.append(server.client_now())
            bulk = {"op": "insert", "table": "A", "row": {"s1": ["set", list(range(100000, 100000 + size // 8))]}}
            verdicts.append(refused(clients[-1], "transact", ["Test", blocked, bulk]))
    # Five MiB are more than a message may have, one becomes more than a share; a little waits.
    assert verdicts[:12] == [True] * 12 and verdicts[12:] == [False] * 6, verdicts
    while not refused(clients[-1], "transact", ["Test", blocked, bulk]):
        pass
    used = peak(server)
    assert used < PEAK_MIB, used
    for client in clients:
        client.close()
    # All is given back: the next client may have the same.
    client = server.client_now()
    assert not refused(client, "transact", ["Test", blocked, bulk])
    return f"{used} MiB at most"


@test("4 memory: monitors and their conditions count, and are refused beyond a client's share")
def large_monitors(s):
    server = limited(s, "monitors")
    clients = [server.client_now() for _ in range(4)]
    for k, client in enumerate(clients):
        n = 0
        while not refused(client, "monitor_cond", ["Test", f"{k} {n}", {
                "A": {"where": [["ss", "==", ["set", [f"{k} {n} {i}" for i in range(2000)]]]]}}]):
            n += 1
        assert 1 < n < 100, n
        # Its name alone can be large.
        assert refused(client, "monitor", ["Test", [[]] * 500000, {"A": {}}])
    used = peak(server)
    assert used < PEAK_MIB, used
    client = clients[0]
    client.close()
    client = server.client_now()
    assert refused(client, "monitor_cond", ["Test", "m", {"D": {"where": [["level", "==", 4]] * 16385}}])
    few = {"D": {"where": [["level", "==", 4]] * 5000}}
    assert not refused(client, "monitor_cond", ["Test", "m", few])
    assert not refused(client, "monitor_cond_change", ["m", "m", few])
    assert refused(client, "monitor_cond_change", ["m", "m", {"D": [{"where": [["level", "==", 4]] * 16385}]}])
    assert client.call("monitor_cancel", "m") == {}
    assert not refused(client, "monitor_cond", ["Test", "m", few])
    return f"{used} MiB at most"


@test("4 memory: updates that are not read count, however few and large they are")
def large_updates(s):
    server = limited(s, "updates")
    writer = server.client_now()
    clients = [server.client_now() for _ in range(40)]
    for k, client in enumerate(clients):
        # Each of its own, so that none can share what is sent.
        client.call("monitor_cond", "Test", "m", {"A": {"where": [["big", "!=", k]], "columns": ["imm"]}})
    before = server.status("VmHWM") // 1024
    writer.transact({"op": "insert", "table": "A", "row": {"s1": 1, "big": 100, "imm": "x" * 3000000}})
    used = peak(server) - before
    assert used < 60, used
    reader = server.client_now()
    assert len(reader.transact({"op": "select", "table": "A", "where": [], "columns": ["s1"]})[0]["rows"]) == 1
    return f"{used} MiB more for 40 times 3 MiB"


@test("4 memory: names of locks count")
def lock_names(s):
    server = limited(s, "locks")
    clients = [server.client_now() for _ in range(6)]
    for k, client in enumerate(clients):
        n = 0
        while not refused(client, "lock", [f"n{k}_{n}_" + "x" * 200000]):
            n += 1
        assert n < 25, n
    used = peak(server)
    assert used < PEAK_MIB, used
    clients.pop(0).close()
    assert not refused(server.client_now(), "lock", ["x" * 200000])
    return f"{used} MiB at most"


@test("4 memory: the service may take what the default limits come to")
def service_memory(s):
    with open(os.path.join(TOP, "systemd/vifdbd.service")) as f:
        unit = dict(re.findall(r"^(\w+)=(.*)$", f.read(), re.M))
    out = subprocess.run([VIFDBD, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    clients, message = (int(re.search(rf"--max-{what}=MIB .*\((\d+)\)", out)[1]) for what in ("memory", "message"))
    result, database = 256, 512
    need = clients + database + 13 * message + 2 * result
    assert unit["MemoryMax"].endswith("G") and 1024 * int(unit["MemoryMax"][:-1]) >= need, (unit["MemoryMax"], need)
    # Spared while it is small, not when it has a tenth of the memory more than others.
    assert -100 <= int(unit["OOMScoreAdjust"]) < 0, unit["OOMScoreAdjust"]
