/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold of two frames of one port: if openvswitch.ko would take the second for the
 * flow that the first made, the second is decided like the first. It is not where the core
 * refuses what the kernel's key does not tell: headers cut or malformed, SNAP, IPv6 options.
 */
#ifndef MEGAFLOW_PAIR_H
#define MEGAFLOW_PAIR_H

#include "tests/unit/megaflow-kernel.h"
#include "tests/unit/megaflow-world.h"

struct pair_counts {
	uint64_t frames, flows, same, hidden;
	uint64_t hands[SEEN_HANDS];	/* of all frames */
};

/* Aborts if it does not hold. */
void pair_check(const struct world *w, const struct world_frame *first,
		const struct world_frame *second, struct pair_counts *counts);

#endif /* MEGAFLOW_PAIR_H */
