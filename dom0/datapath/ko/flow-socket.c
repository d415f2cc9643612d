// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <sys/socket.h>

#include "datapath/ko/flow-socket.h"
#include "datapath/ko/genl.h"
#include "vifswitch/flow-abi.h"

static const char *const names[] = { VIFSWITCH_MCGRP_FLOWS, VIFSWITCH_MCGRP_SAMPLES };

struct groups {
	uint32_t ids[2];	/* of names; 0: there is none */
};

static void take_group(struct nlattr *at, struct groups *ret)
{
	struct nlattr *attrs[CTRL_ATTR_MCAST_GRP_MAX + 1];

	if (nla_parse_nested(attrs, CTRL_ATTR_MCAST_GRP_MAX, at, NULL) < 0 ||
	    !attrs[CTRL_ATTR_MCAST_GRP_NAME] || !attrs[CTRL_ATTR_MCAST_GRP_ID])
		return;
	for (int i = 0; i < 2; i++)
		if (nla_strcmp(attrs[CTRL_ATTR_MCAST_GRP_NAME], names[i]) == 0)
			ret->ids[i] = nla_get_u32(attrs[CTRL_ATTR_MCAST_GRP_ID]);
}

static int on_family(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1], *at;
	int left;

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, CTRL_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[CTRL_ATTR_MCAST_GROUPS])
		nla_for_each_nested(at, attrs[CTRL_ATTR_MCAST_GROUPS], left)
			take_group(at, arg);
	return 0;
}

static int find_groups(struct netlink *nl, struct groups *ret)
{
	struct nl_msg *msg = nlmsg_alloc();
	int r;

	if (msg && (!genlmsg_put(msg, 0, 0, GENL_ID_CTRL, 0, 0, CTRL_CMD_GETFAMILY, 1) ||
		    nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, VIFSWITCH_GENL_NAME) < 0))
		nlmsg_freep(&msg);
	r = netlink_request(nl, msg, on_family, ret);
	if (r == -ENOENT || (r == 0 && (!ret->ids[0] || !ret->ids[1])))
		return -EOPNOTSUPP;
	return r;
}

int flow_socket_open(struct datapath *dp)
{
	_cleanup_(netlink_close) struct netlink nl = { .fd = -1 };
	struct groups groups = {};
	int on = 1, r = netlink_open(&nl, NETLINK_GENERIC);

	if (r == 0)
		r = find_groups(&nl, &groups);
	/* What it has no room for is kept by the kernel, and sent again. */
	if (r == 0 && setsockopt(nl.fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &on, sizeof(on)) < 0)
		r = -errno;
	for (int i = 0; i < 2 && r == 0; i++)
		r = netlink_join(&nl, groups.ids[i]);
	return r < 0 ? r : TAKE_FD(nl.fd);
}

bool flow_socket_listens(int fd)
{
	uint32_t bits[64] = {};		/* of 2048 groups */
	socklen_t len = sizeof(bits);

	if (getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len) < 0)
		return true;
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (bits[i])
			return true;
	return false;
}
