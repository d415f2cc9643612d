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

bool range_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *ret_first,
		 uint64_t *ret_last)
{
	uint64_t first, last;

	if (!take_number(&text, &len, max, &first) || first < min)
		return false;
	last = first;
	if (len && *text == '-') {
		text++, len--;
		if (!take_number(&text, &len, max, &last) || last < first)
			return false;
	}
	if (len)
		return false;
	*ret_first = first;
	*ret_last = last;
	return true;
}

bool number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t n;

	if (!take_number(&text, &len, max, &n) || len || n < min)
		return false;
	*ret = n;
	return true;
}
