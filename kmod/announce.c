// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells the network outside where a VM is now, as QEMU does after a migration:
 * a RARP request (RFC 903) from each of its addresses.
 */
#include <linux/if_arp.h>
#include <linux/rculist.h>

#include "vifswitch.h"

#define RARP_LEN	46	/* padded to the smallest frame, without FCS */
#define VLANS_MAX	64

struct rarp {
	struct arphdr hdr;
	u8 sender_mac[ETH_ALEN];
	u8 sender_ip[4];
	u8 target_mac[ETH_ALEN];
	u8 target_ip[4];
} __packed;

static struct sk_buff *rarp_new(struct net_device *dev, const u8 *mac)
{
	struct ethhdr *eth;
	struct rarp *rarp;
	struct sk_buff *skb;

	skb = alloc_skb(LL_RESERVED_SPACE(dev) + RARP_LEN, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_RESERVED_SPACE(dev) - ETH_HLEN);
	skb_reset_mac_header(skb);
	eth = skb_put(skb, ETH_HLEN);
	eth_broadcast_addr(eth->h_dest);
	ether_addr_copy(eth->h_source, mac);
	eth->h_proto = htons(ETH_P_RARP);
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	rarp = skb_put_zero(skb, RARP_LEN);
	rarp->hdr.ar_hrd = htons(ARPHRD_ETHER);
	rarp->hdr.ar_pro = htons(ETH_P_IP);
	rarp->hdr.ar_hln = ETH_ALEN;
	rarp->hdr.ar_pln = 4;
	rarp->hdr.ar_op = htons(ARPOP_RREQUEST);
	ether_addr_copy(rarp->sender_mac, mac);
	ether_addr_copy(rarp->target_mac, mac);
	skb->protocol = htons(ETH_P_RARP);
	skb->dev = dev;
	return skb;
}

static int announce_in(struct vs_port *port, const u8 *mac, u16 vid)
{
	const struct vs_wire wire = { 1, ETH_HLEN + RARP_LEN, ETH_HLEN + RARP_LEN };
	const struct vs_verdict v = { .target = VS_TO_UPLINKS, .vid = vid };
	struct vs_port *uplink;
	struct sk_buff *skb;
	u32 tag;

	list_for_each_entry_rcu(uplink, &port->sw->ports, list) {
		const struct vs_policy *policy = rcu_dereference(uplink->policy);

		if (uplink == port || !policy || !vs_wants_flood(&policy->prog, v.target) ||
		    vs_egress(&v, &policy->prog, &tag))
			continue;
		skb = rarp_new(uplink->dev, mac);
		if (!skb)
			return -ENOMEM;
		vs_deliver(uplink, skb, tag, &wire);
	}
	return 0;
}

/* In the PVID, or on a trunk in each of its first VLANS_MAX VLANs. */
int vs_announce(struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_program *prog;
	unsigned int i, vid, count;
	u8 mac[ETH_ALEN];
	int rc = 0;

	ASSERT_RTNL();
	if (!policy || !(policy->prog.flags & VIFSWITCH_PF_GUARD))
		return -EINVAL;
	prog = &policy->prog;
	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < prog->mac_count && !rc; i++) {
		vs_mac_store(mac, prog->macs[i]);
		if (prog->pvid != VIFSWITCH_VID_NONE) {
			rc = announce_in(port, mac, prog->pvid);
			continue;
		}
		count = 0;
		for (vid = 0; vid <= VIFSWITCH_VID_MAX && count < VLANS_MAX && !rc; vid++) {
			if (!vs_bit(prog->allowed, vid))
				continue;
			rc = announce_in(port, mac, vid);
			count++;
		}
	}
	rcu_read_unlock();
	local_bh_enable();
	return rc;
}
