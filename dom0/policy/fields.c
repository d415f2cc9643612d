// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every field of policy, once. The manual (docs/how-to-add.md) says what else a
 * new one needs.
 */
#include "oam/bfd.h"
#include "oam/cfm-frame.h"
#include "policy/bounds.h"
#include "policy/fields.h"
#include "policy/show-fields.h"
#include "policy/vif-fields.h"
#include "vifswitch/abi.h"
#include "vifswitch/mirror-abi.h"
#include "vifswitch/network-abi.h"

/* Counted up when a column of any table comes, goes or changes, or a table's bound does. */
const char policy_schema_version[] = "0.18.0";

const char *const database_tables[] = {
	"Global", "Switch", "VM", "Port", "ACL", "Rule", "Group", "QoS", "Mirror", "Exporter", "Interface", "Uplink",
	"Network", "Host", "Location", NULL,
};

#define ONE(...)	.columns = { { __VA_ARGS__ } }
#define INTEGER(name, low, high, text) \
	{ name, COLUMN_INTEGER, text, .min = (int64_t)(low), .max = (int64_t)(high) }
#define NUMBER(of_unit, column, low, high, text) \
	.type = FIELD_NUMBER, .unit = UNIT_##of_unit, \
	.columns = { INTEGER(column, low, high, text) }
#define RATE(column, text) \
	NUMBER(RATE, column, VIFSWITCH_RATE_MIN_BPS, VIFSWITCH_RATE_MAX_BPS, text), \
	.like = "100Mbit"
#define BURST(column, text) \
	NUMBER(BITS, column, VIFSWITCH_BURST_MIN_BYTES * 8, VIFSWITCH_BURST_MAX_BYTES * 8, text), \
	.like = "64KiB"
#define PACKETS(column, text) \
	NUMBER(PACKETS, column, VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX, text), .like = "10kpps"
#define WORD(column, of, text) \
	.type = FIELD_WORD, ONE(column, COLUMN_STRING, text, .words = of)
#define WORDS(column, of, count, text) \
	.type = FIELD_WORDS, ONE(column, COLUMN_STRINGS, text, .words = of, .most = count)
#define PREFIXES(column, count, text) \
	.type = FIELD_PREFIXES, ONE(column, COLUMN_STRINGS, text, .min = PREFIX_TEXT_MIN, \
				    .max = 64, .most = count)
#define ENDPOINTS(column, count, text) \
	.type = FIELD_ENDPOINTS, ONE(column, COLUMN_STRINGS, text, .min = PREFIX_TEXT_MIN, \
				     .max = 64, .most = count)
#define NETDEV_NAME	.min = 1, .max = 15
#define BOOLEAN(column, text)	.type = FIELD_BOOLEAN, ONE(column, COLUMN_BOOLEAN, text)
#define REFERENCE(to, column, text) \
	.type = FIELD_REFERENCE, .like = "NAME", \
	ONE(column, COLUMN_REFERENCE, text, .refers = to)
#define GROUPS(column, text) \
	.type = FIELD_REFERENCES, .like = "NAME,...", \
	ONE(column, COLUMN_REFERENCES, text, .refers = "Group", .most = ACL_GROUPS_MAX)
#define PORTS(column, text) \
	.type = FIELD_PORTS, ONE(column, COLUMN_RANGES, text, .max = 65535, .most = ACL_RANGES_MAX)
#define MAP(column, text) \
	.type = FIELD_MAP, .like = "key=value,...", ONE(column, COLUMN_MAP, text, .most = 256)
#define VLANS(name, text) \
	{ name, COLUMN_INTEGERS, text, .max = VIFSWITCH_VID_MAX, .most = VIFSWITCH_VID_MAX + 1 }
#define TCP_FLAGS(name, text) \
	{ name, COLUMN_STRINGS, text, .words = tcp_flag_words, .most = 8 }

#define MEMBER(m)	.place = offsetof(struct vif_policy, m), \
			.size = sizeof(((struct vif_policy *)0)->m)
#define PROGRAM(m)	MEMBER(program.header.m)
#define KEEP_MARK	.otherwise = VIFSWITCH_MARK_KEEP, .none = VIFSWITCH_MARK_KEEP

/* Fields of several tables. */
#define FACTS { \
	"external-ids", .kept = true, \
	MAP("external_ids", "Facts of other systems about this row; vifswitch does not look at them.") \
}
#define LABELS(text)	{ "labels", .pairs = true, MAP("labels", text) }
#define MTU(text, ...) \
	{ "mtu", __VA_ARGS__ NUMBER(OCTETS, "mtu", VIF_MTU_MIN, VIF_MTU_MAX, text), .like = "9000" }
