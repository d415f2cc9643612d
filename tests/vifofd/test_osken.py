# SPDX-License-Identifier: GPL-2.0-or-later
"""os-ken: its codec reads what vifofd says and writes what it hears, and an application on it."""
import contextlib
import os
import socket
import struct
import subprocess

from os_ken.ofproto import ofproto_parser, ofproto_protocol
from os_ken.ofproto import (ofproto_v1_0, ofproto_v1_0_parser, ofproto_v1_3, ofproto_v1_3_parser, ofproto_v1_4,  # noqa: F401
                            ofproto_v1_4_parser, ofproto_v1_5, ofproto_v1_5_parser)

from trial import free_port, until

HERE = os.path.dirname(os.path.abspath(__file__))
SECURE = {"fail_mode": "secure", "dpid": "0102030405060708"}


class Peer:
    """A session with NAME.mgmt whose codec is os-ken's."""

    def __init__(self, trial, name, version):
        self.dp = ofproto_protocol.ProtocolDesc(version=version)
        self.parser, self.ofproto = self.dp.ofproto_parser, self.dp.ofproto
        self.xid = 100
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(trial.mgmt(name))
        self.send(self.parser.OFPHello(self.dp))
        assert self.receive().msg_type == self.ofproto.OFPT_HELLO

    def send(self, msg):
        self.xid += 1
        msg.set_xid(self.xid)
        msg.serialize()
        self.socket.sendall(bytes(msg.buf))

    def octets(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            assert more, "vifofd hung up"
            data += more
        return data

    def receive(self):
        header = self.octets(8)
        version, kind, length, xid = struct.unpack("!BBHI", header)
        data = header + self.octets(length - 8)
        if kind == 0:
            version = self.ofproto.OFP_VERSION if version > 6 else version
        msg = ofproto_parser.msg(self.dp, version, kind, length, xid, data)
        assert msg is not None, data.hex()
        return msg

    def ask(self, msg):
        self.send(msg)
        return self.receive()

    def barrier(self):
        """Whatever came before the barrier's reply."""
        self.send(self.parser.OFPBarrierRequest(self.dp))
        seen = []
        while True:
            msg = self.receive()
            if msg.msg_type == self.ofproto.OFPT_BARRIER_REPLY:
                return seen
            seen.append(msg)


def test_codec_10(trial):
    trial.switch("br0", [1, 2], **SECURE)
    peer = Peer(trial, "br0", ofproto_v1_0.OFP_VERSION)
    p, o, dp = peer.parser, peer.ofproto, peer.dp
    features = peer.ask(p.OFPFeaturesRequest(dp))
    assert features.datapath_id == 0x0102030405060708 and sorted(features.ports) == [1, 2]
    match = p.OFPMatch(in_port=1, dl_type=0x800, nw_proto=6, tp_dst=80, nw_src=0x0a000000, nw_src_mask=8)
    peer.send(p.OFPFlowMod(dp, match=match, cookie=5, command=o.OFPFC_ADD, priority=7, flags=o.OFPFF_SEND_FLOW_REM,
                           actions=[p.OFPActionSetDlSrc(b"\2\0\0\0\0\7"), p.OFPActionOutput(2, 128)]))
    assert peer.barrier() == []
    reply = peer.ask(p.OFPFlowStatsRequest(dp, 0, p.OFPMatch(), 0xff, o.OFPP_NONE))
    flow, = reply.body
    assert (flow.priority, flow.cookie, flow.match.tp_dst, flow.match.in_port) == (7, 5, 80, 1)
    assert flow.match.nw_src == 0x0a000000 and [a.type for a in flow.actions] == [4, 0]
    assert peer.ask(p.OFPAggregateStatsRequest(dp, 0, p.OFPMatch(), 0xff, o.OFPP_NONE)).body[0].flow_count == 1
    assert {port.port_no for port in peer.ask(p.OFPPortStatsRequest(dp, 0, o.OFPP_NONE)).body} == {1, 2}
    assert peer.ask(p.OFPEchoRequest(dp, data=b"hello")).data == b"hello"


def codec_13_and_later(trial, version):
    trial.switch("br0", [1, 2], **SECURE)
    peer = Peer(trial, "br0", version)
    p, o, dp = peer.parser, peer.ofproto, peer.dp
    assert peer.ask(p.OFPFeaturesRequest(dp)).datapath_id == 0x0102030405060708
    ports = peer.ask(p.OFPPortDescStatsRequest(dp, 0) if version < 6 else p.OFPPortDescStatsRequest(dp, 0, o.OFPP_ANY))
    assert sorted(port.port_no for port in ports.body) == [1, 2]
    group = [p.OFPBucket(weight=1, actions=[p.OFPActionOutput(1)])] if version < 6 else [
        p.OFPBucket(bucket_id=0, actions=[p.OFPActionOutput(1)], properties=[])]
    peer.send(p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_INDIRECT, 3, buckets=group) if version == 6 else
              p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_INDIRECT, 3, group))
    peer.send(p.OFPMeterMod(dp, o.OFPMC_ADD, o.OFPMF_KBPS, 4, [p.OFPMeterBandDrop(1000, 100)]))
    match = p.OFPMatch(in_port=1, eth_dst=("02:00:00:00:00:00", "fe:00:00:00:00:00"), eth_type=0x86dd, ip_proto=58,
                       icmpv6_type=135, icmpv6_code=0, ipv6_nd_target="fe80::1", vlan_vid=0x1005, metadata=(1, 0xf))
    actions = [p.OFPActionDecNwTtl(), p.OFPActionSetField(ipv6_src="fe80::9"), p.OFPActionGroup(3), p.OFPActionPopVlan()]
    instructions = [p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, actions), p.OFPInstructionWriteMetadata(5, 0xff),
                    p.OFPInstructionActions(o.OFPIT_WRITE_ACTIONS, [p.OFPActionOutput(2)]), p.OFPInstructionGotoTable(9)]
    peer.send(p.OFPFlowMod(dp, cookie=5, table_id=2, priority=7, idle_timeout=60, match=match, instructions=instructions))
    errors = peer.barrier()
    assert errors == [], errors
    if version < 6:
        reply = peer.ask(p.OFPFlowStatsRequest(dp, 0, o.OFPTT_ALL, o.OFPP_ANY, o.OFPG_ANY, 0, 0, p.OFPMatch()))
    else:
        reply = peer.ask(p.OFPFlowDescStatsRequest(dp, 0, o.OFPTT_ALL, o.OFPP_ANY, o.OFPG_ANY, 0, 0, p.OFPMatch()))
    flow, = reply.body
    assert (flow.table_id, flow.priority, flow.cookie, flow.idle_timeout) == (2, 7, 5, 60)
    assert dict(flow.match.items()) == dict(match.items()), flow.match
    assert [type(i).__name__ for i in flow.instructions] == ["OFPInstructionActions", "OFPInstructionActions",
                                                             "OFPInstructionWriteMetadata", "OFPInstructionGotoTable"]
    applied = flow.instructions[0].actions
    assert [a.type for a in applied] == [a.type for a in actions] and applied[1].value == "fe80::9"
    desc = peer.ask(p.OFPGroupDescStatsRequest(dp, 0) if version < 6 else p.OFPGroupDescStatsRequest(dp, 0, o.OFPG_ALL))
    assert desc.body[0].group_id == 3 and len(desc.body[0].buckets if version < 6 else desc.body[0].buckets) == 1
    assert peer.ask(p.OFPGroupStatsRequest(dp, 0, o.OFPG_ALL)).body[0].ref_count == 1
    assert peer.ask(p.OFPMeterStatsRequest(dp, 0, o.OFPM_ALL)).body[0].meter_id == 4
    meters = p.OFPMeterConfigStatsRequest if version < 6 else p.OFPMeterDescStatsRequest
    assert peer.ask(meters(dp, 0, o.OFPM_ALL)).body[0].bands[0].rate == 1000
    role = peer.ask(p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 1) if version < 6 else
                    p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 0, 1))
    assert (role.role, role.generation_id) == (o.OFPCR_ROLE_MASTER, 1)
    error = peer.ask(p.OFPFlowMod(dp, table_id=1, instructions=[p.OFPInstructionGotoTable(1)]))
    assert (error.type, error.code) == (o.OFPET_BAD_INSTRUCTION, o.OFPBIC_BAD_TABLE_ID)
    error = peer.ask(p.OFPFlowMod(dp, match=p.OFPMatch(ip_proto=6)))
    assert (error.type, error.code) == (o.OFPET_BAD_MATCH, o.OFPBMC_BAD_PREREQ)


