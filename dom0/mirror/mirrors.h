/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All mirrors of the database, what of them is on this host, and what the kernel has.
 * No I/O.
 *
 * A mirror is in use on each switch where a port is whose frames it copies. There it
 * has a number, which the programs of those ports name by a bit, and keeps it as long
 * as the kernel has it: its cookie is the row's UUID, so that a restarted daemon
 * recognises it. In use it stays when its last source leaves, for that may come back,
 * until the row goes.
 */
#ifndef MIRROR_MIRRORS_H
#define MIRROR_MIRRORS_H

#include "base/retry.h"
#include "mirror/mirror-row.h"
#include "policydb/rows.h"

struct mirror_use {
	struct mirror_use *next;
	uint8_t uuid[16];
	char sw[IFNAMSIZ];
	uint32_t sw_ifindex;
	const struct mirror *mirror;
	uint32_t number;		/* 0: all are taken */
	bool sourced;			/* a port here is to be copied */
	/* Filled in when its output is known; else: */
	bool ready;
	struct dp_mirror_spec spec;
	const char *waits;		/* what for */
	struct retry retry;		/* of setting it */
};

struct kernel_mirror {
	uint32_t sw, number;
	bool ours;
	uint8_t uuid[16];
	struct dp_mirror_spec spec;
	bool seen;
	struct retry retry;		/* of taking it away */
};

struct mirrors {
	struct mirror **list;		/* in the order of their names, and inbound ones behind */
	size_t count;
	size_t rows;			/* of the list; those behind are inbound, of sensors.c */
	uint64_t of_rows;		/* generation of what it was made of */
	bool known;			/* it was made: the database was heard */
	bool supported;			/* by the module */
	/* Where sensors are (sensors.h), and what it was found with. */
	bool located, places_known;
	uint64_t of_places;
	struct prefix own;
	uint16_t copy_vlan[VIFSWITCH_COPY_VLANS_MAX];	/* of those that are on; 0: none */
	struct mirror_use *uses;
	struct kernel_mirror **kernel;
	size_t kernel_count, kernel_room;
};

/* Make the list anew if rows have changed; what pointed to one of it is void then. */
void mirrors_read(struct mirrors *all, const struct policies *policies);
void mirrors_deinit(struct mirrors *all);
const struct mirror *mirrors_find(const struct mirrors *all, const uint8_t uuid[16]);

/* What the kernel has: around reading all, and after changing one. */
void mirrors_mark(struct mirrors *all);
void mirrors_enter(struct mirrors *all, const struct dp_mirror *dp);
void mirrors_sweep(struct mirrors *all);
void mirrors_entered(struct mirrors *all, const struct mirror_use *use);
void mirrors_left(struct mirrors *all, uint32_t sw, uint32_t number);
/* Whatever copied to that port has no output. */
void mirrors_port_left(struct mirrors *all, uint32_t ifindex);
/* The one under that number, or NULL. */
struct kernel_mirror *mirrors_kernel(const struct mirrors *all, uint32_t sw, uint32_t number);

/*
 * Around wanting all ports: begin; each port, which says what its program names; end,
 * after which uses that nobody needs are gone.
 */
void mirrors_begin(struct mirrors *all, bool supported);
void mirrors_want(struct mirrors *all, const struct chosen_port *port, uint32_t *ret_from,
		  uint32_t *ret_to);
/* The bit of the one mirror whose frames a port on that switch brings. */
uint32_t mirrors_want_one(struct mirrors *all, const struct mirror *m, const char *sw,
			  uint32_t sw_ifindex);
/* What the kernel has already of a mirror that is on is in use, whoever is copied. */
void mirrors_keep(struct mirrors *all, const struct kernel_mirror *k, const char *sw);
void mirrors_end(struct mirrors *all);

/* The mirror whose output that VIF is, or that netdev; NULL: none's. */
const struct mirror *mirrors_of_vif(const struct mirrors *all, const uint8_t vm[16],
				    uint32_t devid);
const struct mirror *mirrors_of_netdev(const struct mirrors *all, const char *netdev);
struct mirror_use *mirrors_use(const struct mirrors *all, const struct mirror *m, const char *sw);

/* Is it that mirror's, or of copies that come to its sensor from other hosts? */
static inline bool mirror_use_is_of(const struct mirror_use *use, const struct mirror *m)
{
	return use->mirror == m || (use->mirror && use->mirror->inbound && mirror_is_on(m) &&
				    mirror_same_sensor(use->mirror, m));
}
/* Has the kernel what is wanted? */
bool mirror_use_in_force(const struct mirrors *all, const struct mirror_use *use);
/* The use that stands for what the kernel has, or NULL. */
const struct mirror_use *mirrors_kernel_use(const struct mirrors *all,
					    const struct kernel_mirror *k);

#endif /* MIRROR_MIRRORS_H */
