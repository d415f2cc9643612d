/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of a table by UUID, its unique indexes, and who refers weakly to its
 * rows. "rows" always shows what a running transaction did; the indexes and the
 * weak references follow when it is applied (txn.h).
 */
#ifndef VIFDBD_OVSDB_TABLE_H
#define VIFDBD_OVSDB_TABLE_H

#include "vifdbd/ovsdb/row.h"
#include "vifdbd/ovsdb/slots.h"

struct index {
	const struct table *table;
	const struct index_schema *schema;
	struct slots rows;
};

/* A row that others refer to weakly, and those others: n references each. */
struct weak_source {
	struct uuid uuid;
	struct table *table;
	uint32_t n;
};
struct weak_target {
	struct uuid uuid;
	struct slots sources;
};

struct table {
	const struct table_schema *schema;
	struct slots rows;
	uint64_t changes; /* of rows, counted: what was learnt of them holds until then */
	struct index *indexes;
	struct slots weak_targets;
	struct lookup *lookups; /* by-value.h */
};

void table_init(struct table *t, const struct table_schema *schema);
/* Drops the rows as well. */
void table_deinit(struct table *t);
struct row *table_row(const struct table *t, const struct uuid *uuid);
/* Of "rows" alone; the caller's reference goes in, or comes out. */
void table_add(struct table *t, struct row *row);
void table_replace(struct table *t, const struct row *old, struct row *row);
void table_del(struct table *t, const struct row *row);

/* A row that has the same values in an index's columns, other than this one. */
struct row *index_conflict(const struct index *x, const struct row *row);
void index_add(struct index *x, struct row *row);
void index_del(struct index *x, const struct row *row);

struct weak_target *table_weak(const struct table *t, const struct uuid *uuid);
void table_weak_add(struct table *t, const struct uuid *uuid, struct table *src_table,
		    const struct uuid *src);
void table_weak_del(struct table *t, const struct uuid *uuid, struct table *src_table,
		    const struct uuid *src);

#endif
