// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a tunnel's netdev receives. Ports whose netdev may be one have this receive handler,
 * so that others pay nothing for it. Before a frame is the switch's, its key and its sender
 * must be a network's of the port; what the packet around it said stays here.
 */

#include "../switch-frame.h"
#include "../trip.h"
#include "tunnel.h"

static void sender_of(const struct ip_tunnel_info *info, u8 ret[VIFSWITCH_ADDRESS_LEN])
{
	if (ip_tunnel_info_af(info) == AF_INET6)
		memcpy(ret, &info->key.u.ipv6.src, VIFSWITCH_ADDRESS_LEN);
	else
		vs_network_put_ip4(&info->key.u.ipv4.src, ret);
}

/* A tag that the kernel took for the outer one is inside, behind the network's. */
static enum vifswitch_drop_reason set_vlan(struct sk_buff **pskb, u16 vid)
{
	struct sk_buff *skb = *pskb;

	if (unlikely(skb_vlan_tag_present(skb))) {
		skb_push(skb, ETH_HLEN);
		skb = vlan_insert_tag_set_proto(skb, skb->vlan_proto, skb_vlan_tag_get(skb));
		*pskb = skb;
		if (!skb)
			return VIFSWITCH_DROP_NO_MEMORY;
		skb_reset_mac_header(skb);
		skb_pull(skb, ETH_HLEN);
		skb_reset_network_header(skb);
		skb_reset_mac_len(skb);
	}
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), vid);
	return VIFSWITCH_DROP_NONE;
}

static enum vifswitch_drop_reason take(const struct vs_port *port, struct vs_tunnel *t,
				       struct sk_buff **pskb, struct vs_remote **ret)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(*pskb);
	enum vifswitch_drop_reason reason = VIFSWITCH_DROP_NONE;
	struct vs_network_object *n;
	u8 sender[VIFSWITCH_ADDRESS_LEN];

	if (!info || info->mode & IP_TUNNEL_INFO_TX)
		return VIFSWITCH_DROP_TUNNEL_KEY;
	n = !t ? NULL : vs_network_by_key(t, ntohl(tunnel_id_to_key32(info->key.tun_id)));
	if (!n)
		return VIFSWITCH_DROP_TUNNEL_KEY;
	sender_of(info, sender);
	*ret = vs_network_remote(n, sender);
	if (!*ret)
		return VIFSWITCH_DROP_TUNNEL_PEER;
	/* vifoamd saw it outside */
	if (unlikely(vs_tunnel_is_bfd(*pskb)))
		return VIFSWITCH_DROP_CONTROL;
	skb_dst_drop(*pskb);
	if (n->lisp) {
		/* its rows say where things are, not what comes */
		*ret = NULL;
		reason = vs_lisp_take(port, *pskb, n->vid);
	}
	return reason ?: set_vlan(pskb, n->vid);
}

static rx_handler_result_t refused(struct vs_port *port, struct sk_buff *skb,
				   enum vifswitch_drop_reason reason)
{
	if (skb)
		vs_drop(port, skb, reason);
	else
		vs_count_drop(port->stats, reason);
	return RX_HANDLER_CONSUMED;
}

/* Or is it a tunnel of another making: a mirror's, say? */
static bool is_for_networks(const struct vs_port *port)
{
	const struct vs_policy *policy = rcu_dereference(port->policy);

	return policy && policy->prog.flags & VIFSWITCH_PF_TUNNEL;
}

rx_handler_result_t vs_tunnel_rx(struct sk_buff **pskb)
{
	enum vifswitch_drop_reason reason;
	struct vs_remote *remote = NULL;
	struct vs_tunnel *t;
	struct vs_port *port;
	u64 mac;
	u16 vid;

	if (unlikely((*pskb)->pkt_type == PACKET_LOOPBACK))
		return RX_HANDLER_PASS;
	if (unlikely(skb_shared(*pskb))) {
		*pskb = skb_share_check(*pskb, GFP_ATOMIC);
		if (!*pskb)
			return RX_HANDLER_CONSUMED;
	}
	port = rcu_dereference((*pskb)->dev->rx_handler_data);
	t = rcu_dereference(port->tunnel);
	if (!t && !is_for_networks(port))
		return vs_switch_frame(port, pskb);
	reason = take(port, t, pskb, &remote);
	if (unlikely(reason))
		return refused(port, *pskb, reason);
	mac = vs_mac_load(eth_hdr(*pskb)->h_source);
	vid = skb_vlan_tag_get(*pskb);
	if (unlikely(vs_switch_frame(port, pskb) == RX_HANDLER_PASS))
		return refused(port, *pskb, VIFSWITCH_DROP_CONTROL);
	vs_fdb_seen_from(port, mac, vid, remote);
	return RX_HANDLER_CONSUMED;
}
