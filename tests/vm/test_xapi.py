# SPDX-License-Identifier: GPL-2.0-or-later
"""A XAPI host: xenopsd's orders (tests/xapi), with netdevs, frames and the module."""
import os
import signal
import subprocess
import sys

import confine
import packet
import wait
from database import TOP
from dom0 import RELEASE, Dom0, Vif
from registry import check, same, test
from test_daemon import Stream
from world import BROADCAST, frame, mac, tags_of

sys.path.append(os.path.join(TOP, "tests", "xapi"))
import xenopsd  # noqa: E402
from xapi_model import Xapi  # noqa: E402

UUID = "1f0e93c4-5a1b-4c72-9c1d-7e1a55b0d201"
LOCKED = ("locked", ["10.0.0.1"])


class Machine(xenopsd.Toolstack):
    """netback's netdevs are the Dom0's, and so is the daemon."""

    helper = os.path.join(RELEASE, "vif-vifswitch")

    def __init__(self, **kwargs):
        self.dom0 = Dom0(hypervisor=True, **kwargs)
        self.xs, self.control = self.dom0.xs, self.dom0.control
        self.handles, self.netdevs = {}, {}

    def tell(self):
        self.dom0.hypervisor(self.handles)

    def handle(self, domain, uuid, how=""):
        self.handles[domain.domid] = (uuid, how or "running")
        self.tell()

    def forget(self, domain):
        self.handles.pop(domain.domid)
        self.tell()

    def netback_up(self, domain, vif):
        tap = Vif(self.dom0, domain.domid, vif.devid, vif.mac)
        tap.make_netdev()
        self.netdevs[(domain.domid, vif.devid)] = tap
        return super().netback_up(domain, vif)

    def netback_down(self, domain, vif):
        self.netdevs.pop((domain.domid, vif.devid)).remove_netdev()
        return super().netback_down(domain, vif)

    def tap(self, domain, devid=0):
        return self.netdevs[(domain.domid, devid)]


def spoofed(address):
    """IPv4 from an address that is not the VM's, and from its own."""
    return [frame(BROADCAST, address, kind=0x800, payload=packet.udp(source, "10.0.0.3", 7, 7))
            for source in ("10.0.0.9", "10.0.0.1")]


@test(limit=180)
def xapi_locks_before_the_first_frame():
    """a locked VIF sends nothing but its own from the netdev on; locking changes while it runs"""
    it = Machine()
    vif = xenopsd.Vif(0, mac(1), locking=LOCKED)
    vm = xenopsd.Vm(UUID, [vif])
    domain = it.create(vm)
    it.dom0.wire.drain()
    it.add_device(domain, vif)
    domain.plugged.append(vif)
    done = it.netback_up(domain, vif)
    same((done.returncode, done.stderr), (0, ""), "vif-vifswitch")
    it.wait_for_plug(domain, vif)
    tap = it.tap(domain)
    bad, good = spoofed(mac(1))
    for _ in range(20):
        tap.send(bad)
        tap.send(good)
    same(tap.state().cookie, f"{UUID}/0".encode(), "whose port it is")
    frames = it.dom0.wire.received(1)
    check(good in frames and bad not in frames, "what came out")
    it.connect(domain)
    it.set_locking(domain, vif, "unlocked")
    wait.until("the guard to go", 20, lambda: tap.send(bad) or bad in it.dom0.wire.received(0.2))
    it.set_locking(domain, vif, "disabled")
    wait.until("the port to close", 20, lambda: tap.state().closed)
    it.set_locking(domain, vif, *LOCKED)
    wait.until("the port to open", 20, lambda: not tap.state().closed)
    it.dom0.wire.drain()
    for _ in range(20):
        tap.send(bad)
    check(bad not in it.dom0.wire.received(1), "unguarded")
    it.shutdown(domain)
    same(it.xs.list("/xapi") or [], [], "what is left of it")


