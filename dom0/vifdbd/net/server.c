// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifdbd/net/server.h"
#include "vifdbd/ovsdb/work.h"

struct db *server_db(struct server *server, const char *name)
{
	if (!strcmp(name, server->db->schema->name))
		return server->db;
	if (!strcmp(name, server->self->schema->name))
		return server->self;
	return NULL;
}

void server_want_flush(struct server *server)
{
	if (server->db->n_batch >= BATCH_MAX || work_total() - server->flushed > WORK_TURN)
		server_flush(server);
	else
		sd_event_source_set_enabled(server->flush, SD_EVENT_ONESHOT);
}

void server_flush(struct server *server)
{
	server->flushed = work_total();
	if (db_flush(server->db)) {
		server->stored = true;
		server->changed(server);
	}
}
