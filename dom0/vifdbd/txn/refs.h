/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References between rows: finding what changed, and dropping those that dangle. */
#ifndef VIFDBD_TXN_REFS_H
#define VIFDBD_TXN_REFS_H

#include "vifdbd/ovsdb/table.h"

/* One reference to a row of a table that comes (+1) or goes (-1). */
typedef void (*refs_fn)(const struct table_schema *to, const struct uuid *uuid, int n, void *arg);

/* The references of this kind that new has and old has not, and the reverse; either may be NULL. */
void refs_diff(const struct table_schema *t, const struct row *old, const struct row *new,
	       enum ref_type kind, refs_fn fn, void *arg);
/*
 * *ret is the row without its weak references to rows that are not in tables
 * (indexed as in the schema), or NULL if it has none. An error if a column would
 * then have too few elements.
 */
struct dberr *refs_prune(const struct table *tables, const struct table_schema *t,
			 const struct row *row, struct row **ret);

#endif
