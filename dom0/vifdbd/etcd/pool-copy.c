// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hash.h"
#include "vifdbd/etcd/pool-copy.h"
#include "vifdbd/ovsdb/work.h"

#define CHANGES_MAX (1u << 22)

void pool_changes_free(struct pool_changes *c)
{
	while (c->n)
		row_unref(c->v[--c->n].row);
	free(c->v);
	free(c->problem);
	*c = (struct pool_changes){ 0 };
}

static void problem(struct pool_changes *c, const char *what, const char *where)
{
	if (!c->problem)
		c->problem = xprintf("%s: %.200s", what, where);
}

/* Takes over row. */
static void add(struct pool_changes *c, struct table *table, const struct uuid *uuid,
		struct row *row)
{
	if (c->n == CHANGES_MAX) {
		problem(c, "more rows change at once than can be", table->schema->name);
		row_unref(row);
		return;
	}
	c->v = xgrow(c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n++] = (struct pool_change){ .table = table, .uuid = *uuid, .row = row };
}

void pool_changes_add(struct pool_changes *c, struct db *db, const char *rest,
		      const struct etcd_kv *kv)
{
	char name[POOL_KEY_MAX];
	struct row *row = NULL;
	struct table *table;
	struct uuid uuid;

	if (!pool_row_key_parse(rest, name, &uuid)) {
		problem(c, "a key of the pool is not that of a row", rest);
		return;
	}
	table = db_table(db, name);
	if (!table)
		return;
	if (!kv->deleted) {
		row = pool_row_read(table->schema, &uuid, kv->value, kv->value_len);
		if (!row)
			problem(c, "a row of the pool does not fit the schema", rest);
	}
	if (row || kv->deleted)
		add(c, table, &uuid, row);
}

static void add_chunk_row(struct pool_changes *c, struct db *db, const json_t *json)
{
	const char *name = json_string_value(json_array_get(json, 0));
	const json_t *id = json_array_get(json, 1), *value = json_array_get(json, 2);
	struct table *table = name ? db_table(db, name) : NULL;
	struct row *row = NULL;
	struct uuid uuid;

	if (!name || !value || !json_is_string(id) ||
	    !uuid_parse(json_string_value(id), json_string_length(id), uuid.b)) {
		problem(c, "a row of a large commit is malformed", name ?: "");
		return;
	}
	if (!table)
		return;
	if (!json_is_null(value)) {
		row = pool_row_parse(table->schema, &uuid, value);
		if (!row) {
			problem(c, "a row of a large commit does not fit the schema", name);
			return;
		}
	}
	add(c, table, &uuid, row);
}

void pool_changes_add_chunk(struct pool_changes *c, struct db *db, const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	size_t i;

	if (!json_is_array(json))
		problem(c, "a part of a large commit is malformed", "");
	for (i = 0; i < json_array_size(json); i++)
		add_chunk_row(c, db, json_array_get(json, i));
	json_decref(json);
}

static void apply_one(struct txn *txn, const struct pool_change *change)
{
	struct row *old = table_row(change->table, &change->uuid);
	struct row *row = change->row;

	if (!row) {
		if (old)
			txn_delete(txn, change->table, old);
		return;
	}
	if (!old) {
		txn_insert(txn, change->table, row_ref(row));
		return;
	}
	if (old->len == row->len && !memcmp(old->data, row->data, row->len))
		return;
	row->id = old->id;
	row->strong = old->strong;
	txn_replace(txn, change->table, old, row_ref(row));
}

struct txn *pool_changes_apply(struct pool_changes *c, struct db *db)
{
	struct txn *txn;
	struct dberr *err;
	size_t i;

	if (c->problem)
		return NULL;
	work_begin();
	txn = txn_new(db->tables, &db->next_id);
	for (i = 0; i < c->n; i++)
		apply_one(txn, &c->v[i]);
	err = txn_apply(txn);
	if (err)
		problem(c, "what the pool holds does not fit together", err->details);
	err_free(err);
	if (txn->n)
		return txn;
	txn_free(txn);
	return NULL;
}

static uint32_t row_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct row *)item)->uuid);
}

void pool_diff_begin(struct pool_diff *d)
{
	*d = (struct pool_diff){ 0 };
	slots_init(&d->seen, row_hash, NULL);
}

void pool_diff_free(struct pool_diff *d)
{
	pool_changes_free(&d->changes);
	slots_free(&d->seen);
}

static bool was_seen(const struct pool_diff *d, const struct row *row)
{
	const struct row *other;
	size_t at;

	for (other = slots_first(&d->seen, uuid_hash(&row->uuid), &at); other;
	     other = slots_next(&d->seen, &at))
		if (other == row)
			return true;
	return false;
}

void pool_diff_add(struct pool_diff *d, struct db *db, const char *rest, const struct etcd_kv *kv)
{
	struct pool_changes *c = &d->changes;
	size_t n = c->n;
	struct row *old;

	pool_changes_add(c, db, rest, kv);
	if (c->n <= n)
		return;
	old = table_row(c->v[n].table, &c->v[n].uuid);
	if (!old)
		return;
	slots_add(&d->seen, old);
	if (old->len == c->v[n].row->len && !memcmp(old->data, c->v[n].row->data, old->len))
		row_unref(c->v[--c->n].row);
}

void pool_diff_end(struct pool_diff *d, struct db *db)
{
	struct pool_changes pool = d->changes;
	unsigned int i;
	size_t k;

	/* What goes comes first: a large commit may be laid over it. */
	d->changes = (struct pool_changes){ .problem = pool.problem };
	for (i = 0; i < db->schema->n_tables; i++) {
		struct table *t = &db->tables[i];

		for (k = 0; k < t->rows.cap; k++)
			if (t->rows.v[k] && !was_seen(d, t->rows.v[k]))
				add(&d->changes, t, &((struct row *)t->rows.v[k])->uuid, NULL);
	}
	for (k = 0; k < pool.n; k++)
		add(&d->changes, pool.v[k].table, &pool.v[k].uuid, pool.v[k].row);
	free(pool.v);
}
