# SPDX-License-Identifier: GPL-2.0-or-later
"""A cable fails under traffic: what is lost and for how long, beside others' bonds; for make bench.

    vm1 .. vm4 --- the switch --- bond --- e1 ==== e1p --- a bridge, or LACP's --- out
                                       --- e2 ==== e2p ---

Each subject has its own means: carrier, and without LACP what finds a cable that is up and carries
nothing: CFM of 100 ms of vifswitch and Open vSwitch, the ARP monitor of 100 ms of the bonding driver.
vm4 only listens: somebody must say for it where it is.
"""
import collections
import json
import os
import subprocess
import time

import packet
import wait
from cable import Cable
from dom0 import Dom0
from ovspeer import Ovs
from packet import udp
from registry import check, same, test
from test_bond import config, plugged
from test_oam import Oam, ccm
from world import BROADCAST, Namespace, Tap, carries, frame, index, ip, mac

STEP, LIMIT = 0.005, 15.0       # seconds: between frames of a flow, to wait for all to go on
REST = 20.0     # what was damped is in use again
OUTSIDE, SILENT, CCM = "00:16:3e:00:00:77", 4, 0.1
VMS = (1, 2, 3, SILENT)
MODES = {"active-backup": "active-backup", "balance-slb": "balance-slb", "LACP": "balance-tcp"}
FAULTS = {"link down": None, "silent": ("out", "in"), "nothing leaves": ("out",), "nothing comes": ("in",)}


class Far:
    """The switch outside, and the other ends of CFM, one at each cable."""

    def __init__(self, mode):
        self.namespace, self.lacp = Namespace(), mode == "LACP"
        self.cables = {n: Cable(n, self.namespace) for n in ("e1", "e2")}
        with self.namespace:
            if self.lacp:
                ip("link set dev e1p down", "link set dev e2p down",
                   "link add lag type bond mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4",
                   "link set dev e1p master lag", "link set dev e2p master lag", "link set dev lag up")
            else:
                ip("link add name br type bridge mcast_snooping 0", "link set dev br up",
                   "link add name out type veth peer name outp", "addr add 10.0.0.99/24 dev out",
                   f"link set dev out address {OUTSIDE} up",
                   *(f"link set dev {n} master br up" for n in ("e1p", "e2p", "outp")))
                # What the ends of CFM say to each other stays on the cable.
                for n in ("e1p", "e2p"):
                    for words in (f"qdisc add dev {n} clsact",
                                  f"filter add dev {n} ingress protocol 0x8902 matchall action drop"):
                        subprocess.run(["tc", *words.split()], check=True)
            self.tap = Tap("lag" if self.lacp else "out")
            self.ends = {n: Tap(n + "p") for n in self.cables}
        self.heard, self.due = dict.fromkeys(self.cables, 0.0), 0.0

    def received(self):
        """What comes to the station outside; the ends hear and speak beside it."""
        now = time.monotonic()
        for n, tap in self.ends.items():
            for data in tap.received():
                if data[12:14] == b"\x89\x02":
                    self.heard[n] = now
        if not self.lacp and now >= self.due:
            self.due = now + CCM
            for i, (n, tap) in enumerate(self.ends.items()):
                try:
                    tap.send(ccm(21 + i, interval=3, rdi=now - self.heard[n] > 3.5 * CCM))
                except OSError:
                    pass    # its link is down
        return self.tap.received()

    def carried(self):
        """Frames that came by each cable so far."""
        with self.namespace:
            found = {}
            for n in self.cables:
                with open("/proc/thread-self/net/dev") as f:
                    found[n] = next(int(line.split()[2]) for line in f if line.strip().startswith(n + "p:"))
            return found


class Vifswitch:
    def __init__(self, mode):
        words = 'bond_mode = "%s" primary = e1 cfm_mpid = 11 cfm_interval = 100' % MODES[mode]
        if mode == "LACP":
            words = 'bond_mode = "balance-tcp" lacp_time = "fast"'
        self.dom0 = Dom0(config(words), uplink=False)
        plugged(self.dom0)
        self.oam = Oam(self.dom0)
        self.vms = {n: self.dom0.vif(n) for n in VMS}
        for vm in self.vms.values():
            self.dom0.plugged(vm)
            vm.key("state", 4)

    def stop(self):
        self.oam.stop()


