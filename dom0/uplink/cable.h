/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface of dom0's own on a switch: a veth pair that this service makes. One end is the
 * uplink, the other one dom0's, which brings it up and gives it addresses, and may move it to
 * another network namespace. Both go with the uplink.
 */
#ifndef UPLINK_CABLE_H
#define UPLINK_CABLE_H

#include <net/if.h>

#include "datapath/links/link.h"

#define CABLE_KIND	"veth"
#define CABLE_PEER_MAX	80	/* octets of what is told of dom0's end */

struct cable {
	char name[IFNAMSIZ], dom0[IFNAMSIZ];
	uint8_t mac[6];			/* of dom0's end; zero: as it is */
	uint32_t mtu;			/* of both ends; 0: as they are */
	uint8_t peer[CABLE_PEER_MAX] __attribute__((aligned(4)));
	struct link_attr attr;
	struct link_spec spec;
};

/* Freed with free(); it may not move. Two names of netdevs; @mac may be NULL. */
struct cable *cable_new(const char *name, const char *dom0, const uint8_t *mac, uint32_t mtu);
/* Did we make it? */
bool cable_is_ours(const struct link *link);
/* What @dom0, its end, is not yet; NULL: it may be in another namespace, and is left alone. */
bool cable_differs(const struct cable *c, const struct link *dom0, struct link_change *ret);

#endif /* UPLINK_CABLE_H */
