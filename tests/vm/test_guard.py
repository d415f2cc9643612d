# SPDX-License-Identifier: GPL-2.0-or-later
"""What a VM may not do: other MACs, control frames, stealing addresses; and the FDB."""
import time

import abi
import wait
from genl import Error, u16, u32
from registry import check, same, test
from test_vlan import UPLINK, access, trunk
from world import BROADCAST, Switch, deliver, exists, frame, ip, mac, output, refused

GROUP = "01:00:5e:00:00:05"


def learning(vlan=100, fdb_max=100, flags=abi.PF_LEARN | abi.PF_FLOOD):
    return abi.program(flags, vlan, fdb_max=fdb_max)


def guarded(*macs, vlan=100, **kw):
    return abi.program(abi.PF_GUARD, vlan, macs=macs, **kw)


def where(switch, address, vlan=None):
    """Port names that hold the address."""
    names = {p.ifindex: p.name for p in switch.nl.ports(switch.ifindex)}
    return sorted(names[e.port] for e in switch.nl.fdb(switch.ifindex)
                  if e.mac == address and (vlan is None or e.vlan in (vlan, abi.VID_NONE)))


@test(smoke=True)
def only_the_configured_mac():
    """a guarded port sends from its MACs alone; anything else is mac-guard or source-invalid"""
    switch = Switch()
    a = switch.port("a", guarded(mac(1), mac(11)))
    b = switch.port("b", learning())
    e = switch.port("e", UPLINK.program(fdb_max=10))
    for ok in (mac(1), mac(11)):
        same(len(deliver(a, frame(BROADCAST, ok), [b])["bp"]), 1, f"frames from {ok}")
    for other in (mac(2), "00:16:3e:00:01:01", "fe:ff:ff:ff:ff:ff"):
        refused(a, frame(BROADCAST, other), [b, e, switch], "mac-guard", f"source {other}")
    for other in (BROADCAST, "00:00:00:00:00:00", "01:16:3e:00:00:01"):
        refused(a, frame(mac(9), other), [b, e, switch], "source-invalid", f"source {other}")
        refused(b, frame(mac(9), other), [a, e, switch], "source-invalid", f"source {other}")
    same(where(switch, mac(2)), [], "ports that learned a refused MAC")


@test(smoke=True)
def control_frames_stay_out():
    """STP, pause, LACP, LLDP, CDP from a VIF are dropped, unless its program allows them"""
    switch = Switch()
    a = switch.port("a", guarded(mac(1)))
    b = switch.port("b", learning())
    e = switch.port("e", UPLINK.program(fdb_max=10))
    control = [f"01:80:c2:00:00:{n:02x}" for n in (0, 1, 2, 3, 0xe, 0xf)] \
        + ["01:00:0c:cc:cc:cc", "01:00:0c:cc:cc:cd"]
    control += [f"01:80:c2:00:00:{n:02x}" for n in (0x10, 0x20, 0x21, 0x2f, 0x30, 0x3f)] \
        + ["01:00:0c:cd:cd:cd", "01:00:0c:dd:dd:dd", "01:00:0c:00:00:00"]
    for dst in control:
        refused(a, frame(dst, mac(1)), [b, e, switch], "control", f"to {dst}")
        refused(a, frame(dst, mac(1), [100]), [b, e, switch], "control", f"tagged, to {dst}")
    near = ("01:80:c2:00:00:11", "01:80:c2:00:00:40", "01:80:c2:00:01:00", "01:00:0c:cc:cc:ce")
    for dst in near:
        same(len(deliver(a, frame(dst, mac(1)), [b])["bp"]), 1, f"frames to {dst}")
    a.set(abi.program(abi.PF_GUARD | abi.PF_CONTROL, 100, macs=[mac(1)]))
    for dst in control:
        got = deliver(a, frame(dst, mac(1)), [b, e])
        same((len(got["bp"]), len(got["ep"])), (0, 1), f"allowed control frame to {dst}")


