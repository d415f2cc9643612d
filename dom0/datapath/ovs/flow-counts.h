/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a switch of flows is bounded by, and what it counts. */
#ifndef DATAPATH_OVS_FLOW_COUNTS_H
#define DATAPATH_OVS_FLOW_COUNTS_H

#include "datapath/ovs/seen.h"

#define FLOW_PORT_MAX	1024	/* flows that frames of one port make */
#define FLOW_MASKS_MAX	16

struct flow_switch_counts {
	uint64_t misses, installed, by_hand, evicted, revoked, lost;
	size_t flows, masks, adopted;
	enum vifswitch_drop_reason last;	/* of the last miss */
	uint64_t hands[SEEN_HANDS];
};

#endif /* DATAPATH_OVS_FLOW_COUNTS_H */
