// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "policy-frame.h"

struct builder {
	uint8_t *data;
	size_t len;
	struct dice *dice;
};

static uint64_t load(const uint8_t *p, unsigned int octets)
{
	uint64_t value = 0;

	while (octets--)
		value = value << 8 | *p++;
	return value;
}

void packet_fields(struct vs_packet *ret, const struct acl_packet *packet)
{
	*ret = (struct vs_packet){
		.family = (uint8_t)packet->family,
		.proto = packet->family == VIFSWITCH_ACL_OTHER ? packet->ethertype :
			 packet->protocol,
		.type = packet->ethertype,
		.l4_src = packet->l4_src,
		.l4_dst = packet->l4_dst,
		.tcp_flags = packet->tcp_flags,
	};
	if (packet->family == VIFSWITCH_ACL_IP4) {
		ret->src.ip4 = (uint32_t)load(packet->src, 4);
		ret->dst.ip4 = (uint32_t)load(packet->dst, 4);
	} else {
		for (int i = 0; i < 2; i++) {
			ret->src.ip6[i] = load(packet->src + 8 * i, 8);
			ret->dst.ip6[i] = load(packet->dst + 8 * i, 8);
		}
	}
}

static void store(uint8_t *p, uint64_t value, unsigned int octets)
{
	while (octets--)
		*p++ = (uint8_t)(value >> 8 * octets);
}

static void store_address(uint8_t addr[16], const union vs_address *from, bool wide)
{
	for (unsigned int i = 0; wide && i < 2; i++)
		store(addr + 8 * i, from->ip6[i], 8);
	if (!wide)
		store(addr, from->ip4, 4);
}

void packet_from_fields(struct acl_packet *ret, const struct vs_packet *fields, uint16_t vlan)
{
	bool wide = fields->family == VIFSWITCH_ACL_IP6;

	*ret = (struct acl_packet){
		.family = fields->family,
		.ethertype = fields->type,
		.vlan = vlan,
		.l4_src = fields->l4_src,
		.l4_dst = fields->l4_dst,
		.tcp_flags = fields->tcp_flags,
	};
	if (fields->family == VIFSWITCH_ACL_OTHER)
		return;
	ret->protocol = (uint8_t)fields->proto;
	store_address(ret->src, &fields->src, wide);
	store_address(ret->dst, &fields->dst, wide);
}

void packet_sane(struct acl_packet *packet)
{
	bool foreign = packet->protocol == (packet->family == VIFSWITCH_ACL_IP4 ? 58 : 1);

	if (packet->family == VIFSWITCH_ACL_OTHER)
		return;
	if (packet->family == VIFSWITCH_ACL_IP6 && packet->protocol == 0)
		packet->protocol = 47;
	if (foreign) {
		packet->l4_src = VIFSWITCH_ACL_ABSENT;
		packet->l4_dst = VIFSWITCH_ACL_ABSENT;
	}
}

static void put(struct builder *b, uint64_t value, unsigned int octets)
{
	while (octets--)
		b->data[b->len++] = (uint8_t)(value >> 8 * octets);
}

static void zeros(struct builder *b, unsigned int octets)
{
	memset(b->data + b->len, 0, octets);
	b->len += octets;
}

/* Transport header and some payload; of a later fragment a multiple of 8 octets of nothing. */
static void put_l4(struct builder *b, const struct acl_packet *packet)
{
	if (packet->l4_src == VIFSWITCH_ACL_ABSENT) {
		zeros(b, 24);
		return;
	}
	if (packet->protocol == 1 || packet->protocol == 58) {
		put(b, packet->l4_src, 1);
		put(b, packet->l4_dst, 1);
		zeros(b, 6 + dice_below(b->dice, 30));
		return;
	}
	put(b, packet->l4_src, 2);
	put(b, packet->l4_dst, 2);
	if (packet->protocol == 6) {
		unsigned int words = 5 + dice_below(b->dice, 11);

		zeros(b, 8);
		put(b, words << 4, 1);
		put(b, packet->tcp_flags, 1);
		zeros(b, 4 * words - 14);
	} else {
		zeros(b, 8);
	}
	zeros(b, dice_below(b->dice, 20));
}

