// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "base/prefix.h"
#include "policy/show-fields.h"
#include "policy/words.h"

static json_t *tagged_json(const struct vlans *v)
{
	json_t *list = json_array();

	for (unsigned int vid = 1; vid <= VIFSWITCH_VID_MAX; vid++) {
		unsigned int first = vid;

		while (vid <= VIFSWITCH_VID_MAX && vlan_bit(v->allowed, vid) &&
		       !vlan_bit(v->untagged, vid))
			vid++;
		if (vid == first)
			continue;
		json_array_append_new(list, vid - 1 == first ? json_sprintf("%u", first) :
				      json_sprintf("%u-%u", first, vid - 1));
	}
	return list;
}

json_t *show_vlan(const struct program_parts *parts)
{
	const struct vlans *v = &parts->vlans;

	return json_pack("{s:s, s:o, s:o}", "mode", vlans_mode(v), "pvid",
			 v->pvid == VIFSWITCH_VID_NONE ? json_null() : json_integer(v->pvid),
			 "tagged", tagged_json(v));
}

json_t *show_guard(const struct program_parts *parts)
{
	uint32_t flags = parts->header.flags;
	enum guard_mode mode = flags & VIFSWITCH_PF_IP_GUARD ? GUARD_MODE_MAC_IP :
			       flags & VIFSWITCH_PF_GUARD ? GUARD_MODE_MAC : GUARD_MODE_OFF;

	return json_string(word_of(guard_words, mode));
}

json_t *show_macs(const struct program_parts *parts)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < parts->header.mac_count; i++)
		json_array_append_new(list, json_mac(parts->macs[i]));
	return list;
}

json_t *show_prefixes(const struct program_parts *parts)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT_MAX];

	for (unsigned int i = 0; i < parts->header.prefix4_count; i++) {
		struct prefix p = { .len = parts->ip4[i].len, .family = PREFIX_IP4 };

		memcpy(p.addr, parts->ip4[i].addr, 4);
		prefix_format(&p, text);
		json_array_append_new(list, json_string(text));
	}
	for (unsigned int i = 0; i < parts->header.prefix6_count; i++) {
		struct prefix p = { .len = parts->ip6[i].len, .family = PREFIX_IP6 };

		memcpy(p.addr, parts->ip6[i].addr, 16);
		prefix_format(&p, text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *show_rate_from_vm(const struct program_parts *parts)
{
	const struct vifswitch_program *h = &parts->header;

	if (!h->rate_bps)
		return json_null();
	return json_pack("{s:I, s:I}", "bits_per_second", (json_int_t)h->rate_bps,
			 "burst_bytes", (json_int_t)h->rate_burst);
}

json_t *show_multicast_fast_leave(const struct program_parts *parts)
{
	return parts->header.flags & VIFSWITCH_PF_GROUP_FAST ? json_true() : json_null();
}

json_t *show_multicast_router(const struct program_parts *parts)
{
	const uint32_t bits = VIFSWITCH_PF_GROUP_ROUTER | VIFSWITCH_PF_GROUP_HOSTS;

	if (!(parts->header.flags & bits))
		return json_null();
	return json_string(word_of(multicast_router_words, parts->header.flags & bits));
}
