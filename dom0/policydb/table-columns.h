/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the schema of a database has, which may be that of an older release. */
#ifndef POLICYDB_TABLE_COLUMNS_H
#define POLICYDB_TABLE_COLUMNS_H

#include <vifdb/vifdb.h>

/* {NAME: definition}, borrowed; NULL: it does not have the table. */
json_t *table_columns(const struct vifdb *db, const char *table);
bool table_has_column(const struct vifdb *db, const char *table, const char *column);

#endif /* POLICYDB_TABLE_COLUMNS_H */
