// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"
#include "vifdbd/ovsdb/by-value.h"
#include "vifdbd/ovsdb/table.h"

static uint32_t row_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct row *)item)->uuid);
}

static uint32_t index_hash(const void *item, const void *ctx)
{
	const struct index *x = ctx;
	uint32_t h = x->schema->n;
	unsigned int i;

	for (i = 0; i < x->schema->n; i++) {
		struct column_bytes c = row_column(item, x->schema->columns[i]);

		h = bytes_hash(c.p, c.len, h);
	}
	return h;
}

static uint32_t weak_target_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct weak_target *)item)->uuid);
}

static uint32_t weak_source_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct weak_source *)item)->uuid);
}

static void weak_target_free(struct weak_target *w)
{
	size_t i;

	for (i = 0; w && i < w->sources.cap; i++)
		free(w->sources.v[i]);
	if (w)
		slots_free(&w->sources);
	free(w);
}

void table_init(struct table *t, const struct table_schema *schema)
{
	unsigned int i;

	*t = (struct table){ .schema = schema };
	slots_init(&t->rows, row_hash, NULL);
	slots_init(&t->weak_targets, weak_target_hash, NULL);
	t->indexes = xzalloc(schema->n_indexes * sizeof(*t->indexes));
	for (i = 0; i < schema->n_indexes; i++) {
		struct index *x = &t->indexes[i];

		x->table = t;
		x->schema = &schema->indexes[i];
		slots_init(&x->rows, index_hash, x);
	}
}

void table_deinit(struct table *t)
{
	size_t i;

	for (i = 0; i < t->rows.cap; i++)
		row_unref(t->rows.v[i]);
	for (i = 0; i < t->weak_targets.cap; i++)
		weak_target_free(t->weak_targets.v[i]);
	for (i = 0; i < t->schema->n_indexes; i++)
		slots_free(&t->indexes[i].rows);
	lookups_free(t->lookups);
	slots_free(&t->rows);
	slots_free(&t->weak_targets);
	free(t->indexes);
}

struct row *table_row(const struct table *t, const struct uuid *uuid)
{
	struct row *row;
	size_t at;

	for (row = slots_first(&t->rows, uuid_hash(uuid), &at); row;
	     row = slots_next(&t->rows, &at))
		if (uuid_equal(&row->uuid, uuid))
			return row;
	return NULL;
}

void table_add(struct table *t, struct row *row)
{
	slots_add(&t->rows, row);
	t->changes++;
}

void table_replace(struct table *t, const struct row *old, struct row *row)
{
	slots_replace(&t->rows, old, row);
	t->changes++;
}

void table_del(struct table *t, const struct row *row)
{
	slots_del(&t->rows, row);
	t->changes++;
}

static bool same_key(const struct index *x, const struct row *a, const struct row *b)
{
	unsigned int i;

	for (i = 0; i < x->schema->n; i++)
		if (!row_column_equal(a, b, &x->table->schema->columns[x->schema->columns[i]]))
			return false;
	return true;
}

struct row *index_conflict(const struct index *x, const struct row *row)
{
	struct row *other;
	size_t at;

	for (other = slots_first(&x->rows, index_hash(row, x), &at); other;
	     other = slots_next(&x->rows, &at))
		if (other != row && same_key(x, other, row))
			return other;
	return NULL;
}

void index_add(struct index *x, struct row *row)
{
	slots_add(&x->rows, row);
	if (x == x->table->indexes)
		lookups_add(x->table->lookups, row);
}

void index_del(struct index *x, const struct row *row)
{
	slots_del(&x->rows, row);
	if (x == x->table->indexes)
		lookups_del(x->table->lookups, row);
}

struct weak_target *table_weak(const struct table *t, const struct uuid *uuid)
{
	const struct slots *s = &t->weak_targets;
	struct weak_target *w;
	size_t at;

	for (w = slots_first(s, uuid_hash(uuid), &at); w; w = slots_next(s, &at))
		if (uuid_equal(&w->uuid, uuid))
			return w;
	return NULL;
}

static struct weak_source *weak_find(const struct weak_target *w, const struct table *src_table,
				     const struct uuid *src)
{
	struct weak_source *s;
	size_t at;

	for (s = slots_first(&w->sources, uuid_hash(src), &at); s; s = slots_next(&w->sources, &at))
		if (s->table == src_table && uuid_equal(&s->uuid, src))
			return s;
	return NULL;
}

void table_weak_add(struct table *t, const struct uuid *uuid, struct table *src_table,
		    const struct uuid *src)
{
	struct weak_target *w = table_weak(t, uuid);
	struct weak_source *s;

	if (!w) {
		w = xzalloc(sizeof(*w));
		w->uuid = *uuid;
		slots_init(&w->sources, weak_source_hash, NULL);
		slots_add(&t->weak_targets, w);
	}
	s = weak_find(w, src_table, src);
	if (!s) {
		s = xzalloc(sizeof(*s));
		s->uuid = *src;
		s->table = src_table;
		slots_add(&w->sources, s);
	}
	s->n++;
}

void table_weak_del(struct table *t, const struct uuid *uuid, struct table *src_table,
		    const struct uuid *src)
{
	struct weak_target *w = table_weak(t, uuid);
	struct weak_source *s = w ? weak_find(w, src_table, src) : NULL;

	if (!s || --s->n)
		return;
	slots_del(&w->sources, s);
	free(s);
	if (!w->sources.n) {
		slots_del(&t->weak_targets, w);
		weak_target_free(w);
	}
}
