/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Openvswitch's flow key (linux/openvswitch.h, net/openvswitch/flow.c) as far as a decision
 * of ours can depend on it, and masks over it. The kernel says with a miss what it read in a
 * packet; we read the packet ourselves. The two may know different things of it
 * (Documentation/networking/openvswitch.rst, "Flow key compatibility"), so a mask is put in
 * force only where flow_key_fits().
 *
 * All values are in network order, as they are in the kernel's own structs. A tag's TCI has
 * the CFI bit set, which there means that there is a tag: whether the frame itself has DEI
 * set cannot be matched. A mask is a key, whose set bits are looked at.
 */
#ifndef DATAPATH_OVS_FLOW_KEY_H
#define DATAPATH_OVS_FLOW_KEY_H

#include <linux/openvswitch.h>
#include <stdbool.h>
#include <stdint.h>

#include "kmod/core/pipeline.h"

#define FLOW_TAG_PRESENT	0x1000	/* of a TCI, host order */
#define FLOW_TYPE_8022		0x0004	/* ethertype of what has a length in its place */

/* Bits of flow_key.parts: what is known; those that are not are zero. */
enum flow_part {
	FLOW_PORT,
	FLOW_ETHERNET,
	FLOW_TAG,		/* the outer tag */
	FLOW_INNER_TAG,
	FLOW_TYPE,		/* behind all tags that are known */
	FLOW_IP4,
	FLOW_IP6,
	FLOW_L4,		/* ports of TCP, UDP and SCTP */
	FLOW_TCP_FLAGS,
	FLOW_ICMP,		/* of both */
	FLOW_ARP,		/* and RARP */
	FLOW_PARTS
};

struct flow_tag {
	__be16 type, tci;
};

struct flow_key {
	uint32_t parts;
	uint32_t in_port;		/* host order */
	struct ovs_key_ethernet eth;
	struct flow_tag tag, inner_tag;
	__be16 type;
	struct ovs_key_ipv4 ip4;
	struct ovs_key_ipv6 ip6;
	struct ovs_key_tcp l4;
	__be16 tcp_flags;
	struct ovs_key_icmp icmp;
	struct ovs_key_arp arp;
};

static inline bool flow_has(const struct flow_key *key, enum flow_part part)
{
	return key->parts >> part & 1;
}

/* The octets of a part; *ret_len of them. */
uint8_t *flow_part(struct flow_key *key, enum flow_part part, uint32_t *ret_len);

/* What we read ourselves of a frame that was parsed, @p being its octets, */
void flow_key_of_frame(const struct vs_frame *f, uint32_t in_port, const uint8_t *p,
		       struct flow_key *ret);
/* and of its packet. Nothing is added of one that is not readable. */
void flow_key_of_packet(const struct vs_packet *pkt, const uint8_t *p, size_t len,
			struct flow_key *ret);

/*
 * Does the kernel take a packet with @key for @flow, i.e. are they the same under @mask? What
 * a key does not have is zeros there.
 */
bool flow_key_matches(const struct flow_key *key, const struct flow_key *flow,
		      const struct flow_key *mask);

/* Does @mask look at all that @wanted looks at? The kernel may make a mask look at more. */
bool flow_mask_covers(const struct flow_key *mask, const struct flow_key *wanted);

/*
 * Does the kernel's key say all that @mask looks at, and the same that we read? Else a flow
 * could stand for packets that we would decide otherwise. What it knows beside that is of no
 * matter.
 */
bool flow_key_fits(const struct flow_key *kernel, const struct flow_key *ours,
		   const struct flow_key *mask);

#endif /* DATAPATH_OVS_FLOW_KEY_H */