@test(limit=240)
def xapi_renames_cost_no_frame():
    """a VM's UUID changes in a migration, step by step, the daemon is killed at each: no frame"""
    it = Machine()
    vif = xenopsd.Vif(0, mac(1), locking=LOCKED)
    vm = xenopsd.Vm(UUID, [vif])
    domain = it.create(vm, vm.temporary(1), final=UUID)
    it.plug(domain, vif)
    it.connect(domain)
    tap = it.tap(domain)
    before = tap.state()
    same(before.cookie, f"{UUID}/0".encode(), "whose port it is")
    stream = Stream(tap, it.dom0.wire, spoofed(mac(1))[1] + b"number:")
    stream.start()
    for step in it.rename_steps(domain, UUID):
        it.dom0.kill()
        it.dom0.start()
        wait.until(f"it to be known after {step}", 20,
                   lambda: it.dom0.ask("show")["ports"] and it.dom0.is_open(tap))
    for step in it.rename_steps(domain, vm.temporary(0)):
        it.dom0.kill()
        it.dom0.start()
        wait.until(f"it to be known after {step}", 20, lambda: it.dom0.is_open(tap))
    same(stream.end(), 0, "frames lost")
    check(stream.sent > 20, f"{stream.sent} frames: nothing proved")
    after = tap.state()
    same((after.cookie, after.ifindex), (before.cookie, before.ifindex), "the port")
    it.set_locking(domain, vif, "unlocked")
    bad, _ = spoofed(mac(1))
    wait.until("its keys to be followed where they are now", 20,
               lambda: tap.send(bad) or bad in it.dom0.wire.received(0.2))
    it.shutdown(domain)


class Xapid:
    def __init__(self, dom0, xapi):
        program = os.path.join(RELEASE, "vifxapid")
        self.process = subprocess.Popen(
            [program, "-f", "-x", xapi.path, "-d", dom0.db.remote],
            preexec_fn=confine.under(program, "/tmp/dom0-*/* rw"))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        same(self.process.wait(60), 0, "vifxapid's exit status")
        same(confine.denied("vifxapid"), [], "what AppArmor denied")


@test(limit=240)
def xapi_says_what_a_network_is():
    """a VLAN's network is one by vifxapid's rows; with XAPI away VIFs plug by what was said"""
    it = Machine(database=True)
    xapi = Xapi(os.path.join(it.dom0.dir, "xapi"))
    xenbr0 = xapi.network("xenbr0")
    xapi1 = xapi.network("xapi1", 100, xenbr0)
    ref = xapi.vm()
    xapi.set("vm", ref, uuid=UUID)
    xapi.vif(ref, xapi1, 0, MAC=mac(1))
    xapi.start()
    daemon = Xapid(it.dom0, xapi)
    wait.until("a row", 60, lambda: it.dom0.db.rows("Port"))
    xapi.stop()
    vif = xenopsd.Vif(0, mac(1), bridge="xapi1")
    vm = xenopsd.Vm(UUID, [vif])
    for _ in range(2):
        domain = it.start(vm)
        it.dom0.wire.drain()
        it.tap(domain).send(frame(BROADCAST, mac(1)))
        frames = it.dom0.wire.received(1)
        same({tuple(tags_of(f)) for f in frames}, {(100,)}, "VLANs")
        it.shutdown(domain)
    # Locked in XAPI; xenopsd, which would say so in XenStore, has not.
    domain = it.start(vm)
    xapi.start()
    xapi.set("vif", next(r for kind, r in xapi.objects if kind == "vif"), locking_mode="locked",
             ipv4_allowed=["10.0.0.1"])
    bad, good = spoofed(mac(1))

    def locked():
        it.dom0.wire.drain()
        it.tap(domain).send(bad)
        it.tap(domain).send(good)
        return len(it.dom0.wire.received(0.3)) == 1
    wait.until("the lock", 60, locked)
    it.shutdown(domain)
    daemon.end()
