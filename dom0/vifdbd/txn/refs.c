// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifdbd/txn/refs.h"

static void refs_walk(const struct type *type, struct column_bytes c, enum ref_type kind, int n,
		      refs_fn fn, void *arg)
{
	const uint8_t *p = c.p, *end = c.len ? p + c.len : p;
	struct atom key, value;

	while (p < end) {
		if (!atom_unpack(&p, end, type->key.type, &key) ||
		    !atom_unpack(&p, end, type->value.type, &value))
			return;
		if (type->key.ref == kind)
			fn(type->key.ref_table, &key.u, n, arg);
		if (type->value.ref == kind)
			fn(type->value.ref_table, &value.u, n, arg);
	}
}

void refs_diff(const struct table_schema *t, const struct row *old, const struct row *new,
	       enum ref_type kind, refs_fn fn, void *arg)
{
	unsigned int i;

	if (old == new || !(kind == REF_STRONG ? t->has_strong : t->has_weak))
		return;
	for (i = 0; i < t->n_columns; i++) {
		const struct type *type = &t->columns[i].type;
		struct column_bytes o = { 0 }, n = { 0 };

		if (type->key.ref != kind && type->value.ref != kind)
			continue;
		if (old)
			o = row_column(old, i);
		if (new)
			n = row_column(new, i);
		if (o.len == n.len && (!o.len || !memcmp(o.p, n.p, o.len)))
			continue;
		refs_walk(type, n, kind, 1, fn, arg);
		refs_walk(type, o, kind, -1, fn, arg);
	}
}

static bool dangles(const struct table *tables, const struct base_type *base, const struct atom *a)
{
	return base->ref == REF_WEAK && !table_row(&tables[base->ref_table->index], &a->u);
}

/* True if something was taken out of the datum. */
static bool datum_prune(const struct table *tables, const struct type *type, struct datum *d)
{
	uint32_t i, n = 0;

	for (i = 0; i < d->n; i++) {
		if (dangles(tables, &type->key, &d->keys[i]) ||
		    (d->values && dangles(tables, &type->value, &d->values[i])))
			continue;
		d->keys[n] = d->keys[i];
		if (d->values)
			d->values[n] = d->values[i];
		n++;
	}
	if (n == d->n)
		return false;
	d->n = n;
	return true;
}

struct dberr *refs_prune(const struct table *tables, const struct table_schema *t,
			 const struct row *row, struct row **ret)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	const struct datum **set = NULL;
	unsigned int i;

	*ret = NULL;
	for (i = 0; t->has_weak && i < t->n_columns; i++) {
		const struct column_schema *c = &t->columns[i];
		struct datum *d;

		if (c->type.key.ref != REF_WEAK && c->type.value.ref != REF_WEAK)
			continue;
		d = arena_alloc(&arena, sizeof(*d));
		*d = row_datum(row, c, &arena);
		if (!datum_prune(tables, &c->type, d))
			continue;
		if (d->n < c->type.min)
			return err_new(ERR_CONSTRAINT,
				       "table %s column %s may not be empty, but the row that it "
				       "refers to does not exist or is being deleted",
				       t->name, c->name);
		if (!set) {
			set = arena_alloc(&arena, t->n_columns * sizeof(*set));
			memset(set, 0, t->n_columns * sizeof(*set));
		}
		set[i] = d;
	}
	if (set)
		*ret = row_build(t, row, set);
	return NULL;
}
