/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row: one block of memory with all its columns packed, in the schema's order.
 *
 * A row's columns never change. A change makes another row with the same UUID,
 * which takes its place in the table; the old one lives on as long as someone
 * holds a reference: the transaction that may have to put it back, the history
 * that may have to tell a client what it was.
 *
 * Packed form of a column: its length (one octet, or 255 and four octets, host
 * order), then its atoms; a column that is an empty set is one zero octet. The
 * same octets go to disk. Equal columns have equal octets.
 */
#ifndef VIFDBD_OVSDB_ROW_H
#define VIFDBD_OVSDB_ROW_H

#include "vifdbd/ovsdb/schema.h"

struct row {
	struct uuid uuid;
	int64_t id; /* its key on disk, the same for all its versions */
	uint64_t version;
	uint32_t table;
	uint32_t holders;
	uint32_t strong; /* strong references to it from other rows */
	uint32_t len;
	uint8_t data[];
};

struct column_bytes {
	const uint8_t *p;
	uint32_t len;
};

/* set[i] is column i's new value, or NULL to keep old's (default without old). */
struct row *row_build(const struct table_schema *t, const struct row *old,
		      const struct datum *const *set);
struct row *row_from_bytes(const struct table_schema *t, const struct uuid *uuid, const void *data,
			   size_t len);
/* False unless every column is a well-formed datum of its type. */
bool row_check(const struct row *row, const struct table_schema *t, struct arena *arena);
struct row *row_ref(struct row *row);
void row_unref(struct row *row);

struct column_bytes row_column(const struct row *row, unsigned int index);
/* Any column, _uuid and _version too. Strings point into the row. */
struct datum row_datum(const struct row *row, const struct column_schema *c, struct arena *arena);
void row_column_json(const struct row *row, const struct column_schema *c, struct buf *b);
bool row_column_equal(const struct row *a, const struct row *b, const struct column_schema *c);
/* The octets to store: ephemeral columns are left at their defaults. */
void row_persistent(const struct row *row, const struct table_schema *t, struct buf *b);

struct uuid row_version_uuid(const struct row *row);
/* The version that has this UUID; 0, which no row has, if there is none. */
uint64_t row_version_of(const struct uuid *uuid);

#endif
