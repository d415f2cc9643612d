// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random sequences of packets against the plain model: SEQUENCES of them (100,000)
 * from SEED (1), both from the environment.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "session-world.h"

#define PACKETS	40

static uint64_t number_of(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : usual;
}

static void test_random(void **state)
{
	uint64_t count = number_of("SEQUENCES", 100000), seed = number_of("SEED", 1), i;
	struct world *world = world_new();

	for (i = seed; i < seed + count; i++) {
		struct dice dice = { .state = i * 0x9e3779b97f4a7c15 | 1 };
		const char *wrong = world_play(world, &dice, PACKETS);

		if (wrong)
			fail_msg("SEED=%llu SEQUENCES=1: %s", (unsigned long long)i, wrong);
	}
	world_free(world);
	printf("%llu sequences of %d packets\n", (unsigned long long)count, PACKETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
