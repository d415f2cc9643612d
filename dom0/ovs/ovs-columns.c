// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ovs/ovs-columns.h"

#define STRING		"\"string\""
#define INTEGER		"\"integer\""
#define BOOLEAN		"\"boolean\""
#define AT_LEAST(low)	"{\"type\": \"integer\", \"minInteger\": " #low "}"
#define RANGE(low, high) \
	"{\"type\": \"integer\", \"minInteger\": " #low ", \"maxInteger\": " #high "}"
#define ENUM(words)	"{\"type\": \"string\", \"enum\": [\"set\", [" words "]]}"
#define REF(table)	"{\"type\": \"uuid\", \"refTable\": \"" #table "\"}"
#define WEAK(table)	"{\"type\": \"uuid\", \"refTable\": \"" #table "\", \"refType\": \"weak\"}"
#define ONE(key)	"{\"key\": " key "}"
#define MAYBE(key)	"{\"key\": " key ", \"min\": 0, \"max\": 1}"
#define SET(key)	"{\"key\": " key ", \"min\": 0, \"max\": \"unlimited\"}"
#define SOME(key)	"{\"key\": " key ", \"min\": 1, \"max\": \"unlimited\"}"
#define UP_TO(n, key)	"{\"key\": " key ", \"min\": 0, \"max\": " #n "}"
#define MAP_OF(k, v)	"{\"key\": " k ", \"value\": " v ", \"min\": 0, \"max\": \"unlimited\"}"
#define MAP		MAP_OF(STRING, STRING)
#define NUMBERS		MAP_OF(STRING, INTEGER)
#define VLANS		UP_TO(4096, RANGE(0, 4095))
#define WORD2(a, b)	ENUM("\"" a "\", \"" b "\"")
#define WORD3(a, b, c)	ENUM("\"" a "\", \"" b "\", \"" c "\"")

#define SAME(column, of)		{ .name = column, .type = of, .text = "" }
#define SAME_BUT(column, of, what) \
	{ .name = column, .type = of, .verdict = OVS_DIFFERENT, .text = what }
#define WRITTEN(column, of, what) \
	{ .name = column, .type = of, .flags = OVS_WRITTEN, .text = what }
#define TOLD(column, of, what) \
	{ .name = column, .type = of, .flags = OVS_WRITTEN | OVS_EPHEMERAL, .text = what }
#define NO(column, of, what)	{ .name = column, .type = of, .verdict = OVS_REFUSED, .text = what }
#define CLOSED(column, of, what) { .name = column, .type = of, .verdict = OVS_CLOSED, .text = what }
#define NEVER(column, of) \
	{ .name = column, .type = of, .flags = OVS_EPHEMERAL, .verdict = OVS_DIFFERENT, .text = "always empty" }
#define KEY(word)		{ .key = word, .text = "" }
#define KEY_BUT(word, what)	{ .key = word, .verdict = OVS_DIFFERENT, .text = what }
#define NO_KEY(word, what)	{ .key = word, .verdict = OVS_REFUSED, .text = what }
#define NO_KEY_UNLESS(word, value, what) \
	{ .key = word, .verdict = OVS_REFUSED, .text = what, .harmless = value }
#define CLOSED_KEY(word, what)	{ .key = word, .verdict = OVS_CLOSED, .text = what }
#define IDS			SAME("external_ids", MAP)

#define ONLY_FLOWS	"flows are not cached in the kernel, so there is nothing to tune"
#define NO_DPDK		"vifswitch has no DPDK"

