// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/program-json.h"
#include "policy/spec/spec.h"

static json_t *member_schema(const struct field *f)
{
	const struct column *column = &f->columns[0];
	json_t *words = json_array();

	if (f->type == FIELD_NUMBER) {
		json_decref(words);
		return json_pack("{s:[s, s], s:I, s:I, s:s}", "type", "integer", "null",
				 "minimum", (json_int_t)column->min,
				 "maximum", (json_int_t)column->max, "description", column->doc);
	}
	for (const struct word *w = column->words; w->word; w++)
		json_array_append_new(words, json_string(w->word));
	return json_pack("{s:s, s:{s:o}, s:s}", "type", "array", "items", "enum", words,
			 "description", column->doc);
}

static void add_members(const struct kind *kind, json_t *required, json_t *properties)
{
	kind_for_each_field(kind, f) {
		const char *member = field_member(f);

		if (!member || f->show || json_object_get(properties, member))
			continue;
		json_array_append_new(required, json_string(member));
		json_object_set_new(properties, member, member_schema(f));
	}
}

/* As a file of policy has it: words for people, one or a list of them. */
static json_t *value_schema(const struct field *f)
{
	if (f->type == FIELD_MAP)
		return json_pack("{s:s, s:{s:s}}", "type", "object",
				 "additionalProperties", "type", "string");
	return json_pack("{s:[{s:s}, {s:s, s:{s:s}}]}", "anyOf", "type", "string",
			 "type", "array", "items", "type", "string");
}

static json_t *object_schema(const struct kind *kind)
{
	json_t *required = json_array(), *properties = json_object();

	if (kind->id == OBJECT_PORT) {
		json_object_set_new(properties, "vm", json_pack("{s:s}", "type", "string"));
		json_object_set_new(properties, "devid", json_pack("{s:s}", "type", "integer"));
		json_array_append_new(required, json_string("devid"));
	}
	json_array_append_new(required, json_string(kind->id == OBJECT_PORT ? "vm" : kind->key));
	kind_for_each_field(kind, f)
		json_object_set_new(properties, f->name, value_schema(f));
	if (kind->key && !json_object_get(properties, kind->key) && kind->id != OBJECT_PORT)
		json_object_set_new(properties, kind->key, json_pack("{s:s}", "type", "string"));
	if (kind->id == OBJECT_ACL)
		json_object_set_new(properties, "rules", json_pack(
			"{s:s, s:{s:s}}", "type", "array", "items", "$ref", "#/$defs/rule"));
	return json_pack("{s:s, s:o, s:o}", "type", "object", "required", required,
			 "properties", properties);
}

/* A file of policy: a list of each kind of object. */
static json_t *file_schema(void)
{
	json_t *properties = json_object();

	for (int k = 0; k < OBJECT_KINDS; k++)
		json_object_set_new(properties, object_kinds[k].plural, json_pack(
			"{s:s, s:{s:o, s:s}}", "type", "array", "items",
			"$ref", json_sprintf("policy.json#/$defs/%s", object_kinds[k].noun),
			"title", "OBJECT"));
	return json_pack("{s:s, s:[], s:o}", "type", "object", "required", "properties", properties);
}

static json_t *definitions(void)
{
	json_t *all = json_object();

	for (int k = 0; k < OBJECT_KINDS_ALL; k++)
		json_object_set_new(all, object_kinds[k].noun, object_schema(&object_kinds[k]));
	json_object_set_new(all, "file", file_schema());
	return all;
}

json_t *spec_members(void)
{
	json_t *required = json_array(), *properties = json_object();

	add_members(&object_kinds[OBJECT_PORT], required, properties);
	add_members(&object_kinds[OBJECT_QOS], required, properties);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}",
			 "$schema", "https://json-schema.org/draft/2020-12/schema",
			 "$comment", "SPDX-License-Identifier: GPL-2.0-or-later",
			 "type", "object",
			 "description", "Limits and marks of a port that are a number or words.",
			 "required", required, "properties", properties,
			 "$defs", definitions());
}
