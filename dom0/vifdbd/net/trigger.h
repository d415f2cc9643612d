/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_NET_TRIGGER_H
#define VIFDBD_NET_TRIGGER_H

#include <jansson.h>

struct db;
struct server;
struct session;

void rpc_transact(struct session *s, json_t *params, const json_t *id);
void rpc_cancel(struct session *s, const json_t *params);
void triggers_run(struct server *server);
void triggers_drop(struct session *s);
/* Of a database that changes its schema: who will be disconnected gets no answer. */
void triggers_cancel(struct server *server, const struct db *db);

#endif
