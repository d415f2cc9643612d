// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "vifdbd/ovsdb/datum.h"

static struct datum datum_new(uint32_t n, const struct type *type, struct arena *arena)
{
	struct datum d = { .n = n };

	if (n) {
		d.keys = arena_alloc(arena, n * sizeof(*d.keys));
		if (type_is_map(type))
			d.values = arena_alloc(arena, n * sizeof(*d.values));
	}
	return d;
}

static void datum_add(struct datum *d, const struct datum *from, uint32_t i)
{
	d->keys[d->n] = from->keys[i];
	if (from->values)
		d->values[d->n] = from->values[i];
	d->n++;
}

static struct dberr *element_parse(const json_t *json, const struct type *type,
				   struct symtab *symtab, struct datum *d)
{
	struct dberr *err;

	if (!type_is_map(type)) {
		err = atom_parse(json, &type->key, symtab, &d->keys[d->n]);
	} else {
		if (!json_is_array(json) || json_array_size(json) != 2)
			return err_syntax(json, "expected a pair [KEY, VALUE]");
		err = atom_parse(json_array_get(json, 0), &type->key, symtab, &d->keys[d->n]);
		if (!err)
			err = atom_parse(json_array_get(json, 1), &type->value, symtab,
					 &d->values[d->n]);
	}
	if (!err)
		d->n++;
	return err;
}

struct dberr *datum_parse(const json_t *json, const struct type *type, struct symtab *symtab,
			  struct arena *arena, struct datum *ret)
{
	const char *want = type_is_map(type) ? "map" : "set", *tag;
	const json_t *elements = NULL;
	struct dberr *err;
	struct datum d;
	size_t i, n;

	tag = json_string_value(json_array_get(json, 0));
	if (tag && json_array_size(json) == 2 && !strcmp(tag, want))
		elements = json_array_get(json, 1);
	if (!elements && type_is_map(type))
		return err_syntax(json, "expected [\"map\", [[KEY, VALUE], ...]]");
	if (!elements) {
		d = datum_new(1, type, arena);
		d.n = 0;
		err = element_parse(json, type, symtab, &d);
		if (!err)
			*ret = d;
		return err;
	}
	if (!json_is_array(elements))
		return err_syntax(json, "expected [\"%s\", [...]]", want);
	n = json_array_size(elements);
	if (n < type->min || n > type->max)
		return err_syntax(json, "has %zu elements, allowed are %u to %u", n, type->min,
				  type->max);
	d = datum_new(n, type, arena);
	d.n = 0;
	for (i = 0; i < n; i++) {
		err = element_parse(json_array_get(elements, i), type, symtab, &d);
		if (err)
			return err;
	}
	err = datum_sort(&d, type);
	if (!err)
		*ret = d;
	return err;
}

struct datum datum_default(const struct type *type, struct arena *arena)
{
	struct datum d = datum_new(type->min, type, arena);

	if (d.n) {
		d.keys[0] = atom_default(type->key.type);
		if (d.values)
			d.values[0] = atom_default(type->value.type);
	}
	return d;
}

bool datum_is_default(const struct datum *d, const struct type *type)
{
	struct atom k = atom_default(type->key.type), v = atom_default(type->value.type);

	return d->n == type->min &&
	       (!d->n || (!atom_compare(d->keys, &k, type->key.type) &&
			  (!d->values || !atom_compare(d->values, &v, type->value.type))));
}

void datum_json(const struct datum *d, const struct type *type, struct buf *b)
{
	uint32_t i;

	if (type_is_map(type)) {
		buf_puts(b, "[\"map\",[");
		for (i = 0; i < d->n; i++) {
			buf_puts(b, i ? ",[" : "[");
			atom_json(&d->keys[i], type->key.type, b);
			buf_putc(b, ',');
			atom_json(&d->values[i], type->value.type, b);
			buf_putc(b, ']');
		}
		buf_puts(b, "]]");
	} else if (d->n == 1) {
		atom_json(d->keys, type->key.type, b);
	} else {
		buf_puts(b, "[\"set\",[");
		for (i = 0; i < d->n; i++) {
			if (i)
				buf_putc(b, ',');
			atom_json(&d->keys[i], type->key.type, b);
		}
		buf_puts(b, "]]");
	}
}

void datum_pack(const struct datum *d, const struct type *type, struct buf *b)
{
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		atom_pack(&d->keys[i], type->key.type, b);
		if (d->values)
			atom_pack(&d->values[i], type->value.type, b);
	}
}

static uint32_t count_packed(const uint8_t *p, const uint8_t *end, const struct type *type)
{
	struct atom a;
	uint32_t n;

	for (n = 0; p < end; n++)
		if (!atom_unpack(&p, end, type->key.type, &a) ||
		    !atom_unpack(&p, end, type->value.type, &a))
			return UINT32_MAX;
	return n;
}

bool datum_unpack(const uint8_t *p, size_t len, const struct type *type, struct arena *arena,
		  struct datum *ret)
{
	const uint8_t *end = len ? p + len : p;
	struct atom unused;
	struct datum d;
	uint32_t i, n = type->max == 1 ? len > 0 : count_packed(p, end, type);

