/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the last transactions did, for clients that come back and know one of them
 * (monitor_cond_since). In memory it holds the rows as they were and as they became.
 * On disk it holds only how they were: how they became is how the next transaction
 * found them, or how they are now.
 *
 * Ephemeral columns are not on disk, so what a restart did to them is in no
 * transaction: who watches some gets everything anew after a restart.
 */
#ifndef VIFDBD_TXN_HISTORY_H
#define VIFDBD_TXN_HISTORY_H

#include "vifdbd/storage/storage.h"
#include "vifdbd/txn/txn.h"

#define HISTORY_MAX 100
#define HISTORY_BYTES (4 << 20)

struct history {
	struct {
		struct uuid id;
		struct txn *txn;
		size_t bytes;
	} v[HISTORY_MAX];
	unsigned int n;
	unsigned int n_restored; /* of those, the first ones, from before a restart */
	size_t bytes;
};

/* Takes over what is durable now. */
void history_add(struct history *h, struct txn *txn, const struct uuid *id);
void history_free(struct history *h);
/* Index of the first transaction after this one, or -1 if it is not known. */
int history_find(const struct history *h, const struct uuid *id);

/* A transaction on its way to disk; change by change, those that are stored. */
struct history_record {
	struct buf bytes;
	bool too_large;
};

void history_record_add(struct history_record *r, const struct change *c);
struct storage_txn history_record_end(const struct history_record *r, const struct uuid *id);

/*
 * Reads what storage remembers, once the rows are there; *last is the newest
 * transaction, and stays as it is if there is none.
 */
int history_restore(struct history *h, struct storage *s, struct table *tables,
		    const struct db_schema *schema, struct uuid *last, const char **ret_problem);

#endif
