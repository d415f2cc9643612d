// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy from the database: rows, the merge with the VM's own config, the copy
 * on disk, status rows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "datapath/ko/features.h"
#include "datapath/ko/program-compile.h"
#include "datapath/ko/program-view.h"
#include "policy/fields.h"
#include "policy/merge.h"
#include "policydb/cache.h"
#include "policydb/locations.h"
#include "policydb/rows.h"

#define VM	"\"vm\": [\"uuid\", \"11111111-2222-3333-4444-555555555555\"], \"devid\": 1"
#define ALLOWED	(VIFSWITCH_PF_CONTROL | VIFSWITCH_PF_STACKED | VIFSWITCH_PF_ROUTER | \
		 VIFSWITCH_PF_DHCP_SERVER)
#define CONFIG	"bridge=xenbr0.7 mac=00:16:3e:00:00:01"

static const char names[][IFNAMSIZ] = { "xenbr0", "db0" };
static const struct switch_names known = { names, 2 };
static const struct policy_row *qos;	/* none; see vifswitchd-qos.c */
static const uint8_t vm[16] = { 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33,
				0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };

static json_t *row_of(const char *columns)
{
	char text[2048];
	json_t *row;

	snprintf(text, sizeof(text), "{" VM "%s%s}", *columns ? ", " : "", columns);
	row = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!row)
		fail_msg("not JSON: %s", text);
	return row;
}

/* "bridge=a mac=b" into keys; the text is cut up. */
static struct vif_keys keys_of(char *text)
{
	struct vif_keys keys = {};
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');

		*value++ = '\0';
		if (strcmp(word, "bridge") == 0)
			keys.bridge = value;
		else if (strcmp(word, "vlan") == 0)
			keys.vlan = value;
		else if (strcmp(word, "mac") == 0)
			keys.mac = value;
		else if (strcmp(word, "ip") == 0)
			keys.ip = value;
		else if (strcmp(word, "rate") == 0)
			keys.rate = value;
		else if (strcmp(word, "mtu") == 0)
			keys.mtu = value;
		else
			keys.vifname = value;
	}
	return keys;
}

/* What the merge comes to in words, or the problem behind "! ". */
static void describe(const char *config, const char *columns, char *ret, size_t size)
{
	_cleanup_free_ char *text = strdup(config);
	struct policy_row *port;
	_cleanup_(json_decrefp) json_t *row = row_of(columns);
	struct vif_keys keys = keys_of(text);
	const struct vifswitch_program *h;
	const struct vlans *v;
	struct vif_policy p;
	struct problem problem;
	_cleanup_free_ struct port_policy *held = NULL, *read = NULL;
	unsigned int allowed = 0;
	struct program program;
	size_t n;
	int r;

	assert_int_equal(policy_row_read(&object_kinds[OBJECT_PORT], row, &port), 0);
	h = &p.program.header;
	v = &p.program.vlans;
	r = vif_policy_merge(&keys, port, qos, &known, &p, &problem);
	policy_row_free(port);
	if (r < 0) {
		snprintf(ret, size, "! %s", problem.text);
		return;
	}
	for (unsigned int vid = 0; vid <= VIFSWITCH_VID_MAX; vid++)
		allowed += vlan_bit(v->allowed, vid);
	n = snprintf(ret, size, "%s %s %d/%u %u", p.sw, vlans_mode(v),
		     v->pvid == VIFSWITCH_VID_NONE ? -1 : v->pvid, allowed, p.mtu);
	if (!(h->flags & VIFSWITCH_PF_GUARD) || h->mac_count != 1)
		n += snprintf(ret + n, size - n, h->flags & VIFSWITCH_PF_GUARD ? " macs:%u" : " any",
			      h->mac_count);
	if (h->mac_listed)
		n += snprintf(ret + n, size - n, " listed:%u", h->mac_listed);
	if (h->rate_bps)
		n += snprintf(ret + n, size - n, " %llu/%llu", (unsigned long long)h->rate_bps,
			      (unsigned long long)h->rate_burst);
	if (h->packet_rate)
		n += snprintf(ret + n, size - n, " %llu/%llupps",
			      (unsigned long long)h->packet_rate,
			      (unsigned long long)h->packet_burst);
	if (h->flags & VIFSWITCH_PF_IP_GUARD)
		n += snprintf(ret + n, size - n, " ip:%u+%u", h->prefix4_count, h->prefix6_count);
	if (p.to_bps)
		n += snprintf(ret + n, size - n, " to:%llu/%llu", (unsigned long long)p.to_bps,
			      (unsigned long long)p.to_burst);
	if (h->flags & ALLOWED)
		n += snprintf(ret + n, size - n, " allow:%x", h->flags & ALLOWED);
	snprintf(ret + n, size - n, "%s", p.closed ? " closed" : "");
	/* Whatever the merge lets through the datapath must take. */
	held = port_policy_of_vif(&p);
	assert_int_equal(program_check(NULL, NULL, held, &problem), 0);
	assert_int_equal(program_compile(held, &program, &problem), 0);
	read = program_read(program.blob, program.len);
	program_deinit(&program);
	assert_true(port_policy_equal(read, held));
}

