/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_NETLINK_H
#define VS_NETLINK_H

#include <net/genetlink.h>
#include <net/sock.h>

#include "vifswitch.h"

/* A dump's place: what it is limited to, and the last thing shown. */
struct vs_dump {
	long only_switch;	/* ifindex or 0 */
	long only_port;
	long switch_seq;
	long place;
	long skip;
};

static inline struct vs_dump *vs_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct vs_dump) > sizeof(cb->args));
	return (struct vs_dump *)cb->args;
}

static inline struct nlmsghdr *vs_dump_put(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vs_genl_family,
			   NLM_F_MULTI, cmd);
}

/* One request under rtnl; @err is filled in by whoever refuses it. */
struct vs_request {
	struct genl_info *info;
	struct net *net;
	struct vs_error err;
};

int vs_missing(struct vs_request *req, enum vifswitch_attr attr, const char *accepted);
int vs_request_switch(struct vs_request *req, struct vs_switch **ret);
int vs_request_port(struct vs_request *req, struct vs_port **ret);
int vs_request_mac(struct vs_request *req, u64 *ret);
int vs_request_vlan(struct vs_request *req, u16 *ret);
struct sk_buff *vs_reply_new(struct vs_request *req, u8 cmd, void **hdr);
int vs_reply_send(struct vs_request *req, struct sk_buff *msg, void *hdr);

/* netlink-port.c */
int vs_port_get(struct vs_request *req);
int vs_port_new(struct vs_request *req);
int vs_port_set(struct vs_request *req);
int vs_port_del(struct vs_request *req);
int vs_port_announce(struct vs_request *req);
int vs_port_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* netlink-fdb.c */
int vs_fdb_request_add(struct vs_request *req);
int vs_fdb_request_del(struct vs_request *req);
int vs_fdb_request_flush(struct vs_request *req);
int vs_fdb_dump(struct sk_buff *msg, struct netlink_callback *cb);

#endif /* VS_NETLINK_H */
