/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns of a Mirror row go together: the same for who writes and who reads one. */
#ifndef POLICY_MIRROR_SHAPE_H
#define POLICY_MIRROR_SHAPE_H

#include <stdbool.h>

#include "base/problem.h"

/* -EINVAL with the problem, in the words of the command line. */
int mirror_shape_check(bool (*given)(const char *column, const void *arg), const void *arg,
		       struct problem *problem);

#endif /* POLICY_MIRROR_SHAPE_H */
