// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generic netlink family: one table of commands, each with the attributes
 * it takes. A refusal carries a text with the offending value. Older kernels'
 * extended acks can only point at constant strings, and even newer ones hold
 * 80 characters, so we send the ack ourselves, while the text is still on our
 * stack, and tell the core with -EINTR that there is none left to send.
 */
#include <linux/netlink.h>

#include "netlink.h"

#define REPLY_MAX	(VIFSWITCH_ACL_CHUNK_MAX + 1024)

/*
 * What requests may hold. It is checked here and not by the core, whose refusals
 * name neither attribute nor value.
 */
static const struct {
	const char *name;
	u8 size;		/* of an integer, else 0 */
	u32 min, max;		/* of the integer, else of the length in octets */
	const char *accepted;
} attr_info[VIFSWITCH_A_MAX + 1] = {
#define ATTR(name, ...) [VIFSWITCH_A_##name] = { #name, __VA_ARGS__ }
	ATTR(SWITCH, 4, 0, U32_MAX, "the ifindex of a switch here"),
	ATTR(PORT, 4, 0, U32_MAX, "the ifindex of a port here (of any netdev, for it to join)"),
	ATTR(PROGRAM, 0, 0, VIFSWITCH_PROGRAM_MAX, "104 to 4096 octets, or 0 to close a port"),
	ATTR(COOKIE, 0, 1, VIFSWITCH_COOKIE_MAX, "1 to 64 octets"),
	ATTR(CLAIM, 1, VIFSWITCH_CLAIM_DORMANT, VIFSWITCH_CLAIM_ACTIVE,
	     "0 (dormant) or 1 (active)"),
	ATTR(AGEING_MS, 4, VIFSWITCH_AGEING_MIN_MS, VIFSWITCH_AGEING_MAX_MS, "1000 to 86400000"),
	ATTR(MAC, 0, ETH_ALEN, ETH_ALEN, "6 octets"),
	ATTR(VLAN, 2, 0, VIFSWITCH_VID_MAX, "0 to 4094"),
	ATTR(ACL, 4, 1, U32_MAX, "the id of an ACL, 1 to 4294967295"),
	ATTR(ACL_LEN, 4, VIFSWITCH_ACL_FIRST_LEN, VIFSWITCH_ACL_MAX, "48 to 33554432"),
	ATTR(ACL_OFFSET, 4, 0, U32_MAX, "an octet of the ACL"),
	ATTR(ACL_DATA, 0, 1, VIFSWITCH_ACL_CHUNK_MAX, "1 to 32768 octets"),
#undef ATTR
};

static const struct nla_policy policy[VIFSWITCH_A_MAX + 1] = {
	[1 ... VIFSWITCH_A_MAX] = { .type = NLA_BINARY },
};

int vs_missing(struct vs_request *req, enum vifswitch_attr attr, const char *accepted)
{
	return vs_refuse(&req->err, -EINVAL, "%s is missing; accepted: %s", attr_info[attr].name,
			 accepted);
}

/* Answers with one message that @put fills in from @what. */
int vs_reply(struct vs_request *req, vs_put_fn put, void *what)
{
	struct sk_buff *msg = genlmsg_new(REPLY_MAX, GFP_KERNEL);
	void *hdr;
	int rc = -ENOMEM;

	if (!msg)
		return rc;
	hdr = genlmsg_put_reply(msg, req->info, &vs_genl_family, 0, req->cmd);
	if (hdr)
		rc = put(msg, what);
	if (rc) {
		nlmsg_free(msg);
		return rc;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, req->info);
}

static u8 dump_cmd(const struct netlink_callback *cb)
{
	return ((const struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd;
}

/* The same for one message of a dump; -EMSGSIZE if it must wait for the next buffer. */
int vs_dump_put(struct sk_buff *msg, struct netlink_callback *cb, vs_put_fn put, void *what)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&vs_genl_family, NLM_F_MULTI, dump_cmd(cb));

	if (!hdr)
		return -EMSGSIZE;
	if (put(msg, what)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, hdr);
	genlmsg_end(msg, hdr);
	return 0;
}

/* Goes on with a dump of things that switches have. */
void vs_dump_switches(struct sk_buff *msg, struct netlink_callback *cb,
		     int (*one)(struct sk_buff *msg, struct netlink_callback *cb,
				struct vs_switch *sw))
{
	struct vs_dump *at = vs_dump_of(cb);
	struct net *net = sock_net(msg->sk);
	struct vs_switch *sw;

