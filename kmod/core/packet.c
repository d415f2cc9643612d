// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet.h"

#define ARP_LEN		28
#define FRAGMENT_END_MAX 65535

struct reader {
	const u8 *p;
	size_t seen;		/* octets at p that may be read */
	size_t limit;		/* ... if the caller makes an effort */
	size_t whole;
	bool more;		/* it should */
};

static void refuse(struct vs_packet *pkt, enum vifswitch_drop_reason reason)
{
	pkt->reason = (u8)reason;
}

/* Are the octets up to @end there? */
static bool see(struct reader *r, size_t end)
{
	if (likely(end <= r->seen))
		return true;
	r->more = end <= r->limit;
	return false;
}

/* @octets of transport header, all inside the packet. */
static bool see_l4(struct reader *r, const struct vs_packet *pkt, u32 octets)
{
	return pkt->l4 + octets <= pkt->end && see(r, pkt->l4 + octets);
}

static bool parse_tcp(struct reader *r, struct vs_packet *pkt)
{
	const u8 *h = r->p + pkt->l4;
	u32 len;

	if (!see_l4(r, pkt, VS_TCP_LEN))
		return false;
	len = (u32)(h[12] >> 4) * 4;
	if (unlikely(len < VS_TCP_LEN || pkt->l4 + len > pkt->end))
		return false;
	pkt->tcp_flags = h[13];
	return true;
}

static bool parse_icmp(struct reader *r, struct vs_packet *pkt)
{
	const u8 *h = r->p + pkt->l4;

	if (!see_l4(r, pkt, 8))
		return false;
	pkt->l4_src = h[0];
	pkt->l4_dst = h[1];
	/* the guard reads neighbour discovery to its end */
	if (pkt->proto == VS_PROTO_ICMP6 && h[0] >= VS_ND_FIRST && h[0] <= VS_ND_LAST)
		return see(r, pkt->end < r->limit ? pkt->end : r->limit);
	return true;
}

/* The fields ACLs look at, from a header that must be whole. */
static bool parse_fields(struct reader *r, struct vs_packet *pkt)
{
	u32 ports;

	switch (pkt->proto) {
	case VS_PROTO_UDP:
	case VS_PROTO_UDPLITE:
		if (!see_l4(r, pkt, 8))
			return false;
		break;
	case VS_PROTO_TCP:
		if (!parse_tcp(r, pkt))
			return false;
		break;
	case VS_PROTO_SCTP:
	case VS_PROTO_DCCP:
		if (!see_l4(r, pkt, 12))
			return false;
		break;
	case VS_PROTO_IGMP:
		return pkt->family != VIFSWITCH_ACL_IP4 || see_l4(r, pkt, 8);
	case VS_PROTO_ICMP:
		return pkt->family != VIFSWITCH_ACL_IP4 || parse_icmp(r, pkt);
	case VS_PROTO_ICMP6:
		return pkt->family != VIFSWITCH_ACL_IP6 || parse_icmp(r, pkt);
	default:
		return true;
	}
	ports = vs_get_be32(r->p + pkt->l4);
	pkt->l4_src = ports >> 16;
	pkt->l4_dst = ports & 0xffff;
	return true;
}

static void parse_l4(struct reader *r, struct vs_packet *pkt)
{
	if (unlikely(!parse_fields(r, pkt)))
		refuse(pkt, pkt->fragment ? VIFSWITCH_DROP_FRAGMENT : VIFSWITCH_DROP_HEADERS);
}

/* A fragment of what begins at pkt->l4, @offset octets into the datagram. True for the first. */
static bool parse_fragment(struct vs_packet *pkt, u32 offset, bool last)
{
	u32 size = pkt->end - pkt->l4;

	pkt->fragment_proto = (u8)pkt->proto;
	if (!size || (!last && size % 8) || offset + size > FRAGMENT_END_MAX ||
	    (offset && offset < VS_TCP_LEN && pkt->proto == VS_PROTO_TCP)) {
		refuse(pkt, VIFSWITCH_DROP_FRAGMENT);
		return false;
	}
	pkt->fragment = offset ? VS_FRAGMENT_LATER : VS_FRAGMENT_FIRST;
	return !offset;
}

/* No source routes; what else there is must end inside the options. */
static bool options_sound(const u8 *o, const u8 *end)
{
	while (o < end && *o) {
		if (*o == 1) {
			o++;
			continue;
		}
		if (*o == 131 || *o == 137)
			return false;
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			return false;
		o += o[1];
	}
	return true;
}

static void parse_ip4(struct reader *r, struct vs_packet *pkt)
{
	const u8 *h = r->p + pkt->l3;
	u32 ihl, total, offset;

	if (unlikely(!see(r, pkt->l3 + VS_IP4_LEN)))
		goto refused;
	ihl = (h[0] & 0xfU) * 4;
	total = vs_get_be16(h + 2);
	if (unlikely(h[0] >> 4 != 4 || ihl < VS_IP4_LEN || total < ihl ||
		     total > r->whole - pkt->l3))
		goto refused;
	if (unlikely(ihl > VS_IP4_LEN) && (!see(r, pkt->l3 + ihl) ||
					!options_sound(h + VS_IP4_LEN, h + ihl)))
		goto refused;
	pkt->end = pkt->l3 + total;
	pkt->l4 = (u16)(pkt->l3 + ihl);
	pkt->proto = h[9];
	vs_packet_addresses(pkt, h);
	offset = vs_get_be16(h + 6) & 0x3fff;
	if (unlikely(offset)) {
		pkt->fragment_id = vs_get_be16(h + 4);
		if (!parse_fragment(pkt, (offset & 0x1fff) * 8, !(offset & 0x2000)))
			return;
	}
	parse_l4(r, pkt);
	return;

refused:
	refuse(pkt, VIFSWITCH_DROP_HEADERS);
}

