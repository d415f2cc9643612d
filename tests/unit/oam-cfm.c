// SPDX-License-Identifier: GPL-2.0-or-later
/* Continuity check: what an end makes of messages, of silence, and of its own absence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "oam/cfm.h"

#define MS	1000ULL
#define EVERY	100		/* milliseconds between messages */
#define CODE	3

static const uint8_t ours[6] = { 2, 0, 0, 0, 0, 1 }, theirs[6] = { 2, 0, 0, 0, 0, 2 };

/* A message, by default a good one of MPID 2. */
struct said {
	uint16_t mpid;
	bool rdi, own_mac, other_name;
	uint8_t level, interval;
};

static struct cfm_config config_of(size_t expected)
{
	struct cfm_config c;

	memset(&c, 0, sizeof(c));
	c.mpid = 1;
	c.level = 2;
	c.interval = CODE;
	memcpy(c.mac, ours, sizeof(ours));
	assert_true(ccm_maid("ovs", "ovs", c.maid));
	for (size_t i = 0; i < expected; i++)
		c.expected[c.expected_count++] = (uint16_t)(2 + i);
	return c;
}

static void say(struct cfm *cfm, const struct said *said, uint64_t now)
{
	struct ccm ccm = { .level = said->level ?: 2, .rdi = said->rdi, .mpid = said->mpid ?: 2,
			   .interval = said->interval ?: CODE, .seq = 5 };
	uint8_t frame[CFM_FRAME_LEN];

	memcpy(ccm.source, said->own_mac ? ours : theirs, sizeof(ccm.source));
	assert_true(ccm_maid("ovs", said->other_name ? "svo" : "ovs", ccm.maid));
	ccm_format(&ccm, frame);
	cfm_input(cfm, frame, sizeof(frame), now);
}

/* Time goes on to @until; @said comes each interval, if there is one. What went out. */
static unsigned int live(struct cfm *cfm, uint64_t *now, uint64_t until, const struct said *said,
			 struct ccm *ret_last)
{
	unsigned int sent = 0;
	struct ccm ccm;

	while (*now < until) {
		uint64_t next = cfm_next(cfm);

		*now = next < *now ? *now : next < until ? next : until;
		if (cfm_tick(cfm, *now, &ccm)) {
			sent++;
			if (ret_last)
				*ret_last = ccm;
			if (said)
				say(cfm, said, *now);
		}
		assert_true(cfm_next(cfm) > *now);
	}
	return sent;
}

