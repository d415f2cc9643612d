// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policydb/uuid-set.h"

int uuid_set_add(struct uuid_set *s, const uint8_t uuid[16])
{
	size_t size = s->size ? 2 * s->size : 16;

	if (s->n == s->size) {
		void *v = realloc(s->v, size * sizeof(*s->v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->size = size;
	}
	memcpy(s->v[s->n++], uuid, sizeof(*s->v));
	return 0;
}

int uuid_set_add_all(struct uuid_set *s, const struct uuid_set *other)
{
	int r = 0;

	for (size_t i = 0; i < other->n && r == 0; i++)
		r = uuid_set_add(s, other->v[i]);
	return r;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

void uuid_set_seal(struct uuid_set *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), compare);
	for (size_t i = 0; i < s->n; i++) {
		if (n && compare(s->v[n - 1], s->v[i]) == 0)
			continue;
		memmove(s->v[n++], s->v[i], sizeof(*s->v));
	}
	s->n = n;
}

bool uuid_set_has(const struct uuid_set *s, const uint8_t uuid[16])
{
	return s->n && bsearch(uuid, s->v, s->n, sizeof(*s->v), compare);
}

bool uuid_set_equal(const struct uuid_set *a, const struct uuid_set *b)
{
	return a->n == b->n && (!a->n || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

void uuid_set_deinit(struct uuid_set *s)
{
	free(s->v);
	*s = (struct uuid_set){};
}
