// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame's way through the switch, in one go and without an indirect call.
 * Everywhere here bottom halves are off, rcu_read_lock() is held, and skb->data
 * is behind the Ethernet header, which is linear. The outer VLAN tag is always
 * the accelerated one.
 */
#include <linux/if_vlan.h>
#include <linux/rculist.h>

#include "vifswitch.h"

static void drop(struct vs_port *port, struct sk_buff *skb, enum vifswitch_drop_reason reason)
{
	vs_count_drop(port->stats, reason);
	vs_event_drop(port, reason, skb);
	kfree_skb(skb);
}

static u32 tag_of(const struct sk_buff *skb)
{
	if (likely(!skb_vlan_tag_present(skb)))
		return VS_NO_TAG;
	return VS_TAG(ntohs(skb->vlan_proto), skb_vlan_tag_get(skb));
}

/* Octets of a frame with @tag beside it. */
static u32 tagged_bytes(const struct vs_wire *wire, u32 tag)
{
	return likely(tag == VS_NO_TAG) ? wire->bytes : wire->bytes + wire->packets * VLAN_HLEN;
}

/* An MTU is for what follows the Ethernet header; a tag inside it is free. */
static bool fits(const struct net_device *dev, const struct sk_buff *skb,
		 const struct vs_wire *wire)
{
	u32 max = READ_ONCE(dev->mtu) + ETH_HLEN;

	if (likely(wire->largest <= max))
		return true;
	if (eth_type_vlan(eth_hdr(skb)->h_proto)) {
		max += VLAN_HLEN;
		if (wire->largest <= max)
			return true;
	}
	return wire->largest == U32_MAX && skb_is_gso(skb) && skb_gso_validate_mac_len(skb, max);
}

static void deliver_local(struct vs_port *port, struct sk_buff *skb, u32 bytes, u32 packets)
{
	struct net_device *dev = port->dev;
	const u8 *dst = eth_hdr(skb)->h_dest;

	vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, packets, bytes);
	skb->dev = dev;
	if (is_broadcast_ether_addr(dst))
		skb->pkt_type = PACKET_BROADCAST;
	else if (is_multicast_ether_addr(dst))
		skb->pkt_type = PACKET_MULTICAST;
	else if (ether_addr_equal(dst, dev->dev_addr))
		skb->pkt_type = PACKET_HOST;
	else
		skb->pkt_type = PACKET_OTHERHOST;
	netif_receive_skb(skb);
}

/* A tag left inside the frame hides the network header from checksum and GSO code. */
static bool find_network_header(struct sk_buff *skb)
{
	int depth;

	if (likely(skb->ip_summed != CHECKSUM_PARTIAL || !eth_type_vlan(skb->protocol)))
		return true;
	if (!__vlan_get_protocol(skb, skb->protocol, &depth))
		return false;
	skb_set_network_header(skb, depth);
	return true;
}

/* Consumes @skb, which carries @tag from here on. */
void vs_deliver(struct vs_port *port, struct sk_buff *skb, u32 tag, const struct vs_wire *wire)
{
	struct net_device *dev = port->dev;
	u32 packets = wire->packets, bytes;
	int rc;

	if (likely(tag == VS_NO_TAG))
		__vlan_hwaccel_clear_tag(skb);
	else
		__vlan_hwaccel_put_tag(skb, htons(VS_TAG_TYPE(tag)), VS_TAG_TCI(tag));
	if (unlikely(!netif_running(dev) || !netif_carrier_ok(dev))) {
		drop(port, skb, VIFSWITCH_DROP_TO_DOWN);
		return;
	}
	bytes = tagged_bytes(wire, tag);
	if (unlikely(port->local)) {
		deliver_local(port, skb, bytes, packets);
		return;
	}
	if (unlikely(!fits(dev, skb, wire))) {
		drop(port, skb, VIFSWITCH_DROP_TO_MTU);
		return;
	}
	skb_push(skb, ETH_HLEN);
	if (unlikely(!find_network_header(skb))) {
		drop(port, skb, VIFSWITCH_DROP_TO_QUEUE);
		return;
	}
	skb->dev = dev;
	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	rc = dev_queue_xmit(skb);
	if (likely(rc == NET_XMIT_SUCCESS || rc == NET_XMIT_CN))
		vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, packets, bytes);
	else
		vs_count_drop(port->stats, VIFSWITCH_DROP_TO_QUEUE);
}

