// SPDX-License-Identifier: GPL-2.0-or-later
#include "igmp.h"

#include "frame.h"
#include "packet.h"

#define PROTO_PIM	103

/* Octets 8 or 12 of a query, 8 and more of a report. */
#define IGMP_QUERY	0x11
#define IGMP_REPORT1	0x12
#define IGMP_REPORT2	0x16
#define IGMP_LEAVE	0x17
#define IGMP_REPORT3	0x22
#define IGMP_LEN	8
#define IGMP_QUERY3_LEN	12

#define MLD_QUERY	130
#define MLD_REPORT1	131
#define MLD_DONE	132
#define MLD_REPORT2	143
#define MLD_LEN		24
#define MLD_QUERY2_LEN	28

#define REPORT3_LEN	8	/* of IGMPv3 and MLDv2, before the records */

/* RFC 3376 4.2.12 */
#define IS_INCLUDE	1
#define IS_EXCLUDE	2
#define TO_INCLUDE	3
#define TO_EXCLUDE	4
#define ALLOW		5

#define ALERT4		0x94	/* RFC 2113: the option's first octet, its length */
#define ALERT4_LEN	4
#define ALERT6		5	/* RFC 2711 */

static void group4(struct vs_group *g, u32 ip)
{
	g->address[0] = 0;
	g->address[1] = VS_GROUP_IP4 | ip;
}

static void group6(struct vs_group *g, const u8 *p)
{
	g->address[0] = vs_get_be64(p);
	g->address[1] = vs_get_be64(p + 8);
}

bool vs_group_of_packet(const u8 *p, size_t len, u16 type, struct vs_group *ret)
{
	if (type == VS_TYPE_IP4) {
		if (len < VS_IP4_LEN || p[0] >> 4 != 4 || p[16] >> 4 != 0xe)
			return false;
		group4(ret, vs_get_be32(p + 16));
		return true;
	}
	if (type != VS_TYPE_IP6 || len < VS_IP6_LEN || p[0] >> 4 != 6 || p[24] != 0xff)
		return false;
	group6(ret, p + 24);
	return true;
}

static bool is_mld_type(u8 type)
{
	return (type >= MLD_QUERY && type <= MLD_DONE) || type == MLD_REPORT2;
}

/* Behind a hop-by-hop header of whatever length; without one it is not MLD. */
static bool may_be_mld(const u8 *p, size_t len)
{
	size_t at;

	if (len < VS_IP6_LEN + 8)
		return false;
	at = VS_IP6_LEN + ((size_t)p[VS_IP6_LEN + 1] + 1) * 8;
	return p[VS_IP6_LEN] == VS_PROTO_ICMP6 && (at >= len || is_mld_type(p[at]));
}

bool vs_igmp_may_be(const u8 *p, size_t len, u16 type)
{
	if (type == VS_TYPE_IP4)
		return len >= VS_IP4_LEN && (p[9] == VS_PROTO_IGMP || p[9] == PROTO_PIM);
	if (type != VS_TYPE_IP6 || len < VS_IP6_LEN)
		return false;
	return p[6] == PROTO_PIM || (p[6] == VS_EXT_HOP && may_be_mld(p, len));
}

static u32 sum16(u32 sum, const u8 *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2) {
		sum += vs_get_be16(p);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (len)
		sum += (u32)p[0] << 8;
	return (sum & 0xffff) + (sum >> 16);
}

/* RFC 4443 2.3: addresses, length and protocol belong to it. */
static u32 sum6(const u8 *p, const u8 *icmp, size_t len)
{
	return sum16(sum16((u32)len + VS_PROTO_ICMP6, p + 8, 32), icmp, len);
}

/* RFC 3376 4.1.1: a small float above 127, in tenths of a second. */
static u32 code8(u8 code)
{
	return code < 128 ? code : (u32)((code & 15) | 16) << ((code >> 4 & 7) + 3);
}

/* RFC 3810 5.1.3: likewise above 32767, in milliseconds. */
static u32 code16(u16 code)
{
	return code < 32768 ? code : (u32)((code & 0xfff) | 0x1000) << ((code >> 12 & 7) + 3);
}

/* Records of version 3; their count is bounded, and what they hold is looked at one by one. */
static void begin_records(struct vs_igmp *m, const u8 *p, size_t at, size_t end)
{
	u16 count = vs_get_be16(p + at + 6);

	m->kind = VS_IGMP_REPORT;
	m->record = (u16)(at + REPORT3_LEN);
	m->end = (u16)end;
	m->left = count < VS_IGMP_RECORDS ? count : VS_IGMP_RECORDS;
}

/* One group; as a record of its own. */
static void begin_one(struct vs_igmp *m, size_t at, size_t end)
{
	m->kind = VS_IGMP_REPORT;
	m->record = (u16)at;
	m->end = (u16)end;
	m->left = 1;
}

