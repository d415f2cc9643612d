// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of uplinks: which of it fits together, and how what differs is changed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <linux/if_bonding.h>
#include <cmocka.h>

#include "tests/unit/uplink-rows.h"

static const struct {
	const char *text;
	enum bond_change change;	/* from LACP alone */
} identities[] = {
	{ "\"lacp_system_priority\": 100", BOND_LIVE },
	{ "\"lacp_system_id\": \"00:16:3e:00:00:09\"", BOND_LIVE },
	{ "\"lacp_aggregation_key\": 7", BOND_EMPTY },
	{ "\"lacp_fallback\": \"false\"", BOND_SAME },
};

/* What partners know it by: the kernel takes most of that while it is up. */
static void test_identity(void **state)
{
	struct uplink_settings plain, other;
	struct problem problem;
	char text[256];

	assert_int_equal(settings_of("{" MEMBERS ", " LACP "}", &plain, &problem), 0);
	for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
		struct link_bond now = plain.bond->options;

		snprintf(text, sizeof(text), "{" MEMBERS ", " LACP ", %s}", identities[i].text);
		assert_int_equal(settings_of(text, &other, &problem), 0);
		now.known = true;
		assert_int_equal(bond_compare(other.bond, &now), BOND_SAME);
		now.actor_known = true;
		assert_int_equal(bond_compare(other.bond, &now), identities[i].change);
		free(other.policy);
		free(other.bond);
	}
	free(plain.policy);
	free(plain.bond);
}

static void test_settings(void **state)
{
	static const struct {
		const char *row, *problem;
	} bad[] = {
		{ "{" MEMBERS ", " LACP ", \"lacp_port_priority\": [\"map\", [[\"e3\", \"1\"]]]}",
		  "e3: must be one of members" },
		{ "{" MEMBERS ", " LACP ", \"lacp_port_priority\": [\"map\", [[\"e1\", \"65536\"]]]}",
		  "must be a number, 0 to 65535" },
		{ "{" MEMBERS ", " LACP ", \"lacp_port_priority\": [\"map\", [[\"e1\", \"\"]]]}",
		  "must be a number" },
		{ "{" MEMBERS ", " LACP ", \"lacp\": \"off\", \"lacp_fallback\": \"false\"}", "fallback needs LACP" },
		{ "{" MEMBERS ", " LACP ", \"lacp_system_id\": \"01:16:3e:00:00:09\"}", "lacp_system_id" },
		{ "{\"bond_mode\": \"balance-tcp\"}", "bond-mode needs members" },
		{ "{\"bond_miimon\": 50}", "miimon needs members" },
		{ "{" MEMBERS ", \"lacp\": \"active\"}", "lacp=active: needs bond-mode=balance-tcp" },
		{ "{" MEMBERS ", \"lacp_time\": \"fast\"}", "lacp-time needs LACP" },
		{ "{" MEMBERS ", \"bond_mode\": \"balance-tcp\", \"lacp\": \"off\", \"lacp_time\": \"fast\"}",
		  "lacp-time needs LACP" },
		{ "{" MEMBERS ", \"bond_mode\": \"balance-tcp\", \"primary\": \"e1\"}",
		  "primary needs bond-mode=active-backup or balance-slb" },
		{ "{" MEMBERS ", \"primary\": \"e3\"}", "primary=e3: must be one of members" },
		{ "{" MEMBERS ", \"bond_updelay\": 150}", "updelay=150: must be a multiple of miimon, which is 100" },
		{ "{" MEMBERS ", \"bond_miimon\": 30, \"bond_downdelay\": 100}", "downdelay=100: must be a multiple" },
		{ "{\"members\": \"bond0\"}", "members=bond0: a bond is no member of itself" },
		{ "{" MEMBERS ", \"bond_mode\": \"balance-rr\"}", "bond_mode=" },
		{ "{" MEMBERS ", \"tag\": 3, \"trunks\": 4}", "tag=3 with trunks" },
	};
	static const struct {
		const char *row;
		uint8_t mode, hash, active;
	} good[] = {
		{ "{" MEMBERS "}", BOND_MODE_ACTIVEBACKUP, BOND_XMIT_POLICY_LAYER2, 1 },
		{ "{" MEMBERS ", \"lacp\": \"off\"}", BOND_MODE_ACTIVEBACKUP, BOND_XMIT_POLICY_LAYER2, 0 },
		{ "{" MEMBERS ", \"bond_mode\": \"balance-tcp\"}", BOND_MODE_8023AD, BOND_XMIT_POLICY_LAYER34, 1 },
		{ "{" MEMBERS ", \"bond_mode\": \"balance-tcp\", \"lacp\": \"passive\"}", BOND_MODE_8023AD,
		  BOND_XMIT_POLICY_LAYER34, 0 },
		{ "{" MEMBERS ", \"bond_mode\": \"balance-tcp\", \"lacp\": \"off\"}", BOND_MODE_XOR,
		  BOND_XMIT_POLICY_LAYER34, 0 },
	};
	struct uplink_settings settings;
	struct problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (settings_of(bad[i].row, &settings, &problem) == 0)
			fail_msg("%s: taken", bad[i].row);
		if (!strstr(problem.text, bad[i].problem))
			fail_msg("%s: %s", bad[i].row, problem.text);
		assert_null(settings.bond);
		free(settings.policy);
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(settings_of(good[i].row, &settings, &problem), 0);
		assert_int_equal(settings.bond->options.mode, good[i].mode);
		assert_int_equal(settings.bond->options.hash, good[i].hash);
		assert_int_equal(settings.bond->options.lacp_active, good[i].active);
		free(settings.bond);
		free(settings.policy);
	}
	assert_int_equal(settings_of("{\"transit\": true, \"rate\": 8000, \"trunks\": 9}", &settings, &problem), 0);
	assert_null(settings.bond);
	assert_int_equal(settings.rate, 8000);
	assert_false(port_policy_flags(settings.policy) & VIFSWITCH_PF_ISOLATED);
	assert_int_equal(settings.policy->header.pvid, VIFSWITCH_VID_NONE);
	free(settings.policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings), cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
