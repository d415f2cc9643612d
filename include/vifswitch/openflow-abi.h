/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Flow tables, version 1: what OpenFlow becomes on its way to the kernel. Part of the kernel
 * ABI (abi.h, which says how it grows); host byte order. Numbers are our own: whoever speaks
 * OpenFlow translates, and refuses with OpenFlow's errors what cannot be said here.
 *
 * A switch is in flow mode if OF_MODE says so (SWITCH_SET). Then a frame that a port sends is
 * judged by that port's own program first (closed, guards, VLAN, ACL, rates), goes through the
 * tables from table 0, and by each port it leaves that port's program is asked (VLAN, ACL,
 * rates, MTU). Tables choose where frames go; they cannot allow what a program forbids.
 *
 * The key. A frame and its registers are one row of 16-bit words; a field is one or several of
 * them, the highest first, and each word is a number: the words of a MAC address 02:00:00:00:
 * 00:01 are 0x0200, 0, 1. Words of what a frame does not have are 0. A frame whose IP
 * header is malformed has nothing of IP, one whose transport header is has nothing of that, and
 * nobody looks behind a further VLAN tag.
 *
 * The VLAN of a frame. While its tag is as it came, a frame is in the VLAN it came in (an access
 * port's, say), and by the port it leaves that port's program tags it. PUSH_VLAN, and SET or
 * MOVE of VLAN_TCI, put it into the VLAN of that tag; POP_VLAN into the native one of whatever
 * port it leaves by.
 */
#ifndef VIFSWITCH_OPENFLOW_ABI_H
#define VIFSWITCH_OPENFLOW_ABI_H

#include <linux/types.h>

/*
 * Commands (abi.h), with the attributes that they take:
 *   SWITCH_SET      SWITCH, OF_MODE (u32 OF_ON, ...): flow mode on or off; off forgets all
 *   OF_CHANGE       SWITCH, OF_RECORDS, OF_KEEP (u8, 1)?: a transaction, or more of it to come
 *                   from this socket. EBUSY while another socket has one open; it ends without
 *                   effect after a minute without more, and when one of its records is refused
 *   OF_ABORT        SWITCH: whoever's transaction is open ends without effect
 *   OF_GET          dump: SWITCH, OF_KIND (u32, enum vifswitch_of_kind). Reply: SWITCH, OF_RECORDS
 *   OF_PACKET_OUT   SWITCH, OF_PACKET (struct vifswitch_of_packet_out + operations), PACKET
 *   OF_GRANT        SWITCH: until it is closed this socket may send the four above for that switch
 *                   without CAP_NET_ADMIN, whoever has it; OF_EVENT and OF_PACKET_IN come to it
 *                   and to nobody else; and OF_STANDALONE rests. In the place of whoever had it
 * Else, to the group "openflow":
 *   OF_EVENT        SWITCH, OF_RECORDS: FLOW_STATS of flows that a timeout ended
 *   OF_PACKET_IN    SWITCH, PORT, OF_PACKET (struct vifswitch_of_packet_in), PACKET
 * Refused with ENOSPC: a limit (OF_*_MAX) is reached; ENOENT: it names a group or meter that
 * there is not; EINVAL: what a record says; the text has the record's number and the octet.
 */
#define VIFSWITCH_MCGRP_OPENFLOW	"openflow"

#define VIFSWITCH_OF_TABLES		254	/* 0..253 */
#define VIFSWITCH_OF_FLOWS_MAX		200000	/* per switch */
#define VIFSWITCH_OF_GROUPS_MAX		4096	/* per switch */
#define VIFSWITCH_OF_BUCKETS_MAX	256	/* per group */
#define VIFSWITCH_OF_METERS_MAX		4096	/* per switch */
#define VIFSWITCH_OF_BANDS_MAX		4	/* per meter */
#define VIFSWITCH_OF_BAND_RATE_MAX	1000000000
#define VIFSWITCH_OF_OPS_MAX		4096	/* octets of a flow's or a bucket's operations */
#define VIFSWITCH_OF_CHANGES_MAX	32768	/* octets of one OF_CHANGE */
#define VIFSWITCH_OF_CLAUSES_MAX	64	/* of a conjunction */
/* Flows of conjunctions that a frame fits in one table, and ids they name; more: it is dropped. */
#define VIFSWITCH_OF_CONJUNCT_MAX	64
#define VIFSWITCH_OF_DEPTH_MAX		64	/* RESUBMIT inside RESUBMIT */
#define VIFSWITCH_OF_LOOKUPS_MAX	512	/* for one frame; more: it is dropped */
#define VIFSWITCH_OF_OUTPUTS_MAX	512	/* of one frame; FLOOD and ALL are one each */
/* Operations and buckets of one frame, and ports of its FLOODs; more: it ends there. */
#define VIFSWITCH_OF_STEPS_MAX		4096
#define VIFSWITCH_OF_PORT_MAX		8191	/* numbers of ports: 1..PORT_MAX */
/* OpenFlow's, plus one; 0 is below all of them, and the last one above. */
#define VIFSWITCH_OF_PRIORITY_MAX	65537
#define VIFSWITCH_OF_MEMORY_MAX		(256U << 20)	/* octets of a switch's tables */

/* OF_MODE. */
#define VIFSWITCH_OF_ON		(1U << 0)
#define VIFSWITCH_OF_STANDALONE	(1U << 1)	/* a frame no flow matches goes as without tables */
#define VIFSWITCH_OF_TRUSTED	(1U << 2)	/* outputs are not asked of ports' ACLs */
#define VIFSWITCH_OF_MODE_ALL	0x7U

/*
 * Fields: X(NAME, first word, words). IN_PORT, METADATA, TUNNEL_ID and REG are not part of the
 * frame; nor is CONJ_ID, which is 0 but while it is looked for (OP_CONJUNCTION), and which no
 * operation sets. IN_PORT is a port's number. VLAN_TCI is 0 without tag, else PCP << 13 | 0x1000
 * | VID; DEI has no place. ETH_TYPE is what follows the outer tag, 0x05ff of an 802.3 length.
 * IP_TOS: DSCP << 2 | ECN. IP_FRAG: OF_FRAG_*. L4_SRC and L4_DST are ports of TCP, UDP, UDP-Lite,
 * DCCP and SCTP, or ICMP's and ICMPv6's type and code. TCP_FLAGS has 12 bits. ND_* are those of
 * a neighbour solicitation or advertisement. MPLS is the outer entry of a label stack (RFC 3032):
 * label << 12 | TC << 9 | bottom << 8 | TTL. CT_STATE (OF_CT_*) and CT_ZONE are 0 but where OP_CT
 * went on in a table; only that sets them.
 */
#define VIFSWITCH_OF_FIELDS(X) \
	X(IN_PORT, 0, 2) \
	X(METADATA, 2, 4) \
	X(TUNNEL_ID, 6, 4) \
	X(REG, 10, 32)		/* REG n: 2 words from 10 + 2 * n on */ \
	X(ETH_DST, 42, 3) \
	X(ETH_SRC, 45, 3) \
	X(VLAN_TCI, 48, 1) \
	X(ETH_TYPE, 49, 1) \
	X(IP_PROTO, 50, 1) \
	X(IP_TOS, 51, 1) \
	X(IP_TTL, 52, 1) \
	X(IP_FRAG, 53, 1) \
	X(L4_SRC, 54, 1) \
	X(L4_DST, 55, 1) \
	X(TCP_FLAGS, 56, 1) \
	X(IP4_SRC, 57, 2) \
	X(IP4_DST, 59, 2) \
	X(IP6_SRC, 61, 8) \
	X(IP6_DST, 69, 8) \
	X(IP6_LABEL, 77, 2) \
	X(ARP_OP, 79, 1) \
	X(ARP_SPA, 80, 2) \
	X(ARP_TPA, 82, 2) \
	X(ARP_SHA, 84, 3) \
	X(ARP_THA, 87, 3) \
	X(ND_TARGET, 90, 8) \
	X(ND_SLL, 98, 3) \
	X(ND_TLL, 101, 3) \
	X(MPLS, 104, 2) \
	X(CONJ_ID, 106, 2) \
	X(CT_STATE, 108, 1) \
	X(CT_ZONE, 109, 1)
#define VIFSWITCH_OF_WORDS	110
#define VIFSWITCH_OF_REGS	16

enum vifswitch_of_field {
#define VIFSWITCH_OF_ENUM(name, first, words) VIFSWITCH_OF_##name = (first),
	VIFSWITCH_OF_FIELDS(VIFSWITCH_OF_ENUM)
#undef VIFSWITCH_OF_ENUM
};

#define VIFSWITCH_OF_VLAN_PRESENT	0x1000
#define VIFSWITCH_OF_FRAG_ANY		1	/* of any fragment */
#define VIFSWITCH_OF_FRAG_LATER		2	/* not of the first */

/*
 * CT_STATE, as Open vSwitch has it: TRACKED, and then
 *  INVALID   no IP, a later fragment, or what fits no session and begins none
 *  NEW       has no session, and may begin one; or no answer to it was seen yet
 *  ESTAB     of a session that was answered; with REPLY: against the direction of its first packet
 *  RELATED   an ICMP error that quotes what a session sent
 */
#define VIFSWITCH_OF_CT_NEW	0x01
#define VIFSWITCH_OF_CT_ESTAB	0x02
#define VIFSWITCH_OF_CT_RELATED	0x04
#define VIFSWITCH_OF_CT_REPLY	0x08
#define VIFSWITCH_OF_CT_INVALID	0x10
#define VIFSWITCH_OF_CT_TRACKED	0x20

/* Sessions of OP_CT that a port may have, unless its program says how many (connections_max). */
#define VIFSWITCH_OF_CT_MAX	16384

/* Ports beside the numbered ones. */
#define VIFSWITCH_OF_PORT_IN		0xfffffff8U	/* where the frame came from */
#define VIFSWITCH_OF_PORT_TABLE		0xfffffff9U	/* OF_PACKET_OUT only: table 0 */
#define VIFSWITCH_OF_PORT_NORMAL	0xfffffffaU	/* as a switch without tables */
#define VIFSWITCH_OF_PORT_FLOOD		0xfffffffbU	/* who wants floods in its VLAN */
#define VIFSWITCH_OF_PORT_ALL		0xfffffffcU	/* guarded ports, too */
#define VIFSWITCH_OF_PORT_LOCAL		0xfffffffeU	/* the switch's own netdev */

/* One word of a match; bits of value are bits of mask, and mask is not 0. */
struct vifswitch_of_word {
	__u16 word;		/* 0..OF_WORDS - 1 */
	__u16 value;
	__u16 mask;
};

/*
 * Operations: a flow's actions and instructions, one after the other. Each is of units * 8
 * octets and begins with this; what follows it is data. What an operation does not use is 0.
 */
struct vifswitch_of_op {
	__u8 code;		/* enum vifswitch_of_code */
	__u8 units;		/* 1.. */
	__u16 a;
	__u32 b;
};

enum vifswitch_of_code {
	VIFSWITCH_OF_OP_NONE,
	/* b: a port's number, or OF_PORT_*. To where the frame came from: only as PORT_IN */
	VIFSWITCH_OF_OP_OUTPUT,
	/* a: first of the two words of REG, or of IN_PORT, that hold the port */
	VIFSWITCH_OF_OP_OUTPUT_FIELD,
	/* a: octets at most (0xffff: all), b: packet_reason << 16 | controller. Data: u64 */
	VIFSWITCH_OF_OP_CONTROLLER,
	VIFSWITCH_OF_OP_GROUP,		/* b: the group */
	VIFSWITCH_OF_OP_METER,		/* b: the meter; over its rate the frame ends here */
	VIFSWITCH_OF_OP_PUSH_VLAN,	/* a: 0x8100 */
	VIFSWITCH_OF_OP_POP_VLAN,	/* nothing without a tag */
	/*
	 * a: first word, b: words, 1..8, of one field. Data: for each u16 value, u16 mask; filled
	 * up with 0. What the frame does not have is not set; IN_PORT, ETH_TYPE, IP_PROTO,
	 * IP_FRAG and TCP_FLAGS never. VLAN_TCI of a frame without tag pushes one, if the mask
	 * has the present bit
	 */
	VIFSWITCH_OF_OP_SET,
	/* b: bits, 1..64. Data: struct vifswitch_of_bits from, to */
	VIFSWITCH_OF_OP_MOVE,
	/* a: 1 makes an end of it at 0 in silence; b: else id of the controller that is told */
	VIFSWITCH_OF_OP_DEC_TTL,
	VIFSWITCH_OF_OP_GOTO,		/* a: a table behind the flow's own. Last of the flow's */
	/* data: operations for the action set: OUTPUT to GROUP, POP_, PUSH_VLAN, SET, DEC_TTL */
	VIFSWITCH_OF_OP_WRITE,
	VIFSWITCH_OF_OP_CLEAR,		/* the action set is empty */
	/* a: table; b: IN_PORT for that lookup, or 0: as it is. Then goes on here */
	VIFSWITCH_OF_OP_RESUBMIT,
	VIFSWITCH_OF_OP_DROP,		/* ends here; the action set is not carried out */
	/* data: what may be in a bucket, done with a copy of frame, registers and tag */
	VIFSWITCH_OF_OP_CLONE,
	/*
	 * a: clause << 8 | clauses (1..CLAUSES_MAX), b: id, not 0. A flow with these has nothing
	 * else and is no match by itself: a frame that fits such a flow of each clause, all of one
	 * table and one priority above that of whatever else matches, is looked up as one whose
	 * CONJ_ID is id
	 */
	VIFSWITCH_OF_OP_CONJUNCTION,
	/*
	 * a: the frame's type with its new label, 0x8847 or 0x8848. The label is 0, or that of the
	 * entry which was the outer one; so are TC and TTL, but that of a first entry is IP's
	 */
	VIFSWITCH_OF_OP_PUSH_MPLS,
	VIFSWITCH_OF_OP_POP_MPLS,	/* a: the type without it. Nothing without a label */
	VIFSWITCH_OF_OP_DEC_MPLS_TTL,	/* as DEC_TTL, of the outer label */
	/*
	 * Looks for the frame's session: at the port it came from, and at that of its destination.
	 * a: where it goes on with CT_STATE and CT_ZONE, as RESUBMIT does, then the last of the
	 * flow's; or OF_CT_HERE: nowhere. b: the zone, whose sessions are its own, and OF_CT_ flags
	 */
	VIFSWITCH_OF_OP_CT,
	/*
	 * OF_PACKET_IN with reason BY_LEARN tells the frame's first octets, with a as its data,
	 * unless the same values of some words of the key were told lately (OF_LEARN_SECONDS) of
	 * this flow. b: how many words, up to OF_LEARN_WORDS. Data: their numbers, u16, filled up
	 * with 0
	 */
	VIFSWITCH_OF_OP_LEARN,
	VIFSWITCH_OF_OP_COUNT
};

#define VIFSWITCH_OF_LEARN_WORDS	64
#define VIFSWITCH_OF_LEARN_SECONDS	1
#define VIFSWITCH_OF_LEARN_OCTETS	256	/* of the frame that are told */
/* How many of a switch are remembered as told; of more some are told again before their time. */
#define VIFSWITCH_OF_LEARN_PLACES	4096

#define VIFSWITCH_OF_CT_HERE	0xff
/* If there is none and it may begin one, it does, where it came from; over the limit: dropped */
#define VIFSWITCH_OF_CT_COMMIT	(1U << 16)
#define VIFSWITCH_OF_CT_WORD	(1U << 17)	/* the zone is a word of the key, of REG */
#define VIFSWITCH_OF_CT_CLEAR	(1U << 18)	/* CT_STATE and CT_ZONE are 0; nothing else */

/* Some bits of a field: of its words (first, words), from bit ofs on, bit 0 being the lowest. */
struct vifswitch_of_bits {
	__u16 first;
	__u16 words;
	__u16 ofs;
	__u16 reserved;
};

/*
 * Records: what OF_CHANGE does, and what OF_GET tells. Each begins with its length, a multiple
 * of 8, and its kind. The records of one OF_CHANGE, and of those before it that said OF_KEEP,
 * are one transaction: all or nothing, and no frame sees a part of it.
 */
struct vifswitch_of_record {
	__u32 len;
	__u16 kind;		/* enum vifswitch_of_kind */
	__u16 reserved;
};

enum vifswitch_of_kind {
	VIFSWITCH_OF_NONE,
	VIFSWITCH_OF_FLOW,		/* vifswitch_of_flow: new, or in the place of its id */
	VIFSWITCH_OF_FLOW_DEL,		/* struct vifswitch_of_name: ENOENT if there is none */
	VIFSWITCH_OF_FLOW_STATS,	/* struct vifswitch_of_flow_stats; OF_GET only */
	VIFSWITCH_OF_GROUP,		/* struct vifswitch_of_group: new, or in its place */
	VIFSWITCH_OF_GROUP_DEL,		/* struct vifswitch_of_name; EBUSY while flows name it */
	VIFSWITCH_OF_GROUP_STATS,	/* struct vifswitch_of_group_stats; OF_GET only */
	VIFSWITCH_OF_METER,		/* struct vifswitch_of_meter: new, or in its place */
	VIFSWITCH_OF_METER_DEL,		/* struct vifswitch_of_name; EBUSY while flows name it */
	VIFSWITCH_OF_METER_STATS,	/* struct vifswitch_of_meter_stats; OF_GET only */
	VIFSWITCH_OF_CLEAR,		/* a record alone: no flows, groups, meters any more */
	VIFSWITCH_OF_PORT,		/* struct vifswitch_of_port; OF_GET only */
	VIFSWITCH_OF_TABLE,		/* struct vifswitch_of_table; OF_GET only */
	VIFSWITCH_OF_KINDS
};

/* The matched words ascending, each once; then, 8-octet aligned, the operations. */
struct vifswitch_of_flow {
	struct vifswitch_of_record record;
	__u64 id;		/* not 0; chosen by userspace, one flow of the switch */
	__u64 cookie;
	__u32 priority;		/* 0..OF_PRIORITY_MAX; of equal ones either may be taken */
	__u16 table;
	__u16 flags;		/* OF_FLOW_* */
	__u16 idle;		/* s without a frame, then it goes; 0: never */
	__u16 hard;		/* s, then it goes; 0: never */
	__u16 match_count;	/* struct vifswitch_of_word behind this */
	__u16 ops_len;		/* octets, a multiple of 8 */
};

#define VIFSWITCH_OF_FLOW_RESET	(1U << 0)	/* in an old one's place: counters begin at 0 */
#define VIFSWITCH_OF_FLOW_AGED	(1U << 1)	/* ... its time begins anew */
#define VIFSWITCH_OF_FLOW_TELL	(1U << 2)	/* OF_EVENT tells when a timeout ends it */
#define VIFSWITCH_OF_FLOW_ALL	0x7U

struct vifswitch_of_name {
	struct vifswitch_of_record record;
	__u64 id;		/* flow, group or meter */
};

struct vifswitch_of_flow_stats {
	struct vifswitch_of_record record;
	__u64 id;
	__u64 cookie;
	__u64 packets;		/* GSO frames are their segments */
	__u64 bytes;
	__u64 age_ms;		/* since it was new */
	__u64 idle_ms;		/* since its last frame */
	__u16 table;
	__u8 reason;		/* OF_EVENT: enum vifswitch_of_removed */
	__u8 reserved[5];
};

enum vifswitch_of_removed {
	VIFSWITCH_OF_REMOVED_IDLE,
	VIFSWITCH_OF_REMOVED_HARD,
};

enum vifswitch_of_group_type {
	VIFSWITCH_OF_GROUP_FULL,	/* OpenFlow's "all": every bucket, each with its own copy */
	VIFSWITCH_OF_GROUP_SELECT,	/* one, by addresses, protocol and ports, by weight */
	VIFSWITCH_OF_GROUP_INDIRECT,	/* the only one */
	VIFSWITCH_OF_GROUP_FAILOVER,	/* the first that is alive */
	VIFSWITCH_OF_GROUP_TYPES
};

/* Buckets follow, each 8-octet aligned. */
struct vifswitch_of_group {
	struct vifswitch_of_record record;
	__u32 id;		/* 1..0xffffff01: OpenFlow's, plus one */
	__u8 type;		/* enum vifswitch_of_group_type */
	__u8 reserved;
	__u16 bucket_count;
};

/* Its operations follow: those from OUTPUT to DEC_TTL but GROUP and METER; of MPLS. */
struct vifswitch_of_bucket {
	__u32 id;		/* OpenFlow 1.5's; as it likes */
	__u16 weight;		/* of SELECT; else 0 */
	__u16 ops_len;
	__u32 watch_port;	/* alive if that port is up; 0: none */
	__u32 watch_group;	/* 0: nobody watches groups */
};

/* Counts of buckets follow, in their order. */
struct vifswitch_of_group_stats {
	struct vifswitch_of_record record;
	__u64 packets;
	__u64 bytes;
	__u64 age_ms;
	__u32 id;
	__u32 references;	/* flows that name it */
};

struct vifswitch_of_count {
	__u64 packets;
	__u64 bytes;
};

#define VIFSWITCH_OF_METER_PACKETS	(1U << 0)	/* rates are packets/s, else kbit/s */
#define VIFSWITCH_OF_METER_BURST	(1U << 1)	/* burst says something */
#define VIFSWITCH_OF_METER_STATS_ON	(1U << 2)	/* as OpenFlow's flag; counted anyway */
#define VIFSWITCH_OF_METER_ALL		0x7U

enum vifswitch_of_band_type {
	VIFSWITCH_OF_BAND_DROP,
	VIFSWITCH_OF_BAND_REMARK,	/* raises the drop precedence of an AF class (RFC 2597) */
	VIFSWITCH_OF_BAND_TYPES
};

struct vifswitch_of_band {
	__u32 rate;		/* 1..BAND_RATE_MAX packets/s or kbit/s */
	__u32 burst;		/* packets, or kbit; 0: a second's */
	__u16 type;		/* enum vifswitch_of_band_type */
	__u16 levels;		/* REMARK: 1..3; else 0 */
	__u32 reserved;
};

/* Bands follow; the one of the highest rate that is exceeded acts. */
struct vifswitch_of_meter {
	struct vifswitch_of_record record;
	__u32 id;		/* 1.. */
	__u16 flags;		/* OF_METER_* */
	__u16 band_count;	/* 0..BANDS_MAX */
};

/* struct vifswitch_of_count of each band follow: what it dropped or remarked. */
struct vifswitch_of_meter_stats {
	struct vifswitch_of_record record;
	__u64 packets;
	__u64 bytes;
	__u64 age_ms;
	__u32 id;
	__u32 references;
};

struct vifswitch_of_port {
	struct vifswitch_of_record record;
	__u32 number;		/* 1..PORT_MAX, or OF_PORT_LOCAL */
	__u32 ifindex;
	__u64 told;		/* frames told by OF_PACKET_IN */
	__u64 not_told;		/* over the port's rate, or its queue was full */
	__u64 rx_packets;	/* from the port: what it sent, and of that what was dropped */
	__u64 rx_bytes;
	__u64 rx_dropped;
	__u64 tx_packets;	/* to it */
	__u64 tx_bytes;
	char name[16];		/* of its netdev */
	__u8 mac[6];
	__u16 flags;		/* OF_PORT_UP, OF_PORT_CARRIER */
};

#define VIFSWITCH_OF_PORT_UP		(1U << 0)	/* it is administratively up, */
#define VIFSWITCH_OF_PORT_CARRIER	(1U << 1)	/* and carries */

struct vifswitch_of_table {
	struct vifswitch_of_record record;
	__u32 table;
	__u32 flows;
	__u64 lookups;
	__u64 matched;
	__u32 hashes;		/* masks that have a hash */
	__u32 vector;		/* flows in the bit vector */
	__u64 memory;		/* octets */
};

/*
 * OF_PACKET_IN, of a frame; PACKET has its octets, tag included: max_len of them at most, and of
 * what was not cut into packets yet (GSO) as many as one packet will have.
 */
struct vifswitch_of_packet_in {
	__u64 cookie;		/* of the flow */
	__u64 flow;		/* its id; 0: none matched */
	__u64 data;		/* what CONTROLLER said */
	__u32 in_port;
	__u32 frame_len;	/* octets of the whole */
	__u16 controller;	/* id */
	__u16 table;
	__u8 reason;		/* enum vifswitch_of_packet_reason */
	__u8 reserved;
	__u16 max_len;		/* octets that were asked for */
	__u64 metadata;
	__u64 tunnel_id;
	__u32 reg[VIFSWITCH_OF_REGS];
};

enum vifswitch_of_packet_reason {	/* OpenFlow's numbers, ours above them */
	VIFSWITCH_OF_BY_MISS,
	VIFSWITCH_OF_BY_ACTION,
	VIFSWITCH_OF_BY_TTL,
	VIFSWITCH_OF_BY_LEARN = 0xff,
};

/*
 * OF_PACKET_OUT: PACKET has the frame; operations follow this, a flow's without GOTO. None: the
 * frame goes through the tables, from table 0.
 */
struct vifswitch_of_packet_out {
	__u32 in_port;		/* a port's number, OF_PORT_LOCAL, or 0: none */
	__u32 ops_len;
};

/*
 * Rate of OF_PACKET_IN of each port, and how many wait: a port that floods takes nothing
 * from others.
 */
#define VIFSWITCH_OF_TOLD_PER_SEC	1000
#define VIFSWITCH_OF_TOLD_OCTETS	2048	/* told of one frame; more count as several */
#define VIFSWITCH_OF_TOLD_BURST		256

#endif /* VIFSWITCH_OPENFLOW_ABI_H */
