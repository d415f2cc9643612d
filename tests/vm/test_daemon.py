# SPDX-License-Identifier: GPL-2.0-or-later
"""vifswitchd with a real XenStore daemon and netdevs named like VIFs."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import tty

import abi
import genl
import wait
from dom0 import Dom0, Vif
from registry import check, same, test
from world import BROADCAST, deliver, exists, frame, index, insert, ip, mac, refused, tags_of

MEMORY_LIMIT = 32


class Stream(threading.Thread):
    """Numbered frames at a steady pace from one Tap to another; who got lost?"""

    def __init__(self, source, sink, data, per_second=100):
        super().__init__(daemon=True)
        self.source, self.sink, self.data, self.pause = source, sink, data, 1 / per_second
        self.sent, self.stop, self.numbers = 0, False, set()
        self.reader = threading.Thread(target=self.read, daemon=True)

    def run(self):
        self.reader.start()
        while not self.stop:
            try:
                self.source.send(self.data + b"%08d" % self.sent)
                self.sent += 1
            except OSError:
                pass  # the other end is down or gone: nothing was sent
            time.sleep(self.pause)

    def read(self):
        while not self.stop:
            for f in self.sink.received(0.2):
                if b"number:" in f:
                    self.numbers.add(int(f.split(b"number:")[1][:8]))

    def end(self):
        """Frames lost of those sent."""
        self.stop = True
        self.join(5)
        self.reader.join(5)
        for f in self.sink.received(0.3):
            if b"number:" in f:
                self.numbers.add(int(f.split(b"number:")[1][:8]))
        return self.sent - len(self.numbers)


def numbered(dst, src):
    return frame(dst, src, payload=b"number:", size=0)


def pair(dom0, vlan=100):
    a, b = dom0.vif(1, access=vlan), dom0.vif(2, access=vlan)
    for v in (a, b):
        dom0.plugged(v)
        v.key("state", 4)  # connected: its claim becomes active
    wait.until("both claims to be active", 20, lambda: a.state().claim and b.state().claim)
    return a, b


@test(smoke=True)
def a_vif_becomes_a_port():
    """keys and netdev in either order, then hotplug: plugged with VLAN, guard, rate, MTU; gone again"""
    dom0 = Dom0()
    a = dom0.vif(1, access=100, rate="125000,50000", mtu="1400")
    b = dom0.vif(2, access=100, first="netdev")
    t = dom0.vif(3, bridge="xenbr0:100:200")
    for v in (a, b, t):
        dom0.plugged(v)
    got = deliver(a, frame(BROADCAST, mac(1), size=100), [b, t, dom0.wire])
    same({n: [tags_of(f) for f in frames] for n, frames in got.items()},
         {b.name: [[]], t.name: [[100]], "eth0p": [[100]]}, "tags where the frame arrived")
    refused(a, frame(BROADCAST, mac(2)), [b, t, dom0.wire], "mac-guard")
    refused(a, frame(BROADCAST, mac(1), [200]), [b, t, dom0.wire], "vlan-denied")
    program = abi.header(a.state().program)
    same(program["rate_bps"], 20_000_000, "rate of the program")
    check(program["flags"] & abi.PF_GUEST, "a VIF's port lacks GUEST")
    same(open("/sys/class/net/vif1.0/mtu").read().strip(), "1400", "MTU")
    same(dom0.hotplug(a), (0, ""), "vif-vifswitch online")
    same(dom0.xs.read(a.path + "/hotplug-status"), "connected", "hotplug-status")
    a.key("state", 4)
    wait.until("the VIF to be active", 10, lambda: dom0.entry(a)["state"] == "active")
    dom0.remove(a)
    wait.until("the VIF to be gone", 10, lambda: dom0.entry(a) is None)
    dom0.xs.remove(b.path)
    wait.until("the port to leave when its backend goes", 10, lambda: not dom0.is_open(b))


@test(limit=120)
def bad_values():
    """impossible values are refused with VM, field, value and what would be accepted"""
    dom0 = Dom0()
    good = dom0.vif(90)
    dom0.plugged(good)
    cases = (({"bridge": "xenbr0.5000"}, ("bridge=xenbr0.5000", "1-4094")),
             ({"bridge": "nosuch"}, ("bridge=nosuch", "xenbr0")),
             ({"bridge": "xenbr0.0"}, ("bridge=xenbr0.0", "1-4094")),
             ({"bridge": "xenbr0.100:100"}, ("bridge=xenbr0.100:100",)),
             ({"bridge": "xenbr0:"}, ("bridge=xenbr0:", "1-4094")),
             ({"bridge": "xenbr0.-1"}, ("bridge=xenbr0.-1", "1-4094")),
             ({"bridge": "xenbr0", "vlan": "10p/20p"}, ("vlan=10p/20p",)),
             ({"bridge": "xenbr0", "vlan": "4095"}, ("vlan=4095",)),
             ({"bridge": "xenbr0.5", "vlan": "5"}, ("vlan=5", "bridge=xenbr0.5")),
             ({"mac": mac(90)}, ("mac=" + mac(90),)),
             ({"mac": "01:00:5e:00:00:01"}, ("mac=01:00:5e:00:00:01",)),
             ({"mac": "00:00:00:00:00:00"}, ("mac=00:00:00:00:00:00",)),
             ({"mac": "rubbish"}, ("mac=rubbish", "00:16:3e")),
             ({"mac": None}, ("mac=",)),
             ({"rate": "nonsense"}, ("rate=nonsense", "BYTES,MICROSECONDS")),
             ({"rate": "0,50000"}, ("rate=0,50000",)),
             ({"rate": "1,4294967295"}, ("rate=1,4294967295",)),
             ({"rate": "99999999999999999999,1"}, ("rate=99999999999999999999,1",)),
             ({"mtu": "67"}, ("mtu=67",)), ({"mtu": "70000"}, ("mtu=70000",)),
             ({"mtu": "1e3"}, ("mtu=1e3",)),
             ({"vifname": "a/b"}, ("vifname=a/b", "1-15")),
             ({"vifname": "x" * 16}, ("vifname=" + "x" * 16,)),
             ({"bridge": "xenbr0." + "1" * 1500}, ("1024",)),
             ({"rate": "%s%n\x01\n\x7f"}, ("rate=",)),
             ({"mac": b"\xff\xfe\0:16".replace(b"\0", b"\x01")}, ("mac=",)))
    vifs = []
    for n, (keys, words) in enumerate(cases, 1):
        vifs.append((dom0.vif(n, name=f"web{n}", **keys), words))
    texts = [dom0.refused(v, f"web{v.domid}", *words) for v, words in vifs]
    status, said = dom0.hotplug(vifs[0][0])
    check(status, "vif-vifswitch succeeded for a refused VIF")
    check("bridge=xenbr0.5000" in said, f"the operator's terminal shows only: {said}")
    error = dom0.xs.read(vifs[0][0].path + "/hotplug-error") or ""
    check("web1" in error and "bridge=xenbr0.5000" in error and "4094" in error,
          f"hotplug-error: {error}")
    same(dom0.xs.read(vifs[0][0].path + "/hotplug-status"), "error", "hotplug-status")
    vifs[0][0].key("bridge", "xenbr0.50")
    dom0.plugged(vifs[0][0])
    check(dom0.is_plugged(good), "the good VIF was hurt")
    return f"{len(texts)} refused, e.g. {texts[0]}"


@test(smoke=True, limit=90)
def kill_under_traffic():
    """kill -9 under 100 packets/s: none lost; the next daemon adopts, changes nothing; new VIFs wait"""
    dom0 = Dom0()
    a, b = pair(dom0)
    stream = Stream(a, b, numbered(b.mac, a.mac))
    stream.start()
    time.sleep(1)
    ear = dom0.nl.events()
    before = [(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()]
    dom0.kill(signal.SIGKILL)
    c = dom0.vif(3, access=100)
    time.sleep(1)
    check(not dom0.is_open(c), "a VIF was opened without a daemon")
    status, said = dom0.hotplug(c)
    check(status and "vifswitchd" in said, f"without a daemon vif-vifswitch said: {said!r}")
    same(dom0.xs.read(c.path + "/hotplug-status"), "error", "hotplug-status without a daemon")
    dom0.start()
    dom0.plugged(c)
    time.sleep(1)
    same(stream.end(), 0, f"frames lost of {stream.sent}")
    after = [(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()
             if p.ifindex != c.ifindex]
    same(after, before, "ports after the restart")
    touched = [e["event"] for e in ear.read() if e["port"] in (a.ifindex, b.ifindex)
               and e["event"].startswith("port-")]
    same(touched, [], "events of adopted ports")
    return f"{stream.sent} frames, 0 lost"


@test(limit=90)
def xenstored_dies_and_returns():
    """the XenStore daemon crashes and comes back: ports stay, none lost, new VIFs plug again"""
    dom0 = Dom0()
    a, b = pair(dom0)
    stream = Stream(a, b, numbered(b.mac, a.mac))
    stream.start()
    dom0.store.kill()
    time.sleep(2)
    check(dom0.is_plugged(a) and dom0.is_plugged(b), "ports went with the XenStore daemon")
    same(dom0.ask("show")["xenstore"], False, "xenstore in show")
    # Only in a lab does a store come back empty: fill it before the daemon looks.
    dom0.daemon.send_signal(signal.SIGSTOP)
    dom0.store.start()
    dom0.xs = type(dom0.xs)()
    for v in (a, b):
        dom0.xs.write_many({**dom0.domain_nodes(v.domid),
                            **dom0.vif_nodes(v, bridge="xenbr0.100", state=4)})
    dom0.daemon.send_signal(signal.SIGCONT)
    wait.until("the daemon to be connected again", 30, lambda: dom0.ask("show")["xenstore"])
    c = dom0.vif(3, access=100)
    dom0.plugged(c)
    check(dom0.is_plugged(a) and dom0.is_plugged(b), "ports were lost on reconnecting")
    same(stream.end(), 0, f"frames lost of {stream.sent}")


@contextlib.contextmanager
def kernels_device():
    """/dev/xen/xenbus as it is while xenstored is dead: takes requests, never answers."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.makedirs("/dev/xen")
    os.symlink(os.ttyname(theirs), "/dev/xen/xenbus")
    try:
        yield
    finally:
        shutil.rmtree("/dev/xen")
        os.close(ours)
        os.close(theirs)


