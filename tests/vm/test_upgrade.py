# SPDX-License-Identifier: GPL-2.0-or-later
"""Daemon and module of two releases: an upgrade by packages, and the way back.

The older one is a tree from before interfaces could grow (vm.mk), built to
build/older; its headers are the first release's.
"""
import contextlib
import os
import signal
import subprocess
import time

import abi
import ctl
import genl
import wait
from dom0 import Dom0, HOST, RELEASE, TOP, uuid
from registry import Skip, check, same, test
from test_daemon import Stream, numbered
from test_policy import connected, head, operations
from test_qos import qos
from world import BROADCAST, deliver, frame, index, insert

OLDER = os.path.join(TOP, "build", "older", "build")
OLDER_DAEMON = os.path.join(OLDER, "release")
OLDER_MODULE = os.path.join(OLDER, "kmod", os.uname().release, "vifswitch.ko")


def built(path):
    missing = os.path.join(TOP, "build", "older", "missing")
    if os.path.exists(missing):
        with open(missing) as f:
            raise Skip(f.read().strip())
    check(os.path.exists(path), f"{path} is missing: make build/older/built")


def load(path=None):
    done = subprocess.run(["rmmod", "vifswitch"], text=True, stderr=subprocess.PIPE)
    same((done.returncode, done.stderr), (0, ""), "rmmod")
    insert(path)


@contextlib.contextmanager
def older_module():
    built(OLDER_MODULE)
    load(OLDER_MODULE)
    try:
        yield
    finally:
        load()


def flags(ports, ifindex):
    return next(abi.header(p)["flags"] for i, p, *_ in ports[0] if i == ifindex)


def without_isolation(program):
    head = abi.header(program)
    head["flags"] &= ~abi.PF_ISOLATED
    return abi.HEAD.pack(*(head[f] for f in abi.FIELDS)) + program[abi.HEAD.size:]


class Beds:
    """Three VMs under policy of the database, the first two of one VLAN under traffic."""

    def __init__(self, release):
        self.dom0 = dom0 = Dom0(database=True, start=False)
        self.db = db = dom0.db
        dom0.start(release)
        ctl.run(dom0, "acl", "create", "web", "from-vm-default=allow", "to-vm-default=allow")
        acl = ["uuid", db.rows("ACL", name="web")[0]["_uuid"]]
        self.gold = qos(db, "gold", storm_broadcast=100, dscp=10)
        db.set_port(uuid(1), 0, tag=100, qos=self.gold)
        # With a burst: what stands for one that is not given is not the same in both.
        db.set_port(uuid(2), 0, tag=100, acl=acl, rate_from_vm=8_000_000, burst_from_vm=1 << 20)
        db.set_port(uuid(3), 0, tag=300)
        self.vifs = self.a, self.b, self.c = [dom0.vif(n) for n in (1, 2, 3)]
        connected(dom0, *self.vifs)
        db.applied(HOST)
        self.stream = Stream(self.a, self.b, numbered(self.b.mac, self.a.mac))
        self.stream.start()
        time.sleep(0.5)

    def ports(self):
        return [(p.ifindex, p.program, p.cookie, p.claim) for p in self.dom0.nl.ports()], \
               [(x.id, x.cookie, x.length) for x in self.dom0.nl.acls()]

    def exchange_daemon(self, release, isolated=()):
        """As a package does: stopped, then the other one started. Nothing may change.

        With isolated, before and after: but for whether uplinks keep from each other, which
        the older one does not know. That costs one operation for each uplink.
        """
        before, uplink = self.ports(), index("eth0")
        self.dom0.kill(signal.SIGTERM)
        self.dom0.start(release)
        self.db.applied(HOST, 40)
        after = self.ports()
        if isolated:
            same([flags(x, uplink) & abi.PF_ISOLATED != 0 for x in (before, after)], list(isolated),
                 "is the uplink isolated, before and after")
            before, after = (([(i, without_isolation(p) if i == uplink else p, *rest)
                              for i, p, *rest in ports], acls) for ports, acls in (before, after))
        same(after, before, "ports and ACLs under another daemon")
        same(operations(self.dom0), 1 if isolated else 0, "operations of another daemon")

    def lacks(self):
        return [x["feature"] for x in self.dom0.ask("show")["module"]["lacks"]]

    def end(self):
        same(self.stream.end(), 0, f"frames lost of {self.stream.sent}")


