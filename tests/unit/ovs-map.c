// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an Open_vSwitch database means. Tables: a port, an interface and a bridge in a few
 * words, and the columns of the row that comes of them, or a part of what is said. Then
 * databases of nonsense: whatever is in them, a port that is closed has no row.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ovs/ovs-columns.h"
#include "ovs/ovs-map.h"
#include "ovs/ovs-plan.h"
#include "ovs/ovs-report.h"
#include "tests/unit/ovs-world.h"

#define VM	"a1b2c3d4-0000-4000-8000-000000000001"

struct line {
	const char *port, *interface, *bridge;	/* members of objects, beside the names */
	const char *table, *name;		/* the row; NULL: none comes of it */
	const char *columns;			/* that it must have */
	const char *said;			/* NULL: nothing may be said */
};

/* One bridge br0 with one port and interface p0, or as they say. */
static json_t *database(const struct line *l)
{
	json_t *db = json_pack("{s:{s:{s:[i]}}, s:{s:{s:[s], s:[s]}}, s:{s:{s:[s], s:[s]}}, s:{s:{s:[s]}}}",
		"Open_vSwitch", "o", "next_cfg", 1, "Bridge", "b", "name", "br0", "ports", "p", "Port", "p",
		"name", "p0", "interfaces", "i", "Interface", "i", "name", "p0");
	const char *texts[] = { l->bridge, l->port, l->interface };
	static const char *const tables[] = { "Bridge", "Port", "Interface" };
	static const char *const uuids[] = { "b", "p", "i" };
	char object[512];

	json_object_set_new(db, "Controller", json_pack("{s:{s:[s]}, s:{s:[s]}, s:{s:[s]}, s:{s:[s]}}",
		"c", "target", "tcp:192.0.2.9:6653", "d", "target", "ptcp:6654:127.0.0.1",
		"e", "target", "punix:/x", "f", "target", "tcp:192.0.2.1,tcp:192.0.2.2"));
	for (size_t k = 0; k < 3; k++) {
		json_t *more;

		snprintf(object, sizeof(object), "{%s}", texts[k] ?: "");
		more = json_loads(object, 0, NULL);
		assert_non_null(more);
		json_object_update(json_object_get(json_object_get(db, tables[k]), uuids[k]), more);
		json_decref(more);
	}
	return db;
}

static bool is_said(const json_t *mapping, const char *text)
{
	char *all = json_dumps(mapping, 0);
	bool found = strstr(all, text);

	free(all);
	return found;
}

static void assert_columns(const json_t *row, const char *text)
{
	json_t *wanted = json_loads(text, 0, NULL), *cell;
	const char *column;

	assert_non_null(wanted);
	json_object_foreach(wanted, column, cell) {
		if (json_equal(cell, json_object_get(row, column)))
			continue;
		fail_msg("%s: %s", column, json_dumps(row, JSON_SORT_KEYS));
	}
	json_decref(wanted);
}

static void check_line(const struct line *l)
{
	json_t *db = database(l), *facts = json_object(), *mapping = ovs_map(db, facts);
	const json_t *rows = json_object_get(mapping, "rows");
	const json_t *interface = json_object_get(json_object_get(mapping, "interfaces"), "i");
	const json_t *row = json_object_get(json_object_get(rows, l->table ?: ""), l->name ?: "");

	assert_only_open_have_rows(mapping);
	if (!l->table && !json_is_true(json_object_get(interface, "closed")))
		fail_msg("%s %s: open", l->port ?: "", l->interface ?: "");
	if (l->table && !row)
		fail_msg("%s %s: %s", l->port ?: "", l->interface ?: "", json_dumps(mapping, 0));
	if (l->table)
		assert_columns(json_object_get(row, "columns"), l->columns);
	if (l->said && !is_said(mapping, l->said))
		fail_msg("\"%s\" is not said: %s", l->said, json_dumps(mapping, 0));
	if (!l->said && json_array_size(json_object_get(interface, "texts")))
		fail_msg("%s", json_dumps(interface, 0));
	json_decref(mapping);
	json_decref(facts);
	json_decref(db);
}

#define SWITCH	"Switch", "br0"
#define UPLINK	"Uplink", "p0"
#define VIF	"\"name\":[\"vif7.2\"],\"external_ids\":{\"xs-vm-uuid\":\"" VM "\"}"
#define PORT	"Port", VM "/2"

