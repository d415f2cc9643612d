// SPDX-License-Identifier: GPL-2.0-or-later
/* The planner with a policy database: what it says, what it did say, what it cannot. */
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
#include "tests/unit/vifswitchd-world.h"
#include "vifswitchd/status.h"

/* Judge all with what the database says; unheard: there is one that never answered. */
static void resolve_rows(struct world *w, const struct policies *rows, bool unheard)
{
	struct resolve_context ctx = {
		.switches = &world_known, .policy_generation = w->generation, .policies = rows,
		.lasting = !unheard, .unheard = unheard, .ports = &w->facts.ports,
		.links = &w->facts.links,
	};

	world_resolve(w, &ctx);
}

static json_t *row_of(uint8_t uuid_end, const char *columns)
{
	char text[256];
	json_t *row;

	snprintf(text, sizeof(text),
		 "{\"vm\": [\"uuid\", \"aa000000-0000-0000-0000-0100000000%02x\"], \"devid\": 0%s%s}",
		 uuid_end, *columns ? ", " : "", columns);
	row = json_loads(text, 0, NULL);
	assert_non_null(row);
	return row;
}

static void row_says(struct policies *rows, uint8_t uuid_end, const char *columns)
{
	_cleanup_(json_decrefp) json_t *row = row_of(uuid_end, columns);

	assert_int_equal(policies_put(rows, OBJECT_PORT, row), 0);
}

static void test_database_policy(void **state)
{
	_cleanup_(json_decrefp) json_t *row = NULL;
	struct world *w = *state;
	struct policies rows = {};
	struct vif *vif, *other;
	struct status status;
	uint64_t seen;

	row_says(&rows, 3, "\"tag\": 5");
	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 3, "vif3.0", false);
	world_add_link(w, 4, "vif4.0", false);
	vif = world_add_vif(w, 3, 3, "nosuch", "00:16:3e:00:00:03");
	other = world_add_vif(w, 4, 4, "xenbr0.100", "00:16:3e:00:00:04");
	resolve_rows(w, &rows, false);
	assert_int_equal(vif->wanted.verdict, VIF_REFUSED);
	seen = other->wanted.of_row;
	row_says(&rows, 3, "\"tag\": 5, \"switch\": \"xenbr0\"");
	resolve_rows(w, &rows, false);
	assert_int_equal(other->wanted.of_row, seen);
	vif->seen.state = other->seen.state = XENBUS_CONNECTED;
	world_run(w);
	assert_string_equal(world_run(w), "");
	/* One changed row is one operation on one port. */
	row_says(&rows, 3, "\"tag\": 6, \"switch\": \"xenbr0\"");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "3:program");
	/* What is impossible changes nothing, before and after a restart. */
	row_says(&rows, 3, "\"tag\": 6, \"trunks\": 7, \"switch\": \"xenbr0\"");
	for (int restart = 0; restart < 2; restart++) {
		resolve_rows(w, &rows, false);
		assert_int_equal(vif->wanted.verdict, VIF_HELD);
		assert_string_equal(world_run(w), "");
		status_of_half(&w->facts, vif, HALF_VIF, &status);
		assert_int_equal(status.state, STATE_ACTIVE);
		assert_non_null(strstr(status.text, "VM web VIF 0: database: tag=6 with trunks"));
		free(vif->wanted.policy);
		vif->wanted.policy = NULL;
		vif->seen.changes++;
		world_forget_retries(w);
	}
	/* Migrations go on all the same. */
	resolve_rows(w, &rows, false);
	vif->seen.domain->suspended = true;
	assert_string_equal(world_run(w), "3:dormant");
	vif->seen.domain->suspended = false;
	assert_string_equal(world_run(w), "3:active 3:announce");
	/* Its netdev made anew is a new port: closed. */
	links_remove(&w->facts.links, 3);
	ports_remove(&w->facts.ports, 3);
	world_add_link(w, 9, "vif3.0", false);
	vif->seen.changes++;
	resolve_rows(w, &rows, false);
	assert_int_equal(vif->wanted.verdict, VIF_REFUSED);
	assert_string_equal(world_run(w), "");
	/* Down is in the switch without a program; then up again. */
	row_says(&rows, 3, "\"tag\": 6, \"switch\": \"xenbr0\", \"admin_state\": \"down\"");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "9:prepare 9:join");
	status_of_half(&w->facts, vif, HALF_VIF, &status);
	assert_int_equal(status.state, STATE_CLOSED);
	row_says(&rows, 3, "\"tag\": 6, \"switch\": \"xenbr0\"");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "9:program 9:up 9:active 9:announce");
	row_says(&rows, 3, "\"tag\": 6, \"switch\": \"xenbr0\", \"admin_state\": \"down\"");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "9:set 9:program");
	/* Without its row the config is wrong, and the port stays as it is. */
	row = row_of(3, "");
	policies_remove(&rows, OBJECT_PORT, row);
	resolve_rows(w, &rows, false);
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_string_equal(world_run(w), "");
	policies_deinit(&rows);
}

