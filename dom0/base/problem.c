// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/problem.h"

int problem_set(struct problem *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

struct problem_value problem_value(const char *value, size_t len)
{
	struct problem_value q = {};
	size_t max = sizeof(q.text) - sizeof("...");
	size_t n = len < max ? len : max;

	for (size_t i = 0; i < n; i++)
		q.text[i] = value[i] >= 0x20 && value[i] < 0x7f ? value[i] : '?';
	if (len > n)
		strcpy(q.text + n, "...");
	return q;
}
