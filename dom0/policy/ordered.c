// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/column.h"
#include "policy/bounds.h"
#include "policy/ordered.h"

static int compare_places(const void *a, const void *b)
{
	const json_t *x = json_array_get(*(json_t *const *)a, 0),
		     *y = json_array_get(*(json_t *const *)b, 0);

	return (json_integer_value(x) > json_integer_value(y)) -
	       (json_integer_value(x) < json_integer_value(y));
}

int ordered_read(const struct column *column, const json_t *value, uint8_t *ret)
{
	const json_t *list = json_array_get(value, 1);
	json_t *pairs[PORT_ACLS_MAX], *pair;
	size_t i, count = json_array_size(list);
	uint8_t uuid[16];
	int64_t place;

	if (!count)
		return -EINVAL;
	json_array_foreach(list, i, pair) {
		if (!column_integer_in(json_array_get(pair, 0), column->min, column->max, &place) ||
		    !column_uuid(json_array_get(pair, 1), uuid))
			return -EINVAL;
		pairs[i] = pair;
	}
	qsort(pairs, count, sizeof(*pairs), compare_places);
	for (i = 0; i < count; i++) {
		if (i && compare_places(&pairs[i - 1], &pairs[i]) == 0)
			return -EINVAL;
		column_uuid(json_array_get(pairs[i], 1), ret + i * 16);
	}
	return 0;
}
