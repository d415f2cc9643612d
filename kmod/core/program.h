/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's program: checked once, unfolded into what the pipeline reads. */
#ifndef VS_PROGRAM_H
#define VS_PROGRAM_H

#include <vifswitch/abi.h>

#include "blob-error.h"
#include "platform.h"
#include "policer.h"

/* How closely what the port sends is looked at. */
enum vs_look {
	VS_LOOK_FRAME,		/* Ethernet and VLAN only */
	VS_LOOK_GLANCE,		/* guarded: for router and DHCP server messages, ARP, ... */
	VS_LOOK_PACKET,		/* IP_GUARD, or an ACL */
	VS_LOOK_COPIES,		/* Ethernet and VLAN; some VLANs bring mirrors' copies */
};

/* What a port is held to; each limit has a bucket of its own. */
enum vs_limit {
	VS_LIMIT_OCTETS,
	VS_LIMIT_PACKETS,
	VS_LIMIT_BROADCAST,
	VS_LIMIT_MULTICAST,
	VS_LIMIT_UNKNOWN,
	VS_LIMIT_TO_PACKETS,	/* of what goes to the port */
	VS_LIMITS
};

/* How what it sends takes its way through the switch. */
enum vs_way {
	VS_WAY_LONG,
	VS_WAY_EXPRESS,		/* access, guarded, unmarked: if it may, see express.h */
	VS_WAY_FLOWS,		/* its switch is in flow mode: says who has the program, not this */
	VS_WAY_WATCHED,		/* metered or sampled, and long, */
	VS_WAY_WATCHED_EXPRESS,	/* or the short one */
	VS_WAY_METERED,		/* likewise short, without samples */
};

/* Addresses first to last, in host order; of a list sorted and disjoint. */
struct vs_range4 {
	u32 first;
	u32 last;
};

struct vs_range6 {
	u64 first[2];		/* the high half first */
	u64 last[2];
};

static inline bool vs_above6(const u64 a[2], const u64 b[2])
{
	return a[0] != b[0] ? a[0] > b[0] : a[1] > b[1];
}

/* What every frame needs comes first, in one cache line. */
struct vs_program {
	u32 flags;		/* VIFSWITCH_PF_* */
	u32 acl;		/* id, or 0 */
	u16 pvid;
	u16 prio_keep;		/* PCP and DEI of what the port sends: (tci & keep) | set */
	u16 prio_set;
	u8 mac_count;
	u8 mac_own;		/* the first so many of macs; the rest are listed */
	u8 look;		/* enum vs_look */
	bool access;		/* allowed, untagged: just the PVID; not OWN_TAG */
	u8 way;			/* enum vs_way */
	bool policed;		/* octets or packets have a limit */
	bool stormy;		/* broadcast, multicast or unknown have one */
	bool conditioned;	/* limits, mirrors or marks what the port sends */
	bool floods;		/* gets unknown unicast */
	bool admits;		/* an ACL, limit, mirror or tunnel has to do with what it gets */
	bool exclusive;		/* guarded, and all of its addresses are its own */
	u8 dscp;		/* or VIFSWITCH_MARK_KEEP */
	u32 queue;		/* skb->priority of what it sends; 0: none */
	u32 fdb_max;
	u32 mirror_from;	/* see vifswitch/mirror-abi.h */
	u32 mirror_to;
	u16 copy_vlan[VIFSWITCH_COPY_VLANS_MAX];
	u64 macs[VIFSWITCH_PROGRAM_MACS_MAX];	/* vs_mac_load() */
	struct vs_rate limit[VS_LIMITS];	/* mult 0: none */
	u32 flow_entries;	/* see vifswitch/flow-abi.h */
	u32 flow_active;
	u32 flow_idle;
	u32 flow_rate;
	u32 sample_every;
	u32 sample_rate;
	u32 sample_drops;
	u32 sample_octets;
	u32 connections_max;
	u16 range4_count;
	u16 range6_count;
	struct vs_range4 range4[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	struct vs_range6 range6[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	u8 allowed[VIFSWITCH_VLAN_BITMAP_LEN];
	u8 untagged[VIFSWITCH_VLAN_BITMAP_LEN];
};

/* Has the program itself a say in what goes to the port? */
static inline bool vs_program_admits(const struct vs_program *prog)
{
	return prog->acl || prog->mirror_to || prog->limit[VS_LIMIT_TO_PACKETS].mult ||
	       prog->flags & VIFSWITCH_PF_SLB;
}

/*
 * 0, with *ret filled in, or a negative errno with *err filled in and *ret in
 * an undefined state. The blob needs no alignment and is not kept.
 */
int vs_program_parse(const void *blob, size_t len, struct vs_program *ret,
		     struct vs_program_error *err);

/*
 * What a program's header says as far as we know it, unchecked, whichever release wrote
 * it: fields it does not have are zero. False if it is no program.
 */
bool vs_program_header(const void *blob, size_t len, struct vifswitch_program *ret);

#endif /* VS_PROGRAM_H */
