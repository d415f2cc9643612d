// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/column.h"
#include "base/uuid.h"

/* The tail of ["TAG", tail]; NULL if @value is something else. */
static const json_t *tagged(const json_t *value, const char *tag)
{
	const json_t *head = json_array_get(value, 0);

	if (json_array_size(value) != 2 || !json_is_string(head) ||
	    strcmp(json_string_value(head), tag) != 0)
		return NULL;
	return json_array_get(value, 1);
}

static bool is_atom(const json_t *value)
{
	return json_is_integer(value) || json_is_real(value) || json_is_string(value) ||
	       json_is_boolean(value) || tagged(value, "uuid");
}

bool column_is_value(const json_t *value)
{
	return is_atom(value) || json_is_array(tagged(value, "set")) ||
	       json_is_array(tagged(value, "map"));
}

size_t column_size(const json_t *value)
{
	const json_t *list = tagged(value, "set");

	if (!list)
		list = tagged(value, "map");
	return list ? json_array_size(list) : is_atom(value);
}

const json_t *column_at(const json_t *value, size_t i)
{
	const json_t *list = tagged(value, "set");

	if (!list)
		return i == 0 && is_atom(value) ? value : NULL;
	list = json_array_get(list, i);
	return is_atom(list) ? list : NULL;
}

bool column_is_default(const json_t *value)
{
	if (json_is_integer(value))
		return json_integer_value(value) == 0;
	if (json_is_real(value))
		return json_real_value(value) == 0;
	if (json_is_string(value))
		return json_string_length(value) == 0;
	return json_is_false(value) || column_size(value) == 0;
}

bool column_integer(const json_t *value, int64_t *ret)
{
	const json_t *atom = column_at(value, 0);

	if (!json_is_integer(atom) || column_size(value) != 1)
		return false;
	*ret = json_integer_value(atom);
	return true;
}

bool column_uuid(const json_t *value, uint8_t ret[16])
{
	const json_t *text = tagged(column_at(value, 0), "uuid");

	return column_size(value) == 1 && json_is_string(text) &&
	       uuid_parse(json_string_value(text), json_string_length(text), ret);
}

const char *column_string(const json_t *value, size_t *ret_len)
{
	const json_t *atom = column_at(value, 0);

	if (!json_is_string(atom) || column_size(value) != 1)
		return NULL;
	*ret_len = json_string_length(atom);
	return json_string_value(atom);
}

bool column_integer_in(const json_t *value, int64_t min, int64_t max, int64_t *ret)
{
	int64_t n;

	if (!column_integer(value, &n) || n < min || n > max)
		return false;
	*ret = n;
	return true;
}

int column_bad(struct problem *problem, const char *column, const json_t *value,
	       const char *accepted)
{
	char text[72];

	column_print(value, text, sizeof(text));
	return problem_set(problem, "%s=%s: must be %s", column, text, accepted);
}

bool column_is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

const char *column_unknown(const json_t *row, const char *const *known)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)row, name, value) {
		if (!column_is_one_of(name, known) && !column_is_default(value))
			return name;
	}
	return NULL;
}

static void print_atom(const json_t *atom, char *ret, size_t size)
{
	const json_t *uuid = tagged(atom, "uuid");

	if (uuid)
		atom = uuid;
	if (json_is_string(atom))
		snprintf(ret, size, "%s", QUOTE(json_string_value(atom), json_string_length(atom)));
	else if (json_is_integer(atom))
		snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(atom));
	else if (json_is_boolean(atom))
		snprintf(ret, size, "%s", json_is_true(atom) ? "true" : "false");
	else
		snprintf(ret, size, "?");
}

void column_print(const json_t *value, char *ret, size_t size)
{
	size_t n = column_size(value), used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n && used + 1 < size; i++) {
		if (i)
			used += snprintf(ret + used, size - used, ",");
		if (used + 1 < size) {
			print_atom(column_at(value, i), ret + used, size - used);
			used += strlen(ret + used);
		}
	}
}
