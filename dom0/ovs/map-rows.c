// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ovs/ovs-map-state.h"
#include "ovs/ovs-plan.h"
#include "ovs/ovs-view.h"

static json_t *member(json_t *object, const char *key, json_t *(*make)(void))
{
	json_t *value = json_object_get(object, key);

	if (!value) {
		value = make();
		json_object_set_new(object, key, value);
	}
	return value;
}

json_t *ovs_row(json_t *rows, const char *table, const char *name, const char *for_uuid)
{
	json_t *row = member(member(rows, table, json_object), name, json_object);
	json_t *wanted_by = member(row, "for", json_array);

	if (for_uuid)
		json_array_append_new(wanted_by, json_string(for_uuid));
	return member(row, "columns", json_object);
}

void ovs_set_text(json_t *columns, const char *column, const char *text)
{
	json_object_set_new(columns, column, json_pack("[s]", text));
}

void ovs_set_integer(json_t *columns, const char *column, int64_t number)
{
	json_object_set_new(columns, column, json_pack("[I]", (json_int_t)number));
}

void ovs_set_true(json_t *columns, const char *column, bool value)
{
	json_object_set_new(columns, column, json_pack("[b]", value));
}

void ovs_add_text(json_t *columns, const char *column, const char *text)
{
	json_array_append_new(member(columns, column, json_array), json_string(text));
}

void ovs_keep_ids(json_t *columns, const json_t *row)
{
	static const char *const kept[] = {
		"iface-id", "attached-mac", "vm-uuid", "vm-id", "xs-vm-uuid", "xs-vif-uuid", "xs-network-uuid",
	};
	json_t *ids = member(columns, "external_ids", json_object);
	char name[64];

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = view_key(row, "external_ids", kept[i]);

		snprintf(name, sizeof(name), OVS_KEPT "%s", kept[i]);
		if (value && strlen(value) < 256)
			json_object_set_new(ids, name, json_string(value));
	}
}

void ovs_map_number(struct ovs_scope *s, const json_t *row, const char *map, const char *key,
		    int64_t low, int64_t high, json_t *columns, const char *column)
{
	int64_t number;

	if (!view_key(row, map, key))
		return;
	if (view_key_number(row, map, key, low, high, &number))
		ovs_set_integer(columns, column, number);
	else
		ovs_say(s, "%s:%s: must be %lld to %lld", map, key, (long long)low,
			(long long)high);
}
