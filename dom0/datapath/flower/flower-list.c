// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first rule of the sender's ACL that fits decides, and where it allows, the first of the
 * receiver's. So pairs of them, in the order of the first and then of the second, are one list:
 * the first pair that fits a frame says what becomes of it. Each pair takes ranges of values;
 * tc's rules take blocks of them, whose size is a power of two.
 */
#include "datapath/flower/flower-list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BITS_PORT	16
#define BITS_ICMP	8

enum side { SRC, DST, L4_SRC, L4_DST, SIDES };

_Static_assert((int)SRC == VIFSWITCH_ACL_SRC && (int)DST == VIFSWITCH_ACL_DST, "as ACLs have them");

static const enum vifswitch_acl_dimension dimensions[SIDES] = {
	VIFSWITCH_ACL_SRC, VIFSWITCH_ACL_DST, VIFSWITCH_ACL_L4_SRC, VIFSWITCH_ACL_L4_DST,
};

/* What packets a rule takes: values of each side, and flags of TCP. */
struct region {
	struct flower_spans side[SIDES];
	uint8_t tcp_flags, tcp_mask;
};

struct listing {
	const struct flower_list_request *q;
	unsigned int bits[SIDES];
	uint16_t order;
	const struct flower_acl_rule *rule[VIFSWITCH_ACL_DIRECTIONS];	/* at hand; or NULL */
	struct region all, sent, got;	/* what is asked for; of the sender's rule; of both */
};

static flower_value low_bits(unsigned int n)
{
	return n >= 128 ? ~(flower_value)0 : ((flower_value)1 << n) - 1;
}

static bool ends(const struct listing *l)
{
	return *l->q->full || !*l->q->left;
}

/* ---- regions ---- */

static void meet(const struct flower_spans *a, const struct flower_spans *b,
		 struct flower_spans *ret)
{
	ret->count = 0;
	for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
		const struct flower_span *x = &a->spans[i], *y = &b->spans[j];
		flower_value first = x->first > y->first ? x->first : y->first;
		flower_value last = x->last < y->last ? x->last : y->last;

		if (first <= last)
			flower_spans_add(ret, first, last);
		if (x->last < y->last)
			i++;
		else
			j++;
	}
}

static void copy(const struct flower_spans *of, struct flower_spans *ret)
{
	meet(of, of, ret);
}

static bool same(const struct region *a, const struct region *b)
{
	for (unsigned int i = 0; i < SIDES; i++)
		if (a->side[i].count != b->side[i].count ||
		    memcmp(a->side[i].spans, b->side[i].spans,
			   a->side[i].count * sizeof(*a->side[i].spans)) != 0)
			return false;
	return a->tcp_mask == b->tcp_mask;
}

static bool meet_flags(const struct listing *l, const struct flower_acl_rule *rule,
		       const struct region *of, struct region *ret)
{
	ret->tcp_flags = of->tcp_flags;
	ret->tcp_mask = of->tcp_mask;
	if (!(rule->some >> VIFSWITCH_ACL_TCP_FLAGS & 1))
		return true;
	if (l->q->like.proto != VS_PROTO_TCP ||
	    (of->tcp_flags ^ rule->tcp_flags) & of->tcp_mask & rule->tcp_mask)
		return false;
	ret->tcp_flags |= rule->tcp_flags;
	ret->tcp_mask |= rule->tcp_mask;
	return true;
}

/* What of @of the rule fits; false: nothing. */
static bool meet_rule(const struct listing *l, const struct flower_acl_rule *rule,
		      const struct region *of, struct region *ret)
{
	--*l->q->left;
	if (!flower_acl_rule_has(rule, VIFSWITCH_ACL_PROTO, l->q->like.proto) ||
	    !flower_acl_rule_has(rule, VIFSWITCH_ACL_VLAN, l->q->vid) ||
	    !meet_flags(l, rule, of, ret))
		return false;
	for (unsigned int i = 0; i < SIDES; i++) {
		if (rule->some >> dimensions[i] & 1)
			meet(&of->side[i], &rule->dim[dimensions[i]], &ret->side[i]);
		else
			copy(&of->side[i], &ret->side[i]);
		if (!ret->side[i].count)
			return false;
	}
	return true;
}

static void region_deinit(struct region *r)
{
	for (unsigned int i = 0; i < SIDES; i++)
		flower_spans_deinit(&r->side[i]);
}

/* ---- rules of a region ---- */

/* The largest block that begins where @first is, of as many leading bits as it returns. */
static unsigned int block(flower_value first, flower_value last, unsigned int bits)
{
	unsigned int host = 0;

	while (host < bits && !(first >> host & 1) && (first | low_bits(host + 1)) <= last)
		host++;
	return bits - host;
}

