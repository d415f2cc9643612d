// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame's way through the switch, in one go and without an indirect call.
 * Everywhere here bottom halves are off, rcu_read_lock() is held, and skb->data
 * is behind the Ethernet header, which is linear. The outer VLAN tag is always
 * the accelerated one.
 */
#include <linux/if_vlan.h>

#include "acl-object.h"
#include "conditioner.h"
#include "core/express.h"
#include "core/forward.h"
#include "deliver.h"
#include "express-meter.h"
#include "express-to.h"
#include "openflow.h"
#include "slb.h"
#include "switch-frame.h"

/* How it ended, and *ret_to: the ifindex by which it went, or would have. */
static __always_inline enum vifswitch_drop_reason unicast(struct vs_trip *t, struct sk_buff *skb,
							  u32 *ret_to)
{
	const struct vs_verdict *v = &t->v;
	struct vs_port *from = t->from, *to;
	struct vs_destination d;
	enum vifswitch_drop_reason reason;
	struct vs_access access __uninitialized;

	vs_forward_unicast(&d, v, from, from->sw, vs_guard_at, vs_entry_at, vs_program_of);
	if (!d.port) {
		*ret_to = VIFSWITCH_FLOW_TO_MANY;
		return vs_flood_unknown(t, skb);
	}
	to = (struct vs_port *)d.port;
	*ret_to = to->dev->ifindex;
	if (unlikely(vs_forward_is_senders(d.reason))) {
		vs_drop(from, skb, d.reason);
		return d.reason;
	}
	if (unlikely(READ_ONCE(from->sw->promiscuous)) && !to->local)
		vs_show_local(t, skb);
	if (unlikely(d.reason)) {
		vs_drop(to, skb, d.reason);
		return d.reason;
	}
	if (unlikely(d.program->admits)) {
		reason = vs_admit(t, to, vs_policy_of(d.program), skb, d.tag, &access);
		if (reason) {
			if (access.answer)
				vs_answer(from, skb, v, access.answer);
			kfree_skb(skb);
			return reason;
		}
	}
	return deliver(to, skb, d.tag, &t->wire);
}

enum vifswitch_drop_reason vs_switch_normal(struct vs_trip *t, struct sk_buff *skb, u32 *ret_to)
{
	if (likely(t->v.target == VS_TO_UNICAST))
		return unicast(t, skb, ret_to);
	*ret_to = VIFSWITCH_FLOW_TO_MANY;
	return vs_flood(t, skb);
}

/*
 * Takes the outer tag out of a frame that carries it inside: only frames from
 * dom0's own stack do, for those from drivers were seen to on reception.
 */
static struct sk_buff *untag(struct vs_port *port, struct sk_buff *skb)
{
	skb->protocol = eth_hdr(skb)->h_proto;
	skb = skb_vlan_untag(skb);
	if (!skb) {
		vs_count_drop(port->stats, VIFSWITCH_DROP_TRUNCATED);
		vs_note_drop(port, VIFSWITCH_DROP_TRUNCATED, NULL, NULL);
	}
	return skb;
}

/* What the port's own ACL said is final after this; true: drop the frame. */
static noinline bool refused_by_own(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb)
{
	struct vs_verdict *v = &t->v;
	u64 rule;

	if (v->reason && v->reason != VIFSWITCH_DROP_ACL && v->access.track == VS_TRACK_NONE)
		return false;
	v->reason = vs_access_settle(port, t->use, VIFSWITCH_ACL_FROM, skb, v, &v->access,
				     &rule);
	if (likely(!v->reason))
		return false;
	vs_refused_by(port, skb, v->reason, &rule);
	vs_mirror_refused(t, port, skb);
	if (v->access.answer && v->reason == VIFSWITCH_DROP_ACL)
		vs_answer(port, skb, v, v->access.answer);
	kfree_skb(skb);
	return true;
}

/* As many octets as the core may ask for. */
noinline bool vs_make_readable(struct sk_buff *skb)
{
	return pskb_may_pull(skb, min_t(u32, skb->len, VS_PACKET_HEADERS - ETH_HLEN));
}

