/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rows of a large database this host follows: those of VMs that are here or were
 * lately, and what they lead to, step by step: a port's ACL, its rules, their groups, the
 * ports of the groups' VMs (for their addresses), other hosts that say that they have a
 * VM. All of tables that a pool has few rows of.
 *
 * Each step is known only when the one before has come. Until all have, what changed
 * stays out of the policies (follow.c): half a group of addresses could open a port.
 */
#ifndef POLICYDB_NEEDS_H
#define POLICYDB_NEEDS_H

#include <vifdb/vifdb.h>

#include "policydb/uuid-set.h"

#define POLICY_WHOLE_MAX	8192	/* Port rows of a database that is followed whole */
#define NEEDS_RECENT_MAX	256	/* VMs that left, and may come back */

struct policy_needs {
	size_t whole_max;
	bool whole;			/* all rows are asked for */
	bool widens;			/* they are, for the first time, and are not all here */
	struct uuid_set here, recent;	/* VMs; recent in the order in which they left */
	struct uuid_set vms;		/* both */
	struct uuid_set asked;		/* what they were when last asked for */
	struct uuid_set known;		/* what the database says of them, is here */
};

/* The VMs that are here now. 1: others than before, 0: the same, -ENOMEM. */
int needs_here(struct policy_needs *n, const struct uuid_set *here);
/* Ask the session for the rows that its copy and the VMs lead to, at host @host. -ENOMEM. */
int needs_ask(struct policy_needs *n, struct vifdb *db, const char *host);
/* All rows are asked for from now on, once it is done again with needs_ask(). */
void needs_widen(struct policy_needs *n);
/* All rows were asked for and are here; from now on only some are. -ENOMEM. */
int needs_narrow(struct policy_needs *n);
/* Everything asked for is here. 1: more is known than before, 0: not, -ENOMEM. */
int needs_came(struct policy_needs *n);
bool needs_knows(const struct policy_needs *n, const uint8_t vm[16]);
/* May a change of a row of this table lead to others? */
bool needs_lead(const char *table);
void needs_deinit(struct policy_needs *n);

#endif /* POLICYDB_NEEDS_H */
