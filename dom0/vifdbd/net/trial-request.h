/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What takes an unconfirmed change back: the operations of transactions. */
#ifndef VIFDBD_NET_TRIAL_REQUEST_H
#define VIFDBD_NET_TRIAL_REQUEST_H

#include "vifdbd/net/server.h"

struct trial_request {
	struct server *server;
	const struct uuid *trial; /* its row; that it is there is a condition */
	int64_t entry;
	const json_t *changes; /* to take back; NULL: none, so that only the trial ends */
	bool end;	       /* the trial ends with it */
	const char *how;       /* for History, as in "back by itself, how: ..." or "" */
	/* Out: */
	json_t *stays; /* what overlaps (base/undo.h) */
	bool nothing;  /* it is as before the change, but for that */
};

/* What is known of an entry, a new reference; NULL: nothing. */
json_t *trial_changes(struct server *server, int64_t entry);
/*
 * What can be taken back by itself, each an array of changes: a row, and with it those that
 * live only by it and went.
 */
json_t *trial_units(struct server *server, const json_t *changes);
/* A new array; stays is the caller's. */
json_t *trial_request(struct trial_request *q);

#endif
