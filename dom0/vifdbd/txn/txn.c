// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/txn.h"

struct delta {
	struct table *table;
	struct uuid uuid;
	int64_t n;
	bool queued;
	struct delta *next;
};

/* Rows whose strong references are counted, and those that lost some: commit's work list. */
struct commit {
	struct txn *txn;
	const struct change *change; /* whose references are being counted */
	struct delta *queue;
	unsigned int round; /* of prune() */
};

static uint32_t change_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct change *)item)->uuid);
}

static uint32_t delta_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct delta *)item)->uuid);
}

struct txn *txn_new(struct table *tables, int64_t *next_id)
{
	struct txn *txn = xzalloc(sizeof(*txn));

	txn->tables = tables;
	txn->next_id = next_id;
	slots_init(&txn->by_uuid, change_hash, NULL);
	slots_init(&txn->deltas, delta_hash, NULL);
	return txn;
}

static struct change *change_find(const struct txn *txn, const struct table *table,
				  const struct uuid *uuid)
{
	struct change *c;
	size_t at;

	for (c = slots_first(&txn->by_uuid, uuid_hash(uuid), &at); c;
	     c = slots_next(&txn->by_uuid, &at))
		if (c->table == table && uuid_equal(&c->uuid, uuid))
			return c;
	return NULL;
}

bool txn_changes(const struct txn *txn, const struct table *table, const struct uuid *uuid)
{
	return change_find(txn, table, uuid);
}

/* The change of this row, begun with the row as it is. */
static struct change *change_get(struct txn *txn, struct table *table, const struct uuid *uuid,
				 struct row *old)
{
	struct change *c = change_find(txn, table, uuid);

	if (c)
		return c;
	c = xzalloc(sizeof(*c));
	c->table = table;
	c->uuid = *uuid;
	c->old = row_ref(old);
	c->new = row_ref(old);
	c->counted = row_ref(old);
	txn->changes = xgrow(txn->changes, txn->n, &txn->cap, sizeof(*txn->changes));
	txn->changes[txn->n++] = c;
	slots_add(&txn->by_uuid, c);
	return c;
}

static void change_free(struct change *c)
{
	row_unref(c->old);
	row_unref(c->new);
	row_unref(c->counted);
	free(c);
}

static void change_set(struct change *c, struct row *row)
{
	row_unref(c->new);
	c->new = row_ref(row);
}

void txn_insert(struct txn *txn, struct table *table, struct row *row)
{
	struct change *c = change_get(txn, table, &row->uuid, NULL);

	/* One that this transaction deleted: on disk it takes its place. */
	row->id = c->old ? c->old->id : (*txn->next_id)++;
	row->strong = c->old ? c->old->strong : 0;
	change_set(c, row);
	table_add(table, row);
}

void txn_replace(struct txn *txn, struct table *table, struct row *old, struct row *row)
{
	change_set(change_get(txn, table, &row->uuid, old), row);
	table_replace(table, old, row);
	row_unref(old);
}

void txn_delete(struct txn *txn, struct table *table, struct row *row)
{
	change_set(change_get(txn, table, &row->uuid, row), NULL);
	table_del(table, row);
	row_unref(row);
}

static struct delta *delta_get(struct txn *txn, struct table *table, const struct uuid *uuid)
{
	struct delta *d;
	size_t at;

	for (d = slots_first(&txn->deltas, uuid_hash(uuid), &at); d;
	     d = slots_next(&txn->deltas, &at))
		if (d->table == table && uuid_equal(&d->uuid, uuid))
			return d;
	d = xzalloc(sizeof(*d));
	d->table = table;
	d->uuid = *uuid;
	slots_add(&txn->deltas, d);
	return d;
}

static void enqueue(struct commit *commit, struct delta *d)
{
	if (d->queued)
		return;
	d->queued = true;
	d->next = commit->queue;
	commit->queue = d;
}

