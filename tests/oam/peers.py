# SPDX-License-Identifier: GPL-2.0-or-later
"""Who speaks the same protocols and was written by others, at the far end of the cable.

All come from Debian's packages, unpacked and not installed, and run in the namespace "far".
"""
import json
import os
import socket
import subprocess
import tempfile

import fetch
import wait

USERS = {"_lldpd": 900, "frr": 901, "frrvty": 902}


def far(*argv, fail=True, **environment):
    """Output of a command in the far namespace."""
    done = subprocess.run(["ip", "netns", "exec", "far", *argv], text=True, timeout=wait.limit(60),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **environment})
    if done.returncode and fail:
        raise AssertionError(f"{' '.join(argv)}: {done.stdout[-500:]}")
    return done.stdout


def with_users(users, path, line):
    """That file with these users, for this process and its children alone."""
    with open(path) as f:
        others = [row for row in f if row.split(":")[0] not in users]
    with tempfile.NamedTemporaryFile("w", delete=False, prefix="users-") as own:
        own.writelines(others + [line.format(name, n) for name, n in users.items()])
    os.chmod(own.name, 0o644)
    subprocess.run(["mount", "--bind", own.name, path], check=True)


def users(**more):
    """Whom peers wish to run as, and more with their numbers; this process has mounts of its own."""
    with_users(USERS | more, "/etc/passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin\n")
    with_users(USERS | more, "/etc/group", "{0}:x:{1}:root\n")


def packages():
    """All that they are unpacked from."""
    for peer in (Ovs, Frr, Bird, Lldpd):
        for name in (peer.package, *(peer.libraries or ())):
            fetch.package(name)


class Peer:
    package = libraries = None

    def __init__(self):
        self.root = fetch.package(self.package)
        self.dir = tempfile.mkdtemp(prefix="peer-")
        os.chmod(self.dir, 0o755)
        library = "usr/lib/x86_64-linux-gnu"
        self.environment = {"LD_LIBRARY_PATH": ":".join(
            [os.path.join(self.root, library), os.path.join(self.root, library, "frr")]
            + [os.path.join(fetch.package(name), library) for name in self.libraries or ()])}
        self.daemons = []

    def path(self, name):
        return os.path.join(self.dir, name)

    def daemon(self, *argv):
        with open(self.path(os.path.basename(argv[0]) + ".log"), "ab") as log:
            self.daemons.append(subprocess.Popen(
                ["ip", "netns", "exec", "far", *argv], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**os.environ, **self.environment}))

    def run(self, *argv, fail=True):
        return far(*argv, fail=fail, **self.environment)

    def until(self, what, probe, limit=30):
        try:
            return wait.until(what, limit, probe)
        except wait.Timeout as e:
            logs = [open(self.path(n), errors="replace").read()[-800:] for n in os.listdir(self.dir)
                    if n.endswith(".log")]
            raise AssertionError(f"{e}; {logs}") from None

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait(wait.limit(30))


class Ovs(Peer):
    """Its datapath is in userspace, with the cable as a port."""
    package = "openvswitch-switch"

    def start(self):
        self.environment |= {"OVS_RUNDIR": self.dir, "OVS_LOGDIR": self.dir, "OVS_DBDIR": self.dir}
        self.run("ovsdb-tool", "create", self.path("conf.db"),
                 self.root + "/usr/share/openvswitch/vswitch.ovsschema")
        self.daemon("ovsdb-server", self.path("conf.db"), "--remote=punix:" + self.path("db.sock"),
                    "--unixctl=" + self.path("db.ctl"))
        self.until("ovsdb-server", lambda: os.path.exists(self.path("db.sock")))
        self.vsctl("--no-wait", "init")
        self.daemon(self.root + "/usr/lib/openvswitch-switch/ovs-vswitchd", "--enable-dummy",
                    "unix:" + self.path("db.sock"), "--unixctl=" + self.path("vs.ctl"))
        self.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "datapath_type=dummy",
                   "fail-mode=secure")
        self.vsctl("add-port", "br0", "far0")
        return self

    def vsctl(self, *argv):
        return self.run(self.root + "/usr/bin/ovs-vsctl", "--timeout=60",
                        "--db=unix:" + self.path("db.sock"), *argv).strip()

    def get(self, column):
        return self.vsctl("get", "Interface", "far0", column).strip('"')

    def set(self, *what):
        self.vsctl("set", "Interface", "far0", *what)


