// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/acl/explain.h"

#include <stdbool.h>
#include <string.h>

#define BIT_OF(name)	(1U << VIFSWITCH_ACL_##name)
/* What means the same in the tables of both IP families. */
#define SAME_IN_IP	(BIT_OF(PROTO) | BIT_OF(L4_SRC) | BIT_OF(L4_DST) | BIT_OF(TCP_FLAGS) | \
			 BIT_OF(VLAN))

/* The place of @rule in the table's order, or -1. */
static int place_of(const struct vs_acl_table *t, u32 rule)
{
	u32 low = 0, high = t->rule_count;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (t->rules[middle] < rule)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->rule_count && t->rules[low] == rule ? (int)low : -1;
}

static bool class_fits(const struct vs_acl_dim *dim, u32 class, int place)
{
	const u64 *set = (const u64 *)(dim->sets + class * dim->set_len);

	return set[1 + place / 64] >> place % 64 & 1;
}

/* The class of the interval that begins last among those that do not begin behind @ip. */
static u32 address_class(const struct vs_acl_dim *dim, bool wide, const union vs_address *ip)
{
	u32 low = 0, high = vs_acl_intervals(dim);

	while (high - low > 1) {
		u32 middle = (low + high) / 2;
		const u64 *b = dim->bounds6 + 2 * (size_t)middle;
		bool behind = wide ? b[0] > ip->ip6[0] ||
				     (b[0] == ip->ip6[0] && b[1] > ip->ip6[1]) :
			      dim->bounds4[middle] > ip->ip4;

		if (behind)
			high = middle;
		else
			low = middle;
	}
	return dim->classes[low];
}

static u32 packet_class(const struct vs_acl_dim *dim, unsigned int d, const struct vs_packet *pkt,
			u16 vid)
{
	bool wide = pkt->family == VIFSWITCH_ACL_IP6;

	switch (d) {
	case VIFSWITCH_ACL_SRC:
		return address_class(dim, wide, &pkt->src);
	case VIFSWITCH_ACL_DST:
		return address_class(dim, wide, &pkt->dst);
	case VIFSWITCH_ACL_PROTO:
		return vs_acl_class(dim, pkt->proto);
	case VIFSWITCH_ACL_L4_SRC:
		return vs_acl_class(dim, pkt->l4_src);
	case VIFSWITCH_ACL_L4_DST:
		return vs_acl_class(dim, pkt->l4_dst);
	case VIFSWITCH_ACL_TCP_FLAGS:
		return vs_acl_class(dim, pkt->tcp_flags);
	default:
		return vs_acl_class(dim, vid & 0xfff);
	}
}

/* The dimensions among @dims in which the rule at @place does not fit. */
static unsigned int table_misses(const struct vs_acl_table *t, int place, unsigned int dims,
				 const struct vs_packet *pkt, u16 vid)
{
	unsigned int misses = 0;

	for (unsigned int d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++) {
		if ((t->used & dims) >> d & 1 &&
		    !class_fits(&t->dim[d], packet_class(&t->dim[d], d, pkt, vid), place))
			misses |= 1U << d;
	}
	return misses;
}

/* In the tables of one direction; ACL_MISS_IDLE: it is in none of them. */
static unsigned int direction_misses(const struct vs_acl_table *tables,
				     const struct vs_packet *pkt, u16 vid, u32 rule)
{
	int place = place_of(&tables[pkt->family], rule);

	if (place >= 0)
		return table_misses(&tables[pkt->family], place, ~0U, pkt, vid);
	for (unsigned int f = 0; f < VIFSWITCH_ACL_FAMILIES; f++) {
		bool ip = f != VIFSWITCH_ACL_OTHER && pkt->family != VIFSWITCH_ACL_OTHER;

		place = place_of(&tables[f], rule);
		if (place >= 0)
			return ACL_MISS_FAMILY |
			       table_misses(&tables[f], place, ip ? SAME_IN_IP : BIT_OF(VLAN),
					    pkt, vid);
	}
	return ACL_MISS_IDLE;
}

unsigned int acl_rule_misses(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
			     const struct vs_packet *pkt, u16 vid, u32 rule)
{
	unsigned int misses = direction_misses(acl->table[dir], pkt, vid, rule);
	unsigned int other = dir == VIFSWITCH_ACL_FROM ? VIFSWITCH_ACL_TO : VIFSWITCH_ACL_FROM;

	if (misses != ACL_MISS_IDLE)
		return misses;
	misses = direction_misses(acl->table[other], pkt, vid, rule);
	return misses == ACL_MISS_IDLE ? misses : misses | ACL_MISS_DIRECTION;
}

