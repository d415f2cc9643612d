// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/sources.h"

#include <string.h>

#include "base/cleanup.h"
#include "policy/fields.h"
#include "policy/program-json.h"

static const enum object_kind of_vifs[] = { OBJECT_PORT, OBJECT_QOS };

static bool says(const char *value)
{
	return value && *value;
}

/* "xenbr0.100" and "xenbr0:100:200" say a VLAN, "xenbr0" does not. */
static bool bridge_says_vlan(const char *bridge)
{
	return bridge && strpbrk(bridge, ".:");
}

static bool config_gives(const struct vif_keys *keys, const char *field)
{
	const struct {
		const char *field;
		bool given;
	} rows[] = {
		{ "switch", says(keys->bridge) },
		{ "vlan", says(keys->vlan) || bridge_says_vlan(keys->bridge) },
		{ "mac-lock", says(keys->mac) }, { "lock-ip", says(keys->ip) },
		{ "rate-from-vm", says(keys->rate) }, { "mtu", says(keys->mtu) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].field, field))
			return rows[i].given;
	return false;
}

static bool row_gives(const struct kind *kind, const struct policy_row *row, const char *name)
{
	const struct field *f = kind_field(kind, name);

	if (!f || !row)
		return false;
	field_for_each_column(f, column)
		if (row_given(row, column->name))
			return true;
	return false;
}

json_t *policy_sources(const struct vif_keys *keys, const struct policy_row *port,
		       const struct policy_row *qos, const char *database)
{
	json_t *sources = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(of_vifs); i++)
		kind_for_each_field(&object_kinds[of_vifs[i]], f) {
			const char *source =
				row_gives(&object_kinds[OBJECT_PORT], port, f->name) ? database :
				row_gives(&object_kinds[OBJECT_QOS], qos, f->name) ? "qos" :
				config_gives(keys, f->name) ? "config" : NULL;

			if (source && !f->kept)
				json_object_set_new(sources, f->name, json_string(source));
		}
	return sources;
}

const struct field *policy_field_shown(const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_vifs); i++)
		kind_for_each_field(&object_kinds[of_vifs[i]], f) {
			const char *its = field_member(f) ?: f->columns[0].name;

			if (!f->told_by && !strcmp(its, member))
				return f;
		}
	return NULL;
}
