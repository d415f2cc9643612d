// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-switches.h"

#include <string.h>

static void sample(struct out *o, const json_t *sw, json_int_t value)
{
	sample_begin(o);
	sample_label(o, "switch", json_text_of(sw, "name"), true);
	sample_end(o, true, value);
}

void switch_up(struct out *o)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw) {
		const char *state = json_text_of(sw, "state");

		sample(o, sw, state && strcmp(state, "up") == 0);
	}
}

void switch_addresses(struct out *o)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw)
		sample(o, sw, sample_number(sw, "fdb", NULL));
}

void switch_errors(struct out *o)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw)
		sample(o, sw, (json_int_t)json_array_size(json_object_get(sw, "uplink_errors")) +
			      json_is_string(json_object_get(sw, "error")));
}

static void multicast(struct out *o, const char *key)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw)
		if (json_is_object(json_object_get(sw, "multicast")))
			sample(o, sw, sample_number(sw, "multicast", key));
}

void switch_members(struct out *o)
{
	multicast(o, "members");
}

void switch_refused(struct out *o)
{
	multicast(o, "refused");
}

void switch_passed_over(struct out *o)
{
	multicast(o, "passed_over");
}
