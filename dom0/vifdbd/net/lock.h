/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_NET_LOCK_H
#define VIFDBD_NET_LOCK_H

#include <jansson.h>
#include <stdbool.h>

#include "vifdbd/ovsdb/buf.h"
#include "vifdbd/ovsdb/err.h"
#include "vifdbd/ovsdb/slots.h"

struct server;
struct session;

/* Of all clients, by name. */
void locks_init(struct slots *locks);
bool lock_owned(const char *name, void *session);
void locks_release_all(struct session *s);
struct dberr *rpc_lock(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_steal(struct session *s, const json_t *params, struct buf *result);
struct dberr *rpc_unlock(struct session *s, const json_t *params, struct buf *result);

/* Each lock that a client has. */
void locks_held(const struct server *server, void (*fn)(const char *name, void *arg), void *arg);

#endif
