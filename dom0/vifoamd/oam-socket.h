/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets by which frames of one protocol come from one device, and go to it: what
 * CAP_NET_RAW is for, and nothing else is.
 *
 * Frames of an uplink belong to the switch, or to a bond, before anything else of the host
 * sees them. Frames for CFM's and LLDP's groups the switch leaves to the host
 * (kmod/core/pipeline.h), and a socket of that type and device gets them, also of a bond's
 * member. BFD's are IP like a VM's, so its socket is for all types, which are asked before
 * the switch is; its filter is run for each frame, and only where BFD is on.
 */
#ifndef VIFOAMD_OAM_SOCKET_H
#define VIFOAMD_OAM_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "oam/octets.h"

/* That is read at once: the largest packet of IP. */
#define OAM_FRAME_MAX	(ETHER_HEADER_LEN + IP_PACKET_MAX)

struct sock_filter;

enum oam_protocol { OAM_CFM, OAM_BFD, OAM_LLDP, OAM_PROTOCOLS };

/* A descriptor, not blocking; -errno. */
int oam_socket_open(enum oam_protocol protocol, int ifindex);
/* -errno; -EAGAIN: there is no room. */
int oam_socket_send(int fd, int ifindex, const uint8_t *frame, size_t len);
/* What comes by a socket from now on: what the filter takes, or nothing; -errno. */
int oam_socket_filter(int fd, const struct sock_filter *filter, uint16_t statements);
int oam_socket_hear_nothing(int fd);
/* That port is somebody's, so that the kernel answers no packet of BFD with an error; a
 * descriptor, and nothing ever comes by it. */
int oam_socket_hold_bfd_port(void);

#endif /* VIFOAMD_OAM_SOCKET_H */
