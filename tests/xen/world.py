# SPDX-License-Identifier: GPL-2.0-or-later
"""What the steps of the tests and of the demo share: two hosts and five guests.

  name   host   VLAN            address     remarks
  one    xen-a  100            10.0.0.1    rate=1Mb/s
  two    xen-b  100            10.0.0.2
  three  xen-b  200            10.0.0.3
  trunk  xen-a  100 and 200    10.0.0.4 on eth0.100, 10.0.0.5 on eth0.200
  mover  xen-a  100            10.0.0.6    PVH, rate=500Kb/s, the one that migrates

rider.py has a sixth one for some of them.

All addresses are in one subnet, so only VLANs keep guests apart. Rates have a
window of a second because netback shapes too and forgets a window's credit when
it is late by more than one, which with xl's 50 ms an emulated dom0 often is.
Steps wait for events; a limit ends what hangs.
"""
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import documents  # noqa: E402
import wait  # noqa: E402

import guest as guests  # noqa: E402
from wire import Wire  # noqa: E402

GUESTS = {
    "one": ("xen-a", "00:16:3e:00:00:01", "bridge=xenbr0.100,rate=1Mb/s@1s", "pv", {100},
            ["10.0.0.1"]),
    "two": ("xen-b", "00:16:3e:00:00:02", "bridge=xenbr0.100", "pv", {100}, ["10.0.0.2"]),
    "three": ("xen-b", "00:16:3e:00:00:03", "bridge=xenbr0.200", "pv", {200}, ["10.0.0.3"]),
    "trunk": ("xen-a", "00:16:3e:00:00:04", "bridge=xenbr0:100:200", "pv", {100, 200},
              ["10.0.0.4", "10.0.0.5"]),
    "mover": ("xen-a", "00:16:3e:00:00:06", "bridge=xenbr0.100,rate=500Kb/s@1s", "pvh", {100},
              ["10.0.0.6"]),
}
TRUNK_SETUP = """ip link set eth0 up
ip link add link eth0 name eth0.100 type vlan id 100; ip link set eth0.100 up
ip link add link eth0 name eth0.200 type vlan id 200; ip link set eth0.200 up
ip addr add 10.0.0.4/32 dev eth0.100; ip addr add 10.0.0.5/32 dev eth0.200
echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore
for p in 1 2 6; do ip route add 10.0.0.$p/32 dev eth0.100 src 10.0.0.4; done
ip route add 10.0.0.3/32 dev eth0.200 src 10.0.0.5""".replace("\n", "; ")


class Failure(Exception):
    """A step found that something does not hold."""


def check(condition, text):
    if not condition:
        raise Failure(text)


def in_parallel(*jobs):
    """Run functions side by side; the first exception of any is raised."""
    errors = []

    def run(job):
        try:
            job()
        except BaseException as e:      # raised again below, in the caller's thread
            errors.append(e)

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def document(host, command, timeout=30):
    """What a command of vifctl tells on a host."""
    return documents.read(command.split(), host.run(f"vifctl {command} --json", timeout).out)


class World:
    def __init__(self, lab):
        self.lab = lab
        self.a, self.b = lab.host("xen-a"), lab.host("xen-b")
        self.wires = [Wire(pcaps) for pcaps in zip(self.a.pcaps, self.b.pcaps)]
        self.wire = self.wires[0]
        self.guests = {}
        self.policy = {row[1]: row[4] for row in GUESTS.values()}
        self.migration = {"gap_ms": None, "lost": None, "frames_outside_policy": None}
        self.progress = lambda text: None

    def __getattr__(self, name):
        try:
            return self.guests[name]
        except KeyError:
            raise AttributeError(f"no guest {name} yet") from None

    def mac(self, name):
        return GUESTS[name][1]

    def create(self, name):
        host, address, bridge, kind, _, _ = GUESTS[name]
        guest = guests.Guest(self.lab.host(host), name, [f"mac={address},{bridge}"], kind=kind)
        guest.create()
        self.guests[name] = guest
        self.set_up(guest)
        self.progress(f"{name} is up on {host}")
        return guest

    def set_up(self, guest):
        """The guest's own network configuration, as inside any VM."""
        if guest.name == "trunk":
            guest.sh(TRUNK_SETUP)
        else:
            address = GUESTS[guest.name][5][0]
            guest.sh(f"ip addr add {address}/24 dev eth0; ip link set eth0 up")

    def show(self, host, timeout=30):
        return document(host, "show", timeout)

    def ports(self, host, name):
        """Ports of a VM on a host, by device number."""
        return {p["devid"]: p for p in self.show(host)["ports"]
                if p["vm"] and p["vm"]["name"] == name and p["role"] == "vif"}

    def port(self, name, devid=0, host=None):
        host = host or self.guests[name].host
        found = self.ports(host, name)
        check(devid in found, f"vifctl show on {host.name} has no port for {name}/{devid},"
              f" only {sorted(found)}")
        return found[devid]

    def wait_port(self, name, devid, host, states, timeout=20):
        def probe():
            port = self.ports(host, name).get(devid)
            return port if port and port["state"] in states else None
        return wait.until(f"{name}/{devid} to be {' or '.join(states)} on {host.name}", timeout,
                          probe, 0.3)

    def from_vm(self, name):
        """What came from a VM so far and was not dropped: {"packets", "bytes"}; nothing while
        its port is not known."""
        port = self.ports(self.guests[name].host, name).get(0)
        return port["counters"]["from_vm"] if port and port["counters"] else \
            {"packets": 0, "bytes": 0}

    def wait_packets(self, name, count, since=None):
        """Until so many packets have come from a VM, since there were so many, or from now on."""
        since = self.from_vm(name)["packets"] if since is None else since
        wait.until(f"{count} packets of {name}", 120,
                   lambda: self.from_vm(name)["packets"] >= since + count, 0.3)

    def drops(self, name):
        counters = self.port(name)["counters"]
        return counters["drops"] if counters else {}

    def outside(self, mark=None):
        return self.wire.outside(self.policy, mark)

    def check_wire(self, mark=None):
        bad = self.outside(mark)
        check(not bad, f"{len(bad)} frames outside policy on the wire, the first: "
              f"{bad[0][1:5] if bad else ''}")


STABLE = ("switch", "netdev", "ifindex", "role", "devid", "identity", "state", "vlan", "guard",
          "mac", "mtu", "rate_from_vm")


def essence(show):
    """What must not change over a restart: ports by netdev, without counters."""
    return {p["netdev"]: {k: p[k] for k in STABLE} for p in show["ports"]}


class Step:
    def __init__(self, name, title, run, star, fatal, needs):
        self.name, self.title, self.run, self.star, self.fatal = name, title, run, star, fatal
        self.needs = needs


STEPS = []


def step(name, title, star=False, fatal=False, needs=()):
    """Registers a function of the world; it returns one line of detail or raises.

    needs: steps whose outcome it begins with; where one of them failed, it is not run.
    """
    def register(function):
        STEPS.append(Step(name, title, function, star, fatal, needs))
        return function
    return register
