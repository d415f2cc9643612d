/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the parts of a switch of flows only: what it is made of. */
#ifndef DATAPATH_OVS_FLOW_STATE_H
#define DATAPATH_OVS_FLOW_STATE_H

#include "datapath/ovs/flow-budget.h"
#include "datapath/ovs/flow-counts.h"
#include "datapath/ovs/flow-set.h"
#include "datapath/ovs/meter-pool.h"
#include "datapath/ovs/ovs-client.h"
#include "datapath/ovs/stations.h"

#define FLOW_ACTIONS_MAX	(32 * 1024)

struct flow_port {
	struct flow_switch *sw;
	struct station_port *station;
	int socket;
	uint32_t upcalls;		/* its netlink port */
	struct flow_list flows;
	struct flow_budget budget;
	bool held;			/* nobody polls its socket now */
	uint64_t drops[VIFSWITCH_DROP_COUNT];
};

struct flow_switch {
	struct ovs_client *client;
	int dp;
	int epoll;			/* where sockets are entered; -1: nowhere, and no budgets */
	bool held;			/* some port is */
	struct stations stations;
	struct flow_port **ports;	/* of stations.ports, the local one among them */
	size_t count;
	struct flow_masks masks;
	struct meter_pool meters;
	uint64_t next_id, boot;		/* of UFIDs */
	struct flow_switch_counts counts;
	struct decided_output *outputs;	/* room for as many as there are ports */
	uint8_t buf[OVS_UPCALL_MAX];
	uint8_t actions[FLOW_ACTIONS_MAX];
};

static inline struct flow_port *flow_port_of(const struct flow_switch *s, uint32_t number)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->ports[i]->station->dp.number == number)
			return s->ports[i];
	return NULL;
}

#endif /* DATAPATH_OVS_FLOW_STATE_H */
