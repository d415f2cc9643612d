// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-ids.h"

static u32 id_place(const struct vs_of *of, u64 id)
{
	return (u32)((id * 0x9e3779b97f4a7c15ULL) >> (64 - of->id_bits));
}

struct vs_of_flow *vs_of_flow_by_id(const struct vs_of *of, u64 id)
{
	struct vs_of_flow *f = of->ids[id_place(of, id)];

	while (f && f->id != id)
		f = f->id_next;
	return f;
}

void vs_of_id_put(struct vs_of *of, struct vs_of_flow *f)
{
	struct vs_of_flow **at = &of->ids[id_place(of, f->id)];

	f->id_next = *at;
	*at = f;
	of->flow_count++;
	of->timed += f->idle || f->hard;
}

void vs_of_id_take(struct vs_of *of, struct vs_of_flow *f)
{
	struct vs_of_flow **at = &of->ids[id_place(of, f->id)];

	while (*at != f)
		at = &(*at)->id_next;
	*at = f->id_next;
	f->id_next = NULL;
	of->flow_count--;
	of->timed -= f->idle || f->hard;
}

/* Twice as many places, if the flows need them; it does without them otherwise. */
void vs_of_ids_grow(struct vs_of *of)
{
	u32 i, old_count = 1U << of->id_bits;
	struct vs_of_flow **old = of->ids, **ids, *f, *next;

	if (of->flow_count < old_count)
		return;
	ids = vs_of_alloc(2 * old_count * sizeof(*ids));
	if (!ids)
		return;
	of->ids = ids;
	of->id_bits++;
	of->flow_count = of->timed = 0;
	of->generation++;
	for (i = 0; i < old_count; i++)
		for (f = old[i]; f; f = next) {
			next = f->id_next;
			vs_of_id_put(of, f);
		}
	vs_of_free(old);
}

struct vs_of_counts vs_of_flow_counts(const struct vs_of_flow *f)
{
	struct vs_of_counts sum = { 0, 0 };

	for (; f; f = f->flags & VIFSWITCH_OF_FLOW_RESET ? NULL : f->was) {
		sum.packets += vs_of_read(&f->counts.packets);
		sum.bytes += vs_of_read(&f->counts.bytes);
	}
	return sum;
}
