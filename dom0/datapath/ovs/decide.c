// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/decide.h"

#include <string.h>

#define BROADCAST	((1ULL << 48) - 1)

struct deciding {
	const struct dp_world *world;
	const struct dp_world_port *from;
	const uint8_t *p;
	size_t len, whole;
	struct decision *d;
};

static void drop(struct deciding *t, const struct dp_world_port *at,
		 enum vifswitch_drop_reason reason)
{
	t->d->reason = reason;
	t->d->dropped_at = at;
}

static const struct vs_program *program_of(const void *world, const void *port)
{
	return ((const struct dp_world_port *)port)->program;
}

static bool twins(const void *a, const void *b)
{
	const struct dp_world_port *x = a, *y = b;

	return vs_kin_of(x->cookie, x->cookie_len, y->cookie, y->cookie_len) == VS_KIN_TWIN;
}

/* Guard and ACL of the sender. A caller without connections: what depends on them is refused. */
static bool ingress(struct deciding *t)
{
	const struct vs_program *prog = t->from->program;
	struct vs_verdict *v = &t->d->v;

	vs_ingress(v, prog, t->from->acl, t->p, t->len, t->whole, VS_NO_TAG);
	seen_frame(&t->d->seen, prog, v);
	if (!prog || v->reason == VIFSWITCH_DROP_TRUNCATED) {
		drop(t, t->from, v->reason);
		return false;
	}
	flow_key_of_frame(&v->frame, t->from->number, t->p, &t->d->ours);
	if (prog->look == VS_LOOK_GLANCE && !v->reason && !v->frame.inner)
		vs_verdict_parse(v, t->p, t->len, t->whole);
	seen_ingress(&t->d->seen, prog, t->from->acl, v);
	if (!v->reason && v->access.track != VS_TRACK_NONE)
		v->reason = VIFSWITCH_DROP_ACL;
	if (!v->reason && v->target >= VS_TO_HOST)
		v->reason = VIFSWITCH_DROP_CONTROL;
	if (v->reason)
		drop(t, t->from, v->reason);
	return !v->reason;
}

/* Who may send from the address: kmod/core/source.h. */
static bool source(struct deciding *t)
{
	const struct vs_program *prog = t->from->program;
	const struct vs_verdict *v = &t->d->v;
	struct vs_others others = {};
	bool fixed = false, here;

	t->world->others(t->world->tables, t->from, v->frame.src, v->vid, &others);
	here = t->world->entry_of(t->world->tables, v->frame.src, v->vid, &fixed) == t->from;
	t->d->source = vs_source_of(vs_hold_of(prog, v->frame.src),
				    prog->flags & VIFSWITCH_PF_UPLINK, &others, here, fixed);
	t->d->accepted = t->d->source != VS_SOURCE_CLAIMED;
	if (t->d->accepted)
		return true;
	drop(t, t->from, VIFSWITCH_DROP_MAC_CLAIMED);
	return false;
}

static void limit(struct deciding *t, enum vs_limit limit)
{
	if (t->from->program->limit[limit].mult)
		t->d->limits |= 1U << limit;
}

static void limits(struct deciding *t)
{
	const struct vs_frame *f = &t->d->v.frame;

	if (f->dst_group)
		limit(t, f->dst == BROADCAST ? VS_LIMIT_BROADCAST : VS_LIMIT_MULTICAST);
	limit(t, VS_LIMIT_PACKETS);
	limit(t, VS_LIMIT_OCTETS);
}

/* What the ACL of @to says, and then it goes there. */
static enum vifswitch_drop_reason admit(struct deciding *t, const struct dp_world_port *to,
					uint32_t tag)
{
	struct decision *d = t->d;
	struct vs_access access;

	if (to->program->acl) {
		vs_egress_acl(&d->v, to->acl, t->p, t->len, t->whole, &access);
		seen_acl(&d->seen, to->acl, VIFSWITCH_ACL_TO, &d->v, &access);
		if (access.track != VS_TRACK_NONE && !access.reason)
			access.reason = VIFSWITCH_DROP_TO_ACL;
		if (access.reason)
			return (enum vifswitch_drop_reason)access.reason;
	}
	d->outputs[d->output_count++] = (struct decided_output){ to, tag };
	return VIFSWITCH_DROP_NONE;
}

static void flood(struct deciding *t)
{
	const struct dp_world_port *refused_at = NULL;
	enum vifswitch_drop_reason reason, refused = VIFSWITCH_DROP_NONE;
	uint32_t tag;

	for (size_t i = 0; i < t->world->count; i++) {
		const struct dp_world_port *to = t->world->ports[i];

		if (!vs_forward_wants(&t->d->v, t->from, to, to->program, true, twins, &tag))
			continue;
		reason = admit(t, to, tag);
		if (reason) {
			refused = reason;
			refused_at = to;
		}
	}
	if (t->d->output_count)
		return;
	if (refused)
		drop(t, refused_at, refused);
	else
		drop(t, t->from, VIFSWITCH_DROP_NO_DESTINATION);
}

static void forward(struct deciding *t)
{
	struct vs_destination to;
	enum vifswitch_drop_reason reason;

	if (t->d->v.target != VS_TO_UNICAST) {
		flood(t);
		return;
	}
	vs_forward_unicast(&to, &t->d->v, t->from, t->world->tables, t->world->guard_of,
			   t->world->entry_of, program_of);
	if (!to.port) {
		limit(t, VS_LIMIT_UNKNOWN);
		flood(t);
		return;
	}
	if (to.reason) {
		drop(t, vs_forward_is_senders(to.reason) ? t->from : to.port, to.reason);
		return;
	}
	reason = admit(t, to.port, to.tag);
	if (reason)
		drop(t, to.port, reason);
}

void decide(const struct dp_world *world, const struct dp_world_port *from, const uint8_t *p,
	    size_t len, size_t whole, struct decision *ret)
{
	struct deciding t = {
		.world = world, .from = from, .p = p, .len = len, .whole = whole, .d = ret,
	};

	*ret = (struct decision){ .outputs = ret->outputs };
	if (ingress(&t) && source(&t)) {
		limits(&t);
		forward(&t);
	}
	seen_end(&ret->seen, &ret->v);
	if (ret->v.parsed)
		flow_key_of_packet(&ret->v.packet, p, len, &ret->ours);
}

bool decision_bears_flow(struct decision *d, const struct flow_key *kernel)
{
	if (d->seen.hand == SEEN_FLOW && !flow_key_fits(kernel, &d->ours, &d->seen.mask))
		d->seen.hand = SEEN_KEY;
	return d->seen.hand == SEEN_FLOW;
}
