// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What changes here is published in an order in which every lookup that runs meanwhile finds
 * what it would find before or after: a flow in a slot, then, if its mask is new, an index that
 * has the hash. A table that is divided anew gets a new index, and the old one stays whole
 * until nobody reads it.
 */
#include "of-index.h"
#include "of-hash.h"
#include "of-order.h"
#include "of-vector.h"

#define HASH_MIN	64	/* flows of a mask that is worth a hash, if masks are many */

struct vs_of_flow *vs_of_index_find(const struct vs_of *of, const struct vs_of_index *index,
				    const struct vs_of_key *key, u64 version)
{
	return vs_of_index_look(of, index, key, version);
}

static void hash_each(const struct vs_of *of, const struct vs_of_hash *h,
		      const struct vs_of_key *key, u64 version, vs_of_visit_fn visit, void *arg)
{
	const struct vs_of_slots *slots = vs_of_look(h->slots);
	u32 at, mask = slots->mask;
	struct vs_of_flow *f;

	for (at = vs_of_hash_of(of, h, key) & mask; (f = vs_of_look(slots->flow[at]));
	     at = (at + 1) & mask)
		if (vs_of_lives(&f->life, version) && vs_of_hash_fits(h, f, key))
			visit(arg, f);
}

void vs_of_index_each(const struct vs_of *of, const struct vs_of_index *index,
		      const struct vs_of_key *key, u64 version, vs_of_visit_fn visit, void *arg)
{
	u32 i;

	for (i = 0; i < index->hash_count; i++)
		hash_each(of, index->hash[i], key, version, visit, arg);
	if (index->vector)
		vs_of_vector_each(index->vector, key, version, visit, arg);
}

static bool same_mask(const struct vifswitch_of_word *a, u32 a_count,
		      const struct vifswitch_of_word *b, u32 b_count)
{
	u32 i;

	if (a_count != b_count)
		return false;
	for (i = 0; i < a_count; i++)
		if (a[i].word != b[i].word || a[i].mask != b[i].mask)
			return false;
	return true;
}

static struct vs_of_hash *hash_for(const struct vs_of_index *index, const struct vs_of_flow *f)
{
	u32 i;

	for (i = 0; index && i < index->hash_count; i++)
		if (same_mask(index->hash[i]->word, index->hash[i]->word_count, f->word,
			      f->word_count))
			return index->hash[i];
	return NULL;
}

/* ---- a table divided anew ---- */

/* A mask and how many flows have it: of those in the order by masks, from first on. */
struct kind {
	u32 first, count;
	bool hashed;
	bool crowded;			/* by flows that match the same: not for a hash */
};

struct division {
	struct vs_of_flow **flows;	/* all of them, by match */
	struct vs_of_flow **rest;	/* those of the vector */
	struct kind *kinds;
	u32 count, kind_count, rest_count;
};

/* What shares a place in the vector with @f: alt may lead to what has one of its own by now. */
static struct vs_of_flow *beside(const struct vs_of_flow *f)
{
	return f->alt && f->alt->in_vector && f->alt->place == f->place ? f->alt : NULL;
}

static u32 collect_hash(const struct vs_of_hash *h, struct vs_of_flow **ret)
{
	u32 i, n = 0;

	for (i = 0; i <= h->slots->mask; i++)
		if (h->slots->flow[i] && h->slots->flow[i] != &vs_of_removed)
			ret[n++] = h->slots->flow[i];
	return n;
}

/* Everything that is in the table, what shares a place in the vector, too. */
static u32 collect(const struct vs_of_index *index, struct vs_of_flow **ret)
{
	struct vs_of_flow *f;
	u32 i, n = 0;

	for (i = 0; index && i < index->hash_count; i++)
		n += collect_hash(index->hash[i], ret + n);
	for (i = 0; index && index->vector && i < index->vector->count; i++)
		for (f = index->vector->flow[i]; f; f = beside(f))
			ret[n++] = f;
	return n;
}

static void find_kinds(struct division *d)
{
	struct kind *k = NULL;
	u32 i, same = 0;

	for (i = 0; i < d->count; i++) {
		if (!i || vs_of_by_mask(d->flows[i - 1], d->flows[i])) {
			k = &d->kinds[d->kind_count++];
			k->first = i;
		}
		k->count++;
		if (!i || vs_of_by_match(d->flows[i - 1], d->flows[i]))
			same = 0;
		same += d->flows[i]->life.until == VS_OF_FOREVER;
		k->crowded |= same > VS_OF_SAME_MAX;
	}
}

/* Which masks get a hash: all if they are few, else the commonest, and what matches anything. */
static void choose_hashes(struct division *d)
{
	u32 i, n, best;

	for (n = 0; n < VS_OF_HASHES; n++) {
		best = d->kind_count;
		for (i = 0; i < d->kind_count; i++)
			if (!d->kinds[i].hashed && !d->kinds[i].crowded &&
			    (best == d->kind_count || d->kinds[i].count > d->kinds[best].count))
				best = i;
		if (best == d->kind_count)
			return;
		if (d->kind_count > VS_OF_HASHES && d->kinds[best].count < HASH_MIN)
			break;
		d->kinds[best].hashed = true;
	}
	if (d->kind_count && !d->flows[d->kinds[0].first]->word_count && !d->kinds[0].crowded)
		d->kinds[0].hashed = true;
}

