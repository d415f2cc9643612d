/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the addresses of VMs elsewhere are, as the datapath is told them: what is for them
 * goes to that remote alone, from the first frame on, and with a migrated VM. A frame that
 * comes from elsewhere is newer than what was told (VIFSWITCH_FDB_TOLD), and what is told
 * again is only what rows say anew.
 */
#ifndef NETWORK_NETWORK_PLACES_H
#define NETWORK_NETWORK_PLACES_H

#include "datapath/ops.h"
#include "network/networks.h"
#include "policydb/vm-places.h"

#define NETWORK_TELL_MAX	1024	/* in one step; then others have their turn */

/* What rows say now: where each of the network's addresses is. After networks_settle(). */
void networks_place(struct networks *all, const struct vm_places *vms);
/* Was the datapath told all of it, and nothing else? */
bool network_places_told(const struct network *n, const struct kernel_network *k);
/* What another process told it, of networks that it has; once. */
int networks_places_read(struct networks *all, const struct datapath_ops *ops,
			 struct datapath *dp);
/* Tell it what differs. -EAGAIN: there is more. */
int network_places_tell(const struct network *n, struct kernel_network *k,
			const struct datapath_ops *ops, struct datapath *dp);

#endif /* NETWORK_NETWORK_PLACES_H */
