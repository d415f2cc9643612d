// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/row-table.h"

static uint64_t hash(const struct row_key *key)
{
	uint32_t rest;

	memcpy(&rest, key->octets + 16, sizeof(rest));
	return map_identity_key(key->octets, rest);
}

void row_key_of_uuid(const uint8_t uuid[16], struct row_key *ret)
{
	*ret = (struct row_key){};
	memcpy(ret->octets, uuid, 16);
}

struct row *row_table_get(const struct row_table *t, const struct row_key *key)
{
	struct row *row = map_get(&t->by_key, hash(key));

	while (row && memcmp(&row->key, key, sizeof(*key)) != 0)
		row = row->next;
	return row;
}

struct row *row_table_find(const struct row_table *t, const uint8_t uuid[16])
{
	struct row_key key;

	row_key_of_uuid(uuid, &key);
	return row_table_get(t, &key);
}

/* Without the columns that this table ignores. */
static json_t *policy_columns(const json_t *row)
{
	static const char *const others[] = { "_uuid", "_version", "external_ids" };
	json_t *columns = json_copy((json_t *)row);

	for (size_t i = 0; columns && i < ARRAY_SIZE(others); i++)
		json_object_del(columns, others[i]);
	return columns;
}

static struct row *add(struct row_table *t, const struct row_key *key)
{
	struct row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	row->key = *key;
	if (map_chain_add(&t->by_key, hash(key), row) < 0) {
		free(row);
		return NULL;
	}
	t->count++;
	return row;
}

static int keep(struct row *row, const json_t *json, uint64_t *generation)
{
	json_t *columns = policy_columns(json);

	if (!columns)
		return -ENOMEM;
	if (row->columns && json_equal(row->columns, columns)) {
		json_decref(columns);
		return 0;
	}
	json_decref(row->columns);
	row->columns = columns;
	row->generation = ++*generation;
	return 0;
}

static int read_into(struct row *row, const json_t *json, const struct row_reader *reader,
		     uint64_t *generation)
{
	void *derived;
	int r = reader->read(reader->arg, json, &derived);

	if (r < 0)
		return r;
	if (row->derived && reader->equal(row->derived, derived)) {
		reader->free(derived);
		return 0;
	}
	if (row->derived)
		reader->free(row->derived);
	row->derived = derived;
	row->free_derived = reader->free;
	row->generation = ++*generation;
	return 0;
}

static void drop(struct row_table *t, struct row *row)
{
	map_chain_remove(&t->by_key, hash(&row->key), row);
	if (row->derived)
		row->free_derived(row->derived);
	json_decref(row->columns);
	free(row);
	t->count--;
}

int row_table_put(struct row_table *t, const struct row_key *key, const json_t *json, size_t max,
		  const struct row_reader *reader, uint64_t *generation)
{
	struct row *row = row_table_get(t, key);
	int r;

	if (!row && t->count >= max)
		return -ENOSPC;
	if (!row)
		row = add(t, key);
	if (!row)
		return -ENOMEM;
	r = reader ? read_into(row, json, reader, generation) : keep(row, json, generation);
	if (r < 0) {
		if (!row->generation)
			drop(t, row);
		return r;
	}
	if (!column_uuid(json_object_get(json, "_uuid"), row->uuid))
		memset(row->uuid, 0, sizeof(row->uuid));
	row->seen = true;
	return 0;
}

void row_table_remove(struct row_table *t, struct row *row, uint64_t *generation)
{
	drop(t, row);
	t->gone = ++*generation;
}

void row_table_mark(struct row_table *t)
{
	struct row *row;

	map_chain_for_each(&t->by_key, i, row)
		row->seen = false;
}

static bool drop_unseen(void *owner, void *value)
{
	struct row *row = value;

	if (row->seen)
		return false;
	drop(owner, row);
	return true;
}

void row_table_sweep(struct row_table *t, uint64_t *generation)
{
	size_t before = t->count;

	map_chain_sweep(&t->by_key, struct row, drop_unseen, t);
	if (t->count != before)
		t->gone = ++*generation;
}

void row_table_deinit(struct row_table *t)
{
	uint64_t generation = 0;

	row_table_mark(t);
	row_table_sweep(t, &generation);
	map_deinit(&t->by_key);
}
