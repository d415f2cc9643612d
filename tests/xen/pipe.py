#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pipe.py PORT: the socket that is standard input, and a connection to that port of loopback."""
import select
import socket
import sys

CHUNK = 65536


def carry(a, b):
    """Until one of them ends; then nobody hears of the other either."""
    other = {a: b, b: a}
    while True:
        for end in select.select([a, b], [], [])[0]:
            data = end.recv(CHUNK)
            if not data:
                return
            other[end].sendall(data)


try:
    carry(socket.socket(fileno=0), socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
except OSError:
    pass        # whoever asked sees the connection end
