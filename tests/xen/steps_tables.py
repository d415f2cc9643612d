# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a switch whose frames go through flow tables, under a controller that Open vSwitch's
people wrote, with a flow of a VM. The migration of that VM is in steps_travel.py.

The controller adds a flow for each conversation, to the port where it heard the other last, and
does not notice that a VM left it: such a flow is to end soon after it was used, and conversations
may halt when a VM leaves."""
import signal

import rider
import wait
from steps_policy import vifctl
from world import check, document, step

SWITCH, UPLINK, CONTROLLER = "ctl0", "eth3", "127.0.0.1:6653"
SERVICE, ROUNDS, PATIENCE_MS = 5070, 2, 3000
# The controller's own flows have the priority 32768.
FLOW = f"priority=50000,vm={rider.UUID},devid=2,udp,tp_dst={SERVICE},actions=drop"
OF_VMS = "0x76696673"   # how cookies of such flows begin


def connected(host):
    found = [s for s in document(host, "openflow show")["switches"] if s["switch"] == SWITCH]
    return found and found[0]["in_force"] and [c["state"] for c in found[0]["controllers"]] == ["connected"]


def compiled(host):
    """The flows of VMs that are in force on a host."""
    return [f for f in document(host, f"flow list {SWITCH} udp", 60)["flows"]
            if f["cookie"].startswith(OF_VMS)]


def holds(w, host):
    """rider's datagrams to the service come to the flow, which is on its host alone; its connections
    are the controller's business, who lets them pass."""
    other = w.a if host is w.b else w.b
    wait.until(f"the flow on {host.name}", 60, lambda: len(compiled(host)) == 1, 0.5)
    wait.until(f"no flow on {other.name}", 60, lambda: not compiled(other), 0.5)
    rider.check_reach(w, "tables", ["one", "two"])
    before = compiled(host)[0]["packets"]
    for name in ("one", "two"):
        server = w.guests[name].serve(SERVICE)
        got = w.rider.ask("talk", rider.address("tables", name), SERVICE, ROUNDS, 0, PATIENCE_MS,
                          timeout=120)
        served = server.stop()
        check(got["tcp_new"] and not got["udp"] + got["udp_new"] + served["datagrams"],
              f"what {name} answered: {got}, had: {served}")
    flow = compiled(host)[0]
    check(flow["packets"] - before == 4 * ROUNDS, f"its flow had {before} packets, has {flow['packets']}")
    return flow["match"]


@step("tables", "a switch under a controller: a flow of a VM is its port's, wherever that is",
      star=True, needs=("pool", "flows"))
def tables(w):
    for host in (w.a, w.b):
        host.spawn("controller", f"exec ovs-testcontroller --unixctl=none --max-idle=2 ptcp:{CONTROLLER.split(':')[1]}:127.0.0.1")
    vifctl(w.a, f"switch add {SWITCH} uplinks={UPLINK} controller=tcp:{CONTROLLER} fail-mode=secure")
    for host in (w.a, w.b):
        wait.until(f"{SWITCH} on {host.name} to be under its controller", 60, lambda h=host: connected(h), 0.5)
    for name in ("one", "two", "rider"):
        rider.attach(w, "tables", name)
    vifctl(w.a, f"flow add {SWITCH} {FLOW}")
    return f"{holds(w, w.a)} is {FLOW.split(',actions')[0]} on xen-a"


def end(w):
    vifctl(w.a, f"switch del {SWITCH}")
    for host in (w.a, w.b):
        rider.wait_gone(host, SWITCH)
        host.collect("controller", signal.SIGTERM)
