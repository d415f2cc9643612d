// SPDX-License-Identifier: GPL-2.0-or-later
/* BFD: the machine's table of RFC 5880, its times, and two machines with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "oam/bfd.h"

#define MS	1000ULL

static struct bfd_config config_of(uint8_t me, uint32_t ms)
{
	struct bfd_config c;

	memset(&c, 0, sizeof(c));
	c.min_tx = c.min_rx = ms * 1000;
	c.mult = 3;
	memcpy(c.src, (uint8_t[]){ 10, 0, 0, me }, 4);
	memcpy(c.dst, (uint8_t[]){ 10, 0, 0, 3 - me }, 4);
	memcpy(c.mac, (uint8_t[]){ 2, 0, 0, 0, 0, me }, 6);
	return c;
}

static struct bfd_frame packet(uint8_t state)
{
	struct bfd_frame f = {
		.control = { .state = state, .mult = 3, .my_disc = 9, .your_disc = 7,
			     .min_tx = 100000, .min_rx = 100000 },
		.src = { 10, 0, 0, 2 }, .dst = { 10, 0, 0, 1 }, .src_mac = { 2, 0, 0, 0, 0, 2 },
		.src_port = 50000,
	};

	return f;
}

static void input(struct bfd *bfd, const struct bfd_frame *f, uint64_t now)
{
	uint8_t frame[BFD_FRAME_LEN];

	bfd_frame_format(f, frame);
	bfd_input(bfd, frame, sizeof(frame), now);
}

static void states(void **state)
{
	static const struct { uint8_t was, told, is, diag; } cases[] = {
		{ BFD_DOWN, BFD_ADMIN_DOWN, BFD_DOWN, 0 }, { BFD_DOWN, BFD_DOWN, BFD_INIT, 0 },
		{ BFD_DOWN, BFD_INIT, BFD_UP, 0 }, { BFD_DOWN, BFD_UP, BFD_DOWN, 0 },
		{ BFD_INIT, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOUR },
		{ BFD_INIT, BFD_DOWN, BFD_INIT, 0 }, { BFD_INIT, BFD_INIT, BFD_UP, 0 },
		{ BFD_INIT, BFD_UP, BFD_UP, 0 },
		{ BFD_UP, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOUR },
		{ BFD_UP, BFD_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOUR },
		{ BFD_UP, BFD_INIT, BFD_UP, 0 }, { BFD_UP, BFD_UP, BFD_UP, 0 },
	};
	const struct bfd_config config = config_of(1, 100);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bfd_frame f = packet(cases[i].told);
		struct bfd bfd;

		bfd_init(&bfd, &config, 7, 0);
		bfd.state = cases[i].was;
		input(&bfd, &f, 1);
		print_message("%s hears %s\n", bfd_state_word(cases[i].was), bfd_state_word(cases[i].told));
		assert_int_equal(bfd.state, cases[i].is);
		assert_int_equal(bfd.diag, cases[i].diag);
		assert_int_equal(bfd.flaps, (cases[i].was == BFD_UP) != (cases[i].is == BFD_UP));
	}
}

/* An octet changed somewhere in a packet that would bring the session up. */
static void refused(void **state)
{
	static const struct { size_t at; uint8_t value; const char *what, *word; } cases[] = {
		{ 12, 0x86, "no IPv4", NULL }, { 14, 0x46, "options", NULL }, { 22, 254, "a router between", NULL },
		{ 23, 6, "TCP", NULL }, { 24, 1, "checksum of IP", NULL }, { 20, 0x20, "a fragment", NULL },
		{ 36, 1, "another port", NULL }, { 39, 20, "short for UDP", NULL }, { 42, 2 << 5, "version", NULL },
		{ 43, BFD_INIT << 6 | 4, "authentication", "authenticated" }, { 43, BFD_INIT << 6 | 1, "multipoint", NULL },
		{ 44, 0, "no multiplier", NULL }, { 45, 23, "short", NULL }, { 45, 25, "longer than UDP's", NULL },
		{ 49, 0, "no discriminator", NULL }, { 53, 8, "another's discriminator", "session" },
		{ 53, 0, "none of ours though it is in init", NULL },
	};
	const struct bfd_config config = config_of(1, 100);
	struct bfd_frame f = packet(BFD_INIT);
	uint8_t frame[BFD_FRAME_LEN];
	struct bfd bfd;

	bfd_frame_format(&f, frame);
	bfd_init(&bfd, &config, 7, 0);
	bfd_input(&bfd, frame, sizeof(frame) - 1, 1);
	assert_int_equal(bfd.bad, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t was = frame[cases[i].at];

		print_message("%s\n", cases[i].what);
		frame[cases[i].at] = cases[i].value;
		bfd_input(&bfd, frame, sizeof(frame), 1);
		assert_int_equal(bfd.bad, i + 2);
		assert_string_equal(bfd_refusal_word(&bfd), cases[i].word ?: "malformed");
		assert_int_equal(bfd.state, BFD_DOWN);
		frame[cases[i].at] = was;
	}
	bfd_input(&bfd, frame, sizeof(frame), 1);
	assert_int_equal(bfd.state, BFD_UP);
	assert_string_equal(bfd_refusal_word(&bfd), "");
}

