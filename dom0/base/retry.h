/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of our last try to bring something into its wanted state. */
#ifndef BASE_RETRY_H
#define BASE_RETRY_H

#include <stdint.h>

#define RETRY_FIRST_US		250000ULL	/* before the first retry; doubles */
#define RETRY_LONGEST_US	30000000ULL

struct retry {
	unsigned int failures;	/* in a row */
	uint64_t at;		/* microseconds, CLOCK_MONOTONIC; 0: at once */
	int code;		/* negative errno of the last failure */
	char *error;		/* its text, NULL after success */
};

void retry_reset(struct retry *r);
void retry_failed(struct retry *r, uint64_t now, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* BASE_RETRY_H */
