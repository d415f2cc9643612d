/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the host's own network hangs on one netdev: its addresses, and the routes
 * that lead out of it. As the kernel told it, so that it can be given back octet for
 * octet, or to another netdev. Routes of other netdevs belong to it if one of those
 * addresses is their source: the kernel drops them with it, so they are made anew, and
 * stay where they are. Left out is what the kernel makes of itself: addresses of the
 * link's own, and the routes that come with an address; and addresses that were found
 * to be somebody else's.
 */
#ifndef DATAPATH_LINKS_HOST_NETWORK_H
#define DATAPATH_LINKS_HOST_NETWORK_H

#include <jansson.h>
#include <stdbool.h>

#include "datapath/ko/genl.h"

#define HOST_NETWORK_MAX	4096	/* messages */

struct host_network {
	struct nlmsghdr **list;		/* RTM_NEWADDR, then RTM_NEWROUTE */
	size_t count;
	bool default_route;
	bool shared_route;		/* one with several next hops, or an object as next hop */
};

/* Fills @ret, which is empty. -E2BIG: more than HOST_NETWORK_MAX. */
int host_network_read(struct netlink *nl, uint32_t ifindex, struct host_network *ret);
/* Does a rule of policy routing name @netdev? */
int host_network_ruled(struct netlink *nl, const char *netdev, bool *ret);
/*
 * Takes it from one netdev (0: which is gone) and gives it to another, as far as that
 * can be; what is gone from the one already, or on the other, is no error. The first
 * error is returned, with nl->error, after all was tried.
 */
int host_network_move(struct netlink *nl, const struct host_network *network, uint32_t from,
		      uint32_t to);
/* Seconds, when it was read, until the first of the addresses runs out; 0: none does. */
uint32_t host_network_lease(const struct host_network *network);
/*
 * It was read @seconds ago. What would be over has a minute left, for whoever leased it
 * to renew it.
 */
void host_network_age(struct host_network *network, uint32_t seconds);
/* A list of strings, and back: -EINVAL if it is not one of these. */
json_t *host_network_json(const struct host_network *network);
int host_network_from_json(const json_t *list, struct host_network *ret);
void host_network_deinit(struct host_network *network);
/* "192.0.2.1/24 and the default route", to be freed; NULL if there is nothing. */
char *host_network_words(const struct host_network *network);

/*
 * {"addresses":[{"family":4,"address":"192.0.2.1/24","dynamic":false}],
 *  "gateways":[{"family":4,"gateway":"192.0.2.254"}]}: what one would write down.
 */
json_t *host_network_facts(const struct host_network *network);

#endif /* DATAPATH_LINKS_HOST_NETWORK_H */
