/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of pointers: open addressing, linear probing, no tombstones. One
 * word an item. Items that compare equal may be in it more than once.
 */
#ifndef VIFDBD_OVSDB_SLOTS_H
#define VIFDBD_OVSDB_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
	void **v;
	size_t n, cap; /* cap is 0 or a power of two */
	uint32_t (*hash)(const void *item, const void *ctx);
	const void *ctx;
};

void slots_init(struct slots *s, uint32_t (*hash)(const void *, const void *), const void *ctx);
void slots_free(struct slots *s);
/* Make room for n items at once. */
void slots_reserve(struct slots *s, size_t n);
void slots_add(struct slots *s, void *item);
/* Takes out this very item; false if it is not there. */
bool slots_del(struct slots *s, const void *item);
/* Puts another item with the same hash in its place. */
void slots_replace(struct slots *s, const void *old, void *item);
/*
 * All items that may have this hash: size_t at; for (item = slots_first(s, h,
 * &at); item; item = slots_next(s, &at)). The caller compares.
 */
void *slots_first(const struct slots *s, uint32_t hash, size_t *at);
void *slots_next(const struct slots *s, size_t *at);

#endif
