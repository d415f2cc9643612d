/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of rows that are equal if some of their columns are: select and wait need it. */
#ifndef VIFDBD_OVSDB_ROWSET_H
#define VIFDBD_OVSDB_ROWSET_H

#include "vifdbd/ovsdb/row.h"
#include "vifdbd/ovsdb/slots.h"

struct column_set {
	size_t n;
	const struct column_schema **columns;
};

/* Distinct columns. NULL for json: all, _uuid and _version too. */
struct dberr *column_set_parse(const struct table_schema *t, const json_t *json,
			       struct arena *arena, struct column_set *ret);

struct rowset {
	struct arena *arena;
	struct slots keys;
};

void rowset_init(struct rowset *s, struct arena *arena);
void rowset_deinit(struct rowset *s);
/* True if it was not there. */
bool rowset_add(struct rowset *s, const struct row *row, const struct column_set *columns);
bool rowset_has(const struct rowset *s, const struct row *row, const struct column_set *columns);

#endif
