/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision on a frame, in its two halves: what a port may send into the
 * switch (vs_ingress), and what may leave by a port (vs_egress for its VLANs,
 * vs_egress_acl for its ACL). Between them the caller looks the destination up
 * (and the source: VIFSWITCH_DROP_MAC_CLAIMED), for only it knows the other
 * ports. It also holds the connections and fragments an ACL's answer may depend
 * on: see struct vs_access. Policing comes after the ingress half, so that frames
 * refused anyway do not use up the port's rate.
 *
 * Frames come as (p, len, whole): len octets there are at p, of whole in the
 * frame. Where a function is false, the decision lies beyond len: the caller makes
 * min(whole, VS_PACKET_HEADERS) octets readable and asks again. With that many in
 * the first place no function is ever false.
 */
#ifndef VS_PIPELINE_H
#define VS_PIPELINE_H

#include "acl-tables.h"
#include "guard.h"
#include "vlan.h"

enum vs_target {
	VS_TO_UNICAST,		/* one address: look it up */
	VS_TO_GROUP,		/* every port of the VLAN */
	VS_TO_UPLINKS,		/* control group of a trusted guest: uplinks of the VLAN only */
	VS_TO_HOST,		/* control frame on an uplink: its own host stack, not the switch */
	VS_TO_MIRRORS,		/* a copy that another host's mirror made */
	VS_TO_PROBED,		/* a probe of loop protection: the switch itself, or uplinks */
};

struct vs_verdict {
	struct vs_frame frame;
	struct vs_packet packet;	/* only if parsed */
	struct vs_access access;	/* the ACL's answer; track is NONE without one */
	enum vifswitch_drop_reason reason;	/* may be overruled by access.track */
	enum vs_target target;
	u16 vid;
	u16 prio;			/* PCP and DEI from here on */
	bool parsed;
	bool isolated;			/* of a port that is */
};

/* Has v->packet filled in; if not readable, v->packet.reason says why. */
static __always_inline bool vs_verdict_parse(struct vs_verdict *v, const u8 *p, size_t len,
					     size_t whole)
{
	if (!v->parsed)
		v->parsed = vs_packet_parse(&v->packet, p, len, whole, &v->frame);
	return v->parsed;
}

/* The stages that look into the packet: guard, then ACL. */
static inline bool vs_ingress_packet(struct vs_verdict *v, const struct vs_program *prog,
				     const struct vs_acl *acl, const u8 *p, size_t len,
				     size_t whole)
{
	if (unlikely(v->frame.inner)) {
		/* nobody looks behind a further tag */
		if (prog->look == VS_LOOK_PACKET)
			v->reason = VIFSWITCH_DROP_VLAN_STACKED;
		return true;
	}
	if (unlikely(!vs_verdict_parse(v, p, len, whole)))
		return false;
	if (prog->flags & VIFSWITCH_PF_GUARD) {
		v->reason = vs_guard_network(prog, &v->frame, &v->packet, p, len);
		if (unlikely(v->reason))
			return true;
	}
	if (!prog->acl)
		return true;
	if (unlikely(!acl)) {
		v->reason = VIFSWITCH_DROP_ACL;
		return true;
	}
	vs_acl_decide(acl, VIFSWITCH_ACL_FROM, &v->packet, v->vid, v->frame.dst_group,
		      &v->access);
	v->reason = (enum vifswitch_drop_reason)v->access.reason;
	return true;
}

/* Nobody but an uplink brings probes, whatever permission it has. */
static inline bool vs_probe_ingress(struct vs_verdict *v, const struct vs_program *prog)
{
	if ((prog->flags & (VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_TUNNEL)) != VIFSWITCH_PF_UPLINK) {
		v->reason = VIFSWITCH_DROP_CONTROL;
		return false;
	}
	v->target = VS_TO_PROBED;
	return true;
}

/*
 * A control frame (frame.h). From an uplink it is for the host's own daemons, unless it
 * names one station; Cisco's groups and what others send need a permission. False if
 * that was the decision.
 */
static inline bool vs_control_ingress(struct vs_verdict *v, const struct vs_program *prog)
{
	const struct vs_frame *f = &v->frame;

	if (f->control == VS_CONTROL_PROBE)
		return vs_probe_ingress(v, prog);
	if ((prog->flags & (VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_TUNNEL)) == VIFSWITCH_PF_UPLINK &&
	    f->control != VS_CONTROL_CISCO) {
		if (f->dst_group)
			v->target = VS_TO_HOST;
		return !f->dst_group;
	}
	if (!(prog->flags & VIFSWITCH_PF_CONTROL)) {
		v->reason = VIFSWITCH_DROP_CONTROL;
		return false;
	}
	if (f->dst_group)
		v->target = VS_TO_UPLINKS;
	return true;
}