/* The query of @len octets, by which its version is told (RFC 3376 7.1). */
static void query4(struct vs_igmp *m, const u8 *igmp, size_t len, bool alert)
{
	if (len != IGMP_LEN && (len < IGMP_QUERY3_LEN || !alert))
		return;
	m->version = len > IGMP_LEN ? 3 : igmp[1] ? 2 : 1;
	m->response_ms = m->version == 1 ? 10000 :
			 100 * (m->version == 3 ? code8(igmp[1]) : igmp[1]);
	m->suppress = m->version == 3 && (igmp[8] & 8 || vs_get_be16(igmp + 10));
	group4(&m->group, vs_get_be32(igmp + 4));
	if (!vs_group_is_none(&m->group) && (u32)m->group.address[1] >> 28 != 0xe)
		return;
	m->kind = VS_IGMP_QUERY;
}

static bool has_alert4(const u8 *p, size_t header)
{
	size_t i = VS_IP4_LEN;

	while (i < header && p[i]) {
		if (p[i] == 1) {
			i++;
			continue;
		}
		if (i + 2 > header || p[i + 1] < 2 || i + p[i + 1] > header)
			return false;
		if (p[i] == ALERT4 && p[i + 1] == ALERT4_LEN)
			return !p[i + 2] && !p[i + 3];
		i += p[i + 1];
	}
	return false;
}

static void parse_igmp(struct vs_igmp *m, const u8 *p, size_t header, size_t total)
{
	const u8 *igmp = p + header;
	size_t len = total - header;
	bool alert = has_alert4(p, header);

	/* TTL 1, no fragment */
	if (p[8] != 1 || vs_get_be16(p + 6) & 0x3fff || len < IGMP_LEN ||
	    sum16(0, igmp, len) != 0xffff)
		return;
	switch (igmp[0]) {
	case IGMP_QUERY:
		m->any_source = !vs_get_be32(p + 12);
		query4(m, igmp, len, alert);
		break;
	case IGMP_REPORT1:
	case IGMP_REPORT2:
	case IGMP_LEAVE:
		m->version = igmp[0] == IGMP_REPORT1 ? 1 : 2;
		begin_one(m, header, total);
		break;
	case IGMP_REPORT3:
		if (!alert)
			break;
		m->version = 3;
		begin_records(m, p, header, total);
		break;
	default:
		/* routers' own, DVMRP and the like */
		m->kind = VS_IGMP_DATA;
	}
}

static void parse_pim(struct vs_igmp *m, const u8 *pim, size_t len)
{
	m->kind = len >= 4 && pim[0] == 0x20 ? VS_IGMP_HELLO : VS_IGMP_DATA;
}

static void parse4(struct vs_igmp *m, const u8 *p, size_t len)
{
	size_t header = (size_t)(p[0] & 15) * 4, total = vs_get_be16(p + 2);

	if (header < VS_IP4_LEN || total < header || total > len)
		return;
	if (p[9] == PROTO_PIM)
		parse_pim(m, p + header, total - header);
	else
		parse_igmp(m, p, header, total);
}

/* Is the hop-by-hop header at @p, of @len octets, that of MLD (RFC 2710 3)? */
static bool has_alert6(const u8 *p, size_t len)
{
	size_t i = 2;

	while (i < len) {
		if (!p[i]) {
			i++;
			continue;
		}
		if (i + 2 > len || i + 2 + p[i + 1] > len)
			return false;
		if (p[i] == ALERT6 && p[i + 1] == 2)
			return !p[i + 2] && !p[i + 3];
		i += 2U + p[i + 1];
	}
	return false;
}

static void query6(struct vs_igmp *m, const u8 *mld, size_t len)
{
	if (len != MLD_LEN && len < MLD_QUERY2_LEN)
		return;
	m->version = len > MLD_LEN ? 2 : 1;
	m->response_ms = m->version == 1 ? vs_get_be16(mld + 4) : code16(vs_get_be16(mld + 4));
	m->suppress = m->version == 2 && (mld[24] & 8 || vs_get_be16(mld + 26));
	group6(&m->group, mld + 8);
	if (!vs_group_is_none(&m->group) && mld[8] != 0xff)
		return;
	m->kind = VS_IGMP_QUERY;
}

