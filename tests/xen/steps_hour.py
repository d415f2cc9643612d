# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: the README's first hour, typed on xen-a and compared with what it prints there.

Before it xen-a is made what the README begins with: a dom0 with the packages, a Linux
bridge and two VMs of the stock script; and afterwards what it was. It comes before the
guests of the other steps, so that nobody else has a VIF there. The bridge has eth0's
address: one that udev makes of the machine's id is xen-b's as well, a copy of this disk.
"""
import shlex

import guest as guests
import readme
import wait
from steps_migration import Migration
from world import check, step

# The one that migrates is PVH: Xen in an emulator migrates no other.
VMS = {"web": ("00:16:3e:00:00:41", "192.0.2.21", "pvh"), "db": ("00:16:3e:00:00:42", "192.0.2.22", "pv")}
DOM0 = "192.0.2.10"
WRITTEN = ("/etc/xen/xl.conf", "/etc/vifswitch/vifswitch.conf")
BRIDGE = f"""systemctl stop vifswitchd; ip link del xenbr0; : > /etc/xen/xl.conf
ip link add xenbr0 address $(cat /sys/class/net/eth0/address) type bridge forward_delay 0 &&
ip link set eth0 master xenbr0 && ip link set eth0 up && ip addr add {DOM0}/24 dev xenbr0 && ip link set xenbr0 up"""
# What is typed is typed in one.
TERMINAL = "NO_COLOR=1 LC_ALL=C.UTF-8 script --quiet --return /dev/null --command "
UP = "systemctl restart vifswitchd; until vifctl show >/dev/null 2>&1; do sleep 0.3; done"


def network(vm, ip):
    """IPv4 alone: what it said by itself in IPv6 its lock would drop, now and then."""
    vm.sh("echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; "
          f"ip addr add {ip}/24 dev eth0; ip link set eth0 up")


class Hour:
    def __init__(self, w):
        self.w, self.host, self.vms = w, w.a, {}

    def begin(self):
        self.host.run("".join(f"cp -p {path} {path}.lab;" for path in WRITTEN) + BRIDGE)
        self.host.put(WRITTEN[1], readme.block("Install on a real dom0", "switch xenbr0 {"))
        for name, (address, ip, kind) in VMS.items():
            self.vms[name] = vm = guests.Guest(self.host, name, [f"mac={address},bridge=xenbr0"], kind=kind)
            self.host.put(f"/etc/xen/{name}.cfg", vm.config())
            vm.create()
            network(vm, ip)
        self.reaches()

    def end(self):
        for name, vm in self.vms.items():
            for host in {vm.host, self.host}:
                host.run(f"xl destroy {name}; vifctl port clear {name} --no-wait; vifctl vm del {name} --no-wait",
                         90, check=False)
        self.host.run("".join(f"mv {path}.lab {path};" for path in WRITTEN) +
                      "vifctl acl delete sql --no-wait; systemctl stop vifswitchd;"
                      f"ip link del xenbr0; ip addr flush dev eth0; {UP}", 90, check=False)

    def reaches(self):
        """web reaches db, and dom0 at its address."""
        there = (VMS["db"][1], DOM0)

        def all_answer():
            got = self.vms["web"].ask("reach", 2, 500, *there)
            return all(got[a] for a in there)
        wait.until(f"web to reach {there}", 60, all_answer)

    def migrate(self):
        """The stream goes beside the wire, so it is not quite what is typed."""
        done = Migration(self.vms["web"], self.host, self.w.b).finish(self.w.progress)
        if isinstance(done, Exception):
            raise done
        check(done.rc == 0, f"xl migrate web: {done}")
        self.w.b.collect("receive", 15)
        self.vms["web"].follow(self.w.b)

    def create(self):
        """Its console is followed, and it has its address again."""
        vm = self.vms["web"]
        vm.lines.clear()
        vm.attach()
        vm.wait_ready()
        network(vm, VMS["web"][1])

    def type(self, command):
        """What it prints; None if that is not compared. What must hold then is waited for."""
        printed = None
        if command.startswith("xl migrate web"):
            self.migrate()
        else:
            printed = self.host.run(TERMINAL + shlex.quote(f"stty cols 80; {command}"), 120, check=False).out
        if command.startswith("xl create"):
            self.create()
        # Not before the adoption is confirmed: that is in a hurry.
        if command.startswith(("vifctl uplink confirm", "vifctl uplink release", "xl create", "xl migrate",
                               "vifctl port set web/0 lock-ip")):
            self.reaches()
        return printed


@step("hour", "the README's first hour: a Linux bridge, policy, a VM mended, migration, the bridge")
def hour(w):
    one = Hour(w)
    wrong = []
    steps = readme.session(readme.section("The first hour"))
    try:
        one.begin()
        for command, lines in steps:
            printed = one.type(command)
            if printed is not None and not readme.fits(lines, printed):
                wrong.append(f"# {command}\n{printed}")
    finally:
        one.end()
    check(not wrong, "the README says otherwise:\n" + "\n".join(wrong))
    return f"{len(steps)} commands of the README"
