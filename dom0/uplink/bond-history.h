/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of bonds in this boot: how often another member took over, how often members'
 * links failed, who answered LACP last. It is on disk, so that it goes on in the next process;
 * what failed while there was none is known from the kernel's own counts, which begin anew
 * when a member goes in.
 */
#ifndef UPLINK_BOND_HISTORY_H
#define UPLINK_BOND_HISTORY_H

#include <jansson.h>

#include "datapath/links/link.h"

struct bond_history {
	char *path;		/* of the state on disk */
	json_t *bonds;		/* by name */
	bool changed;		/* since it was written */
	/* Of a minute, lines for the journal. */
	uint64_t since;
	unsigned int lines, hidden;
	/* NULL: into the journal. For tests. */
	void (*tell)(const char *text, void *arg);
	void *arg;
};

/* What an earlier process left, if that was in this boot. */
void bond_history_resume(struct bond_history *h, char *path);
/* Bond @name as it is now, with its members. @now: microseconds, for how much is told. */
void bond_history_note(struct bond_history *h, const struct links *links, const char *name,
		       uint64_t now);
/* Those that are not bonds here any more are forgotten; what changed since the last time that it
 * could be is written. */
void bond_history_keep(struct bond_history *h, const struct links *links);
uint64_t bond_history_failovers(const struct bond_history *h, const char *name);
/* Of a member's link, in that bond. */
uint64_t bond_history_flaps(const struct bond_history *h, const char *name, const char *member);
void bond_history_close(struct bond_history *h);

#endif /* UPLINK_BOND_HISTORY_H */
