// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-oam.h"

#include <string.h>

/* Of one link; false: it has no such sample. */
typedef bool (*value_fn)(const json_t *link, json_int_t *ret);

static void of_links(struct out *o, value_fn value)
{
	const json_t *link;
	json_int_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(o->oam, "links"), i, link) {
		if (!value(link, &n))
			continue;
		sample_begin(o);
		sample_label(o, "uplink", json_text_of(link, "uplink"), true);
		sample_label(o, "link", json_text_of(link, "netdev"), false);
		sample_end(o, true, n);
	}
}

/* A number of what that protocol does, where it is on and known. */
static bool number_of(const json_t *link, const char *protocol, const char *key, json_int_t *ret)
{
	const json_t *n = json_object_get(json_object_get(link, protocol), key);

	*ret = json_integer_value(n);
	return json_is_integer(n);
}

static bool length_of(const json_t *link, const char *protocol, const char *key, json_int_t *ret)
{
	const json_t *list = json_object_get(json_object_get(link, protocol), key);

	*ret = (json_int_t)json_array_size(list);
	return json_is_array(list);
}

static bool unwatched(const json_t *link, json_int_t *ret)
{
	*ret = json_is_string(json_object_get(link, "error"));
	return json_is_true(json_object_get(link, "asked_for"));
}

static bool faults(const json_t *link, json_int_t *ret)
{
	return length_of(link, "cfm", "faults", ret);
}

static bool flaps_of_cfm(const json_t *link, json_int_t *ret)
{
	return number_of(link, "cfm", "flaps", ret);
}

static bool health(const json_t *link, json_int_t *ret)
{
	return number_of(link, "cfm", "health", ret);
}

static bool up(const json_t *link, json_int_t *ret)
{
	const char *state = json_text_of(json_object_get(link, "bfd"), "state");

	*ret = state && strcmp(state, "up") == 0;
	return state;
}

static bool flaps_of_bfd(const json_t *link, json_int_t *ret)
{
	return number_of(link, "bfd", "flaps", ret);
}

static bool neighbours(const json_t *link, json_int_t *ret)
{
	return length_of(link, "lldp", "neighbours", ret);
}

FAMILY(link_unwatched, of_links, unwatched)
FAMILY(cfm_faults, of_links, faults)
FAMILY(cfm_flaps, of_links, flaps_of_cfm)
FAMILY(cfm_health, of_links, health)
FAMILY(bfd_up, of_links, up)
FAMILY(bfd_flaps, of_links, flaps_of_bfd)
FAMILY(lldp_neighbours, of_links, neighbours)
