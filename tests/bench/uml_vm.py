# SPDX-License-Identifier: GPL-2.0-or-later
"""A user-mode Linux in the place of the plain VM: the same root, the same jobs.

  vm = UmlVm(kernelbuild.kernel("uml"), workdir="build/bench/uml", cpu=1)
  status = vm.run("python3 something.py", timeout=300, echo=True)

The kernel is a process that runs natively, on one CPU of this machine and, where we
may, before others there. Its clock is this machine's. hostfs stands for 9p.
"""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lab"))
import plainvm  # noqa: E402
import qemu  # noqa: E402

NICE = -19


def need_host():
    """User-mode Linux keeps what a process has in the host CPU's registers in 2,696 octets."""
    with open("/proc/cpuinfo") as f:
        flags = next((line.split() for line in f if line.startswith("flags")), [])
    if "amx_tile" in flags:
        sys.exit("uml: this machine's CPU has AMX (amx_tile in /proc/cpuinfo), whose registers take"
                 " 11,008 octets: user-mode Linux 6.12 has room for 2,696 and cannot start a"
                 " process here. It runs on CPUs without; bench-datapath runs everywhere")


class Process(qemu.Qemu):
    """With console and life of a Qemu; its guests' processes are of the same group."""

    def __init__(self, name, argv, workdir, cpu):
        super().__init__(name, [], workdir)
        self.argv, self.cpu = argv, cpu

    def in_child(self):
        super().in_child()
        os.setsid()
        os.sched_setaffinity(0, {self.cpu})
        try:
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
            # Where sessions share the CPU evenly, the session's own counts.
            with open("/proc/self/autogroup", "w") as f:
                f.write(str(NICE))
        except OSError:
            pass

    def kill(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        super().kill()


class UmlVm(plainvm.PlainVm):
    modules = ()
    host = "mount -t hostfs -o ro host"

    def __init__(self, kernel, workdir, cpu, name="uml", memory="2G"):
        self.kernel, self.name, self.cpu, self.memory = kernel, name, cpu, memory
        self.workdir = os.path.abspath(workdir)
        self.work = f"mount -t hostfs -o {self.workdir} work"

    def machine(self):
        argv = [self.kernel.image, f"mem={self.memory}", f"initrd={self.initramfs()}",
                "con0=fd:0,fd:1", "con=null", "ssl=null", f"uml_dir={self.workdir}",
                "umid=" + self.name, "quiet", "loglevel=5"]
        return Process(self.name, argv, self.workdir, self.cpu)
