// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "vifctl/why/snooped.h"

static struct vs_group group_of(const struct dp_group *g)
{
	return (struct vs_group){
		{ vs_get_be64(g->group.address), vs_get_be64(g->group.address + 8) }, g->vlan,
	};
}

static const struct dp_snoop *snooping(const struct why_world *w, uint32_t sw)
{
	for (size_t i = 0; i < w->switch_count; i++)
		if (w->switches[i].ifindex == sw && w->switches[i].snoop.on)
			return &w->switches[i].snoop;
	return NULL;
}

/* Has @port (0: any of the switch) an entry like that? */
static bool has(const struct why_world *w, uint32_t sw, uint32_t port, const struct vs_group *group)
{
	for (size_t i = 0; i < w->group_count; i++) {
		struct vs_group g = group_of(&w->groups[i]);

		if (w->groups[i].sw == sw && (!port || w->groups[i].port == port) &&
		    vs_group_same(&g, group))
			return true;
	}
	return false;
}

void why_snoop(const struct why_world *w, const struct why_port *from, const struct vs_verdict *v,
	       const uint8_t *frame, size_t len, struct why_snooped *ret)
{
	const struct dp_snoop *snoop = snooping(w, from->sw);
	const uint8_t *p = frame + v->frame.l3;
	struct vs_igmp m;

	*ret = (struct why_snooped){ .way = VS_GROUP_ALL };
	if (!snoop || v->target != VS_TO_GROUP || v->frame.inner ||
	    !vs_group_of_packet(p, len - v->frame.l3, v->frame.type, &ret->group))
		return;
	ret->group.vid = v->vid;
	vs_igmp_parse(&m, p, len - v->frame.l3, v->frame.type);
	ret->way = vs_group_way(&ret->group, m.kind, from->program->flags,
				has(w, from->sw, 0, &ret->group), snoop->flood);
}

bool why_snooped_to(const struct why_world *w, const struct why_snooped *s,
		    const struct why_port *to)
{
	const uint64_t none = vs_group_is_ip4(&s->group) ? VS_GROUP_IP4 : 0;
	const struct vs_group routers = { { 0, none }, s->group.vid };
	const struct vs_group always = { { 0, VS_GROUP_IP4 }, VIFSWITCH_VID_NONE };
	const struct vs_group reports = { { 0, 0 }, VIFSWITCH_VID_NONE };

	if (s->way == VS_GROUP_ALL)
		return true;
	return has(w, to->sw, to->ifindex, &routers) || has(w, to->sw, to->ifindex, &always) ||
	       (s->way == VS_GROUP_MEMBERS && has(w, to->sw, to->ifindex, &s->group)) ||
	       (s->way == VS_GROUP_REPORTS && has(w, to->sw, to->ifindex, &reports));
}

char *why_snooped_text(const struct why_snooped *s)
{
	static const char *const words[] = {
		[VS_GROUP_MEMBERS] = "to the ports of the VLAN that want the group, and to multicast routers",
		[VS_GROUP_ROUTERS] = "no port of the VLAN wants the group: to multicast routers alone",
		[VS_GROUP_REPORTS] = "a report of who wants which group: to multicast routers and uplinks",
		[VS_GROUP_REFUSED] = "a question who wants which group",
	};
	char address[INET6_ADDRSTRLEN];
	uint8_t octets[16];

	if (s->way == VS_GROUP_ALL)
		return NULL;
	for (unsigned int i = 0; i < 8; i++) {
		octets[i] = (uint8_t)(s->group.address[0] >> (56 - 8 * i));
		octets[8 + i] = (uint8_t)(s->group.address[1] >> (56 - 8 * i));
	}
	if (vs_group_is_ip4(&s->group))
		inet_ntop(AF_INET, octets + 12, address, sizeof(address));
	else
		inet_ntop(AF_INET6, octets, address, sizeof(address));
	return xprintf("%s: %s", address, words[s->way]);
}
