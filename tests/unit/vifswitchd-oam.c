// SPDX-License-Identifier: GPL-2.0-or-later
/* What vifoamd is told of links, and what is kept of what it told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/json-value.h"
#include "policy/fields.h"
#include "vifswitchd/oam-told.h"

static struct daemon d;

static void add(uint32_t ifindex, const char *name, uint32_t master)
{
	struct link link = { .ifindex = ifindex, .master = master };

	strcpy(link.name, name);
	if (!master && strcmp(name, "bond0") == 0)
		strcpy(link.kind, "bond");
	links_update(&d.facts.links, &link);
}

/* A switch with bond0, which is somebody else's, of e10, e2 and e1, and eth0. */
static int setup(void **state)
{
	static struct cfg_uplink uplinks[] = { { .name = "bond0" }, { .name = "eth0" } };
	static struct cfg_switch sw = { .name = "xenbr0", .uplinks = uplinks };

	sw.uplink_count = 2;
	d = (struct daemon){ .passes = 1, .policy.state = POLICY_OFF,
			     .facts.links.complete = true };
	d.facts.config = (struct config){ .switches = &sw, .count = 1 };
	assert_true(sd_event_new(&d.event) >= 0);
	add(9, "bond0", 0);
	add(1, "e10", 9);
	add(2, "e2", 9);
	add(3, "e1", 9);
	add(4, "eth0", 0);
	return 0;
}

static int teardown(void **state)
{
	json_decref(d.oam_status);
	links_deinit(&d.facts.links);
	d.event = sd_event_unref(d.event);
	return 0;
}

static void note(const char *netdev)
{
	json_t *status = json_pack("{s:s, s:n, s:n, s:{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:n}, s:n}",
				   "netdev", netdev, "error", "cfm", "bfd", "state", "down",
				   "diagnostic", "time-expired", "remote_state", "down",
				   "remote_diagnostic", "none", "flaps", 1, "patience_ms", 900,
				   "sent", 1, "received", 1, "bad", 0, "discriminator", 7, "mac", "lldp");

	assert_int_equal(oam_note(&d, status), 0);
	json_decref(status);
}

/* What was told of a link ends when that is no uplink's any more: its fault, too. */
static void test_former(void **state)
{
	uint64_t now = clock_us();

	d.asked_by_oam = now;
	note("e2");
	note("eth0");
	assert_int_equal(oam_look(&d, now), now + 10000000);
	assert_int_equal(json_object_size(d.oam_status), 2);
	d.facts.config.switches[0].uplink_count = 1;
	add(2, "e2", 0);
	assert_int_equal(oam_look(&d, now), 0);
	assert_int_equal(json_object_size(d.oam_status), 0);
	assert_false(oam_faults_any(&d.facts.oam_faults));
}

/* Members have places in the order of their names, whatever order they came in. */
static void test_places(void **state)
{
	static const struct { const char *netdev; int mpid; } want[] = {
		{ "e10", 13 }, { "e2", 12 }, { "e1", 11 }, { "eth0", 11 },
	};
	struct policy_row *row;
	json_t *columns = json_pack("{s:i}", "cfm_mpid", 11), *told, *link;
	size_t i, k;

	assert_int_equal(policy_row_read(&object_kinds[OBJECT_UPLINK], columns, &row), 0);
	d.file = d.facts.config;
	for (i = 0; i < 2; i++)
		d.file.switches[0].uplinks[i].row = row;
	told = document_oam_told(&d, 0);
	json_array_foreach(json_object_get(told, "links"), i, link) {
		for (k = 0; strcmp(want[k].netdev, json_text_of(link, "netdev")) != 0; k++)
			;
		assert_int_equal(json_integer_value(json_object_get(json_object_get(link, "cfm"),
								    "mpid")), want[k].mpid);
	}
	assert_int_equal(i, 4);
	json_decref(told);
	json_decref(columns);
	policy_row_free(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_former, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
