/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Database files. Functions return 0 or a negative errno; *ret_message is then
 * set, names the file, and is the caller's to free.
 */
#ifndef VIFDBD_TXN_DBFILE_H
#define VIFDBD_TXN_DBFILE_H

#include "vifdbd/txn/db.h"

/* Opens a file and reads all of it. */
int dbfile_open(const char *path, enum storage_mode mode, struct db **ret, char **ret_message);
/*
 * A new file with the content of db, which has no storage; json is its schema
 * with documentation. The file is there whole or not at all, and never in place
 * of another.
 */
int dbfile_create(const char *path, struct db *db, const json_t *json, char **ret_message);
/*
 * Opens a file for writing with the schema in schema_path, as a service wants it
 * after an upgrade: one that does not exist is created; one with an older schema,
 * or another of the same version, is converted, and a copy of how it was stays
 * as PATH.VERSION. One that cannot be converted, or has a newer schema, is opened
 * as it is, and the log says so.
 */
int dbfile_provide(const char *path, const char *schema_path, struct db **ret, char **ret_message);

/* A schema file, as JSON and parsed. */
int dbfile_read_schema(const char *path, json_t **ret_json, struct db_schema **ret,
		       char **ret_message);
/* "-" is standard input. */
int dbfile_read_json(const char *path, json_t **ret, char **ret_message);
/* Makes err a message, frees it, and returns -EINVAL. */
int dbfile_fail(struct dberr *err, const char *path, char **ret_message);

static inline void json_freep(json_t **json)
{
	json_decref(*json);
}

static inline void db_freep(struct db **db)
{
	db_free(*db);
}

#endif
