# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: VIFs of real domains that are made, moved, renamed and taken away as XAPI's toolstack does.

xl makes the domains, without VIFs. All that xenopsd does with VIFs and names is
tests/xapi/xenopsd.py, which here writes to the hosts' own XenStore; netback and udev answer,
and udev runs the script by the rule of the package vifswitch-xapi. hold.py stops xl's migration
where xenopsd does something else meanwhile.
"""
import os
import re
import shlex
import sys

import guest as guests
import wait
from host import RELAY
from steps_migration import Migration, incoming
from steps_policy import check_reach, datagram, vifctl
from world import check, step

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "xapi"))
import xenopsd  # noqa: E402

UUID = "5e1f0000-0000-4000-8000-0000deadd00d"
NAME, MAC, ADDRESS, VLAN = "xapivm", "00:16:3e:00:00:91", "10.0.0.7", 100
OTHER_MAC, OTHER_SWITCH = "00:16:3e:00:00:92", "other0"
HOLD = "/usr/lib/vifswitch-lab/hold.py"
HANDLE = "/usr/lib/vifswitch-lab/handle"
INVENTORY = "/etc/xensource-inventory"      # what makes a host one of XAPI's for the rule


class Store:
    """A host's XenStore."""

    def __init__(self, host):
        self.host = host

    def run(self, tool, *words, check_it=True):
        return self.host.run(f"xenstore-{tool} {' '.join(shlex.quote(str(w)) for w in words)}", 60,
                             check=check_it)

    def read(self, path):
        done = self.run("read", path, check_it=False)
        return done.out.rstrip("\n") if not done.rc else None

    def write(self, path, value):
        self.run("write", path, value)

    def write_many(self, nodes):
        """In one transaction."""
        self.run("write", *[word for pair in nodes.items() for word in pair])

    def remove(self, path):
        self.run("rm", path, check_it=False)

    def list(self, path):
        return self.run("list", path, check_it=False).out.split()

    def tree(self, path):
        rows = re.findall(r'^(\S+) = "(.*)"$', self.run("ls", "-f", path, check_it=False).out, re.M)
        return dict(rows)


class Toolstack(xenopsd.Toolstack):
    """xenopsd of one host."""

    def __init__(self, host):
        self.host, self.xs = host, Store(host)

    def handle(self, domain, uuid, how=""):
        self.host.run(f"{HANDLE} {domain.domid} {uuid}", 30)

    def tree(self, path):
        return self.xs.tree(path)

    def found(self, vm, name, uuid, final=None):
        """A domain that xl made."""
        domain = xenopsd.Domain(int(self.host.run(f"xl domid {name}").out), uuid, vm)
        if final:
            self.xs.write(f"/vm/{uuid}/final-uuid", final)
        return domain

    def add_device(self, domain, vif):
        """Who owns what is said first: here that is no part of the transaction."""
        path = self.paths(domain, vif)
        for end, owner in (("frontend", f"n{domain.domid} r0"), ("backend", f"n0 r{domain.domid}")):
            self.host.run(f"xenstore-write {path[end]} ''; xenstore-chmod {path[end]} {owner}", 30)
        super().add_device(domain, vif)

    def netback_up(self, domain, vif):
        """It makes the netdev, and udev runs the script: xenopsd waits."""
        path = self.paths(domain, vif)
        wait.until(f"the script of VIF {vif.devid}", 60, lambda: None is not (
            self.xs.read(path["hotplug"] + "/hotplug") or self.xs.read(path["backend"] + "/hotplug-error")),
            0.2)

    def netback_down(self, domain, vif):
        wait.until(f"the script of VIF {vif.devid} that goes", 60, lambda: self.xs.read(
            self.paths(domain, vif)["hotplug"] + "/hotplug") is None, 0.2)

    def guest_closes(self, domain, vif):
        """It does so itself."""

    def script(self, domain, vif, action, interface=True):
        return self.host.run(f"XENBUS_TYPE=vif XENBUS_PATH=backend/vif/{domain.domid}/{vif.devid}"
                             f" script={xenopsd.SCRIPT} /etc/xen/scripts/vif-vifswitch {action}"
                             " type_if=vif", 60)


