// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/retry.h"

void effort_reset(struct effort *e)
{
	free(e->error);
	*e = (struct effort){};
}

void effort_failed(struct effort *e, uint64_t now, int code, const char *fmt, ...)
{
	uint64_t delay = EFFORT_FIRST_US;
	va_list ap;

	for (unsigned int i = 0; i < e->failures && delay < EFFORT_LONGEST_US; i++)
		delay *= 2;
	e->failures++;
	e->retry_at = now + (delay < EFFORT_LONGEST_US ? delay : EFFORT_LONGEST_US);
	e->code = code;
	free(e->error);
	va_start(ap, fmt);
	if (vasprintf(&e->error, fmt, ap) < 0)
		e->error = NULL;
	va_end(ap);
}
