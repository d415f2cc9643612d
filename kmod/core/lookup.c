// SPDX-License-Identifier: GPL-2.0-or-later
/* Which rule of an ACL decides, and what it says. */
#include "acl-tables.h"

#define DIM(name)	VS_ACL_DIM(name)
#define DIMS_ALL	((1U << VIFSWITCH_ACL_DIMENSIONS) - 1)
#define EARLY	(DIM(SRC) | DIM(DST) | DIM(L4_DST))
#define DIMS_L4		(DIM(L4_SRC) | DIM(L4_DST) | DIM(TCP_FLAGS))

/* The set of every value where a dimension is not used. */
static const u64 everything[1 + VIFSWITCH_ACL_RULES_MAX / 64] = {
	[0 ... VIFSWITCH_ACL_RULES_MAX / 64] = ~0ULL,
};

static inline const u64 *set_of(const struct vs_acl_dim *dim, size_t at)
{
	return (const u64 *)(dim->sets + dim->classes[at] * dim->set_len);
}

static inline const u64 *find_value(const struct vs_acl_dim *dim, u32 value)
{
	return set_of(dim, dim->pages[value >> 8] * 256U + (value & 255));
}

/* The same where there is one page: no value is above 255. */
static inline const u64 *find_byte(const struct vs_acl_dim *dim, u32 value)
{
	return set_of(dim, dim->pages[0] * 256U + value);
}

/*
 * The interval of an address. The first bound is 0, so in each window the first is
 * never above the address; each step halves the window, without a branch on the
 * address. Written out, a step is three instructions.
 */
#define NARROW(i, steps, is_above) do {							\
	size_t wide;										\
												\
	switch (steps) {									\
	default:										\
		for (wide = 1UL << (steps) >> 1; wide > 4096; wide >>= 1)			\
			i = is_above(i + wide) ? i : i + wide;					\
		fallthrough;									\
	case 13: i = is_above(i + 4096) ? i : i + 4096; fallthrough;				\
	case 12: i = is_above(i + 2048) ? i : i + 2048; fallthrough;				\
	case 11: i = is_above(i + 1024) ? i : i + 1024; fallthrough;				\
	case 10: i = is_above(i + 512) ? i : i + 512; fallthrough;				\
	case 9: i = is_above(i + 256) ? i : i + 256; fallthrough;				\
	case 8: i = is_above(i + 128) ? i : i + 128; fallthrough;				\
	case 7: i = is_above(i + 64) ? i : i + 64; fallthrough;				\
	case 6: i = is_above(i + 32) ? i : i + 32; fallthrough;				\
	case 5: i = is_above(i + 16) ? i : i + 16; fallthrough;				\
	case 4: i = is_above(i + 8) ? i : i + 8; fallthrough;					\
	case 3: i = is_above(i + 4) ? i : i + 4; fallthrough;					\
	case 2: i = is_above(i + 2) ? i : i + 2; fallthrough;					\
	case 1: i = is_above(i + 1) ? i : i + 1; fallthrough;					\
	case 0: break;										\
	}											\
} while (0)

static __always_inline const u64 *find_ip4(const struct vs_acl_dim *dim, u32 ip)
{
	const u32 *b = dim->bounds4;
	size_t i = b[dim->rest] <= ip ? dim->rest : 0;

#define ABOVE(at)	(b[at] > ip)
	NARROW(i, dim->steps, ABOVE);
#undef ABOVE
	return set_of(dim, i);
}

static inline bool begins_by(const u64 *bound, const u64 ip[2])
{
	return bound[0] < ip[0] || (bound[0] == ip[0] && bound[1] <= ip[1]);
}

static __always_inline const u64 *find_ip6(const struct vs_acl_dim *dim, const u64 ip[2])
{
	const u64 *b = dim->bounds6;
	size_t i = begins_by(b + 2 * (size_t)dim->rest, ip) ? dim->rest : 0;

#define ABOVE(at)	(!begins_by(b + 2 * (at), ip))
	NARROW(i, dim->steps, ABOVE);
#undef ABOVE
	return set_of(dim, i);
}

/*
 * The first rule that matches in the dimensions @used. @possible and @ip4 are
 * constants, so that the compiler leaves out what the usual case does not need.
 */
