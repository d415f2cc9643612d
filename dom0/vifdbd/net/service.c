// SPDX-License-Identifier: GPL-2.0-or-later
#include <libgen.h>

#include "base/clock.h"
#include "base/random.h"
#include "vifdbd/net/author.h"
#include "vifdbd/net/lock.h"
#include "vifdbd/net/monitor.h"
#include "vifdbd/net/pool-queue.h"
#include "vifdbd/net/presence.h"
#include "vifdbd/net/remote.h"
#include "vifdbd/net/rpc.h"
#include "vifdbd/net/self.h"
#include "vifdbd/net/service.h"
#include "vifdbd/net/trial.h"
#include "vifdbd/net/trigger.h"

#define TICK_USEC 1000000

static void session_closing(struct session *s)
{
	triggers_drop(s);
	monitors_drop(s);
	locks_release_all(s);
	session_author_forget(s);
	if (s->remote)
		remote_disconnected(s->remote);
}

static const struct session_ops session_ops = {
	.message = rpc_message,
	.catch_up = monitors_catch_up,
	.closing = session_closing,
};

static void on_change(struct server *server)
{
	remotes_sync(server);
	triggers_run(server);
}

static int on_flush(sd_event_source *source, void *arg)
{
	struct server *server = arg;

	pool_queue_run(server);
	server_flush(server);
	sessions_send(&server->sessions);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct server *server = arg;
	int64_t now = clock_ms();

	sessions_tick(&server->sessions, now);
	if (server->pool)
		server_want_flush(server);
	remotes_tick(server, now);
	trials_tick(server, now);
	presence_tick(server, now);
	pool_queue_status(server);
	if (!server->stored && server->db->storage)
		server->db->storage->ops->idle(server->db->storage);
	server->stored = false;
	sd_event_source_set_time(source, (uint64_t)now * 1000 + TICK_USEC);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int service_new(const struct limits *limits, struct db *db, const char *path, struct server **ret)
{
	_cleanup_free_ char *file = xstrdup(path);
	struct server *server = xzalloc(sizeof(*server));
	int r;

	sessions_init(&server->sessions, limits, &session_ops);
	locks_init(&server->locks);
	monitors_init(&server->groups_by_key);
	server->changed = on_change;
	server->db = db;
	server->directory = realpath(dirname(file), NULL);
	server->self = self_new(db);
	server->host = xstrdup("-");
	uuid_random(&server->id);
	TAILQ_INIT(&server->triggers);
	TAILQ_INIT(&server->queue);
	TAILQ_INIT(&server->remotes);
	db->changed = monitors_changed;
	db->changed_arg = server;
	server->self->changed = monitors_changed;
	server->self->changed_arg = server;
	r = sd_event_default(&server->sessions.event);
	if (r >= 0)
		r = sd_event_add_defer(server->sessions.event, &server->flush, on_flush, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->flush, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->flush, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(server->sessions.event, &server->tick, CLOCK_MONOTONIC, 0,
				      100000, on_tick, server);
	if (r < 0) {
		service_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

void service_free(struct server *server)
{
	if (!server)
		return;
	server_flush(server);
	sessions_send(&server->sessions);
	pool_queue_free(server);
	trials_free(server);
	presence_free(server);
	sessions_close(&server->sessions, "shutting down");
	remotes_free(server);
	slots_free(&server->locks);
	slots_free(&server->groups_by_key);
	sd_event_source_disable_unref(server->flush);
	sd_event_source_disable_unref(server->tick);
	sd_event_source_disable_unref(server->timeout);
	sd_event_unref(server->sessions.event);
	db_free(server->self);
	db_free(server->db);
	tls_free(server->tls);
	free(server->remotes_column);
	free(server->directory);
	free(server->host);
	free(server);
}
