// SPDX-License-Identifier: GPL-2.0-or-later
/* Which sizes are tried when, and what is found on paths of every width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "oam/bfd.h"
#include "oam/path-mtu.h"

#define S	1000000ULL

/* Answers what fits into @width, until @until; how many were sent. */
static unsigned int run(struct path_mtu *p, uint32_t width, uint64_t *now, uint64_t until)
{
	unsigned int sent = 0;
	uint32_t size;

	while (path_mtu_next(p) < until) {
		*now = path_mtu_next(p);
		if (path_mtu_tick(p, *now, &size)) {
			sent++;
			assert_in_range(size, PATH_MTU_LEAST, p->most);
			/* The answer comes twice. */
			for (int i = 0; i < 2 && size <= width; i++)
				path_mtu_answered(p, *now);
		}
		assert_true(path_mtu_next(p) > *now);
	}
	*now = until;
	return sent;
}

static void widths(void **state)
{
	static const struct { uint32_t most, width, found; } cases[] = {
		{ 1500, 1500, 1500 }, { 9000, 9000, 9000 }, { 9000, 1500, 1500 },
		{ 9000, 1504, 1504 }, { 9000, 8999, 8999 }, { 1500, 1499, 1499 },
		{ 1500, 128, 128 }, { 1500, 129, 129 }, { 1500, 127, 0 }, { 1500, 0, 0 },
		{ 128, 128, 128 }, { 128, 0, 0 }, { 129, 128, 128 },
		{ 65535, 1, 0 }, { 65535, 65534, 65534 }, { 65535, 9000, 9000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct path_mtu p = {};
		uint64_t now = 5 * S, from;

		print_message("%u of %u\n", cases[i].width, cases[i].most);
		path_mtu_set(&p, cases[i].most, now);
		from = now;
		assert_in_range(run(&p, cases[i].width, &now, from + 65 * S), 1, 50);
		assert_int_equal(p.known, cases[i].found);
	}
}

/* How many in a minute, once it is known; and when the path changes. */
static void rounds(void **state)
{
	struct path_mtu p = {};
	uint64_t now = 1;

	path_mtu_set(&p, 9000, now);
	run(&p, 9000, &now, 300 * S);
	assert_int_equal(run(&p, 9000, &now, 900 * S), 10);
	run(&p, 1500, &now, 1020 * S);
	assert_int_equal(p.known, 1500);
	assert_in_range(run(&p, 1500, &now, 1620 * S), 7 * 8, 7 * 10);
	run(&p, 4000, &now, 1740 * S);
	assert_int_equal(p.known, 4000);
	run(&p, 1400, &now, 1900 * S);
	assert_int_equal(p.known, 1400);
	run(&p, 9000, &now, 1980 * S);
	assert_int_equal(p.known, 9000);
	run(&p, 0, &now, 2100 * S);
	assert_int_equal(p.known, 0);
}

static void settings(void **state)
{
	struct path_mtu p = {};
	uint64_t now = 1;
	uint32_t size;

	assert_int_equal(path_mtu_next(&p), UINT64_MAX);
	assert_false(path_mtu_tick(&p, 100 * S, &size));
	path_mtu_set(&p, PATH_MTU_LEAST - 1, now);
	assert_int_equal(path_mtu_next(&p), UINT64_MAX);
	path_mtu_set(&p, 1500, now);
	run(&p, 1500, &now, 10 * S);
	path_mtu_set(&p, 1500, now);
	assert_int_equal(p.known, 1500);
	path_mtu_set(&p, 9000, now);
	assert_int_equal(p.known, 0);
	assert_true(path_mtu_next(&p) <= now + S);
	run(&p, 9000, &now, 20 * S);
	assert_int_equal(p.known, 9000);
	path_mtu_forget(&p, now);
	assert_int_equal(p.known, 0);
	/* An answer to nothing says nothing. */
	path_mtu_answered(&p, now);
	assert_int_equal(p.known, 0);
	path_mtu_set(&p, 0, now);
	assert_int_equal(path_mtu_next(&p), UINT64_MAX);
}

/* A probe and its answer, between two machines; a poll for another reason is none. */
static void by_bfd(void **state)
{
	struct bfd_config c = { .min_tx = 100000, .min_rx = 100000, .mult = 3, .any_peer = 1 };
	static uint8_t frame[ETHER_HEADER_LEN + 9000];
	struct bfd a, b;
	struct bfd_frame f;

	bfd_init(&a, &c, 7, 0);
	bfd_init(&b, &c, 8, 0);
	assert_false(bfd_may_probe(&a));
	for (uint64_t now = 1; now < 10 * S; now += 10000) {
		while (bfd_tick(&a, now, &f)) {
			bfd_frame_format(&f, frame);
			assert_false(bfd_input(&b, frame, bfd_frame_len(&f), now));
		}
		while (bfd_tick(&b, now, &f)) {
			bfd_frame_format(&f, frame);
			bfd_input(&a, frame, bfd_frame_len(&f), now);
		}
	}
	assert_true(bfd_may_probe(&a));
	bfd_probe(&a, 9000, &f);
	assert_int_equal(bfd_frame_len(&f), sizeof(frame));
	bfd_frame_format(&f, frame);
	bfd_input(&b, frame, sizeof(frame) - 1, 10 * S);
	assert_int_equal(b.bad, 1);
	bfd_input(&b, frame, sizeof(frame), 10 * S);
	assert_int_equal(b.bad, 1);
	assert_true(bfd_tick(&b, 10 * S, &f));
	assert_true(f.control.final);
	bfd_frame_format(&f, frame);
	assert_int_equal(bfd_frame_len(&f), BFD_FRAME_LEN);
	assert_true(bfd_input(&a, frame, BFD_FRAME_LEN, 10 * S));
	/* Something is agreed on, which the same answer would settle. */
	c.min_rx *= 2;
	bfd_configure(&a, &c, 10 * S);
	assert_false(bfd_may_probe(&a));
	assert_false(bfd_input(&a, frame, BFD_FRAME_LEN, 10 * S));
	assert_true(bfd_may_probe(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths), cmocka_unit_test(rounds), cmocka_unit_test(settings),
		cmocka_unit_test(by_bfd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
