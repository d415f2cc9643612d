// SPDX-License-Identifier: GPL-2.0-or-later
/* A database with a few rows is given a schema: every row that comes out fits it. */
#include <stdlib.h>
#include <string.h>

#include "vifdbd/convert.h"
#include "vifdbd/execute.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_text[] =
	"{\"name\":\"F\",\"version\":\"1.0.0\",\"tables\":{\"A\":{\"isRoot\":true,\"columns\":{"
	"\"i\":{\"type\":\"integer\"},\"s\":{\"type\":\"string\"},"
	"\"r\":{\"type\":{\"key\":\"real\",\"min\":0,\"max\":3}},"
	"\"m\":{\"type\":{\"key\":\"string\",\"value\":\"integer\",\"min\":0,\"max\":4}},"
	"\"b\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\"},\"min\":0,\"max\":9}},"
	"\"w\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\",\"refType\":\"weak\"},"
	"\"min\":0,\"max\":9}}}},\"B\":{\"columns\":{\"n\":{\"type\":\"integer\"}}}}}";

static const char rows_text[] =
	"[\"F\",{\"op\":\"insert\",\"table\":\"A\",\"row\":{\"i\":7,\"s\":\"one\",\"b\":"
	"[\"named-uuid\",\"x\"],\"w\":[\"set\",[[\"named-uuid\",\"x\"],[\"named-uuid\",\"y\"]]]}},"
	"{\"op\":\"insert\",\"table\":\"B\",\"uuid-name\":\"x\",\"row\":{\"n\":3}},"
	"{\"op\":\"insert\",\"table\":\"B\",\"uuid-name\":\"y\",\"row\":{\"n\":4}},"
	"{\"op\":\"insert\",\"table\":\"A\",\"row\":{\"i\":8,\"b\":[\"named-uuid\",\"y\"],"
	"\"m\":[\"map\",[[\"k\",1],[\"l\",2]]],\"r\":[\"set\",[1,2.5]]}}]";

static struct db *make(void)
{
	json_t *json = json_loads(schema_text, 0, NULL), *rows = json_loads(rows_text, 0, NULL);
	struct db_schema *schema = NULL;
	struct execution x = { .params = rows };
	struct buf out = { 0 };

	err_free(schema_parse(json, &schema));
	x.db = db_new(schema, NULL);
	execute(&x, &out);
	if (!x.txn)
		abort();
	db_enqueue(x.db, x.txn, NULL, NULL);
	db_flush(x.db);
	buf_free(&out);
	json_decref(json);
	json_decref(rows);
	return x.db;
}

static void check(const struct db *db)
{
	struct arena arena = { 0 };
	unsigned int i;
	size_t k;

	for (i = 0; i < db->schema->n_tables; i++) {
		const struct table *t = &db->tables[i];

		if (t->rows.n > t->schema->max_rows)
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
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	struct db_schema *schema = NULL;
	struct db *old, *new;
	struct dberr *err = json ? schema_parse(json, &schema) : NULL;

	json_decref(json);
	if (!json || err) {
		err_free(err);
		return 0;
	}
	old = make();
	err = db_convert(old, schema, &new);
	/* The old one is as it was in any case. */
	check(old);
	if (old->tables[0].rows.n != 2 || old->tables[1].rows.n != 2)
		abort();
	db_free(old);
	if (err) {
		err_free(err);
		return 0;
	}
	check(new);
	db_free(new);
	return 0;
}
