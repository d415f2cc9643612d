# SPDX-License-Identifier: GPL-2.0-or-later
"""
vifovsd between two vifdbd, in a network namespace of its own, with Debian's ovs-vsctl as the
one who asks and a vifswitchd that is played: it makes a kernel bridge of each Switch, plugs
the uplinks that are there, and says so. How the real one does is for tests/vm.
"""
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[0:0] = [os.path.join(TOP, "tests", "lab"), os.path.join(TOP, "tests", "vifdbd")]
import ovspeer  # noqa: E402
import wait  # noqa: E402
from client import Client, Gone, Server  # noqa: E402

VIFOVSD = os.environ.get("VIFOVSD", os.path.join(TOP, "build/asan/vifovsd"))
OVS_SCHEMA = os.path.join(TOP, "build/openvswitch.ovsschema")
OWN_SCHEMA = os.path.join(TOP, "build/vifswitch.ovsschema")
HOST = "host-a"


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, text=True, stderr=subprocess.PIPE).returncode == 0


def there(name):
    return os.path.exists(f"/sys/class/net/{name}")


def plain(cell):
    """A column as Python has it: a list, a dict, or a value."""
    if isinstance(cell, list) and cell[0] == "set":
        return sorted(plain(c) for c in cell[1])
    if isinstance(cell, list) and cell[0] == "map":
        return {k: plain(v) for k, v in cell[1]}
    return cell[1] if isinstance(cell, list) else cell


class Played(threading.Thread):
    """vifswitchd, as far as it is seen from the database."""

    def __init__(self, bed):
        super().__init__(daemon=True)
        self.client, self.over, self.held = Client(bed.own.socket), False, False
        self.made, self.cabled = set(), {}
        self.vifs = {}      # "VM/DEVID": its netdev
        self.client.transact({"op": "insert", "table": "Host", "row": {
            "name": HOST, "presence": "present", "cur_cfg": 0}}, db="vifswitch")
        self.start()

    def rows(self, table):
        result = self.client.transact({"op": "select", "table": table, "where": []}, db="vifswitch")
        return [{k: plain(v) for k, v in row.items()} for row in result[0]["rows"]]

    def cables(self):
        """Devices of dom0's and the uplinks that are their other ends."""
        wanted = {u["name"]: u["dom0_device"] for u in self.rows("Uplink") if u["dom0_device"]}
        for name in set(self.cabled) - set(wanted):
            ip("link", "del", name, check=False)
        for name, dom0s in wanted.items():
            if name not in self.cabled:
                ip("link", "add", name, "type", "veth", "peer", "name", dom0s)
        self.cabled = wanted

    def plug(self, switches):
        self.cables()
        # The device of a switch that went stays, without ports.
        gone = [{"name": name, "uplinks": []} for name in self.made - {s["name"] for s in switches}]
        for switch in switches + gone:
            ports = {f"{p['vm']}/{p['devid']}": p for p in self.rows("Port")}
            name, uplinks = switch["name"], switch["uplinks"]
            if name not in self.made:
                ip("link", "add", name, "type", "bridge")
                ip("link", "set", name, "up")
                self.made.add(name)
            here = set(os.listdir(f"/sys/class/net/{name}/brif"))
            wanted = {u for u in ([uplinks] if isinstance(uplinks, str) else uplinks) if there(u)}
            wanted |= {v for k, v in self.vifs.items() if k in ports and ports[k]["switch"] == name}
            for netdev in here - wanted:
                ip("link", "set", netdev, "nomaster", check=False)
            for netdev in wanted - here:
                ip("link", "set", netdev, "master", name)
                ip("link", "set", netdev, "up")

    def run(self):
        last = None
        while not self.over:
            try:
                rows = self.rows("Global")
                now = (rows[0]["next_cfg"] if rows else 0, sorted(os.listdir("/sys/class/net")), dict(self.vifs))
                if now != last and not self.held:
                    self.plug(self.rows("Switch"))
                    self.client.transact({"op": "update", "table": "Host", "where": [],
                                          "row": {"cur_cfg": now[0]}}, db="vifswitch")
                    last = now
            except (Gone, OSError):
                return
            time.sleep(0.01)


class Bed:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="vifovsd-")
        self.ovs = Server(self.dir, OVS_SCHEMA, name="ovs")
        self.own = Server(self.dir, OWN_SCHEMA, name="own")
        self.ovs.options.append("--remote=db:Open_vSwitch,Manager,target")
        self.ovs.start().close()
        self.client = self.own.start()
        self.played = Played(self)
        self.log = open(os.path.join(self.dir, "log"), "ab")
        self.process = None
        self.tools = ovspeer.package() + "/usr/bin"
        self.environment = {**os.environ, "OVS_RUNDIR": self.dir}
        self.control = os.path.join(self.dir, "control")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [VIFOVSD, "-f", "--ovs=unix:" + self.ovs.socket, "--db=unix:" + self.own.socket,
             "--host=" + HOST, "--directory=" + self.dir, "--openflow=/run/vifofd-of-a-test", "--socket=" + self.control], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=self.environment)
        wait.until("vifovsd", 20, lambda: os.path.exists(f"{self.dir}/ovs-vswitchd.{self.process.pid}.ctl"))

    def kill(self, signum=signal.SIGKILL):
        self.process.send_signal(signum)
        return self.process.wait(wait.limit(20))

    def run(self, line, *more):
        """ovs-vsctl: exit status, what it prints, what it complains of."""
        argv = [self.tools + "/ovs-vsctl", "--db=unix:" + self.ovs.socket, "-vtimeval:off",
                f"--timeout={int(wait.limit(20))}", *shlex.split(line), *more]
        done = subprocess.run(argv, text=True, capture_output=True, env=self.environment)
        return done.returncode, done.stdout, done.stderr

    def vsctl(self, line, *more):
        status, out, err = self.run(line, *more)
        if status or err:
            raise AssertionError(f"ovs-vsctl {line} {more}: {status}: {err}{self.text()}")
        return out.strip()

    def appctl(self, *words, status=0):
        done = subprocess.run(["ovs-appctl", "-t", "ovs-vswitchd", *words], text=True, capture_output=True,
                              env=self.environment, timeout=wait.limit(20))
        assert done.returncode == status, (words, done, self.text())
        return done.stdout if status == 0 else done.stderr

    def complains(self, line, *more):
        """It works, and says what is not as asked for."""
        status, _, err = self.run(line, *more)
        assert status == 0 and err, (line, status, err)
        return err

    def rows(self, table, key="name"):
        result = self.client.transact({"op": "select", "table": table, "where": []}, db="vifswitch")
        rows = [{k: plain(v) for k, v in row.items()} for row in result[0]["rows"]]
        return {f"{r['vm']}/{r['devid']}" if table == "Port" else r[key]: r for r in rows}

    def insert(self, table, **row):
        return self.client.transact({"op": "insert", "table": table, "row": row}, db="vifswitch")

    def until(self, what, probe, limit=20):
        try:
            return wait.until(what, limit, probe)
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {self.text()}") from None

    def text(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()[-3000:]

    def end(self):
        self.played.over = True
        for server in (self, self.ovs, self.own):
            if server.process.poll() is None:
                server.process.kill()

    def stop(self):
        self.played.over = True
        self.played.join()
        status = self.kill(signal.SIGTERM)
        self.end()
        text = self.text()
        assert status == 0 and "runtime error" not in text and "Sanitizer" not in text, text
