// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/number.h"
#include "datapath/links/bond-attrs.h"
#include "datapath/links/netdev-files.h"
#include "datapath/links/rtnl.h"
#include "datapath/links/switch-kind.h"
#include "datapath/tc/shaping.h"

#define EVENTS_AT_ONCE	256
#define DUMP_TRIES	5

int rtnl_open(struct rtnl *rtnl, struct links *links)
{
	int r;

	*rtnl = (struct rtnl){ .req.fd = -1, .events.fd = -1, .links = links };
	r = netlink_open(&rtnl->req, NETLINK_ROUTE);
	if (r == 0)
		r = netlink_open(&rtnl->events, NETLINK_ROUTE);
	if (r == 0)
		r = netlink_join(&rtnl->events, RTNLGRP_LINK);
	if (r < 0)
		rtnl_close(rtnl);
	return r;
}

void rtnl_close(struct rtnl *rtnl)
{
	netlink_close(&rtnl->req);
	netlink_close(&rtnl->events);
}

const char *rtnl_error(const struct rtnl *rtnl)
{
	return rtnl->req.error[0] ? rtnl->req.error : "no error";
}

/* Whose netdev is it? The xenbus device says so; without one, the name. */
static void find_owner(struct link *link)
{
	char device[64];

	if (netdev_link(link->name, "device", device, sizeof(device))) {
		link->is_half = link->by_device =
			link_parse_device(device, &link->domid, &link->devid);
		link->half = HALF_VIF;
		return;
	}
	link->is_half = link_parse_name(link->name, &link->domid, &link->devid, &link->half);
}

/* Bits per second that the device says it carries; 0: it does not say, or has no carrier. */
static uint64_t read_speed(const char *name)
{
	char path[64], text[32];
	uint64_t mbps = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0 || text[n - 1] != '\n' ||
	    !number_parse(text, n - 1, 0, VIFSWITCH_RATE_MAX_BPS / 1000000, &mbps))
		return 0;
	return mbps * 1000000;
}

static void read_kind(struct nlattr *linkinfo, struct link *link)
{
	struct nlattr *attrs[IFLA_INFO_MAX + 1] = {};

	if (linkinfo && nla_parse_nested(attrs, IFLA_INFO_MAX, linkinfo, NULL) == 0 &&
	    attrs[IFLA_INFO_KIND])
		nla_strlcpy(link->kind, attrs[IFLA_INFO_KIND], sizeof(link->kind));
	link->is_switch = switch_kind_is_ours(link);
	if (strcmp(link->kind, "bond") == 0)
		bond_attrs_read(attrs[IFLA_INFO_DATA], &link->bond);
	if (attrs[IFLA_INFO_SLAVE_KIND] && nla_strcmp(attrs[IFLA_INFO_SLAVE_KIND], "bond") == 0)
		bond_attrs_read_member(attrs[IFLA_INFO_SLAVE_DATA], &link->member);
}

static bool same(const struct link *a, const struct link *b)
{
	return strcmp(a->name, b->name) == 0 && a->flags == b->flags && a->mtu == b->mtu &&
	       a->speed_bps == b->speed_bps && a->nic == b->nic &&
	       a->master == b->master && a->lower == b->lower && a->is_switch == b->is_switch &&
	       a->ours == b->ours &&
	       memcmp(&a->bond, &b->bond, sizeof(a->bond)) == 0 &&
	       memcmp(&a->member, &b->member, sizeof(a->member)) == 0 &&
	       memcmp(a->mac, b->mac, 6) == 0;
}

/* Also one whose making was cut short. */
static bool is_ours(const char *name, const struct nlattr *alias)
{
	return (alias && nla_strcmp(alias, LINK_ALIAS) == 0) ||
	       strncmp(name, LINK_UNFINISHED, strlen(LINK_UNFINISHED)) == 0;
}