static const struct ovs_column open_vswitch[] = {
	SAME_BUT("bridges", SET(REF(Bridge)), "one that goes takes its device with it when nothing is in it or made of it, and no address of dom0's on it; vifctl show says what"),
	SAME_BUT("manager_options", SET(REF(Manager)), "vifdbd connects and listens; see Manager"),
	NO("ssl", MAYBE(REF(SSL)), "keys and certificates are options of the service: vifdbd(8)"),
	SAME("other_config", MAP),
	KEY_BUT("stats-update-interval", "milliseconds, 5000 at least"),
	KEY_BUT("max-idle", "nothing to do: " ONLY_FLOWS),
	KEY_BUT("max-revalidator", "likewise"),
	KEY_BUT("flow-limit", "likewise"),
	KEY_BUT("n-handler-threads", "likewise"),
	KEY_BUT("n-revalidator-threads", "likewise"),
	KEY_BUT("flow-restore-wait", "nothing to do: ports forward over restarts"),
	KEY_BUT("vlan-limit", "nothing to do: one tag is looked at, a port's policy says whether more may pass"),
	NO_KEY_UNLESS("hw-offload", "false", "frames are not offloaded to NICs"),
	NO_KEY_UNLESS("dpdk-init", "false", NO_DPDK),
	{ .name = "external_ids", .type = MAP, .text = "" },
	SAME("next_cfg", INTEGER),
	WRITTEN("cur_cfg", INTEGER, "when vifswitchd has what changed in force"),
	{ .name = "statistics", .type = MAP, .flags = OVS_EPHEMERAL | OVS_WRITTEN, .verdict = OVS_DIFFERENT,
	  .text = "refused: what is refused; vifexportd(8) has numbers" },
	WRITTEN("ovs_version", MAYBE(STRING), "3.1.0, the release whose database it is"),
	WRITTEN("db_version", MAYBE(STRING), ""),
	SAME("system_type", MAYBE(STRING)),
	SAME("system_version", MAYBE(STRING)),
	WRITTEN("datapath_types", SET(STRING), "system"),
	WRITTEN("iface_types", SET(STRING), "geneve, gre, internal, patch, system, vxlan"),
	WRITTEN("dpdk_initialized", BOOLEAN, "false"),
	WRITTEN("dpdk_version", MAYBE(STRING), "none"),
	NO("datapaths", MAP_OF(STRING, REF(Datapath)), "conntrack zones are none of the host's: each port has its own connections"),
	{}
};

static const struct ovs_column bridge[] = {
	{ .name = "name", .type = STRING, .flags = OVS_FIXED, .verdict = OVS_DIFFERENT,
	  .text = "that of the switch; up to 15 characters" },
	{ .name = "datapath_type", .type = STRING, .verdict = OVS_DIFFERENT,
	  .text = "system, netdev: both are the kernel's" },
	WRITTEN("datapath_version", STRING, "that of vifswitch"),
	TOLD("datapath_id", MAYBE(STRING), ""),
	CLOSED("stp_enable", BOOLEAN, "vifswitch does not speak STP; a loop would not be cut"),
	CLOSED("rstp_enable", BOOLEAN, "vifswitch does not speak RSTP; a loop would not be cut"),
	SAME_BUT("mcast_snooping_enable", BOOLEAN, "what is snooped on, and what is believed: multicast.md"),
	SAME("ports", SET(REF(Port))),
	SAME("mirrors", SET(REF(Mirror))),
	SAME("netflow", MAYBE(REF(NetFlow))),
	SAME("sflow", MAYBE(REF(sFlow))),
	SAME("ipfix", MAYBE(REF(IPFIX))),
	SAME_BUT("controller", SET(REF(Controller)), "vifofd(8) connects; 8 at most"),
	SAME_BUT("protocols", SET(ENUM("\"OpenFlow10\", \"OpenFlow11\", \"OpenFlow12\", \"OpenFlow13\", "
				   "\"OpenFlow14\", \"OpenFlow15\"")),
		 "OpenFlow11 and OpenFlow12 are not spoken"),
	SAME("fail_mode", MAYBE(WORD2("standalone", "secure"))),
	TOLD("status", MAP, "refused: what is refused of it"),
	NEVER("rstp_status", MAP),
	SAME("other_config", MAP),
	KEY("datapath-id"),
	KEY_BUT(OVS_KEY_LOOPS, "vifswitch's own: true closes an uplink by which frames come back that left by another: multicast.md"),
	KEY_BUT(OVS_KEY_OPENFLOW, "vifswitch's own: true gives it flow tables, which it has in any case with controller, fail_mode or protocols"),
	KEY_BUT("hwaddr", "a switch has the address of its first uplink; another is refused"),
	KEY_BUT("disable-in-band", "nothing to do: there is no in-band control"),
	KEY("mac-aging-time"),
	KEY_BUT("mac-table-size", "the bound is the datapath's, for each port: 262144 in all"),
	KEY("mcast-snooping-aging-time"),
	KEY_BUT("mcast-snooping-table-size", "the bound is each port's: multicast_groups of Switch and its 256"),
	KEY("mcast-snooping-disable-flood-unregistered"),
	KEY_BUT("enable-ipv6-mcast-snooping", "MLD is snooped on wherever IGMP is"),
	NO_KEY_UNLESS("forward-bpdu", "false", "link-local control frames are dropped; vifctl(8), allow=control"),
	KEY_BUT("stp-priority", "see stp_enable"),
	KEY_BUT("rstp-priority", "see rstp_enable"),
	KEY_BUT("flow-eviction-threshold", "nothing to do: " ONLY_FLOWS),
	NO_KEY("dp-desc", "the description of a switch is fixed"),
	NO_KEY("dp-sn", "likewise"),
	IDS,
	NO("flood_vlans", VLANS, "addresses are learned in every VLAN"),
	NO("flow_tables", MAP_OF(RANGE(0, 254), REF(Flow_Table)), "tables have no settings from here"),
	NO("auto_attach", MAYBE(REF(AutoAttach)), "there is no auto attach"),
	{}
};

