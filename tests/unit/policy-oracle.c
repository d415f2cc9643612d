// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy-oracle.h"

static bool in_prefix(const struct prefix *prefix, const struct acl_packet *packet,
		      const uint8_t *addr)
{
	if (prefix->family != (packet->family == VIFSWITCH_ACL_IP4 ? 4 : 6))
		return false;
	for (unsigned int bit = 0; bit < prefix->len; bit++) {
		uint8_t mask = 0x80 >> bit % 8;

		if ((prefix->addr[bit / 8] & mask) != (addr[bit / 8] & mask))
			return false;
	}
	return true;
}

static bool in_list(const struct prefix_set *set, const struct acl_packet *packet,
		    const uint8_t *addr)
{
	if (!set)
		return true;
	if (packet->family == VIFSWITCH_ACL_OTHER)
		return false;
	for (size_t i = 0; i < set->count; i++)
		if (in_prefix(&set->items[i], packet, addr))
			return true;
	return false;
}

static bool has_ports(const struct acl_packet *packet)
{
	static const uint8_t with[] = { 6, 17, 33, 132, 136 };

	if (packet->family == VIFSWITCH_ACL_OTHER || packet->l4_src == VIFSWITCH_ACL_ABSENT)
		return false;
	for (size_t i = 0; i < sizeof(with); i++)
		if (packet->protocol == with[i])
			return true;
	return false;
}

static bool in_ports(const struct acl_ranges *ranges, const struct acl_packet *packet,
		     uint32_t port)
{
	bool found = !ranges->count;

	for (size_t i = 0; i < ranges->count; i++)
		found |= has_ports(packet) && ranges->items[i].first <= port &&
			 ranges->items[i].last >= port;
	return found;
}

static bool fits_icmp(const struct acl_rule *rule, const struct acl_packet *packet)
{
	bool icmp = (packet->family == VIFSWITCH_ACL_IP4 && packet->protocol == 1) ||
		    (packet->family == VIFSWITCH_ACL_IP6 && packet->protocol == 58);

	if (rule->icmp_type < 0)
		return true;
	if (!icmp || packet->l4_src == VIFSWITCH_ACL_ABSENT)
		return false;
	return packet->l4_src == (uint32_t)rule->icmp_type &&
	       (rule->icmp_code < 0 || packet->l4_dst == (uint32_t)rule->icmp_code);
}

static bool fits_tcp(const struct acl_rule *rule, const struct acl_packet *packet)
{
	bool tcp = packet->family != VIFSWITCH_ACL_OTHER && packet->protocol == 6 &&
		   packet->tcp_flags != VIFSWITCH_ACL_ABSENT;

	for (unsigned int flag = 0; flag < 8; flag++) {
		bool is_set = tcp && packet->tcp_flags >> flag & 1;

		if (rule->tcp_set >> flag & 1 && !(tcp && is_set))
			return false;
		if (rule->tcp_clear >> flag & 1 && !(tcp && !is_set))
			return false;
	}
	return true;
}

bool oracle_fits(const struct acl_rule *rule, enum vifswitch_acl_direction direction,
		 const struct acl_packet *packet)
{
	uint16_t vlan = packet->vlan;

	return rule->direction == direction &&
	       (rule->ethertype < 0 || rule->ethertype == packet->ethertype) &&
	       (rule->protocol < 0 || (packet->family != VIFSWITCH_ACL_OTHER &&
				       rule->protocol == packet->protocol)) &&
	       in_list(rule->src, packet, packet->src) &&
	       in_list(rule->dst, packet, packet->dst) &&
	       in_ports(&rule->src_ports, packet, packet->l4_src) &&
	       in_ports(&rule->dst_ports, packet, packet->l4_dst) &&
	       fits_icmp(rule, packet) && fits_tcp(rule, packet) &&
	       (!rule->vlans || (rule->vlans[vlan >> 3] & 1 << (vlan & 7)));
}

size_t oracle_lookup(const struct acl *acl, enum vifswitch_acl_direction direction,
		     const struct acl_packet *packet)
{
	size_t best = ACL_NO_RULE;

	for (size_t i = 0; i < acl->rule_count; i++) {
		const struct acl_rule *rule = &acl->rules[i];

		if (oracle_fits(rule, direction, packet) &&
		    (best == ACL_NO_RULE || rule->priority < acl->rules[best].priority))
			best = i;
	}
	return best;
}
