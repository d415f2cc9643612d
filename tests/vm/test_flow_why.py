# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl flow and vifctl why in a switch with flow tables: each packet is asked about, then really sent."""
import os

import ctl
import wait
from dom0 import Dom0, uuid
from packet import tcp, udp
from registry import check, same, test
from test_acl import wrap
from test_vifofd import A, B, CONFIG, Vifofd, bed, make_user, numbers
from world import ip, mac

FLOWS = """
# where each packet goes; a port is named as the host names it
priority=20,udp,tp_dst=53,actions=output:{b}
priority=19,udp,tp_dst=54,actions=load:0x5->reg0[],resubmit(,3)
priority=18,udp,tp_dst=55,actions=group:7
priority=17,udp,tp_dst=56,actions=mod_dl_dst:{c_mac},goto_table:4
priority=16,tcp,tp_dst=22,actions=drop
priority=15,tcp,actions=FLOOD
table=3,priority=2,reg0=5,udp,actions=output:{c}
table=3,priority=1,udp,actions=drop
table=4,priority=1,actions=NORMAL
"""


def asked_then_sent(dom0, vifs, data, verdict, tables, to):
    a, b, c = vifs
    told = ctl.document(dom0, "why", a.netdev, "hex", data.hex(), status=(0, 1))
    same((told["verdict"], told["reason"]), verdict, data.hex())
    same([s["flow"]["table"] for s in told["stages"] if "flow" in s], tables, "tables")
    # dom0 hears what is flooded, too
    same(sorted(one["netdev"] for one in told["to"] if one["netdev"] != "xenbr0"), sorted(v.netdev for v in to), "where to")
    for vif in (b, c):
        vif.drain()
    a.send(data)
    last = wrap(1, 2, udp(A, B, 1, 53, b"last"))
    a.send(last)
    seen = {b.netdev: [], c.netdev: []}

    def got():
        for vif in (b, c):
            seen[vif.netdev] += vif.received()
        return last in seen[b.netdev] and all(any(f[14:] == data[14:] for f in seen[v.netdev]) for v in to)

    wait.until(f"{data.hex()} at {[v.netdev for v in to]}", 20, got)
    for vif in (b, c):
        same(any(f[14:] == data[14:] for f in seen[vif.netdev]), vif in to, f"{data.hex()} at {vif.netdev}")


def findings(dom0):
    return {f["check"]: f["text"] for f in ctl.document(dom0, "doctor", status=(0, 1))["findings"] if f["subject"] == "xenbr0"}


@test(limit=300)
def why_walks_the_tables():
    """vifctl flow puts flows in, why names those that decide, and the kernel does what was foretold"""
    dom0, vifs = bed("openflow = true", 3)
    a, b, c = vifs
    fd = Vifofd(dom0)
    os.environ["VIFOFD_DIRECTORY"] = fd.directory
    number = numbers(fd)
    fd.ofctl("add-group", f"group_id=7,type=all,bucket=output:{number[b.netdev]},bucket=output:{number[c.netdev]}",
             version="OpenFlow13")
    path = os.path.join(dom0.dir, "flows")
    with open(path, "w") as f:
        f.write(FLOWS.format(b=b.netdev, c=c.netdev, c_mac=mac(3)))
    made = ctl.document(dom0, "flow", "replace", "xenbr0", path)
    same((len(made["added"]), len(made["removed"])), (9, 1), "changes")
    same(ctl.run(dom0, "flow", "diff", "xenbr0", path).out, "", "difference")
    ok, drop, miss = ("delivered", None), ("dropped", "flow-drop"), ("dropped", "flow-miss")
    for data, verdict, tables, to in (
            (wrap(1, 2, udp(A, B, 1, 53)), ok, [0], [b]),
            (wrap(1, 2, udp(A, B, 1, 54)), ok, [0, 3], [c]),
            (wrap(1, 2, udp(A, B, 1, 55)), ok, [0], [b, c]),
            (wrap(1, 2, udp(A, B, 1, 56)), ok, [0, 4], [c]),
            (wrap(1, 2, tcp(A, B, 1, 22)), drop, [0], []),
            (wrap(1, "ff:ff:ff:ff:ff:ff", tcp(A, B, 1, 23)), ok, [0], [b, c]),
            (wrap(1, 2, udp(A, B, 1, 99)), miss, [], [])):
        asked_then_sent(dom0, vifs, data, verdict, tables, to)
    listed = wait.until("a count", 30, lambda: [f for f in ctl.document(dom0, "flow", "list", "xenbr0", "table=3,reg0=5,udp")["flows"]
                                                if f["packets"]])
    same([f["packets"] for f in listed], [1], "hits")
    done = ctl.run(dom0, "flow", "add", "xenbr0", "udp,actions=output:vif99.0", status=(2,))
    check("no port of that name" in done.said and "^" in done.said, done.said)
    ctl.run(dom0, "flow", "del", "xenbr0", "udp")
    same(sorted(f["priority"] for f in ctl.document(dom0, "flow", "list", "xenbr0")["flows"]), [1, 15, 16], "what is left")
    ctl.run(dom0, "flow", "add", "xenbr0", "priority=2,udp,actions=output:77")
    found = findings(dom0)
    check("port 77" in found.get("flow-port", ""), str(found))
    fd.stop()
    wait.until("doctor to miss vifofd", 60, lambda: "does not run" in findings(dom0).get("openflow", ""))
    done = ctl.run(dom0, "why", a.netdev, "udp", A, B, status=(5,))
    check("vifofd" in done.said, done.said)