static void test_database_away(void **state)
{
	struct world *w = *state;
	struct policies nothing = {};
	struct vif *vif = world_plugged(w), *fresh, *unknown;
	struct cookie cookie;

	/* Nothing is known: what is in place stays, whatever its config says. */
	world_replace(&vif->seen.keys.bridge, "xenbr0.200");
	vif->seen.changes++;
	world_forget_retries(w);
	world_add_link(w, 4, "vif4.0", false);
	world_add_link(w, 5, "vif5.0", false);
	world_add_link(w, 7, "eth7", false);
	cookie_for_uplink(&cookie, "eth7");
	ports_update(&w->facts.ports, 1, 7, NULL, cookie.text, cookie.len);
	w->facts.uplinks_unknown = true;
	fresh = world_add_vif(w, 4, 4, "xenbr0.100", "00:16:3e:00:00:04");
	unknown = world_add_vif(w, 5, 0, "nosuch", "00:16:3e:00:00:05");
	resolve_rows(w, &nothing, true);
	assert_int_equal(vif->wanted.verdict, VIF_HELD);
	assert_int_equal(fresh->wanted.verdict, VIF_WANTED);
	/* Who it is decides whether the database has something for it. */
	assert_int_equal(unknown->wanted.verdict, VIF_WAITING);
	assert_string_equal(world_run(w), "4:prepare 4:join 4:up");
	w->facts.uplinks_unknown = false;
	w->generation++;
	resolve_rows(w, &nothing, false);
	assert_string_equal(world_run(w), "7:leave 3:program");
	policies_deinit(&nothing);
}

/* What failed is tried again after a while, and at once when it is asked for something else. */
static void test_new_policy_does_not_wait(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);
	struct policies rows = {};

	row_says(&rows, 3, "\"tag\": 5");
	resolve_rows(w, &rows, false);
	world_plan(w);
	vif->progress[HALF_VIF].generation = w->plan.ops[0].port->generation;
	retry_failed(&vif->progress[HALF_VIF].retry, w->now, -EINVAL, "refused");
	assert_string_equal(world_run(w), "");
	row_says(&rows, 3, "\"tag\": 6");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "3:program");
	policies_deinit(&rows);
}

static void test_stolen_address(void **state)
{
	struct world *w = *state;
	struct vif *first = world_plugged(w), *second;
	struct policies rows = {};

	world_add_link(w, 2, "vif2.0", false);
	second = world_add_vif(w, 2, 2, "xenbr0.200", "00:16:3e:00:00:02");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "2:prepare 2:join 2:up");
	/* A policy that takes another VM's address cuts off neither of them. */
	row_says(&rows, 2, "\"mac_lock\": [\"set\", [\"00:16:3e:00:00:02\", \"00:16:3e:00:00:03\"]]");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "");
	assert_ptr_equal(second->wanted.rival, first);
	assert_null(first->wanted.rival);
	xen_vifs_remove(&w->facts.vifs, &first->seen);
	assert_string_equal(world_run(w), "3:leave 2:program");
	policies_deinit(&rows);
}