@test(smoke=True)
def no_stealing_of_guarded_macs():
    """a MAC of a guarded port cannot be used or taken by any other port, not even the uplink"""
    switch = Switch()
    a = switch.port("a", guarded(mac(1)), cookie=b"vm-a/0", claim=1)
    b = switch.port("b", learning())
    e = switch.port("e", UPLINK.program(fdb_max=10))
    refused(b, frame(BROADCAST, mac(1)), [a, e, switch], "mac-claimed")
    refused(e, frame(BROADCAST, mac(1), [100]), [a, b, switch], "mac-claimed", "from the wire")
    same(where(switch, mac(1)), ["a"], "ports of the guarded MAC")
    got = deliver(b, frame(mac(1), mac(2)), [a, e])
    same((len(got["ap"]), len(got["ep"])), (1, 0), "frames to the guarded MAC")
    try:
        switch.port("c", guarded(mac(1)), cookie=b"vm-c/0")
        raise AssertionError("a second guarded port with another cookie took the MAC")
    except Error as err:
        same(err.errno, 17, f"errno for a MAC twice ({err})")
        check(mac(1) in err.text, f"the message does not name the MAC: {err.text}")
    try:
        switch.nl.fdb_add(b.ifindex, mac(1), 100)
        raise AssertionError("a static entry took a guarded MAC")
    except Error as err:
        check(err.text, "no message")


@test(smoke=True)
def claims_dormant_and_active():
    """a dormant claim is not used; the first frame makes it active and the twin dormant"""
    switch = Switch()
    a = switch.port("a", guarded(mac(1)), cookie=b"vm/0", claim=abi.CLAIM_ACTIVE)
    t = switch.port("t", guarded(mac(1)), cookie=b"vm/0", claim=abi.CLAIM_DORMANT)
    b = switch.port("b", guarded(mac(2)))
    e = switch.port("e", UPLINK.program(fdb_max=100))
    got = deliver(b, frame(mac(1), mac(2)), [a, t, e])
    same([len(got[x]) for x in ("ap", "tp", "ep")], [1, 0, 0], "frames to the active half")
    deliver(t, frame(BROADCAST, mac(1)), [b])
    same((a.state().claim, t.state().claim), (abi.CLAIM_DORMANT, abi.CLAIM_ACTIVE),
         "claims after the dormant half spoke")
    got = deliver(b, frame(mac(1), mac(2)), [a, t, e])
    same([len(got[x]) for x in ("ap", "tp", "ep")], [0, 1, 0], "frames after the change")
    a.set(claim=abi.CLAIM_ACTIVE)
    same((a.state().claim, t.state().claim), (abi.CLAIM_ACTIVE, abi.CLAIM_DORMANT),
         "claims after userspace said so")
    # Dormant everywhere: the VM is on another host, so its MAC may be behind the uplink.
    a.set(claim=abi.CLAIM_DORMANT)
    deliver(e, frame(BROADCAST, mac(1), [100]), [b])
    got = deliver(b, frame(mac(1), mac(2)), [a, t, e])
    same([len(got[x]) for x in ("ap", "tp", "ep")], [0, 0, 1], "frames while the VM is away")
    deliver(a, frame(BROADCAST, mac(1)), [b])
    got = deliver(b, frame(mac(1), mac(2)), [a, t, e])
    same([len(got[x]) for x in ("ap", "tp", "ep")], [1, 0, 0], "frames after the VM came back")


@test(smoke=True)
def learning_and_hairpin():
    """learned where allowed, per VLAN; a frame never goes back out of its own port"""
    switch = Switch()
    a, b = switch.port("a", learning()), switch.port("b", learning())
    c = switch.port("c", abi.program(0, 100))
    d = switch.port("d", learning(200))
    deliver(a, frame(BROADCAST, mac(1)), [b])
    same(where(switch, mac(1)), ["a"], "ports that learned")
    got = deliver(b, frame(mac(1), mac(2)), [a, c, d])
    same([len(got[x]) for x in ("ap", "cp", "dp")], [1, 0, 0], "frames to a learned MAC")
    refused(a, frame(mac(1), mac(3)), [b, c, d], "hairpin")
    deliver(c, frame(BROADCAST, mac(4)), [a])
    same(where(switch, mac(4)), [], "learned at a port that may not learn")
    deliver(d, frame(BROADCAST, mac(1)), [a])
    same(where(switch, mac(1)), ["a", "d"], "one MAC in two VLANs")
    deliver(b, frame(BROADCAST, mac(1)), [a])
    same(where(switch, mac(1), 100), ["b"], "after the MAC moved")


@test(smoke=True)
def unknown_unicast_goes_where_wanted():
    """unknown unicast reaches only ports with FLOOD in the VLAN; else no-destination"""
    switch = Switch()
    g = switch.port("g", guarded(mac(1)))
    f = switch.port("f", learning())
    n = switch.port("n", abi.program(abi.PF_LEARN, 100, fdb_max=5))
    o = switch.port("o", learning(200))
    e = switch.port("e", UPLINK.program(fdb_max=10))
    got = deliver(g, frame(mac(77), mac(1)), [f, n, o, e])
    same([len(got[x]) for x in ("fp", "np", "op", "ep")], [1, 0, 0, 1], "unknown unicast")
    got = deliver(g, frame(GROUP, mac(1)), [f, n, o, e])
    same([len(got[x]) for x in ("fp", "np", "op", "ep")], [1, 1, 0, 1], "multicast")
    f.set(abi.program(0, 100))
    e.set(abi.program(0, None, {300}, set()))
    refused(g, frame(mac(77), mac(1)), [f, n, o, e], "no-destination")


