// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "vifdbd/txn/convert.h"
#include "vifdbd/txn/dbfile.h"

int dbfile_fail(struct dberr *err, const char *path, char **ret_message)
{
	*ret_message = xprintf("%s: %s: %s%s%s", path, err->tag, err->details,
			       err->syntax ? ", at " : "", err->syntax ? err->syntax : "");
	err_free(err);
	return -EINVAL;
}

int dbfile_read_json(const char *path, json_t **ret, char **ret_message)
{
	json_error_t error;
	json_t *json;

	if (!strcmp(path, "-"))
		json = json_loadf(stdin, 0, &error);
	else
		json = json_load_file(path, 0, &error);
	if (!json) {
		*ret_message = xprintf("%s: line %d: %s", path, error.line, error.text);
		return -EINVAL;
	}
	*ret = json;
	return 0;
}

int dbfile_read_schema(const char *path, json_t **ret_json, struct db_schema **ret,
		       char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	struct dberr *err;
	int r;

	r = dbfile_read_json(path, &json, ret_message);
	if (r)
		return r;
	err = schema_parse(json, ret);
	if (err)
		return dbfile_fail(err, path, ret_message);
	*ret_json = TAKE_PTR(json);
	return 0;
}

int dbfile_open(const char *path, enum storage_mode mode, struct db **ret, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct db_schema *schema = NULL;
	struct storage *storage;
	struct dberr *err;
	struct db *db;
	int r;

	r = storage_sqlite_open(path, mode, &storage, ret_message);
	if (r)
		return r;
	r = storage->ops->schema(storage, &text);
	if (r) {
		*ret_message = xstrdup(storage->ops->message(storage));
		storage->ops->close(storage);
		return r;
	}
	json = json_loads(text, 0, NULL);
	err = schema_parse(json, &schema);
	if (err) {
		storage->ops->close(storage);
		return dbfile_fail(err, path, ret_message);
	}
	db = db_new(schema, storage);
	r = db_load(db, ret_message);
	if (r) {
		char *s = *ret_message;

		if (!strstr(s, path)) {
			*ret_message = xprintf("%s: damaged: %s", path, s);
			free(s);
		}
		db_free(db);
		return r;
	}
	*ret = db;
	return 0;
}

int dbfile_create(const char *path, struct db *db, const json_t *json, char **ret_message)
{
	_cleanup_free_ char *tmp = xprintf("%s.new", path);
	_cleanup_free_ char *lock = xprintf("%s.lock", tmp);
	struct storage *storage;
	int r;

	if (access(path, F_OK) == 0) {
		*ret_message = xprintf("%s: exists already", path);
		return -EEXIST;
	}
	storage_sqlite_remove(tmp);
	r = storage_sqlite_open(tmp, STORAGE_CREATE, &storage, ret_message);
	if (r)
		return r;
	r = db_store_all(db, storage, json, ret_message);
	storage->ops->close(storage);
	if (!r)
		r = storage_sqlite_publish(tmp, path, ret_message);
	storage_sqlite_remove(tmp);
	unlink(lock);
	return r;
}

static int create_empty(const char *path, const char *schema_path, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(db_freep) struct db *db = NULL;
	struct db_schema *schema;
	int r = dbfile_read_schema(schema_path, &json, &schema, ret_message);

	if (r)
		return r;
	db = db_new(schema, NULL);
	r = dbfile_create(path, db, json, ret_message);
	if (!r)
		log_notice("%s: created, with schema %s %s", path, schema->name, schema->version);
	return r;
}

/* The one that an earlier conversion left is only replaced by a whole one. */
static int keep_copy(const char *path, const char *version, char **ret_message)
{
	_cleanup_free_ char *copy = xprintf("%s.%s", path, version);
	_cleanup_free_ char *tmp = xprintf("%s.new", copy);
	int r;

	unlink(tmp);
	r = storage_sqlite_backup(path, tmp, ret_message);
	if (!r && rename(tmp, copy) < 0) {
		r = -errno;
		*ret_message = xprintf("%s: %s", copy, strerror(errno));
	}
	if (r)
		unlink(tmp);
	return r;
}

static int upgrade(const char *path, const json_t *json, struct db_schema *schema, struct db **db,
		   char **ret_message)
{
	const char *had = (*db)->schema->version;
	_cleanup_free_ char *version = xstrdup(*had ? had : "unversioned");
	struct db *new;
	struct dberr *err;
	int r;

	r = keep_copy(path, version, ret_message);
	if (r) {
		schema_free(schema);
		return r;
	}
	err = db_convert_stored(*db, json, schema, &new);
	if (err)
		return dbfile_fail(err, path, ret_message);
	db_free(*db);
	*db = new;
	log_notice("%s: converted from schema version %s to %s; %s.%s is how it was", path, version,
		   new->schema->version, path, version);
	return 0;
}

int dbfile_provide(const char *path, const char *schema_path, struct db **ret, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(schema_freep) struct db_schema *schema = NULL;
	_cleanup_(db_freep) struct db *db = NULL;
	_cleanup_free_ char *why = NULL;
	const char *has;
	int r = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		r = create_empty(path, schema_path, ret_message);
	if (!r)
		r = dbfile_open(path, STORAGE_WRITE, &db, ret_message);
	if (!r)
		r = dbfile_read_schema(schema_path, &json, &schema, ret_message);
	if (r)
		return r;
	has = db->schema->version;
	if (strcmp(db->schema->name, schema->name)) {
		*ret_message = xprintf("%s: is a database %s, expected %s as in %s", path,
				       db->schema->name, schema->name, schema_path);
		return -EINVAL;
	}
	if (schema_version_compare(has, schema->version) > 0)
		log_warning("%s: has schema version %s, newer than %s of %s: left so", path, has,
			    schema->version, schema_path);
	else if (!schema_equal(db->schema, schema) &&
		 upgrade(path, json, TAKE_PTR(schema), &db, &why) < 0)
		log_error("not converted, schema version %s stays: %s", has, why);
	*ret = TAKE_PTR(db);
	return 0;
}
