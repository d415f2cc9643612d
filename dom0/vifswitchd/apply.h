/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place that changes anything: operations of a plan, in order. */
#ifndef VIFSWITCH_APPLY_H
#define VIFSWITCH_APPLY_H

#include "datapath/links/switch-step.h"
#include "datapath/ops.h"
#include "datapath/links/rtnl.h"
#include "vifswitchd/plan.h"

struct apply {
	struct facts *facts;
	struct rtnl *rtnl;
	const struct datapath_ops *ops;
	struct datapath *dp;
	uint64_t operations;	/* that changed something, since the start */
	bool ports_stale;	/* the ports we know are not those there are */
	/*
	 * -EBUSY and why not, to be freed, if @op's uplink cannot become a port because
	 * the host's own network hangs on it. NULL: nothing does.
	 */
	int (*uplink_free)(struct apply *apply, const struct op *op, char **ret_why);
	/* The same of a bond's member, which must bear nothing at all. */
	int (*member_free)(struct apply *apply, const struct op *op, char **ret_why);
	/* The same of a switch that is to go. */
	int (*switch_free)(struct apply *apply, const struct link *sw, char **ret_why);
	char *why;		/* what it said last */
	/* An announcement went out, for those who follow events. */
	void (*announced)(const struct vif *vif, uint32_t ifindex, void *arg);
	void *arg;
};

/* Carry out what can be; failures are in the owners' retries. Updates the facts. */
void apply_plan(struct apply *apply, const struct plan *plan, uint64_t now);
/* For uplink_free and member_free: ask the kernel. */
int apply_uplink_free(struct apply *apply, const struct op *op, char **ret_why);
int apply_member_free(struct apply *apply, const struct op *op, char **ret_why);
/* Read all ports of the datapath; -EPROTONOSUPPORT without the module. */
int apply_read_ports(struct apply *apply);
/* What the datapath has of mirrors. */
int apply_read_mirrors(struct apply *apply);
int apply_read_port(struct apply *apply, uint32_t ifindex);

#endif /* VIFSWITCH_APPLY_H */
