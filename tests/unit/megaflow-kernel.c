// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/megaflow-kernel.h"

#include <arpa/inet.h>
#include <string.h>

#define IS_EXTENSION(proto)	((proto) == 0 || (proto) == 43 || (proto) == 44 || \
				 (proto) == 51 || (proto) == 59 || (proto) == 60)
#define NONE	59

struct reading {
	const uint8_t *p;
	size_t at, len;
	struct flow_key *key;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool left(const struct reading *r, size_t octets)
{
	return r->len - r->at >= octets;
}

static void has(struct reading *r, enum flow_part part)
{
	r->key->parts |= 1U << part;
}

static void read_tags(struct reading *r)
{
	struct flow_tag *const tags[] = { &r->key->tag, &r->key->inner_tag };

	for (unsigned int i = 0; i < 2; i++) {
		uint16_t type = left(r, 6) ? be16(r->p + r->at) : 0;

		if (type != 0x8100 && type != 0x88a8)
			return;
		has(r, i ? FLOW_INNER_TAG : FLOW_TAG);
		memcpy(&tags[i]->type, r->p + r->at, 2);
		tags[i]->tci = htons(be16(r->p + r->at + 2) | 0x1000);
		r->at += 4;
	}
}

static uint16_t read_type(struct reading *r)
{
	uint16_t type = be16(r->p + r->at);
	const uint8_t *llc;

	r->at += 2;
	if (type >= 0x600)
		return type;
	llc = r->p + r->at;
	if (!left(r, 8) || llc[0] != 0xaa || llc[1] != 0xaa || llc[3] || llc[4] || llc[5])
		return 4;
	r->at += 8;
	return be16(llc + 6) >= 0x600 ? be16(llc + 6) : 4;
}

static void read_l4(struct reading *r, uint8_t proto, uint8_t icmp)
{
	const uint8_t *h = r->p + r->at;

	if (proto == 6) {
		has(r, FLOW_L4);
		has(r, FLOW_TCP_FLAGS);
		if (!left(r, 20) || h[12] >> 4 < 5 || !left(r, (h[12] >> 4) * 4U))
			return;
		memcpy(&r->key->l4, h, 4);
		r->key->tcp_flags = htons(be16(h + 12) & 0xfff);
	} else if (proto == 17 || proto == 132) {
		has(r, FLOW_L4);
		if (left(r, proto == 17 ? 8 : 12))
			memcpy(&r->key->l4, h, 4);
	} else if (proto == icmp) {
		has(r, FLOW_ICMP);
		if (left(r, 8))
			memcpy(&r->key->icmp, h, 2);
	}
}

static void read_ip4(struct reading *r)
{
	const uint8_t *h = r->p + r->at;
	uint16_t fragment;

	has(r, FLOW_IP4);
	if (!left(r, 20) || (h[0] & 15) < 5 || !left(r, (h[0] & 15) * 4U))
		return;
	fragment = be16(h + 6);
	memcpy(&r->key->ip4.ipv4_src, h + 12, 4);
	memcpy(&r->key->ip4.ipv4_dst, h + 16, 4);
	r->key->ip4.ipv4_proto = h[9];
	r->key->ip4.ipv4_tos = h[1];
	r->key->ip4.ipv4_ttl = h[8];
	r->key->ip4.ipv4_frag = fragment & 0x1fff ? 2 : fragment & 0x2000 ? 1 : 0;
	r->at += (h[0] & 15) * 4U;
	if (!(fragment & 0x1fff))
		read_l4(r, h[9], 1);
}

/* The protocol behind extension headers; negative where they end in nothing. */
static int skip_extensions(struct reading *r, uint8_t proto, bool *ret_fragment, bool *ret_later)
{
	while (IS_EXTENSION(proto) && proto != NONE) {
		const uint8_t *h = r->p + r->at;
		size_t size;

		if (!left(r, 2))
			return -1;
		size = proto == 51 ? (h[1] + 2U) * 4 : (h[1] + 1U) * 8;
		if (proto == 44) {
			*ret_fragment = true;
			if (!left(r, 4))
				return -1;
			if (be16(h + 2) & 0xfff8) {
				*ret_later = !IS_EXTENSION(h[0]) || h[0] == NONE;
				return *ret_later ? h[0] : -1;
			}
			size = 8;
		}
		proto = h[0];
		r->at = r->len - r->at < size ? r->len : r->at + size;
	}
	return proto;
}

static void read_ip6(struct reading *r)
{
	const uint8_t *h = r->p + r->at;
	bool fragment = false, later = false;
	int proto;

	has(r, FLOW_IP6);
	if (!left(r, 40))
		return;
	r->at += 40;
	memcpy(r->key->ip6.ipv6_src, h + 8, 16);
	memcpy(r->key->ip6.ipv6_dst, h + 24, 16);
	r->key->ip6.ipv6_label = htonl((h[1] & 15U) << 16 | be16(h + 2));
	r->key->ip6.ipv6_tclass = (uint8_t)(be16(h) >> 4);
	r->key->ip6.ipv6_hlimit = h[7];
	r->key->ip6.ipv6_proto = NONE;
	proto = skip_extensions(r, h[6], &fragment, &later);
	r->key->ip6.ipv6_frag = later ? 2 : fragment ? 1 : 0;
	if (later) {
		r->key->ip6.ipv6_proto = 44;
	} else if (proto >= 0) {
		r->key->ip6.ipv6_proto = (uint8_t)proto;
		read_l4(r, (uint8_t)proto, 58);
	}
}

static void read_arp(struct reading *r)
{
	const uint8_t *h = r->p + r->at;

	has(r, FLOW_ARP);
	if (!left(r, 28) || be16(h) != 1 || be16(h + 2) != 0x800 || h[4] != 6 || h[5] != 4)
		return;
	r->key->arp.arp_op = be16(h + 6) <= 0xff ? htons(be16(h + 6)) : 0;
	memcpy(r->key->arp.arp_sha, h + 8, 6);
	memcpy(&r->key->arp.arp_sip, h + 14, 4);
	memcpy(r->key->arp.arp_tha, h + 18, 6);
	memcpy(&r->key->arp.arp_tip, h + 24, 4);
}

void ovs_kernel_key(const uint8_t *p, size_t len, uint32_t in_port, struct flow_key *ret)
{
	struct reading r = { .p = p, .at = 12, .len = len, .key = ret };
	uint16_t type;

	*ret = (struct flow_key){ .in_port = in_port };
	has(&r, FLOW_PORT);
	has(&r, FLOW_ETHERNET);
	memcpy(ret->eth.eth_dst, p, 6);
	memcpy(ret->eth.eth_src, p + 6, 6);
	read_tags(&r);
	has(&r, FLOW_TYPE);
	type = read_type(&r);
	ret->type = htons(type);
	if (type == 0x800)
		read_ip4(&r);
	else if (type == 0x86dd)
		read_ip6(&r);
	else if (type == 0x806 || type == 0x8035)
		read_arp(&r);
}

static void tell_l4(const struct flow_key *key, struct attrs *ret)
{
	uint8_t proto = flow_has(key, FLOW_IP4) ? key->ip4.ipv4_proto : key->ip6.ipv6_proto;
	const struct ovs_key_nd nd = {};

	if (flow_has(key, FLOW_L4))
		attr_put(ret, proto == 6 ? OVS_KEY_ATTR_TCP : proto == 17 ? OVS_KEY_ATTR_UDP :
			 OVS_KEY_ATTR_SCTP, &key->l4, sizeof(key->l4));
	if (flow_has(key, FLOW_TCP_FLAGS))
		attr_put(ret, OVS_KEY_ATTR_TCP_FLAGS, &key->tcp_flags, 2);
	if (flow_has(key, FLOW_ICMP))
		attr_put(ret, flow_has(key, FLOW_IP4) ? OVS_KEY_ATTR_ICMP : OVS_KEY_ATTR_ICMPV6,
			 &key->icmp, sizeof(key->icmp));
	if (flow_has(key, FLOW_ICMP) && flow_has(key, FLOW_IP6) &&
	    (key->icmp.icmp_type == 135 || key->icmp.icmp_type == 136))
		attr_put(ret, OVS_KEY_ATTR_ND, &nd, sizeof(nd));
}

void ovs_kernel_tell(const struct flow_key *key, struct attrs *ret)
{
	const struct flow_tag *const tags[] = { &key->tag, &key->inner_tag };
	static const uint32_t zero;
	size_t begun[2];
	unsigned int depth = 0;

	attr_put(ret, OVS_KEY_ATTR_RECIRC_ID, &zero, 4);
	attr_put(ret, OVS_KEY_ATTR_DP_HASH, &zero, 4);
	attr_put(ret, OVS_KEY_ATTR_PRIORITY, &zero, 4);
	attr_put(ret, OVS_KEY_ATTR_IN_PORT, &key->in_port, 4);
	attr_put(ret, OVS_KEY_ATTR_SKB_MARK, &zero, 4);
	attr_put(ret, OVS_KEY_ATTR_ETHERNET, &key->eth, sizeof(key->eth));
	for (; depth < 2 && flow_has(key, depth ? FLOW_INNER_TAG : FLOW_TAG); depth++) {
		attr_put(ret, OVS_KEY_ATTR_ETHERTYPE, &tags[depth]->type, 2);
		attr_put(ret, OVS_KEY_ATTR_VLAN, &tags[depth]->tci, 2);
		begun[depth] = attr_begin(ret, OVS_KEY_ATTR_ENCAP);
	}
	if (key->type != htons(4))
		attr_put(ret, OVS_KEY_ATTR_ETHERTYPE, &key->type, 2);
	if (flow_has(key, FLOW_IP4))
		attr_put(ret, OVS_KEY_ATTR_IPV4, &key->ip4, sizeof(key->ip4));
	if (flow_has(key, FLOW_IP6))
		attr_put(ret, OVS_KEY_ATTR_IPV6, &key->ip6, sizeof(key->ip6));
	if (flow_has(key, FLOW_ARP))
		attr_put(ret, OVS_KEY_ATTR_ARP, &key->arp, sizeof(key->arp));
	tell_l4(key, ret);
	while (depth)
		attr_end(ret, begun[--depth]);
}

static bool is_headers(enum vifswitch_drop_reason reason)
{
	return reason == VIFSWITCH_DROP_HEADERS || reason == VIFSWITCH_DROP_FRAGMENT ||
	       reason == VIFSWITCH_DROP_TO_HEADERS || reason == VIFSWITCH_DROP_TO_FRAGMENT;
}

bool ovs_kernel_hides(const struct flow_key *kernel, const struct decision *d)
{
	struct flow_key looked_at = { .type = 0xffff, .tag = { 0xffff, 0xffff } };

	looked_at.parts = (1U << FLOW_TYPE | 1U << FLOW_TAG | 1U << FLOW_IP6) & d->ours.parts;
	looked_at.ip6.ipv6_proto = looked_at.ip6.ipv6_frag = 0xff;
	return d->seen.hand == SEEN_TRUNCATED || d->seen.hand == SEEN_UNREADABLE ||
	       is_headers(d->reason) ||
	       (d->ours.parts && !flow_key_fits(kernel, &d->ours, &looked_at));
}
