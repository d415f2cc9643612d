// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/fields.h"
#include "policy/program-json.h"

#define HEADER		offsetof(struct vif_policy, program.header)

/* Whose fields make a VIF's policy. */
static const enum object_kind of_vifs[] = { OBJECT_PORT, OBJECT_QOS };

static bool is_in_program(const struct field *f)
{
	return f->size && f->place - HEADER < sizeof(struct vifswitch_program);
}

const char *field_member(const struct field *f)
{
	if (f->told_by || (!f->show && !is_in_program(f)))
		return NULL;
	return f->member ? f->member : f->columns[0].name;
}

const struct field *field_of_member(const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_vifs); i++)
		kind_for_each_field(&object_kinds[of_vifs[i]], f) {
			const char *its = field_member(f);

			if (its && !f->show && strcmp(its, member) == 0)
				return f;
		}
	return NULL;
}

static uint64_t number_of(const struct field *f, const struct program_parts *parts)
{
	const char *at = (const char *)&parts->header + (f->place - HEADER);

	switch (f->size) {
	case sizeof(uint64_t):
		return *(const uint64_t *)at;
	case sizeof(uint32_t):
		return *(const uint32_t *)at;
	case sizeof(uint16_t):
		return *(const uint16_t *)at;
	default:
		return *(const uint8_t *)at;
	}
}

static json_t *words_json(const struct field *f, uint64_t values)
{
	json_t *list = json_array();

	for (const struct word *w = f->columns[0].words; w->word; w++)
		if (values & w->value)
			json_array_append_new(list, json_string(w->word));
	return list;
}

static json_t *member_json(const struct field *f, const struct program_parts *parts)
{
	uint64_t n;

	if (f->show)
		return f->show(parts);
	n = number_of(f, parts);
	if (f->type == FIELD_WORDS)
		return words_json(f, n);
	return n == f->none ? json_null() : json_integer((json_int_t)n);
}

void program_json(json_t *port, const struct program_parts *parts)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_vifs); i++)
		kind_for_each_field(&object_kinds[of_vifs[i]], f) {
			const char *member = field_member(f);

			if (member && !json_object_get(port, member))
				json_object_set_new(port, member, member_json(f, parts));
		}
}

char *field_member_text(const struct field *f, const json_t *value)
{
	char *text = NULL, *longer;
	json_t *word;
	size_t i;

	if (json_is_integer(value))
		return unit_format(f->unit, json_integer_value(value));
	json_array_foreach(value, i, word) {
		longer = xprintf("%s%s%s", text ? text : "", text ? ", " : "",
				 json_string_value(word));
		free(text);
		text = longer;
	}
	return text;
}