static void index_free(struct vs_of_index *index, bool later)
{
	u32 i;

	if (!index)
		return;
	for (i = 0; i < index->hash_count; i++)
		vs_of_hash_free(index->hash[i], later);
	vs_of_vector_free(index->vector, later);
	vs_of_put_back(index, later);
}

/* The hashes with the highest priorities first, so that a hit spares the others. */
static void order_hashes(struct vs_of_index *index)
{
	u32 i, j;

	for (i = 1; i < index->hash_count; i++)
		for (j = i; j && index->hash[j]->priority > index->hash[j - 1]->priority; j--) {
			struct vs_of_hash *h = index->hash[j];

			index->hash[j] = index->hash[j - 1];
			index->hash[j - 1] = h;
		}
}

static int make_hashes(const struct division *d, struct vs_of_index *index)
{
	const struct kind *k;

	for (k = d->kinds; k < d->kinds + d->kind_count; k++) {
		if (!k->hashed)
			continue;
		index->hash[index->hash_count] = vs_of_hash_new(d->flows[k->first], k->count);
		if (!index->hash[index->hash_count])
			return -ENOMEM;
		index->hash_count++;
	}
	return 0;
}

/* What ended stays until nobody sees it, beside what came for it. */
static bool too_many(const struct division *d)
{
	u32 i, live = 0;

	for (i = 0; i < d->rest_count; i++)
		live += d->rest[i]->life.until == VS_OF_FOREVER;
	return live > VS_OF_VECTOR_MAX || d->rest_count > 2 * VS_OF_VECTOR_MAX;
}

static int make_vector(struct division *d, struct vs_of_index *index, u64 room)
{
	const struct kind *k;
	bool crowded = false;

	for (k = d->kinds; k < d->kinds + d->kind_count; k++) {
		if (k->hashed)
			continue;
		crowded |= k->crowded;
		memcpy(d->rest + d->rest_count, d->flows + k->first, k->count * sizeof(*d->rest));
		d->rest_count += k->count;
	}
	if (!d->rest_count)
		return 0;
	if (too_many(d))
		return crowded ? -E2BIG : -ENOSPC;
	vs_of_sort(d->rest, d->rest_count, vs_of_by_priority);
	return vs_of_vector_build(d->rest, d->rest_count, room, &index->vector);
}

/* Nothing fails any more: where flows are is said anew. */
static void settle(const struct vs_of *of, const struct division *d, struct vs_of_index *index)
{
	const struct kind *k;
	u32 i, at = 0;

	for (k = d->kinds; k < d->kinds + d->kind_count; k++) {
		if (!k->hashed)
			continue;
		for (i = 0; i < k->count; i++)
			vs_of_hash_put(of, index->hash[at], d->flows[k->first + i]);
		at++;
	}
	for (i = 0; i < d->rest_count; i++) {
		d->rest[i]->in_vector = true;
		d->rest[i]->indexed = true;
		d->rest[i]->place = i;
	}
	order_hashes(index);
}

static int divide(struct division *d, u64 room, struct vs_of_index **ret)
{
	struct vs_of_index *index;
	int rc;

	vs_of_sort(d->flows, d->count, vs_of_by_match);
	find_kinds(d);
	choose_hashes(d);
	index = vs_of_alloc(sizeof(*index) + (VS_OF_HASHES + 1) * sizeof(index->hash[0]));
	if (!index)
		return -ENOMEM;
	rc = make_hashes(d, index);
	if (!rc)
		rc = make_vector(d, index, room);
	if (rc)
		index_free(index, false);
	else
		*ret = index;
	return rc;
}

/*
 * Flows that share a place in the old vector stay linked there for who still reads it, and have
 * places of their own in the new index; alt leads from one to the others in both, which does no
 * harm: they match the same.
 */
static int rebuild(const struct vs_of *of, struct vs_of_table *t, struct vs_of_flow **add,
		   u32 count, u64 room)
{
	u32 all = t->count + count;
	struct vs_of_index *old = t->index, *index = NULL;
	struct division d = {
		.flows = vs_of_alloc(all * sizeof(*d.flows)),
		.rest = vs_of_alloc(all * sizeof(*d.rest)),
		.kinds = vs_of_alloc(all * sizeof(*d.kinds)),
	};
	int rc = -ENOMEM;

	if (d.flows && d.rest && d.kinds) {
		d.count = collect(old, d.flows);
		memcpy(d.flows + d.count, add, count * sizeof(*add));
		d.count += count;
		rc = divide(&d, room, &index);
	}
	if (!rc) {
		settle(of, &d, index);
		t->count = all;
		vs_of_publish(t->index, index);
		index_free(old, true);
	}
	vs_of_free(d.flows);
	vs_of_free(d.rest);
	vs_of_free(d.kinds);
	return rc;
}