/* A copy for @to; the frame itself goes on elsewhere. */
static void deliver_copy(struct vs_port *from, struct vs_port *to, struct sk_buff *skb, u32 tag,
			 const struct vs_wire *wire)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (likely(copy))
		vs_deliver(to, copy, tag, wire);
	else
		vs_count_drop(from->stats, VIFSWITCH_DROP_NO_MEMORY);
}

static const struct vs_program *program_of(const struct vs_port *port)
{
	const struct vs_policy *policy = rcu_dereference(port->policy);

	return likely(policy) ? &policy->prog : NULL;
}

/* Is a frame that is not for one port alone for this one, too? With which tag? */
static bool wants(const struct vs_port *port, const struct vs_port *from,
		  const struct vs_verdict *v, u32 *tag)
{
	const struct vs_program *prog = program_of(port);

	return port != from && prog && vs_wants_flood(prog, v->target) &&
	       !vs_egress(v, prog, tag) && netif_running(port->dev) &&
	       netif_carrier_ok(port->dev);
}

/* To every port that wants the frame: copies, but the frame itself for the last. */
static void flood(struct vs_port *from, struct sk_buff *skb, const struct vs_verdict *v,
		  const struct vs_wire *wire)
{
	struct vs_switch *sw = from->sw;
	struct vs_port *port, *last = NULL;
	u32 tag, last_tag = VS_NO_TAG;

	list_for_each_entry_rcu(port, &sw->ports, list) {
		if (!wants(port, from, v, &tag))
			continue;
		if (last)
			deliver_copy(from, last, skb, last_tag, wire);
		last = port;
		last_tag = tag;
	}
	if (wants(&sw->local, from, v, &tag)) {
		if (last)
			deliver_copy(from, last, skb, last_tag, wire);
		last = &sw->local;
		last_tag = tag;
	}
	if (last)
		vs_deliver(last, skb, last_tag, wire);
	else
		drop(from, skb, VIFSWITCH_DROP_NO_DESTINATION);
}

/* Somebody in dom0 looks at all of the local port's VLANs. */
static void show_local(struct vs_port *from, struct sk_buff *skb, const struct vs_verdict *v,
		       const struct vs_wire *wire)
{
	struct vs_port *local = &from->sw->local;
	const struct vs_program *prog = program_of(local);
	u32 tag;

	if (from != local && prog && !vs_egress(v, prog, &tag))
		deliver_copy(from, local, skb, tag, wire);
}

static void unicast(struct vs_port *from, struct sk_buff *skb, const struct vs_verdict *v,
		    const struct vs_wire *wire)
{
	struct vs_switch *sw = from->sw;
	enum vifswitch_drop_reason reason;
	const struct vs_fdb_entry *e;
	const struct vs_guard *g;
	struct vs_port *to;
	u32 tag;

	g = vs_guard_find(sw, v->frame.dst);
	if (g) {
		to = g->port;
		reason = vs_egress(v, program_of(to), &tag);
		/* a guard is for the VLANs of its port; elsewhere the address may be another's */
		if (likely(reason != VIFSWITCH_DROP_TO_VLAN))
			goto found;
	}
	e = vs_fdb_find(sw, VS_KEY(v->frame.dst, v->vid));
	if (!e) {
		if (unlikely(READ_ONCE(sw->promiscuous)) && !wants(&sw->local, from, v, &tag))
			show_local(from, skb, v, wire);
		flood(from, skb, v, wire);
		return;
	}
	to = READ_ONCE(e->port);
	reason = vs_egress(v, program_of(to), &tag);
found:
	if (unlikely(to == from)) {
		drop(from, skb, VIFSWITCH_DROP_HAIRPIN);
		return;
	}
	if (unlikely(READ_ONCE(sw->promiscuous)) && !to->local)
		show_local(from, skb, v, wire);
	if (unlikely(reason))
		drop(to, skb, reason);
	else
		vs_deliver(to, skb, tag, wire);
}

