/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the operations of a "transact" request (RFC 7047, section 5.2). No I/O, no clock. */
#ifndef VIFDBD_TXN_EXECUTE_H
#define VIFDBD_TXN_EXECUTE_H

#include "vifdbd/txn/db.h"

struct execution {
	/* In: */
	struct db *db;
	const json_t *params; /* database name, then the operations */
	int64_t elapsed_ms;   /* since the request came */
	bool (*owns_lock)(const char *name, void *arg);
	void *arg;
	const struct author *author; /* for the journal; or NULL */
	int64_t now_s;		     /* since 1970; likewise */
	bool *read; /* by table: marked if what it did depends on the table; or NULL */
	/* Out: */
	int64_t timeout_ms; /* if it must wait: until when, INT64_MAX is for ever */
	struct txn *txn;    /* applied, for the caller to make durable; or NULL */
	bool blocked;	    /* it waits: nothing was done, run it again later */
};

/* Appends the array of results, unless it is blocked. */
void execute(struct execution *x, struct buf *out);

#endif
