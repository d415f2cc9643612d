/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the database server.
 *
 * Running out of memory ends the process with one message: everything that was
 * acknowledged is on disk, and the service manager starts it again. What peers
 * can make us store is bounded elsewhere (session.h), so this is a last resort.
 *
 * An arena hands out memory that is freed all at once. Everything a transaction
 * computes on its way (datums, symbols, lists of rows) lives in one.
 */
#ifndef VIFDBD_OVSDB_MEM_H
#define VIFDBD_OVSDB_MEM_H

#include <stddef.h>
#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) take_ = (p);                                                         \
		(p) = NULL;                                                                        \
		take_;                                                                             \
	})
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *mem_alloc(size_t n);
void *mem_zalloc(size_t n);
void *mem_realloc(void *p, size_t n);
char *mem_strdup(const char *s);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Room for one more element after n in an array whose capacity is *cap. */
void *mem_grow(void *p, size_t n, size_t *cap, size_t size);

static inline void mem_freep(void *p)
{
	free(*(void **)p);
}

struct arena_block;
struct arena {
	struct arena_block *head;
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

#endif
