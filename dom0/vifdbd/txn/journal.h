/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who changed what: a row of table History for each transaction that changes one of the
 * tables that the enum of History.tables names, written as part of it. Clients may not
 * write there. A database whose schema has no such table has no journal.
 *
 * A row of table Trial that a transaction inserts makes its change one that goes back by
 * itself (net/trial.c): here it gets the number of the entry.
 */
#ifndef VIFDBD_TXN_JOURNAL_H
#define VIFDBD_TXN_JOURNAL_H

#include "vifdbd/txn/rights.h"
#include "vifdbd/txn/txn.h"

#define JOURNAL_ROWS 1000
#define JOURNAL_OCTETS (4u << 20)   /* of all rows */
#define JOURNAL_CHANGES (512u << 10) /* of one, as text */

struct journal;

/* Who asks, as far as that is known; client may be NULL. */
struct author {
	const char *who, *host, *client;
	const char *certificate; /* the name in it; NULL: none was shown */
	enum rights rights;
};

/* One transaction's use of it. */
struct journal_call {
	struct journal *journal;
	const struct db_schema *schema;
	const struct author *author;
	int64_t now_s;	     /* since 1970 */
	bool *read;	     /* tables that it depends on are marked, by index; or NULL */
	const char *comment; /* or NULL */
};

/* NULL if the schema has no journal. */
struct journal *journal_new(struct table *tables, const struct db_schema *schema);
void journal_free(struct journal *j);
/* Only the server writes in the table of this name. */
bool journal_owns(const struct journal *j, const json_t *table);
/*
 * Is the author allowed to do what the transaction did so far? Then adds that; call is a
 * struct journal_call, whose journal may be NULL. An error as well if it is to be taken
 * back and cannot be.
 */
struct dberr *journal_write(struct txn *txn, void *call);
/* The changes of an entry, as JSON text in arena; NULL if there is none, or none was kept. */
const char *journal_changes(const struct journal *j, int64_t id, struct arena *arena);
int64_t journal_newest(const struct journal *j);
const struct table *journal_trials(const struct journal *j);

/* What a row of Trial says. */
struct trial {
	int64_t seconds, entry, until_s;
	bool here; /* its host is this one */
};

struct trial journal_trial(const struct journal *j, const struct row *row, const char *host);

#endif
