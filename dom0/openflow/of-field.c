// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/of-field.h"
#include "openflow/version.h"

#define NXO(field)	((uint32_t)(field) << 9)
#define NXN(field)	(1u << 16 | (uint32_t)(field) << 9)
#define OXM(field)	(0x8000u << 16 | (uint32_t)(field) << 9)
#define REGS(field)	(0x8001u << 16 | (uint32_t)(field) << 9)
#define M	FIELD_MASKABLE
#define W	FIELD_WRITABLE
#define K(name)	VIFSWITCH_OF_ ## name

#define REG(n)	{ "reg" #n, NULL, K(REG) + 2 * (n), 2, 0, 32, 4, 0, NXN(n), OF_NONE, 0, 0, M | W | FIELD_HEX }
#define XREG(n)	{ "xreg" #n, NULL, K(REG) + 4 * (n), 4, 0, 64, 8, 0, OF_NONE, REGS(n), OF13, 0, M | W | FIELD_HEX }
#define XXREG(n) { "xxreg" #n, NULL, K(REG) + 8 * (n), 8, 0, 128, 16, 0, NXN(111 + (n)), OF_NONE, 0, 0, M | W | FIELD_HEX }

/* What others need stands before them: that is the order on the wire. */
const struct of_field of_fields[] = {
	{ "in_port", NULL, K(IN_PORT), 2, 0, 32, 4, 0, OF_NONE, OXM(0), OF13, 0, W | FIELD_PORT },
	{ "in_port", NULL, K(IN_PORT), 2, 0, 32, 2, 0, NXO(0), OF_NONE, 0, 0, W | FIELD_PORT },
	{ "metadata", NULL, K(METADATA), 4, 0, 64, 8, 0, OF_NONE, OXM(2), OF13, 0, M | W | FIELD_HEX },
	{ "tun_id", "tunnel_id", K(TUNNEL_ID), 4, 0, 64, 8, 0, NXN(16), OXM(38), OF13, 0, M | W | FIELD_HEX },
	REG(0), REG(1), REG(2), REG(3), REG(4), REG(5), REG(6), REG(7),
	REG(8), REG(9), REG(10), REG(11), REG(12), REG(13), REG(14), REG(15),
	{ "dl_dst", "eth_dst", K(ETH_DST), 3, 0, 48, 6, 0, NXO(1), OXM(3), OF13, 0, M | W | FIELD_MAC },
	{ "dl_src", "eth_src", K(ETH_SRC), 3, 0, 48, 6, 0, NXO(2), OXM(4), OF13, 0, M | W | FIELD_MAC },
	{ "dl_type", "eth_type", K(ETH_TYPE), 1, 0, 16, 2, 0, NXO(3), OXM(5), OF13, 0, FIELD_HEX },
	{ "vlan_tci", NULL, K(VLAN_TCI), 1, 0, 16, 2, 0, NXO(4), OF_NONE, 0, 0, M | W | FIELD_HEX },
	{ "vlan_vid", NULL, K(VLAN_TCI), 1, 0, 13, 2, 0, OF_NONE, OXM(6), OF13, 0, M | W },
	{ "vlan_pcp", NULL, K(VLAN_TCI), 1, 13, 3, 1, 0, OF_NONE, OXM(7), OF13, NEEDS_VLAN, W },
	{ "nw_proto", "ip_proto", K(IP_PROTO), 1, 0, 8, 1, 0, NXO(6), OXM(10), OF13, NEEDS_IP, 0 },
	{ "ip_dscp", NULL, K(IP_TOS), 1, 2, 6, 1, 0, OF_NONE, OXM(8), OF13, NEEDS_IP, W },
	{ "nw_tos", "ip_tos", K(IP_TOS), 1, 2, 6, 1, 2, NXO(5), OF_NONE, 0, NEEDS_IP, W },
	{ "nw_ecn", "ip_ecn", K(IP_TOS), 1, 0, 2, 1, 0, NXN(28), OXM(9), OF13, NEEDS_IP, W },
	{ "nw_ttl", "ip_ttl", K(IP_TTL), 1, 0, 8, 1, 0, NXN(29), OF_NONE, 0, NEEDS_IP, W },
	{ "nw_frag", "ip_frag", K(IP_FRAG), 1, 0, 2, 1, 0, NXN(26), OF_NONE, 0, NEEDS_IP, M },
	{ "nw_src", "ip_src ipv4_src", K(IP4_SRC), 2, 0, 32, 4, 0, NXO(7), OXM(11), OF13, NEEDS_IP4, M | W | FIELD_IP4 },
	{ "nw_dst", "ip_dst ipv4_dst", K(IP4_DST), 2, 0, 32, 4, 0, NXO(8), OXM(12), OF13, NEEDS_IP4, M | W | FIELD_IP4 },
	{ "ipv6_src", NULL, K(IP6_SRC), 8, 0, 128, 16, 0, NXN(19), OXM(26), OF13, NEEDS_IP6, M | W | FIELD_IP6 },
	{ "ipv6_dst", NULL, K(IP6_DST), 8, 0, 128, 16, 0, NXN(20), OXM(27), OF13, NEEDS_IP6, M | W | FIELD_IP6 },
	{ "ipv6_label", "ipv6_flabel", K(IP6_LABEL), 2, 0, 20, 4, 0, NXN(27), OXM(28), OF13, NEEDS_IP6, M | W | FIELD_HEX },
	{ "tcp_src", "tp_src", K(L4_SRC), 1, 0, 16, 2, 0, NXO(9), OXM(13), OF13, NEEDS_TCP, M | W },
	{ "tcp_dst", "tp_dst", K(L4_DST), 1, 0, 16, 2, 0, NXO(10), OXM(14), OF13, NEEDS_TCP, M | W },
	{ "tcp_flags", NULL, K(TCP_FLAGS), 1, 0, 12, 2, 0, NXN(34), OXM(42), OF15, NEEDS_TCP, M | FIELD_HEX },
	{ "udp_src", NULL, K(L4_SRC), 1, 0, 16, 2, 0, NXO(11), OXM(15), OF13, NEEDS_UDP, M | W },
	{ "udp_dst", NULL, K(L4_DST), 1, 0, 16, 2, 0, NXO(12), OXM(16), OF13, NEEDS_UDP, M | W },
	{ "sctp_src", NULL, K(L4_SRC), 1, 0, 16, 2, 0, OF_NONE, OXM(17), OF13, NEEDS_SCTP, M | W },
	{ "sctp_dst", NULL, K(L4_DST), 1, 0, 16, 2, 0, OF_NONE, OXM(18), OF13, NEEDS_SCTP, M | W },
	{ "icmp_type", "icmpv4_type", K(L4_SRC), 1, 0, 8, 1, 0, NXO(13), OXM(19), OF13, NEEDS_ICMP4, W },
	{ "icmp_code", "icmpv4_code", K(L4_DST), 1, 0, 8, 1, 0, NXO(14), OXM(20), OF13, NEEDS_ICMP4, W },
	{ "icmpv6_type", NULL, K(L4_SRC), 1, 0, 8, 1, 0, NXN(21), OXM(29), OF13, NEEDS_ICMP6, W },
	{ "icmpv6_code", NULL, K(L4_DST), 1, 0, 8, 1, 0, NXN(22), OXM(30), OF13, NEEDS_ICMP6, W },
	{ "nd_target", "ipv6_nd_target", K(ND_TARGET), 8, 0, 128, 16, 0, NXN(23), OXM(31), OF13, NEEDS_ND, M | W | FIELD_IP6 },
	{ "nd_sll", "ipv6_nd_sll", K(ND_SLL), 3, 0, 48, 6, 0, NXN(24), OXM(32), OF13, NEEDS_NS, M | W | FIELD_MAC },
	{ "nd_tll", "ipv6_nd_tll", K(ND_TLL), 3, 0, 48, 6, 0, NXN(25), OXM(33), OF13, NEEDS_NA, M | W | FIELD_MAC },
	{ "arp_op", NULL, K(ARP_OP), 1, 0, 16, 2, 0, NXO(15), OXM(21), OF13, NEEDS_ARP, W },
	{ "arp_spa", NULL, K(ARP_SPA), 2, 0, 32, 4, 0, NXO(16), OXM(22), OF13, NEEDS_ARP, M | W | FIELD_IP4 },
	{ "arp_tpa", NULL, K(ARP_TPA), 2, 0, 32, 4, 0, NXO(17), OXM(23), OF13, NEEDS_ARP, M | W | FIELD_IP4 },
	{ "arp_sha", NULL, K(ARP_SHA), 3, 0, 48, 6, 0, NXN(17), OXM(24), OF13, NEEDS_ARP, M | W | FIELD_MAC },
	{ "arp_tha", NULL, K(ARP_THA), 3, 0, 48, 6, 0, NXN(18), OXM(25), OF13, NEEDS_ARP, M | W | FIELD_MAC },
	{ "mpls_label", NULL, K(MPLS), 2, 12, 20, 4, 0, OF_NONE, OXM(34), OF13, NEEDS_MPLS, W },
	{ "mpls_tc", NULL, K(MPLS), 2, 9, 3, 1, 0, OF_NONE, OXM(35), OF13, NEEDS_MPLS, W },
	{ "mpls_bos", NULL, K(MPLS), 2, 8, 1, 1, 0, OF_NONE, OXM(36), OF13, NEEDS_MPLS, 0 },
	{ "mpls_ttl", NULL, K(MPLS), 2, 0, 8, 1, 0, NXN(30), OF_NONE, 0, NEEDS_MPLS, W },
	{ "conj_id", NULL, K(CONJ_ID), 2, 0, 32, 4, 0, NXN(37), OF_NONE, 0, 0, 0 },
	{ "ct_state", NULL, K(CT_STATE), 1, 0, 6, 4, 0, NXN(105), OF_NONE, 0, 0, M | FIELD_HEX },
	{ "ct_zone", NULL, K(CT_ZONE), 1, 0, 16, 2, 0, NXN(106), OF_NONE, 0, 0, M | FIELD_HEX },
	XREG(0), XREG(1), XREG(2), XREG(3), XREG(4), XREG(5), XREG(6), XREG(7),
	XXREG(0), XXREG(1), XXREG(2), XXREG(3),
};
const unsigned int of_field_count = sizeof(of_fields) / sizeof(of_fields[0]);

