# SPDX-License-Identifier: GPL-2.0-or-later
"""A controller with 100,000 flows that dies and comes back, and vifofd killed between: nothing is lost."""
import socket
import struct

import wait
from registry import check, same, test
from test_controllers import HERE, PORT
from test_daemon import Stream, numbered
from test_vifofd import Vifofd, bed, numbers
from world import mac

COUNT = 100000
AT_ONCE = 2000
HELLO, ECHO, ECHOED, FEATURES, FLOW_MOD, BARRIER, BARRED = 0, 2, 3, 5, 14, 20, 21


def message(kind, body=b"", xid=1):
    return struct.pack(">BBHI", 4, kind, 8 + len(body), xid) + body


def flow_mod(priority, oxm, port):
    match = struct.pack(">HH", 1, 4 + len(oxm)) + oxm
    action = struct.pack(">HHIH6x", 0, 16, port, 0xffff)
    return message(FLOW_MOD, struct.pack(">QQBBHHHIIIHxx", 7, 0, 0, 0, 0, 0, priority, *[2 ** 32 - 1] * 3, 0)
                   + match + bytes(-len(match) % 8) + struct.pack(">HHxxxx", 4, 8 + len(action)) + action)


def flows(port):
    yield flow_mod(9, struct.pack(">HBB6s", 0x8000, 3 << 1, 6, bytes.fromhex(mac(2).replace(":", ""))), port)
    for n in range(COUNT - 1):
        yield flow_mod(100, struct.pack(">HBBHHBBI", 0x8000, 5 << 1, 2, 0x800, 0x8000, 12 << 1, 4, (11 << 24) + n),
                       port)


class Controller:
    """Who was dialled by the switch."""

    def __init__(self, listener):
        self.socket = listener.accept()[0]
        self.socket.settimeout(wait.limit(120))
        self.stream = self.socket.makefile("rb")
        self.send(message(HELLO))
        self.send(message(FEATURES))
        self.until(FEATURES + 1)

    def send(self, data):
        self.socket.sendall(data)

    def until(self, kind):
        while True:
            head = self.stream.read(8)
            check(len(head) == 8, "the switch closed the connection")
            _, got, size, xid = struct.unpack(">BBHI", head)
            body = self.stream.read(size - 8)
            check(got != 1, f"an error: {body.hex()}")
            if got == ECHO:
                self.send(message(ECHOED, body, xid))
            if got == kind:
                return

    def load(self, port):
        data, n = b"", 0
        for mod in flows(port):
            data, n = data + mod, n + 1
            if n % AT_ONCE == 0:
                self.send(data + message(BARRIER))
                self.until(BARRED)
                data = b""
        self.send(data + message(BARRIER))
        self.until(BARRED)

    def die(self):
        """In the middle of a message."""
        self.send(flow_mod(1, b"", 1)[:30])
        self.stream.close()
        self.socket.close()


def count(fd):
    return int(fd.ofctl("dump-aggregate").split("flow_count=")[1].split()[0])


@test(limit=1500)
def a_hundred_thousand():
    """100,000 flows stay in force while their controller dies, dials anew and says them again, and over kill -9"""
    dom0, (a, b) = bed(HERE, 2)
    fd = Vifofd(dom0)
    port = numbers(fd)[b.netdev]
    with socket.create_server(("127.0.0.1", PORT)) as listener:
        listener.settimeout(wait.limit(60))
        controller = Controller(listener)
        controller.load(port)
        same(count(fd), COUNT, "flows")
        stream = Stream(a, b, numbered(mac(2), mac(1)))
        stream.start()
        controller.die()
        wait.until("its end to be told", 60, lambda: fd.show()["controllers"][0]["state"] != "connected")
        same(count(fd), COUNT, "without a controller")
        controller = Controller(listener)
        controller.load(port)
        same(count(fd), COUNT, "said again")
        # killed as soon as the last one is answered
        fd.ofctl("add-flow", "priority=77,tcp,tp_dst=77,actions=drop")
        fd.kill()
        controller.socket.close()
        fd.start()
        same(count(fd), COUNT + 1, "after kill -9")
        controller = Controller(listener)
        controller.load(port)
        same(count(fd), COUNT + 1, "said to the next vifofd")
        lost = stream.end()
        check(stream.sent > 100, f"{stream.sent} frames")
        same(lost, 0, f"lost of {stream.sent}")
        controller.socket.close()
    fd.stop()
