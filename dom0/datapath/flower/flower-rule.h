/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of tc on what a port's netdev receives, as they are meant: which frames, and what
 * becomes of them. They are tried stage by stage; within a stage no two want different things
 * of one frame, so their order there is of no matter. A frame that no rule takes comes to the
 * switch.
 */
#ifndef DATAPATH_FLOWER_RULE_H
#define DATAPATH_FLOWER_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/packet.h"

enum flower_stage {
	FLOWER_POLICE,		/* every frame is charged; what is too much is dropped */
	FLOWER_REFUSE,		/* dropped */
	FLOWER_FORWARD,
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
	uint8_t src_bits;		/* so many leading bits of the sender's address */
	union vs_address src_ip;
	uint16_t l4_src, l4_dst;	/* of TCP or UDP */
	uint8_t icmp_type;		/* of ICMPv6 */
	/* What becomes of it. */
	uint32_t to;			/* ifindex */
	bool pop, push;			/* tags; in that order */
	uint16_t push_tci;
	/* Of FLOWER_POLICE, one of the two. */
	uint64_t rate_bps, rate_burst;		/* bits per second, octets */
	uint64_t packet_rate, packet_burst;	/* per second */
};

struct flower_rules {
	struct flower_rule *rules;	/* ascending by stage */
	size_t count, room;
};

void flower_rules_deinit(struct flower_rules *rules);

#endif /* DATAPATH_FLOWER_RULE_H */
