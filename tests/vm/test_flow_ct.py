# SPDX-License-Identifier: GPL-2.0-or-later
"""A stateful firewall of flow tables, as Open vSwitch's manuals have it, with two kernels' real connections."""
import errno
import os
import socket

import ctl
import wait
from packet import ACK, tcp
from registry import check, same, test
from test_acl import wrap
from test_vifofd import A, B, Vifofd, bed, numbers
from world import Guest, mac

# What a begins may pass, with what answers it and what tells of its errors; nothing else.
FIREWALL = """
priority=100,arp,actions=NORMAL
priority=50,ct_state=-trk,ip,actions=ct(table=1)
table=1,priority=30,ct_state=+trk+inv,actions=drop
table=1,priority=20,ct_state=+trk+new,ip,in_port={a},actions=ct(commit),output:{b}
table=1,priority=20,ct_state=+trk+est,ip,in_port={a},actions=output:{b}
table=1,priority=20,ct_state=+trk+est+rpl,ip,in_port={b},actions=output:{a}
table=1,priority=20,ct_state=+trk+rel+rpl,icmp,in_port={b},actions=output:{a}
table=1,priority=10,ct_state=+trk+new,ip,actions=drop
"""


def beds():
    dom0, vifs = bed("openflow = true\n\tfail_mode = secure", 2)
    fd = Vifofd(dom0)
    os.environ["VIFOFD_DIRECTORY"] = fd.directory
    port = numbers(fd)
    return dom0, vifs, fd, {"a": port[vifs[0].netdev], "b": port[vifs[1].netdev]}


def guest(vif, address, n):
    vif.peer = vif.netdev + "p"
    return Guest(vif, address, mac(n))


def listening(host, port):
    s = host.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind((host.address, port))
    s.listen()
    return s


def connected(host, address, port):
    s = host.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(wait.limit(20))
    s.connect((address, port))
    return s


def packets(fd, words):
    """How many packets the flow that has all these words counted."""
    found = [n for flow, n in fd.flows().items() if all(word in flow for word in words)]
    same(len(found), 1, f"flows with {words}: {fd.flows()}")
    return found[0]


@test(limit=300)
def firewall():
    """what one side began passes both ways, with its errors; what the other begins does not"""
    dom0, vifs, fd, port = beds()
    for flow in FIREWALL.format(**port).strip().splitlines():
        fd.ofctl("add-flow", flow)
    a, b = guest(vifs[0], A, 1), guest(vifs[1], B, 2)
    server, closed = listening(b, 80), listening(a, 80)
    client = connected(a, B, 80)
    peer = server.accept()[0]
    peer.settimeout(wait.limit(20))
    for _ in range(20):
        client.sendall(b"x" * 20000)
        got = 0
        while got < 20000:
            got += len(peer.recv(65536))
        peer.sendall(b"yes")
        same(client.recv(3), b"yes", "the answer")
    same(packets(fd, ["+new", f"in_port={port['a']}"]), 1, "packets that were new")

    other = b.socket(socket.AF_INET, socket.SOCK_STREAM)
    other.setblocking(False)
    same(other.connect_ex((A, 80)), errno.EINPROGRESS, "a connection from the other side")
    wait.until("it to be dropped", 30, lambda: packets(fd, ["+new", "drop"]) >= 1, 0.2)

    asking = a.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.settimeout(wait.limit(20))
    asking.connect((B, 53))
    asking.send(b"nobody listens")
    try:
        check(not asking.recv(10), "it got data")
    except ConnectionRefusedError:
        pass
    same(packets(fd, ["+rel"]), 1, "errors that were related")

    # vifofd is not asked: what was begun goes on without it
    fd.stop()
    peer.sendall(b"still")
    same(client.recv(5), b"still", "without vifofd")
    fd.start()
    client.close()
    same(peer.recv(1), b"", "the end")
    for s in (server, closed, peer, other, asking):
        s.close()
    fd.stop()


@test(limit=240)
def what_is_forged():
    """segments of no connection begin none where flows say so; sessions are their zone's; why says what it takes for granted"""
    dom0, (a, b), fd, port = beds()
    for flow in ("priority=9,tcp,tp_dst=80,actions=ct(commit,zone=5,table=2)",
                 "priority=8,tcp,tp_src=80,actions=ct(zone=5,table=3)",
                 "priority=7,tcp,tp_src=81,actions=ct(zone=6,table=3)",
                 "priority=1,actions=NORMAL",
                 f"table=2,ct_state=+trk+new,ct_zone=5,actions=output:{port['b']}",
                 f"table=3,ct_state=+est+rpl+trk,actions=output:{port['a']}",
                 "table=3,priority=1,ct_state=+trk+new,actions=drop"):
        fd.ofctl("add-flow", flow)
    a.send(wrap(1, 2, tcp(A, B, 4000, 80, flags=2, seq=99)))
    wait.until("the SYN", 20, lambda: b.received())
    answer = wrap(2, 1, tcp(B, A, 80, 4000, flags=0x12, seq=5000, ack=100))
    b.send(wrap(2, 1, tcp(B, A, 80, 4001, flags=ACK, seq=7, ack=7)))
    b.send(wrap(2, 1, tcp(B, A, 81, 4000, flags=0x12, seq=5000, ack=100)))
    b.send(answer)
    got = []

    def came():
        got.extend(a.received())
        return answer in got
    wait.until("the answer", 20, came)
    same([f for f in got if f[12:14] == b"\x08\x00"], [answer], "IPv4 that came back")
    same(packets(fd, ["+new", "drop"]), 2, "what began nothing")
    told = ctl.document(dom0, "why", a.netdev, "hex", wrap(1, 2, tcp(A, B, 4009, 80, flags=2)).hex())
    check("first packet of a connection" in str(told["stages"]), str(told["stages"]))
    same(told["verdict"], "delivered", "why")
    fd.stop()
