# SPDX-License-Identifier: GPL-2.0-or-later
"""
The same commands on vifovsd's database and on Debian's own ovs-vswitchd (with devices of its
own making, since this machine has no openvswitch.ko): same status, same words.
"""
import json
import os
import random
import re
import subprocess

import wait
from bed import VIFOVSD, ip

COUNT = 200
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
PORTS = ["a0", "a1", "c0", "c1"]


class Real:
    """ovsdb-server and ovs-vswitchd."""

    def __init__(self, bed):
        self.dir = os.path.join(bed.dir, "real")
        os.mkdir(self.dir)
        self.bed, self.socket = bed, os.path.join(self.dir, "db.sock")
        self.environment = {**os.environ, "OVS_RUNDIR": self.dir, "OVS_LOGDIR": self.dir, "OVS_DBDIR": self.dir}
        root = bed.tools.removesuffix("/usr/bin")
        conf = os.path.join(self.dir, "conf.db")
        subprocess.run(["ovsdb-tool", "create", conf, root + "/usr/share/openvswitch/vswitch.ovsschema"], check=True,
                       env=self.environment, stderr=subprocess.DEVNULL)
        self.daemons = [self.daemon("ovsdb-server", conf, "--remote=punix:" + self.socket)]
        wait.until("ovsdb-server", 20, lambda: os.path.exists(self.socket))
        # As Debian's script does after it started it.
        self.vsctl("--no-wait", "--", "init", "--", "set", "Open_vSwitch", ".", "db-version=8.3.1", "ovs-version=3.1.0")
        self.daemons.append(self.daemon(root + "/usr/lib/openvswitch-switch/ovs-vswitchd", "unix:" + self.socket,
                                        "--enable-dummy=override", "--disable-system", "--disable-system-route"))

    def daemon(self, *argv):
        return subprocess.Popen([*argv, "-vconsole:emer", "--unixctl=" + os.path.join(self.dir, os.path.basename(argv[0]))],
                                env=self.environment, stdin=subprocess.DEVNULL)

    def vsctl(self, *argv):
        done = subprocess.run([self.bed.tools + "/ovs-vsctl", "--db=unix:" + self.socket, "-vtimeval:off",
                               f"--timeout={int(wait.limit(20))}", *argv], text=True, capture_output=True, env=self.environment)
        return done.returncode, done.stdout, done.stderr

    def stop(self):
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()


class Talk:
    """Commands that may come next, as an operator might say them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.bridges, self.ports, self.fresh = {"br0"}, {}, 0

    def pick(self, *of):
        return self.random.choice(of)

    def port(self):
        return self.pick(*(sorted(self.ports) or ["a0"]), "nobody")

    def bridge(self):
        return self.pick(*sorted(self.bridges), "br9")

    def ask(self):
        p, b = self.port(), self.bridge()
        return self.pick(
            ["list-br"], ["list-ports", b], ["list-ifaces", b], ["port-to-br", p], ["iface-to-br", p],
            ["br-exists", b], ["br-to-vlan", b], ["br-to-parent", b], ["get", "port", p, "tag"], ["get", "port", p, "trunks"],
            ["get", "port", p, "vlan_mode"], ["--if-exists", "get", "port", p, "other_config:x"],
            ["get", "interface", p, "external_ids"], ["get", "interface", p, "external_ids:iface-id"],
            ["get", "interface", p, "ofport_request"], ["get", "interface", p, "type"],
            ["get", "bridge", b, "other_config"], ["get", "bridge", b, "ports"], ["get", "bridge", b, "fail_mode"],
            ["--columns=name,tag,trunks,vlan_mode", "list", "port"], ["--columns=name", "find", "port", "tag=5"],
            ["--bare", "--columns=name", "find", "interface", 'external_ids:iface-id=x1'], ["--format=json", "--columns=name,type", "list", "interface"],
            ["get", "Open_vSwitch", ".", "ovs_version"], ["get", "Open_vSwitch", ".", "db_version"],
            ["br-get-external-id", b], ["br-get-external-id", b, "k"], ["get-fail-mode", b], ["get-manager"], ["show"],
            ["get", "interface", p, "nonsense"], ["list", "nonsense"], ["get", "interface", p, "admin_state"],
            ["get", "interface", b, "ofport"], ["get-controller", b])

    def change(self):
        p, b = self.port(), self.bridge()
        new = self.pick(*PORTS)
        words = self.pick(
            ["--may-exist", "add-port", "br0", new], ["add-port", b, new], ["--may-exist", "add-port", "br0", new, "tag=5"],
            ["--may-exist", "add-port", "br0", "i0", "--", "set", "interface", "i0", "type=internal"],
            ["--may-exist", "add-port", b, "i1", "tag=5", "--", "set", "interface", "i1", "type=internal", "mtu_request=1400"],
            ["--if-exists", "del-port", self.pick("i0", "i1")], ["--if-exists", "del-br", "fake"],
            ["--may-exist", "add-br", "fake", "br0", "7"], ["br-to-vlan", "fake"], ["list-ports", "fake"],
            ["--if-exists", "del-port", new], ["del-port", "br0", p], ["set", "port", p, f"tag={self.pick(1, 5, 4094)}"],
            ["set", "port", p, "trunks=1,2,3"], ["add", "port", p, "trunks", "7"], ["remove", "port", p, "trunks", "2"],
            ["clear", "port", p, "tag"], ["set", "port", p, "vlan_mode=access"], ["clear", "port", p, "vlan_mode"],
            ["set", "port", p, "tag=5000"], ["set", "port", p, "vlan_mode=nonsense"],
            ["set", "interface", p, f"external_ids:iface-id=x{self.pick(1, 2)}"], ["remove", "interface", p, "external_ids", "iface-id"],
            ["set", "bridge", b, "other_config:mac-aging-time=60"], ["br-set-external-id", b, "k", self.pick("v", "w")],
            ["br-set-external-id", b, "k"], ["--may-exist", "add-br", "br1"], ["--if-exists", "del-br", "br1"], ["add-br", "br0"],
            ["set-fail-mode", b, "standalone"], ["del-fail-mode", b], ["set", "interface", p, "ofport_request=70000"],
            ["--id=@q", "create", "qos", "type=linux-htb", "--", "set", "port", p, "qos=@q"], ["clear", "port", p, "qos"],
            ["set", "Open_vSwitch", ".", "other_config:max-idle=5000"], ["comment", "hello"],
            ["wait-until", "bridge", "br0"], ["emer-reset"])
        if words[-2:-1] == ["add-br"]:
            self.bridges.add(words[-1])
        if "add-port" in words:
            self.ports[new] = True
        return words


def plain(text):
    """Without names that are each database's own, and in an order that does not depend on them."""
    text = UUID.sub("UUID", text)
    if text.startswith('{"data"'):
        return sorted(map(str, json.loads(text)["data"]))
    lines = [line for line in text.split("\n") if line.split(":")[0].strip() not in ("error", "_uuid")]
    return sorted(line for line in lines if line.strip())


