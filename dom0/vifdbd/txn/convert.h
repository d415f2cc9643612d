/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A database with another schema. */
#ifndef VIFDBD_TXN_CONVERT_H
#define VIFDBD_TXN_CONVERT_H

#include "vifdbd/txn/db.h"

/*
 * A database in memory that has the new schema and of the old one what both
 * schemas have; the schema is taken over in any case. The old one stays as it
 * is. An error names the table, row and column that does not fit.
 */
struct dberr *db_convert(const struct db *old, struct db_schema *schema, struct db **ret);
/*
 * The same, and stored in the old one's file, as one transaction. On success the
 * storage is the new one's, and nothing but db_free() is left to do with the old
 * one. json is what the schema was parsed from: its documentation is kept.
 * Nothing may wait in the old one's batch.
 */
struct dberr *db_convert_stored(struct db *old, const json_t *json, struct db_schema *schema,
				struct db **ret);
/* Puts all rows of db in place of what is stored. *ret_message as with db_load(). */
int db_store_all(struct db *db, struct storage *s, const json_t *schema, char **ret_message);

/* Whether two schemas are the same but for documentation. */
bool schema_equal(const struct db_schema *a, const struct db_schema *b);
/* Like strcmp, of versions "1.2.3". */
int schema_version_compare(const char *a, const char *b);

#endif
