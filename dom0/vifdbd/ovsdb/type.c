// SPDX-License-Identifier: GPL-2.0-or-later
/* Base types and column types (RFC 7047, section 3.2): parsing and printing. */
#include <float.h>
#include <limits.h>
#include <stdio.h>

#include "vifdbd/ovsdb/datum.h"
#include "vifdbd/ovsdb/parser.h"

void base_type_init(struct base_type *base, enum atom_type type)
{
	*base = (struct base_type){ .type = type };
	if (type == ATOM_INTEGER) {
		base->i.min = INT64_MIN;
		base->i.max = INT64_MAX;
	} else if (type == ATOM_REAL) {
		base->r.min = -DBL_MAX;
		base->r.max = DBL_MAX;
	} else if (type == ATOM_STRING) {
		base->s.max = UINT32_MAX;
	}
}

void base_type_free(struct base_type *base)
{
	unsigned int i;

	if (base->type == ATOM_STRING)
		for (i = 0; i < base->n_enums; i++)
			free((char *)base->enums[i].s.p);
	free(base->enums);
	free(base->ref_name);
}

static struct dberr *enum_parse(const json_t *json, struct base_type *base)
{
	struct type type = { .min = 1, .max = UINT_MAX };
	struct arena arena = { 0 };
	struct dberr *err;
	struct datum d;
	unsigned int i;

	base_type_init(&type.key, base->type);
	base_type_init(&type.value, ATOM_VOID);
	err = datum_parse(json, &type, NULL, &arena, &d);
	if (!err) {
		base->enums = xmalloc(d.n * sizeof(*d.keys));
		base->n_enums = d.n;
		for (i = 0; i < d.n; i++) {
			base->enums[i] = d.keys[i];
			if (base->type == ATOM_STRING)
				base->enums[i].s.p = xstrdup(d.keys[i].s.p);
		}
	}
	arena_free(&arena);
	return err;
}

static void length_parse(struct parser *p, const char *name, uint32_t *ret)
{
	const json_t *j = parser_take(p, name, P_INTEGER | P_OPTIONAL);

	if (!j)
		return;
	if (json_integer_value(j) < 0 || json_integer_value(j) > UINT32_MAX)
		p->err = err_syntax(p->json, "%s is not in the range 0 to %u", name, UINT32_MAX);
	else
		*ret = json_integer_value(j);
}

static void constraints_parse(struct parser *p, struct base_type *base)
{
	const json_t *j;
	bool bad = false;

	if (base->type == ATOM_INTEGER) {
		if ((j = parser_take(p, "minInteger", P_INTEGER | P_OPTIONAL)))
			base->i.min = json_integer_value(j);
		if ((j = parser_take(p, "maxInteger", P_INTEGER | P_OPTIONAL)))
			base->i.max = json_integer_value(j);
		bad = base->i.min > base->i.max;
	} else if (base->type == ATOM_REAL) {
		if ((j = parser_take(p, "minReal", P_NUMBER | P_OPTIONAL)))
			base->r.min = json_number_value(j);
		if ((j = parser_take(p, "maxReal", P_NUMBER | P_OPTIONAL)))
			base->r.max = json_number_value(j);
		bad = base->r.min > base->r.max;
	} else if (base->type == ATOM_STRING) {
		length_parse(p, "minLength", &base->s.min);
		length_parse(p, "maxLength", &base->s.max);
		bad = base->s.min > base->s.max;
	} else if (base->type == ATOM_UUID) {
		if ((j = parser_take(p, "refTable", P_ID | P_OPTIONAL))) {
			base->ref_name = xstrdup(json_string_value(j));
			base->ref = REF_STRONG;
			if ((j = parser_take(p, "refType", P_STRING | P_OPTIONAL))) {
				if (!strcmp(json_string_value(j), "weak"))
					base->ref = REF_WEAK;
				else if (strcmp(json_string_value(j), "strong"))
					p->err = err_syntax(
						p->json, "refType must be \"strong\" or \"weak\"");
			}
		}
	}
	if (bad && !p->err)
		p->err = err_syntax(p->json, "minimum is greater than maximum");
}

static bool base_type_constrained(const struct base_type *base)
{
	struct base_type plain;

	base_type_init(&plain, base->type);
	switch (base->type) {
	case ATOM_INTEGER:
		return base->i.min != plain.i.min || base->i.max != plain.i.max;
	case ATOM_REAL:
		return base->r.min != plain.r.min || base->r.max != plain.r.max;
	case ATOM_STRING:
		return base->s.min != plain.s.min || base->s.max != plain.s.max;
	case ATOM_UUID:
		return base->ref != REF_NONE;
	default:
		return false;
	}
}

static struct dberr *type_name_parse(const json_t *j, struct base_type *ret)
{
	enum atom_type type = atom_type_parse(json_string_value(j));

	if (type == ATOM_VOID)
		return err_syntax(j, "\"%.40s\" is not an atomic type", json_string_value(j));
	base_type_init(ret, type);
	return NULL;
}

struct dberr *base_type_parse(const json_t *json, struct base_type *ret)
{
	struct base_type base = { 0 };
	struct dberr *err;
	struct parser p;
	const json_t *j;

