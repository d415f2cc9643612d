/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules for tests of the ACL lookup: a plain way to make a blob of them, and a
 * plain way to match them. Every dimension is a range of numbers or anything.
 */
#ifndef CORE_ACL_H
#define CORE_ACL_H

#include <stdlib.h>

#include "acl-tables.h"

typedef unsigned __int128 u128;

struct range {
	u128 first, last;
	bool set;		/* else anything, absent values included */
};

struct rule {
	u64 cookie;
	u8 action, flags;
	u8 directions, families;	/* bits */
	struct range dim[VIFSWITCH_ACL_DIMENSIONS];
};

static inline bool in_range(const struct range *r, u128 value)
{
	return !r->set || (value >= r->first && value <= r->last);
}

static inline u128 value_of(const struct vs_packet *pkt, u16 vid, unsigned int d)
{
	bool ip6 = pkt->family == VIFSWITCH_ACL_IP6;

	switch (d) {
	case VIFSWITCH_ACL_SRC:
		return ip6 ? (u128)pkt->src.ip6[0] << 64 | pkt->src.ip6[1] : pkt->src.ip4;
	case VIFSWITCH_ACL_DST:
		return ip6 ? (u128)pkt->dst.ip6[0] << 64 | pkt->dst.ip6[1] : pkt->dst.ip4;
	case VIFSWITCH_ACL_PROTO:
		return pkt->proto;
	case VIFSWITCH_ACL_L4_SRC:
		return pkt->l4_src;
	case VIFSWITCH_ACL_L4_DST:
		return pkt->l4_dst;
	case VIFSWITCH_ACL_TCP_FLAGS:
		return pkt->tcp_flags;
	default:
		return vid;
	}
}

/* What vs_acl_lookup() must find. */
static inline int scan(const struct rule *rules, unsigned int count, unsigned int dir,
		       const struct vs_packet *pkt, u16 vid)
{
	unsigned int i, d;

	for (i = 0; i < count; i++) {
		if (!(rules[i].directions >> dir & 1) || !(rules[i].families >> pkt->family & 1))
			continue;
		for (d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++)
			if (!in_range(&rules[i].dim[d], value_of(pkt, vid, d)))
				break;
		if (d == VIFSWITCH_ACL_DIMENSIONS)
			return (int)i;
	}
	return -1;
}

struct acl_blob {
	u8 *data;
	u32 len, room;
};

/* The offset of @size new zero octets. */
static inline u32 blob_add(struct acl_blob *b, size_t size)
{
	u32 at = (b->len + 7) & ~7U;

	while (at + size > b->room) {
		u32 room = b->room ? b->room * 2 : 4096;

		b->data = realloc(b->data, room);
		memset(b->data + b->room, 0, room - b->room);
		b->room = room;
	}
	b->len = at + (u32)size;
	return at;
}

/* What a table is made of: the rules that can match there, in order. */
struct table_rules {
	const struct rule *rule[VIFSWITCH_ACL_RULES_MAX];
	u16 index[VIFSWITCH_ACL_RULES_MAX];
	u32 count;
};

static inline int compare_u128(const void *a, const void *b)
{
	u128 x = *(const u128 *)a, y = *(const u128 *)b;

	return (x > y) - (x < y);
}

/* First values of the intervals in which every value fits the same rules; 0 if not used. */
static inline u32 intervals_of(const struct table_rules *t, unsigned int d, u128 max, u128 *bounds)
{
	u32 i, n = 0, kept = 1;

	bounds[n++] = 0;
	for (i = 0; i < t->count; i++) {
		if (!t->rule[i]->dim[d].set)
			continue;
		bounds[n++] = t->rule[i]->dim[d].first;
		if (t->rule[i]->dim[d].last < max)
			bounds[n++] = t->rule[i]->dim[d].last + 1;
		else
			bounds[n++] = 0;	/* counts as used */
	}
	if (n == 1)
		return 0;
	qsort(bounds, n, sizeof(*bounds), compare_u128);
	for (i = 1; i < n; i++)
		if (bounds[i] != bounds[kept - 1])
			bounds[kept++] = bounds[i];
	return kept;
}

/* The set of a value; @absent: of no value. */
static inline void make_set(const struct table_rules *t, unsigned int d, u128 value, bool absent,
			    u64 *set)
{
	u32 i;

	for (i = 0; i < t->count; i++) {
		const struct range *r = &t->rule[i]->dim[d];

		if (absent ? !r->set : in_range(r, value)) {
			set[1 + i / 64] |= 1ULL << i % 64;
			set[0] |= 1ULL << i / 64;
		}
	}
}

/* Pages of the class of each value; the class of absent ones is @count. */
static inline void make_pages(struct acl_blob *b, struct vifswitch_acl_dim *dim, u32 page_count,
			      const u128 *bounds, u32 count)
{
	u16 page[256], *pages = calloc(page_count, sizeof(*pages));
	u8 *kept = calloc(page_count, sizeof(page));
	u32 p, v, i, class = 0, used = 0;

	for (p = 0; p < page_count; p++) {
		for (v = 0; v < 256; v++) {
			while (class + 1 < count && bounds[class + 1] <= p * 256 + v)
				class++;
			page[v] = (u16)(p == 256 ? count : class);
		}
		for (i = 0; i < used; i++)
			if (!memcmp(kept + i * sizeof(page), page, sizeof(page)))
				break;
		if (i == used)
			memcpy(kept + used++ * sizeof(page), page, sizeof(page));
		pages[p] = (u16)i;
	}
	dim->index_count = used;
	dim->index_offset = blob_add(b, page_count * sizeof(*pages));
	memcpy(b->data + dim->index_offset, pages, page_count * sizeof(*pages));
	dim->classes_offset = blob_add(b, used * sizeof(page));
	memcpy(b->data + dim->classes_offset, kept, used * sizeof(page));
	free(pages);
	free(kept);
}

