// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl's policy without a database: units, fields, YAML, differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy/diff.h"
#include "policy/units.h"
#include "vifctl/policy/yaml.h"

#define WEB	"f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define DB	"11111111-2222-3333-4444-555555555555"

static void test_units(void **state)
{
	static const struct {
		enum unit unit;
		const char *text;
		int64_t want;		/* -1: refused */
		const char *back;
	} cases[] = {
		{ UNIT_RATE, "100Mbit", 100000000, "100Mbit" },
		{ UNIT_RATE, "100Mbit/s", 100000000, "100Mbit" },
		{ UNIT_RATE, "100 mbit", 100000000, "100Mbit" },
		{ UNIT_RATE, "2.5Gbit", 2500000000, "2500Mbit" },
		{ UNIT_RATE, "0.000000001Gbit", 1, "1bit" },
		{ UNIT_RATE, "1500kbit", 1500000, "1500kbit" },
		{ UNIT_RATE, "12345bit", 12345, "12345bit" },
		{ UNIT_RATE, "100", -1, NULL },
		{ UNIT_RATE, "1.5bit", -1, NULL },
		{ UNIT_RATE, "100MB", -1, NULL },
		{ UNIT_RATE, "-1Mbit", -1, NULL },
		{ UNIT_RATE, "1e3Mbit", -1, NULL },
		{ UNIT_RATE, "Mbit", -1, NULL },
		{ UNIT_RATE, "1.Mbit", -1, NULL },
		{ UNIT_RATE, "99999999999999999999Tbit", -1, NULL },
		{ UNIT_RATE, "9223372036854775807Tbit", -1, NULL },
		{ UNIT_BITS, "64KiB", 524288, "64KiB" },
		{ UNIT_BITS, "100kB", 800000, "100000B" },
		{ UNIT_BITS, "12112bit", 12112, "1514B" },
		{ UNIT_BITS, "1Mbit", 1000000, "125000B" },
		{ UNIT_BITS, "1001bit", 1001, "1001bit" },
		{ UNIT_PACKETS, "10kpps", 10000, "10kpps" },
		{ UNIT_PACKETS, "1500pps", 1500, "1500pps" },
		{ UNIT_PACKETS, "1500", -1, NULL },
		{ UNIT_SECONDS, "5min", 300, "300s" },
		{ UNIT_SECONDS, "300", -1, NULL },
		{ UNIT_OCTETS, "9000", 9000, "9000" },
		{ UNIT_OCTETS, "9000B", 9000, "9000" },
		{ UNIT_NONE, "7", 7, "7" },
		{ UNIT_NONE, "7s", -1, NULL },
		{ UNIT_NONE, "", -1, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *problem = NULL, *back = NULL;
		int64_t n = -1;
		bool good = unit_parse(cases[i].unit, cases[i].text, 0, INT64_MAX, &n, &problem);

		if (good != (cases[i].want >= 0) || n != cases[i].want)
			fail_msg("%s: %lld", cases[i].text, (long long)n);
		back = good ? unit_format(cases[i].unit, n) : NULL;
		if (good && strcmp(back, cases[i].back))
			fail_msg("%s: back as %s", cases[i].text, back);
	}
}

/* KEY=VALUE of a kind: its text again, or a part of the refusal. */
static void test_fields(void **state)
{
	static const struct {
		enum object_kind kind;
		const char *text, *want, *refused;
	} cases[] = {
		{ OBJECT_PORT, "vlan=100", "100", NULL },
		{ OBJECT_PORT, "vlan=0", "0", NULL },
		{ OBJECT_PORT, "vlan=trunk", "trunk", NULL },
		{ OBJECT_PORT, "vlan=trunk:10,20-30,21", "trunk:10,20-30", NULL },
		{ OBJECT_PORT, "vlan=native-tagged:5+10-20", "native-tagged:5+10-20", NULL },
		{ OBJECT_PORT, "vlan=native-untagged:5", "native-untagged:5", NULL },
		{ OBJECT_PORT, "vlan=4095", NULL, "vlan=4095: 100, trunk" },
		{ OBJECT_PORT, "vlan=10-20", NULL, "is needed" },
		{ OBJECT_PORT, "vlan=trunk:", NULL, "is needed" },
		{ OBJECT_PORT, "vlan=trunk:30-20", NULL, "is needed" },
		{ OBJECT_PORT, "vlan=native-tagged:+10", NULL, "is needed" },
		{ OBJECT_PORT, "vlan=native-tagged:5+", NULL, "is needed" },
		{ OBJECT_PORT, "vlan=native:5", NULL, "is needed" },
		{ OBJECT_PORT, "rate-from-vm=100Mbit", "100Mbit", NULL },
		{ OBJECT_PORT, "rate-from-vm=100", NULL, "from 8kbit to 1Tbit is needed, like" },
		{ OBJECT_PORT, "rate-from-vm=2Tbit", NULL, "1Tbit" },
		{ OBJECT_PORT, "burst-from-vm=64KiB", "64KiB", NULL },
		{ OBJECT_PORT, "burst-from-vm=100B", NULL, "from 1514B" },
		{ OBJECT_PORT, "mac-lock=00:16:3E:0:0:1", "00:16:3e:00:00:01", NULL },
		{ OBJECT_PORT, "mac-lock=01:00:5e:00:00:01", NULL, "single station" },
		{ OBJECT_PORT, "mac-lock=00:16:3e:00:00:0g", NULL, "single station" },
		{ OBJECT_PORT, "lock-ip=2001:DB8::1,192.0.2.1/32", "192.0.2.1,2001:db8::1", NULL },
		{ OBJECT_PORT, "lock-ip=10.0.0.1/8", NULL, "the prefix is 10.0.0.0/8" },
		{ OBJECT_PORT, "lock-ip=10.0.0.0/33", NULL, "the length of an IPv4 prefix is 0 to 32" },
		{ OBJECT_PORT, "lock-ip=10.0.0.0/a", NULL, "the length of an IPv4 prefix is 0 to 32" },
		{ OBJECT_PORT, "lock-ip=10.0.0", NULL, "an address or prefix" },
		{ OBJECT_PORT, "guard=mac+ip", "mac+ip", NULL },
		{ OBJECT_PORT, "guard=on", NULL, "one of off, mac or mac+ip" },
		{ OBJECT_PORT, "allow=stacked,control,stacked", "control,stacked", NULL },
		{ OBJECT_PORT, "state=down", "down", NULL },
		{ OBJECT_PORT, "mtu=67", NULL, "from 68 to 65535" },
		{ OBJECT_PORT, "acl=web", "web", NULL },
		{ OBJECT_PORT, "colour=red", NULL, "it has switch, vlan" },
		{ OBJECT_PORT, "vlan", NULL, "vlan=VALUE" },
		{ OBJECT_PORT, "acl=\xff", NULL, "UTF-8" },
		{ OBJECT_SWITCH, "uplinks=eth1,eth0", "eth0,eth1", NULL },
		{ OBJECT_SWITCH, "uplinks=eth0,", NULL, "network device" },
		{ OBJECT_SWITCH, "ageing=5min", "300s", NULL },
		{ OBJECT_VM, "labels=role=web,tier=front", "role=web,tier=front", NULL },
		{ OBJECT_VM, "labels=role", NULL, "KEY=VALUE" },
		{ OBJECT_VM, "labels=a=1,a=2", NULL, "each key once" },
		{ OBJECT_RULE, "dst-port=443,80,81-90", "80-90,443", NULL },
		{ OBJECT_RULE, "dst-port=65536", NULL, "ports from 0 to 65535" },
		{ OBJECT_RULE, "icmp=8/0", "8/0", NULL },
		{ OBJECT_RULE, "icmp=3", "3", NULL },
		{ OBJECT_RULE, "icmp=8/256", NULL, "TYPE/CODE" },
		{ OBJECT_RULE, "tcp-flags=syn,!ack", "syn,!ack", NULL },
		{ OBJECT_RULE, "tcp-flags=syn,!syn", NULL, "each once" },
		{ OBJECT_RULE, "ethertype=arp", "arp", NULL },
		{ OBJECT_RULE, "ethertype=0x88b5", "0x88b5", NULL },
		{ OBJECT_RULE, "ethertype=100", NULL, "from 1536 to 65535" },
		{ OBJECT_RULE, "proto=TCP", "tcp", NULL },
		{ OBJECT_RULE, "proto=255", "255", NULL },
		{ OBJECT_RULE, "proto=256", NULL, "0 to 255" },
		{ OBJECT_RULE, "vlan=0,100-102", "0,100-102", NULL },
		{ OBJECT_RULE, "stateless", "yes", NULL },
		{ OBJECT_RULE, "log=perhaps", NULL, "yes or no" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(object_freep) struct object *o = object_new(cases[i].kind, "x");
		_cleanup_free_ char *problem = NULL, *text = NULL, *key = NULL;
		bool good = object_set_text(o, cases[i].text, &problem);

		if (good != !cases[i].refused)
			fail_msg("%s: %s", cases[i].text, problem);
		if (!good) {
			if (!strstr(problem, cases[i].refused))
				fail_msg("%s: refused with %s", cases[i].text, problem);
			assert_int_equal(json_object_size(o->columns), 0);
			continue;
		}
		key = strndup(cases[i].text, strcspn(cases[i].text, "="));
		text = field_text_of(kind_field(o->kind, key), o->columns);
		if (strcmp(text, cases[i].want))
			fail_msg("%s: %s", cases[i].text, text);
		free(key);
		key = xprintf("%.*s=", (int)strcspn(cases[i].text, "="), cases[i].text);
		assert_true(object_set_text(o, key, &problem));
		assert_int_equal(json_object_size(o->columns), 0);
	}
}

static void test_columns(void **state)
{
	_cleanup_(object_freep) struct object *o = object_new(OBJECT_PORT, WEB "/0");
	json_t *want = json_pack("{s:s, s:i, s:[i,i,i], s:I}", "vlan_mode", "native-tagged", "tag",
				 5, "trunks", 10, 11, 12, "rate_from_vm", (json_int_t)100000000);
	_cleanup_free_ char *problem = NULL;

	assert_true(object_set_text(o, "vlan=native-tagged:5+10-12", &problem));
	assert_true(object_set_text(o, "rate-from-vm=100Mbit", &problem));
	assert_true(json_equal(o->columns, want));
	assert_true(object_set_text(o, "vlan=7", &problem));	/* trunks must go */
	assert_null(json_object_get(o->columns, "trunks"));
	json_decref(want);
}

/* KEY+=VALUE and KEY-=VALUE on what a field has: its text then, or a part of the refusal. */
static void test_edits(void **state)
{
	static const struct {
		enum object_kind kind;
		const char *had, *edit, *want, *refused;
	} cases[] = {
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip+=2001:db8::1", "192.0.2.1,2001:db8::1", NULL },
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip+=192.0.2.1/32", "192.0.2.1", NULL },
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip+=192.0.2", NULL, "address or prefix" },
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip+=", NULL, "a value is needed" },
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip+=192.0.2.2,\xff", NULL, "UTF-8" },
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip-=192.0.2.1", NULL, "lock-ip= empties it" },
		{ OBJECT_PORT, "lock-ip=192.0.2.1,192.0.2.2", "lock-ip-=192.0.2.2", "192.0.2.1", NULL },
		{ OBJECT_PORT, "lock-ip=192.0.2.1", "lock-ip-=192.0.2.9", NULL, "it has 192.0.2.1" },
		{ OBJECT_PORT, "lock-ip=", "lock-ip+=192.0.2.1", NULL, "lock-ip=VALUE,... with all" },
		{ OBJECT_PORT, "mac-lock=", "mac-lock+=00:16:3e:00:00:01", NULL, "the VM's config" },
		{ OBJECT_PORT, "allow=", "allow+=control", "control", NULL },
		{ OBJECT_PORT, "allow=control", "allow+=stacked", "control,stacked", NULL },
		{ OBJECT_PORT, "vlan=trunk:10", "vlan+=20-21", "trunk:10,20-21", NULL },
		{ OBJECT_PORT, "vlan=native-tagged:5+10-20", "vlan-=12", "native-tagged:5+10-11,13-20", NULL },
		{ OBJECT_PORT, "vlan=trunk:10", "vlan-=11", NULL, "it is trunk:10" },
		{ OBJECT_PORT, "vlan=trunk:10", "vlan-=10", NULL, "one must stay" },
		{ OBJECT_PORT, "vlan=trunk:10", "vlan+=4095", NULL, "VLANs from 0 to 4094" },
		{ OBJECT_PORT, "vlan=100", "vlan+=200", NULL, "no list of VLANs yet, but 100" },
		{ OBJECT_PORT, "vlan=trunk", "vlan-=200", NULL, "no list of VLANs yet, but trunk" },
		{ OBJECT_PORT, "state=up", "state+=down", NULL, "one value is needed, not a list" },
		{ OBJECT_PORT, "mtu=1500", "colour+=red", NULL, "no such field" },
		{ OBJECT_VM, "labels=role=web", "labels+=role=db,tier=back", "role=db,tier=back", NULL },
		{ OBJECT_VM, "labels=a=1,b=2", "labels-=a", "b=2", NULL },
		{ OBJECT_VM, "labels=a=1,b=2", "labels-=a=1", NULL, "keys without values" },
		{ OBJECT_VM, "labels=a=1,b=2", "labels-=c", NULL, "it has a=1,b=2" },
		{ OBJECT_MIRROR, "vms=web", "vms+=db/1", "db/1,web", NULL },
		{ OBJECT_MIRROR, "vms=web,db/1", "vms-=db/1", "web", NULL },
		{ OBJECT_MIRROR, "vms=web", "vms+=db/65536", NULL, "DEVID \"65536\"" },
		{ OBJECT_MIRROR, "to=web", "to=db/2", "db/2", NULL },
		{ OBJECT_MIRROR, "to=web", "to=db", "db/0", NULL },
		{ OBJECT_MIRROR, "vlan=100-110", "vlan-=105", "100-104,106-110", NULL },
		{ OBJECT_GROUP, "addresses=", "addresses+=10.0.0.0/8", "10.0.0.0/8", NULL },
		{ OBJECT_SWITCH, "uplinks=eth0", "uplinks+=eth1", "eth0,eth1", NULL },
		{ OBJECT_RULE, "dst-port=80,1000-2000", "dst-port+=81", "80-81,1000-2000", NULL },
		{ OBJECT_RULE, "dst-port=1000-2000", "dst-port-=1500", "1000-1499,1501-2000", NULL },
		{ OBJECT_RULE, "dst-port=80", "dst-port-=80-81", NULL, "it has 80" },
		{ OBJECT_RULE, "dst-port=", "dst-port+=80", NULL, "stands for everything" },
		{ OBJECT_RULE, "vlan=100-110", "vlan-=105", "100-104,106-110", NULL },
		{ OBJECT_RULE, "tcp-flags=syn", "tcp-flags+=!ack", "syn,!ack", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(object_freep) struct object *o = object_new(cases[i].kind, "x");
		_cleanup_free_ char *problem = NULL, *text = NULL, *key = NULL, *before = NULL;
		const struct field *f;
		bool good;

		key = strndup(cases[i].had, strcspn(cases[i].had, "="));
		f = kind_field(o->kind, key);
		assert_true(object_set_text(o, cases[i].had, &problem));
		before = field_text_of(f, o->columns);
		good = object_set_text(o, cases[i].edit, &problem);
		if (good != !cases[i].refused)
			fail_msg("%s: %s", cases[i].edit, problem);
		if (!good && !strstr(problem, cases[i].refused))
			fail_msg("%s: refused with %s", cases[i].edit, problem);
		text = field_text_of(f, o->columns);
		if (strcmp(text ?: "", (good ? cases[i].want : before) ?: ""))
			fail_msg("%s: %s", cases[i].edit, text);
	}
}

static const char policy[] =
"switches:\n"
"- name: xenbr0\n"
"  uplinks: [eth0, eth1]\n"
"  mtu: 9000\n"
"  ageing: 300s\n"
"  uplink-rate: 10Gbit\n"
"vms:\n"
"- uuid: " WEB "\n"
"  name: web\n"
"  labels: {role: web, tier: ''}\n"
"groups:\n"
"- name: admins\n"
"  addresses: [10.0.0.0/8, '2001:db8::/64']\n"
"acls:\n"
"- name: web\n"
"  from-vm-default: allow\n"
"  rules:\n"
"  - name: ssh\n"
"    direction: to-vm\n"
"    action: allow\n"
"    proto: tcp\n"
"    src-group: [admins]\n"
"    dst-port: [22]\n"
"  - name: http\n"
"    direction: to-vm\n"
"    action: allow\n"
"    proto: tcp\n"
"    dst-port: [80, 443, 1000-2000]\n"
"    stateless: yes\n"
"qos: []\n"
"ports:\n"
"- vm: " WEB "\n"
"  devid: 0\n"
"  vlan: trunk:10,20-30\n"
"  lock-ip: [192.0.2.1]\n"
"  acl: web\n"
"  rate-from-vm: 100Mbit\n"
"mirrors:\n"
"- name: span\n"
"  vms: [" WEB ", " WEB "/1]\n"
"  direction: from\n"
"  to: " WEB "/0\n"
"  copies: 5kpps\n"
"  dropped: yes\n"
"exporters:\n"
"- name: flows\n"
"  format: ipfix\n"
"  to: [192.0.2.9, '[2001:db8::9]:9995']\n"
"  labels: {role: web}\n"
"  sampling: 1000\n"
"uplinks:\n"
"- name: bond0\n"
"  members: [eth0, eth1]\n"
"  bond-mode: balance-tcp\n"
"  updelay: 200\n  vlan: native-untagged:5+10,20-30\n"
"  transit: yes\n"
"networks:\n- name: blue\n  switch: xenbr0\n  vlan: 100\n  key: 5100\n  kind: geneve\n"
"  remotes: [192.0.2.2, '2001:db8::2']\n  hosts: none\n";

static char *nobody(void *arg, const char *word, char **ret_problem)
{
	*ret_problem = xprintf("unknown");
	return NULL;
}

/* Reads and resolves; NULL, or the problems. */
static char *read_policy(const char *text, struct model *ret)
{
	struct problems p = { .file = "f" };
	struct model raw;
	char *told;

	model_init(&raw);
	model_init(ret);
	if (policy_read(text, strlen(text), &raw, &p))
		policy_resolve(&raw, nobody, NULL, ret, &p);
	model_deinit(&raw);
	told = TAKE_PTR(p.text);
	problems_deinit(&p);
	return told;
}

static char *write_policy(const struct model *m, unsigned int kinds)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_int_equal(policy_write(m, kinds, f), 0);
	fclose(f);
	return text;
}

static char *diff_text(const char *from, const char *to, bool prune)
{
	struct changes c = {};
	struct model a, b;
	char *text = NULL;
	size_t len;
	FILE *f;

	assert_null(read_policy(from, &a));
	for (size_t i = 0; i < a.count[OBJECT_ACL]; i++)
		rules_place(a.objects[OBJECT_ACL][i]);
	assert_null(read_policy(to, &b));
	changes_of_models(&c, &a, &b, prune);
	f = open_memstream(&text, &len);
	changes_print(&c, &a, f);
	fclose(f);
	changes_deinit(&c);
	model_deinit(&b);
	model_deinit(&a);
	return text;
}

static void test_yaml_round_trip(void **state)
{
	_cleanup_free_ char *text = NULL, *diff = NULL;
	struct model m;

	assert_null(read_policy(policy, &m));
	text = write_policy(&m, (1U << OBJECT_KINDS) - 1);
	model_deinit(&m);
	assert_string_equal(text, policy);
	diff = diff_text(policy, policy, true);
	assert_string_equal(diff, "");
}

static void test_json_is_yaml(void **state)
{
	struct model m;

	assert_null(read_policy("{\"ports\": [{\"vm\": \"" WEB "\", \"devid\": 1, \"vlan\": 7}]}", &m));
	assert_non_null(model_find(&m, OBJECT_PORT, WEB "/1"));
	model_deinit(&m);
}

static void test_yaml_errors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "f:1:1: the file is empty" },
		{ "- a\n", "f:1:1: a mapping of switches" },
		{ "ports: [\n", "f:2:1: this is not YAML" },
		{ "groups:\n- name: a\n  addresses: [::/0]\n",
		  "f:3:15: write it in quotes: \"::/0\"" },
		{ "groups:\n- name: \u00e4\n  addresses: [10.0.0.0/8, ::1]\n",
		  "f:3:27: write it in quotes: \"::1\"" },
		{ "groups:\n- name: a\n  addresses: [2001:db8::, ::1]\n",
		  "f:3:24: write it in quotes: \"2001:db8::\"" },
		{ "groups:\n- name: a\n  addresses: 2001:db8::\n",
		  "f:3:23: write it in quotes: \"2001:db8::\"" },
		{ "vms:\n- uuid: " WEB "\n  name: @web\n", "f:3:9: write it in quotes: \"@web\"" },
		{ "vms:\n- uuid: " WEB "\n  name: %web\n", "f:3:9: write it in quotes: \"%web\"" },
		{ "vms:\n- uuid: " WEB "\n  name: *web\n", "f:3:9: write it in quotes: \"*web\"" },
		{ "ports:\n\t- vm: web\n", "f:2:1: a tab indents here; only spaces may" },
		{ "vms:\n- uuid: " WEB "\n  name: a: b\n", "f:3:10: this is not YAML: mapping values" },
		{ "ports:\n", "f:1:7: ports: a sequence is needed; []" },
		{ "prots: []\n", "f:1:1: \"prots\" is none of switches" },
		{ "ports: []\nports: []\n", "f:2:1: the file: \"ports\" is there twice" },
		{ "ports: []\n---\nports: []\n", "f:3:1: a second document" },
		{ "ports:\n- vlan: 7\n", "f:2:3: port: \"vm\" is missing" },
		{ "ports:\n- vm: " WEB "\n  vlan: 4095\n",
		  "f:3:9: port " WEB "/0: vlan: \"4095\": 100, trunk" },
		{ "ports:\n- vm: " WEB "\n  vlan: [1, 2]\n", "f:3:9: vlan: one value is needed" },
		{ "ports:\n- vm: " WEB "\n  vlan:\n", "f:3:8: vlan: a value is missing" },
		{ "ports:\n- vm: " WEB "\n  vlna: 7\n", "f:3:3: port " WEB "/0: \"vlna\" is none of vm, "
		  "devid, switch, vlan" },
		{ "ports:\n- vm: " WEB "\n  rate-from-vm: 100\n",
		  "f:3:17: port " WEB "/0: rate-from-vm: \"100\": a rate with its unit" },
		{ "ports:\n- vm: " WEB "\n  devid: 70000\n", "f:3:10: devid: \"70000\"" },
		{ "ports:\n- vm: nobody\n", "f:2:3: port nobody/0: vm: \"nobody\": unknown" },
		{ "ports:\n- vm: " WEB "\n- vm: " WEB "\n  devid: 0\n",
		  "f:3:3: port " WEB "/0 is there twice, first in line 2" },
		{ "vms:\n- uuid: " WEB "\n  name: web\nports:\n- vm: web\n- vm: " WEB "\n",
		  "f:6:3: port " WEB "/0 is there twice, first in line 5" },
		{ "vms:\n- uuid: web\n", "f:2:9: vm: uuid: \"web\": a UUID" },
		{ "vms:\n- uuid: " WEB "\n  labels: {a: [1]}\n", "f:3:15: labels: one value" },
		{ "vms:\n- uuid: " WEB "\n  name: \"a\\0b\"\n", "f:3:9: name: the text has a NUL" },
		{ "acls:\n- name: a\n  rules:\n  - name: r\n    direction: to-vm\n",
		  "f:4:5: rule r: action is missing" },
		{ "acls:\n- name: a\n  rules:\n  - {name: r, direction: to-vm, action: deny, icmp: 8}\n",
		  "f:4:5: rule r: icmp needs proto=icmp" },
		{ "acls:\n- name: a\n  rules:\n  - &r {name: r, direction: to-vm, action: deny}\n  - *r\n",
		  "acl a: rule \"r\" is there twice" },
		{ "switches:\n- name: much-too-long-name\n", "f:2:9: switch: name: \"much-too" },
		{ "ports: &p\n- *p\n", "f:1:8: a port is a mapping" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *told = NULL;
		struct model m;

		told = read_policy(cases[i].text, &m);
		model_deinit(&m);
		if (!told || !strstr(told, cases[i].want))
			fail_msg("%s\ngave %s\nwanted %s", cases[i].text, told ?: "no problem",
				 cases[i].want);
	}
}

