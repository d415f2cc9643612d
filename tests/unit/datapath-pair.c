// SPDX-License-Identifier: GPL-2.0-or-later
/* Both datapaths behind one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "datapath/pair/pair.h"

#define OPERATIONS	(sizeof(struct datapath_ops) / sizeof(void *))

/* An operation that the module has and the pair has not is called all the same. */
static void test_whole(void **state)
{
	void *of_pair[OPERATIONS];

	memcpy(of_pair, &datapath_pair, sizeof(of_pair));
	for (size_t i = 0; i < OPERATIONS; i++)
		if (!of_pair[i])
			fail_msg("operation %zu of struct datapath_ops is missing", i + 1);
}

static int check(const struct dp_place *at, const struct dp_module *module, const char *words)
{
	struct problem problem = { "" };
	_cleanup_free_ struct port_policy *policy = NULL;
	struct program_parts parts;
	struct vlans vlans;
	int r;

	vlans_init(&vlans);
	vlans_set_native(&vlans, 5);
	program_parts_init(&parts, &vlans, 0);
	parts.header.flow_entries = 1024;
	parts.header.flow_active = parts.header.flow_idle = parts.header.flow_rate = 10;
	parts.header.flags |= VIFSWITCH_PF_GROUP_FAST;
	policy = port_policy_new(&parts);
	r = datapath_pair.check(module, at, policy, &problem);
	if (!strstr(problem.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, problem.text);
	return r;
}

/* Each place by who is there: the module's age matters to its own ports alone. */
static void test_check(void **state)
{
	const struct dp_module old = { .version = "0.0.1" };

	assert_int_equal(check(&(struct dp_place){ .sw = "a" }, NULL, ""), 0);
	assert_int_equal(check(&(struct dp_place){ .sw = "a", .tables = true }, NULL, ""), 0);
	assert_int_equal(check(&(struct dp_place){ .sw = "a" }, &old, "after a reboot"), -EOPNOTSUPP);
	assert_int_equal(check(&(struct dp_place){ .sw = "a", .of_flows = true }, &old,
			       "flow_entries 1024: switch a is made of flows"), -EOPNOTSUPP);
	assert_int_equal(check(&(struct dp_place){ .sw = "a", .of_flows = true, .closed = true },
			       &old, ""), 0);
	assert_int_equal(check(&(struct dp_place){ .sw = "a", .of_flows = true, .tables = true,
						   .closed = true }, NULL, "openflow true: switch a "),
			 -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
