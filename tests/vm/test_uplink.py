# SPDX-License-Identifier: GPL-2.0-or-later
"""Uplinks: nobody loses one by a change that does not say so, and dom0 keeps its network."""
import os
import re
import time

import ctl
import wait
from dom0 import HOST, Dom0
from packet import arp, frame
from registry import check, same, test
from test_doctor import doctor
from world import BROADCAST, exists, index, ip, output

CONFIG = """switch xenbr0 {
	uplink eth0 { tagged = {1-99} }
}
"""


def switch_of(dom0, netdev):
    """The name of the switch that a netdev is in, or None."""
    return next((p.switch_name for p in dom0.nl.ports() if p.ifindex == index(netdev)), None)


@test(limit=120)
def uplink_of_another_switch():
    """who has an uplink keeps it; --move moves it, with its VLANs, and says who loses by it"""
    dom0 = Dom0(CONFIG, database=True)
    vif = dom0.vif(1, access=50)
    dom0.plugged(vif)
    same(switch_of(dom0, "eth0"), "xenbr0", "the uplink's switch")
    said = ctl.run(dom0, "switch", "add", "lan2", "uplinks=eth0", status=(1,)).said
    check("switch xenbr0, which runs here, has uplink eth0" in said, said)
    # Somebody who asks nobody.
    dom0.db.insert("Switch", name="lan2", uplinks=["eth0"])
    dom0.db.applied(HOST)
    same(switch_of(dom0, "eth0"), "xenbr0", "the uplink's switch, with two that want it")
    problem = "switch xenbr0 of vifswitch.conf has it"
    check(problem in dom0.db.host(HOST)["last_error"], dom0.db.host(HOST))
    shown = {s["name"]: s["error"] for s in dom0.ask("show")["switches"]}
    check(shown["xenbr0"] is None and problem in shown["lan2"], shown)
    check(problem in ctl.run(dom0, "show").out, "vifctl show")
    check(problem in doctor(dom0)["switch", "lan2"]["text"], "vifctl doctor")
    dom0.kill()
    dom0.start()
    dom0.db.applied(HOST)
    same(switch_of(dom0, "eth0"), "xenbr0", "the uplink's switch after a restart")
    ctl.run(dom0, "switch", "del", "lan2")
    told = ctl.run(dom0, "switch", "add", "lan2", "uplinks=eth0", "--move", "--dry-run").out
    check("xenbr0 loses eth0, its last uplink: vm1, dom0" in told, told)
    same(switch_of(dom0, "eth0"), "xenbr0", "the uplink's switch after a dry run")
    ctl.run(dom0, "switch", "add", "lan2", "uplinks=eth0", "--move")
    same(switch_of(dom0, "eth0"), "lan2", "the uplink's switch when it was moved")
    port = next(p for p in dom0.ask("show")["ports"] if p["netdev"] == "eth0")
    same(port["vlan"]["tagged"], ["1-99"], "VLANs of the uplink that was moved")
    dom0.kill()
    dom0.start()
    dom0.db.applied(HOST)
    same(switch_of(dom0, "eth0"), "lan2", "the uplink's switch after another restart")
    ctl.run(dom0, "switch", "del", "lan2")
    wait.until("the uplink to go back", 20, lambda: switch_of(dom0, "eth0") == "xenbr0")


@test(limit=150)
def switch_that_goes():
    """a switch goes with its row, unless others made it, something is in it or the host's network is on it"""
    dom0 = Dom0(database=True)
    vif = dom0.vif(1, access=50)
    dom0.plugged(vif)
    ip("link add by0 type vifswitch")
    for name in ("by0", "lan2", "lan3"):
        ctl.run(dom0, "switch", "add", name)
    ip("addr add 198.51.100.1/24 dev lan2", "link add link lan3 name lan3.7 type vlan id 7")
    said = ctl.run(dom0, "switch", "del", "lan2", status=(1,)).said
    check("switch lan2: it bears 198.51.100.1/24 of this host, which would be cut off; --yes" in said, said)
    ctl.run(dom0, "switch", "del", "lan2", "--yes")
    ctl.run(dom0, "switch", "del", "lan3")
    ctl.run(dom0, "switch", "del", "by0")

    def errors():
        return {s["name"]: s["error"] or "" for s in dom0.ask("show")["switches"]}

    wait.until("it to say why it stays", 20, lambda: "it bears 198.51.100.1/24" in errors()["lan2"])
    wait.until("it to say what is made of it", 20, lambda: "lan3.7 is made of it" in errors()["lan3"])
    check("it bears 198.51.100.1/24" in ctl.run(dom0, "show").out, "vifctl show")
    same(errors()["by0"], "", "what others made")
    # Killed before it is free: the next one finds it.
    dom0.kill()
    ip("addr del 198.51.100.1/24 dev lan2", "link del dev lan3.7")
    dom0.start()
    wait.until("both to go", 60, lambda: not exists("lan2") and not exists("lan3"))
    check(exists("by0") and exists("xenbr0"), "one went that is not to")
    ctl.run(dom0, "switch", "add", "lan2")
    ctl.run(dom0, "switch", "del", "lan2")
    wait.until("it to go", 20, lambda: not exists("lan2"))