@test(limit=90)
def xenstored_dies_beside_the_kernels_device():
    """with the XenStore daemon dead the service answers, and does not ask by /dev/xen/xenbus"""
    dom0 = Dom0()
    with kernels_device():
        dom0.store.kill()
        wait.until("the loss to be noticed", 20, lambda: not dom0.ask("show")["xenstore"])
        end = time.monotonic() + 5      # it has tried again by then
        while time.monotonic() < end:
            same(dom0.ask("show")["xenstore"], False, "xenstore in show")
            time.sleep(0.5)
        dom0.store.start()
        wait.until("the daemon to be connected again", 30, lambda: dom0.ask("show")["xenstore"])


def rename(dom0, old, new):
    """A netdev must be down for that, and the daemon would take it up at once."""
    dom0.daemon.send_signal(signal.SIGSTOP)
    ip(f"link set dev {old} down", f"link set dev {old} name {new}", f"link set dev {new} up")
    dom0.daemon.send_signal(signal.SIGCONT)


@test()
def a_name_is_watched_once():
    """a VM renamed five times: one watch, for where each is another one a second asks for a third"""
    dom0 = Dom0()
    dom0.plugged(dom0.vif(3))
    for name in ("a", "b", "c", "d", "e"):
        dom0.xs.write_many({"/local/domain/3/name": name})
        wait.until(f"the port to be of {name}", 20, lambda name=name: name in [
            port["vm"]["name"] for port in dom0.ask("show")["ports"] if port["vm"]])
    with open(os.path.join(dom0.store.dir, "access")) as f:
        watches = [line for line in f if " watch " in line and "/local/domain/3/name " in line]
    same(len(watches), 1, "watches of the name")