/* Does the frame's VLAN bring copies by this port? */
static inline void vs_copy_ingress(struct vs_verdict *v, const struct vs_program *prog)
{
	unsigned int i;

	for (i = 0; i < VIFSWITCH_COPY_VLANS_MAX; i++)
		if (prog->copy_vlan[i] == v->vid && v->vid)
			v->target = VS_TO_MIRRORS;
}

/* Whatever it is refused for, a port that brings nothing but copies takes it for one. */
static inline bool vs_refused(struct vs_verdict *v, const struct vs_program *prog)
{
	if (prog->copy_vlan[0] == VIFSWITCH_VID_NONE) {
		v->reason = VIFSWITCH_DROP_NONE;
		v->target = VS_TO_MIRRORS;
		v->vid = VIFSWITCH_VID_NONE;
		v->prio = 0;
	}
	return true;
}

/*
 * @prog may be NULL: a closed port. @acl is what prog->acl names; NULL where it
 * names one denies everything.
 */
static inline bool vs_ingress(struct vs_verdict *v, const struct vs_program *prog,
			      const struct vs_acl *acl, const u8 *p, size_t len, size_t whole,
			      u32 hwtag)
{
	struct vs_frame *f = &v->frame;

	v->parsed = false;
	v->access.track = VS_TRACK_NONE;
	if (unlikely(!prog)) {
		v->reason = VIFSWITCH_DROP_CLOSED;
		return true;
	}
	if (unlikely(!vs_frame_parse(f, p, len, hwtag))) {
		v->reason = VIFSWITCH_DROP_TRUNCATED;
		return len >= whole || len >= VS_PACKET_HEADERS;
	}
	v->reason = vs_guard_source(prog, f);
	if (unlikely(v->reason))
		return vs_refused(v, prog);
	v->target = f->dst_group ? VS_TO_GROUP : VS_TO_UNICAST;
	if (unlikely(f->control) && !vs_control_ingress(v, prog))
		return vs_refused(v, prog);
	v->reason = vs_vlan_ingress(prog, f, &v->vid);
	if (unlikely(v->reason))
		return vs_refused(v, prog);
	v->prio = (VS_TAG_TCI(f->tag) & prog->prio_keep) | prog->prio_set;
	v->isolated = prog->flags & VIFSWITCH_PF_ISOLATED;
	if (prog->look == VS_LOOK_FRAME)
		return true;
	if (prog->look != VS_LOOK_PACKET) {
		if (unlikely(prog->look == VS_LOOK_COPIES)) {
			vs_copy_ingress(v, prog);
			return true;
		}
		if (likely(vs_guard_glance(f, p, len)))
			return true;
		/* a second glance first: the close look refuses what a glance lets pass */
		if (unlikely(len < whole && len < VS_PACKET_HEADERS))
			return false;
	}
	return vs_ingress_packet(v, prog, acl, p, len, whole);
}

/*
 * May the frame leave by a port with @prog (NULL: closed), and with which tag?
 * Only VLAN and isolation matter here; who it is for is the caller's lookup, and the
 * port's ACL is asked by vs_egress_acl().
 */
static __always_inline enum vifswitch_drop_reason vs_egress(const struct vs_verdict *v,
							    const struct vs_program *prog,
							    u32 *ret_tag)
{
	if (unlikely(!prog))
		return VIFSWITCH_DROP_TO_CLOSED;
	if (unlikely(v->isolated && prog->flags & VIFSWITCH_PF_ISOLATED))
		return VIFSWITCH_DROP_ISOLATED;
	return vs_vlan_egress(prog, v->vid, v->prio, v->frame.inner, ret_tag);
}

/*
 * What the ACL of the port the frame would leave by says; for a port whose
 * program names one. NULL denies everything.
 */
static inline bool vs_egress_acl(struct vs_verdict *v, const struct vs_acl *acl, const u8 *p,
				 size_t len, size_t whole, struct vs_access *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (unlikely(!acl || v->frame.inner)) {
		ret->reason = acl ? VIFSWITCH_DROP_TO_STACKED : VIFSWITCH_DROP_TO_ACL;
		return true;
	}
	if (unlikely(!vs_verdict_parse(v, p, len, whole)))
		return false;
	vs_acl_decide(acl, VIFSWITCH_ACL_TO, &v->packet, v->vid, v->frame.dst_group, ret);
	return true;
}

/* Does a port with @prog want frames of this class that are not for it alone? */
static inline bool vs_wants_flood(const struct vs_program *prog, enum vs_target target)
{
	if (target == VS_TO_GROUP)
		return true;
	if (target == VS_TO_UPLINKS)
		return prog->flags & VIFSWITCH_PF_UPLINK;
	return prog->floods;
}

#endif /* VS_PIPELINE_H */
