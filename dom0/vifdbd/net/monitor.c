// SPDX-License-Identifier: GPL-2.0-or-later
/* Monitors of clients: monitor, monitor_cond, monitor_cond_since and what goes with them. */
#include "base/hash.h"
#include "vifdbd/net/monitor.h"
#include "vifdbd/net/server.h"
#include "vifdbd/ovsdb/json-memory.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/ovsdb/parser.h"
#include "vifdbd/txn/behind.h"

/* Larger updates are not copied for each monitor name. */
#define WHOLE_MAX 16384
#define ID_MEMORY 32 /* of parsed JSON, at most, for an octet of text */

/* Monitors of any clients that watch the very same thing. */
struct monitor_group {
	LIST_ENTRY(monitor_group) link;
	LIST_HEAD(, monitor) monitors;
	struct server *server;
	struct watch *watch;
	char *key;
	size_t memory; /* of all this */
};

struct monitor {
	LIST_ENTRY(monitor) link, group_link;
	struct session *session;
	struct monitor_group *group;
	json_t *id;
	struct msg *head;      /* an update notification up to its table updates */
	size_t memory;	       /* what its client is charged, its group included */
	unsigned int clauses;  /* likewise */
	struct behind *behind; /* what its client was not told yet, or NULL */
};

static char *group_key(const struct db *db, enum watch_version version, const json_t *requests)
{
	char *text = json_dumps(requests, JSON_SORT_KEYS | JSON_COMPACT);
	char *key = xprintf("%s %u %s", db->schema->name, version, text ? text : "");

	free(text);
	return key;
}

static uint32_t key_hash(const char *key)
{
	return bytes_hash(key, strlen(key), 0);
}

static uint32_t group_hash(const void *group, const void *ctx)
{
	return key_hash(((const struct monitor_group *)group)->key);
}

void monitors_init(struct slots *groups_by_key)
{
	slots_init(groups_by_key, group_hash, NULL);
}

static struct monitor_group *group_find(const struct server *server, const char *key)
{
	struct monitor_group *g;
	size_t at;

	for (g = slots_first(&server->groups_by_key, key_hash(key), &at); g;
	     g = slots_next(&server->groups_by_key, &at))
		if (!strcmp(g->key, key))
			return g;
	return NULL;
}

static struct dberr *group_get(struct server *server, struct db *db, enum watch_version version,
			       const json_t *requests, struct monitor_group **ret)
{
	_cleanup_free_ char *key = group_key(db, version, requests);
	struct monitor_group *g = group_find(server, key);
	struct dberr *err;
	struct watch *w;
	size_t before;

	if (g) {
		*ret = g;
		return NULL;
	}
	before = json_memory();
	err = watch_new(db, version, requests, &w);
	if (err)
		return err;
	g = xzalloc(sizeof(*g));
	g->memory = sizeof(*g) + strlen(key) + json_memory() - before + watch_memory(w);
	g->server = server;
	g->watch = w;
	g->key = TAKE_PTR(key);
	LIST_INSERT_HEAD(&server->groups, g, link);
	slots_add(&server->groups_by_key, g);
	*ret = g;
	return NULL;
}

static void group_drop_unused(struct monitor_group *g)
{
	if (!LIST_EMPTY(&g->monitors))
		return;
	LIST_REMOVE(g, link);
	slots_del(&g->server->groups_by_key, g);
	watch_free(g->watch);
	free(g->key);
	free(g);
}

static struct monitor *monitor_find(struct session *s, const json_t *id)
{
	struct monitor *m;

	LIST_FOREACH(m, &s->monitors, link)
		if (json_equal(m->id, id))
			return m;
	return NULL;
}

static void monitor_set_id(struct monitor *m, const json_t *id)
{
	static const char *const methods[] = {
		[WATCH_1] = "update", [WATCH_2] = "update2", [WATCH_3] = "update3"
	};
	struct buf b = { 0 };

	buf_puts(&b, "{\"id\":null,\"method\":\"");
	buf_puts(&b, methods[m->group->watch->version]);
	buf_puts(&b, "\",\"params\":[");
	buf_json(&b, id);
	buf_putc(&b, ',');
	msg_unref(m->head);
	m->head = msg_from_buf(&b);
	buf_free(&b);
	json_incref((json_t *)id);
	json_decref(m->id);
	m->id = (json_t *)id;
}

/*
 * Charges the client for its monitor in this group, called so in the request at
 * hand, instead of what it was charged for it before.
 */
