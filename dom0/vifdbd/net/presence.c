// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "vifdbd/net/lock.h"
#include "vifdbd/net/own-client.h"
#include "vifdbd/net/pool-queue.h"
#include "vifdbd/net/presence.h"

#define START_MS 30000 /* a daemon may take so long to come back after our start */
#define GRACE_MS 10000 /* and to connect again */
#define RANK_MS 2000   /* in a pool the first server does it, each further one later, */
#define RANKS 30       /* up to so many */
#define LOOK_MS 2000

struct missed {
	char *name;
	int64_t since_ms;
	bool still;
};

struct presence {
	struct own_client client;
	int64_t started_ms, looked_ms;
	struct missed *v;
	size_t n, cap;
};

struct columns {
	struct table *table;
	const struct column_schema *name, *presence, *absent_since;
};

static bool find_columns(const struct server *server, struct columns *c)
{
	c->table = db_table(server->db, "Host");
	if (!c->table)
		return false;
	c->name = schema_column(c->table->schema, "name");
	c->presence = schema_column(c->table->schema, "presence");
	c->absent_since = schema_column(c->table->schema, "absent_since");
	return c->name && c->presence && c->absent_since && c->name->type.key.type == ATOM_STRING &&
	       c->presence->type.key.type == ATOM_STRING;
}

static void add_name(const char *lock, void *arg)
{
	json_t *names = arg;
	size_t len = strlen(lock), prefix = strlen(HOST_LOCK);
	char name[256] = "";

	if (strncmp(lock, HOST_LOCK, prefix) || (len - prefix) % 2 ||
	    (len - prefix) / 2 >= sizeof(name) ||
	    !hex_parse(lock + prefix, (len - prefix) / 2, name))
		return;
	/* What is no text cannot be a host's name. */
	json_array_append_new(names, json_string(name) ?: json_null());
}

static bool among(const json_t *names, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(names, i, item)
		if (json_is_string(item) && !strcmp(json_string_value(item), name))
			return true;
	return false;
}

static struct presence *get(struct server *server, int64_t now_ms)
{
	if (!server->presence) {
		server->presence = xzalloc(sizeof(*server->presence));
		server->presence->started_ms = now_ms;
		server->presence->client =
			(struct own_client){ .server = server, .what = "to mark a host as absent" };
	}
	return server->presence;
}

void presence_free(struct server *server)
{
	struct presence *p = TAKE_PTR(server->presence);

	if (!p)
		return;
	own_client_close(&p->client);
	while (p->n)
		free(p->v[--p->n].name);
	free(p->v);
	free(p);
}

/* The row says that it is present. To be freed; NULL: it does not. */
static char *present_name(const struct row *row, const struct columns *c, struct arena *arena)
{
	struct datum is = row_datum(row, c->presence, arena), name = row_datum(row, c->name, arena);

	if (!is.n || !name.n || is.keys[0].s.len != 7 || memcmp(is.keys[0].s.p, "present", 7))
		return NULL;
	return xprintf("%.*s", (int)name.keys[0].s.len, name.keys[0].s.p);
}

static void miss(struct presence *p, const char *name, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].name, name)) {
			p->v[i].still = true;
			return;
		}
	p->v = xgrow(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] = (struct missed){ .name = xstrdup(name), .since_ms = now_ms, .still = true };
}

static void look(struct server *server, struct presence *p, const struct columns *c,
		 const json_t *here, int64_t now_ms)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		p->v[i].still = false;
	for (i = 0; i < c->table->rows.cap; i++) {
		_cleanup_free_ char *name =
			c->table->rows.v[i] ? present_name(c->table->rows.v[i], c, &arena) : NULL;

		if (name && !among(here, name) && !pool_queue_present(server, name))
			miss(p, name, now_ms);
	}
	for (i = 0; i < p->n; i++) {
		if (p->v[i].still)
			p->v[n++] = p->v[i];
		else
			free(p->v[i].name);
	}
	p->n = n;
}

static void mark(struct server *server, struct presence *p, struct missed *m, int64_t now_ms)
{
	log_notice("host %s is gone: what it said last is stale", m->name);
	/* If that fails it is missed again. */
	m->since_ms = now_ms;
	own_client_transact(&p->client,
			    json_pack("[{s:s, s:s, s:[[s, s, s], [s, s, s]], s:{s:s, s:I}}]", "op",
				      "update", "table", "Host", "where", "name", "==", m->name,
				      "presence", "==", "present", "row", "presence", "absent",
				      "absent_since", (json_int_t)time(NULL)));
}

void presence_tick(struct server *server, int64_t now_ms)
{
	struct presence *p = get(server, now_ms);
	int64_t grace = GRACE_MS + RANK_MS * (int64_t)pool_queue_rank(server, RANKS);
	json_t *here;
	struct columns c;
	size_t i;

	if (!find_columns(server, &c) || now_ms - p->looked_ms < LOOK_MS)
		return;
	p->looked_ms = now_ms;
	here = json_array();
	locks_held(server, add_name, here);
	pool_queue_presence(server, here);
	look(server, p, &c, here, now_ms);
	json_decref(here);
	for (i = 0; i < p->n && !own_client_busy(&p->client); i++)
		if (now_ms - p->v[i].since_ms >= grace && now_ms - p->started_ms >= START_MS)
			mark(server, p, &p->v[i], now_ms);
}
