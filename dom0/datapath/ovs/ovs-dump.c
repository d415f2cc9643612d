// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/ovs-dump.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <string.h>

/* Where an answer goes. */
struct telling {
	ovs_datapath_fn on_datapath;
	ovs_vport_fn on_vport;
	ovs_flow_fn on_flow;
	void *arg;
};

static int header_of(const struct nlmsghdr *h, struct nlattr **attrs, int max, int *ret_dp)
{
	const struct ovs_header *header;

	if (h->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN + sizeof(*header)) ||
	    genlmsg_parse((struct nlmsghdr *)h, sizeof(*header), attrs, max, NULL) < 0)
		return -EBADMSG;
	header = genlmsg_user_hdr(nlmsg_data(h));
	*ret_dp = header->dp_ifindex;
	return 0;
}

static int datapath_reply(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[OVS_DP_ATTR_MAX + 1];
	const struct telling *t = arg;
	char name[IFNAMSIZ];
	int dp, r = header_of(h, attrs, OVS_DP_ATTR_MAX, &dp);

	if (r < 0 || !attrs[OVS_DP_ATTR_NAME])
		return r;
	nla_strlcpy(name, attrs[OVS_DP_ATTR_NAME], sizeof(name));
	return t->on_datapath(dp, name, t->arg);
}

int ovs_datapath_dump(struct ovs_client *c, ovs_datapath_fn fn, void *arg)
{
	struct telling t = { .on_datapath = fn, .arg = arg };

	return netlink_request(&c->nl, ovs_message(c, OVS_DATAPATH, OVS_DP_CMD_GET, 0, NLM_F_DUMP),
			       datapath_reply, &t);
}

bool ovs_datapath_strayed(const struct ovs_client *c, const struct nlmsghdr *h, int *ret_dp)
{
	struct nlattr *attrs[OVS_DP_ATTR_MAX + 1];

	return h->nlmsg_type == c->family[OVS_DATAPATH] &&
	       header_of(h, attrs, OVS_DP_ATTR_MAX, ret_dp) == 0 &&
	       attrs[OVS_DP_ATTR_USER_FEATURES] &&
	       nla_get_u32(attrs[OVS_DP_ATTR_USER_FEATURES]) != OVS_FEATURES;
}

static int read_vport(const struct nlmsghdr *h, int *ret_dp, struct ovs_vport *ret)
{
	struct nlattr *attrs[OVS_VPORT_ATTR_MAX + 1];
	int r = header_of(h, attrs, OVS_VPORT_ATTR_MAX, ret_dp);

	*ret = (struct ovs_vport){};
	if (r < 0)
		return r;
	if (!attrs[OVS_VPORT_ATTR_PORT_NO] || !attrs[OVS_VPORT_ATTR_NAME])
		return -EBADMSG;
	ret->number = nla_get_u32(attrs[OVS_VPORT_ATTR_PORT_NO]);
	nla_strlcpy(ret->name, attrs[OVS_VPORT_ATTR_NAME], sizeof(ret->name));
	if (attrs[OVS_VPORT_ATTR_IFINDEX])
		ret->ifindex = nla_get_u32(attrs[OVS_VPORT_ATTR_IFINDEX]);
	if (attrs[OVS_VPORT_ATTR_STATS] &&
	    nla_len(attrs[OVS_VPORT_ATTR_STATS]) >= (int)sizeof(ret->stats))
		memcpy(&ret->stats, nla_data(attrs[OVS_VPORT_ATTR_STATS]), sizeof(ret->stats));
	return 0;
}

static int vport_reply(const struct nlmsghdr *h, void *arg)
{
	const struct telling *t = arg;
	struct ovs_vport vport;
	int dp, r = read_vport(h, &dp, &vport);

	return r < 0 ? r : t->on_vport(dp, &vport, t->arg);
}

int ovs_vport_dump(struct ovs_client *c, int dp, ovs_vport_fn fn, void *arg)
{
	struct telling t = { .on_vport = fn, .arg = arg };

	return netlink_request(&c->nl, ovs_message(c, OVS_VPORT, OVS_VPORT_CMD_GET, dp, NLM_F_DUMP),
			       vport_reply, &t);
}

int ovs_vport_get(struct ovs_client *c, int dp, uint32_t number, ovs_vport_fn fn, void *arg)
{
	struct nl_msg *msg = ovs_message(c, OVS_VPORT, OVS_VPORT_CMD_GET, dp, 0);
	struct telling t = { .on_vport = fn, .arg = arg };

	ovs_message_add_u32(&msg, OVS_VPORT_ATTR_PORT_NO, number);
	return netlink_request(&c->nl, msg, vport_reply, &t);
}

bool ovs_vport_left(const struct ovs_client *c, const struct nlmsghdr *h, int *ret_dp,
		    struct ovs_vport *ret)
{
	const struct genlmsghdr *genl = nlmsg_data(h);

	return h->nlmsg_type == c->family[OVS_VPORT] && h->nlmsg_len >= NLMSG_LENGTH(GENL_HDRLEN) &&
	       genl->cmd == OVS_VPORT_CMD_DEL && read_vport(h, ret_dp, ret) == 0;
}

static void take(const struct nlattr *attr, const uint8_t **ret, size_t *ret_len)
{
	*ret = attr ? nla_data(attr) : NULL;
	*ret_len = attr ? (size_t)nla_len(attr) : 0;
}

static int flow_reply(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[OVS_FLOW_ATTR_MAX + 1];
	const struct telling *t = arg;
	struct ovs_flow_stats stats = {};
	struct ovs_flow flow;
	uint64_t used = 0;
	int dp, r = header_of(h, attrs, OVS_FLOW_ATTR_MAX, &dp);

	if (r < 0 || !attrs[OVS_FLOW_ATTR_UFID] ||
	    nla_len(attrs[OVS_FLOW_ATTR_UFID]) != OVS_UFID_LEN)
		return r;
	flow.ufid = nla_data(attrs[OVS_FLOW_ATTR_UFID]);
	take(attrs[OVS_FLOW_ATTR_KEY], &flow.key, &flow.key_len);
	take(attrs[OVS_FLOW_ATTR_MASK], &flow.mask, &flow.mask_len);
	take(attrs[OVS_FLOW_ATTR_ACTIONS], &flow.actions, &flow.actions_len);
	if (attrs[OVS_FLOW_ATTR_STATS] &&
	    nla_len(attrs[OVS_FLOW_ATTR_STATS]) >= (int)sizeof(stats))
		memcpy(&stats, nla_data(attrs[OVS_FLOW_ATTR_STATS]), sizeof(stats));
	if (attrs[OVS_FLOW_ATTR_USED])
		used = nla_get_u64(attrs[OVS_FLOW_ATTR_USED]);
	return t->on_flow(&flow, stats.n_packets, used, t->arg);
}

int ovs_flow_dump(struct ovs_client *c, int dp, bool whole, ovs_flow_fn fn, void *arg)
{
	struct nl_msg *msg = ovs_message(c, OVS_FLOW, OVS_FLOW_CMD_GET, dp, NLM_F_DUMP);
	struct telling t = { .on_flow = fn, .arg = arg };

	if (!whole)
		ovs_message_add_u32(&msg, OVS_FLOW_ATTR_UFID_FLAGS, OVS_UFID_F_OMIT_KEY |
				    OVS_UFID_F_OMIT_MASK | OVS_UFID_F_OMIT_ACTIONS);
	return netlink_request(&c->nl, msg, flow_reply, &t);
}