	list_for_each_entry(sw, &vs_switches, list) {
		if (dev_net(sw->dev) != net || sw->seq <= at->switch_seq ||
		    (at->only_switch && sw->dev->ifindex != at->only_switch))
			continue;
		if (one(msg, cb, sw))
			break;
		at->switch_seq = sw->seq;
		at->place = 0;
		at->skip = 0;
	}
}

static int switch_put(struct sk_buff *msg, void *what)
{
	struct vs_switch *sw = what;

	if (nla_put_u32(msg, VIFSWITCH_A_SWITCH, sw->dev->ifindex) ||
	    nla_put_string(msg, VIFSWITCH_A_SWITCH_NAME, sw->dev->name) ||
	    nla_put_u32(msg, VIFSWITCH_A_AGEING_MS, jiffies_to_msecs(sw->ageing)) ||
	    nla_put_u32(msg, VIFSWITCH_A_FDB_COUNT, READ_ONCE(sw->fdb_count)) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT_COUNT, sw->port_count))
		return -EMSGSIZE;
	return 0;
}

static int switch_get(struct vs_request *req)
{
	return vs_reply(req, switch_put, req->sw);
}

static int switch_set(struct vs_request *req)
{
	u32 ms = nla_get_u32(req->attrs[VIFSWITCH_A_AGEING_MS]);
	struct vs_switch *sw = req->sw;

	WRITE_ONCE(sw->ageing, msecs_to_jiffies(ms));
	mod_delayed_work(system_power_efficient_wq, &sw->ageing_work, sw->ageing / 4);
	return 0;
}

static int switch_dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	return vs_dump_put(msg, cb, switch_put, sw);
}

static void switch_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	vs_dump_switches(msg, cb, switch_dump_one);
}

static int version_put(struct sk_buff *msg, void *what)
{
	if (nla_put_string(msg, VIFSWITCH_A_VERSION, VS_VERSION) ||
	    nla_put_u64_64bit(msg, VIFSWITCH_A_FEATURES, VIFSWITCH_FEATURE_ALL, VIFSWITCH_A_PAD))
		return -EMSGSIZE;
	return 0;
}

static int version_get(struct vs_request *req)
{
	return vs_reply(req, version_put, NULL);
}

struct takes {
	u64 needed;
	u64 optional;
};

#define A(name)		BIT_ULL(VIFSWITCH_A_##name)
#define PORT_CONFIG	(A(PROGRAM) | A(COOKIE) | A(CLAIM))
#define FDB_ENTRY	(A(PORT) | A(MAC) | A(VLAN))

static const struct {
	int (*run)(struct vs_request *req);
	struct takes takes;
	void (*dump)(struct sk_buff *msg, struct netlink_callback *cb);
	struct takes dump_takes;
} commands[VIFSWITCH_CMD_MAX + 1] = {
#define COMMAND(name, ...)	[VIFSWITCH_CMD_##name] = { __VA_ARGS__ }
	COMMAND(SWITCH_GET, switch_get, { A(SWITCH) }, switch_dump),
	COMMAND(SWITCH_SET, switch_set, { A(SWITCH) | A(AGEING_MS) }),
	COMMAND(PORT_GET, vs_port_get, { A(PORT) }, vs_port_dump, { 0, A(SWITCH) }),
	COMMAND(PORT_NEW, vs_port_new, { A(SWITCH) | A(PORT), PORT_CONFIG }),
	COMMAND(PORT_SET, vs_port_set, { A(PORT), PORT_CONFIG }),
	COMMAND(PORT_DEL, vs_port_del, { A(PORT) }),
	COMMAND(PORT_ANNOUNCE, vs_port_announce, { A(PORT) }),
	COMMAND(FDB_GET, NULL, {}, vs_fdb_dump, { 0, A(SWITCH) | A(PORT) }),
	COMMAND(FDB_ADD, vs_fdb_request_add, { FDB_ENTRY }),
	COMMAND(FDB_DEL, vs_fdb_request_del, { FDB_ENTRY }),
	COMMAND(FDB_FLUSH, vs_fdb_request_flush, { 0, A(SWITCH) | A(PORT) | A(VLAN) }),
	COMMAND(ACL_NEW, vs_acl_request_new, { A(ACL) | A(ACL_LEN) }),
	COMMAND(ACL_CHUNK, vs_acl_request_chunk, { A(ACL) | A(ACL_OFFSET) | A(ACL_DATA) }),
	COMMAND(ACL_COMMIT, vs_acl_request_commit, { A(ACL), A(COOKIE) }),
	COMMAND(ACL_DEL, vs_acl_request_del, { A(ACL) }),
	COMMAND(ACL_GET, NULL, {}, vs_acl_dump),
	COMMAND(ACL_HITS, NULL, {}, vs_acl_hits_dump, { A(ACL) }),
	COMMAND(ACL_READ, vs_acl_request_read, { A(ACL) | A(ACL_OFFSET) }),
	COMMAND(VERSION_GET, version_get),
#undef COMMAND
};

