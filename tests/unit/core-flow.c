// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows: their keys, how they end and make room, and how samples are chosen. */
#include "core-helpers.h"
#include "flow-world.h"
#include "flow.h"

static void test_random(void **state)
{
	for (u64 seed = 1; seed <= 200; seed++) {
		struct dice dice = { .state = seed };

		flow_world_run(&dice, 2000);
	}
}

static void test_ends(void **state)
{
	struct vs_flow f = { .frames = 1, .first = 100, .last = 150 };

	assert_int_equal(vs_flow_ended(&f, 159, 10, 100), VIFSWITCH_FLOW_END_UNSPEC);
	assert_int_equal(vs_flow_ended(&f, 160, 10, 100), VIFSWITCH_FLOW_END_IDLE);
	f.last = 195;
	assert_int_equal(vs_flow_ended(&f, 199, 10, 100), VIFSWITCH_FLOW_END_UNSPEC);
	assert_int_equal(vs_flow_ended(&f, 200, 10, 100), VIFSWITCH_FLOW_END_ACTIVE);
	f.tcp_flags = VS_TCP_FIN;
	assert_int_equal(vs_flow_ended(&f, 196, 10, 100), VIFSWITCH_FLOW_END_DETECTED);
	f.frames = 0;
	assert_int_equal(vs_flow_ended(&f, 1000, 10, 100), VIFSWITCH_FLOW_END_UNSPEC);
}

/* Who was silent for the longest makes room. */
static void test_oldest(void **state)
{
	struct vs_flow set[VS_FLOW_WAYS] = {
		{ .frames = 1, .last = 5 }, { .frames = 1, .last = (u32)-3 },
		{ .frames = 1, .last = 2 }, { .frames = 1, .last = 7 },
	};

	assert_ptr_equal(vs_flow_place(set, 10), &set[1]);
	set[2].frames = 0;
	assert_ptr_equal(vs_flow_place(set, 10), &set[2]);
	set[2] = (struct vs_flow){ .frames = 1, .last = 11 };	/* another CPU is ahead */
	assert_ptr_equal(vs_flow_place(set, 10), &set[1]);
}

static void key_for(struct vs_verdict *v, const u8 *frame, size_t len, u64 *words, bool *ip4)
{
	memset(v, 0, sizeof(*v));
	assert_true(vs_frame_parse(&v->frame, frame, len, VS_NO_TAG));
	v->vid = 100;
	assert_true(vs_verdict_parse(v, frame, len, len));
	memset(words, 0, VS_FLOW_WORDS * sizeof(*words));
	*ip4 = vs_flow_key(v, frame, false, words);
}

static void test_key(void **state)
{
	u8 frame4[64] = OTHER OWN "\x08\x00\x45\xb8\x00\x20\x00\x00\x00\x00\x40\x11\x00\x00"
			"\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x07\x00\x08\x00\x0c";
	u8 frame6[64] = OTHER OWN "\x86\xdd\x6b\x80\x00\x00\x00\x0a\x11\x40"
			"\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
			"\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
	struct vifswitch_flow told;
	u64 words[VS_FLOW_WORDS], usual[VS_FLOW_WORDS] = { 0 };
	struct vs_verdict v;
	const struct vs_flow_part part = { .packets = 1 };
	struct vs_flow f = { 0 };
	bool ip4;

	key_for(&v, frame4, sizeof(frame4), words, &ip4);
	assert_true(ip4);
	vs_flow_key_usual(frame4, 100, 0, 0, usual, true);
	assert_memory_equal(words, usual, sizeof(words));
	vs_flow_begin(&f, words, &part, 0, 0, 0, true);
	vs_flow_tell(&f, VIFSWITCH_FLOW_END_IDLE, &told);
	assert_memory_equal(told.src, frame4 + 26, 4);
	assert_memory_equal(told.dst, frame4 + 30, 4);
	assert_int_equal(told.src_port, 7);
	assert_int_equal(told.dst_port, 8);
	assert_int_equal(told.proto, VS_PROTO_UDP);
	assert_int_equal(told.vlan, 100);
	assert_int_equal(told.tos, 0xb8);
	assert_int_equal(told.flags, VIFSWITCH_FLOW_IP);
	key_for(&v, frame6, sizeof(frame6), words, &ip4);
	assert_false(ip4);
	vs_flow_key_usual(frame6, 100, 0, 0, usual, false);
	assert_memory_equal(words, usual, sizeof(words));
	vs_flow_begin(&f, words, &part, 0, 0, 0, false);
	assert_true(vs_flow_is(&f, words, false));
	vs_flow_tell(&f, VIFSWITCH_FLOW_END_IDLE, &told);
	assert_memory_equal(told.src, frame6 + 22, 16);
	assert_memory_equal(told.dst, frame6 + 38, 16);
	/* not readable: known by its Ethernet addresses alone */
	frame4[14] = 0x41;
	key_for(&v, frame4, sizeof(frame4), words, &ip4);
	assert_false(ip4);
	assert_int_equal(words[2], v.frame.src);
	assert_int_equal(words[3], v.frame.dst);
	assert_int_equal(words[0] >> 8 & VIFSWITCH_FLOW_IP, 0);
}

/* The mean is right, for single packets and for GSO frames; a skip is never 0. */
static void test_skips(void **state)
{
	static const u32 every[] = { 1, 2, 10, 1000 };

	for (unsigned int i = 0; i < 2 * sizeof(every) / sizeof(*every); i++) {
		u32 mean = every[i / 2], step = i % 2 ? 44 : 1, chosen = 0;
		u64 expected = 10000, packets = expected * mean / step;
		struct vs_skip s;

		vs_skip_init(&s, 42 + i, mean);
		for (u64 n = 0; n < packets; n++) {
			u32 now = vs_skip_due(&s, step, mean);

			assert_true(now <= step && s.left >= 1 && s.left <= 2 * mean - 1);
			chosen += now;
		}
		assert_int_equal(s.pool, packets * step);
		/* six deviations of 0.58 * sqrt(10000) */
		assert_in_range(chosen, packets * step / mean - 350, packets * step / mean + 350);
		if (mean == 1)
			assert_int_equal(chosen, packets * step);
	}
}

/* A packet that is not chosen is counted. */
static void test_one(void **state)
{
	struct vs_skip s, before;

	vs_skip_init(&s, 7, 10);
	for (u64 n = 0; n < 1000; n++) {
		before = s;
		if (vs_skip_passes_over(&s)) {
			vs_skip_one(&s);
			assert_int_equal(vs_skip_due(&before, 1, 10), 0);
		} else {
			assert_int_equal(vs_skip_due(&before, 1, 10), 1);
			s = before;
		}
		assert_memory_equal(&s, &before, sizeof(s));
	}
	assert_int_equal(s.pool, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