static int link_new(struct rtnl *rtnl, struct ifinfomsg *info, struct nlattr **attrs)
{
	struct link link = { .ifindex = info->ifi_index, .flags = info->ifi_flags };
	const struct link *old = links_get(rtnl->links, link.ifindex);

	if (!attrs[IFLA_IFNAME])
		return 0;
	nla_strlcpy(link.name, attrs[IFLA_IFNAME], sizeof(link.name));
	if (attrs[IFLA_MTU])
		link.mtu = nla_get_u32(attrs[IFLA_MTU]);
	if (attrs[IFLA_MASTER])
		link.master = nla_get_u32(attrs[IFLA_MASTER]);
	if (attrs[IFLA_LINK] && !attrs[IFLA_LINK_NETNSID])
		link.lower = nla_get_u32(attrs[IFLA_LINK]);
	if (attrs[IFLA_ADDRESS] && nla_len(attrs[IFLA_ADDRESS]) == sizeof(link.mac))
		memcpy(link.mac, nla_data(attrs[IFLA_ADDRESS]), sizeof(link.mac));
	if (attrs[IFLA_PHYS_SWITCH_ID])
		link.nic = bytes_sum(nla_data(attrs[IFLA_PHYS_SWITCH_ID]),
				     (size_t)nla_len(attrs[IFLA_PHYS_SWITCH_ID]), 0) | 1;
	link.ours = is_ours(link.name, attrs[IFLA_IFALIAS]);
	read_kind(attrs[IFLA_LINKINFO], &link);
	if (old)
		bond_attrs_keep(&link, old);
	/* A device may come back with another speed between two of its messages. */
	if (old && !old->is_half && !link.is_switch)
		link.speed_bps = read_speed(link.name);
	if (old && same(old, &link))
		return 0;
	rtnl->changed = true;
	if ((!old || !old->is_half) && !link.is_switch && !(link.flags & IFF_LOOPBACK))
		find_owner(&link);
	if (!old && !link.is_half && !link.is_switch)
		link.speed_bps = read_speed(link.name);
	return links_update(rtnl->links, &link);
}

static int on_message(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[IFLA_MAX + 1];
	struct rtnl *rtnl = arg;
	struct ifinfomsg *info;

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return 0;
	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*info), attrs, IFLA_MAX, NULL) < 0)
		return 0;
	info = NLMSG_DATA(h);
	/* The bridge speaks of its ports here too (AF_BRIDGE): not netdevs. */
	if (info->ifi_family != AF_UNSPEC)
		return 0;
	if (h->nlmsg_type == RTM_NEWLINK)
		return link_new(rtnl, info, attrs);
	rtnl->changed = true;
	links_remove(rtnl->links, info->ifi_index);
	return 0;
}

struct nl_msg *rtnl_message(int type, int flags, uint32_t ifindex)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };

	return netlink_message(type, flags, &info, sizeof(info));
}

static int on_qdisc(const struct nlmsghdr *h, void *arg)
{
	struct rtnl *rtnl = arg;
	const struct tcmsg *tc = NLMSG_DATA(h);
	struct link *link;

	if (h->nlmsg_type != RTM_NEWQDISC || h->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
		return 0;
	link = links_get(rtnl->links, tc->tcm_ifindex);
	if (link) {
		link->shaped |= tc->tcm_parent == TC_H_ROOT &&
				tc->tcm_handle == SHAPING_MAJOR << 16;
		link->hooked |= tc->tcm_parent == TC_H_CLSACT;
	}
	return 0;
}

/* Which netdevs an earlier daemon has shaped, or may have given rules. */
static int dump_qdiscs(struct rtnl *rtnl)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++)
		r = netlink_request(&rtnl->req, netlink_message(RTM_GETQDISC, NLM_F_DUMP, &tc,
								sizeof(tc)), on_qdisc, rtnl);
	return r;
}

