// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of flow tables at their bounds, against a walk over all flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dice.h"
#include "of/of-index.h"
#include "of/of-key.h"
#include "of/of-run.h"
#include "of/of-set.h"

struct world {
	struct dice *d;
	struct vs_of *of;
	uint8_t buffer[16384] __attribute__((aligned(8)));
};

static bool passed(u64 state)
{
	return true;
}

static u64 grace(void)
{
	return 0;
}

static void change(struct world *w, const void *record)
{
	const struct vifswitch_of_record *r = record;
	struct vs_program_error err = { 0 };

	assert_int_equal(vs_of_check(record, r->len, &err), (int)r->len);
	assert_int_equal(vs_of_change(w->of, record, 0, &err), 0);
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->of = vs_of_new(5);
	return w;
}

static void world_free(struct world *w)
{
	vs_of_destroy(w->of);
	free(w);
}

static void commit(struct world *w)
{
	struct vs_program_error err;

	assert_int_equal(vs_of_commit(w->of, grace, &err), 0);
}

/* A flow with a mask that few others have. */
static void put_odd(struct world *w, u64 id, u32 n)
{
	struct vifswitch_of_flow *f = (void *)w->buffer;
	struct vifswitch_of_word *word = (void *)(f + 1);

	memset(w->buffer, 0, sizeof(*f) + 16);
	*f = (struct vifswitch_of_flow){ .id = id, .priority = n, .match_count = 2 };
	word[0].word = VIFSWITCH_OF_ETH_DST + 1;
	word[0].mask = (u16)(0xf000 | (n & 0xff));
	word[1] = (struct vifswitch_of_word){ VIFSWITCH_OF_ETH_DST + 2, (u16)(n & 0xff), 0x0fff };
	word[0].value = (u16)(dice_below(w->d, 0x10000) & word[0].mask);
	f->record.len = (u32)(sizeof(*f) + vs_of_words_size(2));
	f->record.kind = VIFSWITCH_OF_FLOW;
	change(w, f);
}

static const struct vs_of_flow *find_slowly(const struct vs_of *of, const struct vs_of_key *key)
{
	const struct vs_of_flow *f, *best = NULL;

	for (u32 i = 0; i < 1U << of->id_bits; i++)
		for (f = of->ids[i]; f; f = f->id_next) {
			u32 n = 0;

			while (n < f->word_count &&
			       (key->w[f->word[n].word] & f->word[n].mask) == f->word[n].value)
				n++;
			if (n == f->word_count && (!best || f->priority > best->priority))
				best = f;
		}
	return best;
}

static unsigned int look_around(struct world *w)
{
	static struct vs_of_key key;
	unsigned int found = 0;

	for (unsigned int i = 0; i < 20000; i++) {
		const struct vs_of_flow *f;

		key.w[VIFSWITCH_OF_ETH_DST + 1] = (u16)dice_below(w->d, 0x10000);
		key.w[VIFSWITCH_OF_ETH_DST + 2] = (u16)dice_below(w->d, 0x100);
		f = vs_of_index_find(w->of, w->of->table[0]->index, &key, w->of->version);
		if (i % 20 == 0)
			assert_ptr_equal(f, find_slowly(w->of, &key));
		found += f != NULL;
	}
	return found;
}

/* As many flows of many masks as a table may have, and others in their place in one go. */
static void test_full(void **state)
{
	const struct vifswitch_of_record all = { sizeof(all), VIFSWITCH_OF_CLEAR, 0 };
	struct dice d = { .state = 99 };
	struct world *w = calloc(1, sizeof(*w));
	struct vs_program_error err;

	w->d = &d;
	w->of = vs_of_new(5);
	for (u32 round = 0; round < 3; round++) {
		if (round)
			change(w, &all);
		for (u32 n = 0; n < VS_OF_VECTOR_MAX; n++)
			put_odd(w, 10000 * round + n + 1, n);
		assert_int_equal(vs_of_commit(w->of, grace, &err), 0);
		assert_true(look_around(w) > 100);
		vs_of_bury(w->of, passed);
		assert_true(look_around(w) > 100);
	}
	for (u32 n = 0; n < 600; n++)
		put_odd(w, 90000 + n, n);
	assert_int_equal(vs_of_commit(w->of, grace, &err), -ENOSPC);
	vs_of_abort(w->of);
	assert_int_equal(w->of->flow_count, VS_OF_VECTOR_MAX);
	vs_of_destroy(w->of);
	free(w);
}

