# SPDX-License-Identifier: GPL-2.0-or-later
"""Uplinks: nobody loses one by a change that does not say so, and dom0 keeps its network."""
import ctl
import wait
from dom0 import HOST, Dom0
from registry import check, same, test
from test_doctor import doctor
from world import index

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
