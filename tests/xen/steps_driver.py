# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a driver domain with the service in it (make check-xen-life).

A copy of dom0's disk is its root. Its uplink is a VIF of its own, a trunk of xen-b's
switch; it is the backend of a guest beside it, whose first VIF is plugged with udev's
rule, the second by xl devd. It may not read whose they are before domain 0 lets it.
"""
import json

import guest as guests
import wait
from steps_policy import vifctl
from steps_traffic import BROADCAST, PROBE, frame
from world import check, step

NAME, OWN_MAC = "driver", "00:16:3e:00:00:81"
CLIENT, ROUNDS = "client", 10
# Of the client: device number, MAC, address.
VIFS = ((0, "00:16:3e:00:00:82", "10.0.0.8"), (1, "00:16:3e:00:00:83", "10.0.0.9"))
CONFIG = """name='driver'
type='pv'
kernel='{kernel}'
ramdisk='/srv/guest/initrd-driver'
memory=384
vcpus=1
driver_domain=1
extra='console=hvc0 root=/dev/xvda lab.driver quiet loglevel=3 net.ifnames=0 systemd.hostname=driver'
disk=['phy:/dev/vdb,xvda,w']
vif=['mac={mac},bridge=xenbr0:100:200']
on_crash='preserve'
"""
RULE = "/lib/udev/rules.d/90-vifswitch.rules"
# Of each VIF: the VM's name, its VLAN, what the MAC guard took. Short, as guests' answers are.
PORTS = """/usr/sbin/vifctl show --json | python3 -c 'import json, sys; print(json.dumps({p["devid"]: \
[(p["vm"] or {}).get("name") or None, p["vlan"]["pvid"], \
(p["counters"] or {"drops": {}})["drops"].get("mac-guard", 0)] \
for p in json.load(sys.stdin)["ports"] if p["role"] == "vif"}))'"""


class Driver(guests.Guest):
    def config(self):
        kernel = self.host.run("ls /boot/vmlinuz-*-amd64").out.split()[0]
        return CONFIG.format(kernel=kernel, mac=OWN_MAC)

    def ports(self):
        """By device number: name of the VM, VLAN, frames that the MAC guard took."""
        return {int(n): row for n, row in json.loads(self.sh(PORTS, 120)).items()}

    def wait_ports(self, what, wanted):
        wait.until(what, 60, lambda: wanted(self.ports()), 0.5)


def start(w):
    w.b.run("modprobe xen-blkback")
    driver = Driver(w.b, NAME, [])
    driver.create(300)
    # Its switch has the guests' MACs behind it.
    vifctl(w.b, f"port set {NAME} guard=off")
    driver.sh("systemctl is-active vifswitchd")
    return driver


def let_read(w, driver, client):
    """What a driver domain has to know whose VIFs it has."""
    for node in ("vm", "name"):
        w.b.run(f"xenstore-chmod /local/domain/{client.domid}/{node} n0 r{client.domid}"
                f" r{driver.domid}")


def check_vif(w, driver, client, devid, mac, address):
    netdev = f"eth{devid}"
    client.sh(f"ip addr flush dev eth{1 - devid}; ip link set {netdev} up;"
              f" ip addr add {address}/24 dev {netdev}")
    wait.until(f"10.0.0.1 to answer {netdev}", 60,
               lambda: client.ask("reach", 2, 500, "10.0.0.1")["10.0.0.1"])
    got = client.ask("reach", 4, 400, "10.0.0.2", "10.0.0.3")
    check(got["10.0.0.2"] and not got["10.0.0.3"], f"{netdev} reaches {got}, not only 10.0.0.2")
    ear, before = w.one.start("sniff", "eth0", 300), driver.ports()[devid][2]
    for source in ("00:16:3e:66:66:66", mac):
        sent = client.ask("raw", netdev, ROUNDS, 20, frame(BROADCAST, source, "88b5"))
        check(not sent["refused"], f"{netdev} could not send: {sent}")
    driver.wait_ports("the guard's verdicts", lambda p: p[devid][2] >= before + ROUNDS)
    wait.until("10.0.0.1 to answer", 60,
               lambda: client.ask("reach", 2, 500, "10.0.0.1")["10.0.0.1"])
    heard = {row[0]: row[3] for row in ear.stop()["rows"] if row[2] == PROBE}
    check(heard == {mac: ROUNDS}, f"of {netdev} one heard {heard}")


def check_policy(driver, client):
    """The driver domain's own database has a word in it."""
    for words, vlan, reached in ((f"set {CLIENT} vlan=200", 200, "10.0.0.3"),
                                 (f"clear {CLIENT} vlan", 100, "10.0.0.2")):
        driver.sh(f"/usr/sbin/vifctl port {words}", 60)
        driver.wait_ports(f"VLAN {vlan}", lambda ports, vlan=vlan: ports[0][1] == vlan)
        got = client.ask("reach", 4, 400, "10.0.0.2", "10.0.0.3")
        check([a for a in got if got[a]] == [reached], f"in VLAN {vlan} it reaches {got}")


def check_quiet(driver):
    """Its connection to XenStore, through the kernel, stayed; no quota was met."""
    log = driver.sh("journalctl -b -o cat -u vifswitchd | grep -F 'connection to XenStore'; true", 60)
    check(not log.strip(), f"the service said: {log}")
    check(driver.sh("dmesg | grep -c EQUOTA; true", 60).strip() == "0", "a quota of XenStore was met")


def run(w, driver, client):
    check(driver.ports()[0] == [None, 100, 0], f"its port is {driver.ports()[0]}")
    let_read(w, driver, client)
    driver.wait_ports("the VM's name", lambda ports: ports[0][0] == CLIENT)
    check_vif(w, driver, client, *VIFS[0])
    check_policy(driver, client)
    driver.sh(f"rm {RULE}; udevadm control --reload; /usr/sbin/xl devd", 60)
    w.b.run(f"xl network-attach {CLIENT} mac={VIFS[1][1]} bridge=xenbr0.100 backend={NAME}", 60)
    driver.wait_ports("the second VIF", lambda ports: 1 in ports)
    check_vif(w, driver, client, *VIFS[1])
    check_quiet(driver)


@step("driver", "a driver domain with the service in it, its backends plugged by udev and by xl devd")
def driver_domain(w):
    w.policy.update({OWN_MAC: {100, 200}, **{mac: {100, 200} for _, mac, _ in VIFS}})
    mark, driver = w.wire.mark(), start(w)
    client = guests.Guest(w.b, CLIENT, [f"mac={VIFS[0][1]},bridge=xenbr0.100,backend={NAME}"])
    try:
        client.create()
        try:
            run(w, driver, client)
        finally:
            client.destroy()
        w.check_wire(mark)
    finally:
        vifctl(w.b, f"port clear {NAME} guard")
        driver.destroy()
    return f"VIFs 0 and 1 passed {ROUNDS} frames each of their own MAC and none of another"
