// SPDX-License-Identifier: GPL-2.0-or-later
/* Which rule of an ACL decides, and what it says. */
#include "acl.h"

#define DIM(name)	(1U << VIFSWITCH_ACL_##name)
#define DIMS_L4		(DIM(L4_SRC) | DIM(L4_DST) | DIM(TCP_FLAGS))

static const u64 *set_of(const struct vs_acl_dim *dim, u32 class)
{
	return dim->sets + (size_t)class * dim->stride;
}

static const u64 *find_value(const struct vs_acl_dim *dim, u32 value)
{
	return set_of(dim, dim->classes[dim->pages[value >> 8] * 256U + (value & 255)]);
}

static const u64 *find_ip4(const struct vs_acl_dim *dim, u32 ip)
{
	const u32 *b = dim->bounds4;
	u32 half, n = dim->index_count;

	for (; n > 1; n -= half) {
		half = n / 2;
		b += b[half] <= ip ? half : 0;
	}
	return set_of(dim, dim->classes[b - dim->bounds4]);
}

static const u64 *find_ip6(const struct vs_acl_dim *dim, const u64 ip[2])
{
	const u64 *b = dim->bounds6;
	u32 half, n = dim->index_count;

	for (; n > 1; n -= half) {
		const u64 *mid;

		half = n / 2;
		mid = b + 2 * (size_t)half;
		if (mid[0] < ip[0] || (mid[0] == ip[0] && mid[1] <= ip[1]))
			b = mid;
	}
	return set_of(dim, dim->classes[(b - dim->bounds6) / 2]);
}

/* The sets of the packet's values in the dimensions @used. */
static unsigned int find_sets(const struct vs_acl_table *t, u32 used, const struct vs_packet *pkt,
			      u16 vid, const u64 **sets)
{
	bool ip4 = pkt->family == VIFSWITCH_ACL_IP4;
	unsigned int n = 0;

	if (used & DIM(SRC))
		sets[n++] = ip4 ? find_ip4(&t->dim[VIFSWITCH_ACL_SRC], pkt->src.ip4) :
				  find_ip6(&t->dim[VIFSWITCH_ACL_SRC], pkt->src.ip6);
	if (used & DIM(DST))
		sets[n++] = ip4 ? find_ip4(&t->dim[VIFSWITCH_ACL_DST], pkt->dst.ip4) :
				  find_ip6(&t->dim[VIFSWITCH_ACL_DST], pkt->dst.ip6);
	if (used & DIM(PROTO))
		sets[n++] = find_value(&t->dim[VIFSWITCH_ACL_PROTO], pkt->proto);
	if (used & DIM(L4_SRC))
		sets[n++] = find_value(&t->dim[VIFSWITCH_ACL_L4_SRC], pkt->l4_src);
	if (used & DIM(L4_DST))
		sets[n++] = find_value(&t->dim[VIFSWITCH_ACL_L4_DST], pkt->l4_dst);
	if (used & DIM(TCP_FLAGS))
		sets[n++] = find_value(&t->dim[VIFSWITCH_ACL_TCP_FLAGS], pkt->tcp_flags);
	if (used & DIM(VLAN))
		sets[n++] = find_value(&t->dim[VIFSWITCH_ACL_VLAN], vid & VS_TCI_VID);
	return n;
}

static int lookup(const struct vs_acl_table *t, u32 used, const struct vs_packet *pkt, u16 vid)
{
	const u64 *sets[VIFSWITCH_ACL_DIMENSIONS];
	u64 candidates = ~0ULL;
	unsigned int i, n;

	if (!t->rule_count)
		return -1;
	n = find_sets(t, used, pkt, vid, sets);
	if (!n)
		return t->rules[0];
	for (i = 0; i < n; i++)
		candidates &= sets[i][0];
	for (; candidates; candidates &= candidates - 1) {
		unsigned int word = (unsigned int)__builtin_ctzll(candidates);
		u64 rules = ~0ULL;

		for (i = 0; i < n; i++)
			rules &= sets[i][1 + word];
		if (rules)
			return t->rules[word * 64 + (unsigned int)__builtin_ctzll(rules)];
	}
	return -1;
}

int vs_acl_lookup(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		  const struct vs_packet *pkt, u16 vid)
{
	const struct vs_acl_table *t = &acl->table[dir][pkt->family];

	return lookup(t, t->used, pkt, vid);
}

/*
 * Does what becomes of a later fragment depend on its first one? So it does if a
 * rule that asks for what is not in it stands before @rule, the first that does
 * not; or if it is denied, but its first might have answered a connection.
 */
