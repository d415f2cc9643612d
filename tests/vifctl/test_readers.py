# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl and a daemon that runs here, without XenStore and without the module.

It has namespaces of its own: no netdev of this machine, and a group "vifswitch".
"""
import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

from world import TOP, VIFCTL

VIFSWITCHD = os.path.join(os.path.dirname(os.environ.get("VIFDBD", TOP + "/build/release/vifdbd")), "vifswitchd")
READERS = 4242      # the group's number
LIMIT = 120


class Service:
    def __init__(self, directory):
        self.control = os.path.join(directory, "control")
        # Others may not get to where it was built.
        self.vifctl = shutil.copy(VIFCTL, os.path.join(directory, "vifctl"))
        os.chmod(self.vifctl, 0o755)
        self.log_path = os.path.join(directory, "log")
        for name, text in (("group", f"root:x:0:\nvifswitch:x:{READERS}:\n"), ("conf", "switch xenbr0 {\n}\n")):
            with open(os.path.join(directory, name), "w") as f:
                f.write(text)
        quoted = shlex.quote(directory)
        script = (f"mount --make-rprivate / && mount --bind {quoted}/group /etc/group && "
                  f"exec {shlex.quote(VIFSWITCHD)} -f --no-hypervisor -c {quoted}/conf "
                  f"-s {quoted}/control --policy-copy={quoted}/policy.json")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["unshare", "-n", "-m", "sh", "-c", script],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.until("the service to answer", lambda: os.path.exists(self.control) and not self.run("version").returncode)

    def until(self, what, probe):
        end = time.monotonic() + LIMIT
        while not probe():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, f"waited for {what}: {self.log()}"
            time.sleep(0.05)

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def run(self, *words, **more):
        return subprocess.run([self.vifctl, *words], text=True, timeout=LIMIT, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd="/", **more,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "VIFSWITCH_CONTROL": self.control})

    def as_other(self, *words, groups=()):
        """Of a user without any right of root's."""
        return self.run(*words, user=65534, group=65534, extra_groups=groups)


@contextlib.contextmanager
def service():
    with tempfile.TemporaryDirectory(prefix="vifctl-service-", dir="/tmp") as directory:
        os.chmod(directory, 0o755)
        one = Service(directory)
        try:
            yield one
        finally:
            one.process.kill()
            one.process.wait(LIMIT)


def test_no_such_method(w):
    """The answer names what was asked for and, to the last one, what may be."""
    with service() as s, socket.socket(socket.AF_UNIX) as one:
        one.settimeout(LIMIT)
        one.connect(s.control)
        for method in ("shwo", "show-" * 8):
            one.sendall(json.dumps({"id": 1, "method": method, "params": [{}]}).encode() + b"\n")
            said = json.loads(one.makefile().readline())["error"]
            begin, end = f"there is no method {method}; there are version, show, fdb, ", ", release, reload"
            assert said["code"] == "invalid" and said["message"].startswith(begin), said
            assert said["message"].endswith(end), said


def test_group(w):
    """Members of the group see what the service tells, and change nothing; others are told so."""
    with service() as s:
        for words in (("show",), ("port", "list"), ("drops",), ("events", "--seconds=1"), ("log",), ("version",)):
            member, other = (s.as_other(*words, groups=g) for g in ([READERS, 7], []))
            assert member.returncode == 0 and not member.stderr, (words, member)
            assert other.returncode == 1, (words, other)
            assert "only root and members of the group vifswitch may ask" in other.stderr, (words, other)
        for words in (("uplink", "release", "xenbr0"), ("uplink", "adopt", "xenbr0"), ("log", "debug")):
            done = s.as_other(*words, groups=[READERS])
            assert done.returncode == 1 and "only root may do that" in done.stderr, (words, done)
        assert s.run("log").stdout == "info\n"


def test_no_such_vm_is_not_said(w):
    """Who may not know what runs here is not told that it does not."""
    os.chmod(w.dir, 0o755)
    os.chmod(w.server.socket, 0o666)
    with service() as s:
        more = {"user": 65534, "group": 65534, "extra_groups": []}
        if subprocess.run(["test", "-w", w.server.socket], cwd="/", **more).returncode:
            return      # the database's directory is below one that is root's
        done = s.run("port", "set", "web", "mtu=1400", "--db=unix:" + w.server.socket, **more)
        assert "no VM of that name in the database, and what runs here was not told" in done.stderr, done


def test_log_level(w):
    """How much is logged changes while the service runs."""
    with service() as s:
        assert s.run("log").stdout == "info\n"
        assert s.run("log", "debug").stdout == "debug\n"
        s.process.send_signal(1)    # a new look at everything
        s.until("a line of that level", lambda: "creating the netdev" in s.log())
        assert s.run("log", "warning").stdout == "warning\n"
        assert '"level": "warning"' in s.run("log", "--json").stdout


def test_completion_of_what_is_here(w):
    """vifctl tells the shells its commands, the options of each, and switches where those are meant."""
    with service() as s:
        def told(*words):
            return s.run(*words).stdout.split()
        assert {"show", "port", "top", "uplink"} <= set(told("--complete-options"))
        assert told("--complete-options", "log") == ["--json", "--format", "--wide", "--verbose", "--help"]
        assert {"--hits", "--db"} <= set(told("--complete-options", "acl", "show", "web"))
        assert "--columns" not in told("--complete-options", "acl", "show", "web")
        assert {"--columns", "--watch"} <= set(told("--complete-options", "acl", "list"))
        assert told("--complete", "uplink", "release") == ["xenbr0"]
        assert told("--complete", "log") == ["error", "warning", "notice", "info", "debug"]


def test_trial(w):
    """What is read only when the service starts is not put on trial, nor is what cannot be kept."""
    with service() as s:
        path = os.path.join(os.path.dirname(s.control), "conf")

        def reload(text, *words):
            with open(path, "wb") as f:
                f.write(text)
            return s.run("reload", *words)
        for text in (b'database = "none"\n', b'host_name = "other"\n'):
            done = reload(text, "--confirm=3600")
            assert done.returncode and "cannot change on trial" in done.stderr, done
        done = reload(b"# caf\xe9\n", "--confirm=3600")
        assert done.returncode and "not UTF-8" in done.stderr, done
        assert reload(b"# nothing\n", "--confirm=3600").returncode == 0
        # While one goes on, what is read again is on trial as well.
        done = reload(b'database = "none"\n')
        assert done.returncode and "cannot change on trial" in done.stderr, done
        assert s.run("reload", "confirm").returncode == 0
        assert reload(b'database = "none"\n').returncode == 0
