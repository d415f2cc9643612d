// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What leaves by a tunnel: without its VLAN's tag, which the network's key stands for on the
 * way, to the remote that has the address, else to all of the network.
 */
#include <linux/hash.h>

#include "../deliver.h"
#include "tunnel.h"

/* Unlike other ports' a tunnel's MTU leaves no room for a tag inside. */
static bool fits(const struct net_device *dev, const struct sk_buff *skb,
		 const struct vs_wire *wire)
{
	u32 max = READ_ONCE(dev->mtu) + ETH_HLEN;

	if (wire->largest != U32_MAX || !skb_is_gso(skb))
		return wire->largest <= max;
	return skb_gso_validate_mac_len(skb, max);
}

static enum vifswitch_drop_reason send_to(struct vs_port *port, struct sk_buff *skb,
					  const struct vs_remote *remote,
					  const struct vs_wire *wire)
{
	skb_dst_drop(skb);
	dst_hold(&remote->dst->dst);
	skb_dst_set(skb, &remote->dst->dst);
	if (static_branch_unlikely(&vs_leaves_specially))
		return vs_transmit_specially(port, skb, wire->packets, wire->bytes);
	return transmit(port, skb, wire->packets, wire->bytes);
}

static const struct vs_remote *find_remote(const struct vs_port *port, const struct sk_buff *skb,
					   u16 vid)
{
	const struct vs_fdb_entry *e;

	const u8 *to = eth_hdr(skb)->h_dest;

	if (is_multicast_ether_addr(to))
		return NULL;
	e = vs_fdb_find(port->sw, VS_KEY(vs_mac_load(to), vid));
	return e && READ_ONCE(e->port) == port ? READ_ONCE(e->remote) : NULL;
}

static enum vifswitch_drop_reason refused(struct vs_port *port, struct sk_buff *skb,
					  enum vifswitch_drop_reason reason)
{
	vs_drop(port, skb, reason);
	return reason;
}

/* One of them got it. */
static enum vifswitch_drop_reason send_to_all(struct vs_port *port, struct sk_buff *skb,
					      const struct vs_network_object *n,
					      const struct vs_wire *wire)
{
	enum vifswitch_drop_reason reason = VIFSWITCH_DROP_NO_MEMORY;
	const struct vs_remote *last = NULL;
	struct sk_buff *copy;
	u32 i;

	for (i = 0; i < n->count; i++) {
		if (unlikely(n->remote[i].silent))
			continue;
		copy = last ? skb_clone(skb, GFP_ATOMIC) : NULL;
		if (unlikely(last && !copy))
			vs_count_drop(port->stats, VIFSWITCH_DROP_NO_MEMORY);
		else if (last && !send_to(port, copy, last, wire))
			reason = VIFSWITCH_DROP_NONE;
		last = &n->remote[i];
	}
	if (unlikely(!last))
		return refused(port, skb, VIFSWITCH_DROP_TO_REMOTE);
	if (!send_to(port, skb, last, wire))
		reason = VIFSWITCH_DROP_NONE;
	return reason;
}

enum vifswitch_drop_reason vs_tunnel_deliver(struct vs_port *port, struct sk_buff *skb, u32 tag,
					     const struct vs_wire *wire)
{
	struct vs_tunnel *t = rcu_dereference(port->tunnel);
	u16 vid = VS_TAG_TCI(tag) & VS_TCI_VID;
	enum vifswitch_drop_reason reason;
	const struct vs_network_object *n;
	const struct vs_remote *remote;

	n = vid <= VIFSWITCH_VID_MAX ? rcu_dereference(t->by_vid[vid]) : NULL;
	if (unlikely(!n))
		return refused(port, skb, VIFSWITCH_DROP_TO_VLAN);
	if (unlikely(!n->count))
		return refused(port, skb, VIFSWITCH_DROP_TO_REMOTE);
	if (n->lisp) {
		remote = vs_lisp_way(port, skb, n, &reason);
		if (!remote)
			return reason;
	} else {
		remote = find_remote(port, skb, vid);
	}
	if (unlikely(remote && remote->silent))
		return refused(port, skb, VIFSWITCH_DROP_TO_REMOTE);
	if (unlikely(vs_tunnel_is_bfd(skb)))
		return refused(port, skb, VIFSWITCH_DROP_CONTROL);
	if (unlikely(!fits(port->dev, skb, wire)))
		return refused(port, skb, VIFSWITCH_DROP_TO_MTU);
	__vlan_hwaccel_clear_tag(skb);
	__skb_push(skb, ETH_HLEN);
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && eth_type_vlan(skb->protocol) &&
		     !vs_find_network_header(skb))) {
		__skb_pull(skb, ETH_HLEN);
		return refused(port, skb, VIFSWITCH_DROP_TO_QUEUE);
	}
	return remote ? send_to(port, skb, remote, wire) : send_to_all(port, skb, n, wire);
}

/* Whoever sent what does not fit must know, for nobody on the way cuts it in pieces. */
bool vs_tunnel_fits(struct vs_trip *t, struct vs_port *to, struct sk_buff *skb)
{
	struct vs_verdict *v = &t->v;

	if (likely(fits(to->dev, skb, &t->wire)))
		return true;
	if (v->target == VS_TO_UNICAST && vs_packet_readable(v, skb))
		vs_answer_too_big(t->from, skb, v, READ_ONCE(to->dev->mtu));
	return false;
}
