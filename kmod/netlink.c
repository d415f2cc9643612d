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

/*
 * Names, and lengths where they are fixed. Lengths and ranges are checked here
 * and not by the core, whose refusals name neither attribute nor value.
 */
static const struct {
	const char *name;
	u16 len;
} attr_info[VIFSWITCH_A_MAX + 1] = {
#define ATTR(name, len) [VIFSWITCH_A_##name] = { #name, len }
	ATTR(PAD, 0), ATTR(SWITCH, 4), ATTR(SWITCH_NAME, 0), ATTR(PORT, 4), ATTR(PORT_NAME, 0),
	ATTR(PROGRAM, 0), ATTR(COOKIE, 0), ATTR(CLAIM, 1), ATTR(PORT_FLAGS, 0),
	ATTR(COUNTERS, 0), ATTR(DROPS, 0), ATTR(AGEING_MS, 4), ATTR(FDB_COUNT, 0),
	ATTR(PORT_COUNT, 0), ATTR(MAC, ETH_ALEN), ATTR(VLAN, 2), ATTR(FDB_FLAGS, 0),
	ATTR(AGE_MS, 0), ATTR(EVENT, 0), ATTR(OLD_PORT, 0), ATTR(REASON, 0), ATTR(PACKET, 0),
	ATTR(PACKET_LEN, 0), ATTR(SUPPRESSED, 0), ATTR(ACL, 4), ATTR(ACL_LEN, 4),
	ATTR(ACL_OFFSET, 4), ATTR(ACL_DATA, 0), ATTR(ACL_RULE_COUNT, 0), ATTR(ACL_HITS, 0),
	ATTR(RULE, 0), ATTR(CONNECTIONS, 0),
#undef ATTR
};

static const struct nla_policy policy[VIFSWITCH_A_MAX + 1] = {
	[1 ... VIFSWITCH_A_MAX] = { .type = NLA_BINARY },
};

int vs_missing(struct vs_request *req, enum vifswitch_attr attr, const char *accepted)
{
	return vs_refuse(&req->err, -EINVAL, "an attribute is missing",
			 "%s is missing; accepted: %s", attr_info[attr].name, accepted);
}

static int request_dev(struct vs_request *req, enum vifswitch_attr attr, struct net_device **ret)
{
	struct nlattr *a = req->info->attrs[attr];

	if (!a)
		return vs_missing(req, attr, "the ifindex of a netdev");
	req->err.attr = attr;
	*ret = __dev_get_by_index(req->net, nla_get_u32(a));
	if (!*ret)
		return vs_refuse(&req->err, -ENODEV, "no such netdev",
				 "%s: no netdev has ifindex %u in this network namespace",
				 attr_info[attr].name, nla_get_u32(a));
	return 0;
}

int vs_request_switch(struct vs_request *req, struct vs_switch **ret)
{
	struct net_device *dev;
	int rc = request_dev(req, VIFSWITCH_A_SWITCH, &dev);

	if (rc)
		return rc;
	*ret = vs_switch_of(dev);
	if (!*ret)
		return vs_refuse(&req->err, -EOPNOTSUPP, "the netdev is not a switch",
				 "SWITCH: %s (ifindex %d) is not of kind vifswitch", dev->name,
				 dev->ifindex);
	return 0;
}

int vs_request_port(struct vs_request *req, struct vs_port **ret)
{
	struct net_device *dev;
	int rc = request_dev(req, VIFSWITCH_A_PORT, &dev);

	if (rc)
		return rc;
	*ret = vs_port_of(dev);
	if (!*ret)
		return vs_refuse(&req->err, -ENOENT, "the netdev is not a port of a switch",
				 "PORT: %s (ifindex %d) is not a port of a vifswitch", dev->name,
				 dev->ifindex);
	return 0;
}

