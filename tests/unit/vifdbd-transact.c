// SPDX-License-Identifier: GPL-2.0-or-later
/* Batches that become durable, and ones that do not: a storage that can fail. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "vifdbd/txn/execute.h"

static const char schema_text[] =
	"{\"name\":\"T\",\"version\":\"1.0.0\",\"tables\":{\"R\":{\"isRoot\":true,\"columns\":{"
	"\"name\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"},"
	"\"e\":{\"type\":\"integer\",\"ephemeral\":true},"
	"\"kid\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"K\"},\"min\":0,\"max\":1}},"
	"\"weak\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"K\",\"refType\":\"weak\"},"
	"\"min\":0,\"max\":1}}},\"indexes\":[[\"name\"]]},"
	"\"K\":{\"columns\":{\"x\":{\"type\":\"integer\"}}}}}";

struct fake {
	struct storage storage;
	bool fail;
	unsigned int commits, puts, dels, rollbacks;
};

static struct fake *fake_of(struct storage *s)
{
	return (struct fake *)s;
}

static void fake_close(struct storage *s)
{
}

static const char *fake_message(const struct storage *s)
{
	return "the disk is on fire";
}

static int fake_begin(struct storage *s)
{
	return 0;
}

static int fake_put(struct storage *s, const struct storage_row *row)
{
	fake_of(s)->puts++;
	return 0;
}

static int fake_del(struct storage *s, int64_t id)
{
	fake_of(s)->dels++;
	return 0;
}

static int fake_record(struct storage *s, const struct storage_txn *txn)
{
	return 0;
}

static int fake_commit(struct storage *s)
{
	if (fake_of(s)->fail)
		return -EIO;
	fake_of(s)->commits++;
	return 0;
}

static void fake_rollback(struct storage *s)
{
	fake_of(s)->rollbacks++;
}

static const struct storage_ops fake_ops = {
	.close = fake_close,
	.message = fake_message,
	.begin = fake_begin,
	.put = fake_put,
	.del = fake_del,
	.record = fake_record,
	.commit = fake_commit,
	.rollback = fake_rollback,
};

static struct db *make(struct fake *fake)
{
	json_t *json = json_loads(schema_text, 0, NULL);
	struct db_schema *schema;

	assert_null(schema_parse(json, &schema));
	json_decref(json);
	fake->storage.ops = &fake_ops;
	return db_new(schema, &fake->storage);
}

static int done, failed;

static void on_done(struct txn *txn, const struct dberr *err, void *arg)
{
	done++;
	failed += err != NULL;
}

/* Runs a transaction into the batch and returns its results. */
static json_t *run(struct db *db, const char *operations)
{
	char *text = xprintf("[\"T\",%s]", operations);
	json_t *params = json_loads(text, 0, NULL), *results;
	struct execution x = { .db = db, .params = params };
	struct buf out = { 0 };

	assert_non_null(params);
	execute(&x, &out);
	results = json_loadb(out.data, out.len, 0, NULL);
	if (x.txn)
		db_enqueue(db, x.txn, on_done, NULL);
	buf_free(&out);
	json_decref(params);
	free(text);
	return results;
}

#define INSERT_BOTH                                                                                \
	"{\"op\":\"insert\",\"table\":\"R\",\"row\":{\"name\":\"a\",\"kid\":[\"named-uuid\","      \
	"\"k\"],"                                                                                  \
	"\"weak\":[\"named-uuid\",\"k\"]}},"                                                       \
	"{\"op\":\"insert\",\"table\":\"K\",\"uuid-name\":\"k\",\"row\":{\"x\":1}}"

