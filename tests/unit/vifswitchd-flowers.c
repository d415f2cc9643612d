// SPDX-License-Identifier: GPL-2.0-or-later
/* When vifswitchd has a NIC's rules made, kept, tried again and taken out. */
#include <errno.h>

#include "core-helpers.h"
#include "show/offload.h"
#include "tests/unit/played-tc.h"
#include "vifswitchd/daemon.h"

#define SW	1
#define PORTS	3		/* two VMs' and an uplink that is no port of the NIC */
#define SECOND	1000000ULL

struct world {
	struct daemon d;
	struct cfg_switch cfg;
	struct datapath_ops ops;
	struct port_policy *policies[PORTS];
	uint8_t claims[PORTS];
	size_t dumps;
	bool silent;		/* the datapath tells nothing */
};

static struct world *world_of(struct datapath *dp)
{
	return (struct world *)dp;
}

static int switch_get(struct datapath *dp, uint32_t sw, struct dp_switch *ret)
{
	*ret = (struct dp_switch){ .ifindex = sw };
	return world_of(dp)->silent ? -EIO : 0;
}

static int port_dump(struct datapath *dp, uint32_t sw, dp_port_fn fn, void *arg)
{
	struct world *w = world_of(dp);
	int r = 0;

	w->dumps++;
	for (uint32_t i = 0; r == 0 && i < PORTS; i++) {
		const char cookie[] = { (char)('a' + i), '/', '0' };
		const struct dp_port port = {
			.sw = sw, .ifindex = 10 + i, .policy = w->policies[i],
			.claim = w->claims[i], .cookie = cookie, .cookie_len = sizeof(cookie),
		};

		r = fn(&port, arg);
	}
	return r;
}

static int fdb_dump(struct datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg)
{
	return 0;
}

static const char *error(const struct datapath *dp)
{
	return "no error";
}

static void add_link(struct world *w, uint32_t ifindex, const char *name, uint32_t nic)
{
	struct link link = {
		.ifindex = ifindex, .mtu = 1500, .nic = nic, .is_switch = ifindex == SW,
		.hooked = tc.hooked,
	};

	strcpy(link.name, name);
	assert_int_equal(links_update(&w->d.facts.links, &link), 0);
}

static void world_begin(struct world *w)
{
	struct program_parts parts;
	struct vlans vlans;

	*w = (struct world){};
	w->ops = (struct datapath_ops){
		.switch_get = switch_get, .port_dump = port_dump, .fdb_dump = fdb_dump,
		.error = error,
	};
	strcpy(w->cfg.name, "xenbr0");
	w->cfg.offload = OFFLOAD_AUTO;
	w->d.ops = &w->ops;
	w->d.dp = (struct datapath *)w;
	w->d.facts.config = (struct config){ .switches = &w->cfg, .count = 1, .generation = 1 };
	w->d.facts.links.complete = w->d.facts.ports.complete = true;
	add_link(w, SW, "xenbr0", 0);
	add_link(w, 10, "hw0", 5);
	add_link(w, 11, "hw1", 5);
	add_link(w, 12, "eth0", 0);
	vlans_init(&vlans);
	vlans_set_native(&vlans, 0);
	for (unsigned int i = 0; i < PORTS; i++) {
		program_parts_init(&parts, &vlans, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_GUEST);
		parts.header.mac_count = 1;
		memcpy(parts.macs, OWN, 6);
		parts.macs[0][5] = (uint8_t)(i + 1);
		w->policies[i] = port_policy_new(&parts);
		w->claims[i] = VIFSWITCH_CLAIM_ACTIVE;
	}
}

static void world_end(struct world *w)
{
	flowers_deinit(&w->d.flowers);
	links_deinit(&w->d.facts.links);
	for (unsigned int i = 0; i < PORTS; i++)
		free(w->policies[i]);
}

/* A pass in which the datapath told of something, or not; when the next one is wanted. */
static uint64_t pass(struct world *w, bool told, uint64_t now)
{
	w->d.flowers.stale |= told;
	tc.log[0] = '\0';
	tc.requests = 0;
	return flowers_reconcile(&w->d, false, now);
}

static void expect(struct world *w, uint32_t ifindex, size_t rules, const char *why)
{
	struct dp_port port = { .ifindex = ifindex };
	struct offload offload;

	assert_ptr_equal(flowers_add(&w->d, &port, &offload), &offload);
	assert_int_equal(offload.rules, rules);
	if (why)
		assert_non_null(strstr(offload.why, why));
	else
		assert_null(offload.why);
}

#define RULES	11	/* of a port to one other: 4 refuse, 7 forward */

