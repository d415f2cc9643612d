# SPDX-License-Identifier: GPL-2.0-or-later
"""A stateful firewall of flow tables, as Open vSwitch's manuals have it, with two kernels' real connections."""
import contextlib
import errno
import json
import os
import select
import socket

import abi
import ctl
import wait
import world
from genl import Error
from openflow import Tables, constant, flow, op, output, put
from packet import ACK, BROADCAST, arp, frame, tcp
from registry import check, same, test
from test_acl import wrap
from test_controllers import HERE, PORT, running
from test_handover import OTHER, PEER, Pool, SERVER
from test_policy_acl import vifctl
from test_vifofd import A, B, CONFIG, Vifofd, bed, make_user, numbers
from test_vlan import access
from world import Guest, Switch, deliver, mac

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
    told = ctl.document(dom0, "session", "list", vifs[0].netdev)["sessions"]
    same([(s["of"], s["vlan"], s["zone"], s["vm_address"], s["peer_address"], s["peer_port"], s["begun_by"],
           s["state"]) for s in told], [("flows", None, 0, A, B, 80, "vm", "established")], "sessions told")
    text = ctl.run(dom0, "session", "list", vifs[0].netdev).out
    check("sessions of flow tables" in text and "zone 0" in text and "no ACL" not in text, text)
    check("no ACL" in ctl.run(dom0, "session", "list", vifs[1].netdev).out, "of a port without any")

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
    for words, found in (("zone=5", 1), ("zone=6", 0), ("vlan=5", 0), ("proto=tcp", 1)):
        same(len(ctl.document(dom0, "session", "list", a.netdev, words)["sessions"]), found, words)
    same([p["forgotten"] for p in ctl.document(dom0, "session", "flush", a.netdev, "zone=5")["ports"]], [1],
         "forgotten")
    b.send(answer)
    wait.until("what answers nothing any more", 20, lambda: packets(fd, ["+new", "drop"]) == 3, 0.2)
    told = ctl.document(dom0, "why", a.netdev, "hex", wrap(1, 2, tcp(A, B, 4009, 80, flags=2)).hex())
    check("first packet of a connection" in str(told["stages"]), str(told["stages"]))
    same(told["verdict"], "delivered", "why")
    fd.stop()


@test(smoke=True)
def sessions_carried():
    """sessions of flow tables go to the port's next one, in their zone, as far as its lock lets them"""
    switch = Switch()
    program = abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, 5, macs=[mac(1)], ips=[A + "/32"])
    a = switch.port("a", program, claim=1)
    b = switch.port("b", access(5).program([mac(2)]), claim=1)
    tables = Tables(switch.nl, switch.ifindex)
    tables.change(flow(1, 0, 9, {"ETH_TYPE": 0x800, "IP_PROTO": 6, "L4_DST": 80},
                       [output(tables.numbers()[b.ifindex]), op("CT", 255, constant("CT_COMMIT") | 40000)]))
    deliver(a, frame(mac(2), mac(1), [], 0x800, tcp(A, B, 4000, 80, flags=2, seq=99)), [b])
    nl = switch.nl
    there = nl.sessions(a.ifindex, True)
    same([(s.vlan, s.proto, s.state) for s in there], [(40000, 6, "opening")], "what it tracks")
    same((nl.sessions(a.ifindex), nl.sessions(b.ifindex, True)), ([], []), "of others")
    record, = nl.session_records(a.ifindex, True)
    try:
        nl.sessions_put(a.ifindex, record)
        raise AssertionError("a zone was taken for a VLAN")
    except Error as e:
        same(e.errno, errno.ERANGE, str(e))
    same(nl.sessions_put(a.ifindex, record, True), (0, 1, 0, 0), "what is there already")
    same(nl.sessions_put(b.ifindex, record, True)[0], 1, "at a port without a lock")
    nl.port_del(a.ifindex)
    nl.port_new(switch.ifindex, a.ifindex, program, b"vm/0", 1)
    same(nl.sessions(a.ifindex, True), [], "of a port that is new")
    same(nl.sessions_put(a.ifindex, record, True), (1, 0, 0, 0), "what is carried")
    same([(s.vlan, s.vm_port) for s in nl.sessions(a.ifindex, True)], [(40000, 4000)], "what it tracks then")
    nl.port_set(a.ifindex, program=abi.program(abi.PF_GUARD | abi.PF_IP_GUARD, 5, macs=[mac(1)],
                                               ips=["10.9.9.9/32"]))
    nl.sessions_flush(a.ifindex, True)
    same(nl.sessions_put(a.ifindex, record, True), (0, 0, 1, 0), "of an address that it has not")
    # a switch without tables has no use for them
    tables.mode(0)
    nl.port_set(a.ifindex, program=program)
    same(nl.sessions_put(a.ifindex, record, True), (0, 0, 1, 0), "without tables")


