// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/links/host-network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"

#define DUMP_TRIES	5
#define LEASE_LEFT_MIN	60	/* seconds */

struct reading {
	uint32_t ifindex;
	struct host_network *network;
};

static int keep(struct host_network *network, const struct nlmsghdr *h)
{
	struct nlmsghdr *copy;

	if (network->count == HOST_NETWORK_MAX)
		return -E2BIG;
	/* Room grows by doubling: at every power of two. */
	if (!(network->count & (network->count - 1)))
		network->list = xrealloc(network->list, (network->count ? 2 * network->count : 1) *
					 sizeof(*network->list));
	copy = xmalloc(h->nlmsg_len);
	memcpy(copy, h, h->nlmsg_len);
	network->list[network->count++] = copy;
	return 0;
}

static uint32_t address_flags(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *flags = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*ifa), IFA_FLAGS);

	return flags ? nla_get_u32(flags) : ifa->ifa_flags;
}

static int on_address(const struct nlmsghdr *h, void *arg)
{
	const struct reading *reading = arg;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);

	/* One that somebody else has, too, is of no use anywhere. */
	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*ifa)) ||
	    ifa->ifa_index != reading->ifindex || ifa->ifa_scope >= RT_SCOPE_LINK ||
	    address_flags(h) & IFA_F_DADFAILED)
		return 0;
	return keep(reading->network, h);
}

static bool leads_out(const struct nlattr *multipath, uint32_t ifindex)
{
	const struct rtnexthop *hop = nla_data(multipath);
	int left = nla_len(multipath);

	for (; RTNH_OK(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		if ((uint32_t)hop->rtnh_ifindex == ifindex)
			return true;
	}
	return false;
}

/* Are the first @bits of what @a and @b hold the same? */
static bool same_bits(const struct nlattr *a, const struct nlattr *b, unsigned int bits)
{
	const uint8_t *x, *y;
	int len = (bits + 7) / 8;
	uint8_t mask = bits % 8 ? 0xff << (8 - bits % 8) : 0xff;

	if (!a || !b || !len || nla_len(a) < len || nla_len(b) < len)
		return false;
	x = nla_data(a);
	y = nla_data(b);
	return memcmp(x, y, len - 1) == 0 && !((x[len - 1] ^ y[len - 1]) & mask);
}

/* Has a kept address this prefix, and told the kernel to make no route for it? */
static bool is_left_to_others(const struct host_network *network, const struct rtmsg *rtm,
			      const struct nlattr *dst)
{
	for (size_t i = 0; i < network->count; i++) {
		const struct nlmsghdr *h = network->list[i];
		const struct ifaddrmsg *ifa = NLMSG_DATA(h);

		if (h->nlmsg_type == RTM_NEWADDR && ifa->ifa_family == rtm->rtm_family &&
		    ifa->ifa_prefixlen == rtm->rtm_dst_len &&
		    address_flags(h) & IFA_F_NOPREFIXROUTE &&
		    same_bits(nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*ifa), IFA_ADDRESS),
			      dst, rtm->rtm_dst_len))
			return true;
	}
	return false;
}

/*
 * A route that the kernel makes anew with an address. RTPROT_KERNEL alone does not say
 * so: NetworkManager adds its own as the kernel's.
 */
static bool comes_with_address(const struct host_network *network, const struct rtmsg *rtm,
			       struct nlattr **attrs)
{
	if (rtm->rtm_protocol != RTPROT_KERNEL)
		return false;
	if (rtm->rtm_type != RTN_UNICAST)
		return true;
	return rtm->rtm_dst_len && !attrs[RTA_GATEWAY] &&
	       !is_left_to_others(network, rtm, attrs[RTA_DST]);
}

/* Is this source one of the kept addresses? Then the kernel drops its routes with it. */
static bool is_source(const struct host_network *network, const struct rtmsg *rtm,
		      const struct nlattr *source)
{
	for (size_t i = 0; source && i < network->count; i++) {
		const struct nlmsghdr *h = network->list[i];
		const struct ifaddrmsg *ifa = NLMSG_DATA(h);
		struct nlattr *attrs[IFA_MAX + 1];

		if (h->nlmsg_type == RTM_NEWADDR && ifa->ifa_family == rtm->rtm_family &&
		    nlmsg_parse((struct nlmsghdr *)h, sizeof(*ifa), attrs, IFA_MAX, NULL) == 0 &&
		    same_bits(attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS], source,
			      8 * nla_len(source)))
			return true;
	}
	return false;
}

