/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet in words, for `vifctl why`, as a frame. The first word says what:
 *   tcp|udp|sctp SRC[:PORT] DST[:PORT]   addresses IPv4, or IPv6 ([ADDR]:PORT)
 *   icmp|icmp6 SRC DST                   an echo request unless type= says else
 *   ip:PROTOCOL SRC DST                  any other protocol, by number
 *   arp|arp-reply SENDER TARGET
 *   ns|na|ra SRC DST                     neighbour discovery (ns, na: target=ADDR)
 *   eth:TYPE                             an ethertype, like eth:0x88cc
 *   hex DIGITS                           the frame itself, from its Ethernet header
 * and options may follow: from=MAC to=MAC vlan=N pcp=N flags=syn,ack type=N code=N
 * target=ADDR fragment=first|later len=N (octets of the frame).
 */
#ifndef VIFCTL_WHY_PACKET_TEXT_H
#define VIFCTL_WHY_PACKET_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PACKET_TEXT_MAX	9018	/* octets of a frame */

struct packet_text {
	uint8_t frame[PACKET_TEXT_MAX];
	size_t len;
	bool from_given;	/* else the source is zeros, to be filled in */
	bool to_given;		/* else the destination is zeros, unless the kind says */
	uint8_t family;		/* 4, 6, or 0: nothing below is set */
	uint8_t dst[16];	/* IP destination, or ARP target */
	bool exact;		/* every octet of it was given */
	size_t arp;		/* offset of an ARP header, or 0 */
};

/* False: *ret_problem, to be freed, names the word and what would be accepted. */
bool packet_text_parse(const char *const *words, int count, struct packet_text *ret,
		       char **ret_problem);

/* Does this first word go with SRC and DST? *ret_family: 4, 6, or 0: that of the addresses. */
bool packet_text_has_addresses(const char *kind, uint8_t *ret_family);

/* The first words that there are, one a line; those that end in ':' want more. */
void packet_text_kinds(FILE *out);

/* The Ethernet source, and the sender of ARP. */
void packet_text_set_source(struct packet_text *pkt, const uint8_t mac[6]);

#endif /* VIFCTL_WHY_PACKET_TEXT_H */
