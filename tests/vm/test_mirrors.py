# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrors of the database, with vifswitchd, vifdbd and vifctl: what an operator sees of them."""
import json
import socket
import struct
import subprocess
import tempfile

import ctl
import wait
from dom0 import CONFIG, Dom0, HOST, uuid
from registry import check, same, test
from test_daemon import Stream, numbered
from world import BROADCAST, Namespace, Tap, exists, frame, ip, mac, sysctl, tags_of


def here(dom0, name):
    return ctl.here(dom0, "mirror", name)


def in_state(dom0, name, state):
    return ctl.in_state(dom0, "mirror", name, state)


def copied(dom0, name):
    """Copies counted, on all switches."""
    return sum(s["copies"]["packets"] for s in here(dom0, name)["switches"] if s["copies"])


def vms(dom0, *domids):
    found = [dom0.vif(n, access=100) for n in domids]
    for v in found:
        dom0.plugged(v)
        v.key("state", 4)
    wait.until("the claims to be active", 20, lambda: all(v.state().claim for v in found))
    return found


def comes(tap, data, what, timeout=20):
    """Wait for that frame; those before it."""
    others = []

    def look():
        for got in tap.received(0.05):
            if got == data:
                return True
            others.append(got)
        return False
    wait.until(what, timeout, look, 0.01)
    return others


def to(vif, source):
    return frame(vif.mac, source.mac, payload=b"a frame to be copied", size=60)


@test(limit=200)
def sensor_vif():
    """a VM gets what another sends and gets, and nothing else, over kill -9, replugs and the end"""
    dom0 = Dom0(database=True)
    a, b = vms(dom0, 1, 2)
    sensor = dom0.vif(3, access=100)
    dom0.plugged(sensor)
    out = ctl.run(dom0, "mirror", "add", "span", "vms=vm1", "to=vm3").out
    check("applied" in out or "host1" in out, f"vifctl mirror add: {out}")
    shown = in_state(dom0, "span", "in-force")
    same([(s["switch"], s["output"], s["sources"]) for s in shown["switches"]],
         [("xenbr0", "vif3.0", ["vif1.0"])], "where it is in force")
    entry = dom0.entry(sensor)
    same((entry["state"], entry["output_of"], entry["error"]), ("plugged", "span", None),
         "the sensor's port")
    check(sensor.state().closed, "the sensor's port is open")
    same(dom0.hotplug(sensor)[0], 0, "hotplug of a sensor")
    # Both directions, in order, and nothing that is not vm1's.
    sensor.drain()
    first, last = to(b, a), frame(a.mac, b.mac, payload=b"an answer", size=60)
    a.send(first)
    comes(b, first, "the frame at vm2")
    b.send(frame(BROADCAST, b.mac, payload=b"for all", size=60))
    b.send(last)
    before = comes(sensor, last, "the answer's copy")
    same([f for f in before if a.mac in (f[:6].hex(":"), f[6:12].hex(":"))], [first],
         "copies before the answer's")
    a.drain()
    sensor.send(frame(a.mac, sensor.mac, payload=b"from the sensor", size=60))
    wait.until("the sensor's own frame to be refused", 20, lambda: sensor.drops().get("closed"))
    same([f for f in a.received(0.2) if f[6:12].hex(":") == sensor.mac], [], "let in from a sensor")
    check(copied(dom0, "span") >= 3, f"copies counted: {here(dom0, 'span')}")
    text = ctl.run(dom0, "mirror", "list").out
    check("span" in text and "in-force" in text and "vif3.0" in text, text)
    # The daemon dies: not one copy is lost, and nothing is set anew.
    stream = Stream(a, sensor, numbered(b.mac, a.mac))
    stream.start()
    dom0.kill()
    dom0.start()
    in_state(dom0, "span", "in-force")
    same(dom0.ask("show")["operations"], 0, "operations of the new daemon")
    same(stream.end(), 0, "copies lost over kill -9")
    # The sensor's netdev is another one, then the source's.
    sensor.remove_netdev()
    in_state(dom0, "span", "no-output")
    check("no-output" in ctl.run(dom0, "doctor", status=(1,)).out or
          "go nowhere" in ctl.run(dom0, "doctor", status=(1,)).out, "doctor says nothing")
    sensor.make_netdev()
    in_state(dom0, "span", "in-force")
    a.send(first)
    comes(sensor, first, "a copy at the sensor's new netdev")
    a.remove_netdev()
    in_state(dom0, "span", "no-source")
    a.make_netdev()
    dom0.plugged(a)
    sensor.drain()
    a.send(first)
    comes(sensor, first, "the first frame of the new source")
    # A filter, then the end: the sensor is a VM's port again.
    ctl.run(dom0, "acl", "create", "arp-only")
    ctl.run(dom0, "acl", "rule", "add", "arp-only", "r", "direction=from-vm", "action=allow",
            "ethertype=arp")
    ctl.run(dom0, "mirror", "set", "span", "filter=arp-only")
    in_state(dom0, "span", "in-force")
    sensor.drain()
    count = copied(dom0, "span")
    a.send(first)
    comes(b, first, "the frame that is not copied")
    same(copied(dom0, "span"), count, "copies of what the filter does not allow")
    ctl.run(dom0, "mirror", "del", "span")
    dom0.plugged(sensor)
    same(dom0.entry(sensor)["output_of"], None, "output of")
    ctl.run(dom0, "acl", "delete", "arp-only")
    wait.until("the filter to leave the kernel", 20, lambda: not list(dom0.nl.acls()))


