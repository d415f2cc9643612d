// SPDX-License-Identifier: GPL-2.0-or-later
/* ACLs of the database: rows, groups and their members, objects, and the plan for them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "vifswitchd/acl-users.h"
#include "policydb/cache.h"
#include "tests/unit/vifswitchd-world.h"
#include "vifswitchd/status.h"

#define ACL_1	"00000000-0000-4000-8000-0000000000a1"
#define ACL_2	"00000000-0000-4000-8000-0000000000a2"
#define RULE_1	"00000000-0000-4000-8000-0000000000b1"
#define RULE_2	"00000000-0000-4000-8000-0000000000b2"
#define GROUP_1	"00000000-0000-4000-8000-0000000000c1"
#define VM_3	"aa000000-0000-0000-0000-010000000003"
#define VM_9	"aa000000-0000-0000-0000-010000000009"
#define UUID(u)	"[\"uuid\", \"" u "\"]"

#define BASIC	"\"priority\": 1, \"direction\": \"to-vm\", \"action\": \"allow\""

static const uint8_t *uuid_of(const char *text)
{
	static uint8_t uuid[16];

	assert_true(uuid_parse(text, strlen(text), uuid));
	return uuid;
}

static int put(struct policies *p, enum object_kind kind, const char *uuid, const char *name,
	       const char *columns)
{
	char text[1024];
	json_t *row;
	int r;

	snprintf(text, sizeof(text), "{\"_uuid\": [\"uuid\", \"%s\"], \"name\": \"%s\"%s%s}", uuid,
		 name, *columns ? ", " : "", columns);
	row = json_loads(text, 0, NULL);
	assert_non_null(row);
	r = policies_put(p, kind, row);
	json_decref(row);
	return r;
}

static void remove_row(struct policies *p, enum object_kind kind, const char *columns)
{
	_cleanup_(json_decrefp) json_t *row = json_loads(columns, 0, NULL);

	assert_non_null(row);
	policies_remove(p, kind, row);
}

static void put_port(struct policies *p, const char *vm, const char *columns)
{
	char text[512];
	json_t *row;

	snprintf(text, sizeof(text), "{\"vm\": [\"uuid\", \"%s\"], \"devid\": 0%s%s}", vm,
		 *columns ? ", " : "", columns);
	row = json_loads(text, 0, NULL);
	assert_non_null(row);
	assert_int_equal(policies_put(p, OBJECT_PORT, row), 0);
	json_decref(row);
}

static void put_acl(struct policies *p, const char *rules)
{
	assert_int_equal(put(p, OBJECT_ACL, ACL_1, "web", rules), 0);
}

static void put_rule(struct policies *p, const char *columns)
{
	char text[600];

	snprintf(text, sizeof(text), BASIC "%s%s", *columns ? ", " : "", columns);
	assert_int_equal(put(p, OBJECT_RULE, RULE_1, "ssh", text), 0);
}

static void one_rule(struct policies *p, const char *columns)
{
	put_acl(p, "\"rules\": " UUID(RULE_1));
	put_rule(p, columns);
}

static void test_rule_columns(void **state)
{
	static const struct {
		const char *columns;
		const char *problem;	/* a part of it; NULL: good */
	} cases[] = {
		{ "\"protocol\": 6, \"dst_ports\": [\"map\", [[22, 22], [80, 90]]]", NULL },
		{ "\"src\": [\"set\", [\"10.0.0.0/8\", \"2001:db8::/32\"]], \"vlans\": 0", NULL },
		{ "\"protocol\": 6, \"tcp_flags_set\": \"syn\", \"tcp_flags_clear\": \"ack\"", NULL },
		{ "\"stateless\": true, \"log\": true, \"ethertype\": 2054", NULL },
		{ "\"protocol\": 1, \"icmp_type\": 8, \"icmp_code\": 0", NULL },
		{ "\"protocol\": 300", "ACL web, rule ssh: protocol=300: must be 0 to 255" },
		{ "\"protocol\": [\"set\", []]", NULL },
		{ "\"protocol\": {}", "protocol: not a value" },
		{ "\"src\": \"10.0.0.1/8\"", "ACL web, rule ssh: src=\"10.0.0.1/8\"" },
		{ "\"dst\": 5", "dst=5: must be an address" },
		{ "\"protocol\": 6, \"dst_ports\": [\"map\", [[22, 65536]]]", "dst_ports: range 1" },
		{ "\"protocol\": 6, \"dst_ports\": [\"map\", [22]]", "dst_ports: range 1" },
		{ "\"protocol\": 6, \"dst_ports\": [\"set\", [22]]", "dst_ports=22: must be ranges" },
		{ "\"protocol\": 6, \"dst_ports\": [\"map\", [[5, 4]]]", "dst_ports 5-4" },
		{ "\"tcp_flags_set\": \"bogus\"", "tcp_flags_set=bogus: must be fin, syn" },
		{ "\"vlans\": 4095", "vlans=4095: must be VLANs in 0-4094" },
		{ "\"stateless\": 1", "stateless=1: must be true or false" },
		{ "\"disabled\": false", NULL },
		{ "\"disabled\": 1", "disabled=1: must be true or false" },
		{ "\"disabled\": [\"set\", [true]], \"protocol\": 300", NULL },
		{ "\"invented\": 7", "rule ssh: invented: not enforced by this version" },
		{ "\"invented\": 0", NULL },
		{ "\"src_groups\": " UUID(GROUP_1), "src_groups: names a group that is not known" },
		{ "\"direction\": \"up\"", "direction=up: must be from-vm or to-vm" },
		{ "\"action\": [\"set\", []]", "action: is missing" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policies p = {};
		struct problem problem = {};
		struct acl acl;
		int r;

		one_rule(&p, cases[i].columns);
		r = acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem);
		if (r == 0)
			acl_deinit(&acl);
		if (!cases[i].problem ? r < 0 : r == 0 || !strstr(problem.text, cases[i].problem))
			fail_msg("%s: %d, %s", cases[i].columns, r, problem.text);
		policies_deinit(&p);
	}
}

