// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hash.h"
#include "vifdbd/ovsdb/by-value.h"

/* Many values have one row; of those that have many, no walk may depend on how many. */
struct same_value {
	struct row *one;	/* whose value it is */
	struct slots *more;	/* the others, NULL: none */
};

static uint32_t bytes_of_hash(struct column_bytes b)
{
	return bytes_hash(b.p, b.len, 0);
}

static struct column_bytes value_of(const struct lookup *l, const struct row *row)
{
	return row_column(row, l->column->index);
}

static uint32_t value_hash(const void *item, const void *ctx)
{
	return bytes_of_hash(value_of(ctx, ((const struct same_value *)item)->one));
}

static uint32_t row_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct row *)item)->uuid);
}

static struct same_value *find(const struct lookup *l, struct column_bytes value)
{
	struct same_value *v;
	size_t at;

	for (v = slots_first(&l->values, bytes_of_hash(value), &at); v;
	     v = slots_next(&l->values, &at)) {
		struct column_bytes is = value_of(l, v->one);

		if (is.len == value.len && !memcmp(is.p, value.p, is.len))
			return v;
	}
	return NULL;
}

static void add(struct lookup *l, struct row *row)
{
	struct same_value *v = find(l, value_of(l, row));

	if (!v) {
		v = xzalloc(sizeof(*v));
		v->one = row;
		slots_add(&l->values, v);
		return;
	}
	if (!v->more) {
		v->more = xzalloc(sizeof(*v->more));
		slots_init(v->more, row_hash, NULL);
	}
	slots_add(v->more, row);
}

/* Any of the others, from a place that is another one each time, so that gaps stay short. */
static struct row *take_any(struct slots *more, const struct row *gone)
{
	struct row *row;
	size_t at;

	row = slots_first(more, uuid_hash(&gone->uuid), &at);
	while (!row)
		row = slots_next(more, &at);
	slots_del(more, row);
	return row;
}

static void value_free(struct same_value *v)
{
	if (v && v->more)
		slots_free(v->more);
	if (v)
		free(v->more);
	free(v);
}

static void del(struct lookup *l, const struct row *row)
{
	struct same_value *v = find(l, value_of(l, row));

	if (!v || (v->one != row && (!v->more || !slots_del(v->more, row))))
		return;
	if (v->one == row && !v->more) {
		slots_del(&l->values, v);
		value_free(v);
		return;
	}
	if (v->one == row)
		v->one = take_any(v->more, row);
	if (v->more->n)
		return;
	slots_free(v->more);
	free(v->more);
	v->more = NULL;
}

bool lookup_possible(const struct table_schema *t, const struct column_schema *column)
{
	return t->n_indexes && column->index < t->n_columns && type_is_scalar(&column->type) &&
	       (column->type.key.type == ATOM_STRING || column->type.key.type == ATOM_UUID);
}

static struct lookup *lookup_new(const struct slots *rows, const struct column_schema *column)
{
	struct lookup *l = xzalloc(sizeof(*l));
	size_t i;

	l->column = column;
	slots_init(&l->values, value_hash, l);
	for (i = 0; i < rows->cap; i++)
		if (rows->v[i])
			add(l, rows->v[i]);
	return l;
}

struct lookup *lookup_get(struct lookup **lookups, const struct slots *rows,
			  const struct column_schema *column)
{
	struct lookup *l = *lookups;

	while (l && l->column != column)
		l = l->next;
	if (!l) {
		l = lookup_new(rows, column);
		l->next = *lookups;
		*lookups = l;
	}
	l->users++;
	return l;
}

static void lookup_free(struct lookup *l)
{
	size_t i;

	for (i = 0; i < l->values.cap; i++)
		value_free(l->values.v[i]);
	slots_free(&l->values);
	free(l);
}

void lookup_put(struct lookup **lookups, struct lookup *lookup)
{
	if (--lookup->users)
		return;
	while (*lookups != lookup)
		lookups = &(*lookups)->next;
	*lookups = lookup->next;
	lookup_free(lookup);
}

void lookup_each(const struct lookup *lookup, struct column_bytes value,
		 void (*fn)(struct row *row, void *arg), void *arg)
{
	const struct same_value *v = find(lookup, value);
	size_t i;

	if (!v)
		return;
	fn(v->one, arg);
	for (i = 0; v->more && i < v->more->cap; i++)
		if (v->more->v[i])
			fn(v->more->v[i], arg);
}

void lookups_add(struct lookup *lookups, struct row *row)
{
	for (; lookups; lookups = lookups->next)
		add(lookups, row);
}

void lookups_del(struct lookup *lookups, const struct row *row)
{
	for (; lookups; lookups = lookups->next)
		del(lookups, row);
}

void lookups_free(struct lookup *lookups)
{
	struct lookup *next;

	for (; lookups; lookups = next) {
		next = lookups->next;
		lookup_free(lookups);
	}
}
