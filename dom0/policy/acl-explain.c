// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <string.h>

#include "base/cleanup.h"
#include "packet.h"
#include "policy/acl-explain.h"

static void store_address(uint8_t addr[16], const union vs_address *from, bool wide)
{
	uint64_t halves[2] = { htobe64(from->ip6[0]), htobe64(from->ip6[1]) };
	uint32_t ip4 = htobe32(from->ip4);

	if (wide)
		memcpy(addr, halves, sizeof(halves));
	else
		memcpy(addr, &ip4, sizeof(ip4));
}

void acl_packet_from(struct acl_packet *ret, const struct vs_packet *packet, uint16_t vlan)
{
	bool wide = packet->family == VIFSWITCH_ACL_IP6;

	*ret = (struct acl_packet){
		.family = packet->family,
		.ethertype = packet->type,
		.vlan = vlan,
		.l4_src = packet->l4_src,
		.l4_dst = packet->l4_dst,
		.tcp_flags = packet->tcp_flags,
	};
	if (packet->family == VIFSWITCH_ACL_OTHER)
		return;
	ret->protocol = (uint8_t)packet->proto;
	store_address(ret->src, &packet->src, wide);
	store_address(ret->dst, &packet->dst, wide);
}

const char *acl_field_word(enum acl_field field)
{
	static const char *const words[] = {
		[ACL_FIELD_NONE] = "none",
		[ACL_FIELD_DIRECTION] = "direction",
		[ACL_FIELD_ETHERTYPE] = "ethertype",
		[ACL_FIELD_PROTOCOL] = "protocol",
		[ACL_FIELD_SRC] = "src",
		[ACL_FIELD_DST] = "dst",
		[ACL_FIELD_SRC_PORTS] = "src_ports",
		[ACL_FIELD_DST_PORTS] = "dst_ports",
		[ACL_FIELD_ICMP_TYPE] = "icmp_type",
		[ACL_FIELD_ICMP_CODE] = "icmp_code",
		[ACL_FIELD_TCP_FLAGS] = "tcp_flags",
		[ACL_FIELD_VLANS] = "vlans",
	};

	return (size_t)field < ARRAY_SIZE(words) ? words[field] : "unknown";
}

static bool in_set(const struct prefix_set *set, const struct acl_packet *packet,
		   const uint8_t *addr)
{
	if (!set)
		return true;
	if (packet->family == VIFSWITCH_ACL_OTHER)
		return false;
	return prefix_set_contains(set, packet->family == VIFSWITCH_ACL_IP4 ? PREFIX_IP4 :
				   PREFIX_IP6, addr);
}

static bool in_ranges(const struct acl_ranges *ranges, uint32_t port)
{
	if (!ranges->count)
		return true;
	for (size_t i = 0; i < ranges->count; i++) {
		if (port >= ranges->items[i].first && port <= ranges->items[i].last)
			return true;
	}
	return false;
}

static bool fits_flags(const struct acl_rule *rule, uint32_t flags)
{
	if (!rule->tcp_set && !rule->tcp_clear)
		return true;
	return flags != VIFSWITCH_ACL_ABSENT && (flags & rule->tcp_set) == rule->tcp_set &&
	       !(flags & rule->tcp_clear);
}

enum acl_field acl_rule_mismatch(const struct acl_rule *rule,
				 enum vifswitch_acl_direction direction,
				 const struct acl_packet *packet)
{
	bool ip = packet->family != VIFSWITCH_ACL_OTHER;
	int icmp = packet->family == VIFSWITCH_ACL_IP4 ? 1 : 58;

	if (rule->direction != direction)
		return ACL_FIELD_DIRECTION;
	if (rule->ethertype != ACL_ANY && rule->ethertype != packet->ethertype)
		return ACL_FIELD_ETHERTYPE;
	if (rule->protocol != ACL_ANY && (!ip || rule->protocol != packet->protocol))
		return ACL_FIELD_PROTOCOL;
	if (!in_set(rule->src, packet, packet->src))
		return ACL_FIELD_SRC;
	if (!in_set(rule->dst, packet, packet->dst))
		return ACL_FIELD_DST;
	if (!in_ranges(&rule->src_ports, packet->l4_src))
		return ACL_FIELD_SRC_PORTS;
	if (!in_ranges(&rule->dst_ports, packet->l4_dst))
		return ACL_FIELD_DST_PORTS;
	if (rule->icmp_type != ACL_ANY &&
	    (rule->protocol != icmp || (uint32_t)rule->icmp_type != packet->l4_src))
		return ACL_FIELD_ICMP_TYPE;
	if (rule->icmp_code != ACL_ANY && (uint32_t)rule->icmp_code != packet->l4_dst)
		return ACL_FIELD_ICMP_CODE;
	if (!fits_flags(rule, packet->tcp_flags))
		return ACL_FIELD_TCP_FLAGS;
	if (rule->vlans && !(rule->vlans[packet->vlan / 8] >> packet->vlan % 8 & 1))
		return ACL_FIELD_VLANS;
	return ACL_FIELD_NONE;
}

size_t acl_explain(const struct acl *acl, enum vifswitch_acl_direction direction,
		   const struct acl_packet *packet, enum acl_field *ret_fields)
{
	for (size_t i = 0; i < acl->rule_count; i++) {
		enum acl_field field = acl_rule_mismatch(&acl->rules[i], direction, packet);

		if (field == ACL_FIELD_NONE)
			return i;
		if (ret_fields)
			ret_fields[i] = field;
	}
	return ACL_NO_RULE;
}