static void test_merge(void **state)
{
	static const struct {
		const char *config, *columns, *want;	/* of a problem: its beginning */
	} cases[] = {
		{ CONFIG, "", "xenbr0 access 7/1 1500" },
		{ CONFIG, "\"switch\": \"db0\"", "db0 access 7/1 1500" },
		{ "bridge=gone mac=00:16:3e:00:00:01", "\"switch\": \"db0\"", "db0 access 0/1 1500" },
		{ "mac=00:16:3e:00:00:01", "\"switch\": \"db0\"", "db0 access 0/1 1500" },
		{ "mac=00:16:3e:00:00:01 vlan=9", "\"switch\": \"db0\"", "db0 access 9/1 1500" },
		/* Nobody knows which VLAN that would be. */
		{ "bridge=gone.5 mac=00:16:3e:00:00:01", "\"switch\": \"db0\"", "! bridge=gone.5" },
		{ "bridge=gone.5 mac=00:16:3e:00:00:01", "\"switch\": \"db0\", \"tag\": 6",
		  "db0 access 6/1 1500" },
		{ "bridge=gone mac=00:16:3e:00:00:01", "", "! bridge=gone" },
		{ CONFIG, "\"tag\": 0", "xenbr0 access 0/1 1500" },
		{ CONFIG, "\"tag\": [\"set\", [100]]", "xenbr0 access 100/1 1500" },
		{ CONFIG, "\"tag\": [\"set\", []]", "xenbr0 access 7/1 1500" },
		{ CONFIG, "\"trunks\": [\"set\", [10, 20]]", "xenbr0 trunk -1/2 1500" },
		{ CONFIG, "\"trunks\": 10", "xenbr0 trunk -1/1 1500" },
		{ CONFIG, "\"vlan_mode\": \"trunk\"", "xenbr0 trunk -1/4094 1500" },
		{ CONFIG, "\"vlan_mode\": \"native-tagged\", \"tag\": 5, \"trunks\": [\"set\", [6]]",
		  "xenbr0 native-tagged 5/2 1500" },
		{ CONFIG, "\"vlan_mode\": \"native-untagged\", \"tag\": 0, \"trunks\": [\"set\", [0, 6]]",
		  "xenbr0 native-untagged 0/2 1500" },
		{ CONFIG, "\"vlan_mode\": \"native-untagged\", \"tag\": 5",
		  "xenbr0 native-untagged 5/4094 1500" },
		{ CONFIG, "\"vlan_mode\": \"native-untagged\", \"tag\": 5, \"trunks\": 5",
		  "xenbr0 native-untagged 5/1 1500" },
		{ CONFIG, "\"vlan_mode\": \"native-tagged\", \"tag\": 5, \"trunks\": 5",
		  "xenbr0 native-tagged 5/1 1500" },
		/* Frames of the untagged network have no tag: an access port. */
		{ CONFIG, "\"vlan_mode\": \"native-untagged\", \"tag\": 0, \"trunks\": 0",
		  "xenbr0 access 0/1 1500" },
		{ CONFIG, "\"vlan_mode\": \"native-untagged\"", "! database: vlan_mode=native-untagged: needs tag" },
		{ CONFIG, "\"vlan_mode\": \"native-tagged\", \"tag\": 0", "! database: vlan_mode=native-tagged with tag=0" },
		{ CONFIG, "\"vlan_mode\": \"access\"", "! database: vlan_mode=access: needs tag" },
		{ CONFIG, "\"vlan_mode\": \"trunk\", \"tag\": 1", "! database: vlan_mode=trunk with tag=1" },
		{ CONFIG, "\"tag\": 1, \"trunks\": 2", "! database: tag=1 with trunks" },
		{ CONFIG, "\"trunks\": [\"set\", [0, 2]]", "! database: trunks=0" },
		{ CONFIG, "\"tag\": 4095", "! database: tag=4095: must be a VLAN in 0-4094" },
		{ CONFIG, "\"tag\": \"5\"", "! database: tag=5: must be" },
		{ CONFIG, "\"tag\": null", "! database: tag: not a value" },
		{ CONFIG, "\"trunks\": [\"set\", 5]", "! database: trunks: not a value" },
		{ CONFIG, "\"trunks\": [\"set\", [[]]]", "! database: trunks=" },
		{ CONFIG, "\"guard\": \"off\"", "xenbr0 access 7/1 1500 any" },
		{ "bridge=xenbr0", "\"guard\": \"off\"", "xenbr0 access 0/1 1500 any" },
		{ "bridge=xenbr0", "\"guard\": \"mac\"", "! mac= is missing" },
		{ "bridge=xenbr0", "\"mac_lock\": \"00:16:3e:00:00:09\"", "xenbr0 access 0/1 1500" },
		{ CONFIG, "\"mac_lock\": [\"set\", [\"00:16:3E:00:00:0a\", \"00:16:3e:00:00:0A\", \"00:16:3e:00:00:09\"]]",
		  "xenbr0 access 7/1 1500 macs:2 listed:2" },
		{ CONFIG, "\"mac_lock\": [\"set\", [\"00:00:5e:00:01:0a\", \"00:16:3e:00:00:01\"]]",
		  "xenbr0 access 7/1 1500 macs:2 listed:1" },
		{ CONFIG, "\"mac_lock\": \"00:16:3e:00:00:0\"", "! database: mac_lock=00:16:3e:00:00:0:" },
		{ CONFIG, "\"mac_lock\": \"01:16:3e:00:00:00\"", "! database: mac_lock=01:16:3e:00:00:00:" },
		{ CONFIG, "\"allow\": [\"set\", [\"control\", \"stacked\"]]", "xenbr0 access 7/1 1500 allow:48" },
		{ CONFIG, "\"allow\": [\"set\", [\"dhcp-server\", \"router-advertisement\"]]",
		  "xenbr0 access 7/1 1500 allow:300" },
		{ CONFIG, "\"allow\": \"everything\"", "! database: allow=everything: must be" },
		{ CONFIG, "\"ip_lock\": \"10.0.0.1\"", "xenbr0 access 7/1 1500 ip:1+0" },
		{ CONFIG, "\"ip_lock\": [\"set\", [\"10.0.0.0/32\", \"10.0.0.1\", \"2001:db8::/64\"]]",
		  "xenbr0 access 7/1 1500 ip:1+1" },
		{ CONFIG, "\"ip_lock\": \"10.0.0.1/8\"", "! database: ip_lock=\"10.0.0.1/8\"" },
		{ CONFIG, "\"ip_lock\": \"::ffff:10.0.0.5\"",
		  "! database: ip_lock=\"::ffff:10.0.0.5\" is in no packet" },
		{ CONFIG, "\"ip_lock\": \"224.0.0.18\"", "! database: ip_lock: no host has the address" },
		{ CONFIG, "\"ip_lock\": \"::10.0.0.5\"", "! database: ip_lock: no host has the address" },
		{ CONFIG " ip=127.0.0.1", "", "! ip=: no host has the address 127.0.0.1" },
		{ CONFIG, "\"ip_lock\": \"web\"", "! database: ip_lock=\"web\"" },
		{ CONFIG, "\"ip_lock\": \"10.0.0.1\", \"guard\": \"mac\"", "xenbr0 access 7/1 1500" },
		{ CONFIG, "\"ip_lock\": \"10.0.0.1\", \"guard\": \"off\"", "xenbr0 access 7/1 1500 any" },
		{ CONFIG, "\"guard\": \"mac+ip\"", "! database: guard=mac+ip: needs ip_lock" },
		{ CONFIG " ip=10.0.0.1,10.0.0.2", "\"guard\": \"mac+ip\"", "xenbr0 access 7/1 1500 ip:2+0" },
		{ CONFIG " ip=10.0.0.1", "\"ip_lock\": \"10.0.0.9\"", "xenbr0 access 7/1 1500 ip:1+0" },
		{ CONFIG " ip=2001:db8::1", "", "xenbr0 access 7/1 1500 ip:0+1" },
		{ CONFIG " ip=10.0.0.1/8", "", "! ip=\"10.0.0.1/8\"" },
		{ CONFIG, "\"acl\": \"web\"", "! database: acl=web: must be a row of table ACL, by UUID" },
		{ CONFIG, "\"connections_max\": 0", "! database: connections_max=0: must be 1 to 1000000" },
		{ CONFIG, "\"acl\": [\"set\", []], \"qos\": [\"set\", []]", "xenbr0 access 7/1 1500" },
		{ CONFIG, "\"rate_to_vm\": 8000", "xenbr0 access 7/1 1500 to:8000/0" },
		{ CONFIG, "\"rate_to_vm\": 8000, \"burst_to_vm\": 16000",
		  "xenbr0 access 7/1 1500 to:8000/2000" },
		{ CONFIG, "\"burst_to_vm\": 16000", "! database: burst_to_vm=16000: needs rate_to_vm" },
		{ CONFIG, "\"invented\": \"x\"", "! database: invented: not enforced by this version" },
		{ CONFIG, "\"invented\": 0, \"external_ids\": [\"map\", [[\"a\", \"b\"]]]",
		  "xenbr0 access 7/1 1500" },
		{ CONFIG, "\"rate_from_vm\": 8000", "xenbr0 access 7/1 1500 8000/131072" },
		{ CONFIG, "\"rate_from_vm\": 1000000000", "xenbr0 access 7/1 1500 1000000000/31250000" },
		{ CONFIG, "\"rate_from_vm\": 1000000000000",
		  "xenbr0 access 7/1 1500 1000000000000/4294967295" },
		{ CONFIG, "\"rate_from_vm\": 7999", "! database: rate_from_vm=7999: must be 8000" },
		{ CONFIG, "\"rate_from_vm\": 8000, \"burst_from_vm\": 12112",
		  "xenbr0 access 7/1 1500 8000/1514" },
		{ CONFIG, "\"rate_from_vm\": 8000, \"burst_from_vm\": 34359738360",
		  "xenbr0 access 7/1 1500 8000/4294967295" },
		{ CONFIG, "\"burst_from_vm\": 12112", "! database: burst_from_vm=12112: needs rate_from_vm" },
		{ CONFIG " rate=125000,1000000", "", "xenbr0 access 7/1 1500 1000000/256072" },
		{ CONFIG " rate=125000,1000000", "\"burst_from_vm\": 16000",
		  "xenbr0 access 7/1 1500 1000000/2000" },
		{ CONFIG " rate=rubbish", "\"rate_from_vm\": 8000", "xenbr0 access 7/1 1500 8000/131072" },
		{ CONFIG " rate=rubbish", "", "! rate=rubbish" },
		{ CONFIG, "\"packets_from_vm\": 1", "xenbr0 access 7/1 1500 1/128pps" },
		{ CONFIG, "\"packets_from_vm\": 100000", "xenbr0 access 7/1 1500 100000/5000pps" },
		{ CONFIG " mtu=1400", "", "xenbr0 access 7/1 1400" },
		{ CONFIG " mtu=1400", "\"mtu\": 9000", "xenbr0 access 7/1 9000" },
		{ CONFIG " mtu=x", "\"mtu\": 9000", "xenbr0 access 7/1 9000" },
		{ CONFIG, "\"mtu\": 0", "! database: mtu=0: must be 68 to 65535" },
		{ CONFIG, "\"admin_state\": \"down\"", "xenbr0 access 7/1 1500 closed" },
		{ CONFIG, "\"admin_state\": \"up\"", "xenbr0 access 7/1 1500" },
		{ CONFIG, "\"admin_state\": \"sideways\"", "! database: admin_state=sideways: must be up or down" },
		{ CONFIG, "\"switch\": \"a/b\"", "! database: switch=a/b: must be the name of a switch" },
	};
	char got[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = cases[i].want[0] == '!' ? strlen(cases[i].want) : sizeof(got);

		describe(cases[i].config, cases[i].columns, got, sizeof(got));
		if (strncmp(got, cases[i].want, n) != 0)
			fail_msg("%s with %s: got \"%s\", wanted \"%s\"", cases[i].config,
				 cases[i].columns, got, cases[i].want);
	}
}

