// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl db backup|restore, over the connection: a backup is what "vifdbd dump"
 * prints and "vifdbd load" takes, {"schema": ..., "tables": {TABLE: {UUID:
 * {COLUMN: VALUE}}}}. Tables with ephemeral columns hold what hosts report of
 * themselves: restore leaves them alone. Rows keep their UUIDs, so references
 * need no translation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/db/db-value.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/view/safe.h"

#define BACKUP_MODE	0600

/* A session that follows every table that the server's schema has. */
static int open_all(struct vifctl *v, struct vifdb **ret)
{
	static const char *const none[] = { NULL };
	_cleanup_free_ const char **tables = NULL;
	struct vifdb *db;
	const char *name;
	json_t *schema, *table;
	size_t n = 0;
	int status = database_session(v, none, &db);

	if (status)
		return status;
	schema = json_deep_copy(vifdb_schema(db));
	vifdb_free(db);
	tables = xmalloc((json_object_size(json_object_get(schema, "tables")) + 1) *
			sizeof(*tables));
	json_object_foreach(json_object_get(schema, "tables"), name, table)
		tables[n++] = name;
	tables[n] = NULL;
	status = database_session(v, tables, ret);
	json_decref(schema);
	return status;
}

/* What hosts report of themselves, and what the server writes itself. */
static bool is_status(const char *which, const json_t *table)
{
	json_t *column;
	const char *name;

	if (!strcmp(which, "History") || !strcmp(which, "Trial"))
		return true;

	json_object_foreach(json_object_get(table, "columns"), name, column)
		if (json_is_true(json_object_get(column, "ephemeral")))
			return true;
	return false;
}

static json_t *dump_row(const struct vifdb_row *row, const json_t *table)
{
	json_t *columns = json_object(), *column;
	const char *name;

	json_object_foreach(json_object_get(table, "columns"), name, column)
		if (!json_is_true(json_object_get(column, "ephemeral")))
			json_object_set_new(columns, name, vifdb_json(row, name));
	return columns;
}

static json_t *dump(const struct vifdb *db)
{
	const json_t *schema = vifdb_schema(db);
	json_t *tables = json_object(), *table;
	char uuid[UUID_TEXT_LEN + 1];
	const char *name;

	json_object_foreach(json_object_get(schema, "tables"), name, table) {
		json_t *rows = json_object();

		for (const struct vifdb_row *row = vifdb_first(db, name); row;
		     row = vifdb_next(row)) {
			uuid_format(vifdb_row_uuid(row), uuid);
			json_object_set_new(rows, uuid, dump_row(row, table));
		}
		json_object_set_new(tables, name, rows);
	}
	return json_pack("{s:O, s:o}", "schema", schema, "tables", tables);
}

int run_db_backup(struct vifctl *v)
{
	const char *name = operand(v, 0);
	bool to_stdout = !strcmp(name, "-");
	struct vifdb *db;
	json_t *doc;
	FILE *out;
	int fd, failed, status = open_all(v, &db);

	if (status)
		return status;
	doc = dump(db);
	vifdb_free(db);
	fd = to_stdout ? -1 : open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, BACKUP_MODE);
	out = to_stdout ? v->out : fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!out) {
		json_decref(doc);
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", name, strerror(errno));
	}
	failed = json_dumpf(doc, out, JSON_COMPACT | JSON_SORT_KEYS) < 0 ||
		 fputc('\n', out) == EOF || fflush(out) || (!to_stdout && fsync(fd));
	failed = failed ? errno ?: EIO : 0;
	if (!to_stdout)
		failed = fclose(out) && !failed ? errno : failed;
	json_decref(doc);
	if (!failed)
		return VIFCTL_OK;
	if (!to_stdout)
		unlink(name);
	return vifctl_fail(VIFCTL_FAILED, "%s: %s; there is no backup", name, strerror(failed));
}

static int load(const char *name, json_t **ret)
{
	json_error_t error;
	json_t *doc = strcmp(name, "-") ? json_load_file(name, JSON_REJECT_DUPLICATES, &error) :
					  json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	_cleanup_free_ char *safe = doc ? NULL : safe_text(error.text);

	if (!doc)
		return vifctl_fail(VIFCTL_USAGE, "%s:%d:%d: this is no backup: %s", name,
				   error.line > 0 ? error.line : 1,
				   error.column > 0 ? error.column : 1, safe);
	if (!json_is_object(json_object_get(doc, "tables"))) {
		json_decref(doc);
		return vifctl_fail(VIFCTL_USAGE, "%s: this is no backup: \"tables\" is missing", name);
	}
	*ret = doc;
	return VIFCTL_OK;
}

/* What a column that is not in a backup has. */
static json_t *default_of(const json_t *type)
{
	const json_t *key = json_is_object(type) ? json_object_get(type, "key") : type;
	const char *base = json_string_value(json_is_object(key) ? json_object_get(key, "type") : key);

	if (!type_is_scalar(type))
		return json_pack("[s, []]", type_is_map(type) ? "map" : "set");
	if (!strcmp(base ?: "", "string"))
		return json_string("");
	if (!strcmp(base ?: "", "boolean"))
		return json_false();
	return json_integer(0);
}