@test(limit=120)
def rspan():
    """copies leave in a VLAN, and from it reach a sensor; no VM has that VLAN"""
    dom0 = Dom0(database=True)
    ip("link add name mon0 type veth peer name mon0p", "link set dev mon0p up")
    mon = Tap("mon0p")
    a, b = vms(dom0, 1, 2)
    t = dom0.vif(4, bridge="xenbr0:100:900")
    dom0.plugged(t)
    ctl.run(dom0, "mirror", "add", "out", "vms=vm1/0", "direction=from", "to-vlan=900")
    shown = in_state(dom0, "out", "in-force")
    check(any("VLAN 900" in n and "vm4" in n for n in shown["notes"]), f"notes: {shown['notes']}")
    dom0.wire.drain()
    data = to(b, a)
    a.send(data)
    copy = data[:12] + b"\x81\x00" + (900).to_bytes(2, "big") + data[12:]
    comes(dom0.wire, copy, "the copy in VLAN 900")
    # What comes in it from another host goes to the sensor alone.
    ctl.run(dom0, "mirror", "add", "in", "netdevs=eth0", "direction=from", "vlan=900",
            "to-netdev=mon0")
    shown = in_state(dom0, "in", "in-force")
    same(shown["switches"][0]["output"], "mon0", "output")
    roles = {p["netdev"]: (p["role"], p["output_of"]) for p in dom0.ask("show")["ports"]}
    same(roles["mon0"], ("sensor", "in"), "mon0")
    for tap in (a, b, t):
        tap.drain()
    other = frame(BROADCAST, mac(77), [900], payload=b"of another host", size=60)
    dom0.wire.send(other)
    comes(mon, other, "the copy from the wire")
    after = frame(BROADCAST, mac(78), [100], payload=b"of the network", size=60)
    dom0.wire.send(after)
    for tap in (a, b, t):
        seen = comes(tap, after if tap is t else after[:12] + after[16:], f"a frame at {tap.name}")
        same([f for f in seen if tags_of(f) == [900] or f[6:12].hex(":") == mac(77)], [],
             f"copies at {tap.name}")
    same([f for f in mon.received(0.2) if tags_of(f) != [900]], [], "frames of other VLANs at the sensor")
    # A VM with that VLAN cannot make any.
    count = copied(dom0, "in")
    t.send(frame(BROADCAST, t.mac, [900], payload=b"forged", size=60))
    wait.until("the forged copy to be refused", 20, lambda: t.drops().get("vlan-denied"))
    same(copied(dom0, "in"), count, "copies of what a VM forged")
    ctl.run(dom0, "mirror", "del", "in")
    wait.until("mon0 to leave the switch", 20,
               lambda: "mon0" not in {p["netdev"] for p in dom0.ask("show")["ports"]})
    ctl.run(dom0, "mirror", "del", "out")
    t.drain()
    b.drain()
    dom0.wire.send(other)
    comes(t, other, "VLAN 900 at its VM again")


def far_host(local, remote, width):
    """Another host, and a wire to it."""
    there = Namespace()
    ip("link add name far type veth peer name farp", f"link set dev farp netns {there.path}")
    for name in ("all", "default", "far"):
        sysctl(f"net.ipv6.conf.{name}.disable_ipv6", 0)
    with there:
        for name in ("all", "default", "farp"):
            sysctl(f"net.ipv6.conf.{name}.disable_ipv6", 0)
        ip("link set dev farp up", f"addr add {remote}/{width} dev farp")
    ip("link set dev far up", f"addr add {local}/{width} dev far")
    return there


