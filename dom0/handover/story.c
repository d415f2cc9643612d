// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "handover/story.h"

/* Numbers of a story by their names in JSON. */
static const struct {
	const char *of, *name;
	size_t place;
} numbers[] = {
#define NUMBER(of, name, member)	{ of, name, offsetof(struct handover_story, member) }
	NUMBER("connections", "taken", sessions.taken),
	NUMBER("connections", "known", sessions.known),
	NUMBER("connections", "refused", sessions.refused),
	NUMBER("connections", "no_room", sessions.excess),
	NUMBER("connections", "left", sessions_left),
	NUMBER("addresses", "taken", addresses),
	NUMBER("addresses", "refused", addresses_refused),
	NUMBER("addresses", "left", addresses_left),
	NUMBER("rules", "taken", hits),
	NUMBER("rules", "refused", hits_refused),
	NUMBER("rules", "left", hits_left),
#undef NUMBER
};

static uint64_t *number_at(struct handover_story *story, size_t i)
{
	return (uint64_t *)((char *)story + numbers[i].place);
}

json_t *handover_story_json(const struct handover_story *story)
{
	struct handover_story copy = *story;
	json_t *ret;

	if (!story->from[0])
		return json_null();
	ret = json_pack("{s:o, s:o, s:o, s:b, s:{}, s:{}, s:{}, s:o}", "from", json_text(story->from),
			"offered", json_number((uint64_t)story->offered),
			"taken", json_number((uint64_t)story->taken),
			"counters", story->counters, "connections", "addresses", "rules",
			"problem", story->problem[0] ? json_text(story->problem) : json_null());
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_set_new(json_object_get(ret, numbers[i].of), numbers[i].name,
				    json_integer((json_int_t)*number_at(&copy, i)));
	return ret;
}

static uint64_t number_of(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

static void text_of(const json_t *object, const char *name, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	snprintf(ret, size, "%s", text ? text : "");
}

void handover_story_read(const char *text, struct handover_story *ret)
{
	_cleanup_(json_decrefp) json_t *told = json_loads(text, 0, NULL);

	*ret = (struct handover_story){};
	text_of(told, "from", ret->from, sizeof(ret->from));
	text_of(told, "problem", ret->problem, sizeof(ret->problem));
	ret->offered = (int64_t)number_of(told, "offered");
	ret->taken = (int64_t)number_of(told, "taken");
	ret->counters = json_is_true(json_object_get(told, "counters"));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*number_at(ret, i) = number_of(json_object_get(told, numbers[i].of),
					       numbers[i].name);
}