#define RATE_FROM_VM { \
	"rate-from-vm", PROGRAM(rate_bps), .merge = merge_rate_from_vm, .show = show_rate_from_vm, \
	RATE("rate_from_vm", "Most bits per second that the VM may send; more is dropped.") \
}
#define PACKETS_FROM_VM { \
	"packets-from-vm", PROGRAM(packet_rate), .merge = merge_packets_from_vm, \
	PACKETS("packets_from_vm", "Most packets per second that the VM may send.") \
}
#define PACKETS_TO_VM { \
	"packets-to-vm", PROGRAM(packet_rate_to), .feature = VIFSWITCH_FEATURE_PACKETS_TO, \
	PACKETS("packets_to_vm", \
		"Most packets per second that are sent to the VM; more is dropped. Spares dom0 the work of a flood, which rate_to_vm counts in bits.") \
}
#define RATE_TO_VM { \
	"rate-to-vm", MEMBER(to_bps), \
	RATE("rate_to_vm", "Most bits per second that are sent to the VM; more waits, then is dropped.") \
}

const struct kind object_kinds[OBJECT_KINDS_ALL] = {
	[OBJECT_SWITCH] = { OBJECT_SWITCH, "switch", "switches", "Switch", "name", 15, {
		{ "uplinks", .type = FIELD_NETDEVS, .like = "eth0,eth1",
		  ONE("uplinks", COLUMN_STRINGS,
		      "Network devices that connect it to the outside; a host plugs those that it has.",
		      NETDEV_NAME, .most = SWITCH_UPLINKS_MAX) },
		{ "moved", .type = FIELD_NETDEVS, .like = "eth0", .sticky = true,
		  ONE("moved", COLUMN_STRINGS,
		      "Those of its uplinks that were moved here: another switch of the database or of vifswitch.conf that names them as well does not get them.",
		      NETDEV_NAME, .most = SWITCH_UPLINKS_MAX) },
		MTU("Largest packet in octets without the Ethernet header. Empty: that of the uplinks.", ),
		{ "ageing", .like = "300s",
		  NUMBER(SECONDS, "ageing_s", VIFSWITCH_AGEING_MIN_MS / 1000,
			 VIFSWITCH_AGEING_MAX_MS / 1000,
			 "Seconds after which a learned MAC address that is not seen is forgotten. Empty: 300.") },
		{ "uplink-rate",
		  RATE("uplink_rate",
		       "Bits per second that each uplink carries, which guarantees are made of. Empty: what the device says.") },
		{ "options", MAP("options", "Options of the datapath, by name.") },
		FACTS,
	} },
	[OBJECT_VM] = { OBJECT_VM, "vm", "vms", "VM", "uuid", 36, {
		{ "name", .type = FIELD_TEXT, .like = "web",
		  ONE("name", COLUMN_STRING, "Its name, for people. Need not be unique.",
		      .max = VM_NAME_MAX, .always = true) },
		LABELS("Labels, by which policy and people can pick VMs."),
		FACTS,
	} },
	[OBJECT_GROUP] = { OBJECT_GROUP, "group", "groups", "Group", "name", POLICY_NAME_MAX, {
		{ "addresses", .like = "10.0.0.0/8,2001:db8::/64",
		  PREFIXES("addresses", GROUP_MEMBERS_MAX, "Addresses or prefixes, IPv4 or IPv6.") },
		{ "vms", .type = FIELD_VMS, .like = "web,UUID",
		  ONE("vms", COLUMN_UUIDS,
		      "VMs, by UUID, whose ports' locked addresses belong to it.",
		      .most = GROUP_MEMBERS_MAX) },
		FACTS,
	} },
	[OBJECT_ACL] = { OBJECT_ACL, "acl", "acls", "ACL", "name", POLICY_NAME_MAX, {
		{ "from-vm-default",
		  WORD("from_vm_default", verdict_words,
		       "For packets that the VM sends and no rule matches. Empty: deny.") },
		{ "to-vm-default",
		  WORD("to_vm_default", verdict_words,
		       "For packets that are sent to the VM and no rule matches. Empty: deny.") },
		FACTS,
	} },
	[OBJECT_QOS] = { OBJECT_QOS, "qos", "qos", "QoS", "name", POLICY_NAME_MAX, {
		RATE_FROM_VM,
		PACKETS_FROM_VM,
		RATE_TO_VM,
		PACKETS_TO_VM,
		{ "uplink-min", MEMBER(uplink.min_bps),
		  RATE("uplink_min",
		       "Bits per second of each uplink that are each VM's when it wants them. Does nothing while the uplink's rate is not known; made smaller, and told in Host.last_error, where all come to more than 95 % of it.") },
		{ "uplink-max", MEMBER(uplink.max_bps), .merge = merge_uplink_max,
		  RATE("uplink_max", "Most bits per second that each VM gets of an uplink.") },
		{ "uplink-weight", MEMBER(uplink.weight),
		  NUMBER(NONE, "uplink_weight", 1, UPLINK_WEIGHT_MAX,
			 "Its part of what is left of an uplink, beside the weights of the others. Empty: 100.") },
		{ "dscp", PROGRAM(dscp), KEEP_MARK,
		  NUMBER(NONE, "dscp", 0, 63,
			 "DSCP written into the packets that the VM sends. Empty: see trust.") },
		{ "pcp", PROGRAM(pcp), KEEP_MARK,
		  NUMBER(NONE, "pcp", 0, 7,
			 "802.1p priority of the frames that the VM sends, seen where they leave tagged. Empty: see trust.") },
		{ "trust", .merge = merge_trust,
		  WORDS("trust", trust_words, 2,
			"Which of the VM's own marks stay; those not listed become 0 unless dscp or pcp sets them.") },
		{ "storm-broadcast", PROGRAM(storm_broadcast),
		  PACKETS("storm_broadcast",
			  "Most broadcast frames per second that the VM may send.") },
		{ "storm-multicast", PROGRAM(storm_multicast),
		  PACKETS("storm_multicast",
			  "Most multicast frames per second that the VM may send.") },
		{ "storm-unknown", PROGRAM(storm_unknown),
		  PACKETS("storm_unknown",
			  "Most frames per second that the VM may send to addresses nobody knows.") },
		{ "storm-burst", PROGRAM(storm_burst), .merge = merge_storm_burst,
		  .feature = VIFSWITCH_FEATURE_STORM_BURST,
		  NUMBER(NONE, "storm_burst", VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX,
			 "Frames of each limited kind that the VM may send at once. Empty: a tenth of a second's, at least 10.") },
		FACTS,
	} },
	[OBJECT_PORT] = { OBJECT_PORT, "port", "ports", "Port", "vm", 42, {
		{ "switch", .type = FIELD_NETDEV, .like = "xenbr0", .merge = merge_switch,
		  ONE("switch", COLUMN_STRING, "The name of the switch it is plugged into.",
		      NETDEV_NAME) },
		{ "vlan", .merge = merge_vlan, .show = show_vlan, .member = "vlan",
		  .type = FIELD_VLAN, .doc = "Its VLANs in one word, as told below.",
		  .like = "100|trunk:10,20-30|native-untagged:5+10,20-30|native-tagged:...",
		  .columns = {
			{ "vlan_mode", COLUMN_STRING,
			  "access: untagged frames only, in the VLAN of tag. trunk: tagged frames only, in the VLANs of trunks. native-tagged and native-untagged: a trunk whose untagged frames belong to the VLAN of tag, which is sent to the VM with its tag or without. Empty: access if tag is set, trunk if only trunks is.",
			  .words = vlan_mode_words },
			INTEGER("tag", 0, VIFSWITCH_VID_MAX,
				"The VLAN of untagged frames; 0 is the untagged network."),
			VLANS("trunks", "VLANs whose tagged frames may pass. Empty on a trunk: all."),
		  } },
		{ "state", MEMBER(closed),
		  WORD("admin_state", state_words,
		       "down: nothing passes, and the VM sees no carrier. Empty: up.") },
		{ "guard", .merge = merge_guard, .show = show_guard,
		  .doc = "What the VM's frames are held to: off, nothing; mac, its source MAC addresses; mac+ip, also its source addresses in IPv4, IPv6, ARP and neighbour discovery. Empty: mac+ip if it has a lock-ip or its config an ip=, else mac.",
		  WORD("guard", guard_words,
		       "What the VM's frames are held to: off, nothing; mac, its source MAC addresses; mac+ip, also its source addresses in IPv4, IPv6, ARP and neighbour discovery. Empty: mac+ip if it has an ip_lock or its config an ip=, else mac.") },
		{ "mac-lock", .merge = merge_mac_lock, .show = show_macs, .member = "mac",
		  .type = FIELD_MACS, .like = "00:16:3e:12:34:56,...",
		  ONE("mac_lock", COLUMN_STRINGS,
		      "Source MAC addresses that the VM may use, like 00:16:3e:12:34:56. Empty: that of its config. Those beside its own one several VMs may list, for VRRP and CARP; vifswitch-acl(7) has the rules.",
		      .min = 17, .max = 17, .most = VIFSWITCH_PROGRAM_MACS_MAX) },
		{ "lock-ip", .merge = merge_ip_lock, .show = show_prefixes, .member = "ip",
		  .like = "192.0.2.1,2001:db8::/64",
		  PREFIXES("ip_lock", VIFSWITCH_PROGRAM_PREFIXES_MAX,
			   "Source IP addresses or prefixes that the VM may use, like 192.0.2.1 or 2001:db8::/64. With IPv6 ones its link-local addresses are allowed too. Empty: those of its config's ip=, else any.") },
		{ "allow", PROGRAM(flags),
		  WORDS("allow", allow_words, 4,
			"What is refused from a VM unless it is listed: router-advertisement, IPv6 router advertisements and redirects; dhcp-server, answers of a DHCPv4 or DHCPv6 server; control, link-local control frames (STP, LLDP, CDP); stacked, frames with a further VLAN tag.") },
		{ "acl", .merge = merge_acl, .type = FIELD_ORDERED, .like = "web|base,web,...",
		  .doc = "The rules its packets are held to: one ACL, or up to 8 in an order, which are one list then: the first rule that fits decides, whichever has it. Empty: all that the guard lets through.",
		  .columns = {
			{ "acl", COLUMN_REFERENCE,
			  "The rules its packets are held to. Empty: all that the guard lets through.",
			  .refers = "ACL" },
			{ "more_acls", COLUMN_ORDERED,
			  "Further ACLs by their places behind that of acl, whose rules are tried in this order when none before has fitted.",
			  .min = 2, .max = PORT_ACLS_MAX, .most = PORT_ACLS_MAX - 1, .refers = "ACL" },
		  } },
		{ "qos",
		  REFERENCE("QoS", "qos",
			    "How its traffic is treated. A rate in the port's own columns wins over that of the QoS.") },
		{ "connections-max", PROGRAM(connections_max),
		  .otherwise = VIFSWITCH_CONNECTIONS_DEFAULT,
		  NUMBER(NONE, "connections_max", 1, VIFSWITCH_CONNECTIONS_MAX,
			 "Most connections tracked for the VM at a time, with a stateful ACL. Empty: 65536.") },
		RATE_FROM_VM,
		{ "burst-from-vm", .merge = merge_burst_from_vm, .told_by = "rate_from_vm",
		  BURST("burst_from_vm",
			"Bits that it may send at once above that rate. Empty: what it may send in 250 ms, at least 1048576.") },
		PACKETS_FROM_VM,
		RATE_TO_VM,
		PACKETS_TO_VM,
		{ "burst-to-vm", MEMBER(to_burst), .scale = 8, .merge = merge_burst_to_vm,
		  BURST("burst_to_vm",
			"Bits that may be sent to it at once above that rate. Empty: what may be sent in 50 ms.") },
		MTU("Largest packet in octets without the Ethernet header.", MEMBER(mtu),
		    .otherwise = VIF_MTU_DEFAULT, .merge = merge_mtu,),
		{ "vif-uuid", .type = FIELD_UUID, .like = "UUID", .kept = true,
		  ONE("vif_uuid", COLUMN_UUID, "XAPI's UUID of the VIF, where there is one.") },
		FACTS,
	} },
	[OBJECT_MIRROR] = { OBJECT_MIRROR, "mirror", "mirrors", "Mirror", "name", POLICY_NAME_MAX, {
		{ "vms", .type = FIELD_VIFS, .like = "web,db/1",
		  .doc = "VMs whose frames are copied, or with /DEVID one interface of theirs; wherever they run.",
		  ONE("vms", COLUMN_STRINGS,
		      "VMs whose frames are copied, by UUID; one with /DEVID behind it is one VIF alone.",
		      .min = 36, .max = 42, .most = MIRROR_SOURCES_MAX) },
		{ "netdevs", .type = FIELD_NETDEVS, .like = "eth0,xenbr0",
		  ONE("netdevs", COLUMN_STRINGS,
		      "Uplinks whose frames are copied, and switches by whose names their local ports are meant; on hosts that have them.",
		      NETDEV_NAME, .most = SWITCH_UPLINKS_MAX) },
		{ "switches", .type = FIELD_NETDEVS, .like = "xenbr0",
		  ONE("switches", COLUMN_STRINGS, "Switches all of whose ports are copied.",
		      NETDEV_NAME, .most = SWITCH_UPLINKS_MAX) },
		{ "direction",
		  WORD("direction", mirror_words,
		       "from: what those ports send. to: what they are sent. Empty: both.") },
		{ "vlan", .type = FIELD_VLANS, .like = "100,200-210",
		  .columns = { VLANS("vlans",
				     "VLANs whose frames are copied; 0 is the untagged network. Empty: all.") } },
		{ "filter",
		  REFERENCE("ACL", "filter",
			    "Only what this ACL allows is copied: by its rules for from-vm of what those ports send, for to-vm of what they are sent. Nothing is tracked.") },
		{ "to", .type = FIELD_VIF, .like = "sensor/0",
		  .doc = "The sensor: a VM's interface that gets the copies, and nothing else; the switch takes nothing from it. DEVID is 0 unless given.",
		  ONE("output_vif", COLUMN_STRING,
		      "The sensor: UUID/DEVID of the VIF that gets the copies. It gets nothing else, and the switch takes nothing from it.",
		      .min = 38, .max = 42) },
		{ "to-netdev", .type = FIELD_NETDEV, .like = "mon0",
		  ONE("output_netdev", COLUMN_STRING,
		      "A network device that gets the copies. It becomes a port of the switch for that, and is nothing else there.",
		      NETDEV_NAME) },
		{ "to-vlan", .like = "999",
		  NUMBER(NONE, "output_vlan", 1, VIFSWITCH_VID_MAX,
			 "A VLAN of the uplinks that carries the copies (RSPAN), and nothing else: on no host does another port have it.") },
		{ "to-remote", .like = "192.0.2.9",
		  PREFIXES("output_remote", 1,
			   "The address, IPv4 or IPv6, to which copies are sent as ERSPAN.") },
		{ "erspan",
		  NUMBER(NONE, "erspan_type", 1, 3, "The type of ERSPAN: 1, 2 or 3. Empty: 2.") },
		{ "session", .like = "100",
		  NUMBER(NONE, "erspan_session", 0, MIRROR_SESSION_MAX,
			 "The session's number in ERSPAN of type 2 and 3. Empty: 1.") },
		{ "ttl",
		  NUMBER(NONE, "erspan_ttl", 1, 255, "Routers that ERSPAN may pass. Empty: 64.") },
		{ "snaplen", .like = "128",
		  NUMBER(OCTETS, "snaplen", VIFSWITCH_SNAPLEN_MIN, VIFSWITCH_SNAPLEN_MAX,
			 "Octets of each frame that are copied; not with a VLAN as output. Empty: all.") },
		{ "rate", RATE("rate", "Most bits per second of copies. Empty: no limit.") },
		{ "copies", PACKETS("copies", "Most copies per second. Empty: 100000.") },
		{ "dropped",
		  BOOLEAN("dropped",
			  "True: also what the ports' own policy refuses. Empty: false.") },
		{ "state",
		  WORD("admin_state", state_words, "down: nothing is copied. Empty: up.") },
		FACTS,
	} },
	[OBJECT_EXPORTER] = { OBJECT_EXPORTER, "exporter", "exporters", "Exporter", "name", POLICY_NAME_MAX, {
		{ "format", .required = true,
		  WORD("format", export_format_words,
		       "What collectors are told in: sflow, samples of frames and counters of interfaces (version 5); netflow5, netflow9 and ipfix, records of flows.") },
		{ "to", .required = true, .like = "192.0.2.9,[2001:db8::9]:4739",
		  ENDPOINTS("collectors", EXPORTER_COLLECTORS_MAX,
			    "The collectors: addresses, IPv4 or IPv6, with :PORT or without; each is told all of it. Ports are 6343 for sflow, 2055 for netflow5 and netflow9 and 4739 for ipfix unless they are given.") },
		{ "transport",
		  WORD("transport", transport_words, "How they are reached; tcp is for ipfix. Empty: udp.") },
		{ "vms", .type = FIELD_VIFS, .like = "web,db/1",
		  .doc = "VMs whose traffic is told, or with /DEVID one interface of theirs; wherever they run. Where vms, labels, netdevs and switches are all empty, that of every port is.",
		  ONE("vms", COLUMN_STRINGS,
		      "VMs whose traffic is told, by UUID; one with /DEVID behind it is one VIF alone. Where vms, labels, netdevs and switches are all empty, that of every port is.",
		      .min = 36, .max = 42, .most = MIRROR_SOURCES_MAX) },
		LABELS("VMs that have all of these labels, likewise."),
		{ "netdevs", .type = FIELD_NETDEVS, .like = "eth0",
		  ONE("netdevs", COLUMN_STRINGS, "Uplinks, likewise; on hosts that have them.",
		      NETDEV_NAME, .most = SWITCH_UPLINKS_MAX) },
		{ "switches", .type = FIELD_NETDEVS, .like = "xenbr0",
		  ONE("switches", COLUMN_STRINGS, "Switches, all of whose ports are meant.",
		      NETDEV_NAME, .most = SWITCH_UPLINKS_MAX) },
		{ "sampling", .like = "1000",
		  NUMBER(NONE, "sampling", 1, EXPORTER_SAMPLING_MAX,
			 "One of so many frames is looked at, by chance. Empty: 1000 for sflow, 1 else, which is every frame.") },
		{ "header", .like = "128",
		  NUMBER(OCTETS, "header", EXPORTER_HEADER_MIN, EXPORTER_HEADER_MAX,
			 "Octets of a sampled frame that sflow tells. Empty: 128.") },
		{ "polling", .like = "30s",
		  NUMBER(SECONDS, "polling_s", 1, 86400,
			 "Seconds between the counters of an interface, in sflow. Empty: 30.") },
		{ "active-timeout", .like = "60s",
		  NUMBER(SECONDS, "active_timeout_s", 1, 86400,
			 "Seconds after which a flow that goes on is told. Empty: 60.") },
		{ "idle-timeout", .like = "15s",
		  NUMBER(SECONDS, "idle_timeout_s", 1, 86400,
			 "Seconds without a frame after which a flow is over. Empty: 15.") },
		{ "domain",
		  NUMBER(NONE, "domain", 0, UINT32_MAX,
			 "The observation domain of ipfix, the source ID of netflow9, the engine of netflow5 (0 to 255), the sub-agent of sflow. Empty: 0.") },
		{ "point",
		  NUMBER(NONE, "point", 1, UINT32_MAX,
			 "The observation point that ipfix tells with each flow. Empty: none.") },
		{ "agent", .like = "192.0.2.1",
		  PREFIXES("agent", 1,
			   "The address that stands for this host in sflow. Empty: the one its datagrams leave by.") },
		{ "state",
		  WORD("admin_state", state_words, "down: nothing is told. Empty: up.") },
		FACTS,
	} },
	[OBJECT_INTERFACE] = { OBJECT_INTERFACE, "interface", "interfaces", "Interface", "vm", 42, {
		{ "number", .required = true,
		  NUMBER(NONE, "number", INTERFACE_NUMBER_MIN, INTERFACE_NUMBER_MAX,
			 "Its number, its own for ever, by which collectors know it.") },
	} },
	[OBJECT_UPLINK] = { OBJECT_UPLINK, "uplink", "uplinks", "Uplink", "name", 15, {
		{ "members", .type = FIELD_NETDEVS, .like = "eth0,eth1",
		  ONE("members", COLUMN_STRINGS,
		      "Network devices that it is a bond of: vifswitchd makes the bond and puts in those that the host has. Empty: the uplink is the device of its own name.",
		      NETDEV_NAME, .most = UPLINK_MEMBERS_MAX) },
		{ "bond-mode",
		  WORD("bond_mode", bond_words,
		       "active-backup: one member carries all, the next takes over; for members at one switch or at two. balance-tcp: each connection by one of the members; one switch, or several that are one for this. balance-slb: each VM's address in each VLAN by one of the members, moved every 10 s where one has more to carry; one switch, or several in one network, which need not know. Empty: active-backup.") },
		{ "lacp",
		  WORD("lacp", lacp_words,
		       "With balance-tcp. active: speaks LACP (802.1AX) first; without a partner one member carries all. passive: only answers. off: none, and the switch must be set to a static group. Empty: active.") },
		{ "lacp-time",
		  WORD("lacp_time", lacp_time_words,
		       "How often the partner is to speak LACP: fast, every second; slow, every 30. Three that do not come take the member out. Empty: slow.") },
		{ "fallback",
		  WORD("lacp_fallback", fallback_words,
		       "With LACP. false: without a partner the uplink is closed. Empty: true, one member carries all.") },
		{ "lacp-system-id", .type = FIELD_MACS, .like = "00:16:3e:12:34:56",
		  ONE("lacp_system_id", COLUMN_STRINGS,
		      "With LACP, the MAC address that partners know this host by. Empty: the bond's own.",
		      .min = 17, .max = 17, .most = 1) },
		{ "lacp-system-priority",
		  NUMBER(NONE, "lacp_system_priority", 1, LACP_PRIORITY_MAX,
			 "With LACP: of two partners the one with the smaller number chooses which members carry. Empty: 65535.") },
		{ "lacp-aggregation-key",
		  NUMBER(NONE, "lacp_aggregation_key", 0, LACP_KEY_MAX,
			 "With LACP, the part of the members' key that an operator chooses; partners join ports of one key. Empty: 0.") },
		{ "lacp-port-priority", .pairs = true, .type = FIELD_MAP, .like = "eth0=100,...",
		  ONE("lacp_port_priority", COLUMN_MAP,
		      "With LACP, members and their priorities, 0 to 65535: where not all can carry, those with the smaller number do. Empty: 255 each.",
		      .most = UPLINK_MEMBERS_MAX) },
		{ "primary", .type = FIELD_NETDEV, .like = "eth0",
		  ONE("primary", COLUMN_STRING,
		      "With active-backup, the member that carries all whenever its link is up; with balance-slb the one by which frames for many come. Empty: the one that does goes on.",
		      NETDEV_NAME) },
		{ "updelay", .like = "31000",
		  NUMBER(NONE, "bond_updelay", 0, UPLINK_DELAY_MAX,
			 "Milliseconds that a member's link must have been up before it is used; a multiple of miimon. Empty: 0.") },
		{ "downdelay", .like = "200",
		  NUMBER(NONE, "bond_downdelay", 0, UPLINK_DELAY_MAX,
			 "Milliseconds that a member's link must have been down before it is left; a multiple of miimon. Empty: 0.") },
		{ "miimon", .like = "100",
		  NUMBER(NONE, "bond_miimon", UPLINK_MIIMON_MIN, UPLINK_MIIMON_MAX,
			 "Milliseconds between two looks at the members' links. Empty: 100.") },
		{ "vlan", .type = FIELD_VLAN, .doc = "Its VLANs in one word, as told below.",
		  .like = "trunk:10,20-30|native-untagged:5+10,20-30|native-tagged:...",
		  .columns = {
			{ "vlan_mode", COLUMN_STRING,
			  "As of a Port. Empty, with tag and trunks empty too: as vifswitch.conf says, else all VLANs tagged and the untagged network.",
			  .words = vlan_mode_words },
			INTEGER("tag", 0, VIFSWITCH_VID_MAX,
				"The VLAN of untagged frames; 0 is the untagged network."),
			VLANS("trunks", "VLANs whose tagged frames may pass. Empty on a trunk: all."),
		  } },
		{ "rate",
		  RATE("rate",
		       "Bits per second that it carries, which guarantees are made of. Empty: uplink_rate of the Switch, else what the device says.") },
		{ "transit",
		  BOOLEAN("transit",
			  "True: what comes by it may leave by the other uplinks of its switch. Empty: false.") },
		{ "cfm-mpid",
		  NUMBER(NONE, "cfm_mpid", 1, CFM_MPID_MAX,
			 "Its number in continuity checks (802.1ag), its own among all ends; given, vifoamd checks it, or each of its members. A member's row of its own says another. Empty: no check.") },
		{ "cfm-interval", .like = "1000",
		  NUMBER(NONE, "cfm_interval", CFM_INTERVAL_MIN, CFM_INTERVAL_MAX,
			 "Milliseconds between two messages, the same at all ends: 3 (meaning 3.3), 10, 100, 1000, 10000, 60000 or 600000. Empty: 1000.") },
		{ "cfm-level",
		  NUMBER(NONE, "cfm_level", 0, CFM_LEVEL_MAX, "The level of the maintenance domain. Empty: 0.") },
		{ "cfm-md", .type = FIELD_TEXT, .like = "ovs",
		  ONE("cfm_md", COLUMN_STRING,
		      "The maintenance domain's name. With that of the association it has at most 44 characters. Empty: ovs, as Open vSwitch has it.",
		      .min = 1, .max = CFM_NAME_MAX) },
		{ "cfm-ma", .type = FIELD_TEXT, .like = "ovs",
		  ONE("cfm_ma", COLUMN_STRING, "The maintenance association's name. Empty: ovs.",
		      .min = 1, .max = CFM_NAME_MAX) },
		{ "cfm-remotes", .type = FIELD_TEXT, .like = "2,3",
		  ONE("cfm_remotes", COLUMN_STRING,
		      "Numbers of the ends that must be heard, each for itself, with commas between them. Empty: any one will do.",
		      .min = 1, .max = CFM_REMOTES_TEXT_MAX) },
		{ "bfd",
		  BOOLEAN("bfd", "True: vifoamd keeps a session of BFD (RFC 5881) on it, or on each of its members. Empty: false.") },
		{ "bfd-min-rx",
		  NUMBER(NONE, "bfd_min_rx", BFD_INTERVAL_MIN, BFD_INTERVAL_MAX,
			 "Milliseconds between two packets that it can take at most that often. Empty: 1000.") },
		{ "bfd-min-tx",
		  NUMBER(NONE, "bfd_min_tx", BFD_INTERVAL_MIN, BFD_INTERVAL_MAX,
			 "Milliseconds between two packets that it sends at most that often. Empty: 100.") },
		{ "bfd-mult",
		  NUMBER(NONE, "bfd_mult", 1, BFD_MULT_MAX,
			 "How many packets in a row may be lost, and one more may not. Empty: 3.") },
		{ "bfd-src", .like = "192.0.2.1",
		  PREFIXES("bfd_src", 1, "Its IPv4 address in BFD's packets. Empty: 169.254.1.1.") },
		{ "bfd-dst", .like = "192.0.2.2",
		  PREFIXES("bfd_dst", 1,
			   "The IPv4 address of the other end. Empty: 169.254.1.0, and any may answer.") },
		{ "bfd-mac", .type = FIELD_MACS, .like = "00:23:20:00:00:01",
		  ONE("bfd_mac", COLUMN_STRINGS,
		      "The MAC address that packets go to. Empty: 00:23:20:00:00:01, then that of who answers.",
		      .min = 17, .max = 17, .most = 1) },
		{ "lldp",
		  WORD("lldp", lldp_words,
		       "on: neighbours are told who this host is, and are heard; rx: they are heard; off. Empty: rx.") },
		FACTS,
	} },
	[OBJECT_NETWORK] = { OBJECT_NETWORK, "network", "networks", "Network", "name", POLICY_NAME_MAX, {
		{ "switch", .required = true, .type = FIELD_NETDEV, .like = "xenbr0",
		  ONE("switch", COLUMN_STRING, "The switch whose VLAN goes on behind the tunnel; on hosts that have it.",
		      NETDEV_NAME) },
		{ "vlan", .required = true, .like = "100",
		  NUMBER(NONE, "vlan", 1, VIFSWITCH_VID_MAX, "The VLAN on the switch.") },
		{ "key", .required = true, .like = "5100",
		  NUMBER(NONE, "key", 1, UINT32_MAX,
			 "What the network is called on the way, the same on every host: the VNI of vxlan and geneve, 1 to 16777215, or the key of gre.") },
		{ "kind",
		  WORD("kind", network_words,
		       "How it goes: vxlan (RFC 7348), geneve (RFC 8926) or gre (RFC 2890, over IPv4 or IPv6, not both). Empty: vxlan.") },
		{ "udp-port", .like = "4789",
		  NUMBER(NONE, "udp_port", 1, 65535,
			 "The UDP port of vxlan and geneve. Empty: 4789 and 6081.") },
		{ "remotes", .like = "192.0.2.2,2001:db8::2",
		  ENDPOINTS("remotes", VIFSWITCH_NETWORK_REMOTES_MAX,
			   "Addresses of other hosts that have the network, IPv4 or IPv6; one that is this host's own is passed over.") },
		{ "hosts",
		  WORD("hosts", network_host_words,
		       "pool: the hosts of the pool that tell their addresses (address of vifswitch.conf) are remotes by themselves. none: remotes alone are. Empty: pool.") },
		{ "own", .like = "192.0.2.1",
		  PREFIXES("own", 1,
			   "The address that packets leave from, for the host that has it. Empty: address of vifswitch.conf, else what the route says.") },
		{ "encrypt",
		  WORD("encrypt", network_encrypt_words,
		       "wireguard: between the hosts of the pool, which find each other's keys in the database; nothing leaves in clear. Empty: none.") },
		{ "state",
		  WORD("admin_state", state_words, "down: it ends at the switch. Empty: up.") },
		FACTS,
	} },
	[OBJECT_RULE] = { OBJECT_RULE, "rule", "rules", "Rule", "name", POLICY_NAME_MAX, {
		{ "direction", .required = true,
		  WORD("direction", direction_words,
		       "Packets that the VM sends, or that are sent to it.") },
		{ "action", .required = true,
		  WORD("action", verdict_words,
		       "reject: deny and answer with a TCP reset or an ICMP message.") },
		{ "ethertype", .type = FIELD_ETHERTYPE, .like = "arp|ipv4|ipv6|0x88b5",
		  .doc = "A name (ipv4, arp, ipv6, mpls, pppoe-discovery, pppoe, lldp) or a number, decimal or 0x.",
		  .columns = { INTEGER("ethertype", 1536, 65535,
				       "Ethernet type behind the VLAN tag, like 2054 (ARP).") } },
		{ "proto", .type = FIELD_PROTOCOL, .like = "tcp|udp|icmp|icmpv6|0-255",
		  .doc = "A name (icmp, igmp, tcp, udp, dccp, gre, esp, ah, icmpv6, ospf, vrrp, sctp, udplite) or a number; of IPv6 that behind the extension headers.",
		  .columns = { INTEGER("protocol", 0, 255,
				       "IP protocol, like 6 (TCP); of IPv6 the one behind the extension headers.") } },
		{ "src", .like = "10.0.0.0/8,...",
		  .doc = "Source addresses or prefixes, IPv4 or IPv6; with src-group: or those.",
		  PREFIXES("src", ACL_PREFIXES_MAX,
			   "Source addresses or prefixes, IPv4 or IPv6; with src_groups: or those.") },
		{ "dst", .like = "10.0.0.0/8,...",
		  .doc = "Destination addresses or prefixes; with dst-group: or those.",
		  PREFIXES("dst", ACL_PREFIXES_MAX, "Destination addresses or prefixes.") },
		{ "src-group",
		  GROUPS("src_groups", "Groups whose addresses the source may be of.") },
		{ "dst-group",
		  GROUPS("dst_groups", "Groups whose addresses the destination may be of.") },
		{ "src-port", .like = "1024-65535",
		  .doc = "Source ports and ranges of them; needs proto tcp, udp, dccp, sctp or udplite.",
		  PORTS("src_ports",
			"Ranges of source ports of TCP, UDP, UDP-Lite, DCCP or SCTP: first to last, both included.") },
		{ "dst-port", .like = "80,443,1000-2000",
		  .doc = "Destination ports and ranges of them; needs proto as src-port does.",
		  PORTS("dst_ports", "Ranges of destination ports: first to last, both included.") },
		{ "icmp", .type = FIELD_ICMP, .like = "8/0",
		  .doc = "TYPE or TYPE/CODE; needs proto icmp or icmpv6.",
		  .columns = {
			INTEGER("icmp_type", 0, 255,
				"Type of an ICMP or ICMPv6 message; needs protocol 1 or 58."),
			INTEGER("icmp_code", 0, 255,
				"Code of an ICMP or ICMPv6 message; needs icmp_type."),
		  } },
		{ "tcp-flags", .type = FIELD_TCP_FLAGS, .like = "syn,!ack",
		  .doc = "Flags that must be set, and with ! those that must not; needs proto tcp.",
		  .columns = {
			TCP_FLAGS("tcp_flags_set", "TCP flags that must be set; needs protocol 6."),
			TCP_FLAGS("tcp_flags_clear",
				  "TCP flags that must not be set; needs protocol 6."),
		  } },
		{ "vlan", .type = FIELD_VLANS, .like = "100,200-210",
		  .columns = { VLANS("vlans",
				     "VLANs that the packet may be in; 0 is the untagged network.") } },
		{ "stateless",
		  BOOLEAN("stateless",
			  "True: what this rule allows is not tracked, and answers need a rule of their own. Empty: false.") },
		{ "log",
		  BOOLEAN("log",
			  "True: matches are shown as events and in the journal, both at a bounded rate. Empty: false.") },
		{ "disabled",
		  BOOLEAN("disabled",
			  "True: the rule is kept, and is in force nowhere, as if it were not there. Empty: false.") },
		FACTS,
	} },
};
