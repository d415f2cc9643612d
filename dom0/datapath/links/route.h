/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way that packets of this host take. */
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

/* Asks the kernel; -ENETUNREACH and the like: there is no way. */
int route_get(struct netlink *nl, const struct prefix *to, struct route *ret);

#endif /* DATAPATH_LINKS_ROUTE_H */
