// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_addr.h>
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
	struct nl_msg *msg = netlink_message(RTM_GETROUTE, 0, &route, sizeof(route));
	struct route found = {};
	int r;

	if (msg)
		nla_put(msg, RTA_DST, ip6 ? 16 : 4, to->addr);
	r = netlink_request(nl, msg, on_route, &found);
	if (r == 0)
		*ret = found;
	return r;
}

static struct nl_msg *ours(int type, int flags, const struct prefix *to, uint32_t oif)
{
	bool ip6 = to->family == PREFIX_IP6;
	struct rtmsg route = {
		.rtm_family = ip6 ? AF_INET6 : AF_INET, .rtm_dst_len = to->len,
		.rtm_table = RT_TABLE_MAIN, .rtm_protocol = ROUTE_OURS,
		.rtm_scope = ip6 || !oif ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = oif || type == RTM_DELROUTE ? RTN_UNICAST : RTN_BLACKHOLE,
	};
	struct nl_msg *msg = netlink_message(type, flags, &route, sizeof(route));

	if (msg)
		nla_put(msg, RTA_DST, ip6 ? 16 : 4, to->addr);
	if (msg && oif)
		nla_put_u32(msg, RTA_OIF, oif);
	return msg;
}

int route_set(struct netlink *nl, const struct prefix *to, uint32_t oif)
{
	return netlink_request(nl, ours(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, to, oif), NULL,
			       NULL);
}

int route_del(struct netlink *nl, const struct prefix *to)
{
	return netlink_request(nl, ours(RTM_DELROUTE, 0, to, 0), NULL, NULL);
}

struct route_reader {
	void (*fn)(const struct prefix *to, uint32_t oif, void *arg);
	void *arg;
};

static int on_ours(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[RTA_MAX + 1];
	const struct route_reader *reader = arg;
	const struct rtmsg *msg = nlmsg_data((struct nlmsghdr *)h);
	struct prefix to = { .family = PREFIX_IP6 };

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*msg), attrs, RTA_MAX, NULL) < 0 ||
	    msg->rtm_family != AF_INET6 || msg->rtm_protocol != ROUTE_OURS ||
	    !attrs[RTA_DST] || nla_len(attrs[RTA_DST]) != 16)
		return 0;
	to.len = msg->rtm_dst_len;
	memcpy(to.addr, nla_data(attrs[RTA_DST]), 16);
	reader->fn(&to, msg->rtm_type == RTN_UNICAST && attrs[RTA_OIF] ?
		   nla_get_u32(attrs[RTA_OIF]) : 0, reader->arg);
	return 0;
}

int route_dump(struct netlink *nl, void (*fn)(const struct prefix *to, uint32_t oif, void *arg),
	       void *arg)
{
	struct rtmsg filter = { .rtm_family = AF_INET6, .rtm_protocol = ROUTE_OURS };
	struct route_reader reader = { fn, arg };

	return netlink_request(nl, netlink_message(RTM_GETROUTE, NLM_F_DUMP, &filter,
						   sizeof(filter)), on_ours, &reader);
}

int route_address(struct netlink *nl, uint32_t ifindex, const struct prefix *address)
{
	bool ip6 = address->family == PREFIX_IP6;
	struct ifaddrmsg ifa = {
		.ifa_family = ip6 ? AF_INET6 : AF_INET, .ifa_prefixlen = address->len,
		.ifa_index = ifindex,
	};
	struct nl_msg *msg = netlink_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &ifa,
					     sizeof(ifa));

	if (msg) {
		nla_put(msg, IFA_LOCAL, ip6 ? 16 : 4, address->addr);
		nla_put(msg, IFA_ADDRESS, ip6 ? 16 : 4, address->addr);
		nla_put_u32(msg, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	}
	return netlink_request(nl, msg, NULL, NULL);
}
