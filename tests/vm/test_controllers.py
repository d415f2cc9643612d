# SPDX-License-Identifier: GPL-2.0-or-later
"""Controllers that others wrote, and flows of XAPI's, with traffic between real ports."""
import contextlib
import os
import subprocess

import wait
from ovspeer import Ovs
from packet import ACK, BROADCAST, frame, tcp, udp
from registry import check, same, test
from test_acl import wrap
from test_vifofd import Vifofd, bed, numbers
from world import mac

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PORT = 6653
HERE = f'controller = "tcp:127.0.0.1:{PORT}"\n\tfail_mode = secure'
A, B = "10.0.0.1", "10.0.0.2"


@contextlib.contextmanager
def running(directory, *argv):
    with open(os.path.join(directory, "controller.log"), "wb") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env={**os.environ, "OVS_RUNDIR": directory})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def arrives(vif, data, others):
    """Sends until all of @others have it: the first ones teach the controller."""
    missing = set(others)

    def came():
        vif.send(data)
        missing.difference_update([o for o in missing if data in o.received()])
        return not missing
    wait.until("the frame at " + ", ".join(o.netdev for o in others), 60, came, 0.2)


def introduced(a, b, c):
    """Everybody has been heard, and b's and a's flows to each other are there."""
    arrives(a, frame(BROADCAST, mac(1)), [b, c])
    arrives(b, frame(mac(1), mac(2)), [a])
    arrives(a, frame(mac(2), mac(1)), [b])


@test(limit=240)
def testcontroller():
    """ovs-testcontroller makes a learning switch of it; flows remain when it dies"""
    dom0, (a, b, c) = bed(HERE, 3)
    fd = Vifofd(dom0)
    with running(fd.directory, "ovs-testcontroller", f"ptcp:{PORT}:127.0.0.1", "-O", "OpenFlow13",
                 f"--pidfile={fd.directory}/testcontroller.pid"):
        introduced(a, b, c)
        wait.until("flows each way", 60, lambda: len(fd.flows()) >= 3)
        c.drain()
    for _ in range(3):
        arrives(a, frame(mac(2), mac(1)), [b])
    same(c.received(), [], "what is for b, at c")
    fd.stop()


def passes(vif, other, data, marker):
    """Does it arrive, before what is sent behind it and does so in any case?"""
    other.drain()
    vif.send(data)
    vif.send(marker)
    seen = []

    def marked():
        seen.extend(other.received())
        return marker in seen
    wait.until("the marker", 30, marked, 0.05)
    return data in seen


@test(limit=240)
def firewall():
    """an application on os-ken: 5-tuples that are allowed pass, each other one does not"""
    dom0, (a, b, c) = bed(HERE, 3)
    fd = Vifofd(dom0)
    with running(fd.directory, "osken-manager", "--ofp-listen-host", "127.0.0.1",
                 "--ofp-tcp-listen-port", str(PORT), os.path.join(TOP, "tests", "vifofd", "firewall.py")):
        introduced(a, b, c)
        there, back = frame(mac(2), mac(1)), frame(mac(1), mac(2))
        allowed = [wrap(1, 2, tcp(A, B, 4000, 80)), wrap(1, 2, tcp(A, B, 4001, 80)),
                   wrap(1, 2, udp(A, B, 5000, 53))]
        denied = [wrap(1, 2, tcp(A, B, 4000, 81)), wrap(1, 2, tcp(A, "10.0.0.3", 4000, 80)),
                  wrap(1, 2, tcp("10.0.0.9", B, 4000, 80)), wrap(1, 2, udp(A, B, 4000, 80)),
                  wrap(1, 2, udp(A, B, 5001, 53)), wrap(1, 2, tcp(A, B, 80, 4000)),
                  wrap(1, 2, tcp("2001:db8::1", "2001:db8::2", 4000, 80))]
        same([passes(a, b, data, there) for data in allowed], [True] * len(allowed), "allowed")
        same([passes(a, b, data, there) for data in denied], [False] * len(denied), "denied")
        answer = wrap(2, 1, tcp(B, A, 80, 4000, flags=ACK))
        check(passes(b, a, answer, back), "an answer")
        check(not passes(b, a, wrap(2, 1, tcp(B, A, 81, 4000, flags=ACK)), back), "another's answer")
        dropped = {flow: packets for flow, packets in fd.flows().items() if flow.endswith("=drop")}
        same(dropped, {"ip actions=drop": 7, "ipv6 actions=drop": 1}, "what was counted as denied")
    fd.stop()


# What xenopsd says of a VIF's proxy, once for each of its ports that boot by PVS: the proxy's
# port takes what the VM and the server say to each other by UDP to some ports; what the proxy
# says in the server's name goes its way; and the VM may not use the server's address.
SERVER, COOKIE, MARKS = "10.0.0.100", 77, (0x12345678, 0x0abcdef0)
TO_SERVER, TO_CLIENT, FROM_PROXY = 1, 2, 3


