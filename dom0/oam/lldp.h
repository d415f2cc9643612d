/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LLDP (802.1AB) at one link: neighbours, each until its time is over or it says that it
 * goes, and what is told them of us. No I/O, no clock; plain memory, as cfm.h says.
 */
#ifndef OAM_LLDP_H
#define OAM_LLDP_H

#include "oam/lldp-frame.h"

#define LLDP_NEIGHBOURS_MAX	8
#define LLDP_INTERVAL_US	30000000ULL
#define LLDP_TTL		121		/* seconds: of four intervals, and one */
#define LLDP_FAST_US		1000000ULL	/* to who is new */
#define LLDP_FAST		4		/* of them */

struct lldp_config {
	struct lldp_self self;
	bool sends;
};

struct lldp_neighbour {
	struct lldp_told told;
	uint64_t until;			/* 0: none is here */
};

struct lldp {
	struct lldp_config config;
	struct lldp_neighbour neighbours[LLDP_NEIGHBOURS_MAX];
	uint64_t send_at, looked_at;
	uint32_t fast;			/* so many more soon */
	uint64_t sent, received, bad;
	uint64_t left_out;		/* units of neighbours for whom there was no room */
	uint64_t changes;		/* of neighbours, and what they say */
};

void lldp_init(struct lldp *lldp, const struct lldp_config *config, uint64_t now);
/* What is new is told at once. */
void lldp_configure(struct lldp *lldp, const struct lldp_config *config, uint64_t now);
bool lldp_check(const struct lldp *lldp);
void lldp_input(struct lldp *lldp, const uint8_t *frame, size_t len, uint64_t now);
/* The length of a frame that is to be sent now; 0: none is. */
size_t lldp_tick(struct lldp *lldp, uint64_t now, uint8_t ret[LLDP_FRAME_MAX]);
uint64_t lldp_next(const struct lldp *lldp);
/* The frame that says that we go; 0: nobody was told that we are here. */
size_t lldp_end(const struct lldp *lldp, uint8_t ret[LLDP_FRAME_MAX]);

#endif /* OAM_LLDP_H */
