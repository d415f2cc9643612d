# SPDX-License-Identifier: GPL-2.0-or-later
"""One qemu process with its console in a file.

  with Qemu("host1", args, "build/xen") as vm:
      vm.wait_console(r"login:", 60, "host1's login prompt")
      vm.write("root\\n")
      vm.wait_exit(30)

args are qemu's without accelerator, memory and console. The first serial port
is the console: what it prints goes to WORKDIR/NAME.console, what write() sends
comes in there. Leaving the with block kills qemu, also after an exception;
tail() gives the console's last lines for the error message. If we are killed
ourselves, qemu dies with us.

TCG (software emulation) is used unless VIFSWITCH_LAB_KVM=1: a /dev/kvm that
exists may still hang.
"""
import ctypes
import os
import re
import signal
import subprocess

import fetch
import wait


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Ended(Exception):
    pass


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Qemu:
    def __init__(self, name, args, workdir, memory="1G", cpus=2, accel=None, cpu=None):
        self.name = name
        os.makedirs(workdir, exist_ok=True)
        self.console_path = os.path.join(workdir, name + ".console")
        if accel is None:
            kvm = os.environ.get("VIFSWITCH_LAB_KVM") == "1"
            accel = ["-accel", "kvm"] if kvm else ["-accel", "tcg,thread=multi"]
            cpu = cpu or ("host" if kvm else None)
        self.argv = [fetch.tool("qemu-system-x86_64", "qemu-system-x86"),
                     "-name", name, *accel, "-m", memory, "-smp", str(cpus),
                     "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none",
                     "-no-reboot", "-serial", "stdio", *args]
        if cpu:
            self.argv += ["-cpu", cpu]
        self.process = None
        self.seen = 0

    def in_child(self):
        die_with_parent()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.kill()

    def start(self):
        console = open(self.console_path, "wb")
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=console,
                                        stderr=subprocess.STDOUT, preexec_fn=self.in_child)
        console.close()
        return self

    def console(self):
        with open(self.console_path, "rb") as f:
            return f.read().decode(errors="replace").replace("\r", "")

    def tail(self, lines=25):
        text = "\n".join(self.console().splitlines()[-lines:])
        return f"--- last lines of {self.console_path}\n{text}\n---"

    def wait_console(self, pattern, timeout, what=None):
        """Wait until the console shows pattern after the last match; the match."""
        def probe():
            text = self.console()
            found = re.compile(pattern, re.M).search(text, self.seen)
            if found:
                self.seen = found.end()
            elif self.process.poll() is not None:
                raise Ended(f"{self.name}: qemu ended with {self.process.returncode} while waiting"
                            f" for {what or pattern}\n{self.tail()}")
            return found
        try:
            return wait.until(f"{what or pattern} on {self.name}'s console", timeout, probe, 0.1)
        except wait.Timeout as e:
            raise wait.Timeout(f"{e}\n{self.tail()}") from None

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def cpu_seconds(self):
        """What it took of the host's CPUs so far; 0 when it is gone."""
        try:
            with open(f"/proc/{self.process.pid}/stat") as f:
                words = f.read().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            return 0
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def wait_exit(self, timeout, what=None):
        try:
            return self.process.wait(timeout * wait.SLOW)
        except subprocess.TimeoutExpired:
            raise wait.Timeout(f"waited {timeout} s for {what or 'qemu to end'} on {self.name}\n"
                               + self.tail()) from None

    def kill(self):
        if self.alive():
            self.process.kill()
        if self.process:
            self.process.wait()
