# SPDX-License-Identifier: GPL-2.0-or-later
"""etcd's members as processes, the hosts' vifdbd, and lines between them that can be cut."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from base64 import b64decode, b64encode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "vifdbd"))
from client import Gone, Server  # noqa: E402

ETCD = shutil.which("etcd") or "/usr/bin/etcd"
PREFIX = "/vifswitch/"
LIMIT = 120     # seconds for what should take a moment: only to end a test that hangs


next_port = 12000 + os.getpid() % 8000
port_lock = threading.Lock()


def free_ports(count):
    """Below those that the kernel gives to connections, and each only once."""
    global next_port
    ports = []
    with port_lock:
        while len(ports) < count:
            next_port = next_port + 1 if next_port < 31000 else 12000
            with socket.socket() as sock:
                try:
                    sock.bind(("127.0.0.1", next_port))
                    ports.append(next_port)
                except OSError:
                    pass
    return ports


def until(what, condition, limit=LIMIT):
    deadline = time.monotonic() + limit
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise RuntimeError("not within %d s: %s" % (limit, what))
        time.sleep(0.02)


class Member:
    """One etcd."""

    def __init__(self, directory, number, client, peer, cluster, options=()):
        self.dir = os.path.join(directory, "etcd%d" % number)
        self.url = "http://127.0.0.1:%d" % client
        self.port = client
        self.log = self.dir + ".log"
        self.process = None
        peer_url = "http://127.0.0.1:%d" % peer
        self.command = [
            ETCD, "--name=m%d" % number, "--data-dir=" + self.dir, "--listen-client-urls=" + self.url,
            "--advertise-client-urls=" + self.url, "--listen-peer-urls=" + peer_url,
            "--initial-advertise-peer-urls=" + peer_url, "--initial-cluster=" + cluster,
            "--log-level=error", "--heartbeat-interval=100", "--election-timeout=1000", *options]

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            env=dict(os.environ, ETCD_UNSUPPORTED_ARCH=os.uname().machine))

    def signal(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def post(self, path, body, timeout=20):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)


def text64(text):
    return b64encode(text.encode()).decode()


class Cluster:
    def __init__(self, directory, size=3, options=()):
        ports = free_ports(2 * size)
        names = ",".join("m%d=http://127.0.0.1:%d" % (n, ports[size + n]) for n in range(size))
        self.members = [Member(directory, n, ports[n], ports[size + n], names, options)
                        for n in range(size)]
        for member in self.members:
            member.start()
        self.healthy()

    def healthy(self):
        for member in self.members:
            until("etcd answers", lambda m=member: self.answers(m))

    @staticmethod
    def answers(member):
        try:
            member.post("/v3/kv/range", {"key": text64("x")}, 3)
            return True
        except (OSError, ValueError):
            return False

    def leader(self, but=None):
        """The member that one of the others, or itself, takes for the leader; None: nobody is, or @but."""
        for member in self.members:
            if member is but:
                continue
            try:
                status = member.post("/v3/maintenance/status", {}, 3)
            except (OSError, ValueError):
                continue
            name = status.get("leader", "0")
            found = next((m for m in self.members if self.ids().get(name) == m.url), None)
            return None if found is but else found
        return None

    def ids(self):
        """{a member's number in etcd's words: its URL}"""
        listed = self.post("/v3/cluster/member/list", {})
        return {one["ID"]: one["clientURLs"][0] for one in listed["members"] if one.get("clientURLs")}

    def post(self, path, body):
        """By whichever member answers."""
        def attempt():
            for member in self.members:
                try:
                    return [member.post(path, body, 5)]
                except urllib.error.HTTPError as error:
                    text = error.read().decode()
                    if "leader" not in text and "timed out" not in text:
                        raise RuntimeError(text) from None
                except OSError:
                    pass
            return None
        return until("etcd answers " + path, attempt)[0]

    def keys(self, part):
        """{key behind the prefix: value}"""
        start = PREFIX + part
        end = start[:-1] + chr(ord(start[-1]) + 1)
        got = self.post("/v3/kv/range", {"key": text64(start), "range_end": text64(end)})
        return {b64decode(kv["key"]).decode()[len(PREFIX):]: b64decode(kv.get("value", "")).decode()
                for kv in got.get("kvs", [])}

    def put(self, key, value):
        return self.post("/v3/kv/put", {"key": text64(PREFIX + key), "value": text64(value)})

    def delete(self, key):
        return self.post("/v3/kv/deleterange", {"key": text64(PREFIX + key)})

    def compact(self):
        revision = self.post("/v3/kv/range", {"key": text64("x")})["header"]["revision"]
        self.post("/v3/kv/compaction", {"revision": revision, "physical": True})
        return int(revision)

    def close(self):
        for member in self.members:
            member.kill()


class Line:
    """A TCP port in front of a member; cut, it keeps silent in both directions."""

    def __init__(self, port):
        self.port = port
        self.whole = threading.Event()
        self.whole.set()
        self.pairs = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near):
        self.whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            near.close()
            return
        for a, b in ((near, far), (far, near)):
            threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    def carry(self, source, sink):
        try:
            while True:
                data = source.recv(65536)
                self.whole.wait()
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for sock in (source, sink):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.whole.clear()

    def mend(self):
        self.whole.set()

    def close(self):
        self.listener.close()
        self.whole.set()


class Host:
    """A vifdbd that belongs to the pool."""

    def __init__(self, directory, schema, cluster, name, options=(), lines=False):
        self.name = name
        self.lines = [Line(member.port) for member in cluster.members] if lines else []
        urls = [line.url for line in self.lines] or [member.url for member in cluster.members]
        # Each begins with another member.
        at = sum(name.encode()) % len(urls)
        self.base = ["--storage=etcd:" + ",".join(urls[at:] + urls[:at]), "--host=" + name]
        self.server = Server(directory, schema, name=name, options=self.base + list(options))

    def start(self, options=None):
        if options is not None:
            self.server.options = self.base + list(options)
        return self.server.start(wait=LIMIT)

    def client(self, timeout=LIMIT):
        return self.server.client_now(timeout)

    def cut(self):
        for line in self.lines:
            line.cut()

    def mend(self):
        for line in self.lines:
            line.mend()

    def close(self):
        self.server.kill()
        for line in self.lines:
            line.close()


def content(client, tables, db="Test"):
    """All rows of some tables, with everything but their versions, in one order."""
    rows = client.transact(*[{"op": "select", "table": table, "where": []} for table in tables], db=db)
    out = {}
    for table, result in zip(tables, rows):
        found = result["rows"]
        for row in found:
            row.pop("_version", None)
        out[table] = sorted(found, key=lambda row: row["_uuid"][1])
    return out


__all__ = ["Cluster", "Gone", "Host", "Line", "content", "free_ports", "text64", "until"]
