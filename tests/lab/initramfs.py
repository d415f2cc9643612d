# SPDX-License-Identifier: GPL-2.0-or-later
"""Initramfs images: a busybox, an /init, some kernel modules.

  build(path, kernel, init, modules, files={})

kernel is a fetch.Kernel, init the text of /init (a busybox sh script), modules
names whose dependencies are added; they land in /lib/modules/RELEASE under
their own paths, uncompressed, and the order to load them in is in /modules,
one path on a line. files maps further paths to bytes.
"""
import gzip
import io
import lzma
import os
import stat

import fetch

APPLETS = ("sh", "mount", "umount", "insmod", "mkdir", "cat", "echo", "chroot", "sleep", "ip",
           "mknod", "ls", "poweroff", "reboot", "switch_root", "modprobe", "ln", "sync")


class Cpio:
    """Writer of the kernel's newc format."""

    def __init__(self):
        self.out = io.BytesIO()
        self.ino = 0
        self.dirs = set()

    def add(self, path, mode, data=b"", rdev=(0, 0)):
        parent = os.path.dirname(path)
        if parent and parent not in self.dirs:
            self.dirs.add(parent)
            self.add(parent, stat.S_IFDIR | 0o755)
        self.ino += 1
        name = path.encode() + b"\0"
        fields = (self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0)
        self.out.write(b"070701" + b"".join(b"%08x" % f for f in fields) + name)
        self.pad()
        self.out.write(data)
        self.pad()

    def pad(self):
        self.out.write(b"\0" * (-self.out.tell() % 4))

    def finish(self):
        self.add("TRAILER!!!", 0)
        return self.out.getvalue()


def normal(name):
    base = os.path.basename(name)
    return base.split(".ko")[0].replace("-", "_")


def dependencies(kernel, names):
    """Paths below kernel.modules in load order; built-in modules are left out."""
    deps, by_name = {}, {}
    with open(os.path.join(kernel.modules, "modules.dep")) as f:
        for line in f:
            path, needs = line.rstrip("\n").split(":")
            deps[path] = needs.split()
            by_name[normal(path)] = path
    with open(os.path.join(kernel.modules, "modules.builtin")) as f:
        builtin = {normal(line.strip()) for line in f}
    order = []

    def visit(path):
        for need in reversed(deps[path]):
            visit(need)
        if path not in order:
            order.append(path)

    for name in names:
        name = normal(name)
        if name in by_name:
            visit(by_name[name])
        elif name not in builtin:
            raise SystemExit(f"lab: kernel {kernel.release} has no module {name}")
    return order


def read_module(path):
    with open(path, "rb") as f:
        data = f.read()
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".gz"):
        return gzip.decompress(data)
    return data


def build(path, kernel, init, modules, files=None):
    archive = Cpio()
    with open(fetch.tool("busybox", "busybox-static"), "rb") as f:
        archive.add("bin/busybox", stat.S_IFREG | 0o755, f.read())
    for applet in APPLETS:
        archive.add("bin/" + applet, stat.S_IFLNK | 0o777, b"busybox")
    for directory in ("proc", "sys", "dev", "root", "tmp"):
        archive.add(directory, stat.S_IFDIR | 0o755)
    archive.add("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    archive.add("init", stat.S_IFREG | 0o755, init.encode())
    order = []
    for module in dependencies(kernel, modules):
        target = f"lib/modules/{kernel.release}/" + module.split(".ko")[0] + ".ko"
        archive.add(target, stat.S_IFREG | 0o644,
                    read_module(os.path.join(kernel.modules, module)))
        order.append("/" + target)
    archive.add("modules", stat.S_IFREG | 0o644, "".join(m + "\n" for m in order).encode())
    for name, data in (files or {}).items():
        archive.add(name, stat.S_IFREG | 0o755, data)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as f:
        f.write(gzip.compress(archive.finish(), 1))
    os.rename(temporary, path)
    return path
