/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitor of a slow reader has not been told: for each row how the client
 * knows it, and how it is now. However often a row changes there is one entry,
 * so this grows with the database and not with time. Entries hold rows, and thus
 * must go before the database does.
 */
#ifndef VIFDBD_TXN_BEHIND_H
#define VIFDBD_TXN_BEHIND_H

#include "vifdbd/txn/watch.h"

struct behind {
	struct slots changes; /* struct change; "counted" is not used */
	struct uuid last;     /* transaction that is in it */
	size_t bytes;	      /* what it keeps in memory, about */
};

struct behind *behind_new(void);
struct behind *behind_free(struct behind *b);
/* Adds what a transaction did to tables that are watched. */
void behind_add(struct behind *b, const struct watch *w, const struct txn *txn,
		const struct uuid *id);
/* The <table-updates> of all of it; "{}" if nothing is left to tell. */
void behind_json(const struct behind *b, const struct watch *w, struct buf *out);

#endif