@test(limit=90)
def what_others_do_is_undone():
    """closed by somebody else; closed, then open with his program; taken out, then in again: as it was"""
    dom0 = Dom0()
    a, b = pair(dom0)
    whole = a.state()

    def is_whole():
        try:
            port = a.state()
        except genl.Error:
            return False
        return (port.program, port.cookie) == (whole.program, whole.cookie)

    def other_way(*steps):
        dom0.daemon.send_signal(signal.SIGSTOP)
        for step in steps:
            step()
        dom0.daemon.send_signal(signal.SIGCONT)
        wait.until("the port to be as it was", 20, is_whole)
        dom0.plugged(a)
        same(len(deliver(a, frame(BROADCAST, a.mac), [b])[b.name]), 1, "frames then")

    def close():
        dom0.nl.port_set(a.ifindex, program=b"")

    def leave():
        dom0.nl.port_del(a.ifindex)

    def join(cookie):
        dom0.nl.port_new(index("xenbr0"), a.ifindex, abi.program(0, 300), cookie)
    other_way(close)
    other_way(close, lambda: dom0.nl.port_set(a.ifindex, abi.program(0, 300)))
    other_way(leave)
    other_way(leave, lambda: join(b"another"))
    other_way(leave, lambda: join(whole.cookie))


@test(limit=90)
def netdevs_and_domids_change():
    """renamed; deleted and made anew under the same domid; the domid used by another VM"""
    dom0 = Dom0()
    a, b = pair(dom0)
    rename(dom0, "vif1.0", "web0")
    time.sleep(0.5)
    check(dom0.is_plugged(a), "a rename unplugged the VIF")
    same(len(deliver(a, frame(BROADCAST, a.mac), [b])[b.name]), 1, "frames after the rename")
    rename(dom0, "web0", "vif1.0")
    for _ in range(5):
        old = a.ifindex
        a.remove_netdev()
        a.make_netdev()
        check(a.ifindex != old, "same ifindex: nothing proved")
        dom0.plugged(a)
        same(len(deliver(a, frame(BROADCAST, a.mac), [b])[b.name]), 1, "frames of the new netdev")
        refused(a, frame(BROADCAST, mac(77)), [b, dom0.wire], "mac-guard")
    dom0.remove(a)
    dom0.generation[1] = 7
    other = dom0.vif(1, mac(50), access=200)
    dom0.plugged(other)
    same(deliver(other, frame(BROADCAST, mac(50)), [b, dom0.wire])[b.name], [],
         "frames of the new VM in the old one's VLAN")
    other2 = dom0.vif(4, vifname="renamed0", access=100)
    wait.until("vifname to be applied", 10, lambda: exists("renamed0"))
    dom0.plugged(other2)


