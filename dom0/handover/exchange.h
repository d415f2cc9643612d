/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An identity's row of table Handover: read from the copy, changed by transactions. */
#ifndef HANDOVER_EXCHANGE_H
#define HANDOVER_EXCHANGE_H

#include "handover/turn.h"
#include "policydb/follow.h"

struct handover_identity {
	uint8_t vm[16];
	uint32_t devid;
};

/* Is the database there, and does it have the table? */
bool exchange_possible(const struct policy_db *db);
/* NULL: there is none, or it makes no sense. Valid until the session runs. */
const struct vifdb_row *exchange_find(const struct policy_db *db,
				      const struct handover_identity *id,
				      struct handover_row *ret);
/*
 * Another host that says that it has the VM, @writer (may be NULL) before all others; NULL:
 * none does. Valid likewise.
 */
const char *exchange_located(const struct policy_db *db, const struct handover_identity *id,
			     const char *writer);

/*
 * Transactions, each for what the row was when it was read; commit them with
 * exchange_commit(). NULL: out of memory.
 */
struct vifdb_txn *exchange_offer(struct policy_db *db, const struct handover_identity *id,
				 int64_t domid, int64_t now_ms, const char *record);
struct vifdb_txn *exchange_take(struct policy_db *db, const struct vifdb_row *row);
/* The record goes, the row stays. */
struct vifdb_txn *exchange_clear(struct policy_db *db, const struct vifdb_row *row);
struct vifdb_txn *exchange_delete(struct policy_db *db, const struct vifdb_row *row);
struct vifdb_txn *exchange_outcome(struct policy_db *db, const uint8_t row[16],
				   int64_t generation, const char *outcome);
/* @done is called once it is over. False, and it is freed: it cannot be sent. */
bool exchange_commit(struct policy_db *db, struct vifdb_txn **txn,
		     void (*done)(struct vifdb_txn *txn, void *arg), void *arg);
/* Committed, and the row was still what was read? */
bool exchange_done(const struct vifdb_txn *txn);
/* What a take that is done read; NULL: nothing. */
const char *exchange_record(const struct vifdb_txn *txn, size_t *ret_len);

#endif /* HANDOVER_EXCHANGE_H */