int vs_request_mac(struct vs_request *req, u64 *ret)
{
	struct nlattr *a = req->info->attrs[VIFSWITCH_A_MAC];

	if (!a)
		return vs_missing(req, VIFSWITCH_A_MAC, "6 octets");
	req->err.attr = VIFSWITCH_A_MAC;
	if (!is_valid_ether_addr(nla_data(a)))
		return vs_refuse(&req->err, -EINVAL, "the address is not a unicast one",
				 "MAC is %pM; accepted: a unicast address that is not zero",
				 nla_data(a));
	*ret = vs_mac_load(nla_data(a));
	return 0;
}

int vs_request_vlan(struct vs_request *req, u16 *ret)
{
	struct nlattr *a = req->info->attrs[VIFSWITCH_A_VLAN];

	if (!a)
		return vs_missing(req, VIFSWITCH_A_VLAN, "0 to 4094");
	req->err.attr = VIFSWITCH_A_VLAN;
	if (nla_get_u16(a) > VIFSWITCH_VID_MAX)
		return vs_refuse(&req->err, -ERANGE, "the VLAN is out of range",
				 "VLAN is %u; accepted: 0 to 4094", nla_get_u16(a));
	*ret = nla_get_u16(a);
	return 0;
}

/* Answers with one message that @put fills in from @what. */
int vs_reply(struct vs_request *req, u8 cmd, vs_put_fn put, void *what)
{
	struct sk_buff *msg = genlmsg_new(VS_REPLY_MAX, GFP_KERNEL);
	void *hdr;
	int rc = -ENOMEM;

	if (!msg)
		return rc;
	hdr = genlmsg_put_reply(msg, req->info, &vs_genl_family, 0, cmd);
	if (hdr)
		rc = put(msg, what);
	if (rc) {
		nlmsg_free(msg);
		return rc;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, req->info);
}

/* The same for one message of a dump; -EMSGSIZE if it must wait for the next buffer. */
int vs_dump_put(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd, vs_put_fn put, void *what)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&vs_genl_family, NLM_F_MULTI, cmd);

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
int vs_dump_switches(struct sk_buff *msg, struct netlink_callback *cb,
		     int (*one)(struct sk_buff *msg, struct netlink_callback *cb,
				struct vs_switch *sw))
{
	struct vs_dump *at = vs_dump_of(cb);
	struct net *net = sock_net(msg->sk);
	struct vs_switch *sw;

	rtnl_lock();
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
	rtnl_unlock();
	return msg->len;
}

static int switch_put(struct sk_buff *msg, void *what)
{
	struct vs_switch *sw = what;
	u32 count;

	spin_lock_bh(&sw->lock);
	count = vs_fdb_total(sw);
	spin_unlock_bh(&sw->lock);
	if (nla_put_u32(msg, VIFSWITCH_A_SWITCH, sw->dev->ifindex) ||
	    nla_put_string(msg, VIFSWITCH_A_SWITCH_NAME, sw->dev->name) ||
	    nla_put_u32(msg, VIFSWITCH_A_AGEING_MS, jiffies_to_msecs(sw->ageing)) ||
	    nla_put_u32(msg, VIFSWITCH_A_FDB_COUNT, count) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT_COUNT, sw->port_count))
		return -EMSGSIZE;
	return 0;
}

static int switch_get(struct vs_request *req)
{
	struct vs_switch *sw;
	int rc = vs_request_switch(req, &sw);

	return rc ? rc : vs_reply(req, VIFSWITCH_CMD_SWITCH_GET, switch_put, sw);
}

