/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way that packets of this host take, and routes and addresses that we give it. */
#ifndef DATAPATH_LINKS_ROUTE_H
#define DATAPATH_LINKS_ROUTE_H

#include "base/prefix.h"
#include "datapath/ko/genl.h"

struct route {
	bool local;			/* it is an address of this host's */
	uint32_t oif;
	uint32_t mtu;			/* that the route says, or was learned; 0: the netdev's */
	struct prefix source;		/* family 0: none */
};

/* Who made a route (rtm_protocol), where it is ours. */
#define ROUTE_OURS	118

/* Asks the kernel; -ENETUNREACH and the like: there is no way. */
int route_get(struct netlink *nl, const struct prefix *to, struct route *ret);

/* In place of ours to the same prefix, in one step. @oif 0: what goes there is dropped. */
int route_set(struct netlink *nl, const struct prefix *to, uint32_t oif);
int route_del(struct netlink *nl, const struct prefix *to);
/* Those of ours in IPv6; @oif 0: it drops. */
int route_dump(struct netlink *nl, void (*fn)(const struct prefix *to, uint32_t oif, void *arg),
	       void *arg);
/* An address of this host's own on that netdev, without a route to its prefix. */
int route_address(struct netlink *nl, uint32_t ifindex, const struct prefix *address);

#endif /* DATAPATH_LINKS_ROUTE_H */