/* As if it were not there, until it is enabled again. */
static void test_disabled(void **state)
{
	struct policies p = {};
	struct problem problem;
	struct acl acl;

	put_acl(&p, "\"rules\": [\"set\", [" UUID(RULE_1) ", " UUID(RULE_2) "]]");
	assert_int_equal(put(&p, OBJECT_RULE, RULE_2, "dns", "\"priority\": 2, \"direction\": \"to-vm\", "
			     "\"action\": \"allow\", \"protocol\": 17"), 0);
	for (int disabled = 0; disabled < 2; disabled++) {
		int found = 0;

		put_rule(&p, disabled ? "\"protocol\": 6, \"disabled\": true" : "\"protocol\": 6");
		assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem), 0);
		for (size_t i = 0; i < acl.rule_count; i++)
			found += !acl.rules[i].builtin && (!strcmp(acl.rules[i].name, "ssh") ||
							   !strcmp(acl.rules[i].name, "dns"));
		assert_int_equal(found, 2 - disabled);
		acl_deinit(&acl);
	}
	policies_deinit(&p);
}

static void test_acl_columns(void **state)
{
	struct policies p = {};
	struct problem problem;
	struct acl acl;

	assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem), -EINVAL);
	assert_int_equal(acl_policies_stamp(&p.acl, uuid_of(ACL_1)), 0);
	put_acl(&p, "\"from_vm_default\": \"allow\", \"to_vm_default\": \"reject\"");
	assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem), 0);
	assert_int_equal(acl.default_action[VIFSWITCH_ACL_FROM], VIFSWITCH_ACL_ALLOW);
	assert_int_equal(acl.default_action[VIFSWITCH_ACL_TO], VIFSWITCH_ACL_REJECT);
	acl_deinit(&acl);
	put_acl(&p, "\"to_vm_default\": \"maybe\"");
	assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem), -EINVAL);
	assert_string_equal(problem.text,
			    "ACL web: to_vm_default=maybe: must be allow, deny or reject");
	put_acl(&p, "\"rules\": " UUID(RULE_1));
	assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem), -EINVAL);
	assert_non_null(strstr(problem.text, "a rule of it is not known here"));
	assert_int_equal(put(&p, OBJECT_ACL, "nonsense", "x", ""), -EINVAL);
	policies_deinit(&p);
}

