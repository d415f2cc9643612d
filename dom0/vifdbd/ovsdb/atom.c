// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/random.h"
#include "vifdbd/ovsdb/atom.h"

static const char *const type_names[] = {
	[ATOM_VOID] = "void",	    [ATOM_INTEGER] = "integer", [ATOM_REAL] = "real",
	[ATOM_BOOLEAN] = "boolean", [ATOM_STRING] = "string",	[ATOM_UUID] = "uuid",
};

const char *atom_type_name(enum atom_type type)
{
	return type_names[type];
}

enum atom_type atom_type_parse(const char *name)
{
	unsigned int i;

	for (i = ATOM_INTEGER; i < ARRAY_SIZE(type_names); i++)
		if (!strcmp(name, type_names[i]))
			return i;
	return ATOM_VOID;
}

bool id_valid(const char *s)
{
	const char *p;

	for (p = s; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';

		if (!letter && (p == s || *p < '0' || *p > '9'))
			return false;
	}
	return p > s;
}

static void symtab_rehash(struct symtab *t, unsigned int n_buckets)
{
	struct symbol **old = t->buckets;
	unsigned int i, n_old = t->n_buckets;

	t->buckets = arena_alloc(t->arena, n_buckets * sizeof(*t->buckets));
	memset(t->buckets, 0, n_buckets * sizeof(*t->buckets));
	t->n_buckets = n_buckets;
	for (i = 0; i < n_old; i++) {
		while (old[i]) {
			struct symbol *s = old[i];
			uint32_t h = bytes_hash(s->name, strlen(s->name), 1) & (n_buckets - 1);

			old[i] = s->next;
			s->next = t->buckets[h];
			t->buckets[h] = s;
		}
	}
}

struct symbol *symtab_get(struct symtab *t, const char *name)
{
	size_t len = strlen(name);
	struct symbol *s;
	uint32_t h;

	if (t->n >= t->n_buckets)
		symtab_rehash(t, t->n_buckets ? t->n_buckets * 2 : 16);
	h = bytes_hash(name, len, 1) & (t->n_buckets - 1);
	for (s = t->buckets[h]; s; s = s->next)
		if (!strcmp(s->name, name))
			return s;
	s = arena_alloc(t->arena, sizeof(*s) + len + 1);
	memcpy(s + 1, name, len + 1);
	*s = (struct symbol){ .next = t->buckets[h], .name = (char *)(s + 1) };
	uuid_random(&s->uuid);
	t->buckets[h] = s;
	t->n++;
	return s;
}

static struct dberr *uuid_atom_parse(const json_t *json, struct symtab *symtab, struct atom *ret)
{
	const char *tag = json_string_value(json_array_get(json, 0));
	const json_t *value = json_array_get(json, 1);

	if (json_array_size(json) != 2 || !tag || !json_is_string(value))
		return err_syntax(json, "expected [\"uuid\", UUID] or [\"named-uuid\", NAME]");
	if (!strcmp(tag, "uuid")) {
		if (uuid_parse(json_string_value(value), json_string_length(value), ret->u.b))
			return NULL;
		return err_syntax(json, "\"%.60s\" is not a UUID", json_string_value(value));
	}
	if (!strcmp(tag, "named-uuid") && symtab) {
		if (!id_valid(json_string_value(value)))
			return err_syntax(json, "\"%.60s\" is not a valid name",
					  json_string_value(value));
		ret->u = symtab_get(symtab, json_string_value(value))->uuid;
		return NULL;
	}
	return err_syntax(json, "expected [\"uuid\", UUID]%s",
			  symtab ? " or [\"named-uuid\", NAME]" : "");
}

static bool real_to_integer(double v, int64_t *ret)
{
	/* -2^63 may be what an integer below it was rounded to. */
	if (!(v > -0x1p63 && v < 0x1p63) || v != floor(v))
		return false;
	*ret = v;
	return true;
}

