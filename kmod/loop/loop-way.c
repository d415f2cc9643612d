// SPDX-License-Identifier: GPL-2.0-or-later
/* Probes on their way: sent, heard, and those of others passed on. */
#include "../deliver.h"
#include "loop.h"

#define PASSED_ON_PER_SEC	64	/* of a switch: in a loop they go round, too */

u64 vs_loop_seal(const struct vs_loop *l, const u8 *sealed)
{
	return siphash(sealed, VS_PROBE_SEALED, &l->key);
}

static struct sk_buff *probe_new(struct vs_loop *l, struct vs_port *port, u16 vid)
{
	const struct vs_probe probe = {
		.nonce = l->nonce, .port = (u32)port->seq, .round = l->round, .vid = vid,
	};
	struct sk_buff *skb = netdev_alloc_skb(port->dev, LL_MAX_HEADER + VS_PROBE_LEN);
	u8 *p;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER - ETH_HLEN);
	p = skb_put(skb, VS_PROBE_LEN);
	vs_probe_write(p, &probe);
	ether_addr_copy(p + ETH_ALEN, port->dev->dev_addr);
	vs_probe_seal(p, vs_loop_seal(l, p + ETH_HLEN));
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->dev = port->dev;
	skb->protocol = htons(VS_PROBE_TYPE);
	skb->priority = TC_PRIO_CONTROL;
	return skb;
}

/* By the netdev itself: no mirror copies it, and a closed port sends it as well. */
void vs_loop_probe(struct vs_loop *l, struct vs_port *port, u16 vid)
{
	const struct vs_verdict v = { .target = VS_TO_UPLINKS, .vid = vid };
	const struct vs_policy *policy = vs_loop_policy(port);
	struct sk_buff *skb;
	u32 tag;

	ASSERT_RTNL();
	if (vs_egress(&v, &policy->prog, &tag))
		return;
	skb = probe_new(l, port, vid);
	if (!skb)
		return;
	vs_set_tag(skb, tag);
	local_bh_disable();
	dev_queue_xmit(skb);
	local_bh_enable();
	l->sent++;
}

static void note(struct vs_loop *l, u32 from, u32 at)
{
	u32 i = 0;

	spin_lock(&l->lock);
	l->came_back++;
	while (i < l->heard_count && (l->heard[i].from != from || l->heard[i].at != at))
		i++;
	if (i == l->heard_count && i < VS_LOOP_HEARD) {
		l->heard[i] = (struct vs_loop_heard){ from, at };
		l->heard_count++;
	}
	spin_unlock(&l->lock);
}

/* Is it one of the switch's own? Then it goes nowhere. */
static bool is_own(struct vs_loop *l, const struct vs_port *port, const struct vs_verdict *v,
		   const u8 *p, size_t len)
{
	struct vs_probe probe;
	u64 seal;

	if (!vs_probe_read(p, len, &probe, &seal) || probe.nonce != l->nonce)
		return false;
	if (seal == vs_loop_seal(l, p) && probe.vid == v->vid &&
	    vs_probe_is_fresh(&probe, READ_ONCE(l->round)))
		note(l, probe.port, (u32)port->seq);
	return true;
}

void vs_loop_heard(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb)
{
	struct vs_switch *sw = port->sw;
	struct vs_loop *l = rcu_dereference(sw->loop);

	if (!pskb_may_pull(skb, VS_PROBE_HEAD - ETH_HLEN)) {
		vs_drop(port, skb, VIFSWITCH_DROP_TRUNCATED);
		return;
	}
	if (l && is_own(l, port, &t->v, skb->data, skb_headlen(skb))) {
		consume_skb(skb);
		return;
	}
	if (rcu_access_pointer(sw->flows) || !vs_sampled(&sw->probes, PASSED_ON_PER_SEC)) {
		vs_drop(port, skb, VIFSWITCH_DROP_CONTROL);
		return;
	}
	t->v.target = VS_TO_UPLINKS;
	vs_wire_of(&t->wire, skb);
	vs_flood(t, skb);
}
