# SPDX-License-Identifier: GPL-2.0-or-later
"""A small XenStore client over the daemon's socket, for writing keys fast.

  xs = XsClient(); xs.write("/local/domain/3/name", "web"); xs.read(path)
  xs.write_many({path: value, ...})    in one transaction
  xs.remove(path); xs.list(path)       None where there is no such node
  xs.permit(path, "n3")                a node becomes domain 3's
"""
import socket
import struct

import wait

DIRECTORY, READ, TRANSACTION_START, TRANSACTION_END = 1, 2, 6, 7
WRITE, RM, SET_PERMS, ERROR = 11, 13, 14, 16
BATCH = 40  # requests sent before their answers are read
SOCKET = "/run/xenstored/socket"


class XsError(OSError):
    pass


class XsClient:
    def __init__(self, path=SOCKET):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(wait.limit(60))
        self.socket.connect(path)
        self.sequence = 0

    def close(self):
        self.socket.close()

    def exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionResetError("the XenStore daemon closed the connection")
            data += part
        return data

    def request(self, kind, payload, transaction):
        self.sequence += 1
        return struct.pack("=IIII", kind, self.sequence, transaction, len(payload)) + payload

    def answer(self, sequence, payload=b""):
        while True:
            kind, number, _, size = struct.unpack("=IIII", self.exactly(16))
            data = self.exactly(size)
            if number == sequence:
                break
        if kind == ERROR:
            raise XsError(data.rstrip(b"\0").decode(), payload[:80])
        return data

    def call(self, kind, payload, transaction=0):
        self.socket.sendall(self.request(kind, payload, transaction))
        return self.answer(self.sequence, payload)

    @staticmethod
    def node(path, value):
        return path.encode() + b"\0" + (value if isinstance(value, bytes) else str(value).encode())

    def write(self, path, value):
        self.call(WRITE, self.node(path, value))

    def write_many(self, nodes, before_commit=None):
        """All or none; before_commit() is called when only the commit is left."""
        items = [self.node(*n) for n in nodes.items()]
        while True:
            transaction = int(self.call(TRANSACTION_START, b"\0").rstrip(b"\0"))
            for at in range(0, len(items), BATCH):
                batch = items[at:at + BATCH]
                first = self.sequence + 1
                self.socket.sendall(b"".join(self.request(WRITE, n, transaction) for n in batch))
                for i, n in enumerate(batch):
                    self.answer(first + i, n)
            if before_commit:
                before_commit()
            try:
                self.call(TRANSACTION_END, b"T\0", transaction)
                return
            except XsError as e:
                if "EAGAIN" not in str(e):
                    raise

    def permit(self, path, *permissions):
        """The owner's first: nID, rID, wID or bID (none, read, write or both)."""
        self.call(SET_PERMS, "\0".join((path, *permissions, "")).encode())

    def read(self, path):
        try:
            return self.call(READ, path.encode() + b"\0").decode(errors="replace")
        except XsError:
            return None

    def list(self, path):
        try:
            return self.call(DIRECTORY, path.encode() + b"\0").decode().split("\0")[:-1]
        except XsError:
            return None

    def remove(self, path):
        try:
            self.call(RM, path.encode() + b"\0")
        except XsError as e:
            if "ENOENT" not in str(e):
                raise
