# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl takeover ovs and giveback, from ovs-vswitchd and openvswitch.ko under traffic, killed at each step.

    pa ---+                    services are those of a systemctl of the test's, which starts
    pb ---+-- br0, 192.0.2.2   them by the conditions that vifctl writes
"""
import glob
import json
import os
import re
import shutil
import stat
import subprocess
import threading
import time

import ovspeer
import wait
from dom0 import HOST, RELEASE, TOP, Dom0
from packet import frame
from registry import check, same, test
from test_vifovsd import arrives, cable
from world import BROADCAST, exists, ip, mac, output

# Of the programs that vifctl runs on its way each such one is killed at; the three tests begin at
# different ones, and take turns with before and after, with a boot and without.
STRIDE = int(os.environ.get("STRIDE", "3"))
STATE = "/var/lib/vifswitch/takeover"
TOOLS = ("systemctl", "ovs-appctl", "ovsdb-client", "ovsdb-tool", "vifovsd", "vifdbd")

# It starts, stops and knows units; a unit is a script.
SYSTEMCTL = r"""#!/bin/sh
[ "$1" = --quiet ] && shift
verb=$1 unit=${2%.service}
at=$UNITS/$unit
alive() { [ -e $at.pid ] && read -r pid <$at.pid && [ -e /proc/$pid/stat ] && ! grep -q ') Z ' /proc/$pid/stat; }
case $verb in
is-active) alive ;;
enable) : >$at.enabled ;;
disable) rm -f $at.enabled ;;
stop) if alive; then kill $pid; while alive; do sleep 0.02; done; fi ;;
start)
	[ -e $at ] || exit 5
	alive && exit 0
	c=$(sed -n s/^ConditionPathExists=//p /etc/systemd/system/$unit.service.d/*.conf 2>/dev/null)
	case $c in
	!*) [ ! -e "${c#!}" ] || exit 0 ;;
	?*) [ -e "$c" ] || exit 0 ;;
	esac
	setsid sh $at </dev/null >>$UNITS/log 2>&1 &
	echo $! >$at.pid
	. $at.ready ;;
esac
"""
# Each tool, which at call number KILL ends vifctl: before it does anything, or when it has done it.
WRAPPER = r"""#!/bin/sh
name=${0##*/}
n=$(($(cat $UNITS/calls) + 1))
echo $n >$UNITS/calls
echo "$n $name $*" >>$UNITS/trace
[ "$KILL" = $n ] && kill -9 $PPID
[ -n "$KILL_AFTER" ] || exec $REAL/$name "$@"
[ "$KILL_AFTER" = $n ] || exec $REAL/$name "$@"
parent=$PPID
# What goes on beside vifctl has no end of its own.
case "$name $*" in "vifovsd "*" -f "* | "vifdbd "*)
	(sleep 0.5; kill -9 $parent) &
	exec $REAL/$name "$@" ;;
