// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-switches.h"

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

	json_array_foreach(json_object_get(o->show, "switches"), i, sw)
		sample(o, sw, sample_is(sw, "state", "up"));
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

FAMILY(switch_members, of_part, "multicast", "members")
FAMILY(switch_refused, of_part, "multicast", "refused")
FAMILY(switch_passed_over, of_part, "multicast", "passed_over")
FAMILY(switch_loops, of_part, "loops", "found")
FAMILY(switch_flows, of_part, "flows", "now")
FAMILY(switch_masks, of_part, "flows", "masks")
FAMILY(switch_misses, of_part, "flows", "misses")
FAMILY(switch_lost, of_part, "flows", "lost")