def veths(attach):
    for n in VMS:
        ip(f"link add name v{n} type veth peer name v{n}p", f"link set dev v{n} up", f"link set dev v{n}p up")
        attach(f"v{n}")
    for n in VMS:
        wait.until(f"v{n}p to carry", 20, lambda n=n: carries(index(f"v{n}p")))
    return {n: Tap(f"v{n}p") for n in VMS}


class Bridge:
    """The bonding driver alone, under a Linux bridge."""
    KINDS = {"active-backup": "mode active-backup arp_interval 100 arp_validate all arp_ip_target 10.0.0.99",
             "balance-slb": "mode balance-xor xmit_hash_policy vlan+srcmac miimon 100",
             "LACP": "mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4"}

    def __init__(self, mode):
        ip(f"link add bond0 type bond {self.KINDS[mode]}", "link set dev e1 master bond0",
           "link set dev e2 master bond0", "link add name br0 type bridge mcast_snooping 0",
           "link set dev bond0 master br0 up", "addr add 10.0.0.98/24 dev br0", "link set dev br0 up")
        if mode == "active-backup":
            ip("link set dev bond0 type bond primary e1")
        self.vms = veths(lambda name: ip(f"link set dev {name} master br0"))

    def stop(self):
        pass


class Openvswitch:
    def __init__(self, mode):
        ip("link set dev e1 up", "link set dev e2 up")
        self.ovs = Ovs().start()
        more = ["lacp=active", "other_config:lacp-time=fast"] if mode == "LACP" else \
            ["other_config:bond-primary=e1"] if mode == "active-backup" else []
        self.ovs.vsctl("add-br", "br0", "--", "add-bond", "br0", "bond0", "e1", "e2",
                       "bond_mode=" + MODES[mode], *more)
        if mode != "LACP":
            for n, name in enumerate(("e1", "e2"), 11):
                self.ovs.vsctl("set", "interface", name, f"cfm_mpid={n}", "other_config:cfm_interval=100")
        self.vms = veths(lambda name: self.ovs.vsctl("add-port", "br0", name))

    def stop(self):
        self.ovs.stop()


SUBJECTS = {"vifswitch": Vifswitch, "bridge": Bridge, "openvswitch": Openvswitch}


