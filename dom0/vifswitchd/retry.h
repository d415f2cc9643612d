/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of our last try to bring something into its wanted state. */
#ifndef VIFSWITCHD_RETRY_H
#define VIFSWITCHD_RETRY_H

#include <stdint.h>
#include <stdlib.h>

#define EFFORT_FIRST_US		250000ULL	/* before the first retry; doubles */
#define EFFORT_LONGEST_US	30000000ULL

struct effort {
	unsigned int failures;	/* in a row */
	uint64_t retry_at;	/* microseconds, CLOCK_MONOTONIC; 0: at once */
	int code;		/* negative errno of the last failure */
	char *error;		/* its text, NULL after success */
};

static inline void effort_reset(struct effort *e)
{
	free(e->error);
	*e = (struct effort){};
}

#endif /* VIFSWITCHD_RETRY_H */
