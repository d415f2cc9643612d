// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every kind of object and its fields. Bounds are those of the schema, where
 * the server checks them again.
 */
#include <string.h>

#include "vifctl/policy/object.h"
#include "vifctl/view/text.h"

#define RATE_MIN	8000
#define RATE_MAX	1000000000000
#define BURST_MIN	12112
#define BURST_MAX	34359738360
#define PACKETS_MAX	1000000000

#define COLUMN(name, type)	.columns = { { name, COLUMN_##type } }
#define RATE(n, column)		{ n, &field_number, COLUMN(column, INTEGER), RATE_MIN, RATE_MAX, \
				  UNIT_RATE, .like = "100Mbit" }
#define BURST(n, column)	{ n, &field_number, COLUMN(column, INTEGER), BURST_MIN, BURST_MAX, \
				  UNIT_BITS, .like = "64KiB" }
#define PACKETS(n, column)	{ n, &field_number, COLUMN(column, INTEGER), 1, PACKETS_MAX, \
				  UNIT_PACKETS, .like = "10kpps" }
#define NUMBER(n, column, low, high) \
				{ n, &field_number, COLUMN(column, INTEGER), low, high, UNIT_NONE, \
				  .like = #low "-" #high }
#define MTU			{ "mtu", &field_number, COLUMN("mtu", INTEGER), 68, 65535, \
				  UNIT_OCTETS, .like = "9000" }
#define WORD(n, column, w)	{ n, &field_word, COLUMN(column, STRING), .words = w }
#define MAP(n, column)		{ n, &field_map, COLUMN(column, MAP), .like = "key=value,..." }
#define FACTS			{ "external-ids", &field_map, COLUMN("external_ids", MAP), \
				  .like = "key=value,...", .kept = true }

static const char *const guards[] = { "off", "mac", "mac+ip", NULL };
static const char *const states[] = { "up", "down", NULL };
static const char *const allowed[] = { "router-advertisement", "dhcp-server", "control",
				       "stacked", NULL };
static const char *const verdicts[] = { "allow", "deny", "reject", NULL };
static const char *const directions[] = { "from-vm", "to-vm", NULL };
static const char *const marks[] = { "dscp", "pcp", NULL };

