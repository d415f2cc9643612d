// SPDX-License-Identifier: GPL-2.0-or-later
#include "core-helpers.h"

#define SECOND		1000000000ULL
#define BITS(r, bps, burst)	vs_rate_init(r, 8 * SECOND, bps, burst, 60)
#define PACKETS(r, pps, burst)	vs_rate_init(r, SECOND, pps, burst, 1)

/* One packet of @len, as the module does it: the time matters only at the end of a cell. */
static bool take(const struct vs_rate *r, u64 *bucket, u64 now, u32 len)
{
	u64 next;

	if (!vs_rate_in_cell(r, *bucket, len, &next)) {
		if (!vs_rate_passes(r, *bucket, now))
			return false;
		next = vs_rate_charge(r, *bucket, now, len);
	}
	*bucket = next;
	return true;
}

/*
 * Offers packets of @len every @gap_ns for @duration_ns; returns the octets
 * that passed.
 */
static u64 offer(const struct vs_rate *r, u64 *bucket, u64 start, u64 duration_ns, u64 gap_ns,
		 u32 len)
{
	u64 passed = 0, t;

	for (t = start; t < start + duration_ns; t += gap_ns) {
		if (take(r, bucket, vs_rate_now(r, t), len))
			passed += len;
	}
	return passed;
}

static const u64 rates[] = {
	8000, 9600, 64000, 333333, 1000000, 10000000, 99999999, 1000000000ULL, 10000000000ULL,
	77777777777ULL, 100000000000ULL, 1000000000000ULL,
};
static const u32 lengths[] = { 60, 64, 333, 1514, 9014, 65549 };

/* 100,000 packets' worth of time at twice the rate: half passes, to 1 in 4000. */
static void test_long_run(void **state)
{
	size_t i, j;

	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		for (j = 0; j < sizeof(lengths) / sizeof(*lengths); j++) {
			u64 gap = lengths[j] * 4 * SECOND / rates[i], bucket = 0, passed;
			struct vs_rate r;
			double want, span;

			if (!gap)
				gap = 1;	/* faster than one a nanosecond: offer less */
			/* a burst of several packets: time between two offers is not lost */
			BITS(&r, rates[i], 200000);
			passed = offer(&r, &bucket, 12345, gap * 200000, gap, lengths[j]);
			span = (double)gap * 200000 / SECOND;
			want = span * (double)rates[i] / 8 + 200000;
			if ((double)lengths[j] * 200000 < want)
				want = (double)lengths[j] * 200000;
			if ((double)passed < want * (1 - 1.0 / 4000) - 200000 / 32 - lengths[j] ||
			    (double)passed > want * (1 + 1.0 / 4000) + lengths[j])
				fail_msg("rate %llu, length %u: %llu, wanted %.0f",
					 (unsigned long long)rates[i], lengths[j],
					 (unsigned long long)passed, want);
		}
	}
}

static void test_packets(void **state)
{
	static const u64 pps[] = { 1, 3, 1000, 148810, 14880952, 1000000000 };
	size_t i;

	for (i = 0; i < sizeof(pps) / sizeof(*pps); i++) {
		u64 bucket = 0, gap = SECOND / pps[i] / 2, passed;
		struct vs_rate r;
		double want;

		if (!gap)
			gap = 1;
		PACKETS(&r, pps[i], 10);
		passed = offer(&r, &bucket, 99, gap * 100000, gap, 1);
		want = (double)gap * 100000 / SECOND * (double)pps[i] + 10;
		if (want > 100000)
			want = 100000;
		if ((double)passed < want * 0.9997 - 1 || (double)passed > want * 1.0003 + 1)
			fail_msg("%llu packets/s: %llu passed, wanted %.1f",
				 (unsigned long long)pps[i], (unsigned long long)passed, want);
	}
}

/*
 * The largest burst at every rate is what was asked for, or up to 1/32 less; and no
 * more after a time without packets, or with a cell just begun.
 */
static void test_burst(void **state)
{
	static const u64 bursts[] = { 1514, 65536, 1000000, 0xffffffff };
	size_t i, j;

	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		for (j = 0; j < sizeof(bursts) / sizeof(*bursts); j++) {
			u64 bucket = 0, now, passed;
			u32 len = bursts[j] > 1000000 ? 1000000 : 100;
			unsigned int k;
			struct vs_rate r;

			BITS(&r, rates[i], bursts[j]);
			now = vs_rate_now(&r, SECOND);
			for (k = 0; k < 4; k++, now += r.debt_max) {
				bucket = k & 1 ? bucket & ~(r.cell - 1) : bucket;
				for (passed = 0; take(&r, &bucket, now, len);)
					passed += len;
				if (passed + passed / 4000 < bursts[j] - bursts[j] / 32 ||
				    passed > bursts[j] + bursts[j] / 4000 + len)
					fail_msg("rate %llu: a burst of %llu let %llu pass",
						 (unsigned long long)rates[i],
						 (unsigned long long)bursts[j],
						 (unsigned long long)passed);
			}
		}
	}
}

/*
 * In no span does more pass than the burst and the rate allow, and one packet: packets
 * of many sizes come in bursts and pauses of many lengths.
 */