static int on_route(const struct nlmsghdr *h, void *arg)
{
	const struct reading *reading = arg;
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *attrs[RTA_MAX + 1];
	bool only, leads, foreign;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*rtm), attrs, RTA_MAX, NULL) < 0 ||
	    rtm->rtm_flags & RTM_F_CLONED || comes_with_address(reading->network, rtm, attrs))
		return 0;
	only = attrs[RTA_OIF] && nla_get_u32(attrs[RTA_OIF]) == reading->ifindex;
	leads = attrs[RTA_MULTIPATH] && leads_out(attrs[RTA_MULTIPATH], reading->ifindex);
	foreign = !only && !leads && is_source(reading->network, rtm, attrs[RTA_PREFSRC]);
	if (!only && !leads && !foreign)
		return 0;
	/* A next hop that is an object goes with its netdev, and cannot be given to another. */
	reading->network->shared_route |= attrs[RTA_NH_ID] || attrs[RTA_MULTIPATH];
	reading->network->default_route |= !foreign && !rtm->rtm_dst_len;
	return keep(reading->network, h);
}

/* What @type lists, of every family; @header of @len is that of its kind. */
static int dump(struct netlink *nl, int type, const void *header, size_t len, netlink_fn fn,
		struct reading *reading)
{
	size_t before = reading->network->count;
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct nl_msg *msg = netlink_message(type, NLM_F_DUMP, header, len);

		while (reading->network->count > before)
			free(reading->network->list[--reading->network->count]);
		r = netlink_request(nl, msg, fn, reading);
	}
	return r;
}

int host_network_read(struct netlink *nl, uint32_t ifindex, struct host_network *ret)
{
	struct host_network network = {};
	struct reading reading = { .ifindex = ifindex, .network = &network };
	struct ifaddrmsg ifa = { .ifa_family = AF_UNSPEC };
	struct rtmsg rtm = { .rtm_family = AF_UNSPEC };
	int r = dump(nl, RTM_GETADDR, &ifa, sizeof(ifa), on_address, &reading);

	if (r == 0)
		r = dump(nl, RTM_GETROUTE, &rtm, sizeof(rtm), on_route, &reading);
	if (r < 0)
		host_network_deinit(&network);
	else
		*ret = network;
	return r;
}

struct naming {
	const char *netdev;
	bool *named;
};

static int on_rule(const struct nlmsghdr *h, void *arg)
{
	const struct naming *naming = arg;
	struct nlattr *attrs[FRA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWRULE ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(struct fib_rule_hdr), attrs, FRA_MAX,
			NULL) < 0)
		return 0;
	*naming->named |= (attrs[FRA_IIFNAME] &&
			   nla_strcmp(attrs[FRA_IIFNAME], naming->netdev) == 0) ||
			  (attrs[FRA_OIFNAME] &&
			   nla_strcmp(attrs[FRA_OIFNAME], naming->netdev) == 0);
	return 0;
}

int host_network_ruled(struct netlink *nl, const char *netdev, bool *ret)
{
	struct fib_rule_hdr header = { .family = AF_UNSPEC };
	struct naming naming = { .netdev = netdev, .named = ret };
	int r = -EINTR;

	*ret = false;
	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++)
		r = netlink_request(nl, netlink_message(RTM_GETRULE, NLM_F_DUMP, &header,
							sizeof(header)), on_rule, &naming);
	/* A kernel without rules. */
	return r == -EOPNOTSUPP ? 0 : r;
}

void host_network_deinit(struct host_network *network)
{
	for (size_t i = 0; i < network->count; i++)
		free(network->list[i]);
	free(network->list);
	*network = (struct host_network){};
}

/* ---- to another netdev ---- */