/* The source addresses of the first rule, as text. */
static const char *sources(struct policies *p)
{
	static char text[256];
	struct problem problem;
	struct acl acl;

	text[0] = '\0';
	assert_int_equal(acl_policies_build(&p->acl, uuid_of(ACL_1), &acl, &problem), 0);
	for (size_t i = 0; i < acl.rules[0].src->count; i++) {
		prefix_format(&acl.rules[0].src->items[i], text + strlen(text));
		strcat(text, " ");
	}
	acl_deinit(&acl);
	return text;
}

static uint64_t stamp(struct policies *p)
{
	return acl_policies_stamp(&p->acl, uuid_of(ACL_1));
}

static void test_groups(void **state)
{
	struct policies p = {};
	struct prefix_set set = {};
	struct prefix prefix;
	struct problem problem;
	uint64_t before;

	one_rule(&p, "\"src_groups\": " UUID(GROUP_1));
	put(&p, OBJECT_GROUP, GROUP_1, "friends",
	    "\"addresses\": \"10.0.0.1\", \"vms\": " UUID(VM_9));
	assert_string_equal(sources(&p), "10.0.0.1 ");
	before = stamp(&p);
	/* What concerns no member concerns no ACL. */
	put_port(&p, VM_3, "\"ip_lock\": \"10.0.0.3\"");
	put_port(&p, VM_9, "\"tag\": 5");
	assert_int_equal(stamp(&p), before);
	put_port(&p, VM_9, "\"tag\": 5, \"ip_lock\": [\"set\", [\"10.0.0.9\", \"2001:db8::9\"]]");
	assert_int_not_equal(stamp(&p), before);
	assert_string_equal(sources(&p), "10.0.0.1 10.0.0.9 2001:db8::9 ");
	/* A VIF of the same VM that has the same address adds none. */
	before = stamp(&p);
	assert_int_equal(prefix_parse("10.0.0.9", 8, &prefix, &problem), 0);
	assert_int_equal(prefix_set_add(&set, &prefix), 0);
	prefix_set_normalize(&set);
	address_locks_mark_vifs(&p.acl.locks);
	assert_int_equal(address_locks_put(&p.acl.locks, uuid_of(VM_9), LOCK_OF_VIF(9, 0), &set,
					   &p.acl.generation), 0);
	address_locks_sweep_vifs(&p.acl.locks, &p.acl.generation);
	assert_int_equal(stamp(&p), before);
	/* A row that cannot be read leaves the lock as it was. */
	put_port(&p, VM_9, "\"ip_lock\": \"nonsense\"");
	assert_int_equal(stamp(&p), before);
	put_port(&p, VM_9, "");
	assert_string_equal(sources(&p), "10.0.0.1 10.0.0.9 ");
	assert_int_not_equal(stamp(&p), before);
	remove_row(&p, OBJECT_PORT, "{\"vm\": [\"uuid\", \"" VM_9 "\"], \"devid\": 0}");
	assert_string_equal(sources(&p), "10.0.0.1 10.0.0.9 ");
	address_locks_mark_vifs(&p.acl.locks);
	address_locks_sweep_vifs(&p.acl.locks, &p.acl.generation);
	assert_string_equal(sources(&p), "10.0.0.1 ");
	/* A group made anew under the same UUID is another one. */
	before = stamp(&p);
	remove_row(&p, OBJECT_GROUP, "{\"_uuid\": [\"uuid\", \"" GROUP_1 "\"], \"name\": \"friends\"}");
	put(&p, OBJECT_GROUP, GROUP_1, "friends", "\"addresses\": \"10.0.0.2\"");
	assert_int_not_equal(stamp(&p), before);
	/* With addresses of its own beside the group's. */
	put_rule(&p, "\"src\": \"10.0.0.3\", \"src_groups\": " UUID(GROUP_1));
	assert_string_equal(sources(&p), "10.0.0.2/31 ");
	/* Without members it matches nothing; with a bad one the ACL is impossible. */
	put_rule(&p, "\"src_groups\": " UUID(GROUP_1));
	put(&p, OBJECT_GROUP, GROUP_1, "friends", "");
	assert_string_equal(sources(&p), "");
	put(&p, OBJECT_GROUP, GROUP_1, "friends", "\"addresses\": \"10.0.0.2/8\"");
	assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &(struct acl){}, &problem),
			 -EINVAL);
	assert_non_null(strstr(problem.text,
			       "ACL web, rule ssh: src_groups: group friends: addresses=\"10.0.0.2/8\""));
	prefix_set_deinit(&set);
	policies_deinit(&p);
}

