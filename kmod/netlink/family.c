// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generic netlink family. Which attributes a command takes, and of which lengths and
 * in which ranges, is in vifswitch.yaml; the kernel's own code checks that, and its
 * refusals point at the attribute and its policy. What only we can know is refused here,
 * with a text that holds the offending value. Kernel 6.1 can only point at constant
 * strings, and later ones hold 80 characters, so then we send the ack ourselves, while
 * the text is still on our stack, and tell the core with -EINTR that there is none left
 * to send.
 */
#include <linux/netlink.h>

#include <vifswitch/network-abi.h>
#include <vifswitch/loop-abi.h>
#include <vifswitch/snoop-abi.h>

#include "../mirror-object.h"
#include "../openflow.h"
#include "family.h"

#define PORT_REPLY	(VIFSWITCH_PROGRAM_MAX + 2048)
#define DUMPED_NETWORK	(VIFSWITCH_NETWORK_MAX + 512)	/* with what stands around it */

static int vs_doit(struct sk_buff *skb, struct genl_info *info);
static int vs_start(struct netlink_callback *cb);
static int vs_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

#include "spec.h"

int vs_missing(struct vs_request *req, const char *accepted)
{
	return vs_refuse(&req->err, -EINVAL, "nothing is given; accepted: %s", accepted);
}

int vs_request_cookie(struct vs_request *req, struct vs_cookie **ret)
{
	const struct nlattr *a = req->attrs[VIFSWITCH_A_COOKIE];

	*ret = a ? vs_cookie_new(nla_data(a), nla_len(a)) : NULL;
	return a && !*ret ? vs_out_of_memory(&req->err, "COOKIE") : 0;
}

#define A(name)		BIT_ULL(VIFSWITCH_A_##name)
#define FDB_ENTRY	(A(PORT) | A(MAC) | A(VLAN))

static int switch_get(struct vs_request *req);
static int switch_set(struct vs_request *req);
static void switch_dump(struct sk_buff *msg, struct netlink_callback *cb);
static int version_get(struct vs_request *req);

