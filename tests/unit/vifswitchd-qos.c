// SPDX-License-Identifier: GPL-2.0-or-later
/* QoS rows: reading, the merge with a port's own columns, classes of an uplink, their minors. */
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
#include "policy/merge.h"
#include "datapath/ko/features.h"
#include "datapath/ko/program-compile.h"
#include "policydb/cache.h"
#include "tests/unit/vifswitchd-world.h"

#define GOLD	"[\"uuid\", \"01000000-0000-0000-0000-000000000000\"]"
#define KEEP	VIFSWITCH_MARK_KEEP

static const uint8_t gold[16] = { 1 };

static int put(struct policies *p, const char *uuid, const char *columns)
{
	_cleanup_(json_decrefp) json_t *row = NULL;
	char text[512];

	snprintf(text, sizeof(text), "{\"_uuid\": %s%s%s}", uuid, *columns ? ", " : "", columns);
	row = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!row)
		fail_msg("not JSON: %s", text);
	return policies_put(p, OBJECT_QOS, row);
}

static void remove_gold(struct policies *p)
{
	_cleanup_(json_decrefp) json_t *row = json_loads("{\"_uuid\": " GOLD ", \"name\": \"g\"}", 0,
							 NULL);

	policies_remove(p, OBJECT_QOS, row);
}

static void put_port(struct policies *p, uint8_t uuid_end, const char *columns)
{
	_cleanup_(json_decrefp) json_t *row = NULL;
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"vm\": [\"uuid\", \"aa000000-0000-0000-0000-0100000000%02x\"], \"devid\": 0%s%s}",
		 uuid_end, *columns ? ", " : "", columns);
	row = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!row)
		fail_msg("not JSON: %s", text);
	assert_int_equal(policies_put(p, OBJECT_PORT, row), 0);
}

static void vm_of(uint8_t uuid_end, uint8_t ret[16])
{
	memset(ret, 0, 16);
	ret[0] = 0xaa;
	ret[10] = 1;
	ret[15] = uuid_end;
}

/* What a port that says @port and refers to a row that says @qos is held to. */
static void describe(const char *port, const char *qos, char *ret, size_t size)
{
	char bridge[] = "xenbr0", mac[] = "00:16:3e:00:00:01", rate[] = "125000,1000000";
	struct vif_keys keys = { .bridge = bridge, .mac = mac, .rate = rate };
	struct policies policies = {};
	const struct policy_row *row;
	const struct policy_row *found;
	struct vif_policy p = {};
	struct program program;
	struct problem problem;
	uint64_t generation;
	uint8_t vm[16];
	char columns[256];

	vm_of(3, vm);
	snprintf(columns, sizeof(columns), "%s%s\"qos\": " GOLD, port, *port ? ", " : "");
	put_port(&policies, 3, qos ? columns : port);
	if (qos && strcmp(qos, "gone") != 0)
		assert_int_equal(put(&policies, GOLD, qos), 0);
	row = policies_find(&policies, vm, 0, &found, &generation);
	if (vif_policy_merge(&keys, row, found, &world_known, &p, &problem) < 0) {
		snprintf(ret, size, "! %s", problem.text);
	} else {
		const struct vifswitch_program *h = &p.program.header;
		struct port_policy *held;
		char to[24] = "";

		if (h->packet_rate_to)
			snprintf(to, sizeof(to), "+%u", h->packet_rate_to);
		snprintf(ret, size, "from:%llu to:%llu pps:%llu%s dscp:%d pcp:%d storm:%u/%u/%u+%u up:%llu/%llu/%u%s",
			 (unsigned long long)h->rate_bps, (unsigned long long)p.to_bps,
			 (unsigned long long)h->packet_rate, to, h->dscp == KEEP ? -1 : h->dscp,
			 h->pcp == KEEP ? -1 : h->pcp, h->storm_broadcast, h->storm_multicast,
			 h->storm_unknown, h->storm_burst, (unsigned long long)p.uplink.min_bps,
			 (unsigned long long)p.uplink.max_bps, p.uplink.weight,
			 uplink_share_given(&p.uplink) ? "!" : "");
		/* Whatever the merge lets through the datapath must take. */
		held = port_policy_of_vif(&p);
		assert_int_equal(program_compile(held, &program, &problem), 0);
		free(held);
		/* As short as an older module's, unless it says what that does not know. */
		assert_int_equal(((const struct vifswitch_program *)program.blob)->header_len,
				 h->storm_burst || h->packet_rate_to ?
				 offsetof(struct vifswitch_program, mac_listed) :
						 VIFSWITCH_PROGRAM_FIRST_LEN);
		program_deinit(&program);
	}
	policies_deinit(&policies);
}