static inline void make_bounds(struct acl_blob *b, struct vifswitch_acl_dim *dim, bool ip6,
			       const u128 *bounds, u32 count)
{
	u32 i;

	dim->index_count = count;
	dim->index_offset = blob_add(b, count * (ip6 ? 16UL : 4UL));
	dim->classes_offset = blob_add(b, count * sizeof(u16));
	for (i = 0; i < count; i++) {
		u64 six[2] = { (u64)(bounds[i] >> 64), (u64)bounds[i] };
		u32 four = (u32)bounds[i];
		u16 class = (u16)i;

		if (ip6)
			memcpy(b->data + dim->index_offset + i * 16UL, six, 16);
		else
			memcpy(b->data + dim->index_offset + i * 4UL, &four, 4);
		memcpy(b->data + dim->classes_offset + i * 2UL, &class, 2);
	}
}

static inline void make_dim(struct acl_blob *b, u32 at, const struct table_rules *t,
			    unsigned int family, unsigned int d)
{
	bool address = d == VIFSWITCH_ACL_SRC || d == VIFSWITCH_ACL_DST;
	bool ip6 = family == VIFSWITCH_ACL_IP6;
	u128 *bounds = calloc(2 * t->count + 1, sizeof(*bounds));
	u32 words = (t->count + 63) / 64, count, i;
	struct vifswitch_acl_dim dim = { 0 };
	u128 max = address ? (ip6 ? ~(u128)0 : 0xffffffff) : 0xffff;

	count = intervals_of(t, d, max, bounds);
	if (!count) {
		free(bounds);
		return;
	}
	if (address)
		make_bounds(b, &dim, ip6, bounds, count);
	else
		make_pages(b, &dim, d == VIFSWITCH_ACL_VLAN ? 16 :
				    d == VIFSWITCH_ACL_PROTO &&
				    family != VIFSWITCH_ACL_OTHER ? 1 : 257, bounds, count);
	dim.class_count = count + !address;
	dim.sets_offset = blob_add(b, dim.class_count * (1UL + words) * 8);
	for (i = 0; i < dim.class_count; i++) {
		u64 set[1 + VIFSWITCH_ACL_RULES_MAX / 64] = { 0 };

		make_set(t, d, i < count ? bounds[i] : 0, i == count, set);
		memcpy(b->data + dim.sets_offset + i * (1UL + words) * 8, set, (1 + words) * 8);
	}
	memcpy(b->data + at, &dim, sizeof(dim));
	free(bounds);
}

static inline u32 make_table(struct acl_blob *b, const struct rule *rules, u32 count,
			     unsigned int dir, unsigned int family)
{
	struct table_rules *t = calloc(1, sizeof(*t));
	struct vifswitch_acl_table table = { 0 };
	unsigned int d;
	u32 i, at = 0;

	for (i = 0; i < count; i++) {
		if (!(rules[i].directions >> dir & 1) || !(rules[i].families >> family & 1))
			continue;
		t->rule[t->count] = &rules[i];
		t->index[t->count++] = (u16)i;
	}
	if (t->count) {
		at = blob_add(b, sizeof(table));
		table.rule_count = t->count;
		table.words = (t->count + 63) / 64;
		table.rules_offset = blob_add(b, t->count * sizeof(u16));
		memcpy(b->data + table.rules_offset, t->index, t->count * sizeof(u16));
		memcpy(b->data + at, &table, sizeof(table));
		for (d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++)
			make_dim(b, at + (u32)offsetof(struct vifswitch_acl_table, dim[d]), t,
				 family, d);
	}
	free(t);
	return at;
}

/* The caller frees ->data. @defaults: the action of each direction. */
static inline struct acl_blob make_acl(const struct rule *rules, u32 count, const u8 *defaults,
				       const u8 *default_flags)
{
	struct vifswitch_acl h = {
		.magic = VIFSWITCH_ACL_MAGIC,
		.version = VIFSWITCH_ACL_VERSION,
		.header_len = sizeof(h),
		.rule_count = count,
		.default_action = { defaults[0], defaults[1] },
		.default_flags = { default_flags[0], default_flags[1] },
	};
	struct acl_blob b = { 0 };
	unsigned int dir, family;
	u32 i;

	blob_add(&b, sizeof(h));
	if (count)
		h.rules_offset = blob_add(&b, count * sizeof(struct vifswitch_acl_rule));
	for (i = 0; i < count; i++) {
		struct vifswitch_acl_rule r = { rules[i].cookie, rules[i].action, rules[i].flags,
						{ 0 } };

		memcpy(b.data + h.rules_offset + i * sizeof(r), &r, sizeof(r));
	}
	for (dir = 0; dir < VIFSWITCH_ACL_DIRECTIONS; dir++)
		for (family = 0; family < VIFSWITCH_ACL_FAMILIES; family++)
			h.table_offset[dir][family] = make_table(&b, rules, count, dir, family);
	h.total_len = b.len;
	memcpy(b.data, &h, sizeof(h));
	return b;
}

#endif /* CORE_ACL_H */
