# SPDX-License-Identifier: GPL-2.0-or-later
"""A device model in a domain of its own (a stub domain): the other half of its VM's VIF."""
import wait
from dom0 import Dom0, HOST, uuid
from packet import frame
from registry import same, test
from test_mac import reach
from test_policy import connected, head
from world import BROADCAST, deliver, mac


def device_model(dom0, domid, told=None, target=("n0", "r1"), model=("n0", "r1")):
    """Domain domid is the device model of domain 1, or says so: nodes of both, with whom they
    are for, then a VIF like that one's. told: what domain 1's node says."""
    for path, value, permissions in (
            (f"/local/domain/{domid}/target", 1, target),
            ("/local/domain/1/image/device-model-domid", told or domid, model)):
        dom0.xs.write(path, value)
        dom0.xs.permit(path, *permissions)
    return dom0.vif(domid, mac(1), name="vm1-dm")


@test(limit=200)
def stub_domain():
    """a device model in a domain of its own is its VM's other half, if dom0 alone says so"""
    dom0 = Dom0(database=True)
    dom0.db.set_port(uuid(1), 0, tag=100)
    dom0.db.applied(HOST)
    c = dom0.vif(9, access=100)
    vm = dom0.vif(1)
    connected(dom0, c, vm)
    # Not those of whom the other domain knows nothing, nor what a guest can write.
    for domid, more in ((2, {"told": 7}), (3, {"target": ("n3", "r1")}),
                        (4, {"target": ("n0", "w4")}), (5, {"model": ("n1",)}),
                        (6, {"model": ("n0", "b1")}), (7, {"told": "7x"})):
        thief = device_model(dom0, domid, **more)
        dom0.refused(thief, mac(1), "vm1")
        dom0.remove(thief)
    model = device_model(dom0, 8)
    wait.until("the device model to be plugged", 20, lambda: dom0.is_open(model) and
               model.state().cookie == dom0.identity(vm))
    same(head(model)["pvid"], 100, "its VLAN, which only its VM's row has")
    deliver(vm, frame(BROADCAST, mac(1)), [c])
    for again in (False, True):
        model.key("state", 4)
        same(dom0.db.location(uuid(1), 0, state="active")["domid"], 1, "the VM's domain")
        for half, other in ((vm, model), (model, vm), (vm, model)):
            got = deliver(half, frame(BROADCAST, mac(1)), [other, c])
            same(reach(got), [c.netdev], f"what {half.netdev} says")
            same(reach(deliver(c, frame(mac(1), mac(9)), [vm, model])), [half.netdev], "traffic")
        if not again:
            dom0.kill()
            dom0.start()
            wait.until("the daemon to know them", 20, lambda: all(
                (dom0.entry(v) or {}).get("state") == "active" for v in (vm, model)))
        same(reach(deliver(c, frame(mac(1), mac(9)), [vm, model])), [vm.netdev],
             "where the VM spoke last")
    same(dom0.entry(model)["vm"], {"name": "vm1-dm", "uuid": uuid(1), "domid": 8}, "show")
    dom0.remove(model)
    same(reach(deliver(c, frame(mac(1), mac(9)), [vm])), [vm.netdev], "the device model is gone")
    same(dom0.plugged(vm).claim, 1, "the VM's claim")