static bool bucket_charge(u64 *state, const struct vs_rate *rate, u64 now_ns, u32 units)
{
	u64 now = vs_rate_now(rate, now_ns);
	u64 old = READ_ONCE(*state);

	do {
		if (!vs_rate_passes(rate, old, now))
			return false;
	} while (!try_cmpxchg64(state, &old, vs_rate_charge(rate, old, now, units)));
	return true;
}

static enum vifswitch_drop_reason police(struct vs_policy *policy, u32 packets, u32 bytes)
{
	const struct vs_program *prog = &policy->prog;
	u64 now = ktime_get_ns();

	/* look before charging octets for a frame that packets/s will refuse */
	if (prog->packet_rate.mult &&
	    !vs_rate_passes(&prog->packet_rate, READ_ONCE(policy->packet_state),
			    vs_rate_now(&prog->packet_rate, now)))
		return VIFSWITCH_DROP_PACKET_RATE;
	if (prog->rate.mult && !bucket_charge(&policy->rate_state, &prog->rate, now, bytes))
		return VIFSWITCH_DROP_RATE;
	if (prog->packet_rate.mult &&
	    !bucket_charge(&policy->packet_state, &prog->packet_rate, now, packets))
		return VIFSWITCH_DROP_PACKET_RATE;
	return VIFSWITCH_DROP_NONE;
}

/*
 * Takes the outer tag out of a frame that carries it inside: only frames from
 * dom0's own stack do, for those from drivers were seen to on reception.
 */
static struct sk_buff *untag(struct vs_port *port, struct sk_buff *skb)
{
	skb->protocol = eth_hdr(skb)->h_proto;
	skb = skb_vlan_untag(skb);
	if (!skb)
		vs_count_drop(port->stats, VIFSWITCH_DROP_TRUNCATED);
	return skb;
}

/* True if the frame was not consumed but is for the port's own host stack. */
bool vs_switch_frame(struct vs_port *port, struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct vs_policy *policy = rcu_dereference(port->policy);
	const struct vs_program *prog = likely(policy) ? &policy->prog : NULL;
	struct vs_verdict v;
	struct vs_wire wire;
	u32 tag, bytes;

	if (unlikely(!skb_vlan_tag_present(skb) && eth_type_vlan(eth_hdr(skb)->h_proto))) {
		skb = untag(port, skb);
		if (!skb)
			return false;
		*pskb = skb;
	}
	tag = tag_of(skb);
	if (unlikely(!vs_ingress(&v, prog, NULL, skb_mac_header(skb),
				 ETH_HLEN + skb_headlen(skb), ETH_HLEN + skb->len, tag))) {
		if (!pskb_may_pull(skb, min_t(u32, skb->len, VS_PACKET_HEADERS - ETH_HLEN))) {
			vs_count_drop(port->stats, VIFSWITCH_DROP_NO_MEMORY);
			kfree_skb(skb);
			return false;
		}
		vs_ingress(&v, prog, NULL, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
			   ETH_HLEN + skb->len, tag);
	}
	if (unlikely(v.reason))
		goto refused;
	if (unlikely(v.target == VS_TO_HOST))
		return true;

	if (likely(prog->flags & VIFSWITCH_PF_GUARD)) {
		if (unlikely(!READ_ONCE(port->claimed)))
			vs_claim_from_frame(port, VS_KEY(v.frame.src, v.vid));
	} else {
		v.reason = vs_fdb_learn(port, prog, v.frame.src, v.vid);
		if (unlikely(v.reason))
			goto refused;
	}
	vs_wire_of(&wire, skb);
	bytes = tagged_bytes(&wire, tag);
	if (unlikely(prog->policed)) {
		v.reason = police(policy, wire.packets, bytes);
		if (unlikely(v.reason))
			goto refused;
	}
	if (unlikely(prog->queue))
		skb->priority = prog->queue;
	/* accepted; should it find no way out, it still was */
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, wire.packets, bytes);
	if (likely(v.target == VS_TO_UNICAST))
		unicast(port, skb, &v, &wire);
	else
		flood(port, skb, &v, &wire);
	return false;

refused:
	drop(port, skb, v.reason);
	return false;
}
