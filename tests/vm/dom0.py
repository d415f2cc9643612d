# SPDX-License-Identifier: GPL-2.0-or-later
"""A dom0 without Xen: a real XenStore daemon, vifswitchd, netdevs named like VIFs.

  dom0 = Dom0()                       xenstored and vifswitchd run, xenbr0 exists
  vif = dom0.vif(3, mac(1), 100)      what a toolstack and netback would make
  dom0.plugged(vif); vif.send(...)    the VM's end is a Tap
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile

import abi
import documents
import genl
import wait
import xenstored
import xsclient
from registry import check
from world import Tap, exists, index, ip, mac

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELEASE = os.path.join(TOP, "build", "release")
HOST = "host1"
CONFIG = """switch xenbr0 {
	uplink eth0 { }
}
"""


def uuid(domid, generation=0):
    return f"{generation:08x}-0000-4000-8000-{domid:012x}"


class Vif(Tap):
    def __init__(self, dom0, domid, devid, address):
        self.dom0, self.domid, self.devid, self.mac = dom0, domid, devid, address
        self.netdev = f"vif{domid}.{devid}"
        self.path = f"/local/domain/0/backend/vif/{domid}/{devid}"
        self.ifindex = 0

    def make_netdev(self):
        """As netback does: down, and the VM's end is there."""
        ip(f"link add name {self.netdev} type veth peer name {self.netdev}p",
           f"link set dev {self.netdev}p up")
        with open(f"/sys/class/net/{self.netdev}p/iflink") as f:
            self.ifindex = int(f.read())  # by its name the daemon may have changed it already
        super().__init__(self.netdev + "p")

    def remove_netdev(self):
        self.socket.close()
        ip(f"link del dev {self.netdev}")

    def state(self):
        return self.dom0.nl.port(self.ifindex)

    def drops(self):
        return self.state().drops

    def key(self, name, value):
        self.dom0.xs.write(f"{self.path}/{name}", value)


