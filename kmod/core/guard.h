/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guarded port may claim to be. Of every guarded port:
 *  - the Ethernet source is one of the listed addresses, and the hardware address
 *    that ARP, RARP and neighbour discovery claim is the frame's own source
 *  - without VIFSWITCH_PF_ROUTER no router advertisements and redirects
 *  - without VIFSWITCH_PF_DHCP_SERVER nothing from UDP ports 67 and 547 (server or
 *    relay) and nothing to 68 and 546 (client)
 *  - neighbour discovery in fragments is refused (RFC 6980), and so are packets in
 *    which all that cannot be seen (packet.h)
 * With VIFSWITCH_PF_IP_GUARD the IP addresses, too, as it says in abi.h:
 *  - the source of every IP packet, whole or fragment
 *  - the sender of ARP; an ARP probe (from 0.0.0.0) only asks for an own address
 *  - the target of neighbour advertisements, and of solicitations from ::, which
 *    is duplicate address detection
 * Of neighbour discovery messages only VS_PACKET_HEADERS octets of the frame are
 * looked at; longer ones are refused.
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

static inline enum vifswitch_drop_reason vs_guard_source(const struct vs_program *prog,
							 const struct vs_frame *f)
{
	unsigned int i;

	if (unlikely(f->src_group || !f->src))
		return VIFSWITCH_DROP_SOURCE_INVALID;
	if (!(prog->flags & VIFSWITCH_PF_GUARD) || likely(f->src == prog->macs[0]))
		return VIFSWITCH_DROP_NONE;
	for (i = 1; i < prog->mac_count; i++)
		if (f->src == prog->macs[i])
			return VIFSWITCH_DROP_NONE;
	return VIFSWITCH_DROP_MAC_GUARD;
}

/*
 * May the frame of a guarded port without IP_GUARD pass at a glance? True for
 * nearly all; else vs_guard_network() is to look closely.
 */
static inline bool vs_guard_glance(const struct vs_frame *f, const u8 *p, size_t len)
{
	const u8 *l3 = p + f->l3;
	u16 sport, dport;

	if (likely(f->type == VS_TYPE_IP4)) {
		if (unlikely(len < f->l3 + 24U))
			return false;
		if (l3[9] != VS_PROTO_UDP)
			return true;
		if (unlikely(l3[0] != 0x45 || (vs_get_be16(l3 + 6) & 0x3fff)))
			return false;
		sport = vs_get_be16(l3 + 20);
		dport = vs_get_be16(l3 + 22);
		return sport != VS_PORT_DHCP_SERVER && dport != VS_PORT_DHCP_CLIENT;
	}
	if (f->type == VS_TYPE_IP6) {
		if (unlikely(len < f->l3 + 44U))
			return false;
		if (l3[6] == VS_PROTO_TCP)
			return true;
		if (l3[6] != VS_PROTO_UDP)
			return false;
		sport = vs_get_be16(l3 + 40);
		dport = vs_get_be16(l3 + 42);
		return sport != VS_PORT_DHCP6_SERVER && dport != VS_PORT_DHCP6_CLIENT;
	}
	return f->type >= VS_TYPE_MIN && f->type != VS_TYPE_ARP && f->type != VS_TYPE_RARP;
}

/*
 * For a guarded port, on a frame that passed vs_guard_source(). @pkt is its
 * packet, @p and @len what vs_packet_parse() was content with.
 */
enum vifswitch_drop_reason vs_guard_network(const struct vs_program *prog,
					    const struct vs_frame *f,
					    const struct vs_packet *pkt, const u8 *p, size_t len);

#endif /* VS_GUARD_H */
