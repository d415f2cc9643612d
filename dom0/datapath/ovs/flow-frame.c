// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-frame.h"

#include <arpa/inet.h>
#include <string.h>

#define LATER_OFFSET	1480	/* octets: a whole Ethernet frame's */
#define PAYLOAD		24

struct building {
	const struct flow_key *key;
	uint8_t *p;
	size_t len;
};

static void put(struct building *b, const void *data, size_t len)
{
	memcpy(b->p + b->len, data, len);
	b->len += len;
}

static void put_u16(struct building *b, unsigned int value)
{
	const __be16 be = htons((uint16_t)value);

	put(b, &be, sizeof(be));
}

/* A header of @proto, or what stands in its place; @icmp: what that is in this family. */
static void put_l4(struct building *b, uint8_t proto, uint8_t icmp)
{
	const struct flow_key *key = b->key;
	uint8_t *h = b->p + b->len;

	memset(h, 0, PAYLOAD);
	b->len += PAYLOAD;
	if (proto == icmp && flow_has(key, FLOW_ICMP))
		memcpy(h, &key->icmp, sizeof(key->icmp));
	else if (flow_has(key, FLOW_L4))
		memcpy(h, &key->l4, sizeof(key->l4));
	if (proto == VS_PROTO_TCP) {
		h[12] = (uint8_t)(0x50 | (ntohs(key->tcp_flags) >> 8 & 0xf));
		h[13] = (uint8_t)ntohs(key->tcp_flags);
	}
}

static void put_ip4(struct building *b)
{
	const struct ovs_key_ipv4 *ip = &b->key->ip4;
	uint8_t *h = b->p + b->len;

	memset(h, 0, VS_IP4_LEN);
	h[0] = 0x45;
	h[1] = ip->ipv4_tos;
	h[3] = VS_IP4_LEN + PAYLOAD;
	if (ip->ipv4_frag == OVS_FRAG_TYPE_FIRST)
		h[6] = 0x20;
	if (ip->ipv4_frag == OVS_FRAG_TYPE_LATER)
		h[7] = LATER_OFFSET / 8;
	h[8] = ip->ipv4_ttl;
	h[9] = ip->ipv4_proto;
	memcpy(h + 12, &ip->ipv4_src, 4);
	memcpy(h + 16, &ip->ipv4_dst, 4);
	b->len += VS_IP4_LEN;
	put_l4(b, ip->ipv4_proto, VS_PROTO_ICMP);
}

static void put_ip6(struct building *b)
{
	const struct ovs_key_ipv6 *ip = &b->key->ip6;
	uint8_t *h = b->p + b->len;
	bool later = ip->ipv6_frag == OVS_FRAG_TYPE_LATER, fragment = ip->ipv6_frag;
	__be32 first = htonl(6U << 28 | (uint32_t)ip->ipv6_tclass << 20 | ntohl(ip->ipv6_label));

	memset(h, 0, VS_IP6_LEN + 8);
	memcpy(h, &first, sizeof(first));
	h[5] = (uint8_t)(PAYLOAD + (fragment ? 8 : 0));
	h[6] = fragment ? VS_EXT_FRAGMENT : ip->ipv6_proto;
	h[7] = ip->ipv6_hlimit;
	memcpy(h + 8, ip->ipv6_src, 16);
	memcpy(h + 24, ip->ipv6_dst, 16);
	b->len += VS_IP6_LEN;
	if (fragment) {
		h[40] = later ? VS_PROTO_UDP : ip->ipv6_proto;
		h[42] = later ? LATER_OFFSET >> 8 : 0;
		h[43] = later ? LATER_OFFSET & 0xf8 : 1;
		b->len += 8;
	}
	put_l4(b, ip->ipv6_proto, VS_PROTO_ICMP6);
}

static void put_arp(struct building *b)
{
	const struct ovs_key_arp *arp = &b->key->arp;

	put(b, "\0\1\x08\0\6\4", 6);
	put(b, &arp->arp_op, 2);
	put(b, arp->arp_sha, 6);
	put(b, &arp->arp_sip, 4);
	put(b, arp->arp_tha, 6);
	put(b, &arp->arp_tip, 4);
}

size_t flow_frame_of(const struct flow_key *key, uint8_t ret[FLOW_FRAME_MAX])
{
	struct building b = { .key = key, .p = ret };

	memset(ret, 0, FLOW_FRAME_MAX);
	put(&b, key->eth.eth_dst, 6);
	put(&b, key->eth.eth_src, 6);
	for (unsigned int i = 0; i < 2 && flow_has(key, i ? FLOW_INNER_TAG : FLOW_TAG); i++) {
		const struct flow_tag *tag = i ? &key->inner_tag : &key->tag;

		put(&b, &tag->type, 2);
		put_u16(&b, ntohs(tag->tci) & ~(unsigned int)FLOW_TAG_PRESENT);
	}
	if (key->type == htons(FLOW_TYPE_8022)) {
		put_u16(&b, PAYLOAD);
		b.len += PAYLOAD;
		return b.len;
	}
	put(&b, &key->type, 2);
	/* a tag that the kernel does not tell of as one is cut */
	if (!flow_has(key, FLOW_INNER_TAG) &&
	    (key->type == htons(VS_TYPE_CTAG) || key->type == htons(VS_TYPE_STAG)))
		return b.len;
	if (flow_has(key, FLOW_IP4)) {
		put_ip4(&b);
	} else if (flow_has(key, FLOW_IP6)) {
		put_ip6(&b);
	} else {
		if (flow_has(key, FLOW_ARP))
			put_arp(&b);
		b.len += PAYLOAD;
	}
	return b.len;
}
