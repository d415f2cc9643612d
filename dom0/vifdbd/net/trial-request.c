// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/undo.h"
#include "vifdbd/net/trial-request.h"

/* Where base/undo looks. */
struct source {
	struct server *server;
	int64_t entry;
	json_t *touched; /* rows that later entries changed, by uuid; null: that is not known */
};

static json_t *row_json(void *arg, const char *table, const char *uuid)
{
	const struct source *source = arg;
	const struct table *t = db_table(source->server->db, table);
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

static void add_touched(json_t *touched, const char *text)
{
	json_t *changes = json_loads(text, JSON_ALLOW_NUL, NULL), *change;
	size_t i;

	json_array_foreach(changes, i, change)
		json_object_set_new(touched,
				    json_string_value(json_object_get(change, "uuid")) ?: "",
				    json_true());
	json_decref(changes);
}

static json_t *find_touched(struct journal *journal, int64_t entry)
{
	int64_t id, newest = journal_newest(journal);
	json_t *touched = json_object();

	for (id = entry + 1; id <= newest; id++) {
		_cleanup_(arena_free) struct arena arena = { 0 };
		const char *text = journal_changes(journal, id, &arena);

		if (!text) {
			json_decref(touched);
			return json_null();
		}
		add_touched(touched, text);
	}
	return touched;
}

static bool untouched(void *arg, const char *table, const char *uuid)
{
	struct source *source = arg;

	if (!source->touched)
		source->touched = find_touched(source->server->db->journal, source->entry);
	return json_is_object(source->touched) && !json_object_get(source->touched, uuid);
}

json_t *trial_changes(struct server *server, int64_t entry)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	const char *text = journal_changes(server->db->journal, entry, &arena);
	json_t *changes = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;

	if (json_is_array(changes))
		return changes;
	json_decref(changes);
	return NULL;
}

static const char *member(const json_t *change, const char *name)
{
	return json_string_value(json_object_get(change, name)) ?: "";
}

/* Every text in it. */
static void collect(const json_t *value, json_t *texts)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		json_object_set_new(texts, json_string_value(value), json_true());
	json_array_foreach(value, i, item)
		collect(item, texts);
	json_object_foreach((json_t *)value, key, item)
		collect(item, texts);
}

/* A row of such a table comes and goes with those that refer to it. */
static bool lives_alone(const struct server *server, const json_t *change)
{
	const struct table *t = db_table(server->db, member(change, "table"));

	return !t || t->schema->is_root ||
	       !(json_object_get(change, "inserted") || json_object_get(change, "deleted"));
}

static json_t *unit(const struct server *server, const json_t *changes, json_t *change)
{
	json_t *all = json_pack("[O]", change), *texts = json_object(), *other;
	size_t i;

	collect(change, texts);
	json_array_foreach(changes, i, other)
		if (!lives_alone(server, other) && json_object_get(other, "deleted") &&
		    json_object_get(texts, member(other, "uuid")))
			json_array_append(all, other);
	json_decref(texts);
	return all;
}

json_t *trial_units(struct server *server, const json_t *changes)
{
	json_t *units = json_array(), *change;
	size_t i;

	json_array_foreach(changes, i, change)
		if (lives_alone(server, change))
			json_array_append_new(units, unit(server, changes, change));
	return units;
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

static json_t *undo(struct trial_request *q)
{
	struct source source = { .server = q->server, .entry = q->entry };
	struct undo u = { .row = row_json, .arg = &source, .untouched = untouched };
	json_t *list;

	/* What cannot be read is not taken back, not even in part. */
	list = undo_changes(q->changes, &u) ? json_array() : json_incref(u.operations);
	q->stays = json_incref(u.overlaps);
	undo_deinit(&u);
	json_decref(source.touched);
	return list;
}

json_t *trial_request(struct trial_request *q)
{
	json_t *list = q->changes ? undo(q) : json_array(), *where;
	char id[UUID_TEXT_LEN + 1], *comment;

	q->nothing = !json_array_size(list);
	uuid_format(q->trial->b, id);
	count_up(q->server, list);
	where = json_pack("[[s, s, [s, s]]]", "_uuid", "==", "uuid", id);
	json_array_insert_new(list, 0,
			      json_pack("{s:s, s:i, s:s, s:O, s:[s], s:s, s:[{s:I}]}", "op", "wait",
					"timeout", 0, "table", "Trial", "where", where, "columns",
					"entry", "until", "==", "rows", "entry",
					(json_int_t)q->entry));
	if (q->end)
		json_array_append_new(list, json_pack("{s:s, s:s, s:O}", "op", "delete", "table",
						      "Trial", "where", where));
	json_decref(where);
	comment = xprintf("back by itself%s: %lld was not confirmed", q->how, (long long)q->entry);
	json_array_append_new(list, json_pack("{s:s, s:s}", "op", "comment", "comment", comment));
	free(comment);
	return list;
}
