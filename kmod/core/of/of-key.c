// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-key.h"

#define ARP_LEN		28
#define OPTION_SLL	1
#define OPTION_TLL	2

static bool ip4_sound(const u8 *h, size_t len, size_t whole)
{
	u32 ihl, total;

	if (len < VS_IP4_LEN)
		return false;
	ihl = (h[0] & 0xfU) * 4;
	total = vs_get_be16(h + 2);
	return h[0] >> 4 == 4 && ihl >= VS_IP4_LEN && total >= ihl && total <= whole;
}

static bool ip6_sound(const u8 *h, size_t len, size_t whole)
{
	return len >= VS_IP6_LEN && h[0] >> 4 == 6 &&
	       VS_IP6_LEN + (u32)vs_get_be16(h + 4) <= whole;
}

static bool has_l4(const struct vs_packet *pkt)
{
	return !pkt->reason && pkt->fragment != VS_FRAGMENT_LATER &&
	       pkt->l4_src != VIFSWITCH_ACL_ABSENT;
}

static void read_ip(struct vs_of_headers *h, const u8 *p, size_t len, size_t whole,
		    const struct vs_frame *f)
{
	const u8 *ip = p + f->l3;
	struct vs_packet pkt;

	vs_packet_parse(&pkt, p, len, whole, f);
	h->ip = f->type == VS_TYPE_IP4 ? 4 : 6;
	h->l4 = has_l4(&pkt);
	if (!pkt.reason) {
		h->proto = pkt.proto;
		h->l4_at = pkt.l4;
		h->end = pkt.end;
		h->frag = pkt.fragment == VS_FRAGMENT_NONE ? 0 :
			  pkt.fragment == VS_FRAGMENT_FIRST ? VIFSWITCH_OF_FRAG_ANY :
			  VIFSWITCH_OF_FRAG_ANY | VIFSWITCH_OF_FRAG_LATER;
		return;
	}
	h->proto = h->ip == 4 ? ip[9] : ip[6];
	if (h->ip == 4 && vs_get_be16(ip + 6) & 0x3fff)
		h->frag = vs_get_be16(ip + 6) & 0x1fff ?
			  VIFSWITCH_OF_FRAG_ANY | VIFSWITCH_OF_FRAG_LATER : VIFSWITCH_OF_FRAG_ANY;
}

void vs_of_headers_read(struct vs_of_headers *h, const u8 *p, size_t len, size_t whole,
			const struct vs_frame *f)
{
	const u8 *l3 = p + f->l3;

	memset(h, 0, sizeof(*h));
	h->l3 = f->l3;
	if (f->inner || len <= f->l3)
		return;
	if (f->type == VS_TYPE_IP4 ? ip4_sound(l3, len - f->l3, whole - f->l3) :
	    f->type == VS_TYPE_IP6 && ip6_sound(l3, len - f->l3, whole - f->l3))
		read_ip(h, p, len, whole, f);
	else if (f->type == VS_TYPE_ARP || f->type == VS_TYPE_RARP)
		h->arp = len >= f->l3 + (size_t)ARP_LEN && vs_get_be16(l3) == 1 &&
			 vs_get_be16(l3 + 2) == VS_TYPE_IP4 && l3[4] == VS_MAC_LEN && l3[5] == 4;
}

static void copy_words(struct vs_of_key *key, unsigned int first, const u8 *p, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		key->w[first + i] = vs_get_be16(p + 2 * i);
}

static void read_nd(struct vs_of_key *key, const struct vs_of_headers *h, const u8 *p, size_t len)
{
	const u8 *at = p + h->l4_at, *end = p + (h->end < len ? h->end : len);

	if (end - at < 24 || at[1] || (at[0] != VS_ND_SOLICIT && at[0] != VS_ND_ADVERT))
		return;
	copy_words(key, VIFSWITCH_OF_ND_TARGET, at + 8, 8);
	for (at += 24; end - at >= 8 && at[1] && end - at >= at[1] * 8; at += at[1] * 8) {
		if (at[1] != 1)
			continue;
		if (at[0] == OPTION_SLL)
			copy_words(key, VIFSWITCH_OF_ND_SLL, at + 2, 3);
		else if (at[0] == OPTION_TLL)
			copy_words(key, VIFSWITCH_OF_ND_TLL, at + 2, 3);
	}
}

static void read_l4(struct vs_of_key *key, const struct vs_of_headers *h, const u8 *p)
{
	const u8 *l4 = p + h->l4_at;

	if (h->proto == VS_PROTO_ICMP || h->proto == VS_PROTO_ICMP6) {
		key->w[VIFSWITCH_OF_L4_SRC] = l4[0];
		key->w[VIFSWITCH_OF_L4_DST] = l4[1];
		return;
	}
	copy_words(key, VIFSWITCH_OF_L4_SRC, l4, 2);
	if (h->proto == VS_PROTO_TCP)
		key->w[VIFSWITCH_OF_TCP_FLAGS] = vs_get_be16(l4 + 12) & 0xfff;
}

