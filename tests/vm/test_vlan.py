# SPDX-License-Identifier: GPL-2.0-or-later
"""Who reaches whom, with which tag: VLAN modes, priority tags, double tags.

Expectations come from a model of its own (class Mode), written from the words
of abi.h and not from the module's code.
"""
import abi
from registry import check, same, test
from world import AD, BROADCAST, Q, Switch, deliver, frame, mac, refused, tags_of

ALL = frozenset(range(4095))


class Mode:
    """VLANs of a port as an operator would say them."""

    def __init__(self, pvid, allowed, untagged, access=False, flags=0):
        self.pvid, self.allowed, self.untagged = pvid, frozenset(allowed), frozenset(untagged)
        self.access, self.flags = access, flags

    def program(self, macs=(), **kw):
        flags = self.flags | (abi.PF_GUARD if macs else 0)
        if self.access:
            return abi.program(flags, self.pvid, macs=macs, **kw)
        return abi.program(flags, self.pvid, self.allowed, self.untagged, macs=macs, **kw)

    def enters(self, tag):
        """VLAN of a frame that comes with that VID (None: no tag), or the drop reason."""
        if not tag:
            return "vlan-untagged" if self.pvid is None else self.pvid
        return tag if tag in self.allowed and not self.access else "vlan-denied"

    def leaves(self, vlan):
        """Tags it leaves with ([] or [VID]), or None if it does not."""
        if vlan not in self.allowed:
            return None
        return [] if vlan in self.untagged else [vlan]


def access(vlan):
    return Mode(vlan, {vlan}, {vlan}, access=True)


def trunk(*vlans):
    return Mode(None, vlans, {0} & set(vlans))


def native_tagged(pvid, *vlans):
    return Mode(pvid, {pvid, *vlans}, set())


def native_untagged(pvid, *vlans):
    return Mode(pvid, {pvid, *vlans}, {pvid})


UPLINK = Mode(0, ALL, {0}, flags=abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD)
MODES = {"acc100a": access(100), "acc100b": access(100), "acc200": access(200),
         "trunk": trunk(100, 200), "ntag": native_tagged(100, 200),
         "nunt": native_untagged(100, 200), "plain": access(0),
         "alone": Mode(100, {100}, {100}, flags=abi.PF_OWN_TAG)}


def build(local=None):
    switch = Switch()
    modes, taps = dict(MODES), {}
    for n, (name, mode) in enumerate(MODES.items()):
        taps[name] = switch.port(name, mode.program([mac(n + 1)]), claim=abi.CLAIM_ACTIVE)
        taps[name].mac = mac(n + 1)
    modes["eth0"] = UPLINK
    taps["eth0"] = switch.port("eth0", UPLINK.program(fdb_max=1000))
    taps["eth0"].mac = mac(0x99)
    if local:
        modes["sw0"] = local
        switch.nl.port_set(switch.ifindex, local.program())
        taps["sw0"] = switch
        switch.mac = open("/sys/class/net/sw0/address").read().strip()
    return switch, modes, taps


def judge(switch, modes, taps, sender, tag, dst=BROADCAST, only=None):
    """Send one frame with that tag and compare every other port with the model."""
    tags = () if tag is None else (tag,)
    data = frame(dst, taps[sender].mac, tags, payload=f"{sender}/{tag}".encode(), size=64)
    others = {n: t for n, t in taps.items() if n != sender}
    vlan = modes[sender].enters(tag)
    what = f"{sender} sends {'no tag' if tag is None else f'tag {tag}'} to {dst}"
    if isinstance(vlan, str):
        refused(taps[sender], data, others.values(), vlan, what)
        return 0
    got = deliver(taps[sender], data, others.values(), what)
    count = 0
    for name, tap in others.items():
        leave = modes[name].leaves(vlan)
        if only is not None and name != only:
            leave = None
        frames = got[tap.name]
        if leave is None:
            same(frames, [], f"{what}: frames at {name}")
            continue
        same(len(frames), 1, f"{what}: number of frames at {name}")
        same(tags_of(frames[0]), leave, f"{what}: tags at {name}")
        same(frames[0].replace(b"\x81\x00" + bytes([vlan >> 8, vlan & 255]), b"", 1)[14:40]
             if leave else frames[0][14:40],
             data[14 + 4 * len(tags):40 + 4 * len(tags)], f"{what}: payload at {name}")
        count += 1
    return count


@test(smoke=True, limit=90)
def reachability_matrix():
    """broadcasts: access 100/100/200, trunk, native modes, untagged, uplink tags on the wire"""
    switch, modes, taps = build()
    delivered = sum(judge(switch, modes, taps, sender, tag)
                    for sender in modes for tag in (None, 0, 100, 200, 300))
    check(delivered > 60, f"only {delivered} frames delivered in the whole matrix")
    return f"{delivered} deliveries as wanted"


@test(smoke=True)
def unicast_matrix():
    """unicast goes to its one port, and only inside the VLAN; else to-vlan or flood"""
    switch, modes, taps = build()
    guarded = [n for n in MODES]
    for sender in guarded:
        tag = None if modes[sender].pvid is not None else 100
        vlan = modes[sender].enters(tag)
        for target in guarded:
            if target == sender:
                continue
            if vlan in modes[target].allowed:
                same(judge(switch, modes, taps, sender, tag, taps[target].mac, only=target), 1,
                     f"{sender} to {target}")


