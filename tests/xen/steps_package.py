# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: the packages go, the stock scripts take over."""
import guest as guests
from world import check, step

REMOVE = """set -e
for g in $(xl list | awk 'NR > 2 {print $1}'); do xl destroy $g; done
dpkg -r vifofd vifswitch-xapi vifexportd vifswitch vifswitch-dkms
ip link del xenbr0
rmmod vifswitch
: > /etc/xen/xl.conf
ip link add xenbr0 type bridge
ip link set eth0 master xenbr0
ip addr add 10.1.0.1/24 dev xenbr0
ip link set eth0 up
ip link set xenbr0 up"""


@step("remove", "packages removed: VMs with the stock scripts work again")
def remove(w):
    done = w.b.run(REMOVE, 300)
    left = w.b.run("lsmod | grep -w ^vifswitch; ls /usr/sbin/vifswitchd /usr/sbin/vifctl"
                   " /etc/xen/scripts/vif-vifswitch 2>/dev/null; true").out
    check(not left.strip(), f"left behind after removal: {left}")
    stock = guests.Guest(w.b, "stock", ["mac=00:16:3e:00:00:31,bridge=xenbr0"]).create()
    stock.sh("ip addr add 10.1.0.2/24 dev eth0; ip link set eth0 up")
    got = stock.ask("reach", 5, 400, "10.1.0.1")
    check(got["10.1.0.1"], "the guest on the Linux bridge does not reach dom0")
    script = w.b.run(f"xenstore-read /local/domain/0/backend/vif/{stock.domid}/0/script").out
    check("vif-bridge" in script, f"the guest's script is {script}")
    return f"removed in {done.seconds:.0f} s; a guest with vif-bridge reaches dom0"