/* A request of the same octets, but for the header and those attributes that are put anew. */
static struct nl_msg *message_like(const struct nlmsghdr *h, int type, int flags, size_t fixed,
				   const uint16_t *without)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);
	struct nlattr *attr;
	int left;

	if (!msg)
		mem_out();
	nlmsg_append(msg, NLMSG_DATA(h), fixed, NLMSG_ALIGNTO);
	nlmsg_for_each_attr(attr, (struct nlmsghdr *)h, fixed, left) {
		const uint16_t *drop = without;

		while (*drop && *drop != nla_type(attr))
			drop++;
		if (!*drop)
			nla_put(msg, nla_type(attr), nla_len(attr), nla_data(attr));
	}
	return msg;
}

/* What the kernel found out of an address is not asked for. */
#define ADDRESS_FLAGS	(IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
			 IFA_F_MCAUTOJOIN)

/* A label may have changed with the name of its netdev. */
static int change_address(struct netlink *nl, const struct nlmsghdr *h, int type,
			  uint32_t ifindex)
{
	static const uint16_t others[] = { IFA_FLAGS, IFA_LABEL, IFA_PROTO, 0 },
			      own[] = { IFA_FLAGS, IFA_PROTO, 0 };
	const struct ifaddrmsg *was = NLMSG_DATA(h);
	uint32_t had = address_flags(h), flags = had & ADDRESS_FLAGS;
	struct nl_msg *msg = message_like(h, type, type == RTM_NEWADDR ?
					  NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*was),
					  type == RTM_NEWADDR && was->ifa_index == ifindex ?
					  own : others);
	struct ifaddrmsg *ifa = nlmsg_data(nlmsg_hdr(msg));

	/* Nobody else had it a moment ago, if that was found out. */
	if (ifa->ifa_family == AF_INET6 && (had & IFA_F_NODAD || !(had & IFA_F_TENTATIVE)))
		flags |= IFA_F_NODAD;
	ifa->ifa_index = ifindex;
	ifa->ifa_flags = flags;
	nla_put_u32(msg, IFA_FLAGS, flags);
	return netlink_request(nl, msg, NULL, NULL);
}

/* A route of another netdev, which is kept for its source: that netdev. 0: not such a one. */
static uint32_t foreign_oif(const struct host_network *network, const struct nlmsghdr *h)
{
	const struct nlmsghdr *first = network->list[0];
	struct nlattr *oif = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(struct rtmsg), RTA_OIF);
	uint32_t own = first->nlmsg_type == RTM_NEWADDR ?
		       ((struct ifaddrmsg *)NLMSG_DATA(first))->ifa_index : 0;

	return own && oif && nla_get_u32(oif) != own ? nla_get_u32(oif) : 0;
}

/* APPEND without EXCL: an equal route of another netdev stays, and is not taken for this one. */
static int change_route(struct netlink *nl, const struct nlmsghdr *h, int type, uint32_t ifindex)
{
	static const uint16_t without[] = { RTA_OIF, RTA_CACHEINFO, 0 };
	struct nl_msg *msg = message_like(h, type, type == RTM_NEWROUTE ?
					  NLM_F_CREATE | NLM_F_APPEND : 0, sizeof(struct rtmsg),
					  without);
	struct rtmsg *rtm = nlmsg_data(nlmsg_hdr(msg));

	rtm->rtm_flags &= RTNH_F_ONLINK;
	nla_put_u32(msg, RTA_OIF, ifindex);
	return netlink_request(nl, msg, NULL, NULL);
}

static bool has_gateway(const struct nlmsghdr *h)
{
	return nlmsg_find_attr((struct nlmsghdr *)h, sizeof(struct rtmsg), RTA_GATEWAY) ||
	       nlmsg_find_attr((struct nlmsghdr *)h, sizeof(struct rtmsg), RTA_VIA);
}

/* The first error, which later ones do not hide. */
struct outcome {
	int r;
	char error[sizeof(((struct netlink *)0)->error)];
};

static void note(struct outcome *outcome, const struct netlink *nl, int r, int fine)
{
	if (r == 0 || r == fine || outcome->r < 0)
		return;
	outcome->r = r;
	memcpy(outcome->error, nl->error, sizeof(outcome->error));
}

