# SPDX-License-Identifier: GPL-2.0-or-later
"""Uplinks that are bonds: made, changed and kept by vifswitchd; nothing lost, nothing twice."""
import os
import subprocess
import time

import ctl
import ovspeer
import wait
from dom0 import HOST, Dom0
from packet import frame
from registry import check, same, test
from test_doctor import doctor
from world import BROADCAST, Namespace, Tap, exists, index, ip, mac

MEMBERS = ("e1", "e2")
OUTSIDE = "00:16:3e:00:00:77"


def cables():
    """Two NICs of this host; the other end of each is NAMEp."""
    for name in MEMBERS:
        ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p up")


def cables_to_peer():
    """The same; the other ends are another host's, which it returns."""
    cables()
    peer = Namespace()
    for n in MEMBERS:
        ip(f"link set dev {n}p netns {peer.path}")
    with peer:
        ip(*(f"link set dev {n}p up" for n in MEMBERS))
    return peer


def config(options="", name="bond0"):
    return "switch xenbr0 {\n\tuplink %s { members = {e1, e2} %s }\n}\n" % (name, options)


def read(path):
    try:
        with open("/sys/class/net/" + path) as f:
            return f.read().strip()
    except OSError:
        return None


def members(bond="bond0"):
    return sorted((read(f"{bond}/bonding/slaves") or "").split())


def option(name, bond="bond0"):
    return (read(f"{bond}/bonding/{name}") or "").split(" ")[0]


def plugged(dom0, uplink="bond0"):
    def there():
        return exists(uplink) and any(p.ifindex == index(uplink) and not p.closed for p in dom0.nl.ports())
    try:
        wait.until(f"{uplink} to be a port", 30, there)
    except wait.Timeout as e:
        raise AssertionError(f"{e}: {dom0.log(4000)}") from None


def bonded(text, name="bond0", database=False):
    """A dom0 whose uplink is a bond of both cables, and a VM behind it."""
    cables()
    dom0 = Dom0(text, uplink=False, database=database)
    plugged(dom0, name)
    wait.until("both members", 20, lambda: members(name) == sorted(MEMBERS))
    vif = dom0.vif(1)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the VM to have its address", 20, lambda: dom0.nl.port(vif.ifindex).claim == 1)
    return dom0, vif


def numbered(n):
    return frame(OUTSIDE, mac(1), payload=b"%08d" % n)


def numbers(frames):
    """Those of the VM's frames."""
    return [int(f[14:22]) for f in frames if f[:6] == bytes.fromhex(OUTSIDE.replace(":", ""))]


def announced(frames):
    """RARPs that say where the VM is."""
    me = bytes.fromhex(mac(1).replace(":", ""))
    return [f for f in frames if f[6:12] == me and f[12:14] == b"\x80\x35"]


def flaps(names):
    return {n: read(n + "/carrier_changes") for n in names}


def sends_over_a_restart(dom0, vif, wire):
    """Ninety frames of the VM arrive once each, over kill -9 and restart of the daemon."""
    wait.until("frames to pass", 60, lambda: vif.send(numbered(0)) or numbers(wire.received(0.1)))
    wire.drain()
    for n in range(1, 91):
        vif.send(numbered(n))
        if n == 30:
            dom0.kill()
        if n == 60:
            dom0.start()
    got = []
    for _ in range(200):
        got += numbers(wire.received())
        if len(got) >= 90:
            break
        time.sleep(0.05)
    same(sorted(got), list(range(1, 91)), "frames over kill -9 and restart")


