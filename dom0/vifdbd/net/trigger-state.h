/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A "transact" request that is not answered yet, for trigger.c and pool-queue.c. */
#ifndef VIFDBD_NET_TRIGGER_STATE_H
#define VIFDBD_NET_TRIGGER_STATE_H

#include "vifdbd/net/server.h"

enum trigger_place {
	TRIGGER_RUNS,	/* in no list */
	TRIGGER_WAITS,	/* for a change: in server->triggers and session->triggers */
	TRIGGER_QUEUED, /* for the pool: in server->queue and session->triggers */
	TRIGGER_SENT,	/* to the pool: in session->triggers only */
};

struct trigger {
	TAILQ_ENTRY(trigger) link;
	LIST_ENTRY(trigger) session_link;
	struct session *session;
	struct db *db;
	json_t *params, *id;
	int64_t since_ms, due_ms;
	unsigned int pass;
	enum trigger_place place;
	bool orphan;	/* its client is gone, but it is sent */
	size_t memory;	/* what it keeps; charged to the client while it waits */
	uint64_t steps; /* the last run's (work.h); likewise */
};

/* An answer that waits to be true. */
struct answer {
	struct session *session;
	size_t n_operations;
	struct buf text;
};

struct answer *answer_new(const struct trigger *t);
void answer_free(struct answer *a);
/* Sends and frees it; txn is not looked at. */
void answer_done(struct txn *txn, const struct dberr *err, void *answer);

void trigger_free(struct trigger *t);
/* It did not do anything, and waits until the database changes. */
void trigger_wait(struct trigger *t, int64_t timeout_ms, uint64_t steps);
/* Into one of the lists. On an error, which the client is told, it is gone. */
bool trigger_place(struct trigger *t, enum trigger_place place);

#endif
