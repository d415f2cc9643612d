# SPDX-License-Identifier: GPL-2.0-or-later
"""os-ken's switch tester, by people who wrote no switch of ours: who is judged is the target.

  controller = osken-manager with the tester, which both switches call
  tester switch (Open vSwitch) ==== three cables ==== target (vifswitch, or Open vSwitch)

Each case installs flows in the target, has the tester send a frame by the first cable, and
waits for it, or for a packet-in, or for counters of a table that nothing matched in.
The target's ports are 1, 2 and 3, as the cases have it.
"""
import collections
import json
import os
import re
import subprocess
import tempfile

import wait
from registry import check, same
from world import ip, sysctl

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = os.path.join(TOP, "tests", "vifofd", "os-ken-of13")
TESTER = "/usr/lib/python3/dist-packages/os_ken/tests/switch/tester.py"
TARGET_ID, TESTER_ID, PORT = 1, 2, 6653
# OpenFlow 1.3.4, table 11 and section 5.12: what every switch has to have. Of these files, the
# frames without VLAN, MPLS and PBB tags: what takes those off is optional.
REQUIRED = ("action/00_OUTPUT", "match/00_IN_PORT", "match/03_ETH_DST_Mask", "match/04_ETH_SRC_Mask",
            "match/10_IP_PROTO_IPv6", "match/11_IPV4_SRC_Mask", "match/12_IPV4_DST_Mask",
            "match/13_TCP_SRC_IPv6", "match/14_TCP_DST_IPv6", "match/15_UDP_SRC_IPv6",
            "match/16_UDP_DST_IPv6", "match/26_IPV6_SRC", "match/27_IPV6_DST")
TAGGED = re.compile(r"ethernet/(vlan|svlan|mpls|itag)")
Result = collections.namedtuple("Result", "passed failed")


def every(without=("group", "meter")):
    """Names of all files of cases; those of groups and meters send for half a minute each."""
    found = []
    for directory, _, files in os.walk(CASES):
        found += [os.path.relpath(os.path.join(directory, f), CASES)[:-len(".json")]
                  for f in files if f.endswith(".json")]
    return sorted(name for name in found if name.split("/")[0] not in without)


def cables():
    """t1-u1, t2-u2, t3-u3, without what a host says of itself."""
    for n in (1, 2, 3):
        ip(f"link add name t{n} type veth peer name u{n}")
        for end in "tu":
            sysctl(f"net.ipv6.conf.{end}{n}.disable_ipv6", 1)
            ip(f"link set dev {end}{n} up")


def bridge(ovs, name, ports, dpid):
    """A bridge of Open vSwitch that calls the controller; its ports are 1, 2, 3."""
    ovs.vsctl("add-br", name, "--", "set", "bridge", name, "fail_mode=secure", "protocols=OpenFlow13",
              f"other_config:datapath-id={dpid:016x}")
    for n, port in enumerate(ports, 1):
        ovs.vsctl("add-port", name, port, "--", "set", "interface", port, f"ofport_request={n}")
    ovs.vsctl("set-controller", name, f"tcp:127.0.0.1:{PORT}")


def cases_of(name, plain):
    """A file's cases; plain: without those whose frames have tags, which are not required."""
    with open(os.path.join(CASES, name + ".json")) as f:
        cases = json.load(f)
    return [c for c in cases if isinstance(c, str) or not plain or not TAGGED.search(c["description"])]


def chosen(names, plain, into):
    for name in names:
        path = os.path.join(into, name + ".json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            json.dump(cases_of(name, plain), f)
    return into


def parse(said):
    """Passed and failed, each {description of file and case: why not}"""
    passed, failed, file, last = [], {}, "", None
    for line in said.splitlines():
        case = re.match(r"^    (\S.*?)\s+(OK|ERROR)$", line)
        if case:
            last = f"{file} {case.group(1)}"
            if case.group(2) == "OK":
                passed.append(last)
            else:
                failed[last] = ""
        elif re.match(r"^(action|group|match|meter|set_field): ", line):
            file = line.strip()
        elif last in failed and line.startswith("        "):
            failed[last] = line.strip()
    return Result(passed, failed)


def run(names, plain, log):
    """The tester on these files, until it ends or one of its threads does; what it said."""
    with tempfile.TemporaryDirectory() as cases, open(log, "wb") as out:
        os.chmod(cases, 0o755)
        manager = subprocess.Popen(
            ["osken-manager", TESTER, "--nouse-stderr", f"--ofp-tcp-listen-port={PORT}",
             "--ofp-listen-host=127.0.0.1", f"--test-switch-target={TARGET_ID:016x}",
             f"--test-switch-tester={TESTER_ID:016x}",
             f"--test-switch-dir={chosen(names, plain, os.path.join(cases, 'cases'))}"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

        def said():
            with open(log, errors="replace") as f:
                return f.read()
        try:
            wait.until("the tester to end", 1800, lambda: manager.poll() is not None
                       or "Traceback" in said(), 2)
        finally:
            manager.kill()
            manager.wait()
    return said()


def judge(names, what, plain=False):
    """Has the tester go through these files; both switches exist and call, or will."""
    log = os.path.join(os.environ["RESULTS"], f"tester-{what}.log")
    said = run(names, plain, log)
    check("Test end" in said, said[-3000:])
    result = parse(said)
    total = re.search(r"OK\((\d+)\) / ERROR\((\d+)\)", said)
    same((int(total.group(1)), int(total.group(2))), (len(result.passed), len(result.failed)),
         "what the tester counts")
    return result
