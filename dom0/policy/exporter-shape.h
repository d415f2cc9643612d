/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns of an Exporter row go together: the same for who writes and who reads one. */
#ifndef POLICY_EXPORTER_SHAPE_H
#define POLICY_EXPORTER_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"

/*
 * @number: false if the column says nothing; else, if it is a number or a word, that.
 * -EINVAL with the problem, in the words of the command line.
 */
int exporter_shape_check(bool (*number)(const char *column, uint64_t *ret, const void *arg),
			 const void *arg, struct problem *problem);

#endif /* POLICY_EXPORTER_SHAPE_H */
