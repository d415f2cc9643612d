// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "vifdbd/etcd/pool-row.h"

#define CHUNKS_MAX 100000

struct pool_key pool_key(const char *prefix, const char *a, const char *b, const char *c)
{
	struct pool_key key;

	snprintf(key.text, sizeof(key.text), "%s%s%s%s", prefix, a, b, c);
	return key;
}

struct pool_key pool_row_key(const char *prefix, const char *table, const struct uuid *uuid)
{
	struct pool_key key;
	char text[UUID_TEXT_LEN + 1];

	uuid_format(uuid->b, text);
	snprintf(key.text, sizeof(key.text), "%sr/%s/%s", prefix, table, text);
	return key;
}

bool pool_row_key_parse(const char *rest, char ret_table[POOL_KEY_MAX], struct uuid *ret)
{
	const char *slash = strchr(rest, '/');

	if (!slash || slash == rest || slash - rest >= POOL_KEY_MAX ||
	    !uuid_parse(slash + 1, strlen(slash + 1), ret->b))
		return false;
	memcpy(ret_table, rest, slash - rest);
	ret_table[slash - rest] = 0;
	return true;
}

void pool_row_json(const struct row *row, const struct table_schema *t, struct buf *out)
{
	struct arena arena = { 0 };
	const char *comma = "";
	unsigned int i;

	buf_putc(out, '{');
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = &t->columns[i];
		struct datum d = row_datum(row, c, &arena);

		if (datum_is_default(&d, &c->type))
			continue;
		buf_puts(out, comma);
		buf_json_string(out, c->name, strlen(c->name));
		buf_putc(out, ':');
		datum_json(&d, &c->type, out);
		comma = ",";
	}
	buf_putc(out, '}');
	arena_free(&arena);
}

static bool columns_parse(const struct table_schema *t, const json_t *json, struct arena *arena,
			  struct datum *values, const struct datum **set)
{
	unsigned int i;

	for (i = 0; i < t->n_columns; i++) {
		const json_t *value = json_object_get(json, t->columns[i].name);
		struct dberr *err;

		set[i] = NULL;
		if (!value)
			continue;
		err = datum_parse(value, &t->columns[i].type, NULL, arena, &values[i]);
		if (err) {
			err_free(err);
			return false;
		}
		set[i] = &values[i];
	}
	return true;
}

struct row *pool_row_parse(const struct table_schema *t, const struct uuid *uuid,
			   const json_t *json)
{
	struct arena arena = { 0 };
	struct datum *values = arena_alloc(&arena, t->n_columns * sizeof(*values));
	const struct datum **set = arena_alloc(&arena, t->n_columns * sizeof(*set));
	struct row *row = NULL;

	if (json_is_object(json) && columns_parse(t, json, &arena, values, set)) {
		row = row_build(t, NULL, set);
		row->uuid = *uuid;
	}
	arena_free(&arena);
	return row;
}

struct row *pool_row_read(const struct table_schema *t, const struct uuid *uuid, const char *text,
			  size_t len)
{
	json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	struct row *row = pool_row_parse(t, uuid, json);

	json_decref(json);
	return row;
}

void pool_head_json(const struct pool_head *head, struct buf *out)
{
	char id[UUID_TEXT_LEN + 1];

	uuid_format(head->id.b, id);
	buf_puts(out, "{\"id\":\"");
	buf_puts(out, id);
	buf_puts(out, "\",\"host\":");
	buf_json_string(out, head->host, strlen(head->host));
	if (head->chunks) {
		buf_puts(out, ",\"chunks\":");
		buf_i64(out, head->chunks);
	}
	buf_putc(out, '}');
}

static bool head_parse(const json_t *json, struct pool_head *ret)
{
	const json_t *id = json_object_get(json, "id");
	const char *host = json_string_value(json_object_get(json, "host"));
	json_int_t chunks = json_integer_value(json_object_get(json, "chunks"));

	*ret = (struct pool_head){ 0 };
	if (!json_is_string(id) ||
	    !uuid_parse(json_string_value(id), json_string_length(id), ret->id.b))
		return false;
	if (!host || strlen(host) >= sizeof(ret->host) || chunks < 0 || chunks > CHUNKS_MAX)
		return false;
	snprintf(ret->host, sizeof(ret->host), "%s", host);
	ret->chunks = chunks;
	return true;
}

bool pool_head_read(const char *text, size_t len, struct pool_head *ret)
{
	json_t *json = json_loadb(text, len, 0, NULL);
	bool ok = head_parse(json, ret);

	json_decref(json);
	return ok;
}
