// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/seen.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cleanup.h"

#define LINK_LOCAL	0xfe80000000000000ULL

static const uint64_t last6[2] = { ~0ULL, ~0ULL };

const char *seen_hand_word(enum seen_hand hand)
{
	static const char *const words[SEEN_HANDS] = {
		[SEEN_FLOW] = "flow", [SEEN_CLOSED] = "closed", [SEEN_TRUNCATED] = "truncated",
		[SEEN_UNREADABLE] = "unreadable", [SEEN_FRAGMENT] = "fragment",
		[SEEN_NEIGHBOURS] = "neighbour-discovery", [SEEN_GROUP_REPORT] = "group-report",
		[SEEN_PROTOCOL] = "protocol", [SEEN_NO_HEADER] = "no-header",
		[SEEN_SESSION] = "session", [SEEN_TOLD] = "told", [SEEN_KEY] = "key",
	};

	return words[hand];
}

static void by_hand(struct seen *s, enum seen_hand hand)
{
	if (s->hand == SEEN_FLOW)
		s->hand = hand;
}

/* All octets of a part. */
static void exactly(struct seen *s, enum flow_part part)
{
	uint32_t len;
	uint8_t *p = flow_part(&s->mask, part, &len);

	s->mask.parts |= 1U << part;
	memset(p, 0xff, len);
}

static uint64_t leading64(unsigned int bits)
{
	return bits ? ~0ULL << (64 - bits) : 0;
}

static uint32_t leading32(unsigned int bits)
{
	return bits ? ~0U << (32 - bits) : 0;
}

unsigned int seen_bits4(uint32_t value, uint32_t first, uint32_t last)
{
	unsigned int bits;

	for (bits = 0; bits < 32; bits += 8) {
		uint32_t mask = leading32(bits);

		if ((value & mask) >= first && (value | ~mask) <= last)
			break;
	}
	return bits;
}

unsigned int seen_bits6(const uint64_t value[2], const uint64_t first[2], const uint64_t last[2])
{
	static const uint8_t sizes[] = { 0, 32, 48, 64 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t mask = leading64(sizes[i]);
		const uint64_t lowest[2] = { value[0] & mask, 0 };
		const uint64_t highest[2] = { value[0] | ~mask, ~0ULL };

		if (!vs_above6(first, lowest) && !vs_above6(highest, last))
			return sizes[i];
	}
	return 128;
}

unsigned int seen_bits_port(uint16_t value, uint16_t first, uint16_t last)
{
	if (!first && last == 0xffff)
		return 0;
	return (value & 0xfc00) >= first && (value | 0x03ff) <= last ? 6 : 16;
}

static __be16 port_mask(unsigned int bits)
{
	return htons(bits ? (uint16_t)(0xffff << (16 - bits)) : 0);
}

static void see_ip4(struct seen *s, bool src, unsigned int bits)
{
	__be32 mask = htonl(leading32(bits));

	if (src)
		s->mask.ip4.ipv4_src |= mask;
	else
		s->mask.ip4.ipv4_dst |= mask;
}

static void see_ip6(struct seen *s, bool src, unsigned int bits)
{
	__be32 *field = src ? s->mask.ip6.ipv6_src : s->mask.ip6.ipv6_dst;

	for (unsigned int i = 0; i < 4 && bits > i * 32; i++)
		field[i] |= htonl(leading32(bits - i * 32 < 32 ? bits - i * 32 : 32));
}

static void see_ports(struct seen *s, unsigned int src_bits, unsigned int dst_bits)
{
	s->mask.parts |= 1U << FLOW_L4;
	s->mask.l4.tcp_src |= port_mask(src_bits);
	s->mask.l4.tcp_dst |= port_mask(dst_bits);
}

static void see_icmp(struct seen *s, bool type, bool code)
{
	s->mask.parts |= 1U << FLOW_ICMP;
	if (type)
		s->mask.icmp.icmp_type = 0xff;
	if (code)
		s->mask.icmp.icmp_code = 0xff;
}

