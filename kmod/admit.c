// SPDX-License-Identifier: GPL-2.0-or-later
/* What the port a frame would leave by says to it, where its program has a say. */
#include "limit.h"
#include "trip.h"

/* What the ACL of @to says; if it refuses, that is counted. */
static enum vifswitch_drop_reason ask_acl(struct vs_trip *t, struct vs_port *to,
					  const struct vs_policy *policy, struct sk_buff *skb,
					  struct vs_access *access)
{
	struct vs_acl_version *version = vs_acl_of(policy);
	enum vifswitch_drop_reason reason;
	u64 rule;

	while (unlikely(!vs_egress_acl(&t->v, &version->acl, skb_mac_header(skb),
				       ETH_HLEN + skb_headlen(skb), ETH_HLEN + skb->len,
				       access))) {
		if (!vs_make_readable(skb)) {
			vs_count_drop(t->from->stats, VIFSWITCH_DROP_NO_MEMORY);
			return VIFSWITCH_DROP_NO_MEMORY;
		}
	}
	reason = vs_access_settle(to, version, VIFSWITCH_ACL_TO, skb, &t->v, access, &rule);
	if (unlikely(reason))
		vs_refused_by(to, skb, reason, &rule);
	return reason;
}

static enum vifswitch_drop_reason ask_all(struct vs_trip *t, struct vs_port *to,
					  struct vs_policy *policy, struct sk_buff *skb,
					  struct vs_access *access)
{
	enum vifswitch_drop_reason reason = VIFSWITCH_DROP_NONE;

	if (policy->acl)
		reason = ask_acl(t, to, policy, skb, access);
	if (reason || likely(vs_within(policy, VS_LIMIT_TO_PACKETS, t->wire.packets)))
		return reason;
	access->answer = VS_ANSWER_NONE;
	vs_refused_by(to, skb, VIFSWITCH_DROP_TO_PACKET_RATE, NULL);
	return VIFSWITCH_DROP_TO_PACKET_RATE;
}

enum vifswitch_drop_reason vs_admit(struct vs_trip *t, struct vs_port *to,
						 struct vs_policy *policy, struct sk_buff *skb,
						 u32 tag, struct vs_access *access)
{
	enum vifswitch_drop_reason reason = ask_all(t, to, policy, skb, access);

	if (unlikely(policy->prog.mirror_to))
		vs_mirror_to(t, to, policy->prog.mirror_to, skb, tag, reason);
	return reason;
}