static bool asks_first(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		       const struct vs_packet *later, u16 vid, bool group, int rule)
{
	const struct vs_acl_table *t = &acl->table[dir][later->family];
	u32 used = t->used & ~DIMS_L4;

	/* IPv6 extension headers before the protocol that nobody sees */
	if (later->family == VIFSWITCH_ACL_IP6 && vs_is_extension(later->fragment_proto))
		used &= ~DIM(PROTO);
	if (lookup(t, used, later, vid) != rule)
		return true;
	return !group && acl->stateful && vs_acl_action(acl, dir, rule) != VIFSWITCH_ACL_ALLOW;
}

/* Would later fragments of this first one ask what became of it? */
static bool later_asks(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		       const struct vs_packet *first, u16 vid, bool group)
{
	struct vs_packet later = *first;

	later.l4_src = VIFSWITCH_ACL_ABSENT;
	later.l4_dst = VIFSWITCH_ACL_ABSENT;
	later.tcp_flags = VIFSWITCH_ACL_ABSENT;
	later.proto = first->fragment_proto;
	return asks_first(acl, dir, &later, vid, group, vs_acl_lookup(acl, dir, &later, vid));
}

static bool is_icmp_error(const struct vs_packet *pkt)
{
	if (pkt->family == VIFSWITCH_ACL_IP6)
		return pkt->proto == VS_PROTO_ICMP6 &&
		       (pkt->l4_src < 128 ||
			(pkt->l4_src >= VS_ND_FIRST && pkt->l4_src <= VS_ND_LAST));
	return pkt->proto == VS_PROTO_ICMP && pkt->l4_src != 0 && pkt->l4_src != 8 &&
	       pkt->l4_src < 13;
}

static bool is_unicast_source(const struct vs_packet *pkt)
{
	if (pkt->family == VIFSWITCH_ACL_IP6)
		return (pkt->src.ip6[0] | pkt->src.ip6[1]) && pkt->src.ip6[0] >> 56 != 0xff;
	return pkt->src.ip4 && pkt->src.ip4 < 0xe0000000;
}

/* As RFC 1122, 3.2.2 and RFC 4443, 2.4 want it: no answers to errors, groups, fragments. */
static enum vs_answer answer_to(const struct vs_packet *pkt, bool group)
{
	if (group || pkt->family == VIFSWITCH_ACL_OTHER || pkt->fragment ||
	    !is_unicast_source(pkt) || is_icmp_error(pkt))
		return VS_ANSWER_NONE;
	if (pkt->proto != VS_PROTO_TCP)
		return VS_ANSWER_PROHIBITED;
	return pkt->tcp_flags & VS_TCP_RST ? VS_ANSWER_NONE : VS_ANSWER_RESET;
}

static u8 to_reason(enum vifswitch_acl_direction dir, enum vifswitch_drop_reason reason)
{
	if (dir == VIFSWITCH_ACL_FROM)
		return (u8)reason;
	switch (reason) {
	case VIFSWITCH_DROP_HEADERS:
		return VIFSWITCH_DROP_TO_HEADERS;
	case VIFSWITCH_DROP_FRAGMENT:
		return VIFSWITCH_DROP_TO_FRAGMENT;
	default:
		return VIFSWITCH_DROP_TO_ACL;
	}
}

void vs_acl_decide(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		   const struct vs_packet *pkt, u16 vid, bool group, struct vs_access *ret)
{
	bool tracked = !group && pkt->family != VIFSWITCH_ACL_OTHER &&
		       pkt->fragment != VS_FRAGMENT_LATER;
	u8 action, flags;

	*ret = (struct vs_access){ .rule = -1 };
	if (unlikely(pkt->reason)) {
		ret->reason = to_reason(dir, (enum vifswitch_drop_reason)pkt->reason);
		return;
	}
	ret->rule = vs_acl_lookup(acl, dir, pkt, vid);
	action = vs_acl_action(acl, dir, ret->rule);
	flags = vs_acl_flags(acl, dir, ret->rule);
	ret->log = flags & VIFSWITCH_ACL_RF_LOG;
	if (action == VIFSWITCH_ACL_ALLOW) {
		if (tracked && !(flags & VIFSWITCH_ACL_RF_STATELESS))
			ret->track = VS_TRACK_ALLOWED;
	} else {
		ret->reason = to_reason(dir, VIFSWITCH_DROP_ACL);
		if (tracked && acl->stateful)
			ret->track = VS_TRACK_DENIED;
		if (action == VIFSWITCH_ACL_REJECT)
			ret->answer = (u8)answer_to(pkt, group);
	}
	if (likely(!pkt->fragment))
		return;
	if (pkt->fragment == VS_FRAGMENT_FIRST) {
		ret->remember = later_asks(acl, dir, pkt, vid, group);
	} else if (asks_first(acl, dir, pkt, vid, group, ret->rule)) {
		ret->reason = to_reason(dir, VIFSWITCH_DROP_FRAGMENT);
		ret->track = VS_TRACK_FRAGMENT;
	}
}