static int switch_set(struct vs_request *req)
{
	struct nlattr *a = req->info->attrs[VIFSWITCH_A_AGEING_MS];
	struct vs_switch *sw;
	u32 ms;
	int rc;

	rc = vs_request_switch(req, &sw);
	if (rc)
		return rc;
	if (!a)
		return vs_missing(req, VIFSWITCH_A_AGEING_MS, "1000 to 86400000");
	ms = nla_get_u32(a);
	if (ms < VIFSWITCH_AGEING_MIN_MS || ms > VIFSWITCH_AGEING_MAX_MS) {
		req->err.attr = VIFSWITCH_A_AGEING_MS;
		return vs_refuse(&req->err, -ERANGE, "the ageing time is out of range",
				 "AGEING_MS is %u; accepted: 1000 to 86400000", ms);
	}
	WRITE_ONCE(sw->ageing, msecs_to_jiffies(ms));
	mod_delayed_work(system_power_efficient_wq, &sw->ageing_work, sw->ageing / 4);
	return 0;
}

static int switch_dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	return vs_dump_put(msg, cb, VIFSWITCH_CMD_SWITCH_GET, switch_put, sw);
}

static int switch_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	return vs_dump_switches(msg, cb, switch_dump_one);
}

#define TAKES(name)	BIT_ULL(VIFSWITCH_A_##name)
#define TAKES_PORT_SET	(TAKES(PORT) | TAKES(PROGRAM) | TAKES(COOKIE) | TAKES(CLAIM))
#define TAKES_FDB_SET	(TAKES(PORT) | TAKES(MAC) | TAKES(VLAN))

static const struct {
	int (*run)(struct vs_request *req);
	u64 takes;
	u64 dump_takes;
} commands[VIFSWITCH_CMD_MAX + 1] = {
#define COMMAND(name, ...)	[VIFSWITCH_CMD_##name] = { __VA_ARGS__ }
	COMMAND(SWITCH_GET, switch_get, TAKES(SWITCH)),
	COMMAND(SWITCH_SET, switch_set, TAKES(SWITCH) | TAKES(AGEING_MS)),
	COMMAND(PORT_GET, vs_port_get, TAKES(PORT), TAKES(SWITCH)),
	COMMAND(PORT_NEW, vs_port_new, TAKES(SWITCH) | TAKES_PORT_SET),
	COMMAND(PORT_SET, vs_port_set, TAKES_PORT_SET),
	COMMAND(PORT_DEL, vs_port_del, TAKES(PORT)),
	COMMAND(PORT_ANNOUNCE, vs_port_announce, TAKES(PORT)),
	COMMAND(FDB_GET, NULL, 0, TAKES(SWITCH) | TAKES(PORT)),
	COMMAND(FDB_ADD, vs_fdb_request_add, TAKES_FDB_SET),
	COMMAND(FDB_DEL, vs_fdb_request_del, TAKES_FDB_SET),
	COMMAND(FDB_FLUSH, vs_fdb_request_flush, TAKES(SWITCH) | TAKES(PORT) | TAKES(VLAN)),
	COMMAND(ACL_NEW, vs_acl_request_new, TAKES(ACL) | TAKES(ACL_LEN)),
	COMMAND(ACL_CHUNK, vs_acl_request_chunk,
		TAKES(ACL) | TAKES(ACL_OFFSET) | TAKES(ACL_DATA)),
	COMMAND(ACL_COMMIT, vs_acl_request_commit, TAKES(ACL) | TAKES(COOKIE)),
	COMMAND(ACL_DEL, vs_acl_request_del, TAKES(ACL)),
	COMMAND(ACL_HITS, NULL, 0, TAKES(ACL)),
	COMMAND(ACL_READ, vs_acl_request_read, TAKES(ACL) | TAKES(ACL_OFFSET)),
#undef COMMAND
};

static int check_attrs(struct nlattr **attrs, u64 takes, struct vs_error *err)
{
	unsigned int i;

	for (i = 1; i <= VIFSWITCH_A_MAX; i++) {
		if (!attrs[i])
			continue;
		err->attr = i;
		if ((takes & BIT_ULL(i)) && attr_info[i].len &&
		    nla_len(attrs[i]) != attr_info[i].len)
			return vs_refuse(err, -EINVAL, "an attribute's length is wrong",
					 "%s: length is %d; accepted: %u octets",
					 attr_info[i].name, nla_len(attrs[i]), attr_info[i].len);
		if (takes & BIT_ULL(i))
			continue;
		return vs_refuse(err, -EINVAL, "an attribute this command does not take",
				 "%s (attribute %u) is not taken by this command", attr_info[i].name,
				 i);
	}
	err->attr = 0;
	return 0;
}