static void test_copy(void **state)
{
	static const char good[] = "{\"format\": 1, \"Port\": [], \"Switch\": [], \"ACL\": [{\"_uuid\": "
		UUID(ACL_1) ", \"name\": \"web\", \"rules\": " UUID(RULE_1) "}], \"Rule\": [{\"_uuid\": "
		UUID(RULE_1) ", \"name\": \"ssh\", " BASIC "}], \"Group\": []}";
	static const char *const bad[] = {
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"ACL\": {}}",
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"Rule\": [{\"name\": \"x\"}]}",
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"Group\": [7]}",
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"ACL\": [{\"_uuid\": " UUID(ACL_1) "}]}",
	};
	struct policies p = {};
	struct problem problem;
	struct acl acl;

	assert_int_equal(policy_copy_parse(good, strlen(good), &p, &problem), 0);
	assert_int_equal(acl_policies_build(&p.acl, uuid_of(ACL_1), &acl, &problem), 0);
	assert_string_equal(acl.rules[0].name, "ssh");
	acl_deinit(&acl);
	policies_deinit(&p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(policy_copy_parse(bad[i], strlen(bad[i]), &p, &problem), -EINVAL);
}

static void test_cookies(void **state)
{
	struct acl_cookie cookie;
	uint8_t uuid[16];
	uint64_t digest;

	acl_cookie_make(uuid_of(ACL_1), 0x123456789abcdef0ULL, &cookie);
	assert_string_equal(cookie.text, ACL_1 "/123456789abcdef0");
	assert_true(acl_cookie_parse(cookie.text, cookie.len, uuid, &digest));
	assert_int_equal(digest, 0x123456789abcdef0ULL);
	assert_memory_equal(uuid, uuid_of(ACL_1), 16);
	assert_false(acl_cookie_parse(cookie.text, cookie.len - 1, uuid, &digest));
	assert_false(acl_cookie_parse("somebody else's", 15, uuid, &digest));
	assert_false(acl_cookie_parse(NULL, 0, uuid, &digest));
}

/* ---- the plan ---- */

static void resolve(struct world *w, struct policies *rows)
{
	struct resolve_context ctx = {
		.switches = &world_known, .policy_generation = w->generation, .policies = rows,
		.lasting = true, .ports = &w->facts.ports, .links = &w->facts.links,
		.acl_rows = &rows->acl, .acls = &w->facts.acls,
	};
	unsigned int again = 0;
	uint64_t verdicts;

	do {
		verdicts = w->facts.acls.verdicts;
		world_resolve(w, &ctx);
		acl_users_update(&w->facts, rows);
	} while (w->facts.acls.verdicts != verdicts && again++ < 2);
}

static struct vif *world_acl(struct world *w, struct policies *rows)
{
	one_rule(rows, "\"protocol\": 6");
	put_port(rows, VM_3, "\"acl\": " UUID(ACL_1));
	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 3, "vif3.0", false);
	world_add_link(w, 4, "vif4.0", false);
	return world_add_vif(w, 3, 3, "xenbr0", "00:16:3e:00:00:03");
}