/* What each command must have of what it takes, and who carries it out. */
static const struct {
	int (*run)(struct vs_request *req);
	u64 needed;
	size_t reply;		/* octets of attributes in an answer */
	void (*dump)(struct sk_buff *msg, struct netlink_callback *cb);
	u64 dump_needed;
	int (*unlocked)(struct vs_request *req);	/* then, without rtnl */
	bool by_grant;		/* for who has the switch's OF_GRANT, too */
	bool own_lock;		/* dump() takes rtnl itself */
} commands[VIFSWITCH_CMD_MAX + 1] = {
#define COMMAND(name, ...)	[VIFSWITCH_CMD_##name] = { __VA_ARGS__ }
	COMMAND(SWITCH_GET, switch_get, A(SWITCH),
		160 + VIFSWITCH_UNDERLAY_LEN + VIFSWITCH_SNOOP_LEN, switch_dump),
	COMMAND(SWITCH_SET, switch_set, A(SWITCH)),
	COMMAND(PORT_GET, vs_port_get, A(PORT), PORT_REPLY, vs_port_dump),
	COMMAND(PORT_NEW, vs_port_new, A(SWITCH) | A(PORT)),
	COMMAND(PORT_SET, vs_port_set, A(PORT)),
	COMMAND(PORT_DEL, vs_port_del, A(PORT)),
	COMMAND(PORT_ANNOUNCE, vs_port_announce, A(PORT)),
	COMMAND(FDB_GET, NULL, 0, 0, vs_fdb_dump),
	COMMAND(FDB_ADD, vs_fdb_request_add, FDB_ENTRY),
	COMMAND(FDB_DEL, vs_fdb_request_del, FDB_ENTRY),
	COMMAND(FDB_FLUSH, vs_fdb_request_flush),
	COMMAND(ACL_NEW, vs_acl_request_new, A(ACL) | A(ACL_LEN)),
	COMMAND(ACL_CHUNK, vs_acl_request_chunk, A(ACL) | A(ACL_OFFSET) | A(ACL_DATA)),
	COMMAND(ACL_COMMIT, vs_acl_request_commit, A(ACL)),
	COMMAND(ACL_DEL, vs_acl_request_del, A(ACL)),
	COMMAND(ACL_GET, NULL, 0, 0, vs_acl_dump),
	COMMAND(ACL_HITS, NULL, 0, 0, vs_acl_hits_dump, A(ACL)),
	COMMAND(ACL_READ, vs_acl_request_read, A(ACL) | A(ACL_OFFSET),
		VIFSWITCH_ACL_CHUNK_MAX + 128),
	COMMAND(VERSION_GET, version_get, 0, 128),
	COMMAND(SESSION_GET, NULL, 0, 0, vs_session_dump, A(PORT)),
	COMMAND(SESSION_PUT, vs_session_request_put, A(PORT) | A(SESSIONS), 128),
	COMMAND(SESSION_FLUSH, vs_session_request_flush, A(PORT)),
	COMMAND(PORT_STATE, vs_port_state, A(PORT), VIFSWITCH_STATE_LEN + 128),
	COMMAND(PORT_CARRY, vs_port_carry, A(PORT) | A(STATE)),
	COMMAND(FDB_CARRY, vs_fdb_request_carry, FDB_ENTRY),
	COMMAND(MIRROR_SET, vs_mirror_request_set, A(SWITCH) | A(MIRROR) | A(MIRROR_DATA)),
	COMMAND(MIRROR_DEL, vs_mirror_request_del, A(SWITCH) | A(MIRROR)),
	COMMAND(MIRROR_GET, NULL, 0, 0, vs_mirror_dump),
	COMMAND(RECORD, vs_record_request, A(PORT) | A(RECORD)),
	COMMAND(OF_CHANGE, vs_of_request_hold, A(SWITCH) | A(OF_RECORDS),
		.unlocked = vs_of_request_change, .by_grant = true),
	COMMAND(OF_ABORT, vs_of_request_hold, A(SWITCH),
		.unlocked = vs_of_request_abort, .by_grant = true),
	COMMAND(OF_GET, NULL, 0, 0, vs_of_dump, A(SWITCH) | A(OF_KIND),
		.by_grant = true, .own_lock = true),
	COMMAND(OF_PACKET_OUT, vs_of_request_packet_out, A(SWITCH) | A(OF_PACKET) | A(PACKET),
		.by_grant = true),
	COMMAND(OF_GRANT, vs_of_request_grant, A(SWITCH)),
	COMMAND(NETWORK_SET, vs_network_request_set, A(PORT) | A(VLAN) | A(NETWORK_DATA)),
	COMMAND(NETWORK_DEL, vs_network_request_del, A(PORT) | A(VLAN)),
	COMMAND(NETWORK_GET, NULL, 0, 0, vs_network_dump),
	COMMAND(UNDERLAY_SET, vs_underlay_request_set, A(SWITCH) | A(UNDERLAY)),
	COMMAND(GROUP_GET, NULL, 0, 0, vs_group_dump),
	COMMAND(PORT_HITS, NULL, 0, 0, vs_port_hits_dump, A(PORT)),
	COMMAND(HITS_CARRY, vs_hits_request_carry, A(PORT) | A(HITS), 128),
#undef COMMAND
};

/* Answers with one message that @put fills in from @what. */
int vs_reply(struct vs_request *req, vs_put_fn put, void *what)
{
	struct sk_buff *msg = genlmsg_new(commands[req->cmd].reply, GFP_KERNEL);
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
	u32 underlay_len;
	const void *underlay = vs_underlay_read(sw, &underlay_len);

	if (nla_put_u32(msg, VIFSWITCH_A_SWITCH, sw->dev->ifindex) ||
	    nla_put_string(msg, VIFSWITCH_A_SWITCH_NAME, sw->dev->name) ||
	    nla_put_u32(msg, VIFSWITCH_A_AGEING_MS, jiffies_to_msecs(sw->ageing)) ||
	    nla_put_u32(msg, VIFSWITCH_A_FDB_COUNT, READ_ONCE(sw->fdb_count)) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT_COUNT, sw->port_count) ||
	    (vs_flows_mode_of(sw) &&
	     nla_put_u32(msg, VIFSWITCH_A_OF_MODE, vs_flows_mode_of(sw))) ||
	    vs_snoop_put(msg, sw) || vs_loop_put(msg, sw) ||
	    (underlay && nla_put(msg, VIFSWITCH_A_UNDERLAY, underlay_len, underlay)))
		return -EMSGSIZE;
	return 0;
}

static int switch_get(struct vs_request *req)
{
	return vs_reply(req, switch_put, req->sw);
}