static void words_and_frames(void **state)
{
	static const uint8_t ovs[] = { 4, 3, 'o', 'v', 's', 2, 3, 'o', 'v', 's', 0 };
	static const struct { const char *md, *ma; bool good, plain; } names[] = {
		{ "", "a", true, true }, { "ovs", "ovs", true, true },
		{ "1234567890123456789012", "1234567890123456789012", true, true },
		{ "1234567890123456789012", "12345678901234567890123", false, false },
		{ "a.b-C_9", "", true, true }, { "a b", "c", true, false }, { "a", "$(x)", true, false },
	};
	static const struct { uint64_t ms; uint8_t code; } intervals[] = {
		{ 3, 1 }, { 10, 2 }, { 100, 3 }, { 1000, 4 }, { 10000, 5 }, { 60000, 6 },
		{ 600000, 7 }, { 0, 0 }, { 50, 0 },
	};
	struct ccm in = { .level = 5, .rdi = true, .interval = 4, .seq = 0xfffffffe, .mpid = 8191 };
	struct ccm out;
	static const uint8_t others[][8] = {
		{ 2, 1, 'a', 2, 1, 'b' }, { 4, 1, 'a', 1, 1, 'b' }, { 4, 45, 'a' }, { 4, 255 },
		{ 4, 1, 'a', 2, 44 }, { 4, 1, 'a', 2, 255 }, { 4, 1, 'a', 2, 1, 'b', 0, 7 },
		{ 4, 1, 0, 2, 1, 'b' },
	};
	char md[CFM_NAMES_MAX + 1], ma[CFM_NAMES_MAX + 1];
	uint8_t frame[CFM_FRAME_LEN], maid[CFM_MAID_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(ccm_maid(names[i].md, names[i].ma, maid), names[i].good);
		if (!names[i].good)
			continue;
		assert_int_equal(ccm_names(maid, md, ma), names[i].plain);
		if (names[i].plain) {
			assert_string_equal(md, names[i].md);
			assert_string_equal(ma, names[i].ma);
		}
	}
	/* Other formats, a name that ends behind the end, and something behind the names. */
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		memset(maid, 0, sizeof(maid));
		memcpy(maid, others[i], sizeof(others[i]));
		assert_false(ccm_names(maid, md, ma));
	}
	for (size_t i = 0; i < ARRAY_SIZE(intervals); i++)
		assert_int_equal(ccm_interval_code(intervals[i].ms), intervals[i].code);
	assert_true(ccm_maid("ovs", "ovs", in.maid));
	assert_memory_equal(in.maid, ovs, sizeof(ovs));
	memcpy(in.source, theirs, sizeof(theirs));
	ccm_format(&in, frame);
	assert_int_equal(frame[5], 0x35);
	/* Nobody needs the end TLV; without the last octet before it there is no message. */
	assert_int_equal(ccm_parse(frame, sizeof(frame) - 1, &out), 0);
	assert_memory_equal(in.source, out.source, sizeof(in.source));
	assert_memory_equal(in.maid, out.maid, sizeof(in.maid));
	assert_int_equal(out.level, 5);
	assert_int_equal(out.interval, 4);
	assert_int_equal(out.seq, 0xfffffffe);
	assert_int_equal(out.mpid, 8191);
	assert_true(out.rdi);
	assert_true(ccm_parse(frame, sizeof(frame) - 2, &out) < 0);
	frame[15] = 2;		/* a loopback message */
	assert_true(ccm_parse(frame, sizeof(frame), &out) < 0);
}

/* One kind of message for ten intervals: the faults then, and 4 intervals after the last. */
static void faults(void **state)
{
#define R CFM_BIT(RECV)
	static const struct {
		const char *what;
		struct said said;
		size_t expected;
		uint32_t then, after;
		bool tells;
	} cases[] = {
		{ "good", {}, 0, 0, R, false },
		{ "good, expected", {}, 1, 0, R, false },
		{ "one of two", {}, 2, R, R, true },
		{ "rdi", { .rdi = true }, 0, CFM_BIT(RDI), R, false },
		{ "another name", { .other_name = true }, 0, R | CFM_BIT(MAID), R, true },
		{ "lower level", { .level = 1 }, 0, R | CFM_BIT(LEVEL), R, true },
		{ "higher level", { .level = 3 }, 0, R, R, true },
		{ "our MPID", { .mpid = 1 }, 0, R | CFM_BIT(DUPLICATE), R, true },
		{ "ourselves", { .mpid = 1, .own_mac = true }, 0, R | CFM_BIT(LOOP), R, true },
		{ "unexpected", { .mpid = 9 }, 1, R | CFM_BIT(UNEXPECTED), R, true },
		{ "slower", { .interval = 4 }, 0, CFM_BIT(INTERVAL), R | CFM_BIT(INTERVAL), false },
	};
#undef R

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cfm_config config = config_of(cases[i].expected);
		uint64_t now = 1;
		struct ccm last;
		struct cfm cfm;

		print_message("%s\n", cases[i].what);
		cfm_init(&cfm, &config, now);
		assert_int_equal(live(&cfm, &now, 1000 * MS, &cases[i].said, &last), 10);
		assert_int_equal(cfm.faults, cases[i].then);
		assert_int_equal(last.rdi, cases[i].tells);
		assert_int_equal(last.seq, 10);
		live(&cfm, &now, 1400 * MS, NULL, &last);
		assert_int_equal(cfm.faults, cases[i].after);
		assert_true(last.rdi);
		assert_true(cfm_check(&cfm));
	}
}

