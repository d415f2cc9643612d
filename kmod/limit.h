/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Charging a port's limits: all its queues and CPUs share a bucket for each. */
#ifndef VS_LIMIT_H
#define VS_LIMIT_H

#include "vifswitch.h"

/* Is there room for @units in a bucket whose state is @old? Then *@ret_new is the next one. */
static __always_inline bool vs_bucket_has(const struct vs_rate *rate, u64 old, u32 units,
					  u64 *ret_new)
{
	u64 now;

	if (likely(vs_rate_in_cell(rate, old, units, ret_new)))
		return true;
	now = vs_rate_now(rate, ktime_get_ns());
	*ret_new = vs_rate_charge(rate, old, now, units);
	return vs_rate_passes(rate, old, now);
}

static __always_inline bool vs_bucket_charge(u64 *state, const struct vs_rate *rate, u32 units)
{
	u64 old = READ_ONCE(*state), new;

	do {
		if (!vs_bucket_has(rate, old, units, &new))
			return false;
	} while (!try_cmpxchg64(state, &old, new));
	return true;
}

/* If there is room for @units within @limit, they are charged. */
static __always_inline bool vs_within(struct vs_policy *policy, enum vs_limit limit, u32 units)
{
	const struct vs_rate *rate = &policy->prog.limit[limit];

	return !rate->mult || vs_bucket_charge(&policy->bucket[limit], rate, units);
}

/* Whoever takes another's place must not refill the bucket of a rate that stays. */
static inline void vs_keep_debts(u64 *bucket, const struct vs_rate *rate, const u64 *old_bucket,
				 const struct vs_rate *old_rate, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!memcmp(&rate[i], &old_rate[i], sizeof(rate[i])))
			bucket[i] = READ_ONCE(old_bucket[i]);
}

#endif /* VS_LIMIT_H */
