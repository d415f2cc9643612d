# SPDX-License-Identifier: GPL-2.0-or-later
"""vifofd with the tables in the kernel: flows, counters, frames to controllers and from them, and its death."""
import os
import re
import signal
import struct
import subprocess

import ctl
import wait
from dom0 import RELEASE, Dom0
from registry import check, same, test
from test_acl import wrap
from packet import BROADCAST, frame, tcp, udp
from world import mac

USER = 987
A, B = "10.0.0.1", "10.0.0.2"
CONFIG = "switch xenbr0 {\n\t%s\n}\n"


def make_user():
    """The user that the package makes, of the group that may ask vifswitchd."""
    with open("/etc/group") as f:
        known = "vifofd:" in f.read()
    if known:
        return
    with open("/etc/group", "a") as f:
        f.write(f"vifofd:x:{USER}:\nvifswitch:x:{USER + 1}:vifofd\n")
    with open("/etc/passwd", "a") as f:
        f.write(f"vifofd:x:{USER}:{USER}::/:/usr/sbin/nologin\n")


class Vifofd:
    """vifofd beside a dom0, as its own user, without capabilities."""

    def __init__(self, dom0, switch="xenbr0"):
        self.switch = switch
        self.dom0, self.log = dom0, os.path.join(dom0.dir, "vifofd.log")
        self.directory = os.path.join(dom0.dir, "vifofd")
        os.makedirs(self.directory, exist_ok=True)
        os.chown(self.directory, USER, USER)
        os.chmod(dom0.dir, 0o755)
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", f"--reuid={USER}", f"--regid={USER}", f"--groups={USER + 1}",
                 "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
                 os.path.join(RELEASE, "vifofd"), "-f", "-s", self.dom0.control,
                 f"--directory={self.directory}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        mgmt = f"unix:{self.directory}/{self.switch}.mgmt"
        try:
            wait.until("it to listen", 6, lambda: subprocess.run(
                ["ovs-ofctl", "show", mgmt], capture_output=True, timeout=60).returncode == 0, 0.5)
            wait.until("the tables to be open", 6, self.is_open, 0.5)
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {self.said()}; {self.dom0.log()[-2000:]}") from None

    def is_open(self):
        switches = ctl.document(self.dom0, "openflow", "show")["switches"]
        if switches and not switches[0]["error"] and switches[0]["flows"] is not None:
            return True
        if self.process.poll() is not None:
            raise AssertionError(f"vifofd ended: {self.said()}")
        return False

    def said(self):
        with open(self.log) as f:
            return f.read()[-2000:]

    def show(self):
        return ctl.document(self.dom0, "openflow", "show")["switches"][0]

    def ofctl(self, command, *args, version="OpenFlow10", fails=False):
        done = subprocess.run(["ovs-ofctl", "-O", version, *command.split(),
                               f"unix:{self.directory}/{self.switch}.mgmt", *args],
                              capture_output=True, text=True, timeout=wait.limit(60))
        check(bool(done.returncode) == fails, f"{command} {args}: {done.stderr}; {self.said()}")
        return done.stderr if fails else done.stdout

    def flows(self):
        """{match and actions: packets}"""
        out = self.ofctl("dump-flows --no-names")
        return {re.sub(r".*n_bytes=\d+,\s*(\w*_age=\d+,\s*)*(\w+_timeout=\d+,\s*)*(priority=\d+,?\s*)?", "",
                       line).strip(): int(n) for line in out.splitlines()
                for n in re.findall(r"n_packets=(\d+)", line)}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(wait.limit(20))


def bed(said, vifs=2):
    make_user()
    dom0 = Dom0(CONFIG % said)
    vifs = [dom0.vif(n + 1) for n in range(vifs)]
    for vif in vifs:
        dom0.plugged(vif)
        vif.key("state", 4)
    return dom0, vifs


def numbers(fd):
    """{netdev: its number}"""
    return {name: int(n) for n, name in
            re.findall(r"^ (\d+)\((\S+)\): addr", fd.ofctl("show"), re.M)}


def reaches(vif, other, data, yes=True):
    other.drain()
    vif.send(data)
    if yes:
        wait.until("the frame", 20, lambda: data in other.received())
        return
    wait.until("a verdict", 20, lambda: True)


