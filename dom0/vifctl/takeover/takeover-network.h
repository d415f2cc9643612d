/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dom0's own addresses and routes on bridges: a bridge's device goes with who made it, and another
 * of its name comes. And which netdevs are ports, to see when they are again.
 */
#ifndef VIFCTL_TAKEOVER_NETWORK_H
#define VIFCTL_TAKEOVER_NETWORK_H

#include <jansson.h>
#include <stdbool.h>

enum takeover_side { SIDE_OVS, SIDE_VIFSWITCH };

/*
 * {"devices": [{"name", "network": [...]}], "ports": [NETDEV...]} of that side's bridges, of those
 * that are members of @only (NULL: of all), a new reference; NULL after saying what cannot be
 * moved, or what failed.
 */
json_t *networks_read(enum takeover_side side, const json_t *only);
/*
 * Waits until the ports are that side's (those in @without, an object, are not waited for), and
 * puts addresses and routes on its devices. *ret_missing, a new reference: netdevs and devices
 * that did not come. An exit status of vifctl's.
 */
int networks_await(const json_t *networks, enum takeover_side side, const json_t *without,
		   json_t **ret_missing);
/* The devices of that side with those names go, and their ports are nobody's. */
int networks_remove(const json_t *networks, enum takeover_side side);

#endif /* VIFCTL_TAKEOVER_NETWORK_H */
