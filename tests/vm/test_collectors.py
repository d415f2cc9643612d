# SPDX-License-Identifier: GPL-2.0-or-later
"""What collectors are told of ports, with vifswitchd, vifdbd, vifctl and vifexportd."""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

import abi
import confine
import ctl
import flowdecode
import packet
import wait
from collector import Collector, sums
from dom0 import RELEASE, TOP, Dom0, uuid
from packet import icmp, tcp, udp
from registry import check, same, test
from test_flow import refused_at
from test_offload import transfer
from world import BROADCAST, Guest, frame, ip, mac, sysctl

sys.path.append(os.path.join(TOP, "tests", "vifexportd"))
import judges  # noqa: E402

A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"
SOON = ("active-timeout=1s", "idle-timeout=1s")
PACKETS, OCTETS, OCTETS_L2, FORWARDING = 2, 1, 352, 89


def number_of(dom0, vif):
    return ctl.document(dom0, "port", "show", vif.netdev)["ports"][0]["interface_number"]


def numbered(dom0, vif):
    return wait.until(f"a number for {vif.netdev}", 30, lambda: number_of(dom0, vif), 0.05)


@test(smoke=True)
def numbers():
    """an identity's number comes with its first exporter, stays over kill -9, and has one owner"""
    dom0 = Dom0(database=True)
    a, b = dom0.vif(3, access=100), dom0.vif(4, access=100)
    for v in (a, b):
        dom0.plugged(v)
    ctl.run(dom0, "exporter", "add", "x", "format=ipfix", "to=192.0.2.9", f"vms={uuid(3)}")
    first = numbered(dom0, a)
    same(number_of(dom0, b), None, "who is not told of")
    dom0.kill()
    dom0.start()
    dom0.plugged(a)
    same(numbered(dom0, a), first, "after kill -9")
    # Another identity took the place where this one is looked for first.
    dom0.db.transact(
        {"op": "delete", "table": "Interface", "where": []},
        {"op": "insert", "table": "Interface", "row": {
            "vm": ["uuid", uuid(9)], "devid": 0, "number": first}})
    wait.until("another number", 30, lambda: number_of(dom0, a) not in (None, first), 0.05)
    ctl.run(dom0, "exporter", "set", "x", "vms=")
    same(len({numbered(dom0, a), numbered(dom0, b), first}), 3, "numbers")
    same(len({r["number"] for r in dom0.db.rows("Interface")}), 3, "numbers in the database")


# ---- vifexportd ----

class Exportd:
    def __init__(self, dom0):
        self.dom0 = dom0
        self.start()

    def start(self):
        program = os.path.join(RELEASE, "vifexportd")
        self.process = subprocess.Popen(
            [program, "--foreground", f"--socket={self.dom0.control}",
             f"--listen=unix:{self.dom0.dir}/export", f"--static={TOP}/dom0/vifexportd/static"],
            preexec_fn=confine.under(program, "/tmp/dom0-*/* rw", f"{TOP}/dom0/vifexportd/static/** r"))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def end(self):
        self.process.terminate()
        same(self.process.wait(60), 0, "vifexportd's exit status")
        same(confine.denied("vifexportd"), [], "what AppArmor denied")


def here(dom0, name):
    return ctl.here(dom0, "exporter", name)


def in_state(dom0, name, state):
    return ctl.in_state(dom0, "exporter", name, state)


def metered(dom0, vif):
    """Its number, once its flows are counted or it is sampled, and its address is its own."""
    dom0.plugged(vif)
    vif.key("state", 4)

    def is_metered():
        h = abi.header(vif.state().program)
        return (h["flow_entries"] or h["sample_every"]) and vif.state().claim
    wait.until(f"{vif.netdev} to be metered", 30, is_metered, 0.05)
    return numbered(dom0, vif)


def add(dom0, name, form, *fields):
    ctl.run(dom0, "exporter", "add", name, f"format={form}", *fields)


def counted_by(own, *numbers):
    """vifexportd knows the ports by their numbers: it tells their counters under them."""
    wait.until(f"counters of {numbers}", 30, lambda: set(numbers) <= {
        c["source"] for c in own.take().decoder.counters}, 0.05)


def known(dom0, numbers):
    """vifexportd knows the VIFs by their numbers, and none of them is sampled."""
    own = Collector()
    add(dom0, "counters", "sflow", f"to={own.to}", "polling=1s")
    counted_by(own, *numbers.values())
    ctl.run(dom0, "exporter", "del", "counters")
    for v in numbers:
        wait.until(f"{v.netdev} to be sampled no more", 30,
                   lambda v=v: not abi.header(v.state().program)["sample_every"], 0.05)
    own.close()