/* ---- a few flows ---- */

/* One more hash, for the mask of @f. */
static int add_hash(struct vs_of_table *t, const struct vs_of_flow *f, struct vs_of_hash **ret)
{
	struct vs_of_index *old = t->index, *index;
	u32 count = old ? old->hash_count : 0;

	index = vs_of_alloc(sizeof(*index) + (count + 1) * sizeof(index->hash[0]));
	if (!index)
		return -ENOMEM;
	*ret = vs_of_hash_new(f, 1);
	if (!*ret) {
		vs_of_free(index);
		return -ENOMEM;
	}
	if (old) {
		index->vector = old->vector;
		memcpy(index->hash, old->hash, count * sizeof(index->hash[0]));
	}
	index->hash[count] = *ret;
	index->hash_count = count + 1;
	vs_of_publish(t->index, index);
	vs_of_free_later(old);
	return 0;
}

/* In the place of what it replaces, if that is in the vector and matches the same. */
static bool add_beside(struct vs_of_flow *f)
{
	struct vs_of_flow *was = f->was;

	if (!was || !was->in_vector || !was->indexed || was->priority != f->priority ||
	    vs_of_by_match(f, was))
		return false;
	f->in_vector = true;
	f->indexed = true;
	f->place = was->place;
	f->alt = was->alt;
	vs_of_publish(was->alt, f);
	return true;
}

static int add_one(const struct vs_of *of, struct vs_of_table *t, struct vs_of_flow *f, u64 room)
{
	struct vs_of_hash *h;
	int rc;

	if (add_beside(f)) {
		t->count++;
		return 0;
	}
	h = hash_for(t->index, f);
	if (h ? vs_of_hash_is_full_of(of, h, f) :
		t->index && t->index->hash_count >= VS_OF_NEW_HASHES)
		return rebuild(of, t, &f, 1, room);
	rc = h ? vs_of_hash_reserve(h, 1) : add_hash(t, f, &h);
	if (rc)
		return rc;
	vs_of_hash_put(of, h, f);
	t->count++;
	return 0;
}

/* So many, or of so many new masks, that they had better be put in together? */
static bool are_many(const struct vs_of_table *t, struct vs_of_flow *const *add, u32 count)
{
	u32 i, strange = 0;

	if (count > 64 && count > t->count / 4)
		return true;
	for (i = 0; i < count && strange <= VS_OF_NEW_HASHES; i++)
		strange += !hash_for(t->index, add[i]);
	return strange > VS_OF_NEW_HASHES;
}

int vs_of_index_add(const struct vs_of *of, struct vs_of_table *t, struct vs_of_flow **add,
		    u32 count, u64 room)
{
	u32 i;
	int rc;

	if (are_many(t, add, count))
		return rebuild(of, t, add, count, room);
	for (i = 0; i < count; i++) {
		vs_of_pause();
		rc = add_one(of, t, add[i], room);
		if (rc)
			break;
	}
	if (i == count)
		return 0;
	while (i--)
		vs_of_index_remove(t, add[i]);
	return rc;
}

static void vector_remove(struct vs_of_vector *v, struct vs_of_flow *f)
{
	struct vs_of_flow **at = &v->flow[f->place];

	while (*at && *at != f)
		at = &(*at)->alt;
	if (*at)
		vs_of_publish(*at, beside(f));
}

void vs_of_index_remove(struct vs_of_table *t, struct vs_of_flow *f)
{
	struct vs_of_index *index = t->index;

	if (!f->indexed)
		return;
	if (f->in_vector)
		vector_remove(index->vector, f);
	else
		vs_of_hash_remove(hash_for(index, f), f);
	if (f->was && f->was->alt == f)
		vs_of_publish(f->was->alt, NULL);
	f->indexed = false;
	f->in_vector = false;
	t->count--;
	if (!t->count) {
		vs_of_publish(t->index, NULL);
		index_free(index, true);
	}
}

void vs_of_index_free(struct vs_of_table *t)
{
	index_free(t->index, false);
	t->index = NULL;
}

u64 vs_of_index_memory(const struct vs_of_table *t)
{
	const struct vs_of_index *index = t->index;
	u64 sum = sizeof(*t);
	u32 i;

	if (!index)
		return sum;
	sum += sizeof(*index) + index->hash_count * sizeof(index->hash[0]);
	for (i = 0; i < index->hash_count; i++)
		sum += sizeof(*index->hash[i]) + sizeof(*index->hash[i]->slots) +
		       (index->hash[i]->slots->mask + 1) * sizeof(struct vs_of_flow *);
	return sum + (index->vector ? index->vector->memory : 0);
}

/* Places, those of flows that were taken out, too. */
u32 vs_of_index_in_vector(const struct vs_of_table *t)
{
	return t->index && t->index->vector ? t->index->vector->count : 0;
}
