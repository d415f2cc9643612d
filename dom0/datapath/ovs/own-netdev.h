/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The netdevs of switches of flows: which are ours, and how one becomes so. */
#ifndef DATAPATH_OVS_OWN_NETDEV_H
#define DATAPATH_OVS_OWN_NETDEV_H

#include <stdbool.h>
#include <stdint.h>

/* Has it the mark of this service? */
bool own_netdev_is(const char *name);
/* Marks the one that is made, and gives it its name; it is down. */
int own_netdev_finish(const char *unfinished, const char *name);
/* Its address. */
int own_netdev_mac(const char *name, uint8_t ret[6]);
int own_netdev_down(const char *name);

#endif /* DATAPATH_OVS_OWN_NETDEV_H */