int rtnl_dump(struct rtnl *rtnl)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct nl_msg *msg = rtnl_message(RTM_GETLINK, NLM_F_DUMP, 0);

		if (msg)
			nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		/*
		 * Whose a renamed netdev is would be lost with the old entries:
		 * ask sysfs again, and ports keep their cookies.
		 */
		links_clear(rtnl->links);
		r = netlink_request(&rtnl->req, msg, on_message, rtnl);
	}
	if (r == 0)
		r = dump_qdiscs(rtnl);
	rtnl->changed = true;
	rtnl->links->complete = r == 0;
	return r;
}

struct bridge_reading {
	uint32_t ifindex;
	struct rtnl_bridge *bridge;
};

static void read_bridge(struct nlattr *linkinfo, struct rtnl_bridge *ret)
{
	struct nlattr *info[IFLA_INFO_MAX + 1], *attrs[IFLA_BR_MAX + 1];

	if (!linkinfo || nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0 ||
	    !info[IFLA_INFO_DATA] ||
	    nla_parse_nested(attrs, IFLA_BR_MAX, info[IFLA_INFO_DATA], NULL) < 0)
		return;
	if (attrs[IFLA_BR_VLAN_FILTERING])
		ret->vlan_filtering = nla_get_u8(attrs[IFLA_BR_VLAN_FILTERING]);
	if (attrs[IFLA_BR_STP_STATE])
		ret->stp = nla_get_u32(attrs[IFLA_BR_STP_STATE]);
}

/* The two ends of a cable name each other. */
static bool is_cable(struct nlattr *linkinfo)
{
	struct nlattr *info[IFLA_INFO_MAX + 1];

	return linkinfo && nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) == 0 &&
	       info[IFLA_INFO_KIND] && nla_strcmp(info[IFLA_INFO_KIND], "veth") == 0;
}

static int on_bridge(const struct nlmsghdr *h, void *arg)
{
	const struct bridge_reading *reading = arg;
	const struct ifinfomsg *info = NLMSG_DATA(h);
	struct nlattr *attrs[IFLA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWLINK || info->ifi_family != AF_UNSPEC ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*info), attrs, IFLA_MAX, NULL) < 0)
		return 0;
	if ((uint32_t)info->ifi_index == reading->ifindex)
		read_bridge(attrs[IFLA_LINKINFO], reading->bridge);
	/* A link in another namespace has that one's numbers. */
	else if (attrs[IFLA_LINK] && !attrs[IFLA_LINK_NETNSID] && attrs[IFLA_IFNAME] &&
		 nla_get_u32(attrs[IFLA_LINK]) == reading->ifindex &&
		 !is_cable(attrs[IFLA_LINKINFO]))
		nla_strlcpy(reading->bridge->upper, attrs[IFLA_IFNAME],
			    sizeof(reading->bridge->upper));
	return 0;
}

int rtnl_bridge_get(struct rtnl *rtnl, uint32_t ifindex, struct rtnl_bridge *ret)
{
	struct rtnl_bridge bridge;
	struct bridge_reading reading = { .ifindex = ifindex, .bridge = &bridge };
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		bridge = (struct rtnl_bridge){};
		r = netlink_request(&rtnl->req, rtnl_message(RTM_GETLINK, NLM_F_DUMP, 0),
				    on_bridge, &reading);
	}
	if (r == 0)
		*ret = bridge;
	return r;
}

int rtnl_read(struct rtnl *rtnl, uint32_t ifindex)
{
	return netlink_request(&rtnl->req, rtnl_message(RTM_GETLINK, 0, ifindex), on_message, rtnl);
}

int rtnl_events(struct rtnl *rtnl)
{
	int r = netlink_receive(&rtnl->events, EVENTS_AT_ONCE, on_message, rtnl);

	return r == -ENOBUFS ? rtnl_dump(rtnl) : r;
}

