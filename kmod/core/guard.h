/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guarded port may claim to be. Of every guarded port:
 *  - the Ethernet source is one of the listed addresses, and so is the hardware address
 *    that ARP, RARP and neighbour discovery claim (not always the same: CARP and
 *    VRRP answer for the virtual router's address from the own one and the other way)
 *  - without VIFSWITCH_PF_ROUTER no router advertisements and redirects
 *  - without VIFSWITCH_PF_DHCP_SERVER nothing from UDP ports 67 and 547 (server or
 *    relay) and nothing to 68 and 546 (client)
 *  - neighbour discovery in fragments is refused (RFC 6980), and so are packets in
 *    which all that cannot be seen (packet.h)
 * With VIFSWITCH_PF_IP_GUARD the IP addresses, too, as it says in abi.h:
 *  - the source of every IP packet, whole or fragment, is listed. From an address that
 *    is none yet pass those messages that are sent before there is one:
 *      0.0.0.0   DHCP of a client (RFC 2131 4.1), IGMP reports and leaves to groups
 *                (RFC 3376 4.2.13)
 *      ::        duplicate address detection (RFC 4862 5.4.2), router solicitations
 *                (RFC 4861 4.1), MLD reports and dones (RFC 3590)
 *    and, where IPv6 prefixes are listed, all from the link-local addresses made of the
 *    port's listed MACs (RFC 4291, appendix A). One made otherwise (RFC 7217) must be
 *    listed: whoever could choose it could choose the router's
 *  - the sender of ARP is listed; an ARP probe (RFC 5227, from 0.0.0.0) only asks for an
 *    own address
 *  - the target of neighbour advertisements, and of solicitations from ::, is an own one
 * Of neighbour discovery messages only VS_PACKET_HEADERS octets of the frame are
 * looked at; longer ones are refused. Each form is a row in vifswitch-acl(7) and in
 * tests/unit/core-guard.c.
 */
#ifndef VS_GUARD_H
#define VS_GUARD_H

#include <vifswitch/abi.h>

#include "frame.h"
#include "packet.h"
#include "program.h"

#define VS_PORT_DHCP_SERVER	67
#define VS_PORT_DHCP_CLIENT	68
#define VS_PORT_DHCP6_CLIENT	546
#define VS_PORT_DHCP6_SERVER	547

static inline bool vs_guard_listed_mac(const struct vs_program *prog, u64 mac)
{
	unsigned int i;

	for (i = 0; i < prog->mac_count; i++)
		if (mac == prog->macs[i])
			return true;
	return false;
}

static inline enum vifswitch_drop_reason vs_guard_source(const struct vs_program *prog,
							 const struct vs_frame *f)
{
	/* a port without addresses has 0 there, which nothing may send from */
	if (likely(f->src == prog->macs[0] && f->src))
		return VIFSWITCH_DROP_NONE;
	if (unlikely(vs_mac_is_group(f->src) || !f->src))
		return VIFSWITCH_DROP_SOURCE_INVALID;
	if (!(prog->flags & VIFSWITCH_PF_GUARD))
		return VIFSWITCH_DROP_NONE;
	return vs_guard_listed_mac(prog, f->src) ? VIFSWITCH_DROP_NONE :
						   VIFSWITCH_DROP_MAC_GUARD;
}

/*
 * May the frame of a guarded port without IP_GUARD pass at a glance? True for
 * nearly all; else vs_guard_network() is to look closely.
 */
static inline bool vs_guard_glance(const struct vs_frame *f, const u8 *p, size_t len)
{
	const u8 *l3 = p + f->l3;

	if (likely(f->type == VS_TYPE_IP4)) {
		if (unlikely(len < f->l3 + 24U))
			return false;
		return l3[9] != VS_PROTO_UDP ||
		       (l3[0] == 0x45 && !(vs_get_be16(l3 + 6) & 0x3fff) &&
			vs_get_be16(l3 + 20) != VS_PORT_DHCP_SERVER &&
			vs_get_be16(l3 + 22) != VS_PORT_DHCP_CLIENT);
	}
	if (f->type == VS_TYPE_IP6) {
		if (unlikely(len < f->l3 + 44U))
			return false;
		return l3[6] == VS_PROTO_TCP ||
		       (l3[6] == VS_PROTO_UDP &&
			vs_get_be16(l3 + 40) != VS_PORT_DHCP6_SERVER &&
			vs_get_be16(l3 + 42) != VS_PORT_DHCP6_CLIENT);
	}
	return f->type >= VS_TYPE_MIN && f->type != VS_TYPE_ARP && f->type != VS_TYPE_RARP;
}

/* Is it an address of the port? If so, the last range that begins at or below has it. */
static inline bool vs_guard_listed4(const struct vs_program *prog, u32 ip)
{
	const struct vs_range4 *r = prog->range4;
	unsigned int half, n = prog->range4_count;

	if (unlikely(!n))
		return false;
	for (; n > 1; n -= half) {
		half = n / 2;
		if (r[half].first <= ip)
			r += half;
	}
	return r->first <= ip && ip <= r->last;
}

/* The same in IPv6, without the link-local addresses that are made of MACs. */
bool vs_guard_listed6(const struct vs_program *prog, u64 high, u64 low);

/* Of a port with IP_GUARD: may it send from @ip, an address of @family? */
bool vs_guard_owns(const struct vs_program *prog, u8 family, const union vs_address *ip);

enum vifswitch_drop_reason vs_guard_any(const struct vs_program *prog, const struct vs_frame *f,
					const struct vs_packet *pkt, const u8 *p, size_t len);

/*
 * For a guarded port, on a frame that passed vs_guard_source(). @pkt is its
 * packet, @p and @len what vs_packet_parse() was content with.
 */
static inline enum vifswitch_drop_reason vs_guard_network(const struct vs_program *prog,
							  const struct vs_frame *f,
							  const struct vs_packet *pkt, const u8 *p,
							  size_t len)
{
	if (likely(pkt->family == VIFSWITCH_ACL_IP4 && !pkt->reason &&
		   pkt->l4_src != VS_PORT_DHCP_SERVER && pkt->l4_dst != VS_PORT_DHCP_CLIENT &&
		   vs_guard_listed4(prog, pkt->src.ip4)))
		return VIFSWITCH_DROP_NONE;
	return vs_guard_any(prog, f, pkt, p, len);
}

#endif /* VS_GUARD_H */
