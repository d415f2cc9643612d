// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-hash.h"
#include "of-order.h"

#define BITS_MIN	3

struct vs_of_flow vs_of_removed = { .life = { VS_OF_FOREVER, 0 } };

u32 vs_of_lanes(const struct vifswitch_of_word *word, u32 count, struct vs_of_lane *ret,
		u64 *ret_value)
{
	union vs_of_quad mask = { .lane = 0 }, value = { .lane = 0 };
	u32 i, n = 0;

	for (i = 0; i < count; i++) {
		mask.w[word[i].word % 4] = word[i].mask;
		value.w[word[i].word % 4] = word[i].value;
		if (i + 1 < count && word[i + 1].word / 4 == word[i].word / 4)
			continue;
		if (ret)
			ret[n] = (struct vs_of_lane){ mask.lane, word[i].word / 4U };
		if (ret_value)
			ret_value[n] = value.lane;
		mask.lane = value.lane = 0;
		n++;
	}
	return n;
}

static u32 hash_of_flow(const struct vs_of *of, const struct vs_of_hash *h,
			const struct vs_of_flow *f)
{
	u64 acc = 0;
	u32 i;

	for (i = 0; i < h->lane_count; i++)
		acc = vs_of_mix(of, acc, f->lane[i]);
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
		slots->mask = (1U << bits) - 1;
	return slots;
}

static void slots_put(struct vs_of_slots *slots, struct vs_of_flow *f)
{
	u32 mask = slots->mask, at = f->hash & mask;

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

	if (old && old->used + more <= (old->mask + 1) / 2)
		return 0;
	slots = slots_new(h->count + more);
	if (!slots)
		return -ENOMEM;
	for (i = 0; old && i <= old->mask; i++)
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
	u32 i, lanes = vs_of_lanes(f->word, f->word_count, NULL, NULL);
	struct vs_of_hash *h = vs_of_alloc(sizeof(*h) + lanes * sizeof(h->lane[0]) +
					   f->word_count * sizeof(h->word[0]));
	struct vifswitch_of_word *word;

	if (!h)
		return NULL;
	word = (void *)(h->lane + lanes);
	h->word_count = f->word_count;
	for (i = 0; i < f->word_count; i++)
		word[i] = (struct vifswitch_of_word){ f->word[i].word, 0, f->word[i].mask };
	h->word = word;
	h->lane_count = (u16)vs_of_lanes(word, f->word_count, h->lane, NULL);
	h->slots = slots_new(count);
	if (h->slots)
		return h;
	vs_of_hash_free(h, false);
	return NULL;
}

/* Said before a frame can see @f. */
static void note_mixed(struct vs_of_hash *h, const struct vs_of_flow *f)
{
	const struct vs_of_slots *slots = h->slots;
	const struct vs_of_flow *old;
	u32 at;

	for (at = f->hash & slots->mask; (old = slots->flow[at]); at = (at + 1) & slots->mask)
		if (old != &vs_of_removed && old->hash == f->hash &&
		    old->priority != f->priority && !vs_of_by_match(old, f))
			vs_of_publish(h->mixed, true);
}

void vs_of_hash_put(const struct vs_of *of, struct vs_of_hash *h, struct vs_of_flow *f)
{
	f->in_vector = false;
	f->indexed = true;
	f->hash = hash_of_flow(of, h, f);
	if (f->priority > h->priority)
		vs_of_publish(h->priority, f->priority);
	if (!h->mixed)
		note_mixed(h, f);
	h->count++;
	slots_put(h->slots, f);
}

void vs_of_hash_remove(struct vs_of_hash *h, const struct vs_of_flow *f)
{
	struct vs_of_slots *slots = h->slots;
	u32 mask = slots->mask, at = f->hash & mask;

	while (slots->flow[at] != f)
		at = (at + 1) & mask;
	vs_of_publish(slots->flow[at], &vs_of_removed);
	h->count--;
}

bool vs_of_hash_is_full_of(const struct vs_of *of, const struct vs_of_hash *h,
			   const struct vs_of_flow *f)
{
	u32 hash = hash_of_flow(of, h, f), mask = h->slots->mask, at, count = 0;
	const struct vs_of_flow *old;

	for (at = hash & mask; (old = h->slots->flow[at]); at = (at + 1) & mask)
		count += old != &vs_of_removed && old->hash == hash &&
			 old->life.until == VS_OF_FOREVER && !vs_of_by_match(old, f);
	return count >= VS_OF_SAME_MAX;
}