class Xl(guests.Guest):
    """As xl sees it: a domain without VIFs."""

    def make(self, uuid):
        self.extra = f"uuid='{uuid}'"
        self.host.run(f"xl create -p {self.write_config()}", 120)
        self.attach()

    def send(self, target, uuid):
        """Its migration, where it is another VM for the time being; stops at each word of hold.py."""
        self.extra = f"uuid='{uuid}'"
        target.run("rm -f /run/hold-*")
        return Migration(self, self.host, target, f"-C {self.write_config()}",
                         f"python3 {HOLD} xl migrate-receive")


def was_said(host, word):
    return host.run(f"test -e /run/hold-{word}", 20, check=False).rc == 0


def said(host, word):
    wait.until(f"the receiver to say \"{word}\"", 240, lambda: was_said(host, word), 0.3)


def go_on(host, word):
    host.run(f"touch /run/hold-{word}.go")


def lies():
    """A packet from another's address, and one from its own."""
    return [datagram(MAC, address, "0fa00035") for address in ("0a000002", "0a000007")]


def wait_for_port(w, host, states):
    """By its identity: a domain that arrives has another name."""
    return wait.until(f"{UUID}/0 to be {' or '.join(states)} on {host.name}", 30, lambda: next(
        (p for p in w.show(host)["ports"] if p["identity"] == f"{UUID}/0" and p["state"] in states), None),
        0.3)


