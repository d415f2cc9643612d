# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that are more than their octets: GSO, partial checksums, tags beside the frame."""
import hashlib
import os
import socket
import struct
import threading

import abi
import packet
import wait
from registry import check, same, test
from test_vlan import UPLINK, Mode, access, trunk
from world import (BROADCAST, Guest, Switch, Tap, deliver, frame, index, ip, mac, output, refused,
                   tags_of)

SIZE = 8 << 20
SEGMENT, SEGMENTS = 1400, 40
SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, GSO_TCPV4 = 1, 1    # of struct virtio_net_hdr


class Watch(threading.Thread):
    """Sizes and tags of the TCP frames a netdev receives, as raw frames."""

    def __init__(self, tap):
        super().__init__(daemon=True)
        self.tap, self.largest, self.count, self.tags, self.stop = tap, 0, 0, set(), False

    def run(self):
        while not self.stop:
            for data in self.tap.received(0.2):
                self.count += 1
                if len(data) > self.largest:
                    self.largest = len(data)
                self.tags.add(tuple(tags_of(data)))


def transfer(source, sink, port, size=SIZE):
    """Move random data by TCP; its digest must survive."""
    data = os.urandom(1 << 20) * (size >> 20)
    listener = sink.socket()
    listener.bind((sink.address, port))
    listener.listen(1)
    got = hashlib.sha256()
    total = 0
    out = source.socket()
    out.settimeout(wait.limit(20))
    out.connect((sink.address, port))
    inn, _ = listener.accept()
    inn.settimeout(wait.limit(20))

    def send():
        out.sendall(data)
        out.shutdown(1)
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    while True:
        part = inn.recv(1 << 20)
        if not part:
            break
        got.update(part)
        total += len(part)
    sender.join(10)
    same(total, size, "octets received")
    same(got.hexdigest(), hashlib.sha256(data).hexdigest(), "digest of the data")


def arrives_whole(source, sink, watch):
    """One frame of many segments; how many of them TCP makes one of is the machine's affair."""
    with source.namespace:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        tap.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        tap.bind((source.device, 0))
    data = frame(mac(2), mac(1), kind=packet.IP4, payload=packet.tcp(
        source.address, sink.address, 9, 9, packet.ACK, data=bytes(SEGMENT * SEGMENTS)))
    heads, watch.largest = len(data) - SEGMENT * SEGMENTS, 0
    tap.send(struct.pack("=BBHHHH", NEEDS_CSUM, GSO_TCPV4, heads, SEGMENT, heads - 20, 16) + data)
    wait.until(f"a frame of {len(data)} octets", 10, lambda: watch.largest >= len(data))
    tap.close()
    return f"largest frame {watch.largest}"


def bad_checksums(guest):
    """TCP and UDP segments the guest's stack refused for their checksum."""
    with guest.namespace:
        table = {}
        for path in ("/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"):
            with open(path) as f:
                lines = f.read().splitlines()
            for names, values in zip(lines[::2], lines[1::2]):
                kind = names.split(":")[0]
                table[kind] = dict(zip(names.split()[1:], map(int, values.split()[1:])))
    return table["Tcp"]["InCsumErrors"] + table["Ip"]["InHdrErrors"] \
        + table["TcpExt"].get("TCPBadCsum", 0)


def tunnel(vlan_a, vlan_b, program_a, program_b, tso=True):
    switch = Switch()
    a = Guest(switch.port("vif1.0", program_a), "10.1.0.1", mac(1), vlan_a)
    b = Guest(switch.port("vif2.0", program_b), "10.1.0.2", mac(2), vlan_b)
    if not tso:
        for g in (a, b):
            g.run("ethtool", "-K", g.port.peer, "tso", "off", "gso", "off", "tx", "off", "sg", "off")
    return switch, a, b


