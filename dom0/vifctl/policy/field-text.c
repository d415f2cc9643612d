// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/field-text.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static const struct text_type *const text_types[FIELD_TYPES] = {
	[FIELD_NUMBER] = &type_number,
	[FIELD_BOOLEAN] = &type_boolean,
	[FIELD_WORD] = &type_word,
	[FIELD_WORDS] = &type_words,
	[FIELD_TEXT] = &type_plain,
	[FIELD_NETDEV] = &type_netdev,
	[FIELD_NETDEVS] = &type_netdevs,
	[FIELD_UUID] = &type_uuid,
	[FIELD_VMS] = &type_vms,
	[FIELD_VIF] = &type_vif,
	[FIELD_VIFS] = &type_vifs,
	[FIELD_MACS] = &type_macs,
	[FIELD_ENDPOINTS] = &type_endpoints,
	[FIELD_PREFIXES] = &type_prefixes,
	[FIELD_MAP] = &type_map,
	[FIELD_REFERENCE] = &type_reference,
	[FIELD_REFERENCES] = &type_references,
	[FIELD_ORDERED] = &type_ordered,
	[FIELD_VLAN] = &type_vlan,
	[FIELD_VLANS] = &type_vlans,
	[FIELD_PORTS] = &type_ports,
	[FIELD_PROTOCOL] = &type_protocol,
	[FIELD_ETHERTYPE] = &type_ethertype,
	[FIELD_ICMP] = &type_icmp,
	[FIELD_TCP_FLAGS] = &type_tcp_flags,
};

bool field_is_list(const struct field *f)
{
	return text_types[f->type]->list;
}

bool field_is_one(const struct field *f, const json_t *items)
{
	return !field_is_list(f) || (f->type == FIELD_ORDERED && json_array_size(items) == 1);
}

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
	field_for_each_column(f, column)
		if (json_object_get(columns, column->name))
			return false;
	return true;
}

bool field_equal(const struct field *f, const json_t *a, const json_t *b)
{
	field_for_each_column(f, column) {
		const json_t *x = json_object_get(a, column->name),
			     *y = json_object_get(b, column->name);

		if (x != y && (!x || !y || !json_equal(x, y)))
			return false;
	}
	return true;
}

void field_clear(const struct field *f, json_t *columns)
{
	field_for_each_column(f, column)
		json_object_del(columns, column->name);
}

void field_copy(const struct field *f, const json_t *from, json_t *to)
{
	field_clear(f, to);
	field_for_each_column(f, column) {
		json_t *value = json_object_get(from, column->name);

		if (value)
			json_object_set(to, column->name, value);
	}
}

bool field_parse_items(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	json_t *parsed = json_object();
	bool good;

	*ret_problem = NULL;
	if (!field_is_list(f) && json_array_size(items) != 1) {
		*ret_problem = xprintf("%s", "one value is needed, not a list");
		json_decref(parsed);
		return false;
	}
	good = text_types[f->type]->parse(f, items, parsed, ret_problem);
	if (good)
		field_copy(f, parsed, columns);
	json_decref(parsed);
	return good;
}

bool field_parse_text(const struct field *f, const char *text, json_t *columns,
		      char **ret_problem)
{
	bool good = false;
	json_t *items;

	if (!*text) {
		field_clear(f, columns);
		return true;
	}
	/* Both refuse what is not UTF-8. */
	items = field_is_list(f) ? text_split(text) : json_pack("[s]", text);
	if (items)
		good = field_parse_items(f, items, columns, ret_problem);
	else
		*ret_problem = xprintf("%s", "the text is not UTF-8");
	json_decref(items);
	return good;
}

json_t *field_items_of(const struct field *f, const json_t *columns)
{
	return field_is_empty(f, columns) ? json_array() : text_types[f->type]->format(f, columns);
}

bool field_names(const struct field *f, const json_t *columns, const char *name)
{
	json_t *items = field_items_of(f, columns);
	bool found = text_among(items, name);

	json_decref(items);
	return found;
}

char *field_text_of(const struct field *f, const json_t *columns)
{
	json_t *items = field_items_of(f, columns);
	char *text = json_array_size(items) ? text_join(items, ",") : NULL;

	json_decref(items);
	return text;
}