static void read_ip6_words(struct vs_of_key *key, const u8 *ip)
{
	copy_words(key, VIFSWITCH_OF_IP6_SRC, ip + 8, 16);
	vs_of_put32(key, VIFSWITCH_OF_IP6_LABEL, vs_get_be32(ip) & 0xfffff);
}

static void read_rest(struct vs_of_key *key, const struct vs_of_headers *h, const u8 *p, size_t len,
		      const struct vs_frame *f)
{
	const u8 *l3 = p + h->l3;

	if (vs_of_has_label(f, len)) {
		copy_words(key, VIFSWITCH_OF_MPLS, l3, 2);
	} else if (h->arp) {
		key->w[VIFSWITCH_OF_ARP_OP] = vs_get_be16(l3 + 6);
		copy_words(key, VIFSWITCH_OF_ARP_SHA, l3 + 8, 3);
		copy_words(key, VIFSWITCH_OF_ARP_SPA, l3 + 14, 2);
		copy_words(key, VIFSWITCH_OF_ARP_THA, l3 + 18, 3);
		copy_words(key, VIFSWITCH_OF_ARP_TPA, l3 + 24, 2);
	} else if (h->ip == 6) {
		read_ip6_words(key, l3);
		if (h->l4 && h->proto == VS_PROTO_ICMP6)
			read_nd(key, h, p, len);
	}
}

static void read_ip_words(struct vs_of_key *key, const struct vs_of_headers *h, const u8 *p)
{
	const u8 *l3 = p + h->l3;

	key->w[VIFSWITCH_OF_IP_PROTO] = h->proto;
	key->w[VIFSWITCH_OF_IP_FRAG] = h->frag;
	if (h->ip == 4) {
		key->w[VIFSWITCH_OF_IP_TOS] = l3[1];
		key->w[VIFSWITCH_OF_IP_TTL] = l3[8];
		copy_words(key, VIFSWITCH_OF_IP4_SRC, l3 + 12, 4);
	} else {
		key->w[VIFSWITCH_OF_IP_TOS] = (u8)(vs_get_be16(l3) >> 4);
		key->w[VIFSWITCH_OF_IP_TTL] = l3[7];
	}
	if (h->l4)
		read_l4(key, h, p);
}

void vs_of_key_no_meta(struct vs_of_key *key)
{
	memset(&key->w[VIFSWITCH_OF_METADATA], 0,
	       (VIFSWITCH_OF_ETH_DST - VIFSWITCH_OF_METADATA) * sizeof(u16));
	memset(&key->w[VIFSWITCH_OF_CONJ_ID], 0,
	       (VIFSWITCH_OF_WORDS - VIFSWITCH_OF_CONJ_ID) * sizeof(u16));
}

static void no_rest(struct vs_of_key *key)
{
	memset(&key->w[VS_OF_REST_FIRST], 0,
	       (VIFSWITCH_OF_CONJ_ID - VS_OF_REST_FIRST) * sizeof(u16));
}

void vs_of_key_rest_usual(struct vs_of_key *key, const u8 *ip, bool ip4)
{
	no_rest(key);
	if (!ip4)
		read_ip6_words(key, ip);
}

void vs_of_key_read(struct vs_of_key *key, u8 needs, const u8 *p, size_t len,
		    size_t whole, const struct vs_frame *f, u32 tag, u32 in_port)
{
	vs_of_key_no_meta(key);
	vs_of_put32(key, VIFSWITCH_OF_IN_PORT, in_port);
	vs_of_key_reread(key, needs, p, len, whole, f, tag);
}

void vs_of_key_reread(struct vs_of_key *key, u8 needs, const u8 *p, size_t len, size_t whole,
		      const struct vs_frame *f, u32 tag)
{
	struct vs_of_headers h;

	copy_words(key, VIFSWITCH_OF_ETH_DST, p, 6);
	key->w[VIFSWITCH_OF_VLAN_TCI] = vs_of_tci(tag);
	key->w[VIFSWITCH_OF_ETH_TYPE] = f->type < VS_TYPE_MIN ? 0x05ff : f->type;
	if (!(needs & VS_OF_NEEDS_FRAME))
		return;
	memset(&key->w[VS_OF_IP_FIRST], 0, (VS_OF_REST_FIRST - VS_OF_IP_FIRST) * sizeof(u16));
	if (needs & VS_OF_NEEDS_REST)
		no_rest(key);
	vs_of_headers_read(&h, p, len, whole, f);
	if (h.ip)
		read_ip_words(key, &h, p);
	if (needs & VS_OF_NEEDS_REST)
		read_rest(key, &h, p, len, f);
}