static const struct line lines[] = {
	/* VLANs */
	{ NULL, NULL, NULL, UPLINK, "{\"vlan_mode\":[\"native-untagged\"],\"tag\":[0],\"trunks\":[],\"transit\":[true]}", NULL },
	{ "\"tag\":[5]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"access\"],\"tag\":[5],\"trunks\":[]}", NULL },
	{ "\"tag\":[0]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"access\"],\"tag\":[0]}", NULL },
	{ "\"tag\":[4095]", NULL, NULL, NULL, NULL, NULL, "tag=4095: must be 0 to 4094" },
	{ "\"trunks\":[10,20]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"trunk\"],\"tag\":[],\"trunks\":[10,20]}", NULL },
	{ "\"trunks\":[0,10]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"native-untagged\"],\"tag\":[0],\"trunks\":[10]}", NULL },
	{ "\"trunks\":[0]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"access\"],\"tag\":[0],\"trunks\":[]}", NULL },
	{ "\"trunks\":[4095]", NULL, NULL, NULL, NULL, NULL, "none of them is a VLAN" },
	{ "\"tag\":[5],\"trunks\":[10]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"access\"],\"tag\":[5],\"trunks\":[]}", NULL },
	{ "\"tag\":[5],\"trunks\":[10],\"vlan_mode\":[\"trunk\"]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"trunk\"],\"tag\":[],\"trunks\":[10]}", NULL },
	{ "\"tag\":[5],\"trunks\":[0,10],\"vlan_mode\":[\"native-tagged\"]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"native-tagged\"],\"tag\":[5],\"trunks\":[10]}", NULL },
	{ "\"tag\":[5],\"trunks\":[0],\"vlan_mode\":[\"native-untagged\"]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"native-untagged\"],\"tag\":[5],\"trunks\":[5]}", NULL },
	{ "\"vlan_mode\":[\"native-untagged\"]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"native-untagged\"],\"tag\":[0],\"trunks\":[]}", NULL },
	{ "\"vlan_mode\":[\"dot1q-tunnel\"],\"tag\":[5]", NULL, NULL, NULL, NULL, NULL, "vlan_mode: must be" },
	{ "\"cvlans\":[5]", NULL, NULL, NULL, NULL, NULL, "cvlans: " },
	{ "\"protected\":[true]", NULL, NULL, UPLINK, "{\"transit\":[false]}", NULL },
	/* Whose it is */
	{ "\"tag\":[5]", VIF, NULL, PORT, "{\"switch\":[\"br0\"],\"vlan_mode\":[\"access\"],\"tag\":[5]}", NULL },
	{ NULL, VIF, NULL, PORT, "{\"vlan_mode\":[\"native-untagged\"],\"tag\":[0],\"trunks\":[]}", NULL },
	{ NULL, "\"name\":[\"vif7.2-emu\"],\"external_ids\":{\"vm-uuid\":\"" VM "\"}", NULL, PORT, "{\"switch\":[\"br0\"]}", NULL },
	{ NULL, "\"name\":[\"vif7.2\"],\"external_ids\":{\"xen-vm-uuid\":\"" VM "\"}", NULL, PORT, "{\"switch\":[\"br0\"]}", NULL },
	{ NULL, "\"name\":[\"tap7.2\"],\"external_ids\":{\"xs-vm-uuid\":\"" VM "\"}", NULL, PORT, "{\"switch\":[\"br0\"]}", NULL },
	{ NULL, "\"name\":[\"vif7.2\"]", NULL, NULL, NULL, NULL, "knows no VM behind vif7.2" },
	{ NULL, "\"name\":[\"vif7.2\"],\"external_ids\":{\"xs-vm-uuid\":\"nobody\"}", NULL, NULL, NULL, NULL, "knows no VM" },
	{ NULL, "\"name\":[\"vif7\"]", NULL, "Uplink", "vif7", "{}", NULL },
	{ NULL, "\"name\":[\"vif7.2-emux\"]", NULL, "Uplink", "vif7.2-emux", "{}", NULL },
	{ NULL, "\"name\":[\"vif99999.2\"]", NULL, "Uplink", "vif99999.2", "{}", NULL },
	{ NULL, "\"name\":[\"tap0123456789ab\"],\"external_ids\":{\"iface-id\":\"x\"}", NULL, "Uplink", "tap0123456789ab", "{\"external_ids\":{\"ovs:iface-id\":\"x\"}}", NULL },
	{ NULL, "\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, UPLINK, "{\"vm_macs\":[\"52:54:00:00:00:0a\"]}", NULL },
	{ NULL, "\"ingress_policing_rate\":[8000],\"ingress_policing_kpkts_rate\":[3],\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, UPLINK,
	  "{\"rate_from_vm\":[8000000],\"packets_from_vm\":[3000]}", NULL },
	{ "\"other_config\":{\"vifswitch-guard\":\"off\"}", "\"ingress_policing_rate\":[8000],\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, UPLINK, "{}", "only a VM's own interface is policed" },
	{ NULL, "\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"33:33:00:00:00:0A\"}", NULL, NULL, NULL, NULL, "attached-mac=33:33:00:00:00:0A: must be" },
	{ NULL, "\"external_ids\":{\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, UPLINK, "{\"transit\":[true]}", NULL },
	{ "\"other_config\":{\"vifswitch-guard\":\"off\"}", "\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, UPLINK, "{\"transit\":[true]}", NULL },
	{ "\"other_config\":{\"vifswitch-guard\":\"mac+ip\"}", "\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, NULL, NULL, NULL, "must be off or mac of a tap" },
	{ "\"protected\":[true]", "\"external_ids\":{\"iface-id\":\"x\",\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, NULL, NULL, NULL, "kept apart by ACLs" },
	{ "\"other_config\":{\"vifswitch-guard\":\"mac\"}", "\"external_ids\":{\"iface-id\":\"x\"}", NULL, UPLINK, "{\"transit\":[true]}", "only a VM's own interface is guarded" },
	{ NULL, "\"name\":[\"a/b\"]", NULL, NULL, NULL, NULL, "its name must be" },
	{ NULL, "\"name\":[\"0123456789abcdef\"]", NULL, NULL, NULL, NULL, "its name must be" },
	{ "\"protected\":[true]", VIF, NULL, NULL, NULL, NULL, "kept apart by ACLs" },
	{ "\"other_config\":{\"vifswitch-guard\":\"off\"}", VIF, NULL, PORT, "{\"guard\":[\"off\"]}", NULL },
	{ "\"other_config\":{\"vifswitch-guard\":\"none\"}", VIF, NULL, NULL, NULL, NULL, "vifswitch-guard: must be" },
	/* Rates */
	{ NULL, VIF ",\"ingress_policing_rate\":[1000],\"ingress_policing_burst\":[1000]", NULL, PORT, "{\"rate_from_vm\":[1000000],\"burst_from_vm\":[1000000]}", NULL },
	{ NULL, VIF ",\"ingress_policing_kpkts_rate\":[3]", NULL, PORT, "{\"packets_from_vm\":[3000]}", NULL },
	{ NULL, VIF ",\"ingress_policing_rate\":[9223372036854775807]", NULL, NULL, NULL, NULL, "ingress_policing_rate=9223372036854775807: must be" },
	{ NULL, VIF ",\"mtu_request\":[9000]", NULL, PORT, "{\"mtu\":[9000]}", NULL },
	{ NULL, "\"ingress_policing_rate\":[5]", NULL, UPLINK, "{}", "only a VM's own" },
	{ "\"vlan_mode\":[\"native-tagged\"]", NULL, NULL, UPLINK, "{\"vlan_mode\":[\"native-untagged\"],\"tag\":[0]}", NULL },
	/* Kinds */
	{ NULL, "\"type\":[\"erspan\"]", NULL, NULL, NULL, NULL, "type=erspan: must be" },
	{ NULL, "\"type\":[\"patch\"]", NULL, NULL, NULL, NULL, "options:peer=: must be" },
	{ NULL, "\"type\":[\"patch\"],\"options\":{\"peer\":\"p1\"}", NULL, NULL, NULL, NULL, "no patch port of that name with peer p0" },
	{ "\"tag\":[7]", "\"type\":[\"internal\"]", NULL, "Uplink", "p0-sw",
	  "{\"dom0_device\":[\"p0\"],\"transit\":[true],\"tag\":[7]}", NULL },
	{ NULL, "\"name\":[\"tap12345678-9a\"],\"type\":[\"internal\"]", NULL, "Uplink", "tap13821fd1d-sw",
	  "{\"dom0_device\":[\"tap12345678-9a\"]}", NULL },
	{ "\"tag\":[0]", "\"type\":[\"internal\"],\"mac\":[\"52:54:00:00:00:0A\"],\"mtu_request\":[9000]", NULL, "Uplink", "p0-sw",
	  "{\"dom0_mac\":[\"52:54:00:00:00:0a\"],\"dom0_mtu\":[9000]}", NULL },
	{ NULL, "\"type\":[\"internal\"],\"mac\":[\"01:54:00:00:00:0A\"]", NULL, "Uplink", "p0-sw", "{}", "must be a station's" },
	{ NULL, "\"type\":[\"internal\"],\"mtu_request\":[60]", NULL, "Uplink", "p0-sw", "{}", "must be 68 to 65535" },
	{ NULL, "\"mac\":[\"52:54:00:00:00:0A\"]", NULL, UPLINK, "{}", "mac: a device keeps its address" },
	{ "\"other_config\":{\"vifswitch-guard\":\"mac\"}", "\"type\":[\"internal\"],\"external_ids\":{\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, "Uplink", "p0-sw",
	  "{\"vm_macs\":[\"52:54:00:00:00:0a\"],\"dom0_device\":[\"p0\"]}", NULL },
	{ "\"other_config\":{\"vifswitch-guard\":\"mac\"}", "\"type\":[\"internal\"]", NULL, NULL, NULL, NULL, "must be a station's MAC address" },
	{ "\"other_config\":{\"vifswitch-guard\":\"off\"}", "\"type\":[\"internal\"],\"external_ids\":{\"attached-mac\":\"52:54:00:00:00:0A\"}", NULL, "Uplink", "p0-sw", "{\"transit\":[true]}", NULL },
	{ "\"fake_bridge\":[true],\"tag\":[7]", "\"type\":[\"internal\"]", NULL, "Uplink", "p0-sw", "{\"tag\":[7]}", NULL },
	{ NULL, "\"type\":[\"system\"]", NULL, UPLINK, "{}", NULL },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"9\",\"dst_port\":\"4790\"}", NULL, "Network", "br0.7.9.vxlan",
	  "{\"switch\":[\"br0\"],\"vlan\":[7],\"key\":[9],\"kind\":[\"vxlan\"],\"udp_port\":[4790],\"remotes\":[\"192.0.2.2\"],\"hosts\":[\"none\"]}", NULL },
	{ "\"tag\":[7]", "\"type\":[\"gre\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"in_key\":\"9\",\"out_key\":\"9\"}", NULL, "Network", "br0.7.9.gre", "{}", NULL },
	{ "\"tag\":[7]", "\"type\":[\"gre\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"in_key\":\"9\",\"out_key\":\"8\"}", NULL, NULL, NULL, NULL, "one number for both" },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"9\"},\"bfd\":{\"enable\":\"true\",\"min_rx\":\"300\"}", NULL, "Network", "br0.7.9.vxlan",
	  "{\"bfd\":[true],\"bfd_min_rx\":[300]}", NULL },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"9\"},\"bfd\":{\"enable\":\"true\",\"bfd_dst_ip\":\"10.0.0.1\"}", NULL, "Network", "br0.7.9.vxlan",
	  "{\"bfd\":[true]}", "bfd:bfd_dst_ip: " },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"flow\"}", NULL, NULL, NULL, NULL, "key=flow" },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"flow\",\"key\":\"9\"}", NULL, NULL, NULL, NULL, "remote_ip=flow" },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"16777216\"}", NULL, NULL, NULL, NULL, "must be 1 to 16777215" },
	{ NULL, "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"9\"}", NULL, NULL, NULL, NULL, "set tag of port" },
	{ "\"tag\":[7]", "\"type\":[\"vxlan\"],\"options\":{\"remote_ip\":\"192.0.2.2\",\"key\":\"9\",\"psk\":\"x\"}", NULL, NULL, NULL, NULL, "not be encrypted" },
	/* Of the link */
	{ NULL, "\"cfm_mpid\":[3],\"other_config\":{\"cfm_interval\":\"100\"}", NULL, UPLINK, "{\"cfm_mpid\":[3],\"cfm_interval\":[100]}", NULL },
	{ NULL, "\"cfm_mpid\":[3],\"other_config\":{\"cfm_interval\":\"7\"}", NULL, UPLINK, "{\"cfm_mpid\":[3]}", "cfm_interval: must be" },
	{ NULL, "\"bfd\":{\"enable\":\"true\",\"min_rx\":\"300\",\"decay_min_rx\":\"1\"}", NULL, UPLINK, "{\"bfd\":[true],\"bfd_min_rx\":[300]}", "there is no decay" },
	{ NULL, "\"lldp\":{\"enable\":\"true\"}", NULL, UPLINK, "{\"lldp\":[\"on\"]}", NULL },
	/* Bridges */
	{ NULL, NULL, "\"stp_enable\":[true]", NULL, NULL, NULL, "stp_enable: " },
	{ NULL, NULL, "\"stp_enable\":[false]", UPLINK, "{}", NULL },
	/* Flow tables */
	{ NULL, NULL, "\"fail_mode\":[\"secure\"]", SWITCH, "{\"openflow\":[true],\"fail_mode\":[\"secure\"]}", NULL },
	{ NULL, NULL, "\"fail_mode\":[\"standalone\"]", SWITCH, "{\"openflow\":[true],\"fail_mode\":[\"standalone\"]}", NULL },
	{ NULL, NULL, "\"other_config\":{\"vifswitch-openflow\":\"true\",\"datapath-id\":\"00000000000000AB\"}", SWITCH,
	  "{\"openflow\":[true],\"datapath_id\":[\"00000000000000ab\"]}", NULL },
	{ NULL, NULL, "\"other_config\":{\"vifswitch-openflow\":\"false\"}", SWITCH, "{\"uplinks\":[\"p0\"]}", NULL },
	{ NULL, NULL, "\"other_config\":{\"vifswitch-openflow\":\"false\"},\"fail_mode\":[\"secure\"]", NULL, NULL, NULL, "vifswitch-openflow=false: must be" },
	{ NULL, NULL, "\"other_config\":{\"vifswitch-openflow\":\"yes\"}", NULL, NULL, NULL, "vifswitch-openflow=yes: must be" },
	{ NULL, NULL, "\"protocols\":[\"OpenFlow10\",\"OpenFlow13\"]", SWITCH, "{\"openflow\":[true],\"protocols\":[\"OpenFlow10,OpenFlow13\"]}", NULL },
	{ NULL, NULL, "\"protocols\":[\"OpenFlow11\",\"OpenFlow13\"]", SWITCH, "{\"protocols\":[\"OpenFlow13\"]}", "protocols: OpenFlow11 is not spoken" },
	{ NULL, NULL, "\"protocols\":[\"OpenFlow11\"]", NULL, NULL, NULL, "protocols: none of them is spoken" },
	{ NULL, NULL, "\"fail_mode\":[\"secure\"],\"other_config\":{\"datapath-id\":\"12\"}", SWITCH, "{\"fail_mode\":[\"secure\"]}", "datapath-id=12: must be" },
	{ NULL, NULL, "\"controller\":[\"c\",\"d\",\"e\",\"f\"]", SWITCH, "{\"openflow\":[true],\"controller\":[\"tcp:192.0.2.9:6653,ptcp:6654:127.0.0.1\"]}",
	  "controller=punix:/x: must be tcp:" },
	{ NULL, NULL, "\"controller\":[\"f\"]", SWITCH, "{\"openflow\":[true]}", "controller=tcp:192.0.2.1,tcp:192.0.2.2: must be" },
	/* Multicast */
	{ NULL, NULL, "\"mcast_snooping_enable\":[true],\"other_config\":{\"mcast-snooping-aging-time\":\"60\",\"mcast-snooping-disable-flood-unregistered\":\"true\"}",
	  SWITCH, "{\"multicast_snooping\":[true],\"multicast_ageing_s\":[60],\"multicast_flood_unregistered\":[false]}", NULL },
	{ NULL, NULL, "\"other_config\":{\"vifswitch-loop-protection\":\"true\"}", SWITCH, "{\"loop_protection\":[true]}", NULL },
	{ NULL, NULL, "\"mcast_snooping_enable\":[true],\"other_config\":{\"mcast-snooping-aging-time\":\"1\"}", SWITCH, "{\"multicast_snooping\":[true]}", "aging-time: must be" },
	{ "\"other_config\":{\"mcast-snooping-flood\":\"true\"}", NULL, NULL, UPLINK, "{\"multicast_router\":[\"always\"]}", NULL },
	{ "\"other_config\":{\"mcast-snooping-flood\":\"true\"}", VIF, NULL, PORT, "{\"multicast_router\":[\"always\"]}", NULL },
	{ "\"other_config\":{\"mcast-snooping-flood-reports\":\"true\"}", NULL, NULL, UPLINK, "{}", "flood-reports: goes with" },
	{ NULL, NULL, "\"name\":[\"a-name-that-is-too-long\"]", NULL, NULL, NULL, "its name must be" },
	{ NULL, NULL, "\"other_config\":{\"mac-aging-time\":\"60\"}", "Switch", "br0", "{\"ageing_s\":[60],\"uplinks\":[\"p0\"]}", NULL },
	{ NULL, "\"name\":[\"br0\"],\"type\":[\"internal\"],\"mtu_request\":[9000]", NULL, "Switch", "br0", "{\"mtu\":[9000],\"uplinks\":[]}", NULL },
};