static void test_merge(void **state)
{
	static const struct {
		const char *port, *qos, *want;	/* of a problem: its beginning */
	} cases[] = {
		{ "", NULL, "from:1000000 to:0 pps:0 dscp:-1 pcp:-1 storm:0/0/0+0 up:0/0/0" },
		{ "", "\"name\": \"g\"", "from:1000000 to:0 pps:0 dscp:0 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "", "\"name\": \"g\", \"rate_from_vm\": 8000, \"rate_to_vm\": 9000, \"packets_from_vm\": 7",
		  "from:8000 to:9000 pps:7 dscp:0 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "\"rate_from_vm\": 16000, \"rate_to_vm\": 17000, \"packets_from_vm\": 8",
		  "\"name\": \"g\", \"rate_from_vm\": 8000, \"rate_to_vm\": 9000, \"packets_from_vm\": 7",
		  "from:16000 to:17000 pps:8 dscp:0 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "", "\"name\": \"g\", \"packets_to_vm\": 9",
		  "from:1000000 to:0 pps:0+9 dscp:0 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "\"packets_to_vm\": 10", "\"name\": \"g\", \"packets_to_vm\": 9",
		  "from:1000000 to:0 pps:0+10 dscp:0 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "\"burst_to_vm\": 16000", "\"name\": \"g\", \"rate_to_vm\": 9000",
		  "from:1000000 to:9000 pps:0 dscp:0 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "\"burst_to_vm\": 16000", "\"name\": \"g\"", "! database: burst_to_vm=16000: needs rate_to_vm" },
		{ "", "\"name\": \"g\", \"dscp\": 46, \"pcp\": 5",
		  "from:1000000 to:0 pps:0 dscp:46 pcp:5 storm:0/0/0+0 up:0/0/0" },
		{ "", "\"name\": \"g\", \"trust\": \"dscp\"",
		  "from:1000000 to:0 pps:0 dscp:-1 pcp:0 storm:0/0/0+0 up:0/0/0" },
		{ "", "\"name\": \"g\", \"trust\": [\"set\", [\"pcp\"]], \"dscp\": 0",
		  "from:1000000 to:0 pps:0 dscp:0 pcp:-1 storm:0/0/0+0 up:0/0/0" },
		/* A value wins over trust. */
		{ "", "\"name\": \"g\", \"trust\": [\"set\", [\"dscp\", \"pcp\"]], \"dscp\": 9",
		  "from:1000000 to:0 pps:0 dscp:9 pcp:-1 storm:0/0/0+0 up:0/0/0" },
		{ "", "\"name\": \"g\", \"storm_broadcast\": 1, \"storm_multicast\": 2, \"storm_unknown\": 3",
		  "from:1000000 to:0 pps:0 dscp:0 pcp:0 storm:1/2/3+0 up:0/0/0" },
		{ "", "\"name\": \"g\", \"storm_unknown\": 3, \"storm_burst\": 1000",
		  "from:1000000 to:0 pps:0 dscp:0 pcp:0 storm:0/0/3+1000 up:0/0/0" },
		{ "", "\"name\": \"g\", \"storm_burst\": 1000",
		  "! database: qos g: storm_burst=1000: needs storm_broadcast, storm_multicast or" },
		{ "", "\"name\": \"g\", \"uplink_min\": 8000, \"uplink_max\": 8000, \"uplink_weight\": 7",
		  "from:1000000 to:0 pps:0 dscp:0 pcp:0 storm:0/0/0+0 up:8000/8000/7!" },
		{ "", "gone", "! database: qos: the row it refers to is not there" },
		{ "", "\"name\": \"g\", \"uplink_min\": 9000, \"uplink_max\": 8000",
		  "! database: qos g: uplink_min=9000: more than uplink_max=8000" },
		{ "", "\"name\": \"g\", \"dscp\": 64", "! database: qos g: dscp=64: must be 0 to 63" },
		{ "", "\"name\": \"g\", \"pcp\": 8", "! database: qos g: pcp=8: must be 0 to 7" },
		{ "", "\"name\": \"g\", \"trust\": \"me\"", "! database: qos g: trust=me: must be dscp or pcp" },
		{ "", "\"name\": \"g\", \"storm_unknown\": 0", "! database: qos g: storm_unknown=0: must be 1 to" },
		{ "", "\"name\": \"g\", \"uplink_weight\": 1001", "! database: qos g: uplink_weight=1001: must be" },
		{ "", "\"name\": \"g\", \"rate_to_vm\": 7999", "! database: qos g: rate_to_vm=7999: must be 8000" },
		{ "", "\"name\": \"g\", \"invented\": 1", "! database: qos g: invented: not enforced" },
		{ "", "\"name\": \"g\", \"dscp\": null", "! database: qos g: dscp: not a value" },
		{ "\"qos\": \"gold\"", NULL, "! database: qos=gold: must be a row of table QoS" },
	};
	char got[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = cases[i].want[0] == '!' ? strlen(cases[i].want) : sizeof(got);

		describe(cases[i].port, cases[i].qos, got, sizeof(got));
		if (strncmp(got, cases[i].want, n) != 0)
			fail_msg("%s with %s: got \"%s\", wanted \"%s\"", cases[i].port,
				 cases[i].qos, got, cases[i].want);
	}
}

