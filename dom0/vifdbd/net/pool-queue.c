// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"
#include "vifdbd/net/author.h"
#include "vifdbd/net/lock.h"
#include "vifdbd/net/pool-queue.h"
#include "vifdbd/net/self.h"
#include "vifdbd/net/trigger-state.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/execute.h"

#define ATTEMPTS_MAX 100

/* One of a batch. */
struct sent {
	struct trigger *trigger;
	struct answer *answer;
	struct txn *txn; /* until it is taken back; or NULL */
};

struct pool_queue {
	struct server *server;
	struct pool *pool;
	struct sent batch[BATCH_MAX];
	unsigned int n;
	unsigned int attempts; /* conflicts in a row */
	bool *read;
};

static bool writes(const json_t *params)
{
	static const char *const words[] = { "insert", "update", "mutate", "delete", "commit" };
	unsigned int k;
	size_t i;

	for (i = 1; i < json_array_size(params); i++) {
		const json_t *op = json_object_get(json_array_get(params, i), "op");

		for (k = 0; json_is_string(op) && k < ARRAY_SIZE(words); k++)
			if (!strcmp(json_string_value(op), words[k]))
				return true;
	}
	return false;
}

static bool client_is_queued(const struct session *s)
{
	const struct trigger *t;

	LIST_FOREACH(t, &s->triggers, session_link)
		if (t->place == TRIGGER_QUEUED || t->place == TRIGGER_SENT)
			return true;
	return false;
}

bool pool_queue_takes(const struct trigger *t)
{
	const struct server *server = t->session->server;

	return server->pool && t->db == server->db &&
	       (writes(t->params) || client_is_queued(t->session));
}

void pool_queue_add(struct trigger *t)
{
	struct server *server = t->session->server;

	if (trigger_place(t, TRIGGER_QUEUED))
		server_want_flush(server);
}

/* Runs it on the copy and what the batch did to it so far. */
static bool run(struct pool_queue *q, struct trigger *t)
{
	struct answer *a = answer_new(t);
	struct execution x = { .db = t->db,
			       .params = t->params,
			       .owns_lock = lock_owned,
			       .arg = t->session,
			       .author = session_author(t->session),
			       .now_s = time(NULL),
			       .elapsed_ms = clock_ms() - t->since_ms,
			       .read = q->read };
	uint64_t steps = work_total();

	execute(&x, &a->text);
	if (x.blocked) {
		answer_free(a);
		trigger_wait(t, x.timeout_ms, work_total() - steps);
		return false;
	}
	q->batch[q->n++] = (struct sent){ .trigger = t, .answer = a, .txn = x.txn };
	return x.txn;
}

static struct trigger *take_first(struct server *server)
{
	struct trigger *t = TAILQ_FIRST(&server->queue);

	if (t) {
		TAILQ_REMOVE(&server->queue, t, link);
		t->place = TRIGGER_SENT;
	}
	return t;
}

/* The copy is as it was: what the batch did is in the request now, or nowhere. */
static void take_back(struct pool_queue *q)
{
	unsigned int i;

	for (i = q->n; i-- > 0;) {
		if (q->batch[i].txn) {
			txn_rollback(q->batch[i].txn);
			txn_free(q->batch[i].txn);
		}
		q->batch[i].txn = NULL;
	}
}

static void answer_all(struct pool_queue *q, const char *message)
{
	_cleanup_(err_freep) struct dberr *err = message ? err_new(ERR_IO, "%s", message) : NULL;
	struct sent batch[BATCH_MAX];
	unsigned int i, n = q->n;

	/* What follows may begin the next batch. */
	memcpy(batch, q->batch, n * sizeof(*batch));
	q->n = 0;
	q->attempts = 0;
	for (i = 0; i < n; i++) {
		answer_done(NULL, err, batch[i].answer);
		trigger_free(batch[i].trigger);
	}
}

/* Back to the head of the queue, in their order. */
static void again(struct pool_queue *q)
{
	struct server *server = q->server;

	while (q->n) {
		struct sent *s = &q->batch[--q->n];

		answer_free(s->answer);
		if (s->trigger->orphan) {
			trigger_free(s->trigger);
			continue;
		}
		s->trigger->place = TRIGGER_QUEUED;
		TAILQ_INSERT_HEAD(&server->queue, s->trigger, link);
	}
}