static void count_one(const struct table_schema *to, const struct uuid *uuid, int n, void *arg)
{
	struct commit *commit = arg;
	struct table *table = &commit->txn->tables[to->index];
	struct delta *d;

	/* A row that refers to itself does not keep itself alive. */
	if (table == commit->change->table && uuid_equal(uuid, &commit->change->uuid))
		return;
	d = delta_get(commit->txn, table, uuid);
	d->n += n;
	if (n < 0)
		enqueue(commit, d);
}

static void count_change(struct commit *commit, struct change *c)
{
	commit->change = c;
	work_add_octets((c->counted ? c->counted->len : 0) + (c->new ? c->new->len : 0));
	refs_diff(c->table->schema, c->counted, c->new, REF_STRONG, count_one, commit);
	row_unref(c->counted);
	c->counted = row_ref(c->new);
}

static struct dberr *check_strong(struct txn *txn)
{
	char s[UUID_TEXT_LEN + 1];
	size_t i;

	for (i = 0; i < txn->deltas.cap; i++) {
		const struct delta *d = txn->deltas.v[i];
		const struct change *c;
		int64_t n;

		if (!d || table_row(d->table, &d->uuid))
			continue;
		c = change_find(txn, d->table, &d->uuid);
		n = d->n + (c && c->old ? c->old->strong : 0);
		if (n <= 0)
			continue;
		uuid_format(d->uuid.b, s);
		return err_new(ERR_REFERENCE, "%lld reference(s) to row %s in table %s, which %s",
			       (long long)n, s, d->table->schema->name,
			       c ? "is being deleted" : "does not exist");
	}
	for (i = 0; i < txn->n; i++) {
		const struct change *c = txn->changes[i];

		if (c->new || !c->old || !c->old->strong)
			continue;
		if (c->old->strong + delta_get(txn, c->table, &c->uuid)->n == 0)
			continue;
		uuid_format(c->uuid.b, s);
		return err_new(ERR_REFERENCE,
			       "cannot delete row %s in table %s, because other rows "
			       "refer to it",
			       s, c->table->schema->name);
	}
	return NULL;
}

/* Delete what nothing refers to any more, and what only those rows referred to. */
static bool collect_garbage(struct commit *commit)
{
	struct txn *txn = commit->txn;
	bool any = false;

	while (commit->queue) {
		struct delta *d = commit->queue;
		struct row *row = table_row(d->table, &d->uuid);

		commit->queue = d->next;
		d->queued = false;
		if (!row || d->table->schema->is_root || row->strong + d->n)
			continue;
		txn_delete(txn, d->table, row);
		count_change(commit, change_find(txn, d->table, &d->uuid));
		any = true;
	}
	return any;
}

static struct dberr *prune_row(struct commit *commit, struct table *table, const struct uuid *uuid)
{
	struct row *row = table_row(table, uuid), *pruned;
	struct change *c;
	struct dberr *err;

	if (!row || !table->schema->has_weak)
		return NULL;
	/* No row goes in a round, so once is enough however many of its targets went before. */
	c = change_get(commit->txn, table, uuid, row);
	if (c->pruned == commit->round)
		return NULL;
	c->pruned = commit->round;
	work_add_octets(row->len);
	err = work_check();
	if (err)
		return err;
	err = refs_prune(commit->txn->tables, table->schema, row, &pruned);
	if (err || !pruned)
		return err;
	txn_replace(commit->txn, table, row, pruned);
	count_change(commit, c);
	return NULL;
}

/* Drop weak references that dangle: those of changed rows, and those to deleted rows. */
static struct dberr *prune(struct commit *commit)
{
	struct txn *txn = commit->txn;
	struct dberr *err = NULL;
	size_t i, k, n = txn->n;

	commit->round++;
	for (i = 0; i < n && !err; i++) {
		struct change *c = txn->changes[i];
		struct weak_target *w;

		if (c->new) {
			err = prune_row(commit, c->table, &c->uuid);
			continue;
		}
		w = c->old ? table_weak(c->table, &c->uuid) : NULL;
		for (k = 0; w && k < w->sources.cap && !err; k++) {
			const struct weak_source *s = w->sources.v[k];

			if (s)
				err = prune_row(commit, s->table, &s->uuid);
		}
	}
	return err;
}