def wrapped(source, sink, data, **more):
    return frame(sink.mac, source.mac, kind=0x86dd if data[0] >> 4 == 6 else 0x800, payload=data, **more)


# ---- what collectors come to ----

@contextlib.contextmanager
def capd(program):
    """nfcapd or sfcapd; what nfdump says of all that it got is in the dictionary, afterwards."""
    port, found = judges.free_port(), {}
    with tempfile.TemporaryDirectory() as folder:
        with judges.collector([program, "-l", folder, "-p", str(port), "-b", "127.0.0.1", "-t", "3600",
                               "-B", "8000000"], port):
            found["to"] = f"127.0.0.1:{port}"
            yield found
        done = subprocess.run(["nfdump", "-R", folder, "-I"], check=True, capture_output=True, text=True,
                              timeout=240)
    found.update(line.split(": ") for line in done.stdout.splitlines() if ": " in line)
    same(found["Sequence failures"], "0", program)


def every_kind(a, b, t):
    """Frames of every kind that a and t, which is a trunk, send to b; octets of those refused."""
    big = packet.fragments(packet.ip4(A, B, 17, udp(A, B, 5, 6, b"y" * 2000)[20:]), 1000)
    frames = [wrapped(a, b, udp(A, B, 1000, 2000))] * 30 + [
        wrapped(a, b, tcp(A, B, 7, 8)), wrapped(a, b, icmp(A, B)), wrapped(a, b, udp(A6, B6, 1, 2)),
        wrapped(a, b, tcp(A6, B6, 7, 8)), *(wrapped(a, b, part) for part in big),
        frame(BROADCAST, a.mac, kind=0x806, payload=packet.arp(a.mac, A, tpa=B))]
    forged = [frame(b.mac, mac(99), payload=bytes(80))] * 3
    for data in frames + forged:
        a.send(data)
    for vlan in (100, 100, 200):
        t.send(wrapped(t, b, udp(A, B, 3000, vlan), tags=[vlan]))
    return sum(map(len, forged))


def exact(vif, number, own, refused=0):
    """All records of the port come to what it counted, and what it refused."""
    state = vif.state()
    wanted = (state.from_packets + sum(refused_at(state).values()), state.from_bytes + refused)
    return sums(own.flows(number), PACKETS, OCTETS_L2) == wanted and wanted


def until_exact(vif, number, own, refused=0):
    try:
        return wait.until(f"all of {vif.netdev} to be told", 60,
                          lambda: exact(vif, number, own, refused), 0.05)
    except wait.Timeout as e:
        raise AssertionError(f"{e}: {sums(own.flows(number), PACKETS, OCTETS_L2)}, of "
                             f"{vif.state()}; log: {vif.dom0.log()}") from None


@test(smoke=True, limit=150)
def totals_are_exact():
    """every kind of frame, TCP with GSO, VLANs and drops: collectors come to what ports count"""
    sysctl("net.ipv6.conf.lo.disable_ipv6", 0)
    dom0 = Dom0(database=True)
    exportd = Exportd(dom0)
    own = {form: Collector("::1" if form == "ipfix" else "127.0.0.1")
           for form in ("netflow5", "netflow9", "ipfix")}
    with contextlib.ExitStack() as stack:
        theirs = {form: stack.enter_context(capd("nfcapd")) for form in own}
        for form, c in own.items():
            add(dom0, form, form, f"to={c.to},{theirs[form]['to']}", *SOON)
        a, b, g, h = (dom0.vif(n, access=100) for n in (3, 4, 6, 7))
        t = dom0.vif(5, bridge="xenbr0:100:200")
        numbers = {v: metered(dom0, v) for v in (a, b, t, g, h)}
        known(dom0, numbers)
        for form in own:
            in_state(dom0, form, "telling")
        refused = every_kind(a, b, t)
        for v in (g, h):
            v.peer = v.netdev + "p"
        guests = Guest(g, "10.1.0.1", g.mac), Guest(h, "10.1.0.2", h.mac)
        transfer(*guests, 5001, 4 << 20)
        for guest in guests:    # which would ask by ARP now and then
            with guest.namespace:
                ip(f"link set dev {guest.device} down")
        for v in (a, t, g, h):
            for form in ("netflow9", "ipfix"):
                until_exact(v, numbers[v], own[form], refused if v is a else 0)
        for form, c in own.items():
            wait.until(f"nfcapd to be told all of {form}", 30, lambda: {
                s["records"] for s in here(dom0, form)["collectors"]} == {len(c.flows())}, 0.05)
    for form, c in own.items():
        same(tuple(int(theirs[form][w]) for w in ("Flows", "Packets", "Bytes")),
             (len(c.flows()), *sums(c.flows(), PACKETS, OCTETS)), f"what nfcapd read of {form}")
        wanted = sum(f[PACKETS] for f in c.flows() if 8 in f or 27 in f)
        same(judges.pmacct(form, c.datagrams, wanted), wanted, f"packets that nfacctd read of {form}")
        text = judges.tshark(form, c.datagrams)
        for bad in ("Malformed", "No template found", "Expert Info (Error"):
            check(bad not in text, f"tshark of {form}: {bad}")
    names = {(f[348], f[350], f[349]) for f in own["ipfix"].flows(numbers[a])}
    same(names, {(b"vif3.0", b"vm3", bytes.fromhex(uuid(3).replace("-", "")))}, "the VM in IPFIX")
    check(any(f[FORWARDING] >= 128 for f in own["ipfix"].flows(numbers[a])), "no drop was told")
    same({f[58] for f in own["ipfix"].flows(numbers[t])}, {100, 200}, "VLANs")
    check(max(f[PACKETS] for f in own["ipfix"].flows(numbers[g])) > 100, "TCP was no stream")
    exportd.end()
    return f"{len(own['ipfix'].flows())} records"


