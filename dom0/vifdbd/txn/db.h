/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A database in memory, and how transactions become durable.
 *
 * Transactions are applied to memory at once and wait in a batch; db_flush()
 * stores the batch as one and then tells the caller about each (db_done_fn),
 * in order. If storing fails all of them are taken back, newest first, and
 * their callers are told that. Nobody may be told about what a batch changed
 * before db_flush() says so, hence whoever wants to see only durable state
 * calls it first.
 */
#ifndef VIFDBD_TXN_DB_H
#define VIFDBD_TXN_DB_H

#include "vifdbd/txn/history.h"
#include "vifdbd/txn/journal.h"

struct db;
/* err is NULL if it is durable. */
typedef void (*db_done_fn)(struct txn *txn, const struct dberr *err, void *arg);

struct batch_item {
	struct txn *txn; /* NULL: it changed nothing, but saw what is in the batch */
	struct uuid id; /* zeros: any */
	db_done_fn done;
	void *arg;
};

struct db {
	struct db_schema *schema;
	struct msg *schema_text;
	struct table *tables;
	struct journal *journal; /* or NULL */
	struct storage *storage; /* NULL: not kept */
	int64_t next_id;
	struct uuid last_id; /* of the newest durable transaction */
	bool internal;	     /* clients may only read */

	struct batch_item *batch;
	size_t n_batch, batch_cap;

	/* A copy of what a pool has: ephemeral columns are kept as well. */
	bool pooled;
	char *note; /* stored with the next batch, as STORAGE_POOL */
	struct history history;
	/* Called for each durable change, before done; monitors hang here. */
	void (*changed)(struct db *db, const struct uuid *id, const struct txn *txn, void *arg);
	void *changed_arg;
};

/* Takes over the schema and the storage; without storage it begins empty. */
struct db *db_new(struct db_schema *schema, struct storage *storage);
/* Reads everything from storage. *ret_message is for people, the caller frees it. */
int db_load(struct db *db, char **ret_message);
void db_free(struct db *db);

/* Waits for the next db_flush(). txn is taken over. */
void db_enqueue(struct db *db, struct txn *txn, db_done_fn done, void *arg);
/* The same, of a transaction that has its name from elsewhere. */
void db_enqueue_as(struct db *db, struct txn *txn, const struct uuid *id, db_done_fn done,
		   void *arg);
/* Stores db->note alone. */
int db_store_note(struct db *db);
/* True if something was stored. */
bool db_flush(struct db *db);
/*
 * Index in history of the first transaction after this one, or -1 if it is not
 * known. Of some it is not known what a restart since did to ephemeral columns.
 */
int db_history_find(const struct db *db, const struct uuid *id, bool ephemeral);
struct table *db_table(const struct db *db, const char *name);

#endif
