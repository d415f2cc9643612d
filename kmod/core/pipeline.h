/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision on a frame, in its two halves: what a port may send into the
 * switch, and what may leave by a port. Between them the caller looks the
 * destination up (and the source: VIFSWITCH_DROP_MAC_CLAIMED), for only it
 * knows the other ports. Policing comes after the ingress half, so that frames
 * refused anyway do not use up the port's rate. ACL stages will follow the
 * guard in vs_ingress() and precede the VLAN step in vs_egress().
 */
#ifndef VS_PIPELINE_H
#define VS_PIPELINE_H

#include "guard.h"
#include "vlan.h"

enum vs_target {
	VS_TO_UNICAST,		/* one address: look it up */
	VS_TO_GROUP,		/* every port of the VLAN */
	VS_TO_UPLINKS,		/* control frame of a trusted guest: uplinks of the VLAN only */
	VS_TO_HOST,		/* control frame on an uplink: its own host stack, not the switch */
};

struct vs_verdict {
	struct vs_frame frame;
	enum vifswitch_drop_reason reason;
	enum vs_target target;
	u16 vid;
};

/* @prog may be NULL: a closed port. */
static inline void vs_ingress(struct vs_verdict *v, const struct vs_program *prog, const u8 *p,
			      size_t len, u32 hwtag)
{
	struct vs_frame *f = &v->frame;

	if (unlikely(!prog)) {
		v->reason = VIFSWITCH_DROP_CLOSED;
		return;
	}
	if (unlikely(!vs_frame_parse(f, p, len, hwtag))) {
		v->reason = VIFSWITCH_DROP_TRUNCATED;
		return;
	}
	v->reason = vs_guard_source(prog, f);
	if (unlikely(v->reason))
		return;
	v->target = f->dst_group ? VS_TO_GROUP : VS_TO_UNICAST;
	if (unlikely(f->control)) {
		if (f->control_ieee && (prog->flags & VIFSWITCH_PF_UPLINK)) {
			v->target = VS_TO_HOST;
			return;
		}
		if (!(prog->flags & VIFSWITCH_PF_CONTROL)) {
			v->reason = VIFSWITCH_DROP_CONTROL;
			return;
		}
		v->target = VS_TO_UPLINKS;
	}
	v->reason = vs_vlan_ingress(prog, f, &v->vid);
}

/*
 * May the frame leave by a port with @prog (NULL: closed), and with which tag?
 * Only VLAN matters here; who it is for is the caller's lookup.
 */
static inline enum vifswitch_drop_reason vs_egress(const struct vs_verdict *v,
						   const struct vs_program *prog, u32 *ret_tag)
{
	if (unlikely(!prog))
		return VIFSWITCH_DROP_TO_CLOSED;
	return vs_vlan_egress(prog, v->vid, VS_TAG_TCI(v->frame.tag) & VS_TCI_PRIO,
			      v->frame.inner, ret_tag);
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