/* The whole row; NULL, told, if the backup has a column that the server has not. */
static json_t *whole_row(const char *table, const json_t *schema, const json_t *row,
			 int64_t next_cfg, bool update)
{
	json_t *columns = json_object_get(schema, "columns"), *whole = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)row, name, value) {
		json_t *known = json_object_get(columns, name);

		if (!known) {
			vifctl_fail(VIFCTL_FAILED, "%s: the database has no column \"%s\"", table,
				    name);
			json_decref(whole);
			return NULL;
		}
		if (!update || !json_is_false(json_object_get(known, "mutable")))
			json_object_set(whole, name, value);
	}
	json_object_foreach(columns, name, value)
		if (update && !json_is_false(json_object_get(value, "mutable")) &&
		    !json_object_get(whole, name))
			json_object_set_new(whole, name, default_of(json_object_get(value, "type")));
	/* Numbers that hosts have seen must not come again. */
	if (!strcmp(table, "Global"))
		json_object_set_new(whole, "next_cfg", json_integer(next_cfg));
	return whole;
}

/* A UUID that is in the table cannot be inserted: that row is updated. */
static int restore_row(const struct vifdb *db, struct vifdb_txn *txn, const char *table,
		       const json_t *schema, const char *uuid, const json_t *row, int64_t next_cfg)
{
	uint8_t octets[16];
	bool update;
	json_t *whole;

	if (!uuid_parse(uuid, strlen(uuid), octets) || !json_is_object(row))
		return vifctl_fail(VIFCTL_USAGE, "%s: \"%s\": a row by its UUID is needed", table, uuid);
	update = vifdb_get(db, table, octets);
	whole = whole_row(table, schema, row, next_cfg, update);
	if (!whole)
		return VIFCTL_FAILED;
	if (update)
		vifdb_txn_update(txn, table, vifdb_where_uuid(octets), whole);
	else
		vifdb_txn_operation(txn, json_pack("{s:s, s:s, s:s, s:o}", "op", "insert", "table",
						   table, "uuid", uuid, "row", whole));
	return VIFCTL_OK;
}

static int restore_table(const struct vifdb *db, struct vifdb_txn *txn, const char *table,
			 const json_t *schema, const json_t *rows, int64_t next_cfg)
{
	char text[UUID_TEXT_LEN + 1];
	const char *uuid;
	json_t *row;
	int status;

	for (const struct vifdb_row *old = vifdb_first(db, table); old; old = vifdb_next(old)) {
		uuid_format(vifdb_row_uuid(old), text);
		if (!json_object_get(rows, text))
			vifdb_txn_delete(txn, table, vifdb_where_uuid(vifdb_row_uuid(old)));
	}
	json_object_foreach((json_t *)rows, uuid, row) {
		status = restore_row(db, txn, table, schema, uuid, row, next_cfg);
		if (status)
			return status;
	}
	return VIFCTL_OK;
}

static int restore_tables(const struct vifdb *db, struct vifdb_txn *txn, const json_t *doc,
			  int64_t next_cfg)
{
	json_t *tables = json_object_get(vifdb_schema(db), "tables"), *table, *rows;
	const char *name;
	int status = VIFCTL_OK;

	json_object_foreach(json_object_get(doc, "tables"), name, rows)
		if (!json_object_get(tables, name))
			return vifctl_fail(VIFCTL_FAILED, "the database has no table \"%s\"", name);
	json_object_foreach(tables, name, table) {
		rows = json_object_get(json_object_get(doc, "tables"), name);
		if (!is_status(name, table))
			status = restore_table(db, txn, name, table, rows, next_cfg);
		if (status)
			return status;
	}
	return VIFCTL_OK;
}

static int restore(struct vifctl *v, struct vifdb *db, const json_t *doc)
{
	const struct vifdb_row *global = vifdb_first(db, "Global");
	int64_t next = 0;
	struct vifdb_txn *txn;
	int status;

	if (global)
		vifdb_integer(global, "next_cfg", &next);
	next++;
	if (vifdb_txn_new(db, &txn) < 0)
		return vifctl_fail(VIFCTL_FAILED, "out of memory");
	if (global)
		vifdb_txn_verify(txn, global);
	status = restore_tables(db, txn, doc, next);
	if (status == VIFCTL_OK && !json_object_size(json_object_get(json_object_get(doc, "tables"),
								     "Global")))
		vifdb_txn_insert(txn, "Global", json_pack("{s:I}", "next_cfg", (json_int_t)next), NULL);
	vifdb_txn_comment(txn, v->command->name);
	if (status == VIFCTL_OK && !v->dry_run && commit_try(db, txn, &status) == -EAGAIN)
		status = vifctl_fail(VIFCTL_FAILED, "somebody changed the database meanwhile; nothing "
				     "was restored");
	vifdb_txn_free(txn);
	if (status == VIFCTL_OK && !v->dry_run)
		status = wait_all_applied(v, db, next, NULL);
	return status;
}

int run_db_restore(struct vifctl *v)
{
	struct vifdb *db;
	json_t *doc = NULL;
	int status = load(operand(v, 0), &doc);

	if (status)
		return status;
	status = open_all(v, &db);
	if (status == VIFCTL_OK) {
		status = restore(v, db, doc);
		vifdb_free(db);
	}
	json_decref(doc);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}
