/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that may take a part of the time in the long run, and a while without a break: what
 * comes once in a while is done at once, a storm of it is spread.
 */
#ifndef BASE_ALLOWANCE_H
#define BASE_ALLOWANCE_H

#include <stdint.h>

struct allowance {
	unsigned int part;	/* one in so many of the time */
	uint64_t burst_us;	/* of work at once, after a time without */
	uint64_t break_max_us;	/* no debt is larger than what this makes up for */
	int64_t left_us;
	uint64_t as_of;		/* 0: nothing was done yet */
};

/* Work that took so long has ended @now. When may the next begin? */
uint64_t allowance_spend(struct allowance *allowance, uint64_t now, uint64_t took_us);

#endif /* BASE_ALLOWANCE_H */
