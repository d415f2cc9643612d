/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An internal port of Open vSwitch: a device of dom0's, the other end of an Uplink of its own. */
#ifndef OVS_OVS_INTERNAL_H
#define OVS_OVS_INTERNAL_H

#include <net/if.h>

/* The name of the Uplink for the interface @name, always the same. */
void ovs_internal_uplink(const char *name, char ret[IFNAMSIZ]);

#endif /* OVS_OVS_INTERNAL_H */
