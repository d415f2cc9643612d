/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Flow records and samples of what ports send. Part of the kernel ABI (abi.h, which says
 * how it grows); host byte order but for addresses. A port is metered and sampled as its
 * program says (flow_entries, sample_every, ...), and a closed one is not.
 *
 * Each frame is metered once, where it comes in: so whoever meters all ports of a switch
 * has both directions of every VM, and nothing twice. A frame that was told in a record
 * is in no other one, so the sums of a port's records are exact:
 *  - packets and octets of the records with ACCEPTED are what the port's FROM_PACKETS and
 *    FROM_BYTES count meanwhile
 *  - frames of those without, by reason, what its drops count; packets are the segments of
 *    those frames. (What is dropped on its way out is ACCEPTED, with that reason, which
 *    is counted at the port that "to" names)
 * Keys are lost where a port begins more flows than its table and its flow_rate have room
 * for; packets and octets then go to a record of the REST, one for each reason.
 *
 * Who may see: messages go to the groups "flows" and "samples" of the family, which need
 * CAP_NET_ADMIN to join, not to read. So who has it opens a socket with
 * NETLINK_BROADCAST_ERROR, joins, and hands it to who reads: that one can ask for nothing,
 * for requests need the capability where they are made. A message that a socket has no
 * room for is sent again, its records as REST; nothing is lost while the socket is open and
 * the port is there. One socket at most has NETLINK_BROADCAST_ERROR: a message that one of
 * two has no room for is told to both again. Who looks on beside it leaves that option out,
 * and may miss messages, and see as REST again what that one had no room for. Without a
 * listener all stays where it is, and what has no room there becomes REST.
 */
#ifndef VIFSWITCH_FLOW_ABI_H
#define VIFSWITCH_FLOW_ABI_H

#include <linux/types.h>

#define VIFSWITCH_MCGRP_FLOWS		"flows"
#define VIFSWITCH_MCGRP_SAMPLES		"samples"

/* Of a program. */
#define VIFSWITCH_FLOW_ENTRIES_MIN	64
#define VIFSWITCH_FLOW_ENTRIES_MAX	65536
#define VIFSWITCH_FLOW_SECONDS_MAX	86400
#define VIFSWITCH_FLOW_RATE_MAX		65536
#define VIFSWITCH_SAMPLE_EVERY_MAX	0x3fffffff
#define VIFSWITCH_SAMPLE_RATE_MAX	65536
#define VIFSWITCH_SAMPLE_OCTETS_MIN	18
#define VIFSWITCH_SAMPLE_OCTETS_MAX	256

/* Why a record ends. Append only; the numbers are those of IPFIX' flowEndReason. */
enum vifswitch_flow_end {
	VIFSWITCH_FLOW_END_UNSPEC,
	VIFSWITCH_FLOW_END_IDLE,
	VIFSWITCH_FLOW_END_ACTIVE,	/* it goes on: what follows is in another record */
	VIFSWITCH_FLOW_END_DETECTED,	/* TCP: FIN or RST, then silence */
	VIFSWITCH_FLOW_END_FORCED,	/* the port left, or is metered otherwise now */
	VIFSWITCH_FLOW_END_RESOURCES,	/* another flow took its place; and of the REST */
};

#define VIFSWITCH_FLOW_ACCEPTED	(1U << 0)	/* counted by FROM_PACKETS and FROM_BYTES */
#define VIFSWITCH_FLOW_TAGGED	(1U << 1)	/* frames came in with a VLAN tag */
#define VIFSWITCH_FLOW_IP	(1U << 2)	/* addresses, proto, ports and tos say something */
#define VIFSWITCH_FLOW_FRAGMENT	(1U << 3)	/* later fragments, which have no ports */
#define VIFSWITCH_FLOW_REST	(1U << 4)	/* of any: reason, times and sums say something */

/* Values of "to" that are no ifindex. */
#define VIFSWITCH_FLOW_TO_NONE	0U
#define VIFSWITCH_FLOW_TO_MANY	0xffffffffU	/* every port that wants it: a group, or unknown */

/*
 * One record. An array of them in A_FLOWS, each of A_FLOW_LEN octets: a later module's
 * may be longer than its reader knows.
 */
struct vifswitch_flow {
	__u64 first_ms;			/* since 1970, of its first and last packet */
	__u64 last_ms;
	__u64 packets;			/* segments of a GSO frame */
	__u64 octets;			/* on the wire without FCS: Ethernet, tags, headers */
	__u64 octets_l3;		/* from the IP header on, without padding */
	__u64 frames;			/* as drops are counted */
	__u8 src[16];			/* IPv4: the first 4, then zeros */
	__u8 dst[16];
	__u8 src_mac[6];		/* of the first packet, but for what is not IP: of all */
	__u8 dst_mac[6];
	__u16 ethertype;		/* behind the tag; below 0x600: a length's, 0 */
	__u16 vlan;			/* VID_NONE: dropped before it had one */
	__u16 src_port;			/* ICMP: type, */
	__u16 dst_port;			/* and code */
	__u32 to;			/* ifindex by which it went, or would have; see above */
	__u32 reason;			/* enum vifswitch_drop_reason; NONE: delivered */
	__u8 proto;
	__u8 tos;			/* of the first packet: DSCP and ECN */
	__u8 tcp_flags;			/* of all of them */
	__u8 end;			/* enum vifswitch_flow_end */
	__u32 flags;			/* VIFSWITCH_FLOW_* */
};

#define VIFSWITCH_SAMPLE_DROPPED (1U << 0)	/* told because it was dropped, chosen or not */
#define VIFSWITCH_SAMPLE_CHOSEN	(1U << 1)	/* one of sample_every */
#define VIFSWITCH_SAMPLE_TAGGED	(1U << 2)	/* came in with a tag, which A_PACKET has */
#define VIFSWITCH_SAMPLE_ACCEPTED (1U << 3)	/* as FLOW_ACCEPTED */

/* One sample: A_SAMPLE, with the frame's first octets as it came in as A_PACKET. */
struct vifswitch_sample {
	__u32 flags;			/* VIFSWITCH_SAMPLE_*: CHOSEN, DROPPED or both */
	__u32 every;			/* the mean distance: sample_every */
	__u64 pool;			/* packets so far of which some were chosen, this one too */
	__u64 sequence;			/* samples with CHOSEN so far, this one too */
	__u64 excess;			/* chosen so far, but over sample_rate: not told */
	__u64 drop_sequence;		/* dropped frames told so far, and not told, likewise */
	__u64 drop_excess;
	__u32 to;			/* as in a record; TO_NONE where it was dropped before */
	__u32 reason;
	__u32 frame_len;		/* octets, of GSO: of a segment; tag too, no FCS */
	__u32 count;			/* of a GSO frame: as many of its segments were chosen */
	__u16 vlan;			/* VID_NONE: dropped before it had one */
	__u16 prio;			/* PCP, 0..7 */
	__u32 reserved;
};

#endif /* VIFSWITCH_FLOW_ABI_H */
