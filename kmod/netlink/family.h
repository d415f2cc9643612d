/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_NETLINK_FAMILY_H
#define VS_NETLINK_FAMILY_H

#include <net/genetlink.h>
#include <net/sock.h>

#include <vifswitch/flow-abi.h>
#include <vifswitch/openflow-abi.h>
#include <vifswitch/record-abi.h>

#include "acl-object.h"

/* Multicast groups, in their order. */
enum vs_mcgrp {
	VS_GROUP_EVENTS,
	VS_GROUP_FLOWS,
	VS_GROUP_SAMPLES,
	VS_GROUP_OPENFLOW,
};

/* A dump's place: what it is limited to, and the last thing shown. */
struct vs_dump {
	long only_switch;	/* ifindex or 0 */
	long only_port;
	long switch_seq;
	long place;
	long skip;
	union {
		long only_acl;
		long kind;	/* enum vifswitch_of_kind; of sessions, whether of flow tables */
	};
};

static inline struct vs_dump *vs_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct vs_dump) > sizeof(cb->args));
	return (struct vs_dump *)cb->args;
}

/* Fills in a message; an error if it has no room. */
typedef int (*vs_put_fn)(struct sk_buff *msg, void *what);

/*
 * One request under rtnl, of which all attributes that the command needs are there
 * and all are of a length and in a range that may be; @err is filled in by whoever
 * refuses it nevertheless.
 */
struct vs_request {
	struct nlattr **attrs;
	struct genl_info *info;		/* NULL for a dump, */
	struct vs_dump *dump;		/* which this one is for */
	struct net *net;
	u8 cmd;
	/* what the attributes name; NULL or 0 without them */
	struct vs_switch *sw;
	struct net_device *dev;		/* by PORT */
	struct vs_port *port;		/* the port that is; NULL only for PORT_NEW */
	struct vs_acl_object *acl;	/* NULL only for ACL_NEW */
	struct vs_flows *flows;		/* that vs_of_request_hold() holds */
	struct sk_buff *skb;		/* the request */
	u64 mac;
	int vid;			/* -1 without */
	struct vs_error err;
};

/* The cookie that a request gives, to be taken over or freed; NULL if it gives none. */
int vs_request_cookie(struct vs_request *req, struct vs_cookie **ret);
int vs_missing(struct vs_request *req, const char *accepted);
int vs_reply(struct vs_request *req, vs_put_fn put, void *what);
int vs_dump_put(struct sk_buff *msg, struct netlink_callback *cb, vs_put_fn put, void *what);
void vs_dump_switches(struct sk_buff *msg, struct netlink_callback *cb,
		     int (*one)(struct sk_buff *msg, struct netlink_callback *cb,
				struct vs_switch *sw));

/* request-snoop.c */
int vs_snoop_put(struct sk_buff *msg, const struct vs_switch *sw);
int vs_snoop_request(struct vs_switch *sw, const struct nlattr *data, struct vs_error *err);
void vs_group_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request-loop.c */
int vs_loop_put(struct sk_buff *msg, const struct vs_switch *sw);
int vs_loop_port_put(struct sk_buff *msg, const struct vs_port *port);
int vs_loop_request(struct vs_switch *sw, const struct nlattr *data, struct vs_error *err);

/* request-port.c */
int vs_put_port(struct sk_buff *msg, const struct vs_port *port);
int vs_port_get(struct vs_request *req);
int vs_port_new(struct vs_request *req);
int vs_port_set(struct vs_request *req);
int vs_port_del(struct vs_request *req);
int vs_port_announce(struct vs_request *req);
int vs_port_state(struct vs_request *req);
int vs_port_carry(struct vs_request *req);
void vs_port_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request-fdb.c */
int vs_put_mac(struct sk_buff *msg, int attr, u64 mac);
int vs_fdb_request_add(struct vs_request *req);
int vs_fdb_request_del(struct vs_request *req);
int vs_fdb_request_flush(struct vs_request *req);
int vs_fdb_request_carry(struct vs_request *req);
void vs_fdb_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request-acl.c */
int vs_acl_request_new(struct vs_request *req);
int vs_acl_request_chunk(struct vs_request *req);
int vs_acl_request_commit(struct vs_request *req);
int vs_acl_request_del(struct vs_request *req);
int vs_acl_request_read(struct vs_request *req);
void vs_acl_dump(struct sk_buff *msg, struct netlink_callback *cb);
void vs_acl_hits_dump(struct sk_buff *msg, struct netlink_callback *cb);
void vs_port_hits_dump(struct sk_buff *msg, struct netlink_callback *cb);
int vs_hits_request_carry(struct vs_request *req);

/* request-session.c */
int vs_session_request_put(struct vs_request *req);
int vs_session_request_flush(struct vs_request *req);
void vs_session_dump_begin(struct vs_request *req);
void vs_session_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request-record.c */
int vs_record_request(struct vs_request *req);

/* request-mirror.c */
int vs_mirror_request_set(struct vs_request *req);
int vs_mirror_request_del(struct vs_request *req);
void vs_mirror_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request-of.c */
#define VS_OF_DUMP	(VIFSWITCH_OF_CHANGES_MAX + 16384)	/* octets of a message */
int vs_of_request_hold(struct vs_request *req);
int vs_of_request_change(struct vs_request *req);
int vs_of_request_abort(struct vs_request *req);
int vs_of_request_packet_out(struct vs_request *req);
int vs_of_request_grant(struct vs_request *req);
int vs_of_dump_begin(struct vs_request *req);
void vs_of_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request-network.c */
int vs_network_request_set(struct vs_request *req);
int vs_network_request_del(struct vs_request *req);
int vs_underlay_request_set(struct vs_request *req);
void vs_network_dump(struct sk_buff *msg, struct netlink_callback *cb);

#endif /* VS_NETLINK_FAMILY_H */
