# SPDX-License-Identifier: GPL-2.0-or-later
"""An application on os-ken, OpenFlow 1.3: table 0 lets through what RULES allow, table 1 learns.

RULES are (protocol, source, its port, destination, its port), None for any. What answers has
a rule of its own, the other way round. Of IP nothing else passes; what is not IP does.
"""
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_3

TCP, UDP = 6, 17
RULES = ((TCP, "10.0.0.1", None, "10.0.0.2", 80),
         (UDP, "10.0.0.1", 5000, "10.0.0.2", 53))
NAMES = {TCP: "tcp", UDP: "udp"}


def both_ways():
    for proto, src, sport, dst, dport in RULES:
        yield proto, src, sport, dst, dport
        yield proto, dst, dport, src, sport


def fields(proto, src, sport, dst, dport):
    said = {"eth_type": 0x0800, "ip_proto": proto, "ipv4_src": src, "ipv4_dst": dst,
            NAMES[proto] + "_src": sport, NAMES[proto] + "_dst": dport}
    return {name: value for name, value in said.items() if value is not None}


class Firewall(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.where = {}

    def flow(self, dp, table, priority, match, *instructions):
        p = dp.ofproto_parser
        dp.send_msg(p.OFPFlowMod(datapath=dp, table_id=table, priority=priority,
                                 match=p.OFPMatch(**match), instructions=list(instructions)))

    def does(self, dp, *actions):
        return dp.ofproto_parser.OFPInstructionActions(dp.ofproto.OFPIT_APPLY_ACTIONS, list(actions))

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def on_features(self, ev):
        dp = ev.msg.datapath
        p, o = dp.ofproto_parser, dp.ofproto
        self.flow(dp, 1, 0, {}, self.does(dp, p.OFPActionOutput(o.OFPP_CONTROLLER, o.OFPCML_NO_BUFFER)))
        for rule in both_ways():
            self.flow(dp, 0, 100, fields(*rule), p.OFPInstructionGotoTable(1))
        for kind in (0x0800, 0x86dd):
            self.flow(dp, 0, 50, {"eth_type": kind})
        self.flow(dp, 0, 0, {}, p.OFPInstructionGotoTable(1))

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def on_packet_in(self, ev):
        msg = ev.msg
        dp, in_port = msg.datapath, msg.match["in_port"]
        p, o = dp.ofproto_parser, dp.ofproto
        eth = packet.Packet(msg.data).get_protocols(ethernet.ethernet)[0]
        self.where[eth.src] = in_port
        out = p.OFPActionOutput(self.where.get(eth.dst, o.OFPP_FLOOD))
        if eth.dst in self.where:
            self.flow(dp, 1, 1, {"in_port": in_port, "eth_dst": eth.dst, "eth_src": eth.src},
                      self.does(dp, out))
        dp.send_msg(p.OFPPacketOut(datapath=dp, buffer_id=o.OFP_NO_BUFFER, in_port=in_port,
                                   actions=[out], data=msg.data))