static uint64_t generation_of(const struct policies *p, uint8_t uuid_end, bool with_qos)
{
	const struct policy_row *qos;
	uint64_t generation;
	uint8_t vm[16];

	vm_of(uuid_end, vm);
	assert_non_null(policies_find(p, vm, 0, &qos, &generation));
	assert_int_equal(qos != NULL, with_qos);
	return generation;
}

/* A port is derived anew when its row of either table changes, and at no other time. */
static void test_rows(void **state)
{
	struct policies p = {};
	uint64_t seen, other;
	char uuid[64];

	put_port(&p, 3, "\"qos\": " GOLD);
	put_port(&p, 4, "");
	seen = generation_of(&p, 3, false);
	other = generation_of(&p, 4, false);
	assert_int_equal(put(&p, GOLD, "\"name\": \"g\""), 0);
	assert_int_not_equal(generation_of(&p, 3, true), seen);
	seen = generation_of(&p, 3, true);
	assert_int_equal(put(&p, GOLD, "\"name\": \"g\", \"external_ids\": [\"map\", [[\"a\", \"b\"]]]"), 0);
	assert_int_equal(generation_of(&p, 3, true), seen);
	assert_int_equal(put(&p, GOLD, "\"name\": \"g\", \"dscp\": 1"), 0);
	assert_int_not_equal(generation_of(&p, 3, true), seen);
	seen = generation_of(&p, 3, true);
	remove_gold(&p);
	assert_int_not_equal(generation_of(&p, 3, false), seen);
	seen = generation_of(&p, 3, false);
	assert_int_equal(generation_of(&p, 4, false), other);
	policies_mark(&p);
	assert_int_equal(put(&p, GOLD, "\"name\": \"g\""), 0);
	put_port(&p, 3, "\"qos\": " GOLD);
	policies_sweep(&p);
	assert_int_equal(p.ports.count, 1);
	assert_int_not_equal(generation_of(&p, 3, true), seen);
	/* Without a name or a UUID it is nobody's; more than so many are not kept. */
	assert_int_equal(put(&p, GOLD, ""), -EINVAL);
	assert_int_equal(put(&p, "1", "\"name\": \"g\""), -EINVAL);
	assert_int_equal(put(&p, GOLD, "\"name\": \"0123456789012345678901234567890123456789012345678901234567890123\""),
			 -EINVAL);
	for (unsigned int i = 1; i <= POLICIES_QOS_MAX; i++) {
		snprintf(uuid, sizeof(uuid), "[\"uuid\", \"02000000-0000-0000-0000-00000000%04x\"]", i);
		assert_int_equal(put(&p, uuid, "\"name\": \"n\""), i < POLICIES_QOS_MAX ? 0 : -ENOSPC);
	}
	assert_int_equal(p.qos.count, POLICIES_QOS_MAX);
	policies_mark(&p);
	policies_sweep(&p);
	assert_int_equal(p.qos.count, 0);
	policies_deinit(&p);
}

