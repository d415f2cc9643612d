/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VLAN rules, written so that no frame can hop between VLANs:
 *  - no tag, or VID 0 (a priority tag): the frame belongs to the PVID; the
 *    priority is kept for where it leaves tagged
 *  - an access port refuses every other tag, even one with its own VID
 *    (not so with VIFSWITCH_PF_OWN_TAG)
 *  - a tag of another type than 802.1Q outside, or a further tag of any type
 *    inside, passes only with VIFSWITCH_PF_STACKED behind an allowed outer
 *    802.1Q tag, and is never delivered with that outer tag taken off
 *  - VLAN 0 is the untagged network: its frames never carry a tag
 */
#ifndef VS_VLAN_H
#define VS_VLAN_H

#include <vifswitch/abi.h>

#include "frame.h"
#include "program.h"

/* On success *ret_vid is the frame's VLAN. */
static inline enum vifswitch_drop_reason vs_vlan_ingress(const struct vs_program *prog,
							 const struct vs_frame *f, u16 *ret_vid)
{
	u16 vid = VS_TAG_TCI(f->tag) & VS_TCI_VID;

	if (unlikely(f->inner) && (!(prog->flags & VIFSWITCH_PF_STACKED) ||
				   VS_TAG_TYPE(f->tag) != VS_TYPE_CTAG))
		return VIFSWITCH_DROP_VLAN_STACKED;
	if (!vid) {
		if (unlikely(prog->pvid == VIFSWITCH_VID_NONE))
			return VIFSWITCH_DROP_VLAN_UNTAGGED;
		*ret_vid = prog->pvid;
		return VIFSWITCH_DROP_NONE;
	}
	if (prog->access || !vs_bit(prog->allowed, vid))
		return VIFSWITCH_DROP_VLAN_DENIED;
	*ret_vid = vid;
	return VIFSWITCH_DROP_NONE;
}

/*
 * May a frame in @vid leave by a port with @prog, and with which tag? @prio are
 * the PCP and DEI bits it came with, @inner that a further tag is in it.
 */
static __always_inline enum vifswitch_drop_reason vs_vlan_egress(const struct vs_program *prog,
								 u16 vid, u16 prio, bool inner,
								 u32 *ret_tag)
{
	if (likely(prog->access)) {
		if (vid != prog->pvid)
			return VIFSWITCH_DROP_TO_VLAN;
	} else {
		if (!vs_bit(prog->allowed, vid))
			return VIFSWITCH_DROP_TO_VLAN;
		if (!vs_bit(prog->untagged, vid)) {
			*ret_tag = VS_TAG(VS_TYPE_CTAG, prio | vid);
			return VIFSWITCH_DROP_NONE;
		}
	}
	if (unlikely(inner))
		return VIFSWITCH_DROP_TO_STACKED;
	*ret_tag = VS_NO_TAG;
	return VIFSWITCH_DROP_NONE;
}

#endif /* VS_VLAN_H */
