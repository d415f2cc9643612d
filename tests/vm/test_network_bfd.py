# SPDX-License-Identifier: GPL-2.0-or-later
"""BFD inside tunnels: vifoamd here, ovs-vswitchd's BFD at the far end.

    vif1.0 --- xenbr0 --- vsnet-v4789 ~~~ eth0 ~~~ hub ~~~ Open vSwitch (bfd:enable=true) --- h
                vifoamd  (its own sockets)          ~~~ a second host, of Linux alone
"""
import os

import ctl
import wait
from dom0 import Dom0
from registry import check, same, test
from test_network import Foreign, Wire, arrives
from test_network_peers import OvsHost
from test_networks import add, in_state, vm
from test_oam import Oam
from world import BROADCAST, arrived, frame, ip, mac

OWN, FAR, OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.3"


class Bed:
    def __init__(self, kind="vxlan", far=FAR, own=OWN):
        self.wire = Wire()
        self.wire.dom0()
        self.dom0 = Dom0(uplink=False, database=True)
        size = "64" if ":" in own else "24"
        ip(f"addr add {own}/{size} dev xenbr0" + (" nodad" if size == "64" else ""), "link set dev xenbr0 up")
        self.vif = vm(self.dom0, 1, access=100)
        self.peer = OvsHost(self.wire, "gretap" if kind == "gre" else kind, far, own)
        with self.peer.namespace:
            self.peer.ovs.vsctl("set", "interface", "t", "bfd:enable=true", "bfd:min_rx=300", "bfd:min_tx=300")
        self.far = far
        add(self.dom0, "blue", f"kind={kind}", f"remotes={far}", "bfd=true", "bfd-min-rx=300", "bfd-min-tx=300")
        in_state(self.dom0, "blue", "in-force")
        self.oam = Oam(self.dom0)

    def remote(self, address=None):
        return next(r for r in ctl.here(self.dom0, "network", "blue")["remotes"]
                    if r["address"] == (address or self.far))

    def status(self, key):
        with self.peer.namespace:
            return self.peer.ovs.vsctl("get", "interface", "t", f"bfd_status:{key}").strip().strip('"')

    def until(self, what, probe):
        try:
            return wait.until(what, 60, probe, 0.5)
        except wait.Timeout as e:
            with open(self.oam.log) as f:
                raise AssertionError(f"{e}: {self.remote()}; {f.read()[-1500:]}; {self.dom0.log()}") from None

    def up(self, what):
        self.until(f"{what}: both ends to be up", lambda: (self.remote()["bfd"] or {}).get("state") == "up" and
                   self.status("state") == "up" and self.status("remote_state") == "up")

    def close(self):
        self.peer.ovs.stop()


def speaks(kind, far=FAR, own=OWN):
    bed = Bed(kind, far, own)
    try:
        bed.up(kind)
        same((bed.status("forwarding"), bed.remote()["silent"]), ("true", False), "whether they carry")
        bed.until("the largest packet to get there", lambda: bed.remote()["bfd"]["path_mtu"] == bed.remote()["mtu"])
    finally:
        bed.close()


@test(limit=300)
def a_remote_fails():
    """with ovs-vswitchd by VXLAN: up; a fault takes that remote alone out, and it comes back, held a while"""
    bed = Bed()
    dom0, vif, peer = bed.dom0, bed.vif, bed.peer
    try:
        other = Foreign(bed.wire, "vxlan", OTHER, OWN)
        ctl.run(dom0, "network", "set", "blue", f"remotes+={OTHER}")
        bed.up("at first")
        # Who never answered is no fault: he may not speak it.
        same([bed.remote(OTHER)[k] for k in ("silent", "bfd_error")], [False, None], "the other remote")
        shout = frame(BROADCAST, vif.mac)
        arrives(vif, shout, peer, shout, "what is for all")
        arrives(vif, shout, other, shout, "likewise")
        same([f for f in vif.received() if f[:6].hex(":") == "00:23:20:00:00:01"], [], "BFD at the VM")
        # As its unit holds it it can do all of this.
        with open(f"/proc/{bed.oam.process.pid}/status") as f:
            status = dict(line.split(":", 1) for line in f)
        same(status["CapEff"].strip(), f"{1 << 13:016x}", "its capabilities")
        check(int(status["VmLck"].split()[0]) > 1000, f"locked memory: {status['VmLck']}")
        same(os.sched_getscheduler(bed.oam.process.pid), os.SCHED_RR, "its scheduling")
        with peer.namespace:
            ip("link set dev wire down")
        bed.until("the remote to be silent", lambda: bed.remote()["silent"])
        arrives(vif, shout, other, shout, "what is for all, to the other")
        here = bed.remote()
        same((here["bfd"]["state"], here["bfd"]["diagnostic"]), ("down", "timeout"), "why")
        text = ctl.run(dom0, "network", "show", "blue").out
        check("is sent nothing" in text and "down (timeout)" in text, text)
        check(f"remote {FAR} is sent nothing" in ctl.run(dom0, "doctor", status=(1,)).out, "doctor")
        before = ctl.here(dom0, "network", "blue")["netdev_drops"].get("to-remote", 0)
        same(before, 0, "drops while another remote is there")
        with peer.namespace:
            ip("link set dev wire up")
        bed.up("the wire is back")
        bed.until("the hold to end", lambda: not bed.remote()["silent"])
        arrives(vif, shout, peer, shout, "what is for all, once it carries again")
        back = frame(vif.mac, mac(99))
        arrives(peer, back, vif, back, "to the VM")
        # Open vSwitch does not say that it ends its session, so that is a fault; what ends here is none.
        with peer.namespace:
            peer.ovs.vsctl("set", "interface", "t", "bfd:enable=false")
        bed.until("the session to end", lambda: bed.remote()["bfd"]["state"] != "up")
        arrived()
        ctl.run(dom0, "network", "set", "blue", "bfd=false")
        bed.until("nothing to be watched", lambda: bed.remote()["bfd"] is None and not bed.remote()["silent"])
        arrives(vif, shout, peer, shout, "what is for all, without BFD")
        ctl.run(dom0, "network", "set", "blue", "bfd=true")
        bed.oam.stop()
        wait.until("doctor to say that nobody watches", 30, lambda: "vifoamd does not run" in
                   ctl.run(dom0, "doctor", status=(0, 1)).out)
    finally:
        bed.close()


@test(limit=240, default=False)
def speaks_geneve():
    """the same packets inside Geneve: Open vSwitch's session is up"""
    speaks("geneve")


@test(limit=240)
def speaks_gre():
    """the same inside GRE with a key"""
    speaks("gre")
