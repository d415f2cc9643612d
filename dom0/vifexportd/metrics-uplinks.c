// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-uplinks.h"

/* Of all of them; false: it has no such sample. */
static void of_uplinks(struct out *o, bool (*value)(const json_t *uplink, json_int_t *ret))
{
	const json_t *uplink;
	json_int_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(o->uplinks, "uplinks"), i, uplink) {
		if (!value(uplink, &n))
			continue;
		sample_begin(o);
		sample_label(o, "uplink", json_text_of(uplink, "uplink"), true);
		sample_label(o, "switch", json_text_of(uplink, "switch"), false);
		sample_end(o, true, n);
	}
}

static void of_members(struct out *o, json_int_t (*value)(const json_t *member))
{
	const json_t *uplink, *member;
	size_t i, j;

	json_array_foreach(json_object_get(o->uplinks, "uplinks"), i, uplink)
		json_array_foreach(json_object_get(uplink, "members"), j, member) {
			sample_begin(o);
			sample_label(o, "uplink", json_text_of(uplink, "uplink"), true);
			sample_label(o, "member", json_text_of(member, "netdev"), false);
			sample_end(o, true, value(member));
		}
}

static bool up(const json_t *uplink, json_int_t *ret)
{
	*ret = sample_is(uplink, "state", "up");
	return true;
}

static bool failovers(const json_t *uplink, json_int_t *ret)
{
	*ret = sample_number(uplink, "failovers", NULL);
	return json_is_true(json_object_get(uplink, "bond"));
}

static bool looped(const json_t *uplink, json_int_t *ret)
{
	*ret = json_is_true(json_object_get(json_object_get(uplink, "loop"), "closed"));
	return true;
}

static bool partner(const json_t *uplink, json_int_t *ret)
{
	const json_t *lacp = json_object_get(uplink, "lacp");

	*ret = json_is_string(json_object_get(lacp, "partner"));
	return json_is_object(lacp);
}

static bool aggregated(const json_t *uplink, json_int_t *ret)
{
	*ret = sample_number(uplink, "lacp", "aggregated");
	return json_is_object(json_object_get(uplink, "lacp"));
}

static json_int_t carries(const json_t *member)
{
	return sample_is(member, "state", "active") || sample_is(member, "state", "backup");
}

static json_int_t flaps(const json_t *member)
{
	return sample_number(member, "flaps", NULL);
}

static json_int_t received(const json_t *member)
{
	return sample_number(member, "counters", "rx_bytes");
}

static json_int_t sent(const json_t *member)
{
	return sample_number(member, "counters", "tx_bytes");
}

FAMILY(uplink_up, of_uplinks, up)
FAMILY(uplink_failovers, of_uplinks, failovers)
FAMILY(uplink_looped, of_uplinks, looped)
FAMILY(uplink_partner, of_uplinks, partner)
FAMILY(uplink_aggregated, of_uplinks, aggregated)
FAMILY(member_up, of_members, carries)
FAMILY(member_flaps, of_members, flaps)
FAMILY(member_received, of_members, received)
FAMILY(member_sent, of_members, sent)
