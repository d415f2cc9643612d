#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A byte stream between the two lab hosts, beside the wire.

  relay.py                  stdin and stdout to the other host (the source)
  relay.py COMMAND...       the other host's stream to COMMAND (the destination)

The migration stream takes this way, so that the wire between the hosts holds
the guests' frames only, and because a virtio-serial port costs an emulated
host a fifth of what TCP does. Each chunk on the port has a 4-octet length in
front; length 0 is the end of that direction.
"""
import os
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import open_port  # noqa: E402

PORT_NAME = "lab.migrate"
CHUNK = 65536


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def read_exact(fd, length):
    data = b""
    while len(data) < length:
        part = os.read(fd, length - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def pump_out(source, port):
    while True:
        data = os.read(source, CHUNK)
        write_all(port, struct.pack(">I", len(data)) + data)
        if not data:
            return


def pump_in(port, sink):
    try:
        while True:
            length = struct.unpack(">I", read_exact(port, 4))[0]
            if not length:
                break
            write_all(sink, read_exact(port, length))
    except (EOFError, OSError):
        pass
    os.close(sink)


def main():
    port = open_port(PORT_NAME)
    if len(sys.argv) > 1:
        child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        inward = threading.Thread(target=pump_in, args=(port, os.dup(child.stdin.fileno())),
                                  daemon=True)
        child.stdin.close()
        inward.start()
        pump_out(child.stdout.fileno(), port)
        sys.exit(child.wait())
    outward = threading.Thread(target=pump_out, args=(0, port), daemon=True)
    outward.start()
    pump_in(port, 1)


if __name__ == "__main__":
    main()
