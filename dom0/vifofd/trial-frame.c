// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "openflow/of-wire.h"
#include "vifofd/trial-frame.h"

#define K(name)	VIFSWITCH_OF_ ## name
#define ETH_IP	0x0800
#define ETH_IP6	0x86dd
#define ETH_ARP	0x0806
#define LENGTH_MAX	0x5ff

static void get_words(struct trial_frame *f, unsigned int word, size_t at, unsigned int words)
{
	for (unsigned int i = 0; i < words; i++)
		f->key[word + i] = (uint16_t)wire_get(f->data + at + 2 * i, 2);
}

static void put_words(struct trial_frame *f, unsigned int word, size_t at, unsigned int words)
{
	for (unsigned int i = 0; i < words; i++)
		wire_put(f->data + at + 2 * i, 2, f->key[word + i]);
}

static void parse_nd(struct trial_frame *f)
{
	uint8_t type = f->data[f->l4];
	size_t at = f->l4 + 24;

	if (f->len < at || (type != 135 && type != 136) || f->data[f->l4 + 1])
		return;
	get_words(f, K(ND_TARGET), f->l4 + 8, 8);
	while (at + 8 <= f->len && f->data[at + 1]) {
		if (f->data[at] == 1 && type == 135)
			get_words(f, K(ND_SLL), at + 2, 3);
		if (f->data[at] == 2 && type == 136)
			get_words(f, K(ND_TLL), at + 2, 3);
		at += f->data[at + 1] * 8u;
	}
}

static void parse_l4(struct trial_frame *f)
{
	static const uint8_t least[256] = { [6] = 20, [17] = 8, [132] = 12, [1] = 8, [58] = 8 };
	uint8_t need = least[f->proto];

	if (!need || f->len < f->l4 + need)
		return;
	f->has_l4 = true;
	if (f->proto == 1 || f->proto == 58) {
		f->key[K(L4_SRC)] = f->data[f->l4];
		f->key[K(L4_DST)] = f->data[f->l4 + 1];
		if (f->proto == 58)
			parse_nd(f);
		return;
	}
	get_words(f, K(L4_SRC), f->l4, 2);
	if (f->proto == 6)
		f->key[K(TCP_FLAGS)] = wire_get(f->data + f->l4 + 12, 2) & 0xfff;
}

static void parse_ip(struct trial_frame *f)
{
	const uint8_t *p = f->data + f->l3;
	uint16_t frag;

	if (f->len < f->l3 + 20 || p[0] >> 4 != 4 || (p[0] & 15) < 5 ||
	    f->len < f->l3 + (p[0] & 15) * 4u || wire_get(p + 2, 2) < (p[0] & 15) * 4u)
		return;
	f->key[K(IP_TOS)] = p[1];
	f->key[K(IP_TTL)] = p[8];
	f->proto = p[9];
	f->key[K(IP_PROTO)] = p[9];
	get_words(f, K(IP4_SRC), f->l3 + 12, 4);
	frag = (uint16_t)wire_get(p + 6, 2);
	if (frag & 0x3fff)
		f->key[K(IP_FRAG)] = K(FRAG_ANY) | (frag & 0x1fff ? K(FRAG_LATER) : 0);
	if (frag & 0x1fff)
		return;
	f->l4 = f->l3 + (p[0] & 15) * 4u;
	parse_l4(f);
}

static void parse_ip6(struct trial_frame *f)
{
	const uint8_t *p = f->data + f->l3;

	if (f->len < f->l3 + 40 || p[0] >> 4 != 6)
		return;
	f->key[K(IP_TOS)] = wire_get(p, 2) >> 4 & 0xff;
	f->key[K(IP6_LABEL)] = p[1] & 15;
	f->key[K(IP6_LABEL) + 1] = (uint16_t)wire_get(p + 2, 2);
	f->proto = p[6];
	f->key[K(IP_PROTO)] = p[6];
	f->key[K(IP_TTL)] = p[7];
	get_words(f, K(IP6_SRC), f->l3 + 8, 16);
	f->l4 = f->l3 + 40;
	parse_l4(f);
}

static void parse_arp(struct trial_frame *f)
{
	if (f->len < f->l3 + 28)
		return;
	f->key[K(ARP_OP)] = (uint16_t)wire_get(f->data + f->l3 + 6, 2);
	get_words(f, K(ARP_SHA), f->l3 + 8, 3);
	get_words(f, K(ARP_SPA), f->l3 + 14, 2);
	get_words(f, K(ARP_THA), f->l3 + 18, 3);
	get_words(f, K(ARP_TPA), f->l3 + 24, 2);
}

