// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifdbd/ovsdb/condition.h"
#include "vifdbd/ovsdb/work.h"

static const char *const function_names[] = {
	[F_EQ] = "==",
	[F_NE] = "!=",
	[F_LT] = "<",
	[F_LE] = "<=",
	[F_GE] = ">=",
	[F_GT] = ">",
	[F_INCLUDES] = "includes",
	[F_EXCLUDES] = "excludes",
};

static bool function_parse(const char *name, enum function *ret)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(function_names); i++) {
		if (!strcmp(name, function_names[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static struct column_bytes pack(const struct datum *d, const struct type *type, struct arena *arena)
{
	_cleanup_(buf_free) struct buf b = { 0 };
	struct column_bytes c;
	uint8_t *p;

	datum_pack(d, type, &b);
	p = arena_alloc(arena, b.len + 1);
	if (b.len)
		memcpy(p, b.data, b.len);
	c.p = p;
	c.len = b.len;
	return c;
}

static bool is_ordered(const struct type *type)
{
	return (type_is_scalar(type) || type_is_optional_scalar(type)) &&
	       (type->key.type == ATOM_INTEGER || type->key.type == ATOM_REAL);
}

static struct dberr *clause_parse(const struct table_schema *t, const json_t *json,
				  struct symtab *symtab, struct arena *arena, struct clause *c)
{
	const char *column = json_string_value(json_array_get(json, 0));
	const char *function = json_string_value(json_array_get(json, 1));
	struct dberr *err;
	struct type type;

	*c = (struct clause){ .column = &column_uuid };
	if (json_is_boolean(json)) {
		c->function = json_is_true(json) ? F_TRUE : F_FALSE;
		return NULL;
	}
	if (json_array_size(json) != 3 || !column || !function)
		return err_syntax(json, "expected [COLUMN, FUNCTION, VALUE]");
	c->column = schema_column(t, column);
	if (!c->column)
		return err_about(ERR_UNKNOWN_COLUMN, json, "no column %.60s in table %s", column,
				 t->name);
	if (!function_parse(function, &c->function))
		return err_about(ERR_UNKNOWN_FUNCTION, json, "no function named %.60s", function);
	type = c->column->type;
	if (c->function >= F_LT && c->function <= F_GT && !is_ordered(&type))
		return err_syntax(json,
				  "%s applies to integers and reals only, column %s is not one",
				  function, column);
	if (c->function >= F_LT && c->function <= F_GT)
		type.min = 1;
	if (c->function >= F_INCLUDES && !type_is_scalar(&type)) {
		type.min = 0;
		if (c->function == F_EXCLUDES)
			type.max = UINT_MAX;
	}
	err = datum_parse(json_array_get(json, 2), &type, symtab, arena, &c->arg);
	if (!err)
		c->bytes = pack(&c->arg, &type, arena);
	return err;
}

struct dberr *condition_parse(const struct table_schema *t, const json_t *json,
			      struct symtab *symtab, struct arena *arena, struct condition *ret)
{
	struct condition c = { .n = json_array_size(json) };
	struct dberr *err;
	size_t i;

	c.clauses = arena_alloc(arena, c.n * sizeof(*c.clauses));
	for (i = 0; i < c.n; i++) {
		err = clause_parse(t, json_array_get(json, i), symtab, arena, &c.clauses[i]);
		if (err)
			return err;
	}
	*ret = c;
	return NULL;
}

static bool bytes_equal(const struct clause *c, const struct row *row)
{
	struct column_bytes b;

	if (c->column->index == COLUMN_UUID)
		return uuid_equal(&row->uuid, &c->arg.keys[0].u);
	if (c->column->index == COLUMN_VERSION) {
		struct uuid v = row_version_uuid(row);

		return uuid_equal(&v, &c->arg.keys[0].u);
	}
	b = row_column(row, c->column->index);
	return b.len == c->bytes.len && (!b.len || !memcmp(b.p, c->bytes.p, b.len));
}

bool clause_holds(const struct clause *c, const struct row *row, struct arena *arena)
{
	struct arena_mark mark;
	struct datum d;
	bool holds;
	int cmp = 0;

	work_add(1);
	if (c->function == F_EQ || c->function == F_NE)
		return bytes_equal(c, row) == (c->function == F_EQ);
	if (c->function == F_TRUE || c->function == F_FALSE)
		return c->function == F_TRUE;
	work_add_octets(row->len);
	mark = arena_mark(arena);
	d = row_datum(row, c->column, arena);
	/* What has more values than the row is not compared with it. */
	if (c->function != F_INCLUDES || c->arg.n <= d.n)
		work_add(c->arg.n);
	if (c->function <= F_GT) {
		/* A missing value is neither less nor greater than anything. */
		holds = d.n;
		if (holds)
			cmp = atom_compare(d.keys, c->arg.keys, c->column->type.key.type);
		if (c->function == F_LT)
			holds = holds && cmp < 0;
		else if (c->function == F_LE)
			holds = holds && cmp <= 0;
		else if (c->function == F_GE)
			holds = holds && cmp >= 0;
		else
			holds = holds && cmp > 0;
	} else if (c->function == F_INCLUDES) {
		holds = datum_includes_all(&c->arg, &d, &c->column->type);
	} else {
		holds = datum_excludes_all(&c->arg, &d, &c->column->type);
	}
	arena_release(arena, mark);
	return holds;
}

bool condition_all(const struct condition *c, const struct row *row, struct arena *arena)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!clause_holds(&c->clauses[i], row, arena))
			return false;
	return true;
}

struct dberr *condition_each(const struct condition *c, const struct table *t, struct arena *arena,
			     condition_fn fn, void *arg)
{
	struct row **rows, *row;
	struct dberr *err = NULL;
	size_t i, n = 0;

	for (i = 0; i < c->n; i++) {
		const struct clause *clause = &c->clauses[i];

		if (clause->column->index != COLUMN_UUID ||
		    (clause->function != F_EQ && clause->function != F_INCLUDES))
			continue;
		row = table_row(t, &clause->arg.keys[0].u);
		return row && condition_all(c, row, arena) ? fn(row, arg) : NULL;
	}
	/* First find them all: what fn does to a row moves others about in the table. */
	rows = xmalloc(t->rows.n * sizeof(*rows));
	work_add(t->rows.cap);
	for (i = 0; i < t->rows.cap && !work_exceeded(); i++)
		if (t->rows.v[i] && condition_all(c, t->rows.v[i], arena))
			rows[n++] = t->rows.v[i];
	err = work_check();
	for (i = 0; i < n && !err; i++) {
		err = fn(rows[i], arg);
		if (!err)
			err = work_check();
	}
	free(rows);
	return err;
}
