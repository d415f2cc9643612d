// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is there. Each server has a key p/HOST/INSTANCE on a lease, whose value is a list
 * of names that are present at it; the key goes with the lease when the server, or its way
 * to etcd, is away for PRESENCE_TTL_S. The watch tells of the keys of all. Nothing else
 * depends on a lease: whatever fails here is only done again.
 */
#include "vifdbd/etcd/pool-state.h"

#define KEEP_MS 5000 /* between two signs of life: a third of the lease */
#define NAMES_MAX 1024 /* of one server's list, what others believe */
#define SERVERS_MAX 16384

static struct pool_key own_key(const struct pool *p)
{
	char id[UUID_TEXT_LEN + 2] = "/";

	uuid_format(p->created.b, id + 1);
	return pool_key(p->prefix, "p/", p->host, id);
}

static void forget_lease(struct pool *p)
{
	p->lease = 0;
	json_decref(TAKE_PTR(p->told));
}

/* False if that was no answer: another try comes by itself. */
static bool lease_answer(struct pool *p, enum etcd_kind kind, const char *error, const char *text,
			 size_t len, struct etcd_answer *ret)
{
	p->presence = NULL;
	arena_reset(&p->arena);
	if (!error && !etcd_parse(kind, text, len, &p->arena, ret))
		return true;
	if (!error)
		forget_lease(p);
	return false;
}

static void on_grant(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	if (!lease_answer(p, ETCD_LEASE, error, text, len, &a))
		return;
	p->lease = a.ttl > 0 ? a.lease : 0;
	p->kept_ms = clock_ms();
}

static void on_keep(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	if (!lease_answer(p, ETCD_LEASE, error, text, len, &a))
		return;
	p->kept_ms = clock_ms();
	if (a.ttl <= 0 || a.lease != p->lease)
		forget_lease(p);
}

static void on_told(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	if (!lease_answer(p, ETCD_TXN, error, text, len, &a))
		json_decref(TAKE_PTR(p->told));
}

static void ask_for_lease(struct pool *p, const char *path, http_done_fn done)
{
	struct buf body = { 0 };

	etcd_lease_request(p->lease, PRESENCE_TTL_S, &body);
	p->presence = pool_post(p, path, &body, done);
}

static void tell(struct pool *p, json_t *names)
{
	struct pool_key key = own_key(p);
	char *text = json_dumps(names, JSON_COMPACT);
	struct etcd_txn t = { 0 };
	struct buf body = { 0 };

	etcd_txn_put_leased(&t, key.text, text, strlen(text), p->lease);
	etcd_txn_end(&t, NULL, &body);
	free(text);
	json_decref(p->told);
	p->told = json_incref(names);
	p->presence = pool_post(p, "/v3/kv/txn", &body, on_told);
}

void pool_presence(struct pool *p, json_t *names)
{
	struct pool_key key = own_key(p);
	const char *rest = pool_key_rest(p, key.text, "p/");

	if (p->state != POOL_FOLLOW || p->presence)
		return;
	if (!p->lease)
		ask_for_lease(p, "/v3/lease/grant", on_grant);
	else if (clock_ms() - p->kept_ms > KEEP_MS)
		ask_for_lease(p, "/v3/lease/keepalive", on_keep);
	else if (!p->told || !json_equal(p->told, names) || !json_object_get(p->servers, rest))
		tell(p, names);
}

void pool_presence_reset(struct pool *p)
{
	json_decref(p->servers);
	p->servers = json_object();
	json_decref(TAKE_PTR(p->present));
	p->level_ms = 0;
}

void pool_presence_set(struct pool *p, const char *rest, const struct etcd_kv *kv)
{
	json_t *names = kv->deleted ? NULL : json_loadb(kv->value, kv->value_len, 0, NULL);

	json_object_del(p->servers, rest);
	while (json_array_size(names) > NAMES_MAX)
		json_array_remove(names, json_array_size(names) - 1);
	if (json_is_array(names) &&
	    json_object_size(p->servers) < SERVERS_MAX)
		json_object_set(p->servers, rest, names);
	json_decref(names);
	json_decref(TAKE_PTR(p->present));
}

/* {name: how many servers say that it is there} */
static json_t *count_present(const struct pool *p)
{
	json_t *present = json_object(), *names, *name;
	const char *server;
	size_t i;

	json_object_foreach(p->servers, server, names)
		json_array_foreach(names, i, name) {
			const char *s = json_string_value(name);

			if (s)
				json_object_set_new(
					present, s,
					json_integer(1 + json_integer_value(
								 json_object_get(present, s))));
		}
	return present;
}

int pool_present(struct pool *p, const char *name)
{
	/* After a break others get as long as a lease to be seen again. */
	if (p->state != POOL_FOLLOW || p->applied < p->wanted) {
		p->level_ms = 0;
		return -1;
	}
	if (!p->level_ms)
		p->level_ms = clock_ms();
	if (clock_ms() - p->level_ms < PRESENCE_TTL_S * 1000)
		return -1;
	if (!p->present)
		p->present = count_present(p);
	return (int)json_integer_value(json_object_get(p->present, name));
}

unsigned int pool_rank(const struct pool *p)
{
	struct pool_key key = own_key(p);
	const char *own = pool_key_rest(p, key.text, "p/"), *server;
	unsigned int before = 0;
	json_t *names;

	json_object_foreach(p->servers, server, names)
		before += strcmp(server, own) < 0;
	return before;
}
