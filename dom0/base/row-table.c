// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/row-table.h"

struct row *row_table_find(const struct row_table *t, const uint8_t uuid[16])
{
	struct row *row = map_get(&t->by_uuid, map_uuid_key(uuid));

	while (row && memcmp(row->uuid, uuid, 16) != 0)
		row = row->next;
	return row;
}

/* Without what is nobody's business here. */
static json_t *policy_columns(const json_t *row)
{
	static const char *const others[] = { "_uuid", "_version", "external_ids" };
	json_t *columns = json_copy((json_t *)row);

	for (size_t i = 0; columns && i < ARRAY_SIZE(others); i++)
		json_object_del(columns, others[i]);
	return columns;
}

static struct row *add(struct row_table *t, const uint8_t uuid[16])
{
	struct row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	memcpy(row->uuid, uuid, 16);
	if (map_chain_add(&t->by_uuid, map_uuid_key(uuid), row) < 0) {
		free(row);
		return NULL;
	}
	t->count++;
	return row;
}

int row_table_put(struct row_table *t, const json_t *json, size_t max, uint64_t *generation)
{
	json_t *columns;
	struct row *row;
	uint8_t uuid[16];
	size_t len;

	if (!json_is_object(json) || !column_uuid(json_object_get(json, "_uuid"), uuid) ||
	    !column_string(json_object_get(json, "name"), &len))
		return -EINVAL;
	row = row_table_find(t, uuid);
	if (!row && t->count >= max)
		return -ENOSPC;
	columns = policy_columns(json);
	if (!columns)
		return -ENOMEM;
	if (!row)
		row = add(t, uuid);
	if (!row || (row->columns && json_equal(row->columns, columns))) {
		json_decref(columns);
		if (!row)
			return -ENOMEM;
	} else {
		json_decref(row->columns);
		row->columns = columns;
		row->generation = ++*generation;
	}
	row->seen = true;
	return 0;
}

static void remove_row(struct row_table *t, struct row *row)
{
	map_chain_remove(&t->by_uuid, map_uuid_key(row->uuid), row);
	if (row->derived)
		row->free_derived(row->derived);
	json_decref(row->columns);
	free(row);
	t->count--;
}

bool row_table_remove(struct row_table *t, const uint8_t uuid[16], uint64_t *generation)
{
	struct row *row = row_table_find(t, uuid);

	if (!row)
		return false;
	remove_row(t, row);
	++*generation;
	return true;
}

void row_table_mark(struct row_table *t)
{
	struct row *row;

	map_chain_for_each(&t->by_uuid, i, row)
		row->seen = false;
}

static bool drop_unseen(void *owner, void *value)
{
	struct row *row = value;

	if (row->seen)
		return false;
	remove_row(owner, row);
	return true;
}

bool row_table_sweep(struct row_table *t, uint64_t *generation)
{
	size_t before = t->count;

	map_chain_sweep(&t->by_uuid, struct row, drop_unseen, t);
	if (t->count == before)
		return false;
	++*generation;
	return true;
}

void row_table_deinit(struct row_table *t)
{
	uint64_t generation = 0;

	row_table_mark(t);
	row_table_sweep(t, &generation);
	map_deinit(&t->by_uuid);
}
