// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "vifdbd/ovsdb/mutation.h"
#include "vifdbd/ovsdb/work.h"

static const char *const mutator_names[] = {
	[M_ADD] = "+=", [M_SUB] = "-=",	       [M_MUL] = "*=",	      [M_DIV] = "/=",
	[M_MOD] = "%=", [M_INSERT] = "insert", [M_DELETE] = "delete",
};

static struct dberr *arg_parse(struct mutation *m, const json_t *json, struct symtab *symtab,
			       struct arena *arena)
{
	struct type type = m->column->type;
	struct dberr *err;

	if (m->mutator < M_INSERT) {
		struct type scalar = { .min = 1, .max = 1 };

		if (type_is_map(&type) || (type.key.type != ATOM_INTEGER &&
					   (type.key.type != ATOM_REAL || m->mutator == M_MOD)))
			return err_syntax(json, "%s does not apply to column %s",
					  mutator_names[m->mutator], m->column->name);
		base_type_init(&scalar.key, type.key.type);
		return datum_parse(json, &scalar, symtab, arena, &m->arg);
	}
	if (type_is_scalar(&type))
		return err_syntax(json, "%s applies to sets and maps, column %s is neither",
				  mutator_names[m->mutator], m->column->name);
	type.min = 0;
	if (m->mutator == M_DELETE)
		type.max = UINT_MAX;
	err = datum_parse(json, &type, symtab, arena, &m->arg);
	if (err && m->mutator == M_DELETE && type_is_map(&type)) {
		err_free(err);
		m->keys_only = true;
		base_type_init(&type.value, ATOM_VOID);
		err = datum_parse(json, &type, symtab, arena, &m->arg);
	}
	return err;
}

struct dberr *mutation_parse(const struct table_schema *t, const json_t *json,
			     struct symtab *symtab, struct arena *arena, struct mutation *ret)
{
	const char *column = json_string_value(json_array_get(json, 0));
	const char *mutator = json_string_value(json_array_get(json, 1));
	struct mutation m = { 0 };
	struct dberr *err;
	unsigned int i;

	if (json_array_size(json) != 3 || !column || !mutator)
		return err_syntax(json, "expected [COLUMN, MUTATOR, VALUE]");
	m.column = schema_column(t, column);
	if (!m.column)
		return err_about(ERR_UNKNOWN_COLUMN, json, "no column %.60s in table %s", column,
				 t->name);
	for (i = 0; i < ARRAY_SIZE(mutator_names); i++)
		if (!strcmp(mutator, mutator_names[i]))
			break;
	if (i == ARRAY_SIZE(mutator_names))
		return err_about(ERR_UNKNOWN_MUTATOR, json, "no mutator named %.60s", mutator);
	m.mutator = i;
	if (!m.column->is_mutable)
		return err_about(ERR_CONSTRAINT, json, "column %s in table %s may not be changed",
				 column, t->name);
	err = arg_parse(&m, json_array_get(json, 2), symtab, arena);
	if (!err)
		*ret = m;
	return err;
}

static const char *mutate_integer(enum mutator mutator, int64_t *x, int64_t y)
{
	if (mutator == M_DIV || mutator == M_MOD) {
		if (!y)
			return ERR_DOMAIN;
		if (*x == INT64_MIN && y == -1)
			return ERR_RANGE;
		*x = mutator == M_DIV ? *x / y : *x % y;
		return NULL;
	}
	if (mutator == M_ADD   ? __builtin_add_overflow(*x, y, x)
	    : mutator == M_SUB ? __builtin_sub_overflow(*x, y, x)
			       : __builtin_mul_overflow(*x, y, x))
		return ERR_RANGE;
	return NULL;
}

static const char *mutate_real(enum mutator mutator, double *x, double y)
{
	if (mutator == M_DIV && y == 0)
		return ERR_DOMAIN;
	*x = mutator == M_ADD	? *x + y
	     : mutator == M_SUB ? *x - y
	     : mutator == M_MUL ? *x * y
				: *x / y;
	*x += 0.0; /* -0 becomes 0: equal datums have equal octets */
	return isfinite(*x) ? NULL : ERR_RANGE;
}

static struct dberr *arithmetic(const struct mutation *m, struct datum *d)
{
	const struct type *type = &m->column->type;
	const char *tag;
	struct dberr *err;
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		tag = type->key.type == ATOM_INTEGER
			      ? mutate_integer(m->mutator, &d->keys[i].i, m->arg.keys[0].i)
			      : mutate_real(m->mutator, &d->keys[i].r, m->arg.keys[0].r);
		if (tag)
			return err_new(tag, "%s on column %s: %s", mutator_names[m->mutator],
				       m->column->name,
				       !strcmp(tag, ERR_DOMAIN) ? "division by zero"
								: "the result is out of range");
	}
	for (i = 0; i < d->n; i++) {
		err = atom_check(&d->keys[i], &type->key);
		if (err)
			return err;
	}
	return datum_sort(d, type);
}

struct dberr *mutation_apply(const struct mutation *m, struct arena *arena, struct datum *d)
{
	const struct type *type = &m->column->type;

	work_add(d->n + m->arg.n);
	if (m->mutator < M_INSERT)
		return arithmetic(m, d);
	if (m->mutator == M_INSERT)
		*d = datum_union(d, &m->arg, type, arena);
	else
		*d = datum_subtract(d, &m->arg, type, !m->keys_only, arena);
	if (d->n < type->min || d->n > type->max)
		return err_new(ERR_CONSTRAINT,
			       "%s would leave column %s with %u elements, allowed are %u to %u",
			       mutator_names[m->mutator], m->column->name, d->n, type->min,
			       type->max);
	return NULL;
}
