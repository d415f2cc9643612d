/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a switch itself is told, and what is known of it then. */
#ifndef DATAPATH_LINKS_SWITCH_STEP_H
#define DATAPATH_LINKS_SWITCH_STEP_H

#include "datapath/links/link.h"
#include "datapath/links/rtnl.h"
#include "datapath/ops.h"

static inline void link_of_switch(struct link *link, const struct dp_switch *dp)
{
	link->ageing_ms = dp->ageing_ms;
	link->flow_mode = dp->flow_mode;
	link->snoop = dp->snoop;
	link->loop = dp->loop;
}

/* The switch @link becomes as @want says; what a module does not have it is not asked for. */
int switch_carry_out(const struct datapath_ops *ops, struct datapath *dp, struct link *link,
		     const struct dp_switch *want);

/*
 * Makes the netdev, by rtnetlink, or a switch of flows by @ops; rtnl_error() says why it
 * failed. A switch is marked as ours. It has its name before: scripts wait for that name. One
 * that we are killed over in between is taken for somebody else's, and never deleted.
 */
int switch_or_link_new(const struct datapath_ops *ops, struct datapath *dp, struct rtnl *rtnl,
		       const struct link_spec *spec);
/*
 * Why @sw may not go, to be freed: what of this host hangs on it, its addresses and routes and
 * netdevs that are made of it. NULL: it may.
 */
int switch_bears(struct rtnl *rtnl, const struct link *sw, char **ret_why);
/* The switch @sw goes, whatever it is made of; likewise. -ENODEV: it is not there. */
int switch_link_del(const struct datapath_ops *ops, struct datapath *dp, struct rtnl *rtnl,
		    const struct link *sw);

#endif /* DATAPATH_LINKS_SWITCH_STEP_H */
