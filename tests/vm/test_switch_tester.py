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
PART = 12     # files of cases: a run that is ended has totals up to there
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
    ip("link del dev xenbr0")   # the next one numbers its ports from 1 on
    return result


def on_openvswitch(ovs, names, what):
    switch_tester.bridge(ovs, "target", PORTS, switch_tester.TARGET_ID)
    return switch_tester.judge(names, what)


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


def both(ovs, names, part):
    """The same cases on each, one after the other: what is told after each part is of both."""
    ours = on_vifswitch(names, f"vifswitch-{part}")
    ovs.vsctl("--if-exists", "del-br", "target")
    theirs = on_openvswitch(ovs, names, f"openvswitch-{part}")
    ovs.vsctl("del-br", "target")
    return ours, theirs


def joined(results):
    return switch_tester.Result([name for r in results for name in r.passed],
                                {name: why for r in results for name, why in r.failed.items()})


@test(limit=6000, default=False)
def every_case():
    """all cases but those of groups and meters: more of them than Open vSwitch in the same machine"""
    ovs, names = tester_switch(), switch_tester.every()
    ours, theirs = [], []
    for part in range(0, len(names), PART):
        a, b = both(ovs, names[part:part + PART], part // PART)
        ours.append(a)
        theirs.append(b)
        text = tell("vifswitch", joined(ours)) + "; " + tell("openvswitch", joined(theirs))
    ovs.stop()
    check(len(joined(ours).passed) > len(joined(theirs).passed), text)
    return text
