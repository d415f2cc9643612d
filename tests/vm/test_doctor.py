# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl doctor on a host with everything real: each fault is found, and its command mends it."""
import re
import shlex
import subprocess

import ctl
import documents
import wait
from dom0 import HOST, Dom0, uuid
from packet import udp
from registry import check, same, test
from test_acl import A, B, wrap
from world import ip, mac

CONFIG = """switch xenbr0 {
	uplink eth0 { tagged = {1-99} }
}
"""


def doctor(dom0):
    """{(check, subject): finding}"""
    database = [f"--db={dom0.db.remote}"] if dom0.db else []
    done = ctl.run(dom0, "doctor", "--json", *database, status=(0, 1))
    found = documents.read(["doctor"], done.out)["findings"]
    same(done.status, int(any(f["severity"] != "hint" for f in found)), "exit status")
    check(all(f["command"] and f["text"] for f in found), f"one without a command: {found}")
    check(len({(f["check"], f["subject"]) for f in found}) == len(found), f"told twice: {found}")
    return {(f["check"], f["subject"]): f for f in found}


def found_are(found, *wanted):
    same(sorted(found), sorted(wanted), f"findings: {list(found.values())}")


def mend(dom0, finding, **meant):
    """Do what the finding's command says; words in capitals in it are for people to fill in."""
    command = re.sub(r" \(or .*", "", finding["command"].split(": ")[-1])
    for word, value in meant.items():
        check(re.search(rf"\b{word}\b", command), f"no {word} in {command}")
        command = re.sub(rf"\b{word}\b", value, command)
    words = shlex.split(command)
    if words[0] == "systemctl":
        same(words[1] in ("start", "restart"), True, command)
        {"vifswitchd": dom0.start, "vifdbd": dom0.db.start}[words[2]]()
    elif words[0] == "vifctl":
        ctl.run(dom0, *words[1:])
    else:
        done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        same(done.returncode, 0, f"{command}: {done.stdout}")


@test(limit=150)
def doctor_and_ports():
    """VLANs, MTUs, carrier, checksums, spoofing, impossible policy: found, mended by the commands"""
    dom0 = Dom0(CONFIG, database=True)
    ip("link set dev eth0p mtu 9000", "link set dev eth0 mtu 9000")
    vifs = {n: dom0.vif(n, **keys) for n, keys in (
        (1, {"access": 50}), (2, {"access": 100}), (3, {"access": 60, "mtu": "1400"}),
        (4, {"access": 60}), (5, {"access": 70, "mtu": "9000"}), (6, {"bridge": "xenbr0:50:60"}))}
    for v in vifs.values():
        dom0.plugged(v)
        v.key("state", 4)
    dom0.db.set_port(uuid(4), 0, guard="mac+ip")
    dom0.db.applied(HOST)
    ip("link set dev eth0 mtu 1500", "link set dev eth0p down", "link set dev vif1.0p down")
    wait.until("the ports to be active", 20,
               lambda: all(dom0.entry(v)["state"] == "active" for v in vifs.values()))
    for _ in range(30):
        vifs[2].send(wrap(9, 2, udp(A, B, 7, 8)))
    wait.until("the drops to be counted", 10, lambda: vifs[2].drops().get("mac-guard", 0) >= 30)
    found = doctor(dom0)
    found_are(found, ("vlan", "vm2/0"), ("drops", "vm2/0"), ("mtu", "vm3/0"), ("policy", "vm4/0"),
              ("mtu", "vm5/0"), ("policy", "vm5/0"), ("checksum", "vm6/0"), ("link", "vm1/0"), ("link", "eth0"))
    check("100" in found["vlan", "vm2/0"]["text"], found)
    check("ip_lock" in found["policy", "vm4/0"]["text"], found)
    check("9000" in found["mtu", "vm5/0"]["text"] and "eth0" in found["mtu", "vm5/0"]["text"], found)
    mend(dom0, found["vlan", "vm2/0"], N="50")
    mend(dom0, found["drops", "vm2/0"], OWN=mac(2), ADDRESS=mac(9))
    mend(dom0, found["mtu", "vm5/0"])
    mend(dom0, found["checksum", "vm6/0"])
    same(ctl.run(dom0, "port", "policy", "vm4").out.count("mac+ip"), 1, "the policy to be mended")
    ctl.run(dom0, "port", "set", "vm4", "lock-ip=10.0.0.4")
    mend(dom0, found["mtu", "vm3/0"])  # of its peer, vm4
    ip("link set dev eth0p up", "link set dev vif1.0p up")  # a cable, and inside the VM
    vifs[2].send(wrap(9, 2, udp(A, B, 7, 8)))
    same(vifs[2].drops()["mac-guard"], 30, "drops of what is allowed now")
    found = doctor(dom0)
    found_are(found, ("drops", "vm2/0"))  # those of before
    same(found["drops", "vm2/0"]["severity"], "hint", "drops of the past")


@test(limit=150)
def doctor_and_services():
    """database, daemon, switch, netdevs and a change that is not in force: found and mended"""
    dom0 = Dom0(database=True)
    vif = dom0.vif(1, access=100)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the port to be active", 20, lambda: dom0.entry(vif)["state"] == "active")
    found_are(doctor(dom0))
    dom0.db.kill()
    wait.until("the daemon to miss its database", 20,
               lambda: dom0.ask("show")["database"]["state"] == "disconnected")
    found = doctor(dom0)
    found_are(found, ("database", "vifswitchd"))
    mend(dom0, found["database", "vifswitchd"])
    wait.until("the database to be back", 20,
               lambda: dom0.ask("show")["database"]["state"] == "connected")
    dom0.db.applied(HOST)
    dom0.kill()
    ctl.run(dom0, "port", "set", uuid(1), "vlan=101", "--no-wait")
    ip("link set dev vif1.0 down", "link set dev eth0 down", "link set dev xenbr0 down")
    found = doctor(dom0)
    label = f"{uuid(1)}/0"  # names need the daemon
    found_are(found, ("daemon", "vifswitchd"), ("policy", HOST), ("link", label), ("link", "eth0"),
              ("switch", "xenbr0"))
    for key in (("link", label), ("link", "eth0"), ("switch", "xenbr0")):
        mend(dom0, found[key])
    found = doctor(dom0)
    found_are(found, ("daemon", "vifswitchd"), ("policy", HOST))
    check("systemctl restart vifswitchd" in found["policy", HOST]["command"], found)
    mend(dom0, found["daemon", "vifswitchd"])
    wait.until("the change to be in force", 20,
               lambda: dom0.db.host(HOST)["cur_cfg"] == dom0.db.rows("Global")[0]["next_cfg"])
    same(dom0.entry(vif)["vlan"]["pvid"], 101, "VLAN")
    found_are(doctor(dom0))