static const struct ovs_column port[] = {
	{ .name = "name", .type = STRING, .flags = OVS_FIXED, .text = "" },
	SAME("interfaces", SOME(REF(Interface))),
	SAME("trunks", VLANS),
	CLOSED("cvlans", VLANS, "there are no customer VLANs: dot1q-tunnel is not known"),
	SAME_BUT("tag", MAYBE(RANGE(0, 4095)), "up to 4094"),
	{ .name = "vlan_mode", .type = MAYBE(ENUM("\"trunk\", \"access\", \"native-tagged\", "
						  "\"native-untagged\", \"dot1q-tunnel\"")),
	  .verdict = OVS_DIFFERENT, .text = "dot1q-tunnel is refused, and the port stays closed; a native VLAN 0 leaves by it whatever trunks has" },
	SAME_BUT("qos", MAYBE(REF(QoS)), "see QoS"),
	NO("mac", MAYBE(STRING), "a device keeps its address"),
	SAME("bond_mode", MAYBE(WORD3("balance-tcp", "balance-slb", "active-backup"))),
	SAME("lacp", MAYBE(WORD3("active", "passive", "off"))),
	SAME_BUT("bond_updelay", INTEGER, "made a multiple of 100"),
	SAME_BUT("bond_downdelay", INTEGER, "likewise"),
	WRITTEN("bond_active_slave", MAYBE(STRING), "active-backup alone has one"),
	SAME_BUT("bond_fake_iface", BOOLEAN, "the bond is a device in any case"),
	SAME_BUT("fake_bridge", BOOLEAN, "ports of it are in its VLAN; its device is as one of type=internal"),
	TOLD("status", MAP, "refused: what is refused of it"),
	NEVER("rstp_status", MAP),
	NEVER("rstp_statistics", NUMBERS),
	NEVER("statistics", NUMBERS),
	SAME_BUT("protected", BOOLEAN, "not of VIFs and taps"),
	SAME("other_config", MAP),
	KEY("lacp-time"),
	KEY("lacp-fallback-ab"),
	KEY("lacp-system-id"),
	KEY("lacp-system-priority"),
	KEY("bond-primary"),
	KEY_BUT("bond-miimon-interval", "100 unless given; links are always watched"),
	KEY_BUT("bond-detect-mode", "always miimon"),
	KEY_BUT("bond-rebalance-interval", "always 10000"),
	NO_KEY("bond-hash-basis", "the kernel chooses it"),
	NO_KEY_UNLESS("all-members-active", "false", "the kernel decides"),
	KEY_BUT("priority-tags",
		"frames of VLAN 0 leave without a tag, also those that came with a priority"),
	NO_KEY("qinq-ethtype", "dot1q-tunnel is not known"),
	KEY_BUT("stp-enable", "see stp_enable of Bridge"),
	KEY_BUT("rstp-enable", "see rstp_enable of Bridge"),
	KEY_BUT("mcast-snooping-flood", "multicast_router=always: reports go there, too"),
	KEY_BUT("mcast-snooping-flood-reports", "with mcast-snooping-flood alone"),
	KEY_BUT("vifswitch-guard", "of VIFs, vifswitch's own: off, mac or mac+ip, as vifctl(8) has it; of taps and internal ports off or mac, that of attached-mac"),
	IDS,
	{}
};

