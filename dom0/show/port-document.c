// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/prefix.h"
#include "show/port-document.h"
#include "show/program-view.h"

json_t *mac_json(const uint8_t mac[6])
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			    mac[4], mac[5]);
}

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

void port_json_program(json_t *port, const void *blob, uint32_t len)
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
		json_array_append_new(macs, mac_json(view.macs[i]));
	json_object_set_new(port, "vlan", vlan);
	json_object_set_new(port, "guard", json_string(guard_word(&view)));
	json_object_set_new(port, "mac", macs);
	json_object_set_new(port, "ip", ip_json(&view));
	json_object_set_new(port, "rate_from_vm", !view.rate_bps ? json_null() :
			    json_pack("{sI sI}", "bits_per_second", (json_int_t)view.rate_bps,
				      "burst_bytes", (json_int_t)view.rate_burst));
	json_object_set_new(port, "packets_from_vm", !view.packet_rate ? json_null() :
			    json_integer(view.packet_rate));
}

json_t *port_json_counters(const struct dp_port *dp)
{
	json_t *drops = json_object();

	for (uint32_t reason = 0; reason < VIFSWITCH_DROP_COUNT; reason++) {
		if (dp->drops[reason] && datapath_reason_word(reason))
			json_object_set_new(drops, datapath_reason_word(reason),
					    json_integer(dp->drops[reason]));
	}
	return json_pack("{s{sI sI} s{sI sI} so}",
			 "from_vm", "packets", (json_int_t)dp->counters[VIFSWITCH_CTR_FROM_PACKETS],
			 "bytes", (json_int_t)dp->counters[VIFSWITCH_CTR_FROM_BYTES],
			 "to_vm", "packets", (json_int_t)dp->counters[VIFSWITCH_CTR_TO_PACKETS],
			 "bytes", (json_int_t)dp->counters[VIFSWITCH_CTR_TO_BYTES],
			 "drops", drops);
}
