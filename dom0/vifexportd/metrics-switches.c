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

/* Of those switches that have @part: others do not do what it tells of. */
static void of_part(struct out *o, const char *part, const char *member)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw)
		if (json_is_object(json_object_get(sw, part)))
			sample(o, sw, sample_number(sw, part, member));
}

void switch_members(struct out *o)
{
	of_part(o, "multicast", "members");
}
void switch_refused(struct out *o)
{
	of_part(o, "multicast", "refused");
}
void switch_passed_over(struct out *o)
{
	of_part(o, "multicast", "passed_over");
}
void switch_loops(struct out *o)
{
	of_part(o, "loops", "found");
}
void switch_flows(struct out *o)
{
	of_part(o, "flows", "now");
}
void switch_masks(struct out *o)
{
	of_part(o, "flows", "masks");
}
void switch_misses(struct out *o)
{
	of_part(o, "flows", "misses");
}
void switch_lost(struct out *o)
{
	of_part(o, "flows", "lost");
}