static int on_route(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[RTA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(struct rtmsg), attrs, RTA_MAX, NULL) < 0 ||
	    !attrs[RTA_PREFSRC] || nla_len(attrs[RTA_PREFSRC]) != 16)
		return -ENETUNREACH;
	memcpy(arg, nla_data(attrs[RTA_PREFSRC]), 16);
	return 0;
}

/* The address that packets to @to leave with. */
static int find_source(struct rtnl *rtnl, const uint8_t to[16], uint8_t ret[16])
{
	struct rtmsg route = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };
	struct nl_msg *msg = netlink_message(RTM_GETROUTE, 0, &route, sizeof(route));
	int r;

	if (msg)
		nla_put(msg, RTA_DST, 16, to);
	r = netlink_request(&rtnl->req, msg, on_route, ret);
	if (r < 0)
		snprintf(rtnl->req.error, sizeof(rtnl->req.error), "there is no route to the remote: %s",
			 strerror(-r));
	return r;
}

static void put_kind(struct nl_msg *msg, const struct link_spec *spec, const uint8_t source[16])
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	nla_put_string(msg, IFLA_INFO_KIND, spec->kind);
	if (spec->count) {
		data = nla_nest_start(msg, IFLA_INFO_DATA);
		for (size_t i = 0; i < spec->count; i++)
			nla_put(msg, spec->data[i].type, spec->data[i].len, spec->data[i].value);
		if (spec->source_for)
			nla_put(msg, spec->source_type, 16, source);
		nla_nest_end(msg, data);
	}
	nla_nest_end(msg, info);
}

static int set_text(struct rtnl *rtnl, uint32_t ifindex, int attr, const char *text)
{
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);

	if (msg)
		nla_put_string(msg, attr, text);
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

int rtnl_link_mark(struct rtnl *rtnl, const char *name)
{
	return set_text(rtnl, if_nametoindex(name), IFLA_IFALIAS, LINK_ALIAS);
}

/*
 * The kernel takes no alias with a new netdev: it is made under another name, by which one
 * that stays unfinished is known. The name comes last, for the kernel tells nobody of an
 * alias while the netdev is down.
 */
int rtnl_link_finish(struct rtnl *rtnl, const char *unfinished, const char *alias,
		     const char *name)
{
	uint32_t ifindex = if_nametoindex(unfinished);
	int r = set_text(rtnl, ifindex, IFLA_IFALIAS, alias);

	return r < 0 ? r : set_text(rtnl, ifindex, IFLA_IFNAME, name);
}

/* One that an earlier daemon was killed over. */
static int drop_unfinished(struct rtnl *rtnl, const struct link_spec *spec)
{
	char name[IFNAMSIZ];
	uint32_t ifindex;

	link_unfinished_name(spec->name, name);
	ifindex = if_nametoindex(name);
	return ifindex ? rtnl_link_del(rtnl, ifindex) : -ENODEV;
}

static int make_link(struct rtnl *rtnl, const struct link_spec *spec, const uint8_t source[16])
{
	char name[IFNAMSIZ];
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	int r;

	link_unfinished_name(spec->name, name);
	if (msg) {
		nla_put_string(msg, IFLA_IFNAME, spec->alias ? name : spec->name);
		put_kind(msg, spec, source);
	}
	r = netlink_request(&rtnl->req, msg, NULL, NULL);
	if (r < 0 || !spec->alias)
		return r;
	r = rtnl_link_finish(rtnl, name, spec->alias, spec->name);
	if (r < 0)
		rtnl_link_del(rtnl, if_nametoindex(name));
	return r;
}

int rtnl_link_change(struct rtnl *rtnl, uint32_t ifindex, const struct link_spec *spec)
{
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);

	if (msg)
		put_kind(msg, spec, NULL);
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