esac
setsid $REAL/$name "$@"
kill -9 $parent
"""


def executable(path, text):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)


class Host:
    """A dom0 whose bridge is Open vSwitch's, with vifswitch beside it."""

    def __init__(self):
        self.dom0 = Dom0(database=True)
        self.dir = self.dom0.dir
        self.root = ovspeer.package()
        self.units, self.run_dir = self.dir + "/units", self.dir + "/openvswitch"
        for path in (self.units, self.run_dir, self.dir + "/bin", self.dir + "/real", "/usr/share/vifswitch", "/etc/default"):
            os.makedirs(path, exist_ok=True)
        shutil.rmtree(STATE, ignore_errors=True)
        shutil.rmtree("/var/lib/vifovsd", ignore_errors=True)
        subprocess.run(["modprobe", "openvswitch"], check=True)
        shutil.copy(TOP + "/build/openvswitch.ovsschema", "/usr/share/vifswitch/openvswitch.ovsschema")
        self.environment = {
            **os.environ, "UNITS": self.units, "REAL": self.dir + "/real", "OVS_RUNDIR": self.run_dir, "OVS_LOGDIR": self.dir,
            "OVS_DBDIR": self.run_dir, "OVS_PKGDATADIR": self.root + "/usr/share/openvswitch",
            "VIFSWITCH_CONTROL": self.dom0.control, "VIFDB": self.dom0.db.remote,
            "VIFOVSD_OPTIONS": f"--db={self.dom0.db.remote} --host={HOST} --socket={self.dom0.control}",
            "PATH": f"{self.dir}/bin:{self.root}/usr/bin:" + os.environ["PATH"]}
        self.make_tools()
        conf = self.run_dir + "/conf.db"
        subprocess.run(["ovsdb-tool", "create", conf, self.root + "/usr/share/openvswitch/vswitch.ovsschema"], check=True)
        socket = self.run_dir + "/db.sock"
        there = "while [ ! -S %s ]; do sleep 0.02; done"
        self.unit("ovsdb-server", f"exec ovsdb-server {conf} --remote=punix:{socket} --unixctl={self.dir}/db.ctl -vconsole:err",
                  there % socket)
        self.unit("ovs-vswitchd", f"exec {self.root}/usr/lib/openvswitch-switch/ovs-vswitchd unix:{socket} --pidfile -vconsole:err",
                  f"until {self.dir}/real/ovs-appctl -t ovs-vswitchd version 2>/dev/null | grep -q Open; do sleep 0.02; done")
        self.unit("vifovsdb", f"rm -f {socket}; exec {RELEASE}/vifdbd --schema=/usr/share/vifswitch/openvswitch.ovsschema "
                  f"--remote=punix:{socket} /var/lib/vifovsd/conf.db", there % socket)
        self.unit("vifovsd", f"exec {RELEASE}/vifovsd -f --ovs=unix:{socket} --directory={self.run_dir} $VIFOVSD_OPTIONS",
                  f"until {self.dir}/real/ovs-appctl -t ovs-vswitchd ofproto/list 2>/dev/null | grep -q .; do sleep 0.02; done")
        for name in ("ovsdb-server", "ovs-vswitchd"):
            self.systemctl("enable", name)
            self.systemctl("start", name)

    def make_tools(self):
        executable(self.dir + "/real/systemctl", SYSTEMCTL)
        for name in TOOLS:
            real = self.dir + "/real/" + name
            if name != "systemctl":
                os.symlink(shutil.which(name) or f"{RELEASE}/{name}" if not name.startswith("vif") else f"{RELEASE}/{name}", real)
            executable(f"{self.dir}/bin/{name}", WRAPPER)
        self.count()

    def count(self):
        with open(self.units + "/calls", "w") as f:
            f.write("0\n")

    def calls(self):
        with open(self.units + "/calls") as f:
            return int(f.read())

    def unit(self, name, script, ready):
        executable(f"{self.units}/{name}", script + "\n")
        executable(f"{self.units}/{name}.ready", ready + "\n")

    def systemctl(self, *words):
        subprocess.run([self.dir + "/real/systemctl", *words], env=self.environment, check=True, timeout=wait.limit(60))

    def is_active(self, name):
        return subprocess.run([self.dir + "/real/systemctl", "is-active", name], env=self.environment).returncode == 0

    def vsctl(self, *words):
        done = subprocess.run([self.root + "/usr/bin/ovs-vsctl", "--timeout=60", f"--db=unix:{self.run_dir}/db.sock", *words],
                              env=self.environment, text=True, capture_output=True)
        check(done.returncode == 0, f"{words}: {done.stderr}{self.log()}")
        return done.stdout.strip()

    def vifctl(self, *words, status=0, **environment):
        self.count()
        done = subprocess.run([RELEASE + "/vifctl", *words], env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                              text=True, capture_output=True, timeout=wait.limit(200))
        check(status is None or done.returncode == status, f"vifctl {words}: {done.returncode} {done.stdout}{done.stderr}{self.log()}")
        return done

    def log(self):
        text = ""
        for path in [self.units + "/log", STATE + "/log", STATE + "/fill.log", self.units + "/trace"]:
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    text += f"\n{path}: {f.read()[-1500:]}"
        return text + self.dom0.log()[-1500:]

    def rows(self, table):
        return [r for r in self.dom0.db.rows(table) if "ovs@" in str(r["external_ids"])]

    def addresses(self):
        if not exists("br0"):
            return []
        return [line.split()[3] for line in output("ip", "-o", "-4", "addr", "show", "dev", "br0").splitlines()]

    def routes(self):
        return [line.split()[:5] for line in output("ip", "-4", "route", "show", "default").splitlines()]

    def who(self):
        """Who carries, has the services and dom0's address, all of it, or what is half."""
        masters = {os.path.basename(os.path.realpath(f"/sys/class/net/{n}/master")) for n in ("pa", "pb")}
        active = {n for n in ("ovsdb-server", "ovs-vswitchd", "vifovsdb", "vifovsd") if self.is_active(n)}
        state = (masters, active, bool(self.rows("Switch")), self.addresses(), os.path.exists(STATE + "/in-charge"))
        if state == ({"ovs-system"}, {"ovsdb-server", "ovs-vswitchd"}, False, ["192.0.2.2/24"], False):
            return "ovs"
        if state == ({"br0"}, {"vifovsdb", "vifovsd"}, True, ["192.0.2.2/24"], True):
            return "vifswitch"
        return state

    def boots(self):
        """What the host has that is not on disk goes; services start as their conditions say."""
        self.dom0.kill()
        for path in glob.glob(self.units + "/*.pid"):
            with open(path) as f:
                subprocess.run(["kill", "-9", f.read().strip()], stderr=subprocess.DEVNULL)
            os.unlink(path)
        subprocess.run(["pkill", "-9", "-x", "vifctl|vifovsd"])
        time.sleep(0.2)
        subprocess.run(["ovs-dpctl", "del-dp", "system@ovs-system"], env=self.environment, stderr=subprocess.DEVNULL)
        if exists("br0"):
            ip("link del br0")
        for path in glob.glob(self.run_dir + "/*.ctl") + glob.glob(self.run_dir + "/*.pid") + [self.run_dir + "/db.sock"]:
            if os.path.lexists(path):
                os.unlink(path)
        if os.path.exists(STATE + "/journal"):
            with open(STATE + "/journal") as f:
                journal = json.load(f)
            with open(STATE + "/journal", "w") as f:
                json.dump({**journal, "boot": "of before"}, f)
        self.dom0.start()
        for name in ("ovsdb-server", "ovs-vswitchd", "vifovsdb", "vifovsd"):
            if os.path.exists(f"{self.units}/{name}.enabled"):
                self.systemctl("start", name)
        # As ifupdown or networkd do when the bridge is there.
        wait.until("a bridge after boot", 30, lambda: exists("br0"))
        ip("link set br0 up", "addr replace 192.0.2.2/24 dev br0", "route replace default via 192.0.2.1 dev br0")


