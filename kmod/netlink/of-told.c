// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a controller is told: frames that flows send it, flows that ended. Each port has a token
 * bucket of its own for its frames, so one that floods only silences itself; the group's
 * sockets have what room their owners gave them.
 */
#include <net/genetlink.h>

#include "../openflow/flow-mode.h"
#include "family.h"

/* GCRA in jiffies' milliseconds would be coarse: ns, as elsewhere. */
static bool may_tell(struct vs_port *port)
{
	const u64 cost = NSEC_PER_SEC / VIFSWITCH_OF_TOLD_PER_SEC;
	const u64 burst = cost * VIFSWITCH_OF_TOLD_BURST;
	u64 now = ktime_get_ns(), old = READ_ONCE(port->told_until), new;

	do {
		u64 from = (s64)(old - now) > 0 ? old : now;

		if (from - now >= burst)
			return false;
		new = from + cost;
	} while (!try_cmpxchg64(&port->told_until, &old, new));
	return true;
}

static void describe(struct vifswitch_of_packet_in *in, const struct vs_of_run *run, u32 len)
{
	unsigned int i;

	memset(in, 0, sizeof(*in));
	in->cookie = run->flow ? run->flow->cookie : ~0ULL;
	in->flow = run->flow ? run->flow->id : 0;
	in->data = run->told.data;
	in->in_port = vs_of_get32(&run->key, VIFSWITCH_OF_IN_PORT);
	in->frame_len = len;
	in->controller = run->told.controller;
	in->table = run->table;
	in->reason = run->told.reason;
	in->max_len = run->told.max_len;
	in->metadata = vs_of_get64(&run->key, VIFSWITCH_OF_METADATA);
	in->tunnel_id = vs_of_get64(&run->key, VIFSWITCH_OF_TUNNEL_ID);
	for (i = 0; i < VIFSWITCH_OF_REGS; i++)
		in->reg[i] = vs_of_get32(&run->key, VIFSWITCH_OF_REG + 2 * i);
}

/* The whole frame, its tag put back in. */
static int put_frame(struct sk_buff *msg, const struct sk_buff *skb, u32 tag, u32 octets)
{
	u32 offset = 0, len = skb->len + ETH_HLEN;
	struct nlattr *a = nla_reserve(msg, VIFSWITCH_A_PACKET, octets);
	u8 *to;

	if (!a)
		return -EMSGSIZE;
	to = nla_data(a);
	if (tag == VS_NO_TAG)
		return skb_copy_bits(skb, -ETH_HLEN, to, octets);
	if (skb_copy_bits(skb, -ETH_HLEN, to, 2 * ETH_ALEN))
		return -EINVAL;
	put_unaligned_be32(tag, to + 2 * ETH_ALEN);
	offset = 2 * ETH_ALEN;
	return skb_copy_bits(skb, (int)offset - ETH_HLEN, to + offset + VLAN_HLEN,
			     min(octets - offset - VLAN_HLEN, len - offset));
}

void vs_flows_tell(struct vs_flows *fl, const struct vs_of_run *run, struct vs_trip *t,
		   struct sk_buff *skb)
{
	struct net *net = dev_net(fl->sw->dev);
	u32 octets = skb->len + ETH_HLEN + (run->tag == VS_NO_TAG ? 0 : VLAN_HLEN);
	struct vifswitch_of_packet_in in;
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&vs_genl_family, net, VS_GROUP_OPENFLOW))
		return;
	if (octets > U16_MAX - NLA_HDRLEN || !may_tell(t->from)) {
		atomic64_inc(&t->from->not_told);
		return;
	}
	msg = genlmsg_new(nla_total_size(octets) + nla_total_size(sizeof(in)) +
			  2 * nla_total_size(sizeof(u32)), GFP_ATOMIC);
	if (!msg)
		goto lost;
	describe(&in, run, octets);
	hdr = genlmsg_put(msg, 0, 0, &vs_genl_family, 0, VIFSWITCH_CMD_OF_PACKET_IN);
	if (!hdr || nla_put_u32(msg, VIFSWITCH_A_SWITCH, fl->sw->dev->ifindex) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT, t->from->dev->ifindex) ||
	    nla_put(msg, VIFSWITCH_A_OF_PACKET, sizeof(in), &in) ||
	    put_frame(msg, skb, run->tag, octets)) {
		nlmsg_free(msg);
		goto lost;
	}
	genlmsg_end(msg, hdr);
	if (genlmsg_multicast_netns(&vs_genl_family, net, msg, 0, VS_GROUP_OPENFLOW, GFP_ATOMIC))
		goto lost;
	atomic64_inc(&t->from->told);
	return;
lost:
	atomic64_inc(&t->from->not_told);
}

void vs_flow_stats_fill(const struct vs_of_flow *f, u64 now, struct vifswitch_of_flow_stats *ret)
{
	struct vs_of_counts counts = vs_of_flow_counts(f);

	memset(ret, 0, sizeof(*ret));
	ret->record.len = sizeof(*ret);
	ret->record.kind = VIFSWITCH_OF_FLOW_STATS;
	ret->id = f->id;
	ret->cookie = f->cookie;
	ret->packets = counts.packets;
	ret->bytes = counts.bytes;
	ret->age_ms = now - f->created;
	ret->idle_ms = now - READ_ONCE(f->used);
	ret->table = f->table;
}

void vs_flows_tell_ended(struct vs_flows *fl, const struct vifswitch_of_flow_stats *stats,
			 u32 count)
{
	struct net *net = dev_net(fl->sw->dev);
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&vs_genl_family, net, VS_GROUP_OPENFLOW))
		return;
	msg = genlmsg_new(nla_total_size(count * sizeof(*stats)) + nla_total_size(sizeof(u32)),
			  GFP_KERNEL);
	if (!msg)
		return;
	hdr = genlmsg_put(msg, 0, 0, &vs_genl_family, 0, VIFSWITCH_CMD_OF_EVENT);
	if (!hdr || nla_put_u32(msg, VIFSWITCH_A_SWITCH, fl->sw->dev->ifindex) ||
	    nla_put(msg, VIFSWITCH_A_OF_RECORDS, count * sizeof(*stats), stats)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&vs_genl_family, net, msg, 0, VS_GROUP_OPENFLOW, GFP_KERNEL);
}