static int check_attr(const struct nlattr *a, unsigned int type, struct vs_error *err)
{
	u32 value = nla_len(a), size = attr_info[type].size;

	if (size && value != size)
		return vs_refuse(err, -EINVAL, "%s: length is %u; accepted: %u octets",
				 attr_info[type].name, value, size);
	if (size)
		value = size == 4 ? nla_get_u32(a) : size == 2 ? nla_get_u16(a) : nla_get_u8(a);
	if (value >= attr_info[type].min && value <= attr_info[type].max)
		return 0;
	return vs_refuse(err, size ? -ERANGE : -EINVAL, "%s%s is %u; accepted: %s",
			 attr_info[type].name, size ? "" : ": length", value,
			 attr_info[type].accepted);
}

static int check_attrs(struct vs_request *req, const struct takes *takes)
{
	unsigned int i;
	int rc = 0;

	for (i = 1; !rc && i <= VIFSWITCH_A_MAX; i++) {
		req->err.attr = i;
		if (!req->attrs[i])
			rc = takes->needed & BIT_ULL(i) ?
			     vs_missing(req, i, attr_info[i].accepted) : 0;
		else if ((takes->needed | takes->optional) & BIT_ULL(i))
			rc = check_attr(req->attrs[i], i, &req->err);
		else
			rc = vs_refuse(&req->err, -EINVAL,
				       "%s (attribute %u) is not taken by this command",
				       attr_info[i].name ?: "what only replies have", i);
	}
	if (!rc)
		req->err.attr = 0;
	return rc;
}

static int unknown(struct vs_request *req, enum vifswitch_attr attr, int code)
{
	req->err.attr = attr;
	return vs_refuse(&req->err, code, "%s is %u; accepted: %s", attr_info[attr].name,
			 nla_get_u32(req->attrs[attr]), attr_info[attr].accepted);
}

static struct net_device *find_dev(struct vs_request *req, enum vifswitch_attr attr)
{
	return __dev_get_by_index(req->net, nla_get_u32(req->attrs[attr]));
}

static int find_switch(struct vs_request *req)
{
	struct net_device *dev = find_dev(req, VIFSWITCH_A_SWITCH);

	req->sw = dev ? vs_switch_of(dev) : NULL;
	return req->sw ? 0 : unknown(req, VIFSWITCH_A_SWITCH, dev ? -EOPNOTSUPP : -ENODEV);
}

static int find_port(struct vs_request *req)
{
	req->dev = find_dev(req, VIFSWITCH_A_PORT);
	req->port = req->dev ? vs_port_of(req->dev) : NULL;
	if (req->port || (req->dev && req->cmd == VIFSWITCH_CMD_PORT_NEW))
		return 0;
	return unknown(req, VIFSWITCH_A_PORT, req->dev ? -ENOENT : -ENODEV);
}

static int find_acl(struct vs_request *req)
{
	bool committed = req->cmd == VIFSWITCH_CMD_ACL_READ || req->cmd == VIFSWITCH_CMD_ACL_HITS;
	u32 id = nla_get_u32(req->attrs[VIFSWITCH_A_ACL]);

	req->acl = committed ? vs_acl_committed(vs_net_of(req->net), id) :
			       xa_load(&vs_net_of(req->net)->acls, id);
	if (req->acl || req->cmd == VIFSWITCH_CMD_ACL_NEW)
		return 0;
	return unknown(req, VIFSWITCH_A_ACL, -ENOENT);
}

