/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map from 64-bit numbers to pointers that are not NULL. Owns its slots,
 * not the values. Do not add or remove inside map_for_each().
 */
#ifndef VIFSWITCH_MAP_H
#define VIFSWITCH_MAP_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key;
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t size;		/* a power of two, or 0 */
	size_t count;
};

void *map_get(const struct map *m, uint64_t key);
int map_put(struct map *m, uint64_t key, void *value);
void *map_remove(struct map *m, uint64_t key);
/* Forget all entries, keep the slots. */
void map_clear(struct map *m);
void map_deinit(struct map *m);
/* A key for a netdev's name. Compare the name too: keys may collide. */
uint64_t map_name_key(const char *name);

#define map_for_each(m, i, v) \
	for (size_t i = 0; i < (m)->size; i++) \
		if (((v) = (m)->slots[i].value))

#endif /* VIFSWITCH_MAP_H */