static int switch_set(struct vs_request *req)
{
	const struct nlattr *ms = req->attrs[VIFSWITCH_A_AGEING_MS];
	const struct nlattr *mode = req->attrs[VIFSWITCH_A_OF_MODE];
	const struct nlattr *snoop = req->attrs[VIFSWITCH_A_SNOOP];
	const struct nlattr *loop = req->attrs[VIFSWITCH_A_LOOP];
	struct vs_switch *sw = req->sw;
	int rc;

	if (!ms && !mode && !snoop && !loop)
		return vs_missing(req, "AGEING_MS, OF_MODE, SNOOP, LOOP");
	rc = snoop ? vs_snoop_request(sw, snoop, &req->err) : 0;
	if (!rc && loop)
		rc = vs_loop_request(sw, loop, &req->err);
	if (!rc && mode)
		rc = vs_flows_mode(sw, nla_get_u32(mode), &req->err);
	if (rc || !ms)
		return rc;
	WRITE_ONCE(sw->ageing, msecs_to_jiffies(nla_get_u32(ms)));
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
	struct vs_net *vn = what;
	struct vifswitch_sealed_drops drops = {
		.out = atomic64_read(&vn->sealed_out), .in = atomic64_read(&vn->sealed_in),
	};

	if (nla_put_string(msg, VIFSWITCH_A_VERSION, VS_VERSION) ||
	    nla_put_u64_64bit(msg, VIFSWITCH_A_FEATURES, VIFSWITCH_FEATURE_ALL, VIFSWITCH_A_PAD))
		return -EMSGSIZE;
	return nla_put(msg, VIFSWITCH_A_SEALED_DROPS, sizeof(drops), &drops);
}

static int version_get(struct vs_request *req)
{
	return vs_reply(req, version_put, vs_net_of(req->net));
}

static int unknown(struct vs_request *req, enum vifswitch_attr attr, int code,
		   const char *accepted)
{
	req->err.attr = attr;
	return vs_refuse(&req->err, code, "%s is %u; accepted: %s", attr_names[attr],
			 nla_get_u32(req->attrs[attr]), accepted);
}

static struct net_device *find_dev(struct vs_request *req, enum vifswitch_attr attr)
{
	return __dev_get_by_index(req->net, nla_get_u32(req->attrs[attr]));
}

static int find_switch(struct vs_request *req)
{
	struct net_device *dev = find_dev(req, VIFSWITCH_A_SWITCH);

	req->sw = dev ? vs_switch_of(dev) : NULL;
	return req->sw ? 0 : unknown(req, VIFSWITCH_A_SWITCH, dev ? -EOPNOTSUPP : -ENODEV,
				     "the ifindex of a switch here");
}

static int find_port(struct vs_request *req)
{
	req->dev = find_dev(req, VIFSWITCH_A_PORT);
	req->port = req->dev ? vs_port_of(req->dev) : NULL;
	if (req->port || (req->dev && req->cmd == VIFSWITCH_CMD_PORT_NEW))
		return 0;
	return unknown(req, VIFSWITCH_A_PORT, req->dev ? -ENOENT : -ENODEV,
		       "the ifindex of a port here (of any netdev, for it to join)");
}

static int find_acl(struct vs_request *req)
{
	bool committed = req->cmd == VIFSWITCH_CMD_ACL_READ || req->cmd == VIFSWITCH_CMD_ACL_HITS;
	u32 id = nla_get_u32(req->attrs[VIFSWITCH_A_ACL]);

	req->acl = committed ? vs_acl_committed(vs_net_of(req->net), id) :
			       xa_load(&vs_net_of(req->net)->acls, id);
	if (req->acl || req->cmd == VIFSWITCH_CMD_ACL_NEW)
		return 0;
	return unknown(req, VIFSWITCH_A_ACL, -ENOENT, "the id of an ACL");
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

/* What the command needs and is not there; 0: nothing. */
static unsigned int first_missing(const struct vs_request *req, u64 needed)
{
	unsigned int i;

	for (i = 1; i <= VIFSWITCH_A_MAX; i++)
		if (needed & BIT_ULL(i) && !req->attrs[i])
			return i;
	return 0;
}

/* Commands without UNS_ADMIN_PERM are asked here, when their switch is known. */
static int may(struct vs_request *req)
{
	if (!commands[req->cmd].by_grant ||
	    netlink_ns_capable(req->skb, req->net->user_ns, CAP_NET_ADMIN) ||
	    (req->sw && vs_flows_is_granted(req->sw, NETLINK_CB(req->skb).sk)))
		return 0;
	return vs_refuse(&req->err, -EPERM, "accepted: CAP_NET_ADMIN, or a socket with OF_GRANT for the switch");
}

static int request(struct sk_buff *skb, struct vs_request *req, u64 needed,
		   int (*run)(struct vs_request *req), int (*unlocked)(struct vs_request *req))
{
	struct netlink_ext_ack ack = { ._msg = req->err.text };
	unsigned int missing = first_missing(req, needed);
	int rc = 0;

	if (!vs_net_allowed(req->net))
		rc = vs_refuse(&req->err, -EPERM, "switches: accepted " VS_NET_REFUSAL);
	else if (missing)
		rc = vs_refuse(&req->err, -EINVAL, "%s is missing", attr_names[missing]);

	if (!rc) {
		rtnl_lock();
		rc = find_all(req);
		if (!rc)
			rc = may(req);
		if (!rc)
			rc = run(req);
		rtnl_unlock();
		if (!rc && unlocked)
			rc = unlocked(req);
	}
	if (!rc || !req->err.text[0])
		return rc;
	ack.bad_attr = req->attrs[req->err.attr];
	netlink_ack(skb, nlmsg_hdr(skb), rc, &ack);
	return -EINTR;
}

static int vs_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vs_request req = {
		.attrs = info->attrs, .info = info, .net = genl_info_net(info),
		.cmd = info->genlhdr->cmd, .skb = skb,
	};

	return request(skb, &req, commands[req.cmd].needed, commands[req.cmd].run,
		       commands[req.cmd].unlocked);
}

