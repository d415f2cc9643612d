// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/column.h"
#include "policy/fields.h"
#include "policydb/cache.h"
#include "policydb/follow.h"
#include "policydb/table-columns.h"

json_t *policy_row_json(const struct vifdb *db, const struct vifdb_row *row)
{
	json_t *columns = table_columns(db, vifdb_row_table(row)), *definition;
	json_t *ret = json_object();
	const char *name;

	bool whole = ret;

	json_object_foreach(columns, name, definition) {
		json_t *value = vifdb_json(row, name);

		whole &= value != NULL;
		if (value && column_size(value) && name[0] != '_')
			whole &= json_object_set(ret, name, value) == 0;
		json_decref(value);
	}
	whole &= json_object_set_new(ret, "_uuid", vifdb_json_uuid(vifdb_row_uuid(row))) == 0;
	if (whole)
		return ret;
	json_decref(ret);
	return NULL;
}

static json_t *copy_of(const struct policy_db *p, const char *table)
{
	const struct vifdb_row *row;
	json_t *rows = json_array();

	for (row = vifdb_first(p->db, table); row; row = vifdb_next(row)) {
		if (json_array_append_new(rows, policy_row_json(p->db, row)) == 0)
			continue;
		json_decref(rows);
		return NULL;
	}
	return rows;
}

static json_t *known_vms(const struct policy_db *p)
{
	json_t *vms = json_array();

	for (size_t i = 0; i < p->needs.known.n; i++)
		json_array_append_new(vms, vifdb_json_uuid(p->needs.known.v[i]));
	return vms;
}

json_t *policy_db_copy(const struct policy_db *p)
{
	json_t *copy = json_pack("{si}", "format", POLICY_COPY_FORMAT);
	bool whole = copy;

	for (size_t i = 0; whole && i < POLICY_TABLES; i++) {
		const char *table = object_kinds[policy_tables[i].kind].table;

		whole = json_object_set_new(copy, table, copy_of(p, table)) == 0;
	}
	if (whole && !p->needs.whole)
		whole = json_object_set_new(copy, "vms", known_vms(p)) == 0;
	if (whole)
		return copy;
	json_decref(copy);
	return NULL;
}
