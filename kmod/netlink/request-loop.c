// SPDX-License-Identifier: GPL-2.0-or-later
/* Loop protection over netlink. */
#include "../loop/loop.h"
#include "family.h"

int vs_loop_request(struct vs_switch *sw, const struct nlattr *data, struct vs_error *err)
{
	struct vifswitch_loop told;

	memcpy(&told, nla_data(data), sizeof(told));
	return vs_loop_set(sw, &told, err);
}

/* Nothing of a switch that is not protected. */
int vs_loop_put(struct sk_buff *msg, const struct vs_switch *sw)
{
	struct vifswitch_loop loop;

	BUILD_BUG_ON(sizeof(loop) != VIFSWITCH_LOOP_LEN);
	if (!vs_loop_read(sw, &loop))
		return 0;
	return nla_put(msg, VIFSWITCH_A_LOOP, sizeof(loop), &loop);
}

int vs_loop_port_put(struct sk_buff *msg, const struct vs_port *port)
{
	struct vifswitch_loop_port loop;

	if (!vs_loop_port_read(port, &loop))
		return 0;
	return nla_put(msg, VIFSWITCH_A_LOOP_PORT, sizeof(loop), &loop);
}
