// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "datapath/links/switch-step.h"

int switch_carry_out(const struct datapath_ops *ops, struct datapath *dp, struct link *link,
		     const struct dp_switch *want)
{
	int mode = link->flow_mode == want->flow_mode ? -1 : (int)want->flow_mode;
	int r = 0;

	if (mode >= 0 || link->ageing_ms != want->ageing_ms)
		r = ops->switch_set(dp, link->ifindex, want->ageing_ms, mode);
	if (r < 0)
		return r;
	link->ageing_ms = want->ageing_ms;
	link->flow_mode = want->flow_mode;
	if (dp_snoop_same(&link->snoop, &want->snoop))
		return 0;
	r = ops->switch_snoop ? ops->switch_snoop(dp, link->ifindex, &want->snoop) : -EOPNOTSUPP;
	if (r == 0)
		link->snoop = want->snoop;
	return r;
}
