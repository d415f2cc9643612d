/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LLDP's data unit (802.1AB, clause 8) as a frame: what is told of us, what others tell. */
#ifndef OAM_LLDP_FRAME_H
#define OAM_LLDP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oam/octets.h"

#define LLDP_TYPE	0x88cc
#define LLDP_FRAME_MAX	512		/* that we send */
#define LLDP_TEXT_MAX	96		/* octets that are kept of a text */
#define LLDP_VLANS_MAX	32		/* that are kept */

struct lldp_text {
	uint8_t len;
	char text[LLDP_TEXT_MAX];	/* of whoever sent it; no final NUL */
};

/* What a neighbour says of itself. Empty texts and zeros: it does not. */
struct lldp_told {
	uint8_t source[ETHER_ADDR_LEN];
	struct lldp_text chassis, port;		/* as text, whatever they are of */
	struct lldp_text port_descr, system_name, system_descr, management;
	uint16_t ttl;				/* seconds; 0: it goes */
	uint16_t max_frame;			/* octets, with header and checksum */
	uint16_t pvid;				/* of untagged frames */
	bool has_pvid;
	uint8_t vlan_count;
	uint16_t vlans[LLDP_VLANS_MAX];
	bool vlans_cut;				/* there were more */
};

/* What we say. */
struct lldp_self {
	uint8_t mac[ETHER_ADDR_LEN], chassis[ETHER_ADDR_LEN];
	char port[16], system[64], description[64];	/* with a final NUL */
	uint16_t max_frame, pvid;	/* pvid 0: not said */
};

/* -EBADMSG: it is none, or says not who speaks. */
int lldp_parse(const uint8_t *frame, size_t len, struct lldp_told *ret);
/* The length of the frame. */
size_t lldp_format(const struct lldp_self *self, uint16_t ttl, uint8_t ret[LLDP_FRAME_MAX]);

#endif /* OAM_LLDP_FRAME_H */
