// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/allowance.h"

#define AFTER	1000000000ULL

static struct allowance fifth(void)
{
	return (struct allowance){ .part = 5, .burst_us = 20000, .break_max_us = 20000 };
}

/* A few of what comes once in a while have no break between them. */
static void test_at_once(void **state)
{
	struct allowance a = fifth();
	uint64_t now = AFTER;

	for (int i = 0; i < 6; i++) {
		now += 3000;
		assert_int_equal(allowance_spend(&a, now, 3000), now);
	}
	/* And so again a second later. */
	now += 1000000;
	for (int i = 0; i < 6; i++) {
		now += 3000;
		assert_int_equal(allowance_spend(&a, now, 3000), now);
	}
}

/* What comes without an end gets its part of the time, whatever one costs. */
static void test_storm(void **state)
{
	static const uint64_t cost[] = { 10, 500, 3000 };

	for (int c = 0; c < 3; c++) {
		struct allowance a = fifth();
		uint64_t now = AFTER, worked = 0;

		while (now < AFTER + 10000000) {
			now += cost[c];
			worked += cost[c];
			now = allowance_spend(&a, now, cost[c]);
		}
		assert_in_range(worked, 1950000, 2050000);
	}
}

static void test_longest_break(void **state)
{
	struct allowance a = fifth();
	uint64_t now = AFTER;

	assert_int_equal(allowance_spend(&a, now, 500000), now + 20000);
	/* It has made up for all of it. */
	now += 20000 + 100;
	assert_in_range(allowance_spend(&a, now, 100), now, now + 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_longest_break),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