static void put(struct policies *p, const char *columns, int want)
{
	_cleanup_(json_decrefp) json_t *row = row_of(columns);

	assert_int_equal(policies_put(p, OBJECT_PORT, row), want);
}

static void remove_row(struct policies *p, const char *columns)
{
	_cleanup_(json_decrefp) json_t *row = row_of(columns);

	policies_remove(p, OBJECT_PORT, row);
}

static uint64_t tag_of(const struct policies *p, uint64_t *ret_generation)
{
	return row_number(policies_find(p, vm, 1, &qos, ret_generation), "tag", 0);
}

static void test_policies(void **state)
{
	struct policies p = {};
	uint64_t first, again;
	char text[160];

	assert_null(policies_find(&p, vm, 1, &qos, &first));
	assert_int_equal(first, 0);
	put(&p, "\"tag\": 5", 0);
	assert_int_equal(tag_of(&p, &first), 5);
	assert_null(policies_find(&p, vm, 0, &qos, &again));
	/* The same content again is no change; another row's UUID is none either. */
	put(&p, "\"tag\": [\"set\", [5]], \"_uuid\": [\"uuid\", \"01000000-0000-0000-0000-000000000000\"]", 0);
	policies_find(&p, vm, 1, &qos, &again);
	assert_int_equal(first, again);
	put(&p, "\"tag\": 6, \"_uuid\": [\"uuid\", \"01000000-0000-0000-0000-000000000000\"]", 0);
	policies_find(&p, vm, 1, &qos, &again);
	assert_int_not_equal(first, again);
	/* A row that took another's place outlives it. */
	remove_row(&p, "");
	assert_non_null(policies_find(&p, vm, 1, &qos, &again));
	remove_row(&p, "\"_uuid\": [\"uuid\", \"01000000-0000-0000-0000-000000000000\"]");
	assert_null(policies_find(&p, vm, 1, &qos, &again));
	assert_int_equal(p.ports.count, 0);
	/* Many, half of which are not there the next time. */
	for (int round = 0; round < 2; round++) {
		policies_mark(&p);
		for (unsigned int i = 0; i < 1000; i += 1 + round) {
			_cleanup_(json_decrefp) json_t *row = NULL;

			snprintf(text, sizeof(text), "{\"vm\": [\"uuid\", \"00000000-0000-0000-0000-00000000%04x\"], \"devid\": %u}",
				 i / 4, i % 4);
			row = json_loads(text, 0, NULL);
			assert_int_equal(policies_put(&p, OBJECT_PORT, row), 0);
		}
		policies_sweep(&p);
		assert_int_equal(p.ports.count, round ? 500 : 1000);
	}
	policies_deinit(&p);
}

