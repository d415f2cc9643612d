/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a pool's keys are called, and a row as their value: a JSON object of the
 * columns that are not at their defaults, by name, so that neither the order of
 * columns nor a column that was added since matters to who reads it.
 *
 *   m/pool, m/schema      the pool's UUID; its schema
 *   m/head                of the newest commit: {"id":UUID,"host":NAME}
 *   m/guard/TABLE         changes with each commit that changes the table
 *   m/host/NAME           the newest commit of that host
 *   m/pending             a large commit whose rows are not all in place yet
 *   p/HOST/INSTANCE       on a lease: names that are present at that server, a list
 *   r/TABLE/UUID          a row
 *   s/ID/NUMBER           rows of a large commit: [[TABLE,UUID,ROW or null],...]
 */
#ifndef VIFDBD_ETCD_POOL_ROW_H
#define VIFDBD_ETCD_POOL_ROW_H

#include "vifdbd/txn/db.h"

#define POOL_KEY_MAX 512

struct pool_key {
	char text[POOL_KEY_MAX];
};

/* "PREFIXm/guard/" and the like, from up to three parts. */
struct pool_key pool_key(const char *prefix, const char *a, const char *b, const char *c);
struct pool_key pool_row_key(const char *prefix, const char *table, const struct uuid *uuid);
/* What stands behind "PREFIXr/": false if that is no row's key. */
bool pool_row_key_parse(const char *rest, char ret_table[POOL_KEY_MAX], struct uuid *ret);

void pool_row_json(const struct row *row, const struct table_schema *t, struct buf *out);
/* NULL if it is no row of this table; columns that the table lacks are passed over. */
struct row *pool_row_parse(const struct table_schema *t, const struct uuid *uuid,
			   const json_t *json);
struct row *pool_row_read(const struct table_schema *t, const struct uuid *uuid, const char *text,
			  size_t len);

/* {"id":UUID,"host":NAME,"chunks":N}, of m/head and m/pending. */
struct pool_head {
	struct uuid id;
	char host[256];
	unsigned int chunks; /* of a large commit, else 0 */
};
void pool_head_json(const struct pool_head *head, struct buf *out);
bool pool_head_read(const char *text, size_t len, struct pool_head *ret);

#endif
