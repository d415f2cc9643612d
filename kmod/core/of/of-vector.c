// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-vector.h"
#include "of-hash.h"

#define VALUES		65536
#define PAGE		256
#define SEEN_BITS	14	/* conditions: twice as many places as flows */
#define SEEN		(1U << SEEN_BITS)
#define NUMBERS		(2 * VALUES)	/* of classes, while they are divided */

static inline const u64 *set_of(const struct vs_of_dim *d, u16 value)
{
	return d->sets + d->classes[d->pages[value >> 8] + (value & (PAGE - 1))];
}

/* What all of its flows ask for alike. */
static inline bool fits_all(const struct vs_of_vector *v, const struct vs_of_key *key)
{
	u32 i;

	for (i = 0; i < v->lane_count; i++)
		if ((key->lane[v->lane[i].at] & v->lane[i].mask) != v->value[i])
			return false;
	return true;
}

static inline struct vs_of_flow *alive(struct vs_of_flow *const *at, u64 version)
{
	struct vs_of_flow *f = vs_of_look(*at);

	while (f && !vs_of_lives(&f->life, version))
		f = vs_of_look(f->alt);
	return f;
}

/* The first that lives of those in the words that @words, of summary number @summary, names. */
static __always_inline struct vs_of_flow *find_in(const struct vs_of_vector *v,
						  const u64 *const *set, u32 summary, u64 words,
						  u64 version)
{
	u32 i;

	for (; words; words &= words - 1) {
		u32 word = summary * 64 + (u32)__builtin_ctzll(words);
		u64 bits = set[0][v->summaries + word];

		for (i = 1; i < v->dim_count && bits; i++)
			bits &= set[i][v->summaries + word];
		for (; bits; bits &= bits - 1) {
			struct vs_of_flow *f = alive(&v->flow[word * 64 +
							      (u32)__builtin_ctzll(bits)], version);

			if (likely(f))
				return f;
		}
	}
	return NULL;
}

struct vs_of_flow *vs_of_vector_find(const struct vs_of_vector *v, const struct vs_of_key *key,
				     u64 version)
{
	const u64 *set[VIFSWITCH_OF_WORDS] __uninitialized;
	struct vs_of_flow *f = NULL;
	u64 words = ~0ULL;
	u32 i, summary;

	if (!fits_all(v, key))
		return NULL;
	for (i = 0; i < v->dim_count; i++) {
		set[i] = set_of(&v->dim[i], key->w[v->dim[i].word]);
		words &= *set[i];
	}
	f = find_in(v, set, 0, words, version);
	for (summary = 1; unlikely(summary < v->summaries) && !f; summary++) {
		for (words = ~0ULL, i = 0; i < v->dim_count; i++)
			words &= set[i][summary];
		f = find_in(v, set, summary, words, version);
	}
	return f;
}

void vs_of_vector_each(const struct vs_of_vector *v, const struct vs_of_key *key, u64 version,
		       void (*visit)(void *arg, struct vs_of_flow *f), void *arg)
{
	const u64 *set[VIFSWITCH_OF_WORDS] __uninitialized;
	struct vs_of_flow *f;
	u32 i, word;

	if (!fits_all(v, key))
		return;
	for (i = 0; i < v->dim_count; i++)
		set[i] = set_of(&v->dim[i], key->w[v->dim[i].word]);
	for (word = 0; word < v->words; word++) {
		u64 bits = ~0ULL;

		for (i = 0; i < v->dim_count && bits; i++)
			bits &= set[i][v->summaries + word];
		for (; bits; bits &= bits - 1) {
			u32 at = word * 64 + (u32)__builtin_ctzll(bits);

			f = at < v->count ? alive(&v->flow[at], version) : NULL;
			if (f)
				visit(arg, f);
		}
	}
}

