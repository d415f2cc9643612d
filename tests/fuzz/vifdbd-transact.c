// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parameters of a "transact" request, against a database with a few rows, and
 * a watcher of everything. Afterwards the database must be as good as one that is
 * built from its own rows.
 */
#include <stdlib.h>
#include <string.h>

#include "vifdbd/txn/execute.h"
#include "vifdbd/txn/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_text[] =
	"{\"name\":\"F\",\"version\":\"1.0.0\",\"tables\":{\"A\":{\"isRoot\":true,\"columns\":{"
	"\"i\":{\"type\":{\"key\":{\"type\":\"integer\",\"maxInteger\":9}}},"
	"\"r\":{\"type\":{\"key\":\"real\",\"min\":0,\"max\":3}},"
	"\"s\":{\"type\":{\"key\":\"string\",\"min\":0,\"max\":\"unlimited\"}},"
	"\"m\":{\"type\":{\"key\":\"string\",\"value\":\"integer\",\"min\":0,\"max\":4}},"
	"\"b\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\"},\"min\":0,\"max\":9}},"
	"\"w\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\",\"refType\":\"weak\"},"
	"\"min\":0,\"max\":9}}},\"indexes\":[[\"i\",\"s\"]],\"maxRows\":6},"
	"\"B\":{\"columns\":{\"n\":{\"type\":\"integer\"},\"k\":{\"type\":{\"key\":\"integer\","
	"\"value\":{\"type\":\"uuid\",\"refTable\":\"B\"},\"min\":0,\"max\":9}}}}}}";

static const char rows_text[] = "[\"F\",{\"op\":\"insert\",\"table\":\"A\",\"row\":{\"b\":[\"named-"
				"uuid\",\"x\"],\"s\":\"one\","
				"\"w\":[\"named-uuid\",\"x\"]}},{\"op\":\"insert\",\"table\":\"B\","
				"\"uuid-name\":\"x\",\"row\":{"
				"\"k\":[\"map\",[[1,[\"named-uuid\",\"x\"]]]]}},{\"op\":\"insert\","
				"\"table\":\"A\",\"row\":{"
				"\"m\":[\"map\",[[\"k\",1]]],\"r\":[\"set\",[1,2.5]]}}]";

static struct db *make(void)
{
	json_t *json = json_loads(schema_text, 0, NULL);
	struct db_schema *schema = NULL;

	err_free(schema_parse(json, &schema));
	json_decref(json);
	return db_new(schema, NULL);
}

static void run(struct db *db, const json_t *params, struct watch *w)
{
	struct execution x = { .db = db, .params = params };
	struct buf out = { 0 };
	json_t *json;

	execute(&x, &out);
	if (!x.blocked) {
		json = json_loadb(out.data, out.len, JSON_DECODE_ANY, NULL);
		if (!json_is_array(json))
			abort();
		json_decref(json);
	}
	out.len = 0;
	if (x.txn) {
		if (w)
			watch_txn(w, x.txn, &out);
		db_enqueue(db, x.txn, NULL, NULL);
		db_flush(db);
	}
	buf_free(&out);
}

static void check(const struct db *db)
{
	struct arena arena = { 0 };
	unsigned int i;
	size_t k;

	for (i = 0; i < db->schema->n_tables; i++) {
		const struct table *t = &db->tables[i];

		if (t->rows.n > t->schema->max_rows ||
		    (t->schema->n_indexes && t->indexes[0].rows.n != t->rows.n))
			abort();
		for (k = 0; k < t->rows.cap; k++) {
			const struct row *row = t->rows.v[k];

			if (row && (!row_check(row, t->schema, &arena) ||
				    (!t->schema->is_root && !row->strong)))
				abort();
		}
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *params = json_loadb((const char *)data, size, 0, NULL), *rows, *all;
	struct watch *w = NULL;
	struct db *db;

	if (!json_is_array(params)) {
		json_decref(params);
		return 0;
	}
	db = make();
	rows = json_loads(rows_text, 0, NULL);
	all = json_loads("{\"A\":{},\"B\":{}}", 0, NULL);
	err_free(watch_new(db, WATCH_2, all, &w));
	run(db, rows, NULL);
	run(db, params, w);
	check(db);
	run(db, params, w);
	check(db);
	watch_free(w);
	json_decref(rows);
	json_decref(all);
	json_decref(params);
	db_free(db);
	return 0;
}
