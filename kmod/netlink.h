/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_NETLINK_H
#define VS_NETLINK_H

#include <net/genetlink.h>
#include <net/sock.h>

#include "vifswitch.h"

#define VS_REPLY_MAX	(VIFSWITCH_ACL_CHUNK_MAX + 1024)

/* A dump's place: what it is limited to, and the last thing shown. */
struct vs_dump {
	long only_switch;	/* ifindex or 0 */
	long only_port;
	long switch_seq;
	long place;
	long skip;
	long only_acl;
};

static inline struct vs_dump *vs_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct vs_dump) > sizeof(cb->args));
	return (struct vs_dump *)cb->args;
}

/* Fills in a message; an error if it has no room. */
typedef int (*vs_put_fn)(struct sk_buff *msg, void *what);

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
int vs_reply(struct vs_request *req, u8 cmd, vs_put_fn put, void *what);
int vs_dump_put(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd, vs_put_fn put,
		void *what);
int vs_dump_switches(struct sk_buff *msg, struct netlink_callback *cb,
		     int (*one)(struct sk_buff *msg, struct netlink_callback *cb,
				struct vs_switch *sw));

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

/* netlink-acl.c */
int vs_acl_request_new(struct vs_request *req);
int vs_acl_request_chunk(struct vs_request *req);
int vs_acl_request_commit(struct vs_request *req);
int vs_acl_request_del(struct vs_request *req);
int vs_acl_request_read(struct vs_request *req);
int vs_acl_dump(struct sk_buff *msg, struct netlink_callback *cb);
int vs_acl_hits_start(struct vs_request *req, struct vs_dump *at);
int vs_acl_hits_dump(struct sk_buff *msg, struct netlink_callback *cb);

#endif /* VS_NETLINK_H */
