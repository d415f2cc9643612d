# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual functions of a NIC: netdevsim has them, iproute2 says what they are held to."""
import json
import os
import subprocess

import ctl
import netdevsim
import wait
from dom0 import Dom0, HOST, uuid
from registry import check, same, test
from world import insert, ip, mac

DEVICE = "/sys/devices/netdevsim7"
NIC = "nic0"
CONFIG = """vfs = { nic0 }
switch xenbr0 {
	uplink eth0 { }
	uplink nic0 { }
}
"""
CLOSED, OPEN = "disable", "auto"
ALLOW = ["router-advertisement", "dhcp-server", "control", "stacked"]


def address(number):
    return f"0000:07:10.{number}"


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


class Nic:
    """A NIC with virtual functions, whose PCI addresses a simulated one has not got."""

    def __init__(self, count):
        if not os.path.exists("/sys/bus/netdevsim"):
            insert(netdevsim.path(os.uname().release))
        write("/sys/bus/netdevsim/new_device", "7 1")
        self.name = os.listdir(DEVICE + "/net")[0]
        ip(f"link set dev {self.name} name {NIC}", f"link set dev {NIC} up")
        self.has(count)

    def has(self, count):
        """So many, as if they were of PCI: sysfs names the address of each."""
        subprocess.run(["umount", DEVICE], stderr=subprocess.DEVNULL)
        write(DEVICE + "/sriov_numvfs", "0")
        write(DEVICE + "/sriov_numvfs", str(count))
        subprocess.run(["mount", "-t", "tmpfs", "none", DEVICE], check=True)
        os.makedirs(f"{DEVICE}/net/{NIC}")
        os.symlink("../..", f"{DEVICE}/net/{NIC}/device")
        for number in range(count):
            os.symlink(f"../{address(number)}", f"{DEVICE}/virtfn{number}")
        # A NIC's driver makes netdevs of them, which vifswitchd hears of.
        ip("link add name vf0 type dummy", "link del dev vf0")

    def leave(self):
        subprocess.run(["umount", DEVICE], check=True)
        write("/sys/bus/netdevsim/del_device", "7")

    def vfs(self):
        done = subprocess.run(["ip", "-j", "link", "show", "dev", NIC], check=True, text=True,
                              stdout=subprocess.PIPE)
        return [(vf["link_state"], vf["address"], vf["vlan_list"][0].get("vlan", 0) if "vlan_list"
                 in vf else 0, vf["rate"]["max_tx"] if "rate" in vf else vf.get("tx_rate", 0),
                 vf["spoofchk"], vf["trust"]) for vf in json.loads(done.stdout)[0]["vfinfo_list"]]

    def await_state(self, number, state, what):
        wait.until(what, 20, lambda: self.vfs()[number][0] == state, 0.03)


def give(dom0, domid, *devices):
    """As libxl writes a pci= of a domain's configuration."""
    base = f"/local/domain/0/backend/pci/{domid}/0"
    dom0.xs.write_many({**dom0.domain_nodes(domid), f"{base}/num_devs": len(devices),
                        **{f"{base}/dev-{n}": device for n, device in enumerate(devices)},
                        f"{base}/state": 1})


def take(dom0, domid):
    dom0.xs.remove(f"/local/domain/0/backend/pci/{domid}")
    dom0.xs.remove(f"/local/domain/{domid}")


def listed(dom0):
    return {vf["number"]: vf for vf in ctl.document(dom0, "vf", "list")["vfs"]}


@test(limit=240)
def vfs_are_held_to_their_ports():
    """closed but for a VM with policy; refused by field; through kill -9, removal, new functions"""
    nic = Nic(4)
    dom0 = Dom0(CONFIG, database=True)
    db = dom0.db
    try:
        wait.until("all to be closed", 20, lambda: {vf[0] for vf in nic.vfs()} == {CLOSED})
        # Two functions, of which one belongs to no VM's Port, and a device that is no function.
        db.set_port(uuid(5), 3, vf=True, mac_lock=[mac(5)], tag=100, allow=ALLOW,
                    rate_from_vm=50_000_000)
        db.applied(HOST)
        give(dom0, 5, "0000:00:1f.0", address(1), address(2))
        nic.await_state(1, OPEN, "the first of VM 5 to be open")
        same(nic.vfs()[1], (OPEN, mac(5), 100, 50, True, False), "what it is held to")
        same([vf[0] for vf in nic.vfs()], [CLOSED, OPEN, CLOSED, CLOSED], "all of them")
        told = listed(dom0)
        same([told[n]["state"] for n in range(4)], ["free", "wanted", "without-policy", "free"],
             "vifctl vf list")
        same((told[1]["vm"]["uuid"], told[1]["devid"], told[1]["held_to"]["rate_from_vm"]),
             (uuid(5), 3, 50_000_000), "whose")
        refused_by_field(dom0, nic)
        # In force: goes on when its row asks for what cannot be, also over a restart.
        db.set_port(uuid(5), 3, packets_from_vm=1000)
        wait.until("it to be held", 20, lambda: listed(dom0)[1]["state"] == "held")
        check("packets-from-vm" in listed(dom0)[1]["error"], listed(dom0)[1]["error"])
        dom0.kill()
        dom0.start()
        wait.until("it to be held again", 20, lambda: listed(dom0)[1]["state"] == "held")
        same(nic.vfs()[1], (OPEN, mac(5), 100, 50, True, False), "after kill -9")
        db.set_port(uuid(5), 3, packets_from_vm=None, guard="off", tag=200)
        wait.until("the change", 20, lambda: nic.vfs()[1][2] == 200)
        same(nic.vfs()[1], (OPEN, mac(5), 200, 50, False, False), "without a guard")
        db.set_port(uuid(5), 3, admin_state="down")
        nic.await_state(1, CLOSED, "state=down to close it")
        db.set_port(uuid(5), 3, admin_state=None)
        nic.await_state(1, OPEN, "it to be open again")
        # Made anew they are as the driver makes them; and its VM goes.
        nic.has(2)
        wait.until("them to be set anew", 20,
                   lambda: [vf[0] for vf in nic.vfs()] == [CLOSED, OPEN])
        take(dom0, 5)
        nic.await_state(1, CLOSED, "it to be closed without its VM")
        same(listed(dom0)[1]["state"], "free", "its state")
    finally:
        nic.leave()


