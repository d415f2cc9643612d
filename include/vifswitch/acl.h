/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * ACL, version 1: rules compiled for lookup, as one flat blob that userspace
 * makes and the kernel checks once and then only reads. Part of the kernel ABI
 * (abi.h, which says how its header grows): host byte order; sections follow the
 * header, are 8-octet aligned and lie inside total_len; unknown values and non-zero
 * reserved fields are refused.
 *
 * The method is that of aggregated bit vectors. The rules that can match in a
 * table (a direction and a family) are numbered in their order. Each dimension
 * (source address, protocol, ...) maps the packet's value to a class, and each
 * class has a set: one bit for each rule that this value fits, preceded by a
 * summary with one bit for each 64-bit word of the set that is not zero. The
 * first rule that matches is the lowest bit of the intersection of the sets, one
 * from each dimension. So a lookup costs a search in each dimension and at most
 * one look at each word, n/64, whatever the rules and the packets are: no
 * packets can make it slower. A rule that matches several prefixes or port
 * ranges is still one bit.
 *
 * Tracking: what a rule without STATELESS allows is remembered as a session of the port
 * (session-abi.h; kmod/core/sessions.h says what for). A packet that the rules deny
 * passes all the same if it answers a session of this port (goes against the direction
 * that began it, or is an ICMP error about it); a packet in a session's first direction
 * always needs a rule that allows it, so a rule taken away ends the sessions it allowed.
 * Frames to group addresses are not tracked.
 *
 * Fragments: a later fragment has no ports; if no rule without them decides, it
 * gets the verdict its first fragment got (same port, addresses, protocol,
 * identification, within 30 s), or is dropped when that did not come before it.
 */
#ifndef VIFSWITCH_ACL_H
#define VIFSWITCH_ACL_H

#include <linux/types.h>

#define VIFSWITCH_ACL_MAGIC		0x76696661	/* "vifa" */
#define VIFSWITCH_ACL_VERSION		1
#define VIFSWITCH_ACL_FIRST_LEN		48	/* octets of the first release's header */
#define VIFSWITCH_ACL_RULES_MAX		4096		/* in a table: 64 words */
#define VIFSWITCH_ACL_MAX		(32U << 20)	/* octets of a blob */

enum vifswitch_acl_direction {
	VIFSWITCH_ACL_FROM,
	VIFSWITCH_ACL_TO,
	VIFSWITCH_ACL_DIRECTIONS
};

/* By ethertype behind the VLAN tag: 0x0800, 0x86dd, any other (ARP, ...). */
enum vifswitch_acl_family {
	VIFSWITCH_ACL_IP4,
	VIFSWITCH_ACL_IP6,
	VIFSWITCH_ACL_OTHER,
	VIFSWITCH_ACL_FAMILIES
};

enum vifswitch_acl_action {
	VIFSWITCH_ACL_ALLOW,
	VIFSWITCH_ACL_DENY,
	VIFSWITCH_ACL_REJECT,	/* deny and answer: TCP reset, else ICMP admin prohibited */
	VIFSWITCH_ACL_ACTIONS
};

#define VIFSWITCH_ACL_RF_STATELESS	(1U << 0)	/* what it allows is not tracked */
#define VIFSWITCH_ACL_RF_LOG		(1U << 1)
#define VIFSWITCH_ACL_RF_ALL		0x3U

struct vifswitch_acl_rule {
	__u64 cookie;		/* names the rule in events and hits; not RULE_DEFAULT_* */
	__u8 action;		/* enum vifswitch_acl_action */
	__u8 flags;		/* VIFSWITCH_ACL_RF_* */
	__u8 reserved[6];
};

/* In place of a rule's cookie: no rule matched. */
#define VIFSWITCH_RULE_DEFAULT_FROM	0xffffffffffffffffULL
#define VIFSWITCH_RULE_DEFAULT_TO	0xfffffffffffffffeULL

