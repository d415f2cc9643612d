// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "policy/words.h"
#include "show/membership-document.h"

static bool is_ip4(const struct vifswitch_group *g)
{
	static const uint8_t ip4[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(g->address, ip4, sizeof(ip4)) == 0;
}

static json_t *address_json(const struct vifswitch_group *g)
{
	char text[INET6_ADDRSTRLEN];

	if (is_ip4(g))
		inet_ntop(AF_INET, g->address + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, g->address, text, sizeof(text));
	return json_string(text);
}

json_t *membership_json(const struct dp_group *group, const struct subject *port)
{
	const struct vifswitch_group *g = &group->group;
	bool always = g->flags & (VIFSWITCH_GROUP_FIXED | VIFSWITCH_GROUP_REPORTS);
	json_t *entry = subject_json(port);

	json_object_set_new(entry, "vlan", group->vlan == VIFSWITCH_VID_NONE ? json_null() :
			    json_integer(group->vlan));
	json_object_set_new(entry, "role", json_string(
		g->flags & VIFSWITCH_GROUP_REPORTS ? "reports" :
		g->flags & VIFSWITCH_GROUP_ROUTER ? "router" : "member"));
	json_object_set_new(entry, "group", g->flags ? json_null() : address_json(g));
	json_object_set_new(entry, "family", always ? json_null() :
			    json_string(is_ip4(g) ? "ipv4" : "ipv6"));
	json_object_set_new(entry, "left_ms", always ? json_null() : json_integer(g->left_ms));
	return entry;
}

json_t *snooping_json(const struct dp_snoop *snoop, const struct vifswitch_snoop *counts)
{
	if (!snoop->on)
		return json_null();
	return json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I}", "flood_unregistered", snoop->flood,
			 "querier", word_of(querier_words, snoop->querier),
			 "groups_max", (json_int_t)snoop->port_max,
			 "ageing_s", (json_int_t)snoop->ageing_s,
			 "members", (json_int_t)counts->members,
			 "refused", (json_int_t)counts->refused,
			 "passed_over", (json_int_t)counts->passed_over);
}
