/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch as its datapath tells it, put together for flower_plan().
 */
#ifndef DATAPATH_FLOWER_SWITCH_H
#define DATAPATH_FLOWER_SWITCH_H

#include "datapath/flower/flower-plan.h"
#include "datapath/ops.h"
#include "datapath/ovs/stations.h"

#define FLOWER_STATIONS_MAX	32	/* learned addresses of a port that rules are made for */

/* What a port's datapath does not know of it. */
struct flower_netdev {
	uint32_t nic, mtu;
	bool queued;			/* see struct flower_port */
	const struct flower_acl *acl;	/* likewise; stays as long as the switch */
};

struct flower_switch {
	struct stations stations;
	struct flower_port *ports;	/* in the order of stations.ports */
	size_t count, room;
	struct flower_station *learned;
	size_t learned_count, learned_room;
	const char *unreadable;		/* why none of its ports can be planned; NULL: they can */
	struct flower_world world;
};

typedef struct flower_netdev (*flower_netdev_fn)(const struct dp_port *port, void *arg);

/* Negative: it could not be read, and ops->error() says why; to be deinitialised all the same. */
int flower_switch_read(struct flower_switch *s, const struct datapath_ops *ops,
		       struct datapath *dp, uint32_t sw, flower_netdev_fn netdev, void *arg);
void flower_switch_deinit(struct flower_switch *s);

#endif /* DATAPATH_FLOWER_SWITCH_H */
