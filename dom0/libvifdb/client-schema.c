// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/client-schema.h"
#include "libvifdb/client-state.h"

static enum vifdb_type base_type(const json_t *json)
{
	static const char *const names[] = {
		[VIFDB_INTEGER] = "integer", [VIFDB_REAL] = "real", [VIFDB_BOOLEAN] = "boolean",
		[VIFDB_STRING] = "string", [VIFDB_UUID] = "uuid",
	};
	const char *name = json_string_value(json_is_object(json) ? json_object_get(json, "type") : json);

	for (enum vifdb_type type = VIFDB_INTEGER; name && type <= VIFDB_UUID; type++)
		if (!strcmp(name, names[type]))
			return type;
	return VIFDB_NONE;
}

int vdb_type_parse(const json_t *json, struct vdb_type *ret)
{
	const json_t *value = json_object_get(json, "value"), *min = json_object_get(json, "min"),
		     *max = json_object_get(json, "max");
	struct vdb_type type = {
		.key = base_type(json_is_object(json) ? json_object_get(json, "key") : json),
		.value = base_type(value), .min = 1, .max = 1,
	};
	const char *text = json_string_value(max);

	if (type.key == VIFDB_NONE || (value && type.value == VIFDB_NONE))
		return -EINVAL;
	if (min) {
		if (!json_is_integer(min) || json_integer_value(min) < 0 ||
		    json_integer_value(min) > 1)
			return -EINVAL;
		type.min = json_integer_value(min);
	}
	if (text && !strcmp(text, "unlimited"))
		type.max = SIZE_MAX;
	else if (max && (!json_is_integer(max) || json_integer_value(max) < 1))
		return -EINVAL;
	else if (max)
		type.max = json_integer_value(max);
	*ret = type;
	return 0;
}

static int columns_add(struct vdb_columns *columns, const char *name, const struct vdb_type *type)
{
	struct vdb_column *column = &columns->v[columns->n];

	*column = (struct vdb_column){ .type = *type };
	if (vdb_datum_default(type, &column->fallback) < 0)
		return -ENOMEM;
	column->name = strdup(name);
	if (!column->name) {
		free(column->fallback);
		return -ENOMEM;
	}
	columns->n++;
	return 0;
}

static int columns_add_json(struct vdb_columns *columns, const struct vdb_table *table,
			    const char *name, const json_t *json)
{
	struct vdb_type type;

	if (vdb_type_parse(json_object_get(json, "type"), &type) < 0) {
		vdb_fail(table->db, "the server's schema: table \"%s\", column \"%s\": no type",
			 table->name, name);
		return -EPROTO;
	}
	return columns_add(columns, name, &type);
}

static int column_compare(const void *a, const void *b)
{
	return strcmp(((const struct vdb_column *)a)->name, ((const struct vdb_column *)b)->name);
}

static bool columns_have(const struct vdb_columns *columns, const char *name)
{
	for (size_t i = 0; i < columns->n; i++)
		if (!strcmp(columns->v[i].name, name))
			return true;
	return false;
}

/* One more thing that the server does not have. */
static void leave_out(struct vdb_table *table, const char *column)
{
	struct vifdb *db = table->db;
	char *text;

	if (asprintf(&text, "%s%s\"%s%s%s\"", db->missing ? db->missing : "",
		     db->missing ? ", " : "", table->name, column ? "." : "",
		     column ? column : "") < 0)
		return;
	free(db->missing);
	db->missing = text;
}

/* Those of @json that @table wants, and _version. */
static int columns_parse(struct vdb_table *table, json_t *json, struct vdb_columns *ret)
{
	static const struct vdb_type version = { VIFDB_UUID, VIFDB_NONE, 1, 1 };
	size_t n = json_object_size(json) + table->n_wanted + 1;
	const char *name;
	json_t *column;
	int r = 0;

	ret->v = calloc(n, sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	if (!table->wanted) {
		r = columns_add(ret, "_version", &version);
		json_object_foreach(json, name, column)
			if (!r && !columns_have(ret, name))
				r = columns_add_json(ret, table, name, column);
	}
	for (size_t i = 0; i < table->n_wanted && !r; i++) {
		name = table->wanted[i];
		column = json_object_get(json, name);
		/* Every row has its _uuid. */
		if (columns_have(ret, name) || !strcmp(name, "_uuid"))
			continue;
		if (column)
			r = columns_add_json(ret, table, name, column);
		else if (!strcmp(name, "_version"))
			r = columns_add(ret, name, &version);
		else
			leave_out(table, name);
	}
	qsort(ret->v, ret->n, sizeof(*ret->v), column_compare);
	return r;
}

static int table_apply(struct vdb_table *table, json_t *json)
{
	struct vdb_columns columns = {};
	bool was_present = table->present;
	json_t *list = json_object_get(json, "columns");
	int r;

	table->present = json;
	if (!json) {
		leave_out(table, NULL);
		return was_present;
	}
	if (!json_is_object(list)) {
		vdb_fail(table->db, "the server's schema: table \"%s\" has no columns", table->name);
		return -EPROTO;
	}
	r = columns_parse(table, list, &columns);
	if (r >= 0)
		r = vdb_table_set_columns(table, &columns);
	vdb_columns_free(&columns);
	return r < 0 ? r : r || !was_present;
}

int vdb_schema_apply(struct vifdb *db, const json_t *schema)
{
	json_t *tables = json_object_get(schema, "tables");
	int changed = 0;

	if (!json_is_object(tables)) {
		vdb_fail(db, "the server's answer to get_schema is no schema");
		return -EPROTO;
	}
	for (size_t i = 0; i < db->n_tables; i++) {
		int r = table_apply(db->tables[i], json_object_get(tables, db->tables[i]->name));

		if (r < 0) {
			free(db->missing);
			db->missing = NULL;
			return r;
		}
		changed |= r;
	}
	if (db->missing)
		vdb_fail(db, "left out, because the server's schema does not have it: %s", db->missing);
	free(db->missing);
	db->missing = NULL;
	return changed;
}
