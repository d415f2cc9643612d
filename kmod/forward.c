// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame's way through the switch, in one go and without an indirect call.
 * Everywhere here bottom halves are off, rcu_read_lock() is held, and skb->data
 * is behind the Ethernet header, which is linear. The outer VLAN tag is always
 * the accelerated one.
 */
#include <linux/if_vlan.h>
#include <linux/rculist.h>

#include "acl-object.h"
#include "conditioner.h"
#include "core/express.h"
#include "core/forward.h"
#include "recording.h"
#include "trip.h"

static void drop(struct vs_port *port, struct sk_buff *skb, enum vifswitch_drop_reason reason)
{
	vs_count_drop(port->stats, reason);
	vs_event_packet(port, reason, NULL, skb);
	vs_note_drop(port, reason, NULL, skb);
	kfree_skb(skb);
}

/* @port does not take it; the frame itself may go on elsewhere. */
static void refused_by(struct vs_port *port, const struct sk_buff *skb,
		       enum vifswitch_drop_reason reason, const u64 *rule)
{
	if (reason != VIFSWITCH_DROP_ACL && reason != VIFSWITCH_DROP_TO_ACL)
		rule = NULL;
	vs_count_drop(port->stats, reason);
	vs_event_packet(port, reason, rule, skb);
	vs_note_drop(port, reason, rule, skb);
}

/* As many octets as the core may ask for. */
static noinline bool make_readable(struct sk_buff *skb)
{
	return pskb_may_pull(skb, min_t(u32, skb->len, VS_PACKET_HEADERS - ETH_HLEN));
}

/* The largest of a GSO frame's packets is not known without looking at all of them. */
noinline bool vs_fits_otherwise(const struct net_device *dev, const struct sk_buff *skb,
				u32 largest)
{
	u32 mtu = READ_ONCE(dev->mtu), max = mtu + ETH_HLEN;
	u16 type = ntohs(eth_hdr(skb)->h_proto);

	if (largest != U32_MAX || !skb_is_gso(skb))
		return vs_forward_fits(mtu, largest, type);
	return skb_gso_validate_mac_len(skb, vs_type_is_tag(type) ? max + VLAN_HLEN : max);
}

/* As a frame that dom0's stack receives from the local port. */
static void address_to_local(struct vs_port *port, struct sk_buff *skb)
{
	struct net_device *dev = port->dev;
	const u8 *dst = eth_hdr(skb)->h_dest;

	skb->dev = dev;
	if (is_broadcast_ether_addr(dst))
		skb->pkt_type = PACKET_BROADCAST;
	else if (is_multicast_ether_addr(dst))
		skb->pkt_type = PACKET_MULTICAST;
	else if (ether_addr_equal(dst, dev->dev_addr))
		skb->pkt_type = PACKET_HOST;
	else
		skb->pkt_type = PACKET_OTHERHOST;
}

/* Not for what dom0 sends itself: see answer.c. */
static void deliver_local(struct vs_port *port, struct sk_buff *skb, u32 bytes, u32 packets)
{
	vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, packets, bytes);
	address_to_local(port, skb);
	if (vs_is_recording())
		vs_recorded_left(port, vs_recorded_leaves(port, skb), true);
	netif_receive_skb(skb);
}

/* A tag left inside the frame hides the network header from checksum and GSO code. */
static noinline bool find_network_header(struct sk_buff *skb)
{
	int depth;

	if (!__vlan_get_protocol(skb, skb->protocol, &depth))
		return false;
	skb_set_network_header(skb, depth);
	return true;
}

/* By a netdev that is up, where the frame fits. skb->data is the Ethernet header. */
static __always_inline bool transmit(struct vs_port *port, struct sk_buff *skb, u32 packets,
				     u32 bytes)
{
	int rc;

	skb->dev = port->dev;
	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	rc = dev_queue_xmit(skb);
	if (likely(rc == NET_XMIT_SUCCESS || rc == NET_XMIT_CN)) {
		vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, packets, bytes);
		return true;
	}
	vs_count_drop(port->stats, VIFSWITCH_DROP_TO_QUEUE);
	return false;
}