static void parse_mld(struct vs_igmp *m, const u8 *p, size_t at, size_t total)
{
	const u8 *mld = p + at;
	size_t len = total - at;
	bool local = vs_get_be16(p + 8) >> 6 == 0xfe80 >> 6;
	bool none = !vs_get_be64(p + 8) && !vs_get_be64(p + 16);

	if (p[7] != 1 || (!local && !none) || sum6(p, mld, len) != 0xffff)
		return;
	switch (mld[0]) {
	case MLD_QUERY:
		if (local && len >= MLD_LEN)
			query6(m, mld, len);
		break;
	case MLD_REPORT1:
	case MLD_DONE:
		m->version = 1;
		if (len >= MLD_LEN)
			begin_one(m, at, total);
		break;
	case MLD_REPORT2:
		m->version = 2;
		begin_records(m, p, at, total);
		break;
	default:
		m->kind = VS_IGMP_DATA;
	}
}

static void parse6(struct vs_igmp *m, const u8 *p, size_t len)
{
	size_t total = VS_IP6_LEN + vs_get_be16(p + 4), at;
	const u8 *hop = p + VS_IP6_LEN;

	if (total > len || total < VS_IP6_LEN + 8)
		return;
	if (p[6] == PROTO_PIM) {
		parse_pim(m, hop, total - VS_IP6_LEN);
		return;
	}
	at = VS_IP6_LEN + ((size_t)hop[1] + 1) * 8;
	if (at + 8 > total)
		return;
	if (!is_mld_type(p[at]))
		m->kind = VS_IGMP_DATA;
	else if (has_alert6(hop, at - VS_IP6_LEN))
		parse_mld(m, p, at, total);
}

void vs_igmp_parse(struct vs_igmp *ret, const u8 *p, size_t len, u16 type)
{
	memset(ret, 0, sizeof(*ret));
	if (len > VS_IGMP_MOST) {
		ret->kind = vs_igmp_may_be(p, VS_IGMP_HEAD, type) ? VS_IGMP_BAD : VS_IGMP_DATA;
		return;
	}
	if (!vs_igmp_may_be(p, len, type)) {
		ret->kind = VS_IGMP_DATA;
		return;
	}
	ret->kind = VS_IGMP_BAD;
	ret->ip4 = type == VS_TYPE_IP4;
	if (ret->ip4)
		parse4(ret, p, len);
	else
		parse6(ret, p, len);
}

/* The group and what is said of it; where the next record is. */
static bool read_record(struct vs_igmp *m, const u8 *p, struct vs_igmp_record *r)
{
	const u8 *at = p + m->record;
	const size_t fixed = m->ip4 ? 8 : 20;
	u16 sources;
	size_t size;

	if ((size_t)(m->end - m->record) < fixed)
		return false;
	sources = vs_get_be16(at + 2);
	size = fixed + (size_t)at[1] * 4 + (size_t)sources * (m->ip4 ? 4 : 16);
	if (size > (size_t)(m->end - m->record))
		return false;
	m->record = (u16)(m->record + size);
	if (m->ip4)
		group4(&r->group, vs_get_be32(at + 4));
	else
		group6(&r->group, at + 4);
	switch (at[0]) {
	case IS_EXCLUDE:
	case TO_EXCLUDE:
		r->joins = true;
		return true;
	case IS_INCLUDE:
	case TO_INCLUDE:
		r->joins = sources;
		return true;
	case ALLOW:
		r->joins = true;
		if (sources)
			return true;
		fallthrough;
	default:
		/* BLOCK_OLD, and what there is not: says nothing of the group as a whole */
		r->group.address[0] = 0;
		r->group.address[1] = 0;
		return true;
	}
}

static void read_one(struct vs_igmp *m, const u8 *p, struct vs_igmp_record *r)
{
	const u8 *at = p + m->record;

	if (m->ip4)
		group4(&r->group, vs_get_be32(at + 4));
	else
		group6(&r->group, at + 8);
	r->joins = at[0] != IGMP_LEAVE && at[0] != MLD_DONE;
}

/* One that hosts join. */
static bool is_joinable(const struct vs_group *g)
{
	if (vs_group_is_ip4(g) ? (u32)g->address[1] >> 28 != 0xe : g->address[0] >> 56 != 0xff)
		return false;
	return !vs_group_is_for_all(g);
}

bool vs_igmp_next(struct vs_igmp *m, const u8 *p, struct vs_igmp_record *ret)
{
	struct vs_igmp_record r = {};

	while (m->left) {
		m->left--;
		if (m->version < (m->ip4 ? 3 : 2)) {
			read_one(m, p, &r);
		} else if (!read_record(m, p, &r)) {
			m->left = 0;
			return false;
		}
		if (is_joinable(&r.group) && vs_group_is_ip4(&r.group) == m->ip4) {
			*ret = r;
			return true;
		}
	}
	return false;
}