class Dom0:
    def __init__(self, config=CONFIG, uplink=True, start=True, database=False, hypervisor=False):
        # Both daemons answer each other all the time; in an emulator every wake-up
        # on another CPU costs milliseconds. Threads started later inherit this.
        os.sched_setaffinity(0, {0})
        self.dir = tempfile.mkdtemp(prefix="dom0-")
        self.store = xenstored.Xenstored(os.path.join(self.dir, "xenstored")).start()
        self.xs = xsclient.XsClient()
        self.nl = genl.Genl()
        self.control = os.path.join(self.dir, "control")
        self.config = os.path.join(self.dir, "vifswitch.conf")
        self.log_path = os.path.join(self.dir, "log")
        with open(self.config, "w") as f:
            f.write(config)
        if uplink:
            ip("link add name eth0 type veth peer name eth0p", "link set dev eth0p up",
               "link set dev eth0 up")
            self.wire = Tap("eth0p")
        self.generation = {}
        self.domains = os.path.join(self.dir, "domains") if hypervisor else None
        self.daemon = self.db = None
        self.copy = os.path.join(self.dir, "policy.json")
        self.options = ["--policy-copy=" + self.copy]
        if database:
            from database import Database
            # With what is in a file of another's, if it is the name of one.
            if isinstance(database, str):
                shutil.copy(database, os.path.join(self.dir, "vifswitch.db"))
            self.db = Database(self.dir).start()
            self.options += ["--database=" + self.db.remote, "--host-name=" + HOST]
        if start:
            self.start()

    # The daemon

    def start(self, release=RELEASE):
        self.own = release == RELEASE
        binary = os.path.join(release, "vifswitchd")
        if not os.path.exists(binary):
            raise AssertionError(f"{binary} is missing: make all")
        with open(self.log_path, "ab") as log:
            self.daemon = subprocess.Popen(
                [binary, "-f", "-c", self.config, "-s", self.control, *self.options,
                 *([] if self.domains else ["--no-hypervisor"])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment())
        wait.until("vifswitchd to answer and xenbr0 to be there", 20, self.answers)

    def environment(self):
        if not self.domains:
            return None
        if not os.path.exists(self.domains):
            self.hypervisor({})
        return {**os.environ, "HYPERVISOR": self.domains,
                "LD_PRELOAD": xenstored.build_shim("hypervisor-shim")}

    def hypervisor(self, domains):
        """What it says of {domid: (UUID, "running", "suspended" or "dying")}."""
        lines = [f"{domid} {me} {state}\n" for domid, (me, state) in sorted(
            {0: (uuid(0), "running"), **domains}.items())]
        with open(self.domains + ".new", "w") as f:
            f.write("".join(lines))
        os.rename(self.domains + ".new", self.domains)

    def answers(self):
        if self.daemon.poll() is not None:
            raise AssertionError(f"vifswitchd ended with {self.daemon.returncode}: {self.log()}")
        try:
            return self.ask("version") and exists("xenbr0")
        except (OSError, ValueError):
            return False

    def kill(self, signum=9):
        self.daemon.send_signal(signum)
        self.daemon.wait(wait.limit(20))

    def log(self, tail=1500):
        with open(self.log_path, errors="replace") as f:
            return f.read()[-tail:]

    def ask(self, method, **param):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(wait.limit(20))
            s.connect(self.control)
            s.sendall(json.dumps({"id": 1, "method": method, "params": [param]}).encode() + b"\n")
            data = b""
            while not data.endswith(b"\n"):
                part = s.recv(1 << 16)
                if not part:
                    break
                data += part
        answer = json.loads(data)
        if answer["error"]:
            raise ValueError(answer["error"])
        # Another release's documents have schemas of their own.
        return documents.reply(method, answer["result"]) if self.own else answer["result"]

    def memory(self, what="VmRSS"):
        """Of the daemon, in MB."""
        with open(f"/proc/{self.daemon.pid}/status") as f:
            for line in f:
                if line.startswith(what + ":"):
                    return int(line.split()[1]) / 1024
        return 0

    def cpu(self):
        """Seconds the daemon has used."""
        with open(f"/proc/{self.daemon.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # Domains and VIFs

    def domain_nodes(self, domid, name=None):
        me = uuid(domid, self.generation.get(domid, 0))
        return {f"/local/domain/{domid}/vm": f"/vm/{me}",
                f"/local/domain/{domid}/name": name or f"vm{domid}",
                f"/vm/{me}/uuid": me, f"/vm/{me}/name": name or f"vm{domid}"}

    def vif_nodes(self, vif, **keys):
        nodes = {"frontend": f"/local/domain/{vif.domid}/device/vif/{vif.devid}",
                 "frontend-id": vif.domid, "online": 1, "state": 1,
                 "script": "/etc/xen/scripts/vif-vifswitch", "mac": vif.mac,
                 "bridge": "xenbr0", "handle": vif.devid, "type": "vif", "hotplug-status": ""}
        nodes.update(keys)
        return {f"{vif.path}/{k.replace('_', '-')}": v for k, v in nodes.items() if v is not None}

    def vif(self, domid, address=None, access=None, devid=0, name=None, netdev=True, first=None,
            **keys):
        """Keys and netdev of a VIF; first="netdev" makes the netdev before the keys."""
        vif = Vif(self, domid, devid, address or mac(domid))
        if access is not None:
            keys.setdefault("bridge", f"xenbr0.{access}")
        nodes = {**self.domain_nodes(domid, name), **self.vif_nodes(vif, **keys)}
        if first == "netdev" and netdev:
            vif.make_netdev()
        self.xs.write_many(nodes)
        if netdev:
            if first != "netdev":
                vif.make_netdev()
            vif.key("state", 2)
        return vif

    def remove(self, vif, domain=True):
        """Removal as a toolstack does it at a domain's end."""
        if exists(vif.netdev):
            vif.remove_netdev()
        self.xs.remove(vif.path)
        if domain:
            self.xs.remove(f"/local/domain/0/backend/vif/{vif.domid}")
            self.xs.remove(f"/local/domain/{vif.domid}")

    def identity(self, vif):
        return f"{uuid(vif.domid, self.generation.get(vif.domid, 0))}/{vif.devid}".encode()

    def is_plugged(self, vif):
        try:
            port = self.nl.port(vif.ifindex)
        except genl.Error:
            return None
        with open(f"/sys/class/net/{port.name}/flags") as f:
            up = int(f.read(), 16) & 1
        return port if port.cookie == self.identity(vif) and not port.closed and up else None

    def plugged(self, vif, timeout=20):
        """Wait until the VIF is plugged; its port."""
        try:
            return wait.until(f"{vif.netdev} to be plugged", timeout,
                              lambda: self.is_plugged(vif), 0.03)
        except wait.Timeout as e:
            raise AssertionError(f"{e}; {self.entry(vif)}; log: {self.log()}") from None

    def entry(self, vif):
        """What the daemon's show says of a VIF."""
        for port in self.ask("show")["ports"]:
            if port["backend"] == vif.path and port["role"] == "vif":
                return port
        return None

    def refused(self, vif, *words):
        """Wait until the VIF is refused with all those words in the error; never open."""
        try:
            entry = wait.until(f"{vif.netdev} to be refused", 20,
                               lambda: (e := self.entry(vif)) and e["state"] == "failed" and e)
        except wait.Timeout as e:
            raise AssertionError(f"{e}; {self.entry(vif)}") from None
        missing = [w for w in words if w not in (entry["error"] or "")]
        check(not missing, f"{missing} not in the error: {entry['error']}")
        check(not self.is_open(vif), f"{vif.netdev} is open although refused: {entry['error']}")
        return entry["error"]

    def is_open(self, vif):
        if not vif.ifindex:
            return False
        try:
            return not self.nl.port(vif.ifindex).closed
        except genl.Error:
            return False

    def hotplug(self, vif, action="online", **env):
        """Run vif-vifswitch as libxl does: (exit status, output)."""
        environment = {"PATH": os.environ["PATH"], "XENBUS_PATH": vif.path[len("/local/domain/0/"):],
                       "XENBUS_TYPE": "vif", "vif": vif.netdev, "script": "vif-vifswitch",
                       "VIFSWITCH_CONTROL": self.control, **env}
        done = subprocess.run([os.path.join(RELEASE, "vif-vifswitch"), action, "type_if=vif"],
                              env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=wait.limit(60))
        return done.returncode, done.stdout
