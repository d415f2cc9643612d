// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-hash.h"
#include "of-order.h"

#define BITS_MIN	3

struct vs_of_flow vs_of_removed;

static u32 hash_of_flow(const struct vs_of *of, const struct vs_of_flow *f)
{
	u64 acc = 0;
	u32 i;

	for (i = 0; i < f->word_count; i++)
		acc = vs_of_mix(of, acc, f->word[i].value);
	return vs_of_fold(of, acc);
}

static struct vs_of_slots *slots_new(u32 count)
{
	u32 bits = BITS_MIN;
	struct vs_of_slots *slots;

	while (1U << bits < 3 * count)
		bits++;
	slots = vs_of_alloc(sizeof(*slots) + (sizeof(slots->flow[0]) << bits));
	if (slots)
		slots->bits = bits;
	return slots;
}

static void slots_put(struct vs_of_slots *slots, struct vs_of_flow *f)
{
	u32 mask = (1U << slots->bits) - 1, at = f->hash & mask;

	while (slots->flow[at] && slots->flow[at] != &vs_of_removed)
		at = (at + 1) & mask;
	if (!slots->flow[at])
		slots->used++;
	vs_of_publish(slots->flow[at], f);
}

int vs_of_hash_reserve(struct vs_of_hash *h, u32 more)
{
	struct vs_of_slots *old = h->slots, *slots;
	u32 i;

	if (old && old->used + more <= 1U << (old->bits - 1))
		return 0;
	slots = slots_new(h->count + more);
	if (!slots)
		return -ENOMEM;
	for (i = 0; old && i < 1U << old->bits; i++)
		if (old->flow[i] && old->flow[i] != &vs_of_removed)
			slots_put(slots, old->flow[i]);
	vs_of_publish(h->slots, slots);
	vs_of_free_later(old);
	return 0;
}

void vs_of_hash_free(struct vs_of_hash *h, bool later)
{
	if (!h)
		return;
	vs_of_put_back(h->slots, later);
	vs_of_put_back(h, later);
}

struct vs_of_hash *vs_of_hash_new(const struct vs_of_flow *f, u32 count)
{
	struct vs_of_hash *h = vs_of_alloc(sizeof(*h) + f->word_count * sizeof(h->word[0]));
	u32 i;

	if (!h)
		return NULL;
	h->word_count = f->word_count;
	for (i = 0; i < f->word_count; i++)
		h->word[i] = (struct vifswitch_of_word){ f->word[i].word, 0, f->word[i].mask };
	h->slots = slots_new(count);
	if (h->slots)
		return h;
	vs_of_hash_free(h, false);
	return NULL;
}

void vs_of_hash_put(const struct vs_of *of, struct vs_of_hash *h, struct vs_of_flow *f)
{
	f->in_vector = false;
	f->indexed = true;
	f->hash = hash_of_flow(of, f);
	if (f->priority > h->priority)
		vs_of_publish(h->priority, f->priority);
	h->count++;
	slots_put(h->slots, f);
}

void vs_of_hash_remove(struct vs_of_hash *h, const struct vs_of_flow *f)
{
	struct vs_of_slots *slots = h->slots;
	u32 mask = (1U << slots->bits) - 1, at = f->hash & mask;

	while (slots->flow[at] != f)
		at = (at + 1) & mask;
	vs_of_publish(slots->flow[at], &vs_of_removed);
	h->count--;
}

bool vs_of_hash_is_full_of(const struct vs_of *of, const struct vs_of_hash *h,
			   const struct vs_of_flow *f)
{
	u32 hash = hash_of_flow(of, f), mask = (1U << h->slots->bits) - 1, at, count = 0;
	const struct vs_of_flow *old;

	for (at = hash & mask; (old = h->slots->flow[at]); at = (at + 1) & mask)
		count += old != &vs_of_removed && old->hash == hash &&
			 old->life.until == VS_OF_FOREVER && !vs_of_by_match(old, f);
	return count >= VS_OF_SAME_MAX;
}
