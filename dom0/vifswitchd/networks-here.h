/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks over IP on this host (dom0/network): the ways to their remotes, the ports that
 * they leave by, and what the datapath is told. A network is set when its tunnel is a port of
 * its switch; one that is not wanted goes before others are set, for they may have its key.
 */
#ifndef VIFSWITCHD_NETWORKS_HERE_H
#define VIFSWITCHD_NETWORKS_HERE_H

#include <jansson.h>

#include "policydb/follow.h"
#include "vifswitchd/wanted-list.h"

struct rtnl;

/* One thing that the datapath is to be told. */
struct network_step {
	enum {
		NETWORK_SET, NETWORK_DELETE, NETWORK_UNDERLAY, NETWORK_TELL,
	} what;
	struct retry *retry;
	uint32_t port;			/* ifindex of the tunnel */
	uint16_t vlan;
	const struct network *network;	/* that is to be set, or whose places are to be told */
	uint32_t sw;			/* of the underlay */
};

typedef void (*network_step_fn)(const struct network_step *step, void *arg);

/*
 * Before ports are wanted: rows, the pool's hosts, and, if @again, ways anew. While the hosts
 * are not known, those that the datapath was told before stay.
 */
void networks_judge(struct facts *facts, const struct policy_db *policy, bool hosts_known,
		    const struct prefix *own, struct rtnl *rtnl, bool again);
/* The ports that networks leave by. -ENOMEM. */
int wanted_networks(struct facts *facts, struct wanted *wanted);
/* What is to be told the datapath; and what of it is to go first. */
void networks_steps(const struct facts *facts, network_step_fn fn, void *arg);
void networks_stale(const struct facts *facts, network_step_fn fn, void *arg);
/* All that the datapath has, read; a step, carried out. */
int networks_refresh(struct facts *facts, const struct datapath_ops *ops, struct datapath *dp);
int networks_carry_out(struct facts *facts, const struct datapath_ops *ops, struct datapath *dp,
		       const struct network_step *step);
/* docs/schema/networks.json */
json_t *document_networks(const struct facts *facts, const struct datapath_ops *ops,
			  struct datapath *dp);

#endif /* VIFSWITCHD_NETWORKS_HERE_H */