static struct dberr *atom_parse_plain(const json_t *json, enum atom_type type,
				      struct symtab *symtab, struct atom *ret)
{
	*ret = (struct atom){ .i = 0 };
	switch (type) {
	case ATOM_INTEGER:
		if (json_is_integer(json))
			ret->i = json_integer_value(json);
		else if (!json_is_real(json) || !real_to_integer(json_real_value(json), &ret->i))
			break;
		return NULL;
	case ATOM_REAL:
		if (!json_is_number(json))
			break;
		ret->r = json_number_value(json) + 0.0; /* -0 becomes 0 */
		return NULL;
	case ATOM_BOOLEAN:
		if (!json_is_boolean(json))
			break;
		ret->b = json_is_true(json);
		return NULL;
	case ATOM_STRING:
		if (!json_is_string(json))
			break;
		ret->s.p = json_string_value(json);
		ret->s.len = json_string_length(json);
		return NULL;
	case ATOM_UUID:
		return uuid_atom_parse(json, symtab, ret);
	case ATOM_VOID:
		break;
	}
	return err_syntax(json, "expected %s", type_names[type]);
}

struct dberr *atom_parse(const json_t *json, const struct base_type *base, struct symtab *symtab,
			 struct atom *ret)
{
	struct dberr *err = atom_parse_plain(json, base->type, symtab, ret);

	return err ? err : atom_check(ret, base);
}

static uint32_t utf8_length(const char *p, size_t len)
{
	uint32_t n = 0;

	while (len--)
		n += (*p++ & 0xc0) != 0x80;
	return n;
}

static struct dberr *enum_check(const struct atom *a, const struct base_type *base)
{
	struct buf b = { 0 };
	struct dberr *err;
	unsigned int i;

	for (i = 0; i < base->n_enums; i++)
		if (!atom_compare(a, &base->enums[i], base->type))
			return NULL;
	atom_json(a, base->type, &b);
	buf_puts(&b, " is not one of the allowed values: ");
	for (i = 0; i < base->n_enums && i < 32; i++) {
		if (i)
			buf_puts(&b, ", ");
		atom_json(&base->enums[i], base->type, &b);
	}
	err = err_new(ERR_CONSTRAINT, "%.*s", (int)(b.len < 2000 ? b.len : 2000), b.data);
	buf_free(&b);
	return err;
}

struct dberr *atom_check(const struct atom *a, const struct base_type *base)
{
	uint32_t n;

	if (base->enums)
		return enum_check(a, base);
	switch (base->type) {
	case ATOM_INTEGER:
		if (a->i < base->i.min || a->i > base->i.max)
			return err_new(ERR_CONSTRAINT, "%lld is not in the range %lld to %lld",
				       (long long)a->i, (long long)base->i.min,
				       (long long)base->i.max);
		break;
	case ATOM_REAL:
		if (a->r < base->r.min || a->r > base->r.max)
			return err_new(ERR_CONSTRAINT, "%.15g is not in the range %.15g to %.15g",
				       a->r, base->r.min, base->r.max);
		break;
	case ATOM_STRING:
		if (!base->s.min && base->s.max == UINT32_MAX)
			break;
		n = utf8_length(a->s.p, a->s.len);
		if (n < base->s.min || n > base->s.max)
			return err_new(ERR_CONSTRAINT,
				       "\"%.*s\" has %u characters, allowed are %u to %u",
				       (int)(a->s.len < 80 ? a->s.len : 0), a->s.p, n, base->s.min,
				       base->s.max);
		break;
	default:
		break;
	}
	return NULL;
}