@test(limit=120)
def guest_makes_netdevs_come_and_go():
    """a guest that has its netdev re-created in a loop, sending all the time: never outside policy"""
    dom0 = Dom0()
    witness = dom0.vif(2, access=300)
    dom0.plugged(witness)
    vif = Vif(dom0, 1, 0, mac(1))
    dom0.xs.write_many({**dom0.domain_nodes(1), **dom0.vif_nodes(vif, bridge="xenbr0.100")})
    dom0.wire.drain()
    memory = dom0.memory()
    opened = 0
    for n in range(12):
        vif.make_netdev()
        vif.key("state", 2)
        ip(f"link set dev {vif.netdev} up")
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            vif.send(frame(BROADCAST, mac(1)))
            vif.send(frame(BROADCAST, mac(66)))
        opened += dom0.is_open(vif)
        vif.remove_netdev()
        vif.key("state", 6 if n % 2 else 1)
    frames = dom0.wire.received(0.2)
    check(opened, "the VIF was never plugged: nothing proved")
    for f in frames:
        same((tags_of(f), f[6:12].hex(":")), ([100], mac(1)), "a frame on the wire")
    same([f for f in witness.received() if f[6:12].hex(":") != witness.mac], [], "frames in VLAN 300")
    check(dom0.memory() < memory + 2, f"the daemon grew from {memory} to {dom0.memory()} MB")
    return f"{opened} of 12 plugged, {len(frames)} frames on the wire, all inside policy"


