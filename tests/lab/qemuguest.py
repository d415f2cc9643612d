# SPDX-License-Identifier: GPL-2.0-or-later
"""A process of QEMU with a tap, as libvirt starts one, and in it a machine that only sends frames.

  tap = qemuguest.Tap("vnet0")               the netdev, which goes with the process
  vm = qemuguest.Process(tap, "52:54:00:00:00:01")
  vm.ask("system_reset")
  new = qemuguest.Process(other_tap, "52:54:00:00:00:01", incoming=True); vm.migrate(new)

What it sends is in frames.S; said_by() reads it.
"""
import collections
import fcntl
import hashlib
import json
import os
import socket
import struct
import subprocess
import tempfile

import fetch
import wait

HERE = os.path.dirname(os.path.abspath(__file__))
IFF_TAP, IFF_NO_PI, TUNSETIFF = 2, 0x1000, 0x400454ca
MAGIC, KIND = b"vifq", 0x88b5

Said = collections.namedtuple("Said", "source counter received")


def rom():
    """Its octets; assembled once, where there is a compiler at hand."""
    source = os.path.join(HERE, "frames.S")
    with open(source, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()[:16]
    path = os.path.join(fetch.cache(), f"frames-{digest}.rom")
    if not os.path.exists(path):
        fetch.run(["gcc", "-m32", "-nostdlib", "-no-pie", "-Wl,-Ttext=0,--oformat=binary,--build-id=none",
                   "-o", path + ".new", source])
        os.rename(path + ".new", path)
    with open(path, "rb") as f:
        return f.read()


def said_by(data, start):
    """What a frame says whose ethertype is at @start, None if it is nothing of the machine's."""
    if data[start:start + 6] != struct.pack(">H", KIND) + MAGIC:
        return None
    counter, received = struct.unpack_from("<IB", data, start + 6)
    return Said(data[6:12].hex(":"), counter, received)


class Tap:
    def __init__(self, name):
        subprocess.run(["modprobe", "tun"], check=True)
        self.name, self.fd = name, os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))


class Process:
    """The tap becomes its own."""

    def __init__(self, tap, mac, incoming=False):
        self.dir = tempfile.mkdtemp(prefix="qemu-")
        self.uri = f"unix:{self.dir}/incoming"
        path, bios = (os.path.join(self.dir, name) for name in ("qmp", "rom"))
        with open(bios, "wb") as f:
            f.write(bytes.fromhex(mac.replace(":", "")) + rom()[6:])
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-machine", "isapc", "-accel", "tcg", "-m", "1", "-bios", bios, "-nodefaults",
             "-display", "none", "-vga", "none", "-device", f"ne2k_isa,netdev=n,iobase=0x300,irq=9,mac={mac}",
             "-netdev", f"tap,id=n,fd={tap.fd}", "-qmp", f"unix:{path},server=on,wait=off",
             *(["-incoming", self.uri] if incoming else [])], stdin=subprocess.DEVNULL, pass_fds=[tap.fd])
        os.close(tap.fd)
        wait.until("QEMU's socket", 120, lambda: os.path.exists(path) or self.process.poll() is not None)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r")
        self.lines.readline()       # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise AssertionError(f"QEMU, {command}: {answer['error']['desc']}")
            if "return" in answer:      # else it is an event
                return answer["return"]

    def migrate(self, target):
        """Until the other runs and this one does not."""
        self.ask("migrate", uri=target.uri)

        def over():
            status = self.ask("query-migrate").get("status")
            if status == "failed":
                raise AssertionError(f"QEMU's migration failed: {self.ask('query-migrate')}")
            return status == "completed" and target.ask("query-status")["running"]
        wait.until("the migration", 120, over, 0.2)

    def end(self):
        self.process.kill()
        self.process.wait(wait.limit(30))
