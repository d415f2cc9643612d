# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of the Xen lab.

  web = Guest(host, "web", ["mac=00:16:3e:00:01:01,bridge=xenbr0.100"])
  web.create()
  web.sh("ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up")
  web.ask("reach", 3, 500, "10.0.0.2")         one request, its answer
  ping = web.start("ping", "10.0.0.2", 0, 10)  ... ping.stop() -> the answer

A guest runs Debian's small ("cloud") kernel and one program of ours, guest/*.c,
whose verbs are described there. Requests and answers go over the guest's Xen
console, through the agent of the host it is on; after a migration, follow().
"""
import glob
import hashlib
import json
import os
import queue
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import fetch  # noqa: E402
import initramfs  # noqa: E402
import wait  # noqa: E402

MODULES = ("xen-netfront", "8021q")
# An HVM guest's emulated NIC is its eth0.
HVM_MODULES = ("virtio_pci", "virtio_net", *MODULES)
# Memory, kernel, initrd; what is on the kernel's command line, and in xl's configuration, too.
KINDS = {"pv": (128, "vmlinux", "initrd", "", ""),
         "pvh": (80, "vmlinux", "initrd", "", ""),
         "hvm": (128, "vmlinuz", "initrd-hvm", " xen_emul_unplug=unnecessary",
                 "vga='none'\nvnc=0\nusb=0\nhpet=0\n")}
INIT = "#!/bin/sh\nexec /guestd\n"


class GuestError(Exception):
    pass


def kernel():
    """Debian's cloud kernel of the release the base root has."""
    depends = fetch.candidates("linux-image-cloud-amd64")[0][1]
    name = re.search(r"linux-image-\S+-cloud-amd64", depends).group(0)
    return fetch.Kernel(name[len("linux-image-"):], fetch.package(name))


def without_types(elf):
    """The kernel with its BTF marked invalid: parsing it takes 20 MB and a second."""
    table, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    heads = [struct.unpack_from("<IIQQQQ", elf, table + i * size) for i in range(count)]
    strings = heads[names][4]
    for name, _, _, _, offset, _ in heads:
        if elf[strings + name:strings + name + 5] == b".BTF\0":
            return elf[:offset] + b"\0\0" + elf[offset + 2:]
    return elf


def vmlinux(source):
    """The kernel unpacked, so that no emulated host has to do it."""
    path = os.path.join(fetch.cache(), f"vmlinux-{source.release}-1")
    if not os.path.exists(path):
        with open(path + ".new", "wb") as f:
            f.write(without_types(fetch.unpacked(source.image)))
        os.rename(path + ".new", path)
    return path


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def program():
    """Path of the guests' program."""
    sources = sorted(glob.glob(f"{HERE}/guest/*.[ch]"))
    digest = hashlib.sha256(b"".join(contents(path) for path in sources))
    path = os.path.join(fetch.cache(), f"guestd-{digest.hexdigest()[:16]}")
    if not os.path.exists(path):
        fetch.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                   "-static", "-s", "-o", path + ".new", *[s for s in sources if s.endswith(".c")]])
        os.rename(path + ".new", path)
    return path


def initrd(source, modules):
    guestd = contents(program())
    digest = hashlib.sha256((INIT + source.release + repr(modules)).encode() + guestd)
    path = os.path.join(fetch.cache(), f"guest-initrd-{digest.hexdigest()[:16]}")
    if not os.path.exists(path):
        initramfs.build(path, source, INIT, modules, {"guestd": guestd})
    return path


def files():
    source = kernel()
    return {"vmlinux": contents(vmlinux(source)), "initrd": contents(initrd(source, MODULES)),
            "vmlinuz": contents(source.image), "initrd-hvm": contents(initrd(source, HVM_MODULES))}


class Pending:
    """A request on its way: result() waits for the answer, stop() ends it first."""

    def __init__(self, guest, ident, text):
        self.guest, self.ident, self.text = guest, ident, text
        self.answers = queue.Queue()

    def result(self, timeout=30):
        try:
            answer = self.answers.get(timeout=timeout * wait.SLOW)
        except queue.Empty:
            raise wait.Timeout(f"waited {timeout} s for {self.guest.name} to answer"
                               f" \"{self.text}\"\n{self.guest.tail()}") from None
        if "error" in answer:
            raise GuestError(f"{self.guest.name}: {self.text}: {answer['error']}")
        return answer

    def stop(self, timeout=30):
        self.guest.start("stop", self.ident)
        return self.result(timeout)


