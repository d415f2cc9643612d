// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nearly every frame of a switch in flow mode: one that would take the short way without tables
 * (core/express.h), for which the tables have nothing but other tables and at last a port
 * (core/of/of-plain.h). It is in registers but for its key, and is asked the same questions as
 * on the long way, in the same order: its port's guard and ACL, the tables, the VLANs of the port
 * that it leaves by. What is charged and counted comes when it is certain that it goes this way.
 *
 * The version of the tables is read once, before what the key needs (of-run.h): what lives in a
 * version was noted before it was published. RCU is held from the receive handler on, so neither
 * tables nor flows nor ports go away meanwhile.
 */
#include "../conditioner.h"
#include "../core/express.h"
#include "../core/of/of-plain.h"
#include "../deliver.h"
#include "../express-to.h"
#include "flow-mode.h"

/* Where what the tables say leads to; NULL: it is for the long way. */
static __always_inline struct vs_port *leave_by(const struct vs_flows *fl,
						const struct vs_port *from, u32 number,
						const struct sk_buff *skb,
						const struct vs_verdict *v, u32 *ret_tag)
{
	const struct vs_program *prog;
	struct vs_port *to;

	if (number == VIFSWITCH_OF_PORT_NORMAL)
		return vs_express_to(from, skb, v, ret_tag);
	to = rcu_dereference(fl->port[number]);
	if (unlikely(!to))
		return NULL;
	prog = vs_program_of(from->sw, to);
	if (unlikely(vs_egress(v, prog, ret_tag) || !vs_express_out(to, prog, skb)))
		return NULL;
	return to;
}

static __always_inline bool express(struct vs_port *port, struct vs_policy *policy,
				    struct vs_acl_use *use, struct sk_buff *skb,
				    const struct vs_flows *fl, u64 version, const u8 needs)
{
	u32 bytes = skb->len + ETH_HLEN, tag;
	const u8 *p = skb_mac_header(skb);
	struct vs_verdict v __uninitialized;
	struct vs_of_key key __uninitialized;
	struct vs_of_plain found __uninitialized;
	enum vifswitch_drop_reason reason;
	struct vs_port *to;

	if (!vs_express(&v, &policy->prog, vs_acl_in(use), p, ETH_HLEN + skb_headlen(skb), bytes,
			false, needs & VS_OF_NEEDS_FRAME) ||
	    unlikely(!READ_ONCE(port->claimed)))
		return false;
	vs_of_key_usual(&key, needs, p, &v.packet, port->number,
			v.frame.type == VS_TYPE_IP4);
	if (!vs_of_plain_find(&found, fl->of, version, &key))
		return false;
	to = leave_by(fl, port, found.port, skb, &v, &tag);
	if (unlikely(!to))
		return false;
	if (use)
		vs_acl_hit(use, VIFSWITCH_ACL_FROM, v.access.rule);
	reason = policy->prog.policed ? vs_police(policy, 1, bytes) : VIFSWITCH_DROP_NONE;
	if (unlikely(reason)) {
		vs_drop(port, skb, reason);
		return true;
	}
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, 1, bytes);
	vs_of_plain_count(&found, fl->of, 1, bytes, vs_flows_now());
	vs_set_tag(skb, tag);
	__skb_push(skb, ETH_HLEN);
	transmit(to, skb, 1, likely(tag == VS_NO_TAG) ? bytes : bytes + VLAN_HLEN);
	return true;
}

/* Tables that look into packets. */
static noinline rx_handler_result_t of_packets(struct vs_port *port, struct sk_buff **pskb,
					       struct vs_policy *policy,
					       const struct vs_flows *fl)
{
	u64 version = vs_of_look(fl->of->version);
	u8 needs = vs_of_needs(fl->of) | VS_OF_NEEDS_IP;

	return express(port, policy, vs_use_of(policy), *pskb, fl, version, needs) ?
	       RX_HANDLER_CONSUMED : vs_switch_among_flows(port, pskb);
}

rx_handler_result_t vs_flows_express(struct vs_port *port, struct sk_buff **pskb,
				     struct vs_policy *policy)
{
	const struct vs_flows *fl = rcu_dereference(port->sw->flows);
	struct vs_acl_use *use = vs_use_of(policy);
	struct sk_buff *skb = *pskb;
	u64 version;

	if (unlikely(!fl || !vs_express_asks(&policy->prog, vs_acl_in(use)) ||
		     (use && use->version->acl.stateful) || skb_vlan_tag_present(skb) ||
		     skb_is_gso(skb)))
		return vs_switch_among_flows(port, pskb);
	version = vs_of_look(fl->of->version);
	if (vs_of_needs(fl->of))
		return of_packets(port, pskb, policy, fl);
	return express(port, policy, use, skb, fl, version, 0) ?
	       RX_HANDLER_CONSUMED : vs_switch_among_flows(port, pskb);
}