static void in_force(void **state)
{
	struct world w;

	world_begin(&w);
	pass(&w, false, SECOND);
	expect(&w, 10, RULES, NULL);
	expect(&w, 11, RULES, NULL);
	expect(&w, 12, 0, "netdev: ");
	assert_int_equal(tc.count, 2 * RULES);
	/* nothing happened: nobody is asked anything */
	w.dumps = 0;
	assert_true(pass(&w, false, SECOND + 1) > SECOND + 1);
	assert_int_equal(w.dumps + tc.requests, 0);
	/* something did, but not to these */
	pass(&w, true, SECOND + 2);
	assert_int_equal(w.dumps, 1);
	assert_int_equal(tc.requests, 0);
	/* VM 2 is on its way to another host */
	w.claims[1] = VIFSWITCH_CLAIM_DORMANT;
	pass(&w, true, SECOND + 3);
	expect(&w, 10, 0, "addresses: ");
	assert_int_equal(tc.count, 0);
	w.claims[1] = VIFSWITCH_CLAIM_ACTIVE;
	pass(&w, true, SECOND + 4);
	assert_int_equal(tc.count, 2 * RULES);
	w.cfg.offload = OFFLOAD_OFF;
	w.d.facts.config.generation++;
	pass(&w, false, SECOND + 5);
	assert_int_equal(tc.count, 0);
	world_end(&w);
}

/* The next process finds the same rules, and leaves them, unless its switch has no offload. */
static void kept(void **state)
{
	struct world w;

	world_begin(&w);
	pass(&w, false, SECOND);
	world_end(&w);
	world_begin(&w);
	pass(&w, false, SECOND);
	assert_string_equal(tc.log, "");
	expect(&w, 10, RULES, NULL);
	world_end(&w);
	world_begin(&w);
	w.cfg.offload = OFFLOAD_OFF;
	pass(&w, false, SECOND);
	assert_int_equal(tc.count, 0);
	world_end(&w);
	/* before it is known which ports there are nothing is touched */
	world_begin(&w);
	pass(&w, false, SECOND);
	world_end(&w);
	world_begin(&w);
	w.d.facts.ports.complete = false;
	w.cfg.offload = OFFLOAD_OFF;
	assert_int_equal(pass(&w, false, SECOND), 0);
	assert_int_equal(tc.count, 2 * RULES);
	world_end(&w);
}

static void refused(void **state)
{
	struct world w;
	uint64_t next;

	world_begin(&w);
	tc.room = RULES;
	next = pass(&w, false, SECOND);
	expect(&w, 10, RULES, NULL);
	expect(&w, 11, 0, "the table is full");
	assert_int_equal(tc.count, RULES);
	assert_true(next > SECOND && next < SECOND + 10 * SECOND);
	/* not again before its time, whatever else happens */
	pass(&w, true, SECOND + 1);
	assert_int_equal(tc.requests, 0);
	tc.room = PLAYED_FILTERS;
	pass(&w, false, next);
	expect(&w, 11, RULES, NULL);
	world_end(&w);
}

/* What was refused is not waited for any more when nobody asks for it. */
static void given_up(void **state)
{
	struct world w;
	uint64_t next;

	world_begin(&w);
	tc.room = 0;
	next = pass(&w, false, SECOND);
	assert_true(next > SECOND);
	w.cfg.offload = OFFLOAD_OFF;
	w.d.facts.config.generation++;
	assert_int_equal(pass(&w, false, SECOND + 1), 0);
	world_end(&w);
}

/* Nor is it waited for while nobody knows what the switch is. */
static void unread(void **state)
{
	struct world w;
	uint64_t next;

	world_begin(&w);
	tc.room = 0;
	next = pass(&w, false, SECOND);
	w.silent = true;
	assert_true(pass(&w, false, next) > next);
	w.silent = false;
	tc.room = PLAYED_FILTERS;
	pass(&w, false, next + 1);
	expect(&w, 10, RULES, NULL);
	world_end(&w);
}

/* Rules that could be neither changed nor taken out are tried again, each time later. */
static void stuck(void **state)
{
	uint64_t now = SECOND, next;
	struct world w;

	world_begin(&w);
	pass(&w, false, now);
	w.policies[0]->header.rate_bps = 8000000;
	w.policies[0]->header.rate_burst = 100000;
	tc.stuck = true;
	for (int i = 0; i < 5; i++) {
		next = pass(&w, i == 0, now);
		assert_true(next > now && next < now + 10 * SECOND);
		expect(&w, 10, 0, "its driver refuses a rule");
		now = next;
	}
	tc.stuck = false;
	pass(&w, false, now);
	expect(&w, 10, RULES + 1, NULL);
	assert_int_equal(tc.count, 2 * RULES + 1);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_force, played_tc_begin, played_tc_begin),
		cmocka_unit_test_setup_teardown(kept, played_tc_begin, played_tc_begin),
		cmocka_unit_test_setup_teardown(refused, played_tc_begin, played_tc_begin),
		cmocka_unit_test_setup_teardown(given_up, played_tc_begin, played_tc_begin),
		cmocka_unit_test_setup_teardown(unread, played_tc_begin, played_tc_begin),
		cmocka_unit_test_setup_teardown(stuck, played_tc_begin, played_tc_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