class Frr(Peer):
    package, libraries = "frr", ["libyang2"]

    def start(self, me, peer):
        with open(self.path("bfdd.conf"), "w") as f:
            f.write(f"bfd\n peer {peer} local-address {me} interface far0\n"
                    "  receive-interval 300\n  transmit-interval 300\n  detect-multiplier 10\n")
        common = ["-u", "root", "-g", "root", "-z", self.path("zserv"), "--vty_socket", self.dir]
        self.daemon(self.root + "/usr/lib/frr/zebra", *common, "-i", self.path("zebra.pid"),
                    "-f", "/dev/null")
        self.until("zebra", lambda: os.path.exists(self.path("zserv")))
        self.daemon(self.root + "/usr/lib/frr/bfdd", *common, "-i", self.path("bfdd.pid"),
                    "-f", self.path("bfdd.conf"), "--bfdctl", self.path("bfdd.sock"))
        return self

    def show(self, what):
        """As vtysh asks, which would want PAM: commands and answers end with a NUL each."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(wait.limit(20))
            s.connect(self.path("bfdd.vty"))
            for command in ("enable", what):
                s.sendall(command.encode() + b"\0")
                answer = b""
                # Three NULs, and an octet that says how it went.
                while answer[-4:-1] != b"\0\0\0":
                    answer += s.recv(65536)
        return json.loads(answer[:-4])[0]

    def peer(self):
        try:
            return self.show("show bfd peers json")
        except (OSError, IndexError):
            return {}

    def flaps(self):
        peer = self.show("show bfd peers counters json")
        return peer["session-up"], peer["session-down"]


class Bird(Peer):
    package = "bird2"

    def configure(self, me, peer, options=""):
        with open(self.path("bird.conf"), "w") as f:
            f.write("protocol device {}\nprotocol bfd b {\n interface \"far0\" { min rx interval 300 ms;"
                    f" min tx interval 300 ms; multiplier 10; {options} }};\n"
                    f" neighbor {peer} dev \"far0\" local {me};\n}}\n")

    def start(self, me, peer, options=""):
        self.configure(me, peer, options)
        self.daemon(self.root + "/usr/sbin/bird", "-f", "-c", self.path("bird.conf"),
                    "-s", self.path("bird.ctl"), "-P", self.path("bird.pid"))
        return self

    def ask(self, what):
        return self.run(self.root + "/usr/sbin/birdc", "-s", self.path("bird.ctl"), what, fail=False)

    def state(self):
        """State of the session, and since when it has it."""
        out = self.ask("show bfd sessions")
        for line in out.splitlines():
            words = line.split()
            if len(words) >= 4 and words[1] == "far0":
                return words[2], words[3]
        return None


class Lldpd(Peer):
    package = "lldpd"

    def start(self, netdevs="far0"):
        os.makedirs("/run/lldpd", exist_ok=True)
        self.daemon(self.root + "/usr/sbin/lldpd", "-d", "-u", self.path("lldpd.sock"), "-I", netdevs,
                    "-S", "a switch", "-L", self.root + "/usr/sbin/lldpcli", "-O", "/dev/null")
        self.until("lldpd", lambda: os.path.exists(self.path("lldpd.sock")))
        return self

    def cli(self, *argv):
        return self.run(self.root + "/usr/sbin/lldpcli", "-u", self.path("lldpd.sock"), *argv)

    def neighbour(self):
        seen = json.loads(self.cli("-f", "json", "show", "neighbors", "details"))["lldp"]
        return seen.get("interface", {}).get("far0") if isinstance(seen, dict) else None
