// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-flows.h"

/* Other switches have none. */
static void of_switches(struct out *o, const char *member)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw) {
		if (!json_is_object(json_object_get(sw, "flows")))
			continue;
		sample_begin(o);
		sample_label(o, "switch", json_text_of(sw, "name"), true);
		sample_end(o, true, sample_number(sw, "flows", member));
	}
}

void switch_flows(struct out *o)
{
	of_switches(o, "now");
}

void switch_masks(struct out *o)
{
	of_switches(o, "masks");
}

void switch_misses(struct out *o)
{
	of_switches(o, "misses");
}

void switch_lost(struct out *o)
{
	of_switches(o, "lost");
}
