/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the decision core (kmod/core) looked at, as a mask over openvswitch's flow key. The
 * core itself is not instrumented: it would read more than its answer depends on (a parser
 * reads all ports, whoever wants them) and cost the kernel. Instead each stage that was asked
 * is told here, and adds what its answer can depend on:
 *
 *  - Frame, VLAN, guard of the source, learning and forwarding: addresses, tags and type,
 *    all of them exactly.
 *  - A stage that parses the packet: family, protocol and fragmentation exactly.
 *  - The guard compares values with others that it knows: listed ranges, DHCP's ports. Its
 *    answer is the same for all values between two such.
 *  - An ACL maps the values of its dimensions to classes (vifswitch/acl.h), and its answer
 *    depends on nothing else.
 *
 * So of a value a mask needs to keep only the largest aligned block round it within which
 * nothing changes. Blocks are cut to few sizes, which bounds the masks of a datapath: IPv4
 * prefixes of 0, 8, 16, 24, 32 bits, IPv6 of 0, 32, 48, 64, 128, ports of 0, 6, 16. A smaller
 * block is always right, a larger one never: tests/fuzz/megaflow-decide.c looks for packets that
 * are the same under a mask and not for the core.
 *
 * What a packet is that no flow key can tell from others is decided by hand: enum seen_hand.
 */
#ifndef DATAPATH_OVS_SEEN_H
#define DATAPATH_OVS_SEEN_H

#include "datapath/ovs/flow-key.h"

/* Why no flow may stand for the packet; the first that was found. */
enum seen_hand {
	SEEN_FLOW,		/* one may */
	SEEN_CLOSED,		/* of a port without a program, which has no flows at all */
	SEEN_TRUNCATED,		/* a frame without its own headers */
	SEEN_UNREADABLE,	/* headers that are refused, which the kernel's key does not tell */
	SEEN_FRAGMENT,		/* where rules look at ports */
	SEEN_NEIGHBOURS,	/* neighbour discovery, whose options have no key */
	SEEN_GROUP_REPORT,	/* IGMP's type has no key */
	SEEN_PROTOCOL,		/* ports of a protocol whose ports have no key */
	SEEN_NO_HEADER,		/* zeros, which a cut header is told by, too */
	SEEN_SESSION,		/* depends on connections */
	SEEN_TOLD,		/* is answered or logged each time */
	SEEN_KEY,		/* the kernel's key says less, or something else */
	SEEN_HANDS
};

const char *seen_hand_word(enum seen_hand hand);

struct seen {
	struct flow_key mask;
	enum seen_hand hand;
};

/* Of every frame; @prog may be NULL. */
void seen_frame(struct seen *s, const struct vs_program *prog, const struct vs_verdict *v);
/*
 * The stages that look into a packet, as far as vs_ingress() went with @prog. v->access was
 * zero before, and where the guard was content with a glance the packet was parsed since.
 */
void seen_ingress(struct seen *s, const struct vs_program *prog, const struct vs_acl *acl,
		  const struct vs_verdict *v);
/* @acl said @access of a packet of @v. */
void seen_acl(struct seen *s, const struct vs_acl *acl, enum vifswitch_acl_direction dir,
	      const struct vs_verdict *v, const struct vs_access *access);

/* After all others. */
void seen_end(struct seen *s, const struct vs_verdict *v);

/* Leading bits that a mask keeps of a value which is one of first to last. */
unsigned int seen_bits4(uint32_t value, uint32_t first, uint32_t last);
unsigned int seen_bits6(const uint64_t value[2], const uint64_t first[2], const uint64_t last[2]);
unsigned int seen_bits_port(uint16_t value, uint16_t first, uint16_t last);

#endif /* DATAPATH_OVS_SEEN_H */
