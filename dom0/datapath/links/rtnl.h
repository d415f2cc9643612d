/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink: keeps a struct links true and changes netdevs, in the network
 * namespace it was opened in. sysfs must be that namespace's.
 */
#ifndef DATAPATH_LINKS_RTNL_H
#define DATAPATH_LINKS_RTNL_H

#include "datapath/ko/genl.h"
#include "datapath/links/link.h"

struct rtnl {
	struct netlink req;
	struct netlink events;
	struct links *links;
	bool changed;		/* links differ from what they were: the caller clears it */
};

/* What a Linux bridge does, and any netdev bears, that is in no struct link. */
struct rtnl_bridge {
	bool vlan_filtering, stp;
	char upper[IFNAMSIZ];	/* a netdev made on top of it; "": none */
};

int rtnl_open(struct rtnl *rtnl, struct links *links);
void rtnl_close(struct rtnl *rtnl);
const char *rtnl_error(const struct rtnl *rtnl);
/* Read every netdev anew. */
int rtnl_dump(struct rtnl *rtnl);
/* That one anew. */
int rtnl_read(struct rtnl *rtnl, uint32_t ifindex);
/* Take what has arrived; reads everything anew if messages were lost. */
int rtnl_events(struct rtnl *rtnl);
/* -EEXIST: a netdev of that name exists; -EOPNOTSUPP: no such kind of netdev. */
int rtnl_link_new(struct rtnl *rtnl, const struct link_spec *spec);
/* Other options of that kind; only spec->kind and its data are looked at. */
int rtnl_link_change(struct rtnl *rtnl, uint32_t ifindex, const struct link_spec *spec);
/* Options that a netdev has as a member of one of @kind. */
int rtnl_member_change(struct rtnl *rtnl, uint32_t ifindex, const char *kind,
		       const struct link_attr *attrs, size_t count);
int rtnl_link_del(struct rtnl *rtnl, uint32_t ifindex);
/* A port of @master, or of none if that is 0. */
int rtnl_set_master(struct rtnl *rtnl, uint32_t ifindex, uint32_t master);
/* Another MAC address. */
int rtnl_set_mac(struct rtnl *rtnl, uint32_t ifindex, const uint8_t mac[6]);
int rtnl_bridge_get(struct rtnl *rtnl, uint32_t ifindex, struct rtnl_bridge *ret);
int rtnl_set(struct rtnl *rtnl, uint32_t ifindex, const struct link_change *change);
/* The netdev of that name is marked as ours. While it is down, no message tells that. */
int rtnl_link_mark(struct rtnl *rtnl, const char *name);
/* The netdev @unfinished, which is down, is marked by @alias, and then gets its name. */
int rtnl_link_finish(struct rtnl *rtnl, const char *unfinished, const char *alias,
		     const char *name);
/* A request about one netdev (RTM_*LINK), for attributes to be added; NULL: out of memory. */
struct nl_msg *rtnl_message(int type, int flags, uint32_t ifindex);

#endif /* DATAPATH_LINKS_RTNL_H */
