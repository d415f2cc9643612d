// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-offload.h"

#include <string.h>

static void of_ports(struct out *o, json_int_t (*value)(const json_t *offload))
{
	const json_t *port, *offload;
	size_t i;

	json_array_foreach(json_object_get(o->show, "ports"), i, port) {
		offload = json_object_get(port, "offload");
		if (!json_is_object(offload))
			continue;
		sample_begin(o);
		sample_label(o, "netdev", json_text_of(port, "netdev"), true);
		sample_label(o, "switch", json_text_of(port, "switch"), false);
		sample_end(o, true, value(offload));
	}
}

static json_int_t rules(const json_t *offload)
{
	return sample_number(offload, "rules", NULL);
}

static json_int_t refused(const json_t *offload)
{
	return json_is_true(json_object_get(offload, "refused"));
}

FAMILY(offload_rules, of_ports, rules)
FAMILY(offload_refused, of_ports, refused)

/* Ports of @sw that are asked for rules, and of these those that have some. */
static bool count(const struct out *o, const json_t *sw, json_int_t *ret)
{
	const char *name = json_text_of(sw, "name");
	const json_t *port;
	bool asked = false;
	size_t i;

	*ret = 0;
	json_array_foreach(json_object_get(o->show, "ports"), i, port) {
		const json_t *offload = json_object_get(port, "offload");
		const char *of = json_text_of(port, "switch");

		if (!json_is_object(offload) || !of || !name || strcmp(of, name))
			continue;
		asked = true;
		*ret += rules(offload) > 0;
	}
	return asked;
}

void offload_ports(struct out *o)
{
	const json_t *sw;
	json_int_t n;
	size_t i;

	json_array_foreach(json_object_get(o->show, "switches"), i, sw) {
		if (!count(o, sw, &n))
			continue;
		sample_begin(o);
		sample_label(o, "switch", json_text_of(sw, "name"), true);
		sample_end(o, true, n);
	}
}
