/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions of a pool's host. Those that write wait in a queue; when the pool is
 * ready, the first of them run one upon the other, are taken back, and are sent as
 * one commit. Their answers wait until it has come back. If it conflicts with another
 * host's they run again. One that only reads runs at once, on what is committed,
 * unless an earlier one of the same client is still in the queue.
 */
#ifndef VIFDBD_NET_POOL_QUEUE_H
#define VIFDBD_NET_POOL_QUEUE_H

#include "vifdbd/etcd/pool.h"
#include "vifdbd/net/server.h"

struct trigger;

int pool_queue_new(struct server *server, const struct pool_config *config, char **ret_message);
void pool_queue_free(struct server *server);
/* True if this request must go the way of the queue. */
bool pool_queue_takes(const struct trigger *t);
/* Takes it over. */
void pool_queue_add(struct trigger *t);
/* Sends what is in the queue, if it may. */
void pool_queue_run(struct server *server);

/* Once a second or so: how the pool stands, into table Pool of database _Server. */
void pool_queue_status(struct server *server);
/* For presence.c: who is present here; is it anywhere else in the pool, or not known to be not? */
void pool_queue_presence(struct server *server, json_t *names);
bool pool_queue_present(struct server *server, const char *name);
/* Of this server among those of the pool, at most @max; 0 without one. */
unsigned int pool_queue_rank(struct server *server, unsigned int max);

#endif
