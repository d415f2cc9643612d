# SPDX-License-Identifier: GPL-2.0-or-later
"""etcd's members as processes of this machine, and certificates for them and who asks them."""

import json
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from base64 import b64decode, b64encode

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
    """One etcd. client, peer: its ports; peer_url: by which its peers reach it. at: HOST:PORT by
    which others reach it; None: as the test does. secure: it asks for certificates and shows one,
    from the directory's ca.pem, member.pem and member-key.pem."""

    def __init__(self, directory, number, client, peer, peer_url, cluster, options=(), at=None, secure=None):
        self.dir = os.path.join(directory, "etcd%d" % number)
        scheme = "https" if secure else "http"
        self.url = "%s://127.0.0.1:%d" % (scheme, client)
        self.reached = "%s://%s" % (scheme, at) if at else self.url
        self.port = client
        self.log = self.dir + ".log"
        self.process = self.trust = None
        self.command = [
            ETCD, "--name=m%d" % number, "--data-dir=" + self.dir, "--listen-client-urls=" + self.url,
            "--advertise-client-urls=" + self.reached, "--listen-peer-urls=http://127.0.0.1:%d" % peer,
            "--initial-advertise-peer-urls=" + peer_url, "--initial-cluster=" + cluster,
            "--log-level=error", "--heartbeat-interval=100", "--election-timeout=1000", *options]
        if secure:
            ca, cert, key = (os.path.join(secure, name) for name in ("ca.pem", "member.pem", "member-key.pem"))
            self.command += ["--client-cert-auth", "--trusted-ca-file=" + ca, "--cert-file=" + cert,
                             "--key-file=" + key]
            self.trust = ssl.create_default_context(cafile=ca)
            self.trust.load_cert_chain(cert, key)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            env=dict(os.environ, ETCD_UNSUPPORTED_ARCH=os.uname().machine))

    def signal(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def fill_disk(self):
        """Its next write fails, of which etcd dies, as it does where the disk is full."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def kill(self):
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def post(self, path, body, timeout=20):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=timeout, context=self.trust) as answer:
            return json.load(answer)


def text64(text):
    return b64encode(text.encode()).decode()


class Cluster:
    """at: what Member takes, for each."""

    def __init__(self, directory, size=3, options=(), at=None, secure=None, ports=None):
        ports = ports or free_ports(2 * size)
        urls = [self.peer_url(port) for port in ports[size:]]
        names = ",".join("m%d=%s" % pair for pair in enumerate(urls))
        self.members = [Member(directory, n, ports[n], ports[size + n], urls[n], names, options,
                               at[n] if at else None, secure) for n in range(size)]
        for member in self.members:
            member.start()
        self.healthy()

    def peer_url(self, port):
        """By which a member's peers reach its port."""
        return "http://127.0.0.1:%d" % port

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
            found = next((m for m in self.members if self.ids().get(name) == m.reached), None)
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
        try:
            self.post("/v3/kv/compaction", {"revision": revision, "physical": True})
        except RuntimeError as e:
            if "has been compacted" not in str(e):      # it has nothing newer
                raise
        return int(revision)

    def close(self):
        for member in self.members:
            member.kill()
