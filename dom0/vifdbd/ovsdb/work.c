// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifdbd/ovsdb/work.h"

#define STEP_OCTETS 16

static uint64_t total, begun;

void work_begin(void)
{
	begun = total;
}

void work_add(size_t steps)
{
	total += steps;
}

void work_add_octets(size_t n)
{
	total += 1 + n / STEP_OCTETS;
}

uint64_t work_total(void)
{
	return total;
}

bool work_exceeded(void)
{
	return total - begun > WORK_MAX;
}

struct dberr *work_check(void)
{
	if (!work_exceeded())
		return NULL;
	return err_new(ERR_RESOURCES,
		       "takes more than %llu steps: use conditions on _uuid, or several requests",
		       WORK_MAX);
}
