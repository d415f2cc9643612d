/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a value is refused, in words for an operator: the field, the value and
 * what would be accepted. Values come from XenStore, files and the database, and
 * may hold anything; quote them with problem_value().
 */
#ifndef VIFSWITCH_PROBLEM_H
#define VIFSWITCH_PROBLEM_H

#include <stddef.h>

#define PROBLEM_MAX	320

struct problem {
	char text[PROBLEM_MAX];
};

struct problem_value {
	char text[72];
};

/* Always returns -EINVAL, so that parsers can return it. */
int problem_set(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* At most 64 octets of @value, what is not printable ASCII replaced by '?'. */
struct problem_value problem_value(const char *value, size_t len);

#define QUOTE(value, len)	(problem_value((value), (len)).text)

#endif /* VIFSWITCH_PROBLEM_H */