@test(smoke=True, limit=180)
def bond_of_two_cables():
    """active-backup: made by the service, kept by kill -9 and restart, a dead cable is left at once"""
    dom0, vif = bonded(config("primary = e1"))
    same((option("mode"), option("miimon"), option("primary")), ("active-backup", "100", "e1"), "options")
    wait.until("the primary to carry", 20, lambda: option("active_slave") == "e1")
    taps = [Tap(n + "p") for n in MEMBERS]
    before = flaps((*MEMBERS, "bond0")), index("bond0")
    for n in range(60):
        vif.send(numbered(n))
        if n == 20:
            dom0.kill()
        if n == 40:
            dom0.start()
    dom0.plugged(vif)
    got = [[], []]
    for _ in range(200):
        for i, t in enumerate(taps):
            got[i] += numbers(t.received())
        if len(got[0]) >= 60:
            break
        time.sleep(0.05)
    same(got, [list(range(60)), []], "frames by each cable, over kill -9 and restart")
    same((flaps((*MEMBERS, "bond0")), index("bond0")), before, "links over a restart")
    # What did the new process do? Nothing.
    same(dom0.ask("show")["operations"], 0, "operations of a restarted daemon")
    for t in taps:
        t.drain()
    ip("link set dev e1p down")
    wait.until("the other member to carry", 20, lambda: option("active_slave") == "e2")
    states = lambda: {m["netdev"]: m["state"] for m in ctl.document(  # noqa: E731
        dom0, "uplink", "show", "bond0")["uplinks"][0]["members"]}
    wait.until("that to be shown", 20, lambda: states() == {"e1": "down", "e2": "active"})
    found = doctor(dom0)["member", "e1"]
    check("member e1: its link is down" in found["text"], found)
    seen = []
    wait.until("the VM to be announced there", 20, lambda: seen.extend(taps[1].received()) or announced(seen))
    vif.send(numbered(100))
    wait.until("its frames there", 20, lambda: numbers(taps[1].received()) == [100])
    ip("link set dev e1p up")
    wait.until("the primary to carry again", 20, lambda: option("active_slave") == "e1")
    seen.clear()
    wait.until("the VM to be announced there again", 20,
               lambda: seen.extend(taps[0].received()) or announced(seen))
    # What was made goes when nothing names it any more; what was not does not.
    ip("link add bond9 type bond")
    dom0.kill()
    with open(dom0.config, "w") as f:
        f.write("switch xenbr0 { }\n")
    dom0.start()
    wait.until("the bond to be gone", 20, lambda: not exists("bond0"))
    check(exists("bond9"), "a bond that somebody else made is gone")


@test(limit=180)
def bond_that_speaks_lacp():
    """LACP with the bonding driver: aggregates, and kill -9 and restart flap and lose nothing"""
    peer = Namespace()
    cables()
    ip(*(f"link set dev {n}p down netns {os.getpid()}" for n in MEMBERS))
    for n in MEMBERS:
        ip(f"link set dev {n}p netns {peer.path}")
    with peer:
        ip("link add lag type bond mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4",
           *(f"link set dev {n}p master lag" for n in MEMBERS), "link set dev lag up")
        wire = Tap("lag")
    dom0 = Dom0(config("bond_mode = \"balance-tcp\" lacp_time = \"fast\""), uplink=False)
    plugged(dom0)
    same((option("mode"), option("lacp_rate"), option("xmit_hash_policy")),
         ("802.3ad", "fast", "layer3+4"), "options")
    wait.until("both to be aggregated", 60, lambda: option("ad_num_ports") == "2")
    vif = dom0.vif(1)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the VM to have its address", 20, lambda: dom0.nl.port(vif.ifindex).claim == 1)
    with peer:
        wait.until("the peer to aggregate both", 60,
                   lambda: (read("lag/bonding/ad_num_ports") or "") in ("2", None, ""))
    before = [read(f"{n}/bonding_slave/link_failure_count") for n in MEMBERS], flaps(MEMBERS)
    sends_over_a_restart(dom0, vif, wire)
    same(([read(f"{n}/bonding_slave/link_failure_count") for n in MEMBERS], flaps(MEMBERS)), before, "flaps")
    same(option("ad_num_ports"), "2", "ports of the aggregate")
    shown, = ctl.document(dom0, "uplink", "show")["uplinks"]
    same((shown["bond_mode"], shown["ours"], shown["lacp"]["aggregated"], [m["state"] for m in shown["members"]]),
         ("balance-tcp", True, 2, ["active", "active"]), "what is shown")
    check("partner" in ctl.run(dom0, "uplink", "show", "bond0").out, "text")
    # The other end stops speaking LACP at one cable, then at both.
    with peer:
        ip("link set dev e2p nomaster", "link set dev e2p up")
    wait.until("the one-sided cable to be told of", 120, lambda: "member e2: LACP leaves it out" in
               doctor(dom0).get(("member", "e2"), {"text": ""})["text"])
    with peer:
        ip("link set dev e1p nomaster", "link set dev e1p up")
    wait.until("no partner to be told of", 120, lambda: "no LACP partner answers" in
               doctor(dom0).get(("lacp", "bond0"), {"text": ""})["text"])