@test(smoke=True, limit=120)
def module_reload_under_the_daemon():
    """rmmod under traffic with the daemon running; after insmod every VIF is plugged anew"""
    dom0 = Dom0()
    a, b = pair(dom0)
    stream = Stream(a, b, numbered(b.mac, a.mac))
    stream.start()
    dom0.nl.close()
    done = subprocess.run(["rmmod", "vifswitch"], text=True, stderr=subprocess.PIPE)
    same((done.returncode, done.stderr), (0, ""), "rmmod with the daemon running")
    time.sleep(1)
    check(dom0.daemon.poll() is None, f"the daemon died: {dom0.log()}")
    check(not exists("xenbr0"), "xenbr0 outlived its module")
    insert()
    dom0.nl = type(dom0.nl)()
    dom0.plugged(a, 40)
    dom0.plugged(b, 40)
    stream.end()
    same(len(deliver(a, frame(BROADCAST, a.mac), [b])[b.name]), 1, "frames after the reload")


@test(limit=120)
def flood_of_watch_events():
    """3,000 writes below one VM's backend: bounded memory, other VIFs plug, nothing is confused"""
    dom0 = Dom0()
    a, b = pair(dom0)
    memory, cpu = dom0.memory(), dom0.cpu()
    done = []

    def flood():
        xs = type(dom0.xs)()
        for n in range(3000):
            xs.write(f"{a.path}/{('state', 'hotplug-status', 'junk%d' % (n % 50))[n % 3]}",
                     n % 7 if n % 3 == 0 else "x")
        done.append(n)
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    time.sleep(1)
    c = dom0.vif(3, access=100)
    dom0.plugged(c, 60)
    early = not done
    thread.join(90)
    check(done, "the flood did not end")
    a.key("state", 4)
    wait.until("the flooded VIF to be active", 30, lambda: dom0.entry(a)["state"] == "active")
    check(dom0.is_plugged(a) and dom0.is_plugged(b), "ports changed under the flood")
    text = (f"{memory:.1f} to {dom0.memory():.1f} MB, {dom0.cpu() - cpu:.1f} s CPU; the other VIF "
            f"was plugged {'during' if early else 'after'} the flood")
    check(dom0.memory() < MEMORY_LIMIT, text)
    return text


@test(limit=120)
def faster_than_it_can_look():
    """30 VIFs that come and go at once leave nothing behind; the last one stays plugged"""
    dom0 = Dom0()
    for n in range(30):
        v = dom0.vif(10 + n % 20, mac(10 + n % 20), access=100, devid=n % 2)
        dom0.remove(v)
    last = dom0.vif(10, mac(10), access=100)
    dom0.plugged(last)
    wait.until("all others to be gone", 20,
               lambda: [p["netdev"] for p in dom0.ask("show")["ports"]
                        if p["role"] == "vif"] == ["vif10.0"])
    same(sorted(p.name for p in dom0.nl.ports()), ["eth0", "vif10.0", "xenbr0"], "ports")


