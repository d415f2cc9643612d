// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/row-table.h"
#include "policy/acl/address-locks.h"

struct lock {
	uint64_t holder;
	struct prefix_set set;
	bool seen;
	struct lock *next;
};

struct vm_locks {
	uint8_t vm[16];
	uint64_t generation;
	struct lock *first;
	struct vm_locks *next;	/* of the same hash */
};

static bool is_row(const struct lock *lock)
{
	return lock->holder >> 63;
}

static struct vm_locks *find(const struct address_locks *l, const uint8_t vm[16])
{
	struct vm_locks *v = map_get(&l->by_vm, map_uuid_key(vm));

	while (v && memcmp(v->vm, vm, 16) != 0)
		v = v->next;
	return v;
}

static struct vm_locks *add_vm(struct address_locks *l, const uint8_t vm[16])
{
	struct vm_locks *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	memcpy(v->vm, vm, 16);
	if (map_chain_add(&l->by_vm, map_uuid_key(vm), v) < 0) {
		free(v);
		return NULL;
	}
	return v;
}

static void remove_vm(struct address_locks *l, struct vm_locks *v)
{
	map_chain_remove(&l->by_vm, map_uuid_key(v->vm), v);
	free(v);
}

static void remove_lock(struct lock **at)
{
	struct lock *lock = *at;

	*at = lock->next;
	prefix_set_deinit(&lock->set);
	free(lock);
}

static bool same_set(const struct prefix_set *a, const struct prefix_set *b)
{
	return a->count == b->count &&
	       (!a->count || memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0);
}

static int add_lock(struct address_locks *l, const uint8_t vm[16], uint64_t holder,
		    struct prefix_set *set, uint64_t generation)
{
	struct vm_locks *v = find(l, vm);
	struct lock *lock = calloc(1, sizeof(*lock));

	if (!v)
		v = add_vm(l, vm);
	if (!v || !lock) {
		free(lock);
		if (v && !v->first)
			remove_vm(l, v);
		return -ENOMEM;
	}
	*lock = (struct lock){ .holder = holder, .set = *set, .seen = true, .next = v->first };
	v->first = lock;
	v->generation = generation;
	return 0;
}

int address_locks_put(struct address_locks *l, const uint8_t vm[16], uint64_t holder,
		      const struct prefix_set *set, uint64_t *generation)
{
	struct vm_locks *v = find(l, vm);
	struct lock **at = v ? &v->first : NULL;
	struct prefix_set copy = {};

	while (at && *at && (*at)->holder != holder)
		at = &(*at)->next;
	if (at && *at) {
		(*at)->seen = true;
		if (same_set(&(*at)->set, set))
			return 0;
	} else if (!set->count) {
		return 0;
	}
	if (prefix_set_add_all(&copy, set) < 0)
		return -ENOMEM;
	prefix_set_normalize(&copy);
	if (at && *at && copy.count) {
		prefix_set_deinit(&(*at)->set);
		(*at)->set = copy;
		v->generation = ++*generation;
		return 0;
	}
	if (copy.count) {
		if (add_lock(l, vm, holder, &copy, *generation + 1) < 0) {
			prefix_set_deinit(&copy);
			return -ENOMEM;
		}
		++*generation;
		return 0;
	}
	remove_lock(at);
	v->generation = ++*generation;
	if (!v->first)
		remove_vm(l, v);
	return 0;
}

uint64_t address_locks_generation(const struct address_locks *l, const uint8_t vm[16])
{
	const struct vm_locks *v = find(l, vm);

	return v ? v->generation : 0;
}

int address_locks_collect(const struct address_locks *l, const uint8_t vm[16],
			  struct prefix_set *set)
{
	const struct vm_locks *v = find(l, vm);
	int r = 0;

	for (const struct lock *lock = v ? v->first : NULL; lock && r == 0; lock = lock->next)
		r = prefix_set_add_all(set, &lock->set);
	return r;
}

void address_locks_mark_vifs(struct address_locks *l)
{
	struct vm_locks *v;

	map_chain_for_each(&l->by_vm, i, v) {
		for (struct lock *lock = v->first; lock; lock = lock->next)
			lock->seen = is_row(lock);
	}
}

/* Returns whether any went. */
static bool sweep_locks(struct vm_locks *v)
{
	struct lock **at = &v->first;
	bool gone = false;

	while (*at) {
		if ((*at)->seen) {
			at = &(*at)->next;
			continue;
		}
		remove_lock(at);
		gone = true;
	}
	return gone;
}

void address_locks_sweep_vifs(struct address_locks *l, uint64_t *generation)
{
	size_t i = 0;

	/* A removal moves other entries back: look at the same slot again. */
	while (i < l->by_vm.size) {
		struct vm_locks *v = l->by_vm.slots[i].value, *empty = NULL;

		for (; v; v = v->next) {
			if (sweep_locks(v))
				v->generation = ++*generation;
			if (!v->first)
				empty = v;
		}
		if (empty)
			remove_vm(l, empty);
		else
			i++;
	}
}

void address_locks_deinit(struct address_locks *l)
{
	uint64_t generation = 0;
	struct vm_locks *v;

	map_chain_for_each(&l->by_vm, i, v) {
		for (struct lock *lock = v->first; lock; lock = lock->next)
			lock->seen = false;
	}
	address_locks_sweep_vifs(l, &generation);
	map_deinit(&l->by_vm);
}