/* The same for a recording, too. */
static noinline bool transmit_recorded(struct vs_port *port, struct sk_buff *skb, u32 packets,
				       u32 bytes)
{
	struct sk_buff *msg = vs_recorded_leaves(port, skb);

	return vs_recorded_left(port, msg, transmit(port, skb, packets, bytes));
}

static __always_inline bool deliver(struct vs_port *port, struct sk_buff *skb, u32 tag,
				    const struct vs_wire *wire)
{
	struct net_device *dev = port->dev;
	u32 bytes;

	vs_set_tag(skb, tag);
	if (unlikely(!vs_is_up(dev))) {
		drop(port, skb, VIFSWITCH_DROP_TO_DOWN);
		return false;
	}
	bytes = vs_tagged_bytes(wire, tag);
	if (unlikely(port->local)) {
		deliver_local(port, skb, bytes, wire->packets);
		return true;
	}
	if (unlikely(!vs_fits(dev, skb, wire))) {
		drop(port, skb, VIFSWITCH_DROP_TO_MTU);
		return false;
	}
	__skb_push(skb, ETH_HLEN);
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && eth_type_vlan(skb->protocol) &&
		     !find_network_header(skb))) {
		drop(port, skb, VIFSWITCH_DROP_TO_QUEUE);
		return false;
	}
	if (vs_is_recording())
		return transmit_recorded(port, skb, wire->packets, bytes);
	return transmit(port, skb, wire->packets, bytes);
}

/* Consumes @skb, which carries @tag from here on; false: it did not go. */
bool vs_deliver(struct vs_port *port, struct sk_buff *skb, u32 tag, const struct vs_wire *wire)
{
	return deliver(port, skb, tag, wire);
}

/* An answer for @port to a frame from there, which may still be on its way on this stack. */
void vs_deliver_back(struct vs_port *port, struct sk_buff *skb, u32 tag)
{
	struct vs_wire wire;
	u32 bytes;

	vs_wire_of(&wire, skb);
	if (!port->local) {
		vs_deliver(port, skb, tag, &wire);
		return;
	}
	bytes = vs_tagged_bytes(&wire, tag);
	vs_set_tag(skb, tag);
	address_to_local(port, skb);
	if (netif_rx(skb) == NET_RX_SUCCESS)
		vs_count(port->stats, VIFSWITCH_CTR_TO_PACKETS, wire.packets, bytes);
	else
		vs_count_drop(port->stats, VIFSWITCH_DROP_TO_QUEUE);
}

/* A copy for @to; the frame itself goes on elsewhere. */
static void deliver_copy(struct vs_port *from, struct vs_port *to, struct sk_buff *skb, u32 tag,
			 const struct vs_wire *wire)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (likely(copy))
		vs_deliver(to, copy, tag, wire);
	else
		vs_count_drop(from->stats, VIFSWITCH_DROP_NO_MEMORY);
}

/* Where a frame may go is judged by one program, read once. */
static __always_inline const struct vs_program *program_of(const void *world, const void *port)
{
	const struct vs_policy *policy = rcu_dereference(((const struct vs_port *)port)->policy);

	return likely(policy) ? &policy->prog : NULL;
}

static __always_inline struct vs_policy *policy_of(const struct vs_program *prog)
{
	return container_of(prog, struct vs_policy, prog);
}

/* Read once for a frame: rules are numbered anew in the next version. */
static struct vs_acl_version *acl_of(const struct vs_policy *policy)
{
	return likely(!policy || !policy->acl) ? NULL : rcu_dereference(policy->acl->version);
}

/* What the ACL of @to says; if it refuses, that is counted. */
static enum vifswitch_drop_reason ask_acl(struct vs_trip *t, struct vs_port *to,
					  const struct vs_policy *policy, struct sk_buff *skb,
					  struct vs_access *access)
{
	struct vs_acl_version *version = acl_of(policy);
	enum vifswitch_drop_reason reason;
	u64 rule;

