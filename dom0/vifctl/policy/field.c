// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/field.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static int compare_atoms(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	json_int_t i = json_integer_value(x), j = json_integer_value(y);

	if (json_is_string(x) && json_is_string(y))
		return strcmp(json_string_value(x), json_string_value(y));
	return i < j ? -1 : i > j;
}

json_t *sorted_set(const json_t *array)
{
	size_t count = json_array_size(array), i;
	_cleanup_free_ json_t **atoms = xmalloc((count + 1) * sizeof(*atoms));
	json_t *sorted = json_array(), *atom;

	json_array_foreach(array, i, atom)
		atoms[i] = atom;
	qsort(atoms, count, sizeof(*atoms), compare_atoms);
	for (i = 0; i < count; i++)
		if (!i || !json_equal(atoms[i], atoms[i - 1]))
			json_array_append(sorted, atoms[i]);
	return sorted;
}

json_t *sorted_keys(const json_t *object)
{
	json_t *keys = json_array(), *sorted, *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value)
		json_array_append_new(keys, json_string(key));
	sorted = sorted_set(keys);
	json_decref(keys);
	return sorted;
}

bool field_is_empty(const struct field *f, const json_t *columns)
{
	for (int i = 0; i < FIELD_COLUMNS_MAX && f->columns[i].name; i++)
		if (json_object_get(columns, f->columns[i].name))
			return false;
	return true;
}

bool field_equal(const struct field *f, const json_t *a, const json_t *b)
{
	for (int i = 0; i < FIELD_COLUMNS_MAX && f->columns[i].name; i++) {
		const json_t *x = json_object_get(a, f->columns[i].name),
			     *y = json_object_get(b, f->columns[i].name);

		if (x != y && (!x || !y || !json_equal(x, y)))
			return false;
	}
	return true;
}

void field_clear(const struct field *f, json_t *columns)
{
	for (int i = 0; i < FIELD_COLUMNS_MAX && f->columns[i].name; i++)
		json_object_del(columns, f->columns[i].name);
}

void field_copy(const struct field *f, const json_t *from, json_t *to)
{
	field_clear(f, to);
	for (int i = 0; i < FIELD_COLUMNS_MAX && f->columns[i].name; i++) {
		json_t *value = json_object_get(from, f->columns[i].name);

		if (value)
			json_object_set(to, f->columns[i].name, value);
	}
}

bool field_parse_items(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	json_t *parsed = json_object();
	bool good;

	*ret_problem = NULL;
	if (!f->type->list && json_array_size(items) != 1) {
		*ret_problem = xprintf("%s", "one value is needed, not a list");
		json_decref(parsed);
		return false;
	}
	good = f->type->parse(f, items, parsed, ret_problem);
	if (good)
		field_copy(f, parsed, columns);
	json_decref(parsed);
	return good;
}

bool field_parse_text(const struct field *f, const char *text, json_t *columns,
		      char **ret_problem)
{
	json_t *items;
	bool good;

	if (!*text) {
		field_clear(f, columns);
		return true;
	}
	items = json_array();
	while (f->type->list) {
		size_t len = strcspn(text, ",");

		json_array_append_new(items, json_stringn(text, len));
		if (!text[len])
			break;
		text += len + 1;
	}
	if (!f->type->list)
		json_array_append_new(items, json_string(text));
	/* json_string() refuses what is not UTF-8. */
	if (!json_array_size(items)) {
		*ret_problem = xprintf("%s", "the text is not UTF-8");
		good = false;
	} else {
		good = field_parse_items(f, items, columns, ret_problem);
	}
	json_decref(items);
	return good;
}

json_t *field_items_of(const struct field *f, const json_t *columns)
{
	return field_is_empty(f, columns) ? json_array() : f->type->format(f, columns);
}

char *field_text_of(const struct field *f, const json_t *columns)
{
	json_t *items = field_items_of(f, columns);
	char *text = json_array_size(items) ? text_join(items, ",") : NULL;

	json_decref(items);
	return text;
}
