// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading rows by pages, as of one revision: all of them, to compare them with the
 * copy, when changes cannot be had one by one; or those of a large commit. How large
 * rows are shows only when they come.
 */
#include <errno.h>
#include <inttypes.h>

#include "vifdbd/etcd/pool-state.h"

#define PAGE_ROWS 500
#define PAGE_CHUNKS 8

static void next_page(struct pool *p, const char *from);
static void next_chunks(struct pool *p, const char *from);

static void failed(struct pool *p, const char *error, const char *text, size_t len)
{
	struct etcd_answer a;

	/* The only error that another try mends is a revision that was compacted. */
	if (!error && etcd_parse(ETCD_RANGE, text, len, &p->arena, &a) == -EREMOTEIO)
		p->anew = true;
}

/* Behind this key, and not behind the next: all have the same length up to there. */
static void key_after(struct pool_key *key, const char *last)
{
	*key = pool_key(last, "\x01", "", "");
}

static void resync_end(struct pool *p)
{
	pool_diff_end(&p->diff, p->db);
	pool_changes_free(&p->changes);
	p->changes = p->diff.changes;
	p->diff.changes = (struct pool_changes){ 0 };
	pool_diff_free(&p->diff);
	log_notice("pool: read all at revision %" PRId64 ": %zu rows differed", p->hello,
		   p->changes.n);
	p->page = 0;
	p->known = false;   /* what is noted is not what this leads to */
	p->conflict_at = 0; /* of what may have been another history */
	if (pool_apply(p, p->hello) && pool_store(p)) {
		p->anew = false;
		pool_follow(p);
	}
}

static void fetch_end(struct pool *p)
{
	int64_t revision = p->group;

	p->group = 0;
	if (pool_apply(p, revision) && pool_store(p))
		pool_follow(p);
}

/* All of them are there as long as m/pending is: a gap must not pass for the whole. */
static void chunks_end(struct pool *p)
{
	unsigned int expected = p->state == POOL_RESYNC ? p->pending.chunks : p->head.chunks;

	if (p->parts != expected)
		pool_wrong(p, "a large commit has %u parts, but %u are there", expected, p->parts);
	else if (p->state == POOL_RESYNC)
		resync_end(p);
	else
		fetch_end(p);
}

static void on_chunks(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct pool_changes *c = p->state == POOL_RESYNC ? &p->diff.changes : &p->changes;
	struct pool_key key;
	struct etcd_answer a;
	size_t i;

	p->call = NULL;
	failed(p, error, text, len);
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	for (i = 0; i < a.n; i++)
		pool_changes_add_chunk(c, p->db, a.kvs[i].value, a.kvs[i].value_len);
	p->parts += a.n;
	if (c->problem) {
		pool_wrong(p, "%s", c->problem);
		return;
	}
	if (!a.more || !a.n) {
		chunks_end(p);
		return;
	}
	key_after(&key, a.kvs[a.n - 1].key);
	next_chunks(p, key.text);
}

static struct pool_key chunks_key(const struct pool *p)
{
	char id[UUID_TEXT_LEN + 1];

	uuid_format(p->state == POOL_RESYNC ? p->pending.id.b : p->head.id.b, id);
	return pool_key(p->prefix, "s/", id, "/");
}

static void next_chunks(struct pool *p, const char *from)
{
	struct pool_key all = chunks_key(p);
	struct etcd_range range = { .from = from,
				    .prefix = all.text,
				    .revision = p->state == POOL_RESYNC ? p->hello : p->group,
				    .limit = PAGE_CHUNKS };
	struct buf body = { 0 };

	etcd_range_request(&range, &body);
	p->call = pool_post(p, "/v3/kv/range", &body, on_chunks);
}

/* An answer may have been too long, or too slow, for what it held. */
static bool smaller_page(struct pool *p)
{
	if (p->page == 1)
		return false;
	p->page = p->page > 8 ? p->page / 8 : 1;
	log_notice("pool: rows may be too large: reading %u at a time", p->page);
	return true;
}

/* An answer began: this member is there. */
static void page_again(struct pool *p)
{
	struct pool_key key;

	key_after(&key, p->cursor.text);
	next_page(p, key.text);
}

static void on_page(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct pool_key key;
	struct etcd_answer a;
	const char *rest;
	size_t i;

	p->call = NULL;
	failed(p, error, text, len);
	if (error && smaller_page(p) && len) {
		page_again(p);
		return;
	}
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	for (i = 0; i < a.n; i++) {
		rest = pool_key_rest(p, a.kvs[i].key, "r/");
		if (!rest || strcmp(a.kvs[i].key, p->cursor.text) <= 0) {
			pool_lost(p, "etcd at %s: keys are not in order", p->urls[p->at]);
			return;
		}
		p->cursor = pool_key(a.kvs[i].key, "", "", "");
		pool_diff_add(&p->diff, p->db, rest, &a.kvs[i]);
	}
	if (p->diff.changes.problem) {
		pool_wrong(p, "%s", p->diff.changes.problem);
		return;
	}
	if (a.more && a.n) {
		key_after(&key, a.kvs[a.n - 1].key);
		next_page(p, key.text);
	} else if (p->guards.pending) {
		p->parts = 0;
		key = chunks_key(p);
		next_chunks(p, key.text);
	} else {
		resync_end(p);
	}
}

static void next_page(struct pool *p, const char *from)
{
	struct pool_key all = pool_key(p->prefix, "r/", "", "");
	struct etcd_range range = {
		.from = from, .prefix = all.text, .revision = p->hello, .limit = p->page
	};
	struct buf body = { 0 };

	etcd_range_request(&range, &body);
	p->call = pool_post(p, "/v3/kv/range", &body, on_page);
}

void pool_resync(struct pool *p)
{
	struct pool_key all = pool_key(p->prefix, "r/", "", "");

	p->state = POOL_RESYNC;
	p->cursor = all;
	if (!p->page)
		p->page = PAGE_ROWS;
	pool_diff_begin(&p->diff);
	next_page(p, all.text);
}

void pool_fetch(struct pool *p)
{
	struct pool_key all;

	p->watch = http_cancel(p->watch);
	p->call = http_cancel(p->call);
	p->state = POOL_FETCH;
	p->parts = 0;
	all = chunks_key(p);
	next_chunks(p, all.text);
}
