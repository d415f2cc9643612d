// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/fix.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "kmod/core/guard.h"
#include "kmod/core/source.h"
#include "policy/words.h"
#include "vifctl/view/text.h"
#include "vifctl/why/port-fix.h"
#include "vifctl/why/rules.h"

/* Offsets in ARP for IPv4 (RFC 826), and in the ICMPv6 of neighbour discovery (RFC 4861). */
#define ARP_SENDER_MAC	8
#define ARP_SENDER_IP	14
#define ARP_TARGET_IP	24
#define ARP_LEN		28
#define ND_TARGET	8

static char *address_text(const struct vs_packet *pkt, const union vs_address *a)
{
	char text[INET6_ADDRSTRLEN] = "";
	uint8_t octets[16];

	if (pkt->family == VIFSWITCH_ACL_IP4) {
		uint32_t ip = htonl(a->ip4);

		inet_ntop(AF_INET, &ip, text, sizeof(text));
	} else if (pkt->family == VIFSWITCH_ACL_IP6) {
		for (int i = 0; i < 8; i++) {
			octets[i] = (uint8_t)(a->ip6[0] >> (56 - 8 * i));
			octets[8 + i] = (uint8_t)(a->ip6[1] >> (56 - 8 * i));
		}
		inet_ntop(AF_INET6, octets, text, sizeof(text));
	}
	return xprintf("%s", text);
}

static char *protocol_text(const struct vs_packet *pkt)
{
	switch (pkt->proto) {
	case VS_PROTO_TCP:
		return xprintf("tcp");
	case VS_PROTO_UDP:
		return xprintf("udp");
	case VS_PROTO_ICMP:
		return xprintf("icmp");
	case VS_PROTO_ICMP6:
		return xprintf("icmpv6");
	default:
		return xprintf("%u", pkt->proto);
	}
}

/* A rule that would allow this packet, before all others of the ACL that decided. */
static char *rule_for(const struct why_acl *acl, enum vifswitch_acl_direction direction, int rule,
		      const struct vs_verdict *v)
{
	const char *name = why_acl_name(acl, direction, rule);
	const char *word = word_of(direction_words, direction);
	const struct vs_packet *pkt = &v->packet;
	_cleanup_free_ char *peer = NULL, *proto = NULL, *more = NULL;

	if (!name)
		name = "NAME";
	if (!v->parsed || pkt->family == VIFSWITCH_ACL_OTHER)
		return xprintf("vifctl acl rule add %s NEW at=1 direction=%s action=allow "
			       "ethertype=0x%04x", name, word, v->parsed ? pkt->type : 0);
	peer = address_text(pkt, direction == VIFSWITCH_ACL_FROM ? &pkt->dst : &pkt->src);
	proto = protocol_text(pkt);
	if (pkt->l4_dst == VIFSWITCH_ACL_ABSENT)
		more = xprintf("%s", "");
	else if (pkt->proto == VS_PROTO_ICMP || pkt->proto == VS_PROTO_ICMP6)
		more = xprintf(" icmp=%u/%u", pkt->l4_src, pkt->l4_dst);
	else
		more = xprintf(" dst-port=%u", pkt->l4_dst);
	return xprintf("vifctl acl rule add %s NEW at=1 direction=%s action=allow proto=%s %s=%s%s",
		       name, word, proto, direction == VIFSWITCH_ACL_FROM ? "dst" : "src", peer,
		       more);
}

/* A rule of the operator's that stands too far behind goes before the one that decided. */
static char *acl_fix(const struct why_acl *acl, enum vifswitch_acl_direction direction, int rule,
		     const struct vs_verdict *v)
{
	int behind = v->parsed && !v->packet.reason ?
		     why_rule_behind(acl, direction, &v->packet, v->vid, rule) : -1;
	_cleanup_free_ char *its = NULL, *decider = NULL;
	const char *of = why_acl_name(acl, direction, rule);

	/* A rule moves within its ACL alone. */
	if (behind < 0 || !of || strcmp(of, why_acl_name(acl, direction, behind) ?: ""))
		return rule_for(acl, direction, rule, v);
	its = why_rule_name(acl, (u32)behind);
	decider = why_rule_name(acl, (u32)rule);
	if (!its || !decider)
		return rule_for(acl, direction, rule, v);
	return xprintf("vifctl acl rule move %s %s before=%s", of, its, decider);
}

static char *allow_fix(const struct why_port *port, uint32_t permission)
{
	return port_fix_list(port, "allow", "allow", word_of(allow_words, permission));
}

static char *mac_command(const struct why_port *port, const uint8_t mac[6])
{
	_cleanup_free_ char *text = xprintf(MAC_FORMAT, MAC_OCTETS(mac));

	return port_fix_list(port, "mac-lock", "mac", text);
}

