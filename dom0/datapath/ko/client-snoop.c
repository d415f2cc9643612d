// SPDX-License-Identifier: GPL-2.0-or-later
#include <netlink/attr.h>
#include <netlink/netlink.h>

#include "datapath/ko/client.h"
#include "datapath/ko/client-snoop.h"
#include "datapath/ko/decode.h"
#include "datapath/ko/features.h"
#include "datapath/ko/request.h"

struct target {
	uint32_t sw;
	const struct vifswitch_snoop *snoop;
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	if (t->sw)
		nla_put_u32(msg, VIFSWITCH_A_SWITCH, t->sw);
	if (t->snoop)
		nla_put(msg, VIFSWITCH_A_SNOOP, sizeof(*t->snoop), t->snoop);
}

int datapath_switch_snoop(struct datapath *dp, uint32_t sw, const struct dp_snoop *snoop)
{
	const struct vifswitch_snoop told = {
		.flags = (snoop->on ? VIFSWITCH_SNOOP_ON : 0) |
			 (snoop->flood ? VIFSWITCH_SNOOP_FLOOD : 0),
		.querier = snoop->querier, .port_max = snoop->port_max,
		.ageing_s = snoop->ageing_s,
	};
	struct target t = { sw, &told };
	struct problem problem;
	int r = features_need(datapath_module(dp), VIFSWITCH_FEATURE_SNOOP, &problem);

	if (r < 0)
		return datapath_refuse(dp, r, &problem);
	return datapath_request(dp, VIFSWITCH_CMD_SWITCH_SET, 0, fill_target, &t, NULL, NULL);
}

struct call {
	dp_group_fn fn;
	void *arg;
};

static int group_reply(const struct nlmsghdr *h, void *arg)
{
	struct call *call = arg;
	struct dp_group group;
	int r = dp_group_decode(h, &group);

	return r < 0 ? r : call->fn(&group, call->arg);
}

int datapath_group_dump(struct datapath *dp, uint32_t sw, dp_group_fn fn, void *arg)
{
	struct call call = { fn, arg };
	struct target t = { .sw = sw };

	return datapath_request(dp, VIFSWITCH_CMD_GROUP_GET, NLM_F_DUMP, fill_target, &t,
				group_reply, &call);
}