static void test_failure_takes_all_back(void **state)
{
	struct fake fake = { 0 };
	struct db *db = make(&fake);
	struct row *row;
	size_t i;

	done = failed = 0;
	json_decref(run(db, INSERT_BOTH));
	assert_true(db_flush(db));
	assert_int_equal(done, 1);
	fake.fail = true;
	/* Each of these builds on the one before. */
	json_decref(run(db, "{\"op\":\"update\",\"table\":\"R\",\"where\":[],\"row\":{\"n\":5}}"));
	json_decref(run(db, "{\"op\":\"insert\",\"table\":\"R\",\"row\":{\"name\":\"b\"}}"));
	json_decref(run(db, "{\"op\":\"update\",\"table\":\"R\",\"where\":[],\"row\":"
			    "{\"kid\":[\"set\",[]]}}"));
	assert_int_equal(db_table(db, "K")->rows.n, 0);
	json_decref(run(db, "{\"op\":\"delete\",\"table\":\"R\",\"where\":[]}"));
	assert_int_equal(db_table(db, "R")->rows.n, 0);
	assert_false(db_flush(db));
	assert_int_equal(done, 5);
	assert_int_equal(failed, 4);
	assert_int_equal(fake.rollbacks, 1);
	/* As it was: rows, counts, indexes, weak references. */
	assert_int_equal(db_table(db, "R")->rows.n, 1);
	assert_int_equal(db_table(db, "K")->rows.n, 1);
	assert_int_equal(db_table(db, "R")->indexes[0].rows.n, 1);
	for (i = 0; !(row = db_table(db, "K")->rows.v[i]); i++)
		;
	assert_int_equal(row->strong, 1);
	assert_non_null(table_weak(db_table(db, "K"), &row->uuid));
	fake.fail = false;
	fake.dels = 0;
	json_decref(run(db, "{\"op\":\"delete\",\"table\":\"R\",\"where\":[]}"));
	assert_true(db_flush(db));
	assert_int_equal(db_table(db, "K")->rows.n, 0);
	assert_int_equal(db_table(db, "K")->weak_targets.n, 0);
	assert_int_equal(fake.dels, 2);
	db_free(db);
}

static void test_batch_is_one_commit(void **state)
{
	struct fake fake = { 0 };
	struct db *db = make(&fake);
	int i;

	done = failed = 0;
	json_decref(run(db, INSERT_BOTH));
	for (i = 0; i < 10; i++)
		json_decref(run(db, "{\"op\":\"mutate\",\"table\":\"R\",\"where\":[],"
				    "\"mutations\":[[\"n\",\"+=\",1]]}"));
	assert_true(db_flush(db));
	assert_int_equal(fake.commits, 1);
	assert_int_equal(done, 11);
	/* What changes nothing is not stored, nor what is ephemeral only. */
	json_decref(run(db, "{\"op\":\"update\",\"table\":\"R\",\"where\":[],\"row\":{\"n\":10}}"));
	assert_false(db_flush(db));
	fake.puts = 0;
	json_decref(run(db, "{\"op\":\"update\",\"table\":\"R\",\"where\":[],\"row\":{\"e\":3}}"));
	db_flush(db);
	assert_int_equal(fake.puts, 0);
	db_free(db);
}

static void test_indexes_swap(void **state)
{
	struct fake fake = { 0 };
	struct db *db = make(&fake);
	json_t *out;

	json_decref(run(db,
			"{\"op\":\"insert\",\"table\":\"R\",\"row\":{\"name\":\"a\",\"n\":1}},"
			"{\"op\":\"insert\",\"table\":\"R\",\"row\":{\"name\":\"b\",\"n\":2}}"));
	db_flush(db);
	/* Two rows may trade their names in one transaction... */
	out = run(db, "{\"op\":\"update\",\"table\":\"R\",\"where\":[[\"n\",\"==\",1]],\"row\":{"
		      "\"name\":\"b\"}},"
		      "{\"op\":\"update\",\"table\":\"R\",\"where\":[[\"n\",\"==\",2]],\"row\":{"
		      "\"name\":\"a\"}}");
	assert_int_equal(json_array_size(out), 2);
	json_decref(out);
	/* ...but not have the same one, whichever of them changes. */
	out = run(db, "{\"op\":\"update\",\"table\":\"R\",\"where\":[[\"n\",\"==\",2]],\"row\":{"
		      "\"name\":\"b\"}},"
		      "{\"op\":\"update\",\"table\":\"R\",\"where\":[[\"n\",\"==\",1]],\"row\":{"
		      "\"e\":1}}");
	assert_int_equal(json_array_size(out), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(out, 2), "error")),
			    ERR_CONSTRAINT);
	json_decref(out);
	db_flush(db);
	assert_int_equal(db_table(db, "R")->indexes[0].rows.n, 2);
	db_free(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure_takes_all_back),
		cmocka_unit_test(test_batch_is_one_commit),
		cmocka_unit_test(test_indexes_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
