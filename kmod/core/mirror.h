/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mirror (vifswitch/mirror-abi.h): checked once, unfolded into what copying reads. */
#ifndef VS_MIRROR_H
#define VS_MIRROR_H

#include <vifswitch/mirror-abi.h>

#include "acl-tables.h"
#include "pipeline.h"

enum vs_mirror_limit {
	VS_MIRROR_OCTETS,
	VS_MIRROR_PACKETS,
	VS_MIRROR_LIMITS
};

struct vs_mirror {
	u32 output_port;	/* ifindex; 0: output_vlan */
	u16 output_vlan;
	bool dropped;		/* also what the port's own policy refuses */
	bool some_vlans;	/* of vlans alone */
	u32 acl;		/* id of the filter, or 0 */
	u32 snaplen;		/* U32_MAX: all of it */
	struct vs_rate limit[VS_MIRROR_LIMITS];
	u8 vlans[VIFSWITCH_VLAN_BITMAP_LEN];
};

/* As vs_program_parse(). */
int vs_mirror_parse(const void *blob, size_t len, struct vs_mirror *ret,
		    struct vs_program_error *err);

/*
 * Is the frame one that the mirror copies? @refused: its port's policy does not let it
 * pass. Whoever refuses before the frame's VLAN is known says VID_NONE.
 */
static inline bool vs_mirror_takes(const struct vs_mirror *m, bool refused, bool control, u16 vid)
{
	if (refused && !m->dropped)
		return false;
	if (!m->output_port && control)
		return false;
	if (!m->some_vlans)
		return true;
	return vid <= VIFSWITCH_VID_MAX && vs_bit(m->vlans, vid);
}

/* Had the frame a VLAN when it was refused for @reason? */
static inline bool vs_mirror_knows_vlan(enum vifswitch_drop_reason reason)
{
	switch (reason) {
	case VIFSWITCH_DROP_SOURCE_INVALID:
	case VIFSWITCH_DROP_MAC_GUARD:
	case VIFSWITCH_DROP_CONTROL:
	case VIFSWITCH_DROP_VLAN_UNTAGGED:
	case VIFSWITCH_DROP_VLAN_DENIED:
	case VIFSWITCH_DROP_VLAN_STACKED:
		return false;
	default:
		return true;
	}
}

/* What the filter says of a frame that was parsed as far as it can be. */
static inline bool vs_mirror_filter(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
				    const struct vs_packet *packet, u16 vid)
{
	int rule;

	if (packet->reason)
		return false;
	rule = vs_acl_lookup(acl, dir, packet, vid);
	return vs_acl_action(acl, dir, rule) == VIFSWITCH_ACL_ALLOW;
}

#endif /* VS_MIRROR_H */