static const struct ovs_column interface[] = {
	{ .name = "name", .type = STRING, .flags = OVS_FIXED, .verdict = OVS_DIFFERENT, .text = "up to 15 characters" },
	SAME_BUT("type", STRING, "system, internal, patch, vxlan, geneve, gre; others are refused"),
	SAME("options", MAP),
	KEY_BUT("remote_ip", "flow is refused"),
	KEY_BUT("local_ip", "flow is refused"),
	KEY_BUT("key", "1 at least; flow is refused"),
	KEY_BUT("in_key", "the same as out_key"),
	KEY_BUT("out_key", "the same as in_key"),
	KEY("dst_port"),
	NO_KEY("tos", "the outer packet's TOS is 0"),
	NO_KEY("ttl", "the outer packet's TTL is 64"),
	NO_KEY("csum", "the outer checksum is there with IPv6 and not with IPv4"),
	NO_KEY_UNLESS("df_default", "false", "the outer packet may be cut"),
	NO_KEY("egress_pkt_mark", "packets have no mark"),
	CLOSED_KEY("exts", "VXLAN has no extensions"),
	CLOSED_KEY("packet_type", "only Ethernet frames are carried"),
	CLOSED_KEY("psk", "the tunnel would not be encrypted"),
	CLOSED_KEY("remote_cert", "the tunnel would not be encrypted"),
	CLOSED_KEY("remote_name", "the tunnel would not be encrypted"),
	KEY_BUT("peer", "the two are the ends of a veth pair; one without the other is closed"),
	SAME_BUT("ingress_policing_rate", ONE(AT_LEAST(0)), "of VIFs and taps of VMs alone"),
	SAME_BUT("ingress_policing_burst", ONE(AT_LEAST(0)), "likewise"),
	SAME_BUT("ingress_policing_kpkts_rate", ONE(AT_LEAST(0)), "likewise"),
	NO("ingress_policing_kpkts_burst", ONE(AT_LEAST(0)), "packets at once are not set; 250 ms of the rate are"),
	TOLD("mac_in_use", MAYBE(STRING), ""),
	SAME_BUT("mac", MAYBE(STRING), "of internal ports; another device keeps its address: ip link set"),
	TOLD("ifindex", MAYBE(RANGE(0, 4294967295)), ""),
	SAME_BUT("external_ids", MAP, "kept; these say whose it is"),
	KEY("xs-vm-uuid"),
	KEY("xs-vif-uuid"),
	KEY_BUT("vm-uuid", "as xs-vm-uuid"),
	KEY_BUT("xen-vm-uuid", "as xs-vm-uuid; Xen's vif-openvswitch says it so"),
	KEY_BUT("iface-id", "kept beside the row; with attached-mac a VM's tap"),
	KEY_BUT("attached-mac", "likewise; of a tap the one address that it may use; of a VIF the VM's own config says"),
	WRITTEN("ofport", MAYBE(INTEGER), "-1 where it is closed"),
	SAME("ofport_request", MAYBE(RANGE(1, 65279))),
	SAME("bfd", MAP),
	KEY("enable"),
	KEY("min_rx"),
	KEY("min_tx"),
	KEY("mult"),
	KEY_BUT("bfd_src_ip", "not of tunnels"),
	KEY_BUT("bfd_dst_ip", "not of tunnels"),
	KEY_BUT("bfd_remote_dst_mac", "not of tunnels"),
	NO_KEY("bfd_local_src_mac", "it is that of the device"),
	NO_KEY("bfd_local_dst_mac", "any is heard"),
	NO_KEY("decay_min_rx", "there is no decay"),
	NO_KEY_UNLESS("forwarding_if_rx", "false", "BFD's own packets alone count"),
	NO_KEY_UNLESS("cpath_down", "false", "it is never said"),
	NO_KEY_UNLESS("check_tnl_key", "false", "a key that is no network's is dropped before"),
	NEVER("bfd_status", MAP),
	SAME("cfm_mpid", MAYBE(INTEGER)),
	NEVER("cfm_remote_mpids", SET(INTEGER)),
	{ .name = "cfm_flap_count", .type = MAYBE(INTEGER), .verdict = OVS_DIFFERENT, .text = "always empty" },
	NEVER("cfm_fault", MAYBE(BOOLEAN)),
	NEVER("cfm_fault_status", SET(STRING)),
	NEVER("cfm_remote_opstate", MAYBE(WORD2("up", "down"))),
	NEVER("cfm_health", MAYBE(RANGE(0, 100))),
	TOLD("lacp_current", MAYBE(BOOLEAN), ""),
	SAME("lldp", MAP),
	KEY_BUT("enable", "neighbours are heard in any case"),
	SAME("other_config", MAP),
	KEY("cfm_interval"),
	NO_KEY_UNLESS("cfm_extended", "false", "802.1ag's own form alone is spoken"),
	NO_KEY_UNLESS("cfm_demand", "false", "checks do not depend on traffic"),
	NO_KEY("cfm_opstate", "only the extended form tells it"),
	NO_KEY("cfm_ccm_vlan", "checks are untagged"),
	NO_KEY("cfm_ccm_pcp", "checks are untagged"),
	KEY("lacp-port-priority"),
	NO_KEY("lacp-port-id", "the kernel chooses it"),
	KEY("lacp-aggregation-key"),
	TOLD("statistics", NUMBERS, ""),
	TOLD("status", MAP, "driver_name"),
	TOLD("admin_state", MAYBE(WORD2("up", "down")), ""),
	TOLD("link_state", MAYBE(WORD2("up", "down")), ""),
	TOLD("link_resets", MAYBE(INTEGER), ""),
	TOLD("link_speed", MAYBE(INTEGER), ""),
	TOLD("duplex", MAYBE(WORD2("half", "full")), ""),
	TOLD("mtu", MAYBE(INTEGER), ""),
	SAME_BUT("mtu_request", MAYBE(AT_LEAST(1)), "of VIFs, of internal ports, and of the bridge's own interface, which is the switch's"),
	WRITTEN("error", MAYBE(STRING), "also what is refused of a port that works"),
	{}
};

