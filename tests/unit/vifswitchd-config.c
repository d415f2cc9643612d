// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration file, programs made from it, and the maps below. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "config/config.h"
#include "policy/words.h"

static int load(const char *text, struct config *ret, struct problem *problem)
{
	char path[] = "/tmp/vifswitch-config-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	r = config_load(path, ret, problem);
	unlink(path);
	return r;
}

static void test_good(void **state)
{
	struct program_parts view;
	struct config config = {};
	struct problem problem;

	assert_int_equal(load("# nothing\n", &config, &problem), 0);
	assert_int_equal(config.count, 0);
	config_deinit(&config);
	assert_int_equal(load("switch xenbr0 {\n"
			      "	uplink eth0 {}\n"
			      "	uplink bond0 { untagged = none tagged = {20, 30-40} }\n"
			      "	local { untagged = 5 tagged = {6} }\n"
			      "	ageing = 60\n mtu = 9000\n"
			      "	loop_protection = true\n"
			      "	multicast_snooping = true multicast_querier = igmpv3 multicast_ageing = 60\n}\n"
			      "switch x { local { untagged = none } uplink e { tagged = {} } }\n",
			      &config, &problem), 0);
	assert_int_equal(config.count, 2);
	assert_int_equal(config.switches[0].ageing_ms, 60000);
	assert_int_equal(config.switches[0].mtu, 9000);
	assert_true(config.switches[0].snoop.on && config.switches[0].snoop.flood);
	assert_int_equal(config.switches[0].snoop.ageing_s, 60);
	assert_int_equal(config.switches[0].snoop.port_max, 256);
	assert_int_equal(config.switches[0].snoop.querier, word_find(querier_words, "igmpv3", 6)->value);
	assert_false(config.switches[1].snoop.on);
	assert_true(config.switches[0].loop && !config.switches[1].loop);
	assert_int_equal(config.switches[0].uplink_count, 2);
	port_policy_parts(config.switches[0].uplinks[0].policy, &view);
	assert_string_equal(vlans_mode(&view.vlans), "native-untagged");
	assert_true(vlan_bit(view.vlans.allowed, 4094) && vlan_bit(view.vlans.allowed, 0));
	assert_true(vlan_bit(view.vlans.untagged, 0) && !vlan_bit(view.vlans.untagged, 1));
	assert_int_equal(view.header.flags, VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD |
			 VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_ISOLATED);
	port_policy_parts(config.switches[0].uplinks[1].policy, &view);
	assert_string_equal(vlans_mode(&view.vlans), "trunk");
	assert_false(vlan_bit(view.vlans.allowed, 21));
	port_policy_parts(config.switches[0].local, &view);
	assert_int_equal(view.vlans.pvid, 5);
	assert_null(config.switches[1].local);
	assert_int_equal(config.switches[1].ageing_ms, 300000);
	port_policy_parts(config.switches[1].uplinks[0].policy, &view);
	assert_string_equal(vlans_mode(&view.vlans), "access");
	config_deinit(&config);
}

