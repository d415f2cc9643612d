/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ACL as its writer sees it: rules with names, in their order. Whoever reads
 * them (out of the database, out of a file) fills a struct acl, seals it, and
 * has it compiled (compile.h).
 *
 * What a rule matches: a packet that fits every field that is given.
 *   ethertype      behind the VLAN tag
 *   protocol       IPv4 and IPv6 alike, behind IPv6's extension headers
 *   src, dst       an address of either family in the list; a rule with both
 *                  families in src and only IPv4 in dst matches IPv4 only
 *   ports          of TCP, UDP, UDP-Lite, DCCP, SCTP; not of later fragments
 *   icmp           with protocol 1 IPv4 only, with protocol 58 IPv6 only
 *   tcp flags      all of "set" are set and none of "clear" is
 * A rule with any of the last five, or a protocol, matches IP packets only.
 *
 * Contradictions in a rule (ports without a protocol that has them, an ICMPv6
 * type with ethertype IPv4, ...) are refused by acl_seal(). What depends on the
 * addresses is not, because the members of groups come and go, and a group that
 * loses its last one must not take the whole ACL down: such a rule matches
 * nothing meanwhile. An empty list (a group without
 * members) matches nothing; only NULL matches every address.
 *
 * Sealing also appends, in a direction whose default is not to allow, the
 * built-in rules without which no usable network is left. They come last, so
 * any rule of the operator's goes before them, and they are not tracked:
 *   implicit-arp       both   ARP
 *   implicit-nd        both   ICMPv6 router solicitation, neighbour solicitation,
 *                             neighbour advertisement (133, 135, 136)
 *   implicit-ra        to     ICMPv6 router advertisement (134)
 *   implicit-mld       both   ICMPv6 multicast listener query, report, done
 *                             (130-132) and version 2 report (143)
 *   implicit-igmp      both   IGMP
 *   implicit-rarp      from   RARP
 *   implicit-dhcp      from   UDP port 68 to port 67
 *                      to     UDP port 67 to port 68
 *   implicit-dhcpv6    from   UDP port 546 to ff02::1:2 port 547
 *                      to     UDP port 547 of fe80::/10 to port 546
 * A guarded port's programs still refuse what its VM may not claim, advertise
 * or serve; built-in rules allow nothing that the guard forbids.
 */
#ifndef POLICY_ACL_RULE_H
#define POLICY_ACL_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "policy/bounds.h"
#include "vifswitch/acl.h"

#define ACL_ANY			(-1)
#define ACL_NAME_MAX		64		/* octets with the final NUL */
#define ACL_LIST_NAME_MAX	(PORT_ACLS_MAX * ACL_NAME_MAX)	/* "base,web" */
#define ACL_VLANS_LEN		512		/* octets: bit v is octet v / 8, bit v % 8 */

/*
 * Cookies from here on are those of built-in rules and VIFSWITCH_RULE_DEFAULT_*.
 */
#define ACL_COOKIE_RESERVED	0xffffffffffffff00ULL

struct acl_range {
	uint16_t first;
	uint16_t last;		/* included */
};

struct acl_ranges {
	struct acl_range *items;	/* in any order, may overlap */
	size_t count;			/* 0: every port, and packets without ports */
};

struct acl_rule {
	char name[ACL_NAME_MAX];
	uint64_t cookie;
	uint32_t priority;		/* lower ones are tried first */
	enum vifswitch_acl_direction direction;
	enum vifswitch_acl_action action;
	bool stateless;
	bool log;
	bool builtin;			/* set by acl_seal() only */
	uint8_t part;			/* of an ACL that is a list (acl-list.h): whose it is */
	int32_t ethertype;		/* 0x0600..0xffff or ACL_ANY */
	int16_t protocol;		/* 0..255 or ACL_ANY */
	int16_t icmp_type;		/* 0..255 or ACL_ANY */
	int16_t icmp_code;		/* 0..255 or ACL_ANY */
	uint8_t tcp_set;		/* FIN is bit 0, CWR bit 7 */
	uint8_t tcp_clear;
	/* NULL: any. Normal sets, owned by the ACL (acl_new_set()) or outliving it */
	const struct prefix_set *src;
	const struct prefix_set *dst;
	struct acl_ranges src_ports;
	struct acl_ranges dst_ports;
	uint8_t *vlans;			/* ACL_VLANS_LEN octets, or NULL: any; owned */
};

/* What is left of a rule once it is compiled: what people know it by. */
struct acl_rule_name {
	uint64_t cookie;
	char name[ACL_NAME_MAX];
	uint8_t direction, action;	/* enum vifswitch_acl_direction, _action */
	uint8_t part;
	bool log;
};

struct acl {
	char name[ACL_LIST_NAME_MAX];
	uint8_t default_action[VIFSWITCH_ACL_DIRECTIONS];	/* enum vifswitch_acl_action */
	uint8_t default_flags[VIFSWITCH_ACL_DIRECTIONS];	/* VIFSWITCH_ACL_RF_* */
	uint8_t default_part[VIFSWITCH_ACL_DIRECTIONS];		/* of a list: whose they are */
	/* sealed: in the order they are tried, built-in ones last */
	struct acl_rule *rules;
	size_t rule_count;
	size_t rule_room;
	bool sealed;
	struct prefix_set **sets;
	size_t set_count;
};

/* No rules, both defaults deny. @name is cut to ACL_LIST_NAME_MAX. */
void acl_init(struct acl *acl, const char *name);
/*
 * A rule that allows all from the VM, in no place yet; NULL without memory. Valid
 * until the next call. Not after acl_seal().
 */
struct acl_rule *acl_new_rule(struct acl *acl, const char *name);
/* An empty set that lives as long as the ACL; NULL without memory. */
struct prefix_set *acl_new_set(struct acl *acl);
/* -ENOMEM; the rule owns the copy. */
int acl_ranges_add(struct acl_ranges *ranges, uint16_t first, uint16_t last);
/* -ENOMEM; VLAN 0..4094, 0 the untagged network. */
int acl_rule_add_vlan(struct acl_rule *rule, uint16_t vlan);
/*
 * Check all rules, put them in order, append the built-in ones. -EINVAL with
 * @problem naming ACL, rule, field, value and what would be accepted; -ENOMEM.
 */
int acl_seal(struct acl *acl, struct problem *problem);
void acl_deinit(struct acl *acl);

/* The cookie of the rule whose row has this UUID: never a reserved one. */
uint64_t acl_cookie(const uint8_t uuid[16]);

/* TCP, UDP, UDP-Lite, DCCP, SCTP. */
bool acl_protocol_has_ports(int protocol);
/* Whether packets of @family can fit @rule, by its fields and its addresses. */
bool acl_rule_in_family(const struct acl_rule *rule, enum vifswitch_acl_family family);

#endif /* POLICY_ACL_RULE_H */
