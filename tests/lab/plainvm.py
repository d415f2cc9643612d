# SPDX-License-Identifier: GPL-2.0-or-later
"""A VM with a stock Debian kernel whose root is this machine's own.

  vm = PlainVm("6.1", workdir="build/vm/6.1")
  status = vm.run("python3 tests/vm/inside.py", timeout=300, echo=True)

The root file system is the host's, read-only over 9p, under an overlay in the
VM's memory: nothing the VM does is seen here. The one exception is workdir,
which is mounted writable on the same path inside; the command's output goes to
workdir/output line by line, its status to workdir/status, the kernel's messages
to workdir/NAME.console. The command runs as root with the project's top as its
directory, VIFSWITCH_VM=1 and KVER set, /proc /sys /dev /run /tmp mounted, lo up,
no other network.

Modules named in MODULES are loaded before the root is mounted; all others of the
kernel are in /lib/modules and load by modprobe or by the kernel itself.
"""
import os
import shutil
import sys
import time

import fetch
import initramfs
import qemu
import wait

SHARE = "trans=virtio,version=9p2000.L,msize=262144"
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
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
for d in run tmp; do mount -t tmpfs -o mode=1777 $d /new/$d; done
mkdir -p /new/lib/modules/{release}
mount -o bind /host{modules} /new/lib/modules/{release}
if ! [ -e /new{top} ]; then mkdir -p /new{top}; mount -o bind /host{top} /new{top}; fi
{work} /new{workdir} || echo "init: no work share"
ip link set lo up
echo /bin/false > /proc/sys/kernel/core_pattern
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
for d in proc sys dev; do mkdir -p /new/$d; mount -o move /$d /new/$d; done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export VIFSWITCH_VM=1 KVER={release} PYTHONDONTWRITEBYTECODE=1
exec switch_root /new /bin/bash {workdir}/init < /new/dev/console > /new/dev/console 2>&1
"""

SECOND = """#!/bin/bash
echo "init: ready"
cd {top} && /bin/bash {workdir}/job > {workdir}/output 2>&1
echo $? > {workdir}/status
sync
echo "init: done"
echo o > /proc/sysrq-trigger
sleep 60
"""


class PlainVm:
    # What the initramfs loads, and mounts on the host's root and on workdir.
    modules = MODULES
    host = f"mount -t 9p -o ro,cache=loose,{SHARE} host"
    work = f"mount -t 9p -o rw,{SHARE} work"

    def __init__(self, family, workdir, name=None, memory="1536M", cpus=2, append="",
                 accel=None, extra=(), clock="tsc=unstable"):
        self.kernel = fetch.kernel(family)
        self.name = name or "vm-" + family
        self.workdir = os.path.abspath(workdir)
        self.memory, self.cpus, self.append = memory, cpus, append
        self.accel, self.extra, self.clock = accel, list(extra), clock

    def initramfs(self):
        with open(os.path.join(self.workdir, "init"), "w") as f:
            f.write(SECOND.format(workdir=self.workdir, top=TOP))
        return initramfs.build(
            os.path.join(self.workdir, "initramfs"), self.kernel,
            INIT.format(release=self.kernel.release, modules=self.kernel.modules, host=self.host,
                        work=self.work, workdir=self.workdir, top=TOP), self.modules)

    def machine(self):
        """The process to be started that is this VM."""
        share = "local,security_model=none,multidevs=remap"
        arguments = ["-kernel", self.kernel.image, "-initrd", self.initramfs(),
                     "-append", "console=ttyS0 quiet loglevel=5 panic=-1 oops=panic "
                     f"{self.clock} no_timer_check {self.append}",
                     "-virtfs", f"{share},path=/,mount_tag=host,readonly=on",
                     "-virtfs", f"{share},path={self.workdir},mount_tag=work", *self.extra]
        return qemu.Qemu(self.name, arguments, self.workdir, self.memory, self.cpus, self.accel)

    def run(self, command, timeout, echo=False):
        """Boot, run command, power off; the command's status. Raises if the VM dies."""
        os.makedirs(self.workdir, exist_ok=True)
        for old in ("output", "status"):
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
            alive = vm.alive()
            if os.path.exists(path):
                with open(path, "rb") as f:
                    f.seek(done)
                    new = f.read()
                done += len(new)
                if echo and new:
                    sys.stdout.write(new.decode(errors="replace"))
                    sys.stdout.flush()
            if not alive:
                return
            if time.monotonic() > limit:
                raise wait.Timeout(f"{self.name}: waited {timeout} s for the command to end\n"
                                   + vm.tail())
            time.sleep(0.1)


def clean(workdir):
    shutil.rmtree(workdir, ignore_errors=True)
