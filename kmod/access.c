// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an ACL says of a frame, carried out: its session and its fragments are
 * looked up where the answer depends on them, hits are counted, rules that log are
 * heard.
 */
#include "acl-object.h"

/* Was @reason the ACL's own, so that the rule did decide? */
static bool by_rule(enum vifswitch_drop_reason reason, const struct vs_access *access)
{
	return reason == access->reason && (!reason || reason == VIFSWITCH_DROP_ACL ||
					    reason == VIFSWITCH_DROP_TO_ACL);
}

/*
 * The reason in the end, where @use is what @access comes from. *ret_rule is the
 * cookie of the rule that decided; it is only set if the reason is ACL or TO_ACL.
 */
enum vifswitch_drop_reason vs_access_settle(struct vs_port *port, struct vs_acl_use *use,
					    enum vifswitch_acl_direction dir,
					    struct sk_buff *skb, const struct vs_verdict *v,
					    const struct vs_access *access, u64 *ret_rule)
{
	enum vifswitch_drop_reason reason = access->reason;
	u64 rule;

	if (access->track == VS_TRACK_FRAGMENT)
		reason = vs_access_fragment(access, vs_fragment_passed(port, dir, v));
	else if (access->track != VS_TRACK_NONE)
		reason = vs_sessions_settle(port, use->version, dir, skb, &v->packet, v->vid,
					    access);
	if (!reason && unlikely(access->remember))
		vs_fragment_passes(port, dir, v);
	if (!by_rule(reason, access))
		return reason;
	vs_acl_hit(use, dir, access->rule);
	rule = vs_acl_cookie(&use->version->acl, dir, access->rule);
	if (reason)
		*ret_rule = rule;
	else if (unlikely(access->log))
		vs_event_packet(port, reason, &rule, skb);
	return reason;
}