def settled_lacp(ovs):
    """Do both ends use both cables?"""
    shown = ovs.appctl("lacp/show")
    return shown.count("current attached") == 2 and "negotiated" in shown and \
        option("ad_num_ports") == "2"


@test(limit=240)
def bond_that_speaks_lacp_with_openvswitch():
    """LACP with Open vSwitch, either end passive: nothing lost, nothing twice, no flap by kill -9"""
    peer = cables_to_peer()
    with peer:
        ovs = ovspeer.Ovs().start()
        ovs.vsctl("add-br", "ext", "--", "add-bond", "ext", "lag", "e1p", "e2p", "bond_mode=balance-tcp",
                  "lacp=passive")
        ip("link set dev ext up")
        wire = Tap("ext")
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=bond0")
    ctl.run(dom0, "uplink", "add", "bond0", "members=e1,e2", "bond-mode=balance-tcp")
    plugged(dom0, "bond0")
    vif = dom0.vif(1)
    dom0.plugged(vif)
    wait.until("both ends to use both cables", 90, lambda: settled_lacp(ovs))
    shown, = ctl.document(dom0, "uplink", "show")["uplinks"]
    lag = ovs.appctl("lacp/show").lower()
    check(shown["lacp"]["partner"] in lag, (shown["lacp"], lag))
    same([m["state"] for m in shown["members"]], ["active", "active"], "members")
    flapped = lambda: [read(f"{n}/bonding_slave/link_failure_count") for n in MEMBERS]  # noqa: E731
    before = flapped()
    sends_over_a_restart(dom0, vif, wire)
    same((flapped(), settled_lacp(ovs)), (before, True), "LACP over kill -9 and restart")
    # The other way round: this end only answers.
    ctl.run(dom0, "uplink", "set", "bond0", "lacp=passive", "--yes")
    ovs.vsctl("set", "port", "lag", "lacp=active")
    wait.until("this end to be passive", 30, lambda: option("lacp_active") == "off")
    wait.until("both ends to use both cables again", 90, lambda: settled_lacp(ovs))
    # A cable that is pulled is left by both ends.
    wait.until("frames to pass", 60, lambda: vif.send(numbered(0)) or numbers(wire.received(0.1)))
    ip("link set dev e1 down")
    wait.until("the other cable to carry alone", 60, lambda: option("ad_num_ports") == "1" and
               ovs.appctl("lacp/show").count("current attached") == 1)
    wire.drain()
    for n in range(100, 120):
        vif.send(numbered(n))
    got = []
    wait.until("the last frame", 30, lambda: got.extend(numbers(wire.received(0.1))) or 119 in got)
    same(sorted(got), list(range(100, 120)), "frames by the cable that is left")
    ovs.stop()


def switch_row(dom0, **columns):
    dom0.db.insert("Switch", name="xenbr0", **columns)


