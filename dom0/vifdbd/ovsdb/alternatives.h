/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "where" of a monitor: any of its clauses, or none at all. A host asks for the rows
 * of its VMs by a clause for each, of which there may be thousands; so clauses that ask
 * for equality are hashed, and where all do, the rows are looked up.
 */
#ifndef VIFDBD_OVSDB_ALTERNATIVES_H
#define VIFDBD_OVSDB_ALTERNATIVES_H

#include "vifdbd/ovsdb/by-value.h"
#include "vifdbd/ovsdb/condition.h"

/* All clauses that ask one column to be equal to something. */
struct equal_clauses {
	const struct column_schema *column;
	struct lookup *lookup;		/* NULL: the rows cannot be looked up */
	const struct clause **slots;
	size_t mask;
};

struct alternatives {
	struct condition condition;
	struct equal_clauses *equal;
	const struct clause **others;
	size_t n_equal, n_others;
};

/* Takes over the condition, which lives in the arena. */
void alternatives_init(struct alternatives *a, struct table *t, const struct condition *condition,
		       struct arena *arena);
void alternatives_deinit(struct alternatives *a, struct table *t);
/* True if any clause holds, or there are none. */
bool alternatives_hold(const struct alternatives *a, const struct row *row, struct arena *arena);
/* Can the rows be found without a walk through the table? */
bool alternatives_are_few(const struct alternatives *a);
/*
 * Calls @fn for the rows for which a clause holds, some more than once; only for clauses
 * that @not does not have as well, if it is given. They must be few.
 */
void alternatives_each(const struct alternatives *a, const struct alternatives *not,
		       const struct table *t, void (*fn)(struct row *row, void *arg), void *arg);

#endif