/* IPv6's routes do not go with the addresses. A netdev of 0 would be any. */
static void take(struct netlink *nl, const struct host_network *network, uint32_t from,
		 struct outcome *outcome)
{
	for (size_t i = 0; i < network->count; i++) {
		const struct nlmsghdr *h = network->list[i];
		uint32_t oif;

		if (h->nlmsg_type == RTM_NEWADDR)
			continue;
		oif = foreign_oif(network, h) ?: from;
		if (oif)
			note(outcome, nl, change_route(nl, h, RTM_DELROUTE, oif), -ESRCH);
	}
	for (size_t i = 0; from && i < network->count; i++) {
		if (network->list[i]->nlmsg_type == RTM_NEWADDR)
			note(outcome, nl, change_address(nl, network->list[i], RTM_DELADDR, from),
			     -EADDRNOTAVAIL);
	}
}

static void give_route(struct netlink *nl, const struct host_network *network,
		       const struct nlmsghdr *h, uint32_t to, struct outcome *outcome)
{
	uint32_t foreign = foreign_oif(network, h);
	int r = change_route(nl, h, RTM_NEWROUTE, foreign ?: to);

	/* Its netdev went meanwhile, and the route would have gone with it. */
	if (foreign && (r == -ENODEV || r == -ENETDOWN))
		return;
	note(outcome, nl, r, -EEXIST);
}

static void give(struct netlink *nl, const struct host_network *network, uint32_t to,
		 struct outcome *outcome)
{
	for (size_t i = 0; i < network->count; i++) {
		if (network->list[i]->nlmsg_type == RTM_NEWADDR)
			note(outcome, nl, change_address(nl, network->list[i], RTM_NEWADDR, to),
			     -EEXIST);
	}
	/* A gateway must be reached by another route before. */
	for (int gateways = 0; gateways < 2; gateways++) {
		for (size_t i = 0; i < network->count; i++) {
			const struct nlmsghdr *h = network->list[i];

			if (h->nlmsg_type == RTM_NEWROUTE && has_gateway(h) == gateways)
				give_route(nl, network, h, to, outcome);
		}
	}
}

int host_network_move(struct netlink *nl, const struct host_network *network, uint32_t from,
		      uint32_t to)
{
	struct outcome outcome = {};

	take(nl, network, from, &outcome);
	give(nl, network, to, &outcome);
	memcpy(nl->error, outcome.error, sizeof(outcome.error));
	return outcome.r;
}

/* ---- leases ---- */

/* NULL: not an address, or one for good. */
static struct ifa_cacheinfo *lease_of(const struct nlmsghdr *h)
{
	struct ifa_cacheinfo *lease;
	struct nlattr *attr;

	if (h->nlmsg_type != RTM_NEWADDR)
		return NULL;
	attr = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(struct ifaddrmsg), IFA_CACHEINFO);
	if (!attr || nla_len(attr) < (int)sizeof(*lease))
		return NULL;
	lease = nla_data(attr);
	return lease->ifa_valid == UINT32_MAX ? NULL : lease;
}

uint32_t host_network_lease(const struct host_network *network)
{
	uint32_t left = 0;

	for (size_t i = 0; i < network->count; i++) {
		const struct ifa_cacheinfo *lease = lease_of(network->list[i]);

		if (lease && (!left || lease->ifa_valid < left))
			left = lease->ifa_valid ?: 1;
	}
	return left;
}

static uint32_t less(uint32_t left, uint32_t seconds)
{
	uint32_t floor = left < LEASE_LEFT_MIN ? left : LEASE_LEFT_MIN;

	return left > seconds && left - seconds > floor ? left - seconds : floor;
}

void host_network_age(struct host_network *network, uint32_t seconds)
{
	for (size_t i = 0; i < network->count; i++) {
		struct ifa_cacheinfo *lease = lease_of(network->list[i]);

		if (!lease)
			continue;
		lease->ifa_valid = less(lease->ifa_valid, seconds);
		if (lease->ifa_prefered != UINT32_MAX)
			lease->ifa_prefered = less(lease->ifa_prefered, seconds);
	}
}

/* ---- as text ---- */

