// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/number.h"

bool take_number(const char **p, size_t *left, uint64_t max, uint64_t *ret)
{
	const char *at = *p;
	size_t n = *left;
	uint64_t value = 0;

	for (; n && *at >= '0' && *at <= '9'; at++, n--) {
		uint64_t digit = *at - '0';

		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (at == *p)
		return false;
	*p = at;
	*left = n;
	*ret = value;
	return true;
}
