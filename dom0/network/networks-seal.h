/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What uplinks do not carry, for a network over IP encrypts it, or did (sealed-vlans.h). */
#ifndef NETWORK_NETWORKS_SEAL_H
#define NETWORK_NETWORKS_SEAL_H

#include "network/networks.h"

/* With rows read; @in_use: does a VM here use that VLAN of the switch? */
void networks_keep_sealed(struct networks *all, bool (*in_use)(const struct sealed_vlan *, void *),
			  void *arg);
/* An operator says that the VLAN may leave in clear. -ENOENT, -EBUSY with @problem. */
int networks_unseal(struct networks *all, const char *sw, uint16_t vlan, struct problem *problem);
/*
 * @policy of an uplink of that switch without the VLANs of networks that are to be encrypted,
 * or were, whether they are in force or not, to be freed; NULL: it has none of them.
 */
struct port_policy *networks_seal(const struct networks *all, const char *sw,
				  const struct port_policy *policy);
#endif /* NETWORK_NETWORKS_SEAL_H */
