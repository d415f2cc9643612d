// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/clock.h"
#include "base/random.h"
#include "vifdbd/net/remote.h"

#define TICK_USEC 1000000

struct db *server_db(struct server *server, const char *name)
{
	if (!strcmp(name, server->db->schema->name))
		return server->db;
	if (!strcmp(name, server->self->schema->name))
		return server->self;
	return NULL;
}

void server_send(struct server *server)
{
	while (!TAILQ_EMPTY(&server->dirty))
		session_flush(TAILQ_FIRST(&server->dirty));
}

void server_want_flush(struct server *server)
{
	if (server->db->n_batch >= BATCH_MAX)
		server_flush(server);
	else
		sd_event_source_set_enabled(server->flush, SD_EVENT_ONESHOT);
}

void server_flush(struct server *server)
{
	if (db_flush(server->db)) {
		server->stored = true;
		remotes_sync(server);
		triggers_run(server);
	}
}

static int on_flush(sd_event_source *source, void *arg)
{
	struct server *server = arg;

	server_flush(server);
	server_send(server);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct server *server = arg;
	struct session *s, *next;
	int64_t now = clock_ms();

	for (s = TAILQ_FIRST(&server->sessions); s; s = next) {
		next = TAILQ_NEXT(s, link);
		session_tick(s, now);
	}
	remotes_tick(server, now);
	if (!server->stored && server->db->storage)
		server->db->storage->ops->idle(server->db->storage);
	server->stored = false;
	sd_event_source_set_time(source, (uint64_t)now * 1000 + TICK_USEC);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int server_new(const struct limits *limits, struct db *db, struct server **ret)
{
	struct server *server = xzalloc(sizeof(*server));
	int r;

	server->limits = *limits;
	server->db = db;
	server->self = self_new(db);
	uuid_random(&server->id);
	TAILQ_INIT(&server->sessions);
	TAILQ_INIT(&server->dirty);
	TAILQ_INIT(&server->triggers);
	TAILQ_INIT(&server->remotes);
	db->changed = monitors_changed;
	db->changed_arg = server;
	server->self->changed = monitors_changed;
	server->self->changed_arg = server;
	r = sd_event_default(&server->event);
	if (r >= 0)
		r = sd_event_add_defer(server->event, &server->flush, on_flush, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->flush, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->flush, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(server->event, &server->tick, CLOCK_MONOTONIC, 0, 100000,
				      on_tick, server);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	server_flush(server);
	server_send(server);
	while (!TAILQ_EMPTY(&server->sessions))
		session_close(TAILQ_FIRST(&server->sessions), "shutting down");
	remotes_free(server);
	sd_event_source_disable_unref(server->flush);
	sd_event_source_disable_unref(server->tick);
	sd_event_source_disable_unref(server->timeout);
	sd_event_unref(server->event);
	db_free(server->self);
	db_free(server->db);
	tls_free(server->tls);
	free(server->remotes_column);
	free(server);
}
