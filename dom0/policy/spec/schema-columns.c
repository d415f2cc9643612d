// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/spec/spec.h"

static json_t *words_json(const struct word *words)
{
	json_t *list = json_array();

	for (; words->word; words++)
		json_array_append_new(list, json_string(words->word));
	return json_pack("[s, o]", "set", list);
}

static json_t *integer_json(const struct column *column)
{
	return json_pack("{s:s, s:I, s:I}", "type", "integer",
			 "minInteger", (json_int_t)column->min, "maxInteger", (json_int_t)column->max);
}

static json_t *string_json(const struct column *column)
{
	if (column->words)
		return json_pack("{s:s, s:o}", "type", "string", "enum", words_json(column->words));
	return json_pack("{s:s, s:I, s:I}", "type", "string",
			 "minLength", (json_int_t)column->min, "maxLength", (json_int_t)column->max);
}

static json_t *reference_json(const struct column *column)
{
	return json_pack("{s:s, s:s}", "type", "uuid", "refTable", column->refers);
}

/* What one element of it is, or one key. */
static json_t *key_json(const struct column *column)
{
	switch (column->type) {
	case COLUMN_INTEGER:
	case COLUMN_INTEGERS:
	case COLUMN_RANGES:
	case COLUMN_ORDERED:
		return integer_json(column);
	case COLUMN_STRING:
	case COLUMN_STRINGS:
		return string_json(column);
	case COLUMN_REFERENCE:
	case COLUMN_REFERENCES:
		return reference_json(column);
	case COLUMN_UUID:
	case COLUMN_UUIDS:
		return json_string("uuid");
	case COLUMN_BOOLEAN:
		return json_string("boolean");
	case COLUMN_MAP:
	case COLUMN_NONE:
		break;
	}
	return json_string("string");
}

static json_t *type_json(const struct field *f, const struct column *column)
{
	json_t *type = json_pack("{s:o}", "key", key_json(column));

	if (column->type == COLUMN_MAP || column->type == COLUMN_RANGES)
		json_object_set_new(type, "value", key_json(column));
	if (column->type == COLUMN_ORDERED)
		json_object_set_new(type, "value", reference_json(column));
	if (column->always || (f->required && !column->most))
		return type;
	json_object_set_new(type, "min", json_integer(f->required));
	json_object_set_new(type, "max", json_integer(column->most ? column->most : 1));
	return type;
}

static void spec_columns(const struct kind *kind, json_t *columns)
{
	kind_for_each_field(kind, f)
		field_for_each_column(f, column)
			json_object_set_new(columns, column->name, json_pack(
				"{s:o, s:s}", "type", type_json(f, column), "doc", column->doc));
}

/* History.tables: whose changes the database server keeps. */
static void spec_history(json_t *schema)
{
	json_t *history = json_object_get(json_object_get(schema, "tables"), "History"),
	       *column = json_object_get(json_object_get(history, "columns"), "tables"),
	       *key = json_object_get(json_object_get(column, "type"), "key"),
	       *names = json_array();

	for (int k = 0; k < OBJECT_KINDS_ALL; k++)
		json_array_append_new(names, json_string(object_kinds[k].table));
	json_object_set_new(key, "enum", json_pack("[s, o]", "set", names));
}

void spec_schema(json_t *schema)
{
	json_object_set_new(schema, "version", json_string(policy_schema_version));
	for (int k = 0; k < OBJECT_KINDS_ALL; k++) {
		const struct kind *kind = &object_kinds[k];
		json_t *table = json_object_get(json_object_get(schema, "tables"), kind->table);

		spec_columns(kind, json_object_get(table, "columns"));
	}
	spec_history(schema);
}
