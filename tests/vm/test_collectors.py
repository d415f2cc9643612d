# SPDX-License-Identifier: GPL-2.0-or-later
"""What collectors are told of ports, with vifswitchd, vifdbd, vifctl and vifexportd."""
import ctl
import wait
from dom0 import Dom0, uuid
from registry import same, test


def number_of(dom0, vif):
    return ctl.document(dom0, "port", "show", vif.netdev)["ports"][0]["interface_number"]


def numbered(dom0, vif):
    return wait.until(f"a number for {vif.netdev}", 30, lambda: number_of(dom0, vif), 0.05)


@test(smoke=True)
def numbers():
    """an identity's number comes with its first exporter, stays over kill -9, and has one owner"""
    dom0 = Dom0(database=True)
    a, b = dom0.vif(3, access=100), dom0.vif(4, access=100)
    for v in (a, b):
        dom0.plugged(v)
    ctl.run(dom0, "exporter", "add", "x", "format=ipfix", "to=192.0.2.9", f"vms={uuid(3)}")
    first = numbered(dom0, a)
    same(number_of(dom0, b), None, "who is not told of")
    dom0.kill()
    dom0.start()
    dom0.plugged(a)
    same(numbered(dom0, a), first, "after kill -9")
    # Another identity took the place where this one is looked for first.
    dom0.db.transact(
        {"op": "delete", "table": "Interface", "where": []},
        {"op": "insert", "table": "Interface", "row": {
            "vm": ["uuid", uuid(9)], "devid": 0, "number": first}})
    wait.until("another number", 30, lambda: number_of(dom0, a) not in (None, first), 0.05)
    ctl.run(dom0, "exporter", "set", "x", "vms=")
    same(len({numbered(dom0, a), numbered(dom0, b), first}), 3, "numbers")
    same(len({r["number"] for r in dom0.db.rows("Interface")}), 3, "numbers in the database")
