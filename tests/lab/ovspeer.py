# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's Open vSwitch as the switch outside, in the network namespace of who starts it.

  with peer:                           a world.Namespace
      ovs = ovspeer.Ovs().start()
  ovs.vsctl("add-br", "br0")
  ovs.appctl("lacp/show")

ovs-vswitchd is unpacked, not installed, as its services have no business here.
"""
import os
import subprocess
import tempfile

import fetch
import wait


def package():
    return fetch.package("openvswitch-switch")


class Ovs:
    def __init__(self):
        self.root, self.dir = package(), tempfile.mkdtemp(prefix="ovs-")
        self.db, self.control = (os.path.join(self.dir, x) for x in ("db.sock", "vs.ctl"))
        self.environment = {**os.environ, "OVS_RUNDIR": self.dir, "OVS_LOGDIR": self.dir}
        self.daemons = []

    def start(self):
        subprocess.run(["modprobe", "openvswitch"], check=True)
        conf = os.path.join(self.dir, "conf.db")
        self.run("ovsdb-tool", "create", conf, self.root + "/usr/share/openvswitch/vswitch.ovsschema")
        self.daemon("ovsdb-server", conf, "--remote=punix:" + self.db,
                    "--unixctl=" + os.path.join(self.dir, "db.ctl"))
        wait.until("ovsdb-server", 60, lambda: os.path.exists(self.db))
        self.vsctl("--no-wait", "init")
        self.daemon(self.root + "/usr/lib/openvswitch-switch/ovs-vswitchd", "unix:" + self.db,
                    "--unixctl=" + self.control)
        return self

    def daemon(self, *argv):
        self.daemons.append(subprocess.Popen([*argv, "-vconsole:err"], env=self.environment,
                                             stdin=subprocess.DEVNULL))

    def run(self, *argv):
        done = subprocess.run(argv, env=self.environment, text=True, timeout=90,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise AssertionError(f"{' '.join(argv)}: {done.stdout[-500:]}")
        return done.stdout

    def vsctl(self, *argv):
        return self.run(self.root + "/usr/bin/ovs-vsctl", "--timeout=60", "--db=unix:" + self.db, *argv)

    def appctl(self, *argv):
        return self.run("ovs-appctl", "-t", self.control, *argv)

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait(60)
