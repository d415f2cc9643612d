/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers with their units, as people write them, to whole numbers and back.
 * Formatting is exact: parsing what it gives returns the same number.
 */
#ifndef POLICY_UNITS_H
#define POLICY_UNITS_H

#include <stdbool.h>
#include <stdint.h>

enum unit {
	UNIT_NONE,	/* a plain number */
	UNIT_RATE,	/* bits per second: 100Mbit, 2.5Gbit, 100Mbit/s */
	UNIT_BITS,	/* an amount, in bits: 64KiB, 100kB, 512kbit */
	UNIT_PACKETS,	/* packets per second: 1000pps, 10kpps */
	UNIT_SECONDS,	/* 300s, 5min, 1h */
	UNIT_OCTETS,	/* 9000 or 9000B */
	UNIT_COUNT,
};

/*
 * The number in @text, which must lie in @min to @max. False: *ret_problem says
 * what would be accepted, to be freed, and *ret is untouched.
 */
bool unit_parse(enum unit unit, const char *text, int64_t min, int64_t max, int64_t *ret,
		char **ret_problem);
/* With the largest unit that needs no fraction; to be freed. */
char *unit_format(enum unit unit, int64_t value);

/* What to say behind a plain number: " bits per second". */
const char *unit_words(enum unit unit);

#endif /* POLICY_UNITS_H */