/* The families in whose table of direction @dir the rule is, as bits. */
static unsigned int families_of(const struct vs_acl *acl, unsigned int dir, u32 rule)
{
	unsigned int families = 0;

	for (unsigned int f = 0; f < VIFSWITCH_ACL_FAMILIES; f++)
		if (place_of(&acl->table[dir][f], rule) >= 0)
			families |= 1U << f;
	return families;
}

unsigned int acl_rule_families(const struct vs_acl *acl, u32 rule)
{
	return families_of(acl, VIFSWITCH_ACL_FROM, rule) |
	       families_of(acl, VIFSWITCH_ACL_TO, rule);
}

unsigned int acl_rule_directions(const struct vs_acl *acl, u32 rule)
{
	unsigned int directions = 0;

	for (unsigned int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++)
		if (families_of(acl, d, rule))
			directions |= 1U << d;
	return directions;
}

/* Ranges as they are found; neighbours become one. */
struct ranges {
	struct acl_values *items;
	size_t max, count;
	bool open;		/* the last range goes on with the next value */
};

/* The values from @first to @last come next; does the rule want them? */
static void add_values(struct ranges *r, bool wanted, const u64 first[2], const u64 last[2])
{
	if (wanted && !r->open) {
		if (r->count < r->max)
			memcpy(r->items[r->count].first, first, sizeof(r->items->first));
		r->count++;
	}
	if (wanted && r->count <= r->max)
		memcpy(r->items[r->count - 1].last, last, sizeof(r->items->last));
	r->open = wanted;
}

static void address_values(struct ranges *r, const struct vs_acl_dim *dim, bool wide, int place)
{
	const u32 count = vs_acl_intervals(dim);

	for (u32 i = 0; i < count; i++) {
		u64 first[2] = { 0, 0 }, last[2] = { 0, UINT32_MAX };

		if (wide) {
			memcpy(first, dim->bounds6 + 2 * (size_t)i, sizeof(first));
			last[0] = last[1] = UINT64_MAX;
		} else {
			first[1] = dim->bounds4[i];
		}
		if (i + 1 < count && wide) {
			memcpy(last, dim->bounds6 + 2 * ((size_t)i + 1), sizeof(last));
			last[0] -= last[1]-- == 0;
		} else if (i + 1 < count) {
			last[1] = dim->bounds4[i + 1] - 1;
		}
		add_values(r, class_fits(dim, dim->classes[i], place), first, last);
	}
}

static u32 value_limit(enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension)
{
	switch (dimension) {
	case VIFSWITCH_ACL_PROTO:
		return family == VIFSWITCH_ACL_OTHER ? 0x10000 : 0x100;
	case VIFSWITCH_ACL_TCP_FLAGS:
		return 0x100;
	case VIFSWITCH_ACL_VLAN:
		return VIFSWITCH_VID_MAX + 1;
	default:
		return 0x10000;
	}
}

size_t acl_rule_values(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		       enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension,
		       u32 rule, struct acl_values *ret, size_t max)
{
	const struct vs_acl_table *t = &acl->table[dir][family];
	const struct vs_acl_dim *dim = &t->dim[dimension];
	const bool wide = family == VIFSWITCH_ACL_IP6;
	struct ranges r = { .items = ret, .max = max };
	const u32 limit = value_limit(family, dimension);
	const int place = place_of(t, rule);

	if (place < 0)
		return 0;
	if (!(t->used >> dimension & 1))	/* every value fits */
		add_values(&r, true, (const u64[]){ 0, 0 },
			   (dimension != VIFSWITCH_ACL_SRC && dimension != VIFSWITCH_ACL_DST) ?
			   (const u64[]){ 0, limit - 1 } : wide ?
			   (const u64[]){ UINT64_MAX, UINT64_MAX } :
			   (const u64[]){ 0, UINT32_MAX });
	else if (dimension == VIFSWITCH_ACL_SRC || dimension == VIFSWITCH_ACL_DST)
		address_values(&r, dim, wide, place);
	else
		for (u32 v = 0; v < limit; v++)
			add_values(&r, class_fits(dim, vs_acl_class(dim, v), place),
				   (const u64[]){ 0, v }, (const u64[]){ 0, v });
	return r.count;
}