/* The inverse of code8() and code16(): @value or the next that can be said below it. */
static u32 encode(u32 value, unsigned int mantissa)
{
	u32 exp = 0;

	if (value < 1U << (mantissa + 3))
		return value;
	while (exp < 7 && value >> (exp + 3) >= 2U << mantissa)
		exp++;
	if (value >> (exp + 3) >= 2U << mantissa)
		value = ((2U << mantissa) - 1) << (exp + 3);
	return 1U << (mantissa + 3) | exp << mantissa |
	       (value >> (exp + 3) & ((1U << mantissa) - 1));
}

static void put_ether(u8 *p, const struct vs_igmp_asking *q, bool none)
{
	u32 low = (u32)q->group.address[1];

	if (vs_group_is_ip4(&q->group)) {
		vs_put_be(p, 0x0100, 2);
		vs_put_be(p + 2, none ? 0x5e000001 : 0x5e000000 | (low & 0x7fffff), 4);
		vs_put_be(p + 12, VS_TYPE_IP4, 2);
	} else {
		vs_put_be(p, 0x3333, 2);
		vs_put_be(p + 2, none ? 1 : low, 4);
		vs_put_be(p + 12, VS_TYPE_IP6, 2);
	}
	memcpy(p + VS_MAC_LEN, q->mac, VS_MAC_LEN);
}

/* From 0.0.0.0: a switch without an address is no querier by election (RFC 4541 2.1.1). */
static size_t query_ip4(u8 *p, const struct vs_igmp_asking *q, bool none)
{
	size_t header = VS_IP4_LEN + ALERT4_LEN, len = q->version == 3 ? IGMP_QUERY3_LEN : IGMP_LEN;
	u8 *igmp = p + header;
	u32 tenths = q->response_ms / 100;

	p[0] = 0x46;
	p[1] = 0xc0;
	vs_put_be(p + 2, (u32)(header + len), 2);
	p[8] = 1;
	p[9] = VS_PROTO_IGMP;
	vs_put_be(p + 16, none ? 0xe0000001 : (u32)q->group.address[1], 4);
	vs_put_be(p + VS_IP4_LEN, (u32)ALERT4 << 24 | ALERT4_LEN << 16, 4);
	vs_put_be(p + 10, ~sum16(0, p, header), 2);
	igmp[0] = IGMP_QUERY;
	igmp[1] = (u8)(q->version == 3 ? encode(tenths, 4) : tenths < 255 ? tenths : 255);
	vs_put_be(igmp + 4, none ? 0 : (u32)q->group.address[1], 4);
	if (q->version == 3) {
		igmp[8] = 2;	/* robustness */
		igmp[9] = (u8)encode(q->interval_s, 4);
	}
	vs_put_be(igmp + 2, ~sum16(0, igmp, len), 2);
	return header + len;
}

static size_t query_ip6(u8 *p, const struct vs_igmp_asking *q, bool none)
{
	size_t len = q->version == 3 ? MLD_QUERY2_LEN : MLD_LEN;
	u8 *hop = p + VS_IP6_LEN, *mld = hop + 8;

	p[0] = 0x60;
	vs_put_be(p + 4, (u32)len + 8, 2);
	p[6] = VS_EXT_HOP;
	p[7] = 1;
	/* fe80:: and the identifier that is made of the MAC */
	vs_put_be(p + 8, 0xfe80, 2);
	memcpy(p + 16, q->mac, 3);
	p[16] ^= 2;
	vs_put_be(p + 19, 0xfffe, 2);
	memcpy(p + 21, q->mac + 3, 3);
	vs_put_be(p + 24, none ? 0xff02ULL << 48 : q->group.address[0], 8);
	vs_put_be(p + 32, none ? 1 : q->group.address[1], 8);
	hop[0] = VS_PROTO_ICMP6;
	hop[2] = ALERT6;
	hop[3] = 2;
	hop[6] = 1;	/* PadN */
	mld[0] = MLD_QUERY;
	vs_put_be(mld + 4, q->version == 3 ? encode(q->response_ms, 12) :
		  q->response_ms < 65535 ? q->response_ms : 65535, 2);
	vs_put_be(mld + 8, q->group.address[0], 8);
	vs_put_be(mld + 16, q->group.address[1], 8);
	if (q->version == 3) {
		mld[24] = 2;
		mld[25] = (u8)encode(q->interval_s, 4);
	}
	vs_put_be(mld + 2, ~sum6(p, mld, len), 2);
	return VS_IP6_LEN + 8 + len;
}

size_t vs_igmp_query(u8 *ret, const struct vs_igmp_asking *q)
{
	bool none = vs_group_is_none(&q->group);

	memset(ret, 0, VS_IGMP_QUERY_MAX);
	put_ether(ret, q, none);
	return VS_ETH_LEN + (vs_group_is_ip4(&q->group) ? query_ip4(ret + VS_ETH_LEN, q, none) :
							  query_ip6(ret + VS_ETH_LEN, q, none));
}
