// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hash.h"
#include "vifdbd/ovsdb/alternatives.h"
#include "vifdbd/ovsdb/work.h"

static struct column_bytes uuid_bytes(const struct uuid *uuid)
{
	return (struct column_bytes){ .p = uuid->b, .len = sizeof(uuid->b) };
}

static struct column_bytes bytes_of(const struct column_schema *column, const struct row *row)
{
	return column->index == COLUMN_UUID ? uuid_bytes(&row->uuid) :
					      row_column(row, column->index);
}

static struct column_bytes wanted(const struct clause *c)
{
	return c->column->index == COLUMN_UUID ? uuid_bytes(&c->arg.keys[0].u) : c->bytes;
}

/* Where it is, or the free place where it would be. */
static const struct clause **place(const struct equal_clauses *e, struct column_bytes value)
{
	size_t i = bytes_hash(value.p, value.len, 0) & e->mask;

	for (; e->slots[i]; i = (i + 1) & e->mask) {
		struct column_bytes is = wanted(e->slots[i]);

		if (is.len == value.len && (!is.len || !memcmp(is.p, value.p, is.len)))
			break;
	}
	return &e->slots[i];
}

static bool is_equality(const struct clause *c)
{
	return c->function == F_EQ && c->column->index != COLUMN_VERSION;
}

static struct equal_clauses *of_column(const struct alternatives *a,
				       const struct column_schema *column)
{
	size_t i;

	for (i = 0; i < a->n_equal; i++)
		if (a->equal[i].column == column)
			return &a->equal[i];
	return NULL;
}

static struct equal_clauses *column_add(struct alternatives *a, struct table *t,
					const struct column_schema *column, struct arena *arena)
{
	struct equal_clauses *e = &a->equal[a->n_equal++];
	size_t i, n = 0, size = 2;

	for (i = 0; i < a->condition.n; i++)
		n += is_equality(&a->condition.clauses[i]) &&
		     a->condition.clauses[i].column == column;
	while (size < 2 * n)
		size *= 2;
	*e = (struct equal_clauses){ .column = column, .mask = size - 1 };
	e->slots = arena_alloc(arena, size * sizeof(*e->slots));
	memset(e->slots, 0, size * sizeof(*e->slots));
	if (lookup_possible(t->schema, column))
		e->lookup = lookup_get(&t->lookups, &t->rows, column);
	return e;
}

void alternatives_init(struct alternatives *a, struct table *t, const struct condition *condition,
		       struct arena *arena)
{
	size_t i, n = condition->n, columns = n;

	*a = (struct alternatives){ .condition = *condition };
	a->others = arena_alloc(arena, n * sizeof(*a->others));
	/* No more columns than clauses, nor than the table has with _uuid. */
	if (n > t->schema->n_columns + 1)
		columns = t->schema->n_columns + 1;
	a->equal = arena_alloc(arena, columns * sizeof(*a->equal));
	for (i = 0; i < n; i++) {
		const struct clause *c = &condition->clauses[i];
		struct equal_clauses *e;

		if (!is_equality(c)) {
			a->others[a->n_others++] = c;
			continue;
		}
		e = of_column(a, c->column);
		if (!e)
			e = column_add(a, t, c->column, arena);
		*place(e, wanted(c)) = c;
	}
}

void alternatives_deinit(struct alternatives *a, struct table *t)
{
	size_t i;

	for (i = 0; i < a->n_equal; i++)
		if (a->equal[i].lookup)
			lookup_put(&t->lookups, a->equal[i].lookup);
	a->n_equal = 0;
}

bool alternatives_hold(const struct alternatives *a, const struct row *row, struct arena *arena)
{
	size_t i;

	work_add(a->n_equal);
	for (i = 0; i < a->n_equal; i++)
		if (*place(&a->equal[i], bytes_of(a->equal[i].column, row)))
			return true;
	for (i = 0; i < a->n_others; i++)
		if (clause_holds(a->others[i], row, arena))
			return true;
	return !a->condition.n;
}

bool alternatives_are_few(const struct alternatives *a)
{
	size_t i;

	for (i = 0; i < a->n_equal; i++)
		if (!a->equal[i].lookup && a->equal[i].column->index != COLUMN_UUID)
			return false;
	for (i = 0; i < a->n_others; i++)
		if (a->others[i]->function != F_FALSE)
			return false;
	return a->condition.n;
}

/* Of @a's clauses and @not's. */
static bool has(const struct alternatives *a, const struct clause *c)
{
	const struct equal_clauses *e = of_column(a, c->column);

	return e && *place(e, wanted(c));
}

void alternatives_each(const struct alternatives *a, const struct alternatives *not,
		       const struct table *t, void (*fn)(struct row *row, void *arg), void *arg)
{
	size_t i, k;

	for (i = 0; i < a->n_equal; i++) {
		const struct equal_clauses *e = &a->equal[i];

		work_add(e->mask);
		for (k = 0; k <= e->mask; k++) {
			const struct clause *c = e->slots[k];
			struct row *row;

			if (!c || (not && has(not, c)))
				continue;
			if (e->lookup) {
				lookup_each(e->lookup, c->bytes, fn, arg);
				continue;
			}
			row = table_row(t, &c->arg.keys[0].u);
			if (row)
				fn(row, arg);
		}
	}
}