const struct kind object_kinds[OBJECT_KINDS_ALL] = {
	[OBJECT_SWITCH] = { OBJECT_SWITCH, "switch", "switches", "Switch", "name", 15, {
		{ "uplinks", &field_texts, COLUMN("uplinks", STRINGS), .max = 64,
		  .like = "eth0,eth1" },
		MTU,
		{ "ageing", &field_number, COLUMN("ageing_s", INTEGER), 1, 86400, UNIT_SECONDS,
		  .like = "300s" },
		RATE("uplink-rate", "uplink_rate"),
		MAP("options", "options"),
		FACTS,
	} },
	[OBJECT_VM] = { OBJECT_VM, "vm", "vms", "VM", "uuid", 36, {
		{ "name", &field_text, COLUMN("name", STRING), 0, 255, .plain = true,
		  .like = "web" },
		MAP("labels", "labels"),
		FACTS,
	} },
	[OBJECT_GROUP] = { OBJECT_GROUP, "group", "groups", "Group", "name", 63, {
		{ "addresses", &field_prefixes, COLUMN("addresses", STRINGS), .max = 65536,
		  .like = "10.0.0.0/8,2001:db8::/64" },
		{ "vms", &field_vms, COLUMN("vms", UUIDS), .max = 65536, .vms = true,
		  .like = "web,UUID" },
		FACTS,
	} },
	[OBJECT_ACL] = { OBJECT_ACL, "acl", "acls", "ACL", "name", 63, {
		WORD("from-vm-default", "from_vm_default", verdicts),
		WORD("to-vm-default", "to_vm_default", verdicts),
		FACTS,
	} },
	[OBJECT_QOS] = { OBJECT_QOS, "qos", "qos", "QoS", "name", 63, {
		RATE("rate-from-vm", "rate_from_vm"),
		PACKETS("packets-from-vm", "packets_from_vm"),
		RATE("rate-to-vm", "rate_to_vm"),
		RATE("uplink-min", "uplink_min"),
		RATE("uplink-max", "uplink_max"),
		NUMBER("uplink-weight", "uplink_weight", 1, 1000),
		NUMBER("dscp", "dscp", 0, 63),
		NUMBER("pcp", "pcp", 0, 7),
		{ "trust", &field_words, COLUMN("trust", STRINGS), .words = marks },
		PACKETS("storm-broadcast", "storm_broadcast"),
		PACKETS("storm-multicast", "storm_multicast"),
		PACKETS("storm-unknown", "storm_unknown"),
		NUMBER("storm-burst", "storm_burst", 1, 1000000000),
		FACTS,
	} },
	[OBJECT_PORT] = { OBJECT_PORT, "port", "ports", "Port", "vm", 42, {
		{ "switch", &field_text, COLUMN("switch", STRING), 1, 15, .like = "xenbr0" },
		{ "vlan", &field_vlan, .columns = { { "vlan_mode", COLUMN_STRING },
						    { "tag", COLUMN_INTEGER },
						    { "trunks", COLUMN_INTEGERS } },
		  .like = "100|trunk:10,20-30|native-untagged:5+10,20-30|native-tagged:..." },
		WORD("state", "admin_state", states),
		WORD("guard", "guard", guards),
		{ "mac-lock", &field_mac, COLUMN("mac_lock", STRINGS), .max = 16,
		  .like = "00:16:3e:12:34:56,..." },
		{ "lock-ip", &field_prefixes, COLUMN("ip_lock", STRINGS), .max = 64,
		  .like = "192.0.2.1,2001:db8::/64" },
		{ "allow", &field_words, COLUMN("allow", STRINGS), .words = allowed },
		{ "acl", &field_reference, COLUMN("acl", REFERENCE), .refers = "ACL",
		  .like = "NAME" },
		{ "qos", &field_reference, COLUMN("qos", REFERENCE), .refers = "QoS",
		  .like = "NAME" },
		NUMBER("connections-max", "connections_max", 1, 1000000),
		RATE("rate-from-vm", "rate_from_vm"),
		BURST("burst-from-vm", "burst_from_vm"),
		PACKETS("packets-from-vm", "packets_from_vm"),
		RATE("rate-to-vm", "rate_to_vm"),
		BURST("burst-to-vm", "burst_to_vm"),
		MTU,
		{ "vif-uuid", &field_uuid, COLUMN("vif_uuid", UUID), .kept = true,
		  .like = "UUID" },
		FACTS,
	} },
	[OBJECT_RULE] = { OBJECT_RULE, "rule", "rules", "Rule", "name", 63, {
		{ "direction", &field_word, COLUMN("direction", STRING), .words = directions,
		  .required = true },
		{ "action", &field_word, COLUMN("action", STRING), .words = verdicts,
		  .required = true },
		{ "ethertype", &field_ethertype, COLUMN("ethertype", INTEGER), 1536, 65535,
		  .like = "arp|ipv4|ipv6|0x88b5" },
		{ "proto", &field_protocol, COLUMN("protocol", INTEGER), 0, 255,
		  .like = "tcp|udp|icmp|icmpv6|0-255" },
		{ "src", &field_prefixes, COLUMN("src", STRINGS), .max = 1024,
		  .like = "10.0.0.0/8,..." },
		{ "dst", &field_prefixes, COLUMN("dst", STRINGS), .max = 1024,
		  .like = "10.0.0.0/8,..." },
		{ "src-group", &field_references, COLUMN("src_groups", REFERENCES), .max = 64,
		  .refers = "Group", .like = "NAME,..." },
		{ "dst-group", &field_references, COLUMN("dst_groups", REFERENCES), .max = 64,
		  .refers = "Group", .like = "NAME,..." },
		{ "src-port", &field_ports, COLUMN("src_ports", RANGES),
		  .like = "1024-65535" },
		{ "dst-port", &field_ports, COLUMN("dst_ports", RANGES),
		  .like = "80,443,1000-2000" },
		{ "icmp", &field_icmp, .columns = { { "icmp_type", COLUMN_INTEGER },
						    { "icmp_code", COLUMN_INTEGER } }, .like = "8/0" },
		{ "tcp-flags", &field_tcp_flags,
		  .columns = { { "tcp_flags_set", COLUMN_STRINGS },
			       { "tcp_flags_clear", COLUMN_STRINGS } }, .like = "syn,!ack" },
		{ "vlan", &field_vlans, COLUMN("vlans", INTEGERS), .like = "100,200-210" },
		{ "stateless", &field_boolean, COLUMN("stateless", BOOLEAN) },
		{ "log", &field_boolean, COLUMN("log", BOOLEAN) },
		FACTS,
	} },
};

const struct field *kind_field(const struct kind *kind, const char *name)
{
	for (const struct field *f = kind->fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

char *kind_field_names(const struct kind *kind)
{
	json_t *names = json_array();
	char *text;

	for (const struct field *f = kind->fields; f->name; f++)
		json_array_append_new(names, json_string(f->name));
	text = text_join(names, ", ");
	json_decref(names);
	return text;
}
