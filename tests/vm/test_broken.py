# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken set-ups, many at once: doctor finds each, names it, and what it prints mends it.

With those of test_doctor.py and test_mend.py more than twenty.
"""
import ctl
import wait
from dom0 import HOST, Dom0
from packet import frame, udp
from registry import check, same, test
from test_acl import wrap
from test_doctor import CONFIG, doctor, mend
from test_uplink import switch_of
from world import ip, mac

UPLINKS = """switch xenbr0 {
	uplink eth0 {}
	uplink eth2 {}
	uplink eth3 {}
	uplink ehh1 {}
}
switch xenbr9 {
}
"""


def gone(dom0, *keys):
    """What was found is not, after a while."""
    found = {}

    def over():
        found.clear()
        found.update(doctor(dom0))
        return not set(keys) & set(found)
    try:
        wait.until("what was mended not to be found any more", 60, over)
    except wait.Timeout as e:
        raise AssertionError(f"{e}: {found}") from None


@test(limit=200)
def broken_networks():
    """uplinks that bear an address, are in a bridge, are not there; a bridge with a switch's name"""
    dom0 = Dom0(UPLINKS, start=False)
    for n in (2, 3):
        ip(f"link add eth{n} type veth peer name eth{n}p", f"link set dev eth{n}p up", f"link set dev eth{n} up")
    ip("addr add 192.0.2.2/24 dev eth2", "link add br7 type bridge", "link set dev eth3 master br7",
       "link add xenbr9 type bridge")
    dom0.start()
    broken = {("uplink", "eth2"): "192.0.2.2/24", ("uplink", "eth3"): "bridge br7", ("uplink", "ehh1"): "ehh1",
              ("switch", "xenbr9"): "a Linux bridge has that name"}
    found = doctor(dom0)
    same(set(found), set(broken), "what is found")
    for key, named in broken.items():
        check(named in found[key]["text"] + found[key]["subject"], found[key])
    mend(dom0, found["uplink", "eth2"])
    ctl.run(dom0, "uplink", "confirm", "eth2")
    mend(dom0, found["uplink", "eth3"])
    check(found["uplink", "ehh1"]["command"].endswith("systemctl reload vifswitchd"), found)
    with open(dom0.config, "w") as f:
        f.write(UPLINKS.replace("\tuplink ehh1 {}\n", ""))
    dom0.daemon.send_signal(1)
    mend(dom0, found["switch", "xenbr9"])
    ctl.run(dom0, "uplink", "confirm", "xenbr9")
    gone(dom0, *broken)
    same([switch_of(dom0, n) for n in ("eth2", "eth3")], ["xenbr0", "xenbr0"], "where the uplinks are")


def drop(vif, reason, data, count=12):
    """So many of it are dropped for that reason."""
    for _ in range(count):
        vif.send(data)
    wait.until(f"{reason} to be counted", 20, lambda: vif.drops().get(reason, 0) >= count)


@test(limit=240)
def broken_ports():
    """a switch that nobody has, guards that are too strict, a full table: found, mended as printed"""
    dom0 = Dom0(CONFIG, database=True)
    vifs = {n: dom0.vif(n, **keys) for n, keys in (
        (1, {"bridge": "nosuch"}), (2, {"access": 50, "ip": "10.0.0.2"}), (3, {"access": 50}), (4, {"access": 50}),
        (5, {"bridge": "xenbr0:50"}), (6, {"access": 50}))}
    for n, vif in vifs.items():
        if n > 1:
            dom0.plugged(vif)
            vif.key("state", 4)
    wait.until("vm1 to be told of", 20, lambda: dom0.entry(vifs[1]) and dom0.entry(vifs[1])["error"])
    ctl.run(dom0, "acl", "create", "open", "from-vm-default=allow", "to-vm-default=deny")
    ctl.run(dom0, "port", "set", "vm6", "acl=open", "connections-max=1")
    dom0.db.applied(HOST)
    sent = {2: ("ip-guard", wrap(2, 3, udp("10.0.0.9", "10.0.0.3", 7, 8))),
            3: ("dhcp-server", wrap(3, 2, udp("10.0.0.3", "10.0.0.2", 67, 68))),
            4: ("vlan-denied", frame(mac(3), mac(4), tags=[77])),
            5: ("vlan-untagged", wrap(5, 3, udp("10.0.0.5", "10.0.0.3", 7, 8)))}
    for n, (reason, data) in sent.items():
        drop(vifs[n], reason, data)
    for port in range(1000, 1012):
        vifs[6].send(wrap(6, 3, udp("10.0.0.6", "10.0.0.3", port, 8)))
    wait.until("the table to be full", 20, lambda: vifs[6].drops().get("connection-limit", 0) >= 11)
    found = doctor(dom0)
    wanted = {("policy", "vm1/0"): "nosuch", ("connections", "vm6/0"): "1 of 1"}
    wanted.update({("drops", f"vm{n}/0"): reason for n, (reason, _) in sent.items()})
    for key, named in wanted.items():
        check(key in found and named in found[key]["text"], f"{key} {named}: {found}")
    mend(dom0, found["policy", "vm1/0"])
    mend(dom0, found["drops", "vm2/0"], OWN="10.0.0.2", ADDRESS="10.0.0.9")
    mend(dom0, found["drops", "vm3/0"])
    mend(dom0, found["drops", "vm4/0"], VLANS="77")
    mend(dom0, found["drops", "vm5/0"], N="50", VLANS="51")
    mend(dom0, found["connections", "vm6/0"])
    dom0.db.applied(HOST)
    dom0.plugged(vifs[1])
    for n, (reason, data) in sent.items():
        before = vifs[n].drops()
        vifs[n].send(data)
        same(vifs[n].drops().get(reason, 0), before[reason], f"drops of vm{n} of what may be sent now")
        ctl.run(dom0, "drops", f"vm{n}", "--reset")
    ctl.run(dom0, "drops", "vm6", "--reset")
    gone(dom0, *wanted)