/* Looks up what the attributes name. */
static int find_all(struct vs_request *req)
{
	const struct nlattr *mac = req->attrs[VIFSWITCH_A_MAC];
	const struct nlattr *vlan = req->attrs[VIFSWITCH_A_VLAN];
	int rc = 0;

	if (req->attrs[VIFSWITCH_A_SWITCH])
		rc = find_switch(req);
	if (!rc && req->attrs[VIFSWITCH_A_PORT])
		rc = find_port(req);
	if (!rc && req->attrs[VIFSWITCH_A_ACL])
		rc = find_acl(req);
	if (rc)
		return rc;
	req->vid = vlan ? nla_get_u16(vlan) : -1;
	if (!mac)
		return 0;
	req->err.attr = VIFSWITCH_A_MAC;
	if (!is_valid_ether_addr(nla_data(mac)))
		return vs_refuse(&req->err, -EINVAL,
				 "MAC is %pM; accepted: a unicast address that is not zero",
				 nla_data(mac));
	req->mac = vs_mac_load(nla_data(mac));
	return 0;
}

static int request(struct sk_buff *skb, struct vs_request *req, const struct takes *takes,
		   int (*run)(struct vs_request *req))
{
	struct netlink_ext_ack ack = { ._msg = req->err.text };
	int rc = check_attrs(req, takes);

	if (!rc) {
		rtnl_lock();
		rc = find_all(req);
		if (!rc)
			rc = run(req);
		rtnl_unlock();
	}
	if (!rc || !req->err.text[0])
		return rc;
	ack.bad_attr = req->attrs[req->err.attr];
	netlink_ack(skb, nlmsg_hdr(skb), rc, &ack);
	return -EINTR;
}

static int doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vs_request req = {
		.attrs = info->attrs, .info = info, .net = genl_info_net(info),
		.cmd = info->genlhdr->cmd,
	};

	return request(skb, &req, &commands[req.cmd].takes, commands[req.cmd].run);
}

static int dump_begin(struct vs_request *req)
{
	req->dump->only_switch = req->sw ? req->sw->dev->ifindex : 0;
	req->dump->only_port = req->port ? req->dev->ifindex : 0;
	req->dump->only_acl = req->acl ? req->acl->id : 0;
	return 0;
}

static int start(struct netlink_callback *cb)
{
	struct vs_request req = {
		.attrs = vs_compat_dump_attrs(cb), .dump = vs_dump_of(cb),
		.net = sock_net(cb->skb->sk), .cmd = dump_cmd(cb),
	};

	memset(req.dump, 0, sizeof(*req.dump));
	cb->min_dump_alloc = 2 * VIFSWITCH_PROGRAM_MAX;
	return request(cb->skb, &req, &commands[req.cmd].dump_takes, dump_begin);
}

static int dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	rtnl_lock();
	commands[dump_cmd(cb)].dump(msg, cb);
	rtnl_unlock();
	return msg->len;
}

#define OP(name, ...)	{ .cmd = VIFSWITCH_CMD_##name, .flags = GENL_UNS_ADMIN_PERM, __VA_ARGS__ }
#define DO		.doit = doit
#define DUMP		.start = start, .dumpit = dumpit

static const struct genl_ops ops[] = {
	OP(SWITCH_GET, DO, DUMP), OP(PORT_GET, DO, DUMP),
	OP(FDB_GET, DUMP), OP(ACL_GET, DUMP), OP(ACL_HITS, DUMP),
	OP(SWITCH_SET, DO), OP(PORT_NEW, DO), OP(PORT_SET, DO), OP(PORT_DEL, DO),
	OP(PORT_ANNOUNCE, DO), OP(FDB_ADD, DO), OP(FDB_DEL, DO), OP(FDB_FLUSH, DO),
	OP(ACL_NEW, DO), OP(ACL_CHUNK, DO), OP(ACL_COMMIT, DO), OP(ACL_DEL, DO), OP(ACL_READ, DO),
	OP(VERSION_GET, DO),
};

static const struct genl_multicast_group groups[] = {
	{ .name = VIFSWITCH_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family vs_genl_family __ro_after_init = {
	.name		= VIFSWITCH_GENL_NAME,
	.version	= VIFSWITCH_GENL_VERSION,
	.maxattr	= VIFSWITCH_A_MAX,
	.policy		= policy,
	.netnsok	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.resv_start_op	= VIFSWITCH_CMD_SWITCH_GET,
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};