static void parse(struct trial_frame *f)
{
	size_t at = 12;

	memset(&f->key[K(ETH_DST)], 0, (K(WORDS) - K(ETH_DST)) * sizeof(f->key[0]));
	f->l4 = 0;
	f->proto = 0;
	f->has_l4 = false;
	get_words(f, K(ETH_DST), 0, 6);
	f->type = (uint16_t)wire_get(f->data + at, 2);
	if ((f->type == 0x8100 || f->type == 0x88a8) && f->len >= 18) {
		f->key[K(VLAN_TCI)] = (wire_get(f->data + 14, 2) & 0xefff) | K(VLAN_PRESENT);
		at += 4;
		f->type = (uint16_t)wire_get(f->data + at, 2);
	}
	f->l3 = at + 2;
	f->key[K(ETH_TYPE)] = f->type <= LENGTH_MAX ? LENGTH_MAX : f->type;
	if (f->type == ETH_IP)
		parse_ip(f);
	else if (f->type == ETH_IP6)
		parse_ip6(f);
	else if (f->type == ETH_ARP)
		parse_arp(f);
}

bool trial_frame_parse(struct trial_frame *f, const uint8_t *data, size_t len)
{
	if (len < 14 || len > TRIAL_FRAME_MAX)
		return false;
	memcpy(f->data, data, len);
	f->len = len;
	parse(f);
	return true;
}

static uint32_t sum(const uint8_t *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += (uint32_t)wire_get(p + i, 2);
	return len & 1 ? s + ((uint32_t)p[len - 1] << 8) : s;
}

static uint16_t folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void checksum_l4(struct trial_frame *f)
{
	static const uint8_t places[256] = { [6] = 16, [17] = 6, [1] = 2, [58] = 2 };
	size_t at = f->l4 + places[f->proto], len = f->len - f->l4;
	uint32_t s = 0;

	if (!f->has_l4 || !places[f->proto] || (f->proto == 17 && !wire_get(f->data + at, 2)))
		return;
	if (f->type == ETH_IP)
		len = wire_get(f->data + f->l3 + 2, 2) - (f->l4 - f->l3);
	else
		len = wire_get(f->data + f->l3 + 4, 2);
	if (f->l4 + len > f->len)
		return;
	if (f->proto != 1)
		s = sum(f->data + f->l3 + (f->type == ETH_IP ? 12 : 8), f->type == ETH_IP ? 8 : 32,
			(uint32_t)len + f->proto);
	wire_put(f->data + at, 2, 0);
	wire_put(f->data + at, 2, folded(sum(f->data + f->l4, len, s)));
}

static void write_ip(struct trial_frame *f)
{
	uint8_t *p = f->data + f->l3;

	if (!f->proto && !f->key[K(IP_TTL)])
		return;
	if (f->type == ETH_IP) {
		p[1] = (uint8_t)f->key[K(IP_TOS)];
		p[8] = (uint8_t)f->key[K(IP_TTL)];
		put_words(f, K(IP4_SRC), f->l3 + 12, 4);
		wire_put(p + 10, 2, 0);
		wire_put(p + 10, 2, folded(sum(p, (p[0] & 15) * 4u, 0)));
	} else {
		wire_put(p, 4, 6u << 28 | (uint32_t)f->key[K(IP_TOS)] << 20 |
			 (uint32_t)f->key[K(IP6_LABEL)] << 16 | f->key[K(IP6_LABEL) + 1]);
		p[7] = (uint8_t)f->key[K(IP_TTL)];
		put_words(f, K(IP6_SRC), f->l3 + 8, 16);
	}
	if (f->has_l4 && (f->proto == 1 || f->proto == 58)) {
		f->data[f->l4] = (uint8_t)f->key[K(L4_SRC)];
		f->data[f->l4 + 1] = (uint8_t)f->key[K(L4_DST)];
	} else if (f->has_l4) {
		put_words(f, K(L4_SRC), f->l4, 2);
	}
	checksum_l4(f);
}

void trial_frame_write(struct trial_frame *f)
{
	bool tagged = f->l3 == 18;

	put_words(f, K(ETH_DST), 0, 6);
	if (tagged)
		wire_put(f->data + 14, 2, f->key[K(VLAN_TCI)] & 0xefff);
	if (f->type == ETH_IP || f->type == ETH_IP6)
		write_ip(f);
	if (f->type == ETH_ARP && f->len >= f->l3 + 28) {
		put_words(f, K(ARP_OP), f->l3 + 6, 1);
		put_words(f, K(ARP_SHA), f->l3 + 8, 3);
		put_words(f, K(ARP_SPA), f->l3 + 14, 2);
		put_words(f, K(ARP_THA), f->l3 + 18, 3);
		put_words(f, K(ARP_TPA), f->l3 + 24, 2);
	}
}

void trial_frame_push_vlan(struct trial_frame *f, uint16_t type, uint16_t tci)
{
	if (f->len + 4 > TRIAL_FRAME_MAX)
		return;
	memmove(f->data + 16, f->data + 12, f->len - 12);
	wire_put(f->data + 12, 2, type);
	wire_put(f->data + 14, 2, tci & 0xefff);
	f->len += 4;
	parse(f);
}

void trial_frame_pop_vlan(struct trial_frame *f)
{
	if (f->l3 != 18)
		return;
	memmove(f->data + 12, f->data + 16, f->len - 16);
	f->len -= 4;
	parse(f);
}