static void test_copy(void **state)
{
	static const char ok[] = "{\"format\": 1, \"Port\": [], \"Switch\": [], \"QoS\": [{\"_uuid\": " GOLD ", \"name\": \"g\", \"dscp\": 3}]}";
	static const char *const bad[] = {
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"QoS\": {}}",
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"QoS\": [{\"name\": \"g\"}]}",
		"{\"format\": 1, \"Port\": [], \"Switch\": [], \"QoS\": [{\"_uuid\": " GOLD "}]}",
	};
	struct policies p = {};
	struct problem problem;

	assert_int_equal(policy_copy_parse(ok, strlen(ok), &p, &problem), 0);
	assert_int_equal(row_number(row_table_find(&p.qos, gold)->derived, "dscp", 0), 3);
	policies_deinit(&p);
	p = (struct policies){};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(policy_copy_parse(bad[i], strlen(bad[i]), &p, &problem), -EINVAL);
}

static void resolve_with(struct world *w, const struct policies *rows,
			 const struct dp_module *module)
{
	struct class_minors minors = {};
	struct resolve_context ctx = {
		.switches = &world_known, .policies = rows, .lasting = true,
		.ports = &w->facts.ports, .links = &w->facts.links, .vifs = &w->facts.vifs,
		.minors = &minors,
		.module = module, .policy_generation = module ? module->features : 0,
	};

	world_resolve(w, &ctx);
}

static void resolve(struct world *w, const struct policies *rows)
{
	resolve_with(w, rows, NULL);
}

/* Three VMs on a switch with an uplink of 10 Mb/s; rows refer to GOLD unless said. */
static void shaped_world(struct world *w, struct policies *rows, const char *qos)
{
	static const char *const macs[] = { "00:16:3e:00:00:03", "00:16:3e:00:00:04",
					    "00:16:3e:00:00:05" };

	world_configure(w);
	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 2, "eth0", false);
	links_get(&w->facts.links, 2)->speed_bps = 10000000;
	assert_int_equal(put(rows, GOLD, qos), 0);
	for (unsigned int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "vif%u.0", 3 + i);
		world_add_link(w, 3 + i, name, false);
		world_add_vif(w, 3 + i, 3 + i, "xenbr0", macs[i]);
		put_port(rows, 3 + i, i < 2 ? "\"qos\": " GOLD : "");
	}
	resolve(w, rows);
}

static const struct uplink_classes *classes_of(const struct world *w)
{
	assert_int_equal(w->wanted.uplink_count, 1);
	assert_string_equal(w->wanted.uplinks[0].name, "eth0");
	return &w->wanted.uplinks[0].classes;
}

static void same_shape(const struct world *w, const char *want)
{
	const struct uplink_classes *shape = classes_of(w);
	char got[256];
	int n = snprintf(got, sizeof(got), "%llu", (unsigned long long)shape->rate_bps);

	for (size_t i = 0; i < shape->count; i++) {
		const struct shaped_class *c = &shape->classes[i];

		n += snprintf(got + n, sizeof(got) - n, c->keep ? " %u:keep" : " %u:%llu/%llu/%u",
			      c->minor, (unsigned long long)c->min_bps,
			      (unsigned long long)c->max_bps, c->weight);
	}
	assert_string_equal(got, want);
}

/* What tc was told for the uplink. */
static struct shaped *uplink_done(struct world *w)
{
	return &named_progress_get(&w->facts.progress, "eth0")->progress.shaped;
}

static uint16_t queue_in_place(const struct world *w, uint32_t ifindex)
{
	const struct port *port = ports_get(&w->facts.ports, ifindex);

	return port_policy_queue(port->policy);
}

