// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/acl/fill.h"

static const struct prefix_set *addresses(const struct acl_rule *rule,
					  enum vifswitch_acl_dimension dimension)
{
	return dimension == VIFSWITCH_ACL_SRC ? rule->src : rule->dst;
}

static bool constrains(const struct acl_rule *rule, enum vifswitch_acl_family family,
		       enum vifswitch_acl_dimension dimension)
{
	switch (dimension) {
	case VIFSWITCH_ACL_SRC:
	case VIFSWITCH_ACL_DST:
		return addresses(rule, dimension) != NULL;
	case VIFSWITCH_ACL_PROTO:
		if (family == VIFSWITCH_ACL_OTHER)
			return rule->ethertype != ACL_ANY;
		return rule->protocol != ACL_ANY;
	case VIFSWITCH_ACL_L4_SRC:
		return rule->src_ports.count || rule->icmp_type != ACL_ANY;
	case VIFSWITCH_ACL_L4_DST:
		return rule->dst_ports.count || rule->icmp_code != ACL_ANY;
	case VIFSWITCH_ACL_TCP_FLAGS:
		return rule->tcp_set || rule->tcp_clear;
	case VIFSWITCH_ACL_VLAN:
		return rule->vlans != NULL;
	default:
		return false;
	}
}

bool acl_dimension_used(const struct acl_member *members, unsigned int count,
			enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension)
{
	for (unsigned int i = 0; i < count; i++) {
		if (constrains(members[i].rule, family, dimension))
			return true;
	}
	return false;
}

static int add_values(struct dim *dim, int unit, unsigned int first, unsigned int last)
{
	return dim_add_range(dim, unit, (struct dim_key){ 0, first }, (struct dim_key){ 0, last });
}

/* The runs of ones, each as a range. */
static int add_vlans(struct dim *dim, int unit, const uint8_t *map)
{
	unsigned int vlan = 0;
	int r = 0;

	while (r >= 0 && vlan < 4095) {
		unsigned int first = vlan;

		while (vlan < 4095 && map[vlan / 8] >> vlan % 8 & 1)
			vlan++;
		if (vlan > first)
			r = add_values(dim, unit, first, vlan - 1);
		else
			vlan++;
	}
	return r;
}

static int add_flags(struct dim *dim, int unit, uint8_t set, uint8_t clear)
{
	int r = 0;

	for (unsigned int flags = 0; r >= 0 && flags < 256; flags++) {
		if ((flags & set) == set && !(flags & clear))
			r = add_values(dim, unit, flags, flags);
	}
	return r;
}

static int add_ports(struct dim *dim, int unit, const struct acl_ranges *ranges, int16_t icmp)
{
	int r = 0;

	if (icmp != ACL_ANY)
		return add_values(dim, unit, (unsigned int)icmp, (unsigned int)icmp);
	for (size_t i = 0; r >= 0 && i < ranges->count; i++)
		r = add_values(dim, unit, ranges->items[i].first, ranges->items[i].last);
	return r;
}

static int add_rule(struct dim *dim, int unit, const struct acl_rule *rule,
		    enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension)
{
	unsigned int value;

	switch (dimension) {
	case VIFSWITCH_ACL_PROTO:
		value = (unsigned int)(family == VIFSWITCH_ACL_OTHER ? rule->ethertype :
				       rule->protocol);
		return add_values(dim, unit, value, value);
	case VIFSWITCH_ACL_L4_SRC:
		return add_ports(dim, unit, &rule->src_ports, rule->icmp_type);
	case VIFSWITCH_ACL_L4_DST:
		return add_ports(dim, unit, &rule->dst_ports, rule->icmp_code);
	case VIFSWITCH_ACL_TCP_FLAGS:
		return add_flags(dim, unit, rule->tcp_set, rule->tcp_clear);
	default:
		return add_vlans(dim, unit, rule->vlans);
	}
}

/* The first and the last address of a prefix, as the kernel compares them. */
static void prefix_range(const struct prefix *prefix, struct dim_key *first, struct dim_key *last)
{
	unsigned int host = prefix_bits(prefix) - prefix->len;
	uint64_t halves[2];
	uint32_t ip4;

	if (prefix->family == PREFIX_IP4) {
		memcpy(&ip4, prefix->addr, sizeof(ip4));
		*first = (struct dim_key){ 0, be32toh(ip4) };
		*last = (struct dim_key){ 0, first->low | ((1ULL << host) - 1) };
		return;
	}
	memcpy(halves, prefix->addr, sizeof(halves));
	*first = *last = (struct dim_key){ be64toh(halves[0]), be64toh(halves[1]) };
	if (host > 64)
		last->high |= host == 128 ? UINT64_MAX : (1ULL << (host - 64)) - 1;
	last->low |= host >= 64 ? UINT64_MAX : (1ULL << host) - 1;
}

static int add_prefixes(struct dim *dim, int unit, const struct prefix_set *set,
			enum prefix_family family)
{
	const struct prefix *prefix;
	size_t count = prefix_set_family(set, family, &prefix);
	struct dim_key first, last;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++) {
		prefix_range(&prefix[i], &first, &last);
		r = dim_add_range(dim, unit, first, last);
	}
	return r;
}

struct use {
	const struct prefix_set *set;
	unsigned int rule;
};

static int by_set(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	return ((uintptr_t)x->set > (uintptr_t)y->set) - ((uintptr_t)x->set < (uintptr_t)y->set);
}

/* Rules with the same set share a unit. */
static int fill_addresses(struct dim *dim, const struct acl_member *members, unsigned int count,
			  enum prefix_family family, enum vifswitch_acl_dimension dimension)
{
	_cleanup_free_ struct use *uses = calloc(count, sizeof(*uses));
	unsigned int used = 0;
	int r = 0, unit = 0;

	if (!uses)
		return -ENOMEM;
	for (unsigned int i = 0; i < count; i++) {
		const struct prefix_set *set = addresses(members[i].rule, dimension);

		if (set)
			uses[used++] = (struct use){ set, i };
		else
			dim_add_any(dim, i);
	}
	qsort(uses, used, sizeof(*uses), by_set);
	for (unsigned int i = 0; r >= 0 && i < used; i++) {
		if (!i || uses[i].set != uses[i - 1].set) {
			unit = dim_add_unit(dim);
			if (unit < 0)
				return unit;
			r = add_prefixes(dim, unit, uses[i].set, family);
		}
		dim_unit_add_rule(dim, unit, uses[i].rule);
	}
	return r;
}

int acl_fill(struct dim *dim, const struct acl_member *members, unsigned int count,
	     enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension)
{
	int r = 0;

	if (dimension == VIFSWITCH_ACL_SRC || dimension == VIFSWITCH_ACL_DST)
		return fill_addresses(dim, members, count,
				      family == VIFSWITCH_ACL_IP4 ? PREFIX_IP4 : PREFIX_IP6,
				      dimension);
	for (unsigned int i = 0; r >= 0 && i < count; i++) {
		int unit;

		if (!constrains(members[i].rule, family, dimension)) {
			dim_add_any(dim, i);
			continue;
		}
		unit = dim_add_unit(dim);
		if (unit < 0)
			return unit;
		dim_unit_add_rule(dim, unit, i);
		r = add_rule(dim, unit, members[i].rule, family, dimension);
	}
	return r;
}
