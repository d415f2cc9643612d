// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "vifdbd/tool.h"

static void json_freep(json_t **json)
{
	json_decref(*json);
}

static void db_freep(struct db **db)
{
	db_free(*db);
}

static int fail(struct dberr *err, const char *what, char **ret_message)
{
	*ret_message = mem_printf("%s: %s: %s%s%s", what, err->tag, err->details,
				  err->syntax ? ", at " : "", err->syntax ? err->syntax : "");
	err_free(err);
	return -EINVAL;
}

static int read_json(const char *path, json_t **ret, char **ret_message)
{
	json_error_t error;
	json_t *json;

	if (!strcmp(path, "-"))
		json = json_loadf(stdin, 0, &error);
	else
		json = json_load_file(path, 0, &error);
	if (!json) {
		*ret_message = mem_printf("%s: line %d: %s", path, error.line, error.text);
		return -EINVAL;
	}
	*ret = json;
	return 0;
}

static int read_schema(const char *path, json_t **ret_json, struct db_schema **ret,
		       char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	struct dberr *err;
	int r;

	r = read_json(path, &json, ret_message);
	if (r)
		return r;
	err = schema_parse(json, ret);
	if (err)
		return fail(err, path, ret_message);
	*ret_json = TAKE(json);
	return 0;
}

int tool_open(const char *path, enum storage_mode mode, struct db **ret, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(mem_freep) char *text = NULL;
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
		*ret_message = mem_strdup(storage->ops->message(storage));
		storage->ops->close(storage);
		return r;
	}
	json = json_loads(text, 0, NULL);
	err = schema_parse(json, &schema);
	if (err) {
		storage->ops->close(storage);
		return fail(err, path, ret_message);
	}
	db = db_new(schema, storage);
	r = db_load(db, ret_message);
	if (r) {
		char *s = *ret_message;

		if (!strstr(s, path)) {
			*ret_message = mem_printf("%s: damaged: %s", path, s);
			free(s);
		}
		db_free(db);
		return r;
	}
	*ret = db;
	return 0;
}

static int store_all(struct db *db, struct storage *s, const json_t *schema, char **ret_message)
{
	_cleanup_(mem_freep) char *text = json_dumps(schema, JSON_COMPACT);
	struct buf b = { 0 };
	unsigned int i;
	size_t k;
	int r;

	r = s->ops->begin(s);
	if (!r)
		r = s->ops->reset(s, text);
	for (i = 0; i < db->schema->n_tables && !r; i++) {
		for (k = 0; k < db->tables[i].rows.cap && !r; k++) {
			const struct row *row = db->tables[i].rows.v[k];
			struct storage_row out = { .table = db->schema->tables[i].name };

			if (!row)
				continue;
			b.len = 0;
			row_persistent(row, &db->schema->tables[i], &b);
			out.id = row->id;
			out.uuid = row->uuid;
			out.data = b.data;
			out.len = b.len;
			r = s->ops->put(s, &out);
		}
	}
	if (!r)
		r = s->ops->commit(s, &db->last_id);
	if (r) {
		*ret_message = mem_strdup(s->ops->message(s));
		s->ops->rollback(s);
	}
	buf_free(&b);
	return r;
}

/* {TABLE: {UUID: {COLUMN: VALUE}}}, without columns that have their defaults. */
static void dump_table(const struct table *t, struct buf *b)
{
	struct arena arena = { 0 };
	char uuid[UUID_LEN + 1];
	bool any_row = false, any;
	unsigned int i;
	size_t k;

	buf_json_string(b, t->schema->name, strlen(t->schema->name));
	buf_puts(b, ":{");
	for (k = 0; k < t->rows.cap; k++) {
		const struct row *row = t->rows.v[k];

		if (!row)
			continue;
		uuid_format(&row->uuid, uuid);
		buf_puts(b, any_row ? ",\n\"" : "\n\"");
		buf_puts(b, uuid);
		buf_puts(b, "\":{");
		any_row = true;
		for (i = 0, any = false; i < t->schema->n_columns; i++) {
			const struct column_schema *c = &t->schema->columns[i];
			struct datum d = row_datum(row, c, &arena);

			if (c->ephemeral || datum_is_default(&d, &c->type))
				continue;
			buf_puts(b, any ? "," : "");
			any = true;
			buf_json_string(b, c->name, strlen(c->name));
			buf_putc(b, ':');
			datum_json(&d, &c->type, b);
		}
		buf_putc(b, '}');
		arena_reset(&arena);
	}
	buf_puts(b, "}");
	arena_free(&arena);
}

