/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitor watches, and the text of its updates.
 *
 * Monitors that watch the same in the same way share a group, and an update is
 * written once for all of them.
 */
#ifndef VIFDBD_TXN_WATCH_H
#define VIFDBD_TXN_WATCH_H

#include <sys/queue.h>

#include "vifdbd/ovsdb/alternatives.h"
#include "vifdbd/txn/db.h"

enum {
	SELECT_INITIAL = 1 << 0,
	SELECT_INSERT = 1 << 1,
	SELECT_DELETE = 1 << 2,
	SELECT_MODIFY = 1 << 3,
	SELECT_ALL = 15,
};

/* Which kind of update: of "monitor", of "monitor_cond", of "monitor_cond_since". */
enum watch_version { WATCH_1 = 1, WATCH_2, WATCH_3 };

struct watch_column {
	const struct column_schema *column;
	unsigned int select;
};

struct watch_table {
	struct table *table;
	unsigned int select;
	size_t n_columns;
	struct watch_column *columns;
	struct alternatives where; /* the first request's */
};

struct watch {
	struct db *db;
	enum watch_version version;
	struct watch_table **tables; /* by table index; NULL is not watched */
	unsigned int n_clauses;	     /* of all conditions */
	json_t *requests;	     /* where the conditions' strings are */
	struct arena arena;
};

/* requests is {TABLE: REQUEST or [REQUEST...]}. */
struct dberr *watch_new(struct db *db, enum watch_version version, const json_t *requests,
			struct watch **ret);
void watch_free(struct watch *w);
/* True if what it watches, or for what rows, may be lost in a restart. */
bool watch_ephemeral(const struct watch *w);
/* What it takes beside JSON. */
size_t watch_memory(const struct watch *w);

/* The <table-updates> of everything there is; of a transaction. */
void watch_initial(const struct watch *w, struct buf *b);
void watch_txn(const struct watch *w, const struct txn *txn, struct buf *b);
/* Of some changes, of which no two are of one row. */
void watch_changes(const struct watch *w, struct change *const *changes, size_t n, struct buf *b);
/* Of some of history. */
void watch_history(const struct watch *w, unsigned int from, struct buf *b);
/* Of a change from what old watches to what new watches, in their conditions only. */
void watch_switch(const struct watch *old, const struct watch *new, struct buf *b);

#endif
