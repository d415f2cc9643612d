/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vifswitchd wants of one link, as it tells it (dom0/base/control.h, "oam-told"). */
#ifndef VIFOAMD_OAM_WANTED_H
#define VIFOAMD_OAM_WANTED_H

#include <jansson.h>
#include <net/if.h>

#include "oam/bfd.h"
#include "oam/cfm.h"
#include "oam/lldp.h"
#include "oam/path-mtu.h"
#include "vifoamd/oam-tunnel.h"

struct oam_wanted {
	char netdev[IFNAMSIZ];
	int ifindex;
	bool cfm_on, bfd_on, lldp_on;
	struct cfm_config cfm;
	struct bfd_config bfd;
	struct lldp_config lldp;
	struct oam_tunnel tunnel;	/* of no kind: it is a link */
	uint32_t mtu;			/* the largest packet that should get there; 0: not said */
};

/* False: it makes no sense. Octets between members are zeros, so that they compare. */
bool oam_wanted_read(const json_t *link, struct oam_wanted *ret);

#endif /* VIFOAMD_OAM_WANTED_H */