int rtnl_member_change(struct rtnl *rtnl, uint32_t ifindex, const char *kind,
		       const struct link_attr *attrs, size_t count)
{
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);
	struct nlattr *info, *data;

	if (msg) {
		info = nla_nest_start(msg, IFLA_LINKINFO);
		nla_put_string(msg, IFLA_INFO_SLAVE_KIND, kind);
		data = nla_nest_start(msg, IFLA_INFO_SLAVE_DATA);
		for (size_t i = 0; i < count; i++)
			nla_put(msg, attrs[i].type, attrs[i].len, attrs[i].value);
		nla_nest_end(msg, data);
		nla_nest_end(msg, info);
	}
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

int rtnl_link_new(struct rtnl *rtnl, const struct link_spec *spec)
{
	const char *module = strcmp(spec->kind, "bond") == 0 ? "bonding" : spec->kind;
	uint8_t source[16] = {};
	int r = spec->source_for ? find_source(rtnl, spec->source_for, source) : 0;

	if (r < 0)
		return r;
	r = make_link(rtnl, spec, source);
	if (r == -EEXIST && spec->alias && drop_unfinished(rtnl, spec) == 0)
		r = make_link(rtnl, spec, source);
	if (r == -EOPNOTSUPP)
		snprintf(rtnl->req.error, sizeof(rtnl->req.error),
			 "the kernel module %s is not loaded (modprobe %s)", module, module);
	else if (r == -EEXIST)
		snprintf(rtnl->req.error, sizeof(rtnl->req.error),
			 "a netdev of that name exists and is not a %s", spec->kind);
	return r;
}

/* No link-local address, so dom0 does not speak IPv6 to the VM from here. */
static void put_quiet(struct nl_msg *msg)
{
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *inet6 = nla_nest_start(msg, AF_INET6);

	nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(msg, inet6);
	nla_nest_end(msg, spec);
}

static int set(struct rtnl *rtnl, uint32_t ifindex, const struct link_change *change)
{
	static const uint8_t vm_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);
	struct ifinfomsg *info;

	if (msg) {
		info = nlmsg_data(nlmsg_hdr(msg));
		if (change->up || change->down) {
			info->ifi_change = IFF_UP;
			info->ifi_flags = change->up ? IFF_UP : 0;
		}
		if (change->mtu)
			nla_put_u32(msg, IFLA_MTU, change->mtu);
		if (change->vm_mac)
			nla_put(msg, IFLA_ADDRESS, sizeof(vm_mac), vm_mac);
		if (memcmp(change->mac, (uint8_t[6]){}, 6) != 0)
			nla_put(msg, IFLA_ADDRESS, 6, change->mac);
		if (change->quiet)
			put_quiet(msg);
	}
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

int rtnl_set_mac(struct rtnl *rtnl, uint32_t ifindex, const uint8_t mac[6])
{
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);

	if (msg)
		nla_put(msg, IFLA_ADDRESS, 6, mac);
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

int rtnl_set_master(struct rtnl *rtnl, uint32_t ifindex, uint32_t master)
{
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);

	if (msg)
		nla_put_u32(msg, IFLA_MASTER, master);
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

int rtnl_link_del(struct rtnl *rtnl, uint32_t ifindex)
{
	return netlink_request(&rtnl->req, rtnl_message(RTM_DELLINK, 0, ifindex), NULL, NULL);
}

int rtnl_set(struct rtnl *rtnl, uint32_t ifindex, const struct link_change *change)
{
	struct link_change rest = *change;
	int r;

	r = set(rtnl, ifindex, &rest);
	/* IPv6 may be off altogether; then there is nothing to silence. */
	if (rest.quiet && (r == -EAFNOSUPPORT || r == -EOPNOTSUPP || r == -EINVAL)) {
		rest.quiet = false;
		r = set(rtnl, ifindex, &rest);
	}
	/* A name can only change while the netdev is down, so after the rest. */
	if (r == 0 && change->name[0])
		r = set_text(rtnl, ifindex, IFLA_IFNAME, change->name);
	return r;
}