static void test_bad(void **state)
{
	static const struct { const char *text, *says; } cases[] = {
		{ "switch x {\n wrong = 1\n}\n", ":2: " },
		{ "swich x {}\n", ":1: " },
		{ "switch x {\n ageing = abc\n}\n", ":2: " },
		{ "switch x {\n ageing = 0\n}\n", "ageing = 0" },
		{ "switch x { ageing = 86401 }\n", "ageing = 86401" },
		{ "switch x { mtu = 67 }\n", "mtu = 67" },
		{ "switch x { multicast_querier = igmpv1 }\n", "multicast_querier = igmpv1" },
		{ "switch x { multicast_groups = 0 }\n", "multicast_groups = 0" },
		{ "switch x { multicast_ageing = 2 }\n", "multicast_ageing = 2" },
		{ "switch x { mtu = 65536 }\n", "mtu = 65536" },
		{ "switch x { uplink e { untagged = 4095 } }\n", "untagged = 4095" },
		{ "switch x { uplink e { untagged = -1 } }\n", "untagged = -1" },
		{ "switch x { uplink e { tagged = {0} } }\n", "tagged = 0" },
		{ "switch x { uplink e { tagged = {9-8} } }\n", "tagged = 9-8" },
		{ "switch x { uplink e { tagged = {8-4095} } }\n", "tagged = 8-4095" },
		{ "switch x { uplink e { untagged = none tagged = {} } }\n", "no VLAN" },
		{ "switch x { uplink e {} uplink e {} }\n", "" },
		{ "switch x {} switch x {}\n", "" },
		{ "switch x { uplink y {} } switch y {}\n", "itself a switch" },
		{ "switch x { uplink e {} } switch y { uplink e {} }\n", "in switch x and in switch y" },
		{ "switch a/b {}\n", "not a netdev name" },
		{ "switch sixteen-octets-0 {}\n", "not a netdev name" },
		{ "switch x { uplink {} }\n", "" },
		{ "address = \"192.0.2.0/24\"\n", "address = 192.0.2.0/24" },
		{ "address = \"127.0.0.1\"\n", "of this host" },
		{ "address = \"fe80::1\"\n", "none of a link" },
	};
	struct config config = {};
	struct problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(load(cases[i].text, &config, &problem), -EINVAL);
		if (!strstr(problem.text, cases[i].says) || !strstr(problem.text, "config-"))
			fail_msg("\"%s\" says: %s", cases[i].text, problem.text);
		assert_null(config.switches);
	}
	assert_int_equal(config_load("/nonexistent/file", &config, &problem), -ENOENT);
}

/* What a restart alone makes true does not go back when nobody confirms it. */
static void test_trial(void **state)
{
	static const char *const others[] = {
		"", "database = \"tcp:127.0.0.1:2\"\nhost_name = \"a\"\n",
		"database = \"tcp:127.0.0.1:1\"\n",
		"database = \"tcp:127.0.0.1:1\"\nhost_name = \"b\"\n",
	};
	struct config now = {}, tried = {};
	struct problem problem;

	assert_int_equal(load("database = \"tcp:127.0.0.1:1\"\nhost_name = \"a\"\n", &now,
			      &problem), 0);
	assert_int_equal(load("host_name = \"a\"\ndatabase = \"tcp:127.0.0.1:1\"\n"
			      "switch x { ageing = 60 }\n", &tried, &problem), 0);
	assert_int_equal(config_check_trial(&now, &tried, &problem), 0);
	config_deinit(&tried);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(load(others[i], &tried, &problem), 0);
		assert_int_equal(config_check_trial(&now, &tried, &problem), -EINVAL);
		assert_non_null(strstr(problem.text, "cannot change on trial"));
		config_deinit(&tried);
	}
	config_deinit(&now);
}

static void test_map(void **state)
{
	struct map map = {};
	char values[500];
	void *value;
	size_t seen = 0;

	/* Against a plain array, through growth and removal in every order. */
	for (unsigned int i = 0; i < 500; i++)
		assert_int_equal(map_put(&map, i * 64ULL, &values[i]), 0);
	assert_int_equal(map.count, 500);
	for (unsigned int i = 0; i < 500; i += 3)
		assert_ptr_equal(map_remove(&map, i * 64ULL), &values[i]);
	assert_null(map_remove(&map, 0));
	for (unsigned int i = 0; i < 500; i++)
		assert_ptr_equal(map_get(&map, i * 64ULL), i % 3 ? &values[i] : NULL);
	map_for_each(&map, i, value)
		seen++;
	assert_int_equal(seen, map.count);
	assert_int_equal(map.count, 333);
	assert_int_equal(map_put(&map, 64, &values[0]), 0);
	assert_int_equal(map.count, 333);
	assert_ptr_equal(map_get(&map, 64), &values[0]);
	map_deinit(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_trial), cmocka_unit_test(test_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
