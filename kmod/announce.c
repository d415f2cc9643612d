// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells the network outside where a VM is now, as QEMU does after a migration:
 * a RARP request (RFC 903) from each of its addresses.
 */
#include <linux/rculist.h>
#include <net/arp.h>

#include "vifswitch.h"

#define VLANS_MAX	64

static struct sk_buff *rarp_new(struct vs_switch *sw, const u8 *mac)
{
	struct sk_buff *skb;

	skb = arp_create(ARPOP_RREQUEST, ETH_P_RARP, 0, sw->dev, 0, NULL, mac, mac);
	if (!skb || skb_put_padto(skb, ETH_ZLEN))
		return NULL;
	skb_reset_mac_header(skb);
	skb_pull(skb, ETH_HLEN);
	skb->protocol = htons(ETH_P_RARP);
	return skb;
}

/* A listed address is announced only where it is here: its user may be on another host. */
static bool is_here(const struct vs_port *port, const struct vs_program *prog, u64 mac, u16 vid)
{
	const struct vs_fdb_entry *e;

	if (!vs_lists(prog, mac))
		return true;
	e = vs_fdb_find(port->sw, VS_KEY(mac, vid));
	return e && READ_ONCE(e->port) == port;
}

static int announce_in(struct vs_port *port, const struct vs_program *prog, u64 mac, u16 vid)
{
	const struct vs_wire wire = { 1, ETH_ZLEN, ETH_ZLEN };
	const struct vs_verdict v = { .target = VS_TO_UPLINKS, .vid = vid };
	struct vs_port *uplink;
	struct sk_buff *skb;
	u8 addr[ETH_ALEN];
	u32 tag;

	if (!is_here(port, prog, mac, vid))
		return 0;
	vs_mac_store(addr, mac);
	list_for_each_entry_rcu(uplink, &port->sw->ports, list) {
		const struct vs_policy *policy = rcu_dereference(uplink->policy);

		if (uplink == port || !policy || !vs_wants_flood(&policy->prog, v.target) ||
		    vs_egress(&v, &policy->prog, &tag))
			continue;
		skb = rarp_new(port->sw, addr);
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
	int rc = 0;

	ASSERT_RTNL();
	if (!policy || !(policy->prog.flags & VIFSWITCH_PF_GUARD))
		return -EINVAL;
	prog = &policy->prog;
	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < prog->mac_count && !rc; i++) {
		if (prog->pvid != VIFSWITCH_VID_NONE) {
			rc = announce_in(port, prog, prog->macs[i], prog->pvid);
			continue;
		}
		count = 0;
		for (vid = 0; vid <= VIFSWITCH_VID_MAX && count < VLANS_MAX && !rc; vid++) {
			if (!vs_bit(prog->allowed, vid))
				continue;
			rc = announce_in(port, prog, prog->macs[i], vid);
			count++;
		}
	}
	rcu_read_unlock();
	local_bh_enable();
	return rc;
}
