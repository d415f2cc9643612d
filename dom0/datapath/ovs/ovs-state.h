/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the parts of the datapath of flows only: what it knows. */
#ifndef DATAPATH_OVS_OVS_STATE_H
#define DATAPATH_OVS_OVS_STATE_H

#include <stdio.h>

#include "base/map.h"
#include "datapath/ops.h"
#include "datapath/ovs/flow-switch.h"
#include "datapath/ovs/keeper.h"

struct ovs_acl {
	struct kept kept;
	struct vs_acl view;		/* of kept.blob */
};

struct ovs_switch {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint32_t ageing_ms;
	struct flow_switch *flows;
};

struct ovs_port {
	struct ovs_switch *sw;
	uint32_t number;
	char name[IFNAMSIZ];
	struct kept kept;		/* id: its ifindex; blob: its program */
};

struct ovs_datapath {
	struct ovs_client client;
	bool there;			/* the module is */
	struct netlink told;		/* what becomes of ports */
	int epoll, timer;
	int pause;			/* for ports that used up their time */
	struct keeper keeper;
	struct map switches, ports;	/* by ifindex */
	struct map acls;		/* by number */
	char error[400];
};

/* Returns @r, of which @text is why. */
static inline int ovs_dp_refuse(struct ovs_datapath *dp, int r, const char *text)
{
	snprintf(dp->error, sizeof(dp->error), "%s", text);
	return r;
}

#endif /* DATAPATH_OVS_OVS_STATE_H */