	while (unlikely(!vs_egress_acl(&t->v, &version->acl, skb_mac_header(skb),
				       ETH_HLEN + skb_headlen(skb), ETH_HLEN + skb->len,
				       access))) {
		if (!make_readable(skb)) {
			vs_count_drop(t->from->stats, VIFSWITCH_DROP_NO_MEMORY);
			return VIFSWITCH_DROP_NO_MEMORY;
		}
	}
	reason = vs_access_settle(to, version, VIFSWITCH_ACL_TO, skb, &t->v, access, &rule);
	if (unlikely(reason))
		refused_by(to, skb, reason, &rule);
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
	refused_by(to, skb, VIFSWITCH_DROP_TO_PACKET_RATE, NULL);
	return VIFSWITCH_DROP_TO_PACKET_RATE;
}

/* May the frame go to @to with @tag, whose program asks? If not, that is counted. */
static noinline enum vifswitch_drop_reason admit(struct vs_trip *t, struct vs_port *to,
						 struct vs_policy *policy, struct sk_buff *skb,
						 u32 tag, struct vs_access *access)
{
	enum vifswitch_drop_reason reason = ask_all(t, to, policy, skb, access);

	if (unlikely(policy->prog.mirror_to))
		vs_mirror_to(t, to, policy->prog.mirror_to, skb, tag, reason);
	return reason;
}

static bool twins(const void *a, const void *b)
{
	return vs_ports_kin(a, b) == VS_KIN_TWIN;
}

/* Is a frame that is not for one port alone for this one, too? With which tag? */
static bool wants(const struct vs_port *port, const struct vs_program *prog,
		  const struct vs_trip *t, u32 *tag)
{
	return vs_forward_wants(&t->v, t->from, port, prog, vs_is_up(port->dev), twins, tag);
}

/* The ports that want a frame; each gets it when the next one is found. */
struct flooding {
	struct vs_port *last;
	u32 tag;
	bool refused;
};

static void flood_to(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb,
		     struct flooding *f)
{
	const struct vs_program *prog = program_of(port->sw, port);
	struct vs_access access;
	u32 tag;

	if (!wants(port, prog, t, &tag))
		return;
	if (unlikely(prog->admits) && admit(t, port, policy_of(prog), skb, tag, &access)) {
		f->refused = true;
		return;
	}
	if (f->last)
		deliver_copy(t->from, f->last, skb, f->tag, &t->wire);
	f->last = port;
	f->tag = tag;
}

/* To every port that wants the frame: copies, but the frame itself for the last. */
static void flood(struct vs_trip *t, struct sk_buff *skb)
{
	struct vs_port *from = t->from, *port;
	struct flooding f = {};

	list_for_each_entry_rcu(port, &from->sw->ports, list)
		flood_to(t, port, skb, &f);
	flood_to(t, &from->sw->local, skb, &f);
	if (f.last)
		vs_deliver(f.last, skb, f.tag, &t->wire);
	else if (f.refused)
		kfree_skb(skb);
	else
		drop(from, skb, VIFSWITCH_DROP_NO_DESTINATION);
}

/* Somebody in dom0 looks at all of the local port's VLANs. */
static noinline void show_local(const struct vs_trip *t, struct sk_buff *skb)
{
	struct vs_port *local = &t->from->sw->local;
	struct vs_recorded *way;
	struct sk_buff *copy;
	u32 tag;

	if (t->from == local || vs_egress(&t->v, program_of(local->sw, local), &tag))
		return;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy)
		return;
	way = vs_recorded_hide();
	vs_deliver(local, copy, tag, &t->wire);
	vs_recorded_show(way);
}

/* The address was seen nowhere. */
static noinline void unknown(struct vs_trip *t, struct sk_buff *skb)
{
	struct vs_port *from = t->from, *local = &from->sw->local;
	u32 tag;

	if (unlikely(vs_is_storm(t->policy, VS_LIMIT_UNKNOWN, t->wire.packets))) {
		drop(from, skb, VIFSWITCH_DROP_STORM_UNKNOWN);
		return;
	}
	if (unlikely(READ_ONCE(from->sw->promiscuous)) &&
	    !wants(local, program_of(from->sw, local), t, &tag))
		show_local(t, skb);
	flood(t, skb);
}

static __always_inline const void *guard_of(const void *world, u64 mac)
{
	const struct vs_guard *g = vs_guard_find(world, mac);

	return g ? READ_ONCE(g->at) : NULL;
}

static __always_inline const void *entry_of(const void *world, u64 mac, u16 vid, bool *ret_fixed)
{
	const struct vs_fdb_entry *e = vs_fdb_find(world, VS_KEY(mac, vid));

	if (!e)
		return NULL;
	*ret_fixed = e->fixed;
	return READ_ONCE(e->port);
}