void seen_frame(struct seen *s, const struct vs_program *prog, const struct vs_verdict *v)
{
	if (!prog) {
		by_hand(s, SEEN_CLOSED);
		return;
	}
	exactly(s, FLOW_PORT);
	exactly(s, FLOW_ETHERNET);
	exactly(s, FLOW_TAG);
	exactly(s, FLOW_INNER_TAG);
	exactly(s, FLOW_TYPE);
	if (v->reason == VIFSWITCH_DROP_TRUNCATED)
		by_hand(s, SEEN_TRUNCATED);
}

/* Of a packet that was parsed. True: it is IP, and readable. */
static bool see_packet(struct seen *s, const struct vs_packet *pkt)
{
	if (pkt->reason) {
		by_hand(s, SEEN_UNREADABLE);
		return false;
	}
	switch ((enum vifswitch_acl_family)pkt->family) {
	case VIFSWITCH_ACL_IP4:
		s->mask.parts |= 1U << FLOW_IP4;
		s->mask.ip4.ipv4_proto = 0xff;
		s->mask.ip4.ipv4_frag = 0xff;
		if (!pkt->src.ip4 && !pkt->dst.ip4 && !pkt->proto)
			by_hand(s, SEEN_NO_HEADER);
		return true;
	case VIFSWITCH_ACL_IP6:
		s->mask.parts |= 1U << FLOW_IP6;
		s->mask.ip6.ipv6_proto = 0xff;
		s->mask.ip6.ipv6_frag = 0xff;
		if (!(pkt->src.ip6[0] | pkt->src.ip6[1] | pkt->dst.ip6[0] | pkt->dst.ip6[1]))
			by_hand(s, SEEN_NO_HEADER);
		return true;
	default:
		return false;
	}
}

/*
 * The guard on UDP: is the source port @server, the destination @client? Above both all are
 * the same; where the answer is yes, so it is for this one alone.
 */
static void see_dhcp(struct seen *s, const struct vs_packet *pkt, uint16_t server, uint16_t client)
{
	uint16_t src = (uint16_t)pkt->l4_src, dst = (uint16_t)pkt->l4_dst;

	see_ports(s, src < server ? seen_bits_port(src, 0, server - 1) : src == server ? 16 :
		  seen_bits_port(src, server + 1, 0xffff),
		  dst < client ? seen_bits_port(dst, 0, client - 1) : dst == client ? 16 :
		  seen_bits_port(dst, client + 1, 0xffff));
}

/*
 * Bits of a source address to keep at a port that is locked: of the listed range it is in, or
 * of the gap between two. 0.0.0.0 and :: are in no gap, for they mean something.
 */
static unsigned int source_bits4(const struct vs_program *prog, uint32_t ip)
{
	uint32_t first = 1, last = 0xffffffff;

	for (unsigned int i = 0; i < prog->range4_count; i++) {
		const struct vs_range4 *r = &prog->range4[i];

		if (r->first <= ip && ip <= r->last)
			return seen_bits4(ip, r->first, r->last);
		if (r->last < ip)
			first = r->last + 1;
		else if (r->first - 1 < last)
			last = r->first - 1;
	}
	return seen_bits4(ip, first, last);
}

static void step6(uint64_t ip[2], bool up)
{
	if (up)
		ip[0] += !++ip[1];
	else
		ip[0] -= !ip[1]--;
}

static unsigned int source_bits6(const struct vs_program *prog, const uint64_t ip[2])
{
	uint64_t first[2] = { 0, 1 }, last[2] = { last6[0], last6[1] };

	for (unsigned int i = 0; i < prog->range6_count; i++) {
		const struct vs_range6 *r = &prog->range6[i];

		if (!vs_above6(r->first, ip) && !vs_above6(ip, r->last))
			return seen_bits6(ip, r->first, r->last);
		if (vs_above6(ip, r->last)) {
			memcpy(first, r->last, sizeof(first));
			step6(first, true);
		} else if (vs_above6(last, r->first)) {
			memcpy(last, r->first, sizeof(last));
			step6(last, false);
		}
	}
	/* link-local addresses may be made of the port's MACs; their /64 begins a /32 of its own */
	if (ip[0] == LINK_LOCAL)
		return 128;
	if (ip[0] > LINK_LOCAL && first[0] <= LINK_LOCAL) {
		first[0] = LINK_LOCAL + 1;
		first[1] = 0;
	}
	return seen_bits6(ip, first, last);
}

