// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libvifdb/replica.h"

struct vdb_table *vdb_table_free(struct vdb_table *table)
{
	if (!table)
		return NULL;
	while (table->n_rows) {
		struct vifdb_row *row = table->rows[table->n_rows - 1];

		vdb_row_unlink(row);
		vdb_row_free(row);
	}
	vdb_columns_free(&table->columns);
	for (size_t i = 0; i < table->n_wanted; i++)
		free(table->wanted[i]);
	free(table->wanted);
	json_decref(table->where);
	free(table->rows);
	map_deinit(&table->by_uuid);
	free(table->name);
	free(table);
	return NULL;
}

int vdb_table_new(struct vifdb *db, const char *name, const char *const *columns,
		  struct vdb_table **ret)
{
	struct vdb_table *table = calloc(1, sizeof(*table));
	size_t n = 0;

	if (!table)
		return -ENOMEM;
	table->db = db;
	table->name = strdup(name);
	if (!table->name)
		goto nomem;
	if (columns) {
		while (columns[n])
			n++;
		table->wanted = calloc(n + 1, sizeof(*table->wanted));
		if (!table->wanted)
			goto nomem;
		for (; table->n_wanted < n; table->n_wanted++) {
			table->wanted[table->n_wanted] = strdup(columns[table->n_wanted]);
			if (!table->wanted[table->n_wanted])
				goto nomem;
		}
	}
	*ret = table;
	return 0;
nomem:
	vdb_table_free(table);
	return -ENOMEM;
}

/* ---- columns ---- */

void vdb_columns_free(struct vdb_columns *columns)
{
	for (size_t i = 0; i < columns->n; i++) {
		free(columns->v[i].name);
		free(columns->v[i].fallback);
	}
	free(columns->v);
	*columns = (struct vdb_columns){};
}

static int column_name_compare(const void *name, const void *column)
{
	return strcmp(name, ((const struct vdb_column *)column)->name);
}

const struct vdb_column *vdb_columns_find(const struct vdb_columns *columns, const char *name)
{
	return columns->n ? bsearch(name, columns->v, columns->n, sizeof(*columns->v),
				    column_name_compare) : NULL;
}

static bool type_equal(const struct vdb_type *a, const struct vdb_type *b)
{
	return a->key == b->key && a->value == b->value && a->min == b->min && a->max == b->max;
}

static bool columns_equal(const struct vdb_columns *a, const struct vdb_columns *b)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; i < a->n && equal; i++)
		equal = !strcmp(a->v[i].name, b->v[i].name) &&
			type_equal(&a->v[i].type, &b->v[i].type);
	return equal;
}

/* A row of the new layout; cells that stay move over. */
static void row_relay(struct vifdb_row *to, struct vifdb_row *from, const struct vdb_columns *old,
		      const struct vdb_columns *new)
{
	for (size_t i = 0; i < new->n; i++) {
		const struct vdb_column *was = vdb_columns_find(old, new->v[i].name);

		to->cells[i] = new->v[i].fallback;
		if (was && type_equal(&was->type, &new->v[i].type) &&
		    from->cells[was - old->v] != was->fallback) {
			to->cells[i] = from->cells[was - old->v];
			from->cells[was - old->v] = NULL;
		}
	}
}

static struct vifdb_row *row_alloc(struct vdb_table *table, size_t n_columns,
				   const uint8_t uuid[16])
{
	struct vifdb_row *row = calloc(1, sizeof(*row) + n_columns * sizeof(row->cells[0]));

	if (row) {
		row->table = table;
		row->index = VDB_NO_INDEX;
		memcpy(row->uuid, uuid, sizeof(row->uuid));
	}
	return row;
}

int vdb_table_set_columns(struct vdb_table *table, struct vdb_columns *columns)
{
	_cleanup_free_ struct vifdb_row **rows = NULL;
	struct vdb_columns old = table->columns;
	size_t n;

	if (columns_equal(&old, columns)) {
		vdb_columns_free(columns);
		return 0;
	}
	rows = calloc(table->n_rows + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (n = 0; n < table->n_rows; n++) {
		rows[n] = row_alloc(table, columns->n, table->rows[n]->uuid);
		if (!rows[n]) {
			while (n--)
				free(rows[n]);
			return -ENOMEM;
		}
	}
	/* The map has room for as many as it had: none of these can fail. */
	map_clear(&table->by_uuid);
	for (n = 0; n < table->n_rows; n++) {
		row_relay(rows[n], table->rows[n], &old, columns);
		vdb_row_free(table->rows[n]);
		rows[n]->index = n;
		table->rows[n] = rows[n];
		map_chain_add(&table->by_uuid, map_uuid_key(rows[n]->uuid), rows[n]);
	}
	table->columns = *columns;
	table->relaid = true;
	*columns = (struct vdb_columns){};
	vdb_columns_free(&old);
	return 1;
}

/* ---- rows ---- */

struct vifdb_row *vdb_table_find(const struct vdb_table *table, const uint8_t uuid[16])
{
	struct vifdb_row *row = map_get(&table->by_uuid, map_uuid_key(uuid));

	while (row && memcmp(row->uuid, uuid, sizeof(row->uuid)))
		row = row->next;
	return row;
}

static int reserve(struct vdb_table *table, size_t n)
{
	size_t size = table->size_rows ? table->size_rows : 8;
	struct vifdb_row **array;

	while (size < n)
		size *= 2;
	if (size == table->size_rows)
		return 0;
	array = realloc(table->rows, size * sizeof(*array));
	if (!array)
		return -ENOMEM;
	table->rows = array;
	table->size_rows = size;
	return 0;
}

int vdb_row_new(struct vdb_table *table, const uint8_t uuid[16], struct vifdb_row **ret)
{
	struct vifdb_row *row;

	if (reserve(table, table->n_rows + table->n_fresh + 1) < 0)
		return -ENOMEM;
	row = row_alloc(table, table->columns.n, uuid);
	if (!row)
		return -ENOMEM;
	if (map_chain_add(&table->by_uuid, map_uuid_key(uuid), row) < 0) {
		free(row);
		return -ENOMEM;
	}
	table->n_fresh++;
	*ret = row;
	return 0;
}

void vdb_row_link(struct vifdb_row *row)
{
	struct vdb_table *table = row->table;

	row->index = table->n_rows++;
	table->rows[row->index] = row;
	table->n_fresh--;
}

void vdb_row_unlink(struct vifdb_row *row)
{
	struct vdb_table *table = row->table;

	map_chain_remove(&table->by_uuid, map_uuid_key(row->uuid), row);
	if (row->index == VDB_NO_INDEX) {
		table->n_fresh--;
		return;
	}
	table->rows[row->index] = table->rows[--table->n_rows];
	table->rows[row->index]->index = row->index;
	row->index = VDB_NO_INDEX;
}

void vdb_cell_free(const struct vdb_column *column, struct vdb_datum *cell)
{
	if (cell != column->fallback)
		free(cell);
}

struct vifdb_row *vdb_row_free(struct vifdb_row *row)
{
	if (row)
		for (size_t i = 0; i < row->table->columns.n; i++)
			vdb_cell_free(&row->table->columns.v[i], row->cells[i]);
	free(row);
	return NULL;
}