def host_network(*netdevs):
    """What "ip" says of addresses and routes: {netdev: [address or route]}"""
    return {n: [line.split()[3] for line in output("ip", "-o", "-4", "addr", "show", "dev", n).splitlines()]
            + [line.split()[0] for line in output("ip", "-4", "route", "show", "dev", n).splitlines()]
            for n in netdevs}


def configured(**more):
    """A dom0 whose own address and default route are on eth0; the daemon does not run yet."""
    dom0 = Dom0(start=False, **more)
    ip("addr add 192.0.2.2/24 dev eth0", "route add default via 192.0.2.1")
    return dom0


ON_UPLINK = ["192.0.2.2/24", "default", "192.0.2.0/24"]


@test(smoke=True, limit=120)
def uplink_with_the_hosts_address():
    """an uplink that dom0's network hangs on is refused, and told; once it is free it is plugged"""
    dom0 = configured()
    dom0.start()
    text = "eth0: not made a port: it bears 192.0.2.2/24 and the default route"
    wait.until("the refusal to be shown", 20, lambda: text in ctl.run(dom0, "show").out)
    check("vifctl uplink adopt eth0 --confirm 60s" in ctl.run(dom0, "show").out, "no way out is shown")
    same(switch_of(dom0, "eth0"), None, "the switch of an uplink with an address")
    same(host_network("eth0"), {"eth0": ON_UPLINK}, "what is on the uplink")
    found = doctor(dom0)["uplink", "eth0"]
    same((found["severity"], found["command"]), ("error", "vifctl uplink adopt eth0 --confirm 60s"),
         "the finding")
    same(dom0.log(1 << 20).count("it bears 192.0.2.2/24"), 1, "lines in the log")
    ip("addr flush dev eth0")
    wait.until("the uplink to be plugged", 60, lambda: switch_of(dom0, "eth0") == "xenbr0")
    check("it bears" not in ctl.run(dom0, "show").out, "the refusal is shown still")
    # What is in place stays.
    ip("addr add 192.0.2.2/24 dev eth0")
    dom0.kill()
    dom0.start()
    dom0.ask("show")
    same(switch_of(dom0, "eth0"), "xenbr0", "the switch of an uplink that got an address later")


@test(limit=90)
def uplink_that_is_not_there():
    """an uplink that is mistyped, or went away, is told of until there is one of that name"""
    dom0 = Dom0("switch xenbr0 {\n\tuplink eth0 { }\n\tuplink ehh1 { }\n}\n")
    text = "ehh1: vifswitch.conf names it, but there is no such network device here now"
    check(text in ctl.run(dom0, "show").out, "vifctl show")
    found = doctor(dom0)
    check("uplink" in {c for c, _ in found} and "mistyped" in found["uplink", "ehh1"]["command"], found)
    check(("uplink", "eth0") not in found, found)
    ip("link add ehh1 type dummy", "link set dev ehh1 up")
    wait.until("the uplink to be plugged", 60, lambda: switch_of(dom0, "ehh1") == "xenbr0")
    check(text not in ctl.run(dom0, "show").out, "told of although it is there")
    ip("link del ehh1")
    wait.until("it to be told of again", 60, lambda: text in ctl.run(dom0, "show").out)


@test(limit=90)
def uplink_of_a_bridge():
    """an uplink that a Linux bridge has is left there, and the bridge is named"""
    dom0 = Dom0(start=False)
    ip("link add br7 type bridge", "link set dev eth0 master br7")
    dom0.start()
    text = "eth0: not made a port: it is a port of bridge br7 already"
    wait.until("the refusal to be shown", 20, lambda: text in ctl.run(dom0, "show").out)
    ip("link set dev eth0 nomaster")
    wait.until("the uplink to be plugged", 60, lambda: switch_of(dom0, "eth0") == "xenbr0")


NOWHERE = "00:16:3e:00:00:77"


def hwaddr(netdev):
    with open(f"/sys/class/net/{netdev}/address") as f:
        return f.read().strip()


def reaches_dom0(dom0, address):
    """Does dom0 answer for its address, and with that MAC, to somebody on the wire?"""
    def answers():
        dom0.wire.send(frame(BROADCAST, NOWHERE, kind=0x0806,
                             payload=arp(NOWHERE, "192.0.2.9", tpa="192.0.2.2")))
        heard = dom0.wire.received(0.2)
        return [data for data in heard if data[:6] == bytes.fromhex(NOWHERE.replace(":", ""))
                and data[6:12] == bytes.fromhex(address.replace(":", "")) and data[20:22] == b"\0\2"]
    wait.until("dom0 to answer on the wire", 30, answers)


