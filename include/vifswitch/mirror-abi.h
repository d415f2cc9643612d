/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Mirror, version 1: where copies of ports' frames go. Part of the kernel ABI (abi.h,
 * which says how headers grow); host byte order.
 *
 * A mirror belongs to a switch and has a number there, 1..MIRRORS_MAX. Programs say
 * whose frames it copies: bit number - 1 of mirror_from for what a port sends, of
 * mirror_to for what is delivered to it. So a port is mirrored from its program's first
 * frame on, and the mirror may come and go; bits without a mirror say nothing.
 *
 * A copy is the frame as that port sent or got it, with the tag that it has there. Of a
 * frame that several bits choose each output gets one copy, the sender's first. A frame
 * is copied when the port's own program and ACL let it pass (with DROPPED also when
 * they do not), so one that finds no way out afterwards was copied all the same.
 *
 * A port as output must be closed (it has no program, and gets none while it is one):
 * nothing that comes from it enters the switch, and only copies reach it. What it gets
 * is segmented, and checksums are filled in. A VLAN as output (RSPAN) means every port
 * whose program has UPLINK and that VLAN, but not the mirrored port nor the one by which
 * the frame came in; the copy has that VLAN's tag instead of its own. Control frames
 * (kmod/core/frame.h) are not copied into a VLAN. Where such copies arrive, copy_vlan of
 * the program (abi.h) says so.
 *
 * What copies lead to (an ERSPAN netdev's packets, say) is not copied again.
 */
#ifndef VIFSWITCH_MIRROR_ABI_H
#define VIFSWITCH_MIRROR_ABI_H

#include <linux/types.h>

#define VIFSWITCH_MIRROR_MAGIC		0x7669666d	/* "vifm" */
#define VIFSWITCH_MIRROR_VERSION	1
#define VIFSWITCH_MIRROR_FIRST_LEN	48	/* octets of the first release's header */
#define VIFSWITCH_MIRROR_MAX		1024	/* octets of a mirror */
#define VIFSWITCH_SNAPLEN_MIN		64
#define VIFSWITCH_SNAPLEN_MAX		65535

#define VIFSWITCH_MF_DROPPED	(1U << 0)	/* also what the port's own policy refuses */
#define VIFSWITCH_MF_ALL	0x1U

struct vifswitch_mirror {
	__u32 magic;
	__u16 version;
	__u16 header_len;		/* MIRROR_FIRST_LEN or more, a multiple of 8 */
	__u32 total_len;
	__u32 flags;			/* VIFSWITCH_MF_* */
	__u32 output_port;		/* ifindex of a closed port of the switch */
	__u16 output_vlan;		/* 1..VID_MAX if output_port is 0, else 0 */
	__u16 reserved;
	/*
	 * id of a committed ACL, or 0: only what its rules allow is copied, those for "from"
	 * of what ports send, those for "to" of what they get; nothing is tracked
	 */
	__u32 acl;
	__u32 snaplen;			/* octets of a copy, SNAPLEN_MIN..SNAPLEN_MAX; 0: all */
	__u64 rate_bps;			/* of copies; RATE_MIN_BPS..RATE_MAX_BPS; 0: no limit */
	__u32 packet_rate;		/* copies a second, PPS_MIN..PPS_MAX; 0: no limit */
	__u32 vlan_offset;		/* bitmap: only frames of these VLANs; 0: of all */
};

/* Each copy that was to be made counts once; into a VLAN each uplink's is one. */
struct vifswitch_mirror_stats {
	__u64 packets;			/* copies that were sent; of a GSO frame its segments */
	__u64 octets;			/* of them, tag included, as sent */
	__u64 over_rate;		/* for which rate_bps or packet_rate left no room */
	__u64 no_output;		/* the output is not there, or down */
	__u64 failed;			/* memory was short, or the output's queue refused it */
	__u64 cut;			/* of the copies: shortened for the output's MTU */
};

#endif /* VIFSWITCH_MIRROR_ABI_H */