static int dump_begin(struct vs_request *req)
{
	req->dump->only_switch = req->sw ? req->sw->dev->ifindex : 0;
	req->dump->only_port = req->port ? req->dev->ifindex : 0;
	req->dump->only_acl = req->acl ? req->acl->id : 0;
	if (req->cmd == VIFSWITCH_CMD_OF_GET)
		return vs_of_dump_begin(req);
	if (req->cmd == VIFSWITCH_CMD_SESSION_GET)
		vs_session_dump_begin(req);
	return 0;
}

static int vs_start(struct netlink_callback *cb)
{
	struct vs_request req = {
		.attrs = vs_compat_dump_attrs(cb), .dump = vs_dump_of(cb),
		.net = sock_net(cb->skb->sk), .cmd = dump_cmd(cb), .skb = cb->skb,
	};

	memset(req.dump, 0, sizeof(*req.dump));
	cb->min_dump_alloc = req.cmd == VIFSWITCH_CMD_OF_GET ? VS_OF_DUMP :
			     req.cmd == VIFSWITCH_CMD_NETWORK_GET ? DUMPED_NETWORK :
			     VIFSWITCH_UNDERLAY_LEN + VIFSWITCH_PROGRAM_MAX;
	return request(cb->skb, &req, commands[req.cmd].dump_needed, dump_begin, NULL);
}

static int vs_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	u8 cmd = dump_cmd(cb);

	if (!commands[cmd].own_lock)
		rtnl_lock();
	commands[cmd].dump(msg, cb);
	if (!commands[cmd].own_lock)
		rtnl_unlock();
	return msg->len;
}

static const struct genl_multicast_group groups[] = {
	[VS_GROUP_EVENTS] = { .name = VIFSWITCH_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
	[VS_GROUP_FLOWS] = { .name = VIFSWITCH_MCGRP_FLOWS, .flags = GENL_MCAST_CAP_NET_ADMIN },
	[VS_GROUP_OPENFLOW] = { .name = VIFSWITCH_MCGRP_OPENFLOW,
				.flags = GENL_MCAST_CAP_NET_ADMIN },
	[VS_GROUP_SAMPLES] = { .name = VIFSWITCH_MCGRP_SAMPLES, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family vs_genl_family __ro_after_init = {
	.name		= VIFSWITCH_GENL_NAME,
	.version	= VIFSWITCH_GENL_VERSION,
	.maxattr	= VIFSWITCH_A_MAX,
	.netnsok	= true,
	/* rtnl is what requests need; nobody waits for another's change of flow tables */
	.parallel_ops	= true,
	.module		= THIS_MODULE,
#ifdef VS_COMPAT_SPLIT_OPS
	.split_ops	= vs_genl_ops,
	.n_split_ops	= ARRAY_SIZE(vs_genl_ops),
#else
	.ops		= vs_genl_ops,
	.n_ops		= ARRAY_SIZE(vs_genl_ops),
#endif
	.resv_start_op	= VIFSWITCH_CMD_SWITCH_GET,
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};
