// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-edit.h"

/* Which checksums a word is part of. */
enum sums {
	SUM_NONE,
	SUM_IP,			/* IPv4's header */
	SUM_PSEUDO,		/* the pseudo header, and IPv4's header */
	SUM_L4,			/* the transport header or what follows it */
};

struct editor {
	u8 *p;
	size_t len;
	struct vs_of_headers h;
	size_t partial_at;
};

static void put16(u8 *p, u16 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
}

/* @sum as it stands in a header, after a word of what it is over became another. */
static u16 mended(u16 sum, u16 old, u16 new)
{
	u32 s = (u16)~sum + (u32)(u16)~old + new;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (u16)~s;
}

/* Where the transport checksum is; 0: there is none to mend. */
static size_t l4_sum_at(const struct editor *e, bool pseudo)
{
	size_t at;

	if (!e->h.l4)
		return 0;
	switch (e->h.proto) {
	case VS_PROTO_TCP:
		at = 16;
		break;
	case VS_PROTO_UDP:
	case VS_PROTO_UDPLITE:
	case VS_PROTO_DCCP:
		at = 6;
		break;
	case VS_PROTO_ICMP:
		at = pseudo ? 0 : 2;
		break;
	case VS_PROTO_ICMP6:
		at = 2;
		break;
	default:
		at = 0;
	}
	return at && e->h.l4_at + at + 2 <= e->len ? e->h.l4_at + at : 0;
}

static void mend_l4(struct editor *e, u16 old, u16 new, bool pseudo)
{
	size_t at = l4_sum_at(e, pseudo);
	bool partial;
	u16 sum;

	partial = e->partial_at && e->partial_at == e->h.l4_at;
	if (!at || (partial && !pseudo))
		return;
	sum = vs_get_be16(e->p + at);
	if (e->h.proto == VS_PROTO_UDP && !sum && !partial)
		return;		/* UDP without a checksum */
	/* of a pseudo header alone it is the sum itself, not its complement */
	sum = partial ? (u16)~mended((u16)~sum, old, new) : mended(sum, old, new);
	if (e->h.proto == VS_PROTO_UDP && !sum)
		sum = 0xffff;
	put16(e->p + at, sum);
}

/* The 16 bits at @at get those of @mask from @value; the checksums follow. */
static void change(struct editor *e, size_t at, u16 value, u16 mask, enum sums sums)
{
	u16 old = vs_get_be16(e->p + at), new = (u16)((old & ~mask) | (value & mask));
	size_t ip_sum = e->h.l3 + 10U;

	if (new == old)
		return;
	put16(e->p + at, new);
	if (e->h.ip == 4 && (sums == SUM_IP || sums == SUM_PSEUDO))
		put16(e->p + ip_sum, mended(vs_get_be16(e->p + ip_sum), old, new));
	if (sums == SUM_PSEUDO || sums == SUM_L4)
		mend_l4(e, old, new, sums == SUM_PSEUDO);
}

static bool change_words(struct editor *e, const struct vs_of_edit *edit, u16 field, size_t at,
			 enum sums sums)
{
	u32 i;

	at += (edit->first - field) * 2U;
	if (at + edit->count * 2U > e->len)
		return false;
	for (i = 0; i < edit->count; i++)
		change(e, at + 2 * i, edit->value[i], edit->mask[i], sums);
	return true;
}

static bool edit_tos(struct editor *e, u8 value, u8 mask)
{
	if (e->h.ip == 4)
		change(e, e->h.l3, value, mask, SUM_IP);
	else
		change(e, e->h.l3, (u16)(value << 4), (u16)(mask << 4), SUM_NONE);
	return true;
}

static bool edit_ttl(struct editor *e, u8 value, u8 mask)
{
	if (e->h.ip == 4)
		change(e, e->h.l3 + 8U, (u16)(value << 8), (u16)(mask << 8), SUM_IP);
	else
		change(e, e->h.l3 + 6U, value, mask, SUM_NONE);
	return true;
}

