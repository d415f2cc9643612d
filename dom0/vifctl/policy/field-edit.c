// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/field-edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy/ranges.h"
#include "vifctl/policy/vlan-text.h"
#include "vifctl/view/text.h"

bool field_can_edit(const struct field *f)
{
	return field_is_list(f) || f->type == FIELD_VLAN;
}

static bool is_of_ranges(const struct field *f)
{
	return f->type == FIELD_PORTS || f->type == FIELD_VLANS;
}

/* Octets of an item that tell it from others: of a map's its key. */
static size_t key_len(const struct field *f, const char *item)
{
	return f->type == FIELD_MAP ? strcspn(item, "=") : strlen(item);
}

static bool same_item(const struct field *f, const char *a, const char *b)
{
	size_t len = key_len(f, a);

	return len == key_len(f, b) && !strncmp(a, b, len);
}

static bool has_item(const struct field *f, const json_t *items, const char *wanted)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
		if (same_item(f, json_string_value(item), wanted))
			return true;
	return false;
}

/* Those of @items that @others do not have. */
static json_t *items_without(const struct field *f, const json_t *items, const json_t *others)
{
	json_t *rest = json_array(), *item;
	size_t i;

	json_array_foreach(items, i, item)
		if (!has_item(f, others, json_string_value(item)))
			json_array_append(rest, item);
	return rest;
}

/* The items of @text as the field writes them; of a map that is to lose, its bare keys. */
static json_t *items_of_text(const struct field *f, const char *text, bool keys, char **ret_problem)
{
	json_t *parsed = json_object(), *items = NULL;

	if (!*text)
		*ret_problem = xprintf("%s", "a value is needed");
	else if (f->type == FIELD_MAP && keys && strchr(text, '='))
		*ret_problem = xprintf("%s", "keys without values are needed");
	else if (f->type == FIELD_MAP && keys)
		items = text_split(text);
	else if (field_parse_text(f, text, parsed, ret_problem))
		items = field_items_of(f, parsed);
	if (!items && !*ret_problem)
		*ret_problem = xprintf("%s", "the text is not UTF-8");
	json_decref(parsed);
	return items;
}

static bool add_items(const struct field *f, const char *text, json_t *columns, char **ret_problem)
{
	json_t *more = items_of_text(f, text, false, ret_problem), *had, *all;
	bool good;

	if (!more)
		return false;
	had = field_items_of(f, columns);
	if (f->type == FIELD_ORDERED) {
		/* Behind what is there, which stays where it is. */
		json_t *fresh = items_without(f, more, had);

		all = json_copy(had);
		json_array_extend(all, fresh);
		json_decref(fresh);
	} else {
		all = items_without(f, had, more);
		json_array_extend(all, more);
	}
	good = field_parse_items(f, all, columns, ret_problem);
	json_decref(all);
	json_decref(had);
	json_decref(more);
	return good;
}

/* Numbers of ranges, all of @items. */
static void ranges_from_items(struct ranges *r, const json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
		ranges_add(r, json_string_value(item), strlen(json_string_value(item)), 0,
			   RANGES_LIMIT - 1);
}

/* @had without @less; NULL if one of those is not in it. */
static json_t *ranges_without(const json_t *had, const json_t *less)
{
	struct ranges all = {}, gone = {};

	ranges_from_items(&all, had);
	ranges_from_items(&gone, less);
	return ranges_remove(&all, &gone) ? ranges_to_items(&all) : NULL;
}

static json_t *rest_of(const struct field *f, const json_t *had, const json_t *less)
{
	json_t *item;
	size_t i;

	if (is_of_ranges(f))
		return ranges_without(had, less);
	json_array_foreach(less, i, item)
		if (!has_item(f, had, json_string_value(item)))
			return NULL;
	return items_without(f, had, less);
}

static bool remove_items(const struct field *f, const char *text, json_t *columns,
			 char **ret_problem)
{
	json_t *less = items_of_text(f, text, true, ret_problem), *had, *rest;
	_cleanup_free_ char *has = NULL;
	bool good = false;

	if (!less)
		return false;
	had = field_items_of(f, columns);
	rest = rest_of(f, had, less);
	has = json_array_size(had) ? text_join(had, ",") : xprintf("%s", "nothing");
	if (!rest)
		*ret_problem = xprintf("that is not in it; it has %s", has);
	else if (!json_array_size(rest))
		*ret_problem = xprintf("nothing would be left; %s= empties it, if that is meant",
				       f->name);
	else
		good = field_parse_items(f, rest, columns, ret_problem);
	json_decref(rest);
	json_decref(had);
	json_decref(less);
	return good;
}

bool field_add_text(const struct field *f, const char *text, json_t *columns, char **ret_problem)
{
	if (f->type == FIELD_VLAN)
		return vlan_trunks_edit(text, true, columns, ret_problem);
	return add_items(f, text, columns, ret_problem);
}

bool field_remove_text(const struct field *f, const char *text, json_t *columns,
		       char **ret_problem)
{
	if (f->type == FIELD_VLAN)
		return vlan_trunks_edit(text, false, columns, ret_problem);
	return remove_items(f, text, columns, ret_problem);
}