@test(smoke=True, limit=90)
def gso_passes_intact():
    """TCP with TSO: big frames cross the switch whole, data intact, no bad checksum"""
    switch, a, b = tunnel(None, None, access(100).program([mac(1)]), access(100).program([mac(2)]))
    with b.namespace:
        watch = Watch(Tap(b.port.peer))
    watch.start()
    before = a.port.state()
    transfer(a, b, 5001)
    after = a.port.state()
    largest = arrives_whole(a, b, watch)
    watch.stop = True
    same(bad_checksums(a) + bad_checksums(b), 0, "bad checksums")
    packets, octets = after.from_packets - before.from_packets, after.from_bytes - before.from_bytes
    check(packets >= SIZE / 1460, f"{packets} packets counted: GSO frames are not their segments")
    check(SIZE * 1.03 < octets < SIZE * 1.10, f"{octets} octets counted for {SIZE}")
    same(after.drops, {}, "drops")
    return f"{largest}, {packets} packets"


@test(smoke=True, limit=90)
def gso_with_tags():
    """TCP with TSO from a trunk VM's VLAN device to an access VM, and trunk to trunk"""
    for n, (va, vb, pa, pb) in enumerate((
            (100, None, trunk(100, 200).program([mac(1)]), access(100).program([mac(2)])),
            (None, 100, access(100).program([mac(1)]), trunk(100, 200).program([mac(2)])),
            (100, 100, trunk(100).program([mac(1)]), trunk(100).program([mac(2)])))):
        switch, a, b = tunnel(va, vb, pa, pb)
        with b.namespace:
            watch = Watch(Tap(b.port.peer))
        watch.start()
        transfer(a, b, 5001, 4 << 20)
        arrives_whole(a, b, watch)
        watch.stop = True
        same(bad_checksums(a) + bad_checksums(b), 0, f"bad checksums in case {n}")
        check((100,) in watch.tags if vb else watch.tags == {()}, f"case {n}: tags {watch.tags}")
        ip("link del dev sw0", "link del dev vif1.0", "link del dev vif2.0")


@test(limit=90)
def without_offloads():
    """the same with every offload of the VM off: plain frames, software tags"""
    switch, a, b = tunnel(100, None, trunk(100).program([mac(1)]), access(100).program([mac(2)]),
                          tso=False)
    a.run("ethtool", "-K", a.port.peer, "txvlan", "off", "rxvlan", "off")
    transfer(a, b, 5001, 4 << 20)
    same(bad_checksums(a) + bad_checksums(b), 0, "bad checksums")


@test(limit=90)
def to_a_port_without_offloads():
    """GSO and partial checksums are resolved for a port whose netdev cannot take them"""
    switch, a, b = tunnel(None, 100, access(100).program([mac(1)]), trunk(100).program([mac(2)]))
    output("ethtool", "-K", "vif2.0", "tso", "off", "gso", "off", "tx", "off", "sg", "off",
           "txvlan", "off")
    with b.namespace:
        watch = Watch(Tap(b.port.peer))
    watch.start()
    transfer(a, b, 5002, 4 << 20)
    watch.stop = True
    same(bad_checksums(a) + bad_checksums(b), 0, "bad checksums")
    check(watch.largest <= 1518, f"a frame of {watch.largest} octets came out of a port without GSO")


@test(smoke=True, limit=90)
def dom0_port_moves_data():
    """TCP between dom0's own port and a VM, both ways, tagged and untagged"""
    switch = Switch(program=Mode(100, {100, 200}, {100}).program())
    ip("addr add 10.1.0.9/16 dev sw0", "link add link sw0 name sw0.200 type vlan id 200",
       "link set dev sw0.200 up", "addr add 10.2.0.9/16 dev sw0.200")

    class Dom0:
        def __init__(self, address):
            self.address = address

        @staticmethod
        def socket():
            return socket.socket()
    a = Guest(switch.port("vif1.0", access(100).program([mac(1)])), "10.1.0.1", mac(1))
    b = Guest(switch.port("vif2.0", access(200).program([mac(2)])), "10.2.0.1", mac(2))
    for guest, dom0 in ((a, Dom0("10.1.0.9")), (b, Dom0("10.2.0.9"))):
        transfer(guest, dom0, 5001, 2 << 20)
        transfer(dom0, guest, 5002, 2 << 20)
        same(bad_checksums(guest), 0, "bad checksums")
    features = output("ethtool", "-k", "sw0")
    check("tx-checksumming: on" in features, "no tx checksum offload on the switch:\n" + features)