def joined(host, server, port):
    """Both ends of a connection from the one to the other."""
    with contextlib.closing(listening(server, port)) as listener:
        client = connected(host, server.address, port)
        far = listener.accept()[0]
    for s in (client, far):
        s.settimeout(wait.limit(60))
    return client, far


def readable(s):
    return bool(select.select([s], [], [], 0)[0])


def moved(host, vif):
    """The guest with its sockets behind the netdev of its next domain."""
    vif.peer = vif.netdev + "p"
    vif.socket.close()
    world.ip(f"link set dev {vif.peer} netns {host.namespace.path}")
    with host.namespace:
        world.ip(f"link set dev {vif.peer} address {mac(SERVER)}", f"link set dev {vif.peer} up",
                 f"addr add {host.address}/16 dev {vif.peer}")


@test(limit=400)
def travels():
    """TCP goes on over a migration under a controller, and so does what flow tables remember of it"""
    make_user()
    pool = Pool(CONFIG % ("uplink eth0 { }\n\t" + HERE))
    dom0, server = pool.dom0, pool.server
    fd = Vifofd(dom0)
    with running(fd.directory, "ovs-testcontroller", f"ptcp:{PORT}:127.0.0.1", "-O", "OpenFlow13",
                 "--max-idle=1", f"--pidfile={fd.directory}/testcontroller.pid"):
        wait.until("the controller", 60, lambda: fd.show()["controllers"][0]["state"] == "connected")
        vifctl(dom0, "acl rule add answers out direction=from-vm proto=tcp dst-port=81 action=allow")
        hosts = guest(server, "192.0.2.1", SERVER), guest(pool.peer, "192.0.2.2", PEER)
        # beside what the controller says: what the VM itself begins is tracked, and only that goes on
        for flow in ("priority=65000,tcp,tp_dst=81,actions=ct(commit,zone=9,table=1)",
                     "priority=65000,tcp,tp_src=81,actions=ct(zone=9,table=1)",
                     "table=1,ct_state=+est+trk,ct_zone=9,tcp,actions=NORMAL",
                     "table=1,priority=1,ct_state=+new+trk,tcp,tcp_flags=+syn-ack,actions=NORMAL"):
            fd.ofctl("add-flow", flow, version="OpenFlow13")
        ends = joined(hosts[1], hosts[0], 80), joined(hosts[0], hosts[1], 81)
        for near, far in ends:
            near.sendall(b"question")
            same(far.recv(8), b"question", "before")
        kept = [(s.vlan, s.peer_port, s.state) for s in dom0.nl.sessions(server.ifindex, True)]
        same(kept, [(9, 81, "established")], "what the VM's port tracks")
        pool.say(SERVER, "suspended")
        record = json.loads(pool.offered()["record"])
        same([len(record[key]) for key in ("sessions", "tracked")], [1, 1], "what goes along")
        pool.db.update("Handover", {}, host=OTHER)
        dom0.remove(server)
        pool.say(SERVER, None)
        wait.until("the port to go", 20, lambda: not dom0.is_open(server))
        ends[0][0].sendall(b"on its way")
        vif = pool.arrive(5)
        moved(hosts[0], vif)
        wait.until("its netdev to be plugged", 30, lambda: dom0.is_open(vif))
        vif.key("state", 4)
        same(pool.story(vif)["connections"]["taken"], 3, "what came along")
        same([(s.vlan, s.peer_port) for s in dom0.nl.sessions(vif.ifindex, True)], [(9, 81)], "and is tracked")
        # a VM that arrives tells everybody, some times (netfront), so the controller learns where it is
        told = frame(BROADCAST, mac(SERVER), [], 0x806, arp(mac(SERVER), "192.0.2.1", tpa="192.0.2.1"))
        with contextlib.closing(hosts[0].socket(socket.AF_PACKET, socket.SOCK_RAW)) as raw:
            raw.bind((vif.peer, 0))
            wait.until("what was sent meanwhile", 3, lambda: (raw.send(told), readable(ends[0][1]))[1], 0.5)
        same(ends[0][1].recv(10), b"on its way", "what was sent meanwhile")
        for near, far in ends:
            far.sendall(b"answer")
            same(near.recv(6), b"answer", "after")
    fd.stop()
