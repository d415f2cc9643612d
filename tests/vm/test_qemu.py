# SPDX-License-Identifier: GPL-2.0-or-later
"""
A guest of QEMU on taps, plugged as libvirt does it: policy, reboot, and a migration between two
processes. Two bridges stand for two hosts, with a wire between them; what hears is outside.

    vnet0 -- br0 -- w0 == w1 -- br1 -- vnet1
              +--- pnic
"""
import ctl
import qemuguest
import wait
from dom0 import Dom0
from packet import frame
from registry import check, same, test
from test_vifovsd import LIBVIRT, Ovs, cable
from world import exists, ip, tags_of

MAC, VLAN = "52:54:00:00:00:01", 42
OUTSIDE = "02:00:00:00:00:09"


class Ear:
    """What is heard of the machine outside, in the order in which it came."""

    def __init__(self, tap):
        self.tap, self.all = tap, []

    def hear(self):
        for data in self.tap.received(0.05):
            tags = tags_of(data)
            said = qemuguest.said_by(data, 12 + 4 * len(tags))
            if said:
                same((said.source, tags), (MAC, [VLAN]), "who was heard, and where")
                self.all.append(said)
        return len(self.all)

    def hears(self, what, count=5):
        """Of it, so many more."""
        self.hear()
        wanted = len(self.all) + count
        wait.until(f"{count} frames {what}", 120, lambda: self.hear() >= wanted, 0)
        return self.all[-1].counter

    def began_again(self):
        self.hear()
        return any(later.counter < earlier.counter for earlier, later in zip(self.all, self.all[1:]))


def plug(ovs, bridge, tap):
    for line in LIBVIRT.strip().split("\n"):
        ovs.vsctl(line.replace("--timeout=5", "--timeout=100").replace("br0", bridge).replace("vnet0", tap)
                  .format(mac=MAC))


def port_of(dom0, tap):
    return {p["netdev"]: p for p in dom0.ask("show")["ports"]}[tap]


@test(limit=600)
def a_guest_of_qemu():
    """one address, one VLAN, none of its lies: from its first frame, over a reboot and a migration"""
    dom0 = Dom0(database=True)
    ovs, ear = Ovs(dom0), Ear(cable("pnic"))
    ip("link add name w0 type veth peer name w1")
    ovs.vsctl("add-br br0 -- add-br br1 -- add-port br0 pnic -- add-port br0 w0 -- add-port br1 w1")
    # libvirt makes the tap, plugs it, and then starts QEMU.
    tap = qemuguest.Tap("vnet0")
    plug(ovs, "br0", "vnet0")
    source = qemuguest.Process(tap, MAC)
    ear.hears("of the guest")
    port = port_of(dom0, "vnet0")
    same((port["guard"], port["mac"], port["vlan"]["pvid"]), ("mac", [MAC], VLAN), "its port")

    source.ask("system_reset")
    wait.until("it to begin again", 120, ear.began_again, 0)
    ear.hears("after its reboot")
    same(port_of(dom0, "vnet0")["ifindex"], port["ifindex"], "its port, after the reboot")
    check(port_of(dom0, "vnet0")["counters"]["drops"].get("mac-guard", 0) > 0, "it told no lies: proves nothing")

    # The target's port is there before the memory comes, the source's goes after it went.
    tap = qemuguest.Tap("vnet1")
    plug(ovs, "br1", "vnet1")
    target = qemuguest.Process(tap, MAC, incoming=True)
    before = ear.hears("while its memory is still here")
    mark = len(ear.all)
    source.migrate(target)
    source.end()
    ovs.vsctl("--timeout=100 -- --if-exists del-port vnet0")
    wait.until("its tap to go", 60, lambda: not exists("vnet0"))
    ear.hears("after the migration")
    counters = [before, *(said.counter for said in ear.all[mark:])]
    check(counters == sorted(set(counters)), f"it did not go on: {counters}")
    lost = counters[-1] - before + 1 - len(counters)
    port = port_of(dom0, "vnet1")
    same((port["guard"], port["mac"], port["vlan"]["pvid"]), ("mac", [MAC], VLAN), "its port at the target")
    wait.until("it to lie at the target", 60,
               lambda: port_of(dom0, "vnet1")["counters"]["drops"].get("mac-guard", 0) > 0)

    # What is sent to it finds it: its NIC counts what comes.
    count = ear.all[-1].received
    ear.tap.send(frame(MAC, OUTSIDE, (VLAN,)))
    wait.until("it to hear of us", 60, lambda: ear.hear() and ear.all[-1].received != count, 0)
    target.end()
    ovs.vsctl("--timeout=100 -- --if-exists del-port vnet1")
    same((dom0.db.rows("Uplink", name="vnet1"), exists("vnet1")), ([], False), "what is left")
    return f"{len(ear.all)} frames of the guest heard, {lost} lost in the migration"


@test(limit=300)
def a_guest_started_by_hand():
    """without Open vSwitch's database: vifctl says whose tap it is, and which VLAN it has"""
    dom0, ear = Dom0("switch xenbr0 { }\n", uplink=False, database=True), Ear(cable("pnic"))
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=pnic")
    ctl.run(dom0, "port", "attach", "tap0", "xenbr0", f"vm-macs={MAC}", f"vlan={VLAN}")
    guest = qemuguest.Process(qemuguest.Tap("tap0"), MAC)
    ear.hears("of the guest")
    wait.until("it to lie", 60, lambda: port_of(dom0, "tap0")["counters"]["drops"].get("mac-guard", 0) > 0)
    guest.end()
    ctl.run(dom0, "port", "detach", "tap0")
    same((dom0.db.rows("Uplink", name="tap0"), dom0.db.rows("Switch", name="xenbr0")[0]["uplinks"]), ([], "pnic"),
         "what is left in the database")