@test(limit=120)
def more_events_than_the_store_keeps():
    """120 VIFs in one transaction: oxenstored drops events past 1,024; all are plugged even so"""
    dom0 = Dom0()
    vifs = [Vif(dom0, n, 0, mac(n)) for n in range(1, 121)]
    ip(*(f"link add name {v.netdev} type dummy" for v in vifs))
    nodes = {}
    for v in vifs:
        v.ifindex = index(v.netdev)
        nodes.update({**dom0.domain_nodes(v.domid), **dom0.vif_nodes(v, state=2)})
    dom0.xs.write_many(nodes)
    try:
        wait.until("all VIFs to be plugged", 40, lambda: all(map(dom0.is_plugged, vifs)), 1)
    except wait.Timeout as e:
        raise AssertionError(f"{e}; {sum(1 for v in vifs if dom0.is_plugged(v))} of {len(vifs)}"
                             " are") from None


@test(limit=240)
def plug_1000():
    """1,000 VIFs at once through a real XenStore daemon: all right; time, CPU, memory reported"""
    count = 1000
    dom0 = Dom0()
    ip(*(f"link add name vif{n}.0 address fe:ff:ff:ff:ff:ff type dummy"
         for n in range(1, count + 1)))
    start, cpu = time.monotonic(), dom0.cpu()
    # A transaction fires its watches at its commit; 40 VIFs make about 600 events.
    for first in range(1, count + 1, 40):
        nodes = {}
        for n in range(first, min(first + 40, count + 1)):
            v = Vif(dom0, n, 0, mac(n))
            nodes.update({**dom0.domain_nodes(n),
                          **dom0.vif_nodes(v, bridge=f"xenbr0.{100 + n % 50}", state=2,
                                           rate="125000,50000")})
        dom0.xs.write_many(nodes)
    switch = index("xenbr0")

    def all_open():
        if dom0.nl.switch(switch).port_count < count:
            return False
        return sum(1 for p in dom0.nl.ports(switch)
                   if p.name.startswith("vif") and not p.closed) == count
    try:
        wait.until(f"{count} VIFs to be plugged", 150, all_open, 1)
    except wait.Timeout as e:
        raise AssertionError(f"{e}; {dom0.nl.switch(switch).port_count} ports; "
                             + dom0.log()) from None
    seconds = time.monotonic() - start
    # The last ones are still being brought up, and their state is said.
    wait.until("the last VIF to be up", 30,
               lambda: all(open(f"/sys/class/net/vif{n}.0/flags").read() != "0x82\n"
                           and int(open(f"/sys/class/net/vif{n}.0/flags").read(), 16) & 1
                           for n in range(1, count + 1)), 0.3)
    used = dom0.cpu() - cpu
    bad = []
    for p in dom0.nl.ports(switch):
        if not p.name.startswith("vif"):
            continue
        n = int(p.name[3:].split(".")[0])
        f = abi.header(p.program)
        vif = Vif(dom0, n, 0, mac(n))
        if (p.cookie, f["pvid"], f["rate_bps"]) != (dom0.identity(vif), 100 + n % 50, 20_000_000) \
                or abi.mac_bytes(mac(n)) not in p.program:
            bad.append(p.name)
    same(bad, [], "VIFs with the wrong identity, VLAN, rate or address")
    with open(f"/proc/{dom0.daemon.pid}/maps") as f:
        maps = f.read()
    same([name for name in ("libcrypto", "libssl", "libnss_systemd") if name in maps], [],
         "libraries in its memory that nothing here needs")
    report = {"vifs": count, "seconds": round(seconds, 2), "cpu_seconds": round(used, 2),
              "rss_mb": round(dom0.memory(), 1), "peak_mb": round(dom0.memory("VmHWM"), 1)}
    with open(os.path.join(os.environ["RESULTS"], "plug1000.json"), "w") as f:
        json.dump(report, f)
    check(report["peak_mb"] < MEMORY_LIMIT, str(report))
    return str(report)
