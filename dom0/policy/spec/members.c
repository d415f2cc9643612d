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

json_t *spec_members(void)
{
	json_t *required = json_array(), *properties = json_object();

	add_members(&object_kinds[OBJECT_PORT], required, properties);
	add_members(&object_kinds[OBJECT_QOS], required, properties);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}",
			 "$schema", "https://json-schema.org/draft/2020-12/schema",
			 "$comment", "SPDX-License-Identifier: GPL-2.0-or-later",
			 "type", "object",
			 "description", "Limits and marks of a port that are a number or words.",
			 "required", required, "properties", properties);
}
