// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an ACL says of a frame, carried out: its connection and its fragments are
 * looked up where the answer depends on them, hits are counted, rules that log are
 * heard, senders of rejected packets get an answer.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "acl.h"

#define ANSWERS_PER_SEC	100	/* to a port */

/* Was @reason the ACL's own, so that the rule did decide? */
static bool by_rule(enum vifswitch_drop_reason reason, const struct vs_access *access)
{
	return reason == access->reason && (!reason || reason == VIFSWITCH_DROP_ACL ||
					    reason == VIFSWITCH_DROP_TO_ACL);
}

/*
 * The reason in the end, where @version is what @access comes from. *ret_rule is the
 * cookie of the rule that decided; it is only set if the reason is ACL or TO_ACL.
 */
enum vifswitch_drop_reason vs_access_settle(struct vs_flow *flow, struct vs_port *port,
					    struct vs_acl_version *version, u32 port_max,
					    enum vifswitch_acl_direction dir,
					    struct sk_buff *skb, const struct vs_verdict *v,
					    const struct vs_access *access, u64 *ret_rule)
{
	enum vifswitch_drop_reason reason = access->reason;
	u64 rule;

	if (access->track == VS_TRACK_FRAGMENT)
		reason = vs_access_fragment(access, vs_fragment_passed(port, dir, v));
	else if (access->track != VS_TRACK_NONE)
		reason = vs_connection_settle(flow, port, port_max, dir, skb, v, access);
	if (!reason && unlikely(access->remember))
		vs_fragment_passes(port, dir, v);
	if (!by_rule(reason, access))
		return reason;
	vs_acl_hit(version, dir, access->rule);
	rule = vs_acl_cookie(&version->acl, dir, access->rule);
	if (reason)
		*ret_rule = rule;
	else if (unlikely(access->log))
		vs_event_packet(port, reason, &rule, skb);
	return reason;
}

static struct sk_buff *answer_to(struct vs_port *port, struct sk_buff *skb, bool ip4,
				 enum vs_answer answer)
{
	struct net *net = dev_net(port->dev);

	if (ip4 && answer == VS_ANSWER_RESET)
		return nf_reject_skb_v4_tcp_reset(net, skb, port->dev, NF_INET_PRE_ROUTING);
	if (ip4)
		return nf_reject_skb_v4_unreach(net, skb, port->dev, NF_INET_PRE_ROUTING,
						ICMP_PKT_FILTERED);
	if (answer == VS_ANSWER_RESET)
		return nf_reject_skb_v6_tcp_reset(net, skb, port->dev, NF_INET_PRE_ROUTING);
	return nf_reject_skb_v6_unreach(net, skb, port->dev, NF_INET_PRE_ROUTING,
					ICMPV6_ADM_PROHIBITED);
}

/* To @port, which sent @skb; in the name of the address it was for. */
void vs_answer(struct vs_port *port, struct sk_buff *skb, const struct vs_verdict *v,
	       enum vs_answer answer)
{
	bool ip4 = v->packet.family == VIFSWITCH_ACL_IP4;
	struct vs_wire wire;
	struct sk_buff *nskb;
	struct ethhdr *eth;

	if (!vs_sampled(&port->answers, ANSWERS_PER_SEC))
		return;
	skb_reset_network_header(skb);
	nskb = answer_to(port, skb, ip4, answer);
	if (!nskb)
		return;
	nskb->protocol = htons(ip4 ? ETH_P_IP : ETH_P_IPV6);
	eth = skb_push(nskb, ETH_HLEN);
	skb_reset_mac_header(nskb);
	ether_addr_copy(eth->h_dest, eth_hdr(skb)->h_source);
	ether_addr_copy(eth->h_source, eth_hdr(skb)->h_dest);
	eth->h_proto = nskb->protocol;
	skb_pull(nskb, ETH_HLEN);
	vs_wire_of(&wire, nskb);
	vs_deliver(port, nskb, v->frame.tag, &wire);
}
