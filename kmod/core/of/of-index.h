/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table's flows by their match; of.h says how they are found. */
#ifndef VS_OF_INDEX_H
#define VS_OF_INDEX_H

#include "of-hash.h"
#include "of-vector.h"

static __always_inline u32 vs_of_hash_of(const struct vs_of *of, const struct vs_of_hash *h,
					 const struct vs_of_key *key)
{
	u64 acc = 0;
	u32 i;

	for (i = 0; i < h->lane_count; i++)
		acc = vs_of_mix(of, acc, key->lane[h->lane[i].at] & h->lane[i].mask);
	return vs_of_fold(of, acc);
}

static __always_inline bool vs_of_hash_fits(const struct vs_of_hash *h, const struct vs_of_flow *f,
					    const struct vs_of_key *key)
{
	u32 i;

	for (i = 0; i < h->lane_count; i++)
		if ((key->lane[h->lane[i].at] & h->lane[i].mask) != f->lane[i])
			return false;
	return true;
}

/* Where no two match the same, the first is the one; mixed was said before the second lived. */
static __always_inline struct vs_of_flow *vs_of_hash_find(const struct vs_of *of,
							  const struct vs_of_hash *h,
							  const struct vs_of_key *key, u64 version)
{
	const struct vs_of_slots *slots = vs_of_look(h->slots);
	u32 mask = slots->mask, at = vs_of_hash_of(of, h, key) & mask;
	struct vs_of_flow *f, *best = NULL;

	for (; (f = vs_of_look(slots->flow[at])); at = (at + 1) & mask) {
		if (!vs_of_lives(&f->life, version) || !vs_of_hash_fits(h, f, key))
			continue;
		if (likely(!vs_of_look(h->mixed)))
			return f;
		if (!best || f->priority > best->priority)
			best = f;
	}
	return best;
}

/* As vs_of_index_find(), which is this. */
static __always_inline struct vs_of_flow *vs_of_index_look(const struct vs_of *of,
							   const struct vs_of_index *index,
							   const struct vs_of_key *key,
							   u64 version)
{
	struct vs_of_flow *best = NULL, *f;
	u32 i;

	for (i = 0; i < index->hash_count; i++) {
		const struct vs_of_hash *h = index->hash[i];

		if (best && best->priority >= vs_of_look(h->priority))
			continue;
		f = vs_of_hash_find(of, h, key, version);
		if (f && (!best || f->priority > best->priority))
			best = f;
	}
	if (index->vector && (!best || best->priority < index->vector->priority)) {
		f = vs_of_vector_find(index->vector, key, version);
		if (f && (!best || f->priority > best->priority))
			best = f;
	}
	return best;
}

/* The flow of the highest priority that matches and lives; NULL: none. */
struct vs_of_flow *vs_of_index_find(const struct vs_of *of, const struct vs_of_index *index,
				    const struct vs_of_key *key, u64 version);

/* Has @visit see every flow that matches and lives, in no order. */
typedef void (*vs_of_visit_fn)(void *arg, struct vs_of_flow *f);
void vs_of_index_each(const struct vs_of *of, const struct vs_of_index *index,
		      const struct vs_of_key *key, u64 version, vs_of_visit_fn visit, void *arg);

/*
 * Has the flows of @add, which no frame sees yet, put in. All or nothing: -ENOMEM; -ENOSPC
 * where masks are so many that the table has no form for them, -E2BIG where flows that match the
 * same are, -EFBIG where it would take too long. @room: octets that a bit vector
 * may have.
 */
int vs_of_index_add(const struct vs_of *of, struct vs_of_table *t, struct vs_of_flow **add,
		    u32 count, u64 room);
/* Takes @f out, which no frame can see any more. */
void vs_of_index_remove(struct vs_of_table *t, struct vs_of_flow *f);
/* Of a table that no frame looks at. Its flows are the caller's. */
void vs_of_index_free(struct vs_of_table *t);

u32 vs_of_index_in_vector(const struct vs_of_table *t);

/* Octets that its hashes and vector have. */
u64 vs_of_index_memory(const struct vs_of_table *t);

#endif /* VS_OF_INDEX_H */
