// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/vlan-text.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "vifctl/policy/ranges.h"
#include "vifctl/view/text.h"

static void put(json_t *columns, const char *mode, int tag, const struct ranges *trunks)
{
	json_object_set_new(columns, "vlan_mode", json_string(mode));
	if (tag >= 0)
		json_object_set_new(columns, "tag", json_integer(tag));
	else
		json_object_del(columns, "tag");
	json_object_del(columns, "trunks");
	if (trunks)
		json_object_set_new(columns, "trunks", ranges_to_array(trunks));
}

static bool parse_one(const char *text, size_t len, int *ret)
{
	uint64_t vid;

	if (!number_parse(text, len, 0, VLAN_TEXT_MAX, &vid))
		return false;
	*ret = (int)vid;
	return true;
}

static bool parse_native(const char *mode, const char *text, json_t *columns)
{
	size_t len = strcspn(text, "+");
	struct ranges trunks = {};
	int tag;

	if (!parse_one(text, len, &tag) ||
	    (text[len] && !ranges_add_list(&trunks, text + len + 1, 0, VLAN_TEXT_MAX)))
		return false;
	put(columns, mode, tag, text[len] ? &trunks : NULL);
	return true;
}

bool vlan_text_parse(const char *text, json_t *columns)
{
	static const char *const natives[] = { "native-untagged", "native-tagged" };
	struct ranges trunks = {};
	int tag;

	for (size_t i = 0; i < ARRAY_SIZE(natives); i++) {
		size_t len = strlen(natives[i]);

		if (!strncmp(text, natives[i], len) && text[len] == ':')
			return parse_native(natives[i], text + len + 1, columns);
	}
	if (!strcmp(text, "trunk")) {
		put(columns, "trunk", -1, NULL);
		return true;
	}
	if (!strncmp(text, "trunk:", 6)) {
		if (!ranges_add_list(&trunks, text + 6, 0, VLAN_TEXT_MAX))
			return false;
		put(columns, "trunk", -1, &trunks);
		return true;
	}
	if (!parse_one(text, strlen(text), &tag))
		return false;
	put(columns, "access", tag, NULL);
	return true;
}

void vlan_text_normalise(json_t *columns)
{
	if (json_object_get(columns, "vlan_mode"))
		return;
	if (json_object_get(columns, "tag"))
		json_object_set_new(columns, "vlan_mode", json_string("access"));
	else if (json_object_get(columns, "trunks"))
		json_object_set_new(columns, "vlan_mode", json_string("trunk"));
}

char *vlan_text_format(const json_t *columns)
{
	const json_t *mode = json_object_get(columns, "vlan_mode"),
		     *tag = json_object_get(columns, "tag");
	json_t *list = json_object_get(columns, "trunks"), *items;
	_cleanup_free_ char *joined = NULL, *number = NULL;
	struct ranges trunks = {};
	const char *word;

	if (!mode)
		return NULL;
	word = json_string_value(mode);
	ranges_from_array(&trunks, list);
	items = ranges_to_items(&trunks);
	joined = text_join(items, ",");
	json_decref(items);
	number = tag ? xprintf("%lld", (long long)json_integer_value(tag)) : xprintf("%s", "");
	if (!strcmp(word, "access") && tag && !list)
		return xprintf("%s", number);
	if (!strcmp(word, "trunk") && !tag)
		return xprintf("trunk%s%s", list ? ":" : "", joined);
	return xprintf("%s:%s%s%s", word, number, list ? "+" : "", joined);
}

bool vlan_trunks_edit(const char *text, bool add, json_t *columns, char **ret_problem)
{
	_cleanup_free_ char *has = vlan_text_format(columns);
	const json_t *list = json_object_get(columns, "trunks");
	struct ranges trunks = {}, gone = {};

	if (!list) {
		*ret_problem = xprintf("it is no list of VLANs yet, but %s; %s is needed",
				       has ?: "empty", VLAN_TEXT_ACCEPTS);
		return false;
	}
	ranges_from_array(&trunks, list);
	if (!ranges_add_list(add ? &trunks : &gone, text, 0, VLAN_TEXT_MAX)) {
		*ret_problem = xprintf("VLANs from 0 to %d are needed, like 10,20-30",
				       VLAN_TEXT_MAX);
		return false;
	}
	if (!ranges_remove(&trunks, &gone) || ranges_empty(&trunks)) {
		*ret_problem = xprintf("those that go must be in it, and one must stay; it is %s", has);
		return false;
	}
	json_object_set_new(columns, "trunks", ranges_to_array(&trunks));
	return true;
}
