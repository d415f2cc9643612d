// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of flow tables at their bounds, against a walk over all flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dice.h"
#include "of/of-index.h"
#include "of/of-key.h"
#include "of/of-set.h"

struct world {
	struct dice *d;
	struct vs_of *of;
	uint8_t buffer[256] __attribute__((aligned(8)));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