static int refuse(struct sk_buff *skb, struct nlattr **attrs, int rc, const struct vs_error *err)
{
	struct netlink_ext_ack ack = {};

	if (!err->brief)
		return rc;
	ack._msg = err->text;
	ack.bad_attr = err->attr ? attrs[err->attr] : NULL;
	netlink_ack(skb, nlmsg_hdr(skb), rc, &ack);
	return -EINTR;
}

static int request(struct sk_buff *skb, struct genl_info *info)
{
	struct vs_request req = { .info = info, .net = genl_info_net(info) };
	u8 cmd = info->genlhdr->cmd;
	int rc;

	rc = check_attrs(info->attrs, commands[cmd].takes, &req.err);
	if (!rc) {
		rtnl_lock();
		rc = commands[cmd].run(&req);
		rtnl_unlock();
	}
	return rc ? refuse(skb, info->attrs, rc, &req.err) : 0;
}

static int dump_start(struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	struct nlattr **attrs = vs_compat_dump_attrs(cb);
	struct genl_info info = { .attrs = attrs };
	struct vs_request req = { .info = &info, .net = sock_net(cb->skb->sk) };
	struct vs_dump *at = vs_dump_of(cb);
	struct vs_switch *sw;
	struct vs_port *port;
	int rc;

	memset(at, 0, sizeof(*at));
	cb->min_dump_alloc = 2 * VIFSWITCH_PROGRAM_MAX;
	rc = check_attrs(attrs, commands[hdr->cmd].dump_takes, &req.err);
	if (rc)
		return refuse(cb->skb, attrs, rc, &req.err);
	rtnl_lock();
	if (attrs[VIFSWITCH_A_SWITCH]) {
		rc = vs_request_switch(&req, &sw);
		if (!rc)
			at->only_switch = sw->dev->ifindex;
	}
	if (!rc && attrs[VIFSWITCH_A_PORT]) {
		rc = vs_request_port(&req, &port);
		if (!rc)
			at->only_port = port->dev->ifindex;
	}
	if (!rc && hdr->cmd == VIFSWITCH_CMD_ACL_HITS)
		rc = vs_acl_hits_start(&req, at);
	rtnl_unlock();
	return rc ? refuse(cb->skb, attrs, rc, &req.err) : 0;
}

#define DO(name)	{ .cmd = VIFSWITCH_CMD_##name, .doit = request, \
			  .flags = GENL_UNS_ADMIN_PERM }
#define DUMP(name, fn)	{ .cmd = VIFSWITCH_CMD_##name, .start = dump_start, .dumpit = fn, \
			  .flags = GENL_UNS_ADMIN_PERM }
#define BOTH(name, fn)	{ .cmd = VIFSWITCH_CMD_##name, .doit = request, .start = dump_start, \
			  .dumpit = fn, .flags = GENL_UNS_ADMIN_PERM }

static const struct genl_ops ops[] = {
	BOTH(SWITCH_GET, switch_dump), BOTH(PORT_GET, vs_port_dump),
	DUMP(FDB_GET, vs_fdb_dump), DUMP(ACL_GET, vs_acl_dump), DUMP(ACL_HITS, vs_acl_hits_dump),
	DO(SWITCH_SET), DO(PORT_NEW), DO(PORT_SET), DO(PORT_DEL), DO(PORT_ANNOUNCE),
	DO(FDB_ADD), DO(FDB_DEL), DO(FDB_FLUSH),
	DO(ACL_NEW), DO(ACL_CHUNK), DO(ACL_COMMIT), DO(ACL_DEL), DO(ACL_READ),
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
