/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_NET_MONITOR_H
#define VIFDBD_NET_MONITOR_H

#include <jansson.h>
#include <stdbool.h>

#include "vifdbd/ovsdb/buf.h"
#include "vifdbd/ovsdb/err.h"
#include "vifdbd/ovsdb/slots.h"

struct db;
struct server;
struct session;
struct txn;
struct uuid;

/* Groups of monitors that watch the same, by what they watch. */
void monitors_init(struct slots *groups_by_key);
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

#endif