static struct dberr *check_references(struct txn *txn)
{
	struct commit commit = { .txn = txn };
	struct dberr *err;
	size_t i;

	for (i = 0; i < txn->n; i++)
		count_change(&commit, txn->changes[i]);
	err = check_strong(txn);
	if (err)
		return err;
	for (i = 0; i < txn->n; i++) {
		struct change *c = txn->changes[i];

		if (c->new && !c->table->schema->is_root)
			enqueue(&commit, delta_get(txn, c->table, &c->uuid));
	}
	/* Dropping a pair of a map may drop a strong reference too, hence the loop. */
	do {
		collect_garbage(&commit);
		work_add(txn->n);
		err = prune(&commit);
	} while (!err && commit.queue && collect_garbage(&commit));
	return err;
}

/* Changes that changed nothing are none: no new version, no notification. */
static void drop_unchanged(struct txn *txn)
{
	size_t i, n = 0;

	for (i = 0; i < txn->n; i++) {
		struct change *c = txn->changes[i];
		bool same = c->old && c->new && c->old->len == c->new->len &&
			    !memcmp(c->old->data, c->new->data, c->old->len);

		if (!same && (c->old || c->new)) {
			txn->changes[n++] = c;
			continue;
		}
		if (same && c->old != c->new) {
			table_replace(c->table, c->new, row_ref(c->old));
			row_unref(c->new);
		}
		slots_del(&txn->by_uuid, c);
		change_free(c);
	}
	txn->n = n;
}

static struct dberr *check_max_rows(const struct txn *txn)
{
	size_t i;

	for (i = 0; i < txn->n; i++) {
		const struct table *t = txn->changes[i]->table;

		if (txn->changes[i]->new && !txn->changes[i]->old &&
		    t->rows.n > t->schema->max_rows)
			return err_new(ERR_CONSTRAINT, "table %s has %zu rows, allowed are %u",
				       t->schema->name, t->rows.n, t->schema->max_rows);
	}
	return NULL;
}

/* Take the changed rows' old (or new) entries out of the indexes, all before any goes in. */
static void indexes_remove(struct txn *txn, bool new, size_t n)
{
	size_t i;
	unsigned int k;

	for (i = 0; i < n; i++) {
		struct change *c = txn->changes[i];
		struct row *row = new ? c->new : c->old;

		for (k = 0; row && k < c->table->schema->n_indexes; k++)
			index_del(&c->table->indexes[k], row);
	}
}

static void indexes_restore(struct txn *txn)
{
	unsigned int k;
	size_t i;

	for (i = 0; i < txn->n; i++) {
		struct change *c = txn->changes[i];

		for (k = 0; c->old && k < c->table->schema->n_indexes; k++)
			index_add(&c->table->indexes[k], c->old);
	}
}

static struct dberr *index_error(const struct index *x, const struct row *row,
				 const struct row *other)
{
	const struct table_schema *t = x->table->schema;
	char a[UUID_TEXT_LEN + 1], o[UUID_TEXT_LEN + 1];
	struct buf b = { 0 };
	struct dberr *err;
	unsigned int i;

	for (i = 0; i < x->schema->n && b.len < 1000; i++) {
		const struct column_schema *c = &t->columns[x->schema->columns[i]];

		buf_puts(&b, i ? ", " : "");
		buf_puts(&b, c->name);
		buf_putc(&b, '=');
		row_column_json(row, c, &b);
	}
	uuid_format(row->uuid.b, a);
	uuid_format(other->uuid.b, o);
	err = err_new(ERR_CONSTRAINT,
		      "table %s: rows %s and %s would both have %.*s, which must be unique",
		      t->name, a, o, (int)(b.len < 1000 ? b.len : 1000), b.data);
	buf_free(&b);
	return err;
}

