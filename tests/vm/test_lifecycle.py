# SPDX-License-Identifier: GPL-2.0-or-later
"""Switches and ports come and go the way users of ip(8) expect; the module unloads under load."""
import os
import select
import signal
import subprocess
import threading
import time

import abi
import genl
import wait
from registry import LONG, Skip, check, same, test
from test_vlan import UPLINK, access
from world import (BROADCAST, Namespace, Port, Switch, Tap, deliver, exists, frame, index, insert, ip, mac,
                   output, refused)


ROUNDS = 400 if LONG else 15    # of a port deleted and made again
ENOTSUPP = 524
SWITCHES, TABLE = 50, 16384 * 8     # of addresses: its buckets


def is_up(name):
    return "UP" in output("ip", "-o", "link", "show", name).split("<")[1].split(">")[0].split(",")


def master(name):
    words = output("ip", "-o", "link", "show", name).split()
    return words[words.index("master") + 1] if "master" in words else None


@test(smoke=True)
def ip_link():
    """ip -d link shows the kind; master and nomaster join (closed) and leave; del frees the ports"""
    switch = Switch()
    shown = output("ip", "-d", "link", "show", "sw0")
    check("vifswitch" in shown, f"ip -d link does not show the kind:\n{shown}")
    p = Port(switch, "p")
    ip("link set dev p up", "link set dev p master sw0")
    check(p.state().closed, "a netdev enslaved with ip is not closed")
    check("vifswitch" in output("ip", "-d", "link", "show", "p"),
          "ip -d link show of a port does not name its switch's kind")
    same(master("p"), "sw0", "master")
    check("p" in output("ip", "-o", "link", "show", "type", "vifswitch_slave")
          or "p" in output("ip", "-o", "link", "show", "master", "sw0"), "not listed under sw0")
    p.set(access(100).program([mac(1)]))
    ip("link set dev p nomaster")
    same(master("p"), None, "master after nomaster")
    check(is_up("p"), "leaving took a port down that is no guest's")
    same(switch.nl.switch(switch.ifindex).port_count, 0, "ports of the switch")
    switch.nl.port_new(switch.ifindex, index("p"), access(100).program([mac(1)]))
    ip("link del dev sw0")
    same(master("p"), None, "master after the switch went")
    check(not exists("sw0"), "sw0 is still there")
    check(exists("p"), "p went with the switch")
    got = Tap("p")
    p.send(frame(BROADCAST, mac(1)))
    same(len(got.received(1)), 1, "frames at a netdev whose switch is gone")


@test(smoke=True)
def vlan_netdev_keeps_no_tags():
    """a VLAN netdev with reorder_hdr off would show its tag and let a VM choose one: no port, nor when it is turned off"""
    switch = Switch()
    ip("link add name d type dummy", "link set dev d up",
       "link add link d name d.5 type vlan id 5 reorder_hdr off")
    check(ip("link set dev d.5 master sw0", fail=False), "ip link set d.5 master sw0: accepted")
    try:
        switch.nl.port_new(switch.ifindex, index("d.5"), access(100).program([mac(1)]))
        check(False, "a VLAN netdev with reorder_hdr off joined")
    except OSError as error:
        check("reorder_hdr" in str(error), f"the refusal does not say why: {error}")
    for first, then in (("up", None), ("down", "up")):
        ip("link set dev d.5 type vlan reorder_hdr on", "link set dev d.5 master sw0",
           f"link set dev d.5 {first}")
        same(master("d.5"), "sw0", "master of one with reorder_hdr on")
        ip("link set dev d.5 type vlan reorder_hdr off")
        if then:
            ip(f"link set dev d.5 {then}")
        wait.until("it to leave", 20, lambda: master("d.5") is None)
    same(switch.nl.switch(switch.ifindex).port_count, 0, "ports of the switch")


