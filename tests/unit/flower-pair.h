/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random switches: what a rule of tc flower takes, the decision core decides just so. */
#ifndef FLOWER_PAIR_H
#define FLOWER_PAIR_H

#include "datapath/ko/program-compile.h"
#include "datapath/ovs/stations.h"
#include "tests/unit/megaflow-world.h"

struct flower_counts {
	uint64_t frames, forwarded, refused;
	uint64_t listed;	/* of both: by rules that ACLs were made to */
	uint64_t hidden;	/* taken although the core refuses headers that no rule sees */
};

/* A switch, and @frames frames that its first port sends. Aborts where they differ. */
void flower_pair_check(struct dice *dice, unsigned int frames, struct flower_counts *counts);

#endif /* FLOWER_PAIR_H */
