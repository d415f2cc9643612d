/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A database's schema (RFC 7047, section 3.2).
 *
 * Beyond the RFC a schema file may carry a "doc" string in the database, in
 * tables and in columns; get_schema leaves it out, since other clients refuse
 * members they do not know. As ovsdb-server does, we take a schema without a
 * version, and a table's "mutable", which means nothing. Tables and columns are sorted by name: a row's
 * packed form depends on that order.
 */
#ifndef VIFDBD_OVSDB_SCHEMA_H
#define VIFDBD_OVSDB_SCHEMA_H

#include "vifdbd/ovsdb/datum.h"

struct column_schema {
	char *name;
	struct type type;
	bool is_mutable;
	bool said_ephemeral; /* by the schema */
	bool ephemeral;	     /* lost in a restart */
	unsigned int index; /* in its table, or one of these: */
#define COLUMN_UUID (UINT_MAX - 1)
#define COLUMN_VERSION UINT_MAX
};

struct index_schema {
	unsigned int n;
	unsigned int *columns;
};

struct table_schema {
	char *name;
	unsigned int index;
	unsigned int n_columns, n_indexes;
	struct column_schema *columns;
	struct index_schema *indexes;
	unsigned int max_rows;
	bool is_root, is_mutable, has_ephemeral, has_strong, has_weak;
};

struct db_schema {
	char *name, *version, *cksum; /* version is "" if there is none */
	unsigned int n_tables;
	struct table_schema *tables;
};

extern const struct column_schema column_uuid, column_version;

struct dberr *schema_parse(const json_t *json, struct db_schema **ret);
void schema_free(struct db_schema *s);
void schema_json(const struct db_schema *s, struct buf *b);
const struct table_schema *schema_table(const struct db_schema *s, const char *name);
/* Knows _uuid and _version as well. */
const struct column_schema *schema_column(const struct table_schema *t, const char *name);

static inline void schema_freep(struct db_schema **s)
{
	schema_free(*s);
}

#endif
