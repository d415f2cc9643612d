/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policer: GCRA, a token bucket whose whole state is one 64-bit time, so
 * that all queues and CPUs of a port can share it with a single compare and
 * exchange. The state is the moment at which the bucket will be full again.
 *
 * A packet passes if the bucket is not in the red, whatever its size, and its
 * whole cost is charged: 64 KiB GSO frames overdraw it and the port waits until
 * the debt is paid. So the average is right for every packet size.
 *
 * Reading the clock costs more than the rest, so it is read once for some packets:
 * the ticks are divided into cells, and charging up to the end of the cell that the
 * state is in needs no look at the time. Such charges can be ahead of their time by
 * a cell, at the beginning and at the end of any span, so the bucket is made two
 * cells smaller: what passes is never more than the burst and the rate allow.
 *
 * Time is counted in ticks of 2^-tick_shift ns and may wrap. tick_shift is such
 * that the smallest packet costs at least 4096 ticks: rounding to a tick is off
 * by less than 1/8192. At most the longest debt may lie ahead of now; a state
 * further ahead comes from a clock that went back or a bucket idle for half a
 * wrap, and counts as full. Ticks of a 1 Tbit/s bucket wrap in 13 days, those
 * of a 1 Gbit/s one in 36 years.
 */
#ifndef VS_POLICER_H
#define VS_POLICER_H

#include "platform.h"

#define VS_CHARGE_MAX	(1U << 24)	/* octets or packets charged at once */

struct vs_rate {
	u64 mult;	/* cost of one unit in ticks, times 2^shift; 0: no limit */
	u64 burst;	/* ticks: what a full bucket holds, less two cells */
	u64 cell;	/* ticks: a power of two, at most 1/64 of what was asked for; or 0 */
	u64 debt_max;	/* ticks: the furthest the state can be ahead of now */
	u8 shift;
	u8 tick_shift;
};

/*
 * @unit_ns is what one unit costs in ns at a rate of one, @per_sec the rate,
 * @burst the units a full bucket holds, @smallest the least units a packet has.
 */
void vs_rate_init(struct vs_rate *r, u64 unit_ns, u64 per_sec, u64 burst, u32 smallest);

static inline u64 vs_rate_now(const struct vs_rate *r, u64 now_ns)
{
	return now_ns << r->tick_shift;
}

static inline u64 vs_rate_cost(const struct vs_rate *r, u32 units)
{
	if (unlikely(units > VS_CHARGE_MAX))
		units = VS_CHARGE_MAX;
	return (units * r->mult + (1ULL << r->shift >> 1)) >> r->shift;
}

/* How far ahead of now the state is; 0 for a full bucket. */
static inline u64 vs_rate_ahead(const struct vs_rate *r, u64 state, u64 now)
{
	s64 ahead = (s64)(state - now);

	return ahead <= 0 || (u64)ahead > r->debt_max ? 0 : (u64)ahead;
}

/* The state after charging @units to a cell, and whether it has them, whatever the time. */
static inline bool vs_rate_in_cell(const struct vs_rate *r, u64 state, u32 units, u64 *ret_state)
{
	*ret_state = state + vs_rate_cost(r, units);
	return (state ^ *ret_state) < r->cell;
}

static inline bool vs_rate_passes(const struct vs_rate *r, u64 state, u64 now)
{
	return vs_rate_ahead(r, state, now) < r->burst;
}

/* The state after charging @units; only valid if the packet passes. */
static inline u64 vs_rate_charge(const struct vs_rate *r, u64 state, u64 now, u32 units)
{
	return now + vs_rate_ahead(r, state, now) + vs_rate_cost(r, units);
}

/* How long it takes until the bucket is full, in ns; rounded up. */
u64 vs_rate_debt(const struct vs_rate *r, u64 state, u64 now_ns);
/* The state with such a debt added to it: of an empty bucket at most, on top of what it has. */
u64 vs_rate_owe(const struct vs_rate *r, u64 state, u64 now_ns, u64 debt_ns);

#endif /* VS_POLICER_H */
