# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: live migration of rider, whose VIFs are in further kinds of network (rider.py)."""
import rider
import steps_flows
import steps_overlay
import steps_tables
from steps_migration import Migration
from world import check, step

SINK = 5006


class Port:
    """A VIF of rider's, and a stream of one's into it, but where a controller decides that."""

    def __init__(self, w, network):
        self.w, self.network, self.devid = w, network, rider.devid(network, "rider")
        self.mark = rider.wire(w, network).mark()
        self.before = w.port("rider", self.devid)
        if network == "tables":
            return
        self.sink = w.rider.start("sink", SINK + self.devid, 600)
        self.stream = w.one.start("send", rider.address(network, "rider"), SINK + self.devid, 600, 20000)

    def came(self):
        """It is what it was, on the other host."""
        after = self.w.wait_port("rider", self.devid, self.w.b, ("active",), 60)
        for key in ("datapath", "identity", "vlan", "mac", "guard", "switch"):
            check(after[key] == self.before[key], f"{key} was {self.before[key]}, is {after[key]}")
        rider.check_reach(self.w, self.network, ["one", "two"])

    def octets(self):
        """Of the stream, which goes on."""
        sent, got = self.stream.stop(60), self.sink.result(60)
        check(not sent["broken"] and not got["bad"] and got["closed"] and got["bytes"] == sent["bytes"],
              f"the TCP stream into it did not survive: sent {sent}, received {got}")
        return got["bytes"]


def arrived(w, port):
    port.came()
    if port.network == "tables":
        return f"{steps_tables.holds(w, w.b)} holds on xen-b"
    octets = port.octets()
    if port.network == "flows":
        rider.check_reach(w, "flows", [], ["three"])
        steps_flows.outside(w, port.mark)
        return f"TCP of {octets} octets in flows of openvswitch.ko"
    count = steps_overlay.check_clear(w, port.mark, steps_overlay.wireguard)
    return f"TCP of {octets} octets in a network of which {count} frames were in WireGuard and" \
        f" {steps_overlay.change_to_ipsec(w)} in ESP after that, and none in clear"


@step("travel", "live migration of a VM whose VIFs are in further kinds of network", star=True,
      needs=("flows", "overlay", "tables"))
def travel(w):
    try:
        ports = [Port(w, network) for network in rider.NETWORKS]
        seconds = Migration(w.rider, w.a, w.b).arrive(w.progress)
        check(not w.ports(w.a, "rider"), "xen-a still has a port of rider")
        said = [arrived(w, port) for port in ports]
    finally:
        rider.end(w)
        for network in (steps_tables, steps_overlay, steps_flows):
            network.end(w)
    return f"{seconds:.0f} s in all; {', '.join(said)}"
