# SPDX-License-Identifier: GPL-2.0-or-later
"""A host of a large pool, for make bench-pool, which makes the database."""
import json
import os
import time

import abi
import wait
from database import TOP
from dom0 import Dom0, Vif
from registry import check, test
from world import index, ip, mac

DATABASE = os.path.join(TOP, "build", "bench", "large.db")
VMS, TAG = 50, 7        # so many ports have that tag there
MOST = 32               # MiB of a daemon with so many VMs, however large the pool


def plugged(dom0):
    """All VIFs have the policy that the database has for their VMs."""
    ports = [p for p in dom0.nl.ports(index("xenbr0")) if p.name.startswith("vif")]
    return len(ports) == VMS and all(not p.closed and abi.header(p.program)["pvid"] == TAG for p in ports)


def memory(dom0):
    return {"daemon": dom0.memory(), "daemon_most": dom0.memory("VmHWM")}


@test(limit=900, default=False)
def host_of_a_pool():
    """50 VMs on a host of a pool with 100,000 ports: what its daemons take"""
    began = time.monotonic()
    dom0 = Dom0(database=DATABASE)
    started = time.monotonic() - began
    vms = [row["vm"] for row in dom0.db.rows("Port", tag=TAG)][:VMS]
    check(len(vms) == VMS, f"{len(vms)} ports have the tag {TAG}")
    ip(*(f"link add name vif{n}.0 address fe:ff:ff:ff:ff:ff type dummy" for n in range(1, VMS + 1)))
    began, nodes = time.monotonic(), {}
    for n, vm in enumerate(vms, 1):
        nodes.update({f"/local/domain/{n}/vm": f"/vm/{vm}", f"/local/domain/{n}/name": f"vm{n}",
                      f"/vm/{vm}/uuid": vm, f"/vm/{vm}/name": f"vm{n}",
                      **dom0.vif_nodes(Vif(dom0, n, 0, mac(n)), state=2)})
    dom0.xs.write_many(nodes)
    wait.until(f"{VMS} VIFs to have the database's policy", 120, lambda: plugged(dom0), 0.3)
    took = time.monotonic() - began
    first = memory(dom0)
    check(first["daemon_most"] < MOST, f"a daemon that knows nothing yet took {first['daemon_most']:.0f} MiB")
    dom0.kill()
    dom0.start()
    wait.until("a new daemon to follow the database", 120,
               lambda: dom0.ask("show")["database"]["state"] == "connected" and plugged(dom0), 0.3)
    dom0.db.set_port(vms[-1], 0, tag=TAG + 1)
    wait.until("a change to be in force", 60, lambda: not plugged(dom0), 0.1)
    measured = {"start": started, "plug": took, "first": first, "again": memory(dom0)}
    print(json.dumps(measured))
    with open(os.path.join(os.environ["RESULTS"], "large.json"), "w") as f:
        json.dump(measured, f)