int atom_compare(const struct atom *a, const struct atom *b, enum atom_type type)
{
	uint32_t n;
	int r;

	switch (type) {
	case ATOM_INTEGER:
		return a->i < b->i ? -1 : a->i > b->i;
	case ATOM_REAL:
		return a->r < b->r ? -1 : a->r > b->r;
	case ATOM_BOOLEAN:
		return (int)a->b - (int)b->b;
	case ATOM_STRING:
		n = a->s.len < b->s.len ? a->s.len : b->s.len;
		r = n ? memcmp(a->s.p, b->s.p, n) : 0;
		return r ? r : (a->s.len < b->s.len ? -1 : a->s.len > b->s.len);
	case ATOM_UUID:
		return memcmp(&a->u, &b->u, sizeof(a->u));
	case ATOM_VOID:
		break;
	}
	return 0;
}

struct atom atom_default(enum atom_type type)
{
	struct atom a;

	memset(&a, 0, sizeof(a));
	if (type == ATOM_STRING)
		a.s.p = "";
	return a;
}

void atom_json(const struct atom *a, enum atom_type type, struct buf *b)
{
	char s[UUID_TEXT_LEN + 1];

	switch (type) {
	case ATOM_INTEGER:
		buf_i64(b, a->i);
		break;
	case ATOM_REAL:
		buf_real(b, a->r);
		break;
	case ATOM_BOOLEAN:
		buf_puts(b, a->b ? "true" : "false");
		break;
	case ATOM_STRING:
		buf_json_string(b, a->s.p, a->s.len);
		break;
	case ATOM_UUID:
		uuid_format(a->u.b, s);
		buf_puts(b, "[\"uuid\",\"");
		buf_put(b, s, UUID_TEXT_LEN);
		buf_puts(b, "\"]");
		break;
	case ATOM_VOID:
		break;
	}
}

static void varint_pack(uint64_t v, struct buf *b)
{
	for (; v >= 0x80; v >>= 7)
		buf_putc(b, (char)(v | 0x80));
	buf_putc(b, (char)v);
}

static bool varint_unpack(const uint8_t **p, const uint8_t *end, uint64_t *ret)
{
	unsigned int shift;
	uint64_t v = 0;

	for (shift = 0; *p < end && shift < 64; shift += 7) {
		uint8_t c = *(*p)++;

		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

void atom_pack(const struct atom *a, enum atom_type type, struct buf *b)
{
	switch (type) {
	case ATOM_INTEGER:
		varint_pack(((uint64_t)a->i << 1) ^ (uint64_t)(a->i >> 63), b);
		break;
	case ATOM_REAL:
		buf_put(b, &a->r, sizeof(a->r));
		break;
	case ATOM_BOOLEAN:
		buf_putc(b, a->b);
		break;
	case ATOM_STRING:
		varint_pack(a->s.len, b);
		buf_put(b, a->s.p, a->s.len);
		break;
	case ATOM_UUID:
		buf_put(b, &a->u, sizeof(a->u));
		break;
	case ATOM_VOID:
		break;
	}
}

bool atom_unpack(const uint8_t **p, const uint8_t *end, enum atom_type type, struct atom *ret)
{
	size_t left = end - *p;
	uint64_t v;

	switch (type) {
	case ATOM_INTEGER:
		if (!varint_unpack(p, end, &v))
			return false;
		ret->i = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
		return true;
	case ATOM_REAL:
		if (left < sizeof(ret->r))
			return false;
		memcpy(&ret->r, *p, sizeof(ret->r));
		*p += sizeof(ret->r);
		return true;
	case ATOM_BOOLEAN:
		if (left < 1 || **p > 1)
			return false;
		ret->b = *(*p)++;
		return true;
	case ATOM_STRING:
		if (!varint_unpack(p, end, &v) || v > (size_t)(end - *p))
			return false;
		ret->s.p = (const char *)*p;
		ret->s.len = v;
		*p += v;
		return true;
	case ATOM_UUID:
		if (left < sizeof(ret->u))
			return false;
		memcpy(&ret->u, *p, sizeof(ret->u));
		*p += sizeof(ret->u);
		return true;
	case ATOM_VOID:
		return true;
	}
	return false;
}
