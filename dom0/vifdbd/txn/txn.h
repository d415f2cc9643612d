/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transaction's effect on the rows.
 *
 * Changes are made in the tables at once, so that later operations see them, and
 * can be taken back. Life of a transaction:
 *
 *   txn_new() -> txn_insert/replace/delete() -> txn_apply() -> durable -> txn_free()
 *                          \-> txn_rollback()     \-> txn_rollback()
 *
 * txn_apply() is the commit of RFC 7047: it checks references, collects rows
 * that are no longer referenced, drops dangling weak references, checks maxRows
 * and indexes, and brings the indexes and reference counts up to date. Several
 * applied transactions may wait to become durable together; if that fails they
 * must be rolled back newest first, since each holds the rows that the one
 * before it left.
 *
 * A change holds one reference to the old row and one to the new; the table
 * holds another one to the row that is current.
 */
#ifndef VIFDBD_TXN_TXN_H
#define VIFDBD_TXN_TXN_H

#include "vifdbd/txn/refs.h"

struct change {
	struct table *table;
	struct uuid uuid;
	struct row *old, *new; /* NULL: there is none */
	struct row *counted;   /* whose strong references are in the deltas; also held */
	unsigned int pruned;   /* in this round of prune() */
};

struct txn {
	struct table *tables; /* indexed as in the schema */
	int64_t *next_id;
	struct change **changes;
	size_t n, cap;
	struct slots by_uuid;
	struct slots deltas; /* strong references gained or lost, by row */
	bool applied;
	/* Called when references are settled, before rules are checked: may add changes of rows
	 * that refer to nothing. */
	struct dberr *(*settled)(struct txn *txn, void *arg);
	void *settled_arg;
};

struct txn *txn_new(struct table *tables, int64_t *next_id);
void txn_insert(struct txn *txn, struct table *table, struct row *row);
void txn_replace(struct txn *txn, struct table *table, struct row *old, struct row *row);
/* True if it inserted, changed or deleted this row. */
bool txn_changes(const struct txn *txn, const struct table *table, const struct uuid *uuid);
void txn_delete(struct txn *txn, struct table *table, struct row *row);
/* On an error everything has been taken back. */
struct dberr *txn_apply(struct txn *txn);
void txn_rollback(struct txn *txn);
/* It is durable: forget what only a rollback needs. */
void txn_seal(struct txn *txn);
void txn_free(struct txn *txn);

#endif
