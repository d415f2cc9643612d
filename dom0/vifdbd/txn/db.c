// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/random.h"
#include "vifdbd/txn/db.h"

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
	db->journal = journal_new(db->tables, schema);
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
	history_free(&db->history);
	journal_free(db->journal);
	for (i = 0; i < db->schema->n_tables; i++)
		table_deinit(&db->tables[i]);
	if (db->storage)
		db->storage->ops->close(db->storage);
	free(db->note);
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
	table_add(l->table, row);
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
	const char *history_problem = NULL;
	int r;

	r = db->storage->ops->load(db->storage, load_row, &l);
	if (!r)
		r = load_finish(&l);
	if (!r)
		r = history_restore(&db->history, db->storage, db->tables, db->schema,
				    &db->last_id, &history_problem);
	if (history_problem)
		*ret_message = xstrdup(history_problem);
	else if (r && l.problem)
		*ret_message = xprintf("row %s %s", l.where, l.problem);
	else if (r)
		*ret_message = xstrdup(db->storage->ops->message(db->storage));
	arena_free(&l.arena);
	return r;
}

void db_enqueue_as(struct db *db, struct txn *txn, const struct uuid *id, db_done_fn done,
		   void *arg)
{
	db->batch = xgrow(db->batch, db->n_batch, &db->batch_cap, sizeof(*db->batch));
	db->batch[db->n_batch++] =
		(struct batch_item){ .txn = txn, .id = *id, .done = done, .arg = arg };
}

void db_enqueue(struct db *db, struct txn *txn, db_done_fn done, void *arg)
{
	static const struct uuid any;

	db_enqueue_as(db, txn, &any, done, arg);
}

/* What is needed on the way to disk. */
struct store {
	struct buf a, b;
	struct history_record record;
};

static bool only_ephemeral(const struct change *c, struct buf *a, struct buf *b)
{
	if (!c->old || !c->new || !c->table->schema->has_ephemeral)
		return false;
	a->len = b->len = 0;
	row_persistent(c->old, c->table->schema, a);
	row_persistent(c->new, c->table->schema, b);
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static int store_change(struct db *db, const struct change *c, struct store *store)
{
	const struct table_schema *t = c->table->schema;
	struct storage_row row = { .table = t->name, .uuid = c->uuid };

	if (!db->pooled && only_ephemeral(c, &store->a, &store->b))
		return 0;
	history_record_add(&store->record, c);
	if (!c->new)
		return db->storage->ops->del(db->storage, c->old->id);
	row.id = c->new->id;
	row.data = c->new->data;
	row.len = c->new->len;
	if (t->has_ephemeral && !db->pooled) {
		store->a.len = 0;
		row_persistent(c->new, t, &store->a);
		row.data = store->a.data;
		row.len = store->a.len;
	}
	return db->storage->ops->put(db->storage, &row);
}

static int store_txn(struct db *db, const struct txn *txn, const struct uuid *id,
		     struct store *store)
{
	struct storage_txn record;
	size_t k;
	int r = 0;

	store->record.bytes.len = 0;
	store->record.too_large = false;
	for (k = 0; k < txn->n && !r; k++)
		r = store_change(db, txn->changes[k], store);
	if (r)
		return r;
	record = history_record_end(&store->record, id);
	return db->storage->ops->record(db->storage, &record);
}

static int store_batch(struct db *db, const struct uuid *ids)
{
	struct storage *s = db->storage;
	struct store store = { 0 };
	size_t i;
	int r;

	if (!s)
		return 0;
	r = s->ops->begin(s);
	for (i = 0; i < db->n_batch && !r; i++)
		if (db->batch[i].txn)
			r = store_txn(db, db->batch[i].txn, &ids[i], &store);
	if (!r && db->note)
		r = s->ops->note(s, STORAGE_POOL, db->note);
	if (!r)
		r = s->ops->commit(s);
	if (r)
		s->ops->rollback(s);
	buf_free(&store.a);
	buf_free(&store.b);
	buf_free(&store.record.bytes);
	return r;
}

int db_store_note(struct db *db)
{
	struct storage *s = db->storage;
	int r = s->ops->begin(s);

	if (!r)
		r = s->ops->note(s, STORAGE_POOL, db->note);
	if (!r)
		r = s->ops->commit(s);
	if (r)
		s->ops->rollback(s);
	return r;
}

int db_history_find(const struct db *db, const struct uuid *id, bool ephemeral)
{
	int from = history_find(&db->history, id);

	if (from < 0 && uuid_equal(id, &db->last_id))
		from = db->history.n;
	return ephemeral && from <= (int)db->history.n_restored ? -1 : from;
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
			history_add(&db->history, txn, &ids[i]);
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
	static const struct uuid any_id;
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
		ids[i] = items[i].id;
		if (uuid_equal(&ids[i], &any_id))
			uuid_random(&ids[i]);
		last = ids[i];
		any = true;
	}
	if (any)
		r = store_batch(db, ids);
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
