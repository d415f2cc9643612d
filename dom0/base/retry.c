// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/retry.h"

void retry_reset(struct retry *r)
{
	free(r->error);
	*r = (struct retry){};
}

void retry_failed(struct retry *r, uint64_t now, int code, const char *fmt, ...)
{
	uint64_t delay = RETRY_FIRST_US;
	va_list ap;

	for (unsigned int i = 0; i < r->failures && delay < RETRY_LONGEST_US; i++)
		delay *= 2;
	r->failures++;
	r->at = now + (delay < RETRY_LONGEST_US ? delay : RETRY_LONGEST_US);
	r->code = code;
	free(r->error);
	va_start(ap, fmt);
	if (vasprintf(&r->error, fmt, ap) < 0)
		r->error = NULL;
	va_end(ap);
}
