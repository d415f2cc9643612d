// SPDX-License-Identifier: GPL-2.0-or-later
#include "guard.h"

#define ARP_LEN		28
#define ARP_REQUEST	1
#define RARP_REQUEST	3

#define ND_SOURCE_ADDRESS 1	/* options */
#define ND_TARGET_ADDRESS 2

#define MLD_REPORT	131
#define MLD_DONE	132
#define MLD_REPORT_V2	143

#define IGMP_REPORT	0x12	/* RFC 1112 */
#define IGMP_REPORT_V2	0x16	/* RFC 2236 */
#define IGMP_LEAVE	0x17
#define IGMP_REPORT_V3	0x22	/* RFC 3376 */

#define LINK_LOCAL	0xfe80000000000000ULL
#define SOLICITED_NODE	0xff02000000000000ULL	/* ff02::1:ff00:0/104 */

bool vs_guard_listed6(const struct vs_program *prog, u64 high, u64 low)
{
	const struct vs_range6 *r = prog->range6;
	unsigned int half, n = prog->range6_count;
	const u64 ip[2] = { high, low };

	if (unlikely(!n))
		return false;
	for (; n > 1; n -= half) {
		half = n / 2;
		if (!vs_above6(r[half].first, ip))
			r += half;
	}
	return !vs_above6(r->first, ip) && !vs_above6(ip, r->last);
}

/* A link-local address made of one of the port's (RFC 4291, appendix A). */
static bool is_own_link_local(const struct vs_program *prog, const u64 ip[2])
{
	u8 mac[VS_MAC_LEN];

	if (ip[0] != LINK_LOCAL || (ip[1] >> 24 & 0xffff) != 0xfffe)
		return false;
	mac[0] = (u8)(ip[1] >> 56) ^ 2;
	mac[1] = (u8)(ip[1] >> 48);
	mac[2] = (u8)(ip[1] >> 40);
	mac[3] = (u8)(ip[1] >> 16);
	mac[4] = (u8)(ip[1] >> 8);
	mac[5] = (u8)ip[1];
	return vs_guard_listed_mac(prog, vs_mac_load(mac));
}

static bool own6(const struct vs_program *prog, const u64 ip[2])
{
	return vs_guard_listed6(prog, ip[0], ip[1]) ||
	       (prog->range6_count && is_own_link_local(prog, ip));
}

bool vs_guard_owns(const struct vs_program *prog, u8 family, const union vs_address *ip)
{
	return family == VIFSWITCH_ACL_IP4 ? vs_guard_listed4(prog, ip->ip4) :
					     own6(prog, ip->ip6);
}

static bool is_zero6(const u64 ip[2])
{
	return !(ip[0] | ip[1]);
}

static enum vifswitch_drop_reason guard_arp(const struct vs_program *prog,
					    const struct vs_frame *f, const u8 *p, size_t len)
{
	static const u8 ethernet_ip4[] = { 0, 1, 0x08, 0x00, VS_MAC_LEN, 4 };
	const u8 *h = p + f->l3;
	u32 sender, target;
	u16 op;

	if (len < f->l3 + (size_t)ARP_LEN || memcmp(h, ethernet_ip4, sizeof(ethernet_ip4)) ||
	    !vs_guard_listed_mac(prog, vs_mac_load(h + 8)))
		return VIFSWITCH_DROP_ARP_GUARD;
	op = vs_get_be16(h + 6);
	if (f->type == VS_TYPE_RARP && op != RARP_REQUEST)
		return VIFSWITCH_DROP_ARP_GUARD;
	if (!(prog->flags & VIFSWITCH_PF_IP_GUARD))
		return VIFSWITCH_DROP_NONE;
	sender = vs_get_be32(h + 14);
	target = vs_get_be32(h + 24);
	if (vs_guard_listed4(prog, sender))
		return VIFSWITCH_DROP_NONE;
	/* RARP knows no sender; a probe is for an own address, else it would deny it to others */
	if (!sender && (f->type == VS_TYPE_RARP ||
			(op == ARP_REQUEST && vs_guard_listed4(prog, target))))
		return VIFSWITCH_DROP_NONE;
	return VIFSWITCH_DROP_ARP_GUARD;
}

static enum vifswitch_drop_reason guard_dhcp(const struct vs_program *prog,
					     const struct vs_packet *pkt, u32 server, u32 client)
{
	if (pkt->proto == VS_PROTO_UDP && pkt->fragment != VS_FRAGMENT_LATER &&
	    (pkt->l4_src == server || pkt->l4_dst == client) &&
	    !(prog->flags & VIFSWITCH_PF_DHCP_SERVER))
		return VIFSWITCH_DROP_DHCP_SERVER;
	return VIFSWITCH_DROP_NONE;
}

/* From 0.0.0.0 to find out the own address. */
static bool asks_dhcp(const struct vs_packet *pkt)
{
	return !pkt->src.ip4 && pkt->proto == VS_PROTO_UDP &&
	       pkt->l4_src == VS_PORT_DHCP_CLIENT && pkt->l4_dst == VS_PORT_DHCP_SERVER;
}

/* From 0.0.0.0 because a host without address joins groups, too. */
static bool reports_group(const struct vs_packet *pkt, const u8 *p)
{
	u8 type;

	if (pkt->src.ip4 || pkt->proto != VS_PROTO_IGMP || pkt->fragment ||
	    pkt->dst.ip4 >> 28 != 0xe)
		return false;
	type = p[pkt->l4];
	return type == IGMP_REPORT || type == IGMP_REPORT_V2 || type == IGMP_LEAVE ||
	       type == IGMP_REPORT_V3;
}