class Story:
    """A VM of XAPI's, locked to its address."""

    def __init__(self, w):
        self.w, self.mark = w, w.wire.mark()
        self.stacks = {host.name: Toolstack(host) for host in (w.a, w.b)}
        self.vif = xenopsd.Vif(0, MAC, locking=("locked", [ADDRESS]))
        self.vm = xenopsd.Vm(UUID, [self.vif], NAME)
        self.guest, self.domain = Xl(w.a, NAME, [], kind="pvh"), None
        w.guests[NAME] = self.guest
        w.policy.update({MAC: {VLAN}, OTHER_MAC: {VLAN}})

    def check_port(self, host, states):
        """It is one identity's, with its policy, whatever its domain is called."""
        port = wait_for_port(self.w, host, states)
        check((port["vlan"]["pvid"], port["mac"], port["guard"], port["ip"])
              == (VLAN, [MAC], "mac+ip", [ADDRESS]), f"its port on {host.name} is {port}")
        return port

    def check_lies(self):
        """Since the beginning nobody heard it with another's address; with its own, so often."""
        sources = [f.payload[12:16] for f in self.w.wire.frames(self.mark) if f.src == MAC and f.type == 0x800]
        lied = sources.count(bytes([10, 0, 0, 2]))
        check(not lied, f"{lied} of its lies were on the wire")
        self.w.check_wire(self.mark)
        return len(sources)

    def plugged(self):
        """It is there and does not run yet: its port has its policy."""
        old, stack = self.domain, self.stacks["xen-a"]
        self.domain = stack.found(self.vm, NAME, UUID)
        check(not old or old.domid != self.domain.domid, "its domain has the number it had")
        stack.plug(self.domain, self.vif)
        self.check_port(self.w.a, ("plugged",))

    def boot(self):
        self.guest.lines.clear()
        self.guest.make(UUID)
        self.plugged()
        self.w.a.run(f"xl unpause {NAME}", 30)
        self.guest.wait_ready()
        self.guest.sh(f"ip addr add {ADDRESS}/24 dev eth0; ip link set eth0 up")
        self.check_port(self.w.a, ("active",))
        check_reach(self.w, NAME, ["10.0.0.2"], ["10.0.0.3"])

    def start(self):
        vifctl(self.w.a, f"port set {UUID} vlan={VLAN}")
        self.boot()

    def lie(self):
        return self.guest.start("raw", "eth0", 100000, 100, *lies())

    def dropped(self, lying):
        """How many more lies are dropped where it is now; its drops of before may have come with it."""
        before = self.w.drops(NAME).get("ip-guard", 0)
        self.w.wait_packets(NAME, 20)
        lying.stop(60)
        lied = self.w.drops(NAME).get("ip-guard", 0) - before
        check(lied, f"none of its lies was dropped on {self.guest.host.name}: proves nothing")
        return lied

    def gone(self):
        """VIFs go hard, and then the domain; its policy stays."""
        stack = self.stacks[self.guest.host.name]
        stack.unplug(self.domain, self.vif, hard=True)
        self.guest.destroy()
        stack.xs.remove(f"/xapi/{UUID}")
        check(not stack.xs.list("/xapi"), f"left behind: {stack.xs.tree('/xapi')}")
        check(not self.w.ports(self.guest.host, NAME), "it is gone and has a port")

    def reboot(self):
        """The same UUID in another domain; its VIF before it runs."""
        self.gone()
        self.boot()
        return self.dropped(self.lie())

    def suspend(self):
        """Its memory is saved, then its VIF goes; it comes after the memory, and then the VM runs."""
        lying, file, a = self.lie(), f"/var/tmp/{NAME}.save", self.w.a
        self.w.wait_packets(NAME, 20)
        a.run(f"xl save -p {NAME} {file}", 300)
        self.gone()
        a.run(f"xl restore -p {file}; rm {file}", 300)
        self.guest.follow(a)
        self.plugged()
        a.run(f"xl unpause {NAME}", 30)
        self.check_port(a, ("active",))
        lied = self.dropped(lying)
        check_reach(self.w, NAME, ["10.0.0.2"], ["10.0.0.3"])
        return lied

    def second(self):
        """Hot plug, VIF.move to another switch, hot unplug."""
        stack, vif = self.stacks["xen-a"], xenopsd.Vif(1, OTHER_MAC)
        vifctl(self.w.a, f"switch add {OTHER_SWITCH}; vifctl port set {UUID}/1 vlan={VLAN}")
        stack.plug(self.domain, vif)
        self.guest.sh("ip link set eth1 up")
        port = self.w.wait_port(NAME, 1, self.w.a, ("active",))
        check((port["switch"], port["guard"]) == ("xenbr0", "off"), f"its second port is {port}")
        stack.move(self.domain, vif, OTHER_SWITCH)
        port = self.w.wait_port(NAME, 1, self.w.a, ("active",))
        check(port["switch"] == OTHER_SWITCH, f"after VIF.move its port is {port}")
        stack.unplug(self.domain, vif)
        check(1 not in self.w.ports(self.w.a, NAME), "after the unplug its port is there")
        vifctl(self.w.a, f"switch del {OTHER_SWITCH}; vifctl port clear {UUID}/1 vlan")

    def migrate(self):
        """VM_restore_vifs before memory, both renamed while it is nowhere, the source's VIF last."""
        w, (a, b) = self.w, (self.stacks["xen-a"], self.stacks["xen-b"])
        lying = self.lie()
        temporary, gone = self.vm.temporary(1), self.vm.temporary(0)
        migration = self.guest.send(w.b, temporary)
        wait.until("the other host to take the stream", 60, lambda: incoming(w.b, NAME), 0.5)
        new = b.found(self.vm, f"{NAME}--incoming", temporary, final=UUID)
        b.plug(new, self.vif)
        check(not was_said(w.b, "memory"), "its VIF was plugged after its memory had come")
        self.check_port(w.b, ("plugged",))
        self.check_port(w.a, ("active",))
        said(w.b, "memory")
        for stack, domain, name, host in ((a, self.domain, gone, w.a), (b, new, UUID, w.b)):
            for _ in stack.rename_steps(domain, name):
                self.check_port(host, ("plugged", "active"))
        go_on(w.b, "memory")
        said(w.b, "runs")
        self.check_port(w.b, ("active",))
        a.unplug(self.domain, self.vif, hard=True)
        a.xs.remove(f"/xapi/{gone}")
        check(not w.ports(w.a, NAME), "the source still has a port")
        go_on(w.b, "runs")
        seconds = migration.arrive(w.progress)
        self.domain = new
        lied = self.dropped(lying)
        check_reach(w, NAME, ["10.0.0.2", "10.0.0.1"], ["10.0.0.3"])
        return seconds, lied


@step("xapi", "VIFs of a VM that is started, rebooted, suspended, resumed, migrated, in XAPI's order",
      needs=("pool",))
def xapi(w):
    for host in (w.a, w.b):
        host.run(f"touch {INVENTORY}; udevadm control --reload")
    story = Story(w)
    try:
        story.start()
        story.second()
        again, resumed = story.reboot(), story.suspend()
        seconds, lied = story.migrate()
        frames = story.check_lies()
        story.gone()
    finally:
        for host in (w.a, w.b):
            host.run(f"rm {INVENTORY}; udevadm control --reload")
    del w.guests[NAME]
    vifctl(w.a, f"port clear {UUID} vlan")
    return f"locked before it ran, plugged on xen-b before its memory came, {seconds:.0f} s; two VMs" \
        f" renamed meanwhile; {frames} honest frames on the wire, none with another's address, which" \
        f" {again} had after its reboot, {resumed} when it was resumed, {lied} on xen-b"
