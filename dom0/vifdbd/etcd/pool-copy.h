/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others changed, on its way into the copy that this host has. */
#ifndef VIFDBD_ETCD_POOL_COPY_H
#define VIFDBD_ETCD_POOL_COPY_H

#include "vifdbd/etcd/etcd-wire.h"
#include "vifdbd/etcd/pool-row.h"

struct pool_change {
	struct table *table;
	struct uuid uuid;
	struct row *row; /* NULL: it is deleted */
};

/* Rows as they became at one revision; of two changes of one row the later holds. */
struct pool_changes {
	struct pool_change *v;
	size_t n, cap;
	char *problem; /* a value that cannot be meant, in words; then v is not complete */
};

void pool_changes_free(struct pool_changes *c);
/* A key below "PREFIXr/", without that. Tables that the schema lacks are passed over. */
void pool_changes_add(struct pool_changes *c, struct db *db, const char *rest,
		      const struct etcd_kv *kv);
/* A value below "PREFIXs/". */
void pool_changes_add_chunk(struct pool_changes *c, struct db *db, const char *text, size_t len);

/*
 * A transaction that makes the tables so, applied; NULL if they were. On a problem
 * nothing was changed, and c->problem says what it is.
 */
struct txn *pool_changes_apply(struct pool_changes *c, struct db *db);

/* All rows of the pool, page by page, become the changes that the copy lacks. */
struct pool_diff {
	struct pool_changes changes;
	struct slots seen; /* rows of the copy that the pool has too */
};

void pool_diff_begin(struct pool_diff *d);
void pool_diff_add(struct pool_diff *d, struct db *db, const char *rest, const struct etcd_kv *kv);
/* What was not seen goes. */
void pool_diff_end(struct pool_diff *d, struct db *db);
void pool_diff_free(struct pool_diff *d);

#endif
