/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits and marks of what a port sends: a traffic conditioner (RFC 2475). What is charged
 * is not given back, so whatever else may refuse a frame is asked before.
 */
#ifndef VS_CONDITIONER_H
#define VS_CONDITIONER_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>

#include "limit.h"

#define VS_BROADCAST	(BIT_ULL(48) - 1)

static inline bool vs_is_storm(struct vs_policy *policy, enum vs_limit limit, u32 packets)
{
	return policy->prog.stormy && !vs_within(policy, limit, packets);
}

static __always_inline enum vifswitch_drop_reason vs_police(struct vs_policy *policy,
							    u32 packets, u32 bytes)
{
	const struct vs_rate *rate = &policy->prog.limit[VS_LIMIT_PACKETS];
	u64 next;

	/* look before charging octets for a frame that packets/s will refuse */
	if (rate->mult &&
	    !vs_bucket_has(rate, READ_ONCE(policy->bucket[VS_LIMIT_PACKETS]), packets, &next))
		return VIFSWITCH_DROP_PACKET_RATE;
	if (!vs_within(policy, VS_LIMIT_OCTETS, bytes))
		return VIFSWITCH_DROP_RATE;
	if (!vs_within(policy, VS_LIMIT_PACKETS, packets))
		return VIFSWITCH_DROP_PACKET_RATE;
	return VIFSWITCH_DROP_NONE;
}

/* The program's DSCP for what is IP, and its queue. False: out of memory. */
static inline bool vs_mark(const struct vs_program *prog, struct sk_buff *skb)
{
	u16 type;

	if (prog->queue)
		skb->priority = prog->queue;
	if (prog->dscp == VIFSWITCH_MARK_KEEP)
		return true;
	type = ntohs(eth_hdr(skb)->h_proto);
	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return true;
	skb_reset_network_header(skb);
	if (type == ETH_P_IP && skb->len >= sizeof(struct iphdr)) {
		if (skb_ensure_writable(skb, sizeof(struct iphdr)))
			return false;
		ipv4_change_dsfield(ip_hdr(skb), INET_ECN_MASK, prog->dscp << 2);
	} else if (type == ETH_P_IPV6 && skb->len >= sizeof(struct ipv6hdr)) {
		if (skb_ensure_writable(skb, sizeof(struct ipv6hdr)))
			return false;
		ipv6_change_dsfield(ipv6_hdr(skb), INET_ECN_MASK, prog->dscp << 2);
		if (skb->ip_summed == CHECKSUM_COMPLETE)
			skb->ip_summed = CHECKSUM_NONE;
	}
	return true;
}

/* Limits of what a port sends. @bytes: of the frame, its tag included. */
static __always_inline enum vifswitch_drop_reason vs_limit(struct vs_policy *policy,
							   const struct vs_frame *f,
							   const struct vs_wire *wire, u32 bytes)
{
	if (unlikely(f->dst_group)) {
		if (f->dst == VS_BROADCAST &&
		    vs_is_storm(policy, VS_LIMIT_BROADCAST, wire->packets))
			return VIFSWITCH_DROP_STORM_BROADCAST;
		if (f->dst != VS_BROADCAST &&
		    vs_is_storm(policy, VS_LIMIT_MULTICAST, wire->packets))
			return VIFSWITCH_DROP_STORM_MULTICAST;
	}
	return policy->prog.policed ? vs_police(policy, wire->packets, bytes) :
				      VIFSWITCH_DROP_NONE;
}

#endif /* VS_CONDITIONER_H */
