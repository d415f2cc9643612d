# SPDX-License-Identifier: GPL-2.0-or-later
"""A collector of our own, for UDP, that keeps what it gets, and decodes it strictly."""
import socket

import flowdecode

SO_RCVBUFFORCE = 33


class Collector:
    def __init__(self, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.socket.bind((address, 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.to = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self.datagrams = []
        self.decoder = flowdecode.Decoder()

    def take(self):
        """All that came so far; itself."""
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return self
            self.datagrams.append(data)
            self.decoder.take(data)

    def flows(self, number=None):
        return [f for f in self.take().decoder.flows if number is None or f[10] == number]

    def close(self):
        self.socket.close()


def sums(flows, *elements):
    return tuple(sum(f[e] for f in flows) for e in elements)
