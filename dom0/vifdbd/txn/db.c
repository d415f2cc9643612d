// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/random.h"
#include "vifdbd/txn/db.h"

#define ROW_OVERHEAD 256

struct db *db_new(struct db_schema *schema, struct storage *storage)
{
	struct db *db = xzalloc(sizeof(*db));
	struct buf b = { 0 };
	unsigned int i;

	db->schema = schema;
	db->storage = storage;
	db->next_id = 1;
	uuid_random(&db->last_id);
	db->tables = xzalloc(schema->n_tables * sizeof(*db->tables));
	for (i = 0; i < schema->n_tables; i++)
		table_init(&db->tables[i], &schema->tables[i]);
	schema_json(schema, &b);
	db->schema_text = msg_from_buf(&b);
	buf_free(&b);
	return db;
}

void db_free(struct db *db)
{
	unsigned int i;

	if (!db)
		return;
	for (i = 0; i < db->n_history; i++)
		txn_free(db->history[i].txn);
	for (i = 0; i < db->schema->n_tables; i++)
		table_deinit(&db->tables[i]);
	if (db->storage)
		db->storage->ops->close(db->storage);
	free(db->batch);
	free(db->tables);
	msg_unref(db->schema_text);
	schema_free(db->schema);
	free(db);
}

struct table *db_table(const struct db *db, const char *name)
{
	const struct table_schema *t = schema_table(db->schema, name);

	return t ? &db->tables[t->index] : NULL;
}

struct load {
	struct db *db;
	struct arena arena;
	const char *problem;
	char where[UUID_TEXT_LEN + 1];
	struct table *table;
};

static int load_row(const struct storage_row *r, void *arg)
{
	struct load *l = arg;
	struct row *row;

	if (!l->table || strcmp(l->table->schema->name, r->table))
		l->table = db_table(l->db, r->table);
	uuid_format(r->uuid.b, l->where);
	if (!l->table) {
		l->problem = "is in a table that the schema does not have";
		return -EBADMSG;
	}
	if (r->len > UINT32_MAX || table_row(l->table, &r->uuid)) {
		l->problem = "is there twice";
		return -EBADMSG;
	}
	row = row_from_bytes(l->table->schema, &r->uuid, r->data, r->len);
	row->id = r->id;
	if (r->id >= l->db->next_id)
		l->db->next_id = r->id + 1;
	slots_add(&l->table->rows, row);
	if (row_check(row, l->table->schema, &l->arena))
		return 0;
	l->problem = "does not have the columns that the schema says";
	return -EBADMSG;
}

struct load_refs {
	struct load *l;
	struct table *table;
	const struct row *row;
};

static void load_ref_strong(const struct table_schema *to, const struct uuid *uuid, int n,
			    void *arg)
{
	struct load_refs *r = arg;
	struct row *row = table_row(&r->l->db->tables[to->index], uuid);

	if (!row) {
		r->l->problem = "is referred to but does not exist";
		uuid_format(uuid->b, r->l->where);
	} else if (row != r->row) {
		row->strong++;
	}
}

static void load_ref_weak(const struct table_schema *to, const struct uuid *uuid, int n, void *arg)
{
	struct load_refs *r = arg;

	table_weak_add(&r->l->db->tables[to->index], uuid, r->table, &r->row->uuid);
}

/* What rows do not say themselves: reference counts, weak references, indexes. */
static int load_finish(struct load *l)
{
	unsigned int i, k;
	size_t at;

	for (i = 0; i < l->db->schema->n_tables; i++) {
		struct table *t = &l->db->tables[i];

		for (k = 0; k < t->schema->n_indexes; k++)
			slots_reserve(&t->indexes[k].rows, t->rows.n);
		for (at = 0; at < t->rows.cap; at++) {
			struct row *row = t->rows.v[at];
			struct load_refs r = { .l = l, .table = t, .row = row };

			if (!row)
				continue;
			refs_diff(t->schema, NULL, row, REF_STRONG, load_ref_strong, &r);
			refs_diff(t->schema, NULL, row, REF_WEAK, load_ref_weak, &r);
			for (k = 0; k < t->schema->n_indexes; k++) {
				if (index_conflict(&t->indexes[k], row)) {
					l->problem = "repeats another row's unique columns";
					uuid_format(row->uuid.b, l->where);
				}
				index_add(&t->indexes[k], row);
			}
		}
	}
	return l->problem ? -EBADMSG : 0;
}

int db_load(struct db *db, char **ret_message)
{
	struct load l = { .db = db };
	int r;

	r = db->storage->ops->load(db->storage, &db->last_id, load_row, &l);
	if (!r)
		r = load_finish(&l);
	if (r && l.problem)
		*ret_message = xprintf("row %s %s", l.where, l.problem);
	else if (r)
		*ret_message = xstrdup(db->storage->ops->message(db->storage));
	arena_free(&l.arena);
	return r;
}

