// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way of packets into and out of networks of LISP. To the VMs of such a VLAN everything
 * elsewhere is behind one address, LISP_MAC, the same on every host, so that what a VM knows is
 * still true when it has moved. A static entry of the switch leads it to the tunnel. Whoever
 * asks for an address that a row of the map has, and that nobody here is locked to, is told
 * that one. The answer comes back in as if a remote had sent it, by the backlog, for the one
 * who asked may be still on his way through the switch.
 */
#include <linux/slab.h>

#include "../trip.h"
#include "core/lisp.h"
#include "tunnel.h"

static const u8 mac_of_all[ETH_ALEN] = VIFSWITCH_LISP_MAC;

/* Like what comes from the first remote: a network without any answers nobody. */
static int answers_new(struct vs_network_object *n, struct vs_error *err)
{
	const struct ip_tunnel_info *out;
	struct ip_tunnel_info *in;

	if (!n->count)
		return 0;
	n->answers = metadata_dst_alloc(0, METADATA_IP_TUNNEL, GFP_KERNEL_ACCOUNT);
	if (!n->answers)
		return vs_out_of_memory(err, "NETWORK_DATA");
	out = &n->remote[0].dst->u.tun_info;
	in = &n->answers->u.tun_info;
	in->mode = out->mode & IP_TUNNEL_INFO_IPV6;
	in->key.tun_id = out->key.tun_id;
	if (in->mode)
		in->key.u.ipv6.src = out->key.u.ipv6.dst;
	else
		in->key.u.ipv4.src = out->key.u.ipv4.dst;
	return 0;
}

int vs_lisp_prepare(struct vs_port *port, struct vs_network_object *n,
		    const struct vs_network *spec, struct vs_error *err)
{
	int rc = vs_locked_begin(port->sw, err);

	if (!rc)
		rc = answers_new(n, err);
	if (rc)
		return rc;
	n->eid = kvmalloc_array(spec->eid_count, sizeof(*n->eid), GFP_KERNEL_ACCOUNT);
	if (spec->eid_count && !n->eid)
		return vs_out_of_memory(err, "NETWORK_DATA");
	n->lisp = true;
	n->eid_count = spec->eid_count;
	vs_eids_read(n->blob + spec->eid_offset, spec->eid_count, n->eid);
	return vs_fdb_add(port, vs_lisp_mac(), n->vid, NULL, 0, err);
}

void vs_lisp_release(struct vs_network_object *n)
{
	if (n->answers)
		dst_release(&n->answers->dst);
	kvfree(n->eid);
}

static const struct vs_remote *remote_of(const struct vs_network_object *n, const u8 *address)
{
	const struct vs_eid *e;
	u64 half[2];

	vs_eid_load(half, address);
	e = vs_eids_find(n->eid, n->eid_count, half);
	return e && e->remote != VIFSWITCH_EID_HERE ? &n->remote[e->remote] : NULL;
}

static void answer(struct vs_port *port, const struct sk_buff *skb,
		   const struct vs_network_object *n, u16 type)
{
	struct sk_buff *reply = alloc_skb(ETH_HLEN + VS_LISP_ADVERT_LEN + NET_IP_ALIGN, GFP_ATOMIC);
	u8 text[VS_LISP_ADVERT_LEN];
	struct ethhdr *eth;
	u32 len;

	if (!reply) {
		vs_count_drop(port->stats, VIFSWITCH_DROP_NO_MEMORY);
		return;
	}
	len = vs_lisp_answer(skb->data, type == ETH_P_IPV6, mac_of_all, text);
	skb_reserve(reply, NET_IP_ALIGN);
	eth = skb_put(reply, ETH_HLEN);
	ether_addr_copy(eth->h_dest, eth_hdr(skb)->h_source);
	ether_addr_copy(eth->h_source, mac_of_all);
	eth->h_proto = htons(type);
	skb_put_data(reply, text, len);
	reply->protocol = eth_type_trans(reply, port->dev);
	skb_reset_network_header(reply);
	dst_hold(&n->answers->dst);
	skb_dst_set(reply, &n->answers->dst);
	netif_rx(reply);
}

static const struct vs_remote *ended(struct vs_port *port, struct sk_buff *skb,
				     enum vifswitch_drop_reason reason,
				     enum vifswitch_drop_reason *ret_reason)
{
	vs_drop(port, skb, reason);
	*ret_reason = reason;
	return NULL;
}

const struct vs_remote *vs_lisp_way(struct vs_port *port, struct sk_buff *skb,
				    const struct vs_network_object *n,
				    enum vifswitch_drop_reason *ret_reason)
{
	u32 heads = min_t(u32, skb->len, VS_LISP_ADVERT_LEN);
	u16 type = ntohs(eth_hdr(skb)->h_proto);
	const struct vs_remote *remote;
	u8 address[VIFSWITCH_ADDRESS_LEN];
	enum vs_lisp_what what;

	if (skb_headlen(skb) < heads && !pskb_may_pull(skb, heads))
		return ended(port, skb, VIFSWITCH_DROP_NO_MEMORY, ret_reason);
	what = vs_lisp_look(skb->data, heads, type, address);
	remote = what == VS_LISP_OTHER ? NULL : remote_of(n, address);
	if (remote && what == VS_LISP_ROUTED &&
	    ether_addr_equal(eth_hdr(skb)->h_dest, mac_of_all))
		return remote;
	if (!remote || what != VS_LISP_ASKS || vs_locked_find(port->sw, n->vid, address))
		return ended(port, skb, VIFSWITCH_DROP_TO_EID, ret_reason);
	answer(port, skb, n, type);
	consume_skb(skb);
	*ret_reason = VIFSWITCH_DROP_NONE;
	return NULL;
}

/* Answers say to whom they go. */
enum vifswitch_drop_reason vs_lisp_take(const struct vs_port *port, struct sk_buff *skb, u16 vid)
{
	u8 address[VIFSWITCH_ADDRESS_LEN];
	u64 mac;

	if (!is_zero_ether_addr(eth_hdr(skb)->h_dest))
		return VIFSWITCH_DROP_NONE;
	/* vs_lisp_parse() saw the header */
	if (skb->protocol == htons(ETH_P_IP))
		vs_network_put_ip4(&ip_hdr(skb)->daddr, address);
	else
		memcpy(address, &ipv6_hdr(skb)->daddr, sizeof(address));
	mac = vs_locked_find(port->sw, vid, address);
	if (!mac)
		return VIFSWITCH_DROP_LISP_EID;
	if (skb_cow_head(skb, ETH_HLEN))
		return VIFSWITCH_DROP_NO_MEMORY;
	vs_mac_store(eth_hdr(skb)->h_dest, mac);
	return VIFSWITCH_DROP_NONE;
}