@test(limit=240)
def the_host_is_not_cut_off():
    """a change that would drop what dom0 says or hears by the switch is refused without --yes"""
    dom0, (a,) = bed("openflow = true\n\tuplink eth0 { }", 1)
    fd = Vifofd(dom0)
    os.environ["VIFOFD_DIRECTORY"] = fd.directory
    ip("addr add 10.0.0.200/24 dev xenbr0")
    path = os.path.join(dom0.dir, "flows")
    with open(path, "w") as f:
        f.write(f"in_port={a.netdev},actions=NORMAL\n")

    def flow(*words, said=None):
        done = ctl.run(dom0, "flow", *words, status=(1,) if said else (0,))
        check(not said or ("cut off" in done.said and said in done.said), f"{words}: {done.said}")

    def there():
        return ctl.document(dom0, "flow", "list", "xenbr0")["flows"]
    before = [f["match"] for f in there()]
    for words, said in ((("add", "xenbr0", "priority=9,actions=drop"), "ARP from its own port"),
                        (("add", "xenbr0", "priority=9,tcp,actions=drop"), "TCP (ssh) from its own port"),
                        (("add", "xenbr0", "priority=9,in_port=eth0,actions=resubmit(,7)"), "ARP to it from eth0"),
                        (("add", "xenbr0", f"priority=9,in_port=eth0,tcp,actions=output:{a.netdev}"), "TCP (ssh) to it from eth0"),
                        (("mod", "xenbr0", "actions=drop"), "ARP from its own port"),
                        (("replace", "xenbr0", path), "ARP from its own port")):
        flow(*words, said=said)
    same([f["match"] for f in there()], before, "flows")
    flow("add", "xenbr0", f"priority=9,in_port={a.netdev},actions=drop")
    flow("add", "xenbr0", "priority=9,udp,actions=drop")
    flow("add", "xenbr0", "priority=8,actions=drop", "--dry-run")
    flow("add", "xenbr0", "priority=8,actions=drop", "--yes")
    flow("add", "xenbr0", "priority=7,tcp,actions=drop")     # what is dropped anyway
    ip("addr del 10.0.0.200/24 dev xenbr0")
    flow("mod", "xenbr0", "actions=drop")
    fd.stop()


@test(limit=300)
def flows_follow_vms():
    """A flow of two VMs, kept in the database, holds for the ports that they have: after one's restart, too"""
    make_user()
    dom0 = Dom0(CONFIG % "openflow = true", database=True)
    a, b = dom0.vif(1), dom0.vif(2)
    for vif in (a, b):
        dom0.plugged(vif)
        vif.key("state", 4)
    fd = Vifofd(dom0)
    os.environ["VIFOFD_DIRECTORY"] = fd.directory
    ctl.run(dom0, "switch", "add", "xenbr0", "openflow=true")
    ctl.run(dom0, "flow", "add", "xenbr0", f"vm={uuid(1)},udp,actions=output:vm:{uuid(2)}")

    def compiled():
        return [(f["match"], f["actions"]) for f in ctl.document(dom0, "flow", "list", "xenbr0", "udp")["flows"]]

    def wanted(vif):
        number = numbers(fd)
        return [(f"udp,in_port={number[a.netdev]}", f"output:{number[vif.netdev]}")] if vif.netdev in number else None

    wait.until("the flow", 30, lambda: compiled() == wanted(b))
    dom0.remove(b)
    wait.until("the flow to wait for its VM", 30, lambda: not compiled())
    nodes = dom0.domain_nodes
    dom0.domain_nodes = lambda domid, name=None: {**nodes(2), "/local/domain/7/vm": f"/vm/{uuid(2)}"}
    again = dom0.vif(7, mac(2))
    wait.until("vif7.0 to be plugged", 30, lambda: again.netdev in numbers(fd))
    again.key("state", 4)
    wait.until("the flow for its new port", 60, lambda: compiled() == wanted(again))
    ctl.run(dom0, "flow", "add", "xenbr0", f"vm={uuid(1)},tcp,actions=group:77")
    wait.until("doctor to tell of a group that is not there", 30,
               lambda: "there is no group of that number" in findings(dom0).get("vm-flows", ""))
    ctl.run(dom0, "flow", "del", "xenbr0", f"vm={uuid(1)}")
    wait.until("the flow to be gone", 30, lambda: not compiled())
    fd.stop()