#define VROUTER	"00:00:5e:00:01:0a"
#define LOCK(a, b)	"\"mac_lock\": [\"set\", [\"" a "\", \"" b "\"]]"

/* Two that list one address are no rivals; whose own it is comes before both of them. */
static void test_listed_address(void **state)
{
	struct world *w = *state;
	struct vif *first = world_plugged(w), *second, *owner;
	const uint8_t (*macs)[6];
	struct policies rows = {};
	struct status status;

	row_says(&rows, 3, LOCK(VROUTER, "00:16:3e:00:00:03"));
	row_says(&rows, 2, LOCK(VROUTER, "00:16:3e:00:00:02"));
	world_add_link(w, 2, "vif2.0", false);
	second = world_add_vif(w, 2, 2, "xenbr0.200", "00:16:3e:00:00:02");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "3:program 2:prepare 2:join 2:up");
	assert_null(first->wanted.rival);
	assert_null(second->wanted.rival);
	assert_int_equal(port_policy_own_macs(first->wanted.policy, &macs), 1);
	assert_memory_equal(macs[0], "\x00\x16\x3e\x00\x00\x03", 6);
	world_add_link(w, 7, "vif7.0", false);
	owner = world_add_vif(w, 7, 7, "xenbr0.200", VROUTER);
	domain_set_name(owner->seen.domain, "db");
	resolve_rows(w, &rows, false);
	assert_string_equal(world_run(w), "7:prepare 7:join 7:up");
	assert_null(owner->wanted.rival);
	assert_ptr_equal(first->wanted.rival, owner);
	assert_ptr_equal(second->wanted.rival, owner);
	status_of_half(&w->facts, second, HALF_VIF, &status);
	assert_non_null(strstr(status.text, "mac_lock=" VROUTER ": it is the own address of VM db VIF 0"));
	policies_deinit(&rows);
}

static void switch_is(struct world *w, bool configured, bool ours)
{
	w->facts.config.count = configured;
	links_get(&w->facts.links, 1)->ours = ours;
}

/* A switch goes that is ours, that nobody wants, and that nothing is in; all of it known. */
static void test_left_switch(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	vif = world_plugged(w);
	world_configure(w);
	ports_update(&w->facts.ports, 1, 1, NULL, NULL, 0);
	w->facts.config.count = 0;
	/* The VM's own config names it, for as long as it is there. */
	switch_is(w, false, true);
	assert_string_equal(world_run(w), "");
	vif->seen.exists = vif->seen.online = false;
	vif->seen.changes++;
	links_remove(&w->facts.links, 3);
	world_add_link(w, 8, "other0", false);
	ports_remove(&w->facts.ports, 3);
	ports_update(&w->facts.ports, 1, 8, NULL, "x", 1);
	assert_string_equal(world_run(w), "");
	ports_remove(&w->facts.ports, 8);
	switch_is(w, true, true);
	world_run(w);
	assert_string_equal(world_run(w), "");
	switch_is(w, false, false);
	assert_string_equal(world_run(w), "");
	switch_is(w, false, true);
	w->facts.uplinks_unknown = true;
	assert_string_equal(world_run(w), "");
	w->facts.uplinks_unknown = false;
	w->facts.vifs.complete = false;
	assert_string_equal(world_run(w), "");
	w->facts.vifs.complete = true;
	w->facts.ports.complete = false;
	assert_string_equal(world_run(w), "");
	w->facts.ports.complete = true;
	assert_string_equal(world_run(w), "1:delete");
	assert_null(links_get(&w->facts.links, 1));
	w->facts.config.count = 1;
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_database_policy), TEST(test_database_away), TEST(test_stolen_address),
		TEST(test_listed_address),
		TEST(test_new_policy_does_not_wait), TEST(test_left_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
