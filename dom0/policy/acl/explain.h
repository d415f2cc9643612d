/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet does not fit a rule of an ACL that is in force. All is read out of
 * the compiled ACL, for that is what decides: its rules as they were written may
 * have changed since, or not be known on this host at all.
 *
 * Of the rules as written a table keeps, for each dimension, which rules fit each
 * class of values. So one bit tells whether a rule fits a packet's value, and the
 * values whose classes have a rule's bit are those that the rule wants.
 */
#ifndef POLICY_ACL_EXPLAIN_H
#define POLICY_ACL_EXPLAIN_H

#include "acl-tables.h"

/* Bits of what does not fit: 1 << enum vifswitch_acl_dimension, and: */
#define ACL_MISS_FAMILY		(1U << VIFSWITCH_ACL_DIMENSIONS)
#define ACL_MISS_DIRECTION	(1U << (VIFSWITCH_ACL_DIMENSIONS + 1))
/* It fits no packet: a group without members, or fields that never go together. */
#define ACL_MISS_IDLE		(1U << (VIFSWITCH_ACL_DIMENSIONS + 2))

/*
 * What of rule number @rule (in @acl->rules) a readable packet in VLAN @vid does
 * not fit; 0: it fits. Of a rule for another direction or family those dimensions
 * are told that mean the same there.
 */
unsigned int acl_rule_misses(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
			     const struct vs_packet *pkt, u16 vid, u32 rule);
/* 1 << enum vifswitch_acl_family and 1 << direction of packets that can fit it. */
unsigned int acl_rule_families(const struct vs_acl *acl, u32 rule);
unsigned int acl_rule_directions(const struct vs_acl *acl, u32 rule);

/* Numbers are in [1] (IPv4 addresses as well), IPv6 addresses with the high half in [0]. */
struct acl_values {
	u64 first[2];
	u64 last[2];		/* included */
};

/*
 * The values that a rule wants in a dimension: ascending ranges that do not touch.
 * How many there are, of which the first @max are in @ret; 0 also if the rule is
 * not in that table.
 */
size_t acl_rule_values(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		       enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension,
		       u32 rule, struct acl_values *ret, size_t max);

#endif /* POLICY_ACL_EXPLAIN_H */
