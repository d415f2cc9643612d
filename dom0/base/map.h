/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map from 64-bit numbers to pointers that are not NULL. Owns its slots,
 * not the values. Do not add or remove inside map_for_each().
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <net/if.h>
#include <stdbool.h>
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
/* -ENOMEM, and nothing done; never if @key is there or the slots were enough before. */
int map_put(struct map *m, uint64_t key, void *value);
void *map_remove(struct map *m, uint64_t key);
/* Forget all entries, keep the slots. */
void map_clear(struct map *m);
void map_deinit(struct map *m);
/* A key for a netdev's name. Compare the name too: keys may collide. */
uint64_t map_name_key(const char *name);
/* The same for a UUID, and for a VM's UUID with a device number. */
uint64_t map_uuid_key(const uint8_t uuid[16]);
uint64_t map_identity_key(const uint8_t vm[16], uint32_t devid);

/*
 * For keys that may collide: map_get() gives the first of a chain of values,
 * linked by their member `next`. A value is added as the first, and one that is
 * removed must be there.
 */
#define map_chain_add(m, key, v) \
	map_chain_add_at(m, key, v, offsetof(__typeof__(*(v)), next))
#define map_chain_remove(m, key, v) \
	map_chain_remove_at(m, key, v, offsetof(__typeof__(*(v)), next))
int map_chain_add_at(struct map *m, uint64_t key, void *value, size_t next);
void map_chain_remove_at(struct map *m, uint64_t key, void *value, size_t next);

#define map_for_each(m, i, v) \
	for (size_t i = 0; i < (m)->size; i++) \
		if (((v) = (m)->slots[i].value))

/* Every value of a map of chains. */
#define map_chain_for_each(m, i, v) \
	map_for_each(m, i, v) \
		for (; (v); (v) = (v)->next)

/*
 * Offers every value, some more than once, to @drop, which returns false or
 * removes it from the map, and nothing else.
 */
#define map_chain_sweep(m, type, drop, owner) \
	map_chain_sweep_at(m, offsetof(type, next), drop, owner)
void map_chain_sweep_at(struct map *m, size_t next, bool (*drop)(void *owner, void *value),
			void *owner);

#endif /* BASE_MAP_H */
