/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies that go from the host of their source to that of the sensor, by GRE: a netdev at
 * either end, by a name that is made of the other host's address and the sensor. All hosts of a
 * pool reckon the key, which is the sensor's, in the same way; so a sensor gets what several
 * mirrors choose once, and its host needs one netdev, whoever sends.
 */
#ifndef MIRROR_RELAY_H
#define MIRROR_RELAY_H

#include "base/prefix.h"
#include "datapath/links/link.h"
#include "policy/policy-row.h"

/* Of IPv4, whose packets the kernel sends in pieces where the way is narrower. */
#define RELAY_MTU	9216

struct relay {
	char name[IFNAMSIZ];		/* "": there is none */
	uint32_t mtu;			/* 0: the kernel's, and copies are cut for it */

	/* What it is made of. */
	struct link_spec spec;
	struct link_attr attrs[10];
	uint8_t address[16];
	uint32_t key, no_limit;
	uint16_t flags;
	uint8_t ttl, on, off;
};

/* By which copies for a sensor are known: the same on every host, in every release. */
uint32_t relay_key(const struct row_vif *sensor);
/* For copies to a sensor at that host; for those that come to this one, whose address it is. */
void relay_to(struct relay *r, const struct row_vif *sensor, const struct prefix *host);
void relay_from(struct relay *r, const struct row_vif *sensor, const struct prefix *own);
/*
 * Is it a netdev that we made for the one, or for the other? The latter does not outlive its
 * mirror, whose number may be another's next.
 */
bool relay_goes(const struct link *link);
bool relay_comes(const struct link *link);

#endif /* MIRROR_RELAY_H */
