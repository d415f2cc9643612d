# SPDX-License-Identifier: GPL-2.0-or-later
"""A VM with a stock Debian kernel whose root is this machine's own.

  vm = PlainVm("6.1", workdir="build/vm/6.1")
  status = vm.run("python3 tests/vm/inside.py", timeout=300, echo=True)

In place of "6.1" goes what fetch.kernel() takes, or a kernel of our own (kernelbuild.py).
The root file system is the host's, read-only over 9p, under an overlay in the
VM's memory: nothing the VM does is seen here. The one exception is workdir,
which is mounted writable on the same path inside; the command's output goes to
workdir/output line by line, its status to workdir/status, the kernel's messages
to workdir/NAME.console. The command runs as root with the project's top as its
directory, VIFSWITCH_VM=1 and KVER set, /proc /sys /dev /run /tmp mounted, lo up,
no other network.

Programs named in PROGRAMS, with their libraries, and the files of `resident` are copied
into the VM's memory at boot, and so are the modules in FOLDERS and what modprobe looks
for: where time is counted, each answer of the share lets it jump, by more the busier this
machine is. For the same reason PATH has no folder in which nothing is found.

Modules named in MODULES are loaded before the root is mounted; all others of the
kernel are in /lib/modules and load by modprobe or by the kernel itself.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

import fetch
import initramfs
import qemu
import wait

PROGRAMS = ("bash", "sh", "ip", "tc", "bridge", "ethtool", "nft", "kmod", "modprobe", "rmmod",
            "keepalived", "ping", "mount", "sync", "timeout", "ls")
# What they read as they begin.
READ = ("/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/localtime",
        "/etc/iproute2/*", "/usr/lib/locale/C.utf8/*", "/usr/lib/locale/C.utf8/LC_MESSAGES/*",
        "/usr/share/locale/locale.alias",
        "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache", "/usr/lib/x86_64-linux-gnu/libnss_*")
LINKS = ("/bin", "/sbin", "/lib", "/lib64")
# Of the kernel's modules those that tests, or the kernel for them, load.
FOLDERS = ("net", "crypto", "lib", "arch/x86/crypto", "drivers/net/bonding", "drivers/net/vxlan",
           "drivers/net/wireguard", "drivers/net/*.ko")
SHARE = "trans=virtio,version=9p2000.L,msize=262144"
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
# One instruction is one nanosecond, and time in which nothing runs is skipped (cpus=1).
COUNTED = ["-accel", "tcg", "-icount", "shift=0,sleep=off"]
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read module; do insmod $module || echo "init: $module failed"; done < /modules
mkdir -p /host /over /new
{host} /host || echo "init: no host share"
mount -t tmpfs -o mode=755 over /over
mkdir /over/up /over/work
mount -t overlay -o lowerdir=/host,upperdir=/over/up,workdir=/over/work root /new
for d in etc/modprobe.d lib/modprobe.d run tmp; do mount -t tmpfs -o mode=1777 $d /new/$d; done
mkdir -p /new/lib/modules/{release} /over/modules /over/work2
mount -t overlay -o lowerdir=/host{modules},upperdir=/over/modules,workdir=/over/work2 kmod \
	/new/lib/modules/{release}
if ! [ -e /new{top} ]; then mkdir -p /new{top}; mount -o bind /host{top} /new{top}; fi
{work} /new{workdir} || echo "init: no work share"
ip link set lo up
echo /bin/false > /proc/sys/kernel/core_pattern
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
for d in proc sys dev; do mkdir -p /new/$d; mount -o move /$d /new/$d; done
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export VIFSWITCH_VM=1 KVER={release} PYTHONDONTWRITEBYTECODE=1
exec switch_root /new /bin/bash {workdir}/init < /new/dev/console > /new/dev/console 2>&1
"""

SECOND = """#!/bin/bash
xargs -a {workdir}/resident chown 0:0
xargs -a {workdir}/resident chown -h 0:0
echo "init: ready"
cd {top} && /bin/bash {workdir}/job > {workdir}/output 2>&1
echo $? > {workdir}/status
sync
echo "init: done"
echo o > /proc/sysrq-trigger
sleep 60
"""


