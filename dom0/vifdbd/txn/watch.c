// SPDX-License-Identifier: GPL-2.0-or-later
/* Parsing <monitor-requests> (RFC 7047 section 4.1.5, and monitor_cond). */
#include <stdio.h>

#include "vifdbd/ovsdb/parser.h"
#include "vifdbd/txn/watch.h"

static struct dberr *select_parse(const json_t *json, unsigned int *ret)
{
	static const char *const names[] = { "initial", "insert", "delete", "modify" };
	unsigned int i, select = SELECT_ALL;
	struct parser p;
	const json_t *j;

	*ret = select;
	if (!json)
		return NULL;
	parser_init(&p, json, "select");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		j = parser_take(&p, names[i], P_BOOLEAN | P_OPTIONAL);
		if (j && json_is_false(j))
			select &= ~(1u << i);
	}
	*ret = select;
	return parser_finish(&p);
}

static struct dberr *add_column(struct watch_table *t, const struct column_schema *c,
				unsigned int select, const json_t *json)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (t->columns[i].column == c)
			return err_syntax(json, "column %s is mentioned more than once", c->name);
	t->columns[t->n_columns++] = (struct watch_column){ .column = c, .select = select };
	return NULL;
}

static struct dberr *columns_parse(struct watch_table *t, const json_t *json, unsigned int select)
{
	const struct table_schema *schema = t->table->schema;
	struct dberr *err = NULL;
	size_t i;

	if (!json) {
		/* All but _uuid. */
		err = add_column(t, &column_version, select, NULL);
		for (i = 0; i < schema->n_columns && !err; i++)
			err = add_column(t, &schema->columns[i], select, NULL);
		return err;
	}
	for (i = 0; i < json_array_size(json) && !err; i++) {
		const char *name = json_string_value(json_array_get(json, i));
		const struct column_schema *c = name ? schema_column(schema, name) : NULL;

		if (!c)
			return err_syntax(json, "\"%.60s\" is not a column of table %s",
					  name ? name : "?", schema->name);
		err = add_column(t, c, select, json);
	}
	return err;
}

/* Of several requests for a table, the first has its condition: as in ovsdb-server. */
static struct dberr *request_parse(struct watch *w, struct watch_table *t, const json_t *json,
				   bool first)
{
	const json_t *columns, *select, *where = NULL;
	struct condition condition = { 0 };
	unsigned int mask = 0;
	struct dberr *err;
	struct parser p;

	parser_init(&p, json, "monitor request");
	columns = parser_take(&p, "columns", P_ARRAY | P_OPTIONAL);
	select = parser_take(&p, "select", P_OBJECT | P_OPTIONAL);
	if (w->version >= WATCH_2)
		where = parser_take(&p, "where", P_ARRAY | P_OPTIONAL);
	err = parser_finish(&p);
	if (!err)
		err = select_parse(select, &mask);
	if (!err)
		err = columns_parse(t, columns, mask);
	if (!err && where)
		err = condition_parse(t->table->schema, where, NULL, &w->arena, &condition);
	if (!err && first)
		alternatives_init(&t->where, t->table, &condition, &w->arena);
	w->n_clauses += condition.n;
	t->select |= mask;
	return err;
}

static struct dberr *table_parse(struct watch *w, const char *name, const json_t *json)
{
	struct table *table = db_table(w->db, name);
	struct dberr *err = NULL;
	struct watch_table *t;
	size_t i;

	if (!table)
		return err_syntax(json, "no table named %.60s", name);
	t = arena_alloc(&w->arena, sizeof(*t));
	*t = (struct watch_table){ .table = table };
	t->columns = arena_alloc(&w->arena, (table->schema->n_columns + 2) * sizeof(*t->columns));
	if (!json_is_array(json))
		err = request_parse(w, t, json, true);
	for (i = 0; i < json_array_size(json) && !err; i++)
		err = request_parse(w, t, json_array_get(json, i), i == 0);
	w->tables[table->schema->index] = t;
	return err;
}

struct dberr *watch_new(struct db *db, enum watch_version version, const json_t *requests,
			struct watch **ret)
{
	struct watch *w;
	struct dberr *err = NULL;
	const char *name;
	json_t *value;

	if (!json_is_object(requests))
		return err_syntax(requests, "expected an object of tables to monitor");
	w = xzalloc(sizeof(*w));
	w->db = db;
	w->version = version;
	w->requests = json_deep_copy(requests);
	w->tables = xzalloc(db->schema->n_tables * sizeof(*w->tables));
	json_object_foreach(w->requests, name, value) {
		if (!err)
			err = table_parse(w, name, value);
	}
	if (err)
		watch_free(w);
	else
		*ret = w;
	return err;
}

size_t watch_memory(const struct watch *w)
{
	return sizeof(*w) + w->db->schema->n_tables * sizeof(*w->tables) + w->arena.size;
}

void watch_free(struct watch *w)
{
	unsigned int i;

	if (!w)
		return;
	for (i = 0; i < w->db->schema->n_tables; i++)
		if (w->tables[i])
			alternatives_deinit(&w->tables[i]->where, w->tables[i]->table);
	arena_free(&w->arena);
	json_decref(w->requests);
	free(w->tables);
	free(w);
}

static bool table_ephemeral(const struct watch_table *t)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (t->columns[i].column->ephemeral)
			return true;
	for (i = 0; i < t->where.condition.n; i++)
		if (t->where.condition.clauses[i].column->ephemeral)
			return true;
	return false;
}

bool watch_ephemeral(const struct watch *w)
{
	unsigned int i;

	for (i = 0; i < w->db->schema->n_tables; i++)
		if (w->tables[i] && table_ephemeral(w->tables[i]))
			return true;
	return false;
}
