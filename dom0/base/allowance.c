// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/allowance.h"

uint64_t allowance_spend(struct allowance *allowance, uint64_t now, uint64_t took_us)
{
	int64_t burst = allowance->burst_us, left = burst, wait;
	uint64_t gained = (now - allowance->as_of) / allowance->part;

	if (allowance->as_of && gained < allowance->burst_us)
		left = allowance->left_us + (int64_t)gained;
	if (left > burst)
		left = burst;
	left -= took_us;
	wait = left < 0 ? -left * allowance->part : 0;
	if (wait > (int64_t)allowance->break_max_us) {
		wait = allowance->break_max_us;
		left = -wait / allowance->part;
	}
	allowance->left_us = left;
	allowance->as_of = now;
	return now + wait;
}
