/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An arena hands out memory that is freed all at once. Everything a transaction
 * computes on its way (datums, symbols, lists of rows) lives in one.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *head;
	size_t size; /* of all blocks */
};
struct arena_mark {
	struct arena_block *block;
	size_t used;
};

void *arena_alloc(struct arena *a, size_t n);
/* Give back all but the first block, which is kept for the next round. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);
struct arena_mark arena_mark(struct arena *a);
void arena_release(struct arena *a, struct arena_mark m);

#endif /* BASE_ARENA_H */
