// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "vifdbd/net/ask.h"
#include "vifdbd/tool.h"
#include "vifdbd/txn/convert.h"
#include "vifdbd/txn/dbfile.h"

/* {TABLE: {UUID: {COLUMN: VALUE}}}, without columns that have their defaults. */
static void dump_table(const struct table *t, struct buf *b)
{
	struct arena arena = { 0 };
	char uuid[UUID_TEXT_LEN + 1];
	bool any_row = false, any;
	unsigned int i;
	size_t k;

	buf_json_string(b, t->schema->name, strlen(t->schema->name));
	buf_puts(b, ":{");
	for (k = 0; k < t->rows.cap; k++) {
		const struct row *row = t->rows.v[k];

		if (!row)
			continue;
		uuid_format(row->uuid.b, uuid);
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
				const json_t *columns, struct arena *arena)
{
	const struct datum **set = arena_alloc(arena, t->schema->n_columns * sizeof(*set));
	struct dberr *err;
	const char *name;
	struct row *row;
	struct uuid u;
	json_t *value;

	if (!uuid_parse(uuid, strlen(uuid), u.b) || table_row(t, &u))
		return err_new(ERR_SYNTAX, "table %s: \"%.60s\" is not a UUID, or there twice",
			       t->schema->name, uuid);
	memset(set, 0, t->schema->n_columns * sizeof(*set));
	json_object_foreach((json_t *)columns, name, value) {
		const struct column_schema *c = schema_column(t->schema, name);
		struct datum *d = arena_alloc(arena, sizeof(*d));

		if (!c || c->index >= t->schema->n_columns)
			return err_new(ERR_UNKNOWN_COLUMN, "table %s has no column %.60s",
				       t->schema->name, name);
		err = datum_parse(value, &c->type, NULL, arena, d);
		if (err) {
			char *s = err->details;

			err->details = xprintf("table %s row %s column %s: %s", t->schema->name,
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

static struct dberr *import(struct db *db, const json_t *tables)
{
	struct txn *txn = txn_new(db->tables, &db->next_id);
	struct arena arena = { 0 };
	struct dberr *err = NULL;
	const char *name, *uuid;
	json_t *rows, *columns;

	json_object_foreach((json_t *)tables, name, rows) {
		struct table *t = db_table(db, name);

		if (!t && !err)
			err = err_new(ERR_SYNTAX, "the schema has no table %.60s", name);
		json_object_foreach(rows, uuid, columns) {
			if (err || !t)
				break;
			err = import_row(txn, t, uuid, columns, &arena);
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
	struct dberr *err = import(db, tables);

	return err ? dbfile_fail(err, path, ret_message)
		   : dbfile_create(path, db, schema_json, ret_message);
}

static int tool_create(char **args, int n, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	struct db_schema *schema = NULL;
	int r = dbfile_read_schema(args[1], &json, &schema, ret_message);

	return r ? r : create_with(args[0], json, schema, NULL, ret_message);
}

static int tool_convert(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *old = NULL;
	_cleanup_(db_freep) struct db *new = NULL;
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(schema_freep) struct db_schema *schema = NULL;
	struct dberr *err;
	int r;

	r = dbfile_read_schema(args[1], &json, &schema, ret_message);
	if (!r)
		r = dbfile_open(args[0], STORAGE_WRITE, &old, ret_message);
	if (r)
		return r;
	err = db_convert_stored(old, json, TAKE_PTR(schema), &new);
	return err ? dbfile_fail(err, args[0], ret_message) : 0;
}

static int tool_dump(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = NULL;
	_cleanup_(buf_free) struct buf b = { 0 };
	int r = dbfile_open(args[0], STORAGE_READ, &db, ret_message);

	if (r)
		return r;
	buf_puts(&b, "{\"schema\":");
	buf_put(&b, db->schema_text->data, db->schema_text->len);
	buf_puts(&b, ",\n\"tables\":");
	dump_tables(db, &b);
	buf_puts(&b, "}\n");
	if (fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout)) {
		*ret_message = xprintf("standard output: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

static int tool_load(char **args, int n, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	struct db_schema *schema = NULL;
	struct dberr *err;
	int r = dbfile_read_json(args[1], &json, ret_message);

	if (r)
		return r;
	err = schema_parse(json_object_get(json, "schema"), &schema);
	if (err)
		return dbfile_fail(err, args[1], ret_message);
	return create_with(args[0], json_object_get(json, "schema"), schema,
			   json_object_get(json, "tables"), ret_message);
}

static int tool_schema(char **args, int n, char **ret_message)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(json_freep) json_t *json = NULL;
	struct storage *s;
	int r = storage_sqlite_open(args[0], STORAGE_READ, &s, ret_message);

	if (r)
		return r;
	r = s->ops->schema(s, &text);
	if (r)
		*ret_message = xstrdup(s->ops->message(s));
	s->ops->close(s);
	json = text ? json_loads(text, 0, NULL) : NULL;
	if (json && (json_dumpf(json, stdout, JSON_INDENT(2)) || puts("") < 0 || fflush(stdout))) {
		*ret_message = xprintf("standard output: %s", strerror(errno));
		return -EIO;
	}
	return r;
}

static int tool_check_schema(char **args, int n, char **ret_message)
{
	_cleanup_(json_freep) json_t *json = NULL;
	_cleanup_(schema_freep) struct db_schema *schema = NULL;

	return dbfile_read_schema(args[0], &json, &schema, ret_message);
}

static int tool_compact(char **args, int n, char **ret_message)
{
	struct storage *s;
	int r;

	if (!strncmp(args[0], "unix:", 5))
		return ask_server(args[0] + 5, "compact", ret_message);
	r = storage_sqlite_open(args[0], STORAGE_WRITE, &s, ret_message);
	if (r)
		return r;
	r = s->ops->compact(s);
	if (r)
		*ret_message = xstrdup(s->ops->message(s));
	s->ops->close(s);
	return r;
}

static int tool_backup(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = NULL;
	int r = storage_sqlite_backup(args[0], args[1], ret_message);

	/* A backup that cannot be read back is none. */
	return r ? r : dbfile_open(args[1], STORAGE_READ, &db, ret_message);
}

static int tool_restore(char **args, int n, char **ret_message)
{
	_cleanup_(db_freep) struct db *db = NULL;
	int r = dbfile_open(args[0], STORAGE_READ, &db, ret_message);

	return r ? r : storage_sqlite_backup(args[0], args[1], ret_message);
}

const struct tool tools[] = {
	{ "create", "DBFILE SCHEMA", "make an empty database", 2, 2, tool_create },
	{ "convert", "DBFILE SCHEMA", "give a database another schema", 2, 2, tool_convert },
	{ "compact", "DBFILE", "give unused space back; unix:SOCKET is a server", 1, 1,
	  tool_compact },
	{ "backup", "DBFILE COPY", "copy, beside a running server too", 2, 2, tool_backup },
	{ "restore", "COPY DBFILE", "make a database of a copy", 2, 2, tool_restore },
	{ "dump", "DBFILE", "print everything as JSON", 1, 1, tool_dump },
	{ "load", "DBFILE JSON", "make a database of what dump printed", 2, 2, tool_load },
	{ "schema", "DBFILE", "print the schema, with its documentation", 1, 1, tool_schema },
	{ "check-schema", "SCHEMA", "say what is wrong with a schema, if anything", 1, 1,
	  tool_check_schema },
};
const unsigned int n_tools = ARRAY_SIZE(tools);