class Stream:
    """A frame every 2 ms from one cable to another: how many are lost meanwhile."""

    def __init__(self, source, target):
        self.source, self.target, self.over, self.sent = source, target, False, 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over:
            self.source.send(frame(BROADCAST, mac(77), payload=b"%08d" % (90000000 + self.sent)))
            self.sent += 1
            time.sleep(0.002)

    def __enter__(self):
        self.target.received()
        self.thread.start()
        time.sleep(0.1)
        return self

    def __exit__(self, *_):
        time.sleep(0.1)
        self.over = True
        self.thread.join()
        time.sleep(0.05)
        came = {f[18:26] if f[12:14] == b"\x81\x00" else f[14:22] for f in self.target.received()}
        self.lost = self.sent - len({c for c in came if c.startswith(b"9")})


def made():
    host = Host()
    a, b = cable("pa"), cable("pb")
    ip("link set dev pa up", "link set dev pb up")
    host.vsctl("add-br", "br0", "--", "add-port", "br0", "pa", "--", "add-port", "br0", "pb", "--",
               "br-set-external-id", "br0", "xs-network-uuids", "n1")
    ip("link set br0 up", "addr add 192.0.2.2/24 dev br0", "route add default via 192.0.2.1 dev br0")
    wait.until("Open vSwitch to carry", 20, lambda: arrives(a, b, None, None, 1))
    same(host.who(), "ovs", "who carries")
    return host, a, b


@test(limit=300)
def there_and_back():
    """under traffic, with dom0's address and route; what was said to ovs-vsctl meanwhile goes back with it"""
    host, a, b = made()
    done = host.vifctl("takeover", "ovs", "--check")
    check("uplink pa" in done.stdout and "switch br0" in done.stdout and "Nothing is refused" in done.stdout, done.stdout)
    done = host.vifctl("takeover", "ovs", status=1)
    check("nothing was done" in done.stderr and not os.path.exists(STATE + "/journal"), done.stderr)
    same(host.who(), "ovs", "who carries after a no")
    check("nothing was taken over" in host.vifctl("giveback", status=1).stderr, "giveback of nothing")
    with Stream(a, b) as stream:
        done = host.vifctl("takeover", "ovs", "--yes", "--confirm=600")
    said = re.search(r"ports carried nothing for at most (\d+) ms", done.stdout)
    check(said and "vifctl takeover confirm" in done.stdout, done.stdout)
    print(f"# take-over: {stream.lost} of {stream.sent} frames lost, one each 2 ms; vifctl says {said[1]} ms", flush=True)
    check(stream.lost < stream.sent / 2, f"{stream.lost} of {stream.sent} lost")
    same(host.who(), "vifswitch", "who carries")
    same(host.routes(), [["default", "via", "192.0.2.1", "dev", "br0"]], "route")
    check(arrives(b, a, None, None, 2), "the other way")
    same(host.vsctl("br-get-external-id", "br0", "xs-network-uuids"), "n1", "the database")
    check("bridges already" in host.vifctl("takeover", "confirm").stderr + host.vifctl("takeover", "ovs", "--yes", status=1).stderr,
          "twice")
    host.vifctl("takeover", "ovs", "--resume")
    same(host.who(), "vifswitch", "who carries after a resume of nothing")
    host.vsctl("set", "port", "pb", "tag=7")
    check(arrives(b, a, None, 7, 3), "a tag that was set meanwhile")
    check("--yes" in host.vifctl("giveback", status=1).stderr, "giveback without a yes")
    with Stream(a, b) as stream:
        host.vifctl("giveback", "--yes")
    print(f"# giveback: {stream.sent} frames sent", flush=True)
    same(host.who(), "ovs", "who carries")
    same(host.routes(), [["default", "via", "192.0.2.1", "dev", "br0"]], "route")
    same(host.vsctl("get", "port", "pb", "tag"), "7", "what was set meanwhile")
    wait.until("Open vSwitch to carry", 20, lambda: arrives(b, a, None, 7, 4))
    same(glob.glob("/etc/systemd/system/*.service.d/vifswitch-takeover.conf"), [], "drop-ins that are left")
    same(json.loads(host.vifctl("takeover", "show", "--json").stdout)["in_charge"], "Open vSwitch", "show")