/* What the short way does beside carrying a frame. */
enum watching {
	UNWATCHED,
	SAMPLED,	/* it counts packets for samples, */
	METERED,	/* in flows, */
	BOTH,
};

/*
 * What the port's sessions say of a frame on the short way, which is in memory for them: the
 * reason in the end; negative: it takes the long way, and nothing is changed.
 */
static __always_inline int express_tracked(struct vs_port *port, struct vs_acl_use *use,
					   struct sk_buff *skb, const struct vs_verdict *v)
{
	const struct vs_packet pkt = v->packet;
	bool allowed = v->access.track == VS_TRACK_ALLOWED;

	if (v->access.track == VS_TRACK_NONE ||
	    likely(vs_sessions_go_on(port, skb, &pkt, v->vid, allowed)))
		return VIFSWITCH_DROP_NONE;
	return allowed ? vs_sessions_begin(port, use->version, skb, &pkt, v->vid) : -1;
}

/*
 * The short way (core/express.h), which is all in registers. Nothing is counted, charged or
 * changed before it is certain that the frame goes this way; false: it does not. A sample
 * does not. @m: of a watched port. @tracks: its ACL may be stateful.
 */
static __always_inline bool express(struct vs_port *port, struct vs_policy *policy,
				    struct vs_acl_use *use, struct sk_buff *skb,
				    struct vs_meter *m, const enum watching how, const bool tracks)
{
	u32 bytes = skb->len + ETH_HLEN, tag;
	struct express_flow flow __uninitialized;
	struct vs_verdict v __uninitialized;
	const bool meters = how == METERED || how == BOTH, samples = how == SAMPLED || how == BOTH;
	enum vifswitch_drop_reason reason;
	struct vs_port *to;
	int settled;

	if (!vs_express(&v, &policy->prog, vs_acl_in(use), skb_mac_header(skb),
			ETH_HLEN + skb_headlen(skb), bytes, tracks, meters))
		return false;
	to = vs_express_to(port, skb, &v, &tag);
	if (unlikely(!to))
		return false;
	if (samples && unlikely(!vs_meter_passes_over(m)))
		return false;
	settled = tracks ? express_tracked(port, use, skb, &v) : VIFSWITCH_DROP_NONE;
	if (tracks && unlikely(settled < 0))
		return false;
	if (samples)
		vs_meter_pass_over(m);
	reason = (enum vifswitch_drop_reason)settled;
	if (!tracks || likely(!reason)) {
		if (use && (!tracks || likely(v.access.track != VS_TRACK_DENIED)))
			vs_acl_hit(use, VIFSWITCH_ACL_FROM, v.access.rule);
		if (policy->prog.policed)
			reason = vs_police(policy, 1, bytes);
	}
	if (unlikely(reason)) {
		if (how != UNWATCHED)
			vs_watch_refused(m, skb, reason, v.vid);
		vs_drop(port, skb, reason);
		return true;
	}
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, 1, bytes);
	vs_set_tag(skb, tag);
	__skb_push(skb, ETH_HLEN);
	if (meters)
		express_key(&flow, m, &v, skb, to->dev->ifindex);
	reason = transmit(to, skb, 1, likely(tag == VS_NO_TAG) ? bytes : bytes + VLAN_HLEN);
	if (meters)
		express_count(&flow, m, &v, bytes, reason);
	return true;
}

/* Not the switch's: RX_HANDLER_PASS if it is its own host's. */
static noinline rx_handler_result_t elsewhere(struct vs_trip *t, struct vs_port *port,
					      struct sk_buff *skb)
{
	if (t->v.target == VS_TO_HOST)
		return RX_HANDLER_PASS;
	if (t->v.target == VS_TO_PROBED)
		vs_loop_heard(t, port, skb);
	else
		vs_mirror_take(t, port, skb);
	return RX_HANDLER_CONSUMED;
}