@test()
def no_shared_frames_and_no_netpoll():
    """pktgen may not send one frame many times into a switch (it is changed on its way), and netconsole may not use it"""
    Switch()

    def write(name, line):
        with open(f"/proc/net/pktgen/{name}", "w") as f:
            f.write(line + "\n")
    if not os.path.exists("/proc/net/pktgen/kpktgend_0"):
        raise Skip("no pktgen in this kernel")
    write("kpktgend_0", "add_device sw0")
    for words in ("clone_skb 10", "burst 8"):
        try:
            write("sw0", words)
            check(False, f"pktgen took {words} for sw0")
        except OSError as error:
            same(error.errno, ENOTSUPP, f"pktgen's answer to {words}")
    write("kpktgend_0", "rem_device_all")
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(log, 0, os.SEEK_END)
    output("modprobe", "netconsole", "netconsole=@10.0.0.1/sw0,@10.0.0.2/")   # 6.12: succeeds
    output("modprobe", "-r", "netconsole")
    said = b""
    while select.select([log], [], [], 0)[0]:
        said += os.read(log, 8192)
    check(b"sw0 doesn't support polling" in said, f"netconsole was not refused sw0: {said}")


def charged_memory(path):
    with open(path + "/memory.current") as f:
        return int(f.read())


def charged_group():
    """A memory cgroup that this process is in from now on."""
    output("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    with open("/sys/fs/cgroup/cgroup.controllers") as f:
        if "memory" not in f.read().split():
            raise Skip("no memory controller in this kernel")
    with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as f:
        f.write("+memory")
    group = "/sys/fs/cgroup/switches"
    os.mkdir(group)
    with open(group + "/cgroup.procs", "w") as f:
        f.write(str(os.getpid()))
    return group


@test()
def memory_is_charged():
    """what a switch takes is charged to the memory cgroup of who made it"""
    group = charged_group()
    Switch("first")     # loads what is loaded once
    before = charged_memory(group)
    for n in range(SWITCHES):
        Switch(f"sw{n}")
    each = (charged_memory(group) - before) // SWITCHES
    check(each >= TABLE, f"{each} octets are charged for a switch, whose table alone has {TABLE}")
    return f"{each >> 10} KiB a switch"


@test(smoke=True)
def guest_ports_close_behind_themselves():
    """a PF_GUEST port is taken down whichever way it leaves, so dom0's stack never meets the VM"""
    for how in ("nomaster", "port-del", "switch-del"):
        switch = Switch()
        p = switch.port("p", abi.program(abi.PF_GUEST | abi.PF_GUARD, 100, macs=[mac(1)]))
        check(is_up("p"), "not up to begin with")
        if how == "nomaster":
            ip("link set dev p nomaster")
        elif how == "port-del":
            switch.nl.port_del(p.ifindex)
        else:
            ip("link del dev sw0")
        same(master("p"), None, f"master after {how}")
        check(not is_up("p"), f"a guest's port is still up after {how}")
        ip("link del dev p")
        if exists("sw0"):
            ip("link del dev sw0")


@test(smoke=True)
def joining_does_not_touch_up():
    """PORT_NEW leaves IFF_UP alone; frames pass only with a program and up; down is to-down"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    p = switch.port("p", access(100).program([mac(2)]), up=False, claim=1)
    check(not is_up("p"), "joining took the netdev up")
    deliver(a, frame(mac(2), mac(1)), [p])
    same(p.drops(), {"to-down": 1}, "drops at a port that is down")
    ip("link set dev p up")
    same(len(deliver(a, frame(mac(2), mac(1)), [p])["pp"]), 1, "frames after up")


@test(smoke=True)
def rename():
    """a renamed port keeps everything and is reported by its new name"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]), cookie=b"vm/0")
    b = switch.port("b", access(100).program([mac(2)]))
    ip("link set dev a down", "link set dev a name web0", "link set dev web0 up")
    state = a.state()
    same((state.name, state.cookie, state.closed), ("web0", b"vm/0", False), "the renamed port")
    same(len(deliver(a, frame(BROADCAST, mac(1)), [b])["bp"]), 1, "frames after the rename")
    ip("link set dev sw0 down", "link set dev sw0 name xenbr0")
    same(switch.nl.switch(switch.ifindex).name, "xenbr0", "the switch's new name")


@test(smoke=True)
def netns_deletion():
    """a namespace dies with its switch and ports, under traffic; ports moved away leave first"""
    for _ in range(3):
        space = Namespace()
        with space:
            switch = Switch("sw0", genl.Genl())
            a = switch.port("a", access(100).program([mac(1)]))
            b = switch.port("b", access(100).program([mac(2)]))
            for _ in range(50):
                a.send(frame(mac(2), mac(1)))
        for s in (switch, a, b):
            s.socket.close()
        switch.nl.close()
        space.close()
    switch = Switch()
    p = switch.port("p", access(100).program([mac(1)]))
    other = Namespace()
    ip(f"link set dev p netns {other.path}")
    same(switch.nl.switch(switch.ifindex).port_count, 0, "ports after the move")
    same(switch.nl.fdb(switch.ifindex) and [e for e in switch.nl.fdb() if e.mac == mac(1)] or [],
         [], "guard entries after the move")
    check(p.ifindex, "no index")


@test(smoke=True)
def events():
    """joined, opened, closed, left, learned, moved, claimed and drop events say who and why"""
    switch = Switch()
    ear = switch.nl.events()

    def heard(*names):
        got = []

        def all_there():
            got.extend(ear.read(0.2))
            return all(n in [e["event"] for e in got] for n in names)
        try:
            wait.until(f"the events {names}", 5, all_there)
        except wait.Timeout as e:
            raise AssertionError(f"{e}; came: {[e['event'] for e in got]}") from None
        return {e["event"]: e for e in got}

    a = switch.port("a", cookie=b"vm/7")
    joined = heard("port-joined")["port-joined"]
    same((joined["port"], joined["port_name"], joined["cookie"], joined["switch"]),
         (a.ifindex, "a", b"vm/7", switch.ifindex), "port-joined")
    a.set(abi.program(abi.PF_LEARN, 100, fdb_max=10))
    heard("port-opened")
    b = switch.port("b", abi.program(abi.PF_LEARN | abi.PF_FLOOD, 100, fdb_max=10))
    deliver(a, frame(BROADCAST, mac(1)), [b])
    learned = heard("mac-learned")["mac-learned"]
    same((learned["mac"], learned["vlan"], learned["port"]), (mac(1), 100, a.ifindex), "learned")
    deliver(b, frame(BROADCAST, mac(1)), [a])
    moved = heard("mac-moved")["mac-moved"]
    same((moved["mac"], moved["port"], moved["old_port"]), (mac(1), b.ifindex, a.ifindex), "moved")
    a.set(abi.program(abi.PF_GUARD, 100, macs=[mac(3)]), claim=abi.CLAIM_DORMANT)
    deliver(a, frame(BROADCAST, mac(3)), [b])
    same(heard("claimed")["claimed"]["mac"], mac(3), "claimed")
    bad = frame(BROADCAST, mac(4), [(0x8100, 100, 1)], payload=b"evil", size=400)
    refused(a, bad, [b], "mac-guard")
    drop = heard("drop")["drop"]
    same((drop["port"], drop["reason"], drop["length"]), (a.ifindex, "mac-guard", 400), "drop")
    same(drop["packet"], bad[:abi.EVENT_PACKET_MAX], "the frame shown, with its tag")
    a.set(b"")
    heard("port-closed")
    ip("link set dev a nomaster")
    same(heard("port-left")["port-left"]["port"], a.ifindex, "left")


@test(smoke=True)
def events_are_limited():
    """2,000 refused frames make at most 10 drop events a second; the rest is counted"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    ear = switch.nl.events()
    start = time.monotonic()
    bad = frame(BROADCAST, mac(2))
    for _ in range(2000):
        a.send(bad)
    wait.until("the verdicts", 20, lambda: a.drops().get("mac-guard", 0) >= 2000)
    time.sleep(1.2)
    a.send(bad)
    got = [e for e in ear.read(2) + ear.read(0.3) if e["event"] == "drop"]
    seconds = time.monotonic() - start
    check(1 <= len(got) <= 10 * (seconds + 2), f"{len(got)} events in {seconds:.1f} s")
    check(sum(e["suppressed"] or 0 for e in got) + len(got) >= 1990,
          f"{len(got)} events with {sum(e['suppressed'] or 0 for e in got)} suppressed of 2001")


class Traffic(threading.Thread):
    """Keeps sending frames on a Tap; errors of a vanishing netdev do not matter."""

    def __init__(self, taps, data):
        super().__init__(daemon=True)
        self.taps, self.data, self.stop, self.sent = taps, data, False, 0

    def run(self):
        while not self.stop:
            for tap, data in zip(self.taps, self.data):
                try:
                    tap.send(data)
                    self.sent += 1
                except OSError:
                    time.sleep(0.01)


@test(smoke=True, limit=120, cpus=2)
def unload_under_traffic():
    """rmmod while frames flow on every port: closes, no splat; loaded again, all works anew"""
    for _ in range(2):
        switch = Switch()
        ports = [switch.port(f"p{n}", access(100).program([mac(n + 1)])) for n in range(4)]
        up = switch.port("eth0", UPLINK.program(fdb_max=100))
        noise = Traffic([*ports, up], [frame(mac(2), mac(1)), frame(BROADCAST, mac(2)),
                                       frame(mac(9), mac(3)), frame(BROADCAST, mac(99)),
                                       frame(mac(3), mac(50), [100])])
        noise.start()
        wait.until("frames on every port", 20, lambda: noise.sent > 200)
        switch.nl.close()
        done = subprocess.run(["rmmod", "vifswitch"], text=True, stderr=subprocess.PIPE)
        same((done.returncode, done.stderr), (0, ""), "rmmod")
        check(not exists("sw0"), "sw0 outlived its module")
        same(master("p0"), None, "master after the unload")
        sent = noise.sent
        wait.until("frames after the unload", 20, lambda: noise.sent > sent + 100)
        noise.stop = True
        noise.join(5)
        insert()
        ip(*(f"link del dev p{n}" for n in range(4)), "link del dev eth0")
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    b = switch.port("b", access(100).program([mac(2)]))
    same(len(deliver(a, frame(BROADCAST, mac(1)), [b])["bp"]), 1, "frames after the reload")


@test(limit=120, cpus=2)
def delete_under_traffic():
    """ports and switches are deleted and made again while frames flow, from two processes"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    noise = Traffic([a], [frame(BROADCAST, mac(1))])
    noise.start()
    pid = os.fork()
    if not pid:
        while True:
            ip("link add name x type dummy", "link set dev x master sw0", "link set dev x up",
               "link del dev x", fail=False)
    for _ in range(ROUNDS):
        ip("link add name y type veth peer name yp", "link set dev y up", "link set dev yp up")
        switch.nl.port_new(switch.ifindex, index("y"), access(100).program([mac(7)]))
        ip("link set dev y nomaster")
        switch.nl.port_new(switch.ifindex, index("y"), access(100).program([mac(7)]))
        ip("link del dev y")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    noise.stop = True
    noise.join(5)
    ip("link del dev x", fail=False)
    wait.until("the ports to be gone", 5,
               lambda: switch.nl.switch(switch.ifindex).port_count == 1)


@test()
def counters_add_up():
    """every frame sent is accepted or dropped once; every accepted one arrives"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    b = switch.port("b", access(100).program([mac(2)]), claim=1)
    c = switch.port("c", access(200).program([mac(3)]), claim=1)
    sent = 0
    for n in range(300):
        a.send(frame((mac(2), mac(3), BROADCAST, mac(77))[n % 4], mac(1 + (n % 5 == 0)), size=100))
        sent += 1
    wait.until("verdicts", 10, lambda: a.state().judged >= sent)
    state = a.state()
    same(state.judged, sent, "verdicts")
    same(state.from_bytes, state.from_packets * 100, "octets from the port")
    same(b.state().to_packets, len(b.received(0.2)), "frames counted to and seen at b")
    same(c.state().to_packets, 0, "frames to c")
    check(state.drops.get("no-destination", 0) > 0, f"drops {state.drops}")