static char *mac_fix(const struct why_port *port, const uint8_t mac[6])
{
	_cleanup_free_ char *command = NULL;

	if (!mac_is_station(mac))
		return NULL;
	command = mac_command(port, mac);
	return xprintf("if the VM may use that address: %s", command);
}

/* Listed already, it is another's own, which no list gives away. */
static char *claimed_fix(const struct why_port *port, const struct vs_verdict *v,
			 const struct why_frame *frame)
{
	_cleanup_free_ char *command = NULL;

	if (!port_is_of_vm(port) || !port->program || vs_lists(port->program, v->frame.src))
		return xprintf("whose it is: vifctl fdb list");
	command = mac_command(port, frame->octets + 6);
	return xprintf("whose it is: vifctl fdb list; if it is nobody's own, list it here, too: %s",
		       command);
}

/* An address that a host may have: neither none, nor a group's. */
static bool is_host(uint8_t family, const union vs_address *a)
{
	if (family == VIFSWITCH_ACL_IP4)
		return a->ip4 && a->ip4 >> 28 < 0xe;
	return (a->ip6[0] | a->ip6[1]) && a->ip6[0] >> 56 != 0xff;
}

static char *ip_fix(const struct why_port *port, uint8_t family, const union vs_address *address)
{
	const struct vs_packet pkt = { .family = family };
	_cleanup_free_ char *text = NULL, *command = NULL;

	if (!is_host(family, address) || vs_guard_owns(port->program, family, address))
		return NULL;
	text = address_text(&pkt, address);
	command = port_fix_list(port, "lock-ip", "ip", text);
	return xprintf("if the VM may use it: %s", command);
}

/* Of the addresses in it, the first that the port does not have; see guard_arp(). */
static char *arp_fix(const struct why_port *port, const struct vs_verdict *v,
		     const struct why_frame *frame)
{
	static const uint8_t ethernet_ip4[] = { 0, 1, 0x08, 0x00, 6, 4 };
	const uint8_t *h = frame->octets + v->frame.l3;
	union vs_address sender;

	if (frame->len < v->frame.l3 + (size_t)ARP_LEN || memcmp(h, ethernet_ip4, 6))
		return NULL;
	if (!vs_guard_listed_mac(port->program, vs_mac_load(h + ARP_SENDER_MAC)))
		return mac_fix(port, h + ARP_SENDER_MAC);
	if (!(port->program->flags & VIFSWITCH_PF_IP_GUARD) || v->frame.type == VS_TYPE_RARP)
		return NULL;
	sender.ip4 = vs_get_be32(h + ARP_SENDER_IP) ?: vs_get_be32(h + ARP_TARGET_IP);
	return ip_fix(port, VIFSWITCH_ACL_IP4, &sender);
}

/* What is advertised, or looked for by who would have it, must be the port's. */
static char *nd_fix(const struct why_port *port, const struct vs_verdict *v,
		    const struct why_frame *frame)
{
	const uint8_t *target = frame->octets + v->packet.l4 + ND_TARGET;
	union vs_address address;

	if (!v->parsed || v->packet.fragment || frame->len < v->packet.l4 + ND_TARGET + 16U ||
	    !(port->program->flags & VIFSWITCH_PF_IP_GUARD) ||
	    (v->packet.l4_src != VS_ND_ADVERT && v->packet.l4_src != VS_ND_SOLICIT) ||
	    (v->packet.l4_src == VS_ND_SOLICIT && is_host(VIFSWITCH_ACL_IP6, &v->packet.src)))
		return NULL;
	address.ip6[0] = vs_get_be64(target);
	address.ip6[1] = vs_get_be64(target + 8);
	return ip_fix(port, VIFSWITCH_ACL_IP6, &address);
}

static char *guard_fix(enum vifswitch_drop_reason reason, const struct why_port *port,
		       const struct vs_verdict *v, const struct why_frame *frame)
{
	_cleanup_free_ char *command = NULL;

	switch (reason) {
	case VIFSWITCH_DROP_MAC_GUARD:
		return mac_fix(port, frame->octets + 6);
	case VIFSWITCH_DROP_MAC_CLAIMED:
		return claimed_fix(port, v, frame);
	case VIFSWITCH_DROP_IP_GUARD:
		return v->parsed && v->packet.family != VIFSWITCH_ACL_OTHER ?
		       ip_fix(port, v->packet.family, &v->packet.src) : NULL;
	case VIFSWITCH_DROP_ARP_GUARD:
		return arp_fix(port, v, frame);
	case VIFSWITCH_DROP_ND_GUARD:
		return nd_fix(port, v, frame);
	case VIFSWITCH_DROP_ROUTER:
		command = allow_fix(port, VIFSWITCH_PF_ROUTER);
		return xprintf("if the VM is a router: %s", command);
	case VIFSWITCH_DROP_DHCP_SERVER:
		command = allow_fix(port, VIFSWITCH_PF_DHCP_SERVER);
		return xprintf("if the VM is a DHCP server: %s", command);
	case VIFSWITCH_DROP_ETHERTYPE:
		return xprintf("a port locked to its IP addresses carries IP and ARP only: vifctl port"
			       " set %s guard=mac", port->label);
	default:
		return NULL;
	}
}

