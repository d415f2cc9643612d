// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "vifovsd/db-view.h"

int db_view_open(const char *remote, const char *database, const char *what,
		 const char *const *tables, int patience_ms, struct vifdb **ret)
{
	struct vifdb *db = NULL;
	int r = vifdb_new(remote, database, &db);

	for (const char *const *t = tables; *t && r >= 0; t++)
		r = vifdb_follow(db, *t, NULL);
	if (r >= 0)
		r = vifdb_wait_ready(db, patience_ms);
	if (r < 0) {
		log_error("%s: %s", what, db ? vifdb_error(db) : strerror(-r));
		vifdb_free(db);
		return r;
	}
	*ret = db;
	return 0;
}

static json_t *atom_json(const struct vifdb_atom *atom)
{
	char text[37];

	switch (atom->type) {
	case VIFDB_INTEGER:
		return json_integer(atom->integer);
	case VIFDB_REAL:
		return json_real(atom->real);
	case VIFDB_BOOLEAN:
		return json_boolean(atom->boolean);
	case VIFDB_STRING:
		return json_string(atom->string);
	case VIFDB_UUID:
		vifdb_uuid_format(atom->uuid, text);
		return json_string(text);
	case VIFDB_NONE:
		break;
	}
	return json_null();
}

/* Keys of maps are strings in JSON. */
static void add_pair(json_t *map, const struct vifdb_atom *key, const struct vifdb_atom *value)
{
	json_t *name = atom_json(key);
	char number[24];

	if (json_is_string(name)) {
		json_object_set_new(map, json_string_value(name), atom_json(value));
	} else {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(name));
		json_object_set_new(map, number, atom_json(value));
	}
	json_decref(name);
}

static json_t *cell(const struct vifdb_row *row, const char *column)
{
	size_t n = vifdb_size(row, column);
	json_t *set = json_array(), *map = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct vifdb_atom key = vifdb_at(row, column, i);
		const struct vifdb_atom value = vifdb_value_at(row, column, i);

		if (value.type == VIFDB_NONE) {
			json_array_append_new(set, atom_json(&key));
			continue;
		}
		map = map ?: json_object();
		add_pair(map, &key, &value);
	}
	if (!map)
		return set;
	json_decref(set);
	return map;
}

json_t *db_view_row(const struct vifdb *db, const struct vifdb_row *row)
{
	const json_t *tables = json_object_get(vifdb_schema(db), "tables");
	const json_t *table = json_object_get(tables, vifdb_row_table(row));
	json_t *ret = json_object(), *unused;
	const uint8_t *version = vifdb_row_version(row);
	const char *column;
	char text[37];

	json_object_foreach(json_object_get(table, "columns"), column, unused)
		json_object_set_new(ret, column, cell(row, column));
	if (version) {
		vifdb_uuid_format(version, text);
		json_object_set_new(ret, "_version", json_pack("[s]", text));
	}
	return ret;
}

json_t *db_view(const struct vifdb *db, const char *const *tables,
		bool (*keep)(const struct vifdb_row *row, void *arg), void *arg)
{
	json_t *all = json_object(), *rows;
	const struct vifdb_row *row;
	char uuid[37];

	for (; *tables; tables++) {
		rows = json_object();
		for (row = vifdb_first(db, *tables); row; row = vifdb_next(row)) {
			if (keep && !keep(row, arg))
				continue;
			vifdb_uuid_format(vifdb_row_uuid(row), uuid);
			json_object_set_new(rows, uuid, db_view_row(db, row));
		}
		json_object_set_new(all, *tables, rows);
	}
	return all;
}