static void unicast(struct vs_trip *t, struct sk_buff *skb)
{
	const struct vs_verdict *v = &t->v;
	struct vs_port *from = t->from, *to;
	struct vs_destination d;
	struct vs_access access __uninitialized;

	vs_forward_unicast(&d, v, from, from->sw, guard_of, entry_of, program_of);
	if (!d.port) {
		unknown(t, skb);
		return;
	}
	to = (struct vs_port *)d.port;
	if (unlikely(d.reason == VIFSWITCH_DROP_HAIRPIN)) {
		drop(from, skb, d.reason);
		return;
	}
	if (unlikely(READ_ONCE(from->sw->promiscuous)) && !to->local)
		show_local(t, skb);
	if (unlikely(d.reason)) {
		drop(to, skb, d.reason);
		return;
	}
	if (unlikely(d.program->admits) &&
	    admit(t, to, policy_of(d.program), skb, d.tag, &access)) {
		if (access.answer)
			vs_answer(from, skb, v, access.answer);
		kfree_skb(skb);
		return;
	}
	deliver(to, skb, d.tag, &t->wire);
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
	v->reason = vs_access_settle(port, t->version, VIFSWITCH_ACL_FROM, skb, v, &v->access,
				     &rule);
	if (likely(!v->reason))
		return false;
	refused_by(port, skb, v->reason, &rule);
	vs_mirror_refused(t, port, skb);
	if (v->access.answer && v->reason == VIFSWITCH_DROP_ACL)
		vs_answer(port, skb, v, v->access.answer);
	kfree_skb(skb);
	return true;
}

/* Where a frame that may go the short way goes to; NULL: it takes the long one. */
static __always_inline struct vs_port *express_to(const struct vs_port *from,
						  const struct sk_buff *skb,
						  const struct vs_verdict *v, u32 *ret_tag)
{
	struct vs_destination d;
	struct vs_port *to;

	/* claimed: its own addresses are all here, whatever it lists beside them */
	if (unlikely(!READ_ONCE(from->claimed) || READ_ONCE(from->sw->promiscuous)))
		return NULL;
	vs_forward_unicast(&d, v, from, from->sw, guard_of, entry_of, program_of);
	to = (struct vs_port *)d.port;
	if (unlikely(!to || d.reason || to->local || d.program->admits || !vs_is_up(to->dev) ||
		     skb->len > READ_ONCE(to->dev->mtu)))
		return NULL;
	*ret_tag = d.tag;
	return to;
}

/*
 * The short way (core/express.h), which is all in registers. Nothing is counted, charged or
 * changed before it is certain that the frame goes this way; false: it does not.
 */
static __always_inline bool express(struct vs_port *port, struct vs_policy *policy,
				    struct vs_acl_version *version, struct sk_buff *skb)
{
	u32 bytes = skb->len + ETH_HLEN, tag;
	struct vs_verdict v __uninitialized;
	struct vs_port *to;

	if (!vs_express(&v, &policy->prog, version ? &version->acl : NULL, skb_mac_header(skb),
			ETH_HLEN + skb_headlen(skb), bytes))
		return false;
	to = express_to(port, skb, &v, &tag);
	if (unlikely(!to))
		return false;
	if (version)
		vs_acl_hit(version, VIFSWITCH_ACL_FROM, v.access.rule);
	if (policy->prog.policed) {
		enum vifswitch_drop_reason reason = vs_police(policy, 1, bytes);

		if (unlikely(reason)) {
			drop(port, skb, reason);
			return true;
		}
	}
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, 1, bytes);
	vs_set_tag(skb, tag);
	__skb_push(skb, ETH_HLEN);
	transmit(to, skb, 1, likely(tag == VS_NO_TAG) ? bytes : bytes + VLAN_HLEN);
	return true;
}

/* Not the switch's: RX_HANDLER_PASS if it is its own host's. */
static noinline rx_handler_result_t elsewhere(struct vs_trip *t, struct vs_port *port,
					      struct sk_buff *skb)
{
	if (t->v.target == VS_TO_HOST)
		return RX_HANDLER_PASS;
	vs_mirror_take(t, port, skb);
	return RX_HANDLER_CONSUMED;
}