static char *vlan_fix(enum vifswitch_drop_reason reason, const struct why_port *port,
		      const struct vs_verdict *v)
{
	unsigned int vid = reason == VIFSWITCH_DROP_TO_VLAN ? v->vid :
			   VS_TAG_TCI(v->frame.tag) & VS_TCI_VID;
	_cleanup_free_ char *command = reason == VIFSWITCH_DROP_VLAN_UNTAGGED ?
				       port_fix_untagged(port) : port_fix_vlan(port, vid);

	if (reason == VIFSWITCH_DROP_VLAN_UNTAGGED)
		return xprintf("if its untagged frames are to pass (0 is the untagged network): %s",
			       command);
	return xprintf("if the port is to have that VLAN: %s", command);
}

char *why_fix(enum vifswitch_drop_reason reason, const struct why_port *port,
	      const struct why_acl *acl, enum vifswitch_acl_direction direction, int rule,
	      const struct vs_verdict *v, const struct why_frame *frame)
{
	_cleanup_free_ char *command = NULL;

	switch (reason) {
	case VIFSWITCH_DROP_CLOSED:
	case VIFSWITCH_DROP_TO_CLOSED:
		if (!strcmp(get_text(port->doc, "admin_state"), "down"))
			return xprintf("its policy says state=down: vifctl port set %s state=up",
				       port->label);
		if (*get_text(port->doc, "output_of"))
			return xprintf("it is the output of a mirror, and nothing else: vifctl mirror show %s",
				       get_text(port->doc, "output_of"));
		return xprintf("what keeps the port closed: vifctl port show %s", port->label);
	case VIFSWITCH_DROP_CONTROL:
		if (!port_is_of_vm(port))
			return NULL;
		command = allow_fix(port, VIFSWITCH_PF_CONTROL);
		return xprintf("if the VM is to speak LLDP, STP or LACP with your switches: %s",
			       command);
	case VIFSWITCH_DROP_VLAN_UNTAGGED:
	case VIFSWITCH_DROP_VLAN_DENIED:
	case VIFSWITCH_DROP_TO_VLAN:
		return vlan_fix(reason, port, v);
	case VIFSWITCH_DROP_VLAN_STACKED:
		command = allow_fix(port, VIFSWITCH_PF_STACKED);
		return xprintf("if the VM may send tags inside tags: %s", command);
	case VIFSWITCH_DROP_ACL:
	case VIFSWITCH_DROP_TO_ACL:
		return acl ? acl_fix(acl, direction, rule, v) : NULL;
	case VIFSWITCH_DROP_CONNECTION_LIMIT:
	case VIFSWITCH_DROP_TO_CONNECTION_LIMIT:
		return xprintf("who has them: vifctl session list %s; if it needs more: vifctl port set"
			       " %s connections-max=N", port->label, port->label);
	case VIFSWITCH_DROP_CONNECTION_INVALID:
	case VIFSWITCH_DROP_TO_CONNECTION_INVALID:
		return xprintf("what the port remembers: vifctl session list %s; if that is wrong: "
			       "vifctl session flush %s", port->label, port->label);
	case VIFSWITCH_DROP_ISOLATED:
		return xprintf("if what comes by %s is to leave by the other uplinks: vifctl uplink add"
			       " %s transit=true; if the database speaks of it already: vifctl uplink"
			       " set %s transit=true", port->label, port->label, port->label);
	case VIFSWITCH_DROP_TUNNEL_FORGED:
		return xprintf("only hosts send that; a tunnel of the VM's own goes by another UDP port, or to a host "
			       "that is none of the pool's");
	case VIFSWITCH_DROP_GROUP_QUERY:
		return xprintf("if the VM is a multicast router: vifctl port set %s"
			       " multicast-router=always", port->label);
	case VIFSWITCH_DROP_TO_EID:
		return xprintf("vifctl network set NAME map+=PREFIX=HOST, for the address; what there is: vifctl network show NAME");
	case VIFSWITCH_DROP_TO_REMOTE:
		return xprintf("vifctl network set NAME remotes=ADDRESS,...; which one: vifctl network list");
	case VIFSWITCH_DROP_TO_DOWN:
		return xprintf("the VM's network interface is down: look inside the VM, or: vifctl port"
			       " show %s", port->label);
	case VIFSWITCH_DROP_TO_MTU:
		return xprintf("the frame is too large there (MTU %u): a smaller MTU for the sender, or"
			       " vifctl port set %s mtu=N", port->mtu, port->label);
	default:
		return guard_fix(reason, port, v, frame);
	}
}
