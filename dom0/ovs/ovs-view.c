// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/number.h"
#include "ovs/ovs-view.h"

const json_t *view_row(const json_t *db, const char *table, const char *uuid)
{
	return json_object_get(json_object_get(db, table), uuid);
}

size_t view_count(const json_t *row, const char *column)
{
	const json_t *cell = json_object_get(row, column);

	return json_is_object(cell) ? json_object_size(cell) : json_array_size(cell);
}

const char *view_text_at(const json_t *row, const char *column, size_t i)
{
	return json_string_value(json_array_get(json_object_get(row, column), i));
}

const char *view_text(const json_t *row, const char *column)
{
	return view_text_at(row, column, 0);
}

bool view_integer_at(const json_t *row, const char *column, size_t i, int64_t *ret)
{
	const json_t *atom = json_array_get(json_object_get(row, column), i);

	if (!json_is_integer(atom))
		return false;
	*ret = json_integer_value(atom);
	return true;
}

bool view_integer(const json_t *row, const char *column, int64_t *ret)
{
	return view_integer_at(row, column, 0, ret);
}

bool view_true(const json_t *row, const char *column)
{
	return json_is_true(json_array_get(json_object_get(row, column), 0));
}

const char *view_key(const json_t *row, const char *column, const char *key)
{
	return json_string_value(json_object_get(json_object_get(row, column), key));
}

bool view_key_number(const json_t *row, const char *column, const char *key, int64_t low,
		     int64_t high, int64_t *ret)
{
	const char *text = view_key(row, column, key);
	uint64_t number;

	if (!text || !number_parse(text, strlen(text), (uint64_t)low, (uint64_t)high, &number))
		return false;
	*ret = (int64_t)number;
	return true;
}

bool view_key_true(const json_t *row, const char *column, const char *key)
{
	const char *text = view_key(row, column, key);

	return text && strcmp(text, "true") == 0;
}

bool view_is_default(const json_t *row, const char *column)
{
	const json_t *atom = json_array_get(json_object_get(row, column), 0);

	if (view_count(row, column) != 1 || !atom)
		return view_count(row, column) == 0;
	return json_is_false(atom) || (json_is_integer(atom) && !json_integer_value(atom)) ||
	       (json_is_string(atom) && !json_string_length(atom));
}

bool view_refers(const json_t *row, const char *column, const char *uuid)
{
	const char *one;

	for (size_t i = 0; i < view_count(row, column); i++) {
		one = view_text_at(row, column, i);
		if (one && strcmp(one, uuid) == 0)
			return true;
	}
	return false;
}