@test(smoke=True)
def isolated_ports():
    """two isolated ports send each other nothing, of one address or many; others hear both"""
    switch = Switch()
    apart = abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD | abi.PF_ISOLATED
    a, b = (switch.port(x, abi.program(apart, 100, fdb_max=9)) for x in "ab")
    g = switch.port("g", guarded(mac(1)))
    deliver(b, frame(BROADCAST, mac(3)), [g])
    got = deliver(a, frame(BROADCAST, mac(2)), [b, g])
    same([len(got[x]) for x in ("bp", "gp")], [0, 1], "a broadcast from an isolated port")
    refused(a, frame(mac(3), mac(2)), [b, g], "isolated")
    refused(a, frame(mac(77), mac(2)), [b, g], "no-destination")
    same(len(deliver(g, frame(mac(3), mac(1)), [b])["bp"]), 1, "from a VM")
    same(len(deliver(b, frame(mac(1), mac(3)), [g])["gp"]), 1, "to a VM")
    b.set(abi.program(apart & ~abi.PF_ISOLATED, 100, fdb_max=9))
    got = deliver(a, frame(mac(3), mac(2)), [b, g])
    same(len(got["bp"]), 1, "to one that is not isolated")


@test()
def learning_limits():
    """fdb_max of a port holds, MAC_REFUSED is said, frames still pass, others are unhurt"""
    switch = Switch()
    events = switch.nl.events()
    a, b = switch.port("a", learning(fdb_max=5)), switch.port("b", learning(fdb_max=100))
    for n in range(20):
        same(len(deliver(a, frame(BROADCAST, mac(100 + n)), [b])["bp"]), 1, f"frame {n}")
    same(a.state().fdb_count, 5, "entries at the limited port")
    same(len([e for e in switch.nl.fdb(port=a.ifindex) if not e.flags]), 5, "entries dumped")
    for n in range(20):
        deliver(b, frame(BROADCAST, mac(200 + n)), [a])
    same(b.state().fdb_count, 20, "entries at the other port")
    check("mac-refused" in [e["event"] for e in events.read(1)], "no mac-refused event")
    a.set(learning(fdb_max=0))
    deliver(a, frame(BROADCAST, mac(150)), [b])
    check(mac(150) not in [e.mac for e in switch.nl.fdb()], "learned with fdb_max 0")


@test()
def ageing():
    """learned entries age out after AGEING_MS, static ones stay, traffic refreshes"""
    switch = Switch()
    switch.nl.do(abi.CMD_SWITCH_SET, {abi.A_SWITCH: u32(switch.ifindex),
                                      abi.A_AGEING_MS: u32(2000)})
    same(switch.nl.switch(switch.ifindex).ageing_ms, 2000, "ageing")
    a, b = switch.port("a", learning()), switch.port("b", learning())
    switch.nl.fdb_add(a.ifindex, mac(9), 100)
    deliver(a, frame(BROADCAST, mac(1)), [b])
    deliver(a, frame(BROADCAST, mac(2)), [b])
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        deliver(a, frame(BROADCAST, mac(2)), [b])
        time.sleep(0.3)
    wait.until("the idle entry to age out", 10, lambda: not where(switch, mac(1)), 0.2)
    same(where(switch, mac(2)), ["a"], "the refreshed entry")
    same(where(switch, mac(9)), ["a"], "the static entry")
    wait.until("the other entry to age out", 20, lambda: not where(switch, mac(2)), 0.2)