static struct dberr *monitor_charge(struct session *s, const struct monitor_group *g,
				    const json_t *id, struct monitor *m)
{
	size_t text = json_dumpb(id, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	/* The ID is part of the message, and takes more than its text. */
	size_t parsed = s->message < ID_MEMORY * text ? s->message : ID_MEMORY * text;
	size_t memory = sizeof(*m) + g->memory + text + parsed;
	unsigned int clauses = s->n_clauses - m->clauses + g->watch->n_clauses;
	struct dberr *err = NULL;

	if (clauses > CLAUSES_MAX)
		return err_new(ERR_RESOURCES,
			       "the monitors of a client may have %u conditions, not %u",
			       CLAUSES_MAX, clauses);
	if (memory > m->memory)
		err = session_keep(s, memory - m->memory);
	else
		session_let_go(s, m->memory - memory);
	if (err)
		return err;
	s->n_clauses = clauses;
	m->clauses = g->watch->n_clauses;
	m->memory = memory;
	return NULL;
}

static void monitor_forget(struct monitor *m)
{
	if (!m->behind)
		return;
	m->session->all->memory -= m->behind->bytes;
	m->session->behind_bytes -= m->behind->bytes;
	m->session->n_behind--;
	m->behind = behind_free(m->behind);
}

static void monitor_free(struct monitor *m)
{
	struct monitor_group *g = m->group;

	monitor_forget(m);
	session_let_go(m->session, m->memory);
	m->session->n_clauses -= m->clauses;
	LIST_REMOVE(m, link);
	LIST_REMOVE(m, group_link);
	m->session->n_monitors--;
	json_decref(m->id);
	msg_unref(m->head);
	free(m);
	group_drop_unused(g);
}

static struct dberr *monitor_new(struct session *s, enum watch_version version,
				 const json_t *params, size_t n_params, struct monitor **ret)
{
	const char *name = json_string_value(json_array_get(params, 0));
	const json_t *id = json_array_get(params, 1);
	struct monitor_group *g;
	struct dberr *err;
	struct monitor *m;
	struct db *db;

	if (json_array_size(params) != n_params || !name)
		return err_syntax(params, "expected %zu parameters, a database name first",
				  n_params);
	db = server_db(s->server, name);
	if (!db)
		return err_about(ERR_UNKNOWN_DB, params, "no database named %.60s", name);
	if (monitor_find(s, id))
		return err_syntax(params, "duplicate monitor ID");
	if (s->n_monitors >= MONITORS_MAX)
		return err_new(ERR_RESOURCES, "a client may have %u monitors", MONITORS_MAX);
	err = group_get(s->server, db, version, json_array_get(params, 2), &g);
	if (err)
		return err;
	m = xzalloc(sizeof(*m));
	err = monitor_charge(s, g, id, m);
	if (err) {
		group_drop_unused(g);
		free(m);
		return err;
	}
	m->session = s;
	m->group = g;
	LIST_INSERT_HEAD(&s->monitors, m, link);
	LIST_INSERT_HEAD(&g->monitors, m, group_link);
	s->n_monitors++;
	monitor_set_id(m, id);
	*ret = m;
	return NULL;
}

/* What there is now, if that does not take too long: without, there is no monitor. */
static struct dberr *monitor_initial(struct monitor *m, struct buf *result)
{
	struct dberr *err;

	watch_initial(m->group->watch, result);
	err = work_check();
	if (err)
		monitor_free(m);
	return err;
}

struct dberr *rpc_monitor(struct session *s, const json_t *params, struct buf *result)
{
	struct monitor *m;
	struct dberr *err = monitor_new(s, WATCH_1, params, 3, &m);

	return err ? err : monitor_initial(m, result);
}

struct dberr *rpc_monitor_cond(struct session *s, const json_t *params, struct buf *result)
{
	struct monitor *m;
	struct dberr *err = monitor_new(s, WATCH_2, params, 3, &m);

	return err ? err : monitor_initial(m, result);
}

static void put_id(struct buf *b, const struct uuid *id)
{
	char s[UUID_TEXT_LEN + 1];

	uuid_format(id->b, s);
	buf_json_string(b, s, UUID_TEXT_LEN);
	buf_putc(b, ',');
}

struct dberr *rpc_monitor_cond_since(struct session *s, const json_t *params, struct buf *result)
{
	const json_t *last = json_array_get(params, 3);
	struct monitor *m;
	struct uuid id;
	struct dberr *err;
	int from;

	if (!json_is_string(last) ||
	    !uuid_parse(json_string_value(last), json_string_length(last), id.b))
		return err_syntax(params, "expected the ID of a transaction as fourth parameter");
	err = monitor_new(s, WATCH_3, params, 4, &m);
	if (err)
		return err;
	from = db_history_find(m->group->watch->db, &id, watch_ephemeral(m->group->watch));
	buf_puts(result, from < 0 ? "[false," : "[true,");
	put_id(result, &m->group->watch->db->last_id);
	if (from < 0)
		err = monitor_initial(m, result);
	else
		watch_history(m->group->watch, from, result);
	buf_putc(result, ']');
	return err;
}

static struct msg *update_body(const struct watch *w, const struct uuid *id, struct buf *updates)
{
	struct buf b = { 0 };
	struct msg *m;

	if (w->version == WATCH_3)
		put_id(&b, id);
	buf_put(&b, updates->data, updates->len);
	buf_puts(&b, "]}");
	m = msg_from_buf(&b);
	buf_free(&b);
	return m;
}

/*
 * Sends an update. Most clients of a group call their monitor the same, so the
 * whole of the last message is kept for the next of them: one message costs the
 * kernel less than two.
 */
static void monitor_send(struct monitor *m, struct msg *body, struct msg **whole)
{
	struct msg *w = *whole;

	if (body->len > WHOLE_MAX) {
		session_send(m->session, msg_ref(m->head), true);
		session_send(m->session, msg_ref(body), true);
		return;
	}
	if (!w || w->len != m->head->len + body->len ||
	    memcmp(w->data, m->head->data, m->head->len)) {
		struct buf b = { 0 };

		buf_reserve(&b, m->head->len + body->len);
		buf_put(&b, m->head->data, m->head->len);
		buf_put(&b, body->data, body->len);
		msg_unref(w);
		*whole = w = msg_from_buf(&b);
		buf_free(&b);
	}
	session_send(m->session, msg_ref(w), true);
}

/* Only of monitor_cond and later: RFC 7047 promises one "update" for each transaction. */
static bool must_wait(const struct monitor *m)
{
	return m->behind ||
	       (m->session->out.bytes > COALESCE_BYTES && m->group->watch->version != WATCH_1);
}

static void monitor_defer(struct monitor *m, const struct txn *txn, const struct uuid *id)
{
	struct session *s = m->session;
	size_t before;

	if (!m->behind) {
		m->behind = behind_new();
		s->n_behind++;
	}
	before = m->behind->bytes;
	behind_add(m->behind, m->group->watch, txn, id);
	s->behind_bytes += m->behind->bytes - before;
	s->all->memory += m->behind->bytes - before;
	session_check_backlog(s, true);
}

static void monitor_catch_up(struct monitor *m)
{
	struct msg *body, *whole = NULL;
	struct buf updates = { 0 };

	behind_json(m->behind, m->group->watch, &updates);
	body = updates.len > 2 ? update_body(m->group->watch, &m->behind->last, &updates) : NULL;
	monitor_forget(m);
	if (body)
		monitor_send(m, body, &whole);
	msg_unref(body);
	msg_unref(whole);
	buf_free(&updates);
}

void monitors_catch_up(struct session *s)
{
	struct monitor *m;

	LIST_FOREACH(m, &s->monitors, link)
		if (m->behind)
			monitor_catch_up(m);
}

/* The condition of one <monitor-cond-update-request>; NULL is none. */
static struct dberr *change_parse(const struct table_schema *t, const json_t *json,
				  const json_t **ret)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	struct condition unused;
	const json_t *columns;
	struct dberr *err;
	struct parser p;

	parser_init(&p, json, t->name);
	columns = parser_take(&p, "columns", P_ARRAY | P_OPTIONAL);
	*ret = parser_take(&p, "where", P_ARRAY | P_OPTIONAL);
	err = parser_finish(&p);
	if (!err && columns)
		err = err_syntax(json, "changing columns is not supported");
	if (!err && *ret)
		err = condition_parse(t, *ret, NULL, &arena, &unused);
	return err;
}