/* The long way, which answers for every frame. */
static noinline rx_handler_result_t switch_any(struct vs_port *port, struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct vs_trip t __uninitialized;	/* much to clear, and little of it is read */
	struct vs_verdict *v = &t.v;
	const struct vs_program *prog;
	u32 tag, bytes;

	if (unlikely(!skb_vlan_tag_present(skb) && eth_type_vlan(eth_hdr(skb)->h_proto))) {
		skb = untag(port, skb);
		if (!skb)
			return RX_HANDLER_CONSUMED;
		*pskb = skb;
	}
	tag = vs_tag_of(skb);
	t.policy = rcu_dereference(port->policy);
	if (unlikely(!t.policy)) {
		v->reason = VIFSWITCH_DROP_CLOSED;
		goto refused;
	}
	prog = &t.policy->prog;
	t.version = acl_of(t.policy);
	/* at most twice: the core may want to see more of the frame than is linear */
	while (unlikely(!vs_ingress(v, prog, t.version ? &t.version->acl : NULL,
				    skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
				    ETH_HLEN + skb->len, tag))) {
		if (likely(make_readable(skb)))
			continue;
		v->reason = VIFSWITCH_DROP_NO_MEMORY;
		goto refused;
	}
	t.from = port;
	t.mirrored = 0;
	if (!v->reason && unlikely(v->target >= VS_TO_HOST))
		return elsewhere(&t, port, skb);
	if (t.version) {
		if (likely(!v->reason && vs_access_is_plain(&v->access)))
			vs_acl_hit(t.version, VIFSWITCH_ACL_FROM, v->access.rule);
		else if (refused_by_own(&t, port, skb))
			return RX_HANDLER_CONSUMED;
	}
	if (unlikely(v->reason))
		goto refused;

	if (likely(prog->exclusive)) {
		if (unlikely(!READ_ONCE(port->claimed)))
			vs_claim_from_frame(port, v->frame.src, v->vid);
	} else {
		v->reason = vs_fdb_learn(port, prog, v->frame.src, v->vid);
		if (unlikely(v->reason))
			goto refused;
	}
	vs_wire_of(&t.wire, skb);
	bytes = vs_tagged_bytes(&t.wire, tag);
	if (unlikely(prog->conditioned)) {
		v->reason = vs_limit(t.policy, &v->frame, &t.wire, bytes);
		if (unlikely(v->reason))
			goto refused;
		if (unlikely(prog->mirror_from))
			vs_mirror_from(&t, port, skb);
		if (unlikely(!vs_mark(prog, skb))) {
			v->reason = VIFSWITCH_DROP_NO_MEMORY;
			goto refused;
		}
	}
	/* accepted; should it find no way out, it still was */
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, t.wire.packets, bytes);
	if (likely(v->target == VS_TO_UNICAST))
		unicast(&t, skb);
	else
		flood(&t, skb);
	return RX_HANDLER_CONSUMED;

refused:
	vs_mirror_refused(&t, port, skb);
	drop(port, skb, v->reason);
	return RX_HANDLER_CONSUMED;
}

static noinline rx_handler_result_t switch_recorded(struct vs_port *port, struct sk_buff **pskb)
{
	struct vs_recorded way;
	rx_handler_result_t result;

	vs_recorded_begin(&way, port, *pskb);
	result = switch_any(port, pskb);
	vs_recorded_end(&way);
	return result;
}

/* RX_HANDLER_PASS if the frame was not consumed but is for the port's own host stack. */
rx_handler_result_t vs_switch_frame(struct vs_port *port, struct sk_buff **pskb)
{
	struct vs_policy *policy = rcu_dereference(port->policy);
	struct vs_acl_version *version = acl_of(policy);

	if (vs_is_recording())
		return switch_recorded(port, pskb);
	if (likely(policy && vs_express_may(&policy->prog, version ? &version->acl : NULL) &&
		   !skb_vlan_tag_present(*pskb) && !skb_is_gso(*pskb)) &&
	    express(port, policy, version, *pskb))
		return RX_HANDLER_CONSUMED;
	return switch_any(port, pskb);
}