def judged(vif, count):
    wait.until(f"{count} frames to be judged", 60, lambda: vif.state().judged >= count)


def within(got, wanted, chosen, what):
    """Skips are uniform: a deviation of 0.577 of the root of how many are chosen; six of them."""
    bound = 6 * 0.577 * (wanted / chosen) ** 0.5 * chosen
    check(abs(got - wanted) <= bound, f"{what}: {got}, not {wanted} within {bound:.0f}")


@test(smoke=True, limit=150)
def samples_and_counters():
    """sampled: totals within their bound, pool and counters exact, drops with their reason"""
    count, dom0 = 5000, Dom0(database=True)
    exportd = Exportd(dom0)
    sflow, ipfix = Collector(), Collector()
    with capd("sfcapd") as theirs:
        add(dom0, "sflow", "sflow", f"to={sflow.to},{theirs['to']}", "sampling=10", "polling=1s",
            "agent=192.0.2.1")
        add(dom0, "ipfix", "ipfix", f"to={ipfix.to}", "sampling=20")
        a, b = dom0.vif(3, access=100), dom0.vif(4, access=100)
        number, other = metered(dom0, a), metered(dom0, b)
        for name in ("sflow", "ipfix"):
            in_state(dom0, name, "telling")
        counted_by(sflow, number, other)
        data = wrapped(a, b, udp(A, B, 1000, 2000))
        for _ in range(count):
            a.send(data)
        judged(a, count)
        forged = frame(b.mac, mac(99), payload=bytes(80))
        a.send(forged)
        d = sflow.decoder
        wait.until("the drop to be told", 30, lambda: sflow.take().decoder.discarded)
        same([(s["word"], s["input"]) for s in d.discarded], [("mac-guard", number)], "dropped frames")

        def counted():
            found = [c for c in sflow.take().decoder.counters if c["source"] == number]
            return found and found[-1]["in_ucast"] == count and found[-1]
        c = wait.until("the counters", 30, counted)
        state = a.state()
        same((c["in_octets"], c["in_discards"], c["name"], c["host"]),
             (state.from_bytes, 1, "vif3.0", "vm3"), "counters of the interface")
        wait.until("sfcapd to be told all", 30, lambda: (
            n := [s["messages"] for s in here(dom0, "sflow")["collectors"]])[0] == n[1] and
            here(dom0, "sflow")["collectors"][0]["records"] >= len(d.samples), 0.05)
        wait.until("IPFIX to be told", 30, lambda: ipfix.flows(number))
    got = [s for s in sflow.take().decoder.samples if s["source"] == number]
    within(10 * len(got), count, 10, "packets by sFlow")
    same({(s["rate"], s["output"], s["header"]) for s in got if s["header"] != forged},
         {(10, other, data)}, "samples")    # what was dropped may be one, too
    check(all(x["pool"] < y["pool"] for x, y in zip(got, got[1:])) and got[-1]["pool"] <= count + 1,
          "the pool")
    same(int(theirs["Flows"]), len(d.samples), "samples that sfcapd read")
    # It scales by the pool; and it reads a capture for a time, which may be too short.
    wait.until("sfacctd to come to all packets", 60, lambda: abs(
        judges.pmacct_once("sflow", sflow.datagrams, True) - count) < 6 * 0.577 * (10 * count) ** 0.5)
    flows = ipfix.flows(number)
    # Thinned by chance once more: the deviation of a binomial at the most.
    check(abs(20 * len(flows) - count) < 6 * 20 * (count / 20) ** 0.5, f"{len(flows)} packets by IPFIX")
    same({s[34] for s in ipfix.decoder.sampling if 34 in s}, {20}, "sampling as IPFIX tells it")
    exportd.end()
    return f"{len(got)} samples, {len(flows)} sampled flows of {count} packets"


