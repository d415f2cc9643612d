// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-key.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cleanup.h"

#define ARP_LEN	28

#define PART(name, field)	\
	[FLOW_##name] = { offsetof(struct flow_key, field), sizeof(((struct flow_key *)0)->field) }

static const struct { uint16_t offset, len; } parts[FLOW_PARTS] = {
	PART(PORT, in_port), PART(ETHERNET, eth), PART(TAG, tag), PART(INNER_TAG, inner_tag),
	PART(TYPE, type), PART(IP4, ip4), PART(IP6, ip6), PART(L4, l4),
	PART(TCP_FLAGS, tcp_flags), PART(ICMP, icmp), PART(ARP, arp),
};

uint8_t *flow_part(struct flow_key *key, enum flow_part part, uint32_t *ret_len)
{
	*ret_len = parts[part].len;
	return (uint8_t *)key + parts[part].offset;
}

static void know(struct flow_key *key, enum flow_part part)
{
	key->parts |= 1U << part;
}

void flow_key_of_frame(const struct vs_frame *f, uint32_t in_port, const uint8_t *p,
		       struct flow_key *ret)
{
	uint16_t type = f->type < VS_TYPE_MIN ? FLOW_TYPE_8022 : f->type;

	memset(ret, 0, sizeof(*ret));
	know(ret, FLOW_PORT);
	ret->in_port = in_port;
	know(ret, FLOW_ETHERNET);
	memcpy(ret->eth.eth_dst, p, 6);
	memcpy(ret->eth.eth_src, p + 6, 6);
	know(ret, FLOW_TYPE);
	if (VS_TAG_TYPE(f->tag) == VS_TYPE_QINQ) {
		type = VS_TYPE_QINQ;	/* no tag for the kernel */
	} else if (f->tag != VS_NO_TAG) {
		know(ret, FLOW_TAG);
		ret->tag.type = htons(VS_TAG_TYPE(f->tag));
		ret->tag.tci = htons(VS_TAG_TCI(f->tag) | FLOW_TAG_PRESENT);
	}
	ret->type = htons(type);
}

static uint8_t fragment_of(const struct vs_packet *pkt)
{
	switch ((enum vs_fragment)pkt->fragment) {
	case VS_FRAGMENT_FIRST:
		return OVS_FRAG_TYPE_FIRST;
	case VS_FRAGMENT_LATER:
		return OVS_FRAG_TYPE_LATER;
	default:
		return OVS_FRAG_TYPE_NONE;
	}
}

static void read_ip(struct flow_key *key, const struct vs_packet *pkt, const uint8_t *p)
{
	const uint8_t *h = p + pkt->l3;

	if (pkt->family == VIFSWITCH_ACL_IP4) {
		know(key, FLOW_IP4);
		memcpy(&key->ip4.ipv4_src, h + 12, 4);
		memcpy(&key->ip4.ipv4_dst, h + 16, 4);
		key->ip4.ipv4_proto = (uint8_t)pkt->proto;
		key->ip4.ipv4_tos = h[1];
		key->ip4.ipv4_ttl = h[8];
		key->ip4.ipv4_frag = fragment_of(pkt);
		return;
	}
	know(key, FLOW_IP6);
	memcpy(key->ip6.ipv6_src, h + 8, 16);
	memcpy(key->ip6.ipv6_dst, h + 24, 16);
	key->ip6.ipv6_label = htonl(vs_get_be32(h) & 0xfffff);
	/* the kernel looks behind no later fragment's header */
	key->ip6.ipv6_proto = pkt->fragment == VS_FRAGMENT_LATER ? VS_EXT_FRAGMENT :
								   (uint8_t)pkt->proto;
	key->ip6.ipv6_tclass = (uint8_t)(vs_get_be16(h) >> 4);
	key->ip6.ipv6_hlimit = h[7];
	key->ip6.ipv6_frag = fragment_of(pkt);
}

static void read_l4(struct flow_key *key, const struct vs_packet *pkt)
{
	if (pkt->l4_src == VIFSWITCH_ACL_ABSENT)
		return;
	switch (pkt->proto) {
	case VS_PROTO_TCP:
		know(key, FLOW_TCP_FLAGS);
		key->tcp_flags = htons((uint16_t)pkt->tcp_flags);
		fallthrough;
	case VS_PROTO_UDP:
	case VS_PROTO_SCTP:
		know(key, FLOW_L4);
		key->l4.tcp_src = htons((uint16_t)pkt->l4_src);
		key->l4.tcp_dst = htons((uint16_t)pkt->l4_dst);
		return;
	case VS_PROTO_ICMP:
	case VS_PROTO_ICMP6:
		know(key, FLOW_ICMP);
		key->icmp.icmp_type = (uint8_t)pkt->l4_src;
		key->icmp.icmp_code = (uint8_t)pkt->l4_dst;
		return;
	default:
		return;
	}
}

/* Of one for IPv4 over Ethernet. */
static void read_arp(struct flow_key *key, const struct vs_packet *pkt, const uint8_t *p,
		     size_t len)
{
	static const uint8_t ethernet_ip4[] = { 0, 1, 0x08, 0x00, 6, 4 };
	const uint8_t *h = p + pkt->l3;

	if (len < pkt->l3 + (size_t)ARP_LEN || memcmp(h, ethernet_ip4, sizeof(ethernet_ip4)))
		return;
	know(key, FLOW_ARP);
	key->arp.arp_op = htons(vs_get_be16(h + 6));
	memcpy(key->arp.arp_sha, h + 8, 6);
	memcpy(&key->arp.arp_sip, h + 14, 4);
	memcpy(key->arp.arp_tha, h + 18, 6);
	memcpy(&key->arp.arp_tip, h + 24, 4);
}

void flow_key_of_packet(const struct vs_packet *pkt, const uint8_t *p, size_t len,
			struct flow_key *ret)
{
	if (pkt->reason)
		return;
	if (pkt->family != VIFSWITCH_ACL_OTHER) {
		read_ip(ret, pkt, p);
		read_l4(ret, pkt);
	} else if (pkt->type == VS_TYPE_ARP || pkt->type == VS_TYPE_RARP) {
		read_arp(ret, pkt, p, len);
	}
}

static bool same(const uint8_t *a, const uint8_t *b, const uint8_t *mask, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if ((a[i] ^ b[i]) & mask[i])
			return false;
	return true;
}

static bool is_zero(const uint8_t *p, uint32_t len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

/* One part of two keys under @mask, both of which must have it if anything is looked at. */
static bool part_same(const struct flow_key *a, const struct flow_key *b,
		      const struct flow_key *mask, enum flow_part part)
{
	const uint8_t *m = (const uint8_t *)mask + parts[part].offset;

	if (!flow_has(mask, part) || is_zero(m, parts[part].len))
		return true;
	return flow_has(a, part) && flow_has(b, part) &&
	       same((const uint8_t *)a + parts[part].offset,
		    (const uint8_t *)b + parts[part].offset, m, parts[part].len);
}

bool flow_key_matches(const struct flow_key *key, const struct flow_key *flow,
		      const struct flow_key *mask)
{
	/* what is not there is zeros; that there is a tag is something that is looked at, too */
	for (unsigned int part = 0; part < FLOW_PARTS; part++)
		if (!same((const uint8_t *)key + parts[part].offset,
			  (const uint8_t *)flow + parts[part].offset,
			  (const uint8_t *)mask + parts[part].offset, parts[part].len))
			return false;
	return true;
}

bool flow_key_fits(const struct flow_key *kernel, const struct flow_key *ours,
		   const struct flow_key *mask)
{
	struct flow_key seen = *kernel;

	if (flow_has(kernel, FLOW_TAG) != flow_has(ours, FLOW_TAG))
		return false;
	/* we stop where a second tag begins, whose type it then is that we know */
	if (flow_has(kernel, FLOW_INNER_TAG)) {
		if (!flow_has(kernel, FLOW_TYPE))
			return false;
		seen.type = kernel->inner_tag.type;
	}
	for (unsigned int part = 0; part < FLOW_PARTS; part++) {
		if (part == FLOW_INNER_TAG || (part == FLOW_TAG && !flow_has(ours, FLOW_TAG)))
			continue;
		if (!part_same(&seen, ours, mask, (enum flow_part)part))
			return false;
	}
	return true;
}

bool flow_mask_covers(const struct flow_key *mask, const struct flow_key *wanted)
{
	for (unsigned int part = 0; part < FLOW_PARTS; part++) {
		const uint8_t *has = (const uint8_t *)mask + parts[part].offset;
		const uint8_t *wants = (const uint8_t *)wanted + parts[part].offset;

		for (uint32_t i = 0; i < parts[part].len; i++)
			if (wants[i] & ~has[i])
				return false;
	}
	return true;
}
