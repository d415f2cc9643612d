/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What openvswitch.ko has: its datapaths, their ports and flows. */
#ifndef DATAPATH_OVS_OVS_DUMP_H
#define DATAPATH_OVS_OVS_DUMP_H

#include <linux/openvswitch.h>
#include <net/if.h>
#include <stdbool.h>

#include "datapath/ovs/ovs-client.h"

struct ovs_vport {
	uint32_t number, ifindex;
	char name[IFNAMSIZ];
	struct ovs_vport_stats stats;
};

/* Nothing may be asked of the client inside these; a negative return ends the dump with it. */
typedef int (*ovs_datapath_fn)(int dp, const char *name, void *arg);
typedef int (*ovs_vport_fn)(int dp, const struct ovs_vport *vport, void *arg);
/* @flow leads into the message. @used_ms: of CLOCK_MONOTONIC, 0 if nothing took it yet. */
typedef int (*ovs_flow_fn)(const struct ovs_flow *flow, uint64_t packets, uint64_t used_ms,
			   void *arg);

int ovs_datapath_dump(struct ovs_client *c, ovs_datapath_fn fn, void *arg);
int ovs_vport_dump(struct ovs_client *c, int dp, ovs_vport_fn fn, void *arg);
/* -ENODEV: it is not there. */
int ovs_vport_get(struct ovs_client *c, int dp, uint32_t number, ovs_vport_fn fn, void *arg);
/* All, whose UFIDs are of our length; without @whole only UFIDs and counts are told. */
int ovs_flow_dump(struct ovs_client *c, int dp, bool whole, ovs_flow_fn fn, void *arg);

/* Is it a message about a datapath that was told to ask other sockets? Which one. */
bool ovs_datapath_strayed(const struct ovs_client *c, const struct nlmsghdr *h, int *ret_dp);
/* Is it a message about a port that left? Which one. */
bool ovs_vport_left(const struct ovs_client *c, const struct nlmsghdr *h, int *ret_dp,
		    struct ovs_vport *ret);

#endif /* DATAPATH_OVS_OVS_DUMP_H */
