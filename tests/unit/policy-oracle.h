/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plainest reading of what rule.h says a rule matches: every rule, every
 * field, bit by bit. It shares no code with the compiler, with lookups and with
 * explain.h, so that they can be held against it.
 */
#ifndef POLICY_ORACLE_H
#define POLICY_ORACLE_H

#include "policy/acl/rule.h"

#define ACL_NO_RULE	SIZE_MAX

struct acl_packet {
	enum vifswitch_acl_family family;
	uint16_t ethertype;	/* behind the VLAN tag */
	uint16_t vlan;		/* 0..4094 */
	uint8_t protocol;	/* IP; of IPv6 behind the extension headers */
	uint8_t src[16];	/* IP, network byte order; IPv4: the first 4 */
	uint8_t dst[16];
	uint32_t l4_src;	/* source port or ICMP type, or VIFSWITCH_ACL_ABSENT */
	uint32_t l4_dst;	/* destination port or ICMP code, or VIFSWITCH_ACL_ABSENT */
	uint32_t tcp_flags;	/* or VIFSWITCH_ACL_ABSENT */
};

bool oracle_fits(const struct acl_rule *rule, enum vifswitch_acl_direction direction,
		 const struct acl_packet *packet);

/* The index in @acl->rules of the rule that decides, or ACL_NO_RULE. */
size_t oracle_lookup(const struct acl *acl, enum vifswitch_acl_direction direction,
		     const struct acl_packet *packet);

#endif /* POLICY_ORACLE_H */