static void test_plan(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct vif *vif = world_acl(w, &rows), *other;
	const struct port_policy *policy;
	uint64_t digest;

	/* Somebody else's ACL has the number 1. */
	acl_objects_enter(&w->facts.acls, 1, 100, "theirs", 6);
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl2:load 3:prepare 3:join 3:up");
	policy = ports_get(&w->facts.ports, 3)->policy;
	assert_int_equal(policy->header.acl, 2);
	assert_int_equal(policy->header.connections_max, VIFSWITCH_CONNECTIONS_DEFAULT);
	digest = acl_objects_get(&w->facts.acls, 2)->digest;
	/* A second port shares it; another row of the same rules is the same blob. */
	put_port(&rows, "aa000000-0000-0000-0000-010000000004", "\"acl\": " UUID(ACL_1));
	other = world_add_vif(w, 4, 4, "xenbr0", "00:16:3e:00:00:04");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "4:prepare 4:join 4:up");
	/* Its rules are changed by one load; the ports' programs stay. */
	put_rule(&rows, "\"protocol\": 17");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl2:load");
	assert_int_not_equal(acl_objects_get(&w->facts.acls, 2)->digest, digest);
	/* What is the same in other words is no change. */
	put_rule(&rows, "\"protocol\": 17, \"stateless\": false");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "");
	/* From one port it is taken, then from the other. */
	put_port(&rows, VM_3, "");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "3:program");
	world_replace(&other->seen.script, "vif-bridge");
	world_replace(&other->seen.keys.bridge, "other");
	other->seen.changes++;
	resolve(w, &rows);
	assert_string_equal(world_run(w), "4:leave acl2:delete");
	assert_non_null(map_get(&w->facts.acls.in_kernel, 1));
	assert_int_equal(vif->wanted.verdict, VIF_WANTED);
	policies_deinit(&rows);
}

static void test_restart(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct vif *vif = world_acl(w, &rows);
	struct acl_object *object;

	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl1:load 3:prepare 3:join 3:up");
	/* All that a new daemon knows is what the kernel says, which also has a stale one. */
	for (int broken = 0; broken < 2; broken++) {
		struct acl_cookie cookie;

		map_for_each(&w->facts.acls.by_id, i, object)
			object->used = false;
		acl_objects_sweep(&w->facts.acls);
		acl_cookie_make(uuid_of(ACL_2), 7, &cookie);
		acl_objects_enter(&w->facts.acls, 9, 100, cookie.text, cookie.len);
		if (broken)
			put_rule(&rows, "\"protocol\": 999");
		vif->seen.changes++;
		vif->wanted.has_acl = false;
		free(vif->wanted.policy);
		vif->wanted.policy = NULL;
		world_forget_retries(w);
		resolve(w, &rows);
		assert_int_equal(vif->wanted.verdict, broken ? VIF_HELD : VIF_WANTED);
		assert_string_equal(world_run(w), "acl9:delete");
	}
	/* Mended, all goes on with one load. */
	put_rule(&rows, "\"protocol\": 17");
	resolve(w, &rows);
	assert_int_equal(vif->wanted.verdict, VIF_WANTED);
	assert_string_equal(world_run(w), "acl1:load");
	/* The module was loaded anew: it has nothing. */
	acl_objects_mark(&w->facts.acls);
	acl_objects_sweep_kernel(&w->facts.acls);
	ports_remove(&w->facts.ports, 3);
	links_get(&w->facts.links, 3)->flags = 0;
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl1:load 3:prepare 3:join 3:up");
	/* While nothing is known of the rows, what a program names stays. */
	map_for_each(&w->facts.acls.by_id, i, object)
		object->used = false;
	acl_objects_sweep(&w->facts.acls);
	vif->wanted.has_acl = false;
	assert_string_equal(world_run(w), "");
	assert_int_equal(w->facts.acls.in_kernel.count, 1);
	policies_deinit(&rows);
}

static void test_impossible(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct vif *vif = world_acl(w, &rows), *late;
	struct status status;

	resolve(w, &rows);
	world_run(w);
	put_rule(&rows, "\"protocol\": 999");
	put_port(&rows, "aa000000-0000-0000-0000-010000000004", "\"acl\": " UUID(ACL_1));
	late = world_add_vif(w, 4, 4, "xenbr0", "00:16:3e:00:00:04");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "");
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_int_equal(late->wanted.verdict, VIF_REFUSED);
	status_of_half(&w->facts, late, HALF_VIF, &status);
	assert_int_equal(status.state, STATE_FAILED);
	assert_non_null(strstr(status.text, "database: ACL web, rule ssh: protocol=999: must be"));
	put_rule(&rows, "\"protocol\": 6");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "4:prepare 4:join 4:up");
	policies_deinit(&rows);
}

