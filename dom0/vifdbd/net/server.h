/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the server share. Single-threaded, on one sd-event loop.
 *
 * Group commit: requests are executed as they are read, and join the database's
 * batch; the batch is stored when no more input is ready (flush has the lowest
 * priority of all event sources) or BATCH_MAX transactions wait. While the disk
 * works, requests pile up in the sockets and become the next batch. One that took
 * WORK_TURN steps is stored as well: clients wait for it.
 */
#ifndef VIFDBD_NET_SERVER_H
#define VIFDBD_NET_SERVER_H

#include "vifdbd/net/session.h"
#include "vifdbd/ovsdb/slots.h"
#include "vifdbd/txn/db.h"

#define BATCH_MAX 256

struct monitor_group;
struct pool_queue;

struct server {
	struct sessions sessions;
	struct db *db;
	struct db *self; /* _Server: what there is here */
	struct uuid id;
	struct tls *tls;
	struct slots locks;
	LIST_HEAD(, monitor_group) groups;
	struct slots groups_by_key;
	TAILQ_HEAD(, trigger) triggers;
	struct pool_queue *pool; /* pool-queue.h; NULL: a database of this host alone */
	TAILQ_HEAD(, trigger) queue;
	TAILQ_HEAD(, remote) remotes;
	char *remotes_column;	/* "db:..." remote, or NULL */
	uint64_t waiting_steps; /* of all sessions */
	uint64_t flushed;	/* when, in steps (work.h) */
	sd_event_source *flush, *tick, *timeout;
	void (*changed)(struct server *server); /* what was stored may concern others */
	bool stored;				/* since the last tick */
	char *directory;			/* of the database */
	char *host;				/* this host's name */
	const struct rights_rules *rights;	/* or NULL: all may do all */
	struct trials *trials;			/* trial.h */
	struct presence *presence;		/* presence.h */
};

struct db *server_db(struct server *server, const char *name);
/* Make it so that server_flush() is called soon. */
void server_want_flush(struct server *server);
/* Make what waits durable, answer, run what waited for changes. */
void server_flush(struct server *server);

#endif