def files_in_memory(more):
    """Programs, the libraries of each, and what they read; a change of owner copies a file."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    programs = [p for p in (shutil.which(name, path=path) for name in PROGRAMS) if p]
    programs += [p for p in more if os.access(p, os.X_OK)]
    shown = subprocess.run(["ldd", *programs], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout
    libraries = re.findall(r"(/\S+) \(0x", shown)
    read = [p for pattern in READ for p in glob.glob(pattern) if os.path.isfile(p)]
    files = {*programs, *libraries, *read, *more}
    return sorted(files | {link for path in files for link in links_on(path)})


def links_on(path):
    """The symbolic links that are met on the way to a file."""
    found, left, here = [], path.split("/")[1:], "/"
    while left:
        here = os.path.join(here, left.pop(0))
        if os.path.islink(here):
            found.append(here)
            left = os.path.normpath(os.path.join(os.path.dirname(here), os.readlink(here), *left)
                                    ).split("/")[1:]
            here = "/"
    return found


class PlainVm:
    # What the initramfs loads, and mounts on the host's root and on workdir.
    modules = MODULES
    host = f"mount -t 9p -o ro,cache=loose,{SHARE} host"
    work = f"mount -t 9p -o rw,{SHARE} work"
    resident = ()

    def __init__(self, family, workdir, name=None, memory="1536M", cpus=2, append="",
                 accel=None, extra=(), clock="tsc=unstable", resident=()):
        self.kernel = family if isinstance(family, fetch.Kernel) else fetch.kernel(family)
        # Without KASLR; and who builds a kernel may leave out what it needs to be begun so.
        self.image = self.kernel.image if self.kernel is family else self.kernel.unpacked()
        self.name = name or "vm-" + ".".join(self.kernel.release.split(".")[:2])
        self.workdir = os.path.abspath(workdir)
        self.memory, self.cpus, self.append = memory, cpus, append
        self.accel, self.extra, self.clock = accel, list(extra), clock
        self.resident = list(resident)
        self.cpu_seconds = 0

    def in_memory(self):
        indexes = glob.glob(os.path.join(self.kernel.modules, "modules.*"))
        here = f"/lib/modules/{self.kernel.release}"    # modprobe looks there for what is not, too
        modules = [path for folder in FOLDERS
                   for path in glob.glob(os.path.join(self.kernel.modules, "kernel", folder))]
        modules = [m for path in modules for m in
                   (glob.glob(path + "/**/*.ko*", recursive=True) if os.path.isdir(path) else [path])]
        return [*files_in_memory(self.resident), *filter(os.path.islink, LINKS),
                *(os.path.join(here, os.path.relpath(path, self.kernel.modules))
                  for path in [*indexes, *modules])]

    def initramfs(self):
        with open(os.path.join(self.workdir, "init"), "w") as f:
            f.write(SECOND.format(workdir=self.workdir, top=TOP))
        with open(os.path.join(self.workdir, "resident"), "w") as f:
            f.write("".join(f"{path}\n" for path in self.in_memory()))
        return initramfs.build(
            os.path.join(self.workdir, "initramfs"), self.kernel,
            INIT.format(release=self.kernel.release, modules=self.kernel.modules, host=self.host,
                        work=self.work, workdir=self.workdir, top=TOP), self.modules)

    def machine(self):
        """The process to be started that is this VM."""
        share = "local,security_model=none,multidevs=remap"
        arguments = ["-kernel", self.image, "-initrd", self.initramfs(),
                     "-append", "console=ttyS0 quiet loglevel=5 panic=-1 oops=panic "
                     f"{self.clock} no_timer_check {self.append}",
                     "-virtfs", f"{share},path=/,mount_tag=host,readonly=on",
                     "-virtfs", f"{share},path={self.workdir},mount_tag=work", *self.extra]
        return qemu.Qemu(self.name, arguments, self.workdir, self.memory, self.cpus, self.accel)

    def run(self, command, timeout, echo=False):
        """Boot, run command, power off; the command's status. Raises if the VM dies."""
        os.makedirs(self.workdir, exist_ok=True)
        for old in ("output", "status", "cpu"):
            if os.path.exists(os.path.join(self.workdir, old)):
                os.unlink(os.path.join(self.workdir, old))
        with open(os.path.join(self.workdir, "job"), "w") as f:
            f.write(command + "\n")
        vm = self.machine()
        start = time.monotonic()
        with vm:
            vm.wait_console("^init: ready", 600, "the initramfs to be ready")
            self.boot_seconds = time.monotonic() - start
            self.follow(vm, timeout, echo)
        path = os.path.join(self.workdir, "status")
        if not os.path.exists(path) or not open(path).read().strip():
            raise qemu.Ended(f"{self.name}: ended without a result\n{vm.tail()}")
        return int(open(path).read())

    def follow(self, vm, timeout, echo):
        """Wait for the end, passing on the output as it comes."""
        path = os.path.join(self.workdir, "output")
        done = 0
        limit = time.monotonic() + timeout * wait.SLOW
        while True:
            self.cpu_seconds = vm.cpu_seconds() or self.cpu_seconds
            alive = vm.alive()
            if os.path.exists(path):
                with open(path, "rb") as f:
                    f.seek(done)
                    new = f.read()
                done += len(new)
                self.note_cpu(new)
                if echo and new:
                    sys.stdout.write(new.decode(errors="replace"))
                    sys.stdout.flush()
            if not alive:
                return
            if time.monotonic() > limit:
                raise wait.Timeout(f"{self.name}: waited {timeout} s for the command to end\n"
                                   + vm.tail())
            time.sleep(0.1)


    def note_cpu(self, new):
        """WORKDIR/cpu: what the machine took of a CPU until each line of output."""
        with open(os.path.join(self.workdir, "cpu"), "a") as f:
            f.writelines(f"{self.cpu_seconds:.1f} {line}\n"
                         for line in new.decode(errors="replace").splitlines())


def clean(workdir):
    shutil.rmtree(workdir, ignore_errors=True)