/* Is the name one of the words of @names? */
static bool is_among(const char *names, const char *name, size_t len)
{
	size_t n;

	for (; names && *names; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		if (n == len && !memcmp(names, name, n))
			return true;
	}
	return false;
}

const struct of_field *field_by_name(const char *name, size_t len)
{
	for (unsigned int i = 0; i < of_field_count; i++)
		if (is_among(of_fields[i].name, name, len) || is_among(of_fields[i].aka, name, len))
			return &of_fields[i];
	return NULL;
}

const struct of_field *field_by_header(uint32_t header)
{
	header &= 0xfffffe00u;
	for (unsigned int i = 0; i < of_field_count; i++)
		if (of_fields[i].nxm == header || of_fields[i].oxm == header)
			return &of_fields[i];
	return NULL;
}

uint32_t field_header(const struct of_field *f, uint8_t version)
{
	bool oxm = f->oxm != OF_NONE && (f->nxm == OF_NONE || version >= f->since);

	return (oxm ? f->oxm : f->nxm) | f->octets;
}

struct of_value value_shifted(struct of_value v, int by)
{
	for (; by > 0; by--)
		v = (struct of_value){ v.hi << 1 | v.lo >> 63, v.lo << 1 };
	for (; by < 0; by++)
		v = (struct of_value){ v.hi >> 1, v.lo >> 1 | v.hi << 63 };
	return v;
}