@test(limit=180)
def bond_of_the_database():
    """vifctl uplink add, set, del: live what can be live; a bond that others made stays theirs"""
    cables()
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=up0")
    ctl.run(dom0, "uplink", "add", "up0", "members=e1,e2", "primary=e1")
    plugged(dom0, "up0")
    wait.until("both members", 20, lambda: members("up0") == sorted(MEMBERS))
    before = flaps(("up0", *MEMBERS))
    ctl.run(dom0, "uplink", "set", "up0", "updelay=300", "downdelay=200", "primary=e2", "miimon=50")
    wait.until("the options to be in force", 20, lambda: [
        option(o, "up0") for o in ("updelay", "downdelay", "miimon", "primary")] == ["300", "200", "50", "e2"])
    same(flaps(("up0", *MEMBERS)), before, "links over live changes")
    ctl.run(dom0, "uplink", "set", "up0", "members-=e1")
    wait.until("the member to be out", 20, lambda: members("up0") == ["e2"])
    said = ctl.run(dom0, "uplink", "set", "up0", "bond-mode=balance-tcp", "primary=", status=(1,)).said
    check("so what it carries is interrupted; --yes does" in said, said)
    ctl.run(dom0, "uplink", "set", "up0", "members+=e1", "bond-mode=balance-tcp", "primary=", "--yes")
    wait.until("another mode", 20, lambda: option("mode", "up0") == "802.3ad" and members("up0") == sorted(MEMBERS))
    wait.until("it to be up", 20, lambda: int(read("up0/flags"), 16) & 1)
    # A member that the host's own network hangs on, or that something else has, is left there.
    ctl.run(dom0, "uplink", "set", "up0", "members-=e1")
    wait.until("the member to be out", 20, lambda: members("up0") == ["e2"])
    ip("addr add 192.0.2.2/24 dev e1", "link set dev e1 up")
    ctl.run(dom0, "uplink", "set", "up0", "members+=e1", "--no-wait")
    text = "e1: not made a member: it bears 192.0.2.2/24"
    wait.until("the refusal to be shown", 20, lambda: text in ctl.run(dom0, "show").out)
    same(members("up0"), ["e2"], "members")
    ip("addr flush dev e1")
    wait.until("both members again", 60, lambda: members("up0") == sorted(MEMBERS))
    # What this service did not make it does not touch.
    ctl.run(dom0, "uplink", "del", "up0", "--yes")
    wait.until("the bond to be gone", 20, lambda: not exists("up0"))
    ip("link add up0 type bond mode balance-rr")
    ctl.run(dom0, "uplink", "add", "up0", "members=e1,e2", "--no-wait")
    wait.until("that to be said", 20, lambda: "a bond of that name exists that this service did not make"
               in ctl.run(dom0, "show").out)
    same((option("mode", "up0"), members("up0")), ("balance-rr", []), "somebody else's bond")
    done = ctl.run(dom0, "uplink", "set", "up0", "members=", "--yes", status=(0, 1))
    check(done.status == 0, (done, dom0.db.host(HOST), dom0.ask("show")["switches"], dom0.log(6000)))
    plugged(dom0, "up0")
    same(option("mode", "up0"), "balance-rr", "somebody else's bond, used as it is")


def database_bond(*options):
    """A bond of both cables, of the database, and a VM behind it."""
    cables()
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=up0")
    ctl.run(dom0, "uplink", "add", "up0", "members=e1,e2", *options)
    plugged(dom0, "up0")
    wait.until("both members", 20, lambda: members("up0") == sorted(MEMBERS))
    vif = dom0.vif(1)
    dom0.plugged(vif)
    return dom0, vif


def passes(vif, taps, number):
    vif.send(numbered(number))
    return any(number in numbers(t.received(0.1)) for t in taps)


def is_up(netdev):
    return int(read(netdev + "/flags") or "0", 16) & 1


@test(limit=180)
def bond_whose_lacp_changes():
    """what the kernel changes while a bond is down, of which it tells nobody, leaves it up and carrying"""
    dom0, vif = database_bond("bond-mode=balance-tcp")
    taps = [Tap(n + "p") for n in MEMBERS]

    def told(line):
        with open("/proc/net/bonding/up0") as f:
            return line in f.read()
    ways = ((["lacp-time=fast"], lambda: option("lacp_rate", "up0") == "fast"),
            (["lacp=passive"], lambda: told("LACP active: off")),
            (["lacp=off", "lacp-time="], lambda: option("mode", "up0") == "balance-xor"),
            (["lacp=active"], lambda: option("mode", "up0") == "802.3ad" and told("LACP active: on")))
    for n, (words, changed) in enumerate(ways, 1):
        ctl.run(dom0, "uplink", "set", "up0", *words, "--yes")
        wait.until(f"{words} to be in force", 20, changed)
        wait.until(f"carrier after {words}", 30, lambda: is_up("up0") and read("up0/carrier") == "1")
        same(members("up0"), sorted(MEMBERS), f"members after {words}")
        wait.until(f"frames to pass after {words}", 60, lambda: passes(vif, taps, n))
    # The kernel and the daemon agree: nothing is left to do.
    before = dom0.ask("show")["operations"]
    ip("link add other0 type dummy", "link del dev other0")
    wait.until("a pass", 20, lambda: dom0.ask("version"))
    same(dom0.ask("show")["operations"], before, "operations without a change")


