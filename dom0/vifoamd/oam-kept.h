/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a new process goes on with: the sessions of each link, in memory that systemd holds
 * for us while we are not there (FileDescriptorStoreMax= of the unit), so that who is at
 * the other end of a link notices nothing. Another release may have another form of it;
 * then all begins anew.
 */
#ifndef VIFOAMD_OAM_KEPT_H
#define VIFOAMD_OAM_KEPT_H

#include <net/if.h>

#include "oam/bfd.h"
#include "oam/cfm.h"
#include "oam/lldp.h"
#include "vifoamd/oam-tunnel.h"

#define OAM_LINKS_MAX	128

struct oam_slot {
	uint32_t used;
	int32_t ifindex;
	char netdev[IFNAMSIZ];
	/* The protocols that are spoken, or, of LLDP, heard. */
	bool cfm_on, bfd_on, lldp_on;
	struct cfm cfm;
	struct bfd bfd;
	struct lldp lldp;
	struct oam_tunnel tunnel;	/* from the second form on */
};

struct oam_kept;

/* Of an earlier process if there is any that is good, else new and in systemd's keeping. */
int oam_kept_open(struct oam_kept **ret);
/* OAM_LINKS_MAX of them; unused ones are zeros. */
struct oam_slot *oam_kept_slots(struct oam_kept *kept);

#endif /* VIFOAMD_OAM_KEPT_H */
