/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of the service's time the misses of one port may take: a bucket of microseconds. Who
 * has less than half of it is decided for frame by frame, so that others' frames come between;
 * who has nothing waits. Pure: the time is an argument.
 */
#ifndef DATAPATH_OVS_FLOW_BUDGET_H
#define DATAPATH_OVS_FLOW_BUDGET_H

#include <stdint.h>

#define FLOW_BUDGET_US	200000	/* a full bucket */
#define FLOW_TURN	16	/* misses of a port before it is the next one's turn */
#define FLOW_SHARE_VM	10	/* per cent of the time, of the port of a VM */
#define FLOW_SHARE	40	/* of others: behind an uplink are many */
#define FLOW_HOLD_MS	10	/* that a port waits with nothing */

struct flow_budget {
	int64_t spent_us;
	uint64_t at_us;		/* when that was so */
};

static inline unsigned int flow_budget_turn(struct flow_budget *b, uint64_t now_us,
					    unsigned int share)
{
	uint64_t gain = now_us > b->at_us ? (now_us - b->at_us) * share / 100 : 0;

	b->spent_us = gain < (uint64_t)b->spent_us ? b->spent_us - (int64_t)gain : 0;
	b->at_us = now_us;
	if (b->spent_us >= FLOW_BUDGET_US)
		return 0;
	return b->spent_us > FLOW_BUDGET_US / 2 ? 1 : FLOW_TURN;
}

/* What a turn took: two times of this thread's own, so what the CPU did beside is not charged. */
static inline void flow_budget_spend(struct flow_budget *b, uint64_t begun_us, uint64_t ended_us)
{
	b->spent_us += ended_us > begun_us ? (int64_t)(ended_us - begun_us) : 0;
}

#endif /* DATAPATH_OVS_FLOW_BUDGET_H */