static const struct ovs_column flow_table[] = {
	SAME("name", MAYBE(STRING)),
	SAME("flow_limit", MAYBE(AT_LEAST(0))),
	SAME("overflow_policy", MAYBE(WORD2("refuse", "evict"))),
	SAME("groups", SET(STRING)),
	SAME("prefixes", UP_TO(3, STRING)),
	IDS,
	{}
};

static const struct ovs_column qos[] = {
	SAME_BUT("type", STRING, "linux-htb, linux-hfsc: max-rate of a VIF or a VM's tap; others are refused"),
	SAME_BUT("queues", MAP_OF(RANGE(0, 4294967295), REF(Queue)), "queue 0 has all frames, and its max-rate counts; others are refused"),
	SAME("other_config", MAP),
	KEY("max-rate"),
	NO_KEY("cir", "policers are none of QoS here"),
	IDS,
	{}
};

static const struct ovs_column queue[] = {
	SAME_BUT("dscp", MAYBE(RANGE(0, 63)), "see queues of QoS"),
	SAME_BUT("other_config", MAP, "likewise"),
	IDS,
	{}
};

static const struct ovs_column mirror[] = {
	SAME_BUT("name", STRING, "unique among all bridges"),
	SAME("select_all", BOOLEAN),
	SAME_BUT("select_src_port", SET(WEAK(Port)), "ports in both, or in one of the two alone"),
	SAME_BUT("select_dst_port", SET(WEAK(Port)), "likewise"),
	SAME("select_vlan", VLANS),
	SAME_BUT("output_port", MAYBE(WEAK(Port)), "a VIF or a device, which is nothing else then"),
	SAME("output_vlan", MAYBE(RANGE(1, 4095))),
	SAME("snaplen", MAYBE(RANGE(14, 65535))),
	NEVER("statistics", NUMBERS),
	IDS,
	{}
};