def far_end(kind, version, local, remote, width):
    """A host that gets ERSPAN, by the kernel's own device: a Tap on it."""
    there = far_host(local, remote, width)
    with there:
        key = "" if version == 0 else "key 7 seq"
        ip(f"link add name er type {kind} local {remote} remote {local} {key} "
           f"erspan_ver {version}", "link set dev er up")
        tap, wire = Tap("er"), Tap("farp")
    return there, tap, wire


# By type: version and session as they are in the header; type 1 has none.
TOLD = {1: ("", ""), 2: ("1", "7"), 3: ("2", "7")}


def by_tshark(frames):
    """Of each: ERSPAN's version and session ("" in type 1), and whom the copied frame is for."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for data in frames:
            f.write(struct.pack("=IIII", 0, 0, len(data), len(data)) + data)
        f.flush()
        fields = [w for field in ("erspan.version", "erspan.spanid", "eth.dst", "frame.protocols")
                  for w in ("-e", field)]
        done = subprocess.run(["tshark", "-r", f.name, "-T", "fields", "-E", "occurrence=l", *fields],
                              check=True, capture_output=True, text=True, timeout=300)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {(version, session, target) for version, session, target, protocols in rows
            if "gre:erspan:eth" in protocols}


def tunnels():
    done = subprocess.run(["modprobe", "-a", "ip_gre", "ip6_gre"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    same(done.returncode, 0, f"modprobe: {done.stdout}")


@test(limit=120)
def erspan():
    """copies reach another host as ERSPAN of each type, by a netdev that comes and goes with the row"""
    tunnels()
    dom0 = Dom0(database=True)
    a, b = vms(dom0, 1, 2)
    data = to(b, a)
    for family, kind in (("", 2), ("", 3), ("", 1), ("ip6", 2)):
        local, remote, width = ("fd00::1", "fd00::2", "64 nodad") if family else \
            ("10.9.0.1", "10.9.0.2", 24)
        there, tap, wire = far_end(family + "erspan", kind - 1, local, remote, width)
        ctl.run(dom0, "mirror", "add", "far", "vms=vm1", f"to-remote={remote}", f"erspan={kind}",
                *(["session=7"] if kind > 1 else []))
        name = in_state(dom0, "far", "in-force")["switches"][0]["output"]
        check(exists(name), f"{name} is not there")

        def arrives():
            a.send(data)
            return any(f == data for f in tap.received(0.2))
        # The first ones may wait for the other end's address.
        wait.until(f"a copy in ERSPAN {kind} {family}", 30, arrives, 0.05)
        read = by_tshark(wire.received(0.2))
        check((*TOLD[kind], b.mac) in read and {row[:2] for row in read} == {TOLD[kind]},
              f"tshark reads {read} of ERSPAN {kind} {family}")
        ctl.run(dom0, "mirror", "del", "far")
        wait.until("the netdev to go", 20, lambda: not exists(name))
        tap.socket.close()
        wire.socket.close()
        ip("link del dev far")
        there.close()


def key_of(netdev):
    done = subprocess.run(["ip", "-d", "-j", "link", "show", "dev", netdev],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)[0]["linkinfo"]["info_data"]["ikey"]


def relays():
    return [name for _, name in socket.if_nameindex() if name.startswith(("vsto-", "vsfrom-"))]


@test(limit=200)
def sensor_on_another_host():
    """copies go to the host that has the sensor, to the sensor when it is here, and back; and what
    other hosts send for it reaches it alone. The other host is played."""
    tunnels()
    dom0 = Dom0(config='address = "10.9.0.1"\n' + CONFIG, database=True)
    a, b = vms(dom0, 1, 2)
    there = far_host("10.9.0.1", "10.9.0.2", 24)
    wait.until("this host's address in the database", 20,
               lambda: dom0.db.rows("Host", name=HOST)[0].get("address") == "10.9.0.1")
    ctl.run(dom0, "mirror", "add", "span", "vms=vm1", f"to={uuid(7)}")
    in_state(dom0, "span", "no-output")
    dom0.db.insert("Host", name="host2")
    dom0.db.insert("Location", host="host2", vm=["uuid", uuid(7)], devid=0, state="plugged", since=1)
    wait.until("its host's silence to be told", 20,
               lambda: "tells no address" in (here(dom0, "span")["switches"][0]["error"] or ""))
    dom0.db.update("Host", {"name": "host2"}, address="10.9.0.2")
    use, = in_state(dom0, "span", "in-force")["switches"]
    same((use["host"], relays()), ("host2", [use["output"]]), "where copies go")
    check("host2" in ctl.run(dom0, "mirror", "list").out, "vifctl mirror list")
    # A daemon of an older release comes there, which knows of no address; then a newer one.
    own = dom0.db.rows("Host", name=HOST)[0]
    same(own["address_since"], own["since"], "since when this host's address is told")
    dom0.db.update("Host", {"name": "host2"}, since=7, address_since=6)
    wait.until("what an older daemon left to be passed over", 20,
               lambda: "tells no address" in (here(dom0, "span")["switches"][0]["error"] or ""))
    dom0.db.update("Host", {"name": "host2"}, address_since=7)
    use, = in_state(dom0, "span", "in-force")["switches"]
    same((use["host"], relays()), ("host2", [use["output"]]), "where copies go again")
    # What its VM does with its frontend there is no work here.
    passes = dom0.ask("told", since=0)["generation"]
    for state in ("active", "plugged") * 15:
        dom0.db.update("Location", {"host": "host2"}, state=state)
    ctl.run(dom0, "mirror", "set", "span", "copies=99999pps")     # waits for this host
    more = dom0.ask("told", since=0)["generation"] - passes
    check(more < 10, f"{more} passes for 30 changes of a state elsewhere")
    key = key_of(use["output"])
    with there:
        ip("link add name er type gretap local 10.9.0.2 remote 10.9.0.1 "
           f"key {key}", "link set dev er up mtu 9000")
        far = Tap("er")

    def arrives():
        a.send(to(b, a))
        return to(b, a) in far.received(0.2)
    wait.until("a copy at the other host", 30, arrives, 0.05)
    # Whole, though the way takes less; and what it is sent, in order.
    large, back = frame(b.mac, a.mac, payload=b"x" * 1500), frame(a.mac, b.mac, payload=b"y" * 1500)
    far.drain()
    a.send(large)
    comes(b, large, "the large frame at vm2")
    b.send(back)
    before = comes(far, back, "the answer's copy")
    same(before.count(large), 1, "copies of it before the answer's")
    same(here(dom0, "span")["switches"][0]["copies"]["cut"], 0, "cut")
    # The daemon dies: the database tells the new one what it knew.
    stream = Stream(a, far, numbered(b.mac, a.mac))
    stream.start()
    dom0.kill()
    dom0.start()
    same(in_state(dom0, "span", "in-force")["switches"][0]["host"], "host2", "after kill -9")
    same(dom0.ask("show")["operations"], 0, "operations of the new daemon")
    same(stream.end(), 0, "copies lost over kill -9")
    # The sensor comes here.
    sensor = dom0.vif(7, access=100)
    wait.until("the sensor's port", 20, lambda: (dom0.entry(sensor) or {}).get("output_of") == "span")
    wait.until("copies to stay here", 20, lambda: {
        (s["output"], s["host"], s["from_hosts"]) for s in here(dom0, "span")["switches"]
        if s["state"] == "in-force"} == {("vif7.0", None, False), ("vif7.0", None, True)})
    sensor.drain()
    a.send(large)
    comes(sensor, large, "a copy at the sensor")
    # Other hosts' copies reach it, and nobody else.
    b.drain()
    tagged = frame(BROADCAST, mac(77), [300], payload=b"of another host", size=60)
    comes_to = [tagged, frame(b.mac, a.mac, payload=b"there", size=60)]

    def reaches():
        for data in comes_to:
            far.send(data)
        return [f for f in sensor.received(0.2) if f in comes_to][-2:] == comes_to
    wait.until("copies of the other host", 30, reaches, 0.05)
    same([f for f in b.received(0.2) if f in comes_to], [], "copies at vm2")
    same([name[:7] for name in relays()], ["vsfrom-"], "netdevs for other hosts")
    # It goes again.
    dom0.remove(sensor)
    wait.until("copies to go to the other host again", 20,
               lambda: [name[:5] for name in relays()] == ["vsto-"] and
               here(dom0, "span")["state"] == "in-force")
    wait.until("a copy there", 30, arrives, 0.05)
    ctl.run(dom0, "mirror", "del", "span")
    wait.until("the netdev to go", 20, lambda: not relays())
    there.close()
