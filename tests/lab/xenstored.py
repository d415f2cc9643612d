#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real XenStore daemon without Xen.

  tests/lab/xenstored.py [--host] -- COMMAND...

runs COMMAND with oxenstored (the daemon XAPI hosts run, from xen-utils) on
/run/xenstored/socket, in a private mount namespace with a fresh tmpfs on
/run/xenstored, and exits with COMMAND's status. "xenstored: ready" goes to
standard error first. Clients (xenstore-write, libxenstore) need no change;
they must run inside the same mount namespace, that is under COMMAND. --host
uses the real /run/xenstored and no namespace, for a machine of our own such
as a test VM. As a library:

  store = xenstored.Xenstored(rundir); store.start(); store.stop(); store.kill()

start() returns when the daemon answers. The store's content is lost with it,
as in a crash. The domain id of everybody is 0. Needs root, gcc, xen-utils.
"""
import ctypes
import glob
import os
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wait  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "lab")
SOCKET = "/run/xenstored/socket"
CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | (1 << 18)
# The access log is rotated by renaming it: it must be a file of our own, never /dev/null.
LIMITS = """pid-file = {dir}/pid
merge-activate = true
perms-activate = true
perms-watch-activate = true
quota-activate = true
quota-maxentity = 100000
quota-maxsize = 2048
quota-maxwatch = 10000
quota-transaction = 100
persistent = false
xenstored-log-file = {dir}/log
xenstored-log-level = warn
access-log-file = {dir}/access
access-log-nb-files = 1
"""


def daemon_path():
    found = sorted(glob.glob("/usr/lib/xen-*/bin/oxenstored"))
    if not found:
        raise SystemExit("xenstored.py: no oxenstored in /usr/lib/xen-*/bin: install xen-utils-4.17")
    return found[-1]


def build_shim(name="xenstored-shim"):
    """Its path; compiled where there is none that is as new as its source."""
    source, shim = os.path.join(HERE, name + ".c"), os.path.join(BUILD, name + ".so")
    if not os.path.exists(shim) or os.path.getmtime(shim) < os.path.getmtime(source):
        os.makedirs(BUILD, exist_ok=True)
        new = f"{shim}.{os.getpid()}"
        subprocess.run(["gcc", "-O1", "-Wall", "-shared", "-fPIC", "-o", new, source], check=True)
        os.rename(new, shim)
    return shim


class Xenstored:
    """One daemon; start, stop, kill and start again as a test likes."""

    def __init__(self, directory=None):
        self.dir = directory or tempfile.mkdtemp(prefix="xenstored-")
        self.process = None
        os.makedirs(self.dir, exist_ok=True)
        self.shim = build_shim()
        self.config = os.path.join(self.dir, "oxenstored.conf")
        with open(self.config, "w") as f:
            f.write(LIMITS.format(dir=self.dir))

    def start(self):
        os.makedirs(os.path.dirname(SOCKET), exist_ok=True)
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)
        env = dict(os.environ, LD_PRELOAD=self.shim)
        with open(os.path.join(self.dir, "stderr"), "ab") as err:
            self.process = subprocess.Popen(
                [daemon_path(), "--no-fork", "--no-domain-init", "--config-file", self.config],
                env=env, stdin=subprocess.DEVNULL, stdout=err, stderr=err)
        wait.until("oxenstored to answer on " + SOCKET, 20, self.answers)
        return self

    def answers(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.dir, "stderr")) as f:
                raise RuntimeError(f"oxenstored ended with {self.process.returncode}: {f.read()}")
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(SOCKET)
        except OSError:
            return False
        return True

    def kill(self):
        """Die at once, as in a crash."""
        self.end(signal.SIGKILL)

    def stop(self):
        self.end(signal.SIGTERM)

    def end(self, signum):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signum)
        try:
            self.process.wait(wait.limit(10))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def private_run():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare: xenstored.py needs root")
    libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None)
    # /run itself is covered only where it has no xenstored directory to cover.
    if not os.path.isdir("/run/xenstored"):
        os.makedirs("/run/xenstored")
    if libc.mount(b"tmpfs", b"/run/xenstored", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "mount tmpfs on /run/xenstored")


def main(argv):
    host = argv[:1] == ["--host"]
    argv = argv[host:]
    if argv[:1] != ["--"] or len(argv) < 2:
        raise SystemExit(__doc__)
    if not host:
        private_run()
    with tempfile.TemporaryDirectory(prefix="xenstored-") as directory:
        store = Xenstored(directory)
        try:
            store.start()
            print("xenstored: ready", file=sys.stderr, flush=True)
            return subprocess.call(argv[1:])
        finally:
            store.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
