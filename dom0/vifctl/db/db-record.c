// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/db/db-record.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/db/db-value.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/field-text.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

void records_close(struct records *r)
{
	r->db = vifdb_free(r->db);
}

static char *keys_text(const json_t *object)
{
	json_t *names = sorted_keys(object);
	char *text = text_join(names, ", ");

	json_decref(names);
	return text;
}

int records_of(struct vifdb *db, const char *table, struct records *ret)
{
	const json_t *tables = json_object_get(vifdb_schema(db), "tables");
	_cleanup_free_ char *names = NULL;

	if (!json_object_get(tables, table)) {
		names = keys_text(tables);
		return vifctl_fail(VIFCTL_NOT_FOUND, "\"%s\" is none of the tables %s", table, names);
	}
	*ret = (struct records){
		.db = db, .table = table, .schema = json_object_get(tables, table),
		.policy = strcmp(table, "Host") && strcmp(table, "Location") &&
			  strcmp(table, "Handover") && strcmp(table, "Interface") &&
			  strcmp(table, "Global") && strcmp(table, "History") &&
			  strcmp(table, "Trial"),
	};
	return VIFCTL_OK;
}

int records_open(struct vifctl *v, struct records *r)
{
	static const char *const status[] = { "Global", "Host", "Location" };
	const char *tables[ARRAY_SIZE(status) + 2] = { operand(v, 0) };
	struct vifdb *db;
	size_t n = 1;
	int s;

	for (size_t i = 0; i < ARRAY_SIZE(status); i++)
		if (strcmp(status[i], tables[0]))
			tables[n++] = status[i];
	s = database_session(v, tables, &db);
	if (s)
		return s;
	s = records_of(db, operand(v, 0), r);
	if (s)
		vifdb_free(db);
	return s;
}

json_t *record_columns(const struct records *r)
{
	return sorted_keys(json_object_get(r->schema, "columns"));
}

const json_t *record_column(const struct records *r, const char *name)
{
	static json_t *uuid_type;
	json_t *columns = json_object_get(r->schema, "columns");
	const json_t *type = json_object_get(json_object_get(columns, name), "type");
	_cleanup_free_ char *names = NULL;

	if (!strcmp(name, "_uuid") || !strcmp(name, "_version")) {
		if (!uuid_type)
			uuid_type = json_string("uuid");
		return uuid_type;
	}
	if (!type) {
		names = keys_text(columns);
		vifctl_fail(VIFCTL_NOT_FOUND, "\"%s\" is none of %s's columns %s", name, r->table,
			    names);
	}
	return type;
}

/* The values of an index's columns with "/" between. */
static char *index_text(const struct vifdb_row *row, const json_t *columns)
{
	json_t *texts = json_array(), *column;
	char *joined;
	size_t i;

	json_array_foreach(columns, i, column) {
		json_t *value = vifdb_json(row, json_string_value(column));
		_cleanup_free_ char *text = value_format(json_is_array(value) &&
				!strcmp(json_string_value(json_array_get(value, 0)) ?: "", "uuid") ?
				json_array_get(value, 1) : value);

		json_array_append_new(texts, json_string(text));
		json_decref(value);
	}
	joined = text_join(texts, "/");
	json_decref(texts);
	return joined;
}

char *record_name(const struct records *r, const struct vifdb_row *row)
{
	const json_t *index = json_array_get(json_object_get(r->schema, "indexes"), 0);
	char text[UUID_TEXT_LEN + 1];

	if (index)
		return index_text(row, index);
	uuid_format(vifdb_row_uuid(row), text);
	return xprintf("%s", text);
}

int record_find(const struct records *r, const char *word, const struct vifdb_row **ret)
{
	const struct vifdb_row *row, *found = NULL;
	_cleanup_free_ char *safe = NULL;
	json_t *index;
	uint8_t uuid[16];
	size_t i;

	if (!strcmp(word, ".") && vifdb_count(r->db, r->table) == 1) {
		*ret = vifdb_first(r->db, r->table);
		return VIFCTL_OK;
	}
	if (uuid_parse(word, strlen(word), uuid))
		found = vifdb_get(r->db, r->table, uuid);
	for (row = vifdb_first(r->db, r->table); row && !found; row = vifdb_next(row))
		json_array_foreach(json_object_get(r->schema, "indexes"), i, index) {
			_cleanup_free_ char *text = index_text(row, index);

			if (!strcmp(text, word))
				found = row;
		}
	if (!found) {
		safe = safe_text(word);
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s has no record \"%s\"; see vifctl db list %s",
				   r->table, safe, r->table);
	}
	*ret = found;
	return VIFCTL_OK;
}