def ids_alone(text):
    """Rows' numbers, which a create prints, and sets of rows."""
    return re.sub(r"\[(?:UUID(?:, )?)*\]", lambda m: f"[{m.group(0).count('UUID')}]", UUID.sub("UUID", text))


def test_lockstep(bed):
    """two hundred commands: the same answers and complaints"""
    ip("link", "add", "c0", "type", "veth", "peer", "name", "d0")
    ip("link", "add", "c1", "type", "veth", "peer", "name", "d1")
    real, talk, same = Real(bed), Talk(16), 0
    try:
        for n in range(COUNT):
            words = ["add-br", "br0"] if n == 0 else talk.change() if n % 2 else talk.ask()
            theirs = real.vsctl(*words)
            ours = bed.run("", *words)
            # QoS of a device of the host is refused, and said.
            if "qos" in words:
                ours = (ours[0], ours[1], theirs[2])
            for mine, other, what in zip(ours, theirs, ("status", "output", "complaint")):
                if isinstance(mine, str):
                    mine, other = plain(ids_alone(mine)), plain(ids_alone(other))
                if mine != other:
                    raise AssertionError(f"{n}: ovs-vsctl {' '.join(words)}: {what} {mine}, of ovs-vswitchd {other} "
                                         f"({ours[2]}, {theirs[2]})")
            same += 1
    finally:
        real.stop()
    assert same == COUNT


def test_check_of_a_running_ovs(bed):
    """before anything is moved: what would become of Open vSwitch's own database"""
    def check():
        done = subprocess.run([VIFOVSD, "--check", "--ovs=unix:" + real.socket], text=True, capture_output=True,
                              timeout=wait.limit(30))
        return done.returncode, [line.split() for line in done.stdout.split("\n")], done.stdout + done.stderr
    real = Real(bed)
    try:
        real.vsctl("--no-wait", "add-br", "xenbr0", "--", "add-port", "xenbr0", "a0", "tag=5")
        status, lines, said = check()
        assert status == 0 and ["xenbr0", "a0", "uplink", "a0"] in lines and "Nothing is refused" in said, said
        assert ["xenbr0", "xenbr0", "switch", "xenbr0"] in lines, said
        # The way that docs/openvswitch.md tells: what it holds goes into ours, as it is.
        with open(os.path.join(bed.dir, "backup"), "w+b") as backup:
            subprocess.run(["ovsdb-client", "backup", "unix:" + real.socket], check=True, stdout=backup)
            backup.seek(0)
            subprocess.run(["ovsdb-client", "--force", "-vconsole:err", "restore", "unix:" + bed.ovs.socket],
                           stdin=backup, check=True)
        bed.until("its port", lambda: os.path.exists("/sys/class/net/xenbr0/brif/a0"))
        assert bed.rows("Uplink")["a0"]["tag"] == 5
        bed.until("its number", lambda: bed.vsctl("get interface a0 ofport") == "1")
        real.vsctl("--no-wait", "add-port", "xenbr0", "p9", "--", "set", "interface", "p9", "type=patch", "options:peer=p8")
        status, lines, said = check()
        assert status == 1 and ["xenbr0", "p9", "nothing"] in lines and "interface p9: options:peer=p8" in said, said
    finally:
        real.stop()
    status, _, said = check()
    assert status == 1 and "db.sock" in said, said