def held(bed, vif, *words):
    """The entry of a VIF that is in force and says why its policy is not."""
    entry = wait.until(f"{vif.netdev} to say why", 20,
                       lambda: (e := bed.dom0.entry(vif)) and e["error"] and e)
    same(entry["state"], "active", f"state of {vif.netdev}: {entry['error']}")
    missing = [w for w in words if w not in entry["error"]]
    check(not missing, f"{missing} not in the error: {entry['error']}")


@test(limit=240)
def packages_under_traffic():
    """old daemon and module, then the new daemon, then the new module: what each has is in force"""
    with older_module():
        bed = Beds(OLDER_DAEMON)
        dom0, db = bed.dom0, bed.db
        bed.exchange_daemon(RELEASE)
        # What it has is used ...
        db.set_port(uuid(3), 0, tag=301, rate_from_vm=9_000_000)
        db.update("QoS", {"name": "gold"}, dscp=11)
        db.applied(HOST)
        same((head(bed.c)["pvid"], head(bed.c)["rate_bps"], head(bed.a)["dscp"]),
             (301, 9_000_000, 11), "VLAN, rate and mark changed with the older module")
        # ... and what it lacks is said, and changes no port.
        same(bed.lacks(), ["headers", "storm-burst", "sessions", "packets-to-vm", "mac-listed", "carry",
                          "mirrors", "flows", "isolated", "copies", "tunnels", "bonds", "openflow",
                          "sealed", "port-hits", "snooping", "lisp", "esp", "told", "loops",
                          "tracked", "own-tag"],
             "what the module lacks")
        check("lacks: headers (" in dom0.log(9999), f"the journal: {dom0.log()}")
        check("lacks storm-burst: storm_burst of a QoS row is not in force" in
              ctl.run(dom0, "show").out, "vifctl show")
        check("storm-burst (storm_burst of a QoS row)" in ctl.run(dom0, "doctor", status=(0, 1)).out,
              "vifctl doctor")
        before = bed.ports()
        db.update("QoS", {"name": "gold"}, storm_burst=600, dscp=12)
        db.set_port(uuid(4), 0, tag=100, qos=bed.gold)
        d = dom0.vif(4)
        dom0.refused(d, "vm4", "needs storm-burst", "lacks", "reboot")
        held(bed, bed.a, "vm1", "needs storm-burst", "lacks", "reboot")
        db.applied(HOST)
        check("storm-burst" in db.location(uuid(1))["last_error"], "last_error")
        same(bed.ports(), before, "ports whose policy needs what the module lacks")
        bed.exchange_daemon(RELEASE)
        held(bed, bed.a, "needs storm-burst")
        got = deliver(bed.a, frame(BROADCAST, bed.a.mac), [dom0.wire])[dom0.wire.name]
        check(got, "a held port does not forward")
        bed.end()
        # The reboot.
        dom0.nl.close()
        load()
        dom0.nl = genl.Genl()
        for v in (*bed.vifs, d):
            dom0.plugged(v, 40)
        wait.until("the policy to be in force", 20, lambda: head(bed.a)["storm_burst"] == 600)
        same((bed.lacks(), head(d)["storm_burst"], dom0.entry(bed.a)["error"]), ([], 600, None),
             "with the new module")
        check("not in force" not in ctl.run(dom0, "show").out, "vifctl show still complains")
        dom0.kill(signal.SIGTERM)
        dom0.nl.close()
    return f"{bed.stream.sent} frames, 0 lost"


@test(limit=180)
def older_daemon_on_the_new_module():
    """the old daemon takes over from the new one and gives back: 0 lost, and no port changed"""
    built(OLDER_DAEMON)
    bed = Beds(RELEASE)
    dom0, db = bed.dom0, bed.db
    same(bed.lacks(), [], "what the module lacks")
    db.update("QoS", {"name": "gold"}, storm_burst=600)
    db.applied(HOST)
    same(head(bed.a)["storm_burst"], 600, "the burst of storm control")
    bed.exchange_daemon(OLDER_DAEMON, isolated=(True, False))
    held(bed, bed.a, "storm_burst", "not enforced by this version")
    db.set_port(uuid(3), 0, tag=302)
    db.applied(HOST)
    same(head(bed.c)["pvid"], 302, "VLAN changed by the old daemon")
    check("xenbr0" in ctl.run(dom0, "show").out, "vifctl with the old daemon")
    bed.exchange_daemon(RELEASE, isolated=(False, True))
    same(dom0.entry(bed.a)["error"], None, "the error of a port")
    bed.end()
    return f"{bed.stream.sent} frames, 0 lost"