/* What is needed while one is made. */
struct builder {
	struct vs_of_flow *const *flows;
	u32 count, words, summaries;
	u32 *class;		/* of each value */
	u32 *split;		/* of each class: which new one it got, for this condition */
	u32 *stamp;
	u32 *seen;		/* conditions on the word: mask << 16 | value */
	u32 stamps;
	u32 class_count;
	u64 work;
};

/* So much work is to come. False: it is too much. */
static bool charge(struct builder *b, u64 work)
{
	vs_of_pause();
	b->work += work;
	return b->work <= VS_OF_VECTOR_WORK;
}

/* Values that fit. */
static u32 fits(const struct vifswitch_of_word *w)
{
	u32 count = VALUES, mask;

	for (mask = w->mask; mask; mask &= mask - 1)
		count /= 2;
	return count;
}

static const struct vifswitch_of_word *asks(const struct vs_of_flow *f, u16 word)
{
	u32 i;

	for (i = 0; i < f->word_count && f->word[i].word <= word; i++)
		if (f->word[i].word == word)
			return &f->word[i];
	return NULL;
}

/* The next value that fits, after @at; VALUES behind the last. Bits beside the mask count up. */
static u32 next_fit(const struct vifswitch_of_word *w, u32 at)
{
	u32 next = ((at | w->mask) + 1) & ~(u32)w->mask & 0xffff;

	return next ? next | w->value : VALUES;
}

/*
 * Divides every class into who fits @w and who does not. Whole classes get a new number, too;
 * then the old one is of nobody, and its set is not read.
 */
static void divide(struct builder *b, const struct vifswitch_of_word *w)
{
	u32 v, old;

	b->stamps++;
	for (v = w->value; v < VALUES; v = next_fit(w, v)) {
		old = b->class[v];
		if (b->stamp[old] != b->stamps) {
			b->stamp[old] = b->stamps;
			b->split[old] = b->class_count++;
		}
		b->class[v] = b->split[old];
	}
}

/* Gives the classes that are in use the lowest numbers. */
static void renumber(struct builder *b)
{
	u32 v, count = 0;

	b->stamps++;
	for (v = 0; v < VALUES; v++) {
		u32 old = b->class[v];

		if (b->stamp[old] != b->stamps) {
			b->stamp[old] = b->stamps;
			b->split[old] = count++;
		}
		b->class[v] = b->split[old];
	}
	b->class_count = count;
}

/* A condition divides the classes once, however many flows have it. */
static bool asked_before(struct builder *b, const struct vifswitch_of_word *w)
{
	u32 what = (u32)w->mask << 16 | w->value, at = (what * 0x9e3779b1U) >> (32 - SEEN_BITS);

	while (b->seen[at] && b->seen[at] != what)
		at = (at + 1) & (SEEN - 1);
	if (b->seen[at])
		return true;
	b->seen[at] = what;
	return false;
}

static int classify(struct builder *b, u16 word)
{
	const struct vifswitch_of_word *w;
	u32 i;

	memset(b->class, 0, VALUES * sizeof(*b->class));
	memset(b->stamp, 0, NUMBERS * sizeof(*b->stamp));
	memset(b->seen, 0, SEEN * sizeof(*b->seen));
	b->stamps = 0;
	b->class_count = 1;
	for (i = 0; i < b->count; i++) {
		w = asks(b->flows[i], word);
		if (!w || asked_before(b, w))
			continue;
		/* there are no more classes than values */
		if (b->class_count > NUMBERS - VALUES)
			renumber(b);
		if (!charge(b, fits(w)))
			return -EFBIG;
		divide(b, w);
	}
	renumber(b);
	return 0;
}