@test(limit=300)
def unconfirmed():
    """who does not confirm gets Open vSwitch back: when the time is up, and after a boot"""
    host, a, b = made()
    host.vifctl("takeover", "ovs", "--yes", "--confirm=3")
    wait.until("it to go back by itself", 60, lambda: host.who() == "ovs" and not os.path.exists(STATE + "/journal"))
    wait.until("Open vSwitch to carry", 20, lambda: arrives(a, b, None, None, 2))
    host.vifctl("takeover", "ovs", "--yes", "--confirm=600")
    same(host.who(), "vifswitch", "who carries")
    host.boots()
    host.vifctl("takeover", "ovs", "--resume")
    same(host.who(), "ovs", "who carries after a boot on trial")
    host.vifctl("takeover", "ovs", "--yes", "--confirm=600")
    host.vifctl("takeover", "confirm")
    host.boots()
    host.vifctl("takeover", "ovs", "--resume")
    wait.until("vifswitch in charge after a boot", 30, lambda: host.who() == "vifswitch")
    wait.until("vifswitch to carry", 20, lambda: arrives(a, b, None, None, 3))


def killed(way, booted, first):
    host, a, b = made()
    n, ends = first - STRIDE, set()
    while True:
        n += STRIDE
        done = host.vifctl("takeover", "ovs", "--yes", "--confirm=600", status=None, **{way: str(n)})
        if host.calls() < n:
            break
        if booted:
            host.boots()
        check(done.returncode in (-9, 0), f"killed at {n}: {done.returncode} {done.stderr}")
        host.vifctl("takeover", "ovs", "--resume")
        wait.until(f"one of both in charge after call {n}: {host.who()}{host.log()}", 30, lambda: host.who() in ("ovs", "vifswitch"))
        wait.until("it to carry", 20, lambda: arrives(a, b, None, None, n))
        ends.add(host.who())
        if host.who() == "vifswitch" or os.path.exists(STATE + "/journal"):
            host.vifctl("giveback", "--yes")
            same(host.who(), "ovs", f"after giveback of {n}")
    print(f"# {host.calls()} calls, killed {way} at each {STRIDE}th from {first}: ended with {sorted(ends)}", flush=True)
    check(host.calls() > 10, f"{host.calls()} calls")
    return ends


@test(limit=900, default=False)
def killed_before_each_tool():
    """vifctl dies before each program that it runs; the next one brings it to an end"""
    same(killed("KILL", False, 1), {"ovs", "vifswitch"}, "who was in charge")


@test(limit=900, default=False)
def killed_after_each_tool_and_booted():
    """vifctl dies after each, and the host boots; Open vSwitch is there again"""
    same(killed("KILL_AFTER", True, 2), {"ovs"}, "who was in charge")


@test(limit=900, default=False)
def giveback_killed():
    """the way back is gone on with, too"""
    host, a, b = made()
    n = 1 - STRIDE
    while True:
        n += STRIDE
        host.vifctl("takeover", "ovs", "--yes", "--confirm=600")
        host.vifctl("giveback", "--yes", status=None, KILL=str(n))
        if host.calls() < n:
            break
        if n % 2:
            host.boots()
        host.vifctl("takeover", "ovs", "--resume")
        if host.who() == "vifswitch":
            host.vifctl("giveback", "--yes")
        same(host.who(), "ovs", f"after call {n}: {host.log()}")
        wait.until("Open vSwitch to carry", 20, lambda: arrives(a, b, None, None, n))
    print(f"# {host.calls()} calls, killed at each {STRIDE}th", flush=True)
