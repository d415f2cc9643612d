# SPDX-License-Identifier: GPL-2.0-or-later
"""Flows that learn flows: the MAC learning table of ovs-actions(7), with real ports."""
import time

import wait
from dom0 import Dom0
from packet import BROADCAST, frame
from registry import check, same, test
from test_controllers import arrives
from test_vifofd import CONFIG, Vifofd, bed, make_user, numbers
from world import mac

LEARNED_MAX = 4096

TABLE = ("priority=5,actions=learn(table=1,hard_timeout={hard},NXM_OF_VLAN_TCI[0..11],"
         "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)")


def count(fd):
    out = fd.ofctl("dump-aggregate", "table=1")
    return int(out.split("flow_count=")[1].split()[0])


@test(limit=300)
def mac_learning_table():
    """what is for an address that was heard goes there alone, until its time is over; a known one is told no more"""
    dom0, (a, b, c) = bed("openflow = true\n\tfail_mode = secure", 3)
    fd = Vifofd(dom0)
    port = numbers(fd)
    fd.ofctl("add-flow", TABLE.format(hard=20))
    fd.ofctl("add-flow", "table=1,priority=0,actions=FLOOD")
    arrives(a, frame(BROADCAST, mac(1)), [b, c])
    wait.until("a's flow", 30, lambda: count(fd) == 2)
    found = fd.ofctl("dump-flows --no-names", "table=1")
    check(f"dl_dst={mac(1)}" in found and f"actions=output:{port[a.netdev]}" in found and "hard_timeout=20" in found, found)
    c.drain()
    arrives(b, frame(mac(1), mac(2)), [a])
    same(c.received(), [], "what is for a, at c")
    wait.until("b's flow", 30, lambda: count(fd) == 3)
    for _ in range(200):
        a.send(frame(mac(2), mac(1)))
    arrives(a, frame(mac(2), mac(1)), [b])
    wait.until("their time to be over", 60, lambda: count(fd) == 1, 1)
    fd.stop()


@test(limit=600)
def bound():
    """one flow teaches 4,096 at most, whoever sends; those go on, and other flows are changed meanwhile"""
    make_user()
    dom0 = Dom0(CONFIG % "uplink eth0 { }\n\topenflow = true\n\tfail_mode = secure")
    vif = dom0.vif(1)
    dom0.plugged(vif)
    vif.key("state", 4)
    fd = Vifofd(dom0)
    fd.ofctl("add-flow", TABLE.format(hard=0))
    fd.ofctl("add-flow", "table=1,priority=0,actions=FLOOD")
    sent = 0

    def flood():
        """200 addresses nobody had before: fewer than are told of in a second."""
        nonlocal sent
        for _ in range(200):
            sent += 1
            dom0.wire.send(frame(BROADCAST, mac(10000 + sent)))
        return count(fd) >= 1 + LEARNED_MAX
    wait.until("as many as there may be", 300, flood, 0.25)
    for _ in range(5):
        flood()
        time.sleep(0.25)
    fd.ofctl("add-flow", "table=2,actions=drop")
    same(count(fd), 1 + LEARNED_MAX, f"flows after {sent} addresses")
    first = mac(10001)
    check(f"dl_dst={first}" in fd.ofctl("dump-flows --no-names", f"table=1,dl_dst={first}"), "the first one")
    back = frame(first, mac(1))
    vif.send(back)
    wait.until("what is for it", 30, lambda: back in dom0.wire.received())
    fd.ofctl("del-flows", f"table=1,dl_dst={first}")
    same(count(fd), LEARNED_MAX, "after one went")
    dom0.wire.send(frame(BROADCAST, mac(9999)))
    wait.until("another in its place", 30, lambda: count(fd) == 1 + LEARNED_MAX)
    fd.stop()
