// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a controller is told: frames that flows send it, flows that ended. Each port has a token
 * bucket of its own for its frames, long ones counting as several, so one that floods only
 * silences itself; the group's sockets have what room their owners gave them.
 */
#include <net/genetlink.h>

#include "../limit.h"
#include "../openflow/flow-mode.h"
#include "family.h"

/*
 * To whom: the socket that has the grant, of whose room what is told may take half, because
 * answers come to it, too; else the group.
 */
static bool listens(const struct vs_flows *fl, struct net *net)
{
	const struct sock *sk = smp_load_acquire(&fl->grant.sk);

	if (!sk)
		return genl_has_listeners(&vs_genl_family, net, VS_GROUP_OPENFLOW);
	return atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(sk->sk_rcvbuf) / 2;
}

static int send(const struct vs_flows *fl, struct net *net, struct sk_buff *msg, gfp_t gfp)
{
	if (READ_ONCE(fl->grant.sk))
		return genlmsg_unicast(net, msg, READ_ONCE(fl->grant.portid));
	return genlmsg_multicast_netns(&vs_genl_family, net, msg, 0, VS_GROUP_OPENFLOW, gfp);
}

static bool may_tell(const struct vs_flows *fl, struct vs_port *port, u32 octets)
{
	u32 frames = max(DIV_ROUND_UP(octets, VIFSWITCH_OF_TOLD_OCTETS), 1U);

	return vs_bucket_charge(&port->told_until, &fl->told, frames);
}

/* A place has the upper bits of what was told there, and the second in which that was. */
bool vs_flows_learns(struct vs_flows *fl, u64 learned)
{
	u64 *place = &fl->learned[learned % VIFSWITCH_OF_LEARN_PLACES], was = READ_ONCE(*place);
	u32 now = (u32)div_u64(vs_flows_now(), MSEC_PER_SEC * VIFSWITCH_OF_LEARN_SECONDS);

	now |= 1U << 31;	/* 0 is a place that nothing was told of */
	if (was >> 32 == learned >> 32 && (u32)was == now)
		return false;
	WRITE_ONCE(*place, (learned & ~0xffffffffULL) | now);
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

/* Of a frame of @len octets, tag included; no more of a GSO frame than one segment has. */
static u32 how_much(const struct vs_of_run *run, const struct vs_wire *wire, u32 len, u32 tag)
{
	u32 most = min_t(u32, run->told.max_len, U16_MAX - NLA_HDRLEN);
	u32 segment = wire->largest == U32_MAX ? VIFSWITCH_OF_TOLD_OCTETS : wire->largest + tag;

	return min3(most, segment, len);
}

/*
 * Who is told may send the frame on as he got it, and then nobody completes a checksum that was
 * left to whoever transmits. @to: the copy. Of a GSO frame one segment is told, and its checksum
 * is none.
 */
static void complete_checksum(const struct sk_buff *skb, u8 *to, u32 octets, u32 tag)
{
	int start = skb_checksum_start_offset(skb);
	u32 at = ETH_HLEN + tag + start + skb->csum_offset;
	__sum16 sum;

	if (start < 0 || start > skb->len || at + sizeof(sum) > octets || skb_is_gso(skb))
		return;
	sum = csum_fold(skb_checksum(skb, start, skb->len - start, 0)) ?: CSUM_MANGLED_0;
	memcpy(to + at, &sum, sizeof(sum));
}

/* The first octets, the tag put back in. */
static int copy_frame(const struct sk_buff *skb, u32 tag, u8 *to, u32 octets)
{
	u8 head[2 * ETH_ALEN + VLAN_HLEN];
	u32 n = min_t(u32, octets, sizeof(head));

	if (tag == VS_NO_TAG)
		return skb_copy_bits(skb, -ETH_HLEN, to, octets);
	if (skb_copy_bits(skb, -ETH_HLEN, head, 2 * ETH_ALEN))
		return -EINVAL;
	put_unaligned_be32(tag, head + 2 * ETH_ALEN);
	memcpy(to, head, n);
	return skb_copy_bits(skb, 2 * ETH_ALEN - ETH_HLEN, to + n, octets - n);
}

static int put_frame(struct sk_buff *msg, const struct sk_buff *skb, u32 tag, u32 octets)
{
	struct nlattr *a = nla_reserve(msg, VIFSWITCH_A_PACKET, octets);
	int rc;

	if (!a)
		return -EMSGSIZE;
	rc = copy_frame(skb, tag, nla_data(a), octets);
	if (!rc && skb->ip_summed == CHECKSUM_PARTIAL)
		complete_checksum(skb, nla_data(a), octets, tag == VS_NO_TAG ? 0 : VLAN_HLEN);
	return rc;
}

void vs_flows_tell(struct vs_flows *fl, const struct vs_of_run *run, struct vs_trip *t,
		   struct sk_buff *skb)
{
	struct net *net = dev_net(fl->sw->dev);
	u32 tag = run->tag == VS_NO_TAG ? 0 : VLAN_HLEN, len = skb->len + ETH_HLEN + tag;
	u32 octets = how_much(run, &t->wire, len, tag);
	struct vifswitch_of_packet_in in;
	struct sk_buff *msg;
	void *hdr;

	if (!listens(fl, net) || !may_tell(fl, t->from, octets)) {
		atomic64_inc(&t->from->not_told);
		return;
	}
	msg = genlmsg_new(nla_total_size(octets) + nla_total_size(sizeof(in)) +
			  2 * nla_total_size(sizeof(u32)), GFP_ATOMIC);
	if (!msg)
		goto lost;
	describe(&in, run, len);
	hdr = genlmsg_put(msg, 0, 0, &vs_genl_family, 0, VIFSWITCH_CMD_OF_PACKET_IN);
	if (!hdr || nla_put_u32(msg, VIFSWITCH_A_SWITCH, fl->sw->dev->ifindex) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT, t->from->dev->ifindex) ||
	    nla_put(msg, VIFSWITCH_A_OF_PACKET, sizeof(in), &in) ||
	    put_frame(msg, skb, run->tag, octets)) {
		nlmsg_free(msg);
		goto lost;
	}
	genlmsg_end(msg, hdr);
	if (send(fl, net, msg, GFP_ATOMIC))
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
	bool heard;
	void *hdr;

	rcu_read_lock();
	heard = listens(fl, net);
	rcu_read_unlock();
	if (!heard)
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
	send(fl, net, msg, GFP_KERNEL);
}