static enum vifswitch_drop_reason guard_ip4(const struct vs_program *prog,
					    const struct vs_packet *pkt, const u8 *p)
{
	if ((prog->flags & VIFSWITCH_PF_IP_GUARD) && !vs_guard_listed4(prog, pkt->src.ip4) &&
	    !asks_dhcp(pkt) && !reports_group(pkt, p))
		return VIFSWITCH_DROP_IP_GUARD;
	return guard_dhcp(prog, pkt, VS_PORT_DHCP_SERVER, VS_PORT_DHCP_CLIENT);
}

/* The options of a message that ends at @end: link-layer addresses are the port's. */
static bool nd_options_own(const struct vs_program *prog, const u8 *o, const u8 *end,
			   bool unspecified)
{
	while (o < end) {
		size_t len;

		if (end - o < 8)
			return false;
		len = o[1] * 8U;
		if (!len || len > (size_t)(end - o))
			return false;
		if ((o[0] == ND_SOURCE_ADDRESS && unspecified) ||
		    ((o[0] == ND_SOURCE_ADDRESS || o[0] == ND_TARGET_ADDRESS) &&
		     (len != 8 || !vs_guard_listed_mac(prog, vs_mac_load(o + 2)))))
			return false;
		o += len;
	}
	return true;
}

/* Duplicate address detection: for an own address, to those who might have it, too. */
static bool nd_target_own(const struct vs_program *prog, const struct vs_packet *pkt,
			  const u64 target[2], bool unspecified)
{
	if (pkt->l4_src == VS_ND_SOLICIT && !unspecified)
		return true;	/* a question about another's address */
	if (!own6(prog, target))
		return false;
	return pkt->l4_src != VS_ND_SOLICIT ||
	       (pkt->dst.ip6[0] == SOLICITED_NODE &&
		pkt->dst.ip6[1] == (0x1ff000000ULL | (target[1] & 0xffffff)));
}

static enum vifswitch_drop_reason guard_nd(const struct vs_program *prog,
					   const struct vs_packet *pkt, const u8 *p, size_t len)
{
	bool unspecified = is_zero6(pkt->src.ip6);
	u32 type = pkt->l4_src, options = pkt->l4;
	u64 target[2];

	if (pkt->fragment)
		return VIFSWITCH_DROP_ND_GUARD;
	if (type == VS_ND_ROUTER_ADVERT || type == VS_ND_REDIRECT)
		return prog->flags & VIFSWITCH_PF_ROUTER ? VIFSWITCH_DROP_NONE :
							   VIFSWITCH_DROP_ROUTER;
	options += type == VS_ND_ROUTER_SOLICIT ? 8 : 24;
	if (pkt->end > VS_PACKET_HEADERS || pkt->end > len || options > pkt->end ||
	    !nd_options_own(prog, p + options, p + pkt->end, unspecified))
		return VIFSWITCH_DROP_ND_GUARD;
	if (type == VS_ND_ROUTER_SOLICIT || !(prog->flags & VIFSWITCH_PF_IP_GUARD))
		return VIFSWITCH_DROP_NONE;
	target[0] = vs_get_be64(p + pkt->l4 + 8);
	target[1] = vs_get_be64(p + pkt->l4 + 16);
	return nd_target_own(prog, pkt, target, unspecified) ? VIFSWITCH_DROP_NONE :
								  VIFSWITCH_DROP_ND_GUARD;
}

/* What may come from :: (what solicitations are for is checked with the others). */
static bool may_be_unspecified(const struct vs_packet *pkt)
{
	return pkt->proto == VS_PROTO_ICMP6 && pkt->fragment == VS_FRAGMENT_NONE &&
	       (pkt->l4_src == VS_ND_SOLICIT || pkt->l4_src == VS_ND_ROUTER_SOLICIT ||
		pkt->l4_src == MLD_REPORT || pkt->l4_src == MLD_DONE ||
		pkt->l4_src == MLD_REPORT_V2);
}

static enum vifswitch_drop_reason guard_ip6(const struct vs_program *prog,
					    const struct vs_packet *pkt, const u8 *p, size_t len)
{
	if ((prog->flags & VIFSWITCH_PF_IP_GUARD) && unlikely(!own6(prog, pkt->src.ip6)) &&
	    !(prog->range6_count && is_zero6(pkt->src.ip6) && may_be_unspecified(pkt)))
		return VIFSWITCH_DROP_IP_GUARD;
	if (pkt->proto == VS_PROTO_ICMP6 && pkt->l4_src >= VS_ND_FIRST &&
	    pkt->l4_src <= VS_ND_LAST)
		return guard_nd(prog, pkt, p, len);
	return guard_dhcp(prog, pkt, VS_PORT_DHCP6_SERVER, VS_PORT_DHCP6_CLIENT);
}

enum vifswitch_drop_reason vs_guard_any(const struct vs_program *prog, const struct vs_frame *f,
					const struct vs_packet *pkt, const u8 *p, size_t len)
{
	if (unlikely(pkt->reason))
		return (enum vifswitch_drop_reason)pkt->reason;
	if (likely(pkt->family == VIFSWITCH_ACL_IP4))
		return guard_ip4(prog, pkt, p);
	if (pkt->family == VIFSWITCH_ACL_IP6)
		return guard_ip6(prog, pkt, p, len);
	if (pkt->type == VS_TYPE_ARP || pkt->type == VS_TYPE_RARP)
		return guard_arp(prog, f, p, len);
	/* control frames have their own permission, which the port has */
	if ((prog->flags & VIFSWITCH_PF_IP_GUARD) && !f->control)
		return VIFSWITCH_DROP_ETHERTYPE;
	return VIFSWITCH_DROP_NONE;
}
