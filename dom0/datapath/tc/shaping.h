/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shaping of what leaves by a netdev: HTB at the root, one class for each VM
 * that has its own and one for the rest, fq_codel in each, so that a sender
 * that fills its class waits behind itself. On a VIF (traffic to the VM) there
 * is just the class for the rest. Frames find their class by skb->priority,
 * which the switch sets (queue of a program, abi.h), so no filter is needed.
 */
#ifndef DATAPATH_TC_SHAPING_H
#define DATAPATH_TC_SHAPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/ko/genl.h"
#include "policy/bounds.h"
#include "vifswitch/abi.h"

#define SHAPING_MAJOR		VIFSWITCH_QUEUE_MAJOR	/* our qdisc's handle: 7666: */
#define SHAPING_REST		1U		/* minor of the class for the rest */
#define SHAPING_FIRST		2U		/* minors of VMs: FIRST to LAST */
#define SHAPING_LAST		0xfffeU
#define SHAPING_WEIGHT_DEFAULT	100U
#define SHAPING_WEIGHT_MAX	UPLINK_WEIGHT_MAX

struct shaped_class {
	uint16_t minor;
	uint32_t weight;	/* 1 to WEIGHT_MAX: its part of what is left */
	uint64_t min_bps;	/* bits per second it always gets; 0: none */
	uint64_t max_bps;	/* 0: all of the netdev's */
	bool keep;		/* leave it as it is, if it is there */
};

/* What a netdev should have. */
struct shaping {
	uint64_t rate_bps;	/* of the whole netdev; 0: no shaping of ours */
	uint64_t burst;		/* octets at once above the rate; 0: what 10 ms carry */
	const struct shaped_class *classes;	/* ascending by minor */
	size_t count;
};

/*
 * Bring a netdev from whatever it has to @wanted; classes that stay lose no
 * packet, and nothing is done to a root qdisc of somebody else's when there is
 * nothing to shape. 0 or negative errno with netlink's error text; afterwards
 * some of it may be in place, and calling again goes on from there.
 */
int shaping_apply(struct netlink *nl, uint32_t ifindex, const struct shaping *wanted);

#endif /* DATAPATH_TC_SHAPING_H */
