/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of one table of the database, by their own UUID or by what else there is only
 * one of: as they came, or as somebody reads them. A row's generation changes when
 * its content does. No I/O.
 */
#ifndef BASE_ROW_TABLE_H
#define BASE_ROW_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/* A UUID, or anything else of a fixed form; zeros behind it. */
struct row_key {
	uint8_t octets[20];
};

struct row {
	struct row_key key;
	uint8_t uuid[16];	/* zeros if it was not said */
	uint64_t generation;
	json_t *columns;	/* those that are policy; NULL if the table has a reader */
	void *derived;		/* what the reader made; else the user's own, NULL at first */
	void (*free_derived)(void *derived);
	struct row *next;	/* of the same hash */
	bool seen;
};

/* Keeps what it makes of a row in place of the row. */
struct row_reader {
	int (*read)(const void *arg, const json_t *json, void **ret);	/* -ENOMEM alone */
	bool (*equal)(const void *a, const void *b);
	void (*free)(void *derived);
	const void *arg;
};

struct row_table {
	struct map by_key;
	size_t count;
	uint64_t gone;		/* the generation at which a row last went */
};

void row_key_of_uuid(const uint8_t uuid[16], struct row_key *ret);
struct row *row_table_get(const struct row_table *t, const struct row_key *key);
struct row *row_table_find(const struct row_table *t, const uint8_t uuid[16]);
/*
 * Enter or update an object of columns; *generation counts up if that changes
 * anything. @reader NULL: keep it as it is. -ENOSPC: there are @max; -ENOMEM.
 */
int row_table_put(struct row_table *t, const struct row_key *key, const json_t *json, size_t max,
		  const struct row_reader *reader, uint64_t *generation);
/* *generation counts up, as when any is swept away. */
void row_table_remove(struct row_table *t, struct row *row, uint64_t *generation);
/* Around reading all anew: what was not entered in between is gone. */
void row_table_mark(struct row_table *t);
void row_table_sweep(struct row_table *t, uint64_t *generation);
void row_table_deinit(struct row_table *t);

#endif /* BASE_ROW_TABLE_H */
