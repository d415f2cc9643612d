// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "transact" requests: run, wait for the disk, answer. One whose "wait" does not
 * hold stays in a list, and runs again whenever the database has changed, or for
 * the last time when its time is up.
 */
#include <errno.h>

#include "base/clock.h"
#include "vifdbd/net/author.h"
#include "vifdbd/net/lock.h"
#include "vifdbd/net/pool-queue.h"
#include "vifdbd/net/reply.h"
#include "vifdbd/net/trigger-state.h"
#include "vifdbd/net/trigger.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/execute.h"

struct answer *answer_new(const struct trigger *t)
{
	struct answer *a = xzalloc(sizeof(*a));

	a->session = session_ref(t->session);
	a->n_operations = json_array_size(t->params) - 1;
	rpc_reply_begin(t->id, &a->text);
	return a;
}

void answer_free(struct answer *a)
{
	session_unref(a->session);
	buf_free(&a->text);
	free(a);
}

void answer_done(struct txn *txn, const struct dberr *err, void *arg)
{
	static const char end[] = ",\"error\":null}";
	struct answer *a = arg;

	if (err) {
		/* One element more than there are operations: it could not be committed. */
		a->text.len -= 1;
		if (a->n_operations)
			buf_putc(&a->text, ',');
		err_json(err, &a->text);
		buf_putc(&a->text, ']');
	}
	buf_puts(&a->text, end);
	session_send(a->session, msg_from_buf(&a->text), false);
	answer_free(a);
}

/* It takes so many steps whenever something changes, as long as it waits. */
static void trigger_charge(struct trigger *t, uint64_t steps)
{
	t->session->waiting_steps += steps - t->steps;
	t->session->server->waiting_steps += steps - t->steps;
	t->steps = steps;
}

static void leave(struct trigger *t)
{
	struct session *s = t->session;

	if (t->place == TRIGGER_RUNS)
		return;
	if (t->place == TRIGGER_WAITS)
		TAILQ_REMOVE(&s->server->triggers, t, link);
	else if (t->place == TRIGGER_QUEUED)
		TAILQ_REMOVE(&s->server->queue, t, link);
	if (t->orphan)
		return;
	if (t->place != TRIGGER_WAITS)
		s->n_queued--;
	t->place = TRIGGER_RUNS;
	LIST_REMOVE(t, session_link);
	s->n_triggers--;
	session_let_go(s, t->memory);
	trigger_charge(t, 0);
}

void trigger_free(struct trigger *t)
{
	leave(t);
	json_decref(t->params);
	json_decref(t->id);
	free(t);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *server)
{
	triggers_run(server);
	return 0;
}

