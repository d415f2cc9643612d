// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locks (RFC 7047, sections 4.1.8 to 4.1.10). The first in a lock's queue owns
 * it. Whoever got it by "lock" and was robbed of it stays in the queue, right
 * behind the thief, and gets it back. Whoever got it by "steal" never waited, and
 * does not begin to: it is out of the queue, and its claim is only kept until the
 * "unlock" that must come. A lock goes with the last claim.
 */
#include "base/hash.h"
#include "vifdbd/net/lock.h"
#include "vifdbd/net/server.h"

struct lock {
	TAILQ_HEAD(, lock_waiter) queue;
	unsigned int claims; /* in the queue, or robbed */
	char name[];
};

struct lock_waiter {
	struct session *session;
	struct lock *lock;
	LIST_ENTRY(lock_waiter) session_link;
	TAILQ_ENTRY(lock_waiter) queue_link;
	bool stole, robbed;
};

static struct lock_waiter *waiter_find(struct session *s, const char *name)
{
	struct lock_waiter *w;

	LIST_FOREACH(w, &s->locks, session_link)
		if (!strcmp(w->lock->name, name))
			return w;
	return NULL;
}

static bool is_owner(const struct lock_waiter *w)
{
	return TAILQ_FIRST(&w->lock->queue) == w;
}

bool lock_owned(const char *name, void *session)
{
	struct lock_waiter *w = waiter_find(session, name);

	return w && is_owner(w);
}

static void notify(const struct lock_waiter *w, const char *method)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"id\":null,\"method\":\"");
	buf_puts(&b, method);
	buf_puts(&b, "\",\"params\":[");
	buf_json_string(&b, w->lock->name, strlen(w->lock->name));
	buf_puts(&b, "]}");
	session_send(w->session, msg_from_buf(&b), false);
	buf_free(&b);
}

static struct dberr *lock_name(const json_t *params, const char **ret)
{
	*ret = json_string_value(json_array_get(params, 0));
	if (json_array_size(params) != 1 || !*ret || !id_valid(*ret))
		return err_syntax(params, "expected the name of a lock");
	return NULL;
}

/* What a client is charged for one; a name that several want counts for each. */
static size_t lock_memory(const char *name)
{
	return sizeof(struct lock_waiter) + sizeof(struct lock) + strlen(name) + 64;
}

static uint32_t name_hash(const char *name)
{
	return bytes_hash(name, strlen(name), 0);
}

static uint32_t lock_hash(const void *lock, const void *ctx)
{
	return name_hash(((const struct lock *)lock)->name);
}

void locks_init(struct slots *locks)
{
	slots_init(locks, lock_hash, NULL);
}

static struct lock *lock_get(struct server *server, const char *name)
{
	struct lock *lock;
	size_t at;

	for (lock = slots_first(&server->locks, name_hash(name), &at); lock;
	     lock = slots_next(&server->locks, &at))
		if (!strcmp(lock->name, name))
			return lock;
	lock = xzalloc(sizeof(*lock) + strlen(name) + 1);
	memcpy(lock->name, name, strlen(name) + 1);
	TAILQ_INIT(&lock->queue);
	slots_add(&server->locks, lock);
	return lock;
}

static struct dberr *lock_take(struct session *s, const json_t *params, bool steal,
			       struct buf *result)
{
	struct lock_waiter *w, *victim;
	struct dberr *err;
	const char *name;

	err = lock_name(params, &name);
	if (err)
		return err;
	if (waiter_find(s, name))
		return err_syntax(params, "must unlock before locking again");
	if (s->n_locks >= LOCKS_MAX)
		return err_new(ERR_RESOURCES, "a client may have %u locks", LOCKS_MAX);
	err = session_keep(s, lock_memory(name));
	if (err)
		return err;
	w = xzalloc(sizeof(*w));
	w->session = s;
	w->lock = lock_get(s->server, name);
	w->lock->claims++;
	w->stole = steal;
	victim = TAILQ_FIRST(&w->lock->queue);
	if (steal && victim && victim->stole) {
		TAILQ_REMOVE(&w->lock->queue, victim, queue_link);
		victim->robbed = true;
	}
	if (steal)
		TAILQ_INSERT_HEAD(&w->lock->queue, w, queue_link);
	else
		TAILQ_INSERT_TAIL(&w->lock->queue, w, queue_link);
	LIST_INSERT_HEAD(&s->locks, w, session_link);
	s->n_locks++;
	if (steal && victim)
		notify(victim, "stolen");
	buf_puts(result, is_owner(w) ? "{\"locked\":true}" : "{\"locked\":false}");
	return NULL;
}

struct dberr *rpc_lock(struct session *s, const json_t *params, struct buf *result)
{
	return lock_take(s, params, false, result);
}

struct dberr *rpc_steal(struct session *s, const json_t *params, struct buf *result)
{
	return lock_take(s, params, true, result);
}

static void waiter_free(struct lock_waiter *w)
{
	struct slots *locks = &w->session->server->locks;
	struct lock *lock = w->lock;
	bool owned = is_owner(w);

	if (!w->robbed)
		TAILQ_REMOVE(&lock->queue, w, queue_link);
	LIST_REMOVE(w, session_link);
	w->session->n_locks--;
	session_let_go(w->session, lock_memory(lock->name));
	free(w);
	if (!--lock->claims) {
		slots_del(locks, lock);
		free(lock);
	} else if (owned && !TAILQ_EMPTY(&lock->queue)) {
		notify(TAILQ_FIRST(&lock->queue), "locked");
	}
}

struct dberr *rpc_unlock(struct session *s, const json_t *params, struct buf *result)
{
	struct lock_waiter *w;
	struct dberr *err;
	const char *name;

	err = lock_name(params, &name);
	if (err)
		return err;
	w = waiter_find(s, name);
	if (!w)
		return err_syntax(params, "unlock without lock or steal");
	waiter_free(w);
	buf_puts(result, "{}");
	return NULL;
}

void locks_release_all(struct session *s)
{
	while (!LIST_EMPTY(&s->locks))
		waiter_free(LIST_FIRST(&s->locks));
}

void locks_held(const struct server *server, void (*fn)(const char *name, void *arg), void *arg)
{
	size_t i;

	for (i = 0; i < server->locks.cap; i++) {
		const struct lock *lock = server->locks.v[i];

		if (lock && !TAILQ_EMPTY(&lock->queue))
			fn(lock->name, arg);
	}
}
