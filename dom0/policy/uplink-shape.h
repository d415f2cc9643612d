/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of an uplink's fields goes together: for who writes them and for who reads them. */
#ifndef POLICY_UPLINK_SHAPE_H
#define POLICY_UPLINK_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"

/* The number of a column, or the value of its word; @otherwise: it is not given. */
typedef uint64_t (*uplink_number_fn)(const char *column, uint64_t otherwise, const void *arg);

struct uplink_shape {
	bool (*given)(const char *column, const void *arg);
	uplink_number_fn number;
	const void *arg;
};

/* Of those that are vifoamd's. */
int oam_shape_check(const struct uplink_shape *shape, struct problem *problem);
int uplink_shape_check(const struct uplink_shape *shape, struct problem *problem);

#endif /* POLICY_UPLINK_SHAPE_H */
