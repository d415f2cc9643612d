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
	ATTR(PAD, 0),
	ATTR(SWITCH, 4),
	ATTR(SWITCH_NAME, 0),
	ATTR(PORT, 4),
	ATTR(PORT_NAME, 0),
	ATTR(PROGRAM, 0),
	ATTR(COOKIE, 0),
	ATTR(CLAIM, 1),
	ATTR(PORT_FLAGS, 0),
	ATTR(COUNTERS, 0),
	ATTR(DROPS, 0),
	ATTR(AGEING_MS, 4),
	ATTR(FDB_COUNT, 0),
	ATTR(PORT_COUNT, 0),
	ATTR(MAC, ETH_ALEN),
	ATTR(VLAN, 2),
	ATTR(FDB_FLAGS, 0),
	ATTR(AGE_MS, 0),
	ATTR(EVENT, 0),
	ATTR(OLD_PORT, 0),
	ATTR(REASON, 0),
	ATTR(PACKET, 0),
	ATTR(PACKET_LEN, 0),
	ATTR(SUPPRESSED, 0),
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

struct sk_buff *vs_reply_new(struct vs_request *req, u8 cmd, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(2 * VIFSWITCH_PROGRAM_MAX, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, req->info, &vs_genl_family, 0, cmd);
	if (!*hdr) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int vs_reply_send(struct vs_request *req, struct sk_buff *msg, void *hdr)
{
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, req->info);
}

static int switch_put(struct sk_buff *msg, struct vs_switch *sw)
{
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
	struct sk_buff *msg;
	void *hdr;
	int rc;

	rc = vs_request_switch(req, &sw);
	if (rc)
		return rc;
	msg = vs_reply_new(req, VIFSWITCH_CMD_SWITCH_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	rc = switch_put(msg, sw);
	if (rc) {
		nlmsg_free(msg);
		return rc;
	}
	return vs_reply_send(req, msg, hdr);
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

static int switch_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct net *net = sock_net(msg->sk);
	struct vs_switch *sw;
	void *hdr;

	rtnl_lock();
	list_for_each_entry(sw, &vs_switches, list) {
		if (dev_net(sw->dev) != net || sw->seq <= at->switch_seq ||
		    (at->only_switch && sw->dev->ifindex != at->only_switch))
			continue;
		hdr = vs_dump_put(msg, cb, VIFSWITCH_CMD_SWITCH_GET);
		if (!hdr)
			break;
		if (switch_put(msg, sw)) {
			genlmsg_cancel(msg, hdr);
			break;
		}
		genlmsg_end(msg, hdr);
		at->switch_seq = sw->seq;
	}
	rtnl_unlock();
	return msg->len;
}

#define TAKES(name)	BIT(VIFSWITCH_A_##name)
#define TAKES_PORT_SET	(TAKES(PORT) | TAKES(PROGRAM) | TAKES(COOKIE) | TAKES(CLAIM))

static const struct {
	int (*run)(struct vs_request *req);
	u32 takes;
	u32 dump_takes;
} commands[VIFSWITCH_CMD_MAX + 1] = {
	[VIFSWITCH_CMD_SWITCH_GET]	= { switch_get, TAKES(SWITCH), 0 },
	[VIFSWITCH_CMD_SWITCH_SET]	= { switch_set, TAKES(SWITCH) | TAKES(AGEING_MS), 0 },
	[VIFSWITCH_CMD_PORT_GET]	= { vs_port_get, TAKES(PORT), TAKES(SWITCH) },
	[VIFSWITCH_CMD_PORT_NEW]	= { vs_port_new, TAKES(SWITCH) | TAKES_PORT_SET, 0 },
	[VIFSWITCH_CMD_PORT_SET]	= { vs_port_set, TAKES_PORT_SET, 0 },
	[VIFSWITCH_CMD_PORT_DEL]	= { vs_port_del, TAKES(PORT), 0 },
	[VIFSWITCH_CMD_PORT_ANNOUNCE]	= { vs_port_announce, TAKES(PORT), 0 },
	[VIFSWITCH_CMD_FDB_GET]		= { NULL, 0, TAKES(SWITCH) | TAKES(PORT) },
	[VIFSWITCH_CMD_FDB_ADD]		= { vs_fdb_request_add,
					    TAKES(PORT) | TAKES(MAC) | TAKES(VLAN), 0 },
	[VIFSWITCH_CMD_FDB_DEL]		= { vs_fdb_request_del,
					    TAKES(PORT) | TAKES(MAC) | TAKES(VLAN), 0 },
	[VIFSWITCH_CMD_FDB_FLUSH]	= { vs_fdb_request_flush,
					    TAKES(SWITCH) | TAKES(PORT) | TAKES(VLAN), 0 },
};

static int check_attrs(struct nlattr **attrs, u32 takes, struct vs_error *err)
{
	unsigned int i;

	for (i = 1; i <= VIFSWITCH_A_MAX; i++) {
		if (!attrs[i])
			continue;
		err->attr = i;
		if ((takes & BIT(i)) && attr_info[i].len && nla_len(attrs[i]) != attr_info[i].len)
			return vs_refuse(err, -EINVAL, "an attribute's length is wrong",
					 "%s: length is %d; accepted: %u octets",
					 attr_info[i].name, nla_len(attrs[i]), attr_info[i].len);
		if (takes & BIT(i))
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
	rtnl_unlock();
	return rc ? refuse(cb->skb, attrs, rc, &req.err) : 0;
}

#define DO(name)	{ .cmd = VIFSWITCH_CMD_##name, .doit = request, \
			  .flags = GENL_UNS_ADMIN_PERM }

static const struct genl_ops ops[] = {
	{ .cmd = VIFSWITCH_CMD_SWITCH_GET, .doit = request, .flags = GENL_UNS_ADMIN_PERM,
	  .start = dump_start, .dumpit = switch_dump },
	{ .cmd = VIFSWITCH_CMD_PORT_GET, .doit = request, .flags = GENL_UNS_ADMIN_PERM,
	  .start = dump_start, .dumpit = vs_port_dump },
	{ .cmd = VIFSWITCH_CMD_FDB_GET, .flags = GENL_UNS_ADMIN_PERM,
	  .start = dump_start, .dumpit = vs_fdb_dump },
	DO(SWITCH_SET), DO(PORT_NEW), DO(PORT_SET), DO(PORT_DEL), DO(PORT_ANNOUNCE),
	DO(FDB_ADD), DO(FDB_DEL), DO(FDB_FLUSH),
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
