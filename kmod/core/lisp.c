// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"
#include "lisp.h"
#include "network.h"

/* The first octet (RFC 9300, 5.3). */
#define BIT_NONCE	0x80
#define BIT_VERSION	0x10
#define BIT_INSTANCE	0x08
#define BITS_KEY	0x03	/* RFC 8061 */

#define ARP_REQUEST	1
#define ARP_REPLY	2
#define SOLICITED_OVERRIDE	0x60
#define OPTION_TARGET	2

static bool read_ip4(const u8 *p, u32 len, u32 total, struct vs_lisp *ret)
{
	if (len < 20 || (p[0] & 15) < 5)
		return false;
	ret->len = vs_get_be16(p + 2);
	return ret->len >= (p[0] & 15) * 4U && ret->len <= total;
}

static bool read_ip6(const u8 *p, u32 len, u32 total, struct vs_lisp *ret)
{
	if (len < 40)
		return false;
	ret->ip6 = true;
	ret->len = 40U + vs_get_be16(p + 4);
	return ret->len <= total;
}

bool vs_lisp_parse(const u8 *p, u32 len, u32 total, struct vs_lisp *ret)
{
	if (len <= VS_LISP_LEN || total < len)
		return false;
	/* a nonce and a version are one field */
	if (p[0] & BITS_KEY || (p[0] & (BIT_NONCE | BIT_VERSION)) == (BIT_NONCE | BIT_VERSION))
		return false;
	*ret = (struct vs_lisp){ .instance = p[0] & BIT_INSTANCE ? vs_get_be32(p + 4) >> 8 : 0 };
	p += VS_LISP_LEN;
	len -= VS_LISP_LEN;
	total -= VS_LISP_LEN;
	return p[0] >> 4 == 4 ? read_ip4(p, len, total, ret) :
	       p[0] >> 4 == 6 ? read_ip6(p, len, total, ret) : false;
}

void vs_lisp_build(u8 p[VS_LISP_LEN], u32 instance)
{
	const u8 header[VS_LISP_LEN] = {
		BIT_INSTANCE, [4] = (u8)(instance >> 16), (u8)(instance >> 8), (u8)instance,
	};

	memcpy(p, header, sizeof(header));
}

/* May packets to it be routed: no group, not of one link, and somebody's? */
static bool is_routed4(const u8 *p)
{
	return p[0] && p[0] != 127 && p[0] < 224 && !(p[0] == 169 && p[1] == 254);
}

static bool is_routed6(const u8 *p)
{
	static const u8 none[15];

	return p[0] != 0xff && !(p[0] == 0xfe && (p[1] & 0xc0) == 0x80) && memcmp(p, none, 15);
}

/* Whoever probes or announces an address (RFC 5227) has it himself. */
static enum vs_lisp_what look_arp(const u8 *p, u32 len, u8 address[16])
{
	static const u8 head[8] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
	static const u8 none[4];

	if (len < VS_LISP_ARP_LEN || memcmp(p, head, sizeof(head)) || !memcmp(p + 14, none, 4) ||
	    !memcmp(p + 14, p + 24, 4) || !is_routed4(p + 24))
		return VS_LISP_OTHER;
	vs_network_put_ip4(p + 24, address);
	return VS_LISP_ASKS;
}

/* Who is there already asks; who has no address yet looks for a double of his own. */
static enum vs_lisp_what look_discovery(const u8 *p, u32 len, u8 address[16])
{
	static const u8 none[16];

	if (p[7] != 255 || p[40] != VS_ND_SOLICIT || len < 64 || p[41] ||
	    vs_get_be16(p + 4) < 24 || !memcmp(p + 8, none, 16) || !is_routed6(p + 48) ||
	    !memcmp(p + 8, p + 48, 16))
		return VS_LISP_OTHER;
	memcpy(address, p + 48, 16);
	return VS_LISP_ASKS;
}

static enum vs_lisp_what look_ip6(const u8 *p, u32 len, u8 address[16])
{
	if (len < 40 || p[0] >> 4 != 6)
		return VS_LISP_OTHER;
	if (p[6] == VS_PROTO_ICMP6 && len > 40 && p[40] >= VS_ND_FIRST && p[40] <= VS_ND_LAST)
		return look_discovery(p, len, address);
	if (!is_routed6(p + 24))
		return VS_LISP_OTHER;
	memcpy(address, p + 24, 16);
	return VS_LISP_ROUTED;
}

enum vs_lisp_what vs_lisp_look(const u8 *p, u32 len, u16 type, u8 address[16])
{
	if (type == VS_TYPE_ARP)
		return look_arp(p, len, address);
	if (type == VS_TYPE_IP6)
		return look_ip6(p, len, address);
	if (type != VS_TYPE_IP4 || len < 20 || p[0] >> 4 != 4 || !is_routed4(p + 16))
		return VS_LISP_OTHER;
	vs_network_put_ip4(p + 16, address);
	return VS_LISP_ROUTED;
}

static u32 answer_arp(const u8 *p, const u8 mac[VS_MAC_LEN], u8 *ret)
{
	memcpy(ret, p, 8);
	ret[7] = ARP_REPLY;
	memcpy(ret + 8, mac, VS_MAC_LEN);
	memcpy(ret + 14, p + 24, 4);
	memcpy(ret + 18, p + 8, VS_MAC_LEN + 4);
	return VS_LISP_ARP_LEN;
}

/* Of an ICMPv6 message of an even number of octets behind an IPv6 header. */
static void put_checksum(u8 *p, u32 len)
{
	u32 sum = len - 40 + VS_PROTO_ICMP6, i;

	p[42] = p[43] = 0;
	for (i = 8; i < len; i += 2)
		sum += vs_get_be16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p[42] = (u8)(~sum >> 8);
	p[43] = (u8)~sum;
}

static u32 answer_discovery(const u8 *p, const u8 mac[VS_MAC_LEN], u8 *ret)
{
	memset(ret, 0, VS_LISP_ADVERT_LEN);
	ret[0] = 6 << 4;
	ret[5] = VS_LISP_ADVERT_LEN - 40;
	ret[6] = VS_PROTO_ICMP6;
	ret[7] = 255;
	memcpy(ret + 8, p + 48, 16);
	memcpy(ret + 24, p + 8, 16);
	ret[40] = VS_ND_ADVERT;
	ret[44] = SOLICITED_OVERRIDE;
	memcpy(ret + 48, p + 48, 16);
	ret[64] = OPTION_TARGET;
	ret[65] = 1;	/* times 8 octets */
	memcpy(ret + 66, mac, VS_MAC_LEN);
	put_checksum(ret, VS_LISP_ADVERT_LEN);
	return VS_LISP_ADVERT_LEN;
}

u32 vs_lisp_answer(const u8 *p, bool ip6, const u8 mac[VS_MAC_LEN], u8 ret[VS_LISP_ADVERT_LEN])
{
	return ip6 ? answer_discovery(p, mac, ret) : answer_arp(p, mac, ret);
}
