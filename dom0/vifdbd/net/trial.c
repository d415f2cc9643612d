// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A trial is in the database, so it outlives whoever asked for it, this process and, in
 * a pool, this host. Each server measures its time from when it saw the row, by its own
 * clock that never jumps; only after a restart what is left is told by the date, and only
 * by the host that wrote it. In a pool all servers would take it back: the one that was
 * asked does so first, the others GRACE_MS later, and that its row is still there is a
 * condition of the transaction, so it happens once.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/undo.h"
#include "vifdbd/net/own-client.h"
#include "vifdbd/net/trial.h"

#define GRACE_MS 5000
#define RETRY_MS 10000

struct seen {
	struct uuid uuid;
	int64_t due_ms;
	bool there;
};

struct trials {
	struct seen *v;
	size_t n, cap;
	bool started; /* rows that were there before this process were looked at */
	struct own_client client;
};

static struct trials *get(struct server *server)
{
	if (!server->trials) {
		server->trials = xzalloc(sizeof(*server->trials));
		server->trials->client =
			(struct own_client){ .server = server,
					     .what = "to take back an unconfirmed change" };
	}
	return server->trials;
}

void trials_free(struct server *server)
{
	if (!server->trials)
		return;
	own_client_close(&server->trials->client);
	free(server->trials->v);
	free(TAKE_PTR(server->trials));
}

static int64_t due(const struct trials *t, const struct trial *trial, int64_t now_ms)
{
	int64_t left = trial->seconds;

	if (!t->started && trial->here && trial->until_s - time(NULL) < left)
		left = trial->until_s - time(NULL);
	if (left < 0)
		left = 0;
	return now_ms + left * 1000 + (trial->here ? 0 : GRACE_MS);
}

static struct seen *find(struct trials *t, const struct uuid *uuid)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (uuid_equal(&t->v[i].uuid, uuid))
			return &t->v[i];
	return NULL;
}

/* The list as the table is. */
static void look(struct server *server, struct trials *t, int64_t now_ms)
{
	const struct table *table = journal_trials(server->db->journal);
	size_t i, n = 0;

	for (i = 0; i < t->n; i++)
		t->v[i].there = false;
	for (i = 0; i < table->rows.cap; i++) {
		const struct row *row = table->rows.v[i];
		struct seen *s = row ? find(t, &row->uuid) : NULL;
		struct trial trial;

		if (row && !s) {
			trial = journal_trial(server->db->journal, row, server->host);
			t->v = xgrow(t->v, t->n, &t->cap, sizeof(*t->v));
			s = &t->v[t->n++];
			*s = (struct seen){ .uuid = row->uuid, .due_ms = due(t, &trial, now_ms) };
		}
		if (s)
			s->there = true;
	}
	for (i = 0; i < t->n; i++)
		if (t->v[i].there)
			t->v[n++] = t->v[i];
	t->n = n;
	t->started = true;
}

static json_t *row_json(void *arg, const char *table, const char *uuid)
{
	const struct server *server = arg;
	const struct table *t = db_table(server->db, table);
	const struct row *row = NULL;
	struct buf b = { 0 };
	struct uuid id;
	unsigned int i;
	json_t *json;

	if (t && uuid_parse(uuid, strlen(uuid), id.b))
		row = table_row(t, &id);
	if (!row)
		return NULL;
	buf_putc(&b, '{');
	for (i = 0; i < t->schema->n_columns; i++) {
		buf_puts(&b, i ? ",\"" : "\"");
		buf_puts(&b, t->schema->columns[i].name);
		buf_puts(&b, "\":");
		row_column_json(row, &t->schema->columns[i], &b);
	}
	buf_putc(&b, '}');
	json = json_loadb(b.data, b.len, JSON_ALLOW_NUL, NULL);
	buf_free(&b);
	return json;
}

/* The operations that take it back; only that the trial ends, if nothing is known of it. */
static json_t *operations(struct server *server, int64_t entry)
{
	struct undo u = { .row = row_json, .arg = server };
	struct arena arena = { 0 };
	const char *text = journal_changes(server->db->journal, entry, &arena);
	json_t *changes = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL,
	       *list = json_array();

	if (!undo_changes(changes, &u)) {
		json_array_extend(list, u.operations);
		log_notice("change %lld was not confirmed: it goes back%s", (long long)entry,
			   json_array_size(u.overlaps) ? ", but for what was changed since" : "");
	} else {
		log_error("change %lld was not confirmed, but nothing is known of it: it stays",
			  (long long)entry);
	}
	undo_deinit(&u);
	json_decref(changes);
	arena_free(&arena);
	return list;
}

/* As whoever changes policy does: hosts tell by it what they have applied. */
static void count_up(const struct server *server, json_t *list)
{
	const struct table *global = db_table(server->db, "Global");

	if (json_array_size(list) && global && schema_column(global->schema, "next_cfg"))
		json_array_append_new(list, json_pack("{s:s, s:s, s:[], s:[[s, s, i]]}", "op",
						      "mutate", "table", "Global", "where",
						      "mutations", "next_cfg", "+=", 1));
}

static json_t *request(struct server *server, const struct row *row, int64_t entry)
{
	json_t *list = operations(server, entry), *where;
	char id[UUID_TEXT_LEN + 1], *comment;

	uuid_format(row->uuid.b, id);
	count_up(server, list);
	where = json_pack("[[s, s, [s, s]]]", "_uuid", "==", "uuid", id);
	json_array_insert_new(list, 0,
			      json_pack("{s:s, s:i, s:s, s:O, s:[s], s:s, s:[{s:I}]}", "op", "wait",
					"timeout", 0, "table", "Trial", "where", where, "columns",
					"entry", "until", "==", "rows", "entry",
					(json_int_t)entry));
	json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "op", "delete", "table", "Trial",
					      "where", where));
	comment = xprintf("back by itself: %lld was not confirmed", (long long)entry);
	json_array_append_new(list, json_pack("{s:s, s:s}", "op", "comment", "comment", comment));
	free(comment);
	return list;
}

static void take_back(struct server *server, struct trials *t, struct seen *s, int64_t now_ms)
{
	struct row *row = table_row(journal_trials(server->db->journal), &s->uuid);
	struct trial trial;

	s->due_ms = now_ms + RETRY_MS;
	if (!row)
		return;
	trial = journal_trial(server->db->journal, row, server->host);
	own_client_transact(&t->client, request(server, row, trial.entry));
}

void trials_tick(struct server *server, int64_t now_ms)
{
	struct trials *t = get(server);
	size_t i;

	if (!server->db->journal || own_client_busy(&t->client))
		return;
	look(server, t, now_ms);
	for (i = 0; i < t->n && !own_client_busy(&t->client); i++)
		if (now_ms >= t->v[i].due_ms)
			take_back(server, t, &t->v[i], now_ms);
}
