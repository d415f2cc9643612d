/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The netdev that networks of one kind leave by: one for a UDP port, made without key and
 * remote, which the datapath gives to each frame. Its name is made of what it is, so that a
 * restarted daemon finds it.
 */
#ifndef NETWORK_NETWORK_DEVICE_H
#define NETWORK_NETWORK_DEVICE_H

#include "datapath/links/link.h"
#include "policy/words.h"

#define NETWORK_DEVICE_NAME	"vsnet-"

struct network_device {
	enum network_kind kind;
	uint16_t port;
	bool ip6;			/* of GRE, which goes over one of both: IPv6 */
	char sw[IFNAMSIZ];		/* that it is a port of */
	uint32_t mtu;			/* 0: no remote is known yet */
	uint8_t vlans[VIFSWITCH_VLAN_BITMAP_LEN];

	/* What it is made of. */
	char name[IFNAMSIZ];
	struct link_spec spec;
	struct link_attr attrs[4];
	uint16_t wire_port;
	uint8_t on, off;
};

/* Of one that stays where it is: spec points into it. */
void network_device_init(struct network_device *device, enum network_kind kind, uint16_t port,
			 bool ip6, const char *sw);
/* Is it a netdev that we made for networks? */
bool network_link_is_ours(const struct link *link);
/* Who has what @device needs, to be freed; NULL: nobody known. */
char *network_device_rival(const struct network_device *device, const struct links *links);
/* Octets around a frame's payload on the way over IPv4 or IPv6. */
uint32_t network_overhead(enum network_kind kind, bool ip6);
/* What its port may carry, and how; NULL: out of memory. To be freed. */
struct port_policy *network_device_policy(const struct network_device *device);

#endif /* NETWORK_NETWORK_DEVICE_H */