/* Makes it what a table is watched by. requests is an array, or a single one. */
static void condition_set(json_t *requests, const char *table, const json_t *where)
{
	json_t *list = json_object_get(requests, table);
	json_t *first = json_is_array(list) ? json_array_get(list, 0) : list;

	json_object_del(first, "where");
	if (where)
		json_object_set_new(first, "where", json_deep_copy(where));
}

/* Of several requests the last one counts: as in ovsdb-server. */
static struct dberr *table_change(const struct watch *w, json_t *requests, const char *name,
				  const json_t *json)
{
	const struct table_schema *t = schema_table(w->db->schema, name);
	size_t i, n = json_is_array(json) ? json_array_size(json) : 1;
	const json_t *where = NULL;
	struct dberr *err = NULL;

	if (!t || !w->tables[t->index])
		return err_syntax(json, "no table named %.60s is monitored", name);
	for (i = 0; i < n && !err; i++)
		err = change_parse(t, json_is_array(json) ? json_array_get(json, i) : json, &where);
	if (!err && n)
		condition_set(requests, name, where);
	return err;
}

/* The group's requests with other conditions for the tables in changes. */
static struct dberr *requests_change(const struct watch *w, const json_t *changes, json_t **ret)
{
	json_t *requests, *value;
	struct dberr *err = NULL;
	const char *name;

