// SPDX-License-Identifier: GPL-2.0-or-later
#include "xapi/xapi-plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/column.h"
#include "base/json-value.h"
#include "base/cleanup.h"

#define IDS	"external_ids"

const char *const xapi_columns[] = {
	"switch", "vlan_mode", "tag", "trunks", "admin_state", "guard", "mac_lock", "ip_lock",
	"allow", "rate_from_vm", "mtu", "vif_uuid", NULL,
};

/* Sets of one element are written in two ways, and in any order. */
static bool has_atom(const json_t *value, const json_t *atom)
{
	for (size_t i = 0; i < column_size(value); i++)
		if (json_equal(column_at(value, i), atom))
			return true;
	return false;
}

static bool same_value(const json_t *a, const json_t *b)
{
	size_t n = a ? column_size(a) : 0;

	if (n != (b ? column_size(b) : 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!has_atom(b, column_at(a, i)))
			return false;
	return true;
}

static json_t *pairs_of(const json_t *map)
{
	const json_t *pairs = json_array_get(map, 1);

	return json_is_array(pairs) ? json_incref((json_t *)pairs) : json_array();
}

/* The pairs of @have with those of @wanted in place of theirs; false: they are there already. */
static bool merge_ids(const json_t *wanted, const json_t *have, json_t **ret)
{
	json_t *news = pairs_of(wanted), *olds = pairs_of(have), *all = json_object();
	json_t *list = json_array(), *value;
	const json_t *pair;
	const char *key;
	bool differ = false;
	size_t i;

	json_array_foreach(olds, i, pair)
		json_object_set(all, json_string_value(json_array_get(pair, 0)) ?: "",
				json_array_get(pair, 1));
	json_array_foreach(news, i, pair) {
		key = json_string_value(json_array_get(pair, 0));
		value = json_array_get(pair, 1);
		differ |= !json_equal(json_object_get(all, key), value);
		json_object_set(all, key, value);
	}
	json_object_foreach(all, key, value)
		json_array_append_new(list, json_pack("[sO]", key, value));
	*ret = json_pack("[so]", "map", list);
	json_decref(all);
	json_decref(news);
	json_decref(olds);
	return differ;
}

/* What of a row that there is must change; empty: nothing. */
static json_t *differing(const json_t *wanted, const json_t *have)
{
	json_t *row = json_object(), *ids;

	for (const char *const *name = xapi_columns; *name; name++) {
		const json_t *want = json_object_get(wanted, *name);

		if (!same_value(want, json_object_get(have, *name)))
			json_object_set_new(row, *name, want ? json_incref((json_t *)want) :
					    json_pack("[s[]]", "set"));
	}
	if (merge_ids(json_object_get(wanted, IDS), json_object_get(have, IDS), &ids))
		json_object_set(row, IDS, ids);
	json_decref(ids);
	return row;
}

static void put_wanted(json_t *plan, const char *key, json_t *wanted, const json_t *have)
{
	json_t *row;

	if (!have) {
		json_array_append_new(plan, json_pack("{ss, ss, sO}", "op", "insert", "key", key,
						      "row", wanted));
		return;
	}
	row = differing(wanted, have);
	if (json_object_size(row))
		json_array_append_new(plan, json_pack("{ss, ss, sO, sO}", "op", "update", "key",
						      key, "uuid", json_object_get(have, "_uuid"),
						      "row", row));
	json_decref(row);
}

json_t *xapi_plan(const json_t *wanted, const json_t *have)
{
	json_t *plan = json_array(), *row;
	const char *key;

	/* Deletions first: a VIF's number may be another's by now, of the same VM. */
	json_object_foreach((json_t *)have, key, row) {
		if (!column_size(json_object_get(row, "vif_uuid")) || json_object_get(wanted, key))
			continue;
		json_array_append_new(plan, json_pack("{ss, ss, sO}", "op", "delete", "key", key,
						      "uuid", json_object_get(row, "_uuid")));
	}
	json_object_foreach((json_t *)wanted, key, row)
		put_wanted(plan, key, row, json_object_get(have, key));
	return plan;
}