json_t *host_network_json(const struct host_network *network)
{
	json_t *list = json_array();

	for (size_t i = 0; i < network->count; i++) {
		const struct nlmsghdr *h = network->list[i];
		_cleanup_free_ char *text = xmalloc(2 * h->nlmsg_len + 1);

		hex_format(h, h->nlmsg_len, text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

int host_network_from_json(const json_t *list, struct host_network *ret)
{
	struct host_network network = {};
	const json_t *item;
	size_t i;
	int r = json_is_array(list) ? 0 : -EINVAL;

	json_array_foreach(list, i, item) {
		size_t len = json_string_length(item) / 2;
		_cleanup_free_ struct nlmsghdr *h = xzalloc(len + sizeof(*h));

		if (r == 0 && (json_string_length(item) % 2 || len < sizeof(*h) ||
			       !hex_parse(json_string_value(item), len, h) ||
			       h->nlmsg_len != len ||
			       len < (h->nlmsg_type == RTM_NEWADDR ?
				      NLMSG_LENGTH(sizeof(struct ifaddrmsg)) :
				      NLMSG_LENGTH(sizeof(struct rtmsg)))))
			r = -EINVAL;
		if (r == 0)
			r = keep(&network, h);
		if (r == 0 && h->nlmsg_type != RTM_NEWADDR && !foreign_oif(&network, h))
			network.default_route |= !((struct rtmsg *)NLMSG_DATA(h))->rtm_dst_len;
	}
	if (r < 0)
		host_network_deinit(&network);
	else
		*ret = network;
	return r;
}

/* ---- for people ---- */

static char *address_text(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *attrs[IFA_MAX + 1], *address;
	char text[INET6_ADDRSTRLEN];

	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*ifa), attrs, IFA_MAX, NULL) < 0)
		return NULL;
	/* On a link with a peer IFA_ADDRESS is the other end. */
	address = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if (!address || nla_len(address) < (ifa->ifa_family == AF_INET6 ? 16 : 4) ||
	    !inet_ntop(ifa->ifa_family, nla_data(address), text, sizeof(text)))
		return NULL;
	return xprintf("%s/%u", text, ifa->ifa_prefixlen);
}

char *host_network_words(const struct host_network *network)
{
	_cleanup_free_ char *first = NULL;
	size_t addresses = 0;

	while (addresses < network->count && network->list[addresses]->nlmsg_type == RTM_NEWADDR)
		addresses++;
	if (!addresses && !network->default_route)
		return NULL;
	if (!addresses)
		return xprintf("the default route");
	first = address_text(network->list[0]);
	return xprintf("%s%s%s", first ? first : "an address", addresses > 1 ? ", more" : "",
		       network->default_route ? " and the default route" : "");
}

static json_t *address_facts(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	_cleanup_free_ char *text = address_text(h);

	return json_pack("{s:i, s:s, s:b}", "family", ifa->ifa_family == AF_INET6 ? 6 : 4,
			 "address", text ? text : "", "dynamic",
			 !(address_flags(h) & IFA_F_PERMANENT));
}

/* NULL: not a default route, or without a gateway. */
static json_t *gateway_facts(const struct nlmsghdr *h)
{
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *gateway = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*rtm), RTA_GATEWAY);
	char text[INET6_ADDRSTRLEN];

	if (rtm->rtm_dst_len || !gateway ||
	    nla_len(gateway) < (rtm->rtm_family == AF_INET6 ? 16 : 4) ||
	    !inet_ntop(rtm->rtm_family, nla_data(gateway), text, sizeof(text)))
		return NULL;
	return json_pack("{s:i, s:s}", "family", rtm->rtm_family == AF_INET6 ? 6 : 4, "gateway",
			 text);
}

json_t *host_network_facts(const struct host_network *network)
{
	json_t *addresses = json_array(), *gateways = json_array(), *gateway;

	for (size_t i = 0; i < network->count; i++) {
		if (network->list[i]->nlmsg_type == RTM_NEWADDR) {
			json_array_append_new(addresses, address_facts(network->list[i]));
			continue;
		}
		gateway = foreign_oif(network, network->list[i]) ? NULL :
			  gateway_facts(network->list[i]);
		if (gateway)
			json_array_append_new(gateways, gateway);
	}
	return json_pack("{s:o, s:o}", "addresses", addresses, "gateways", gateways);
}
