// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"
#include "vifdbd/ovsdb/rowset.h"

struct key {
	uint32_t hash;
	size_t len;
	char data[];
};

static bool has_column(const struct column_set *s, const struct column_schema *c)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->columns[i] == c)
			return true;
	return false;
}

struct dberr *column_set_parse(const struct table_schema *t, const json_t *json,
			       struct arena *arena, struct column_set *ret)
{
	struct column_set s = { 0 };
	size_t i, n = json ? json_array_size(json) : t->n_columns + 2;

	s.columns = arena_alloc(arena, n * sizeof(*s.columns));
	for (i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(json, i));
		const struct column_schema *c;

		if (!json)
			c = i < t->n_columns	? &t->columns[i]
			    : i == t->n_columns ? &column_uuid
						: &column_version;
		else
			c = name ? schema_column(t, name) : NULL;
		if (!c || (json && has_column(&s, c)))
			return err_syntax(json, "expected an array of distinct columns of table %s",
					  t->name);
		s.columns[s.n++] = c;
	}
	*ret = s;
	return NULL;
}

static uint32_t key_hash(const void *item, const void *ctx)
{
	return ((const struct key *)item)->hash;
}

void rowset_init(struct rowset *s, struct arena *arena)
{
	s->arena = arena;
	slots_init(&s->keys, key_hash, NULL);
}

void rowset_deinit(struct rowset *s)
{
	slots_free(&s->keys);
}

static void key_build(const struct row *row, const struct column_set *columns, struct buf *b)
{
	size_t i;

	for (i = 0; i < columns->n; i++) {
		const struct column_schema *c = columns->columns[i];
		struct column_bytes bytes;
		struct uuid u;

		if (c->index == COLUMN_UUID || c->index == COLUMN_VERSION) {
			u = c->index == COLUMN_UUID ? row->uuid : row_version_uuid(row);
			buf_put(b, &u, sizeof(u));
			continue;
		}
		bytes = row_column(row, c->index);
		buf_put(b, &bytes.len, sizeof(bytes.len));
		buf_put(b, bytes.p, bytes.len);
	}
}

static bool find(const struct rowset *s, const struct buf *b, uint32_t hash)
{
	const struct key *k;
	size_t at;

	for (k = slots_first(&s->keys, hash, &at); k; k = slots_next(&s->keys, &at))
		if (k->hash == hash && k->len == b->len &&
		    (!k->len || !memcmp(k->data, b->data, k->len)))
			return true;
	return false;
}

bool rowset_add(struct rowset *s, const struct row *row, const struct column_set *columns)
{
	_cleanup_(buf_free) struct buf b = { 0 };
	struct key *k;
	uint32_t hash;

	key_build(row, columns, &b);
	hash = bytes_hash(b.data, b.len, 0);
	if (find(s, &b, hash))
		return false;
	k = arena_alloc(s->arena, sizeof(*k) + b.len);
	k->hash = hash;
	k->len = b.len;
	if (b.len)
		memcpy(k->data, b.data, b.len);
	slots_add(&s->keys, k);
	return true;
}

bool rowset_has(const struct rowset *s, const struct row *row, const struct column_set *columns)
{
	_cleanup_(buf_free) struct buf b = { 0 };

	key_build(row, columns, &b);
	return find(s, &b, bytes_hash(b.data, b.len, 0));
}