def is_refused(dom0):
    return "eth0: not made a port: it bears 192.0.2.2/24" in ctl.run(dom0, "show").out


def on_the_switch(dom0, address):
    wait.until("the uplink to be plugged", 20, lambda: switch_of(dom0, "eth0") == "xenbr0")
    same(host_network("eth0", "xenbr0"), {"eth0": [], "xenbr0": ON_UPLINK}, "where the network is")
    same(hwaddr("xenbr0"), address, "the switch's MAC address")
    reaches_dom0(dom0, address)


def on_the_uplink(dom0, address):
    wait.until("the network to go back", 60, lambda: host_network("eth0")["eth0"] == ON_UPLINK)
    same(host_network("xenbr0"), {"xenbr0": []}, "what is left on the switch")
    wait.until("the uplink to be refused", 20, lambda: is_refused(dom0))
    same(switch_of(dom0, "eth0"), None, "the uplink's switch")
    reaches_dom0(dom0, address)


@test(limit=180)
def uplink_is_adopted():
    """dom0's network goes to the switch, stays when that is confirmed, and comes back by release"""
    dom0 = configured()
    dom0.start()
    address = hwaddr("eth0")
    wait.until("the uplink to be refused", 20, lambda: is_refused(dom0))
    reaches_dom0(dom0, address)
    command = doctor(dom0)["uplink", "eth0"]["command"]
    same(command, "vifctl uplink adopt eth0 --confirm 60s", "what the doctor says")
    told = ctl.run(dom0, "uplink", "adopt", "eth0", "--confirm", "3600", status=(0, 1)).out
    check(told.startswith("192.0.2.2/24 and the default route went from eth0 to xenbr0"), told)
    on_the_switch(dom0, address)
    same(doctor(dom0)["uplink", "eth0"]["command"], "vifctl uplink confirm eth0", "what is left to do")
    dom0.kill()
    dom0.start()
    on_the_switch(dom0, address)
    ctl.run(dom0, "uplink", "confirm", "eth0")
    check(("uplink", "eth0") not in doctor(dom0), "a finding about what is confirmed")
    stanza = ctl.run(dom0, "uplink", "stanza", "eth0", "ifupdown").out
    check(re.search(r"iface xenbr0 inet static\n\taddress 192.0.2.2/24\n\tgateway 192.0.2.1\n"
                    rf"\thwaddress {address}\n", stanza), stanza)
    ctl.document(dom0, "uplink", "release", "eth0")
    on_the_uplink(dom0, address)
    ctl.run(dom0, "uplink", "confirm", "eth0", status=(1,))


@test(smoke=True, limit=180)
def uplink_nobody_confirms():
    """it goes back when the time is up: by the daemon that moved it, or by the next one"""
    dom0 = configured()
    dom0.start()
    address = hwaddr("eth0")
    wait.until("the uplink to be refused", 20, lambda: is_refused(dom0))
    ctl.document(dom0, "uplink", "adopt", "eth0", "--confirm", "5", status=(0, 1))
    on_the_uplink(dom0, address)
    check(hwaddr("xenbr0") != address, "the switch kept the uplink's MAC address")
    ctl.run(dom0, "uplink", "adopt", "eth0", "--confirm", "5", status=(0, 1))
    dom0.kill()
    time.sleep(6)
    dom0.start()
    on_the_uplink(dom0, address)
    same(os.path.exists(os.path.join(dom0.dir, "uplink.json")), False, "a state on disk")


# ---- a Linux bridge ----

def bridged(kind=Dom0):
    """A dom0 with a Linux bridge, two VMs of vif-bridge in it, and a daemon that wants its name."""
    dom0 = kind(start=False)
    ip("link add xenbr0 type bridge", "link set dev xenbr0 address 02:00:00:00:00:05 up",
       "link set dev eth0 master xenbr0", "addr add 192.0.2.2/24 dev xenbr0",
       "route add default via 192.0.2.1")
    vifs = [dom0.vif(n, script="/etc/xen/scripts/vif-bridge") for n in (1, 2)]
    for vif in vifs:
        ip(f"link set dev {vif.netdev} master xenbr0 up")
        vif.key("state", 4)
    dom0.start()
    return dom0, vifs


def master(netdev):
    """The bridge or switch that a netdev is a port of, and that one's kind."""
    name = re.search(r"master (\S+)", output("ip", "-o", "link", "show", "dev", netdev))
    kind = name and re.search(r"\b(bridge|vifswitch|openvswitch)\b",
                              output("ip", "-d", "-o", "link", "show", "dev", name[1]))
    return kind and (name[1], kind[1])


