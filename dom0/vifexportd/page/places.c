// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifexportd/page/places.h"

/* Old places that are below @count and not taken twice; new ones fill what is left. */
static json_t *fill(const json_t *old, const json_t *keys, size_t room)
{
	_cleanup_free_ bool *taken = xzalloc(room * sizeof(*taken) + 1);
	json_t *places = json_object();
	const json_t *key, *place;
	size_t i, next = 0;

	json_array_foreach(keys, i, key) {
		place = json_object_get(old, json_string_value(key));
		if (!place)
			continue;
		json_object_set(places, json_string_value(key), (json_t *)place);
		taken[json_integer_value(place)] = true;
	}
	json_array_foreach(keys, i, key) {
		if (json_object_get(places, json_string_value(key)))
			continue;
		while (taken[next])
			next++;
		taken[next] = true;
		json_object_set_new(places, json_string_value(key), json_integer((json_int_t)next));
	}
	return places;
}

/* One more than the last place, so that all old ones and new ones find room. */
static size_t room_of(const json_t *old, const json_t *keys)
{
	size_t room = json_array_size(keys);
	const json_t *place;
	const char *key;

	json_object_foreach((json_t *)old, key, place)
		if ((size_t)json_integer_value(place) >= room)
			room = (size_t)json_integer_value(place) + 1;
	return room + json_array_size(keys);
}

json_t *places_take(struct places *p, const char *group, const json_t *keys)
{
	const json_t *old, *key;
	json_t *now, *list = json_array();
	size_t i;

	if (!p->of)
		p->of = json_object();
	old = json_object_get(p->of, group);
	now = fill(old, keys, room_of(old, keys));
	json_array_foreach(keys, i, key)
		json_array_append(list, json_object_get(now, json_string_value(key)));
	json_object_set_new(p->of, group, now);
	return list;
}

void places_keep(struct places *p, const json_t *groups)
{
	json_t *kept = json_object();
	const json_t *group;
	size_t i;

	json_array_foreach(groups, i, group) {
		json_t *places = json_object_get(p->of, json_string_value(group));

		if (places)
			json_object_set(kept, json_string_value(group), places);
	}
	json_decref(p->of);
	p->of = kept;
}

void places_deinit(struct places *p)
{
	json_decref(p->of);
	p->of = NULL;
}