/* ---- many of one match, and masks that fit many values ---- */

static void put_same(struct world *w, u64 id, u16 value)
{
	struct vifswitch_of_flow *f = (void *)w->buffer;
	struct vifswitch_of_word *word = (void *)(f + 1);

	*f = (struct vifswitch_of_flow){ .id = id, .priority = (u32)id, .match_count = 1 };
	*word = (struct vifswitch_of_word){ VIFSWITCH_OF_ETH_DST + 1, value, 0xffff };
	memset(word + 1, 0, 2);
	f->record.len = (u32)(sizeof(*f) + vs_of_words_size(1));
	f->record.kind = VIFSWITCH_OF_FLOW;
	change(w, f);
}

/* Of what a lookup may have to go through: flows with the same hash in one hash. */
static void assert_short_chains(const struct world *w)
{
	const struct vs_of_index *index = w->of->table[0]->index;

	for (u32 i = 0; i < index->hash_count; i++) {
		const struct vs_of_slots *slots = index->hash[i]->slots;
		u32 same = 0;

		for (u32 at = 0; at < slots->mask + 1; at++)
			same += slots->flow[at] && slots->flow[at]->word_count == 1 &&
				slots->flow[at]->word[0].value == 7;
		assert_true(same <= VS_OF_SAME_MAX);
	}
}

/* A lookup among flows that match the same does not go through all of them. */
static void test_same(void **state)
{
	static struct vs_of_key key;
	struct vs_program_error err;
	struct world *w = world_new();

	key.w[VIFSWITCH_OF_ETH_DST + 1] = 7;
	for (u64 id = 1; id <= 1000; id++) {
		put_same(w, id, 7);
		put_same(w, 10000 + id, (u16)(100 + id));
		if (id > 300 && id % 300)
			continue;
		/* one at a time, then many */
		commit(w);
		assert_short_chains(w);
		assert_int_equal(vs_of_index_find(w->of, w->of->table[0]->index, &key,
						  w->of->version)->id, id);
	}
	commit(w);
	for (u64 id = 20000; id < 40000; id++)
		put_same(w, id, 7);
	assert_int_equal(vs_of_commit(w->of, grace, &err), -ENOSPC);
	assert_string_equal(err.field, "flows that match the same");
	vs_of_abort(w->of);
	assert_short_chains(w);
	assert_int_equal(vs_of_index_find(w->of, w->of->table[0]->index, &key,
					  w->of->version)->id, 1000);
	world_free(w);
}

/* Masks of one bit fit half of all values: a vector of many of them would take seconds. */
static void test_work(void **state)
{
	struct dice d = { .state = 7 };
	struct vs_program_error err;
	struct world *w = world_new();
	struct vifswitch_of_flow *f = (void *)w->buffer;
	struct vifswitch_of_word *word = (void *)(f + 1);

	for (u64 id = 1; id <= 1200; id++) {
		*f = (struct vifswitch_of_flow){ .id = id, .priority = (u32)id, .match_count = 12 };
		for (u32 i = 0; i < f->match_count; i++)
			word[i] = (struct vifswitch_of_word){
				(u16)(VIFSWITCH_OF_IP6_SRC + i), 0, (u16)(1U << dice_below(&d, 16)),
			};
		f->record.len = (u32)(sizeof(*f) + vs_of_words_size(f->match_count));
		f->record.kind = VIFSWITCH_OF_FLOW;
		change(w, f);
	}
	assert_int_equal(vs_of_commit(w->of, grace, &err), -ENOSPC);
	assert_string_equal(err.field, "values that a table's masks fit");
	vs_of_abort(w->of);
	world_free(w);
}

/* ---- steps of one frame ---- */

