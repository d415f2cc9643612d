# SPDX-License-Identifier: GPL-2.0-or-later
"""The hosts' vifdbd, and lines between them and etcd's members that can be cut."""

import os
import socket
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "vifdbd"))
sys.path.append(os.path.join(os.path.dirname(HERE), "lab"))
import ear  # noqa: E402
import xenstored  # noqa: E402
from client import Gone, Server  # noqa: E402
from etcd import LIMIT, Cluster, free_ports, text64, until  # noqa: E402


class Line:
    """A TCP port in front of a member; cut, it keeps silent in both directions.

    owner: a function from the connection's near end to who made it; then it may be cut, and be
    slow, for one of them alone."""

    def __init__(self, port, owner=lambda near: None):
        self.port, self.owner = port, owner
        self.shut = set()       # of owners; None: for all
        self.changed = threading.Condition()
        self.delay = 0          # seconds that each piece waits
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        self.url = "http://127.0.0.1:%d" % listener.getsockname()[1]
        self.end = ear.serve(listener, self.connect)

    def wait_open(self, who):
        with self.changed:
            self.changed.wait_for(lambda: not self.shut & {None, who})

    def connect(self, near):
        who = self.owner(near)
        self.wait_open(who)
        try:
            far = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            near.close()
            return
        for a, b in ((near, far), (far, near)):
            threading.Thread(target=self.carry, args=(a, b, who), daemon=True).start()

    def carry(self, source, sink, who):
        try:
            while True:
                data = source.recv(65536)
                time.sleep(self.delay)
                self.wait_open(who)
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

    def cut(self, who=None):
        with self.changed:
            self.shut.add(who)

    def mend(self, who=None):
        with self.changed:
            self.shut.discard(who)
            self.changed.notify_all()

    def close(self):
        self.end()
        with self.changed:
            self.shut.clear()
            self.changed.notify_all()


def inode_of(near):
    """Of the socket at the other end of a connection within this machine, or None."""
    ends = ["%s:%04X" % (struct.pack("<I", struct.unpack("!I", socket.inet_aton(host))[0]).hex().upper(), port)
            for host, port in (near.getpeername(), near.getsockname())]
    with open("/proc/net/tcp") as f:
        return next((line.split()[9] for line in f if line.split()[1:3] == ends), None)


def holds(pid, inode):
    try:
        return any(os.readlink("/proc/%d/fd/%s" % (pid, fd)) == "socket:[%s]" % inode
                   for fd in os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return False    # one that went while it was looked at


class LinedCluster(Cluster):
    """Its members talk with each other over lines."""

    def __init__(self, directory, size=3):
        self.lines = []
        super().__init__(directory, size)

    def peer_url(self, port):
        self.lines.append(Line(port, self.who))
        return self.lines[-1].url

    def who(self, near):
        """The member that made a connection."""
        inode = inode_of(near)
        return next((m for m in self.members if m.process and holds(m.process.pid, inode)), None)

    def cut_from_peers(self, member):
        """It hears none of the others, and none of them hears it; their clients notice nothing."""
        for one, line in zip(self.members, self.lines):
            line.cut(None if one is member else member)

    def mend(self, member):
        for one, line in zip(self.members, self.lines):
            line.mend(None if one is member else member)

    def close(self):
        super().close()
        for line in self.lines:
            line.close()


def at_another_time(seconds):
    """Before a command whose clock is to be so far from this machine's."""
    # ASan wants to be the first library.
    return ["env", "CLOCK_OFF=%d" % seconds, "ASAN_OPTIONS=verify_asan_link_order=0",
            "LD_PRELOAD=" + xenstored.build_shim("clock-shim")]


class Host:
    """A vifdbd that belongs to the pool. clock: seconds from this machine's."""

    def __init__(self, directory, schema, cluster, name, options=(), lines=False, clock=0):
        self.name = name
        self.lines = [Line(member.port) for member in cluster.members] if lines else []
        urls = [line.url for line in self.lines] or [member.url for member in cluster.members]
        # Each begins with another member.
        at = sum(name.encode()) % len(urls)
        self.base = ["--storage=etcd:" + ",".join(urls[at:] + urls[:at]), "--host=" + name]
        self.server = Server(directory, schema, name=name, options=self.base + list(options),
                             prefix=at_another_time(clock) if clock else ())

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
