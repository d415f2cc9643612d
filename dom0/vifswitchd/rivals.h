/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VIFs of different identities with a MAC in common on one switch. */
#ifndef VIFSWITCHD_RIVALS_H
#define VIFSWITCHD_RIVALS_H

#include "vifswitchd/vif.h"

/*
 * Set their rival: whose port guards the address already was first, then the
 * lower domid and devid. -ENOMEM.
 */
int rivals_find(const struct xen_vifs *vifs, const struct ports *ports,
		const struct links *links);

#endif /* VIFSWITCHD_RIVALS_H */