	if (!json_is_object(changes))
		return err_syntax(changes, "expected an object of tables");
	requests = json_deep_copy(w->requests);
	json_object_foreach((json_t *)changes, name, value)
		if (!err)
			err = table_change(w, requests, name, value);
	if (err)
		json_decref(requests);
	else
		*ret = requests;
	return err;
}

struct dberr *rpc_monitor_cond_change(struct session *s, const json_t *params, struct buf *result)
{
	struct monitor *m = monitor_find(s, json_array_get(params, 0));
	const json_t *new_id = json_array_get(params, 1);
	struct monitor_group *g, *old;
	struct buf updates = { 0 };
	struct dberr *err;
	json_t *requests = NULL;
	struct msg *body;

	if (json_array_size(params) != 3)
		return err_syntax(params, "expected three parameters");
	if (!m || m->group->watch->version == WATCH_1)
		return err_about(ERR_UNKNOWN_MONITOR, params, "no such conditional monitor");
	if (monitor_find(s, new_id) && monitor_find(s, new_id) != m)
		return err_syntax(params, "duplicate monitor ID");
	/* What it was not told yet was under the old conditions. */
	if (m->behind)
		monitor_catch_up(m);
	old = m->group;
	err = requests_change(old->watch, json_array_get(params, 2), &requests);
	if (err)
		return err;
	err = group_get(s->server, old->watch->db, old->watch->version, requests, &g);
	json_decref(requests);
	if (err)
		return err;
	/* What comes and goes by the change is told before the answer, under the new ID. */
	watch_switch(old->watch, g->watch, &updates);
	err = work_check();
	if (!err)
		err = monitor_charge(s, g, new_id, m);
	if (err) {
		buf_free(&updates);
		group_drop_unused(g);
		return err;
	}
	LIST_REMOVE(m, group_link);
	LIST_INSERT_HEAD(&g->monitors, m, group_link);
	m->group = g;
	group_drop_unused(old);
	monitor_set_id(m, new_id);
	if (updates.len > 2) {
		body = update_body(g->watch, &g->watch->db->last_id, &updates);
		session_send(s, msg_ref(m->head), false);
		session_send(s, body, false);
	}
	buf_free(&updates);
	buf_puts(result, "{}");
	return NULL;
}

struct dberr *rpc_monitor_cancel(struct session *s, const json_t *params, struct buf *result)
{
	struct monitor *m = monitor_find(s, json_array_get(params, 0));

	if (json_array_size(params) != 1)
		return err_syntax(params, "expected the ID of a monitor");
	if (!m)
		return err_about(ERR_UNKNOWN_MONITOR, params, "no monitor with this ID");
	monitor_free(m);
	buf_puts(result, "{}");
	return NULL;
}

void monitors_drop(struct session *s)
{
	while (!LIST_EMPTY(&s->monitors))
		monitor_free(LIST_FIRST(&s->monitors));
}

static void monitor_cancel(struct monitor *m)
{
	struct session *s = m->session;
	struct buf b = { 0 };

	buf_puts(&b, "{\"id\":null,\"method\":\"monitor_canceled\",\"params\":[");
	buf_json(&b, m->id);
	buf_puts(&b, "]}");
	monitor_free(m);
	if (s->change_aware)
		session_send(s, msg_from_buf(&b), false);
	buf_free(&b);
}

/* A group goes with its last monitor. */
void monitors_cancel(struct server *server, const struct db *db)
{
	struct monitor_group *g, *next_group;
	struct monitor *m, *next;

	for (g = LIST_FIRST(&server->groups); g; g = next_group) {
		next_group = LIST_NEXT(g, link);
		for (m = g->watch->db == db ? LIST_FIRST(&g->monitors) : NULL; m; m = next) {
			next = LIST_NEXT(m, group_link);
			monitor_cancel(m);
		}
	}
}

void monitors_changed(struct db *db, const struct uuid *id, const struct txn *txn, void *arg)
{
	struct server *server = arg;
	struct monitor_group *g;
	struct monitor *m;
	struct buf updates = { 0 };
	struct msg *body, *whole;

	LIST_FOREACH(g, &server->groups, link) {
		if (g->watch->db != db)
			continue;
		updates.len = 0;
		watch_txn(g->watch, txn, &updates);
		if (updates.len <= 2)
			continue;
		body = update_body(g->watch, id, &updates);
		whole = NULL;
		LIST_FOREACH(m, &g->monitors, group_link) {
			if (must_wait(m))
				monitor_defer(m, txn, id);
			else
				monitor_send(m, body, &whole);
		}
		msg_unref(body);
		msg_unref(whole);
	}
	buf_free(&updates);
}
