/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LISP's data plane (RFC 9300, section 5): the header between UDP and the packet inside, and
 * what a host is told that asks on its Ethernet for an address which is elsewhere.
 */
#ifndef VS_LISP_H
#define VS_LISP_H

#include "packet.h"
#include "platform.h"

#define VS_LISP_LEN		8
#define VS_LISP_ARP_LEN		28
#define VS_LISP_ADVERT_LEN	72	/* IPv6 header, neighbour advertisement, one option */
/* What of a received packet has to be readable: headers of LISP and of the packet inside. */
#define VS_LISP_HEADS		(VS_LISP_LEN + 40)

struct vs_lisp {
	u32 instance;		/* 0: it has none */
	u32 len;		/* octets of the packet inside; what follows is padding */
	bool ip6;
};

/*
 * What was received behind the UDP header: @len octets can be read of @total. False: no header
 * that is understood, encrypted (RFC 8061), or no whole IPv4 or IPv6 packet in it.
 */
bool vs_lisp_parse(const u8 *p, u32 len, u32 total, struct vs_lisp *ret);
/* The header: an instance id, no nonce, no locator's state, no version. */
void vs_lisp_build(u8 p[VS_LISP_LEN], u32 instance);

/* What a packet from a VM is to LISP. @p is the network header; @len octets can be read. */
enum vs_lisp_what {
	VS_LISP_OTHER,		/* nothing that goes to another host: group, link-local, no IP */
	VS_LISP_ROUTED,		/* it goes where the map says */
	VS_LISP_ASKS,		/* ARP or neighbour discovery: where is that address? */
};

/* @address: whose way is to be looked up, as 16 octets; untouched for OTHER. */
enum vs_lisp_what vs_lisp_look(const u8 *p, u32 len, u16 type, u8 address[16]);
/* The answer to what ASKS: @mac has the address. From the network header on; its octets. */
u32 vs_lisp_answer(const u8 *p, bool ip6, const u8 mac[VS_MAC_LEN], u8 ret[VS_LISP_ADVERT_LEN]);

#endif /* VS_LISP_H */