static int load(const char *text, struct policies *ret, struct problem *problem)
{
	/* Memory of its exact size, so that the sanitizer sees every octet too many. */
	size_t len = strlen(text);
	_cleanup_free_ char *bare = malloc(len + !len);

	memcpy(bare, text, len);
	return policy_copy_parse(bare, len, ret, problem);
}

static void test_copy(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "{}", "{\"format\": 2, \"Port\": [], \"Switch\": []}",
		"{\"format\": 1, \"Switch\": []}", "{\"format\": 1, \"Port\": {}, \"Switch\": []}",
		"{\"format\": 1, \"Port\": [{}], \"Switch\": []}",
		"{\"format\": 1, \"Port\": [5], \"Switch\": []}",
		"{\"format\": 1, \"Port\": [{\"vm\": \"x\", \"devid\": 0}], \"Switch\": []}",
		"{\"format\": 1, \"Port\": [{" VM "}], \"Switch\": [{\"name\": \"a b\"}]}",
		"{\"format\": 1, \"Port\": [{\"vm\": [\"uuid\", \"11111111-2222-3333-4444-555555555555\"], \"devid\": 65536}], \"Switch\": []}",
		"{\"format\": 1, \"Port\": [], \"Port\": [], \"Switch\": []}",
	};
	char dir[] = "/tmp/vifswitch-copy-XXXXXX", path[64];
	_cleanup_(json_decrefp) json_t *copy = NULL;
	struct policies p = {};
	struct problem problem;
	struct stat st;
	uint64_t generation;
	const struct policy_row *switches[POLICIES_SWITCHES_MAX];
	struct uuid_set vms = {};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		problem.text[0] = '\0';
		if (load(bad[i], &p, &problem) != -EINVAL || !problem.text[0] || p.ports.count)
			fail_msg("%s was taken", bad[i]);
	}
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/policy.json", dir);
	assert_int_equal(policy_copy_read(path, &p, &vms, &problem), -ENOENT);
	copy = json_loads("{\"format\": 1, \"Port\": [{" VM ", \"tag\": 5}, "
			  "{\"vm\": [\"uuid\", \"21111111-2222-3333-4444-555555555555\"], \"devid\": 0, "
			  "\"tag\": 9999}], \"Switch\": [{\"name\": \"db0\", \"mtu\": 9000}]}", 0, NULL);
	assert_int_equal(policy_copy_write(path, copy), 0);
	assert_int_equal(policy_copy_write(path, copy), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(policy_copy_read(path, &p, &vms, &problem), 0);
	assert_int_equal(p.ports.count, 2);
	assert_int_equal(p.switches.count, 1);
	assert_int_equal(policies_switches(&p, switches), 1);
	assert_int_equal(row_number(switches[0], "mtu", 0), 9000);
	assert_int_equal(tag_of(&p, &generation), 5);
	policies_deinit(&p);
	p = (struct policies){};
	/* Whoever may write it may open ports. */
	assert_int_equal(chmod(path, 0660), 0);
	assert_int_equal(policy_copy_read(path, &p, &vms, &problem), -EINVAL);
	/* Of some VMs only. */
	json_object_set_new(copy, "vms", json_pack("[[s, s]]", "uuid",
						   "11111111-2222-3333-4444-555555555555"));
	assert_int_equal(policy_copy_write(path, copy), 0);
	assert_int_equal(policy_copy_read(path, &p, &vms, &problem), 1);
	assert_int_equal(vms.n, 1);
	assert_int_equal(vms.v[0][0], 0x11);
	policies_deinit(&p);
	p = (struct policies){};
	uuid_set_deinit(&vms);
	json_object_set_new(copy, "vms", json_pack("[s]", "web"));
	assert_int_equal(policy_copy_write(path, copy), 0);
	assert_int_equal(policy_copy_read(path, &p, &vms, &problem), -EINVAL);
	assert_null(vms.v);
	unlink(path);
	snprintf(path, sizeof(path), "%s/no/policy.json", dir);
	assert_int_equal(policy_copy_write(path, copy), -ENOENT);
	assert_int_equal(rmdir(dir), 0);
}

