/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guard and ACLs need to know of the packet in a frame, read once and
 * bounded: whatever is not understood is not readable, and so refused.
 *
 * Not readable, VIFSWITCH_DROP_HEADERS:
 *  - lengths that cannot be: a wrong version, an IHL below 5, a total or payload
 *    length below the headers or beyond the frame. So are jumbograms, and the
 *    frames of more than 64 KiB that BIG TCP makes, whose length says 0
 *  - IPv4: options cut short, or a source route (RFC 791; it hides the real
 *    destination). Other options are skipped
 *  - IPv6: more than VS_PACKET_EXTENSIONS extension headers, one cut short, a
 *    hop-by-hop header that is not the first, a routing header of type 0 (RFC
 *    5095), a second fragment header. Extension headers are hop-by-hop, routing,
 *    fragment, destination options and AH; all others (ESP, mobility, HIP, ...)
 *    are the packet's protocol
 *  - no whole TCP header with its options, or none of the 8 octets of a UDP,
 *    UDP-Lite, ICMP, ICMPv6 or IGMP header (12 for SCTP and DCCP)
 *  - headers that do not end within the frame's first VS_PACKET_HEADERS octets
 *  - 802.2 SNAP around an ethertype, which some hosts take for that ethertype
 *
 * Not readable, VIFSWITCH_DROP_FRAGMENT:
 *  - a first fragment without the whole header chain (RFC 1858, RFC 7112)
 *  - a later fragment of TCP that overlaps its header's 20 octets (RFC 3128)
 *  - an empty fragment, one that is not the last and not a multiple of 8 octets
 *    long, one that would end beyond 65,535 octets
 * An IPv6 packet whose fragment header says that it is whole (an atomic fragment,
 * RFC 6946) is no fragment.
 */
#ifndef VS_PACKET_H
#define VS_PACKET_H

#include <vifswitch/abi.h>
#include <vifswitch/acl.h>

#include "frame.h"

#define VS_PACKET_HEADERS	256	/* octets of a frame that are looked at */
#define VS_PACKET_EXTENSIONS	8

#define VS_IP4_LEN	20	/* headers without options */
#define VS_IP6_LEN	40
#define VS_TCP_LEN	20

#define VS_PROTO_ICMP	1
#define VS_PROTO_IGMP	2
#define VS_PROTO_TCP	6
#define VS_PROTO_UDP	17
#define VS_PROTO_DCCP	33
#define VS_PROTO_ICMP6	58
#define VS_PROTO_SCTP	132
#define VS_PROTO_UDPLITE 136

#define VS_TCP_FIN	0x01
#define VS_TCP_SYN	0x02
#define VS_TCP_RST	0x04
#define VS_TCP_ACK	0x10

/* ICMPv6 types of neighbour discovery (RFC 4861). */
#define VS_ND_ROUTER_SOLICIT	133
#define VS_ND_ROUTER_ADVERT	134
#define VS_ND_SOLICIT		135
#define VS_ND_ADVERT		136
#define VS_ND_REDIRECT		137
#define VS_ND_FIRST		VS_ND_ROUTER_SOLICIT
#define VS_ND_LAST		VS_ND_REDIRECT

/* The extension headers that are looked behind. */
#define VS_EXT_HOP		0
#define VS_EXT_ROUTING		43
#define VS_EXT_FRAGMENT		44
#define VS_EXT_AH		51
#define VS_EXT_DEST		60
#define VS_EXT_ALL	(1ULL << VS_EXT_HOP | 1ULL << VS_EXT_ROUTING | \
			 1ULL << VS_EXT_FRAGMENT | 1ULL << VS_EXT_AH | 1ULL << VS_EXT_DEST)

static inline bool vs_is_extension(u16 proto)
{
	return proto < 64 && (VS_EXT_ALL >> proto & 1);
}

enum vs_fragment {
	VS_FRAGMENT_NONE,
	VS_FRAGMENT_FIRST,
	VS_FRAGMENT_LATER,	/* l4_* and tcp_flags are absent */
};

/* In host order. */
union vs_address {
	u32 ip4;
	u64 ip6[2];		/* the high half first */
};