static void dump_tables(const struct db *db, struct buf *b)
{
	unsigned int i;

	buf_putc(b, '{');
	for (i = 0; i < db->schema->n_tables; i++) {
		buf_puts(b, i ? ",\n" : "");
		dump_table(&db->tables[i], b);
	}
	buf_putc(b, '}');
}

static struct dberr *import_row(struct txn *txn, struct table *t, const char *uuid,
				const json_t *columns, bool lenient, struct arena *arena)
{
	const struct datum **set = arena_alloc(arena, t->schema->n_columns * sizeof(*set));
	struct dberr *err;
	const char *name;
	struct row *row;
	struct uuid u;
	json_t *value;

	if (!uuid_parse(uuid, strlen(uuid), &u) || table_row(t, &u))
		return err_new(ERR_SYNTAX, "table %s: \"%.60s\" is not a UUID, or there twice",
			       t->schema->name, uuid);
	memset(set, 0, t->schema->n_columns * sizeof(*set));
	json_object_foreach ((json_t *)columns, name, value) {
		const struct column_schema *c = schema_column(t->schema, name);
		struct datum *d = arena_alloc(arena, sizeof(*d));

		if (!c && lenient)
			continue;
		if (!c || c->index >= t->schema->n_columns)
			return err_new(ERR_UNKNOWN_COLUMN, "table %s has no column %.60s",
				       t->schema->name, name);
		err = datum_parse(value, &c->type, NULL, arena, d);
		if (err) {
			char *s = err->details;

			err->details = mem_printf("table %s row %s column %s: %s", t->schema->name,
						  uuid, name, s);
			free(s);
			return err;
		}
		set[c->index] = d;
	}
	row = row_build(t->schema, NULL, set);
	row->uuid = u;
	txn_insert(txn, t, row);
	return NULL;
}

static struct dberr *import(struct db *db, const json_t *tables, bool lenient)
{
	struct txn *txn = txn_new(db->tables, &db->next_id);
	struct arena arena = { 0 };
	struct dberr *err = NULL;
	const char *name, *uuid;
	json_t *rows, *columns;

	json_object_foreach ((json_t *)tables, name, rows) {
		struct table *t = db_table(db, name);

		if (!t && !lenient && !err)
			err = err_new(ERR_SYNTAX, "the schema has no table %.60s", name);
		json_object_foreach (rows, uuid, columns) {
			if (err || !t)
				break;
			err = import_row(txn, t, uuid, columns, lenient, &arena);
			arena_reset(&arena);
		}
	}
	if (err)
		txn_rollback(txn);
	else
		err = txn_apply(txn);
	txn_free(txn);
	arena_free(&arena);
	return err;
}

static int create_with(const char *path, const json_t *schema_json, struct db_schema *schema,
		       const json_t *tables, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = db_new(schema, NULL);
	struct storage *storage;
	struct dberr *err;
	int r;

	err = import(db, tables, false);
	if (err)
		return fail(err, path, ret_message);
	r = storage_sqlite_open(path, STORAGE_CREATE, &storage, ret_message);
	if (r)
		return r;
	r = store_all(db, storage, schema_json, ret_message);
	storage->ops->close(storage);
	if (r)
		unlink(path);
	return r;
}

static int tool_create(char **args, int n, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	struct db_schema *schema = NULL;
	int r = read_schema(args[1], &json, &schema, ret_message);

	return r ? r : create_with(args[0], json, schema, NULL, ret_message);
}