struct of_value value_ones(unsigned int bits)
{
	if (bits >= 128)
		return (struct of_value){ UINT64_MAX, UINT64_MAX };
	if (bits >= 64)
		return (struct of_value){ (1ULL << (bits - 64)) - 1, UINT64_MAX };
	return (struct of_value){ 0, (1ULL << bits) - 1 };
}

struct of_value field_all(const struct of_field *f)
{
	return value_ones(f->bits);
}

struct of_value field_get(const struct of_field *f, const uint16_t *words)
{
	struct of_value v = {}, all = value_ones(f->bits);

	for (unsigned int i = 0; i < f->words; i++) {
		v.hi = v.hi << 16 | v.lo >> 48;
		v.lo = v.lo << 16 | words[f->first + i];
	}
	if (f->shift)
		v.lo >>= f->shift;
	return (struct of_value){ v.hi & all.hi, v.lo & all.lo };
}

void field_put(const struct of_field *f, uint16_t *words, struct of_value value)
{
	struct of_value all = value_ones(f->bits);

	if (f->shift) {
		value.lo <<= f->shift;
		all.lo <<= f->shift;
	}
	for (unsigned int i = f->words; i-- > 0;) {
		uint16_t keep = (uint16_t)~all.lo;

		words[f->first + i] = (words[f->first + i] & keep) | (value.lo & all.lo & 0xffff);
		value.lo = value.lo >> 16 | value.hi << 48;
		value.hi >>= 16;
		all.lo = all.lo >> 16 | all.hi << 48;
		all.hi >>= 16;
	}
}

