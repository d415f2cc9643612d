/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD inside tunnels (RFC 5880, as Open vSwitch has it): a session of vifoamd's with each remote
 * of a network that has bfd=true. A remote that does not answer is sent nothing until it answers
 * again, with the damping of oam/oam-fault.h; it is heard meanwhile. One that never answered, or
 * whose end was switched off, is left alone: nobody says that it does not carry.
 */
#ifndef NETWORK_NETWORK_BFD_H
#define NETWORK_NETWORK_BFD_H

#include <jansson.h>

#include "network/networks.h"
#include "oam/oam-fault.h"

#define NETWORK_TUNNELS_MAX	96	/* of a host; the others are not watched */
#define NETWORK_TUNNEL_MARK	'~'	/* begins their names */

/* What its session is called: another one where anything about the packets is. */
void network_tunnel_name(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN],
			 char ret[IFNAMSIZ]);
/* The network of that tunnel, and where it goes; NULL: there is none that is watched. */
const struct network *networks_tunnel(const struct networks *all, const char *name,
				      const uint8_t **ret_address);
/* What vifoamd is to do, added to @links. */
void networks_tunnels_told(const struct networks *all, json_t *links);
/* Does what vifoamd told of a tunnel say that it does not carry? */
bool network_tunnel_failed(const json_t *status);
/* Who is sent nothing now. After networks_settle(). */
void networks_silence(struct networks *all, const struct oam_faults *faults, uint64_t now);

#endif /* NETWORK_NETWORK_BFD_H */