static void see_arp(struct seen *s, const struct vs_program *prog)
{
	s->mask.parts |= 1U << FLOW_ARP;
	s->mask.arp.arp_op = 0xffff;
	memset(s->mask.arp.arp_sha, 0xff, 6);
	if (!(prog->flags & VIFSWITCH_PF_IP_GUARD))
		return;
	s->mask.arp.arp_sip = ~0U;
	s->mask.arp.arp_tip = ~0U;
}

/* 0.0.0.0, which may say this and that: all of it. */
static void see_nobody4(struct seen *s, const struct vs_packet *pkt)
{
	if (pkt->proto == VS_PROTO_IGMP)
		by_hand(s, SEEN_GROUP_REPORT);
	if (pkt->proto == VS_PROTO_UDP && pkt->fragment != VS_FRAGMENT_LATER)
		see_ports(s, 16, 16);
}

static void see_guard4(struct seen *s, const struct vs_program *prog, const struct vs_packet *pkt)
{
	if (prog->flags & VIFSWITCH_PF_IP_GUARD) {
		see_ip4(s, true, source_bits4(prog, pkt->src.ip4));
		if (!pkt->src.ip4)
			see_nobody4(s, pkt);
	}
	if (pkt->proto == VS_PROTO_UDP && pkt->fragment != VS_FRAGMENT_LATER)
		see_dhcp(s, pkt, VS_PORT_DHCP_SERVER, VS_PORT_DHCP_CLIENT);
}

static void see_guard6(struct seen *s, const struct vs_program *prog, const struct vs_packet *pkt)
{
	if (prog->flags & VIFSWITCH_PF_IP_GUARD)
		see_ip6(s, true, source_bits6(prog, pkt->src.ip6));
	if (pkt->fragment == VS_FRAGMENT_LATER)
		return;
	if (pkt->proto == VS_PROTO_UDP)
		see_dhcp(s, pkt, VS_PORT_DHCP6_SERVER, VS_PORT_DHCP6_CLIENT);
	if (pkt->proto == VS_PROTO_ICMP6) {
		see_icmp(s, true, false);
		if (pkt->l4_src >= VS_ND_FIRST && pkt->l4_src <= VS_ND_LAST)
			by_hand(s, SEEN_NEIGHBOURS);
	}
}

static void see_guard(struct seen *s, const struct vs_program *prog, const struct vs_verdict *v)
{
	const struct vs_packet *pkt = &v->packet;

	if (see_packet(s, pkt)) {
		if (pkt->family == VIFSWITCH_ACL_IP4)
			see_guard4(s, prog, pkt);
		else
			see_guard6(s, prog, pkt);
	} else if (pkt->type == VS_TYPE_ARP || pkt->type == VS_TYPE_RARP) {
		see_arp(s, prog);
	}
}

/* Values of the class that @value is in, round it: of a dimension of pages. */
static unsigned int class_bits(const struct vs_acl_dim *dim, uint16_t value)
{
	const uint32_t first = value & 0xfc00;
	uint32_t class = vs_acl_class(dim, value);

	for (uint32_t i = first; i <= (first | 0x03ff); i++)
		if (vs_acl_class(dim, i) != class)
			return 16;
	return 6;
}

/* Of the interval of a dimension of bounds that an address is in. */
static unsigned int interval_bits4(const struct vs_acl_dim *dim, uint32_t ip)
{
	const uint32_t *b = dim->bounds4;
	uint32_t low = 0, high = vs_acl_intervals(dim);

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (b[middle] <= ip)
			low = middle;
		else
			high = middle;
	}
	return seen_bits4(ip, b[low], high < vs_acl_intervals(dim) ? b[high] - 1 : 0xffffffff);
}

static unsigned int interval_bits6(const struct vs_acl_dim *dim, const uint64_t ip[2])
{
	uint32_t low = 0, high = vs_acl_intervals(dim);
	uint64_t last[2] = { last6[0], last6[1] };

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (!vs_above6(dim->bounds6 + 2 * (size_t)middle, ip))
			low = middle;
		else
			high = middle;
	}
	if (high < vs_acl_intervals(dim)) {
		memcpy(last, dim->bounds6 + 2 * (size_t)high, sizeof(last));
		step6(last, false);
	}
	return seen_bits6(ip, dim->bounds6 + 2 * (size_t)low, last);
}

