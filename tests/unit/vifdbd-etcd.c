// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "vifdbd/etcd/etcd-wire.h"
#include "vifdbd/etcd/pool-copy.h"

#define HEADER "\"header\":{\"cluster_id\":\"9\",\"member_id\":\"8\",\"revision\":\"7\"}"

static struct arena arena;

static int parse(enum etcd_kind kind, const char *text, struct etcd_answer *ret)
{
	arena_reset(&arena);
	return etcd_parse(kind, text, strlen(text), &arena, ret);
}

static void requests(void **state)
{
	struct etcd_txn t = { 0 };
	struct buf b = { 0 };

	etcd_txn_unchanged(&t, "a", 3);
	etcd_txn_exists(&t, "ab");
	etcd_txn_put(&t, "abc", "x", 1);
	etcd_txn_delete(&t, "a");
	etcd_txn_delete_all(&t, "b/");
	assert_true(etcd_txn_fits(&t));
	etcd_txn_end(&t, "h", &b);
	buf_putc(&b, 0);
	assert_string_equal(
		b.data,
		"{\"compare\":[{\"key\":\"YQ==\",\"target\":\"MOD\",\"result\":\"EQUAL\","
		"\"mod_revision\":\"3\"},{\"key\":\"YWI=\",\"target\":\"MOD\",\"result\":"
		"\"GREATER\",\"mod_revision\":\"0\"}],\"success\":[{\"request_put\":{\"key\":"
		"\"YWJj\",\"value\":\"eA==\"}},{\"request_delete_range\":{\"key\":\"YQ==\"}},"
		"{\"request_delete_range\":{\"key\":\"Yi8=\",\"range_end\":\"YjA=\"}}],"
		"\"failure\":[{\"request_range\":{\"key\":\"aA==\"}}]}");
	buf_free(&b);
}

static void too_large(void **state)
{
	struct etcd_txn t = { 0 };
	unsigned int i;

	for (i = 0; i < ETCD_OPS_MAX; i++)
		etcd_txn_put(&t, "k", "v", 1);
	assert_true(etcd_txn_fits(&t));
	etcd_txn_put(&t, "k", "v", 1);
	assert_false(etcd_txn_fits(&t));
	etcd_txn_free(&t);
}

static void ranges(void **state)
{
	struct etcd_answer a;

	assert_int_equal(parse(ETCD_RANGE,
			       "{" HEADER ",\"kvs\":[{\"key\":\"YWI=\",\"value\":\"eA==\","
			       "\"mod_revision\":\"5\"},{\"key\":\"YQ==\"}],\"more\":true}",
			       &a),
			 0);
	assert_int_equal(a.cluster, 9);
	assert_int_equal(a.revision, 7);
	assert_true(a.more);
	assert_int_equal(a.n, 2);
	assert_string_equal(a.kvs[0].key, "ab");
	assert_string_equal(a.kvs[0].value, "x");
	assert_int_equal(a.kvs[0].revision, 5);
	assert_int_equal(a.kvs[1].value_len, 0);
}

static void commits(void **state)
{
	struct etcd_answer a;

	assert_int_equal(parse(ETCD_TXN, "{" HEADER ",\"succeeded\":true}", &a), 0);
	assert_true(a.succeeded);
	assert_int_equal(parse(ETCD_TXN,
			       "{" HEADER ",\"responses\":[{\"response_range\":{\"kvs\":[{"
			       "\"key\":\"aA==\",\"mod_revision\":\"6\"}]}}]}",
			       &a),
			 0);
	assert_false(a.succeeded);
	assert_int_equal(a.kvs[0].revision, 6);
	assert_int_equal(parse(ETCD_TXN, "{\"error\":\"etcdserver: too many\",\"code\":3}", &a),
			 -EREMOTEIO);
	assert_string_equal(a.error, "etcdserver: too many");
}

static void watches(void **state)
{
	struct etcd_answer a;

	assert_int_equal(parse(ETCD_WATCH,
			       "{\"result\":{" HEADER ",\"fragment\":true,\"events\":[{\"kv\":{"
			       "\"key\":\"YQ==\",\"mod_revision\":\"5\"}},{\"type\":\"DELETE\","
			       "\"kv\":{\"key\":\"Yg==\",\"mod_revision\":\"6\"}}]}}",
			       &a),
			 0);
	assert_true(a.more);
	assert_false(a.kvs[0].deleted);
	assert_true(a.kvs[1].deleted);
	assert_int_equal(parse(ETCD_WATCH,
			       "{\"result\":{" HEADER
			       ",\"canceled\":true,\"compact_revision\":\"4\"}}",
			       &a),
			 0);
	assert_true(a.canceled);
	assert_int_equal(a.compact_revision, 4);
}