@test(limit=180)
def members_that_are_left_as_they_are():
    """a member of which something is made is not taken, and one that the kernel refuses is up again"""
    dom0, _ = database_bond()
    ip("link add e3 type veth peer name e3p", "link set dev e3p up", "link set dev e3 up",
       "link add link e3 name e3.100 type vlan id 100", "link set dev e3.100 up",
       "addr add 192.0.2.2/24 dev e3.100", "route add 198.51.100.0/24 via 192.0.2.1")
    ctl.run(dom0, "uplink", "set", "up0", "members+=e3", "--no-wait")
    text = "e3: not made a member: e3.100 is made of it, and would be cut off"
    wait.until("the refusal to be shown", 20, lambda: text in ctl.run(dom0, "show").out)
    routes = subprocess.run(["ip", "route", "show", "198.51.100.0/24"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    check("via 192.0.2.1 dev e3.100" in routes and is_up("e3"), f"the host's route: {routes}")
    ip("link del dev e3.100")
    wait.until("it to be a member", 60, lambda: members("up0") == ["e1", "e2", "e3"])
    said = ctl.run(dom0, "uplink", "set", "up0", "members=no1,no2", "--yes", status=(1,)).said
    check("none of its members is a network device of this host" in said, said)
    same(members("up0"), ["e1", "e2", "e3"], "members when the host has none of the new ones")
    ctl.run(dom0, "uplink", "set", "up0", "members=e1,e2,e3", "--yes")
    # The members are of Ethernet; this is not.
    subprocess.run(["modprobe", "tun"], check=True)
    ip("tuntap add dev t1 mode tun", "link set dev t1 up")
    ctl.run(dom0, "uplink", "set", "up0", "members+=t1", "--no-wait")
    wait.until("the kernel's refusal to be shown", 20, lambda: "t1: not made a member: " in ctl.run(dom0, "show").out)
    wait.until("it to be up again", 20, lambda: is_up("t1"))
    same(members("up0"), ["e1", "e2", "e3"], "members")


@test(limit=180)
def uplink_that_becomes_a_member():
    """an uplink by itself carries on until there is the bond that it is to go into"""
    cables()
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=e1")
    plugged(dom0, "e1")
    vif = dom0.vif(1)
    dom0.plugged(vif)
    tap = Tap("e1p")
    ip("link add up0 type bond")
    ctl.run(dom0, "uplink", "add", "up0", "members=e1,e2", "--no-wait")
    ctl.run(dom0, "switch", "set", "xenbr0", "uplinks=up0", "--no-wait")
    wait.until("the bond in the way to be told of", 20, lambda: "a bond of that name exists that this service did "
               "not make" in ctl.run(dom0, "show").out)
    plugged(dom0, "e1")
    same(members("up0"), [], "members of somebody else's bond")
    wait.until("frames to pass", 20, lambda: passes(vif, [tap], 1))
    ip("link del dev up0")
    wait.until("the members of the service's own", 60, lambda: members("up0") == sorted(MEMBERS))
    plugged(dom0, "up0")
    wait.until("frames to pass", 20, lambda: passes(vif, [tap], 2))


@test(limit=120)
def uplinks_are_no_way_through():
    """what comes by one uplink leaves by no other, unless transit says so"""
    cables()
    dom0 = Dom0("switch xenbr0 {\n\tuplink e1 { }\n\tuplink e2 { }\n}\n", uplink=False, database=True)
    for n in MEMBERS:
        plugged(dom0, n)
    vif = dom0.vif(1)
    dom0.plugged(vif)
    taps = {n: Tap(n + "p") for n in MEMBERS}

    def isolated():
        return dom0.nl.port(index("e1")).drops.get("isolated", 0)

    def crosses(data):
        for tap in (taps["e2"], vif):
            tap.drain()
        before, seen, inside = isolated(), [], []
        taps["e1"].send(data)
        # A broadcast reaches the VM, whatever the other uplink gets.
        wait.until("it to be judged", 20, lambda: seen.extend(taps["e2"].received()) or inside.extend(vif.received())
                   or isolated() > before or any(f[:14] == data[:14] for f in seen + inside))
        vif.send(frame(OUTSIDE, mac(1), payload=b"after it"))
        wait.until("what was sent after it", 20, lambda: seen.extend(taps["e2"].received()) or
                   any(f[6:12] == bytes.fromhex(mac(1).replace(":", "")) for f in seen))
        return any(data[:14] == f[:14] for f in seen)

    same(crosses(frame(BROADCAST, mac(9))), False, "a broadcast went through the host")
    taps["e2"].send(frame(BROADCAST, mac(8)))
    wait.until("an address behind the other", 20, lambda: dom0.nl.port(index("e2")).fdb_count)
    same(crosses(frame(mac(8), mac(9))), False, "a frame went through the host")
    same(isolated(), 1, "counted as isolated")
    told = ctl.document(dom0, "why", "e1", "eth:0x88b5", "from=" + mac(9), "to=" + mac(8), status=(1,))
    same(told["reason"], "isolated", "what why says")
    check("vifctl uplink" in told["fix"], told)
    ctl.run(dom0, "uplink", "add", "e2", "transit=true")
    dom0.db.applied(HOST)
    same(crosses(frame(BROADCAST, mac(9))), True, "a broadcast with transit")
    same(crosses(frame(mac(8), mac(9))), True, "a frame with transit")


def plain_bond():
    """The bonding driver alone, with two cables of its own; the Taps at their other ends."""
    for name in ("f1", "f2"):
        ip(f"link add name {name} type veth peer name {name}p", f"link set dev {name}p up")
    ip("link add plain0 type bond mode active-backup miimon 100",
       *(f"link set dev {n} master plain0" for n in ("f1", "f2")), "link set dev plain0 up",
       "link set dev plain0 type bond primary f1")
    wait.until("the plain bond's primary to carry", 20, lambda: option("active_slave", "plain0") == "f1")
    return Tap("plain0"), [Tap(n + "p") for n in ("f1", "f2")]


def pulled_under_traffic(ways, pulled):
    """Numbered frames by all ways at once, {name: (send, receivers)}, while links go down.

    send(n) sends the n-th. Nothing comes twice, nothing is lost before, and all go on.
    """
    got = {name: [] for name in ways}
    sent = 0

    def step():
        nonlocal sent
        for name, (send, receivers) in ways.items():
            send(sent)
            for t in receivers:
                got[name] += numbers(t.received())
        sent += 1
        time.sleep(0.002)

    for _ in range(100):
        step()
    ip(*(f"link set dev {link} down" for link in pulled))
    before = sent

    def recovered(name):
        return any(n > before and n >= sent - 20 for n in got[name])
    wait.until("all to go on", 60, lambda: [step() for _ in range(20)] and all(recovered(n) for n in ways), 0.001)
    for _ in range(50):
        step()
    wait.until("the last frames", 20, lambda: all(
        got[n].extend(x for t in ways[n][1] for x in numbers(t.received())) or sent - 1 in got[n] for n in ways))
    lost = {}
    for name, numbers_got in got.items():
        same(len(numbers_got), len(set(numbers_got)), f"{name}: frames that came twice")
        lost[name] = sent - len(set(numbers_got))
        same([n for n in range(before) if n not in set(numbers_got)], [], f"{name}: lost before the cable was pulled")
    print(f"lost of {sent} when the cable was pulled: {lost}", flush=True)


@test(limit=240)
def cable_pulled_under_traffic():
    """the cable that carries all is pulled under traffic: nothing comes twice, and both ways go on"""
    dom0, vif = bonded(config("primary = e1"))
    wait.until("the primary to carry", 20, lambda: option("active_slave") == "e1")
    plain, ends = plain_bond()
    pulled_under_traffic({
        "vifswitch": (lambda n: vif.send(numbered(n)), [Tap(n + "p") for n in MEMBERS]),
        "bonding alone": (lambda n: plain.send(numbered(n)), ends)}, ["e1p", "f1p"])
