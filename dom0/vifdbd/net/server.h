/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the server share. Single-threaded, on one sd-event loop.
 *
 * Group commit: requests are executed as they are read, and join the database's
 * batch; the batch is stored when no more input is ready (flush has the lowest
 * priority of all event sources) or BATCH_MAX transactions wait. While the disk
 * works, requests pile up in the sockets and become the next batch.
 */
#ifndef VIFDBD_NET_SERVER_H
#define VIFDBD_NET_SERVER_H

#include "vifdbd/net/session.h"
#include "vifdbd/txn/db.h"

#define BATCH_MAX 256

struct lock;
struct monitor_group;

struct limits {
	size_t max_message, max_backlog, max_memory;
	unsigned int max_clients;
	unsigned int probe_ms; /* 0: no probes */
};

struct server {
	sd_event *event;
	struct limits limits;
	struct db *db;
	struct db *self; /* _Server: what there is here */
	struct uuid id;
	struct tls *tls;
	TAILQ_HEAD(, session) sessions;
	TAILQ_HEAD(, session) dirty;
	unsigned int n_sessions;
	size_t memory; /* in sessions' buffers and queues */
	LIST_HEAD(, lock) locks;
	LIST_HEAD(, monitor_group) groups;
	TAILQ_HEAD(, trigger) triggers;
	TAILQ_HEAD(, remote) remotes;
	char *remotes_column; /* "db:..." remote, or NULL */
	sd_event_source *flush, *tick, *timeout;
	bool stored; /* since the last tick */
	bool full;   /* the limit on clients was reached, and that was said */
};

int server_new(const struct limits *limits, struct db *db, struct server **ret);
void server_free(struct server *server);
struct db *server_db(struct server *server, const char *name);
/* Make it so that server_flush() is called soon. */
void server_want_flush(struct server *server);
/* Make what waits durable, answer, run what waited for changes, send. */
void server_flush(struct server *server);
/* Send what sessions have queued. */
void server_send(struct server *server);

/* lock.c */
bool lock_owned(const char *name, void *session);
void locks_release_all(struct session *s);
struct dberr *rpc_lock(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_steal(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_unlock(struct session *s, const json_t *params, struct buf *result);

/* trigger.c */
void rpc_transact(struct session *s, json_t *params, const json_t *id);
void rpc_cancel(struct session *s, const json_t *params);
void triggers_run(struct server *server);
void triggers_drop(struct session *s);
void triggers_cancel(struct server *server, const struct db *db);

/* monitor.c */
struct dberr *rpc_monitor(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_monitor_cond(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_monitor_cond_since(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_monitor_cond_change(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_monitor_cancel(struct session *s, const json_t *params, struct buf *result);
void monitors_drop(struct session *s);
/* Queues what a session's monitors are behind with. */
void monitors_catch_up(struct session *s);
/* All of a database that will not be there any more. */
void monitors_cancel(struct server *server, const struct db *db);
void monitors_changed(struct db *db, const struct uuid *id, const struct txn *txn, void *server);

/* rpc.c: a message from a client; negative if the connection must end. */
int rpc_message(struct session *s, const char *text, size_t len);
/* The beginning of a reply to this request, up to its result. */
void rpc_reply_begin(const json_t *id, struct buf *b);
void rpc_reply_error(struct session *s, const json_t *id, const struct dberr *err);

/* self.c: the _Server database. */
struct db *self_new(const struct db *db);
/* The database of this name has another schema now. */
void self_changed(struct db *self, const struct db *db);

/* convert-rpc.c */
struct dberr *rpc_convert(struct session *s, const json_t *params, struct buf *result);

#endif