static void nonsense(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"header\":7}",
		"{" HEADER ",\"kvs\":7}",
		"{" HEADER ",\"kvs\":[7]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"\"}]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"YQ\"}]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"Y=Q=\"}]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"AGE=\"}]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"YQ==\",\"mod_revision\":\"-5\"}]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"YQ==\",\"mod_revision\":\"9223372036854775808\"}]}",
		"{" HEADER ",\"kvs\":[{\"key\":\"YQ==\",\"mod_revision\":\"5x\"}]}",
	};
	struct etcd_answer a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(ETCD_RANGE, bad[i], &a), -EBADMSG);
		assert_non_null(a.error);
		assert_int_equal(a.n, 0);
	}
	/* A watch goes forward. */
	assert_int_equal(parse(ETCD_WATCH,
			       "{\"result\":{" HEADER ",\"events\":[{\"kv\":{\"key\":\"YQ==\","
			       "\"mod_revision\":\"5\"}},{\"kv\":{\"key\":\"YQ==\","
			       "\"mod_revision\":\"4\"}}]}}",
			       &a),
			 -EBADMSG);
}

static struct db *make_db(void)
{
	json_t *json = json_loads("{\"name\":\"T\",\"version\":\"1.0.0\",\"tables\":{\"A\":{"
				  "\"isRoot\":true,\"indexes\":[[\"n\"]],\"columns\":{\"n\":"
				  "{\"type\":\"integer\"},\"s\":{\"type\":\"string\"}}}}}",
				  0, NULL);
	struct db_schema *schema = NULL;

	assert_null(schema_parse(json, &schema));
	json_decref(json);
	return db_new(schema, NULL);
}

#define ROW_1 "A/11111111-1111-4111-8111-111111111111"
#define ROW_2 "A/22222222-2222-4222-8222-222222222222"

static void add(struct pool_changes *c, struct db *db, const char *key, const char *value)
{
	struct etcd_kv kv = { .value = value ?: "", .deleted = !value };

	kv.value_len = strlen(kv.value);
	pool_changes_add(c, db, key, &kv);
}

static size_t rows(struct db *db, struct pool_changes *c)
{
	struct txn *txn = pool_changes_apply(c, db);

	txn_free(txn);
	pool_changes_free(c);
	return db->tables[0].rows.n;
}

static void changes(void **state)
{
	struct pool_changes c = { 0 };
	struct db *db = make_db();

	add(&c, db, ROW_1, "{\"n\":1,\"s\":\"x\",\"later\":[]}");
	add(&c, db, "Unknown/33333333-3333-4333-8333-333333333333", "{}");
	assert_int_equal(rows(db, &c), 1);
	add(&c, db, ROW_1, "{\"n\":1,\"s\":\"x\"}");
	assert_null(pool_changes_apply(&c, db));
	pool_changes_free(&c);
	/* The same row goes and comes, and what was unique goes to another. */
	add(&c, db, ROW_1, NULL);
	add(&c, db, ROW_1, "{\"n\":2}");
	add(&c, db, ROW_2, "{\"n\":1}");
	assert_int_equal(rows(db, &c), 2);
	/* What cannot be meant changes nothing. */
	add(&c, db, ROW_1, "{\"n\":\"text\"}");
	assert_non_null(c.problem);
	assert_int_equal(rows(db, &c), 2);
	add(&c, db, ROW_1, "{\"n\":1}");
	assert_null(pool_changes_apply(&c, db));
	assert_non_null(c.problem);
	pool_changes_free(&c);
	add(&c, db, "A/not-a-uuid", "{}");
	assert_non_null(c.problem);
	pool_changes_free(&c);
	db_free(db);
}

static void difference(void **state)
{
	struct etcd_kv kv = { .value = "{\"n\":1}", .value_len = 7 };
	struct pool_changes c = { 0 };
	struct db *db = make_db();
	struct pool_diff d;

	add(&c, db, ROW_1, "{\"n\":1}");
	add(&c, db, ROW_2, "{\"n\":2}");
	assert_int_equal(rows(db, &c), 2);
	pool_diff_begin(&d);
	pool_diff_add(&d, db, ROW_1, &kv);
	pool_diff_end(&d, db);
	assert_int_equal(d.changes.n, 1);
	assert_null(d.changes.v[0].row);
	assert_int_equal(rows(db, &d.changes), 1);
	pool_diff_free(&d);
	db_free(db);
}

static void heads(void **state)
{
	struct pool_head head = { .host = "a\"b", .chunks = 3 }, again;
	struct buf b = { 0 };

	head.id.b[3] = 7;
	pool_head_json(&head, &b);
	assert_true(pool_head_read(b.data, b.len, &again));
	assert_memory_equal(&head, &again, sizeof(head));
	assert_false(pool_head_read("{\"id\":1}", 8, &again));
	buf_free(&b);
}

static int end(void **state)
{
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(too_large),
		cmocka_unit_test(ranges),
		cmocka_unit_test(commits),
		cmocka_unit_test(watches),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(changes),
		cmocka_unit_test(difference),
		cmocka_unit_test(heads),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