/* Pages that are equal are one. *ret_count: how many there are. */
static int paginate(const struct builder *b, struct vs_of_dim *d, u32 *ret_count)
{
	u32 *pages = vs_of_alloc(256 * sizeof(u32)), *classes;
	u32 i, j, count = 0, step = b->summaries + b->words;
	u16 first[256];

	if (!pages)
		return -ENOMEM;
	d->pages = pages;
	for (i = 0; i < 256; i++) {
		for (j = 0; j < count; j++)
			if (!memcmp(b->class + first[j] * PAGE, b->class + i * PAGE,
				    PAGE * sizeof(*b->class)))
				break;
		if (j == count)
			first[count++] = (u16)i;
		pages[i] = j * PAGE;
	}
	classes = vs_of_alloc(count * PAGE * sizeof(u32));
	if (!classes)
		return -ENOMEM;
	d->classes = classes;
	for (i = 0; i < count * PAGE; i++)
		classes[i] = step * b->class[first[i / PAGE] * PAGE + i % PAGE];
	*ret_count = count;
	return 0;
}

static void mark(const struct builder *b, u64 *set, u32 i)
{
	set[i / 4096] |= 1ULL << (i / 64 % 64);
	set[b->summaries + i / 64] |= 1ULL << (i % 64);
}

/* In the set of each class that has a value which fits: by classes or by values. */
static void mark_fitting(const struct builder *b, const struct vifswitch_of_word *w, u64 *sets,
			 u32 i)
{
	size_t step = b->summaries + b->words;
	u32 at, v;

	if (fits(w) <= b->class_count) {
		for (v = w->value; v < VALUES; v = next_fit(w, v))
			mark(b, sets + b->class[v] * step, i);
		return;
	}
	for (at = 0; at < b->class_count; at++)
		if ((b->split[at] & w->mask) == w->value)
			mark(b, sets + at * step, i);
}

/* A flow that does not ask is in each set, one that asks for a value in that value's. */
static int fill(struct builder *b, struct vs_of_dim *d, u64 *sets)
{
	size_t step = b->summaries + b->words;
	const struct vifswitch_of_word *w;
	u32 v, i, at;

	d->sets = sets;
	/* split[class]: a value of it */
	for (v = 0; v < VALUES; v++)
		b->split[b->class[v]] = v;
	for (i = 0; i < b->count; i++)
		if (!asks(b->flows[i], d->word))
			mark(b, sets, i);
	if (!charge(b, b->class_count * step / 8))
		return -EFBIG;
	for (at = 1; at < b->class_count; at++)
		memcpy(sets + at * step, sets, step * sizeof(u64));
	for (i = 0; i < b->count; i++) {
		w = asks(b->flows[i], d->word);
		if (!w)
			continue;
		if (!charge(b, fits(w) < b->class_count ? fits(w) : b->class_count))
			return -EFBIG;
		mark_fitting(b, w, sets, i);
	}
	return 0;
}

static int build_dim(struct builder *b, struct vs_of_vector *v, struct vs_of_dim *d, u64 room)
{
	u32 page_count;
	size_t size;
	u64 *sets;
	int rc;

	rc = classify(b, d->word);
	if (rc)
		return rc;
	size = (size_t)b->class_count * (b->summaries + b->words) * sizeof(u64);
	if (v->memory + size > room)
		return -ENOSPC;
	rc = paginate(b, d, &page_count);
	if (rc)
		return rc;
	sets = vs_of_alloc(size);
	if (!sets)
		return -ENOMEM;
	rc = fill(b, d, sets);
	if (rc)
		return rc;
	v->memory += size + (256 + page_count * PAGE) * sizeof(u32);
	return 0;
}

/* Does every flow ask for the same? */
static bool asked_by_all(struct vs_of_flow *const *flows, u32 count,
			 const struct vifswitch_of_word *first)
{
	u32 i;

	for (i = 1; i < count; i++) {
		const struct vifswitch_of_word *w = asks(flows[i], first->word);

		if (!w || w->mask != first->mask || w->value != first->value)
			return false;
	}
	return true;
}

/* What is no dimension, because every flow asks for it: of words of the first flow. */
static int find_common(struct vs_of_vector *v)
{
	struct vs_of_flow *const first = v->flow[0];
	struct vifswitch_of_word *common;
	u32 i, n = 0;

	common = vs_of_alloc((first->word_count + 1U) * sizeof(*common));
	if (!common)
		return -ENOMEM;
	for (i = 0; i < first->word_count; i++)
		if (asked_by_all(v->flow, v->count, &first->word[i]))
			common[n++] = first->word[i];
	v->lane_count = vs_of_lanes(common, n, v->lane, v->value);
	vs_of_free(common);
	return 0;
}

