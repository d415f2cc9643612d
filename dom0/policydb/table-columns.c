// SPDX-License-Identifier: GPL-2.0-or-later
#include "policydb/table-columns.h"

json_t *table_columns(const struct vifdb *db, const char *table)
{
	const json_t *tables = json_object_get(vifdb_schema(db), "tables");

	return json_object_get(json_object_get(tables, table), "columns");
}

bool table_has_column(const struct vifdb *db, const char *table, const char *column)
{
	return json_object_get(table_columns(db, table), column);
}