/* What is to be done about the device numbers 0 to 2; the map has no order. */
struct changes {
	char of[3][128];
	char text[512];
};

static void note(enum location_change change, const uint8_t row[16], const struct location *want,
		 const struct location *is, void *arg)
{
	static const char *const words[] = { "insert", "update", "delete" };
	const struct location *at = want ? want : is;
	struct changes *c = arg;

	snprintf(c->of[at->devid], sizeof(c->of[0]), "%s %u:%s@%lld%s%s", words[change], at->devid,
		 at->state, (long long)at->since, at->error ? " " : "", at->error ? at->error : "");
}

static const char *diff(struct locations *l, struct changes *c)
{
	size_t n = 0;

	memset(c, 0, sizeof(*c));
	locations_diff(l, note, c);
	for (size_t i = 0; i < ARRAY_SIZE(c->of); i++) {
		if (c->of[i][0])
			n += snprintf(c->text + n, sizeof(c->text) - n, "%s%s", n ? ", " : "",
				      c->of[i]);
	}
	return c->text;
}

static struct location at(uint32_t devid, int64_t domid, const char *state, char *error)
{
	struct location l = { .devid = devid, .domid = domid, .error = error };

	strcpy(l.netdev, "vif1.0");
	strcpy(l.state, state);
	memcpy(l.vm, vm, 16);
	return l;
}

