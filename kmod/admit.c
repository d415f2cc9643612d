// SPDX-License-Identifier: GPL-2.0-or-later
/* What the port a frame would leave by says to it, where its program has a say. */
#include "limit.h"
#include "trip.h"

/* What the ACL of @to says; if it refuses, that is counted. */
static enum vifswitch_drop_reason ask_acl(struct vs_trip *t, struct vs_port *to,
					  const struct vs_policy *policy, struct sk_buff *skb,
					  struct vs_access *access)
{
	struct vs_acl_use *use = vs_use_of(policy);
	enum vifswitch_drop_reason reason;
	u64 rule;

	while (unlikely(!vs_egress_acl(&t->v, vs_acl_in(use), skb_mac_header(skb),
				       ETH_HLEN + skb_headlen(skb), ETH_HLEN + skb->len,
				       access))) {
		if (!vs_make_readable(skb)) {
			vs_count_drop(t->from->stats, VIFSWITCH_DROP_NO_MEMORY);
			return VIFSWITCH_DROP_NO_MEMORY;
		}
	}
	reason = vs_access_settle(to, use, VIFSWITCH_ACL_TO, skb, &t->v, access, &rule);
	if (unlikely(reason))
		vs_refused_by(to, skb, reason, &rule);
	return reason;
}

bool vs_packet_readable(struct vs_verdict *v, struct sk_buff *skb)
{
	if (v->frame.inner)
		return false;
	if (!v->parsed && skb_headlen(skb) < VS_PACKET_HEADERS - ETH_HLEN &&
	    !pskb_may_pull(skb, min_t(u32, skb->len, VS_PACKET_HEADERS - ETH_HLEN)))
		return false;
	return vs_verdict_parse(v, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
				ETH_HLEN + skb->len);
}

/* Where there are networks over IP: is it for hosts alone, is it too large for a tunnel? */
static noinline enum vifswitch_drop_reason ask_tunnels(struct vs_trip *t, struct vs_port *to,
						       const struct vs_policy *policy,
						       struct sk_buff *skb)
{
	enum vifswitch_drop_reason reason = vs_underlay_refuses(t, to, policy->prog.flags, skb);

	if (reason) {
		vs_refused_by(t->from, skb, reason, NULL);
		return reason;
	}
	if (likely(!rcu_access_pointer(to->tunnel) || vs_tunnel_fits(t, to, skb)))
		return VIFSWITCH_DROP_NONE;
	vs_refused_by(to, skb, VIFSWITCH_DROP_TO_MTU, NULL);
	return VIFSWITCH_DROP_TO_MTU;
}

static enum vifswitch_drop_reason ask_all(struct vs_trip *t, struct vs_port *to,
					  struct vs_policy *policy, struct sk_buff *skb,
					  struct vs_access *access)
{
	enum vifswitch_drop_reason reason = VIFSWITCH_DROP_NONE;

	if (rcu_access_pointer(policy->use) && access)
		reason = ask_acl(t, to, policy, skb, access);
	if (reason || likely(vs_within(policy, VS_LIMIT_TO_PACKETS, t->wire.packets)))
		return reason;
	if (access)
		access->answer = VS_ANSWER_NONE;
	vs_refused_by(to, skb, VIFSWITCH_DROP_TO_PACKET_RATE, NULL);
	return VIFSWITCH_DROP_TO_PACKET_RATE;
}

enum vifswitch_drop_reason vs_admit(struct vs_trip *t, struct vs_port *to,
						 struct vs_policy *policy, struct sk_buff *skb,
						 u32 tag, struct vs_access *access)
{
	enum vifswitch_drop_reason reason;

	if (static_branch_unlikely(&vs_tunnels)) {
		if (access)
			access->answer = VS_ANSWER_NONE;
		reason = ask_tunnels(t, to, policy, skb);
		if (reason)
			return reason;
	}
	reason = ask_all(t, to, policy, skb, access);
	if (unlikely(policy->prog.mirror_to))
		vs_mirror_to(t, to, policy->prog.mirror_to, skb, tag, reason);
	return reason;
}