@test(smoke=True)
def static_entries_and_flush():
    """FDB add, del, flush by port and VLAN; a static MAC does not move by learning"""
    switch = Switch()
    a, b = switch.port("a", learning()), switch.port("b", learning())
    t = switch.port("t", abi.program(abi.PF_LEARN, None, {100, 200}, set(), fdb_max=50))
    nl = switch.nl
    nl.fdb_add(a.ifindex, mac(1), 100)
    refused(b, frame(BROADCAST, mac(1)), [a, t], "mac-claimed", "another port's static MAC")
    same(where(switch, mac(1)), ["a"], "the static MAC")
    for v in (100, 200):
        for n in (20, 21):
            deliver(t, frame(BROADCAST, mac(n), [v]), [a])
    same(t.state().fdb_count, 4, "learned at the trunk")
    nl.do(abi.CMD_FDB_FLUSH, {abi.A_PORT: u32(t.ifindex), abi.A_VLAN: u16(200)})
    same(sorted({e.vlan for e in nl.fdb(port=t.ifindex)}), [100], "VLANs after the flush of 200")
    nl.do(abi.CMD_FDB_FLUSH, {abi.A_SWITCH: u32(switch.ifindex)})
    same([e for e in nl.fdb(switch.ifindex) if not e.flags & abi.FDB_STATIC
          and not e.flags & abi.FDB_LOCAL], [], "learned entries after the flush")
    same(where(switch, mac(1)), ["a"], "the static MAC after the flush")
    nl.fdb_del(a.ifindex, mac(1), 100)
    same(where(switch, mac(1)), [], "the static MAC after its deletion")
    try:
        nl.fdb_del(a.ifindex, mac(1), 100)
        raise AssertionError("a second deletion was accepted")
    except Error as err:
        same(err.errno, 2, str(err))


@test()
def entries_go_with_their_port():
    """leaving, closing and deleting a port takes its FDB entries along"""
    switch = Switch()
    b = switch.port("b", learning())
    for how in ("leave", "close", "delete"):
        a = switch.port("a", learning())
        switch.nl.fdb_add(a.ifindex, mac(5), 100)
        deliver(a, frame(BROADCAST, mac(6)), [b])
        same((where(switch, mac(5)), where(switch, mac(6))), (["a"], ["a"]), "entries")
        if how == "leave":
            ip("link set dev a nomaster")
        elif how == "close":
            a.set(b"")
        else:
            ip("link del dev a")
        left = [e.mac for e in switch.nl.fdb(switch.ifindex)]
        check(mac(6) not in left, f"the learned entry outlived {how}")
        if how != "close":
            check(mac(5) not in left, f"the static entry outlived {how}")
        if exists("a"):
            ip("link del dev a")


@test()
def announce():
    """PORT_ANNOUNCE sends one RARP for each MAC out of the uplink, in the port's VLAN"""
    switch = Switch()
    a = switch.port("a", guarded(mac(1), mac(11)), claim=1)
    t = switch.port("t", abi.program(abi.PF_GUARD, None, {100, 200}, set(), macs=[mac(3)]))
    b = switch.port("b", access(100).program())
    e = switch.port("e", UPLINK.program(fdb_max=10))
    for tap in (a, t, b, e):
        tap.drain()
    switch.nl.do(abi.CMD_PORT_ANNOUNCE, {abi.A_PORT: u32(a.ifindex)})
    got = sorted(e.received(2) + e.received(0.05))
    same(len(got), 2, "announcements")
    for data, address in zip(got, (mac(1), mac(11))):
        same(data[6:12].hex(":"), address, "source of the announcement")
        same(data[:6].hex(":"), BROADCAST, "destination")
        same(data[12:18].hex(), "810000648035", "tag and type")
    same((b.received(), t.received()), ([], []), "announcements at VM ports")
    switch.nl.do(abi.CMD_PORT_ANNOUNCE, {abi.A_PORT: u32(t.ifindex)})
    got = e.received(2) + e.received(0.05)
    same(sorted(d[14:16].hex() for d in got), ["0064", "00c8"], "VLANs of a trunk's announcement")
    try:
        switch.nl.do(abi.CMD_PORT_ANNOUNCE, {abi.A_PORT: u32(b.ifindex)})
        raise AssertionError("an unguarded port was announced")
    except Error as err:
        check(err.text, "no message")


@test(smoke=True)
def bridge_fdb_show():
    """bridge fdb show lists learned and static entries with port and VLAN"""
    switch = Switch()
    switch.port("a", guarded(mac(1)))
    b = switch.port("b", learning())
    switch.port("t", trunk(100, 200).program())
    deliver(b, frame(BROADCAST, mac(7)), [switch])
    switch.nl.fdb_add(b.ifindex, mac(8), 100)
    shown = output("bridge", "fdb", "show")
    lines = {line.split()[0]: line for line in shown.splitlines() if "sw0" in line}
    for address, words in ((mac(7), ("dev b", "vlan 100")), (mac(1), ("dev a",)),
                           (mac(8), ("dev b", "static"))):
        check(address in lines, f"{address} is not in bridge fdb show:\n{shown}")
        for word in words:
            check(word in lines[address], f"no '{word}' in: {lines[address]}")