static bool may_lack_ports(const struct acl_packet *packet)
{
	return acl_protocol_has_ports(packet->protocol) ||
	       packet->protocol == (packet->family == VIFSWITCH_ACL_IP4 ? 1 : 58);
}

/* What a fragment's offset field says; 0 for no fragment. Offset 24 clears a TCP header. */
static unsigned int fragment_offset(struct builder *b, const struct acl_packet *packet)
{
	if (packet->l4_src == VIFSWITCH_ACL_ABSENT && may_lack_ports(packet))
		return 3 + dice_below(b->dice, 4000);
	return 0;
}

static void put_ip4(struct builder *b, const struct acl_packet *packet)
{
	unsigned int options = dice_below(b->dice, 4) == 3 ? dice_below(b->dice, 11) : 0;
	size_t start = b->len, end;

	put(b, 0x45 + options, 1);
	zeros(b, 5);
	put(b, fragment_offset(b, packet), 2);
	put(b, 64, 1);
	put(b, packet->protocol, 1);
	zeros(b, 2);
	memcpy(b->data + b->len, packet->src, 4);
	memcpy(b->data + b->len + 4, packet->dst, 4);
	b->len += 8;
	for (unsigned int i = 0; i < options; i++)
		put(b, 0x01010101, 4);
	put_l4(b, packet);
	end = b->len;
	b->len = start + 2;
	put(b, end - start, 2);
	b->len = end;
}

/* @type's own header with @next behind it, 8 octets; the caller has put @type before. */
static void put_extension(struct builder *b, uint8_t next)
{
	put(b, next, 1);
	put(b, 0, 1);
	put(b, 0x01040000, 4);		/* PadN */
	zeros(b, 2);
}

static void put_ip6(struct builder *b, const struct acl_packet *packet)
{
	static const uint8_t choice[] = { 0, 60, 60, 60 };
	unsigned int count = dice_below(b->dice, 3) == 2 ? dice_below(b->dice, 4) : 0;
	unsigned int offset = fragment_offset(b, packet);
	uint8_t last = offset ? 44 : packet->protocol;
	size_t start = b->len, end;

	put(b, 0x60000000, 4);
	zeros(b, 2);
	put(b, count ? choice[0] : last, 1);
	put(b, 64, 1);
	memcpy(b->data + b->len, packet->src, 16);
	memcpy(b->data + b->len + 16, packet->dst, 16);
	b->len += 32;
	for (unsigned int i = 0; i < count; i++)
		put_extension(b, i + 1 < count ? choice[i + 1] : last);
	if (offset) {
		put(b, packet->protocol, 1);
		put(b, 0, 1);
		put(b, offset * 8, 2);
		put(b, 0x12345678, 4);
	}
	put_l4(b, packet);
	end = b->len;
	b->len = start + 4;
	put(b, end - start - 40, 2);
	b->len = end;
}

size_t frame_make(const struct acl_packet *packet, struct dice *dice, uint8_t **ret,
		  uint32_t *ret_hwtag)
{
	struct builder b = { malloc(FRAME_MAX), 12, dice };
	bool stacked = packet->ethertype == 0x8100;
	unsigned int how = ret_hwtag ? dice_below(dice, 3) : 3;

	if (!b.data)
		abort();
	memcpy(b.data, "\x00\x16\x3e\x00\x00\x01\x00\x16\x3e\x00\x00\x02", 12);
	if (ret_hwtag)
		*ret_hwtag = VS_NO_TAG;
	/* the untagged network: no tag, or one that only has a priority */
	if (how == 1 || (!how && (packet->vlan || stacked)))
		put(&b, 0x81000000U | dice_below(dice, 8) << 13 | packet->vlan, 4);
	else if (how == 2)
		*ret_hwtag = VS_TAG(0x8100, packet->vlan);
	put(&b, packet->ethertype, 2);
	if (packet->family == VIFSWITCH_ACL_IP4)
		put_ip4(&b, packet);
	else if (packet->family == VIFSWITCH_ACL_IP6)
		put_ip6(&b, packet);
	else
		zeros(&b, 46);
	*ret = realloc(b.data, b.len);
	return b.len;
}
