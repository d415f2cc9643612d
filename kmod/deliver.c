// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames that leave by a port, or end here: counted, told, noted down. */
#include "deliver.h"
#include "slb.h"

/* The largest of a GSO frame's packets is not known without looking at all of them. */
noinline bool vs_fits_otherwise(const struct net_device *dev, const struct sk_buff *skb,
				u32 largest)
{
	u32 mtu = READ_ONCE(dev->mtu), max = mtu + ETH_HLEN;
	u16 type = ntohs(eth_hdr(skb)->h_proto);

	if (largest != U32_MAX || !skb_is_gso(skb))
		return vs_forward_fits(mtu, largest, type);
	return skb_gso_validate_mac_len(skb, vs_type_is_tag(type) ? max + VLAN_HLEN : max);
}

bool vs_find_network_header(struct sk_buff *skb)
{
	int depth;

	if (!__vlan_get_protocol(skb, skb->protocol, &depth))
		return false;
	skb_set_network_header(skb, depth);
	return true;
}

enum vifswitch_drop_reason vs_transmit_specially(struct vs_port *port, struct sk_buff *skb,
						 u32 packets, u32 bytes)
{
	enum vifswitch_drop_reason reason;
	struct sk_buff *msg;

	if (rcu_access_pointer(port->slb))
		vs_slb_choose(port, skb, bytes);
	if (!vs_is_recording())
		return transmit(port, skb, packets, bytes);
	msg = vs_recorded_leaves(port, skb);
	reason = transmit(port, skb, packets, bytes);
	vs_recorded_left(port, msg, !reason);
	return reason;
}

/* Consumes @skb, which carries @tag from here on; false: it did not go. */
bool vs_deliver(struct vs_port *port, struct sk_buff *skb, u32 tag, const struct vs_wire *wire)
{
	return !deliver(port, skb, tag, wire);
}

/* An answer for @port to a frame from there, which may still be on its way on this stack. */
void vs_deliver_back(struct vs_port *port, struct sk_buff *skb, u32 tag)
{
	struct vs_wire wire;
	u32 bytes;

	vs_wire_of(&wire, skb);
	if (!port->local) {
		vs_deliver(port, skb, tag, &wire);
		return;
	}
	bytes = vs_tagged_bytes(&wire, tag);
	vs_set_tag(skb, tag);
	address_to_local(port, skb);
	if (netif_rx(skb) == NET_RX_SUCCESS)
		vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, wire.packets, bytes);
	else
		vs_count_drop(port->stats, VIFSWITCH_DROP_TO_QUEUE);
}

void vs_drop(struct vs_port *port, struct sk_buff *skb, enum vifswitch_drop_reason reason)
{
	vs_count_drop(port->stats, reason);
	vs_event_packet(port, reason, NULL, skb);
	vs_note_drop(port, reason, NULL, skb);
	kfree_skb(skb);
}

void vs_refused_by(struct vs_port *port, const struct sk_buff *skb,
		   enum vifswitch_drop_reason reason, const u64 *rule)
{
	if (reason != VIFSWITCH_DROP_ACL && reason != VIFSWITCH_DROP_TO_ACL)
		rule = NULL;
	vs_count_drop(port->stats, reason);
	vs_event_packet(port, reason, rule, skb);
	vs_note_drop(port, reason, rule, skb);
}
