// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The watch. What has one revision goes into the copy as one transaction; what came
 * in one go is stored in one go. The revision of the copy is noted in the same
 * transaction of SQLite as its rows, so the watch goes on from there after whatever
 * happened.
 *
 * What m/ said when it was read may be newer than the copy: until the copy has come
 * to that revision (pool_ready()), nothing is sent that compares with it. The same
 * holds for a revision of which only some events have come: m/ may be ahead of r/.
 */
#include <inttypes.h>

#include "vifdbd/etcd/pool-state.h"

static void on_stored(struct txn *txn, const struct dberr *err, void *arg)
{
	struct pool *p = arg;

	if (!err)
		return;
	p->store_failed = true;
	log_error("pool: %s", err->details);
}

/* Of a change that came without a commit's name: the same one on each host. */
static struct uuid anonymous_id(const struct pool *p, int64_t revision)
{
	struct uuid id = p->id;
	unsigned int i;

	for (i = 0; i < 8; i++)
		id.b[15 - i] ^= revision >> (8 * i);
	return id;
}

bool pool_apply(struct pool *p, int64_t revision)
{
	struct uuid id = p->has_head ? p->head.id : anonymous_id(p, revision);
	struct txn *txn = pool_changes_apply(&p->changes, p->db);

	if (p->changes.problem) {
		/* What came before it is good. */
		if (!p->db->n_batch || pool_store(p))
			pool_wrong(p, "%s", p->changes.problem);
		return false;
	}
	if (txn)
		db_enqueue_as(p->db, txn, &id, on_stored, p);
	pool_changes_free(&p->changes);
	p->applied = revision;
	if (p->has_head)
		p->last = p->head.id;
	if (p->flight && p->has_head && uuid_equal(&p->flight->id, &p->head.id))
		p->flight->seen = true;
	return true;
}

bool pool_store(struct pool *p)
{
	char id[UUID_TEXT_LEN + 1], last[UUID_TEXT_LEN + 1];
	bool stored;

	if (!p->db->n_batch && p->known)
		return true;
	uuid_format(p->id.b, id);
	free(p->db->note);
	uuid_format(p->last.b, last);
	p->db->note = xprintf("%s %" PRId64 " %s %s", id, p->applied, last,
			      p->db->schema->version);
	p->store_failed = false;
	if (!p->db->n_batch)
		p->store_failed = db_store_note(p->db) < 0;
	stored = db_flush(p->db);
	if (p->store_failed) {
		if (p->flight)
			p->flight->seen = false;
		pool_wrong(p, "this host's copy cannot be stored");
		return false;
	}
	if (stored || !p->known) {
		p->known = true;
		p->noted = p->applied;
	}
	if (stored)
		p->owner.changed(true, p->owner.arg);
	return true;
}

/* The events of one revision are all there. */
static bool group_end(struct pool *p)
{
	int64_t revision = p->group;

	p->group = 0;
	if (!revision || revision <= p->applied) {
		pool_changes_free(&p->changes);
		return true;
	}
	/* Whoever took away the pool took away its rows as well: no policy ends so. */
	if (!p->guards.pool) {
		if (pool_store(p))
			pool_wrong(p, "etcd has no pool any more, but this database is a copy of "
				      "one");
		return false;
	}
	if (p->has_head && p->head.chunks) {
		p->group = revision;
		return false;
	}
	return pool_apply(p, revision);
}

static void group_add(struct pool *p, const struct etcd_kv *kv)
{
	const char *rest = pool_key_rest(p, kv->key, "m/");

	/* The rest of m/ is known already as it was when it was read. */
	if (rest && (kv->revision > p->hello || !strcmp(rest, "head")))
		pool_meta_set(p, rest, kv);
	else if (!rest && (rest = pool_key_rest(p, kv->key, "r/")))
		pool_changes_add(&p->changes, p->db, rest, kv);
	else if (!rest && kv->revision > p->hello && (rest = pool_key_rest(p, kv->key, "p/")))
		pool_presence_set(p, rest, kv);
}

/* False if the watch is over: something failed, or a large commit comes first. */
static bool take_events(struct pool *p, const struct etcd_answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		const struct etcd_kv *kv = &a->kvs[i];

		if (kv->revision != p->group) {
			if (!group_end(p))
				return false;
			p->group = kv->revision;
			p->has_head = false;
		}
		if (kv->revision > p->applied)
			group_add(p, kv);
	}
	return a->more || group_end(p);
}

void pool_line(const char *line, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;
	bool going;

	if (!len || !pool_answer(p, ETCD_WATCH, NULL, line, len, &a))
		return;
	if (a.compact_revision) {
		log_notice("pool: revision %" PRId64 " was compacted away at %" PRId64
			   ": reading all again",
			   p->applied, a.compact_revision);
		p->anew = true;
		pool_drop_calls(p);
		pool_hello(p);
		return;
	}
	if (a.canceled) {
		pool_lost(p, "etcd at %s: ended the watch: %s", p->urls[p->at],
			  a.error ?: "without words");
		return;
	}
	going = take_events(p, &a);
	if (p->state != POOL_FOLLOW)
		return;
	if (pool_store(p) && !going)
		pool_fetch(p);
	else if (p->state == POOL_FOLLOW)
		pool_step(p);
}

static void on_end(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;

	p->watch = NULL;
	if (!error && len) {
		struct etcd_answer a;

		if (pool_answer(p, ETCD_WATCH, NULL, text, len, &a))
			pool_lost(p, "etcd at %s: ended the watch", p->urls[p->at]);
		return;
	}
	pool_lost(p, "etcd at %s: %s", p->urls[p->at], error ?: "ended the watch");
}

void pool_follow(struct pool *p)
{
	/* Everything but s/, which is read when it is wanted. */
	struct pool_key from = pool_key(p->prefix, "m/", "", "");
	struct pool_key to = pool_key(p->prefix, "s", "", "");
	_cleanup_free_ char *url = xprintf("%s/v3/watch", p->urls[p->at]);
	struct buf body = { 0 };

	p->state = POOL_FOLLOW;
	p->group = 0;
	p->behind_at = 0;
	etcd_watch_request(from.text, to.text, p->applied + 1, &body);
	p->watch = http_post(p->http, &(struct http_request){ .url = url,
							       .body = &body,
							       .max = POOL_ANSWER_MAX,
							       .line = pool_line,
							       .done = on_end,
							       .arg = p });
	pool_step(p);
	sd_event_source_set_time(p->timer, clock_us() + POOL_POLL_MS * 1000ull);
	sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}