def test_codec_13(trial):
    codec_13_and_later(trial, ofproto_v1_3.OFP_VERSION)


def test_codec_14(trial):
    codec_13_and_later(trial, ofproto_v1_4.OFP_VERSION)


def test_codec_15(trial):
    codec_13_and_later(trial, ofproto_v1_5.OFP_VERSION)


def test_all_tables(trial):
    """The longest answers that there are are messages of a good length each."""
    trial.switch("br0", [1], **SECURE)
    peer = Peer(trial, "br0", ofproto_v1_3.OFP_VERSION)
    peer.send(peer.parser.OFPTableFeaturesStatsRequest(peer.dp, 0, None))
    tables = []
    while True:
        reply = peer.receive()
        tables += [table.table_id for table in reply.body]
        if not reply.flags & peer.ofproto.OFPMPF_REPLY_MORE:
            break
    assert tables == list(range(254))


def test_roles(trial):
    """One is primary; a secondary changes nothing; an old generation is refused."""
    trial.switch("br0", [1], **SECURE)
    one, two = (Peer(trial, "br0", ofproto_v1_4.OFP_VERSION) for _ in range(2))
    p, o = one.parser, one.ofproto
    for peer in (one, two):
        peer.send(p.OFPSetConfig(peer.dp, 0, 128))      # it wants to hear
    assert one.ask(p.OFPRoleRequest(one.dp, o.OFPCR_ROLE_MASTER, 5)).role == o.OFPCR_ROLE_MASTER
    assert two.ask(p.OFPRoleRequest(two.dp, o.OFPCR_ROLE_MASTER, 4)).code == o.OFPRRFC_STALE
    assert two.ask(p.OFPRoleRequest(two.dp, o.OFPCR_ROLE_MASTER, 6)).role == o.OFPCR_ROLE_MASTER
    told = one.receive()
    assert isinstance(told, p.OFPRoleStatus) and told.role == o.OFPCR_ROLE_SLAVE
    assert one.ask(p.OFPFlowMod(one.dp)).code == o.OFPBRC_IS_SLAVE
    two.send(p.OFPFlowMod(two.dp))
    assert two.barrier() == []
    trial.command("port br0 2 p2 02:00:00:00:00:02")
    for peer in (one, two):
        status = peer.receive()
        assert status.reason == o.OFPPR_ADD and status.desc.port_no == 2