void db_enqueue(struct db *db, struct txn *txn, db_done_fn done, void *arg)
{
	db->batch = xgrow(db->batch, db->n_batch, &db->batch_cap, sizeof(*db->batch));
	db->batch[db->n_batch++] = (struct batch_item){ .txn = txn, .done = done, .arg = arg };
}

static bool only_ephemeral(const struct change *c, struct buf *a, struct buf *b)
{
	if (!c->old || !c->new || !c->table->schema->has_ephemeral)
		return false;
	a->len = b->len = 0;
	row_persistent(c->old, c->table->schema, a);
	row_persistent(c->new, c->table->schema, b);
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static int store_change(struct db *db, const struct change *c, struct buf *a, struct buf *b)
{
	const struct table_schema *t = c->table->schema;
	struct storage_row row = { .table = t->name, .uuid = c->uuid };

	if (!c->new)
		return db->storage->ops->del(db->storage, c->old->id);
	if (only_ephemeral(c, a, b))
		return 0;
	row.id = c->new->id;
	row.data = c->new->data;
	row.len = c->new->len;
	if (t->has_ephemeral) {
		a->len = 0;
		row_persistent(c->new, t, a);
		row.data = a->data;
		row.len = a->len;
	}
	return db->storage->ops->put(db->storage, &row);
}

static int store_batch(struct db *db, struct uuid *id)
{
	struct storage *s = db->storage;
	struct buf a = { 0 }, b = { 0 };
	size_t i, k;
	int r = 0;

	if (!s)
		return 0;
	r = s->ops->begin(s);
	for (i = 0; i < db->n_batch && !r; i++) {
		const struct txn *txn = db->batch[i].txn;

		for (k = 0; txn && k < txn->n && !r; k++)
			r = store_change(db, txn->changes[k], &a, &b);
	}
	if (!r)
		r = s->ops->commit(s, id);
	if (r)
		s->ops->rollback(s);
	buf_free(&a);
	buf_free(&b);
	return r;
}

static void history_drop(struct db *db, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		db->history_bytes -= db->history[i].bytes;
		txn_free(db->history[i].txn);
	}
	db->n_history -= n;
	memmove(db->history, db->history + n, db->n_history * sizeof(*db->history));
}

static void history_add(struct db *db, struct txn *txn, const struct uuid *id)
{
	size_t i, bytes = 0;

	txn_seal(txn);
	for (i = 0; i < txn->n; i++) {
		const struct change *c = txn->changes[i];

		bytes += ROW_OVERHEAD + (c->old ? c->old->len : 0) + (c->new ? c->new->len : 0);
	}
	if (db->n_history == DB_HISTORY_MAX)
		history_drop(db, DB_HISTORY_MAX / 4);
	db->history[db->n_history++] =
		(struct commit_record){ .id = *id, .txn = txn, .bytes = bytes };
	db->history_bytes += bytes;
	while (db->n_history && db->history_bytes > DB_HISTORY_BYTES)
		history_drop(db, 1);
}

int db_history_find(const struct db *db, const struct uuid *id)
{
	unsigned int i;

	for (i = db->n_history; i-- > 0;)
		if (uuid_equal(&db->history[i].id, id))
			return i + 1;
	return uuid_equal(id, &db->last_id) ? (int)db->n_history : -1;
}

static void batch_done(struct db *db, struct batch_item *items, size_t n, struct uuid *ids)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct txn *txn = items[i].txn;

		if (txn && db->changed)
			db->changed(db, &ids[i], txn, db->changed_arg);
		if (items[i].done)
			items[i].done(txn, NULL, items[i].arg);
		if (txn)
			history_add(db, txn, &ids[i]);
	}
}

static void batch_failed(struct db *db, struct batch_item *items, size_t n)
{
	_cleanup_(err_freep) struct dberr *err = NULL;
	size_t i;

	err = err_new(ERR_IO, "not stored: %s", db->storage->ops->message(db->storage));
	for (i = n; i-- > 0;)
		if (items[i].txn)
			txn_rollback(items[i].txn);
	for (i = 0; i < n; i++) {
		if (items[i].done)
			items[i].done(items[i].txn, err, items[i].arg);
		txn_free(items[i].txn);
	}
}

bool db_flush(struct db *db)
{
	struct batch_item *items = db->batch;
	_cleanup_free_ struct uuid *ids = NULL;
	size_t i, n = db->n_batch;
	struct uuid last = db->last_id;
	bool any = false;
	int r = 0;

	if (!n)
		return false;
	ids = xmalloc(n * sizeof(*ids));
	for (i = 0; i < n; i++) {
		if (!items[i].txn)
			continue;
		uuid_random(&ids[i]);
		last = ids[i];
		any = true;
	}
	if (any)
		r = store_batch(db, &last);
	/* What follows may begin the next batch. */
	db->batch = NULL;
	db->n_batch = db->batch_cap = 0;
	if (!r) {
		db->last_id = last;
		batch_done(db, items, n, ids);
	} else {
		batch_failed(db, items, n);
	}
	free(items);
	return any && !r;
}
