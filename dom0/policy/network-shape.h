/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns of a Network row go together: the same for who writes and who reads one. */
#ifndef POLICY_NETWORK_SHAPE_H
#define POLICY_NETWORK_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/problem.h"

/*
 * @number_of: false if the column is not given; else what it says if it is a number or a
 * word. -EINVAL with @problem if they do not make a network.
 */
int network_shape_check(bool (*number_of)(const char *column, uint64_t *ret, const void *arg),
			const void *arg, struct problem *problem);

/* A row of a LISP network's map: which addresses are behind which host. */
struct network_eid {
	struct prefix prefix;
	struct prefix host;
};

/* -EINVAL with @problem. */
int network_eid_parse(const char *prefix, const char *host, struct network_eid *ret,
		      struct problem *problem);

#endif /* POLICY_NETWORK_SHAPE_H */