struct vs_packet {
	u8 family;		/* enum vifswitch_acl_family */
	u8 reason;		/* enum vifswitch_drop_reason: why it is not readable, or NONE */
	u8 fragment;		/* enum vs_fragment */
	/*
	 * What the fragment names as its content: IPv6 fragments may begin with further
	 * extension headers. With the addresses and fragment_id the key of a fragment
	 */
	u8 fragment_proto;
	/* IP: protocol behind extension headers; of a later fragment: fragment_proto. Else type */
	u16 proto;
	u16 type;		/* ethertype behind the outer tag */
	u16 l3, l4;		/* offsets from the Ethernet header; l4 only for readable IP */
	u32 end;		/* of readable IP: where it ends, maybe beyond what was read */
	u32 l4_src, l4_dst;	/* ports; ICMP type and code; or VIFSWITCH_ACL_ABSENT */
	u32 tcp_flags;		/* 0..255, or VIFSWITCH_ACL_ABSENT */
	u32 fragment_id;
	union vs_address src, dst;	/* only of readable IP */
};

/* From the IP header @h of a packet of pkt->family. */
static __always_inline void vs_packet_addresses(struct vs_packet *pkt, const u8 *h)
{
	if (likely(pkt->family == VIFSWITCH_ACL_IP4)) {
		pkt->src.ip4 = vs_get_be32(h + 12);
		pkt->dst.ip4 = vs_get_be32(h + 16);
		return;
	}
	pkt->src.ip6[0] = vs_get_be64(h + 8);
	pkt->src.ip6[1] = vs_get_be64(h + 16);
	pkt->dst.ip6[0] = vs_get_be64(h + 24);
	pkt->dst.ip6[1] = vs_get_be64(h + 32);
}

/*
 * @p: the frame, as given to vs_frame_parse(), whose answer is @f; @len: octets
 * there are at @p; @whole: octets of the frame, @len or more.
 *
 * False if the answer lies in octets of the frame that are not at @p: the caller
 * makes min(@whole, VS_PACKET_HEADERS) octets readable, and asks again. Never
 * false for a caller that did so in the first place.
 */
bool vs_packet_parse_any(struct vs_packet *pkt, const u8 *p, size_t len, size_t whole,
			 const struct vs_frame *f);

/*
 * Nearly every packet is UDP or TCP in IP without options, extension headers and
 * fragments. This is what the long way does for those; false for all others. @ip4 is
 * a constant.
 */
static __always_inline bool vs_packet_parse_usual(struct vs_packet *pkt, const u8 *p, size_t len,
						  size_t whole, const struct vs_frame *f,
						  const bool ip4)
{
	const u32 header = ip4 ? VS_IP4_LEN : VS_IP6_LEN;
	const u8 *h = p + f->l3, *l4 = h + header;
	u32 total, ports, flags = VIFSWITCH_ACL_ABSENT;

	if (unlikely(len < f->l3 + header + (size_t)VS_TCP_LEN))
		return false;
	total = ip4 ? vs_get_be16(h + 2) : VS_IP6_LEN + vs_get_be16(h + 4);
	if (unlikely((ip4 ? h[0] != 0x45 || (vs_get_be16(h + 6) & 0x3fff) : h[0] >> 4 != 6) ||
		     total < header + 8 || f->l3 + total > whole))
		return false;
	pkt->proto = ip4 ? h[9] : h[6];
	if (pkt->proto == VS_PROTO_TCP) {
		u32 tcp = (u32)(l4[12] >> 4) * 4;

		if (unlikely(tcp < VS_TCP_LEN || header + tcp > total))
			return false;
		flags = l4[13];
	} else if (unlikely(pkt->proto != VS_PROTO_UDP)) {
		return false;
	}
	ports = vs_get_be32(l4);
	pkt->family = ip4 ? VIFSWITCH_ACL_IP4 : VIFSWITCH_ACL_IP6;
	pkt->reason = VIFSWITCH_DROP_NONE;
	pkt->fragment = VS_FRAGMENT_NONE;
	pkt->fragment_proto = 0;
	pkt->type = f->type;
	pkt->l3 = f->l3;
	pkt->l4 = (u16)(f->l3 + header);
	pkt->end = f->l3 + total;
	pkt->l4_src = ports >> 16;
	pkt->l4_dst = ports & 0xffff;
	pkt->tcp_flags = flags;
	vs_packet_addresses(pkt, h);
	return true;
}

static __always_inline bool vs_packet_parse(struct vs_packet *pkt, const u8 *p, size_t len,
					    size_t whole, const struct vs_frame *f)
{
	if (likely(f->type == VS_TYPE_IP4) ?
	    likely(vs_packet_parse_usual(pkt, p, len, whole, f, true)) :
	    f->type == VS_TYPE_IP6 && vs_packet_parse_usual(pkt, p, len, whole, f, false))
		return true;
	return vs_packet_parse_any(pkt, p, len, whole, f);
}

#endif /* VS_PACKET_H */