static bool is_common(const struct vs_of_vector *v, u16 word)
{
	union vs_of_quad mask;
	u32 i;

	for (i = 0; i < v->lane_count; i++) {
		mask.lane = v->lane[i].mask;
		if (v->lane[i].at == word / 4U && mask.w[word % 4])
			return true;
	}
	return false;
}

/* Which words are asked for otherwise, ascending. */
static u32 find_dims(const struct vs_of_vector *v, u16 *ret)
{
	bool used[VIFSWITCH_OF_WORDS] = { false };
	u32 i, j, dims = 0;

	for (i = 0; i < v->count; i++)
		for (j = 0; j < v->flow[i]->word_count; j++)
			used[v->flow[i]->word[j].word] = true;
	for (i = 0; i < VIFSWITCH_OF_WORDS; i++)
		if (used[i] && !is_common(v, (u16)i))
			ret[dims++] = (u16)i;
	/* one dimension there must be */
	if (!dims)
		ret[dims++] = VIFSWITCH_OF_ETH_TYPE;
	return dims;
}

void vs_of_vector_free(struct vs_of_vector *v, bool later)
{
	u32 i;

	if (!v)
		return;
	for (i = 0; v->dim && i < v->dim_count; i++) {
		vs_of_put_back((void *)v->dim[i].pages, later);
		vs_of_put_back((void *)v->dim[i].classes, later);
		vs_of_put_back((void *)v->dim[i].sets, later);
	}
	vs_of_put_back(v->dim, later);
	vs_of_put_back(v, later);
}

static int build(struct builder *b, u64 room, struct vs_of_vector **ret)
{
	u16 words[VIFSWITCH_OF_WORDS];
	struct vs_of_vector *v;
	u32 i;
	int rc = -ENOMEM;

	v = vs_of_alloc(sizeof(*v) + b->count * sizeof(v->flow[0]));
	if (!v)
		return -ENOMEM;
	v->count = b->count;
	v->words = b->words;
	v->summaries = b->summaries;
	v->priority = b->flows[0]->priority;
	v->memory = sizeof(*v) + b->count * sizeof(v->flow[0]);
	memcpy(v->flow, b->flows, b->count * sizeof(v->flow[0]));
	if (find_common(v))
		goto failed;
	v->dim_count = find_dims(v, words);
	v->dim = vs_of_alloc(v->dim_count * sizeof(*v->dim));
	if (!v->dim)
		goto failed;
	for (i = 0; i < v->dim_count; i++) {
		v->dim[i].word = words[i];
		rc = build_dim(b, v, &v->dim[i], room);
		if (rc)
			goto failed;
	}
	*ret = v;
	return 0;

failed:
	vs_of_vector_free(v, false);
	return rc;
}

int vs_of_vector_build(struct vs_of_flow *const *flows, u32 count, u64 room,
		       struct vs_of_vector **ret)
{
	struct builder b = { .flows = flows, .count = count, .words = (count + 63) / 64 };
	int rc = -ENOMEM;

	b.summaries = (b.words + 63) / 64;
	b.class = vs_of_alloc(VALUES * sizeof(*b.class));
	b.split = vs_of_alloc(NUMBERS * sizeof(*b.split));
	b.stamp = vs_of_alloc(NUMBERS * sizeof(*b.stamp));
	b.seen = vs_of_alloc(SEEN * sizeof(*b.seen));
	if (b.class && b.split && b.stamp && b.seen)
		rc = build(&b, room, ret);
	vs_of_free(b.class);
	vs_of_free(b.split);
	vs_of_free(b.stamp);
	vs_of_free(b.seen);
	return rc;
}