	if (n == UINT32_MAX)
		return false;
	d = datum_new(n, type, arena);
	for (i = 0; i < n; i++) {
		if (!atom_unpack(&p, end, type->key.type, &d.keys[i]) ||
		    !atom_unpack(&p, end, type->value.type, d.values ? &d.values[i] : &unused))
			return false;
		if (i && atom_compare(&d.keys[i - 1], &d.keys[i], type->key.type) >= 0)
			return false;
	}
	if (p != end)
		return false;
	*ret = d;
	return true;
}

struct pair {
	struct atom key, value;
};

static int pair_compare(const void *a, const void *b, void *type)
{
	const struct pair *pa = a, *pb = b;

	return atom_compare(&pa->key, &pb->key, *(enum atom_type *)type);
}

struct dberr *datum_sort(struct datum *d, const struct type *type)
{
	enum atom_type key_type = type->key.type;
	struct pair *pairs;
	uint32_t i;

	for (i = 1; i < d->n; i++)
		if (atom_compare(&d->keys[i - 1], &d->keys[i], key_type) >= 0)
			break;
	if (i >= d->n)
		return NULL;
	pairs = xmalloc(d->n * sizeof(*pairs));
	for (i = 0; i < d->n; i++) {
		pairs[i].key = d->keys[i];
		if (d->values)
			pairs[i].value = d->values[i];
	}
	qsort_r(pairs, d->n, sizeof(*pairs), pair_compare, &key_type);
	for (i = 0; i < d->n; i++) {
		d->keys[i] = pairs[i].key;
		if (d->values)
			d->values[i] = pairs[i].value;
	}
	free(pairs);
	for (i = 1; i < d->n; i++)
		if (!atom_compare(&d->keys[i - 1], &d->keys[i], key_type))
			return err_new(ERR_CONSTRAINT, "%s contains a duplicate",
				       type_is_map(type) ? "map" : "set");
	return NULL;
}

static int atoms_compare(const struct atom *a, const struct atom *b, uint32_t n,
			 enum atom_type type)
{
	uint32_t i;
	int c;

	for (i = 0; i < n; i++) {
		c = atom_compare(&a[i], &b[i], type);
		if (c)
			return c;
	}
	return 0;
}

int datum_compare(const struct datum *a, const struct datum *b, const struct type *type)
{
	int c;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	c = atoms_compare(a->keys, b->keys, a->n, type->key.type);
	if (c || !type_is_map(type))
		return c;
	return atoms_compare(a->values, b->values, a->n, type->value.type);
}

int64_t datum_find(const struct datum *d, const struct atom *key, enum atom_type type)
{
	uint32_t low = 0, high = d->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = atom_compare(key, &d->keys[mid], type);

		if (!c)
			return mid;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static bool contains(const struct datum *d, const struct datum *from, uint32_t i,
		     const struct type *type, bool values)
{
	int64_t at = datum_find(d, &from->keys[i], type->key.type);

	return at >= 0 && (!values || !from->values || !d->values ||
			   !atom_compare(&d->values[at], &from->values[i], type->value.type));
}

bool datum_includes_all(const struct datum *a, const struct datum *b, const struct type *type)
{
	uint32_t i;

	if (a->n > b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!contains(b, a, i, type, true))
			return false;
	return true;
}

bool datum_excludes_all(const struct datum *a, const struct datum *b, const struct type *type)
{
	uint32_t i;

	for (i = 0; i < a->n; i++)
		if (contains(b, a, i, type, true))
			return false;
	return true;
}

struct datum datum_union(const struct datum *a, const struct datum *b, const struct type *type,
			 struct arena *arena)
{
	struct datum d = datum_new(a->n + b->n, type, arena);
	uint32_t i = 0, j = 0;

	d.n = 0;
	while (i < a->n || j < b->n) {
		int c = i == a->n   ? 1
			: j == b->n ? -1
				    : atom_compare(&a->keys[i], &b->keys[j], type->key.type);

		if (c <= 0) {
			datum_add(&d, a, i++);
			j += !c;
		} else {
			datum_add(&d, b, j++);
		}
	}
	return d;
}

struct datum datum_subtract(const struct datum *a, const struct datum *b, const struct type *type,
			    bool values, struct arena *arena)
{
	struct datum d = datum_new(a->n, type, arena);
	uint32_t i;

	d.n = 0;
	for (i = 0; i < a->n; i++)
		if (!contains(b, a, i, type, values))
			datum_add(&d, a, i);
	return d;
}

struct datum datum_diff(const struct datum *old, const struct datum *new, const struct type *type,
			struct arena *arena)
{
	struct datum d;
	uint32_t i = 0, j = 0;

	if (type->max == 1)
		return *new;
	d = datum_new(old->n + new->n, type, arena);
	d.n = 0;
	while (i < old->n || j < new->n) {
		int c = i == old->n   ? 1
			: j == new->n ? -1
				      : atom_compare(&old->keys[i], &new->keys[j], type->key.type);

		if (c < 0) {
			datum_add(&d, old, i++);
		} else if (c > 0) {
			datum_add(&d, new, j++);
		} else {
			if (d.values &&
			    atom_compare(&old->values[i], &new->values[j], type->value.type))
				datum_add(&d, new, j);
			i++;
			j++;
		}
	}
	return d;
}
