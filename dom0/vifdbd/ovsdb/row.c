// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"
#include "vifdbd/ovsdb/row.h"
#include "vifdbd/ovsdb/work.h"

static void column_put(struct buf *b, const void *p, uint32_t len)
{
	if (len < 255) {
		buf_putc(b, (char)len);
	} else {
		buf_putc(b, (char)255);
		buf_put(b, &len, sizeof(len));
	}
	buf_put(b, p, len);
}

static bool column_next(const uint8_t **p, const uint8_t *end, struct column_bytes *ret)
{
	uint32_t len;

	if (*p >= end)
		return false;
	len = *(*p)++;
	if (len == 255) {
		if (end - *p < (ptrdiff_t)sizeof(len))
			return false;
		memcpy(&len, *p, sizeof(len));
		*p += sizeof(len);
	}
	if (len > (size_t)(end - *p))
		return false;
	ret->p = *p;
	ret->len = len;
	*p += len;
	return true;
}

struct column_bytes row_column(const struct row *row, unsigned int index)
{
	const uint8_t *p = row->data, *end = p + row->len;
	struct column_bytes c = { 0 };

	do {
		if (!column_next(&p, end, &c))
			return (struct column_bytes){ 0 };
	} while (index--);
	return c;
}

static uint64_t next_version(void)
{
	static uint64_t version;

	return ++version;
}

struct row *row_from_bytes(const struct table_schema *t, const struct uuid *uuid, const void *data,
			   size_t len)
{
	struct row *row = xmalloc(sizeof(*row) + len);

	*row = (struct row){ .uuid = *uuid,
			     .version = next_version(),
			     .table = t->index,
			     .holders = 1,
			     .len = len };
	if (len)
		memcpy(row->data, data, len);
	return row;
}

struct row *row_build(const struct table_schema *t, const struct row *old,
		      const struct datum *const *set)
{
	static struct buf bytes, column;
	struct arena arena = { 0 };
	const uint8_t *p = old ? old->data : NULL, *end = old ? p + old->len : NULL;
	struct uuid zero = { { 0 } };
	struct row *row;
	unsigned int i;

	bytes.len = 0;
	for (i = 0; i < t->n_columns; i++) {
		struct column_bytes c = { 0 };
		struct datum d;

		if (old)
			column_next(&p, end, &c);
		if (set[i] || !old) {
			d = set[i] ? *set[i] : datum_default(&t->columns[i].type, &arena);
			column.len = 0;
			datum_pack(&d, &t->columns[i].type, &column);
			c.p = (uint8_t *)column.data;
			c.len = column.len;
		}
		column_put(&bytes, c.p, c.len);
	}
	work_add_octets(bytes.len);
	row = row_from_bytes(t, old ? &old->uuid : &zero, bytes.data, bytes.len);
	if (old) {
		row->id = old->id;
		row->strong = old->strong;
	}
	arena_free(&arena);
	if (bytes.cap > 1 << 20)
		buf_free(&bytes);
	if (column.cap > 1 << 20)
		buf_free(&column);
	return row;
}

bool row_check(const struct row *row, const struct table_schema *t, struct arena *arena)
{
	const uint8_t *p = row->data, *end = p + row->len;
	struct arena_mark mark = arena_mark(arena);
	struct column_bytes c;
	struct datum d;
	unsigned int i;
	bool ok = true;

	for (i = 0; i < t->n_columns && ok; i++) {
		const struct type *type = &t->columns[i].type;

		ok = column_next(&p, end, &c) && datum_unpack(c.p, c.len, type, arena, &d) &&
		     d.n >= type->min && d.n <= type->max;
	}
	arena_release(arena, mark);
	return ok && p == end;
}

struct row *row_ref(struct row *row)
{
	if (row)
		row->holders++;
	return row;
}

void row_unref(struct row *row)
{
	if (row && --row->holders == 0)
		free(row);
}

struct uuid row_version_uuid(const struct row *row)
{
	static struct uuid base;
	struct uuid u;
	unsigned int i;

	if (!base.b[6])
		uuid_random(&base);
	u = base;
	for (i = 0; i < 6; i++)
		u.b[15 - i] = row->version >> (8 * i);
	return u;
}

uint64_t row_version_of(const struct uuid *uuid)
{
	struct row row = { 0 };
	struct uuid u;
	unsigned int i;

	for (i = 0; i < 6; i++)
		row.version |= (uint64_t)uuid->b[15 - i] << (8 * i);
	u = row_version_uuid(&row);
	return uuid_equal(&u, uuid) ? row.version : 0;
}

static struct datum uuid_datum(struct uuid u, struct arena *arena)
{
	struct datum d = { .n = 1, .keys = arena_alloc(arena, sizeof(*d.keys)) };

	d.keys[0].u = u;
	return d;
}

struct datum row_datum(const struct row *row, const struct column_schema *c, struct arena *arena)
{
	struct column_bytes bytes;
	struct datum d = { 0 };

	if (c->index == COLUMN_UUID)
		return uuid_datum(row->uuid, arena);
	if (c->index == COLUMN_VERSION)
		return uuid_datum(row_version_uuid(row), arena);
	bytes = row_column(row, c->index);
	datum_unpack(bytes.p, bytes.len, &c->type, arena, &d);
	return d;
}

/* Without building the datum: the common cases are scalars and empty sets. */
static bool scalar_json(const uint8_t *p, uint32_t len, const struct type *type, struct buf *b)
{
	const uint8_t *end = p + len;
	struct atom a;

	if (type->max != 1 || type_is_map(type) || !len)
		return false;
	if (!atom_unpack(&p, end, type->key.type, &a))
		return false;
	atom_json(&a, type->key.type, b);
	return true;
}

void row_column_json(const struct row *row, const struct column_schema *c, struct buf *b)
{
	struct arena arena = { 0 };
	struct datum d;

	if (c->index < COLUMN_UUID) {
		struct column_bytes bytes = row_column(row, c->index);

		if (scalar_json(bytes.p, bytes.len, &c->type, b))
			return;
	}
	d = row_datum(row, c, &arena);
	datum_json(&d, &c->type, b);
	arena_free(&arena);
}

bool row_column_equal(const struct row *a, const struct row *b, const struct column_schema *c)
{
	struct column_bytes x, y;

	if (c->index == COLUMN_UUID)
		return uuid_equal(&a->uuid, &b->uuid);
	if (c->index == COLUMN_VERSION)
		return a->version == b->version;
	x = row_column(a, c->index);
	y = row_column(b, c->index);
	return x.len == y.len && (!x.len || !memcmp(x.p, y.p, x.len));
}

void row_persistent(const struct row *row, const struct table_schema *t, struct buf *b)
{
	const uint8_t *p = row->data, *end = p + row->len;
	struct arena arena = { 0 };
	struct buf column = { 0 };
	unsigned int i;

	if (!t->has_ephemeral) {
		buf_put(b, row->data, row->len);
		return;
	}
	for (i = 0; i < t->n_columns; i++) {
		struct column_bytes c = { 0 };

		column_next(&p, end, &c);
		if (t->columns[i].ephemeral) {
			struct datum d = datum_default(&t->columns[i].type, &arena);

			column.len = 0;
			datum_pack(&d, &t->columns[i].type, &column);
			c.p = (uint8_t *)column.data;
			c.len = column.len;
		}
		column_put(b, c.p, c.len);
	}
	buf_free(&column);
	arena_free(&arena);
}