static void test_many_problems(void **state)
{
	_cleanup_free_ char *text = xprintf("ports:\n"), *told = NULL;
	struct model m;
	size_t lines = 1;

	for (int i = 0; i < 100; i++) {
		char *longer = xprintf("%s- {vm: " WEB ", devid: %d, mtu: 1}\n", text, i);

		free(text);
		text = longer;
	}
	told = read_policy(text, &m);
	model_deinit(&m);
	for (const char *p = told; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, POLICY_PROBLEMS_MAX);
}

static void diff_is(const char *from, const char *to, bool prune, const char *want)
{
	_cleanup_free_ char *got = diff_text(from, to, prune);

	if (strcmp(got, want))
		fail_msg("got:\n%s\nwanted:\n%s", got, want);
}

#define PORT(n, rest)	"ports:\n- {vm: " WEB ", devid: " n ", " rest "}\n"
#define NAMED		"vms: [{uuid: " WEB ", name: web}]\n"

static void test_diff(void **state)
{
	diff_is(PORT("0", "vlan: 100"), PORT("0", "vlan: 200"), false,
		"~ port " WEB "/0 vlan: 100 -> 200\n");
	diff_is(NAMED PORT("0", "vlan: 100, mtu: 1500"), NAMED PORT("0", "vlan: 100"), false,
		"~ port web/0 mtu: 1500 -> (empty)\n");
	diff_is(PORT("0", "vlan: 100"), PORT("1", "vlan: 7"), false,
		"+ port " WEB "/1: vlan=7\n");
	diff_is(PORT("0", "vlan: 100"), PORT("1", "vlan: 7"), true,
		"+ port " WEB "/1: vlan=7\n- port " WEB "/0\n");
	diff_is(NAMED PORT("0", "vlan: 100"), "ports: []", true, "- port web/0\n");
	/* Facts of other systems stay unless they are written. */
	diff_is(PORT("0", "external-ids: {a: b}"), PORT("0", "vlan: 1"), false,
		"~ port " WEB "/0 vlan: (empty) -> 1\n");
	diff_is(PORT("0", "external-ids: {a: b}"), PORT("0", "external-ids: {a: c}"), false,
		"~ port " WEB "/0 external-ids: a=b -> a=c\n");
	diff_is("vms: [{uuid: " DB ", name: \"a\\eb\"}]", "vms: []", true, "- vm " DB "\n");
	diff_is("vms: [{uuid: " DB "}]", "vms: [{uuid: " DB ", name: \"a\\eb\"}]", true,
		"~ vm " DB " name: (empty) -> a?b\n");
}

