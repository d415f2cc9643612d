// SPDX-License-Identifier: GPL-2.0-or-later
/* How long a port's misses are decided, frame by frame or many at once, and when they wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/ovs/flow-budget.h"

/* Turns of a port that always has misses, of @miss_us each, until it must wait: what they took. */
static uint64_t use_up(struct flow_budget *b, uint64_t now_us, unsigned int share,
		       unsigned int miss_us, unsigned int *ret_single)
{
	uint64_t begun = now_us;
	unsigned int turn;

	while ((turn = flow_budget_turn(b, now_us, share)) > 0) {
		*ret_single += turn == 1;
		flow_budget_spend(b, now_us, now_us + turn * miss_us);
		now_us += turn * miss_us;
	}
	return now_us - begun;
}

static void bucket(void **state)
{
	struct flow_budget b = {};
	unsigned int single = 0;
	uint64_t used = use_up(&b, 1000000, FLOW_SHARE_VM, 100, &single);

	/* a full bucket, and a tenth of the time that it took */
	assert_in_range(used, FLOW_BUDGET_US, FLOW_BUDGET_US * 12 / 10);
	assert_in_range(single, FLOW_BUDGET_US / 250, FLOW_BUDGET_US / 165);
	/* a tenth of what it waits is what it has then, frame by frame */
	single = 0;
	used = use_up(&b, 1000000 + used + FLOW_HOLD_MS * 1000, FLOW_SHARE_VM, 100, &single);
	assert_in_range(used, FLOW_HOLD_MS * 100, FLOW_HOLD_MS * 130);
	assert_int_equal(single * 100, used);
	/* one that was quiet has a full one again */
	assert_int_equal(flow_budget_turn(&b, 9000000, FLOW_SHARE_VM), FLOW_TURN);
	assert_int_equal(b.spent_us, 0);
}

/* In the long run each has its share, and no more. */
static void share(void **state)
{
	static const unsigned int shares[] = { FLOW_SHARE_VM, FLOW_SHARE };

	for (unsigned int i = 0; i < 2; i++) {
		struct flow_budget b = {};
		uint64_t now = 0, used = 0;
		unsigned int single = 0;

		while (now < 100000000) {
			uint64_t took = use_up(&b, now, shares[i], 80, &single);

			used += took;
			now += took + FLOW_HOLD_MS * 1000;
		}
		assert_in_range(used * 100 / now, shares[i] - 1, shares[i] + 1);
	}
}

/* A clock that goes back gives nothing, and takes nothing. */
static void clocks(void **state)
{
	struct flow_budget b = { .spent_us = 100, .at_us = 5000 };

	assert_int_equal(flow_budget_turn(&b, 4000, FLOW_SHARE), FLOW_TURN);
	assert_int_equal(b.spent_us, 100);
	flow_budget_spend(&b, 10, 5);
	assert_int_equal(b.spent_us, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket), cmocka_unit_test(share), cmocka_unit_test(clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
