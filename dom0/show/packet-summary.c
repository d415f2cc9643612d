// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/packet-summary.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "kmod/core/packet.h"
#include "policy/words.h"

#define ARP_LEN		28
#define IP6_LEN		40

struct names {
	unsigned int number;
	const char *name;
};

static const struct names protocols[] = {
	{ VS_PROTO_TCP, "tcp" },   { VS_PROTO_UDP, "udp" },	    { VS_PROTO_ICMP, "icmp" },
	{ VS_PROTO_ICMP6, "icmp6" }, { VS_PROTO_SCTP, "sctp" },   { VS_PROTO_DCCP, "dccp" },
	{ VS_PROTO_UDPLITE, "udplite" }, { 2, "igmp" },		    { 47, "gre" },
	{ 50, "esp" },		   { 89, "ospf" },
};

static const struct names discovery[] = {
	{ VS_ND_ROUTER_SOLICIT, "router solicitation" },
	{ VS_ND_ROUTER_ADVERT, "router advertisement" },
	{ VS_ND_SOLICIT, "neighbour solicitation" },
	{ VS_ND_ADVERT, "neighbour advertisement" },
	{ VS_ND_REDIRECT, "redirect" },
};

static const char *name_of(const struct names *names, size_t count, unsigned int number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

static char *arp_text(const uint8_t *h, bool reverse)
{
	char sender[INET_ADDRSTRLEN], target[INET_ADDRSTRLEN];
	unsigned int operation = vs_get_be16(h + 6);

	inet_ntop(AF_INET, h + 14, sender, sizeof(sender));
	inet_ntop(AF_INET, h + 24, target, sizeof(target));
	if (reverse)
		return xprintf("rarp of " MAC_FORMAT, MAC_OCTETS(h + 8));
	if (operation == 1)
		return xprintf("arp %s asks for %s", sender, target);
	return xprintf("arp %s is at " MAC_FORMAT, sender, MAC_OCTETS(h + 8));
}

static char *flags_text(uint32_t flags)
{
	char text[48] = "";

	for (const struct word *flag = tcp_flag_words; flag->word; flag++) {
		if (!(flags & flag->value))
			continue;
		strcat(text, *text ? "," : " ");
		strcat(text, flag->word);
	}
	return xprintf("%s", text);
}

/* What follows the addresses. */
static char *transport_text(const struct vs_packet *pkt)
{
	const char *name;

	if (pkt->fragment == VS_FRAGMENT_LATER)
		return xprintf(" later fragment");
	if (pkt->proto == VS_PROTO_TCP && pkt->tcp_flags != VIFSWITCH_ACL_ABSENT)
		return flags_text(pkt->tcp_flags);
	if ((pkt->proto != VS_PROTO_ICMP && pkt->proto != VS_PROTO_ICMP6) ||
	    pkt->l4_src == VIFSWITCH_ACL_ABSENT)
		return xprintf("%s", pkt->fragment ? " first fragment" : "");
	name = pkt->proto == VS_PROTO_ICMP6 ?
	       name_of(discovery, ARRAY_SIZE(discovery), pkt->l4_src) : NULL;
	return name ? xprintf(" %s", name) :
	       xprintf(" type %u code %u", pkt->l4_src, pkt->l4_dst);
}

static char *endpoint_text(bool ip6, const uint8_t *address, bool ports, uint32_t port)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(ip6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	if (!ports)
		return xprintf("%s", text);
	return ip6 ? xprintf("[%s]:%u", text, port) : xprintf("%s:%u", text, port);
}

/* @readable: @pkt has what is behind the addresses. */
static char *ip_text(const struct vs_packet *pkt, bool readable, const uint8_t *h, bool ip6)
{
	unsigned int proto = readable ? pkt->proto : ip6 ? h[6] : h[9];
	const char *name = name_of(protocols, ARRAY_SIZE(protocols), proto);
	bool ports = readable && pkt->l4_src != VIFSWITCH_ACL_ABSENT &&
		     proto != VS_PROTO_ICMP && proto != VS_PROTO_ICMP6;
	_cleanup_free_ char *what = name ? xprintf("%s", name) : xprintf("ip:%u", proto);
	_cleanup_free_ char *src = endpoint_text(ip6, h + (ip6 ? 8 : 12), ports,
						 ports ? pkt->l4_src : 0);
	_cleanup_free_ char *dst = endpoint_text(ip6, h + (ip6 ? 24 : 16), ports,
						 ports ? pkt->l4_dst : 0);
	_cleanup_free_ char *more = readable ? transport_text(pkt) : xprintf("%s", "");

	return xprintf("%s %s > %s%s", what, src, dst, more);
}

static char *network_text(const uint8_t *p, size_t len, size_t whole, const struct vs_frame *f)
{
	struct vs_packet pkt = {};
	const uint8_t *h = p + f->l3;
	size_t left = len - f->l3;
	bool readable;

	if (f->inner)
		return xprintf("tag 0x%04x inside", f->type);
	if ((f->type == VS_TYPE_ARP || f->type == VS_TYPE_RARP) && left >= ARP_LEN)
		return arp_text(h, f->type == VS_TYPE_RARP);
	readable = vs_packet_parse(&pkt, p, len, whole, f) && !pkt.reason;
	if ((f->type == VS_TYPE_IP4 && left >= VS_IP4_LEN) ||
	    (f->type == VS_TYPE_IP6 && left >= IP6_LEN))
		return ip_text(&pkt, readable, h, f->type == VS_TYPE_IP6);
	return f->type < 0x600 ? xprintf("802.2") : xprintf("type 0x%04x", f->type);
}

char *packet_summary(const uint8_t *p, size_t len, size_t whole)
{
	_cleanup_free_ char *network = NULL, *tag = NULL;
	struct vs_frame f;

	if (whole < len)
		whole = len;
	if (!vs_frame_parse(&f, p, len, VS_NO_TAG))
		return xprintf("a frame cut short, %zu octets", whole);
	network = network_text(p, len, whole, &f);
	tag = f.tag == VS_NO_TAG ? xprintf("%s", "") :
	      xprintf(" vlan %u", VS_TAG_TCI(f.tag) & VS_TCI_VID);
	return xprintf(MAC_FORMAT " > " MAC_FORMAT "%s %s, %zu octets", MAC_OCTETS(p + 6),
		       MAC_OCTETS(p), tag, network, whole);
}
