# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: the exporter as its unit runs it, with all that systemd and AppArmor take from it."""
import os
import re
import subprocess
import tempfile

import wait
from steps_policy import answers_again, uuid, vifctl
from steps_service import main_pid
from world import check, document, step

EXPORTER, PORT, CAPTURE = "vifexportd", 4739, "/run/flows.pcap"
PINGS, ROUNDS = 40, 3
SINK = f"""import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", {PORT}))
while True:
    s.recv(65536)
"""


def got(host, path):
    return host.run(f"busybox wget -q -O - http://127.0.0.1:9797{path}", 60).out


def told(host):
    """Packets in all flow records of the capture, as tshark reads it; how often a sequence began
    anew."""
    with tempfile.TemporaryDirectory() as at:
        path = os.path.join(at, "pcap")
        with open(path, "wb") as f:
            f.write(host.get(CAPTURE))
        done = subprocess.run(
            ["tshark", "-r", path, "-d", f"udp.port=={PORT},cflow", "-T", "fields", "-e",
             "cflow.sequence", "-e", "cflow.packets", "-e", "_ws.malformed"],
            check=True, capture_output=True, text=True, timeout=300)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    check(not any(row[2] for row in rows), "tshark finds something malformed")
    sequences = [int(row[0]) for row in rows if row[0]]
    return (sum(int(n) for row in rows for n in row[1].split(",") if n),
            sum(b < a for a, b in zip(sequences, sequences[1:])))


def tells_all(w, host, identity):
    """An exporter of one, begun while one sent nothing: its counter then."""
    for _ in range(10):
        before = w.from_vm("one")["packets"]
        vifctl(host, f"exporter add flows format=ipfix to=127.0.0.1:{PORT} vms={identity}/0"
               " active-timeout=1s idle-timeout=1s")
        wait.until("the exporter to tell", 60, lambda: (
            document(host, "exporter show flows")["exporters"][0]["here"] or {}).get("state")
            == "telling", 0.3)
        if w.from_vm("one")["packets"] == before:
            return before
        vifctl(host, "exporter del flows")
    raise AssertionError("one is never quiet")


def pings(w):
    ping = w.one.ask("ping", "10.0.0.2", PINGS, 10, 2000, timeout=120)
    check(ping["received"] == PINGS, f"one's ping: {ping}")


def all_told(w, host, before):
    wait.until("records of all packets", 60,
               lambda: told(host)[0] == w.from_vm("one")["packets"] - before, 2)


@step("export", "vifexportd under systemd: metrics and page; IPFIX has every packet over kill -9",
      needs=("pool",))
def export(w):
    host, identity = w.a, uuid(w, "one")
    # Answers of nobody there would be told as losses.
    host.put("/run/sink.py", SINK)
    host.spawn("sink", "exec python3 /run/sink.py")
    host.spawn("capture", f"exec tcpdump -Z root -U -i lo -w {CAPTURE} udp dst port {PORT}")
    wait.until("tcpdump to listen", 30, lambda: host.run(f"test -s {CAPTURE}", check=False).rc == 0, 0.3)
    before = tells_all(w, host, identity)
    try:
        for _ in range(ROUNDS):
            pings(w)
            # Who is killed takes along what it was told and had not sent yet: nothing, here.
            all_told(w, host, before)
            pid = main_pid(host, EXPORTER)
            host.run(f"kill -9 {pid}")
            # What is counted from now on waits for the next one.
            pings(w)
            answers_again(host, EXPORTER, pid)
        all_told(w, host, before)
        packets, sequences = told(host)
    finally:
        vifctl(host, "exporter del flows")
        host.collect("capture", 15)
        host.collect("sink", 15)
    check(packets >= 2 * ROUNDS * PINGS, f"{packets} packets told")
    check(sequences, f"no sequence began anew, over {ROUNDS} kill -9")
    metrics, page = got(host, "/metrics"), got(host, "/")
    counted = re.search(r'^vifswitch_port_from_vm_packets_total\{[^}]*vm_uuid="%s"[^}]*\} (\d+)'
                        % identity, metrics, re.M)
    check(counted and int(counted.group(1)) >= packets, f"metrics say {counted and counted.group(0)}")
    check(re.search(r"^vifswitch_up 1$", metrics, re.M), "metrics say that the daemon is not up")
    check("</html>" in page and "mover" in page, f"the page is {page[:200]}")
    return f"{packets} packets in records, {sequences} sequences anew over {ROUNDS} kill -9"