static void test_classes(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct shaped_class *changes;
	struct cfg_switch *sw;

	shaped_world(w, &rows, "\"name\": \"g\", \"uplink_min\": 1000000, \"uplink_weight\": 7");
	sw = &w->facts.config.switches[0];
	world_run(w);
	same_shape(w, "10000000 2:1000000/0/7 3:1000000/0/7");
	assert_string_equal(classes_of(w)->problem.text, "");
	assert_int_equal(queue_in_place(w, 3) + queue_in_place(w, 4), 5);
	assert_int_equal(queue_in_place(w, 5), 0);
	assert_string_equal(world_run(w), "");
	/* A third VM: its class is all that is to be set. */
	put_port(&rows, 5, "\"qos\": " GOLD);
	resolve(w, &rows);
	world_plan(w);
	changes = shaped_changes(uplink_done(w), &(struct shaping){
		.rate_bps = classes_of(w)->rate_bps, .classes = classes_of(w)->classes,
		.count = classes_of(w)->count });
	assert_true(changes[0].keep && changes[1].keep && !changes[2].keep);
	free(changes);
	assert_string_equal(world_run(w), "2:shape 5:program");
	put_port(&rows, 5, "");
	resolve(w, &rows);
	world_run(w);
	/* A rate of the switch's own wins over the device's; one operation. */
	sw->uplink_rate = 20000000;
	assert_string_equal(world_run(w), "2:shape");
	same_shape(w, "20000000 2:1000000/0/7 3:1000000/0/7");
	/* A changed row is a change of the classes and of no program. */
	put(&rows, GOLD, "\"name\": \"g\", \"uplink_max\": 3000000");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "2:shape");
	same_shape(w, "20000000 2:0/3000000/0 3:0/3000000/0");
	/* Nobody has a class: ours goes, and later nothing is touched. */
	put(&rows, GOLD, "\"name\": \"g\"");
	resolve(w, &rows);
	world_run(w);
	same_shape(w, "0");
	assert_false(links_get(&w->facts.links, 2)->shaped);
	assert_int_equal(queue_in_place(w, 3) + queue_in_place(w, 4), 0);
	assert_string_equal(world_run(w), "");
	policies_deinit(&rows);
}

static void test_impossible(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	struct link *link;

	shaped_world(w, &rows, "\"name\": \"g\", \"uplink_min\": 19000000");
	link = links_get(&w->facts.links, 2);
	world_run(w);
	same_shape(w, "10000000 2:4750000/0/0 3:4750000/0/0");
	assert_non_null(strstr(classes_of(w)->problem.text, "38000000 bits per second, and it carries 10000000; at most 9500000"));
	link->speed_bps = 0;
	assert_string_equal(world_run(w), "2:shape");
	same_shape(w, "1000000000000 2:0/0/0 3:0/0/0");
	/* The cable is out: nothing to complain of. */
	assert_string_equal(classes_of(w)->problem.text, "");
	link = links_get(&w->facts.links, 2);
	link->flags |= IFF_RUNNING;
	assert_string_equal(world_run(w), "");
	assert_non_null(strstr(classes_of(w)->problem.text, "eth0: its rate is not known"));
	put(&rows, GOLD, "\"name\": \"g\", \"uplink_max\": 3000000");
	resolve(w, &rows);
	assert_string_equal(world_run(w), "2:shape");
	same_shape(w, "1000000000000 2:0/3000000/0 3:0/3000000/0");
	assert_string_equal(classes_of(w)->problem.text, "");
	policies_deinit(&rows);
}

/* A new daemon: minors are found in the ports, and not given to others that come first. */
static void test_restart(void **state)
{
	struct world *w = *state;
	struct policies rows = {};
	uint16_t before[2];
	struct vif *vif;

	shaped_world(w, &rows, "\"name\": \"g\", \"uplink_min\": 1000000");
	world_run(w);
	before[0] = queue_in_place(w, 3);
	before[1] = queue_in_place(w, 4);
	map_for_each(&w->facts.vifs.by_key, i, vif) {
		vif->seen.changes++;
		vif->wanted.queue = 0;
		vif->wanted.uplink = (struct uplink_share){};
		free(vif->wanted.policy);
		vif->wanted.policy = NULL;
	}
	world_forget_retries(w);
	shaped_set(uplink_done(w), NULL);
	/* Nobody is judged yet: classes of those in place stay. */
	world_run(w);
	same_shape(w, "10000000 2:keep 3:keep");
	put_port(&rows, 5, "\"qos\": " GOLD);
	resolve(w, &rows);
	world_run(w);
	assert_int_equal(queue_in_place(w, 3), before[0]);
	assert_int_equal(queue_in_place(w, 4), before[1]);
	assert_int_equal(queue_in_place(w, 5), 4);
	/* An impossible row holds its port, and the class that is its program's. */
	put_port(&rows, 3, "\"qos\": " GOLD ", \"tag\": 1, \"trunks\": 2");
	resolve(w, &rows);
	world_run(w);
	assert_int_equal(queue_in_place(w, 3), before[0]);
	same_shape(w, before[0] == 2 ? "10000000 2:keep 3:1000000/0/0 4:1000000/0/0" :
		   "10000000 2:1000000/0/0 3:keep 4:1000000/0/0");
	/* Before the database was heard nothing is known, so nothing is done. */
	w->facts.uplinks_unknown = true;
	shaped_set(uplink_done(w), NULL);
	assert_string_equal(world_run(w), "");
	w->facts.uplinks_unknown = false;
	/* The uplink leaves the switch: its classes go with it. */
	strcpy(w->facts.config.switches[0].uplinks[0].name, "eth1");
	assert_string_equal(world_run(w), "2:shape 2:leave");
	policies_deinit(&rows);
}