/* A copy of another host's mirror, watched: it is counted as the port's counters do. */
static noinline void watched_copy(struct vs_watch *w, struct vs_trip *t, struct vs_port *port,
				  struct sk_buff *skb, u32 tag)
{
	bool taken = t->policy->prog.mirror_from;

	vs_watch_begin(w, t, skb, tag);
	vs_mirror_take(t, port, skb);
	vs_watch_end(w, t, taken ? VIFSWITCH_DROP_NONE : VIFSWITCH_DROP_NO_DESTINATION, taken,
		     VIFSWITCH_FLOW_TO_NONE);
}

/* Of a frame that nobody looked into. */
static __always_inline void know_nothing(struct vs_verdict *v)
{
	memset(&v->frame, 0, sizeof(v->frame));
	v->vid = VIFSWITCH_VID_NONE;
	v->parsed = false;
}

/*
 * The long way, which answers for every frame. @w: of a watched port, else a constant NULL.
 * @flows: of a switch in flow mode, a constant.
 */
static __always_inline rx_handler_result_t long_way(struct vs_port *port, struct sk_buff **pskb,
						    struct vs_watch *w, const bool flows)
{
	struct sk_buff *skb = *pskb;
	struct vs_trip t __uninitialized;	/* much to clear, and little of it is read */
	struct vs_verdict *v = &t.v;
	enum vifswitch_drop_reason reason;
	const struct vs_program *prog;
	u32 tag, bytes, len = skb->len + ETH_HLEN, to = VIFSWITCH_FLOW_TO_MANY;

	if (w)
		know_nothing(v);
	if (unlikely(!skb_vlan_tag_present(skb) && eth_type_vlan(eth_hdr(skb)->h_proto))) {
		skb = untag(port, skb);
		if (!skb) {
			if (w)
				vs_watch_lost(w, &t, len);
			return RX_HANDLER_CONSUMED;
		}
		*pskb = skb;
	}
	tag = vs_tag_of(skb);
	t.policy = rcu_dereference(port->policy);
	if (unlikely(!t.policy)) {
		v->reason = VIFSWITCH_DROP_CLOSED;
		goto refused;
	}
	prog = &t.policy->prog;
	t.use = vs_use_of(t.policy);
	/* at most twice: the core may want to see more of the frame than is linear */
	while (unlikely(!vs_ingress(v, prog, vs_acl_in(t.use),
				    skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
				    ETH_HLEN + skb->len, tag))) {
		if (likely(vs_make_readable(skb)))
			continue;
		v->reason = VIFSWITCH_DROP_NO_MEMORY;
		goto refused;
	}
	t.from = port;
	t.mirrored = 0;
	if (!v->reason && unlikely(v->target >= VS_TO_HOST)) {
		if (v->target == VS_TO_HOST && port->local) {
			/* where it came from */
			v->reason = VIFSWITCH_DROP_CONTROL;
			goto refused;
		}
		if (!w || v->target != VS_TO_MIRRORS)
			return elsewhere(&t, port, skb);
		watched_copy(w, &t, port, skb, tag);
		return RX_HANDLER_CONSUMED;
	}
	if (w)
		vs_watch_begin(w, &t, skb, tag);
	if (t.use) {
		if (likely(!v->reason && vs_access_is_plain(&v->access))) {
			vs_acl_hit(t.use, VIFSWITCH_ACL_FROM, v->access.rule);
		} else if (refused_by_own(&t, port, skb)) {
			if (w)
				vs_watch_end(w, &t, v->reason, false, VIFSWITCH_FLOW_TO_NONE);
			return RX_HANDLER_CONSUMED;
		}
	}
	if (unlikely(v->reason))
		goto refused_late;