#define ACL(rules)	"acls:\n- name: a\n  rules: [" rules "]\n"
#define R(name, rest)	"{name: " name ", direction: to-vm, action: deny" rest "}"

static void test_diff_rules(void **state)
{
	diff_is(ACL(R("a", "") "," R("b", "")), ACL(R("a", "") "," R("b", ", log: yes")), false,
		"~ rule a/b log: (empty) -> yes\n");
	diff_is(ACL(R("a", "") "," R("b", "")), ACL(R("a", "")), false, "- rule a/b\n");
	diff_is(ACL(R("a", "") "," R("b", "")),
		ACL(R("a", "") "," R("c", "") "," R("b", "")), false,
		"+ rule a/c: direction=to-vm action=deny\n");
	diff_is(ACL(R("a", "") "," R("b", "")), ACL(R("b", "") "," R("a", "")), false,
		"~ rule a/b priority: 200 -> 100\n~ rule a/a priority: 100 -> 200\n");
}

/* Priorities before ("-": new) and after. */
static void test_place(void **state)
{
	static const struct {
		int64_t before[6], after[6];
	} cases[] = {
		{ { -1, -1, -1, -2 }, { 100, 200, 300 } },
		{ { 100, -1, 200, -2 }, { 100, 150, 200 } },
		{ { 100, -1, -1, 103, -2 }, { 100, 101, 102, 103 } },
		{ { 100, -1, -1, 102, -2 }, { 100, 200, 300, 400 } },	/* no room */
		{ { 200, 100, -2 }, { 100, 200 } },
		{ { -1, 0, -2 }, { 100, 200 } },	/* nothing in front of 0 */
		{ { -1, 50, -2 }, { 24, 50 } },
		{ { 1000000, -1, -2 }, { 100, 200 } },
		{ { 999999, -1, -2 }, { 999999, 1000000 } },
		{ { 5, -1, -2 }, { 5, 105 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(object_freep) struct object *acl = object_new(OBJECT_ACL, "a");

		for (size_t k = 0; cases[i].before[k] > -2; k++) {
			object_add_rule(acl, k, object_new(OBJECT_RULE, "r"));
			acl->rules[k]->priority = cases[i].before[k];
		}
		rules_place(acl);
		for (size_t k = 0; k < acl->rule_count; k++)
			if (acl->rules[k]->priority != cases[i].after[k])
				fail_msg("case %zu, rule %zu: %lld", i, k,
					 (long long)acl->rules[k]->priority);
	}
}

static void test_rules_take(void **state)
{
	_cleanup_(object_freep) struct object *acl = object_new(OBJECT_ACL, "a");
	char name[2] = "a";

	for (size_t i = 0; i < 9; i++, name[0]++)
		object_add_rule(acl, i / 2, object_new(OBJECT_RULE, name));
	while (acl->rule_count > 3)
		object_free(object_take_rule(acl, 1));
	for (size_t i = 0; i < 6; i++)
		object_add_rule(acl, 1, object_new(OBJECT_RULE, "x"));
	assert_int_equal(acl->rule_count, 9);
	assert_string_equal(acl->rules[6]->name, "x");
}

static void test_references(void **state)
{
	struct problems p = { .file = "f" };
	struct model current, wanted;

	assert_null(read_policy("acls: [{name: old}]", &current));
	assert_null(read_policy("acls: []\nports:\n- {vm: " WEB ", acl: old}\n", &wanted));
	assert_true(policy_check_references(&wanted, &current, false, &p));
	assert_false(policy_check_references(&wanted, &current, true, &p));
	assert_non_null(strstr(p.text, "f:3:"));
	assert_non_null(strstr(p.text, "acl: \"old\": no acl of that name"));
	problems_deinit(&p);
	model_deinit(&wanted);
	model_deinit(&current);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_yaml_round_trip),
		cmocka_unit_test(test_json_is_yaml),
		cmocka_unit_test(test_yaml_errors),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_rules),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_rules_take),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