	if (json_is_string(json))
		return type_name_parse(json, ret);
	parser_init(&p, json, "base type");
	j = parser_take(&p, "type", P_STRING);
	if (j)
		p.err = type_name_parse(j, &base);
	if (!p.err && (j = parser_take(&p, "enum", P_ANY | P_OPTIONAL)))
		p.err = enum_parse(j, &base);
	if (!p.err)
		constraints_parse(&p, &base);
	err = parser_finish(&p);
	if (!err && base.enums && base_type_constrained(&base))
		err = err_syntax(json, "enum may not be combined with other constraints");
	if (err)
		base_type_free(&base);
	else
		*ret = base;
	return err;
}

bool base_type_is_plain(const struct base_type *base)
{
	return !base->enums && !base_type_constrained(base);
}

static void enum_json(const struct base_type *base, struct buf *b)
{
	unsigned int i;

	buf_puts(b, ",\"enum\":[\"set\",[");
	for (i = 0; i < base->n_enums; i++) {
		if (i)
			buf_putc(b, ',');
		atom_json(&base->enums[i], base->type, b);
	}
	buf_puts(b, "]]");
}

void base_type_json(const struct base_type *base, struct buf *b)
{
	struct base_type plain;

	base_type_init(&plain, base->type);
	buf_puts(b, "{\"type\":\"");
	buf_puts(b, atom_type_name(base->type));
	buf_putc(b, '"');
	if (base->enums)
		enum_json(base, b);
#define LIMIT(type_, name, field, print)                                                           \
	if (base->type == (type_) && base->field != plain.field) {                                 \
		buf_puts(b, ",\"" name "\":");                                                     \
		print(b, base->field);                                                             \
	}
	LIMIT(ATOM_INTEGER, "minInteger", i.min, buf_i64)
	LIMIT(ATOM_INTEGER, "maxInteger", i.max, buf_i64)
	LIMIT(ATOM_REAL, "minReal", r.min, buf_real)
	LIMIT(ATOM_REAL, "maxReal", r.max, buf_real)
	LIMIT(ATOM_STRING, "minLength", s.min, buf_i64)
	LIMIT(ATOM_STRING, "maxLength", s.max, buf_i64)
#undef LIMIT
	if (base->ref != REF_NONE) {
		buf_puts(b, ",\"refTable\":\"");
		buf_puts(b, base->ref_name);
		buf_puts(b, base->ref == REF_WEAK ? "\",\"refType\":\"weak\"" : "\"");
	}
	buf_putc(b, '}');
}

static struct dberr *max_parse(const json_t *j, unsigned int *ret)
{
	if (json_is_string(j) && !strcmp(json_string_value(j), "unlimited"))
		*ret = UINT_MAX;
	else if (json_is_integer(j) && json_integer_value(j) >= 1 &&
		 json_integer_value(j) < UINT_MAX)
		*ret = json_integer_value(j);
	else
		return err_syntax(j, "max must be \"unlimited\" or an integer of at least 1");
	return NULL;
}

struct dberr *type_parse(const json_t *json, struct type *ret)
{
	struct type type = { .min = 1, .max = 1 };
	struct dberr *err;
	struct parser p;
	const json_t *j;

	base_type_init(&type.value, ATOM_VOID);
	if (json_is_string(json)) {
		err = base_type_parse(json, &type.key);
		if (!err)
			*ret = type;
		return err;
	}
	parser_init(&p, json, "type");
	if ((j = parser_take(&p, "key", P_STRING | P_OBJECT)))
		p.err = base_type_parse(j, &type.key);
	if ((j = parser_take(&p, "value", P_STRING | P_OBJECT | P_OPTIONAL)))
		p.err = base_type_parse(j, &type.value);
	if ((j = parser_take(&p, "min", P_INTEGER | P_OPTIONAL))) {
		if (json_integer_value(j) != 0 && json_integer_value(j) != 1)
			p.err = err_syntax(json, "min must be 0 or 1");
		else
			type.min = json_integer_value(j);
	}
	if ((j = parser_take(&p, "max", P_INTEGER | P_STRING | P_OPTIONAL)))
		p.err = max_parse(j, &type.max);
	err = parser_finish(&p);
	if (err)
		type_free(&type);
	else
		*ret = type;
	return err;
}

void type_free(struct type *type)
{
	base_type_free(&type->key);
	base_type_free(&type->value);
}

void type_json(const struct type *type, struct buf *b)
{
	if (type->min == 1 && type->max == 1 && !type_is_map(type) &&
	    base_type_is_plain(&type->key)) {
		buf_json_string(b, atom_type_name(type->key.type),
				strlen(atom_type_name(type->key.type)));
		return;
	}
	buf_puts(b, "{\"key\":");
	base_type_json(&type->key, b);
	if (type_is_map(type)) {
		buf_puts(b, ",\"value\":");
		base_type_json(&type->value, b);
	}
	if (type->min != 1)
		buf_puts(b, ",\"min\":0");
	if (type->max == UINT_MAX) {
		buf_puts(b, ",\"max\":\"unlimited\"");
	} else if (type->max != 1) {
		buf_puts(b, ",\"max\":");
		buf_i64(b, type->max);
	}
	buf_putc(b, '}');
}
