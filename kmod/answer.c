// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the module itself says to a port about a frame from there, whatever it is.
 *
 * dom0's own frames come from within ndo_start_xmit, with the lock of their socket
 * held if a timer or the receiving side of TCP sends them. So an answer must not
 * reach dom0's stack before all of that has returned: vs_deliver_back() puts it
 * into the backlog. Nothing else goes from the local port to itself, for no frame
 * is delivered to where it came from; nor from one switch's local port to another's
 * within one transmission, for no netdev receives while it sends.
 *
 * To any other port an answer is sent like a frame from elsewhere. The port's
 * netdev has just received, so none of the locks of its sending side are held.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "vifswitch.h"

#define ANSWERS_PER_SEC	100	/* to a port */

static struct sk_buff *rejection(struct vs_port *port, struct sk_buff *skb, bool ip4,
				 enum vs_answer kind)
{
	struct net *net = dev_net(port->dev);

	if (ip4 && kind == VS_ANSWER_RESET)
		return nf_reject_skb_v4_tcp_reset(net, skb, port->dev, NF_INET_PRE_ROUTING);
	if (ip4)
		return nf_reject_skb_v4_unreach(net, skb, port->dev, NF_INET_PRE_ROUTING,
						ICMP_PKT_FILTERED);
	if (kind == VS_ANSWER_RESET)
		return nf_reject_skb_v6_tcp_reset(net, skb, port->dev, NF_INET_PRE_ROUTING);
	return nf_reject_skb_v6_unreach(net, skb, port->dev, NF_INET_PRE_ROUTING,
					ICMPV6_ADM_PROHIBITED);
}

/* The kernel sets no header behind that of IP. */
static void *behind(const struct sk_buff *answer, unsigned int len)
{
	return skb_network_header(answer) + len;
}

/*
 * The kernel's text of what it cannot be delivered, made one that says which MTU it was. The
 * words of a header that differ are put right in its checksum.
 */
static struct sk_buff *too_big(struct vs_port *port, struct sk_buff *skb, bool ip4, u32 mtu)
{
	struct net *net = dev_net(port->dev);
	struct icmp6hdr *icmp6;
	struct sk_buff *answer;
	struct icmphdr *icmp;

	if (ip4) {
		answer = nf_reject_skb_v4_unreach(net, skb, port->dev, NF_INET_PRE_ROUTING,
						  ICMP_FRAG_NEEDED);
		if (!answer)
			return NULL;
		icmp = behind(answer, ip_hdrlen(answer));
		icmp->un.frag.mtu = htons(min_t(u32, mtu, U16_MAX));
		csum_replace2(&icmp->checksum, 0, icmp->un.frag.mtu);
		return answer;
	}
	answer = nf_reject_skb_v6_unreach(net, skb, port->dev, NF_INET_PRE_ROUTING, 0);
	if (!answer)
		return NULL;
	icmp6 = behind(answer, sizeof(struct ipv6hdr));
	icmp6->icmp6_type = ICMPV6_PKT_TOOBIG;
	icmp6->icmp6_mtu = htonl(mtu);
	csum_replace2(&icmp6->icmp6_cksum, htons(ICMPV6_DEST_UNREACH << 8),
		      htons(ICMPV6_PKT_TOOBIG << 8));
	csum_replace4(&icmp6->icmp6_cksum, 0, icmp6->icmp6_mtu);
	return answer;
}

/* To the sender of @skb at @port, in the name of the address it was for. */
static void send_back(struct vs_port *port, const struct sk_buff *skb, u32 tag,
		      struct sk_buff *answer, __be16 type)
{
	struct ethhdr *eth = skb_push(answer, ETH_HLEN);

	skb_reset_mac_header(answer);
	ether_addr_copy(eth->h_dest, eth_hdr(skb)->h_source);
	ether_addr_copy(eth->h_source, eth_hdr(skb)->h_dest);
	eth->h_proto = type;
	answer->protocol = type;
	skb_pull(answer, ETH_HLEN);
	vs_deliver_back(port, answer, tag);
}

/* May it be answered now? Then its network header is found, and its padding is gone. */
static bool begin(struct vs_port *port, struct sk_buff *skb, const struct vs_verdict *v)
{
	if (!vs_sampled(&port->answers, ANSWERS_PER_SEC))
		return false;
	/* the checksum that is looked at does not know of Ethernet's padding */
	if (skb->len > v->packet.end - ETH_HLEN && pskb_trim_rcsum(skb, v->packet.end - ETH_HLEN))
		return false;
	skb_reset_network_header(skb);
	return true;
}

static void finish(struct vs_port *port, const struct sk_buff *skb, const struct vs_verdict *v,
		   struct sk_buff *answer)
{
	if (answer)
		send_back(port, skb, v->frame.tag, answer,
			  htons(v->packet.family == VIFSWITCH_ACL_IP4 ? ETH_P_IP : ETH_P_IPV6));
}

/* To @port, which sent @skb that a rule rejects. */
void vs_answer(struct vs_port *port, struct sk_buff *skb, const struct vs_verdict *v,
	       enum vs_answer kind)
{
	if (begin(port, skb, v))
		finish(port, skb, v, rejection(port, skb, v->packet.family == VIFSWITCH_ACL_IP4,
					       kind));
}

void vs_answer_too_big(struct vs_port *port, struct sk_buff *skb, const struct vs_verdict *v,
		       u32 mtu)
{
	if (v->packet.family == VIFSWITCH_ACL_OTHER || v->packet.reason || !begin(port, skb, v))
		return;
	finish(port, skb, v, too_big(port, skb, v->packet.family == VIFSWITCH_ACL_IP4, mtu));
}