static const struct ovs_column netflow[] = {
	SAME("targets", SOME(STRING)),
	NO("engine_type", MAYBE(RANGE(0, 255)), "it is 0"),
	SAME("engine_id", MAYBE(RANGE(0, 255))),
	NO("add_id_to_interface", BOOLEAN, "interfaces have numbers of their own"),
	SAME_BUT("active_timeout", ONE(AT_LEAST(-1)), "0: 60 s; -1 is refused"),
	IDS,
	{}
};

static const struct ovs_column sflow[] = {
	SAME("targets", SOME(STRING)),
	SAME_BUT("sampling", MAYBE(INTEGER), "1000 unless given"),
	SAME("polling", MAYBE(INTEGER)),
	SAME("header", MAYBE(INTEGER)),
	SAME_BUT("agent", MAYBE(STRING), "an address; a device's name is refused"),
	IDS,
	{}
};

static const struct ovs_column ipfix[] = {
	SAME("targets", SET(STRING)),
	SAME_BUT("sampling", MAYBE(RANGE(1, 4294967295)), "every frame unless given"),
	SAME("obs_domain_id", MAYBE(RANGE(0, 4294967295))),
	SAME("obs_point_id", MAYBE(RANGE(0, 4294967295))),
	SAME("cache_active_timeout", MAYBE(RANGE(0, 4200))),
	NO("cache_max_flows", MAYBE(RANGE(0, 4294967295)), "the bound is each port's"),
	SAME("other_config", MAP),
	NO_KEY_UNLESS("enable-tunnel-sampling", "false", "inner frames alone are told"),
	KEY_BUT("enable-input-sampling", "frames are told where they come in"),
	KEY_BUT("enable-output-sampling", "likewise"),
	NO_KEY("virtual_obs_id", "there is none"),
	IDS,
	{}
};

static const struct ovs_column collector_set[] = {
	SAME("id", ONE(RANGE(0, 4294967295))),
	NO("bridge", ONE(REF(Bridge)), "samples are not taken by flows"),
	SAME("ipfix", MAYBE(REF(IPFIX))),
	IDS,
	{}
};

static const struct ovs_column controller[] = {
	SAME_BUT("type", MAYBE(WORD2("primary", "service")), "each counts as primary"),
	SAME_BUT("target", STRING, "tcp:, ssl:, ptcp:, pssl:; unix: and punix: are refused"),
	SAME_BUT("max_backoff", MAYBE(AT_LEAST(1000)), "always 30000"),
	SAME_BUT("inactivity_probe", MAYBE(INTEGER), "always 5000"),
	SAME_BUT("connection_mode", MAYBE(WORD2("in-band", "out-of-band")), "always out-of-band"),
	SAME_BUT("local_ip", MAYBE(STRING), "nothing to do: there is no in-band control"),
	SAME_BUT("local_netmask", MAYBE(STRING), "likewise"),
	SAME_BUT("local_gateway", MAYBE(STRING), "likewise"),
	SAME_BUT("enable_async_messages", MAYBE(BOOLEAN), "a controller says itself what it wants"),
	SAME_BUT("controller_queue_size", MAYBE(RANGE(1, 512)), "each port has a queue of its own"),
	SAME_BUT("controller_rate_limit", MAYBE(AT_LEAST(100)), "each port has a limit of its own"),
	SAME_BUT("controller_burst_limit", MAYBE(AT_LEAST(25)), "likewise"),
	SAME("other_config", MAP),
	NO_KEY("dscp", "packets to controllers have none"),
	IDS,
	TOLD("is_connected", BOOLEAN, "somebody is there, of one that is listened for"),
	TOLD("role", MAYBE(WORD3("other", "master", "slave")), ""),
	TOLD("status", MAP, "state, last_error"),
	{}
};

