# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: an HVM guest. Its emulated NIC is a tap of the device model beside the VIF: two ports of
one identity, with one policy (make check-xen-life)."""
import guest as guests
import wait
from steps_policy import vifctl
from steps_traffic import BROADCAST, PROBE, frame
from world import check, document, step

NAME, MAC, ADDRESS = "hvm", "00:16:3e:00:00:71", "10.0.0.7"
EMULATED, PARAVIRTUAL = "eth0", "eth1"
ROUNDS = 10


def halves(w):
    """The ports of the guest: of the tap, of the VIF."""
    found = {p["netdev"].endswith("-emu"): p for p in w.show(w.b)["ports"]
             if p["vm"] and p["vm"]["name"] == NAME}
    return found.get(True), found.get(False)


def use(guest, netdev, other):
    """Nothing but this NIC has the address."""
    guest.sh(f"ip addr flush dev {other}; ip link set {other} down; ip link set {netdev} up;"
             f" ip addr add {ADDRESS}/24 dev {netdev}")


def check_half(w, guest, netdev, name):
    """Through this NIC it reaches those in its VLAN alone, and sends from its own MAC alone."""
    wait.until(f"10.0.0.1 to answer {netdev}", 60,
               lambda: guest.ask("reach", 2, 500, "10.0.0.1")["10.0.0.1"])
    got = guest.ask("reach", 4, 400, "10.0.0.2", "10.0.0.3")
    check(got["10.0.0.2"] and not got["10.0.0.3"], f"{netdev} reaches {got}, not only 10.0.0.2")
    ear = w.two.start("sniff", "eth0", 300)
    before = drops(w, name)
    for source in ("00:16:3e:66:66:66", MAC):
        sent = guest.ask("raw", netdev, ROUNDS, 20, frame(BROADCAST, source, "88b5"))
        check(not sent["refused"], f"{netdev} could not send: {sent}")
    wait.until(f"the guard to judge {ROUNDS} frames of {name}", 60,
               lambda: drops(w, name) - before >= ROUNDS, 0.3)
    wait.until("two to answer", 60, lambda: guest.ask("reach", 2, 500, "10.0.0.2")["10.0.0.2"])
    heard = {mac: count for mac, _, kind, count in ear.stop()["rows"] if kind == PROBE}
    check(heard == {MAC: ROUNDS}, f"of {netdev} two heard {heard}")


def drops(w, netdev):
    """Frames of a half that the guard took."""
    rows = document(w.b, "drops")["drops"]
    return sum(r["count"] for r in rows if r["netdev"] == netdev and r["reason"] == "mac-guard")


def check_moved(w, guest, tap, vif):
    """A change of policy is one of both halves."""
    vifctl(w.b, f"port set {NAME} vlan=200")
    pvids = [p["vlan"]["pvid"] for p in halves(w)]
    vifctl(w.b, f"port clear {NAME} vlan")
    check(pvids == [200, 200], f"VLANs of {tap} and {vif} are {pvids}")


@step("hvm", "an HVM guest: its emulated NIC and its VIF have one identity, one goes on for the other")
def hvm(w):
    guest = guests.Guest(w.b, NAME, [f"mac={MAC},bridge=xenbr0.100,type=ioemu,model=virtio-net"],
                         kind="hvm")
    w.policy[MAC] = {100}
    w.b.run("modprobe tun")     # the lab's dom0 makes no static nodes
    mark = w.wire.mark()
    guest.create(300)
    try:
        tap, vif = wait.until("both halves to be ports", 60,
                              lambda: all(halves(w)) and halves(w), 0.3)
        check(tap["identity"] == vif["identity"] and tap["mac"] == vif["mac"] == [MAC],
              f"the halves are {tap} and {vif}")
        for here, other, port in ((EMULATED, PARAVIRTUAL, tap), (PARAVIRTUAL, EMULATED, vif)):
            use(guest, here, other)
            check_half(w, guest, here, port["netdev"])
        check_moved(w, guest, tap["netdev"], vif["netdev"])
        guest.sh(f"echo 1 > /sys/class/net/{EMULATED}/device/../remove")
        guest.ask("unplug")
        check_half(w, guest, PARAVIRTUAL, vif["netdev"])
        w.check_wire(mark)
    finally:
        guest.destroy()
    wait.until("its ports to go", 60, lambda: not any(halves(w)), 0.3)
    return f"{tap['netdev']} and {vif['netdev']} are {tap['identity']}; each passed {ROUNDS} frames" \
        f" of its own MAC and none of another"