def refused_by_field(dom0, nic):
    """One after the other, of a VM whose function is closed; doctor has the command."""
    good = {"vf": True, "mac_lock": [mac(6)], "tag": 100, "allow": ALLOW}
    give(dom0, 6, address(3))
    for field, bad in (("mac-lock", {"mac_lock": None}), ("vlan", {"tag": None}),
                       ("vlan", {"tag": None, "vlan_mode": "trunk", "trunks": [5]}),
                       ("allow", {"allow": ["control"]}), ("guard", {"guard": "mac+ip"}),
                       ("lock-ip", {"ip_lock": ["192.0.2.1"]}), ("rate-to-vm", {"rate_to_vm": 8_000_000}),
                       ("rate-from-vm", {"rate_from_vm": 1_500_000}), ("mtu", {"mtu": 1400}),
                       ("switch", {"switch": "xenbr9"})):
        dom0.db.replace_port(uuid(6), 0, **{**good, **bad})
        wait.until(f"{bad} to be refused", 20,
                   lambda f=field: (listed(dom0)[3]["error"] or "").startswith(f))
        same((listed(dom0)[3]["state"], nic.vfs()[3][0]), ("refused", CLOSED), f"with {bad}")
    found = [f for f in ctl.document(dom0, "doctor", status=(1,))["findings"] if f["check"] == "vf"]
    check(any("virtual function 3" in f["subject"] and "vifctl port set" in f["command"]
              for f in found), f"doctor: {found}")
    dom0.db.replace_port(uuid(6), 0, **good)
    nic.await_state(3, OPEN, "it to be open at last")
    take(dom0, 6)
    nic.await_state(3, CLOSED, "it to be closed again")


@test(limit=120)
def vfs_of_xapi_are_told_by_address():
    """as xenopsd gives them: keys that name the interfaces, each function with its address, in any order"""
    nic = Nic(2)
    dom0 = Dom0(CONFIG, database=True)
    try:
        wait.until("all to be closed", 20, lambda: {vf[0] for vf in nic.vfs()} == {CLOSED})
        for devid, tag in ((1, 100), (2, 200)):
            dom0.db.set_port(uuid(5), devid, vf=True, mac_lock=[mac(50 + devid)], tag=tag, allow=ALLOW)
        dom0.db.applied(HOST)
        for number, devid in ((0, 2), (1, 1)):
            dom0.xs.write_many({f"/local/domain/0/xenserver/backend/net-sriov-vf/5/{devid}/frontend":
                                f"/local/domain/5/xenserver/device/net-sriov-vf/{devid}"})
            ip(f"link set dev {NIC} vf {number} mac {mac(50 + devid)}")     # as networkd does
        give(dom0, 5, address(0), address(1))
        for number, tag in ((0, 200), (1, 100)):
            nic.await_state(number, OPEN, f"function {number} to be open")
            same(nic.vfs()[number][2], tag, f"VLAN of function {number}")
        same([(listed(dom0)[n]["devid"]) for n in (0, 1)], [2, 1], "whose they are")
        dom0.db.set_port(uuid(5), 2, vf=None)
        nic.await_state(0, CLOSED, "the one to be closed whose Port is of no function")
        check("as XAPI gave it" in listed(dom0)[0]["error"], listed(dom0)[0]["error"])
        same(nic.vfs()[1][0], OPEN, "the other one")
    finally:
        nic.leave()


@test(limit=120)
def vif_of_a_vf_row_is_refused():
    """a VIF whose Port row is of a virtual function stays closed"""
    dom0 = Dom0(database=True)
    dom0.db.set_port(uuid(1), 0, vf=True)
    dom0.db.applied(HOST)
    dom0.refused(dom0.vif(1), "vf=true")
