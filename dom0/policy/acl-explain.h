/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet gets the verdict it gets from an ACL's rules: the first that
 * fits, and of each rule before it the first field that does not. This walks the
 * rules one by one and has nothing in common with the compiled lookup, which
 * must agree with it.
 */
#ifndef VIFSWITCH_ACL_EXPLAIN_H
#define VIFSWITCH_ACL_EXPLAIN_H

#include "policy/acl-rule.h"

struct vs_packet;

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

/* What the decision core read of a frame (kmod/core/packet.h) in @vlan. */
void acl_packet_from(struct acl_packet *ret, const struct vs_packet *packet, uint16_t vlan);

/* The fields of a rule in the order they are looked at. */
enum acl_field {
	ACL_FIELD_NONE,		/* the rule fits */
	ACL_FIELD_DIRECTION,
	ACL_FIELD_ETHERTYPE,
	ACL_FIELD_PROTOCOL,
	ACL_FIELD_SRC,
	ACL_FIELD_DST,
	ACL_FIELD_SRC_PORTS,
	ACL_FIELD_DST_PORTS,
	ACL_FIELD_ICMP_TYPE,
	ACL_FIELD_ICMP_CODE,
	ACL_FIELD_TCP_FLAGS,
	ACL_FIELD_VLANS,
	ACL_FIELDS
};

/* The schema's column: "direction", "src_ports", ... */
const char *acl_field_word(enum acl_field field);
/* The first field of @rule that @packet does not fit. */
enum acl_field acl_rule_mismatch(const struct acl_rule *rule,
				 enum vifswitch_acl_direction direction,
				 const struct acl_packet *packet);
/*
 * The first rule of a sealed ACL that fits, as an index into @acl->rules, or
 * ACL_NO_RULE when the direction's default decides. @ret_fields, if not NULL, has
 * room for @acl->rule_count and is filled for the rules before it (or for all).
 */
size_t acl_explain(const struct acl *acl, enum vifswitch_acl_direction direction,
		   const struct acl_packet *packet, enum acl_field *ret_fields);

#endif /* VIFSWITCH_ACL_EXPLAIN_H */