/* The length of the extension header of type @type at @e; 0 if it is not to be there. */
static u32 extension_len(u8 type, const u8 *e, bool first)
{
	switch (type) {
	case VS_EXT_HOP:
		return first ? (e[1] + 1U) * 8 : 0;
	case VS_EXT_ROUTING:
		return e[2] ? (e[1] + 1U) * 8 : 0;
	case VS_EXT_AH:
		return (e[1] + 2U) * 4;
	case VS_EXT_FRAGMENT:
		return 8;
	default:
		return (e[1] + 1U) * 8;
	}
}

/* The fragment header at @e; what it is about begins behind it. True to go on. */
static bool parse_fragment6(struct vs_packet *pkt, const u8 *e)
{
	u32 offset = vs_get_be16(e + 2);

	pkt->proto = e[0];
	if (!(offset & 0xfff9))
		return true;
	pkt->fragment_id = vs_get_be32(e + 4);
	return parse_fragment(pkt, offset & 0xfff8, !(offset & 1));
}

/* Walks the extension headers from pkt->l4 on, of which the first is pkt->proto. */
static void parse_extensions(struct reader *r, struct vs_packet *pkt)
{
	bool fragment = false;
	unsigned int i;

	for (i = 0; vs_is_extension(pkt->proto); i++) {
		const u8 *e = r->p + pkt->l4;
		u8 type = (u8)pkt->proto;
		u32 len;

		if (i == VS_PACKET_EXTENSIONS || !see_l4(r, pkt, 8) ||
		    (fragment && type == VS_EXT_FRAGMENT))
			goto refused;
		len = extension_len(type, e, !i);
		if (!len || pkt->l4 + len > pkt->end || pkt->l4 + len > r->limit)
			goto refused;
		pkt->l4 = (u16)(pkt->l4 + len);
		if (type == VS_EXT_FRAGMENT) {
			fragment = true;
			if (!parse_fragment6(pkt, e))
				return;
		}
		pkt->proto = e[0];
	}
	parse_l4(r, pkt);
	return;

refused:
	refuse(pkt, pkt->fragment ? VIFSWITCH_DROP_FRAGMENT : VIFSWITCH_DROP_HEADERS);
}

static void parse_ip6(struct reader *r, struct vs_packet *pkt)
{
	const u8 *h = r->p + pkt->l3;
	u32 payload;

	if (unlikely(!see(r, pkt->l3 + VS_IP6_LEN)))
		goto refused;
	payload = vs_get_be16(h + 4);
	if (unlikely(h[0] >> 4 != 6 || VS_IP6_LEN + payload > r->whole - pkt->l3))
		goto refused;
	pkt->l4 = pkt->l3 + VS_IP6_LEN;
	pkt->end = pkt->l4 + payload;
	pkt->proto = h[6];
	vs_packet_addresses(pkt, h);
	parse_extensions(r, pkt);
	return;

refused:
	refuse(pkt, VIFSWITCH_DROP_HEADERS);
}

/* 802.2 SNAP with the organisation that means "an ethertype follows", or 802.1H's. */
static bool is_snap_type(const u8 *llc)
{
	return (llc[0] & 0xfe) == 0xaa && (llc[1] & 0xfe) == 0xaa && !llc[3] && !llc[4] &&
	       (!llc[5] || llc[5] == 0xf8);
}

static void parse_other(struct reader *r, struct vs_packet *pkt)
{
	pkt->proto = pkt->type;
	if (pkt->type < VS_TYPE_MIN) {
		if (see(r, pkt->l3 + 8U) ? is_snap_type(r->p + pkt->l3) : r->more)
			refuse(pkt, VIFSWITCH_DROP_HEADERS);
	} else if (pkt->type == VS_TYPE_ARP || pkt->type == VS_TYPE_RARP) {
		see(r, pkt->l3 + ARP_LEN);
	}
}

bool vs_packet_parse_any(struct vs_packet *pkt, const u8 *p, size_t len, size_t whole,
			 const struct vs_frame *f)
{
	struct reader r = { .p = p, .whole = whole };

	r.limit = whole < VS_PACKET_HEADERS ? whole : VS_PACKET_HEADERS;
	r.seen = len < r.limit ? len : r.limit;
	pkt->reason = VIFSWITCH_DROP_NONE;
	pkt->fragment = VS_FRAGMENT_NONE;
	pkt->type = f->type;
	pkt->l3 = f->l3;
	pkt->l4_src = VIFSWITCH_ACL_ABSENT;
	pkt->l4_dst = VIFSWITCH_ACL_ABSENT;
	pkt->tcp_flags = VIFSWITCH_ACL_ABSENT;
	if (f->type == VS_TYPE_IP4) {
		pkt->family = VIFSWITCH_ACL_IP4;
		parse_ip4(&r, pkt);
	} else if (f->type == VS_TYPE_IP6) {
		pkt->family = VIFSWITCH_ACL_IP6;
		parse_ip6(&r, pkt);
	} else {
		pkt->family = VIFSWITCH_ACL_OTHER;
		parse_other(&r, pkt);
	}
	return !r.more;
}
