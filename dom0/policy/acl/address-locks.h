/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses VMs are locked to, by VM: what groups of VMs are made of. Each
 * lock has a holder, a Port row or a VIF of this host; a VM may have several.
 * A VM's generation changes when any of its locks does. No I/O.
 */
#ifndef POLICY_ACL_ADDRESS_LOCKS_H
#define POLICY_ACL_ADDRESS_LOCKS_H

#include <stdbool.h>

#include "base/map.h"
#include "base/prefix.h"

struct address_locks {
	struct map by_vm;
};

/* Holders: a Port row, or the VIF with that device number of a domain here. */
#define LOCK_OF_ROW(devid)		(1ULL << 63 | (devid))
#define LOCK_OF_VIF(domid, devid)	((uint64_t)(domid) << 32 | (devid))

/*
 * Set, change or (with an empty set) take away one; copies @set, which is normal.
 * *generation counts up if that changes anything. -ENOMEM.
 */
int address_locks_put(struct address_locks *l, const uint8_t vm[16], uint64_t holder,
		      const struct prefix_set *set, uint64_t *generation);
/* 0: it has none. */
uint64_t address_locks_generation(const struct address_locks *l, const uint8_t vm[16]);
/* Add a VM's addresses to @set; as prefix_set_add(). */
int address_locks_collect(const struct address_locks *l, const uint8_t vm[16],
			  struct prefix_set *set);
/* Around telling the locks of all VIFs: those that were not told in between are gone. */
void address_locks_mark_vifs(struct address_locks *l);
void address_locks_sweep_vifs(struct address_locks *l, uint64_t *generation);
void address_locks_deinit(struct address_locks *l);

#endif /* POLICY_ACL_ADDRESS_LOCKS_H */
