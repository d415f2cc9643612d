// SPDX-License-Identifier: GPL-2.0-or-later
#include <netlink/attr.h>
#include <netlink/netlink.h>

#include "datapath/ko/client-loop.h"
#include "datapath/ko/client.h"
#include "datapath/ko/features.h"
#include "datapath/ko/request.h"

struct target {
	uint32_t sw;
	struct vifswitch_loop loop;
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	nla_put_u32(msg, VIFSWITCH_A_SWITCH, t->sw);
	nla_put(msg, VIFSWITCH_A_LOOP, sizeof(t->loop), &t->loop);
}

int datapath_switch_loop(struct datapath *dp, uint32_t sw, bool on)
{
	struct target t = { sw, { .flags = on ? VIFSWITCH_LOOP_ON : 0 } };
	struct problem problem;
	int r = features_need(datapath_module(dp), VIFSWITCH_FEATURE_LOOP, &problem);

	if (r < 0)
		return datapath_refuse(dp, r, &problem);
	return datapath_request(dp, VIFSWITCH_CMD_SWITCH_SET, 0, fill_target, &t, NULL, NULL);
}
