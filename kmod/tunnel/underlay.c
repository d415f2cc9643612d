// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The addresses that a switch's underlay has: of this host, and of the other hosts of its
 * networks. Tunnels do not prove who sent a packet, so no VM may send one that looks as if a
 * host had: to this host, or by an uplink from one of those addresses.
 */
#include <linux/slab.h>
#include <net/rtnetlink.h>

#include "../trip.h"
#include "tunnel.h"

struct vs_underlay {
	struct rcu_head rcu;
	u32 count;
	u8 address[][VIFSWITCH_ADDRESS_LEN];
};

int vs_underlay_set(struct vs_switch *sw, const void *addresses, u32 len, struct vs_error *err)
{
	struct vs_underlay *old = rtnl_dereference(sw->underlay), *u = NULL;
	struct vs_port *port;

	ASSERT_RTNL();
	err->attr = VIFSWITCH_A_UNDERLAY;
	if (len % VIFSWITCH_ADDRESS_LEN)
		return vs_refuse(err, -EINVAL, "UNDERLAY has %u octets; accepted: 16 for each address",
				 len);
	if (len) {
		u = kmalloc(struct_size(u, address, len / VIFSWITCH_ADDRESS_LEN),
			    GFP_KERNEL_ACCOUNT);
		if (!u)
			return vs_out_of_memory(err, "UNDERLAY");
		u->count = len / VIFSWITCH_ADDRESS_LEN;
		memcpy(u->address, addresses, len);
	}
	rcu_assign_pointer(sw->underlay, u);
	if (u && !old)
		static_branch_inc(&vs_tunnels);
	else if (!u && old)
		static_branch_dec(&vs_tunnels);
	if (old)
		kfree_rcu(old, rcu);
	vs_policy_asks(&sw->local);
	list_for_each_entry(port, &sw->ports, list)
		vs_policy_asks(port);
	return 0;
}

/* Of a switch that no frame is on its way through. */
void vs_underlay_free(struct vs_switch *sw)
{
	struct vs_underlay *u = rcu_dereference_protected(sw->underlay, true);

	if (!u)
		return;
	RCU_INIT_POINTER(sw->underlay, NULL);
	kfree(u);
	static_branch_dec(&vs_tunnels);
}

const void *vs_underlay_read(const struct vs_switch *sw, u32 *ret_len)
{
	const struct vs_underlay *u = rtnl_dereference(sw->underlay);

	*ret_len = u ? u->count * VIFSWITCH_ADDRESS_LEN : 0;
	return u ? u->address : NULL;
}

static bool is_tunnel(const struct vs_packet *pkt)
{
	if (pkt->proto != VS_PROTO_UDP)
		return pkt->proto == VS_TUNNEL_GRE_PROTO;
	return pkt->l4_dst == VS_TUNNEL_VXLAN_PORT || pkt->l4_dst == VS_TUNNEL_GENEVE_PORT ||
	       pkt->l4_dst == VS_TUNNEL_LISP_PORT;
}

static bool has(const struct vs_underlay *u, const struct vs_packet *pkt,
		const union vs_address *address)
{
	u8 octets[VIFSWITCH_ADDRESS_LEN];
	__be32 ip4;
	u32 i;

	if (pkt->family == VIFSWITCH_ACL_IP4) {
		ip4 = htonl(address->ip4);
		vs_network_put_ip4(&ip4, octets);
	} else {
		put_unaligned_be64(address->ip6[0], octets);
		put_unaligned_be64(address->ip6[1], octets + 8);
	}
	for (i = 0; i < u->count; i++)
		if (!memcmp(u->address[i], octets, sizeof(octets)))
			return true;
	return false;
}

enum vifswitch_drop_reason vs_underlay_refuses(struct vs_trip *t, const struct vs_port *to,
					       u32 flags, struct sk_buff *skb)
{
	const struct vs_underlay *u = rcu_dereference(to->sw->underlay);
	struct vs_verdict *v = &t->v;

	if (!u || !(t->policy->prog.flags & VIFSWITCH_PF_GUEST) ||
	    !(to->local || flags & VIFSWITCH_PF_UPLINK) || rcu_access_pointer(to->tunnel) ||
	    !vs_packet_readable(v, skb) || v->packet.family == VIFSWITCH_ACL_OTHER)
		return VIFSWITCH_DROP_NONE;
	/* what we cannot read a host's stack may */
	if (unlikely(v->packet.reason))
		return v->packet.reason;
	if (!is_tunnel(&v->packet))
		return VIFSWITCH_DROP_NONE;
	if (has(u, &v->packet, &v->packet.src) ||
	    (to->local && (v->frame.dst_group || has(u, &v->packet, &v->packet.dst))))
		return VIFSWITCH_DROP_TUNNEL_FORGED;
	return VIFSWITCH_DROP_NONE;
}