def pvs_flows(vif, proxy):
    low, high = MARKS

    def marked(direction):
        return (f"actions=load:{low}->NXM_NX_REG0[],load:{high}->NXM_NX_REG1[],"
                f"load:{direction}->NXM_NX_REG2[],resubmit(,101)")

    def client(direction=None):
        return f"reg0={low},reg1={high}" + (f",reg2={direction}" if direction else "")
    yield "priority=0,table=101,actions=NORMAL"
    yield "priority=0,table=102,actions=NORMAL"
    own = f"cookie={COOKIE}"
    yield f"{own},priority=1000,in_port={vif},ip,nw_src={SERVER},action=drop"
    yield f"{own},priority=999,udp,dl_src={mac(1)},nw_dst={SERVER},{marked(TO_SERVER)}"
    yield (f"{own},priority=1000,udp,dl_src={mac(2)},dl_dst={mac(1)},nw_src={SERVER},"
           + marked(FROM_PROXY))
    yield f"{own},priority=999,udp,dl_dst={mac(1)},nw_src={SERVER},{marked(TO_CLIENT)}"
    for port in (6901, 6902, 6903):
        yield f"{own},table=101,priority=1000,{client()},udp,tp_dst={port},actions=resubmit(,102)"
        yield f"{own},table=101,priority=1000,{client()},udp6,tp_dst={port},actions=resubmit(,102)"
    yield f"{own},table=102,priority=999,{client(TO_SERVER)},actions={proxy}"
    yield f"{own},table=102,priority=1000,{client(FROM_PROXY)},actions=NORMAL"
    yield f"{own},table=102,priority=999,{client(TO_CLIENT)},actions={proxy}"


def dumped(text):
    """Flows without what they counted, in an order of their own."""
    return sorted(" ".join(line.split()) for line in text.splitlines() if "actions=" in line)


def at_ovs(flows):
    """What Open vSwitch says of the same flows, and of them after what is deleted."""
    ovs = Ovs().start()
    ovs.vsctl("add-br", "golden", "--", "set", "bridge", "golden", "fail_mode=secure")
    said = []

    def ofctl(*argv):
        return ovs.run("ovs-ofctl", *argv[:1], f"unix:{ovs.dir}/golden.mgmt", *argv[1:])
    ofctl("add-flow", "priority=0,actions=NORMAL")
    for flow in flows:
        ovs.run("ovs-ofctl", "--strict", "add-flow", f"unix:{ovs.dir}/golden.mgmt", flow)
    for _ in range(2):
        said.append(dumped(ovs.run("ovs-ofctl", "--no-names", "--no-stats", "dump-flows",
                                   f"unix:{ovs.dir}/golden.mgmt")))
        ofctl("del-flows", f"cookie={COOKIE}/-1")
    ovs.stop()
    return said


@test(limit=240)
def pvs_of_xapi():
    """XAPI's flows for PVS by ovs-ofctl and OpenFlow 1.0: told as Open vSwitch tells them, and obeyed"""
    dom0, (vm, proxy) = bed("openflow = true\n\tuplink eth0 { }")
    fd = Vifofd(dom0)
    port = numbers(fd)
    flows = list(pvs_flows(port[vm.netdev], port[proxy.netdev]))
    for flow in flows:
        fd.ofctl("--strict add-flow", flow)
    before, after = at_ovs(flows)
    same(dumped(fd.ofctl("--no-names --no-stats dump-flows")), before, "what is told")

    wire = dom0.wire
    server = mac(100)
    request = frame(server, mac(1), kind=0x800, payload=udp(A, SERVER, 6910, 6901))
    other = frame(server, mac(1), kind=0x800, payload=udp(A, SERVER, 6910, 7000))
    stolen = frame(server, mac(1), kind=0x800, payload=udp(SERVER, A, 6910, 6901))
    reply = frame(mac(1), server, kind=0x800, payload=udp(SERVER, A, 6901, 6902))
    cached = frame(mac(1), mac(2), kind=0x800, payload=udp(SERVER, A, 6901, 6903))
    marker = frame(BROADCAST, mac(1))
    wire.send(frame(BROADCAST, server))
    wait.until("the server to be heard", 30, lambda: vm.received())

    def comes(sender, data, mark=marker):
        """Where it comes out."""
        out = {}
        ends = {"vm": vm, "proxy": proxy, "wire": wire}
        for end in ends.values():
            end.drain()
        sender.send(data)
        sender.send(mark)

        def marked():
            for name, end in ends.items():
                out.setdefault(name, []).extend(end.received())
            return sum(mark in got for got in out.values()) == 2
        wait.until("the marker", 30, marked, 0.05)
        return sorted(name for name, got in out.items() if data in got)
    for_proxy, for_wire = frame(BROADCAST, mac(2)), frame(BROADCAST, server)
    rows = (("a request", vm, request, marker, ["proxy"]),
            ("to another port", vm, other, marker, ["wire"]),
            ("in the server's name", vm, stolen, marker, []),
            ("the server's reply", wire, reply, for_wire, ["proxy"]),
            ("what the proxy had", proxy, cached, for_proxy, ["vm"]))
    for what, sender, data, mark, wanted in rows:
        same(comes(sender, data, mark), wanted, what)
    fd.ofctl("del-flows", f"cookie={COOKIE}/-1")
    same(dumped(fd.ofctl("--no-names --no-stats dump-flows")), after, "what is told without its flows")
    same(comes(vm, request), ["wire"], "a request, without a proxy")
    fd.stop()
