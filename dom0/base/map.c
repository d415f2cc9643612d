// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open addressing with linear probing. Removal moves later entries of the run
 * back instead of leaving marks, so lookups stay short however many entries
 * come and go.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

static size_t slot_of(const struct map *m, uint64_t key)
{
	key ^= key >> 33;
	key *= 0xff51afd7ed558ccdULL;
	key ^= key >> 33;
	return key & (m->size - 1);
}

/* The slot that has @key, or the one where it would be. */
static struct map_slot *find(const struct map *m, uint64_t key)
{
	size_t i = slot_of(m, key);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

void *map_get(const struct map *m, uint64_t key)
{
	return m->size ? find(m, key)->value : NULL;
}

static int grow(struct map *m)
{
	struct map bigger = { .size = m->size ? m->size * 2 : 64 };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->size; i++) {
		if (m->slots[i].value)
			*find(&bigger, m->slots[i].key) = m->slots[i];
	}
	bigger.count = m->count;
	free(m->slots);
	*m = bigger;
	return 0;
}

int map_put(struct map *m, uint64_t key, void *value)
{
	struct map_slot *slot = m->size ? find(m, key) : NULL;

	if (!slot || (!slot->value && (m->count + 1) * 4 > m->size * 3)) {
		int r = grow(m);

		if (r < 0)
			return r;
		slot = find(m, key);
	}
	m->count += !slot->value;
	*slot = (struct map_slot){ key, value };
	return 0;
}

void *map_remove(struct map *m, uint64_t key)
{
	size_t i, j, mask = m->size - 1;
	void *value;

	if (!m->size)
		return NULL;
	i = find(m, key) - m->slots;
	value = m->slots[i].value;
	if (!value)
		return NULL;
	for (j = (i + 1) & mask; m->slots[j].value; j = (j + 1) & mask) {
		size_t home = slot_of(m, m->slots[j].key);

		/* Entry j may move to i only if its home is not in (i, j]. */
		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		m->slots[i] = m->slots[j];
		i = j;
	}
	m->slots[i] = (struct map_slot){};
	m->count--;
	return value;
}

void map_clear(struct map *m)
{
	if (m->size)
		memset(m->slots, 0, m->size * sizeof(*m->slots));
	m->count = 0;
}

void map_deinit(struct map *m)
{
	free(m->slots);
	*m = (struct map){};
}

uint64_t map_name_key(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
	return hash;
}

uint64_t map_uuid_key(const uint8_t uuid[16])
{
	uint64_t high, low;

	memcpy(&high, uuid, 8);
	memcpy(&low, uuid + 8, 8);
	return high ^ (low << 1 | low >> 63);
}

uint64_t map_identity_key(const uint8_t vm[16], uint32_t devid)
{
	return map_uuid_key(vm) ^ (uint64_t)devid << 20;
}

static void **link_of(void *value, size_t next)
{
	return (void **)((char *)value + next);
}

int map_chain_add_at(struct map *m, uint64_t key, void *value, size_t next)
{
	*link_of(value, next) = map_get(m, key);
	return map_put(m, key, value);
}

void map_chain_remove_at(struct map *m, uint64_t key, void *value, size_t next)
{
	void *at = map_get(m, key), *after = *link_of(value, next);

	if (at == value && after) {
		map_put(m, key, after);
	} else if (at == value) {
		map_remove(m, key);
	} else {
		while (*link_of(at, next) != value)
			at = *link_of(at, next);
		*link_of(at, next) = after;
	}
}

void map_chain_sweep_at(struct map *m, size_t next, bool (*drop)(void *owner, void *value),
			void *owner)
{
	size_t i = 0;

	while (i < m->size) {
		void *value = m->slots[i].value;

		while (value && !drop(owner, value))
			value = *link_of(value, next);
		/* A removal moves other entries back: look at the same slot again. */
		if (!value)
			i++;
	}
}