class Stream(Collector):
    """One for TCP, which may hang up; each connection is decoded from its beginning."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(60)
        self.to = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def accept(self):
        self.connection, _ = self.socket.accept()
        self.connection.setblocking(False)
        self.octets, self.decoder = b"", flowdecode.Decoder()
        return self

    def take(self):
        with contextlib.suppress(BlockingIOError):
            while data := self.connection.recv(65536):
                self.octets += data
        while len(self.octets) >= 4 and len(self.octets) >= (n := struct.unpack_from(
                ">H", self.octets, 2)[0]):
            self.decoder.take(self.octets[:n])
            self.octets = self.octets[n:]
        return self

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def burst(a, b, first, count=20):
    """So many frames, each of a flow of its own."""
    for n in range(first, first + count):
        a.send(wrapped(a, b, udp(A, B, n, 1)))


def ports_told(own, number):
    return {f[7] for f in own.flows(number)}


@test(limit=150)
def collectors_come_and_go():
    """away, refusing, resetting, killed -9 on either side: who is there is told all, the rest counted"""
    dom0 = Dom0(database=True)
    exportd = Exportd(dom0)
    own, tcp_one = Collector(), Stream()
    nobody = judges.free_port()
    add(dom0, "udp", "netflow9", f"to={own.to},127.0.0.1:{nobody},255.255.255.255:9,0.0.0.0:1", *SOON)
    add(dom0, "tcp", "ipfix", "transport=tcp", f"to={tcp_one.to},127.0.0.1:{nobody}", *SOON)
    a, b = dom0.vif(3, access=100), dom0.vif(4, access=100)
    number = metered(dom0, a)
    known(dom0, {a: number})
    tcp_one.accept()
    wait.until("all to be tried", 30, lambda: {
        s["to"]: s["state"] for s in here(dom0, "tcp")["collectors"]}.get(tcp_one.to) == "up", 0.05)

    def all_told(first, *collectors):
        wanted = set(range(first, first + 20))
        for c in collectors:
            wait.until(f"the flows of {first} to be told", 60,
                       lambda: not wanted - ports_told(c, number), 0.05)

    burst(a, b, 1000)
    all_told(1000, own, tcp_one)
    told = wait.until("losses to be counted", 30, lambda: (
        s := {c["to"]: c for c in here(dom0, "udp")["collectors"]})[f"127.0.0.1:{nobody}"]["lost"] and s,
        0.05)
    same(told[own.to]["lost"], 0, "lost by who is there")
    same(told["255.255.255.255:9"]["state"], "down", "a broadcast address")
    tcp_one.reset()
    tcp_one.accept()
    burst(a, b, 2000)
    all_told(2000, own, tcp_one)
    check(tcp_one.decoder.templates, "templates come first in a new connection")
    # What comes while nobody reads waits in the socket that vifswitchd holds.
    exportd.process.send_signal(signal.SIGSTOP)
    burst(a, b, 3000)
    wait.until("the flows to be told by the kernel", 60, waits_in_netlink, 0.05)
    exportd.kill()
    own.take().decoder = flowdecode.Decoder()
    exportd.start()
    all_told(3000, own)
    dom0.kill()
    burst(a, b, 4000)
    all_told(4000, own)
    dom0.start()
    in_state(dom0, "udp", "waiting")
    burst(a, b, 5000)
    all_told(5000, own)
    counts = [f[7] for f in own.flows(number)]
    check(len(counts) == len(set(counts)), "a flow was told twice")
    exportd.end()


def waits_in_netlink():
    """Octets in a netlink socket of generic netlink that nobody reads."""
    with open("/proc/net/netlink", encoding="ascii") as table:
        return any(int(words[4]) for words in map(str.split, table) if words[1] == "16")


@test(limit=150)
def a_hundred_exporters():
    """a hundred of them: each is told the same"""
    dom0 = Dom0(database=True)
    exportd = Exportd(dom0)
    own = [Collector() for _ in range(100)]
    for n, c in enumerate(own):
        dom0.db.insert("Exporter", name=f"e{n:03}", format="netflow9", collectors=c.to,
                       active_timeout_s=1, idle_timeout_s=1)
    dom0.db.applied("host1")
    a, b = dom0.vif(3, access=100), dom0.vif(4, access=100)
    number = metered(dom0, a)
    known(dom0, {a: number})
    wait.until("vifexportd to know them", 60, lambda: all(
        e["here"]["state"] == "telling" for e in ctl.document(dom0, "exporter", "list")["exporters"]), 0.05)
    burst(a, b, 1000, 50)
    for c in own:
        wait.until("all flows", 60, lambda: ports_told(c, number) == set(range(1000, 1050)), 0.05)
    exportd.end()