/*
 * Dimensions and the value each looks up. ABSENT stands for a field the packet
 * does not have: ports and ICMP type of later fragments and of protocols without
 * them, flags of all but TCP; no value of a rule includes it, "any" does.
 *   SRC, DST   IPv4: u32; IPv6: 128 bits; OTHER: not used
 *   PROTO      IP: protocol behind extension headers, 0..255; OTHER: ethertype
 *   L4_SRC     TCP, UDP, UDP-Lite, DCCP, SCTP source port; ICMP type
 *   L4_DST     destination port; ICMP code
 *   TCP_FLAGS  0..255: FIN is bit 0, CWR bit 7
 *   VLAN       0..4094
 */
enum vifswitch_acl_dimension {
	VIFSWITCH_ACL_SRC,
	VIFSWITCH_ACL_DST,
	VIFSWITCH_ACL_PROTO,
	VIFSWITCH_ACL_L4_SRC,
	VIFSWITCH_ACL_L4_DST,
	VIFSWITCH_ACL_TCP_FLAGS,
	VIFSWITCH_ACL_VLAN,
	VIFSWITCH_ACL_DIMENSIONS
};
#define VIFSWITCH_ACL_ABSENT	0x10000U	/* as a value of L4_*, TCP_FLAGS */

/*
 * SRC and DST: bounds are the sorted first values of the intervals (u32 each for
 * IPv4, two u64 with the high one first for IPv6), the first of them 0, with
 * classes[i] (u16) the class of interval i. The others: a value v is looked up
 * in two steps, page = pages[v >> 8] (u16), then classes[page * 256 + (v & 255)]
 * (u16); there are 257 pages entries for L4_*, TCP_FLAGS, and PROTO of OTHER, 1
 * for PROTO of IP, 16 for VLAN. Equal pages are shared.
 * sets: class_count * (1 + words) u64, of each class the summary and the words.
 */
struct vifswitch_acl_dim {
	__u32 class_count;	/* 0: not used, every value fits every rule; the rest is 0 */
	__u32 index_count;	/* SRC, DST: intervals; others: pages (256 classes each) */
	__u32 index_offset;	/* bounds or pages */
	__u32 classes_offset;
	__u32 sets_offset;
	__u32 reserved;
};

struct vifswitch_acl_table {
	__u32 rule_count;	/* 1..RULES_MAX */
	__u32 words;		/* (rule_count + 63) / 64 */
	__u32 rules_offset;	/* u16[rule_count]: ascending indices into the ACL's rules */
	__u32 reserved;
	struct vifswitch_acl_dim dim[VIFSWITCH_ACL_DIMENSIONS];
};

struct vifswitch_acl {
	__u32 magic;
	__u16 version;
	__u16 header_len;		/* ACL_FIRST_LEN or more, a multiple of 8 */
	__u32 total_len;
	__u32 rule_count;		/* 0..2 * RULES_MAX */
	__u32 rules_offset;		/* struct vifswitch_acl_rule[rule_count]; 0 if none */
	__u8 default_action[VIFSWITCH_ACL_DIRECTIONS];	/* enum vifswitch_acl_action */
	__u8 default_flags[VIFSWITCH_ACL_DIRECTIONS];	/* VIFSWITCH_ACL_RF_* */
	/* struct vifswitch_acl_table; 0: no rule can match there */
	__u32 table_offset[VIFSWITCH_ACL_DIRECTIONS][VIFSWITCH_ACL_FAMILIES];
};

#define VIFSWITCH_HITS_LEN	16		/* octets of one, */
#define VIFSWITCH_HITS_MAX	16384		/* and of those of a HITS_CARRY */

struct vifswitch_acl_hits {
	__u64 cookie;			/* or RULE_DEFAULT_* */
	__u64 packets;			/* GSO frames count as one */
};

#endif /* VIFSWITCH_ACL_H */