def hears(sender, receiver):
    """The sender's frames reach the receiver."""
    data = frame(receiver.mac, sender.mac, payload=b"over there".ljust(46, b"\0"))
    receiver.drain()

    def heard():
        sender.send(data)
        return data in receiver.received(0.2)
    wait.until(f"{receiver.netdev} to hear {sender.netdev}", 30, heard)


def all_are_in(dom0, vifs, kind):
    for netdev in ["eth0"] + [v.netdev for v in vifs]:
        wait.until(f"{netdev} to be in the {kind}", 30,
                   lambda name=netdev: master(name) == ("xenbr0", kind))
    if kind != "bridge":
        for vif in vifs:
            dom0.plugged(vif)
    same(host_network("eth0", "xenbr0"), {"eth0": [], "xenbr0": ON_UPLINK}, "where the network is")
    same(hwaddr("xenbr0"), "02:00:00:00:00:05", "the MAC address")
    reaches_dom0(dom0, "02:00:00:00:00:05")
    hears(vifs[0], vifs[1])
    hears(vifs[1], vifs[0])


def back_without_daemon(dom0, vifs):
    """Nobody confirms a change, and vifswitchd is killed: it is undone when that starts."""
    ctl.run(dom0, "uplink", "adopt", "xenbr0", "--confirm", "5", status=(0, 1))
    dom0.kill()
    time.sleep(6)
    dom0.start()
    all_are_in(dom0, vifs, "bridge")


@test(smoke=True, limit=240)
def bridge_is_taken_over():
    """a Linux bridge becomes a switch with its VMs and dom0's network, and a bridge again"""
    dom0, vifs = bridged()
    hint = "a Linux bridge has that name; with its ports, and back again: " \
           "vifctl uplink adopt xenbr0 --confirm 60s"
    wait.until("the bridge to be told of", 30, lambda: hint in " ".join(ctl.run(dom0, "show").out.split()))
    same(doctor(dom0)["switch", "xenbr0"]["command"], "vifctl uplink adopt xenbr0 --confirm 60s",
         "what the doctor says")
    all_are_in(dom0, vifs, "bridge")
    for prepare, said, undo in (
            ("link set dev xenbr0 type bridge vlan_filtering 1", "it filters VLANs",
             "link set dev xenbr0 type bridge vlan_filtering 0"),
            ("link add link xenbr0 name xenbr0.7 type vlan id 7", "xenbr0.7 is on top of it",
             "link del xenbr0.7"),
            ("link add other0 master xenbr0 type dummy", "its port other0 would be without network",
             "link del other0")):
        ip(prepare)
        refused = ctl.run(dom0, "uplink", "adopt", "xenbr0", status=(1,)).said
        check(said in refused, refused)
        ip(undo)
    done = ctl.document(dom0, "uplink", "adopt", "xenbr0", "--confirm", "3600")
    same(sorted(done["ports"]), ["eth0", "vif1.0", "vif2.0"], "the ports that went along")
    all_are_in(dom0, vifs, "vifswitch")
    same(doctor(dom0)["uplink", "eth0"]["command"], "vifctl uplink confirm xenbr0", "what is left to do")
    dom0.kill()
    dom0.start()
    all_are_in(dom0, vifs, "vifswitch")
    same(ctl.run(dom0, "uplink", "confirm", "xenbr0").out, "xenbr0 stays a switch\n", "confirm")
    check(("uplink", "eth0") not in doctor(dom0), "a finding about what is confirmed")
    check("iface eth0 inet manual" in ctl.run(dom0, "uplink", "stanza", "xenbr0", "ifupdown").out, "stanza")
    dom0.kill()
    dom0.start()
    same(ctl.run(dom0, "uplink", "release", "xenbr0").out, "xenbr0 is a bridge again\n", "release")
    all_are_in(dom0, vifs, "bridge")
    dom0.kill()
    dom0.start()
    all_are_in(dom0, vifs, "bridge")


@test(limit=240)
def bridge_nobody_confirms():
    """all goes back when the time is up: by the daemon that took it over, or by the next one"""
    dom0, vifs = bridged()
    wait.until("the VMs to be known", 30, lambda: all(dom0.entry(v) for v in vifs))
    told = ctl.run(dom0, "uplink", "adopt", "xenbr0", "--confirm", "5", status=(0, 1)).out
    check(re.match(r"bridge xenbr0 is a switch, with (eth0|vif[12]\.0), .*; it bears 192.0.2.2/24 and "
                   r"the default route\nand back in 5 s", told), told)
    wait.until("the bridge to be back", 60, lambda: master("eth0") == ("xenbr0", "bridge"))
    all_are_in(dom0, vifs, "bridge")
    back_without_daemon(dom0, vifs)
    same(os.path.exists(os.path.join(dom0.dir, "uplink.json")), False, "a state on disk")
