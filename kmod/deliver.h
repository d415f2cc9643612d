/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last step of a frame's way; forward.c says what holds there. */
#ifndef VS_DELIVER_H
#define VS_DELIVER_H

#include "recording.h"
#include "trip.h"

/* As a frame that dom0's stack receives from the local port. */
static inline void address_to_local(struct vs_port *port, struct sk_buff *skb)
{
	struct net_device *dev = port->dev;
	const u8 *dst = eth_hdr(skb)->h_dest;

	skb->dev = dev;
	if (is_broadcast_ether_addr(dst))
		skb->pkt_type = PACKET_BROADCAST;
	else if (is_multicast_ether_addr(dst))
		skb->pkt_type = PACKET_MULTICAST;
	else if (ether_addr_equal(dst, dev->dev_addr))
		skb->pkt_type = PACKET_HOST;
	else
		skb->pkt_type = PACKET_OTHERHOST;
}

/* Not for what dom0 sends itself: see answer.c. */
static inline void deliver_local(struct vs_port *port, struct sk_buff *skb, u32 bytes, u32 packets)
{
	vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, packets, bytes);
	address_to_local(port, skb);
	if (vs_is_recording())
		vs_recorded_left(port, vs_recorded_leaves(port, skb), true);
	netif_receive_skb(skb);
}

/* deliver.c: a tag left inside the frame hides the network header from checksum and GSO code. */
bool vs_find_network_header(struct sk_buff *skb);

/* By a netdev that is up, where the frame fits. skb->data is the Ethernet header. */
static __always_inline enum vifswitch_drop_reason transmit(struct vs_port *port,
							   struct sk_buff *skb, u32 packets,
							   u32 bytes)
{
	int rc;

	skb->dev = port->dev;
	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	rc = dev_queue_xmit(skb);
	if (likely(rc == NET_XMIT_SUCCESS || rc == NET_XMIT_CN)) {
		vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, packets, bytes);
		return VIFSWITCH_DROP_NONE;
	}
	vs_count_drop(port->stats, VIFSWITCH_DROP_TO_QUEUE);
	return VIFSWITCH_DROP_TO_QUEUE;
}

/* The same for a recording, or by a member that is chosen, too. */
enum vifswitch_drop_reason vs_transmit_specially(struct vs_port *port, struct sk_buff *skb,
						 u32 packets, u32 bytes);

static __always_inline enum vifswitch_drop_reason deliver(struct vs_port *port,
							  struct sk_buff *skb, u32 tag,
							  const struct vs_wire *wire)
{
	struct net_device *dev = port->dev;
	u32 bytes;

	vs_set_tag(skb, tag);
	if (unlikely(!vs_is_up(dev))) {
		vs_drop(port, skb, VIFSWITCH_DROP_TO_DOWN);
		return VIFSWITCH_DROP_TO_DOWN;
	}
	bytes = vs_tagged_bytes(wire, tag);
	if (unlikely(port->special)) {
		if (!port->local)
			return vs_tunnel_deliver(port, skb, tag, wire);
		deliver_local(port, skb, bytes, wire->packets);
		return VIFSWITCH_DROP_NONE;
	}
	if (unlikely(!vs_fits(dev, skb, wire))) {
		vs_drop(port, skb, VIFSWITCH_DROP_TO_MTU);
		return VIFSWITCH_DROP_TO_MTU;
	}
	__skb_push(skb, ETH_HLEN);
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && eth_type_vlan(skb->protocol) &&
		     !vs_find_network_header(skb))) {
		vs_drop(port, skb, VIFSWITCH_DROP_TO_QUEUE);
		return VIFSWITCH_DROP_TO_QUEUE;
	}
	if (static_branch_unlikely(&vs_leaves_specially))
		return vs_transmit_specially(port, skb, wire->packets, bytes);
	return transmit(port, skb, wire->packets, bytes);
}

#endif /* VS_DELIVER_H */