static bool edit_label(struct editor *e, const struct vs_of_edit *edit)
{
	u32 i;

	/* the first word has 4 bits of it */
	for (i = 0; i < edit->count; i++) {
		bool high = edit->first + i == VIFSWITCH_OF_IP6_LABEL;

		change(e, e->h.l3 + (high ? 0U : 2U), edit->value[i],
		       high ? edit->mask[i] & 0xf : edit->mask[i], SUM_NONE);
	}
	return true;
}

static bool edit_l4(struct editor *e, const struct vs_of_edit *edit)
{
	u32 shift = edit->first == VIFSWITCH_OF_L4_SRC ? 8 : 0;

	if (!e->h.l4 || e->h.proto == VS_PROTO_SCTP)
		return false;	/* SCTP's checksum is over all of the packet */
	if (e->h.proto == VS_PROTO_ICMP || e->h.proto == VS_PROTO_ICMP6) {
		change(e, e->h.l4_at, (u16)((edit->value[0] & 0xff) << shift),
		       (u16)((edit->mask[0] & 0xff) << shift), SUM_L4);
		return true;
	}
	change(e, e->h.l4_at + (shift ? 0U : 2U), edit->value[0], edit->mask[0], SUM_L4);
	return true;
}

/* The address in the option of type @type of a neighbour message; 0: it has none. */
static size_t nd_option(const struct editor *e, u8 type)
{
	size_t at = e->h.l4_at + 24U, end = e->h.end < e->len ? e->h.end : e->len;

	for (; at + 8 <= end && e->p[at + 1]; at += e->p[at + 1] * 8U)
		if (e->p[at] == type && e->p[at + 1] == 1)
			return at + 2;
	return 0;
}

static bool edit_nd(struct editor *e, const struct vs_of_edit *edit)
{
	const u8 *l4 = e->p + e->h.l4_at;
	size_t at;

	if (e->h.ip != 6 || !e->h.l4 || e->h.proto != VS_PROTO_ICMP6 || e->h.l4_at + 24U > e->len ||
	    (l4[0] != VS_ND_SOLICIT && l4[0] != VS_ND_ADVERT))
		return false;
	if (edit->first < VIFSWITCH_OF_ND_SLL)
		return change_words(e, edit, VIFSWITCH_OF_ND_TARGET, e->h.l4_at + 8U, SUM_L4);
	at = nd_option(e, edit->first < VIFSWITCH_OF_ND_TLL ? 1 : 2);
	if (!at)
		return false;
	return change_words(e, edit, edit->first < VIFSWITCH_OF_ND_TLL ? VIFSWITCH_OF_ND_SLL :
			    VIFSWITCH_OF_ND_TLL, at, SUM_L4);
}

static bool edit_arp(struct editor *e, const struct vs_of_edit *edit)
{
	size_t l3 = e->h.l3;
	u16 first = edit->first;

	if (!e->h.arp)
		return false;
	if (first >= VIFSWITCH_OF_ARP_THA)
		return change_words(e, edit, VIFSWITCH_OF_ARP_THA, l3 + 18, SUM_NONE);
	if (first >= VIFSWITCH_OF_ARP_SHA)
		return change_words(e, edit, VIFSWITCH_OF_ARP_SHA, l3 + 8, SUM_NONE);
	if (first >= VIFSWITCH_OF_ARP_TPA)
		return change_words(e, edit, VIFSWITCH_OF_ARP_TPA, l3 + 24, SUM_NONE);
	if (first >= VIFSWITCH_OF_ARP_SPA)
		return change_words(e, edit, VIFSWITCH_OF_ARP_SPA, l3 + 14, SUM_NONE);
	return change_words(e, edit, VIFSWITCH_OF_ARP_OP, l3 + 6, SUM_NONE);
}

