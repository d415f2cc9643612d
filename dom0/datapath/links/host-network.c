// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/links/host-network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"

#define DUMP_TRIES	5

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

static int on_address(const struct nlmsghdr *h, void *arg)
{
	const struct reading *reading = arg;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*ifa)) ||
	    ifa->ifa_index != reading->ifindex || ifa->ifa_scope >= RT_SCOPE_LINK)
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

static int on_route(const struct nlmsghdr *h, void *arg)
{
	const struct reading *reading = arg;
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *attrs[RTA_MAX + 1];
	bool only, shared;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*rtm), attrs, RTA_MAX, NULL) < 0 ||
	    rtm->rtm_flags & RTM_F_CLONED || rtm->rtm_protocol == RTPROT_KERNEL)
		return 0;
	only = attrs[RTA_OIF] && nla_get_u32(attrs[RTA_OIF]) == reading->ifindex;
	/* A next hop that is an object goes with its netdev, and cannot be given to another. */
	shared = (only && attrs[RTA_NH_ID]) ||
		 (attrs[RTA_MULTIPATH] && leads_out(attrs[RTA_MULTIPATH], reading->ifindex));
	if (!only && !shared)
		return 0;
	reading->network->shared_route |= shared;
	reading->network->default_route |= !rtm->rtm_dst_len;
	return keep(reading->network, h);
}

/* What @type lists, of every family; @header of @len is that of its kind. */
static int dump(struct netlink *nl, int type, void *header, size_t len, netlink_fn fn,
		struct reading *reading)
{
	size_t before = reading->network->count;
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_DUMP);

		if (msg && nlmsg_append(msg, header, len, NLMSG_ALIGNTO) < 0) {
			nlmsg_free(msg);
			msg = NULL;
		}
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

static int change_address(struct netlink *nl, const struct nlmsghdr *h, int type,
			  uint32_t ifindex)
{
	static const uint16_t others[] = { IFA_FLAGS, IFA_LABEL, IFA_PROTO, 0 },
			      own[] = { IFA_FLAGS, IFA_PROTO, 0 };
	const struct ifaddrmsg *was = NLMSG_DATA(h);
	struct nlattr *given = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*was), IFA_FLAGS);
	uint32_t flags = (given ? nla_get_u32(given) : was->ifa_flags) & ADDRESS_FLAGS;
	struct nl_msg *msg = message_like(h, type, type == RTM_NEWADDR ?
					  NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*was),
					  was->ifa_index == ifindex ? own : others);
	struct ifaddrmsg *ifa = nlmsg_data(nlmsg_hdr(msg));

	/* Nobody else had it a moment ago. */
	if (ifa->ifa_family == AF_INET6)
		flags |= IFA_F_NODAD;
	ifa->ifa_index = ifindex;
	ifa->ifa_flags = flags;
	nla_put_u32(msg, IFA_FLAGS, flags);
	return netlink_request(nl, msg, NULL, NULL);
}

static int change_route(struct netlink *nl, const struct nlmsghdr *h, int type, uint32_t ifindex)
{
	static const uint16_t without[] = { RTA_OIF, RTA_CACHEINFO, 0 };
	struct nl_msg *msg = message_like(h, type, type == RTM_NEWROUTE ?
					  NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(struct rtmsg),
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

int host_network_move(struct netlink *nl, const struct host_network *network, uint32_t from,
		      uint32_t to)
{
	struct outcome outcome = {};

	/* IPv6's routes do not go with the addresses. */
	for (size_t i = 0; i < network->count; i++) {
		if (network->list[i]->nlmsg_type == RTM_NEWROUTE)
			note(&outcome, nl, change_route(nl, network->list[i], RTM_DELROUTE, from),
			     -ESRCH);
	}
	for (size_t i = 0; i < network->count; i++) {
		if (network->list[i]->nlmsg_type == RTM_NEWADDR)
			note(&outcome, nl, change_address(nl, network->list[i], RTM_DELADDR, from),
			     -EADDRNOTAVAIL);
	}
	for (size_t i = 0; i < network->count; i++) {
		if (network->list[i]->nlmsg_type == RTM_NEWADDR)
			note(&outcome, nl, change_address(nl, network->list[i], RTM_NEWADDR, to),
			     -EEXIST);
	}
	/* A gateway must be reached by another route before. */
	for (int gateways = 0; gateways < 2; gateways++) {
		for (size_t i = 0; i < network->count; i++) {
			const struct nlmsghdr *h = network->list[i];

			if (h->nlmsg_type == RTM_NEWROUTE && has_gateway(h) == gateways)
				note(&outcome, nl, change_route(nl, h, RTM_NEWROUTE, to), -EEXIST);
		}
	}
	memcpy(nl->error, outcome.error, sizeof(outcome.error));
	return outcome.r;
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
		if (r == 0 && h->nlmsg_type != RTM_NEWADDR)
			network.default_route |= !((struct rtmsg *)NLMSG_DATA(h))->rtm_dst_len;
		if (r == 0)
			r = keep(&network, h);
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
	struct nlattr *flags = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*ifa), IFA_FLAGS);
	_cleanup_free_ char *text = address_text(h);

	return json_pack("{s:i, s:s, s:b}", "family", ifa->ifa_family == AF_INET6 ? 6 : 4,
			 "address", text ? text : "", "dynamic",
			 !((flags ? nla_get_u32(flags) : ifa->ifa_flags) & IFA_F_PERMANENT));
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
		gateway = gateway_facts(network->list[i]);
		if (gateway)
			json_array_append_new(gateways, gateway);
	}
	return json_pack("{s:o, s:o}", "addresses", addresses, "gateways", gateways);
}