static void test_spans(void **state)
{
	enum { MOMENTS = 400 };
	u64 sums[MOMENTS], times[MOMENTS], bucket = 7, t = SECOND, sum = 0;
	const u64 rate = 10000000, burst = 250000;
	unsigned int i, j, k, seed = 1;
	struct vs_rate r;

	BITS(&r, rate, burst);
	assert_true(r.cell);
	for (i = 0; i < MOMENTS; i++) {
		seed = seed * 1103515245 + 12345;
		t += (seed >> 16) % 5 ? (seed >> 8) % 100000 : (seed >> 8) % (300 * 1000000);
		times[i] = t;
		sums[i] = sum;
		for (k = 0; k < (seed >> 20) % 4000; k++) {
			u32 len = k % 3 ? 60 : 1514;

			if (take(&r, &bucket, vs_rate_now(&r, t), len))
				sum += len;
		}
		for (j = 0; j <= i; j++)
			assert_true(sum - sums[j] <= burst + 1514 + 1 +
				    (times[i] - times[j]) * (rate / 8) / SECOND * 10003 / 10000);
	}
}

/* In the red no packet passes, not even a small one, until the debt is paid. */
static void test_debt(void **state)
{
	struct vs_rate r;
	u64 bucket = 0;

	BITS(&r, 8000000, 2000);	/* one octet a microsecond */
	assert_true(vs_rate_passes(&r, bucket, vs_rate_now(&r, SECOND)));
	bucket = vs_rate_charge(&r, bucket, vs_rate_now(&r, SECOND), 65549);
	assert_false(vs_rate_passes(&r, bucket, vs_rate_now(&r, SECOND)));
	assert_false(vs_rate_passes(&r, bucket, vs_rate_now(&r, SECOND + 63500 * 1000)));
	assert_true(vs_rate_passes(&r, bucket, vs_rate_now(&r, SECOND + 63560 * 1000)));
}

static void test_clock(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		struct vs_rate r;
		u64 bucket = 0, now, later;

		BITS(&r, rates[i], 20000);
		now = vs_rate_now(&r, 1000 * 3600 * SECOND);
		bucket = vs_rate_charge(&r, bucket, now, 65549);
		assert_false(vs_rate_passes(&r, bucket, now));
		/* a CPU whose clock is a little behind changes nothing */
		assert_false(vs_rate_passes(&r, bucket,
					    vs_rate_now(&r, 1000 * 3600 * SECOND - 1000)));
		/* a clock that went back an hour starts anew instead of blocking the port */
		if (r.debt_max >> r.tick_shift < 3600 * SECOND)
			assert_true(vs_rate_passes(&r, bucket,
						   vs_rate_now(&r, 999 * 3600 * SECOND)));
		/* ticks that wrap while the port sends */
		bucket = 0 - (u64)100;
		later = 50;
		assert_true(vs_rate_passes(&r, bucket, later));
		bucket = vs_rate_charge(&r, bucket, later, 65549);
		assert_int_equal(bucket, later + vs_rate_cost(&r, 65549));
		bucket = vs_rate_charge(&r, ~0ULL - 10, ~0ULL - 10, 65549);
		assert_false(vs_rate_passes(&r, bucket, ~0ULL - 10));
		assert_false(vs_rate_passes(&r, bucket, 5));
		/* a bucket long idle is full, not refilled beyond its burst */
		now = vs_rate_now(&r, 5000 * 3600 * SECOND);
		bucket = vs_rate_charge(&r, 1, now, 30000);
		assert_false(vs_rate_passes(&r, bucket, now));
	}
}

static void test_bounds(void **state)
{
	struct vs_rate r;
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		BITS(&r, rates[i], 0xffffffff);
		assert_true(vs_rate_cost(&r, 60) >= 4096);
		assert_true(r.debt_max < 1ULL << 62);
		/* too much at once is charged as the most, without overflow */
		assert_int_equal(vs_rate_cost(&r, 0xffffffff), vs_rate_cost(&r, VS_CHARGE_MAX));
		assert_true(vs_rate_cost(&r, VS_CHARGE_MAX) > vs_rate_cost(&r, VS_CHARGE_MAX - 1));
	}
	PACKETS(&r, 1, 1000000000);
	assert_true(r.debt_max < 1ULL << 62);
	r.burst += 2 * r.cell;
	assert_int_equal(r.burst / SECOND, 1000000000 * 1ULL - (r.burst < SECOND * SECOND));
}

/* A debt told and owed again is the same, and never more than an empty bucket. */
static void test_carried(void **state)
{
	const u64 now_ns = 777 * SECOND;
	struct vs_rate r;
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		u64 now, bucket = 0, debt, there, most;
		unsigned int n;

		BITS(&r, rates[i], 200000);
		now = vs_rate_now(&r, now_ns);
		assert_int_equal(vs_rate_debt(&r, now - 5, now_ns), 0);
		assert_int_equal(vs_rate_owe(&r, now - 5, now_ns, 0), now);
		for (n = 0; n < 50; n++)
			bucket = vs_rate_charge(&r, bucket, now, 1514);
		debt = vs_rate_debt(&r, bucket, now_ns);
		there = vs_rate_owe(&r, 0, now_ns, debt);
		assert_int_equal(vs_rate_debt(&r, there, now_ns), debt);
		assert_true(there - bucket <= 1ULL << r.tick_shift);
		/* on top of what was sent meanwhile */
		there = vs_rate_owe(&r, bucket, now_ns, debt);
		assert_int_equal(vs_rate_debt(&r, there, now_ns) / 2, debt);
		/* whatever somebody says */
		most = vs_rate_owe(&r, 0, now_ns, ~0ULL);
		assert_int_equal(most, now + r.burst);
		assert_false(vs_rate_passes(&r, most, now));
		assert_true(vs_rate_passes(&r, most, now + 1));
		for (n = 0; n < 3000000 && vs_rate_ahead(&r, most, now) < r.debt_max; n++)
			most = vs_rate_owe(&r, most, now_ns, ~0ULL);
		assert_int_equal(vs_rate_ahead(&r, most, now), r.debt_max);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_carried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
