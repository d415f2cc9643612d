// SPDX-License-Identifier: GPL-2.0-or-later
#include "policer.h"

#define TICKS_MIN	4096		/* of the smallest packet */
#define CELL_SHIFT	6		/* a cell is at most this part of the burst */
#define MULT_MAX	(1ULL << 39)	/* mult * VS_CHARGE_MAX + rounding stays below 2^64 */

/* floor(a * 2^shift / b), digit by digit: a * 2^shift need not fit in 64 bits. */
static u64 shifted_quotient(u64 a, unsigned int shift, u64 b)
{
	u64 q = vs_div64(a, b);
	u64 rest = a - q * b;

	while (shift--) {
		rest <<= 1;
		q <<= 1;
		if (rest >= b) {
			rest -= b;
			q |= 1;
		}
	}
	return q;
}

/* burst * mult / 2^shift, where burst is up to 32 bits and mult up to 39. */
static u64 scaled(u64 burst, u64 mult, unsigned int shift)
{
	u64 high = (burst >> 16) * mult;
	u64 low = (burst & 0xffff) * mult;

	/* burst >> 16 and mult are below 2^16 and 2^39: neither product overflows */
	if (shift >= 16)
		return (high + (low >> 16)) >> (shift - 16);
	return (high << (16 - shift)) + (low >> shift);
}

void vs_rate_init(struct vs_rate *r, u64 unit_ns, u64 per_sec, u64 burst, u32 smallest)
{
	unsigned int total = 0;

	memset(r, 0, sizeof(*r));
	if (!per_sec)
		return;
	while (shifted_quotient(unit_ns * smallest, r->tick_shift, per_sec) < TICKS_MIN)
		r->tick_shift++;
	total = r->tick_shift;
	while (shifted_quotient(unit_ns, total + 1, per_sec) < MULT_MAX)
		total++;
	r->shift = (u8)(total - r->tick_shift);
	r->mult = shifted_quotient(unit_ns, total, per_sec);
	r->burst = scaled(burst, r->mult, r->shift);
	if (!r->burst)
		r->burst = 1;
	r->debt_max = r->burst + vs_rate_cost(r, VS_CHARGE_MAX);
	r->cell = r->burst >> CELL_SHIFT;
	while (r->cell & (r->cell - 1))
		r->cell &= r->cell - 1;
	if (r->cell <= vs_rate_cost(r, smallest))
		r->cell = 0;
	r->burst -= 2 * r->cell;
}

u64 vs_rate_debt(const struct vs_rate *r, u64 state, u64 now_ns)
{
	u64 ahead = vs_rate_ahead(r, state, vs_rate_now(r, now_ns));

	return (ahead + (1ULL << r->tick_shift) - 1) >> r->tick_shift;
}

u64 vs_rate_owe(const struct vs_rate *r, u64 state, u64 now_ns, u64 debt_ns)
{
	u64 now = vs_rate_now(r, now_ns), ahead = vs_rate_ahead(r, state, now);
	u64 debt = debt_ns > r->burst >> r->tick_shift ? r->burst : debt_ns << r->tick_shift;

	ahead += debt;
	return now + (ahead > r->debt_max ? r->debt_max : ahead);
}
