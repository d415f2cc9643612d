/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of one table of the database by their own UUID, as they came: what they
 * mean is found out by whoever needs them. A row's generation changes when its
 * content does. No I/O.
 */
#ifndef BASE_ROW_TABLE_H
#define BASE_ROW_TABLE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/map.h"

struct row {
	uint8_t uuid[16];
	uint64_t generation;
	json_t *columns;	/* those that are policy; empty ones are left out */
	void *derived;		/* made of it by the table's user; NULL at first */
	void (*free_derived)(void *derived);
	struct row *next;	/* of the same hash */
	bool seen;
};

struct row_table {
	struct map by_uuid;
	size_t count;
};

struct row *row_table_find(const struct row_table *t, const uint8_t uuid[16]);
/*
 * Enter or update an object of columns with _uuid and name; *generation counts up
 * if that changes anything. -EINVAL: it is no row; -ENOSPC: there are @max; -ENOMEM.
 */
int row_table_put(struct row_table *t, const json_t *row, size_t max, uint64_t *generation);
/* Was there one? Then *generation counts up, as when any is swept away. */
bool row_table_remove(struct row_table *t, const uint8_t uuid[16], uint64_t *generation);
/* Around reading all anew: what was not entered in between is gone. */
void row_table_mark(struct row_table *t);
bool row_table_sweep(struct row_table *t, uint64_t *generation);
void row_table_deinit(struct row_table *t);

#endif /* BASE_ROW_TABLE_H */