class Guest:
    """vifs: xl's vif specifications, without the script."""

    def __init__(self, host, name, vifs, kind="pv", script=None, extra=""):
        self.host, self.name, self.vifs, self.kind = host, name, list(vifs), kind
        self.script, self.extra = script, extra
        self.domid = None
        self.lines = []
        self.pending = {}
        self.next = 1

    def config(self):
        script = f",script={self.script}" if self.script else ""
        vifs = ", ".join(f"'{vif}{script}'" for vif in self.vifs)
        memory, kernel, initrd, words, more = KINDS[self.kind]
        return (f"name='{self.name}'\ntype='{self.kind}'\nkernel='/srv/guest/{kernel}'\n"
                f"ramdisk='/srv/guest/{initrd}'\nmemory={memory}\nvcpus=1\n"
                f"extra='console=hvc0 quiet loglevel=3 random.trust_cpu=on{words}'\n"
                f"vif=[{vifs}]\non_crash='preserve'\n{more}{self.extra}\n")

    def write_config(self):
        path = f"/run/guests/{self.name}.cfg"
        self.host.put(path, self.config())
        return path

    def try_create(self, timeout=120):
        """xl create's outcome, as the operator sees it."""
        return self.host.run(f"xl create {self.write_config()}", timeout, check=False)

    def create(self, timeout=120):
        done = self.try_create(timeout)
        if done.rc:
            raise GuestError(f"xl create {self.name}: exit {done.rc}\n{done.err}")
        self.attach()
        self.wait_ready()
        return self

    def attach(self):
        """Follow the console of the domain that has our name now."""
        self.domid = int(self.host.run(f"xl domid {self.name}").out)
        tty = self.host.run(f"xenstore-read /local/domain/{self.domid}/console/tty").out.strip()
        self.host.follow_console(self.domid, tty, self.take_line)

    def wait_ready(self, timeout=90):
        try:
            wait.until(f"{self.name} to be up", timeout,
                       lambda: any(line.startswith("=0 ") for line in self.lines))
        except wait.Timeout as e:
            raise wait.Timeout(f"{e}\n{self.tail()}") from None

    def follow(self, host):
        """After a migration: the same guest, on another host."""
        self.host = host
        self.attach()

    def take_line(self, line):
        self.lines.append(line)
        found = re.match(r"=(\d+) (\{.*\})$", line)
        if not found:
            return
        waiting = self.pending.pop(found.group(1), None)
        if waiting:
            waiting.answers.put(json.loads(found.group(2)))

    def start(self, *words):
        ident = str(self.next)
        self.next += 1
        text = " ".join(str(word) for word in words)
        pending = self.pending[ident] = Pending(self, ident, text)
        self.host.type(self.domid, f"{ident} {text}")
        return pending

    def ask(self, *words, timeout=30):
        return self.start(*words).result(timeout)

    def serve(self, port):
        """A server of datagrams and connections (guest/talk.c), once it listens."""
        server = self.start("serve", port)
        there = f"cd /proc/net; grep -q ':{port:04X} ' udp && grep -q ':{port:04X} .* 0A ' tcp"
        wait.until(f"{self.name} to listen on port {port}", 60,
                   lambda: self.ask("sh", there)["rc"] == 0, 0.3)
        return server

    def stop_all(self):
        """After a failure: what was started and nobody waits for."""
        for ident in list(self.pending):
            self.start("stop", ident)

    def sh(self, command, timeout=30, check=True):
        answer = self.ask("sh", command, timeout=timeout)
        if check and answer["rc"]:
            raise GuestError(f"{self.name}: {command}: exit {answer['rc']}: {answer['out']}")
        return answer["out"]

    def destroy(self, timeout=60):
        self.host.run(f"xl destroy {self.name}", timeout)
        self.domid = None

    def tail(self, lines=15):
        return f"--- last lines of {self.name}'s console\n" + "\n".join(self.lines[-lines:])