static __always_inline int lookup(const struct vs_acl_table *t, u32 used, const u32 possible,
				  const bool ip4, const struct vs_packet *pkt, u16 vid)
{
	const struct vs_acl_dim *dim = t->dim;
	const u64 *set[VIFSWITCH_ACL_DIMENSIONS];
	u64 candidates = ~0ULL;

#define FIND(d, how) do {						\
	if (possible & DIM(d)) {					\
		set[VIFSWITCH_ACL_##d] = everything;			\
		if (used & DIM(d)) {					\
			set[VIFSWITCH_ACL_##d] = (how);			\
			candidates &= *set[VIFSWITCH_ACL_##d];		\
		}							\
	}								\
} while (0)
	FIND(SRC, ip4 ? find_ip4(&dim[VIFSWITCH_ACL_SRC], pkt->src.ip4) :
			find_ip6(&dim[VIFSWITCH_ACL_SRC], pkt->src.ip6));
	FIND(DST, ip4 ? find_ip4(&dim[VIFSWITCH_ACL_DST], pkt->dst.ip4) :
			find_ip6(&dim[VIFSWITCH_ACL_DST], pkt->dst.ip6));
	FIND(PROTO, possible == VS_ACL_USUAL ? find_byte(&dim[VIFSWITCH_ACL_PROTO], pkt->proto) :
					       find_value(&dim[VIFSWITCH_ACL_PROTO], pkt->proto));
	FIND(L4_SRC, find_value(&dim[VIFSWITCH_ACL_L4_SRC], pkt->l4_src));
	FIND(L4_DST, find_value(&dim[VIFSWITCH_ACL_L4_DST], pkt->l4_dst));
	FIND(TCP_FLAGS, find_value(&dim[VIFSWITCH_ACL_TCP_FLAGS], pkt->tcp_flags));
	FIND(VLAN, find_value(&dim[VIFSWITCH_ACL_VLAN], vid & VS_TCI_VID));
#undef FIND
	for (; candidates; candidates &= candidates - 1) {
		u32 word = (u32)__builtin_ctzll(candidates);
		u64 rules = set[VIFSWITCH_ACL_SRC][1 + word] & set[VIFSWITCH_ACL_DST][1 + word] &
			    set[VIFSWITCH_ACL_L4_DST][1 + word];
		unsigned int d;

		if (!rules)	/* so it is for most words of which several rules match in part */
			continue;
#ifdef __clang__
#pragma unroll
#else
#pragma GCC unroll 7
#endif
		for (d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++)
			if (possible >> d & 1 && !(EARLY >> d & 1))
				rules &= set[d][1 + word];
		if (likely(rules))
			return t->rules[word * 64 + (u32)__builtin_ctzll(rules)];
	}
	return -1;
}

/* Where all usual dimensions are used there is nothing to ask for each. */
static __always_inline int lookup_usual(const struct vs_acl_table *t, const struct vs_packet *key,
					const bool ip4)
{
	if (likely(t->used == VS_ACL_USUAL))
		return lookup(t, VS_ACL_USUAL, VS_ACL_USUAL, ip4, key, 0);
	return lookup(t, t->used, VS_ACL_USUAL, ip4, key, 0);
}

int vs_acl_lookup_usual4(const struct vs_acl_table *t, u32 src, u32 dst, u32 proto, u32 l4_dst)
{
	const struct vs_packet key = {
		.src.ip4 = src, .dst.ip4 = dst, .proto = (u16)proto, .l4_dst = l4_dst,
	};

	return lookup_usual(t, &key, true);
}

int vs_acl_lookup_usual6(const struct vs_acl_table *t, const u8 *addresses, u32 proto, u32 l4_dst)
{
	const struct vs_packet key = {
		.src.ip6 = { vs_get_be64(addresses), vs_get_be64(addresses + 8) },
		.dst.ip6 = { vs_get_be64(addresses + 16), vs_get_be64(addresses + 24) },
		.proto = (u16)proto, .l4_dst = l4_dst,
	};

	return lookup_usual(t, &key, false);
}

int vs_acl_lookup_any(const struct vs_acl_table *t, u32 used, const struct vs_packet *pkt, u16 vid)
{
	if (!t->rule_count)
		return -1;
	if (pkt->family == VIFSWITCH_ACL_IP4)
		return lookup(t, used, DIMS_ALL, true, pkt, vid);
	return lookup(t, used, DIMS_ALL, false, pkt, vid);
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
	if (vs_acl_lookup_any(t, used, later, vid) != rule)
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

/* What @rule says of a packet that is not a fragment. */
static void say(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		const struct vs_packet *pkt, bool group, int rule, struct vs_access *ret)
{
	bool tracked = !group && pkt->family != VIFSWITCH_ACL_OTHER;
	u8 action = vs_acl_action(acl, dir, rule), flags = vs_acl_flags(acl, dir, rule);

	*ret = (struct vs_access){ .rule = rule, .log = flags & VIFSWITCH_ACL_RF_LOG };
	if (action == VIFSWITCH_ACL_ALLOW) {
		if (tracked && !(flags & VIFSWITCH_ACL_RF_STATELESS))
			ret->track = VS_TRACK_ALLOWED;
		return;
	}
	ret->reason = to_reason(dir, VIFSWITCH_DROP_ACL);
	if (tracked && acl->stateful)
		ret->track = VS_TRACK_DENIED;
	if (action == VIFSWITCH_ACL_REJECT)
		ret->answer = (u8)answer_to(pkt, group);
}

/* A later fragment of what is allowed needs no tracking: its first one was. */
static void say_later(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		      const struct vs_packet *pkt, u16 vid, bool group, struct vs_access *ret)
{
	ret->track = VS_TRACK_NONE;
	if (asks_first(acl, dir, pkt, vid, group, ret->rule)) {
		ret->reason = to_reason(dir, VIFSWITCH_DROP_FRAGMENT);
		ret->track = VS_TRACK_FRAGMENT;
	}
}

void vs_acl_say(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		const struct vs_packet *pkt, u16 vid, bool group, int rule, struct vs_access *ret)
{
	if (unlikely(pkt->reason)) {
		*ret = (struct vs_access){
			.reason = to_reason(dir, (enum vifswitch_drop_reason)pkt->reason),
			.rule = -1,
		};
		return;
	}
	say(acl, dir, pkt, group, rule, ret);
	if (unlikely(pkt->fragment == VS_FRAGMENT_FIRST))
		ret->remember = later_asks(acl, dir, pkt, vid, group);
	else if (unlikely(pkt->fragment == VS_FRAGMENT_LATER))
		say_later(acl, dir, pkt, vid, group, ret);
}