static bool uses(const struct vs_acl_table *t, unsigned int dim)
{
	return t->used >> dim & 1;
}

static void see_addresses(struct seen *s, const struct vs_acl_table *t,
			  const struct vs_packet *pkt)
{
	for (unsigned int d = VIFSWITCH_ACL_SRC; d <= VIFSWITCH_ACL_DST; d++) {
		const union vs_address *ip = d == VIFSWITCH_ACL_SRC ? &pkt->src : &pkt->dst;

		if (!uses(t, d))
			continue;
		if (pkt->family == VIFSWITCH_ACL_IP4)
			see_ip4(s, d == VIFSWITCH_ACL_SRC, interval_bits4(&t->dim[d], ip->ip4));
		else
			see_ip6(s, d == VIFSWITCH_ACL_SRC, interval_bits6(&t->dim[d], ip->ip6));
	}
}

/* Ports, or ICMP's type and code, as far as they are asked for. */
static void see_l4(struct seen *s, const struct vs_acl_table *t, const struct vs_packet *pkt)
{
	bool src = uses(t, VIFSWITCH_ACL_L4_SRC), dst = uses(t, VIFSWITCH_ACL_L4_DST);

	if ((!src && !dst) || pkt->l4_src == VIFSWITCH_ACL_ABSENT)
		return;
	switch (pkt->proto) {
	case VS_PROTO_ICMP:
	case VS_PROTO_ICMP6:
		see_icmp(s, src, dst);
		return;
	case VS_PROTO_TCP:
	case VS_PROTO_UDP:
	case VS_PROTO_SCTP:
		see_ports(s, src ? class_bits(&t->dim[VIFSWITCH_ACL_L4_SRC],
					      (uint16_t)pkt->l4_src) : 0,
			  dst ? class_bits(&t->dim[VIFSWITCH_ACL_L4_DST],
					   (uint16_t)pkt->l4_dst) : 0);
		return;
	default:
		by_hand(s, SEEN_PROTOCOL);
	}
}

void seen_acl(struct seen *s, const struct vs_acl *acl, enum vifswitch_acl_direction dir,
	      const struct vs_verdict *v, const struct vs_access *access)
{
	const struct vs_packet *pkt = &v->packet;
	const struct vs_acl_table *t;
	bool ip;

	if (!acl || v->frame.inner || !v->parsed)
		return;
	ip = see_packet(s, pkt);
	if (pkt->reason)
		return;
	if (access->track == VS_TRACK_ALLOWED || access->track == VS_TRACK_DENIED)
		by_hand(s, SEEN_SESSION);
	if (access->log || access->answer)
		by_hand(s, SEEN_TOLD);
	if (!ip)
		return;
	if (pkt->fragment)
		by_hand(s, SEEN_FRAGMENT);
	t = &acl->table[dir][pkt->family];
	if (!t->rule_count)
		return;
	see_addresses(s, t, pkt);
	see_l4(s, t, pkt);
	if (uses(t, VIFSWITCH_ACL_TCP_FLAGS) && pkt->proto == VS_PROTO_TCP) {
		s->mask.parts |= 1U << FLOW_TCP_FLAGS;
		s->mask.tcp_flags = htons(0x00ff);
	}
}

void seen_ingress(struct seen *s, const struct vs_program *prog, const struct vs_acl *acl,
		  const struct vs_verdict *v)
{
	if (!v->parsed || v->frame.inner)
		return;
	if (prog->flags & VIFSWITCH_PF_GUARD)
		see_guard(s, prog, v);
	if (prog->acl && (!v->reason || v->access.reason))
		seen_acl(s, acl, VIFSWITCH_ACL_FROM, v, &v->access);
}

void seen_end(struct seen *s, const struct vs_verdict *v)
{
	/* ports of zeros are what a packet has whose header is cut */
	if (flow_has(&s->mask, FLOW_L4) && !v->packet.l4_src && !v->packet.l4_dst)
		by_hand(s, SEEN_NO_HEADER);
}