/* While nothing can be stored: each for itself, and one that would store is refused. */
static void refuse(struct pool_queue *q, const char *why)
{
	struct trigger *t;
	bool changes;

	while ((t = take_first(q->server))) {
		changes = run(q, t);
		take_back(q);
		if (q->n)
			answer_all(q, changes ? why : NULL);
	}
}

static unsigned int collect(struct pool_queue *q, struct txn **txns)
{
	unsigned int n = 0;
	struct trigger *t;

	memset(q->read, 0, q->server->db->schema->n_tables * sizeof(*q->read));
	while (q->n < BATCH_MAX && (t = take_first(q->server)))
		if (run(q, t))
			txns[n++] = q->batch[q->n - 1].txn;
	return n;
}

static void send_batch(struct pool_queue *q)
{
	_cleanup_free_ char *message = NULL;
	struct txn *txns[BATCH_MAX];
	unsigned int n = collect(q, txns);
	int r = n ? pool_commit(q->pool, txns, n, q->read, &message) : 0;

	take_back(q);
	if (r || (!n && q->n))
		answer_all(q, r ? message : NULL);
}

void pool_queue_run(struct server *server)
{
	struct pool_queue *q = server->pool;
	const char *why;

	if (!q || q->n || TAILQ_EMPTY(&server->queue))
		return;
	why = pool_refusal(q->pool);
	if (pool_ready(q->pool))
		send_batch(q);
	else if (why)
		refuse(q, why);
}

static void on_changed(bool rows, void *arg)
{
	struct pool_queue *q = arg;

	if (rows) {
		q->server->stored = true;
		q->server->changed(q->server);
	}
	server_want_flush(q->server);
}

static void on_done(enum pool_outcome outcome, const char *message, void *arg)
{
	struct pool_queue *q = arg;
	_cleanup_free_ char *busy = NULL;

	if (outcome == POOL_CONFLICT && ++q->attempts < ATTEMPTS_MAX) {
		again(q);
	} else if (outcome == POOL_CONFLICT) {
		busy = xprintf("not stored: other hosts changed what this depends on, %u times in "
			       "a row; try again",
			       q->attempts);
		answer_all(q, busy);
	} else {
		answer_all(q, outcome == POOL_STORED ? NULL : message);
	}
	server_want_flush(q->server);
}

int pool_queue_new(struct server *server, const struct pool_config *config, char **ret_message)
{
	struct pool_queue *q = xzalloc(sizeof(*q));
	struct pool_owner owner = { .changed = on_changed, .done = on_done, .arg = q };
	int r;

	q->server = server;
	q->read = xzalloc((server->db->schema->n_tables + 1) * sizeof(*q->read));
	server->pool = q;
	r = pool_new(server->sessions.event, config, &owner, server->db, &q->pool, ret_message);
	if (r < 0) {
		server->pool = NULL;
		free(q->read);
		free(q);
	}
	return r;
}

void pool_queue_free(struct server *server)
{
	struct pool_queue *q = TAKE_PTR(server->pool);

	if (!q)
		return;
	pool_free(q->pool);
	while (q->n) {
		struct sent *s = &q->batch[--q->n];

		answer_free(s->answer);
		trigger_free(s->trigger);
	}
	free(q->read);
	free(q);
}

void pool_queue_presence(struct server *server, json_t *names)
{
	if (server->pool)
		pool_presence(server->pool->pool, names);
}

bool pool_queue_present(struct server *server, const char *name)
{
	return server->pool && pool_present(server->pool->pool, name);
}

unsigned int pool_queue_rank(struct server *server, unsigned int max)
{
	unsigned int rank = server->pool ? pool_rank(server->pool->pool) : 0;

	return rank < max ? rank : max;
}

void pool_queue_status(struct server *server)
{
	json_t *status = server->pool ? pool_status(server->pool->pool) : NULL;

	if (status)
		self_pool(server->self, status);
	json_decref(status);
}
