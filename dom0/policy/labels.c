// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/column.h"
#include "policy/labels.h"

void labels_put(const json_t *value, char *ret, size_t *ret_size)
{
	const json_t *pairs = json_array_get(value, 1), *pair;
	size_t at = 0, i;

	json_array_foreach(pairs, i, pair) {
		for (size_t k = 0; k < 2; k++) {
			size_t len;
			const char *text = column_string(json_array_get(pair, k), &len);

			if (ret)
				memcpy(ret + at, text, len);
			at += len + 1;
		}
	}
	*ret_size = at;
}

bool labels_are_text(const json_t *value)
{
	const json_t *pairs = json_array_get(value, 1), *pair;
	size_t i, len;

	json_array_foreach(pairs, i, pair)
		for (size_t k = 0; k < 2; k++) {
			const char *text = column_string(json_array_get(pair, k), &len);

			if (!text || memchr(text, '\0', len))
				return false;
		}
	return true;
}
