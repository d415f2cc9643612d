# SPDX-License-Identifier: GPL-2.0-or-later
"""Flows that learn flows: the MAC learning table of ovs-actions(7), with real ports."""
import wait
from packet import BROADCAST, frame
from registry import check, same, test
from test_controllers import arrives
from test_vifofd import Vifofd, bed, numbers
from world import mac

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
