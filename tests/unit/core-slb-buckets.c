// SPDX-License-Identifier: GPL-2.0-or-later
/* balance-slb's buckets: who carries what when members come and go, and when they are moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "slb-buckets.h"

#define MEMBER(n)	(1U << (n))
#define LEAST		1000

static unsigned int buckets_of(const struct vs_slb_table *t, unsigned int member)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < VS_SLB_BUCKETS; i++)
		n += t->member[i] == member;
	return n;
}

/* Nothing has anything to carry: each member has as many as the others, or one less. */
static void test_even(void **state)
{
	for (unsigned int members = 1; members <= VS_SLB_MEMBERS_MAX; members++) {
		struct vs_slb_table t = {};
		uint32_t usable = 0;

		for (unsigned int m = 1; m <= members; m++)
			usable |= MEMBER(m);
		assert_false(vs_slb_assign(&t, usable));
		assert_int_equal(buckets_of(&t, 0), 0);
		for (unsigned int m = 1; m <= members; m++) {
			assert_true(buckets_of(&t, m) >= VS_SLB_BUCKETS / members);
			assert_true(buckets_of(&t, m) <= VS_SLB_BUCKETS / members + 1);
		}
	}
}

/* Again with the same members it moves nothing. */
static void test_stable(void **state)
{
	struct vs_slb_table t = {}, before;

	vs_slb_assign(&t, MEMBER(1) | MEMBER(2) | MEMBER(7));
	t.load[9] = 5;
	before = t;
	assert_false(vs_slb_assign(&t, MEMBER(1) | MEMBER(2) | MEMBER(7)));
	assert_memory_equal(&t, &before, sizeof(t));
}

static void test_failover(void **state)
{
	struct vs_slb_table t = {};

	vs_slb_assign(&t, MEMBER(1) | MEMBER(2));
	for (unsigned int i = 0; i < VS_SLB_BUCKETS; i++)
		t.load[i] = 10 + i;
	/* What went by 2 goes by 1, and nothing else changes. */
	assert_true(vs_slb_assign(&t, MEMBER(1)));
	assert_int_equal(buckets_of(&t, 1), VS_SLB_BUCKETS);
	/* Back: what carries stays until it is worth a move; what is idle does not. */
	for (unsigned int i = 0; i < VS_SLB_BUCKETS / 2; i++)
		t.load[i] = 0;
	assert_false(vs_slb_assign(&t, MEMBER(1) | MEMBER(2)));
	assert_int_equal(buckets_of(&t, 2), VS_SLB_BUCKETS / 2);
	for (unsigned int i = VS_SLB_BUCKETS / 2; i < VS_SLB_BUCKETS; i++)
		assert_int_equal(t.member[i], 1);
	/* Nobody: the driver chooses. */
	assert_true(vs_slb_assign(&t, 0));
	assert_int_equal(buckets_of(&t, 0), VS_SLB_BUCKETS);
	assert_true(vs_slb_assign(&t, MEMBER(15)));
	assert_int_equal(buckets_of(&t, 15), VS_SLB_BUCKETS);
}

/* Those that fail over go to whoever carries least. */
static void test_failover_by_load(void **state)
{
	struct vs_slb_table t = {};

	memset(t.member, 1, sizeof(t.member));
	t.member[0] = 2;
	t.member[1] = t.member[2] = 3;
	t.load[0] = 100;
	t.load[1] = t.load[2] = 30;
	t.load[3] = 10;
	assert_true(vs_slb_assign(&t, MEMBER(1) | MEMBER(2)));
	/* 1 has 10, 2 has 100. */
	assert_int_equal(t.member[1], 1);
	assert_int_equal(t.member[2], 1);
	assert_int_equal(t.member[0], 2);
}

static void test_rebalance(void **state)
{
	static const struct {
		const char *what;
		uint64_t first[3], second[3];	/* buckets 0 to 2 of member 1, 3 to 5 of 2 */
		int moves;
	} cases[] = {
		{ "nothing", { 0 }, { 0 }, -1 },
		{ "less than is worth it", { 400, 400, 199 }, { 0 }, -1 },
		{ "one that is alone", { 100000 }, { 0 }, -1 },
		{ "within 3 %", { 50000, 1600, 50000 }, { 100000 }, -1 },
		{ "beyond 3 %", { 50000, 1600, 51700 }, { 100000 }, 1 },
		{ "the one that evens it", { 1000, 5000, 4000 }, { 0 }, 1 },
		{ "not one that turns it round", { 9000, 1000, 0 }, { 1000 }, 1 },
		{ "none would help", { 9000 }, { 1000 }, -1 },
		{ "the other way", { 1000 }, { 0, 3000, 3000 }, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vs_slb_table t = {};
		unsigned int was;
		int moved;

		memset(t.member, 1, sizeof(t.member));
		memset(t.member + 3, 2, 3);
		memcpy(t.load, cases[i].first, sizeof(cases[i].first));
		memcpy(t.load + 3, cases[i].second, sizeof(cases[i].second));
		was = cases[i].moves >= 0 ? t.member[cases[i].moves] : 0;
		moved = vs_slb_rebalance(&t, MEMBER(1) | MEMBER(2), LEAST);
		if (moved != cases[i].moves)
			fail_msg("%s: moves %d", cases[i].what, moved);
		if (moved >= 0)
			assert_int_equal(t.member[moved], 3 - was);
		assert_int_equal(t.load[0], cases[i].first[0] / 2);
	}
}

/* With nobody, or one alone, there is nothing to balance. */
static void test_alone(void **state)
{
	struct vs_slb_table t = {};

	t.load[3] = 1 << 30;
	assert_int_equal(vs_slb_rebalance(&t, 0, LEAST), -1);
	vs_slb_assign(&t, MEMBER(4));
	assert_int_equal(vs_slb_rebalance(&t, MEMBER(4), LEAST), -1);
	assert_int_equal(t.member[3], 4);
}

/* Addresses that follow each other, and VLANs, come to many buckets. */
static void test_spread(void **state)
{
	uint8_t mac[6] = { 0, 0x16, 0x3e, 0, 0, 0 };
	unsigned int used = 0, vlans = 0;
	uint8_t seen[VS_SLB_BUCKETS] = {}, seen_vlan[VS_SLB_BUCKETS] = {};

	for (unsigned int i = 0; i < 256; i++) {
		mac[5] = (uint8_t)i;
		used += !seen[vs_slb_bucket(vs_mac_load(mac), 0)]++;
		mac[5] = 0;
		vlans += !seen_vlan[vs_slb_bucket(vs_mac_load(mac), (uint16_t)i)]++;
	}
	assert_true(used > 128);
	assert_true(vlans > 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_even), cmocka_unit_test(test_stable),
		cmocka_unit_test(test_failover), cmocka_unit_test(test_failover_by_load),
		cmocka_unit_test(test_rebalance), cmocka_unit_test(test_alone),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