static void test_lines(void **state)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		check_line(&lines[i]);
}

/* What is refused is refused by name, whichever column it is. */
static void test_every_refusal(void **state)
{
	static const char *const tables[] = { "Bridge", "Port", "Interface" };
	size_t seen = 0;

	for (size_t k = 0; k < 3; k++) {
		const char *column = "";
		const struct ovs_column *c = ovs_table_find(tables[k])->columns;

		for (; c->name || c->key; c++) {
			char text[128], said[128];
			struct line l = { .said = said };

			column = c->name ?: column;
			if (c->verdict != OVS_REFUSED && c->verdict != OVS_CLOSED)
				continue;
			if (c->key)
				snprintf(text, sizeof(text), "\"%s\":{\"%s\":\"xyz\"}", column, c->key);
			else
				snprintf(text, sizeof(text), "\"%s\":[\"xyz\"]", column);
			snprintf(said, sizeof(said), "%s%s%s", column, c->key ? ":" : ": ", c->key ?: "");
			*(k == 0 ? &l.bridge : k == 1 ? &l.port : &l.interface) = text;
			if (c->verdict == OVS_REFUSED) {
				l.table = "Uplink";
				l.name = "p0";
				l.columns = "{}";
			}
			check_line(&l);
			seen++;
		}
	}
	assert_true(seen > 35);
}

