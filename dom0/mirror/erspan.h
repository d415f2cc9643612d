/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ERSPAN to one address: a netdev of the kernel for each target, by a name that is made
 * of the target, so that a restarted daemon finds it. Type 1 cannot be had of one netdev
 * for several targets, so none is.
 */
#ifndef MIRROR_ERSPAN_H
#define MIRROR_ERSPAN_H

#include "base/prefix.h"
#include "datapath/links/link.h"

#define ERSPAN_NAME	"vsers-"	/* and 8 hexadecimal digits */

struct erspan {
	struct prefix remote;		/* a whole address */
	uint8_t type;			/* 1 to 3 */
	uint16_t session;
	uint8_t ttl;

	/* The netdev, made of the above. */
	char name[IFNAMSIZ];
	struct link_attr attrs[10];
	struct link_spec spec;
	uint16_t flags;
	uint32_t key, index;
	uint8_t version, direction;
};

/* Of one whose first members are set. It may not move afterwards: spec points into it. */
void erspan_finish(struct erspan *e);
/* Is its name @name, and the digest behind it of netdevs that are made for mirrors? */
bool mirror_link_named(const struct link *link, const char *name);
/* Is it a netdev that we made? */
bool erspan_is_ours(const struct link *link);

#endif /* MIRROR_ERSPAN_H */