/* Who does not know our number yet is known by its address. */
static void by_address(void **state)
{
	struct bfd_config config = config_of(1, 100);
	struct bfd_frame f = packet(BFD_DOWN);
	struct bfd bfd;

	f.control.your_disc = 0;
	f.src[3] = 9;
	for (uint32_t any = 0; any < 2; any++) {
		config.any_peer = any;
		bfd_init(&bfd, &config, 7, 0);
		input(&bfd, &f, 1);
		assert_int_equal(bfd.state, any ? BFD_INIT : BFD_DOWN);
		assert_string_equal(bfd_refusal_word(&bfd), any ? "" : "address");
	}
}

struct pair {
	struct bfd a, b;
	uint64_t now;
	unsigned int sent_a, sent_b, polls;
	bool cut_ab, cut_ba;
};

static void carry(struct pair *p, struct bfd *from, struct bfd *to, bool cut, unsigned int *sent)
{
	struct bfd_frame f;

	while (bfd_tick(from, p->now, &f)) {
		(*sent)++;
		p->polls += f.control.poll;
		assert_false(f.control.poll && f.control.final);
		if (!cut)
			input(to, &f, p->now);
	}
}

static void live(struct pair *p, uint64_t us)
{
	uint64_t until = p->now + us;

	while (p->now < until) {
		uint64_t a = bfd_next(&p->a), b = bfd_next(&p->b), next = a < b ? a : b;

		p->now = next > until ? until : next > p->now ? next : p->now;
		carry(p, &p->a, &p->b, p->cut_ab, &p->sent_a);
		carry(p, &p->b, &p->a, p->cut_ba, &p->sent_b);
	}
}

static struct pair pair_of(uint32_t a_ms, uint32_t b_ms)
{
	const struct bfd_config a = config_of(1, a_ms), b = config_of(2, b_ms);
	struct pair p = { .now = 1000 };

	bfd_init(&p.a, &a, 7, p.now);
	bfd_init(&p.b, &b, 9, p.now);
	return p;
}

static void both_up(struct pair *p)
{
	live(p, 5000 * MS);
	assert_int_equal(p->a.state, BFD_UP);
	assert_int_equal(p->b.state, BFD_UP);
	assert_false(p->a.polling || p->b.polling);
	p->sent_a = p->sent_b = p->polls = 0;
}

