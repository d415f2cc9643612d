// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/tc/class-minors.h"
#include "datapath/tc/shaping.h"

void class_minors_use(struct class_minors *minors, uint16_t minor)
{
	minors->used[minor / 8] |= 1U << minor % 8;
}

uint16_t class_minors_take(struct class_minors *minors)
{
	if (minors->next < SHAPING_FIRST)
		minors->next = SHAPING_FIRST;
	for (; minors->next <= SHAPING_LAST; minors->next++) {
		if (minors->used[minors->next / 8] & 1U << minors->next % 8)
			continue;
		class_minors_use(minors, minors->next);
		return minors->next++;
	}
	return 0;
}
