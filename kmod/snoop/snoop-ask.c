// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queries of the switch's own, each for one port. They come from 0.0.0.0 and the link-local
 * address that the switch's MAC makes, so that no router yields to a switch.
 */
#include <linux/etherdevice.h>

#include "../trip.h"
#include "snoop.h"

#define VLANS_MAX	64
#define ASKS_PER_SEC	4	/* of a port as a whole */
#define RESPONSE_MS	1000	/* to what is asked in between */
#define RESPONSE_ROUND_MS 10000

static struct sk_buff *query_new(struct vs_snoop *s, const struct vs_igmp_asking *q)
{
	struct sk_buff *skb = netdev_alloc_skb(s->sw->dev, VS_IGMP_QUERY_MAX + LL_MAX_HEADER);
	size_t len;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER - ETH_HLEN);
	len = vs_igmp_query(skb->data, q);
	skb_put(skb, len);
	if (skb_put_padto(skb, ETH_ZLEN))
		return NULL;
	skb_reset_mac_header(skb);
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	return skb;
}

static void ask(struct vs_snoop *s, struct vs_port *port, u32 tag, struct vs_igmp_asking *q)
{
	struct sk_buff *skb;

	ether_addr_copy(q->mac, s->sw->dev->dev_addr);
	q->interval_s = (u16)(vs_snoop_interval(s) / MSEC_PER_SEC);
	skb = query_new(s, q);
	if (skb)
		vs_deliver_back(port, skb, tag);
}

static void ask_in(struct vs_snoop *s, struct vs_port *port, const struct vs_program *prog,
		   u16 vid, u8 version, bool unless_heard)
{
	const struct vs_verdict v = { .target = VS_TO_GROUP, .vid = vid };
	struct vs_igmp_asking q = {
		.version = version, .response_ms = unless_heard ? RESPONSE_ROUND_MS : RESPONSE_MS,
	};
	unsigned int ip4;
	u32 tag;

	if (vs_egress(&v, prog, &tag))
		return;
	for (ip4 = 0; ip4 < 2; ip4++) {
		const struct vs_group routers = { { 0, ip4 ? VS_GROUP_IP4 : 0 }, vid };

		if (unless_heard && vs_groups_first(&s->table, &routers, vs_snoop_now()))
			continue;
		q.group = routers;
		ask(s, port, tag, &q);
	}
}

void vs_ask_port(struct vs_snoop *s, struct vs_port *port, u8 version, bool unless_heard)
{
	const struct vs_policy *policy = rcu_dereference(port->policy);
	const struct vs_program *prog = policy ? &policy->prog : NULL;
	unsigned int vid, count = 0;

	if (!prog || !vs_is_up(port->dev) || prog->flags & VIFSWITCH_PF_GROUP_ROUTER)
		return;
	if (prog->access) {
		ask_in(s, port, prog, prog->pvid, version, unless_heard);
		return;
	}
	for (vid = 0; vid <= VIFSWITCH_VID_MAX && count < VLANS_MAX; vid++) {
		if (!vs_bit(prog->allowed, vid) || !vs_bit(s->vlans, vid))
			continue;
		ask_in(s, port, prog, vid, version, unless_heard);
		count++;
	}
}

void vs_ask_group(struct vs_snoop *s, struct vs_port *port, const struct vs_group *group)
{
	const struct vs_verdict v = { .target = VS_TO_GROUP, .vid = group->vid };
	const struct vs_policy *policy = rcu_dereference(port->policy);
	struct vs_igmp_asking q = {
		.group = *group, .version = 3, .response_ms = RESPONSE_MS,
	};
	u32 tag;

	if (policy && vs_is_up(port->dev) && !vs_egress(&v, &policy->prog, &tag))
		ask(s, port, tag, &q);
}

void vs_snoop_ask(struct vs_port *port)
{
	struct vs_snoop *s;

	local_bh_disable();
	rcu_read_lock();
	s = rcu_dereference(port->sw->snoop);
	if (s && vs_sampled(&port->asked, ASKS_PER_SEC))
		vs_ask_port(s, port, 3, false);
	rcu_read_unlock();
	local_bh_enable();
}
