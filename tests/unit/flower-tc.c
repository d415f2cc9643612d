// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of a netdev as tc has them: what is put in and taken out, in which order, and refused. */
#include <errno.h>

#include "core-helpers.h"
#include "tests/unit/played-tc.h"

static size_t gone;

static void on_gone(const struct flower_filter *filter, void *arg)
{
	gone++;
}

/* A rate, one thing that is refused, and one that is forwarded for each digit of @to. */
static int set(uint64_t rate, const char *to, struct netlink *nl)
{
	struct flower_rule rules[16] = {};
	struct flower_rules all = { .rules = rules };

	if (rate) {
		rules[0] = (struct flower_rule){
			.stage = FLOWER_POLICE, .rate_bps = rate, .rate_burst = 10000,
		};
		rules[1] = (struct flower_rule){
			.stage = FLOWER_REFUSE, .type = VS_TYPE_IP4, .proto = VS_PROTO_UDP,
			.l4_src = 67, .src = vs_mac_load((const u8 *)OWN),
		};
		all.count = 2;
	}
	for (; *to; to++)
		rules[all.count++] = (struct flower_rule){
			.stage = FLOWER_FORWARD, .type = VS_TYPE_IP6,
			.src = vs_mac_load((const u8 *)OWN), .dst = (uint64_t)*to, .to = *to - '0',
		};
	tc.log[0] = '\0';
	return flower_tc_set(nl, 7, &all, FLOWER_IN_HARDWARE, on_gone, NULL);
}

static int begin(void **state)
{
	played_tc_begin(state);
	tc.careful = true;
	gone = 0;
	return 0;
}

static void orders(void **state)
{
	struct netlink nl = {};

	assert_int_equal(set(8000, "12", &nl), 0);
	assert_string_equal(tc.log, "+1 +3 +7 +7");
	assert_int_equal(set(8000, "12", &nl), 0);
	assert_string_equal(tc.log, "");
	assert_int_equal(set(8000, "123", &nl), 0);
	assert_string_equal(tc.log, "+7");
	assert_int_equal(set(8000, "3", &nl), 0);
	assert_string_equal(tc.log, "-7 -7");
	/* another rate: first nothing is forwarded any more */
	assert_int_equal(set(16000, "3", &nl), 0);
	assert_string_equal(tc.log, "-7 -1 +1 +7");
	assert_int_equal(gone, 4);
	assert_int_equal(set(0, "", &nl), 0);
	assert_string_equal(tc.log, "-7 -3 -1");
	assert_int_equal(tc.count, 0);
}

/* Whichever is refused: none is left, and the words are those of the refusal. */
static void refused(void **state)
{
	struct netlink nl = {};

	for (size_t room = 0; room < 5; room++) {
		begin(NULL);
		assert_int_equal(set(8000, "4", &nl), 0);
		tc.room = room;
		memset(nl.error, 0, sizeof(nl.error));
		assert_int_equal(set(16000, "123", &nl), -ENOSPC);
		assert_string_equal(nl.error, "the table is full");
		assert_int_equal(tc.count, 0);
	}
	tc.room = 5;
	assert_int_equal(set(16000, "123", &nl), 0);
}

static void others(void **state)
{
	struct netlink nl = {};
	size_t foreign = 0;

	assert_int_equal(set(8000, "1", &nl), 0);
	tc.foreign = true;
	assert_int_equal(set(8000, "12", &nl), -EEXIST);
	assert_int_equal(tc.count, 0);
	assert_int_equal(flower_tc_dump(&nl, 7, on_gone, NULL, &foreign), 0);
	assert_int_equal(foreign, 1);
	assert_int_equal(set(0, "", &nl), 0);
}

/* What nobody can see is not taken for gone. */
static void unseen(void **state)
{
	struct netlink nl = {};

	assert_int_equal(set(8000, "1", &nl), 0);
	tc.silent = true;
	assert_int_equal(set(0, "", &nl), -EBUSY);
	assert_int_equal(set(8000, "12", &nl), -EBUSY);
	assert_string_equal(tc.log, "");
	tc.silent = false;
	tc.unhooked = true;
	assert_int_equal(set(8000, "12", &nl), -ETIMEDOUT);
	assert_int_equal(tc.count, 0);
}

/* Two lists, as letters: capitals drop. The first is IPv6 between ours and 1, the second to 2. */
static int set_lists(const char *first, const char *second, struct netlink *nl)
{
	const char *const lists[] = { first, second };
	struct flower_rule rules[32] = {};
	struct flower_rules all = { .rules = rules };

	for (unsigned int i = 0; i < 2; i++)
		for (const char *p = lists[i]; *p; p++)
			rules[all.count++] = (struct flower_rule){
				.stage = FLOWER_LISTED, .order = (uint16_t)(p - lists[i] + 1),
				.type = VS_TYPE_IP6, .proto = VS_PROTO_TCP, .dst = i + 1,
				.l4_dst = (uint16_t)(*p | 0x20), .l4_dst_bits = 16,
				.to = *p & 0x20 ? i + 1 : 0,
			};
	tc.log[0] = '\0';
	return flower_tc_set(nl, 7, &all, FLOWER_IN_HARDWARE, on_gone, NULL);
}

/* What is left of a list is its beginning, at any time. */
static void lists(void **state)
{
	struct netlink nl = {};

	tc.careful = false;
	assert_int_equal(set_lists("Abc", "De", &nl), 0);
	assert_string_equal(tc.log, "+10 +13 +16 +10 +13");
	assert_int_equal(set_lists("Abc", "De", &nl), 0);
	assert_string_equal(tc.log, "");
	/* more at the end, of another one, too */
	assert_int_equal(set_lists("Abcd", "Def", &nl), 0);
	assert_string_equal(tc.log, "+19 +16");
	/* one in the middle: from there on, the last first */
	assert_int_equal(set_lists("AXcd", "Def", &nl), 0);
	assert_string_equal(tc.log, "-19 -16 -16 -13 -13 +13 +16 +19 +13 +16");
	/* a list that is new disturbs nobody */
	assert_int_equal(set_lists("AXcd", "", &nl), 0);
	assert_int_equal(set_lists("AXcd", "De", &nl), 0);
	assert_string_equal(tc.log, "+10 +13");
	/* one rule that is refused takes all with it */
	tc.room = 6;
	assert_int_equal(set_lists("AXcd", "Def", &nl), -ENOSPC);
	assert_int_equal(tc.count, 0);
	tc.room = PLAYED_FILTERS;
	assert_int_equal(set_lists("Ab", "", &nl), 0);
	/* nothing can be taken out: what has to be dropped still is */
	tc.stuck = true;
	assert_int_equal(set_lists("Zb", "", &nl), -EBUSY);
	assert_int_equal(tc.count, 2);
	tc.stuck = false;
	assert_int_equal(set_lists("", "", &nl), 0);
	assert_string_equal(tc.log, "-13 -10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(orders, begin), cmocka_unit_test_setup(refused, begin),
		cmocka_unit_test_setup_teardown(others, begin, begin),
		cmocka_unit_test_setup_teardown(unseen, begin, begin),
		cmocka_unit_test_setup_teardown(lists, begin, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