struct of_value field_read(const struct of_field *f, struct of_in *in)
{
	struct of_value v = {};

	if (f->octets > 8)
		v.hi = in_u64(in);
	v.lo = in_number(in, f->octets > 8 ? 8 : f->octets);
	if (f->flags & FIELD_PORT && f->octets == 2)
		v.lo = port_from10((uint16_t)v.lo);
	return v;
}

void field_write(const struct of_field *f, struct of_out *out, struct of_value value)
{
	if (f->octets > 8)
		out_u64(out, value.hi);
	out_number(out, f->octets > 8 ? 8 : f->octets, value.lo << f->wire_shift);
}

bool field_valid(const struct of_field *f, struct of_value value)
{
	struct of_value all = value_ones(f->bits);

	if (f->flags & FIELD_PORT)
		return port_is_usable((uint32_t)value.lo);
	return !(value.hi & ~all.hi) && !(value.lo & ~all.lo);
}

static bool word_is(const struct of_match *m, unsigned int word, uint16_t value)
{
	return m->mask[word] == 0xffff && m->value[word] == value;
}

static bool ip_carries(const struct of_match *m, uint16_t type, uint16_t proto)
{
	return word_is(m, K(ETH_TYPE), type) && m->mask[K(IP_PROTO)] == 0xff &&
	       m->value[K(IP_PROTO)] == proto && !(m->value[K(IP_FRAG)] & VIFSWITCH_OF_FRAG_LATER);
}

static bool ip_any_carries(const struct of_match *m, uint16_t proto)
{
	return ip_carries(m, 0x0800, proto) || ip_carries(m, 0x86dd, proto);
}

static bool nd_is(const struct of_match *m, uint16_t type)
{
	return ip_carries(m, 0x86dd, 58) && m->mask[K(L4_SRC)] == 0xff &&
	       m->value[K(L4_SRC)] == type && !m->value[K(L4_DST)];
}

bool field_allowed(const struct of_field *f, const struct of_match *m)
{
	switch ((enum of_prereq)f->needs) {
	case NEEDS_NOTHING:
		return true;
	case NEEDS_VLAN:
		return m->value[K(VLAN_TCI)] & VIFSWITCH_OF_VLAN_PRESENT;
	case NEEDS_IP4:
		return word_is(m, K(ETH_TYPE), 0x0800);
	case NEEDS_IP6:
		return word_is(m, K(ETH_TYPE), 0x86dd);
	case NEEDS_IP:
		return word_is(m, K(ETH_TYPE), 0x0800) || word_is(m, K(ETH_TYPE), 0x86dd);
	case NEEDS_ARP:
		return word_is(m, K(ETH_TYPE), 0x0806) || word_is(m, K(ETH_TYPE), 0x8035);
	case NEEDS_TCP:
		return ip_any_carries(m, 6);
	case NEEDS_UDP:
		return ip_any_carries(m, 17);
	case NEEDS_SCTP:
		return ip_any_carries(m, 132);
	case NEEDS_ICMP4:
		return ip_carries(m, 0x0800, 1);
	case NEEDS_ICMP6:
		return ip_carries(m, 0x86dd, 58);
	case NEEDS_ND:
		return nd_is(m, 135) || nd_is(m, 136);
	case NEEDS_NS:
		return nd_is(m, 135);
	case NEEDS_NA:
		return nd_is(m, 136);
	case NEEDS_MPLS:
		return word_is(m, K(ETH_TYPE), 0x8847) || word_is(m, K(ETH_TYPE), 0x8848);
	}
	return false;
}

void match_set(struct of_match *m, const struct of_field *f, struct of_value value,
	       struct of_value mask)
{
	field_put(f, m->value, (struct of_value){ value.hi & mask.hi, value.lo & mask.lo });
	field_put(f, m->mask, mask);
}