@test(smoke=True, limit=240)
def flows_reach_the_kernel():
    """ovs-ofctl's flows, groups and meters decide; counters and ports come back; what cannot be is refused"""
    dom0, (a, b) = bed("openflow = true")
    fd = Vifofd(dom0)
    port = numbers(fd)
    same(sorted(port), sorted([a.netdev, b.netdev]), "ports")
    data = wrap(1, 2, udp(A, B, 1, 53))
    reaches(a, b, data)
    same(list(fd.flows()), ["actions=NORMAL"], "without a controller")
    fd.ofctl("del-flows")
    fd.ofctl("add-flow", f"in_port={port[a.netdev]},udp,tp_dst=53,actions=output:{port[b.netdev]}")
    reaches(a, b, data)
    counted = wait.until("a count", 20, lambda: [n for n in fd.flows().values() if n])
    same(counted, [1], "hits")
    for version in ("OpenFlow13", "OpenFlow15"):
        fd.ofctl("add-group", f"group_id=7,type=all,bucket=output:{port[b.netdev]}", version=version)
        fd.ofctl("add-meter", "meter=1,pktps,band=type=drop,rate=1000", version=version)
        fd.ofctl("mod-flows", "udp,actions=meter:1,group:7", version=version)
        reaches(a, b, data)
        stats = fd.ofctl("dump-group-stats", version=version)
        check("packet_count=1," in stats, stats)
        fd.ofctl("del-groups", version=version)
        fd.ofctl("del-meters", version=version)
        same(fd.flows(), {}, "a group that goes takes its flows with it")
        fd.ofctl("add-flow", "udp,actions=NORMAL")
    check("BAD_VENDOR_TYPE" in fd.ofctl("add-flow", "actions=clone(resubmit(,1))", fails=True),
          "what the module cannot do")
    told = wait.until("the flow to be told", 20, lambda: [t for t in [fd.show()] if t["flows"] == 1])[0]
    same((told["fail_mode"], told["in_force"]), ("standalone", True), "what is told")
    stats = fd.ofctl("dump-ports", str(port[a.netdev]))
    check(int(re.search(r"rx pkts=(\d+)", stats).group(1)) >= 4, stats)
    fd.ofctl("add-flow", "table=0,priority=9,idle_timeout=1,tcp,actions=drop")
    wait.until("the timeout", 60, lambda: len(fd.flows()) == 1)
    fd.ofctl("packet-out", "CONTROLLER", f"output:{port[b.netdev]}", wrap(9, 2, b"x" * 40).hex())
    wait.until("a packet-out", 20, lambda: wrap(9, 2, b"x" * 40) in b.received())
    packets = sum(fd.flows().values())
    wait.until("the flows to be kept", 20, lambda: os.path.exists(f"{fd.directory}/xenbr0.flows"))
    fd.ofctl("add-flow", f"priority=7,udp,tp_dst=99,actions=output:{port[b.netdev]}")
    wait.until("to be written again", 60, lambda: b"\x00\x63" in open(f"{fd.directory}/xenbr0.flows", "rb").read())
    before = sorted(fd.flows())
    fd.kill()
    reaches(a, b, data)
    fd.start()
    reaches(a, b, data)
    same(sorted(fd.flows()), before, "flows over a kill")
    wait.until("counters over a kill", 20, lambda: sum(fd.flows().values()) >= packets + 2)
    fd.stop()


@test(smoke=True, limit=240)
def conjunctions_and_clones():
    """ovs-ofctl's conjunctions decide by all their clauses; what a clone does is for the clone alone"""
    dom0, (a, b, c) = bed("openflow = true\n\tfail_mode = secure", 3)
    fd = Vifofd(dom0)
    port = numbers(fd)
    flows = ["priority=100,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2),conjunction(8,1/3)",
             "priority=100,ip,nw_src=10.0.0.8/30,actions=conjunction(7,1/2)",
             "priority=100,tcp,tp_dst=80,actions=conjunction(7,2/2)",
             "priority=100,udp,tp_dst=0x50/0xfff0,actions=conjunction(7,2/2)",
             f"priority=90,conj_id=7,ip,actions=output:{port[b.netdev]}",
             f"priority=50,ip,nw_src=10.0.0.1,actions=output:{port[c.netdev]}",
             f"priority=120,udp,tp_src=9,actions=output:{port[c.netdev]}",
             "priority=1,actions=drop"]
    for flow in flows:
        fd.ofctl("add-flow", flow)
    told = fd.ofctl("--no-stats dump-flows")
    check("conj_id=7" in told and "conjunction(8,1/3)" in told, told)
    rows = [(tcp("10.0.0.1", B, 4000, 80), "b"), (tcp("10.0.0.9", B, 4000, 80), "b"),
            (udp("10.0.0.9", B, 4000, 0x5f), "b"), (tcp("10.0.0.1", B, 4000, 81), "c"),
            (tcp("10.0.0.9", B, 4000, 81), ""), (tcp("10.0.0.2", B, 4000, 80), ""),
            (udp("10.0.0.1", B, 9, 80), "c"), (udp("10.0.0.1", B, 10, 80), "b")]

    def goes_to(data):
        a.send(data)
        flooded = frame(BROADCAST, mac(1), kind=0x9999)
        a.send(flooded)
        seen = {"b": [], "c": []}

        def both():
            seen["b"] += b.received()
            seen["c"] += c.received()
            return flooded in seen["b"] and flooded in seen["c"]
        wait.until("what is sent behind it", 30, both, 0.05)
        return "".join(name for name in "bc" if data in seen[name])
    fd.ofctl("add-flow", "priority=200,dl_type=0x9999,actions=FLOOD")
    same([goes_to(wrap(1, 2, data)) for data, _ in rows], [wanted for _, wanted in rows], "ways")
    counted = [n for flow, n in fd.flows().items() if "conj_id" in flow]
    same(counted, [sum(wanted == "b" for _, wanted in rows)], "what the conjunction counted")
    fd.ofctl("--strict del-flows", "priority=100,tcp,tp_dst=80")
    same(goes_to(wrap(1, 2, rows[1][0])), "", "a clause that is gone")
    error = fd.ofctl("add-flow", "actions=conjunction(7,1/2),output:1", fails=True)
    check("conjunction" in error, error)

    fd.ofctl("del-flows")
    fd.ofctl("add-flow", f"actions=clone(mod_dl_dst:{mac(9)},output:{port[c.netdev]}),output:{port[b.netdev]}")
    data = wrap(1, 2, tcp(A, B, 4000, 80))
    a.send(data)
    wait.until("the frame", 20, lambda: data in b.received())
    wait.until("the clone", 20, lambda: wrap(1, 9, tcp(A, B, 4000, 80)) in c.received())
    fd.stop()