/* A flow that matches anything, with @count times @op. */
static void put_ops(struct world *w, u16 table, u32 count, struct vifswitch_of_op op)
{
	struct vifswitch_of_flow *f = (void *)w->buffer;
	struct vifswitch_of_op *ops = (void *)(f + 1);

	*f = (struct vifswitch_of_flow){ .id = table + 1U, .table = table };
	for (u32 i = 0; i < count; i++)
		ops[i] = op;
	f->ops_len = (u16)(count * sizeof(op));
	f->record.len = (u32)sizeof(*f) + f->ops_len;
	f->record.kind = VIFSWITCH_OF_FLOW;
	change(w, f);
}

/* Buckets that watch ports which are down, each with a SET. */
static void put_group(struct world *w, u8 type)
{
	struct vifswitch_of_group *g = (void *)w->buffer;
	struct vifswitch_of_bucket *b = (void *)(g + 1);

	*g = (struct vifswitch_of_group){ .id = 1, .type = type,
					  .bucket_count = VIFSWITCH_OF_BUCKETS_MAX };
	for (u32 i = 0; i < g->bucket_count; i++) {
		struct vifswitch_of_op *op = (void *)(b + 1);
		u16 *pair = (u16 *)(op + 1);

		*b = (struct vifswitch_of_bucket){
			.watch_port = 1, .weight = type == VIFSWITCH_OF_GROUP_SELECT, .ops_len = 16,
		};
		*op = (struct vifswitch_of_op){ VIFSWITCH_OF_OP_SET, 2, VIFSWITCH_OF_REG, 1 };
		pair[0] = 1;
		pair[1] = 0xffff;
		pair[2] = pair[3] = 0;
		b = (void *)(op + 2);
	}
	g->record.len = (u32)((u8 *)b - w->buffer);
	g->record.kind = VIFSWITCH_OF_GROUP;
	change(w, g);
}

static unsigned int looked_at;

static bool never_up(const void *world, u32 port)
{
	looked_at++;
	return false;
}

/* How many things the caller is asked for. */
static unsigned int run_through(const struct world *w, struct vs_of_run *run)
{
	unsigned int asked = 0;

	memset(run, 0, sizeof(*run));
	run->up = never_up;
	looked_at = 0;
	vs_of_open(run, w->of, false);
	vs_of_begin(run);
	while (vs_of_step(run) != VS_OF_DONE)
		asked++;
	return asked;
}

/* What a frame can cost does not multiply: RESUBMITs times groups times buckets. */
static void test_steps(void **state)
{
	static const u8 types[] = { VIFSWITCH_OF_GROUP_FULL, VIFSWITCH_OF_GROUP_SELECT,
				    VIFSWITCH_OF_GROUP_FAILOVER };
	static struct vs_of_run run;

	for (u32 i = 0; i < sizeof(types); i++) {
		struct world *w = world_new();

		put_group(w, types[i]);
		put_ops(w, 1, 512, (struct vifswitch_of_op){ VIFSWITCH_OF_OP_GROUP, 1, 0, 1 });
		put_ops(w, 0, 8, (struct vifswitch_of_op){ VIFSWITCH_OF_OP_RESUBMIT, 1, 1, 0 });
		commit(w);
		assert_true(run_through(w, &run) <= 2 * VIFSWITCH_OF_STEPS_MAX);
		assert_true(looked_at <= 2 * VIFSWITCH_OF_STEPS_MAX);
		assert_int_equal(run.reason, VIFSWITCH_DROP_FLOW_LIMIT);
		world_free(w);
	}
}

/* ---- versions ---- */

/*
 * A frame whose key was begun before a flow asked for more words does not see that flow: its
 * key's other words are an earlier frame's.
 */
