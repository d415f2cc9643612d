// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "datapath/links/route.h"

static void read_mtu(struct nlattr *metrics, struct route *ret)
{
	struct nlattr *attrs[RTAX_MAX + 1];

	if (metrics && nla_parse_nested(attrs, RTAX_MAX, metrics, NULL) == 0 &&
	    attrs[RTAX_MTU] && nla_len(attrs[RTAX_MTU]) >= 4)
		ret->mtu = nla_get_u32(attrs[RTAX_MTU]);
}

static int on_route(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[RTA_MAX + 1];
	struct route *ret = arg;
	const struct rtmsg *msg = nlmsg_data((struct nlmsghdr *)h);
	int size;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*msg), attrs, RTA_MAX, NULL) < 0)
		return -ENETUNREACH;
	size = msg->rtm_family == AF_INET6 ? 16 : 4;
	ret->local = msg->rtm_type == RTN_LOCAL;
	if (attrs[RTA_OIF] && nla_len(attrs[RTA_OIF]) >= 4)
		ret->oif = nla_get_u32(attrs[RTA_OIF]);
	if (attrs[RTA_PREFSRC] && nla_len(attrs[RTA_PREFSRC]) == size) {
		ret->source.family = size == 16 ? PREFIX_IP6 : PREFIX_IP4;
		ret->source.len = (uint8_t)(size * 8);
		memcpy(ret->source.addr, nla_data(attrs[RTA_PREFSRC]), (size_t)size);
	}
	read_mtu(attrs[RTA_METRICS], ret);
	return 0;
}

int route_get(struct netlink *nl, const struct prefix *to, struct route *ret)
{
	bool ip6 = to->family == PREFIX_IP6;
	struct rtmsg route = {
		.rtm_family = ip6 ? AF_INET6 : AF_INET, .rtm_dst_len = ip6 ? 128 : 32,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	struct route found = {};
	int r;

	if (msg && nlmsg_append(msg, &route, sizeof(route), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (msg)
		nla_put(msg, RTA_DST, ip6 ? 16 : 4, to->addr);
	r = netlink_request(nl, msg, on_route, &found);
	if (r == 0)
		*ret = found;
	return r;
}
