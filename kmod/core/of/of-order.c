// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-order.h"

int vs_of_by_mask(const struct vs_of_flow *a, const struct vs_of_flow *b)
{
	u32 i;

	if (a->word_count != b->word_count)
		return a->word_count < b->word_count ? -1 : 1;
	for (i = 0; i < a->word_count; i++) {
		if (a->word[i].word != b->word[i].word)
			return a->word[i].word < b->word[i].word ? -1 : 1;
		if (a->word[i].mask != b->word[i].mask)
			return a->word[i].mask < b->word[i].mask ? -1 : 1;
	}
	return 0;
}

int vs_of_by_match(const struct vs_of_flow *a, const struct vs_of_flow *b)
{
	int rc = vs_of_by_mask(a, b);
	u32 i;

	for (i = 0; !rc && i < a->word_count; i++)
		rc = (int)a->word[i].value - (int)b->word[i].value;
	return rc;
}

int vs_of_by_priority(const struct vs_of_flow *a, const struct vs_of_flow *b)
{
	return a->priority == b->priority ? 0 : a->priority > b->priority ? -1 : 1;
}

/* Heap sort: no memory, and no input makes it slow. */
static void sift(struct vs_of_flow **list, u32 at, u32 count, vs_of_order_fn order)
{
	u32 child;

	while ((child = 2 * at + 1) < count) {
		struct vs_of_flow *f = list[at];

		if (child + 1 < count && order(list[child], list[child + 1]) < 0)
			child++;
		if (order(f, list[child]) >= 0)
			return;
		list[at] = list[child];
		list[child] = f;
		at = child;
	}
}

void vs_of_sort(struct vs_of_flow **list, u32 count, vs_of_order_fn order)
{
	u32 i;

	for (i = count / 2; i--;)
		sift(list, i, count, order);
	for (i = count; i-- > 1;) {
		struct vs_of_flow *f = list[0];

		list[0] = list[i];
		list[i] = f;
		sift(list, 0, i, order);
	}
}