static void test_version_first(void **state)
{
	static struct vs_of_run run;
	struct world *w = world_new();
	struct vifswitch_of_flow *f = (void *)w->buffer;
	struct vifswitch_of_word *word = (void *)(f + 1);
	const u8 frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x99, 0x99 };
	struct vs_frame parsed;

	run.up = never_up;
	memset(&run.key, 0x77, sizeof(run.key));
	assert_true(vs_frame_parse(&parsed, frame, sizeof(frame), VS_NO_TAG));
	vs_of_open(&run, w->of, false);
	*f = (struct vifswitch_of_flow){ .id = 1, .match_count = 1 };
	*word = (struct vifswitch_of_word){ VIFSWITCH_OF_IP6_SRC, 0x7777, 0xffff };
	f->record.len = (u32)(sizeof(*f) + vs_of_words_size(1));
	f->record.kind = VIFSWITCH_OF_FLOW;
	change(w, f);
	commit(w);
	vs_of_key_read(&run.key, run.needs, frame, sizeof(frame), sizeof(frame), &parsed,
		       VS_NO_TAG, 1);
	vs_of_begin(&run);
	assert_int_equal(vs_of_step(&run), VS_OF_DONE);
	assert_int_equal(run.reason, VIFSWITCH_DROP_FLOW_MISS);

	/* operations of no table may ask for anything */
	memset(&run.key, 0x77, sizeof(run.key));
	vs_of_open(&run, w->of, true);
	vs_of_key_read(&run.key, run.needs, frame, sizeof(frame), sizeof(frame), &parsed,
		       VS_NO_TAG, 1);
	assert_int_equal(run.key.w[VIFSWITCH_OF_IP6_SRC], 0);
	assert_int_equal(run.key.w[VIFSWITCH_OF_WORDS - 1], 0);
	world_free(w);
}

/* ---- labels ---- */

static void parse_frame(const u8 *p, size_t len, struct vs_frame *f)
{
	assert_true(vs_frame_parse(f, p, len, VS_NO_TAG));
}

/* The entry that is put in front, the outer one as a word of the key, and what is set of it. */
static void test_labels(void **state)
{
	u8 ip[60] = { [12] = 8, [14] = 0x45, [17] = 46, [22] = 64, [23] = 17 };
	u8 mpls[60] = { [12] = 0x88, [13] = 0x47, [14] = 0, [15] = 6, [16] = 0x33, [17] = 2 };
	u8 arp[60] = { [12] = 8, [13] = 6 };
	struct vs_of_edit set = { .first = VIFSWITCH_OF_MPLS, .count = 2,
				  .value = { 0, 0x0a00 }, .mask = { 0, 0x0e00 } };
	struct vs_of_key key = { 0 };
	struct vs_frame f;
	bool over;

	parse_frame(ip, 60, &f);
	assert_int_equal(vs_of_label_for(ip, 60, 60, &f), 0x140);
	assert_false(vs_of_edit_frame(&set, ip, 60, 60, &f, 0));
	parse_frame(arp, 60, &f);
	assert_int_equal(vs_of_label_for(arp, 60, 60, &f), 0x100);
	assert_false(vs_of_edit_label_ttl(arp, 60, &f, &over));
	parse_frame(mpls, 60, &f);
	assert_int_equal(vs_of_label_for(mpls, 60, 60, &f), 0x00063202);
	vs_of_key_read(&key, VS_OF_NEEDS_IP | VS_OF_NEEDS_REST, mpls, 60, 60, &f, VS_NO_TAG, 1);
	assert_int_equal(vs_of_get32(&key, VIFSWITCH_OF_MPLS), 0x00063302);
	assert_true(vs_of_edit_frame(&set, mpls, 60, 60, &f, 0));
	assert_int_equal(mpls[16], 0x3b);
	assert_true(vs_of_edit_label_ttl(mpls, 60, &f, &over));
	assert_int_equal(mpls[17], 1);
	assert_false(vs_of_edit_label_ttl(mpls, 60, &f, &over));
	assert_true(over);
	/* cut off in the middle of the entry */
	parse_frame(mpls, 16, &f);
	vs_of_key_read(&key, VS_OF_NEEDS_IP | VS_OF_NEEDS_REST, mpls, 16, 16, &f, VS_NO_TAG, 1);
	assert_int_equal(vs_of_get32(&key, VIFSWITCH_OF_MPLS), 0);
	assert_false(vs_of_edit_frame(&set, mpls, 16, 16, &f, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_version_first),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
