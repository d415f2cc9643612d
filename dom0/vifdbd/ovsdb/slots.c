// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifdbd/ovsdb/slots.h"

void slots_init(struct slots *s, uint32_t (*hash)(const void *, const void *), const void *ctx)
{
	*s = (struct slots){ .hash = hash, .ctx = ctx };
}

void slots_free(struct slots *s)
{
	free(s->v);
	s->v = NULL;
	s->n = s->cap = 0;
}

static void put(struct slots *s, void *item)
{
	size_t i = s->hash(item, s->ctx) & (s->cap - 1);

	while (s->v[i])
		i = (i + 1) & (s->cap - 1);
	s->v[i] = item;
}

static void resize(struct slots *s, size_t cap)
{
	void **old = s->v;
	size_t i, n = s->cap;

	s->v = xzalloc(cap * sizeof(*s->v));
	s->cap = cap;
	for (i = 0; i < n; i++)
		if (old[i])
			put(s, old[i]);
	free(old);
}

void slots_reserve(struct slots *s, size_t n)
{
	size_t cap = s->cap ? s->cap : 8;

	while (n * 4 > cap * 3)
		cap *= 2;
	if (cap > s->cap)
		resize(s, cap);
}

void slots_add(struct slots *s, void *item)
{
	if ((s->n + 1) * 4 > s->cap * 3)
		resize(s, s->cap ? s->cap * 2 : 8);
	put(s, item);
	s->n++;
}

static bool find(const struct slots *s, const void *item, size_t *ret)
{
	size_t i;

	if (!s->cap)
		return false;
	for (i = s->hash(item, s->ctx) & (s->cap - 1); s->v[i]; i = (i + 1) & (s->cap - 1)) {
		if (s->v[i] == item) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* Close the gap, so that no probe that passed over it stops early. */
bool slots_del(struct slots *s, const void *item)
{
	size_t i, j, mask = s->cap - 1;

	if (!find(s, item, &i))
		return false;
	for (j = (i + 1) & mask; s->v[j]; j = (j + 1) & mask) {
		size_t home = s->hash(s->v[j], s->ctx) & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			s->v[i] = s->v[j];
			i = j;
		}
	}
	s->v[i] = NULL;
	s->n--;
	if (s->cap > 64 && s->n * 8 < s->cap)
		resize(s, s->cap / 4);
	return true;
}

void slots_replace(struct slots *s, const void *old, void *item)
{
	size_t i;

	if (find(s, old, &i))
		s->v[i] = item;
}

void *slots_first(const struct slots *s, uint32_t hash, size_t *at)
{
	if (!s->cap)
		return NULL;
	*at = hash & (s->cap - 1);
	return s->v[*at];
}

void *slots_next(const struct slots *s, size_t *at)
{
	*at = (*at + 1) & (s->cap - 1);
	return s->v[*at];
}
