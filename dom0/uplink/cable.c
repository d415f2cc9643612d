// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

#include "base/mem.h"
#include "uplink/cable.h"

_Static_assert(CABLE_PEER_MAX >= NLMSG_ALIGN(sizeof(struct ifinfomsg)) + RTA_SPACE(IFNAMSIZ) +
				 RTA_SPACE(6) + RTA_SPACE(4),
	       "there is room for what is said of dom0's end");

static void put(struct cable *c, unsigned short type, const void *value, size_t len)
{
	struct rtattr *attr = (struct rtattr *)(c->peer + c->attr.len);

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), value, len);
	c->attr.len = (uint16_t)(c->attr.len + RTA_ALIGN(attr->rta_len));
}

static bool has_mac(const struct cable *c)
{
	return memcmp(c->mac, (uint8_t[6]){}, 6) != 0;
}

struct cable *cable_new(const char *name, const char *dom0, const uint8_t *mac, uint32_t mtu)
{
	struct cable *c = xzalloc(sizeof(*c));

	strcpy(c->name, name);
	strcpy(c->dom0, dom0);
	if (mac)
		memcpy(c->mac, mac, 6);
	c->mtu = mtu;
	c->attr = (struct link_attr){
		VETH_INFO_PEER, NLMSG_ALIGN(sizeof(struct ifinfomsg)), c->peer,
	};
	put(c, IFLA_IFNAME, dom0, strlen(dom0) + 1);
	if (has_mac(c))
		put(c, IFLA_ADDRESS, c->mac, 6);
	if (mtu)
		put(c, IFLA_MTU, &mtu, sizeof(mtu));
	c->spec = (struct link_spec){ .name = c->name, .kind = CABLE_KIND, .data = &c->attr,
				      .count = 1, .alias = LINK_ALIAS };
	return c;
}

bool cable_is_ours(const struct link *link)
{
	return link->ours && strcmp(link->kind, CABLE_KIND) == 0;
}

bool cable_differs(const struct cable *c, const struct link *dom0, struct link_change *ret)
{
	*ret = (struct link_change){};
	if (!dom0)
		return false;
	if (has_mac(c) && memcmp(c->mac, dom0->mac, 6) != 0)
		memcpy(ret->mac, c->mac, 6);
	if (strcmp(c->dom0, dom0->name) != 0)
		strcpy(ret->name, c->dom0);
	ret->mtu = c->mtu != dom0->mtu ? c->mtu : 0;
	return ret->mtu || ret->name[0] || memcmp(ret->mac, (uint8_t[6]){}, 6) != 0;
}