static struct dberr *indexes_update(struct txn *txn)
{
	struct dberr *err = NULL;
	struct row *other;
	unsigned int k;
	size_t i;

	indexes_remove(txn, false, txn->n);
	for (i = 0; i < txn->n && !err; i++) {
		struct change *c = txn->changes[i];

		for (k = 0; c->new &&k < c->table->schema->n_indexes; k++) {
			struct index *x = &c->table->indexes[k];

			other = index_conflict(x, c->new);
			if (other && !err)
				err = index_error(x, c->new, other);
			index_add(x, c->new);
		}
	}
	if (err) {
		indexes_remove(txn, true, i);
		indexes_restore(txn);
	}
	return err;
}

static void strong_update(struct txn *txn, int sign)
{
	size_t i;

	for (i = 0; i < txn->deltas.cap; i++) {
		const struct delta *d = txn->deltas.v[i];
		struct row *row = d && d->n ? table_row(d->table, &d->uuid) : NULL;

		if (row)
			row->strong += sign * d->n;
	}
}

struct weak_update {
	struct txn *txn;
	struct change *change;
};

static void weak_one(const struct table_schema *to, const struct uuid *uuid, int n, void *arg)
{
	struct weak_update *u = arg;
	struct table *dst = &u->txn->tables[to->index];

	if (n > 0)
		table_weak_add(dst, uuid, u->change->table, &u->change->uuid);
	else
		table_weak_del(dst, uuid, u->change->table, &u->change->uuid);
}

static void weak_update(struct txn *txn, bool undo)
{
	struct weak_update u = { .txn = txn };
	size_t i;

	for (i = 0; i < txn->n; i++) {
		struct change *c = u.change = txn->changes[i];

		refs_diff(c->table->schema, undo ? c->new : c->old, undo ? c->old : c->new,
			  REF_WEAK, weak_one, &u);
	}
}

static void drop_counted(struct txn *txn)
{
	size_t i;

	for (i = 0; i < txn->n; i++) {
		row_unref(txn->changes[i]->counted);
		txn->changes[i]->counted = NULL;
	}
}

struct dberr *txn_apply(struct txn *txn)
{
	struct dberr *err = check_references(txn);

	if (!err)
		drop_unchanged(txn);
	if (!err && txn->settled)
		err = txn->settled(txn, txn->settled_arg);
	if (!err)
		err = check_max_rows(txn);
	if (!err)
		err = indexes_update(txn);
	if (err) {
		txn_rollback(txn);
		return err;
	}
	strong_update(txn, 1);
	weak_update(txn, false);
	drop_counted(txn);
	txn->applied = true;
	return NULL;
}

void txn_rollback(struct txn *txn)
{
	size_t i;

	if (txn->applied) {
		weak_update(txn, true);
		strong_update(txn, -1);
		indexes_remove(txn, true, txn->n);
		indexes_restore(txn);
		txn->applied = false;
	}
	for (i = txn->n; i-- > 0;) {
		struct change *c = txn->changes[i];

		if (c->old && c->new) {
			table_replace(c->table, c->new, row_ref(c->old));
			row_unref(c->new);
		} else if (c->new) {
			table_del(c->table, c->new);
			row_unref(c->new);
		} else if (c->old) {
			table_add(c->table, row_ref(c->old));
		}
		change_free(c);
	}
	txn->n = 0;
	slots_free(&txn->by_uuid);
}

void txn_seal(struct txn *txn)
{
	size_t i;

	for (i = 0; i < txn->deltas.cap; i++)
		free(txn->deltas.v[i]);
	slots_free(&txn->by_uuid);
	slots_free(&txn->deltas);
}

void txn_free(struct txn *txn)
{
	size_t i;

	if (!txn)
		return;
	for (i = 0; i < txn->n; i++) {
		change_free(txn->changes[i]);
	}
	txn_seal(txn);
	free(txn->changes);
	free(txn);
}