@test(smoke=True, limit=240)
def labels():
    """MPLS labels are put before frames, changed, matched and taken off by ovs-ofctl's flows"""
    dom0, (a, b) = bed("openflow = true\n\tfail_mode = secure")
    fd = Vifofd(dom0)
    out = f"output:{numbers(fd)[b.netdev]}"
    data, six = wrap(1, 2, udp(A, B, 1, 53)), wrap(1, 2, udp("2001:db8::1", "2001:db8::2", 1, 53))

    def becomes(actions, sent, wanted, *others):
        """With a flow for all, and others."""
        fd.ofctl("del-flows", version="OpenFlow13")
        for flow in (f"priority=1,{actions}", *others):
            fd.ofctl("add-flow", flow, version="OpenFlow13")
        a.send(sent)
        seen = []

        def came():
            seen.extend(b.received())
            return wanted in seen
        try:
            wait.until("the frame", 20, came, 0.05)
        except wait.Timeout:
            raise AssertionError(f"{actions}: {[f.hex() for f in seen]}, not {wanted.hex()}") from None

    def labelled(frame_of, *entries, kind=0x8847):
        stack = b"".join(struct.pack(">I", label << 12 | tc << 9 | bottom << 8 | ttl)
                         for label, tc, bottom, ttl in entries)
        return frame_of[:12] + struct.pack(">H", kind) + stack + frame_of[14:]
    becomes(f"ip,actions=push_mpls:0x8847,{out}", data, labelled(data, (0, 0, 1, 64)))
    becomes(f"ipv6,actions=push_mpls:0x8848,set_field:99->mpls_label,set_field:5->mpls_tc,{out}", six,
            labelled(six, (99, 5, 1, 64), kind=0x8848))
    two = labelled(data, (7, 3, 0, 9), (99, 1, 1, 64))
    becomes(f"ip,actions=push_mpls:0x8847,set_field:99->mpls_label,set_field:1->mpls_tc,"
            f"push_mpls:0x8847,set_field:7->mpls_label,set_field:3->mpls_tc,set_mpls_ttl(10),"
            f"dec_mpls_ttl,{out}", data, two)
    becomes(f"mpls,mpls_label=7,mpls_bos=0,actions=pop_mpls:0x8847,{out}", two,
            labelled(data, (99, 1, 1, 64)))
    # what is behind the label is matched as soon as it is off
    becomes("mpls,mpls_label=99,mpls_bos=1,mpls_tc=1,actions=pop_mpls:0x0800,goto_table:1",
            labelled(data, (99, 1, 1, 64)), data, f"table=1,udp,tp_dst=53,actions={out}")
    # the last hop but one: its TTL is told, not sent
    fd.ofctl("del-flows", version="OpenFlow13")
    fd.ofctl("add-flow", f"priority=1,mpls,actions=dec_mpls_ttl,{out}", version="OpenFlow13")
    fd.ofctl("add-flow", f"priority=0,actions={out}", version="OpenFlow13")
    b.drain()
    a.send(labelled(data, (99, 1, 1, 1)))
    a.send(data)
    same(wait.until("the other frame", 20, lambda: b.received()), [data], "behind a TTL of 1")
    fd.stop()
