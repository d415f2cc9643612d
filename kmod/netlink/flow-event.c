// SPDX-License-Identifier: GPL-2.0-or-later
/* Flow records and samples, told to who listens: vifswitch/flow-abi.h. */
#include "family.h"

static bool heard(const struct vs_port *port, enum vs_mcgrp group)
{
	return genl_has_listeners(&vs_genl_family, dev_net(port->sw->dev), group);
}

bool vs_event_flows_heard(const struct vs_port *port)
{
	return heard(port, VS_GROUP_FLOWS);
}

bool vs_event_samples_heard(const struct vs_port *port)
{
	return heard(port, VS_GROUP_SAMPLES);
}

/* NULL: out of memory. */
static struct sk_buff *begin(const struct vs_port *port, u8 command, size_t size, gfp_t gfp)
{
	/* names and cookie of a port take less */
	struct sk_buff *msg = genlmsg_new(size + 512, gfp);
	bool failed;

	if (!msg)
		return NULL;
	rcu_read_lock();
	failed = !genlmsg_put(msg, 0, 0, &vs_genl_family, 0, command) || vs_put_port(msg, port);
	rcu_read_unlock();
	if (!failed)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int finish(const struct vs_port *port, struct sk_buff *msg, bool failed,
		  enum vs_mcgrp group, gfp_t gfp)
{
	if (failed) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	nlmsg_end(msg, nlmsg_hdr(msg));
	return genlmsg_multicast_netns(&vs_genl_family, dev_net(port->sw->dev), msg, 0, group,
				       gfp);
}

/* An error if somebody who listens did not get it, or nobody does. */
int vs_event_flows(const struct vs_port *port, const struct vifswitch_flow *told, u32 count)
{
	size_t size = count * sizeof(*told);
	struct sk_buff *msg = begin(port, VIFSWITCH_CMD_FLOWS, size, GFP_KERNEL);

	if (!msg)
		return -ENOMEM;
	return finish(port, msg,
		      nla_put_u32(msg, VIFSWITCH_A_FLOW_LEN, sizeof(*told)) ||
		      nla_put(msg, VIFSWITCH_A_FLOWS, size, told), VS_GROUP_FLOWS, GFP_KERNEL);
}

int vs_event_sample(const struct vs_port *port, const struct vifswitch_sample *sample,
		    const u8 *head, u32 head_len)
{
	struct sk_buff *msg = begin(port, VIFSWITCH_CMD_SAMPLE, sizeof(*sample) + head_len,
				    GFP_ATOMIC);

	if (!msg)
		return -ENOMEM;
	return finish(port, msg, nla_put(msg, VIFSWITCH_A_SAMPLE, sizeof(*sample), sample) ||
		      nla_put(msg, VIFSWITCH_A_PACKET, head_len, head), VS_GROUP_SAMPLES,
		      GFP_ATOMIC);
}