@test(smoke=True)
def mtu_is_honoured():
    """a frame above the destination's MTU is to-mtu; a tag does not count; GSO is by segment"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    b = switch.port("b", access(100).program([mac(2)]), claim=1)
    t = switch.port("t", trunk(100).program())
    ip("link set dev a mtu 9000", "link set dev ap mtu 9000", "link set dev bp mtu 9000",
       "link set dev tp mtu 9000", "link set dev b mtu 1500", "link set dev t mtu 1500")
    got = deliver(a, frame(mac(2), mac(1), size=1514), [b])
    same(len(got["bp"]), 1, "frames of exactly the MTU")
    got = deliver(a, frame(mac(2), mac(1), size=1515), [b])
    same(len(got["bp"]), 0, "frames above the MTU")
    same(b.drops(), {"to-mtu": 1}, "drops at the destination")
    got = deliver(a, frame(BROADCAST, mac(1), size=1514), [t])
    same([len(f) for f in got["tp"]], [1518], "sizes at the trunk: its tag is not in the MTU")


@test()
def features_follow_the_ports():
    """the switch netdev's offloads follow those of its ports, both ways, and come back"""
    def feature(name):
        for line in output("ethtool", "-k", "sw0").splitlines():
            if line.strip().startswith(name + ":"):
                return line.split(":")[1].split()[0]
        return None
    switch = Switch()
    a = switch.port("a", access(100).program())
    first = feature("tcp-segmentation-offload")
    same(first, "on", "TSO of a switch with one veth port")
    output("ethtool", "-K", "a", "tso", "off", "gso", "off", "tx", "off", "sg", "off")
    ip("link add name d type dummy", "link set dev d up")
    switch.nl.port_new(switch.ifindex, index("d"), access(100).program())
    output("ethtool", "-K", "d", "tso", "off", "tx", "off", "sg", "off")
    check(a.state() and feature("tcp-segmentation-offload") is not None, "no such feature")
    ip("link set dev a nomaster", "link set dev d nomaster")
    b = switch.port("b", access(100).program())
    same(feature("tcp-segmentation-offload"), first, f"TSO after the plain ports left ({b.name})")


@test()
def runts_and_giants():
    """frames of 14 to 70 octets and 64 KiB ones pass or are counted, never crash"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    b = switch.port("b", access(100).program([mac(2)]), claim=1)
    ip("link set dev ap mtu 65535", "link set dev a mtu 65535", "link set dev b mtu 65535",
       "link set dev bp mtu 65535")
    for size in [*range(14, 70), 65535]:
        data = frame(mac(2), mac(1), size=size)[:size]
        got = deliver(a, data, [b], f"{size} octets")
        same([len(f) for f in got["bp"]], [size], f"frames of {size} octets")
    header = abi.mac_bytes(mac(2)) + abi.mac_bytes(mac(1))
    for tail in (b"\x81\x00", b"\x81\x00\x00", b"\x81\x00\x00\x64", b"\x81\x00\x00\x64\x08"):
        before = a.state()
        try:
            a.send(header + tail)
        except OSError:
            continue  # the VM's own kernel refused it
        switch.settle()
        after = a.state()
        same(after.from_packets, before.from_packets, f"frames ending in {tail.hex()} accepted")


@test()
def uplink_tags_by_netdev():
    """an uplink under a VLAN-aware NIC and a bond as uplink both carry the right tag"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]))
    ip("link add name u0 type veth peer name u0p", "link set dev u0p up", fail=True)
    error = ip("link add name bond0 type bond mode active-backup", "link set dev u0 down",
               "link set dev u0 master bond0", "link set dev bond0 up", fail=False)
    check(not error, f"no bond: {error}")
    wire = Tap("u0p")
    switch.nl.port_new(switch.ifindex, index("bond0"), UPLINK.program(fdb_max=10))
    got = deliver(a, frame(BROADCAST, mac(1)), [wire])
    if not got["u0p"]:
        got = {"u0p": wire.received(2)}
    same([f[12:16].hex() for f in got["u0p"]], ["81000064"], "tags on the wire below the bond")
    switch.port("eth1", UPLINK.program(fdb_max=10))
    refused(a, frame("01:80:c2:00:00:02", mac(1)), [wire], "control")
