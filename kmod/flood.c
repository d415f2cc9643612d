// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames for more than one port, and for who looks at all of them. */
#include <linux/rculist.h>

#include "conditioner.h"
#include "flood.h"
#include "recording.h"
#include "trip.h"

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

void vs_flood_to(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb,
		 struct vs_flooding *f)
{
	const struct vs_program *prog = vs_program_of(port->sw, port);
	enum vifswitch_drop_reason reason;
	struct vs_access access;
	u32 tag;

	if (!wants(port, prog, t, &tag))
		return;
	if (unlikely(prog->admits)) {
		reason = vs_admit(t, port, vs_policy_of(prog), skb, tag, &access);
		if (reason) {
			f->refused = reason;
			return;
		}
	}
	if (f->last)
		deliver_copy(t->from, f->last, skb, f->tag, &t->wire);
	f->last = port;
	f->tag = tag;
}

/* To every port that wants the frame: copies, but the frame itself for the last. */
enum vifswitch_drop_reason vs_flood(struct vs_trip *t, struct sk_buff *skb)
{
	struct vs_port *from = t->from, *port;
	struct vs_flooding f = {};

	if (static_branch_unlikely(&vs_snooping) && t->v.target == VS_TO_GROUP) {
		switch (vs_snoop(t, skb, &f)) {
		case VS_SNOOPED:
			goto chosen;
		case VS_SNOOPED_QUERY:
			vs_drop(from, skb, VIFSWITCH_DROP_GROUP_QUERY);
			return VIFSWITCH_DROP_GROUP_QUERY;
		case VS_SNOOPED_NOTHING:
			break;
		}
	}
	list_for_each_entry_rcu(port, &from->sw->ports, list)
		vs_flood_to(t, port, skb, &f);
	vs_flood_to(t, &from->sw->local, skb, &f);
chosen:
	if (f.last) {
		vs_deliver(f.last, skb, f.tag, &t->wire);
		return VIFSWITCH_DROP_NONE;
	}
	if (f.refused) {
		kfree_skb(skb);
		return f.refused;
	}
	vs_drop(from, skb, VIFSWITCH_DROP_NO_DESTINATION);
	return VIFSWITCH_DROP_NO_DESTINATION;
}

/* Somebody in dom0 looks at all of the local port's VLANs. */
void vs_show_local(const struct vs_trip *t, struct sk_buff *skb)
{
	struct vs_port *local = &t->from->sw->local;
	struct vs_recorded *way;
	struct sk_buff *copy;
	u32 tag;

	if (t->from == local || vs_egress(&t->v, vs_program_of(local->sw, local), &tag))
		return;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy)
		return;
	way = vs_recorded_hide();
	vs_deliver(local, copy, tag, &t->wire);
	vs_recorded_show(way);
}

enum vifswitch_drop_reason vs_flood_unknown(struct vs_trip *t, struct sk_buff *skb)
{
	struct vs_port *from = t->from, *local = &from->sw->local;
	u32 tag;

	if (unlikely(vs_is_storm(t->policy, VS_LIMIT_UNKNOWN, t->wire.packets))) {
		vs_drop(from, skb, VIFSWITCH_DROP_STORM_UNKNOWN);
		return VIFSWITCH_DROP_STORM_UNKNOWN;
	}
	if (unlikely(READ_ONCE(from->sw->promiscuous)) &&
	    !wants(local, vs_program_of(from->sw, local), t, &tag))
		vs_show_local(t, skb);
	return vs_flood(t, skb);
}
