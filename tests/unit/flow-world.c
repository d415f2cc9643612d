// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of flows against a plain model: the sums of each key. Whatever the order, what is
 * in the table, what made room and what was told add up to the same.
 */
#include <stdlib.h>

#include "flow-world.h"
#include "flow.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

#define SETS	4
#define KEYS	64

struct sums {
	u64 packets, octets, octets_l3, frames;
};

struct world {
	struct vs_flow set[SETS][VS_FLOW_WAYS];
	struct vs_flow_rest rest;
	struct sums model[KEYS];	/* of a key, all */
	struct sums told[KEYS];		/* of a key, in records; the rest is in the rest */
	u64 secret[VS_FLOW_SECRETS];
	u32 now;
};

static bool is_ip4(unsigned int n)
{
	return n % 4 != 0;
}

/* Key @n: the reason and whether it was accepted follow from it. */
static void key_of(unsigned int n, u64 *words)
{
	u32 flags = n & 1 ? VIFSWITCH_FLOW_ACCEPTED : 0;

	memset(words, 0, VS_FLOW_WORDS * sizeof(*words));
	words[0] = vs_flow_word0(n, 100, flags | VIFSWITCH_FLOW_IP) | n % VIFSWITCH_DROP_COUNT;
	words[1] = vs_flow_word1(n % 3, is_ip4(n), (u8)n, VS_PROTO_UDP);
	words[2] = n * 0x1000193ULL;
	if (n % 4 == 0)
		words[5] = n;
}

static unsigned int number_of(const struct vs_flow *f)
{
	return (unsigned int)(f->word[0] >> 32);
}

static void add(struct sums *s, u64 packets, u64 octets, u64 octets_l3, u64 frames)
{
	s->packets += packets;
	s->octets += octets;
	s->octets_l3 += octets_l3;
	s->frames += frames;
}

static void tell(struct world *w, struct vs_flow *f, enum vifswitch_flow_end end)
{
	struct vifswitch_flow told;

	vs_flow_tell(f, end, &told);
	CHECK(told.tos == number_of(f));
	CHECK(told.reason == number_of(f) % VIFSWITCH_DROP_COUNT);
	CHECK(told.to == number_of(f) % 3);
	CHECK(told.end == end);
	add(&w->told[number_of(f)], told.packets, told.octets, told.octets_l3, told.frames);
	vs_flow_clear(f);
}

static struct vs_flow *find(struct world *w, unsigned int n, const u64 *words,
			    struct vs_flow **ret_set)
{
	u64 hash = vs_flow_hash(w->secret, words, is_ip4(n));

	*ret_set = w->set[hash >> 62];
	if (is_ip4(n))
		return vs_flow_is(*ret_set, words, true) ? *ret_set :
		       vs_flow_find_other(*ret_set, words, true);
	return vs_flow_is(*ret_set, words, false) ? *ret_set :
	       vs_flow_find_other(*ret_set, words, false);
}

static void frame(struct world *w, unsigned int n, u32 packets, u32 octets, bool keep)
{
	struct vs_flow_part part = {
		.packets = packets, .octets = octets, .octets_l3 = octets / 2,
		.tcp_flags = (u8)n,
	};
	u64 words[VS_FLOW_WORDS];
	struct vs_flow *set, *f;

	key_of(n, words);
	f = find(w, n, words, &set);
	if (!f) {
		f = vs_flow_place(set, w->now);
		CHECK(f >= set && f < set + VS_FLOW_WAYS);
		if (f->frames && keep)
			tell(w, f, VIFSWITCH_FLOW_END_RESOURCES);
		else if (f->frames)
			vs_flow_fold(&w->rest, f);
		vs_flow_begin(f, words, &part, w->now, n, n + 1, is_ip4(n));
	} else {
		vs_flow_add(f, &part, w->now);
	}
	CHECK(find(w, n, words, &set) == f);
	add(&w->model[n], packets, octets, octets / 2, 1);
}

static void sweep(struct world *w, u32 idle, u32 active)
{
	for (unsigned int i = 0; i < SETS * VS_FLOW_WAYS; i++) {
		struct vs_flow *f = &w->set[i / VS_FLOW_WAYS][i % VS_FLOW_WAYS];
		enum vifswitch_flow_end end = vs_flow_ended(f, w->now, idle, active);

		if (end)
			tell(w, f, end);
	}
}

static void compare(struct world *w)
{
	struct sums missing[2][VIFSWITCH_DROP_COUNT] = { 0 };

	for (unsigned int n = 0; n < KEYS; n++) {
		struct sums *m = &missing[n & 1][n % VIFSWITCH_DROP_COUNT];

		CHECK(w->told[n].packets <= w->model[n].packets);
		add(m, w->model[n].packets - w->told[n].packets,
		    w->model[n].octets - w->told[n].octets,
		    w->model[n].octets_l3 - w->told[n].octets_l3,
		    w->model[n].frames - w->told[n].frames);
	}
	for (unsigned int i = 0; i < 2 * VIFSWITCH_DROP_COUNT; i++) {
		unsigned int accepted = i / VIFSWITCH_DROP_COUNT;
		unsigned int reason = i % VIFSWITCH_DROP_COUNT;
		const struct vs_flow_sum *sum = &w->rest.sum[accepted][reason];
		const struct sums *m = &missing[accepted][reason];
		struct vifswitch_flow told;

		CHECK(sum->packets == m->packets);
		CHECK(sum->octets == m->octets);
		CHECK(sum->octets_l3 == m->octets_l3);
		CHECK(sum->frames == m->frames);
		if (!sum->packets)
			continue;
		vs_flow_tell_rest(sum, accepted, reason, &told);
		CHECK(told.packets == m->packets);
		CHECK(told.reason == reason);
		CHECK((s32)(sum->last - sum->first) >= 0);
	}
}

/* Ticks wrap on the way. */
void flow_world_run(struct dice *dice, unsigned int steps)
{
	struct world w = {
		.now = (u32)-500,
	};

	for (unsigned int i = 0; i < VS_FLOW_SECRETS; i++)
		w.secret[i] = dice_below(dice, 1U << 31) * 0x9e3779b97f4a7c15ULL;
	while (steps-- && (dice->state || dice->left)) {
		unsigned int n = 1 + dice_below(dice, KEYS - 1);

		w.now += dice_below(dice, 3);
		frame(&w, n, 1 + dice_below(dice, 40), 60 + dice_below(dice, 9000),
		      dice_below(dice, 2));
		if (one_in(dice, 50))
			sweep(&w, 5, 100);
	}
	sweep(&w, 0, 0);
	for (unsigned int i = 0; i < SETS * VS_FLOW_WAYS; i++)
		CHECK(!w.set[i / VS_FLOW_WAYS][i % VS_FLOW_WAYS].frames);
	compare(&w);
}
