# SPDX-License-Identifier: GPL-2.0-or-later
"""rider, a PVH guest of xen-a with a VIF in each further kind of network, and those it talks to
there: the other guests get VIFs beside their own.

  network  VIF  bridge       wire  what it is
  flows    0    flow0        1     a switch that is made of flows of openvswitch.ko
  overlay  1    xenbr0.150   0     a VLAN that goes on behind VXLAN, encrypted
  tables   2    ctl0         2     a switch under a controller

Of wires 1 and 2 each host has a NIC after that of etcd's members, eth2 and eth3. Addresses are
10.M.0.N: M says which network, and N is that of the guest's own address.
"""
import guest as guests
import steps_policy
import wait
from world import GUESTS

UUID = "5e1f0000-0000-4000-8000-000000000006"
NETWORKS = {"flows": (0, "flow0", 1), "overlay": (1, "xenbr0", 0), "tables": (2, "ctl0", 2)}
NUMBERS = {"one": 1, "two": 2, "three": 3, "rider": 6}


def wires(steps):
    """How many wires the networks need that these steps, which have their names, make."""
    return max((row[2] for name, row in NETWORKS.items() if name in steps), default=0)


def address(network, name):
    return f"10.{1 + list(NETWORKS).index(network)}.0.{NUMBERS[name]}"


def devid(network, name):
    """The others have a VIF of their own before it."""
    return NETWORKS[network][0] + (name in GUESTS)


def mac(network, name):
    return f"00:16:3e:0{1 + list(NETWORKS).index(network)}:00:{NUMBERS[name]:02x}"


def wire(w, network):
    return w.wires[NETWORKS[network][2]]


def set_up(w, network, name):
    number = devid(network, name)
    w.guests[name].sh(f"ip addr add {address(network, name)}/24 dev eth{number};"
                      f" ip link set eth{number} up")
    return w.wait_port(name, number, w.guests[name].host, ("active",), 60)


def attach(w, network, name, vlan=None):
    """One more VIF of a guest that runs; its port."""
    bridge = NETWORKS[network][1] + (f".{vlan}" if vlan else "")
    w.guests[name].host.run(f"xl network-attach {name} devid={devid(network, name)}"
                            f" mac={mac(network, name)} bridge={bridge}", 60)
    return set_up(w, network, name)


def create(w):
    """With its first VIF, of whose VLAN its own configuration does not say anything."""
    rider = guests.Guest(w.a, "rider", [f"mac={mac('flows', 'rider')},bridge=flow0"], kind="pvh",
                         extra=f"uuid='{UUID}'")
    w.guests["rider"] = rider.create()
    return set_up(w, "flows", "rider")


def end(w):
    """It goes, and what the others had for it."""
    for name in NUMBERS:
        if name not in w.guests:
            continue
        one = w.guests[name]
        if name == "rider":
            one.destroy()
            del w.guests[name]
            continue
        for number in sorted(set(w.ports(one.host, name)) - {0}):
            one.host.run(f"xl network-detach {name} {number}", 60)


def wait_gone(host, switch):
    """A switch's netdev goes with its row."""
    wait.until(f"{switch} to be gone from {host.name}", 60,
               lambda: host.run(f"test -e /sys/class/net/{switch}", check=False).rc, 0.5)


def check_reach(w, network, reached, not_reached=()):
    """As that of steps_policy, of rider in a network and by names."""
    steps_policy.check_reach(w, "rider", [address(network, n) for n in reached],
                             [address(network, n) for n in not_reached])