/* ---- nonsense ---- */

static void test_nonsense(void **state)
{
	for (unsigned int seed = 1; seed <= 1200; seed++) {
		json_t *db = ovs_nonsense(seed), *facts = ovs_nonsense_facts(seed), *own, *mapping;
		json_t *plan, *report;

		mapping = ovs_map(db, facts);
		assert_only_open_have_rows(mapping);
		own = ovs_own_of(json_object_get(mapping, "rows"), "host-a", seed);
		plan = ovs_plan(json_object_get(mapping, "rows"), own, "host-a");
		ovs_plan_tell(plan, mapping);
		report = ovs_report(db, mapping, facts);
		json_decref(report);
		json_decref(plan);
		json_decref(own);
		json_decref(mapping);
		json_decref(facts);
		json_decref(db);
	}
}

/* What was written is what is wanted: the next plan is empty. */
static void test_written_once(void **state)
{
	for (unsigned int seed = 1; seed <= 300; seed++) {
		json_t *db = ovs_nonsense(seed), *facts = json_object();
		json_t *mapping = ovs_map(db, facts);
		json_t *rows = json_object_get(mapping, "rows"), *none = json_object();
		json_t *first = ovs_plan(rows, none, "host-a"), *own = ovs_own_after(first), *second;

		second = ovs_plan(rows, own, "host-a");
		if (json_array_size(json_object_get(second, "operations")))
			fail_msg("seed %u: %s", seed, json_dumps(second, 0));
		json_decref(second);
		json_decref(own);
		json_decref(first);
		json_decref(none);
		json_decref(mapping);
		json_decref(facts);
		json_decref(db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_every_refusal),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_written_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