static const struct ovs_column manager[] = {
	SAME_BUT("target", STRING, "ptcp:PORT:IP, pssl:, tcp:, ssl:, punix: beside the database; as --remote of vifdbd(8)"),
	SAME_BUT("max_backoff", MAYBE(AT_LEAST(1000)), "always 8000"),
	SAME_BUT("inactivity_probe", MAYBE(INTEGER), "an option of vifdbd(8)"),
	SAME_BUT("connection_mode", MAYBE(WORD2("in-band", "out-of-band")), "always out-of-band"),
	SAME("other_config", MAP),
	IDS,
	NEVER("is_connected", BOOLEAN),
	NEVER("status", MAP),
	{}
};

static const struct ovs_column datapath[] = {
	SAME("datapath_version", STRING),
	SAME("ct_zones", MAP_OF(RANGE(0, 65535), REF(CT_Zone))),
	SAME("capabilities", MAP),
	IDS,
	{}
};

static const struct ovs_column ct_zone[] = {
	SAME("timeout_policy", MAYBE(REF(CT_Timeout_Policy))),
	IDS,
	{}
};

#define TIMEOUTS \
	"\"tcp_syn_sent\", \"tcp_syn_recv\", \"tcp_established\", \"tcp_fin_wait\", " \
	"\"tcp_close_wait\", \"tcp_last_ack\", \"tcp_time_wait\", \"tcp_close\", " \
	"\"tcp_syn_sent2\", \"tcp_retransmit\", \"tcp_unack\", \"udp_first\", " \
	"\"udp_single\", \"udp_multiple\", \"icmp_first\", \"icmp_reply\""

static const struct ovs_column ct_timeout_policy[] = {
	SAME("timeouts", MAP_OF(ENUM(TIMEOUTS), RANGE(0, 4294967295))),
	IDS,
	{}
};

static const struct ovs_column ssl[] = {
	SAME("private_key", STRING),
	SAME("certificate", STRING),
	SAME("ca_cert", STRING),
	SAME("bootstrap_ca_cert", BOOLEAN),
	IDS,
	{}
};

static const struct ovs_column auto_attach[] = {
	SAME("system_name", STRING),
	SAME("system_description", STRING),
	SAME("mappings", MAP_OF(RANGE(0, 16777215), RANGE(0, 4095))),
	{}
};

const struct ovs_table ovs_tables[] = {
	{ "Open_vSwitch", true, true, NULL, open_vswitch },
	{ "Bridge", false, false, "name", bridge },
	{ "Port", false, false, "name", port },
	{ "Interface", false, false, "name", interface },
	{ "Flow_Table", false, false, NULL, flow_table },
	{ "QoS", true, false, NULL, qos },
	{ "Queue", true, false, NULL, queue },
	{ "Mirror", false, false, NULL, mirror },
	{ "NetFlow", false, false, NULL, netflow },
	{ "sFlow", false, false, NULL, sflow },
	{ "IPFIX", false, false, NULL, ipfix },
	{ "Flow_Sample_Collector_Set", true, false, "id,bridge", collector_set },
	{ "Controller", false, false, NULL, controller },
	{ "Manager", false, false, "target", manager },
	{ "Datapath", false, false, NULL, datapath },
	{ "CT_Zone", false, false, NULL, ct_zone },
	{ "CT_Timeout_Policy", false, false, NULL, ct_timeout_policy },
	{ "SSL", false, true, NULL, ssl },
	{ "AutoAttach", false, false, NULL, auto_attach },
	{}
};

const struct ovs_table *ovs_table_find(const char *name)
{
	const struct ovs_table *t;

	for (t = ovs_tables; t->name; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

const char *ovs_verdict_word(enum ovs_verdict verdict)
{
	static const char *const words[] = {
		[OVS_SAME] = "same",
		[OVS_DIFFERENT] = "different",
		[OVS_REFUSED] = "refused",
		[OVS_CLOSED] = "refused, and closes",
	};

	return words[verdict];
}