class Traffic:
    """A numbered frame of each flow each STEP; flows are ("out" or "in", VM)."""

    def __init__(self, far, vms):
        self.far, self.vms = far, vms
        self.flows = [("out", n) for n in VMS if n != SILENT] + [("in", n) for n in VMS]
        self.forget()

    def forget(self):
        self.sent = {f: [] for f in self.flows}     # when each was sent
        self.got = {f: collections.Counter() for f in self.flows}
        self.next = time.monotonic()

    def send(self, flow):
        way, n = flow
        number = b"number:%08d" % len(self.sent[flow])
        ends = (f"10.0.0.{n}", "10.0.0.99"), (1000 + n, 2000 + n), (mac(n), OUTSIDE)
        (src, dst), (sport, dport), (smac, dmac) = ends if way == "out" else (e[::-1] for e in ends)
        data = frame(dmac, smac, kind=packet.IP4, payload=udp(src, dst, sport, dport, number))
        self.sent[flow].append(time.monotonic())
        try:
            (self.vms[n] if way == "out" else self.far.tap).send(data)
        except OSError:
            pass    # lost

    def take(self, frames, way):
        for data in frames:
            if b"number:" in data[42:57]:
                vm = data[11 if way == "out" else 5]
                if (way, vm) in self.got:
                    self.got[way, vm][int(data[49:57])] += 1

    def step(self):
        for flow in self.flows:
            self.send(flow)
        self.collect()
        self.next = max(self.next + STEP, time.monotonic())
        time.sleep(max(0, self.next - time.monotonic()))

    def collect(self):
        self.take(self.far.received(), "out")
        for n, vm in self.vms.items():
            self.take(vm.received(), "in")

    def whole(self, steps=60, late=8):
        """Did the last frames all come, but for the very last, and none twice?"""
        return all(len(self.sent[f]) > steps and all(
            self.got[f][k] == 1 for k in range(len(self.sent[f]) - steps, len(self.sent[f]) - late))
            for f in self.flows)

    def rest(self, seconds):
        """Only the ends of CFM speak."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.collect()
            time.sleep(CCM / 2)

    def settle(self):
        """True if all that is sent arrives, once; not of every bond, so nobody waits for long."""
        self.rest(1)
        # Known outside first: what is sent to nobody known comes back to a bond that takes it.
        self.far.tap.send(frame(BROADCAST, OUTSIDE))
        self.vms[SILENT].send(frame(OUTSIDE, mac(SILENT)))
        self.forget()
        begin = time.monotonic()
        while time.monotonic() - begin < LIMIT and not self.whole(100):
            for _ in range(20):
                self.step()
        return self.whole(100)

    def missing(self):
        return {f"{w} {n}": [len(self.sent[w, n]), len(self.got[w, n])] for w, n in self.flows}

    def measure(self, fault):
        """What is lost by it, and for how long: of the worst flow, by ways. fault(): of that cable."""
        self.forget()
        before = self.far.carried()
        for _ in range(20):
            self.step()
        after = self.far.carried()
        begin = time.monotonic()
        fault(max(after, key=lambda n: after[n] - before[n]))
        while time.monotonic() - begin < LIMIT and not (time.monotonic() - begin > 1.5 and self.whole()):
            self.step()
        for _ in range(20):
            time.sleep(STEP)
            self.collect()
        return {what: self.worst(flows, begin) for what, flows in (
            ("out", [f for f in self.flows if f[0] == "out"]),
            ("in", [f for f in self.flows if f[0] == "in" and f[1] != SILENT]),
            ("to a silent VM", [("in", SILENT)]))}

    def worst(self, flows, begin):
        lost = {f: [t for k, t in enumerate(self.sent[f]) if not self.got[f][k]] for f in flows}
        last = max((times[-1] for times in lost.values() if times), default=begin - STEP)
        return {"lost": max(map(len, lost.values())), "ms": round(1000 * max(0, last - begin + STEP)),
                "twice": sum(n - 1 for f in flows for n in self.got[f].values() if n > 1)}


def results(subject, mode, found):
    path = os.path.join(os.environ["RESULTS"], "failover.json")
    have = []
    if os.path.exists(path):
        with open(path) as f:
            have = json.load(f)
    have = [r for r in have if (r["subject"], r["mode"]) != (subject, mode)]
    have.append({"subject": subject, "mode": mode, "faults": found})
    with open(path, "w") as f:
        json.dump(have, f)


def pulled(subject, mode):
    """Each fault of the cable that carries most, under traffic, and its end."""
    far = Far(mode)
    made = SUBJECTS[subject](mode)
    traffic, found = Traffic(far, made.vms), {}
    for _ in range(2):      # LACP takes a while
        traffic.settle()
    for name, ways in FAULTS.items():
        broken = []

        def fail(which, ways=ways, broken=broken):
            broken.append(far.cables[which])
            broken[0].lose(ways) if ways else broken[0].pull()
        traffic.rest(REST)
        well = traffic.settle()
        check(well or subject != "vifswitch", f"before {name}: {traffic.missing()}")
        found[name] = traffic.measure(fail)
        found[name + ", mended"] = traffic.measure(lambda _, broken=broken: broken[0].plug())
        print(f"# {subject} {mode} {name}: {found[name]} {found[name + ', mended']}", flush=True)
        if subject == "vifswitch":
            same([f["twice"] for f in found[name].values()], [0] * 3, f"{mode}, {name}: frames that came twice")
    made.stop()
    results(subject, mode, found)
    return json.dumps(found)


def each(subject, mode):
    def run():
        return pulled(subject, mode)
    run.__name__ = f"{subject}_{mode.replace('-', '_').lower()}"
    run.__doc__ = f"{mode} of {subject}: frames lost when a cable fails, and until all go on"
    return test(limit=900, default=False)(run)


for _subject in SUBJECTS:
    for _mode in MODES:
        each(_subject, _mode)
