// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"

#define ARENA_BLOCK 16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->head;
	void *p;

	n = (n + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!b || b->size - b->used < n) {
		size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;

		b = xmalloc(sizeof(*b) + size);
		b->next = a->head;
		b->used = 0;
		b->size = size;
		a->size += size;
		a->head = b;
	}
	p = (char *)b->data + b->used;
	b->used += n;
	return p;
}

struct arena_mark arena_mark(struct arena *a)
{
	return (struct arena_mark){ a->head, a->head ? a->head->used : 0 };
}

void arena_release(struct arena *a, struct arena_mark m)
{
	while (a->head != m.block) {
		struct arena_block *b = a->head;

		a->head = b->next;
		a->size -= b->size;
		free(b);
	}
	if (a->head)
		a->head->used = m.used;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b;

	while (a->head && (a->head->next || a->head->size > ARENA_BLOCK)) {
		b = a->head;
		a->head = b->next;
		a->size -= b->size;
		free(b);
	}
	if (a->head)
		a->head->used = 0;
}

void arena_free(struct arena *a)
{
	arena_release(a, (struct arena_mark){ NULL, 0 });
}