static int tool_convert(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *old = NULL;
	_cleanup_(db_freep) struct db *new = NULL;
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(json_freep) json_t *tables = NULL;
	_cleanup_(buf_free) struct buf b = { 0 };
	struct db_schema *schema = NULL;
	struct dberr *err;
	int r;

	r = read_schema(args[1], &json, &schema, ret_message);
	if (r)
		return r;
	new = db_new(schema, NULL);
	r = tool_open(args[0], STORAGE_WRITE, &old, ret_message);
	if (r)
		return r;
	dump_tables(old, &b);
	tables = json_loadb(b.data, b.len, 0, NULL);
	err = import(new, tables, true);
	if (err)
		return fail(err, args[0], ret_message);
	return store_all(new, old->storage, json, ret_message);
}

static int tool_dump(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = NULL;
	_cleanup_(buf_free) struct buf b = { 0 };
	int r = tool_open(args[0], STORAGE_READ, &db, ret_message);

	if (r)
		return r;
	buf_puts(&b, "{\"schema\":");
	buf_put(&b, db->schema_text->data, db->schema_text->len);
	buf_puts(&b, ",\n\"tables\":");
	dump_tables(db, &b);
	buf_puts(&b, "}\n");
	if (fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout)) {
		*ret_message = mem_printf("standard output: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

static int tool_load(char **args, int n, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	struct db_schema *schema = NULL;
	struct dberr *err;
	int r = read_json(args[1], &json, ret_message);

	if (r)
		return r;
	err = schema_parse(json_object_get(json, "schema"), &schema);
	if (err)
		return fail(err, args[1], ret_message);
	return create_with(args[0], json_object_get(json, "schema"), schema,
			   json_object_get(json, "tables"), ret_message);
}

static int tool_schema(char **args, int n, char **ret_message)
{
	_cleanup_(mem_freep) char *text = NULL;
	_cleanup_(json_freep) json_t *json = NULL;
	struct storage *s;
	int r = storage_sqlite_open(args[0], STORAGE_READ, &s, ret_message);

	if (r)
		return r;
	r = s->ops->schema(s, &text);
	if (r)
		*ret_message = mem_strdup(s->ops->message(s));
	s->ops->close(s);
	json = text ? json_loads(text, 0, NULL) : NULL;
	if (json && (json_dumpf(json, stdout, JSON_INDENT(2)) || puts("") < 0 || fflush(stdout))) {
		*ret_message = mem_printf("standard output: %s", strerror(errno));
		return -EIO;
	}
	return r;
}

static int tool_check_schema(char **args, int n, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(schema_freep) struct db_schema *schema = NULL;

	return read_schema(args[0], &json, &schema, ret_message);
}

static int tool_compact(char **args, int n, char **ret_message)
{
	return storage_sqlite_compact(args[0], ret_message);
}

static int tool_backup(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = NULL;
	int r = storage_sqlite_backup(args[0], args[1], ret_message);

	/* A backup that cannot be read back is none. */
	return r ? r : tool_open(args[1], STORAGE_READ, &db, ret_message);
}

static int tool_restore(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = NULL;
	int r = tool_open(args[0], STORAGE_READ, &db, ret_message);

	return r ? r : storage_sqlite_backup(args[0], args[1], ret_message);
}

const struct tool tools[] = {
	{ "create", "DBFILE SCHEMA", "make an empty database", 2, 2, tool_create },
	{ "convert", "DBFILE SCHEMA", "give a database another schema", 2, 2, tool_convert },
	{ "compact", "DBFILE", "give unused space back to the file system", 1, 1, tool_compact },
	{ "backup", "DBFILE COPY", "copy, beside a running server too", 2, 2, tool_backup },
	{ "restore", "COPY DBFILE", "make a database of a copy", 2, 2, tool_restore },
	{ "dump", "DBFILE", "print everything as JSON", 1, 1, tool_dump },
	{ "load", "DBFILE JSON", "make a database of what dump printed", 2, 2, tool_load },
	{ "schema", "DBFILE", "print the schema, with its documentation", 1, 1, tool_schema },
	{ "check-schema", "SCHEMA", "say what is wrong with a schema, if anything", 1, 1,
	  tool_check_schema },
};
const unsigned int n_tools = ARRAY_SIZE(tools);