static void arm_timeout(struct server *server)
{
	struct trigger *t;
	int64_t due = INT64_MAX;

	TAILQ_FOREACH(t, &server->triggers, link)
		if (t->due_ms < due)
			due = t->due_ms;
	if (!server->timeout)
		sd_event_add_time(server->sessions.event, &server->timeout, CLOCK_MONOTONIC, 0,
				  1000, on_timeout, server);
	if (due == INT64_MAX) {
		sd_event_source_set_enabled(server->timeout, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(server->timeout, (uint64_t)due * 1000);
	sd_event_source_set_enabled(server->timeout, SD_EVENT_ONESHOT);
}

/* On an error, which the client is told, it is gone. */
static bool trigger_refuse(struct trigger *t, struct dberr *error)
{
	_cleanup_(err_freep) struct dberr *err = error;

	if (!err)
		return false;
	rpc_reply_error(t->session, t->id, err);
	trigger_free(t);
	return true;
}

static struct dberr *check_steps(const struct trigger *t)
{
	const struct session *s = t->session;

	if (s->waiting_steps <= WORK_MAX / SHARE && s->server->waiting_steps <= WORK_MAX)
		return NULL;
	return err_new(ERR_RESOURCES,
		       "transactions that wait take too many steps: a client's may take %llu, "
		       "those of all %llu",
		       WORK_MAX / SHARE, WORK_MAX);
}

bool trigger_place(struct trigger *t, enum trigger_place place)
{
	struct session *s = t->session;

	if (t->place == TRIGGER_RUNS) {
		if (trigger_refuse(t, session_keep(s, t->memory)))
			return false;
		LIST_INSERT_HEAD(&s->triggers, t, session_link);
		s->n_triggers++;
	}
	s->n_queued += (place == TRIGGER_QUEUED) - (t->place > TRIGGER_WAITS);
	t->place = place;
	if (place == TRIGGER_WAITS)
		TAILQ_INSERT_TAIL(&s->server->triggers, t, link);
	else
		TAILQ_INSERT_TAIL(&s->server->queue, t, link);
	return true;
}

void trigger_wait(struct trigger *t, int64_t timeout_ms, uint64_t steps)
{
	struct server *server = t->session->server;

	t->due_ms = timeout_ms > INT64_MAX / 2000 ? INT64_MAX : t->since_ms + timeout_ms;
	if (t->orphan) {
		trigger_free(t);
		return;
	}
	if (t->place != TRIGGER_WAITS && !trigger_place(t, TRIGGER_WAITS))
		return;
	trigger_charge(t, steps);
	if (!trigger_refuse(t, check_steps(t)))
		arm_timeout(server);
}

/* The trigger is gone when this returns, unless it waits. */
static void trigger_run(struct trigger *t)
{
	struct session *s = t->session;
	struct execution x = {
		.db = t->db, .params = t->params, .owns_lock = lock_owned, .arg = s
	};
	uint64_t steps = work_total();
	struct answer *a;

	if (pool_queue_takes(t)) {
		leave(t);
		pool_queue_add(t);
		return;
	}
	x.elapsed_ms = clock_ms() - t->since_ms;
	x.author = session_author(s);
	x.now_s = time(NULL);
	a = answer_new(t);
	execute(&x, &a->text);
	if (x.blocked) {
		answer_free(a);
		trigger_wait(t, x.timeout_ms, work_total() - steps);
		return;
	}
	trigger_free(t);
	if (!x.txn && !s->server->db->n_batch) {
		answer_done(NULL, NULL, a);
		return;
	}
	db_enqueue(s->server->db, x.txn, answer_done, a);
	server_want_flush(s->server);
}

void rpc_transact(struct session *s, json_t *params, const json_t *id)
{
	const char *name = json_string_value(json_array_get(params, 0));
	_cleanup_(err_freep) struct dberr *err = NULL;
	struct trigger *t;
	struct db *db = name ? server_db(s->server, name) : NULL;

	if (!name)
		err = err_syntax(params, "expected a database name, then operations");
	else if (!db)
		err = err_about(ERR_UNKNOWN_DB, params, "no database named %.60s", name);
	else if (s->n_triggers >= TRIGGERS_MAX)
		err = err_new(ERR_RESOURCES, "a client may have %u transactions waiting",
			      TRIGGERS_MAX);
	if (err) {
		rpc_reply_error(s, id, err);
		return;
	}
	t = xzalloc(sizeof(*t));
	t->session = s;
	t->db = db;
	t->params = json_incref(params);
	t->id = json_incref((json_t *)id);
	t->since_ms = clock_ms();
	t->memory = sizeof(*t) + s->message;
	trigger_run(t);
	if (s->n_triggers)
		arm_timeout(s->server);
}

/* Ends one that waits. */
static void trigger_cancel(struct trigger *t)
{
	struct session *s = t->session;
	struct buf b = { 0 };

	buf_puts(&b, "{\"id\":");
	buf_json(&b, t->id);
	buf_puts(&b, ",\"result\":null,\"error\":\"canceled\"}");
	trigger_free(t);
	session_send(s, msg_from_buf(&b), false);
	buf_free(&b);
}

void triggers_cancel(struct server *server, const struct db *db)
{
	struct trigger *t, *next;

	for (t = TAILQ_FIRST(&server->triggers); t; t = next) {
		next = TAILQ_NEXT(t, link);
		if (t->db == db && t->session->change_aware)
			trigger_cancel(t);
		else if (t->db == db)
			trigger_free(t);
	}
	arm_timeout(server);
}

void rpc_cancel(struct session *s, const json_t *params)
{
	struct server *server = s->server;
	struct trigger *t;

	LIST_FOREACH(t, &s->triggers, session_link)
		if (t->place != TRIGGER_SENT && json_equal(t->id, json_array_get(params, 0)))
			break;
	if (!t)
		return;
	trigger_cancel(t);
	arm_timeout(server);
}

void triggers_run(struct server *server)
{
	static unsigned int pass;
	struct trigger *t;

	if (TAILQ_EMPTY(&server->triggers))
		return;
	/*
	 * Running one takes it out of the list, unless it waits on: so always
	 * take the first, and put it last.
	 */
	pass++;
	while ((t = TAILQ_FIRST(&server->triggers)) && t->pass != pass) {
		t->pass = pass;
		TAILQ_REMOVE(&server->triggers, t, link);
		TAILQ_INSERT_TAIL(&server->triggers, t, link);
		trigger_run(t);
	}
	arm_timeout(server);
	server_want_flush(server);
}

/* What is sent cannot be called back; nobody will hear what became of it. */
static void orphan(struct trigger *t)
{
	struct session *s = t->session;

	LIST_REMOVE(t, session_link);
	s->n_triggers--;
	s->n_queued--;
	session_let_go(s, t->memory);
	trigger_charge(t, 0);
	t->orphan = true;
}

void triggers_drop(struct session *s)
{
	struct trigger *t;

	while ((t = LIST_FIRST(&s->triggers))) {
		if (t->place == TRIGGER_SENT)
			orphan(t);
		else
			trigger_free(t);
	}
}