/* Slowly until they are up, then as both can: the slower of what one sends and the other takes. */
static void two_come_up(void **state)
{
	struct pair p = pair_of(50, 200);

	both_up(&p);
	assert_int_equal(bfd_patience_us(&p.a), 600 * MS);
	live(&p, 20000 * MS);
	/* Between 75 and 100 % of 200 ms. */
	assert_in_range(p.sent_a, 100, 134);
	assert_in_range(p.sent_b, 100, 134);
	assert_int_equal(p.polls, 0);
	assert_memory_equal(p.a.peer_mac, p.b.config.mac, 6);
}

static void loss(void **state)
{
	struct pair p = pair_of(100, 100);

	both_up(&p);
	p.cut_ba = true;
	live(&p, 290 * MS);
	live(&p, 200 * MS);
	assert_int_equal(p.a.state, BFD_DOWN);
	assert_int_equal(p.a.diag, BFD_DIAG_TIMEOUT);
	/* It hears that it is not heard. */
	live(&p, 1100 * MS);
	assert_int_equal(p.b.state, BFD_INIT == p.b.state ? BFD_INIT : BFD_DOWN);
	assert_int_equal(p.b.flaps, 2);
	p.cut_ba = false;
	both_up(&p);
	assert_int_equal(p.a.flaps, 3);
}

/* Its last packet says that it is meant; another process goes on where one was killed. */
static void end_and_absence(void **state)
{
	struct pair p = pair_of(100, 100);
	struct bfd_frame f;

	both_up(&p);
	/* 200 ms without us: within the other's patience. */
	p.now += 200 * MS;
	assert_true(bfd_check(&p.a));
	bfd_resume(&p.a, p.now);
	live(&p, 2000 * MS);
	assert_int_equal(p.a.flaps + p.b.flaps, 2);
	bfd_end(&p.a, &f);
	input(&p.b, &f, p.now);
	assert_int_equal(p.b.state, BFD_DOWN);
	assert_int_equal(p.b.remote_diag, BFD_DIAG_ADMIN);
}

/* Slower only once the other has agreed, and nobody goes down for it. */
static void times_change(void **state)
{
	struct pair p = pair_of(100, 100);
	struct bfd_config slower = config_of(1, 400), other = config_of(1, 400);

	both_up(&p);
	p.cut_ba = p.cut_ab = true;
	bfd_configure(&p.a, &slower, p.now);
	live(&p, 90 * MS);
	assert_int_equal(p.a.used_tx, 100 * MS);
	p.cut_ba = p.cut_ab = false;
	live(&p, 2000 * MS);
	assert_int_equal(p.a.used_tx, 400 * MS);
	assert_true(p.polls > 0);
	assert_int_equal(bfd_patience_us(&p.b), 1200 * MS);
	bfd_configure(&p.a, &(struct bfd_config){ .mult = 0 }, p.now);
	assert_false(bfd_check(&p.a));
	bfd_configure(&p.a, &other, p.now);
	assert_int_equal(p.a.state, BFD_DOWN);
}

/* Where it takes none, or demands them, it gets none. */
static void quiet(void **state)
{
	const struct bfd_config config = config_of(1, 100);
	struct bfd_frame f = packet(BFD_INIT), out;
	struct bfd bfd;

	for (int demand = 0; demand < 2; demand++) {
		bfd_init(&bfd, &config, 7, 0);
		f.control.demand = demand;
		f.control.min_rx = demand ? 100000 : 0;
		f.control.state = BFD_INIT;
		input(&bfd, &f, 1);
		f.control.state = BFD_UP;
		f.control.final = true;
		input(&bfd, &f, 2);
		assert_int_equal(bfd.state, BFD_UP);
		assert_false(bfd_tick(&bfd, bfd.send_at, &out));
		assert_true(bfd_next(&bfd) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states), cmocka_unit_test(refused),
		cmocka_unit_test(by_address), cmocka_unit_test(two_come_up),
		cmocka_unit_test(loss), cmocka_unit_test(end_and_absence),
		cmocka_unit_test(times_change), cmocka_unit_test(quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
