// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "ovs/ovs-cell.h"

static int compare(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;

	if (json_typeof(x) != json_typeof(y))
		return json_typeof(x) < json_typeof(y) ? -1 : 1;
	if (json_is_string(x))
		return strcmp(json_string_value(x), json_string_value(y));
	if (json_integer_value(x) != json_integer_value(y))
		return json_integer_value(x) < json_integer_value(y) ? -1 : 1;
	return 0;
}

static json_t **sorted(const json_t *array, size_t count)
{
	json_t **all = xmalloc((count + 1) * sizeof(json_t *));

	for (size_t i = 0; i < count; i++)
		all[i] = json_array_get(array, i);
	qsort(all, count, sizeof(json_t *), compare);
	return all;
}

static size_t size(const json_t *cell)
{
	return json_is_object(cell) ? json_object_size(cell) : json_array_size(cell);
}

bool cell_equal(const json_t *a, const json_t *b)
{
	size_t count = size(a);
	_cleanup_free_ json_t **x = NULL, **y = NULL;

	if (count != size(b))
		return false;
	if (count == 0 || json_is_object(a) || json_is_object(b))
		return count == 0 || json_equal(a, b);
	x = sorted(a, count);
	y = sorted(b, count);
	for (size_t i = 0; i < count; i++)
		if (!json_equal(x[i], y[i]))
			return false;
	return true;
}

static json_t *atom_wire(json_t *atom, bool is_uuid)
{
	return is_uuid ? json_pack("[s, O]", "uuid", atom) : json_incref(atom);
}

json_t *cell_wire(const json_t *cell, bool is_uuid)
{
	json_t *all = json_array(), *value;
	const char *key;

	if (json_is_object(cell)) {
		json_object_foreach((json_t *)cell, key, value)
			json_array_append_new(all, json_pack("[s, O]", key, value));
		return json_pack("[s, o]", "map", all);
	}
	for (size_t i = 0; i < json_array_size(cell); i++)
		json_array_append_new(all, atom_wire(json_array_get(cell, i), is_uuid));
	if (json_array_size(all) != 1)
		return json_pack("[s, o]", "set", all);
	value = json_incref(json_array_get(all, 0));
	json_decref(all);
	return value;
}

static json_t *where(const char *uuid)
{
	return json_pack("[[s, s, [s, s]]]", "_uuid", "==", "uuid", uuid);
}

static void wait_for(json_t *operations, const char *table, const char *uuid, const char *version)
{
	if (version)
		json_array_append_new(operations,
			json_pack("{s:s, s:s, s:i, s:o, s:[s], s:s, s:[{s:[s, s]}]}", "op", "wait",
				  "table", table, "timeout", 0, "where", where(uuid), "columns",
				  "_version", "until", "==", "rows", "_version", "uuid", version));
}

void operation_insert(json_t *operations, const char *table, json_t *row)
{
	json_array_append_new(operations,
		json_pack("{s:s, s:s, s:o}", "op", "insert", "table", table, "row", row));
}

void operation_update(json_t *operations, const char *table, const char *uuid,
		      const char *version, json_t *row)
{
	wait_for(operations, table, uuid, version);
	json_array_append_new(operations,
		json_pack("{s:s, s:s, s:o, s:o}", "op", "update", "table", table, "where",
			  where(uuid), "row", row));
}

void operation_delete(json_t *operations, const char *table, const char *uuid,
		      const char *version)
{
	wait_for(operations, table, uuid, version);
	json_array_append_new(operations,
		json_pack("{s:s, s:s, s:o}", "op", "delete", "table", table, "where", where(uuid)));
}
