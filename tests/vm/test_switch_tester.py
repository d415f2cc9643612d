# SPDX-License-Identifier: GPL-2.0-or-later
"""os-ken's switch tester judges vifswitch, with vifofd, and Open vSwitch beside it."""
import json
import os

import switch_tester
from dom0 import Dom0
from ovspeer import Ovs
from registry import check, same, test
from test_vifofd import Vifofd, make_user, numbers
from world import ip

PORTS = ("u1", "u2", "u3")
# Uplinks, which nobody guards: the tester's frames have addresses as it likes.
CONFIG = """switch xenbr0 {
	controller = "tcp:127.0.0.1:%d"
	fail_mode = secure
	datapath_id = "%016x"
	%s
}
""" % (switch_tester.PORT, switch_tester.TARGET_ID,
       "\n\t".join(f"uplink {port} {{ transit = true }}" for port in PORTS))


def tester_switch():
    switch_tester.cables()
    ovs = Ovs().start()
    switch_tester.bridge(ovs, "tester", ("t1", "t2", "t3"), switch_tester.TESTER_ID)
    return ovs


def on_vifswitch(names, what, plain=False):
    make_user()
    dom0 = Dom0(CONFIG, uplink=False)
    fd = Vifofd(dom0)
    same(numbers(fd), {"u1": 1, "u2": 2, "u3": 3}, "numbers of ports")
    result = switch_tester.judge(names, what, plain)
    fd.stop()
    dom0.kill()
    for port in PORTS:
        ip(f"link set dev {port} nomaster")
    return result


def on_openvswitch(ovs, names):
    switch_tester.bridge(ovs, "target", PORTS, switch_tester.TARGET_ID)
    return switch_tester.judge(names, "openvswitch")


def tell(name, result):
    """What passed and what did not, and why; the totals into the log."""
    with open(os.path.join(os.environ["RESULTS"], f"tester-{name}.json"), "w") as f:
        json.dump(result._asdict(), f, indent=1)
    total = f"{name}: {len(result.passed)} passed, {len(result.failed)} failed"
    print("# " + total, flush=True)
    return total


@test(limit=600)
def required():
    """what OpenFlow 1.3 requires of every switch"""
    ovs = tester_switch()
    result = on_vifswitch(switch_tester.REQUIRED, "required", plain=True)
    ovs.stop()
    check(len(result.passed) >= 57, f"{len(result.passed)} passed")
    same(result.failed, {}, "what failed")
    return tell("required", result)


@test(limit=3000, default=False)
def every_case():
    """all cases but those of groups and meters: more of them than Open vSwitch in the same machine"""
    ovs, names = tester_switch(), switch_tester.every()
    ours = on_vifswitch(names, "vifswitch")
    text = tell("vifswitch", ours)
    theirs = on_openvswitch(ovs, names)
    text += "; " + tell("openvswitch", theirs)
    ovs.stop()
    check(len(ours.passed) > len(theirs.passed), text)
    return text
