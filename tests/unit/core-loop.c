// SPDX-License-Identifier: GPL-2.0-or-later
/* Probes of loop protection: written, read, and for how long a port stays closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kmod/core/loop-probe.h"

static void test_read_back(void **state)
{
	const struct vs_probe sent = {
		.nonce = 0x0123456789abcdefULL, .port = 77, .round = 0xfffffffe, .vid = 4094,
	};
	struct vs_probe got = {};
	u8 frame[VS_PROBE_LEN];
	struct vs_frame f;
	u64 seal = 0;

	vs_probe_write(frame, &sent);
	vs_probe_seal(frame, 0xfedcba9876543210ULL);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
	assert_true(vs_frame_parse(&f, frame, sizeof(frame), VS_NO_TAG));
	assert_int_equal(f.control, VS_CONTROL_PROBE);
	assert_true(f.dst_group && f.type == VS_PROBE_TYPE);
	assert_true(vs_probe_read(frame + VS_ETH_LEN, sizeof(frame) - VS_ETH_LEN, &got, &seal));
	assert_true(got.nonce == sent.nonce && got.port == sent.port && got.round == sent.round &&
		    got.vid == sent.vid);
	assert_true(seal == 0xfedcba9876543210ULL);
}

static void test_others(void **state)
{
	struct vs_probe got = { .nonce = 5 };
	u8 frame[VS_PROBE_LEN], *exact;
	u64 seal = 7;

	vs_probe_write(frame, &(struct vs_probe){ .nonce = 1 });
	/* the end of what there is, where a sanitizer sees a read beyond it */
	for (size_t len = 0; len <= VS_PROBE_SEALED + 8; len++) {
		exact = malloc(len ? len : 1);
		memcpy(exact, frame + VS_ETH_LEN, len);
		assert_int_equal(vs_probe_read(exact, len, &got, &seal),
				 len == VS_PROBE_SEALED + 8);
		assert_int_equal(got.nonce, len == VS_PROBE_SEALED + 8 ? 1 : 5);
		free(exact);
	}
	frame[VS_ETH_LEN] ^= 1;
	assert_false(vs_probe_read(frame + VS_ETH_LEN, sizeof(frame) - VS_ETH_LEN, &got, &seal));
}

static void test_fresh(void **state)
{
	static const struct {
		u32 sent, now;
		bool fresh;
	} cases[] = {
		{ 5, 5, true }, { 5, 7, true }, { 5, 8, false }, { 6, 5, false },
		{ 0xffffffff, 1, true }, { 0xffffffff, 2, false }, { 0, 0xffffffff, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct vs_probe probe = { .round = cases[i].sent };

		assert_int_equal(vs_probe_is_fresh(&probe, cases[i].now), cases[i].fresh);
	}
}

static void test_hold(void **state)
{
	static const struct {
		u32 count, seconds;
	} cases[] = {
		{ 0, 10 }, { 1, 10 }, { 2, 20 }, { 3, 40 }, { 7, 640 }, { 8, 640 },
		{ 0xffffffff, 640 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(vs_loop_hold(cases[i].count), cases[i].seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_hold),
	};

	return cmocka_run_group_tests_name("core-loop", tests, NULL, NULL);
}
