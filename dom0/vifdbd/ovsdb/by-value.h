/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table's rows by the value of one column, for monitors that watch the rows of some
 * values: made for the first of them by a walk, dropped with the last. It follows the
 * unique indexes, and so shows what is applied; a table without any has none. Only
 * columns that have one string or UUID are looked up: so their number, and the memory,
 * is the schema's to say and not a client's.
 */
#ifndef VIFDBD_OVSDB_BY_VALUE_H
#define VIFDBD_OVSDB_BY_VALUE_H

#include "vifdbd/ovsdb/row.h"
#include "vifdbd/ovsdb/slots.h"

struct lookup {
	struct lookup *next;
	const struct column_schema *column;
	unsigned int users;
	struct slots values;	/* of struct same_value */
};

bool lookup_possible(const struct table_schema *t, const struct column_schema *column);
/* Among a table's lookups, that of a column that can be, made of @rows; to be put back. */
struct lookup *lookup_get(struct lookup **lookups, const struct slots *rows,
			  const struct column_schema *column);
void lookup_put(struct lookup **lookups, struct lookup *lookup);
/* Calls @fn for each row with this value. */
void lookup_each(const struct lookup *lookup, struct column_bytes value,
		 void (*fn)(struct row *row, void *arg), void *arg);

/* For table.c: a row comes or goes; all of them go. */
void lookups_add(struct lookup *lookups, struct row *row);
void lookups_del(struct lookup *lookups, const struct row *row);
void lookups_free(struct lookup *lookups);

#endif