static void set_side(struct flower_rule *rule, enum side side, flower_value value,
		     unsigned int bits)
{
	union vs_address *ip = side == SRC ? &rule->src_ip : &rule->dst_ip;

	switch (side) {
	case SRC:
	case DST:
		*(side == SRC ? &rule->src_bits : &rule->dst_bits) = (uint8_t)bits;
		*ip = (union vs_address){};
		if (bits && rule->type == VS_TYPE_IP4)
			ip->ip4 = (uint32_t)value;
		else if (bits)
			*ip = (union vs_address){
				.ip6 = { (uint64_t)(value >> 64), (uint64_t)value },
			};
		break;
	case L4_SRC:
		rule->l4_src_bits = (uint8_t)bits;
		rule->l4_src = bits ? (uint16_t)value : 0;
		break;
	default:
		rule->l4_dst_bits = (uint8_t)bits;
		rule->l4_dst = bits ? (uint16_t)value : 0;
	}
}

/* One of each block of that side, and of those behind it. */
static void add_blocks(const struct listing *l, const struct region *r, unsigned int side,
		       struct flower_rule *rule)
{
	if (side == SIDES) {
		l->q->add(rule, l->q->arg);
		return;
	}
	for (size_t i = 0; i < r->side[side].count; i++) {
		const struct flower_span *s = &r->side[side].spans[i];
		flower_value at = s->first, last;

		do {
			unsigned int bits = block(at, s->last, l->bits[side]);

			set_side(rule, (enum side)side, at, bits);
			add_blocks(l, r, side + 1, rule);
			last = at | low_bits(l->bits[side] - bits);
			at = last + 1;
		} while (last < s->last && !ends(l));
	}
}

static void put(struct listing *l, const struct region *r, enum vifswitch_drop_reason reason)
{
	struct flower_rule rule = l->q->like;

	rule.stage = FLOWER_LISTED;
	rule.order = ++l->order;
	rule.tcp_flags = r->tcp_flags;
	rule.tcp_mask = r->tcp_mask;
	rule.reason = reason;
	for (unsigned int dir = 0; dir < VIFSWITCH_ACL_DIRECTIONS; dir++) {
		rule.asked[dir] = l->rule[dir];
		rule.cookie[dir] = l->rule[dir] ? l->rule[dir]->cookie : 0;
	}
	if (reason) {
		rule.dropped_at = reason == VIFSWITCH_DROP_TO_ACL ? rule.to : 0;
		rule.to = 0;
		rule.mark = rule.pop = rule.push = false;
		rule.dscp = 0;
		rule.push_tci = 0;
	}
	add_blocks(l, r, 0, &rule);
}

/* ---- the list ---- */

static void receive(struct listing *l)
{
	const struct flower_acl_list *to = l->q->to;

	if (!to) {
		put(l, &l->sent, VIFSWITCH_DROP_NONE);
		return;
	}
	for (size_t i = 0; i < to->count && !ends(l); i++) {
		if (!meet_rule(l, &to->rules[i], &l->sent, &l->got))
			continue;
		l->rule[VIFSWITCH_ACL_TO] = &to->rules[i];
		put(l, &l->got, to->rules[i].deny ? VIFSWITCH_DROP_TO_ACL : VIFSWITCH_DROP_NONE);
		if (same(&l->got, &l->sent))
			break;
	}
}

static void send(struct listing *l)
{
	static const struct flower_acl_rule allow = {};
	const struct flower_acl_list *from = l->q->from;

	for (size_t i = 0; i < (from ? from->count : 1) && !ends(l); i++) {
		const struct flower_acl_rule *rule = from ? &from->rules[i] : &allow;

		if (!meet_rule(l, rule, &l->all, &l->sent))
			continue;
		l->rule[VIFSWITCH_ACL_FROM] = from ? rule : NULL;
		l->rule[VIFSWITCH_ACL_TO] = NULL;
		if (rule->deny)
			put(l, &l->sent, VIFSWITCH_DROP_ACL);
		else
			receive(l);
		if (same(&l->sent, &l->all))
			break;
	}
}

static flower_value address_of(const struct flower_rule *like)
{
	if (like->type == VS_TYPE_IP4)
		return like->src_ip.ip4;
	return (flower_value)like->src_ip.ip6[0] << 64 | like->src_ip.ip6[1];
}

/* The values that begin with the first @fixed bits of @value. */
static void begin(struct listing *l, enum side side, unsigned int bits, flower_value value,
		  unsigned int fixed)
{
	flower_value rest = low_bits(bits - fixed);

	l->bits[side] = bits;
	flower_spans_add(&l->all.side[side], value & ~rest, (value & ~rest) | rest);
}

void flower_list_make(const struct flower_list_request *request)
{
	const struct flower_rule *like = &request->like;
	unsigned int ip = like->type == VS_TYPE_IP4 ? 32 : 128;
	unsigned int l4 = like->proto == VS_PROTO_ICMP || like->proto == VS_PROTO_ICMP6 ?
			  BITS_ICMP : BITS_PORT;
	struct listing l = { .q = request };

	begin(&l, SRC, ip, address_of(like), like->src_bits);
	begin(&l, DST, ip, 0, 0);
	begin(&l, L4_SRC, l4, like->l4_src, like->l4_src_bits);
	begin(&l, L4_DST, l4, 0, 0);
	send(&l);
	region_deinit(&l.all);
	region_deinit(&l.sent);
	region_deinit(&l.got);
}
