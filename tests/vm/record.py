#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/terminals.md anew, from a real run: two terminals of 80 columns.

  tests/vm/run.py --shell "python3 tests/vm/record.py" > docs/terminals.md

A dom0 without Xen (dom0.py), three VMs that talk, one of them with an address that is
not its own, and vifctl as it was built.
"""
import fcntl
import os
import pty
import struct
import sys
import termios
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lab")]
import inside  # noqa: E402
import wait  # noqa: E402
from dom0 import HOST, RELEASE, Dom0  # noqa: E402
from packet import udp  # noqa: E402
from world import frame  # noqa: E402

COLUMNS, LINES = 80, 50
CLEAR = "\x1b[H\x1b[J"
POLICY = """vifctl acl create web from-vm-default=allow to-vm-default=deny
vifctl acl rule add web http direction=to-vm action=allow proto=udp dst-port=80
vifctl port set web acl=web lock-ip=10.0.0.1 rate-from-vm=100Mbit
vifctl port set db lock-ip=10.0.0.2
vifctl port set mail lock-ip=10.0.0.3"""


def typed(dom0, command):
    """What a terminal shows of it."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"VIFSWITCH_CONTROL": dom0.control, "VIFDB": dom0.db.remote, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
        os.environ.pop("COLUMNS", None)
        time.sleep(0.3)     # until the size is set
        os.execv("/bin/sh", ["sh", "-c", command.replace("vifctl", os.path.join(RELEASE, "vifctl"), 1)])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    data = b""
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.waitpid(pid, 0)
    return data.decode().replace("\r\n", "\n").split(CLEAR)[-1]


def packet_of(sender, receiver, data):
    return sender, frame(receiver.mac, sender.mac, kind=0x0800, payload=data)


def talk(vifs, stop):
    """Rounds of frames, until it is over."""
    web, db, mail = vifs
    good = [packet_of(web, db, udp("10.0.0.1", "10.0.0.2", 1000, 53, b"q" * 900)),
            packet_of(db, web, udp("10.0.0.2", "10.0.0.1", 53, 80, b"a" * 300)),
            packet_of(mail, db, udp("10.0.0.3", "10.0.0.2", 25, 25, b"m" * 100))]
    bad = packet_of(mail, db, udp("10.0.0.9", "10.0.0.2", 25, 25, b"m" * 100))
    while not stop.is_set():
        for sender, data in good * 5 + [bad]:
            sender.send(data)
        time.sleep(0.02)


def session(dom0, *commands):
    return "".join(f"# {command}\n{typed(dom0, command)}" for command in commands)


def main():
    inside.prepare()
    dom0 = Dom0("switch xenbr0 {\n\tuplink eth0 { tagged = {1-99} }\n}\n", database=True)
    vifs = [dom0.vif(n, access=50, name=name) for n, name in ((1, "web"), (2, "db"), (3, "mail"))]
    for vif in vifs:
        dom0.plugged(vif)
        vif.key("state", 4)
    dom0.db.applied(HOST)
    for command in POLICY.splitlines():
        typed(dom0, command)
    wait.until("all to be active", 20, lambda: all(dom0.entry(v)["state"] == "active" for v in vifs))
    stop = threading.Event()
    thread = threading.Thread(target=talk, args=(vifs, stop), daemon=True)
    thread.start()
    time.sleep(2)
    top = typed(dom0, "vifctl top --count=2")
    first = session(dom0, "vifctl show", "vifctl port show mail",
                    "vifctl why mail udp 10.0.0.9 db:25", "vifctl why db tcp 10.0.0.2 web:22",
                    "vifctl doctor", "vifctl drops")
    stop.set()
    thread.join()
    text = "\n".join("    " + line if line else "" for line in first.splitlines())
    beside = "\n".join("    " + line if line else "" for line in ("# vifctl top\n" + top).splitlines())
    print(f"""# Two terminals

Recorded by `tests/vm/record.py` from a run with three VMs, in terminals of {COLUMNS} columns. `mail`
sends some of its packets with an address that is not its own. One terminal:

{text}

And one that goes on beside it:

{beside}""")


if __name__ == "__main__":
    main()
