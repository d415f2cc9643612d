// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "vifdbd/txn/convert.h"

/* Where a column's values come from. */
struct source {
	const struct column_schema *column; /* NULL: there was none of that name */
	bool same;			    /* type: no need to check values */
};

struct conversion {
	const struct table *from;
	struct table *to;
	struct source *sources; /* by column of the new table */
	struct txn *txn;
	struct arena arena; /* of one row */
};

static bool type_equal(const struct type *a, const struct type *b)
{
	_cleanup_(buf_free) struct buf x = { 0 };
	_cleanup_(buf_free) struct buf y = { 0 };

	type_json(a, &x);
	type_json(b, &y);
	return x.len == y.len && !memcmp(x.data, y.data, x.len);
}

/* A value as text, read again under the rules of the new type. */
static struct dberr *value_convert(const struct conversion *c, const struct column_schema *from,
				   const struct column_schema *to, const struct row *row,
				   json_t **ret_json, struct arena *arena, struct datum *ret)
{
	_cleanup_(buf_free) struct buf b = { 0 };
	char uuid[UUID_TEXT_LEN + 1];
	struct dberr *err;
	char *details;

	row_column_json(row, from, &b);
	*ret_json = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
	err = datum_parse(*ret_json, &to->type, NULL, arena, ret);
	if (!err)
		return NULL;
	uuid_format(row->uuid.b, uuid);
	details = err->details;
	err->details = xprintf("table %s row %s column %s: %s", c->to->schema->name, uuid, to->name,
			       details);
	free(details);
	return err;
}

static struct dberr *row_convert(struct conversion *c, const struct row *row)
{
	const struct table_schema *t = c->to->schema;
	const struct datum **set = arena_alloc(&c->arena, t->n_columns * sizeof(*set));
	struct datum *values = arena_alloc(&c->arena, t->n_columns * sizeof(*values));
	/* Strings point into these until the row is built. */
	json_t **texts = arena_alloc(&c->arena, t->n_columns * sizeof(*texts));
	struct dberr *err = NULL;
	struct row *new;
	unsigned int i;

	memset(set, 0, t->n_columns * sizeof(*set));
	memset(texts, 0, t->n_columns * sizeof(*texts));
	for (i = 0; i < t->n_columns && !err; i++) {
		const struct column_schema *from = c->sources[i].column;

		if (!from)
			continue;
		if (c->sources[i].same)
			values[i] = row_datum(row, from, &c->arena);
		else
			err = value_convert(c, from, &t->columns[i], row, &texts[i], &c->arena,
					    &values[i]);
		set[i] = &values[i];
	}
	if (!err) {
		new = row_build(t, NULL, set);
		new->uuid = row->uuid;
		txn_insert(c->txn, c->to, new);
	}
	for (i = 0; i < t->n_columns; i++)
		json_decref(texts[i]);
	return err;
}

static struct dberr *table_convert(struct conversion *c)
{
	const struct table_schema *t = c->to->schema;
	struct dberr *err = NULL;
	unsigned int i;
	size_t k;

	c->sources = xzalloc(t->n_columns * sizeof(*c->sources));
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *from =
			schema_column(c->from->schema, t->columns[i].name);

		c->sources[i].column = from;
		c->sources[i].same = from && type_equal(&from->type, &t->columns[i].type);
	}
	for (k = 0; k < c->from->rows.cap && !err; k++) {
		if (c->from->rows.v[k])
			err = row_convert(c, c->from->rows.v[k]);
		arena_reset(&c->arena);
	}
	free(c->sources);
	return err;
}

struct dberr *db_convert(const struct db *old, struct db_schema *schema, struct db **ret)
{
	struct db *new = db_new(schema, NULL);
	struct conversion c = { .txn = txn_new(new->tables, &new->next_id) };
	struct dberr *err = NULL;
	unsigned int i;

	for (i = 0; i < schema->n_tables && !err; i++) {
		c.from = db_table(old, schema->tables[i].name);
		c.to = &new->tables[i];
		if (c.from)
			err = table_convert(&c);
	}
	if (err)
		txn_rollback(c.txn);
	else
		err = txn_apply(c.txn);
	txn_free(c.txn);
	arena_free(&c.arena);
	if (err)
		db_free(new);
	else
		*ret = new;
	return err;
}

int db_store_all(struct db *db, struct storage *s, const json_t *schema, char **ret_message)
{
	_cleanup_free_ char *text = json_dumps(schema, JSON_COMPACT);
	struct buf b = { 0 };
	unsigned int i;
	size_t k;
	int r;

	r = s->ops->begin(s);
	if (!r)
		r = s->ops->reset(s, text);
	for (i = 0; i < db->schema->n_tables && !r; i++) {
		for (k = 0; k < db->tables[i].rows.cap && !r; k++) {
			const struct row *row = db->tables[i].rows.v[k];
			struct storage_row out = { .table = db->schema->tables[i].name };

			if (!row)
				continue;
			b.len = 0;
			row_persistent(row, &db->schema->tables[i], &b);
			out.id = row->id;
			out.uuid = row->uuid;
			out.data = b.data;
			out.len = b.len;
			r = s->ops->put(s, &out);
		}
	}
	if (!r)
		r = s->ops->record(s, &(struct storage_txn){ .id = db->last_id });
	if (!r)
		r = s->ops->commit(s);
	if (r) {
		*ret_message = xstrdup(s->ops->message(s));
		s->ops->rollback(s);
	}
	buf_free(&b);
	return r;
}

struct dberr *db_convert_stored(struct db *old, const json_t *json, struct db_schema *schema,
				struct db **ret)
{
	_cleanup_free_ char *message = NULL;
	struct db *new;
	struct dberr *err = db_convert(old, schema, &new);

	if (err)
		return err;
	if (db_store_all(new, old->storage, json, &message)) {
		db_free(new);
		return err_new(ERR_IO, "not stored: %s", message);
	}
	new->storage = TAKE_PTR(old->storage);
	*ret = new;
	return NULL;
}

bool schema_equal(const struct db_schema *a, const struct db_schema *b)
{
	_cleanup_(buf_free) struct buf x = { 0 };
	_cleanup_(buf_free) struct buf y = { 0 };

	schema_json(a, &x);
	schema_json(b, &y);
	return x.len == y.len && !memcmp(x.data, y.data, x.len);
}

int schema_version_compare(const char *a, const char *b)
{
	unsigned long x[3] = { 0 }, y[3] = { 0 };
	int i;

	sscanf(a, "%lu.%lu.%lu", &x[0], &x[1], &x[2]);
	sscanf(b, "%lu.%lu.%lu", &y[0], &y[1], &y[2]);
	for (i = 0; i < 3; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}