static void want(struct locations *l, struct location what, int64_t now)
{
	assert_int_equal(locations_want(l, &what, now), 0);
}

static void row(struct locations *l, uint8_t uuid, struct location what, int64_t since)
{
	const uint8_t id[16] = { uuid };

	what.since = since;
	assert_int_equal(locations_row(l, id, &what), 0);
}

static void test_locations(void **state)
{
	char wrong[] = "wrong";
	const uint8_t first[16] = { 1 }, other[16] = { 9 };
	struct locations l = {};
	struct changes c;

	/* A leftover of an earlier daemon, and one that is right already. */
	row(&l, 1, at(0, 1, "active", NULL), 50);
	row(&l, 2, at(1, 1, "active", NULL), 50);
	locations_mark(&l);
	want(&l, at(0, 1, "active", NULL), 100);
	want(&l, at(2, 1, "failed", wrong), 100);
	locations_sweep(&l);
	assert_string_equal(diff(&l, &c), "delete 1:active@50, insert 2:failed@100 wrong");
	locations_no_row(&l, (const uint8_t[16]){ 2 }, vm, 1);
	row(&l, 3, at(2, 1, "failed", wrong), 100);
	assert_string_equal(diff(&l, &c), "");
	assert_int_equal(l.count, 2);
	/* The same state later has the same age; an error alone is no new state. */
	locations_mark(&l);
	want(&l, at(0, 1, "active", wrong), 200);
	want(&l, at(2, 1, "plugged", NULL), 200);
	locations_sweep(&l);
	assert_string_equal(diff(&l, &c), "update 0:active@50 wrong, update 2:plugged@200");
	/* A server that was restarted has forgotten what is ephemeral. */
	row(&l, 1, at(0, -1, "", NULL), -1);
	row(&l, 3, at(2, 1, "plugged", NULL), 200);
	assert_string_equal(diff(&l, &c), "update 0:active@50 wrong");
	row(&l, 1, at(0, 1, "active", wrong), 50);
	/* In networks, and in others then. */
	struct location in = at(0, 1, "active", wrong);
	locations_mark(&l);
	in.networks = (char *)"blue\nred\n";
	in.macs = (char *)"02:00:00:00:00:01\n";
	want(&l, in, 210);
	want(&l, at(2, 1, "plugged", NULL), 210);
	locations_sweep(&l);
	assert_string_equal(diff(&l, &c), "update 0:active@50 wrong");
	row(&l, 1, in, 50);
	assert_string_equal(diff(&l, &c), "");
	in.networks = (char *)"blue\n";
	want(&l, in, 220);
	assert_string_equal(diff(&l, &c), "update 0:active@50 wrong");
	row(&l, 1, in, 50);
	/* Twice on one host, as during a migration to itself: the newer one. */
	locations_mark(&l);
	want(&l, at(0, 7, "waiting", NULL), 300);
	want(&l, at(0, 1, "active", NULL), 300);
	locations_sweep(&l);
	assert_string_equal(diff(&l, &c), "update 0:waiting@300, delete 2:plugged@200");
	/* Somebody deleted our row; somebody else's going is none of ours. */
	locations_no_row(&l, other, vm, 0);
	assert_string_equal(diff(&l, &c), "update 0:waiting@300, delete 2:plugged@200");
	locations_no_row(&l, first, vm, 0);
	assert_string_equal(diff(&l, &c), "insert 0:waiting@300, delete 2:plugged@200");
	locations_mark(&l);
	locations_sweep(&l);
	assert_int_equal(l.count, 1);
	locations_deinit(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge), cmocka_unit_test(test_policies),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_locations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
