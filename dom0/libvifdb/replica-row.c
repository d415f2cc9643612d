// SPDX-License-Identifier: GPL-2.0-or-later
/* What the owner can read of the copy. */
#include <string.h>

#include "libvifdb/client-state.h"
#include "libvifdb/replica.h"

const struct vifdb_row *vifdb_first(const struct vifdb *db, const char *name)
{
	const struct vdb_table *table = vdb_find_table(db, name);

	return table && table->n_rows ? table->rows[0] : NULL;
}

const struct vifdb_row *vifdb_next(const struct vifdb_row *row)
{
	const struct vdb_table *table = row->table;

	/* A deleted row has no successor: its index is the largest number. */
	return row->index < table->n_rows && row->index + 1 < table->n_rows ?
	       table->rows[row->index + 1] : NULL;
}

const struct vifdb_row *vifdb_get(const struct vifdb *db, const char *name, const uint8_t uuid[16])
{
	const struct vdb_table *table = vdb_find_table(db, name);

	return table ? vdb_table_find(table, uuid) : NULL;
}

size_t vifdb_count(const struct vifdb *db, const char *name)
{
	const struct vdb_table *table = vdb_find_table(db, name);

	return table ? table->n_rows : 0;
}

const char *vifdb_row_table(const struct vifdb_row *row)
{
	return row->table->name;
}

const uint8_t *vifdb_row_uuid(const struct vifdb_row *row)
{
	return row->uuid;
}

const uint8_t *vifdb_row_version(const struct vifdb_row *row)
{
	return vifdb_uuid(row, "_version");
}

/* The cell of @name and its type; NULL and *ret_type NULL if it is not followed. */
static const struct vdb_datum *cell(const struct vifdb_row *row, const char *name,
				    const struct vdb_type **ret_type)
{
	const struct vdb_column *column = vdb_columns_find(&row->table->columns, name);

	*ret_type = column ? &column->type : NULL;
	return column ? row->cells[column - row->table->columns.v] : NULL;
}

size_t vifdb_size(const struct vifdb_row *row, const char *column)
{
	const struct vdb_type *type;

	return vdb_datum_size(cell(row, column, &type));
}

struct vifdb_atom vifdb_at(const struct vifdb_row *row, const char *column, size_t i)
{
	const struct vdb_type *type;
	const struct vdb_datum *d = cell(row, column, &type);

	return i < vdb_datum_size(d) ? d->atoms[i] : (struct vifdb_atom){ .type = VIFDB_NONE };
}

struct vifdb_atom vifdb_value_at(const struct vifdb_row *row, const char *column, size_t i)
{
	const struct vdb_type *type;
	const struct vdb_datum *d = cell(row, column, &type);

	return i < vdb_datum_size(d) && type->value != VIFDB_NONE ?
	       d->atoms[d->n + i] : (struct vifdb_atom){ .type = VIFDB_NONE };
}

/* The one atom of a column that holds at most one, and is of @type. */
static const struct vifdb_atom *one(const struct vifdb_row *row, const char *column,
				    enum vifdb_type wanted)
{
	const struct vdb_type *type;
	const struct vdb_datum *d = cell(row, column, &type);

	return vdb_datum_size(d) == 1 && type->max == 1 && type->value == VIFDB_NONE &&
	       type->key == wanted ? &d->atoms[0] : NULL;
}

bool vifdb_integer(const struct vifdb_row *row, const char *column, int64_t *ret)
{
	const struct vifdb_atom *atom = one(row, column, VIFDB_INTEGER);

	if (atom)
		*ret = atom->integer;
	return atom;
}

bool vifdb_boolean(const struct vifdb_row *row, const char *column, bool *ret)
{
	const struct vifdb_atom *atom = one(row, column, VIFDB_BOOLEAN);

	if (atom)
		*ret = atom->boolean;
	return atom;
}

const char *vifdb_string(const struct vifdb_row *row, const char *column)
{
	const struct vifdb_atom *atom = one(row, column, VIFDB_STRING);

	return atom ? atom->string : NULL;
}

const uint8_t *vifdb_uuid(const struct vifdb_row *row, const char *column)
{
	const struct vifdb_atom *atom = one(row, column, VIFDB_UUID);

	return atom ? atom->uuid : NULL;
}

const char *vifdb_map_string(const struct vifdb_row *row, const char *column, const char *key)
{
	const struct vdb_type *type;
	const struct vdb_datum *d = cell(row, column, &type);
	size_t low = 0, high = vdb_datum_size(d);

	if (!d || type->key != VIFDB_STRING || type->value != VIFDB_STRING)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(key, d->atoms[middle].string);

		if (!order)
			return d->atoms[d->n + middle].string;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

json_t *vifdb_json(const struct vifdb_row *row, const char *column)
{
	const struct vdb_type *type;
	const struct vdb_datum *d = cell(row, column, &type);

	return type ? vdb_datum_json(d, type) : NULL;
}