	if (likely(prog->exclusive)) {
		if (unlikely(!READ_ONCE(port->claimed)))
			vs_claim_from_frame(port, v->frame.src, v->vid);
	} else {
		v->reason = vs_fdb_learn(port, prog, v->frame.src, v->vid);
		if (unlikely(v->reason)) {
			v->reason = vs_slb_moves(port, v, prog, skb);
			if (v->reason)
				goto refused_late;
		}
	}
	vs_wire_of(&t.wire, skb);
	bytes = vs_tagged_bytes(&t.wire, tag);
	if (unlikely(prog->conditioned)) {
		v->reason = vs_limit(t.policy, &v->frame, &t.wire, bytes);
		if (unlikely(v->reason))
			goto refused_late;
		if (unlikely(prog->mirror_from))
			vs_mirror_from(&t, port, skb);
		if (unlikely(!vs_mark(prog, skb))) {
			v->reason = VIFSWITCH_DROP_NO_MEMORY;
			goto refused_late;
		}
	}
	/* accepted; should it find no way out, it still was */
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, t.wire.packets, bytes);
	if (flows)
		reason = vs_flows_frame(&t, skb, tag, &to);
	else if (likely(v->target == VS_TO_UNICAST))
		reason = unicast(&t, skb, &to);
	else
		reason = vs_flood(&t, skb);
	if (w)
		vs_watch_end(w, &t, reason, true, to);
	return RX_HANDLER_CONSUMED;

refused:
	if (w)
		vs_watch_begin(w, &t, skb, tag);
refused_late:
	vs_mirror_refused(&t, port, skb);
	vs_drop(port, skb, v->reason);
	if (w)
		vs_watch_end(w, &t, v->reason, false, VIFSWITCH_FLOW_TO_NONE);
	return RX_HANDLER_CONSUMED;
}

rx_handler_result_t vs_switch_any(struct vs_port *port, struct sk_buff **pskb)
{
	return long_way(port, pskb, NULL, false);
}

static noinline rx_handler_result_t any_watched(struct vs_port *port, struct sk_buff **pskb,
						struct vs_meter *m)
{
	struct vs_watch w __uninitialized;	/* has room for a frame's head */

	w.m = m;
	w.head_len = 0;
	return long_way(port, pskb, &w, false);
}

rx_handler_result_t vs_switch_among_flows(struct vs_port *port, struct sk_buff **pskb)
{
	return long_way(port, pskb, NULL, true);
}

static noinline rx_handler_result_t among_flows_watched(struct vs_port *port,
							struct sk_buff **pskb, struct vs_meter *m)
{
	struct vs_watch w __uninitialized;

	w.m = m;
	w.head_len = 0;
	return long_way(port, pskb, &w, true);
}

static __always_inline rx_handler_result_t shortest(struct vs_port *port, struct sk_buff **pskb,
						    struct vs_policy *policy,
						    struct vs_acl_use *use,
						    struct vs_meter *m, const enum watching how,
						    const bool tracks)
{
	if (likely(vs_express_asks(&policy->prog, vs_acl_in(use)) &&
		   !skb_vlan_tag_present(*pskb) && !skb_is_gso(*pskb)) &&
	    express(port, policy, use, *pskb, m, how, tracks))
		return RX_HANDLER_CONSUMED;
	return how == UNWATCHED ? vs_switch_any(port, pskb) : any_watched(port, pskb, m);
}

static bool is_stateful(const struct vs_acl_use *use)
{
	return use && use->version->acl.stateful;
}

static noinline rx_handler_result_t express_stateful(struct vs_port *port, struct sk_buff **pskb,
						     struct vs_policy *policy,
						     struct vs_acl_use *use)
{
	return shortest(port, pskb, policy, use, NULL, UNWATCHED, true);
}

rx_handler_result_t vs_switch_express(struct vs_port *port, struct sk_buff **pskb,
				      struct vs_policy *policy)
{
	struct vs_acl_use *use = vs_use_of(policy);

	if (is_stateful(use))
		return express_stateful(port, pskb, policy, use);
	return shortest(port, pskb, policy, use, NULL, UNWATCHED, false);
}

static noinline rx_handler_result_t stateful_metered(struct vs_port *port, struct sk_buff **pskb,
						     struct vs_policy *policy,
						     struct vs_acl_use *use,
						     struct vs_meter *m)
{
	return shortest(port, pskb, policy, use, m, METERED, true);
}

