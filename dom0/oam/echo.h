/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How large a packet may be to get to an address and back: echo requests of ICMP (RFC 792, RFC
 * 4443) of several sizes at once, of which the largest that is answered counts. Any kernel answers
 * them, if nobody filters. No I/O, no clock.
 */
#ifndef OAM_ECHO_H
#define OAM_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oam/octets.h"

#define ECHO_SIZES	16

struct echo {
	bool ip6;
	uint16_t id;			/* that answers bear, too */
	uint32_t count;
	uint32_t sizes[ECHO_SIZES];	/* octets of IP packets, the largest first */
	uint32_t passes;		/* the largest that was answered; 0: none yet */
};

/* @mtu: of the largest; 0: there is none to send. */
void echo_init(struct echo *echo, bool ip6, uint16_t id, uint32_t mtu);
/* Would the answer to the nth say anything that is not known yet? */
bool echo_wants(const struct echo *echo, uint32_t nth);
/* The message of the nth, of fewer octets than its size: the kernel adds the header of IP. */
size_t echo_format(const struct echo *echo, uint32_t nth, uint8_t ret[IP_PACKET_MAX]);
/* What a raw socket gives: of IPv4 with its header. Whatever is no answer is left alone. */
void echo_input(struct echo *echo, const uint8_t *packet, size_t len);

#endif /* OAM_ECHO_H */