/* What the module lacks changes no port and opens none; all the rest goes on. */
static void test_older_module(void **state)
{
	static const struct dp_module older = { "0.0.1", VIFSWITCH_FEATURE_HEADERS };
	static const struct dp_module newer = { "0.2.0", ~0ULL };
	struct world *w = *state;
	const uint8_t (*macs)[6];
	struct policies rows = {};
	struct vif *vif;

	shaped_world(w, &rows, "\"name\": \"g\", \"storm_unknown\": 30");
	world_run(w);
	put(&rows, GOLD, "\"name\": \"g\", \"storm_unknown\": 30, \"storm_burst\": 99");
	put_port(&rows, 4, "\"tag\": 7");
	put_port(&rows, 6, "\"qos\": " GOLD);
	world_add_link(w, 6, "vif6.0", false);
	world_add_vif(w, 6, 6, "xenbr0", "00:16:3e:00:00:06");
	resolve_with(w, &rows, &older);
	assert_string_equal(world_run(w), "4:program");
	vif = vifs_get(&w->facts.vifs, 3, 0);
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_string_equal(vif->wanted.problem->text, "needs storm-burst (storm_burst of a QoS row), which the kernel module that is loaded, 0.0.1, lacks; it is there after a reboot");
	assert_int_equal(vifs_get(&w->facts.vifs, 6, 0)->wanted.verdict, VIF_REFUSED);
	/* To close one needs nothing of the module. */
	put_port(&rows, 4, "\"admin_state\": \"down\", \"qos\": " GOLD);
	resolve_with(w, &rows, &older);
	assert_string_equal(world_run(w), "4:set 4:program");
	/* Found in place by a daemon that starts. */
	free(vif->wanted.policy);
	vif->wanted.policy = NULL;
	vif->seen.changes++;
	world_forget_retries(w);
	resolve_with(w, &rows, &older);
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_string_equal(world_run(w), "");
	resolve_with(w, &rows, &newer);
	world_run(w);
	assert_int_equal(strlen(w->trace), strlen("3:program 6:prepare 6:join 6:up"));
	assert_non_null(strstr(w->trace, "3:program"));
	assert_non_null(strstr(w->trace, "6:prepare 6:join 6:up"));
	/* A port that was given it stays so under the older module's judgement, too. */
	resolve_with(w, &rows, &older);
	assert_string_equal(world_run(w), "");
	/* To that module all of a list is the VM's own. */
	put_port(&rows, 4, "\"mac_lock\": [\"set\", [\"00:16:3e:00:00:04\", \"00:00:5e:00:01:0a\"]]");
	resolve_with(w, &rows, &older);
	assert_string_equal(world_run(w), "4:program 4:up");
	vif = vifs_get(&w->facts.vifs, 4, 0);
	assert_int_equal(port_policy_own_macs(vif->wanted.policy, &macs), 2);
	resolve_with(w, &rows, &newer);
	assert_int_equal(port_policy_own_macs(vif->wanted.policy, &macs), 1);
	assert_string_equal(world_run(w), "4:program");
	policies_deinit(&rows);
}

/* Every bit of the ABI is told of in words, once. */
static void test_features(void **state)
{
	static const struct dp_module first = { "0.0.1", 0 };
	struct feature f;
	uint64_t bits = 0;
	char text[1024];

	for (size_t i = 0; feature_at(i, &f); i++) {
		assert_int_equal(f.bit & (f.bit - 1), 0);
		assert_int_equal(bits & f.bit, 0);
		bits |= f.bit;
		features_lacking(&first, text, sizeof(text));
		assert_non_null(strstr(text, f.name));
		assert_non_null(strstr(text, f.words));
	}
	assert_int_equal(bits, VIFSWITCH_FEATURE_ALL);
	features_lacking(&first, text, 9);
	assert_string_equal(text, "headers ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_copy),
		cmocka_unit_test_setup_teardown(test_classes, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_impossible, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_restart, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_older_module, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