static bool edit_ip(struct editor *e, const struct vs_of_edit *edit)
{
	size_t l3 = e->h.l3;
	u16 first = edit->first;

	if (first == VIFSWITCH_OF_IP_TOS)
		return edit_tos(e, (u8)edit->value[0], (u8)edit->mask[0]);
	if (first == VIFSWITCH_OF_IP_TTL)
		return edit_ttl(e, (u8)edit->value[0], (u8)edit->mask[0]);
	if (first < VIFSWITCH_OF_TCP_FLAGS)
		return edit_l4(e, edit);
	if (first < VIFSWITCH_OF_IP6_SRC)
		return e->h.ip == 4 && change_words(e, edit, VIFSWITCH_OF_IP4_SRC, l3 + 12,
						    SUM_PSEUDO);
	if (e->h.ip != 6)
		return false;
	if (first < VIFSWITCH_OF_IP6_LABEL)
		return change_words(e, edit, VIFSWITCH_OF_IP6_SRC, l3 + 8, SUM_PSEUDO);
	return edit_label(e, edit);
}

bool vs_of_edit_frame(const struct vs_of_edit *edit, u8 *p, size_t len, size_t whole,
		      const struct vs_frame *f, size_t partial_at)
{
	struct editor e = { .p = p, .len = len, .partial_at = partial_at };

	if (edit->first < VIFSWITCH_OF_VLAN_TCI)
		return change_words(&e, edit, VIFSWITCH_OF_ETH_DST, 0, SUM_NONE);
	if (edit->first >= VIFSWITCH_OF_MPLS)
		return vs_of_has_label(f, len) &&
		       change_words(&e, edit, VIFSWITCH_OF_MPLS, f->l3, SUM_NONE);
	vs_of_headers_read(&e.h, p, len, whole, f);
	if (edit->first >= VIFSWITCH_OF_ND_TARGET)
		return edit_nd(&e, edit);
	if (edit->first >= VIFSWITCH_OF_ARP_OP)
		return edit_arp(&e, edit);
	return e.h.ip && edit_ip(&e, edit);
}

bool vs_of_edit_ttl(u8 *p, size_t len, size_t whole, const struct vs_frame *f, bool *ret_over)
{
	struct editor e = { .p = p, .len = len };
	u8 ttl;

	*ret_over = false;
	vs_of_headers_read(&e.h, p, len, whole, f);
	if (!e.h.ip)
		return false;
	ttl = p[e.h.l3 + (e.h.ip == 4 ? 8 : 7)];
	*ret_over = ttl <= 1;
	return !*ret_over && edit_ttl(&e, (u8)(ttl - 1), 0xff);
}

bool vs_of_edit_label_ttl(u8 *p, size_t len, const struct vs_frame *f, bool *ret_over)
{
	u8 *ttl = p + f->l3 + 3;

	*ret_over = false;
	if (!vs_of_has_label(f, len))
		return false;
	*ret_over = *ttl <= 1;
	*ttl -= !*ret_over;
	return !*ret_over;
}

u32 vs_of_label_for(const u8 *p, size_t len, size_t whole, const struct vs_frame *f)
{
	struct vs_of_headers h;

	if (vs_of_has_label(f, len))
		return vs_get_be32(p + f->l3) & ~VS_OF_LABEL_BOTTOM;
	vs_of_headers_read(&h, p, len, whole, f);
	return VS_OF_LABEL_BOTTOM | (h.ip ? p[h.l3 + (h.ip == 4 ? 8 : 7)] : 0);
}

void vs_of_edit_precedence(u8 *p, size_t len, size_t whole, const struct vs_frame *f, u16 levels)
{
	struct editor e = { .p = p, .len = len };
	u8 dscp, class, precedence;

	vs_of_headers_read(&e.h, p, len, whole, f);
	if (!e.h.ip)
		return;
	dscp = (e.h.ip == 4 ? p[e.h.l3 + 1] : (u8)(vs_get_be16(p + e.h.l3) >> 4)) >> 2;
	class = dscp >> 3;
	precedence = dscp >> 1 & 3;
	if (!class || class > 4 || !precedence || dscp & 1)
		return;
	precedence = precedence + levels > 3 ? 3 : (u8)(precedence + levels);
	edit_tos(&e, (u8)((class << 3 | precedence << 1) << 2), 0xfc);
}