def test_flow_removed_and_packet_in(trial):
    trial.switch("br0", [1, 2], **SECURE)
    for version in (1, 4, 5, 6):
        peer = Peer(trial, "br0", version)
        p, o = peer.parser, peer.ofproto
        peer.send(p.OFPSetConfig(peer.dp, 0, 128))
        assert peer.barrier() == []
        trial.ofctl("add-flow", "br0", "cookie=9,send_flow_rem,hard_timeout=5,arp,actions=controller")
        trial.command("receive br0 2 " + "ff" * 6 + "020000000001" + "0806" + "00" * 46)
        packet = peer.receive()
        assert packet.msg_type == o.OFPT_PACKET_IN and len(packet.data) == 60
        assert (packet.in_port if version == 1 else packet.match["in_port"]) == 2
        trial.command("warp 6000")
        removed = peer.receive()
        assert removed.msg_type == o.OFPT_FLOW_REMOVED and removed.reason == o.OFPRR_HARD_TIMEOUT and removed.cookie == 9
        peer.socket.close()


@contextlib.contextmanager
def manager(directory, port, version_app="learning.py"):
    with open(os.path.join(directory, "osken.log"), "wb") as log:
        process = subprocess.Popen(["osken-manager", "--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", str(port),
                                    os.path.join(HERE, version_app)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def frame(dst, src, kind="88b5", rest="00" * 46):
    return f"0200000000{dst:02x}0200000000{src:02x}{kind}{rest}"


def learned(trial):
    return [line for line in trial.ofctl("-O OpenFlow13 dump-flows", "br0").splitlines() if "priority=1," in line]


def test_learning_application(trial):
    """Frames between three stations through an application on os-ken, which then dies."""
    port = free_port()
    with manager(trial.directory, port):
        trial.switch("br0", [1, 2, 3], controller=f"tcp:127.0.0.1:{port}", dpid="1")
        until("the application's flows", lambda: "priority=100" in trial.ofctl("-O OpenFlow13 dump-flows", "br0"))
        trial.command("receive br0 1 " + frame(2, 1))
        sent = []
        until("a flood", lambda: sent.extend(p for p, _ in trial.sent("br0")) or len(sent) >= 2)
        assert sorted(sent) == [2, 3]
        trial.command("receive br0 2 " + frame(1, 2))
        until("the answer", lambda: [p for p, _ in trial.sent("br0")] == [1])
        trial.command("receive br0 1 " + frame(2, 1))
        until("a flow each way", lambda: len(learned(trial)) == 2)
        trial.sent("br0")
        dns = "4500001c00000000401166cf0a0000010a000002" + "1000003500080000"
        trial.command("receive br0 1 " + frame(2, 1, "0800", dns))
        assert trial.sent("br0") == []
    trial.command("receive br0 1 " + frame(2, 1))     # nobody is there: flows are
    assert [p for p, _ in trial.sent("br0")] == [2]


def test_testcontroller(trial):
    """ovs-testcontroller, in each version of which its packet-out is filled in, as a learning switch."""
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14"):
        path = os.path.join(trial.directory, "testcontroller")
        with open(os.path.join(trial.directory, "testcontroller.log"), "wb") as log:
            # its pid file takes the place of what has that name, were it /dev/null
            process = subprocess.Popen(["ovs-testcontroller", f"punix:{path}", "-O", version,
                                        f"--pidfile={path}.pid"],
                                       stdout=log, stderr=log, env={**os.environ, "OVS_RUNDIR": trial.directory})
        try:
            trial.switch("br0", [1, 2, 3], controller=f"unix:{path}", fail_mode="secure")
            sent = []

            def flooded():
                trial.command("receive br0 1 " + frame(2, 1))
                sent.extend(p for p, _ in trial.sent("br0"))
                return {2, 3} <= set(sent)
            until("a flood", flooded)

            def answered():
                trial.command("receive br0 2 " + frame(1, 2))
                return [p for p, _ in trial.sent("br0")][-1:] == [1]
            until("an answer to one port", answered)
        finally:
            process.kill()
            process.wait()
        trial.switch("br0", [], fail_mode="secure")
        trial.ofctl("del-flows", "br0")