/* Three messages may be lost, not four; each change counts; a new process blames nobody. */
static void silence_and_absence(void **state)
{
	const struct cfm_config config = config_of(0);
	const struct cfm_config pair = config_of(2);
	const struct said good = {}, other = { .mpid = 3 };
	uint64_t now = 1, flaps;
	struct cfm cfm, two;

	cfm_init(&cfm, &config, now);
	live(&cfm, &now, 1000 * MS, &good, NULL);
	live(&cfm, &now, 1240 * MS, NULL, NULL);
	assert_int_equal(cfm.faults, 0);
	live(&cfm, &now, 1260 * MS, NULL, NULL);
	assert_int_equal(cfm.faults, CFM_BIT(RECV));
	assert_int_equal(cfm.flaps, 1);
	/* Anybody will do, where nobody is expected. */
	live(&cfm, &now, 2000 * MS, &other, NULL);
	assert_int_equal(cfm.faults, 0);
	assert_int_equal(cfm.flaps, 2);
	cfm_init(&two, &pair, now);
	/* Ten seconds without us. */
	now += 10000 * MS;
	assert_true(cfm_check(&cfm));
	cfm_resume(&cfm, now);
	live(&cfm, &now, now + 300 * MS, NULL, NULL);
	assert_int_equal(cfm.faults, 0);
	live(&cfm, &now, now + 100 * MS, NULL, NULL);
	assert_int_equal(cfm.faults, CFM_BIT(RECV));
	/* What was silent before is no better for it; one that was not has its time. */
	now += 1000 * MS;
	cfm_resume(&cfm, now);
	live(&cfm, &now, now + 10 * MS, NULL, NULL);
	assert_int_equal(cfm.faults, CFM_BIT(RECV));
	live(&two, &now, now + 500 * MS, &good, NULL);
	assert_int_equal(two.faults, CFM_BIT(RECV));
	flaps = two.flaps;
	now += 10000 * MS;
	cfm_resume(&two, now);
	live(&two, &now, now + 340 * MS, NULL, NULL);
	assert_true(two.remotes[0].alive);
	assert_int_equal(two.faults, CFM_BIT(RECV));
	live(&two, &now, now + 20 * MS, NULL, NULL);
	assert_false(two.remotes[0].alive);
	assert_int_equal(two.flaps, flaps);
	/* What is late is not made up for. */
	now += 5000 * MS;
	assert_in_range(live(&cfm, &now, now + 300 * MS, NULL, NULL), 3, 4);
}

static void health_and_bounds(void **state)
{
	const struct cfm_config config = config_of(0);
	const struct said good = {};
	uint64_t now = 1;
	struct cfm cfm;

	cfm_init(&cfm, &config, now);
	assert_int_equal(cfm_health(&cfm), CFM_HEALTH_UNKNOWN);
	live(&cfm, &now, 6500 * MS, &good, NULL);
	assert_int_equal(cfm_health(&cfm), 100);
	live(&cfm, &now, 8401 * MS, NULL, NULL);
	assert_in_range(cfm_health(&cfm), 5, 20);
	/* As many as there is room for; who is silent makes room. */
	for (uint16_t n = 0; n < CFM_REMOTES_MAX + 1; n++)
		say(&cfm, &(struct said){ .mpid = 100 + n }, now);
	assert_int_equal(cfm.remote_count, CFM_REMOTES_MAX);
	say(&cfm, &(struct said){ .mpid = 500 }, now);
	assert_true(cfm.faults & CFM_BIT(OVERFLOW));
	live(&cfm, &now, now + 400 * MS, NULL, NULL);
	say(&cfm, &(struct said){ .mpid = 500 }, now);
	assert_int_equal(cfm.faults, 0);
}

static void configuration(void **state)
{
	struct cfm_config config = config_of(1);
	const struct said good = {};
	uint64_t now = 1;
	uint32_t seq;
	struct cfm cfm;

	cfm_init(&cfm, &config, now);
	live(&cfm, &now, 1000 * MS, &good, NULL);
	seq = cfm.seq;
	cfm_configure(&cfm, &config, now);
	assert_true(cfm.remotes[0].alive);
	config.mpid = 7;
	cfm_configure(&cfm, &config, now);
	assert_false(cfm.remotes[0].alive);
	assert_int_equal(cfm.seq, seq);
	cfm.remote_count = CFM_REMOTES_MAX + 1;
	assert_false(cfm_check(&cfm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_frames), cmocka_unit_test(faults),
		cmocka_unit_test(silence_and_absence), cmocka_unit_test(health_and_bounds),
		cmocka_unit_test(configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
