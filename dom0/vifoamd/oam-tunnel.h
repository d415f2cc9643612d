/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD's frames inside a tunnel to one remote, as Open vSwitch sends them: with the network's key,
 * for VIFSWITCH_BFD_MAC. They leave by a socket like anybody's, so IPsec and WireGuard carry them
 * as they carry the tunnel, and come by a raw socket that hears what that remote sends this host,
 * once it is out of ESP; its filter takes the network's BFD alone. Such a socket costs each
 * packet of that remote's tunnels a copy of its head, and others nothing.
 */
#ifndef VIFOAMD_OAM_TUNNEL_H
#define VIFOAMD_OAM_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oam_tunnel_kind { OAM_NO_TUNNEL, OAM_VXLAN, OAM_GENEVE, OAM_GRE };

#define OAM_TUNNEL_HEAD_MAX	8	/* octets before the frame */

/* Addresses of 16 octets, IPv4 as ::ffff:a.b.c.d; no holes, so that it compares. */
struct oam_tunnel {
	uint32_t kind;
	uint32_t key;
	uint32_t udp_port;
	uint8_t own[16], remote[16];	/* own: zeros: the route says */
};

/* Does it make sense? */
bool oam_tunnel_check(const struct oam_tunnel *t);
/* To hear and to send, not blocking; -errno. */
int oam_tunnel_open(const struct oam_tunnel *t, int *ret_in, int *ret_out);
int oam_tunnel_send(const struct oam_tunnel *t, int fd, const uint8_t *frame, size_t len);
/* The frame in what came; NULL: there is none. */
const uint8_t *oam_tunnel_frame(const struct oam_tunnel *t, const uint8_t *packet, size_t len,
				size_t *ret_len);

#endif /* VIFOAMD_OAM_TUNNEL_H */
