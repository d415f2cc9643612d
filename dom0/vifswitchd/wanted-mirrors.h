/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mirrors add to what is wanted: bits and VLANs of ports' policies, ports that are
 * their outputs, and what each is to be in the kernel. In the order in which wanted.c
 * calls these: who is copied must be known before it is known where copies go.
 */
#ifndef VIFSWITCHD_WANTED_MIRRORS_H
#define VIFSWITCHD_WANTED_MIRRORS_H

#include "vifswitchd/wanted-list.h"

void wanted_mirrors_begin(struct facts *facts, struct wanted *wanted);
/* The policy of a local port or an uplink with what mirrors add. */
const struct port_policy *wanted_mirrored(struct facts *facts, struct wanted *wanted,
					  const char *sw, const char *netdev,
					  const struct port_policy *policy);
/* vif->mirrored of all. */
void wanted_mirror_vifs(struct facts *facts, struct wanted *wanted);
/* Ports of netdevs that get copies; those of VIFs are wanted as VIFs. -ENOMEM. */
int wanted_sensors(struct facts *facts, struct wanted *wanted);
/* Ports by which copies come from other hosts. -ENOMEM. */
int wanted_inbound(struct facts *facts, struct wanted *wanted);
void wanted_mirror_outputs(const struct facts *facts, const struct wanted *wanted);

#endif /* VIFSWITCHD_WANTED_MIRRORS_H */
