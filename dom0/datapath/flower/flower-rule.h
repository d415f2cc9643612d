/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of tc on what a port's netdev receives, as they are meant: which frames, and what
 * becomes of them. They are tried stage by stage; within a stage no two want different things
 * of one frame, so their order there is of no matter; but for the last stage, which is made of
 * lists: rules of one are for the same addresses, VLAN and protocol, and the first that takes a
 * frame decides. A frame that no rule takes comes to the switch.
 */
#ifndef DATAPATH_FLOWER_RULE_H
#define DATAPATH_FLOWER_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/packet.h"

#define FLOWER_RULES_MAX	1024	/* of a port */

enum flower_stage {
	FLOWER_POLICE,		/* every frame is charged; what is too much is dropped */
	FLOWER_REFUSE,		/* dropped */
	FLOWER_FORWARD,
	FLOWER_LISTED,			/* forwarded, or with @reason dropped, as ACLs say */
	FLOWER_STAGES
};

/* MACs as vs_mac_load() has them, IP addresses and ports in host order. */
struct flower_rule {
	enum flower_stage stage;
	/* Matches: what is 0 or false is not looked at. */
	bool tagged;			/* one tag, of 802.1Q with @vid; else none */
	uint16_t vid;
	uint16_t type;			/* VS_TYPE_IP4 or VS_TYPE_IP6, behind the tag */
	uint64_t src, dst;
	uint8_t proto;
	bool whole;			/* no fragment */
	uint8_t src_bits, dst_bits;	/* so many leading bits of addresses, */
	union vs_address src_ip, dst_ip;
	uint8_t l4_src_bits, l4_dst_bits;	/* of ports, or of 8 of an ICMP type and code */
	uint16_t l4_src, l4_dst;
	uint8_t tcp_flags, tcp_mask;
	/* What becomes of it. */
	uint32_t to;			/* ifindex; 0: it is dropped */
	bool mark;			/* with @dscp */
	uint8_t dscp;
	bool pop, push;			/* tags; in that order */
	uint16_t push_tci;
	/* Of FLOWER_LISTED. */
	uint16_t order;			/* in its list, from 1 on */
	uint32_t reason;		/* enum vifswitch_drop_reason */
	uint32_t dropped_at;		/* ifindex, if that is not the sender's port */
	/* Rules that say so, of the sender's ACL and of the receiver's, by their cookies. */
	bool asked[2];			/* by enum vifswitch_acl_direction */
	uint64_t cookie[2];
	/* Of FLOWER_POLICE, one of the two. */
	uint64_t rate_bps, rate_burst;		/* bits per second, octets */
	uint64_t packet_rate, packet_burst;	/* per second */
};

static inline bool flower_rule_drops(const struct flower_rule *rule)
{
	return rule->stage == FLOWER_REFUSE || (rule->stage == FLOWER_LISTED && !rule->to);
}

struct flower_rules {
	struct flower_rule *rules;	/* ascending by stage */
	size_t count, room;
};

void flower_rules_deinit(struct flower_rules *rules);

#endif /* DATAPATH_FLOWER_RULE_H */
