# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast flows are changed and what they take, beside Open vSwitch: for make bench."""
import json
import os
import time

from ovspeer import Ovs
from registry import same, test
from test_vifofd import Vifofd, bed

COUNT = 5000


def kernel():
    """Octets in slabs and vmalloc, when what RCU holds is settled."""
    time.sleep(2)
    with open("/proc/meminfo") as f:
        have = dict(line.split(":") for line in f)
    return sum(int(have[k].split()[0]) for k in ("Slab", "VmallocUsed")) * 1024


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def busy():
    """Seconds that the one CPU was not idle: an answer of the share makes the clock jump."""
    with open("/proc/stat") as f:
        words = f.readline().split()
    return time.monotonic() - sum(map(int, words[4:6])) / os.sysconf("SC_CLK_TCK")


def write_flows(path):
    with open(path, "w") as f:
        f.writelines(f"priority=100,ip,nw_dst=10.1.{n >> 8}.{n & 255},actions=output:1\n"
                     for n in range(COUNT))
    return path


def measure(ofctl, count, pid, path):
    """Flows a second with ovs-ofctl's own work, one by one and as a bundle; octets of a flow."""
    out, before, then = {}, kernel(), resident(pid)
    for how, option in (("one by one", ""), ("in a bundle", "--bundle ")):
        ofctl("del-flows")
        start = busy()
        ofctl(f"{option}add-flows", path)
        out[how] = COUNT / (busy() - start)
        same(count(), COUNT, how)
    out["kernel"] = (kernel() - before) / COUNT
    out["daemon"] = (resident(pid) - then) / COUNT
    return out


def counted(dump):
    return sum("actions=" in line for line in dump.splitlines())


@test(limit=900, default=False)
def rates():
    """5,000 flows by ovs-ofctl, one by one and in a bundle; Open vSwitch in the same machine"""
    dom0, _ = bed("openflow = true\n\tfail_mode = secure")
    path = write_flows(os.path.join(dom0.dir, "flows"))
    fd = Vifofd(dom0)
    found = {"vifswitch": measure(
        lambda command, *args: fd.ofctl(command, *args, version="OpenFlow14"),
        lambda: counted(fd.ofctl("dump-flows", version="OpenFlow14")), fd.process.pid, path)}
    fd.stop()
    ovs = Ovs().start()
    ovs.vsctl("add-br", "rates", "--", "set", "bridge", "rates", "fail_mode=secure",
              "protocols=OpenFlow14")

    def ofctl(command, *args):
        return ovs.run("ovs-ofctl", "-O", "OpenFlow14", *command.split(),
                       f"unix:{ovs.dir}/rates.mgmt", *args)
    found["openvswitch"] = measure(ofctl, lambda: counted(ofctl("dump-flows")),
                                   ovs.daemons[1].pid, path)
    ovs.stop()
    with open(os.path.join(os.environ["RESULTS"], "flowmods.json"), "w") as f:
        json.dump(found, f)
    return json.dumps(found)