static noinline rx_handler_result_t stateful_sampled(struct vs_port *port, struct sk_buff **pskb,
						     struct vs_policy *policy,
						     struct vs_acl_use *use,
						     struct vs_meter *m)
{
	return shortest(port, pskb, policy, use, m, SAMPLED, true);
}

static noinline rx_handler_result_t stateful_both(struct vs_port *port, struct sk_buff **pskb,
						  struct vs_policy *policy,
						  struct vs_acl_use *use,
						  struct vs_meter *m)
{
	return shortest(port, pskb, policy, use, m, BOTH, true);
}

/* @stateful: the same for such an ACL. */
static __always_inline rx_handler_result_t
express_watched(struct vs_port *port, struct sk_buff **pskb, struct vs_policy *policy,
		struct vs_meter *m, const enum watching how,
		rx_handler_result_t (*const stateful)(struct vs_port *, struct sk_buff **,
						      struct vs_policy *,
						      struct vs_acl_use *, struct vs_meter *))
{
	struct vs_acl_use *use = vs_use_of(policy);

	if (is_stateful(use))
		return stateful(port, pskb, policy, use, m);
	return shortest(port, pskb, policy, use, m, how, false);
}

/* The meter is the one that the program asks for: it has flows, and no samples. */
rx_handler_result_t vs_switch_metered(struct vs_port *port, struct sk_buff **pskb,
				      struct vs_policy *policy)
{
	return express_watched(port, pskb, policy, policy->meter, METERED, stateful_metered);
}

static noinline rx_handler_result_t express_sampled(struct vs_port *port, struct sk_buff **pskb,
						    struct vs_policy *policy, struct vs_meter *m)
{
	return express_watched(port, pskb, policy, m, SAMPLED, stateful_sampled);
}

static noinline rx_handler_result_t express_both(struct vs_port *port, struct sk_buff **pskb,
						 struct vs_policy *policy, struct vs_meter *m)
{
	return express_watched(port, pskb, policy, m, BOTH, stateful_both);
}

/* Whatever the program says of the short way. @m may be NULL. */
static rx_handler_result_t long_of(struct vs_port *port, struct sk_buff **pskb,
				   const struct vs_policy *policy, struct vs_meter *m)
{
	if (policy && policy->prog.way == VS_WAY_FLOWS)
		return m ? among_flows_watched(port, pskb, m) :
		       vs_switch_among_flows(port, pskb);
	return m ? any_watched(port, pskb, m) : vs_switch_any(port, pskb);
}

/* What @policy and the port's meter make of its way. That may be another, while both change. */
rx_handler_result_t vs_switch_watched(struct vs_port *port, struct sk_buff **pskb,
				      struct vs_policy *policy)
{
	struct vs_meter *m = rcu_dereference(port->meter);

	if (unlikely(!m) || policy->prog.way <= VS_WAY_WATCHED) {
		if (!m && policy->way == VS_WAY_EXPRESS && policy->prog.way == VS_WAY_FLOWS)
			return vs_flows_express(port, pskb, policy);
		return long_of(port, pskb, policy, m);
	}
	if (m->sets)
		return express_both(port, pskb, policy, m);
	return express_sampled(port, pskb, policy, m);
}

/* For a recording every frame takes the long way. */
rx_handler_result_t vs_switch_recorded(struct vs_port *port, struct sk_buff **pskb)
{
	const struct vs_policy *policy = rcu_dereference(port->policy);
	struct vs_meter *m = rcu_dereference(port->meter);
	struct vs_recorded way;
	rx_handler_result_t result;

	vs_recorded_begin(&way, port, *pskb);
	/* neither is watched, whatever meter is still there */
	if (!policy || policy->prog.way < VS_WAY_FLOWS)
		m = NULL;
	result = long_of(port, pskb, policy, m);
	vs_recorded_end(&way);
	return result;
}