static void test_kernel_refuses(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct vif *vif = world_acl(w, &rows);
	struct acl_object *object;
	struct status status;

	resolve(w, &rows);
	world_plan(w);
	assert_int_equal(w->plan.count, 1);
	object = w->plan.ops[0].acl;
	object->retry = (struct retry){ .failures = 1, .at = w->now + 10, .code = -ENOSPC,
					  .error = strdup("ACL web: no room") };
	assert_string_equal(world_run(w), "");
	assert_int_equal(w->plan.retry_at, w->now + 10);
	status_of_half(&w->facts, vif, HALF_VIF, &status);
	assert_int_equal(status.state, STATE_FAILED);
	assert_non_null(strstr(status.text, "ACL web: no room"));
	/* A new version does not wait. */
	put_rule(&rows, "\"protocol\": 17");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl1:load 3:prepare 3:join 3:up");
	policies_deinit(&rows);
}

#define BOTH(first, second) \
	"\"acl\": " UUID(first) ", \"more_acls\": [\"map\", [[2, " UUID(second) "]]]"

/* Ports with the same list share one object, which a restart finds again by its key. */
static void test_list_plan(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct acl_object *object;
	struct vif *vif = world_acl(w, &rows);

	assert_int_equal(put(&rows, OBJECT_ACL, ACL_2, "base", "\"rules\": " UUID(RULE_2)), 0);
	assert_int_equal(put(&rows, OBJECT_RULE, RULE_2, "ssh", BASIC), 0);
	put_port(&rows, VM_3, BOTH(ACL_2, ACL_1));
	put_port(&rows, "aa000000-0000-0000-0000-010000000004", BOTH(ACL_2, ACL_1));
	world_add_vif(w, 4, 4, "xenbr0", "00:16:3e:00:00:04");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl1:load 3:prepare 3:join 3:up 4:prepare 4:join 4:up");
	object = acl_objects_get(&w->facts.acls, 1);
	assert_string_equal(object->name, "base,web");
	assert_string_equal(acl_object_name_of(object, acl_cookie(uuid_of(RULE_1))), "web");
	assert_string_equal(acl_object_name_of(object, acl_cookie(uuid_of(RULE_2))), "base");
	assert_string_equal(acl_object_name_of(object, VIFSWITCH_RULE_DEFAULT_TO), "base");
	map_for_each(&w->facts.acls.by_id, i, object)
		object->used = false;
	acl_objects_sweep(&w->facts.acls);
	vif->seen.changes++;
	resolve(w, &rows);
	assert_string_equal(world_run(w), "");
	/* A rule of either is a load; the other order is another object. */
	put_rule(&rows, "\"protocol\": 17");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl1:load");
	put_port(&rows, VM_3, BOTH(ACL_1, ACL_2));
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl2:load 3:program");
	put_port(&rows, VM_3, "\"acl\": " UUID(ACL_1));
	resolve(w, &rows);
	assert_string_equal(world_run(w), "acl3:load 3:program acl2:delete");
	/* What the row says and cannot be keeps the port as it is. */
	put_port(&rows, VM_3, BOTH(ACL_1, ACL_1));
	resolve(w, &rows);
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_non_null(strstr(vif->wanted.problem->text, "one ACL is there twice"));
	put_port(&rows, VM_3, "\"more_acls\": [\"map\", [[9, " UUID(ACL_1) "]]]");
	resolve(w, &rows);
	assert_non_null(strstr(vif->wanted.problem->text, "must be a map of places, 2 to 8, to rows"));
	put_port(&rows, VM_3, "\"more_acls\": " UUID(ACL_1));
	resolve(w, &rows);
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_string_equal(world_run(w), "");
	policies_deinit(&rows);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_columns),
		cmocka_unit_test(test_disabled), cmocka_unit_test(test_acl_columns),
		cmocka_unit_test(test_groups), cmocka_unit_test(test_copy),
		cmocka_unit_test(test_cookies), TEST(test_plan), TEST(test_restart),
		TEST(test_impossible), TEST(test_kernel_refuses),
		TEST(test_list_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
