// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way of a pool's copy: AWAY -> HELLO -> (CREATE or RESYNC) -> FOLLOW, and back to
 * AWAY with the next member whenever something fails. Whatever was under way when
 * it failed is dropped, and done again from what the copy is noted to be; only a
 * commit whose answer is missing is remembered (struct pool_flight).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/random.h"
#include "vifdbd/etcd/pool-state.h"

#define BACKOFF_MS 100
#define BACKOFF_MAX_MS 5000
#define UNKNOWN_MS 15000 /* a commit without an answer is given up */
#define STUCK_MS 8000	 /* the watch says nothing, though there are changes */
#define HELP_MS 5000	 /* a large commit is another's to finish for so long */
#define SWEEP_MS 60000

const char *pool_key_rest(const struct pool *p, const char *key, const char *part)
{
	size_t n = strlen(p->prefix), m = strlen(part);

	return !strncmp(key, p->prefix, n) && !strncmp(key + n, part, m) ? key + n + m : NULL;
}

static void arm(struct pool *p, unsigned int ms)
{
	sd_event_source_set_time(p->timer, clock_us() + (uint64_t)ms * 1000);
	sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

void pool_drop_calls(struct pool *p)
{
	p->watch = http_cancel(p->watch);
	p->call = http_cancel(p->call);
	/* Whether etcd has what it was being told, nobody knows. */
	if (p->presence)
		json_decref(TAKE_PTR(p->told));
	p->presence = http_cancel(p->presence);
	if (p->flight && !p->flight->conflict)
		p->flight->unknown = true;
	p->commit = http_cancel(p->commit);
	p->unpacking = false;
	pool_changes_free(&p->changes);
	pool_diff_free(&p->diff);
	p->group = 0;
}

static void lost(struct pool *p, char *why)
{
	unsigned int ms = BACKOFF_MS << (p->failures < 6 ? p->failures : 6);

	pool_drop_calls(p);
	/* What was applied but not stored was taken back. */
	p->applied = p->noted;
	if (!p->problem || strcmp(p->problem, why))
		log_warning("pool: %s", why);
	free(p->problem);
	p->problem = why;
	if (!p->away_ms)
		p->away_ms = clock_ms();
	p->state = POOL_AWAY;
	p->failures++;
	if (p->flight && p->flight->create) {
		pool_flight_free(p->flight);
		p->flight = NULL;
	}
	arm(p, ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS);
	p->owner.changed(false, p->owner.arg);
}

void pool_lost(struct pool *p, const char *fmt, ...)
{
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = xvprintf(fmt, ap);
	va_end(ap);
	p->at = (p->at + 1) % p->n_urls;
	lost(p, why);
}

void pool_wrong(struct pool *p, const char *fmt, ...)
{
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = xvprintf(fmt, ap);
	va_end(ap);
	p->failures = 6;
	lost(p, why);
}

struct http_call *pool_post(struct pool *p, const char *path, struct buf *body, http_done_fn done)
{
	_cleanup_free_ char *url = xprintf("%s%s", p->urls[p->at], path);

	return http_post(p->http, &(struct http_request){ .url = url,
							   .body = body,
							   .max = POOL_ANSWER_MAX,
							   .timeout_ms = POOL_TIMEOUT_MS,
							   .done = done,
							   .arg = p });
}

static bool is_final(const char *error)
{
	static const char *const words[] = { "space exceeded", "too many operations",
					     "is too large", "permission denied", "auth" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(error, words[i]))
			return true;
	return false;
}

char *pool_refused(struct pool *p, const char *error, const char *text, size_t len)
{
	struct etcd_answer a;

	arena_reset(&p->arena);
	if (error || etcd_parse(ETCD_TXN, text, len, &p->arena, &a) != -EREMOTEIO ||
	    !is_final(a.error))
		return NULL;
	return xprintf("not stored: etcd: %s", a.error);
}

bool pool_answer(struct pool *p, enum etcd_kind kind, const char *error, const char *text,
		 size_t len, struct etcd_answer *ret)
{
	int r;

	arena_reset(&p->arena);
	if (error) {
		pool_lost(p, "etcd at %s: %s", p->urls[p->at], error);
		return false;
	}
	r = etcd_parse(kind, text, len, &p->arena, ret);
	if (r == -EREMOTEIO)
		pool_lost(p, "etcd at %s: %s", p->urls[p->at], ret->error);
	else if (r)
		pool_lost(p, "etcd at %s: not an answer of etcd: %s", p->urls[p->at], ret->error);
	return !r;
}

static bool copy_is_empty(const struct db *db)
{
	unsigned int i;

	for (i = 0; i < db->schema->n_tables; i++)
		if (db->tables[i].rows.n)
			return false;
	return true;
}

static void greet_stranger(struct pool *p)
{
	if (!p->guards.pool && p->known)
		pool_wrong(p, "etcd has no pool any more, but this database is a copy of one");
	else if (!p->guards.pool && p->init)
		pool_create(p);
	else if (!p->guards.pool)
		pool_wrong(p, "etcd has no pool yet; vifdbd --pool=init makes one");
	else
		pool_wrong(p, "this database is %s; vifdbd --pool=join replaces it by the pool's",
			   p->known ? "a copy of another pool" : "not empty, and of no pool");
}

static void on_past(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct pool_head head;
	struct etcd_answer a;
	int r;

	p->call = NULL;
	arena_reset(&p->arena);
	r = error ? 0 : etcd_parse(ETCD_RANGE, text, len, &p->arena, &a);
	if (!r && !pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	if (!r && a.n && pool_head_read(a.kvs[0].value, a.kvs[0].value_len, &head) &&
	    uuid_equal(&head.id, &p->last)) {
		pool_follow(p);
		return;
	}
	log_notice("pool: revision %" PRId64 " of this copy: %s: reading all again", p->applied,
		   r ? a.error : "etcd has another");
	pool_resync(p);
}

/* An etcd that was set back to a backup may have come to the same revision another way. */
static void check_past(struct pool *p)
{
	struct pool_key key = pool_key(p->prefix, "m/head", "", "");
	struct etcd_range range = { .from = key.text, .revision = p->applied };
	struct buf body = { 0 };

	etcd_range_request(&range, &body);
	p->call = pool_post(p, "/v3/kv/range", &body, on_past);
}

static void on_hello(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct uuid id = p->id;
	struct etcd_answer a;
	const char *rest;
	bool same;
	size_t i;

	p->call = NULL;
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	pool_meta_reset(p);
	pool_presence_reset(p);
	for (i = 0; i < a.n; i++) {
		rest = pool_key_rest(p, a.kvs[i].key, "m/");
		if (rest)
			pool_meta_set(p, rest, &a.kvs[i]);
		else if ((rest = pool_key_rest(p, a.kvs[i].key, "p/")))
			pool_presence_set(p, rest, &a.kvs[i]);
	}
	p->hello = a.revision;
	same = p->guards.pool && uuid_equal(&id, &p->id);
	if (!p->guards.pool)
		p->id = id;
	if (p->known && same && a.revision >= p->applied && !p->anew) {
		check_past(p);
	} else if (p->guards.pool &&
		   (same || p->join || uuid_equal(&p->id, &p->created) ||
		    (!p->known && copy_is_empty(p->db)))) {
		pool_resync(p);
	} else {
		p->id = id;
		greet_stranger(p);
	}
}

void pool_hello(struct pool *p)
{
	/* m/ and p/ */
	struct pool_key key = pool_key(p->prefix, "m/", "", "");
	struct pool_key to = pool_key(p->prefix, "q", "", "");
	struct etcd_range range = { .from = key.text, .to = to.text };
	struct buf body = { 0 };

	p->state = POOL_HELLO;
	etcd_range_request(&range, &body);
	p->call = pool_post(p, "/v3/kv/range", &body, on_hello);
}

/* The newest commit that etcd knows: is the copy as new, or does it come nearer? */
static void on_poll(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	p->call = NULL;
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	if (a.n && a.kvs[0].revision > p->wanted)
		p->wanted = a.kvs[0].revision;
	if (p->applied >= p->wanted) {
		p->behind_at = 0;
	} else if (p->behind_at != p->applied) {
		p->behind_at = p->applied;
		p->behind_ms = clock_ms();
	} else if (clock_ms() - p->behind_ms > STUCK_MS) {
		pool_lost(p, "etcd at %s: does not tell of changes any more", p->urls[p->at]);
		return;
	}
	pool_step(p);
}

static void poll_head(struct pool *p)
{
	struct pool_key key = pool_key(p->prefix, "m/head", "", "");
	struct etcd_range range = { .from = key.text };
	struct buf body = { 0 };

	etcd_range_request(&range, &body);
	p->call = pool_post(p, "/v3/kv/range", &body, on_poll);
}

static void give_up(struct pool *p)
{
	struct pool_flight *f = p->flight;

	if (f && p->away_ms && clock_ms() - p->away_ms > UNKNOWN_MS)
		pool_flight_end(p, POOL_FAILED,
				f->unknown ? "it is not known whether this was stored: the pool's "
					     "etcd gave no answer"
					   : "not stored: the pool's etcd is away");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct pool *p = arg;

	give_up(p);
	if (p->state == POOL_AWAY) {
		pool_hello(p);
		return 0;
	}
	if (p->state == POOL_FOLLOW && !p->call)
		poll_head(p);
	arm(p, POOL_POLL_MS);
	return 0;
}

static void in_step(struct pool *p)
{
	if (p->away_ms)
		log_notice("pool: in step with etcd at %s, revision %" PRId64, p->urls[p->at],
			   p->applied);
	p->away_ms = 0;
	p->failures = 0;
	free(TAKE_PTR(p->problem));
}

/* What became of the commit that is on its way, as soon as that can be told. */
static bool settle(struct pool *p)
{
	struct pool_flight *f = p->flight;

	if (!f)
		return true;
	/* Its answer is on the way too: to cancel it would end the connection. */
	if (f->seen && p->commit)
		return false;
	/* An answer may be missing, or be that to a repeated request, which says "conflict". */
	if (f->seen || (!p->commit && uuid_equal(&p->host_last, &f->id))) {
		pool_flight_end(p, POOL_STORED, NULL);
		return true;
	}
	if (f->unknown && !p->commit)
		pool_fence(p);
	else if (f->conflict && p->applied >= f->behind &&
		 (!p->guards.pending || (p->stuck && !p->commit)))
		pool_flight_end(p, POOL_CONFLICT, NULL);
	return !p->flight;
}

static bool is_level(const struct pool *p)
{
	return p->state == POOL_FOLLOW && p->applied >= p->wanted && !p->group;
}

void pool_settle(struct pool *p)
{
	if (is_level(p) && settle(p))
		p->owner.changed(false, p->owner.arg);
}

void pool_step(struct pool *p)
{
	int64_t now = clock_ms();

	if (!is_level(p))
		return;
	in_step(p);
	if (p->guards.pending) {
		if (!strcmp(p->pending.host, p->host) || now - p->pending_ms > HELP_MS)
			pool_unpack(p);
	} else if (now - p->swept_ms > SWEEP_MS && !p->commit) {
		p->swept_ms = now;
		pool_sweep(p);
	}
	pool_settle(p);
}

bool pool_ready(const struct pool *p)
{
	return is_level(p) && p->applied >= p->noted && !p->flight && !p->commit &&
	       !p->guards.pending && !p->foreign;
}

const char *pool_refusal(struct pool *p)
{
	if (p->stuck)
		return p->stuck;
	if (!p->foreign && (!p->away_ms || clock_ms() - p->away_ms < POOL_GRACE_MS))
		return NULL;
	free(p->refusal);
	p->refusal = p->foreign ? xprintf("not stored: %s", p->foreign)
				: xprintf("not stored: the pool is away, and until it is back this "
					  "host's copy may only be read (%s)",
					  p->problem ?: "not connected yet");
	return p->refusal;
}

static int take_urls(struct pool *p, const char *urls, char **ret_message)
{
	_cleanup_free_ char *list = xstrdup(urls);
	char *save = NULL, *url;

	for (url = strtok_r(list, ",", &save); url; url = strtok_r(NULL, ",", &save)) {
		size_t len = strlen(url);

		if (strchr(url, '@') || (strncmp(url, "https://", 8) && strncmp(url, "http://127.", 11) &&
		    strncmp(url, "http://[::1]", 12))) {
			*ret_message = xprintf("--storage: %s: expected https://HOST:PORT, or "
					       "http:// of this host itself",
					       url);
			return -EINVAL;
		}
		if (p->n_urls == POOL_URLS_MAX) {
			*ret_message = xprintf("--storage: more than %u members", POOL_URLS_MAX);
			return -EINVAL;
		}
		if (url[len - 1] == '/')
			url[len - 1] = 0;
		p->urls[p->n_urls++] = xstrdup(url);
	}
	if (p->n_urls)
		return 0;
	*ret_message = xstrdup("--storage: expected etcd:https://HOST:PORT,...");
	return -EINVAL;
}

/*
 * "POOL REVISION COMMIT SCHEMA": of which pool the copy is, as of when, the newest commit
 * in it, and by which schema its rows were read: an older one may have left out columns.
 */
static int read_note(struct pool *p, char **ret_message)
{
	_cleanup_free_ char *note = NULL;
	struct storage *s = p->db->storage;
	char last[UUID_TEXT_LEN + 1];
	int n = 0, r = s->ops->noted(s, STORAGE_POOL, &note);

	if (r) {
		*ret_message = xstrdup(s->ops->message(s));
		return r;
	}
	if (!note || !*note)
		return 0;
	if (strlen(note) > UUID_TEXT_LEN && uuid_parse(note, UUID_TEXT_LEN, p->id.b) &&
	    sscanf(note + UUID_TEXT_LEN, " %" SCNd64 " %36s %n", &p->applied, last, &n) == 2 &&
	    n && uuid_parse(last, strlen(last), p->last.b) && p->applied > 0) {
		p->known = true;
		p->noted = p->applied;
		p->anew = strcmp(note + UUID_TEXT_LEN + n, p->db->schema->version);
		p->db->note = TAKE_PTR(note);
		return 0;
	}
	*ret_message = xprintf("damaged: what pool this is a copy of: %s", note);
	return -EBADMSG;
}

int pool_forget(struct db *db, char **ret_message)
{
	_cleanup_free_ char *note = NULL;
	struct storage *s = db->storage;
	int r = s->ops->noted(s, STORAGE_POOL, &note);

	if (!r && note && *note) {
		log_notice("no copy of a pool any more: started without --storage");
		db->note = xstrdup("");
		r = db_store_note(db);
		free(TAKE_PTR(db->note));
	}
	if (r)
		*ret_message = xstrdup(s->ops->message(s));
	return r;
}

int pool_new(sd_event *event, const struct pool_config *config, const struct pool_owner *owner,
	     struct db *db, struct pool **ret, char **ret_message)
{
	struct pool *p = xzalloc(sizeof(*p));
	int r;

	p->event = event;
	p->db = db;
	p->owner = *owner;
	p->prefix = xstrdup(config->prefix);
	p->host = xstrdup(config->host);
	p->init = config->init;
	p->join = config->join;
	p->away_ms = clock_ms();
	pool_presence_reset(p);
	p->guards.table = xzalloc(db->schema->n_tables * sizeof(*p->guards.table));
	uuid_random(&p->created);
	r = take_urls(p, config->urls, ret_message);
	if (!r)
		r = read_note(p, ret_message);
	if (!r)
		r = http_new(event, &config->tls, &p->http, ret_message);
	if (!r)
		r = sd_event_add_time(event, &p->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, p);
	if (r < 0) {
		pool_free(p);
		return r;
	}
	db->pooled = true;
	*ret = p;
	return 0;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	if (p->http)
		pool_drop_calls(p);
	http_free(p->http);
	pool_flight_free(p->flight);
	sd_event_source_disable_unref(p->timer);
	while (p->n_urls)
		free(p->urls[--p->n_urls]);
	arena_free(&p->arena);
	pool_members_free(p);
	json_decref(p->told);
	json_decref(p->servers);
	json_decref(p->present);
	free(p->guards.table);
	free(p->problem);
	free(p->foreign);
	free(p->stuck);
	free(p->refusal);
	free(p->prefix);
	free(p->host);
	free(p);
}
