// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/ranges.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"

bool ranges_add(struct ranges *r, const char *text, size_t len, unsigned int min,
		unsigned int max)
{
	uint64_t first, last;

	if (!range_parse(text, len, min, max, &first, &last))
		return false;
	for (uint64_t n = first; n <= last; n++)
		ranges_set(r, (unsigned int)n);
	return true;
}

bool ranges_add_list(struct ranges *r, const char *text, unsigned int min, unsigned int max)
{
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!ranges_add(r, text, len, min, max))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

bool ranges_remove(struct ranges *r, const struct ranges *gone)
{
	for (size_t i = 0; i < sizeof(r->bits); i++)
		if (gone->bits[i] & ~r->bits[i])
			return false;
	for (size_t i = 0; i < sizeof(r->bits); i++)
		r->bits[i] &= (uint8_t)~gone->bits[i];
	return true;
}

bool ranges_empty(const struct ranges *r)
{
	return !ranges_next(r, &(unsigned int){ 0 }, &(unsigned int){ 0 });
}

bool ranges_next(const struct ranges *r, unsigned int *first, unsigned int *last)
{
	unsigned int n = *first;

	while (n < RANGES_LIMIT && !ranges_has(r, n))
		n++;
	if (n == RANGES_LIMIT)
		return false;
	*first = n;
	while (n + 1 < RANGES_LIMIT && ranges_has(r, n + 1))
		n++;
	*last = n;
	return true;
}

void ranges_from_array(struct ranges *r, const json_t *numbers)
{
	json_t *number;
	size_t i;

	json_array_foreach(numbers, i, number) {
		json_int_t n = json_integer_value(number);

		if (json_is_integer(number) && n >= 0 && n < RANGES_LIMIT)
			ranges_set(r, (unsigned int)n);
	}
}

json_t *ranges_to_array(const struct ranges *r)
{
	json_t *array = json_array();

	for (unsigned int n = 0; n < RANGES_LIMIT; n++)
		if (ranges_has(r, n))
			json_array_append_new(array, json_integer(n));
	return array;
}

json_t *ranges_to_items(const struct ranges *r)
{
	json_t *items = json_array();

	for (unsigned int first = 0, last; ranges_next(r, &first, &last); first = last + 1) {
		_cleanup_free_ char *text = first == last ? xprintf("%u", first) :
						xprintf("%u-%u", first, last);

		json_array_append_new(items, json_string(text));
	}
	return items;
}
