/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VIFs one of whose MACs is another VIF's own on the same switch. */
#ifndef VIFSWITCHD_RIVALS_H
#define VIFSWITCHD_RIVALS_H

#include "vifswitchd/vif.h"

/*
 * Set their rival. Of several whose own it is, the one whose port guards the address
 * already was first, then the one of the lower domid and devid. Who only lists it gives
 * way to each of another VM; a VIF of the same VM may list it. -ENOMEM.
 */
int rivals_find(const struct xen_vifs *vifs, const struct ports *ports,
		const struct links *links);

#endif /* VIFSWITCHD_RIVALS_H */
