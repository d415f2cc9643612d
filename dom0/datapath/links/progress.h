/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the netdev of a wanted port has been brought, and what became of the
 * last try. Written by apply.c alone, and read by everybody.
 */
#ifndef DATAPATH_LINKS_PROGRESS_H
#define DATAPATH_LINKS_PROGRESS_H

#include <net/if.h>

#include "base/map.h"
#include "datapath/tc/shaped.h"
#include "base/retry.h"

struct progress {
	uint32_t ifindex;	/* of the netdev the rest is about; 0: none yet */
	int claimed;		/* the last claim we made, or -1 */
	struct shaped shaped;	/* what we had tc limit it to */
	uint32_t moves;		/* of uplinks, that its addresses were announced after */
	uint64_t announced;	/* when */
	struct retry retry;
	uint64_t generation;	/* of what was wanted then */
};

/* Of a port that is known by its netdev's name: a switch's own, an uplink. */
struct named_progress {
	struct named_progress *next;	/* whose name has the same key */
	char name[IFNAMSIZ];
	bool wanted;
	bool told;			/* that it fails was logged */
	uint64_t reported;		/* a digest of what was last logged */
	struct progress progress;
};

struct named_progresses {
	struct map by_name;
};

/* Nothing is known, and the netdev is another one from now on. */
void progress_reset(struct progress *progress, uint32_t ifindex);

struct named_progress *named_progress_get(const struct named_progresses *all, const char *name);
/* Get or create; marks it as wanted. NULL: out of memory. */
struct named_progress *named_progress_want(struct named_progresses *all, const char *name);
/* Around telling all that are wanted: the others are forgotten. */
void named_progresses_mark(struct named_progresses *all);
void named_progresses_sweep(struct named_progresses *all);
void named_progresses_deinit(struct named_progresses *all);

#endif /* DATAPATH_LINKS_PROGRESS_H */