@test()
def local_port_in_each_mode():
    """dom0's own port as access, trunk, native-tagged, native-untagged and untagged"""
    switch, modes, taps = build(access(100))
    for local in (access(100), trunk(100, 200), native_tagged(100, 200),
                  native_untagged(200, 100), access(0)):
        modes["sw0"] = local
        switch.nl.port_set(switch.ifindex, local.program())
        for sender, tag in (("acc100a", None), ("acc200", None), ("plain", None),
                            ("eth0", 100), ("eth0", None), ("sw0", None), ("sw0", 0),
                            ("sw0", 100), ("sw0", 200), ("sw0", 300)):
            judge(switch, modes, taps, sender, tag)


@test(smoke=True)
def priority_is_kept():
    """a priority tag's PCP survives into the tag on the wire; PCP of a VLAN tag too"""
    switch, modes, taps = build()
    for sender, tag in (("acc100a", (Q, 0, 5)), ("trunk", (Q, 100, 6))):
        got = deliver(taps[sender], frame(BROADCAST, taps[sender].mac, [tag]), [taps["eth0"]])
        same([f[12:16].hex() for f in got["eth0p"]], [f"8100{tag[2] << 13 | 100:04x}"],
             f"tag on the wire for a frame of {sender}")


@test(smoke=True)
def double_tags_do_not_hop():
    """frames with two tags, service tags or a hidden inner tag stay in or die as vlan-stacked"""
    switch, modes, taps = build()
    others = lambda s: [t for n, t in taps.items() if n != s]
    hostile = ([(Q, 100), (Q, 200)], [(Q, 0), (Q, 200)], [(AD, 200)], [(AD, 100), (Q, 200)],
               [(0x9100, 200)], [(Q, 0), (AD, 200)], [(Q, 0), (0x9100, 200)])
    for sender in ("acc100a", "trunk", "ntag", "nunt", "plain"):
        for tags in hostile:
            refused(taps[sender], frame(BROADCAST, taps[sender].mac, tags), others(sender),
                    "vlan-stacked", f"{sender} with tags {tags}")


@test()
def stacked_where_allowed():
    """with STACKED, an inner tag travels behind the outer one and is never exposed"""
    switch = Switch()
    flags = abi.PF_STACKED
    a = switch.port("a", Mode(None, {100, 200}, set(), flags=flags).program())
    t = switch.port("t", trunk(100).program())
    n = switch.port("n", native_untagged(100).program([mac(2)]), claim=1)
    c = switch.port("c", access(100).program([mac(3)]), claim=1)
    e = switch.port("e", UPLINK.program(fdb_max=10))
    data = frame(BROADCAST, mac(1), [100, 200])
    got = deliver(a, data, [t, n, c, e])
    same([tags_of(f) for f in got["tp"]], [[100, 200]], "tags at the trunk")
    same([tags_of(f) for f in got["ep"]], [[100, 200]], "tags at the uplink")
    same((got["np"], got["cp"]), ([], []), "frames at untagged ports")
    for dst, tap in ((mac(2), n), (mac(3), c)):
        got = deliver(a, frame(dst, mac(1), [100, 200]), [t, n, c, e])
        same([f for frames in got.values() for f in frames], [], f"frames sent to {tap.name}")
        same(tap.drops(), {"to-stacked": 1}, f"drops at {tap.name}")
    refused(a, frame(BROADCAST, mac(1), [(AD, 100), 200]), [t, n, c, e], "vlan-stacked")
    refused(a, frame(BROADCAST, mac(1), [300, 200]), [t, n, c, e], "vlan-denied")


@test(smoke=True)
def closed_ports_pass_nothing():
    """joined without a program: nothing in, nothing out, closed and to-closed counted"""
    switch = Switch()
    a = switch.port("a")
    b = switch.port("b", access(100).program([mac(2)]))
    c = switch.port("c", access(100).program())
    check(a.state().closed, "a port without a program is not reported closed")
    for tags in ((), (100,), (0,)):
        refused(a, frame(BROADCAST, mac(1), tags), [b, c, switch], "closed")
    got = deliver(b, frame(BROADCAST, mac(2)), [a, c, switch])
    same([len(got[x]) for x in ("ap", "cp", "sw0")], [0, 1, 0], "frames at closed, open, local")
    b.set(b"")
    check(b.state().closed, "an empty program did not close the port")
    refused(b, frame(BROADCAST, mac(2)), [a, c, switch], "closed")
    same(b.state().program, None, "program of a closed port")


@test()
def program_swap_is_atomic():
    """frames sent while the program flips between VLAN 100 and 200 are never seen elsewhere"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    e = switch.port("e", UPLINK.program(fdb_max=10))
    c = switch.port("c", access(300).program())
    programs = [access(v).program([mac(1)]) for v in (100, 200)]
    data = frame(BROADCAST, mac(1))
    seen = {100: 0, 200: 0}
    for i in range(300):
        a.set(programs[i % 2])
        a.send(data)
        for f in e.received():
            vid = tags_of(f)
            check(vid in ([100], [200]), f"a frame with tags {vid} on the wire")
            seen[vid[0]] += 1
    switch.settle()
    for f in e.received(0.05):
        seen[tags_of(f)[0]] += 1
    same(c.received(), [], "frames in VLAN 300")
    same(sum(seen.values()), 300, "frames on the wire")
    check(min(seen.values()) >= 100, f"frames per VLAN {seen}")
