# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks over IP with Open vSwitch at the far end, and over a path that is narrow in its middle.

    h (raw frames) --- OVS's bridge --- vxlan, geneve, gre port with a key ~~~ wire ~~~ ours --- VMs
"""
import ovspeer
import packet
from packet import udp
from registry import same, test
from test_lisp import HEADER, one_row, packet_frame
from test_network import KEY, Foreign, Host, arrives, meets
from test_vlan import access
from world import Namespace, Tap, frame, ip, mac, sysctl

KINDS = {"vxlan": "vxlan", "geneve": "geneve", "gretap": "gre"}


class OvsHost(Foreign):
    """As test_network.Foreign, of ovs-vswitchd and openvswitch.ko."""

    def __init__(self, wire, kind, own, remote, key=KEY):
        self.namespace = Namespace()
        wire.host(own, self.namespace)
        with self.namespace:
            ip("link add name h type veth peer name b", "link set dev b up", "link set dev h up",
               "link set dev h mtu 9000", "link set dev b mtu 9000")
            self.ovs = ovspeer.Ovs().start()
            self.ovs.vsctl("add-br", "br", "--", "add-port", "br", "b", "--", "add-port", "br", "t", "--", "set",
                           "interface", "t", f"type={KINDS[kind]}", f"options:remote_ip=\"{remote}\"",
                           f"options:local_ip=\"{own}\"", f"options:key={key}")
            self.tap = Tap("h")


def ovs(kind, own, far):
    made = []

    def host(*args):
        made.append(OvsHost(*args))
        return made[0]
    try:
        meets(kind, own, far, host)
    finally:
        for one in made:
            one.ovs.stop()


@test(limit=240)
def ovs_vxlan():
    """Open vSwitch's vxlan port with a key: access, trunk, stacked, both ways"""
    ovs("vxlan", "192.0.2.1", "192.0.2.2")


@test(limit=240)
def ovs_geneve():
    """Open vSwitch's geneve port, over IPv6"""
    ovs("geneve", "2001:db8::1", "2001:db8::2")


@test(limit=240)
def ovs_gre():
    """Open vSwitch's gre port"""
    ovs("gretap", "192.0.2.1", "192.0.2.2")


class Path:
    """As a Wire, of a router: what goes to an address with an MTU of its own is cut there."""

    def __init__(self, narrow):
        self.router, self.narrow, self.count = Namespace(), narrow, 0
        with self.router:
            sysctl("net.ipv4.ip_forward", 1)

    def host(self, address, namespace, mtu=1500):
        self.count += 1
        near, far = f"n{self.count}", f"r{self.count}"
        gateway = address.rsplit(".", 1)[0] + ".254"
        with self.router:
            ip(f"link add name {far} type veth peer name {near}", f"link set dev {near} netns {namespace.path}",
               f"link set dev {far} mtu {self.narrow.get(address, mtu)} up", f"addr add {gateway}/24 dev {far}")
        with namespace:
            ip(f"link set dev {near} name wire", "link set dev wire up", f"addr add {address}/24 dev wire",
               f"route add default via {gateway}")

    def cut(self):
        """Packets that the router made pieces of."""
        with self.router, open("/proc/net/snmp") as f:
            names, values = [line.split() for line in f if line.startswith("Ip:")]
        return int(values[names.index("FragOKs")])


def narrow(kind, size):
    own, far = "192.0.2.1", "198.51.100.2"
    path = Path({far: 1300})
    host = Host(path, own, kind, mtu=size)
    host.network(100, KEY, [far])
    peer = Foreign(path, kind, far, own)
    a = host.port("a", access(100).program([mac(1)]))
    for src, dst in (("10.0.0.1", "10.0.0.9"), ("fd00::1", "fd00::9")):
        head = 28 if "." in src else 48
        data = frame(mac(9), mac(1), kind=packet.IP4 if head == 28 else packet.IP6,
                     payload=udp(src, dst, 5, 6, b"x" * (size - head)))
        before = path.cut()
        arrives(a, data, peer, data, f"the largest of {kind} by a narrow path, from {src}")
        same(path.cut(), before + 1, "packets that were cut on the way")
    same(host.drops(), {}, "drops")


@test(limit=120)
def narrow_path():
    """a path that is narrower than its ends: outer packets may be cut there (no DF), and come whole"""
    for kind, size in (("vxlan", 1450), ("geneve", 1450), ("gretap", 1458)):
        narrow(kind, size)
    path = Path({"198.51.100.2": 1300})
    _, peer, a = one_row(path, "192.0.2.1", "198.51.100.2", 1464)
    data = udp("10.1.0.1", "10.2.0.9", 5, 6, b"x" * (1464 - 28))
    a.send(packet_frame(1, data))
    same(peer.got("the largest of LISP"), HEADER + data, "the largest of LISP by a narrow path")
    same(path.cut(), 1, "packets that were cut on the way")
