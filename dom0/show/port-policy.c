// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "base/prefix.h"
#include "datapath/ko/program-view.h"
#include "show/port-policy.h"

static const char *guard_word(const struct program_view *view)
{
	if (view->flags & VIFSWITCH_PF_IP_GUARD)
		return "mac+ip";
	return view->flags & VIFSWITCH_PF_GUARD ? "mac" : "off";
}

static json_t *ip_json(const struct program_view *view)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT_MAX];

	for (unsigned int i = 0; i < view->ip4_count; i++) {
		struct prefix p = { .len = view->ip4[i].len, .family = PREFIX_IP4 };

		memcpy(p.addr, view->ip4[i].addr, 4);
		prefix_format(&p, text);
		json_array_append_new(list, json_string(text));
	}
	for (unsigned int i = 0; i < view->ip6_count; i++) {
		struct prefix p = { .len = view->ip6[i].len, .family = PREFIX_IP6 };

		memcpy(p.addr, view->ip6[i].addr, 16);
		prefix_format(&p, text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

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

void port_policy_json(json_t *port, const void *blob, uint32_t len)
{
	struct program_view view;
	json_t *macs = json_array(), *vlan;

	if (!program_read(blob, len, &view)) {
		memset(&view, 0, sizeof(view));
		vlans_init(&view.vlans);
	}
	vlan = json_pack("{ss so so}", "mode", vlans_mode(&view.vlans), "pvid",
			 view.vlans.pvid == VIFSWITCH_VID_NONE ? json_null() :
			 json_integer(view.vlans.pvid), "tagged", tagged_json(&view.vlans));
	for (unsigned int i = 0; i < view.mac_count; i++)
		json_array_append_new(macs, json_mac(view.macs[i]));
	json_object_set_new(port, "vlan", vlan);
	json_object_set_new(port, "guard", json_string(guard_word(&view)));
	json_object_set_new(port, "mac", macs);
	json_object_set_new(port, "ip", ip_json(&view));
	json_object_set_new(port, "rate_from_vm", !view.rate_bps ? json_null() :
			    json_pack("{sI sI}", "bits_per_second", (json_int_t)view.rate_bps,
				      "burst_bytes", (json_int_t)view.rate_burst));
	json_object_set_new(port, "packets_from_vm", json_number(view.packet_rate));
}
