// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A large commit's rows on their way to where rows are, a part at a time. Each step
 * compares m/pending with what it was: several hosts may do it at once, and one that
 * was asleep meanwhile changes nothing. The last step takes away m/pending and the
 * parts. Parts of a commit that was never made are found by looking twice, a minute
 * apart; that commit needs its first part, so it cannot be made afterwards.
 */
#include <inttypes.h>
#include <stdio.h>

#include "vifdbd/etcd/pool-state.h"

static struct pool_key part_key(const struct pool *p, const struct uuid *uuid, int number)
{
	char id[UUID_TEXT_LEN + 1], text[16] = "/";

	uuid_format(uuid->b, id);
	if (number >= 0)
		snprintf(text, sizeof(text), "/%08u", number);
	return pool_key(p->prefix, "s/", id, text);
}

static void compare_pending(struct pool *p, struct etcd_txn *t)
{
	struct pool_key key = pool_key(p->prefix, "m/pending", "", "");

	etcd_txn_unchanged(t, key.text, p->guards.pending);
}

static void unpack_next(struct pool *p);

/* Everyone waits for it, so everyone is told; the next poll tries again. */
static void stuck(struct pool *p, char *why)
{
	if (!p->stuck || strcmp(p->stuck, why))
		log_warning("pool: a large commit of %s: %s", p->pending.host, why);
	free(p->stuck);
	p->stuck = why;
	pool_settle(p);
}

static void on_unpacked(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;
	char *why = pool_refused(p, error, text, len);

	p->commit = NULL;
	p->unpacking = false;
	if (why) {
		stuck(p, why);
		return;
	}
	if (!pool_answer(p, ETCD_TXN, error, text, len, &a))
		return;
	free(TAKE_PTR(p->stuck));
	/* Otherwise another host was faster; the watch says so. */
	if (a.succeeded)
		p->unpacked++;
	if (a.succeeded && p->guards.pending && p->unpacked <= p->pending.chunks)
		unpack_next(p);
	else
		pool_step(p);
}

static void send_step(struct pool *p, struct etcd_txn *t, http_done_fn done)
{
	struct buf body = { 0 };

	etcd_txn_end(t, NULL, &body);
	p->unpacking = true;
	p->commit = pool_post(p, "/v3/kv/txn", &body, done);
}

static bool put_part_row(struct pool *p, struct etcd_txn *t, const json_t *json)
{
	const char *table = json_string_value(json_array_get(json, 0));
	const char *id = json_string_value(json_array_get(json, 1));
	const json_t *value = json_array_get(json, 2);
	struct uuid uuid;
	struct pool_key key;
	_cleanup_free_ char *text = NULL;

	if (!table || !id || !uuid_parse(id, strlen(id), uuid.b) || !value)
		return false;
	key = pool_row_key(p->prefix, table, &uuid);
	if (json_is_null(value)) {
		etcd_txn_delete(t, key.text);
		return true;
	}
	text = json_dumps(value, JSON_COMPACT);
	if (!text)
		return false;
	etcd_txn_put(t, key.text, text, strlen(text));
	return true;
}

static bool put_part(struct pool *p, struct etcd_txn *t, const struct etcd_answer *a)
{
	json_t *json = a->n ? json_loadb(a->kvs[0].value, a->kvs[0].value_len, JSON_ALLOW_NUL, NULL)
			    : NULL;
	bool ok = json_is_array(json);
	size_t i;

	for (i = 0; i < json_array_size(json) && ok; i++)
		ok = put_part_row(p, t, json_array_get(json, i));
	json_decref(json);
	return ok;
}

static void on_missing(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	p->commit = NULL;
	p->unpacking = false;
	/* Otherwise another host has finished it; the watch says so. */
	if (pool_answer(p, ETCD_TXN, error, text, len, &a) && a.succeeded && p->guards.pending)
		stuck(p,
		      xprintf("not stored: part %u of a large commit is not there", p->unpacked));
}

static void on_part(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_txn t = { 0 };
	struct etcd_answer a;

	p->commit = NULL;
	p->unpacking = false;
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a) || !p->guards.pending)
		return;
	compare_pending(p, &t);
	if (put_part(p, &t, &a)) {
		send_step(p, &t, on_unpacked);
		return;
	}
	/* The last step takes away the parts and m/pending at once: is that still there? */
	etcd_txn_free(&t);
	compare_pending(p, &t);
	send_step(p, &t, on_missing);
}

static void unpack_end(struct pool *p)
{
	struct pool_key pending = pool_key(p->prefix, "m/pending", "", "");
	struct pool_key parts = part_key(p, &p->pending.id, -1);
	struct etcd_txn t = { 0 };

	compare_pending(p, &t);
	etcd_txn_delete(&t, pending.text);
	etcd_txn_delete_all(&t, parts.text);
	send_step(p, &t, on_unpacked);
}

static void unpack_next(struct pool *p)
{
	struct pool_key key = part_key(p, &p->pending.id, p->unpacked);
	struct etcd_range range = { .from = key.text };
	struct buf body = { 0 };

	if (p->unpacked >= p->pending.chunks) {
		unpack_end(p);
		return;
	}
	etcd_range_request(&range, &body);
	p->unpacking = true;
	p->commit = pool_post(p, "/v3/kv/range", &body, on_part);
}

void pool_unpack(struct pool *p)
{
	if (p->unpacking || p->commit)
		return;
	unpack_next(p);
}

static void on_swept(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	p->commit = NULL;
	if (pool_answer(p, ETCD_TXN, error, text, len, &a))
		pool_step(p);
}

static void sweep(struct pool *p, const struct uuid *id)
{
	struct pool_key parts = part_key(p, id, -1);
	struct etcd_txn t = { 0 };
	struct buf body = { 0 };

	compare_pending(p, &t);
	etcd_txn_delete_all(&t, parts.text);
	etcd_txn_end(&t, NULL, &body);
	p->commit = pool_post(p, "/v3/kv/txn", &body, on_swept);
}

static void on_found(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct uuid id = { 0 }, last = p->stale;
	struct etcd_answer a;
	const char *rest;

	p->commit = NULL;
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	rest = a.n ? pool_key_rest(p, a.kvs[0].key, "s/") : NULL;
	if (rest && strlen(rest) > UUID_TEXT_LEN)
		uuid_parse(rest, UUID_TEXT_LEN, id.b);
	p->stale = id;
	if (rest && uuid_equal(&id, &last) && !p->guards.pending)
		sweep(p, &id);
	else
		pool_step(p);
}

void pool_sweep(struct pool *p)
{
	struct pool_key all = pool_key(p->prefix, "s/", "", "");
	struct etcd_range range = {
		.from = all.text, .prefix = all.text, .limit = 1, .keys_only = true
	};
	struct buf body = { 0 };

	etcd_range_request(&range, &body);
	p->commit = pool_post(p, "/v3/kv/range", &body, on_found);
}
